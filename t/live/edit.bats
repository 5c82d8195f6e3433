#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# edit: the configuration in an editor.
load container

motto() { printf 'environment.etc."motto".text = "%s";' "$1"; }

# editor COMMANDS - an editor that runs them, with the file as $1
editor() {
	printf '#!/bin/sh\n%s\n' "$1" >"$BATS_TEST_TMPDIR/an editor"
	chmod +x "$BATS_TEST_TMPDIR/an editor"
	export VISUAL="'$BATS_TEST_TMPDIR/an editor'"
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir -p "$TMPDIR"
}

is_motto() {
	run -0 inside cat /etc/motto
	assert_output "$1"
}

nothing_kept() {
	run -0 ls -A "$TMPDIR"
	assert_output ''
}

@test "edit updates the running container to what the editor wrote" {
	create --config "$(motto one)"
	cp "$root/etc/nixos/configuration.nix" "$BATS_TEST_TMPDIR/first"
	editor 'stat -c %a:%u "${1%/*}" >"'"$BATS_TEST_TMPDIR"'/mode"; sed -i s/one/two/ "$1"'
	nixos-container edit "$name"
	is_motto two
	assert_equal "$(cat "$BATS_TEST_TMPDIR/mode")" 700:0
	cmp "$BATS_TEST_TMPDIR/first" "$root/etc/nixos/configuration.nix.~1~"
	nothing_kept
}

@test "VISUAL goes before EDITOR, whose words are a command" {
	create --no-start --config "$(motto alpha)"
	editor 'exit 1'
	unset VISUAL
	EDITOR='sed -i s/alpha/beta/' nixos-container edit --no-apply "$name"
	grep beta "$root/etc/nixos/configuration.nix"
	VISUAL='sed -i s/beta/gamma/' EDITOR=false nixos-container edit --no-apply "$name"
	grep gamma "$root/etc/nixos/configuration.nix"
}

@test "a text that was not changed, and an editor that failed, change nothing" {
	create --no-start --config "$(motto one)"
	editor 'touch "$1"'
	run -0 nixos-container edit "$name"
	assert_output --partial "not changed"
	nothing_kept
	editor 'sed -i s/one/two/ "$1"; exit 3'
	run -1 nixos-container edit "$name"
	assert_output --partial "the editor failed"
	grep one "$root/etc/nixos/configuration.nix"
	run -0 nixos-container generations "$name"
	assert_equal "${#lines[@]}" 1
	nothing_kept
}

@test "a text that cannot be built is kept, and its place is said" {
	create --no-start --config "$(motto one)"
	editor 'sed -i "s/environment.etc/no.such.option/" "$1"'
	run -1 nixos-container edit "$name"
	assert_output --partial no.such.option
	kept=$(sed -n 's/.*the edited text is kept in //p' <<<"$output")
	grep no.such.option "$kept"
	run ! grep no.such.option "$root/etc/nixos/configuration.nix"
}

@test "a configuration that others changed meanwhile is not overwritten" {
	create --no-start --config "$(motto one)"
	editor "sed -i s/one/theirs/ $root/etc/nixos/configuration.nix; sed -i s/one/two/ \"\$1\""
	run -1 nixos-container edit "$name"
	assert_output --partial "changed by another command meanwhile"
	assert_output --partial "the edited text is kept in $TMPDIR"
	grep theirs "$root/etc/nixos/configuration.nix"
}

@test "what the container puts in place of its configuration is not read" {
	create --no-start --config "$(motto one)"
	echo secret >"$BATS_TEST_TMPDIR/secret"
	editor "cp \"\$1\" $BATS_TEST_TMPDIR/seen"
	ln -sfn "$BATS_TEST_TMPDIR/secret" "$root/etc/nixos/configuration.nix"
	run -1 nixos-container edit "$name"
	assert_output --partial "etc/nixos/configuration.nix"
	rm "$root/etc/nixos/configuration.nix"
	mkfifo "$root/etc/nixos/configuration.nix"
	run -1 nixos-container edit "$name"
	assert_output --partial "not a regular file, directory or link"
	mv "$root/etc/nixos" "$root/etc/nixos.mine"
	mkdir "$BATS_TEST_TMPDIR/nixos"
	cp "$BATS_TEST_TMPDIR/secret" "$BATS_TEST_TMPDIR/nixos/configuration.nix"
	ln -s "$BATS_TEST_TMPDIR/nixos" "$root/etc/nixos"
	run -1 nixos-container edit "$name"
	assert_output --partial "etc/nixos/configuration.nix"
	assert_not_exists "$BATS_TEST_TMPDIR/seen"
	nothing_kept
}

@test "a link that is swapped in and out in a loop is never read" {
	create --no-start --config "$(motto one)"
	echo secret >"$BATS_TEST_TMPDIR/secret"
	editor "cat \"\$1\" >>$BATS_TEST_TMPDIR/seen"
	(
		cd "$root/etc/nixos"
		cp configuration.nix ../plain
		ln -s "$BATS_TEST_TMPDIR/secret" ../link
		while [[ -e ../plain ]]; do
			cp -P ../link x && mv -T x configuration.nix
			cp -P ../plain x && mv -T x configuration.nix
		done
	) 3>&- &
	for _ in {1..15}; do nixos-container edit "$name" 2>/dev/null || :; done
	cp "$root/etc/plain" "$BATS_TEST_TMPDIR/plain"
	rm "$root/etc/plain"
	wait $! || :
	rm -f "$root/etc/nixos/x" "$root/etc/nixos/configuration.nix"
	cp "$BATS_TEST_TMPDIR/plain" "$root/etc/nixos/configuration.nix"
	nixos-container edit "$name"
	run ! grep secret "$BATS_TEST_TMPDIR/seen"
	grep one "$BATS_TEST_TMPDIR/seen"
}

@test "a container whose system is made from a flake, or the host's, has nothing to edit" {
	create --no-start
	echo FLAKE=/some/flake >>"$conf"
	run -1 nixos-container edit "$name"
	assert_output --partial "has FLAKE"
	run -2 nixos-container edit "$name" --config x
	run -1 nixos-container edit "no-$name"
}

@test "edit --settings changes them as set does, and keeps a text that is refused" {
	create
	boot=$(boots)
	cp "$conf" "$BATS_TEST_TMPDIR/before"
	editor 'printf "# mine\nTASKS_MAX=234\nTMPFS=/srv\n" >>"$1"'
	run -0 nixos-container edit --settings "$name"
	# Some hosts lack the controller of tasks, and that is said, too.
	assert_line -n -1 "nixos-container: $name: TMPFS: takes effect at the next start"
	refute_output --partial 'TASKS_MAX: takes'
	assert_equal "$(systemctl show -p TasksMax --value "container@$name")" 234
	assert_equal "$(tail -n 3 "$conf")" $'# mine\nTASKS_MAX=234\nTMPFS=/srv'
	assert_equal "$(boots)" "$boot"
	nothing_kept
	# One that is wrong
	cp "$conf" "$BATS_TEST_TMPDIR/before"
	editor 'sed -i s/234/many/ "$1"'
	run -2 nixos-container edit --settings "$name"
	assert_line --partial 'TASKS_MAX: invalid value "many"'
	kept=$(sed -n 's/.*the edited text is kept in //p' <<<"$output")
	assert_line --partial "ctr-conf: $kept:"
	grep -x TASKS_MAX=many "$kept"
	# One that others changed meanwhile
	editor "ctr-conf set $name MTU=1400; "'echo MTU=1450 >>"$1"'
	run -1 nixos-container edit --settings "$name"
	assert_line "nixos-container: $name: settings.conf was changed by another command meanwhile"
	assert_line --partial "the edited text is kept in $TMPDIR"
	assert_equal "$(ctr-conf get "$name" MTU)" 1400
	ctr-conf set "$name" MTU=
	rm -r "$TMPDIR"
	# None, no change, and an editor that failed
	editor ': >"$1"'
	run -1 nixos-container edit --settings "$name"
	assert_line "nixos-container: $name: the edited text is empty; nothing was changed"
	rm -r "$TMPDIR"
	editor 'echo MTU=1450 >>"$1"; exit 3'
	run -1 nixos-container edit --settings "$name"
	assert_output "nixos-container: $name: the editor failed; nothing was changed"
	editor 'touch "$1"'
	run -0 nixos-container edit --settings "$name"
	assert_output "nixos-container: $name: settings not changed"
	nothing_kept
	run -2 nixos-container edit --settings --restart "$name"
	cmp "$conf" "$BATS_TEST_TMPDIR/before"
}

@test "busybox edits as well" {
	create --no-start --config "$(motto one)"
	editor 'sed -i s/one/two/ "$1"'
	busybox sh "$(command -v nixos-container)" edit "$name"
	grep two "$root/etc/nixos/configuration.nix"
	nothing_kept
}
