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

@test "wrong ports are refused before a flow is forgotten" {
	flow 192.0.2.1 53
	run -2 in_world ctr-conf flush udp:53 81-80
	assert_output 'ctr-conf: flush: invalid port "81-80" (expected [tcp:|udp:][ADDRESS:]HOST[-LAST][:INNER[-LAST]])'
	assert_equal "$(flows)" '192.0.2.1 53'
	run -2 ctr-conf flush
	run -1 in_world setpriv --bounding-set -all --inh-caps -all --reuid 65534 --clear-groups \
		"$(type -P ctr-conf)" flush udp:53
	assert_output 'ctr-conf: flush: connection tracking: Operation not permitted'
}
