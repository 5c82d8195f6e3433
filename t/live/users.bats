#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Containers with users of their own.
load container

# create_for USERS - a container of those users, running
create_for() {
	create --no-start
	ctr-conf set "$name" PRIVATE_USERS=$1
	nixos-container start "$name"
}

first_user() { inside cat /proc/self/uid_map | awk '{ print $2 }'; }

# as_promised - what the user of a container sees, whose ever its users are
as_promised() {
	run -0 inside hostname
	assert_output "$name"
	inside sh -c 'touch /etc/mine && rm /etc/mine'
	ping -c 1 -W 2 "$(nixos-container show-ip "$name")"
	inside ping -c 1 -W 2 "$(sed -n 's/^HOST_ADDRESS=//p' "$conf")"
	inside ip link add of-mine type bridge
	run -0 inside ls /sys/class/net
	assert_line of-mine
	ip netns exec "net-$name" ip link show eth0
	run -0 socat -t5 "unix:$root/var/lib/root-shell.socket" - <<<'echo by socat'
	assert_output "by socat"
}

@test "PRIVATE_USERS=pick: the network is there before the first process, and its own" {
	create_for pick
	(($(first_user) > 0))
	as_promised
	nixos-container stop "$name"
	run ! ip link show "c-$name"
	assert_not_exists "/run/netns/net-$name"
	nixos-container start "$name"
	as_promised
	nixos-container destroy "$name"
	nothing_left "$name"
}

@test "PRIVATE_USERS=NUMBER: the users begin there" {
	create_for 1310720
	run -0 first_user
	assert_output 1310720
	as_promised
}

@test "PRIVATE_USERS=identity: a user namespace of the same numbers" {
	create_for identity
	run -0 first_user
	assert_output 0
	as_promised
}

@test "the container's network is complete when its first process starts" {
	create --no-start --config \
		'services.look.command = "[ -e /var/seen ] || ip addr show eth0 >/var/seen; ip route >>/var/seen; exec sleep 1000";'
	ctr-conf set "$name" PRIVATE_USERS=pick
	nixos-container start "$name"
	until_true 5 grep -q default "$root/var/seen"
	grep -q 'state UP\|,UP' "$root/var/seen"
	grep -q "inet $(nixos-container show-ip "$name")" "$root/var/seen"
}

@test "a network that cannot be made is a failed start that leaves nothing" {
	create --no-start
	ctr-conf set "$name" PRIVATE_USERS=pick
	ip link add "c-$name" type bridge
	run nixos-container start "$name"
	assert_failure
	assert_output --partial "c-$name"
	ip link del "c-$name"
	nixos-container stop "$name"
	assert_not_exists "/run/netns/net-$name"
	run ! machinectl show "$name"
}

@test "other values are refused by name" {
	create --no-start
	for bad in x -1 1x 99999999999 4294967295; do
		printf 'PRIVATE_USERS=%s\n' "$bad" >"$conf"
		run -2 nixos-container launch "$name"
		assert_output --partial "PRIVATE_USERS: invalid value \"$bad\""
	done
}

@test "ports are forwarded to a container with users of its own" {
	create --no-start --port 8091:80 --config 'environment.etc."www/index.html".text = "hi";
		services.web.command = "exec httpd -f -p 80 -h /etc/www";'
	ctr-conf set "$name" PRIVATE_USERS=pick
	nixos-container start "$name"
	until_true 30 curl -s -m 2 http://127.0.0.1:8091/
	run -0 curl -s -m 2 http://127.0.0.1:8091/
	assert_output hi
}
