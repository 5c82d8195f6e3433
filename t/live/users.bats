#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Containers with users of their own.
# bats file_tags=suites
load container

# Subordinate IDs of the host's users; a host has none by itself.
setup_file() { cp -p /etc/subuid "$BATS_FILE_TMPDIR/" 2>/dev/null || :; }
teardown_file() {
	rm -f /etc/subuid
	cp -p "$BATS_FILE_TMPDIR/subuid" /etc/ 2>/dev/null || :
}

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

@test "create keeps out of the subordinate IDs of users, and is refused if none are left" {
	local first other=$name-2
	also "$other"
	echo bob:524288:1879048191 >/etc/subuid
	create
	first=$(first_user)
	((first >= 524288 + 1879048191))
	as_promised
	# The copy has others, and the files in its tree are its own.
	nixos-container stop "$name"
	nixos-container clone "$name" "$other"
	nixos-container start "$name"
	nixos-container start "$other"
	run -0 nixos-container run "$other" -- cat /proc/self/uid_map
	(($(awk '{ print $2 }' <<<"$output") >= first + 65536))
	nixos-container run "$other" -- sh -c 'touch /etc/mine /root/mine && rm /etc/mine /root/mine'
	nixos-container destroy "$other"
	echo bob:1:4294967295 >/etc/subuid
	run -1 nixos-container create "$other" --no-start
	assert_output "ctr-conf: no 65536 user IDs are free from 524288 to 2147352575: see /etc/subuid and /etc/subgid"
	nothing_left "$other"
	nixos-container stop "$name"
	run -1 nixos-container start "$name"
	assert_output --partial "PRIVATE_USERS: the IDs $first to $((first + 65535)) overlap 1 to 4294967295 in /etc/subuid of bob"
	run -0 systemctl show -p ExecMainStatus -p NRestarts --value "container@$name"
	assert_output $'0\n2'
	rm /etc/subuid
	nixos-container start "$name"
}

@test "without subordinate IDs in its range, systemd-nspawn picks" {
	echo bob:100000:65536 >/etc/subuid
	create --no-start
	grep -qx PRIVATE_USERS=pick "$conf"
}

@test "two containers cannot fix the same users" {
	local other=$name-2
	also "$other"
	create_for 1310720
	nixos-container create "$other" --no-start
	run -2 ctr-conf set --host "$other" PRIVATE_USERS=1310720
	assert_output --partial "overlap 1310720 to 1376255 of the container $name"
	ctr-conf set "$other" PRIVATE_USERS=1376255
	run -1 nixos-container start "$other"
	assert_output --partial "PRIVATE_USERS: the IDs 1376255 to 1441790 overlap 1310720 to 1376255 of the container $name"
	ctr-conf set "$other" PRIVATE_USERS=1376256
	nixos-container start "$other"
	nixos-container stop "$name"
	nixos-container clone "$name" "$name-3"
	also "$name-3"
	grep -qx PRIVATE_USERS=pick "$confs/$name-3.conf"
	nixos-container start "$name-3"
	run -0 nixos-container run "$name-3" -- cat /proc/self/uid_map
	nixos-container stop "$other"
	ctr-conf set "$other" PRIVATE_USERS="$(awk '{ print $2 }' <<<"$output")"
	run -1 nixos-container start "$other"
	assert_output --partial "of a container that runs"
}

@test "eight containers that are created at once have users of their own" {
	local system n
	echo bob:524288:65536 >/etc/subuid
	create --no-start
	system=$(ctr-gcroot path "$name")
	for n in {1..8}; do
		also "$name-$n"
		nixos-container create "$name-$n" --no-start --system-path "$system" 3>&- &
	done
	wait
	run -0 sh -c 'cat "$@" | grep ^PRIVATE_USERS= | sort -u | wc -l' sh "$confs/$name"*.conf
	assert_output 9
}

# as_children PID - the programs that are its children
as_children() { ps -o comm= --ppid "$1" | sort -u; }

# waits_for_machined - set main to systemd-nspawn, once it has a child
waits_for_machined() {
	main=$(pgrep -x systemd-nspawn -P "$(systemctl show -p MainPID --value "container@$name.service")")
	[[ $main ]] && as_children "$main" | grep -q systemd-nspawn
}

@test "systemd-nspawn has no child whose end would interrupt it while it registers" {
	local main machined
	create --no-start
	machinectl list >/dev/null
	machined=$(systemctl show -p MainPID --value systemd-machined)
	kill -STOP "$machined"
	systemctl start --no-block "container@$name"
	until_true 10 waits_for_machined || { kill -CONT "$machined"; return 1; }
	children=$(as_children "$main")
	kill -CONT "$machined"
	assert_equal "$children" systemd-nspawn
	until_true 10 systemctl is-active --quiet "container@$name"
}
