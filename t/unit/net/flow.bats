#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# ctr-conf flush, with flows to the world from a namespace of another machine.
load ../../lib/env
load ../../lib/world

setup() {
	make_world
	in_world ip netns add far
	in_world ip link add far0 type veth peer name eth0 netns far
	in_world ip addr add 192.0.2.1/24 dev far0
	in_world ip addr add 2001:db8::1/64 dev far0 nodad
	in_world ip link set far0 up
	in_world ip -n far addr add 192.0.2.2/24 dev eth0
	in_world ip -n far addr add 2001:db8::2/64 dev eth0 nodad
	in_world ip -n far link set eth0 up
	# The kernel tracks flows only if a rule asks for their state.
	in_world nft -f - <<-'END' || skip "needs nftables"
		table inet track {
			chain in { type filter hook input priority 0; ct state new counter; }
			chain out { type filter hook output priority 0; ct state new counter; }
		}
	END
	[[ -e /proc/net/nf_conntrack ]] || skip "needs /proc/net/nf_conntrack"
	# On a slow machine, a test takes longer than the 30 s of a flow without an answer.
	in_world sysctl -qw net.netfilter.nf_conntrack_udp_timeout=600
}
teardown() { drop_world; }

# flow ADDRESS PORT - UDP from the other machine
flow() { in_world ip netns exec far socat -u - "UDP:$1:$2" <<<x; }

# flows - the destinations of all that the world's kernel tracks now
flows() {
	in_world sh -c 'cat /proc/self/net/nf_conntrack' |
		sed -nE 's/.* udp .* dst=([^ ]+) sport=[0-9]+ dport=([0-9]+) .*src=.*/\1 \2/p' |
		sort -u | xargs
}

@test "flows to a port of the host are forgotten, and no others" {
	for port in 53 54 80; do flow 192.0.2.1 $port; done
	flow '[2001:db8::1]' 53
	# The host itself speaks to another machine, which has the same ports.
	in_world socat -u - UDP:192.0.2.2:53 <<<x
	all=$(flows)
	run -0 in_world ctr-conf flush tcp:53 udp:55 udp:192.0.2.7:53
	assert_equal "$(flows)" "$all"
	run -0 in_world ctr-conf flush udp:192.0.2.1:54
	run -0 in_world ctr-conf flush udp:53
	assert_output ''
	assert_equal "$(flows)" '192.0.2.1 80 192.0.2.2 53'
	run -0 in_world ctr-conf flush tcp:1-65535 udp:60-90 udp:far0:7
	assert_equal "$(flows)" '192.0.2.2 53'
}

@test "of two families, an address means its own" {
	flow 192.0.2.1 53
	flow '[2001:db8::1]' 53
	run -0 in_world ctr-conf flush 'udp:[2001:db8::1]:53'
	assert_equal "$(flows)" '192.0.2.1 53'
	flow '[2001:db8::1]' 53
	run -0 in_world ctr-conf flush 'udp:0.0.0.0:53'
	[[ $(flows) == 2001:0db8:*' 53' ]]
}

@test "many flows of others cost little, and many of its own all go" {
	command -v strace >/dev/null || skip "needs strace"
	in_world ip netns exec far bash -c \
		'for ((i = 10000; i < 13000; i++)); do echo x >/dev/udp/192.0.2.1/$i; done 2>/dev/null || :'
	[[ $(flows | wc -w) -gt 5000 ]]
	# The kernel sends no entry of another port: only the end of each dump.
	run -0 in_world strace -e trace=recvfrom ctr-conf flush udp:53
	assert_equal "$(grep -c '^recvfrom' <<<"$output")" 2
	run -0 in_world ctr-conf flush udp:10000-12999
	assert_equal "$(flows)" ''
}

# box - a container at 10.5.0.2 and fc00:5::2, which the world forwards for; 10.5.0.2
# has NAT to port 90
box() {
	in_world sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	in_world ip netns add box
	in_world ip link add c-box up type veth peer name eth0 netns box
	in_world ip addr add 10.5.0.1/24 dev c-box
	in_world ip addr add fc00:5::1/64 dev c-box nodad
	in_world ip -n box addr add 10.5.0.2/24 dev eth0
	in_world ip -n box addr add 10.5.0.3/24 dev eth0
	in_world ip -n box addr add fc00:5::2/64 dev eth0 nodad
	in_world ip -n box link set eth0 up
	in_world ip -n box route add default via 10.5.0.1
	in_world ip -n box route add default via fc00:5::1
	in_world ip -n far route add default via 192.0.2.1
	in_world ip -n far route add default via 2001:db8::1
	in_world nft -f - <<-'END'
		table ip box {
			chain post { type nat hook postrouting priority 100; ip saddr 10.5.0.2 udp dport 90 masquerade; }
			chain pre { type nat hook prerouting priority -100; udp dport 91 dnat to 10.5.0.2:92; }
		}
		table inet track { chain through { type filter hook forward priority 0; ct state new counter; }; }
	END
}

# sent FROM TO PORT - UDP from an address of the box or the other machine
sent() {
	local ns=box
	case $1 in *192.0.2.* | *2001:*) ns=far ;; esac
	in_world ip netns exec $ns socat -u - "UDP:$2:$3,bind=$1" <<<x
}

# all_flows - from each direction that the box knows
all_flows() {
	sent 10.5.0.2 192.0.2.2 90		# SNAT
	sent 192.0.2.2 192.0.2.1 91		# DNAT
	sent 10.5.0.2 192.0.2.2 80
	sent 192.0.2.2 10.5.0.2 81
	sent '[fc00:5::2]' '[2001:db8::2]' 82
	sent 10.5.0.3 192.0.2.2 83
	in_world ip netns exec box socat -u - IP4-SENDTO:192.0.2.2:99,bind=10.5.0.2 <<<x
	assert_equal "$(ports)" '80 81 82 83 90 91'
	assert_equal "$(without_ports)" 1
}

# ports, without_ports - of the flows that the world's kernel tracks now
ports() { flows | tr ' ' '\n' | grep -xE '[0-9]+' | sort -n | xargs; }
without_ports() { in_world sh -c 'grep -c " unknown *99 " /proc/self/net/nf_conntrack' || :; }

@test "all flows with an address are forgotten, by any end and before or after NAT" {
	box
	all_flows
	run -0 in_world ctr-conf flush 10.5.0.9 fc00:5::9
	assert_output ''
	assert_equal "$(ports)" '80 81 82 83 90 91'
	run -0 in_world ctr-conf flush fc00:5::2 10.5.0.2
	assert_equal "$(ports)" 83
	assert_equal "$(without_ports)" 0
	all_flows
	# The host's address is an end of both flows with NAT.
	run -0 in_world ctr-conf flush 192.0.2.1
	assert_equal "$(ports)" '80 81 82 83'
	run -0 in_world ctr-conf flush 10.5.0.3 tcp:80-83
	assert_equal "$(ports)" '80 81 82'
}

@test "with --plain, flows with NAT go on, and those that others opened" {
	box
	all_flows
	run -0 in_world ctr-conf flush --plain 10.5.0.2 FC00:5::2
	assert_equal "$(ports)" '81 83 90 91'
	assert_equal "$(without_ports)" 0
	sent 192.0.2.2 192.0.2.1 93
	run -0 in_world ctr-conf flush --plain udp:90-93 10.5.0.3
	assert_equal "$(ports)" '81 90 91'
	run -0 in_world ctr-conf flush udp:90-93 10.5.0.3
	assert_equal "$(ports)" '81 90'
}

@test "with many addresses and many flows, one dump is enough" {
	command -v strace >/dev/null || skip "needs strace"
	in_world ip netns exec far bash -c \
		'for ((i = 10000; i < 13000; i++)); do echo x >/dev/udp/192.0.2.1/$i; done 2>/dev/null || :'
	mapfile -t many < <(printf '%s\n' 10.6.{1..4}.{1..250})
	run -0 in_world strace -e trace=sendto ctr-conf flush "${many[@]}" udp:10000-12998
	# Each entry that goes is a request, too.
	assert_equal "$(grep -c "CT_GET.*NLM_F_DUMP" <<<"$output")" 1
	assert_equal "$(ports)" 12999
}

@test "wrong ports are refused before a flow is forgotten" {
	flow 192.0.2.1 53
	run -2 in_world ctr-conf flush udp:53 81-80
	assert_output 'ctr-conf: flush: invalid port or address "81-80" (expected ADDRESS or [tcp:|udp:][ADDRESS:]HOST[-LAST][:INNER[-LAST]])'
	assert_equal "$(flows)" '192.0.2.1 53'
	for word in 10.5.0.2/24 0.0.0.0 127.0.0.1 ::1 ::ffff:10.5.0.2 fc00::g; do
		run -2 in_world ctr-conf flush 192.0.2.1 "$word"
		assert_output --partial "ctr-conf: flush: invalid port or address \"$word\" (expected ADDRESS or "
	done
	assert_equal "$(flows)" '192.0.2.1 53'
	run -2 ctr-conf flush
	run -2 ctr-conf flush --plain
	run -1 in_world setpriv --bounding-set -all --inh-caps -all --reuid 65534 --clear-groups \
		"$(type -P ctr-conf)" flush udp:53
	assert_output 'ctr-conf: flush: connection tracking: Operation not permitted'
}
