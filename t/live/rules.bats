#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the suite set on the host is put back after others removed it.
load container

# "Another machine" is a network namespace behind a link of the host.
setup_file() {
	ip netns add far
	ip link add far0 type veth peer name eth0 netns far
	ip addr add 192.0.2.1/24 dev far0
	ip link set far0 up
	ip -n far addr add 192.0.2.2/24 dev eth0
	ip -n far link set eth0 up
	nft add table inet of-others
	# Other tests may have left it on.
	sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
}

teardown_file() {
	ip netns del far
	nft delete table inet of-others || :
}

far() { ip netns exec far "$@"; }

web() {
	create --config "environment.etc.\"www/index.html\".text = \"$1\";
		services.web.command = \"exec httpd -f -p 80 -h /etc/www\";" "${@:2}"
	until_true 30 curl -s "http://$(nixos-container show-ip "$name")/"
}

# ours - the tables of the suite; elements have no order
ours() {
	{ nft -j list table inet nixos-container && nft -j list table bridge nixos-container; } |
		jq -S '.nftables[] | del(.. | .handle?) | (.. | .elem? | arrays) |= sort'
}

# whole FILE - are the tables what they were?
whole() { ours 2>/dev/null | cmp -s - "$1"; }

served() { [[ $(far curl -s -m 3 http://192.0.2.1:8090/) == hello ]]; }

# watched - the unit that puts back what was removed is there
watched() { systemctl is-active --quiet nixos-container-rules.service; }

@test "the rules of all containers come back, whoever flushes them" {
	ip link add br-rules type bridge
	web hello --port 8090:80 --nat
	also "$name-b"
	nixos-container create "$name-b" --bridge br-rules --local-address 10.231.190.2/24
	ours >"$BATS_TEST_TMPDIR/before"
	grep -q '8090' "$BATS_TEST_TMPDIR/before"
	grep -q "c-$name-b" "$BATS_TEST_TMPDIR/before"
	systemctl start nftables.service
	for flush in 'nft flush ruleset' 'systemctl reload nftables.service' \
		'systemctl restart nftables.service' 'systemctl stop nftables.service' \
		'nft delete table inet nixos-container' 'nft delete table bridge nixos-container'; do
		$flush
		until_true 10 whole "$BATS_TEST_TMPDIR/before"
		served
		run -0 inside ping -c 1 -W 3 192.0.2.2
	done
	nixos-container destroy "$name-b"
	ip link del br-rules
	nft add table inet of-others
}

@test "a firewall that is reloaded again and again does not take a port away" {
	web hello --port 8090:80
	ours >"$BATS_TEST_TMPDIR/before" 2>/dev/null || :
	systemctl start nftables.service
	for ((i = 0; i < 10; i++)); do
		systemctl reload nftables.service
		until_true 10 served
	done
	systemctl stop nftables.service
	until_true 10 served
}

@test "forwarding comes back after others turn it off, and goes with the last container" {
	web hello --port 8090:80 --nat
	echo net.ipv4.ip_forward=0 >"$BATS_TEST_TMPDIR/sysctl.conf"
	lines=$(wc -l </run/nixos-container/.sysctls)
	for ((i = 0; i < 3; i++)); do
		sysctl -q -p "$BATS_TEST_TMPDIR/sysctl.conf"
		until_true 10 grep -qx 1 /proc/sys/net/ipv4/ip_forward
		served
	done
	assert_equal "$(wc -l </run/nixos-container/.sysctls)" "$lines"
	nixos-container stop "$name"
	assert_equal "$(cat /proc/sys/net/ipv4/ip_forward)" 0
}

@test "forwarding that the administrator had turned on comes back, too" {
	sysctl -q net.ipv4.ip_forward=1
	web hello --port 8090:80
	sysctl -q net.ipv4.ip_forward=0
	until_true 10 grep -qx 1 /proc/sys/net/ipv4/ip_forward
	served
	nixos-container stop "$name"
	assert_equal "$(cat /proc/sys/net/ipv4/ip_forward)" 0
}

@test "what was removed while nobody watched comes back when the watch does" {
	web hello --port 8090:80
	ours >"$BATS_TEST_TMPDIR/before" 2>/dev/null || :
	watched
	pid=$(systemctl show -p MainPID --value nixos-container-rules.service)
	systemctl kill -s STOP nixos-container-rules.service
	nft flush ruleset
	run ! served
	systemctl kill -s KILL nixos-container-rules.service
	until_true 20 served
	refute [ "$(systemctl show -p MainPID --value nixos-container-rules.service)" = "$pid" ]
	nft add table inet of-others
}

@test "the last container leaves the ruleset as it was, and nobody watches any more" {
	nft list ruleset >"$BATS_TEST_TMPDIR/before"
	ip link add br-rules type bridge
	create --port 8090:80 --nat
	also "$name-b"
	nixos-container create "$name-b" --bridge br-rules
	watched
	nixos-container stop "$name"
	nft list table inet nixos-container >/dev/null
	watched
	nixos-container stop "$name-b"
	nft list ruleset | cmp - "$BATS_TEST_TMPDIR/before"
	until_true 10 refute watched
	assert_not_exists /run/nixos-container/.tables
	assert_not_exists /run/nixos-container/.sysctls
	# Without anything to put back, nothing is.
	nixos-container rules
	nft list ruleset | cmp - "$BATS_TEST_TMPDIR/before"
	ip link del br-rules
}

@test "rules that are flushed while containers start and stop end up whole" {
	web hello --port 8090:80
	(while :; do nft flush ruleset; sleep 0.1; done) 3>&- &
	flusher=$!
	also "$name-b"
	nixos-container create "$name-b" --port 8091:80 || status=$?
	for ((i = 0; i < 5; i++)); do
		nixos-container stop "$name-b"
		nixos-container start "$name-b"
	done
	kill "$flusher"
	assert_equal "${status-0}" 0
	both() {
		local table
		table=$(nft list table inet nixos-container 2>/dev/null) &&
			[[ $table == *8090* && $table == *8091* && $table == *'"c-'"$name-b"'"'* ]]
	}
	until_true 10 both
	served
	nixos-container stop "$name-b"
	run -0 nft list table inet nixos-container
	assert_output --partial 8090
	refute_output --partial 8091
	refute_output --partial "$name-b"
	nft add table inet of-others
}

@test "of two containers that claim a port at once, one runs, and no rules are kept out" {
	local one=$name-b two=$name-c
	create --no-start --set ALLOW_FROM=none
	also "$one" "$two"
	for each in "$one" "$two"; do
		nixos-container create "$each" --no-start --port 8095 --system-path "$(ctr-gcroot path "$name")"
	done
	nixos-container start "$name"
	for _ in 1 2 3; do
		systemctl start --no-block "container@$one" "container@$two"
		settled() { ! systemctl is-active "container@$one" "container@$two" | grep -q activating; }
		until_true 20 settled
		run systemctl is-active "container@$one" "container@$two"
		assert_equal "$(grep -cx active <<<"$output")" 1
		# The second try finds the port taken before it begins, and is the last.
		run -0 systemctl show -p NRestarts --value "container@$one" "container@$two"
		refute_output --regexp '[2-9]'
		run -0 nixos-container verify --all
		assert_output ''
		ours >"$BATS_TEST_TMPDIR/before"
		nft flush ruleset
		until_true 10 whole "$BATS_TEST_TMPDIR/before"
		systemctl stop "container@$one" "container@$two"
		systemctl reset-failed "container@$one" "container@$two" || :
	done
}

@test "network refuses the port of another, and changes nothing" {
	local one=$name-b
	web hello --port 8096:80
	also "$one"
	nixos-container create "$one" --system-path "$(ctr-gcroot path "$name")"
	ours >"$BATS_TEST_TMPDIR/before"
	cp "/run/nixos-container/$one.forward" "$BATS_TEST_TMPDIR/record"
	ctr-conf set "$one" HOST_PORT=8000-8100
	run -2 nixos-container network "$one"
	assert_output "ctr-conf: $confs/$one.conf:$(grep -n HOST_PORT "$confs/$one.conf" | cut -d: -f1): HOST_PORT: port 8096 (tcp) of the host is forwarded to $name"
	cmp "/run/nixos-container/$one.forward" "$BATS_TEST_TMPDIR/record"
	nft flush ruleset
	until_true 10 whole "$BATS_TEST_TMPDIR/before"
}

@test "a record that nft does not take keeps no other rules out, and goes with a cleanup" {
	web hello --port 8090:80
	ours >"$BATS_TEST_TMPDIR/before"
	printf 'links "c-odd"\nlinks "v*"\nrouted "v*"\n' >/run/nixos-container/odd.forward
	nft flush ruleset
	until_true 10 served
	nft list set inet nixos-container links | grep -q "c-$name"
	run -0 nixos-container rules
	assert_output --partial 'odd.forward: could not load these rules'
	nixos-container cleanup odd
	assert_not_exists /run/nixos-container/odd.forward
	nft flush ruleset
	until_true 10 whole "$BATS_TEST_TMPDIR/before"
}
