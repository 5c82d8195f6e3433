#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# clone: another container with a copy of the tree.
load container

motto() { printf 'environment.etc."motto".text = "%s";' "$1"; }

# listing DIR - all that is in a tree, but for sockets, and how it is
listing() {
	(cd "$1" && find . ! -type s -printf '%P %y %m %U:%G %l %n\n' | sort &&
		find . -type f -exec sha256sum {} + | sort -k 2)
}

@test "a clone has the tree and the system, and addresses of its own" {
	also "$name-b"
	create --config "$(motto one)"
	inside sh -c 'mkdir -p /srv/d; echo mine >/srv/d/f; ln /srv/d/f /srv/d/g; ln -s /etc/passwd /srv/d/l
		mkfifo /srv/d/p; chmod 4711 /srv/d/f; chown 12:34 /srv/d'
	nixos-container stop "$name"
	echo MEMORY_MAX=1G >>"$conf"
	run -0 nixos-container clone "$name" "$name-b"
	assert_output "nixos-container: $name-b is a copy of $name: change networking.hostName in its configuration, and its keys"
	diff <(listing "$root") <(listing "$root-b")
	grep -qx MEMORY_MAX=1G "$confs/$name-b.conf"
	run -0 grep -oE '^(HOST|LOCAL)_ADDRESS6?=' "$confs/$name-b.conf"
	assert_output $'HOST_ADDRESS=\nLOCAL_ADDRESS=\nHOST_ADDRESS6=\nLOCAL_ADDRESS6='
	run ! grep -xFf <(grep _ADDRESS "$conf") "$confs/$name-b.conf"
	is_down "$name-b"
	nixos-container start "$name"
	nixos-container start "$name-b"
	run -0 nixos-container run "$name-b" -- cat /etc/motto
	assert_output one
	ping -c 1 -W 2 "$(nixos-container show-ip "$name-b")"
	nixos-container update "$name-b" --config "$(motto two)"
	run -0 inside cat /etc/motto
	assert_output one
}

@test "a running container is not cloned" {
	also "$name-b"
	create
	run -1 nixos-container clone "$name" "$name-b"
	assert_output --partial "$name: running; to stop it: nixos-container stop $name"
	nothing_left "$name-b"
	assert_not_exists "/run/nixos-container/$name.tree.lock"
	run -0 inside hostname
}

@test "a clone leaves out what two cannot have, and takes addresses" {
	also "$name-b"
	create --no-start --port 8123:80 --local-address fc00:151::2 --host-address fc00:151::1
	printf 'LOCAL_MAC_ADDRESS=02:00:00:00:00:01\nEXTRA_VETHS="v1:host=10.0.1.1,local=10.0.1.2"\nBIND=/srv\n' >>"$conf"
	run -0 nixos-container clone "$name" "$name-b"
	assert_output --partial "$name-b: not copied, as two containers cannot share them: LOCAL_MAC_ADDRESS HOST_PORT EXTRA_VETHS;"
	run -1 grep -E 'PORT|MAC|VETHS|fc00:151:' "$confs/$name-b.conf"
	run -0 grep -c _ADDRESS6= "$confs/$name-b.conf"
	assert_output 2
	run -0 grep -c _ADDRESS= "$confs/$name-b.conf"
	assert_output 2
	run -0 grep BIND= "$confs/$name-b.conf"
}

@test "a clone on a bridge is on that bridge, with the address that is said" {
	also "$name-b"
	create --no-start --bridge br-x --local-address 10.231.152.7/24 --gateway 10.231.152.1
	run -0 nixos-container clone "$name" "$name-b" --local-address 10.231.152.8/24
	refute_output --partial LOCAL_MAC_ADDRESS
	run -0 sort "$confs/$name-b.conf"
	assert_output --regexp $'^GATEWAY=10.231.152.1\nHOST_BRIDGE=br-x\nLOCAL_ADDRESS=10.231.152.8/24\nLOCAL_MAC_ADDRESS=02(:[0-9a-f]{2}){5}\nNIX_DAEMON=0\nPRIVATE_NETWORK=1\nPRIVATE_USERS=pick$'
	run ! grep -qFf <(grep MAC "$conf") "$confs/$name-b.conf"
}

@test "a clone with the network of the host, or of a name that is taken" {
	also "$name-b"
	create --no-start
	echo AUTO_START=0 >"$conf"
	run -2 nixos-container clone "$name" "$name-b" --port 80
	nothing_left "$name-b"
	nixos-container clone "$name" "$name-b"
	run -0 cat "$confs/$name-b.conf"
	assert_output AUTO_START=0
	run -1 nixos-container clone "$name" "$name-b"
	assert_output --partial "container exists"
	run -1 nixos-container clone "$name" "$name"
	run -0 nixos-container status "$name"
	also "$name-b-0"
	run -0 --separate-stderr nixos-container clone --ensure-unique-name "$name" "$name-b"
	assert_output "$name-b-0"
	run -1 nixos-container clone "no-$name" "$name-c"
	run -2 nixos-container clone "$name"
	run -2 nixos-container clone "$name" "$name-c" --config x
}

@test "mounts of the host are not copied, nor links followed" {
	also "$name-b"
	create --no-start
	mkdir -p "$BATS_TEST_TMPDIR/mine" "$BATS_TEST_TMPDIR/etc" "$root/srv/data"
	echo host >"$BATS_TEST_TMPDIR/etc/machine-id"
	touch "$BATS_TEST_TMPDIR/mine/theirs"
	mount --bind "$BATS_TEST_TMPDIR/mine" "$root/srv/data"
	mkdir -p "$root/etc"
	echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
	nixos-container clone "$name" "$name-b"
	run -0 ls -A "$root-b/srv/data"
	assert_output ''
	assert_not_exists "$root-b/etc/machine-id"
	assert_exists "$root/etc/machine-id"
	nixos-container destroy "$name-b"
	rm -r "$root/etc"
	ln -s "$BATS_TEST_TMPDIR/etc" "$root/etc"
	run ! nixos-container clone "$name" "$name-b"
	assert_exists "$BATS_TEST_TMPDIR/etc/machine-id"
	nothing_left "$name-b"
	umount "$root/srv/data"
}

@test "a folder that becomes a link and back while it is copied leads nowhere" {
	also "$name-b"
	create --no-start
	mkdir -p "$BATS_TEST_TMPDIR/host" "$root/srv/flips"
	echo secret-of-the-host >"$BATS_TEST_TMPDIR/host/file"
	touch "$root/srv/flips/file"
	ln -s "$BATS_TEST_TMPDIR/host" "$root/srv/flips.link"
	/usr/local/lib/nixos-container-test/swap "$root/srv/flips" "$root/srv/flips.link" 2>/dev/null 3>&- &
	swapper=$!
	found='' copies=0
	for _ in {1..30}; do
		! nixos-container clone "$name" "$name-b" || copies=$((copies + 1))
		! grep -rq secret-of-the-host "$root-b" || found=1
		nixos-container destroy "$name-b" || :
	done
	kill $swapper
	echo "# $copies of 30 were copied" >&3
	[[ ! $found ]]
	((copies))
}

@test "folders that their owner cannot write to are copied, and data in them" {
	also "$name-b"
	create --no-start
	mkdir -p "$root"/var/{empty,locked/d}
	echo kept >"$root/var/locked/d/f"
	chmod 555 "$root"/var/{empty,locked/d,locked}
	chattr +i "$root/var/empty"	# as NixOS has it
	nixos-container clone "$name" "$name-b"
	diff <(listing "$root") <(listing "$root-b")
	nixos-container destroy "$name-b"
	nothing_left "$name-b"
}

@test "a clone that is killed leaves nothing that destroy does not take" {
	also "$name-b"
	create --no-start
	mkdir "$root/many"
	(cd "$root/many" && seq 3000 | xargs touch)
	for delay in 0 0.05 0.1 0.2 0.4; do
		setsid nixos-container clone "$name" "$name-b" 2>/dev/null 3>&- &
		until_true 10 test -e "$confs/.$name-b.pending" -o -e "$confs/$name-b.conf"
		sleep "$delay"
		kill -9 -- "-$!" || :
		wait "$!" || :
		nixos-container destroy "$name-b"
		nothing_left "$name-b"
	done
	nixos-container clone "$name" "$name-b"
	diff <(listing "$root") <(listing "$root-b")
}

@test "where the system of the other cannot be read there is no clone without one" {
	also "$name-b"
	create --no-start
	profile=/nix/var/nix/profiles/per-container/$name
	mv -T "$profile" "$profile-away"
	ln -s "$name-away" "$profile"
	run -1 nixos-container clone "$name" "$name-b"
	assert_output --partial "$name"
	nothing_left "$name-b"
	rm "$profile"
	# One of which nothing was ever built has none to give.
	nixos-container clone "$name" "$name-b"
	run ! ctr-gcroot path "$name-b"
	mv -T "$profile-away" "$profile"
}

@test "busybox clones as well" {
	also "$name-b"
	create --no-start
	echo mine >"$root/mine"
	busybox sh "$(command -v nixos-container)" clone "$name" "$name-b"
	run -0 cat "$root-b/mine"
}

@test "a clone of a container that has no profile, and was never started" {
	also "$name-b"
	create --no-start
	ctr-gcroot rm "$name"
	rm -rf "$root/nix"
	run -0 nixos-container clone "$name" "$name-b"
	run -0 nixos-container list
	assert_line "$name-b"
}
