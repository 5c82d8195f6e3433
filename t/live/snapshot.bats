#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# snapshot, snapshots and restore: the state of a container, kept, and brought back.
# bats file_tags=suites
load container

motto() { printf 'environment.etc."motto".text = "%s\\n";' "$1"; }

# listing DIR - all that is in a tree, but for sockets, and how it is
listing() {
	(cd "$1" && find . ! -type s -printf '%P %y %m %U:%G %l %n %t\n' | sort &&
		find . -type f -exec sha256sum {} + | sort -k 2)
}

snapshots() { ls -A "$state/.$name.snapshots" 2>/dev/null; }

# nothing_half - no copy that is not whole, no lock, and nobody frozen
nothing_half() {
	run -0 find "$state" -maxdepth 1 -name ".$name.rest*"
	assert_output ''
	run -0 find "$state/.$name.snapshots" -maxdepth 1 -name '.*.*' -o -name tree -prune
	assert_output "$state/.$name.snapshots"
	assert_not_exists "/run/nixos-container/$name.lock"
	assert_not_exists "/run/nixos-container/$name.tree.lock"
	run -0 find /run/nixos-container -name "$name.still*"
	assert_output ''
}

counted_past() { local z; z=$(cat "$root/srv/6/z") && ((z > $1)); }

@test "restore brings back tree, settings and system" {
	create --config "$(motto one)"
	inside sh -c 'mkdir -p /srv/d; echo one >/srv/d/f; ln /srv/d/f /srv/d/g; ln -s /etc/passwd /srv/d/l
		mkfifo /srv/d/p; chmod 4711 /srv/d/f; chown 12:34 /srv/d'
	run -0 nixos-container snapshot "$name" good
	assert_line "nixos-container: $name: to go back to this: nixos-container restore $name good"
	nothing_half
	is_up "$name"
	run -0 inside cat /srv/d/f
	assert_output one
	was=$(ctr-gcroot path "$name")
	nixos-container update "$name" --config "$(motto two)"
	inside sh -c 'rm -r /srv/d; echo bad >/srv/bad; echo bad >/etc/bad'
	nixos-container set "$name" MEMORY_MAX=512M
	run -0 nixos-container restore "$name" good
	nothing_half
	is_up "$name"
	run -0 inside sh -c 'cat /srv/d/f /srv/d/g /etc/motto; stat -c %a:%h /srv/d/f; stat -c %u:%g /srv/d; readlink /srv/d/l; ls /srv'
	assert_output $'one\none\none\n4711:2\n12:34\n/etc/passwd\nd'
	run ! inside test -e /etc/bad
	assert_equal "$(ctr-gcroot path "$name")" "$was"
	run ! grep MEMORY_MAX "$conf"
	# What was there before is not lost to Nix: the generations stay.
	run -0 nixos-container generations "$name"
	assert_line --regexp '^ *2 '
	# It is there still, for the next time.
	nixos-container stop "$name"
	inside_of_stopped=$(listing "$state/.$name.snapshots/good/tree/srv")
	nixos-container restore "$name" good
	is_down "$name"
	assert_equal "$(listing "$root/srv")" "$inside_of_stopped"
}

@test "snapshots lists them, with --json for programs; --delete deletes one" {
	create --no-start
	mkdir -p "$root/srv"
	run -0 nixos-container snapshots "$name"
	assert_output ''
	run -0 nixos-container snapshots --json "$name"
	assert_output '[]'
	nixos-container snapshot "$name" one
	nixos-container snapshot -q "$name" 2.two_b-c
	run -0 nixos-container snapshot "$name"
	assert_output --regexp "restore $name 20[0-9]{2}-[0-9]{2}-[0-9]{2}-[0-9]{6}$"
	run -0 nixos-container snapshots "$name"
	assert_line -n 0 --regexp "^one +20.* $(ctr-gcroot path "$name")$"
	assert_line -n 1 --regexp '^2.two_b-c +20'
	assert_equal "${#lines[@]}" 3
	run -0 jq -r '.[0] | .label, .system, (.date | fromdate | tostring | length)' \
		<(nixos-container snapshots --json "$name")
	assert_output "one
$(ctr-gcroot path "$name")
10"
	run -1 nixos-container snapshot "$name" one
	assert_output "nixos-container: $name: has a snapshot one; to delete it: nixos-container snapshot --delete $name one"
	nixos-container snapshot --delete "$name" one
	run -1 nixos-container snapshot --delete "$name" one
	assert_output "nixos-container: $name: no snapshot one; to list them: nixos-container snapshots $name"
	run -2 nixos-container snapshot --delete "$name"
	run -1 nixos-container restore "$name" one
	assert_output --partial 'no snapshot one'
	for label in '' . .. .x -x a/b 'a b' "$(printf 'x%.0s' {1..65})"; do
		run -2 nixos-container snapshot -- "$name" "$label"
		run -2 nixos-container restore -- "$name" "$label"
	done
	run -0 nixos-container complete nixos-container restore "$name" ''
	assert_line --regexp $'^2.two_b-c\t20'
	nothing_half
}

@test "a running container stands still meanwhile, and runs on" {
	create --config 'services.counts.command = "exec sh -c '"'"'mkdir -p /srv/1 /srv/6
		cd /srv; i=0; while sleep 0.01; do i=$((i + 1)); echo $i >t; mv t 1/a; echo $i >t; mv t 6/z; done'"'"'";'
	inside sh -c 'for d in 1 2 3 4 5 6; do mkdir -p /srv/$d; for f in $(seq 300); do : >/srv/$d/$f; done; done'
	until_true 30 inside test -s /srv/6/z
	before=$(boots)
	run -0 nixos-container snapshot "$name" x
	tree=$state/.$name.snapshots/x/tree
	a=$(cat "$tree/srv/1/a") z=$(cat "$tree/srv/6/z")
	((a > 0 && (a == z || a == z + 1)))
	is_up "$name"
	if [[ $output == *"stopped meanwhile, as it cannot be frozen here"* ]]; then
		until_true 30 booted_after "$before"
	else
		assert_equal "$(boots)" "$before"
	fi
	z=$(cat "$root/srv/6/z")
	until_true 30 counted_past "$z"
	nothing_half
}

@test "a container that is killed or stopped while it stands still does not hold up the host" {
	create
	inside sh -c 'mkdir /srv; for d in $(seq 30); do mkdir /srv/$d; for f in $(seq 300); do : >/srv/$d/$f; done; done'
	for how in terminate stop kill restart; do
		nixos-container snapshot "$name" $how 2>/dev/null 3>&- &
		taker=$!
		until_true 30 test -e "$state/.$name.snapshots/.$how.new/tree/srv/1"
		if [[ $how == kill ]]; then
			systemctl kill --kill-who=main --signal=KILL "container@$name"
		else
			timeout 60 nixos-container $how "$name" || :
		fi
		timeout 10 systemctl is-system-running || (($? != 124))
		wait $taker || :
		nothing_half
		until_true 60 timeout 60 nixos-container start "$name"
		run -0 timeout 30 nixos-container run "$name" -- true
	done
}

@test "a container whose snapshot was killed runs on, and nothing is left of it" {
	create
	inside sh -c 'mkdir /srv; for d in $(seq 20); do mkdir /srv/$d; for f in $(seq 300); do : >/srv/$d/$f; done; done'
	for signal in KILL TERM INT; do
		nixos-container snapshot "$name" x 3>&- &
		taker=$!
		until_true 30 test -e "$state/.$name.snapshots/.x.new/tree/srv"
		kill -s $signal $taker
		wait $taker || :
		if [[ $signal != KILL ]]; then
			[[ -e $state/.$name.snapshots/x ]] || run ! snapshots
		fi
		until_true 30 is_up "$name"
		until_true 30 timeout 20 nixos-container run "$name" -- true
		[[ ! -e $state/.$name.snapshots/x ]] || nixos-container snapshot --delete "$name" x
		# The next one sweeps what the killed one left.
		nixos-container snapshot "$name" y
		nothing_half
		nixos-container snapshot --delete "$name" y
	done
	nixos-container snapshot "$name" y
	run -0 snapshots
	assert_output y
}

@test "a restore that was killed is completed before the container starts" {
	create
	inside sh -c 'mkdir /srv; echo good >/srv/f'
	nixos-container stop "$name"
	nixos-container snapshot "$name" good
	echo bad >"$root/srv/f"
	for n in {1..40}; do
		nixos-container restore "$name" good 3>&- &
		restorer=$!
		sleep 0.0$((n * 2 + 10))
		kill -KILL $restorer 2>/dev/null || :
		wait $restorer || :
		until_true 30 is_down "$name"
		if [[ -e $state/.$name.restoring ]]; then
			run -1 nixos-container start "$name"
			assert_output --partial "$name: a restore was killed; to complete it: nixos-container restore $name good"
			run -1 systemctl start "container@$name"
			for command in "snapshot --delete $name good" "snapshot $name x" "set $name MTU=1400" \
				"update $name" "reset $name" "export $name" "clone $name $name-c" \
				"copy-from $name /etc/passwd /tmp/no"; do
				# shellcheck disable=SC2086 # words
				run -1 nixos-container $command
				assert_output --partial "$name: a restore was killed; to complete it: nixos-container restore $name good"
			done
			run -1 nixos-container verify "$name"
			assert_output --partial "$name: a restore was killed: what there is is neither"
			cut=1
		fi
		[[ -d $root/srv ]] || fail "no tree"
	done
	: >"$state/.$name.restoring"
	run -1 nixos-container start "$name"
	nixos-container restore "$name" good
	nothing_half
	nixos-container start "$name"
	run -0 inside cat /srv/f
	assert_output good
}

@test "what cannot be restored leaves all as it was" {
	create --no-start --port 8077:80
	mkdir -p "$root/srv"
	nixos-container snapshot "$name" x
	echo new >"$root/srv/f"
	nixos-container set "$name" HOST_PORT= MEMORY_MAX=1G
	before=$(listing "$root" && cat "$conf")
	echo NO_SUCH=1 >>"$state/.$name.snapshots/x/settings"
	run -1 nixos-container restore "$name" x
	assert_output --partial NO_SUCH
	assert_equal "$(listing "$root" && cat "$conf")" "$before"
	nothing_half
	sed -i '$d' "$state/.$name.snapshots/x/settings"
	mount --bind "$root" "$root"
	run -1 nixos-container restore "$name" x
	umount "$root"
	assert_output "nixos-container: $name: its tree is a mount point, which cannot be exchanged"
	nothing_half
	nixos-container restore "$name" x
	run -0 nixos-container get "$name" HOST_PORT
	assert_output 8077:80
	assert_not_exists "$root/srv/f"
}

@test "where the disk is full, there is no snapshot, and all stays" {
	small=$BATS_TEST_TMPDIR/small
	mkdir "$small"
	mount -t tmpfs -o size=24m tmpfs "$small"
	export NIXOS_CONTAINER_STATE_DIR=$small
	state=$small root=$small/$name
	create --no-start
	mkdir -p "$root/srv"
	head -c 8M /dev/urandom >"$root/srv/f"
	nixos-container snapshot "$name" first
	run -1 nixos-container snapshot "$name" second
	assert_output --partial 'No space left on device'
	assert_output --partial "$name: no snapshot: could not copy its tree, for the reason above"
	run -0 snapshots
	assert_output first
	nothing_half
	head -c 2M /dev/urandom >>"$root/srv/f"
	before=$(sha256sum <"$root/srv/f")
	run -1 nixos-container restore "$name" first
	assert_output --partial 'No space left on device'
	assert_equal "$(sha256sum <"$root/srv/f")" "$before"
	nothing_half
	nixos-container destroy "$name"
	run -0 ls -A "$small"
	assert_output ''
	umount "$small"
}

# mkfs_btrfs FILE - by the program of a package that is not installed
mkfs_btrfs() {
	local deb dir=$BATS_TEST_TMPDIR/programs
	for deb in /packages/{btrfs-progs,lib}*.deb; do dpkg-deb -x "$deb" "$dir"; done
	LD_LIBRARY_PATH=$(printf '%s:' "$dir"/usr/lib/*-linux-gnu "$dir"/lib/*-linux-gnu) \
		"$(find "$dir" -name mkfs.btrfs)" -q "$1"
}

# used DIR - MiB in use on its file system
used() { sync -f "$1" && df -BM --output=used "$1" | tr -dc 0-9; }

@test "on btrfs a snapshot and a restore share the blocks of files" {
	[[ -d /packages ]] || skip "no packages for hosts: they were not fetched"
	grep -qw btrfs /proc/filesystems || skip "this kernel has no btrfs"
	loop_devices
	small=$BATS_TEST_TMPDIR/small
	mkdir "$small"
	truncate -s 600M "$BATS_TEST_TMPDIR/image"
	mkfs_btrfs "$BATS_TEST_TMPDIR/image"
	mount -n -o loop "$BATS_TEST_TMPDIR/image" "$small"
	export NIXOS_CONTAINER_STATE_DIR=$small
	state=$small root=$small/$name
	create --no-start
	mkdir -p "$root/srv"
	head -c 100M /dev/urandom >"$root/srv/f"
	before=$(used "$small")
	((before >= 100))
	nixos-container snapshot "$name" x
	(($(used "$small") - before < 20))
	echo more >>"$root/srv/f"
	nixos-container restore "$name" x
	(($(used "$small") - before < 20))
	assert_equal "$(stat -c %s "$root/srv/f")" $((100 << 20))
	nixos-container destroy "$name"
	umount "$small"
}

@test "the system of a snapshot outlives its generation and a collection" {
	create --no-start --config "$(motto "of $name")"
	nixos-container snapshot "$name" x
	was=$(ctr-gcroot path "$name")
	nixos-container update "$name" --config "$(motto other)"
	ctr-gcroot delete-generations "$name" old
	nix-store --gc >/dev/null 2>&1
	assert_exists "$was/init"
	nixos-container restore "$name" x
	assert_equal "$(ctr-gcroot path "$name")" "$was"
	nixos-container update "$name" --config "$(motto other)"
	ctr-gcroot delete-generations "$name" old
	nixos-container snapshot --delete "$name" x
	nix-store --gc >/dev/null 2>&1
	assert_not_exists "$was"
}

@test "snapshots go along with a rename, and end with the container" {
	also "$name-b"
	create --no-start
	mkdir -p "$root/srv"
	nixos-container snapshot "$name" x
	nixos-container rename "$name" "$name-b"
	run -0 nixos-container snapshots "$name-b"
	assert_output --regexp '^x '
	echo mine >"$root-b/srv/f"
	nixos-container restore "$name-b" x
	assert_not_exists "$root-b/srv/f"
	run -0 nixos-container destroy --dry-run "$name-b"
	assert_line "  delete $state/.$name-b.snapshots"
	nixos-container destroy "$name-b"
	run -0 find "$state" -maxdepth 1 -name ".$name*"
	assert_output ''
	nothing_left "$name-b"
}

@test "a tree that boots itself, and one with users of its own, come back as they were" {
	create
	inside sh -c 'mkdir /srv; echo mine >/srv/f; chown 7:8 /srv/f'
	nixos-container stop "$name"
	before=$(listing "$root/srv")
	nixos-container snapshot "$name" x
	nixos-container start "$name"
	inside rm /srv/f
	nixos-container restore "$name" x
	is_up "$name"
	run -0 inside stat -c %u:%g /srv/f
	assert_output 7:8
	nixos-container stop "$name"
	assert_equal "$(listing "$root/srv")" "$before"
}

@test "what a container puts into its tree leads no snapshot out of it" {
	create --no-start
	mkdir -p "$BATS_TEST_TMPDIR/host" "$root/srv/flips"
	echo secret-of-the-host >"$BATS_TEST_TMPDIR/host/file"
	touch "$root/srv/flips/file"
	ln -s "$BATS_TEST_TMPDIR/host" "$root/srv/flips.link"
	mkdir -p "$root/nix/var"
	ln -s "$BATS_TEST_TMPDIR/host" "$root/nix/var/nix"
	/usr/local/lib/nixos-container-test/swap "$root/srv/flips" "$root/srv/flips.link" 2>/dev/null 3>&- &
	swapper=$!
	for n in {1..15}; do
		nixos-container snapshot "$name" "s$n" 2>/dev/null || :
	done
	kill $swapper
	run ! grep -rq secret-of-the-host "$state/.$name.snapshots"
	label=$(snapshots | head -n 1)
	nixos-container restore "$name" "$label"
	run -0 ls "$BATS_TEST_TMPDIR/host"
	assert_output file
}
