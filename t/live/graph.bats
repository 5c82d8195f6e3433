#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# graph: bridges, containers and addresses as DOT.
load container

setup() {
	export NIXOS_CONTAINER_CONF_DIR=$BATS_TEST_TMPDIR/conf
	mkdir "$NIXOS_CONTAINER_CONF_DIR"
	cd "$NIXOS_CONTAINER_CONF_DIR"
}
teardown() { :; }

# is_dot - does the output keep to the grammar of DOT, as far as it is used?
#
# A line is a node or an edge whose words are strings or plain ones.
is_dot() {
	if command -v dot >/dev/null; then dot -Tsvg >/dev/null <<<"$output"; fi
	assert_line --index 0 'graph containers {'
	assert_equal "${lines[-1]}" '}'
	local word='("([^"\\]|\\.)*"|[a-z0-9]+)'
	local list="\[($word=$word *)+\]"
	run ! grep -vE "^	((graph|node) $list|$word $list|$word -- $word( $list)?);$" \
		<<<"$(sed '1d; $d' <<<"$output")"
}

@test "graph has bridges, addresses, ports and other links" {
	printf 'PRIVATE_NETWORK=1\nHOST_ADDRESS=10.1.0.1\nLOCAL_ADDRESS=10.1.0.2\nLOCAL_ADDRESS6=fc00::2\nHOST_PORT=tcp:80:8080,udp:53\n' >web.conf
	printf 'PRIVATE_NETWORK=1\nHOST_BRIDGE=br0\nLOCAL_ADDRESS=10.2.0.2/24\n' >db.conf
	printf 'PRIVATE_NETWORK=1\nHOST_BRIDGE=br0\n' >br0.conf
	printf 'AUTO_START=1\n' >plain.conf
	printf 'NETWORK_NAMESPACE_PATH=/run/netns/vpn\n' >vpn.conf
	printf 'INTERFACES="wan0 wan1"\nMACVLANS=lan0\n' >router.conf
	printf 'PRIVATE_NETWORK=1\nEXTRA_VETHS="v1:bridge=br1,local=10.3.0.2/24 v2:host=10.4.0.1,local=10.4.0.2"\n' >extra.conf
	run -0 nixos-container graph
	is_dot
	run -0 nixos-container graph
	host=$(uname -n)
	assert_line "	\"host\" [label=\"$host\" shape=box3d];"
	assert_line '	"host" -- "container web" [label="10.1.0.1"];'
	assert_line '	"container web" [label="web\n10.1.0.2\nfc00::2\ntcp:80:8080\nudp:53" style=dotted];'
	assert_line '	"bridge br0" -- "container db";'
	assert_line '	"bridge br0" -- "container br0";'
	assert_equal "$(grep -c '"host" -- "bridge br0";' <<<"$output")" 1
	assert_line '	"host" -- "container plain" [style=bold label="network of the host"];'
	assert_line '	"namespace /run/netns/vpn" -- "container vpn";'
	assert_line '	"interface wan1" -- "container router" [label="moved"];'
	assert_line '	"interface lan0" -- "container router" [label="macvlan"];'
	assert_line '	"bridge br1" -- "container extra" [label="10.3.0.2/24"];'
	assert_line '	"host" -- "container extra" [label="10.4.0.1 10.4.0.2"];'
	run -2 nixos-container graph web
}

@test "graph is right where there is nothing, and where settings are odd" {
	run -0 nixos-container graph
	is_dot
	printf 'PRIVATE_NETWORK=1\nHOST_BRIDGE=a"b\\\nLOCAL_ADDRESS=\\"]; x [\nHOST_PORT="a\\"b,\tc"\nEXTRA_VETHS=,=,:"x\n' >odd.conf
	printf 'LOCAL_ADDRESS=\033[31m\n' >esc.conf
	run -0 nixos-container graph
	is_dot
	run ! grep -P '\x1b' <<<"$output"
	run -0 busybox sh "$(command -v nixos-container)" graph
	is_dot
}

@test "one awk draws a thousand" {
	for i in {1..1000}; do echo PRIVATE_NETWORK=1 >"n$i.conf"; done
	strace -f -qq -e trace=execve -o "$BATS_TEST_TMPDIR/execs" nixos-container graph >"$BATS_TEST_TMPDIR/dot"
	(($(grep -c 'execve.*= 0' "$BATS_TEST_TMPDIR/execs") < 12))
	run -0 grep -c 'label="n' "$BATS_TEST_TMPDIR/dot"
	assert_output 1000
}

@test "a container that is up is not dotted" {
	unset NIXOS_CONTAINER_CONF_DIR
	name=$(unused_name t) made=("$name")
	nixos-container create "$name"
	run -0 nixos-container graph
	nixos-container destroy "$name"
	assert_line --regexp "^	\"container $name\" \[label=\"$name\\\\n[^]]*\"\];\$"
}
