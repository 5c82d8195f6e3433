#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# export and import: a container as a tar, for another machine.
# bats file_tags=suites
load container

motto() { printf 'environment.etc."motto".text = "%s\\n";' "$1"; }

# listing DIR - all that is in a tree, but for sockets, and how it is
listing() {
	(cd "$1" && find . ! -type s -printf '%P %y %m %U:%G %l %n %t\n' | sort &&
		find . -type f -exec sha256sum {} + | sort -k 2)
}

archive() { printf '%s/%s.tar' "$BATS_TEST_TMPDIR" "${1-x}"; }

# nothing_half - no part of an export or import
nothing_half() {
	run -0 find "$state" -maxdepth 1 '(' -name '.import*' -o -name '.*.export' ')'
	assert_output ''
	assert_not_exists "/run/nixos-container/$name.lock"
	run -0 find "$BATS_TEST_TMPDIR" -name '.*.tar.*'
	assert_output ''
}

# imports_alone - it finds nothing of others, or removes it
imports_alone() {
	nixos-container import "$(archive)" "$name-c" && nixos-container destroy "$name-c" &&
		[[ ! $(find "$state" -maxdepth 1 -name '.import*') ]]
}

# forged ARGUMENT... - the export of a container, with more from the folder forged
forged() {
	local dir=$BATS_TEST_TMPDIR/forged
	(cd "$dir" && tar --numeric-owner -cf "$(archive forged)" "$@")
}

@test "what was exported, running or not, comes back whole" {
	create --config "$(motto one)"
	inside sh -c 'mkdir -p /srv/d; echo one >/srv/d/f; ln /srv/d/f /srv/d/g; ln -s /etc/passwd /srv/d/l
		mkfifo /srv/d/p; chmod 4711 /srv/d/f; chown 12:34 /srv/d; truncate -s 300M /srv/d/hole'
	nixos-container set "$name" MEMORY_MAX=512M HOST_PORT=8078:80
	nixos-container export "$name" "$(archive)"
	nothing_half
	is_up "$name"
	assert_equal "$(stat -c %a "$(archive)")" 600
	(($(stat -c %b "$(archive)") * 512 < 100000000))
	run -0 tar tf "$(archive)"
	assert_line -n 0 manifest
	assert_line -n 1 settings
	assert_line -n 2 closure
	assert_line -n 3 tree/
	nixos-container stop "$name"
	before=$(inside_listing=$(listing "$root/srv"); cat "$conf"; printf '%s' "$inside_listing" | sed 's/ [0-9]*:[0-9]* / /')
	system=$(ctr-gcroot path "$name")
	nixos-container destroy "$name"
	nix-store --gc >/dev/null 2>&1
	assert_not_exists "$system"
	run -1 nixos-container import "$(archive)"
	assert_output --partial "$name: its system is not in the store"
	nothing_left "$name"
	nothing_half
	run -0 nixos-container import --trust "$(archive)"
	assert_line "nixos-container: $name: imported; to start it: nixos-container start $name"
	nothing_half
	assert_equal "$(ctr-gcroot path "$name")" "$system"
	after=$(inside_listing=$(listing "$root/srv"); cat "$conf"; printf '%s' "$inside_listing" | sed 's/ [0-9]*:[0-9]* / /')
	assert_equal "$after" "$before"
	nixos-container start "$name"
	run -0 inside sh -c 'cat /srv/d/f /srv/d/g /etc/motto; stat -c %a:%h /srv/d/f; stat -c %u:%g /srv/d; readlink /srv/d/l'
	assert_output $'one\none\none\n4711:2\n12:34\n/etc/passwd'
}

@test "by a pipe, compressed, under another name, beside the original" {
	also "$name-b"
	create
	inside sh -c 'mkdir -p /srv; echo mine >/srv/f; chown 5:6 /srv/f'
	nixos-container export "$name" | gzip | nixos-container import - "$name-b"
	nothing_half
	nixos-container start "$name-b"
	is_up "$name"
	run -0 nixos-container run "$name-b" -- sh -c 'cat /srv/f; stat -c %u:%g /srv/f'
	assert_output $'mine\n5:6'
	ping -c 1 -W 2 "$(nixos-container show-ip "$name-b")"
	run ! grep -xFf <(grep ADDRESS "$conf") "$confs/$name-b.conf"
	nixos-container export "$name-b" "$(archive)"
	run -1 nixos-container import "$(archive)" "$name-b"
	assert_output --partial "container exists"
	nothing_half
	run -2 nixos-container import "$(archive none)"
	assert_output --partial "$(archive none): no such file or directory"
	run -2 nixos-container import "$BATS_TEST_TMPDIR"
	assert_output --partial 'expected the tar of an export'
	run -2 nixos-container export "$name" "$BATS_TEST_TMPDIR"
	assert_output --partial 'expected a file'
	run -1 nixos-container export "no-$name"
}

@test "snapshots go along if they are wanted" {
	also "$name-b"
	create --config "$(motto one)"
	inside sh -c 'mkdir -p /srv; echo one >/srv/f'
	nixos-container snapshot "$name" first
	inside sh -c 'echo two >/srv/f'
	nixos-container update "$name" --config "$(motto two)"
	nixos-container export "$name" >"$(archive small)"
	nixos-container export --snapshots "$name" "$(archive)"
	run -0 tar tf "$(archive small)"
	refute_output --partial snapshots
	nixos-container import "$(archive)" "$name-b"
	run -0 nixos-container snapshots "$name-b"
	assert_output --regexp '^first '
	assert_equal "$(nixos-container snapshots "$name-b")" "$(nixos-container snapshots "$name")"
	nixos-container restore "$name-b" first
	nixos-container start "$name-b"
	run -0 nixos-container run "$name-b" -- cat /srv/f /etc/motto
	assert_output $'one\none'
	nothing_half
}

@test "a snapshot gets its system, though this host has the current one" {
	also "$name-b"
	create --no-start --config "$(motto "old of $name")"
	nixos-container snapshot "$name" first
	old=$(ctr-gcroot path "$name")
	nixos-container update "$name" --config "$(motto "new of $name")"
	nixos-container export --snapshots "$name" "$(archive)"
	nixos-container snapshot --delete "$name" first
	ctr-gcroot delete-generations "$name" old
	nix-store --gc >/dev/null 2>&1
	assert_not_exists "$old"
	run -0 nixos-container import "$(archive)" "$name-b"
	assert_output --partial "$name-b: the snapshot first has no system here: $old is not in the store"
	run -0 nixos-container snapshots "$name-b"
	assert_output --regexp '^first .* -$'
	nixos-container destroy "$name-b"
	nixos-container import --trust --set LOCAL_ADDRESS= --set HOST_ADDRESS= "$(archive)" "$name-b"
	run -0 nixos-container snapshots "$name-b"
	assert_output --regexp "^first .* $old\$"
	nixos-container restore "$name-b" first
	assert_equal "$(ctr-gcroot path "$name-b")" "$old"
}

@test "export follows no link that another user put beside its file" {
	create --no-start
	mkdir -m 1777 "$BATS_TEST_TMPDIR/shared"
	echo mine >"$BATS_TEST_TMPDIR/victim"
	for part in .x.tar.part .x.tar.tmp .x.tar; do
		ln -s "$BATS_TEST_TMPDIR/victim" "$BATS_TEST_TMPDIR/shared/$part"
	done
	nixos-container export "$name" "$BATS_TEST_TMPDIR/shared/x.tar"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/victim")" mine
	tar tf "$BATS_TEST_TMPDIR/shared/x.tar" >/dev/null
	rm "$BATS_TEST_TMPDIR/shared"/.x.tar*
}

@test "settings that reach into the host are not taken, but for one's own archive" {
	also "$name-b"
	create --no-start
	nixos-container set "$name" BIND=/etc CAPABILITIES=CAP_SYS_ADMIN PRIVATE_USERS=no MEMORY_MAX=1G \
		"EXTRA_NSPAWN_FLAGS=--setenv=A=b" HOST_PORT=8079
	nixos-container export "$name" "$(archive)"
	run -0 nixos-container import "$(archive)" "$name-b"
	assert_output --partial 'not taken, as they reach into this host: HOST_PORT BIND CAPABILITIES EXTRA_NSPAWN_FLAGS'
	run ! grep -E '^(BIND|CAPABILITIES|EXTRA_NSPAWN_FLAGS|HOST_PORT)=' "$confs/$name-b.conf"
	run ! grep -x PRIVATE_USERS=no "$confs/$name-b.conf"
	grep -x MEMORY_MAX=1G "$confs/$name-b.conf"
	nixos-container destroy "$name-b"
	nixos-container import --set MEMORY_MAX=2G --set BIND= "$(archive)" "$name-b"
	grep -x MEMORY_MAX=2G "$confs/$name-b.conf"
	nixos-container destroy "$name-b"
	run -0 nixos-container import --trust "$(archive)" "$name-b"
	diff "$conf" "$confs/$name-b.conf"
}

@test "a tree that boots itself needs no Nix, and its users are its own" {
	also "$name-b"
	mkdir -p "$BATS_TEST_TMPDIR/tree/sbin" "$BATS_TEST_TMPDIR/tree/etc" "$BATS_TEST_TMPDIR/tree/usr"
	cp "$(command -v busybox)" "$BATS_TEST_TMPDIR/tree/sbin/init"
	echo 0123456789abcdef0123456789abcdef >"$BATS_TEST_TMPDIR/tree/etc/machine-id"
	nixos-container create --no-start "$name" --rootfs "$BATS_TEST_TMPDIR/tree"
	# As systemd-nspawn leaves it where the file system cannot map user IDs
	chown -R 1879048192:1879048192 "$root"
	chown 1879048225:1879048226 "$root/etc/machine-id"
	nixos-container export "$name" "$(archive)"
	unshare -m sh -euc 'mount --bind /dev/null "$(command -v nix-store)"
		! command -v nix-store
		nixos-container import "$1" "$2"' sh "$(archive)" "$name-b"
	run -0 stat -c %u:%g "$root-b" "$root-b/sbin/init" "$root-b/etc"
	assert_output $'0:0\n0:0\n0:0'
	run -0 cat "$root-b/etc/hostname"
	assert_output "$name-b"
	nixos-container destroy "$name"
	nixos-container import "$(archive)"
	run -0 stat -c %u:%g "$root/etc/machine-id"
	assert_output 33:34
}

@test "of a forged archive nothing reaches the host, and nothing is left" {
	also "$name-b"
	dir=$BATS_TEST_TMPDIR/forged
	mkdir -p "$dir/tree/etc" "$BATS_TEST_TMPDIR/host"
	manifest() { printf 'nixos-container export 1\nname=%s\nsystem=%s\n' "$1" "${2-}" >"$dir/manifest"; }
	: >"$dir/settings"
	refused() {
		forged "$@"
		run ! nixos-container import "$(archive forged)" "$name-b"
		said=$output
		nothing_left "$name-b"
		nothing_half
	}
	manifest x
	refused manifest settings
	assert_equal "$said" "nixos-container: $(archive forged): not an archive of nixos-container export"
	refused settings tree
	refused manifest tree
	sed -i 's/export 1/export 2/' "$dir/manifest"
	refused manifest settings tree
	[[ $said == *'its format is not one that this version knows: nixos-container export 2' ]]
	manifest x
	echo NO_SUCH=1 >"$dir/settings"
	refused manifest settings tree
	[[ $said == *NO_SUCH* ]]
	# Links in place of each part
	rm "$dir/settings"
	ln -s /etc/shadow "$dir/settings"
	refused manifest settings tree
	rm "$dir/settings"
	: >"$dir/settings"
	mv "$dir/tree" "$dir/real"
	ln -s "$BATS_TEST_TMPDIR/host" "$dir/tree"
	refused manifest settings tree
	rm "$dir/tree"
	mv "$dir/real" "$dir/tree"
	# Names of systems that are none
	for system in /etc /nix/store/../../etc /nix/store '/nix/store/x y' /nix/store/00000000000000000000000000000000-no; do
		manifest x "$system"
		refused manifest settings tree
	done
	# A closure that nobody signed, of a path that is not there
	create --no-start --config "$(motto "of $name")"
	system=$(ctr-gcroot path "$name")
	nix-store --export "$system" >"$dir/closure"
	nixos-container destroy "$name"
	nix-store --gc >/dev/null 2>&1
	manifest x "$system"
	refused manifest settings closure tree
	assert_not_exists "$system"
	rm "$dir/closure"
	ln -s /dev/zero "$dir/closure"
	refused manifest settings closure tree
	# Names that are none
	manifest x
	forged manifest settings tree
	run -2 nixos-container import "$(archive forged)" ../x
	manifest ../x
	forged manifest settings tree
	run -2 nixos-container import "$(archive forged)"
	assert_output --partial 'not a container name'
	run -0 ls -A "$BATS_TEST_TMPDIR/host"
	assert_output ''
	# Snapshots that are none, and settings of one that would reach the host
	manifest x
	mkdir -p "$dir/snapshots"/{good,.bad,no-tree,'b ad'}/ "$dir/snapshots"/{good,.bad,'b ad'}/tree
	ln -s /etc/passwd "$dir/snapshots/good/system"
	for part in good .bad 'b ad'; do echo BIND=/ >"$dir/snapshots/$part/settings"; done
	ln -s /etc "$dir/snapshots/link"
	forged manifest settings tree snapshots
	run -0 nixos-container import "$(archive forged)" "$name-b"
	assert_output --partial "$name-b: left out, as it is no snapshot: b ad"
	run -0 ls -A "$state/.$name-b.snapshots"
	assert_output good
	run -0 ls -A "$state/.$name-b.snapshots/good"
	assert_output $'settings\ntree'
	run ! grep BIND "$state/.$name-b.snapshots/good/settings"
	nixos-container destroy "$name-b"
	nothing_half
}

@test "where the disk is full, and after a kill, nothing is half" {
	also "$name-b"
	create --no-start
	mkdir -p "$root/srv"
	head -c 30M /dev/urandom >"$root/srv/f"
	small=$BATS_TEST_TMPDIR/small
	mkdir "$small"
	mount -t tmpfs -o size=8m tmpfs "$small"
	echo old >"$small/x.tar"
	run -1 nixos-container export "$name" "$small/x.tar"
	assert_output --partial "$name: not exported, for the reason above"
	run -0 ls -A "$small"
	assert_output x.tar
	assert_equal "$(cat "$small/x.tar")" old
	nothing_half
	nixos-container export "$name" "$(archive)"
	run -1 env NIXOS_CONTAINER_STATE_DIR="$small/state" nixos-container import "$(archive)" "$name-b"
	assert_output --partial 'could not be unpacked, for the reason above'
	run -0 ls -A "$small/state"
	assert_output ''
	nothing_left "$name-b"
	umount "$small"
	for n in {1..8}; do
		nixos-container import "$(archive)" "$name-b" 2>/dev/null 3>&- &
		importer=$!
		sleep 0.0$((n * 7 + 15))
		kill -KILL $importer 2>/dev/null || :
		wait $importer || :
	done
	until_true 20 nixos-container import "$(archive)" "$name-b"
	# What unpacks for one that was killed goes on to the end of its archive.
	also "$name-c"
	until_true 20 imports_alone
	nothing_half
	cmp "$root/srv/f" "$root-b/srv/f"
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	nixos-container export "$name" "$BATS_TEST_TMPDIR/fifo" 3>&- &
	diff <(tar tf "$BATS_TEST_TMPDIR/fifo") <(tar tf "$(archive)")
	wait
	[[ -p $BATS_TEST_TMPDIR/fifo ]]
}
