#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Another generation: built, applied, taken back, compared.
# bats file_tags=suites
load container

# motto TEXT - a configuration that can be told apart
motto() { printf 'environment.etc."motto".text = "%s";' "$1"; }

is_motto() {
	run -0 inside cat /etc/motto
	assert_output "$1"
}

# flake TEXT - a flake with a container "container" and another "other"
flake() {
	rm -rf "$BATS_TEST_TMPDIR/flake"
	mkdir "$BATS_TEST_TMPDIR/flake"
	cat >"$BATS_TEST_TMPDIR/flake/flake.nix" <<-END
		{
		  inputs.text = { url = "path:$BATS_TEST_TMPDIR/text"; flake = false; };
		  outputs = { self, text }:
		    let system = motto: {
		      config.system.build.toplevel = (import $minimal {
		        configuration = { environment.etc."motto".text = motto; };
		      }).system;
		    }; in {
		      nixosConfigurations.container = system "$1";
		      nixosConfigurations.other = system "other \${builtins.readFile "\${text}/text"}";
		    };
		}
	END
	mkdir -p "$BATS_TEST_TMPDIR/text"
	printf 'lock' >"$BATS_TEST_TMPDIR/text/text"
}

# init_of - the start time of its first process
init_of() { inside cut -d' ' -f22 /proc/1/stat; }

@test "a container is made from a flake, and update builds that flake again" {
	flake one
	create --flake "$BATS_TEST_TMPDIR/flake" --impure
	is_motto one
	grep -qx "FLAKE=$BATS_TEST_TMPDIR/flake" "$conf"
	sed -i 's/"one"/"two"/' "$BATS_TEST_TMPDIR/flake/flake.nix"
	nixos-container update "$name" --impure
	is_motto two
}

@test "update --flake changes the flake, its attribute and its lock" {
	flake one
	create --config "$(motto plain)"
	(cd "$BATS_TEST_TMPDIR" &&
		nixos-container update "$name" --flake ./flake#other --impure --no-write-lock-file)
	is_motto "other lock"
	grep -qx "FLAKE=$BATS_TEST_TMPDIR/./flake#other" "$conf"
	assert_not_exists "$BATS_TEST_TMPDIR/flake/flake.lock"
	mkdir "$BATS_TEST_TMPDIR/text2"
	printf 'given' >"$BATS_TEST_TMPDIR/text2/text"
	nixos-container update "$name" --impure --override-input text \
		"path:$BATS_TEST_TMPDIR/text2" --no-write-lock-file
	is_motto "other given"
	nixos-container update "$name" --config "$(motto plain)"
	is_motto plain
	run ! grep FLAKE "$conf"
}

@test "--log-format and --no-allow-dirty are passed on to Nix" {
	run -0 create --no-start --config "$(motto one)" --log-format internal-json
	assert_line --regexp '^@nix \{.*"action"'
	run -0 nixos-container update "$name" --config "$(motto two)" --log-format internal-json
	assert_line --regexp '^@nix \{.*"action"'
	flake three
	git -C "$BATS_TEST_TMPDIR/flake" init -q
	git -C "$BATS_TEST_TMPDIR/flake" add flake.nix
	run -1 nixos-container update "$name" --flake "$BATS_TEST_TMPDIR/flake" --impure --no-allow-dirty
	assert_output --partial dirty
	nixos-container update "$name" --flake "$BATS_TEST_TMPDIR/flake" --impure --no-write-lock-file
	grep -x three "$(ctr-gcroot path "$name")/etc/motto"
}

@test "a flake that cannot be built, or a bad one, changes nothing" {
	create --config "$(motto one)"
	cp "$conf" "$BATS_TEST_TMPDIR/before"
	flake two
	run ! nixos-container update "$name" --flake "$BATS_TEST_TMPDIR/flake#none" --impure
	assert_output --partial "$name: could not build its system"
	run -2 nixos-container update "$name" --flake '#x'
	run -2 nixos-container update "$name" --flake "$BATS_TEST_TMPDIR/flake" --config x
	cmp "$conf" "$BATS_TEST_TMPDIR/before"
	is_motto one
	also "$name-f"
	run ! nixos-container create "$name-f" --flake "$BATS_TEST_TMPDIR/none"
	nothing_left "$name-f"
}

@test "update --no-apply leaves the running container, --restart restarts it" {
	create --config "$(motto one)"
	nixos-container update "$name" --no-apply --config "$(motto two)"
	is_motto one
	before=$(init_of)
	nixos-container reload "$name"
	is_motto two
	assert_equal "$(init_of)" "$before"
	nixos-container update "$name" --restart --config "$(motto three)"
	is_motto three
	[ "$(init_of)" != "$before" ]
	before=$(init_of)
	nixos-container rollback --restart "$name"
	is_motto two
	[ "$(init_of)" != "$before" ]
}

@test "update --system-path takes a system that is built" {
	create --config "$(motto one)"
	local system
	system=$(nix-build --no-out-link "$minimal" -A system --arg configuration \
		'{ environment.etc."motto".text = "given"; }')
	nixos-container update "$name" --system-path "$system"
	is_motto given
	run -2 nixos-container update "$name" --system-path /no/such
	assert_output --partial /no/such
	run -2 nixos-container update "$name" --system-path "$system" --config x
}

@test "a failed switch is exit 3, and --rollback-on-failure goes back" {
	create --config "$(motto one)"
	# A system that is fine but for its switch.
	local good bad
	good=$(nix-build --no-out-link "$minimal" -A system --arg configuration \
		'{ environment.etc."motto".text = "bad"; }')
	bad=$BATS_TEST_TMPDIR/bad
	cp -r --no-preserve=mode "$good" "$bad"
	chmod +x "$bad"/bin/* "$bad"/init
	printf '#!/bin/sh\nexit 4\n' >"$bad/bin/switch-to-configuration"
	bad=$(nix-store --add "$bad")
	run -3 nixos-container update "$name" --system-path "$bad"
	assert_output --partial "$name: reload to its new system failed"
	run -0 nixos-container generations "$name"
	assert_line --regexp "^ *2 .*\(current\)"
	nixos-container rollback "$name"
	is_motto one
	run -3 nixos-container update "$name" --system-path "$bad" --rollback-on-failure
	assert_output --partial "switched back to the previous generation"
	run -0 nixos-container generations "$name"
	assert_line --regexp "^ *1 .*\(current\)"
	is_motto one
}

@test "what a container says while it is switched cannot steer the terminal" {
	create --config "$(motto one)"
	local good loud
	good=$(nix-build --no-out-link "$minimal" -A system --arg configuration \
		'{ environment.etc."motto".text = "loud"; }')
	loud=$BATS_TEST_TMPDIR/loud
	cp -r --no-preserve=mode "$good" "$loud"
	chmod +x "$loud"/bin/* "$loud"/init
	cat >"$loud/bin/switch-to-configuration" <<-'END'
		#!/bin/sh
		printf '\033]0;owned\a\033[2J\302\233 \303\244\n'
		printf 'on stderr \233\n' >&2
		exit "$(cat /status)"
	END
	loud=$(nix-store --add "$loud")
	inside sh -c 'echo 4 >/status'
	visible() {
		assert_output --partial '\x1b]0;owned\x07\x1b[2J\xc2\x9b ä'
		assert_output --partial 'on stderr \x9b'
		run -1 env LC_ALL=C grep -aq $'[\001-\010\013-\037\177]' <<<"$output"
	}
	run -3 nixos-container update "$name" --system-path "$loud"
	visible
	run -1 nixos-container reload "$name"
	visible
	inside sh -c 'echo 0 >/status'
	run -0 nixos-container reload "$name"
	visible
}

@test "what a container writes into its configuration cannot steer the terminal" {
	create --no-start --config "$(motto one)"
	printf '{ ... }: builtins.trace "\033]0;owned\a\302\233" { environment.etc.a.text = "traced"; }\n' \
		>"$root/etc/nixos/configuration.nix"
	run -0 nixos-container update --no-apply "$name"
	# What Nix itself takes out of it differs by version, and can be all.
	assert_output --regexp $'owned(.x07)?.xc2.x9b|trace: *(.xc2.x9b)?\n'
	run -1 env LC_ALL=C grep -aq $'[\001-\010\013-\037\177\233]' <<<"$output"
	grep -qx traced "$(ctr-gcroot path "$name")/etc/a"
	printf '{ ... }: throw "\033[2Jno"\n' >"$root/etc/nixos/configuration.nix"
	run -1 nixos-container update --no-apply "$name"
	assert_output --partial 'could not build its system'
	run -1 env LC_ALL=C grep -aq $'[\001-\010\013-\037\177\233]' <<<"$output"
}

@test "generations --json and diff tell what there is and what differs" {
	create --no-start --config "$(motto one)"
	run -1 nixos-container diff "$name"
	assert_output --partial "has no previous generation"
	nixos-container update "$name" --config "$(motto two)"
	run -0 nixos-container generations --json "$name"
	assert_equal "$(jq -c 'map([.number, .current])' <<<"$output")" '[[1,false],[2,true]]'
	run -0 --separate-stderr nixos-container diff "$name"
	assert_output ''
	[[ $stderr == *'no package changes; to compare the files: diff -r --no-dereference /nix/store/'* ]]
	run -1 ${stderr##*files: }
	assert_output --partial motto
	run -0 nixos-container diff "$name" 1 1
	assert_output --partial 'both are the same system'
	nixos-container update "$name" --config 'services.more.command = "exec sleep 1000";'
	run -0 nixos-container diff "$name"
	assert_output --regexp '^service: ∅ → [^[:cntrl:]]*$'
	run -1 nixos-container diff "$name" 1 7
	assert_output --partial "no generation 7"
	run -2 nixos-container diff "$name" x
}

@test "a configuration that cannot be built is not kept" {
	create --no-start --config "$(motto one)"
	run -1 nixos-container update "$name" --config 'no.such = 1;'
	run -0 ls "$root/etc/nixos"
	assert_output configuration.nix
}

@test "updates of one container queue, and the last one wins" {
	create --config "$(motto one)"
	for i in 1 2 3 4; do
		nixos-container update "$name" --config "$(motto "m$i")" 3>&- &
	done
	wait
	run -0 nixos-container generations --json "$name"
	assert_equal "$(jq length <<<"$output")" 5
	# What runs is the current generation, whichever came last.
	local current
	current=$(jq -r '.[] | select(.current).target' <<<"$output")
	is_motto "$(cat "$current/etc/motto")"
}

@test "a container whose system is the host's is not updated" {
	local system
	system=$(nix-build --no-out-link "$minimal" -A system --arg configuration '{ }')
	printf 'SYSTEM_PATH=%s\n' "$system" >"$conf"
	run -1 nixos-container update "$name"
	assert_output --partial "SYSTEM_PATH=$system"
}

@test "--quiet prints nothing, in each verb, unless it fails" {
	also "$name-b"
	also "$name-c"
	run -0 create -q
	assert_output ''
	for verb in 'update --config environment.etc.a.text="a";' reload rollback restart stop; do
		run -0 nixos-container -q $verb "$name"
		assert_output ''
	done
	run -0 nixos-container clone -q "$name" "$name-b"
	assert_output ''
	run -0 nixos-container rename "$name-b" "$name-c" -q
	assert_output ''
	for verb in start terminate reset destroy; do
		run -0 nixos-container "$verb" "$name-c" --quiet
		assert_output ''
	done
	# A switch that fails says why.
	nixos-container start "$name"
	local bad=$BATS_TEST_TMPDIR/bad
	cp -r --no-preserve=mode "$(ctr-gcroot path "$name")" "$bad"
	chmod +x "$bad"/bin/* "$bad"/init
	printf '#!/bin/sh\necho the reason; exit 4\n' >"$bad/bin/switch-to-configuration"
	run -3 nixos-container -q update "$name" --system-path "$(nix-store --add "$bad")"
	assert_line "the reason"
	assert_line --partial "reload to its new system failed"
}

@test "--quiet says nothing of a build that goes well, --verbose more than usual" {
	create --no-start
	run -0 nixos-container --quiet update --no-apply --config 'environment.etc.a.text = "a";' "$name"
	assert_output ''
	run -0 nixos-container update --no-apply --config 'environment.etc.a.text = "b";' "$name"
	refute_output --partial 'evaluating file'
	run -0 nixos-container update --no-apply --verbose --config 'environment.etc.a.text = "c";' "$name"
	assert_output --partial 'evaluating file'
}

@test "a switch that ignores signals ends with its command, which gives the lock back" {
	create
	good=$(ctr-gcroot path "$name")
	bad=$BATS_TEST_TMPDIR/bad
	cp -r --no-preserve=mode "$good" "$bad"
	chmod +x "$bad"/bin/* "$bad"/init
	printf '#!/bin/sh\ntrap "" INT TERM HUP QUIT\necho $$ >/switching\nwhile :; do sleep 0.1; done\n' \
		>"$bad/bin/switch-to-configuration"
	bad=$(nix-store --add "$bad")
	for verb in "update $name --system-path $bad" "reload $name" "reload -q $name" "rollback $name 2"; do
		for sig in INT TERM HUP; do
			rm -f "$root/switching"
			# shellcheck disable=SC2086 # its words
			env --default-signal nixos-container $verb >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
			command=$!
			until_true 20 test -s "$root/switching"
			kill -"$sig" "$command"
			SECONDS=0
			ended=0
			wait "$command" || ended=$?
			assert_equal "$ended" 1
			((SECONDS < 5)) || fail "$verb, $sig: $SECONDS s"
			timeout 5 nixos-container update --no-apply "$name" --system-path "$bad"
			inside kill -9 "$(cat "$root/switching")"
		done
	done
	run -0 ls -A /run/nixos-container
	refute_output --partial .said
	nixos-container destroy "$name"
}

@test "a lock that the container holds, or its stopped server, keeps no command of the host's" {
	create
	touch "$root/nix/var/nix/profiles/system.lock"
	inside sh -c 'exec 9>/nix/var/nix/profiles/system.lock; flock 9; kill -STOP $$' 3>&- &
	sleep 0.5
	timeout 20 nixos-container update "$name" --system-path "$(ctr-gcroot path "$name")"
	timeout 20 nixos-container rollback "$name" 1
	timeout 60 nixos-container destroy "$name"
	wait $! || :
	nothing_left "$name"
}
