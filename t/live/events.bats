#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What runs beside the suite on a host does what it does: containers stay reached.
load container
load actors

setup_file() { lan_up; }
teardown_file() { lan_down; }

teardown() {
	kill "${helpers[@]}" 2>/dev/null || :
	helpers=()
	networkd_off
	for n in "${made[@]}"; do nixos-container destroy "$n" 2>/dev/null || :; done
	rm -f /etc/sysctl.d/99-test.conf
}
helpers=()

fetched() { [[ $(far curl -s -m 3 http://192.0.2.1:8090/) == hello ]]; }
fetch() { far curl -s -m 0.5 http://192.0.2.1:8090/; }

# fetching - a container with a port, which the other machine fetches again and again
fetching() {
	web hello --port 8090:80 --nat
	until_true 10 fetched
	try_on "$BATS_TEST_TMPDIR/tries" fetch 3>&- &
	tries=$!
	helpers+=("$tries")
	until_true 10 tried "$BATS_TEST_TMPDIR/tries" 3
}

# busy - have other programs of this machine more to do than it can?
busy() { awk -v cpus="$(nproc)" '{ exit $1 <= 2 * cpus }' /proc/loadavg; }

# lost WHAT [TIMES] - end that, and say how long it failed: at most a second, or on a
# busy machine a second each time
lost() {
	local count at_most=1000
	! busy || at_most=$((${2-1} * 1000))
	count=$(wc -l <"$BATS_TEST_TMPDIR/tries")
	until_true 10 tried "$BATS_TEST_TMPDIR/tries" $((count + 3))
	outage "$BATS_TEST_TMPDIR/tries" "$tries"
	echo "# $1: $ms ms lost of at most $at_most, $failed of $all tries" >&3
	[[ $ms != never ]]
	((ms <= at_most))
}

silent() {
	run nixos-container verify --all
	assert_output ''
	assert_success
}

# as_ever - the port, verify, stop and start are what they were
as_ever() {
	until_true 10 fetched
	until_true 10 nixos-container verify --all
	silent
	local begin=$SECONDS
	nixos-container stop "$name"
	nixos-container start "$name"
	((SECONDS - begin <= 8))
	until_true 10 fetched
	inside ping -c 1 -W 3 192.0.2.2
	silent
}

@test "ten reloads of nftables, one a second, take a port away for less than a second" {
	systemctl start nftables.service
	fetching
	for ((i = 0; i < 10; i++)); do
		systemctl reload nftables.service
		sleep 1
	done
	lost 'ten reloads of nftables' 10
	as_ever
	systemctl stop nftables.service
	until_true 10 fetched
}

@test "sysctl --system with a file that turns forwarding off takes a port away for less than a second" {
	fetching
	echo net.ipv4.ip_forward=0 >/etc/sysctl.d/99-test.conf
	# Some keys are not for a host in a container.
	run sysctl --system
	assert_output --partial 'net.ipv4.ip_forward = 0'
	lost 'sysctl --system'
	as_ever
}

@test "machined that is killed and started again takes nothing away" {
	fetching
	systemctl kill --signal=KILL systemd-machined.service
	lost 'machined killed'
	silent
	systemctl restart systemd-machined.service
	machinectl show "$name" >/dev/null
	as_ever
	# Nor if it does not run at all.
	systemctl stop systemd-machined.service
	as_ever
}

@test "dbus that is restarted takes nothing away" {
	fetching
	systemctl restart dbus.service
	lost 'dbus restarted'
	as_ever
}

@test "systemd-networkd that takes every link, restarted, takes nothing away" {
	networkd_on
	fetching
	systemctl restart systemd-networkd.service
	until_true 10 networkd_says lo configured
	lost 'systemd-networkd restarted'
	networkd_says "c-$name" unmanaged
	as_ever
}

# answer_as TEXT NAME - what sends UDP to port 7 of the container gets this
answer_as() {
	ip netns exec "net-$2" socat UDP4-RECVFROM:7,fork SYSTEM:"cat >/dev/null; echo $1" 3>&- &
	helpers+=($!)
}

# answered_by TEXT - does the peer get it now?
answered_by() { [[ $(tail -n 1 "$BATS_TEST_TMPDIR/answers") == "$1" ]]; }

@test "a peer that sends from before a container starts has answers by whatever has the port" {
	also "$name-b"
	create --no-start --port udp:8174:7 --host-address 10.231.75.1 --local-address 10.231.75.2
	# Some part of the host filters, so the kernel tracks flows.
	nft 'table inet track { chain input { type filter hook input priority 0; ct state new counter; }; }'
	# One flow, a packet each second, whether somebody answers or not.
	: >"$BATS_TEST_TMPDIR/answers"
	{
		while sleep 1; do echo ping; done | ip netns exec far \
			socat - UDP4-DATAGRAM:192.0.2.1:8174,bind=:4445 >"$BATS_TEST_TMPDIR/answers"
	} 3>&- &
	helpers+=($!)
	until_true 5 grep -qs 'sport=4445 dport=8174' /proc/net/nf_conntrack
	nixos-container start "$name"
	answer_as first "$name"
	until_true 5 answered_by first
	# Another address, as its settings change.
	nixos-container stop "$name"
	ctr-conf set "$name" LOCAL_ADDRESS=10.231.75.6
	nixos-container start "$name"
	answer_as moved "$name"
	until_true 5 answered_by moved
	# The port goes to another container, while both run, and back.
	nixos-container create "$name-b" --host-address 10.231.76.1 --local-address 10.231.76.2
	answer_as second "$name-b"
	ctr-conf set "$name" --unset HOST_PORT
	nixos-container network "$name"
	ctr-conf set "$name-b" HOST_PORT=udp:8174:7
	nixos-container network "$name-b"
	until_true 5 answered_by second
	nixos-container destroy "$name-b"
	ctr-conf set "$name" HOST_PORT=udp:8174:7
	nixos-container network "$name"
	until_true 5 answered_by moved
	nft delete table inet track
}

# reach ADDRESS - from the other machine on the bridge
reach() { ip netns exec "ns-$name" ping -q -c 1 -W 0.2 "$1"; }

@test "the machines on a bridge lose a container for no longer than its restart" {
	ip link add hb up type bridge
	ip netns add "ns-$name"
	ip link add hx up type veth peer name eth0 netns "ns-$name"
	ip link set hx master hb
	ip -n "ns-$name" addr add 10.231.151.1/24 dev eth0
	ip -n "ns-$name" addr add fc00:151::1/64 dev eth0 nodad
	ip -n "ns-$name" link set eth0 up
	create --bridge hb --local-address 10.231.151.9/24 --local-address fc00:151::9/64
	for users in no pick; do
		nixos-container stop "$name"
		ctr-conf set "$name" PRIVATE_USERS="$users"
		nixos-container start "$name"
		for address in 10.231.151.9 fc00:151::9; do
			tries=$BATS_TEST_TMPDIR/tries-$users-$address
			until_true 10 reach "$address"
			try_on "$tries" reach "$address" 3>&- &
			peer=$!
			helpers+=("$peer")
			until_true 5 tried "$tries" 3
			begin=${EPOCHREALTIME/./}
			nixos-container restart "$name"
			took=$(((${EPOCHREALTIME/./} - begin) / 1000))
			count=$(wc -l <"$tries")
			until_true 10 reach "$address"
			until_true 10 tried "$tries" $((count + 3))
			outage "$tries" "$peer"
			echo "# restart of $took ms ($users): $address lost for $ms ms, $failed of $all tries" >&3
			[[ $ms != never ]]
			((ms <= took + 1000))
		done
	done
	silent
	nixos-container destroy "$name"
	ip netns del "ns-$name"
	ip link del hb
}

# resolver FILE - a program that answers one question, with 2001:db8:2::2, in one datagram
resolver() {
	cat >"$1" <<-'END'
		#!/bin/sh
		dd bs=512 count=1 of="$0.query" 2>/dev/null
		{
			head -c 2 "$0.query"
			printf '\201\200\0\1\0\1\0\0\0\0'
			tail -c +13 "$0.query"
			printf '\300\14\0\34\0\1\0\0\0\74\0\20\40\1\15\270\0\2\0\0\0\0\0\0\0\0\0\2'
		} >"$0.answer"
		cat "$0.answer"
	END
	chmod +x "$1"
}

@test "on a network of IPv6 alone a container has a port, NAT and a name server" {
	ip addr del 192.0.2.1/24 dev far0
	ip -n far addr del 192.0.2.2/24 dev eth0
	cp /etc/resolv.conf "$BATS_TEST_TMPDIR/resolv.conf"
	echo 'nameserver 2001:db8:2::2' >/etc/resolv.conf
	resolver "$BATS_TEST_TMPDIR/resolver"
	ip netns exec far socat UDP6-RECVFROM:53,fork "EXEC:$BATS_TEST_TMPDIR/resolver" 3>&- &
	helpers+=($!)
	web six --no-start --port 8090:80 --nat --host-address fc00::84:1 --local-address fc00::84:2
	ctr-conf set "$name" --unset HOST_ADDRESS --unset LOCAL_ADDRESS
	for users in no pick; do
		ctr-conf set "$name" PRIVATE_USERS="$users"
		nixos-container start "$name"
		until_true 10 far curl -g -s -m 3 'http://[2001:db8:2::1]:8090/'
		run -0 far curl -g -s -m 3 'http://[2001:db8:2::1]:8090/'
		assert_output six
		run -0 curl -g -s -m 3 "http://[$(nixos-container show-ip "$name")]/"
		assert_output six
		run -0 inside cat /etc/resolv.conf
		assert_output --partial 2001:db8:2::2
		run -0 inside nslookup -type=aaaa six.example
		assert_line "Address: 2001:db8:2::2"
		inside ping -c 1 -W 3 2001:db8:2::2
		run -0 inside ip -4 -o addr show dev eth0
		assert_output ''
		silent
		assert_equal "$(cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding | xargs)" '0 1'
		nixos-container stop "$name"
	done
	cat "$BATS_TEST_TMPDIR/resolv.conf" >/etc/resolv.conf
	ip addr add 192.0.2.1/24 dev far0
	ip -n far addr add 192.0.2.2/24 dev eth0
}
