#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Containers by their names: from the host, and from each other.
load container

setup_file() {
	cp /etc/nsswitch.conf "$BATS_FILE_TMPDIR"
	sed -i 's/^hosts:.*/hosts: files containers dns/' /etc/nsswitch.conf
	ldconfig
	sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	cp /etc/hosts "$BATS_FILE_TMPDIR"
}

teardown_file() {
	cp "$BATS_FILE_TMPDIR/nsswitch.conf" /etc
	cmp /etc/hosts "$BATS_FILE_TMPDIR/hosts"	# it is the user's
}

# resolves_inside NAME ADDRESS - does the container of the test know it so?
resolves_inside() { inside ping -c 1 -w 3 "$1" | grep -qF "($2)"; }

@test "the host resolves NAME.containers, by both families, as long as it is there" {
	create --no-start
	ctr-conf set "$name" HOST_ADDRESS6=fc00:9::1 LOCAL_ADDRESS6=fc00:9::2
	nixos-container start "$name"
	run -0 getent ahostsv4 "$name.containers"
	assert_line --partial "$(nixos-container show-ip "$name")"
	run -0 getent ahostsv6 "$name.containers"
	assert_line --partial fc00:9::2
	ping -c 1 -W 5 -4 "$name.containers"
	ping -c 1 -W 5 -6 "$name.containers"
	run -0 getent hosts fc00:9::2
	assert_output --partial "$name.containers"
	run -0 setpriv --reuid 65534 --clear-groups getent ahosts "$name.containers"
	nixos-container destroy "$name"
	run -2 getent ahosts "$name.containers"
}

@test "containers that ask for it reach each other by name, later ones too" {
	also "$name-b"
	also "$name-c"
	create --resolve-containers
	nixos-container create "$name-b" --resolve-containers
	nixos-container create "$name-c"
	local b c
	b=$(nixos-container show-ip "$name-b")
	c=$(nixos-container show-ip "$name-c")
	resolves_inside "$name-b.containers" "$b"
	resolves_inside "$name-b" "$b"
	resolves_inside "$name-c.containers" "$c"
	run -0 nixos-container run "$name-b" -- ping -c 1 -w 5 "$name.containers"
	# One that did not ask has the file of its system.
	run ! nixos-container run "$name-c" -- grep -q containers /etc/hosts
	nixos-container destroy "$name-c"
	run ! inside grep -q "$name-c" /etc/hosts
	resolves_inside "$name-b.containers" "$b"
	# It can read that file and not write to it.
	run ! inside sh -c 'echo 10.9.9.9 x >>/etc/hosts'
	inside grep -q '^127.0.0.1 localhost' /etc/hosts
}

@test "a container that has been started can be told to resolve the others" {
	create
	ctr-conf set "$name" RESOLVE_CONTAINERS=1
	nixos-container restart "$name"
	run -0 inside cat /etc/hosts
	assert_output --partial "$name.containers"
	ctr-conf set "$name" RESOLVE_CONTAINERS=0
	nixos-container restart "$name"
	run -0 inside cat /etc/hosts
	assert_output --partial localhost
	refute_output --partial "$name.containers"
}

@test "with users of its own, and in Debian, a container knows the others as well" {
	also "$name-b"
	nixos-container create "$name-b"
	create --no-start --nixos-path /src/t/systems/debian -I suite=/usr/local --resolve-containers
	ctr-conf set "$name" PRIVATE_USERS=pick
	nixos-container start "$name"
	run -0 inside getent ahosts "$name-b.containers"
	assert_output --partial "$(nixos-container show-ip "$name-b")"
	assert_output --partial "$(ctr-conf get "$name-b" LOCAL_ADDRESS6)"
}

@test "no reader ever misses a name that stays" {
	also "$name-b"
	create --resolve-containers
	inside sh -c 'while [ ! -e /stop ]; do grep -q " $1.containers " /etc/hosts || echo missed; done >/missed' \
		sh "$name" 3>&- &
	for i in 1 2 3 4 5 6; do
		nixos-container create "$name-b" --no-start
		nixos-container destroy "$name-b"
	done
	inside touch /stop
	wait $!
	run -0 inside cat /missed
	assert_output ""
}

@test "a tree that leads the file elsewhere harms nothing outside" {
	local kind
	for kind in link-out folder fifo etc-out; do
		create --no-start --resolve-containers
		rm -rf "$root/etc/hosts"
		case $kind in
		link-out) ln -s ../../../../../../etc/motd "$root/etc/hosts" ;;
		folder) mkdir "$root/etc/hosts" ;;
		fifo) mkfifo "$root/etc/hosts" ;;
		etc-out) rm -rf "$root/etc" && ln -s /etc "$root/etc" ;;
		esac
		find /etc -xdev -type f -exec cksum {} + | sort >"$BATS_TEST_TMPDIR/before"
		timeout 90 nixos-container start "$name" || :
		find /etc -xdev -type f -exec cksum {} + | sort >"$BATS_TEST_TMPDIR/after"
		cmp "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
		run ! grep -F /etc/hosts /proc/self/mountinfo
		nixos-container destroy "$name"
	done
}
