#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# ctr-conf address, in network namespaces of its own.
load ../../lib/env

setup() {
	((EUID == 0)) || skip "root makes a network namespace"
	cd "$BATS_TEST_TMPDIR"
	mkdir conf
	export NIXOS_CONTAINER_CONF_DIR=$PWD/conf
}

# on_host COMMANDS - print the free pair on a host with that network
on_host() { unshare -n sh -ec "ip link set lo up; $1
	exec ctr-conf address"; }

conf() { printf '%s\n' "${@:2}" >"conf/$1"; }

# gives PAIR [COMMANDS] - that must be the pair
gives() {
	run -0 on_host "${2-:}"
	assert_output "$1"
}

# pairs FROM TO NET... - use these pairs, by number, in each 10.233.NET.0/24
pairs() {
	local i net list=
	for net in "${@:3}"; do
		for ((i = $1; i <= $2; i++)); do list+=" 10.233.$net.$((2 * i + 1))"; done
		conf "net$net.conf" PRIVATE_NETWORK=1 "LOCAL_ADDRESS=\"${list# }\""
		list=
	done
}

@test "the first free pair is printed, from .1 and .2 to .253 and .254 of each /24" {
	gives '10.233.0.1 10.233.0.2'
	conf a.conf PRIVATE_NETWORK=1 HOST_ADDRESS=10.233.0.1 LOCAL_ADDRESS=10.233.0.2
	gives '10.233.0.3 10.233.0.4'
	conf b.conf PRIVATE_NETWORK=1 LOCAL_ADDRESS=10.233.0.6
	gives '10.233.0.3 10.233.0.4'
	conf c.conf PRIVATE_NETWORK=1 HOST_ADDRESS=10.233.0.3
	gives '10.233.0.7 10.233.0.8'
	pairs 0 125 0
	gives '10.233.0.253 10.233.0.254'
	pairs 0 126 0 1
	gives '10.233.2.1 10.233.2.2'
	# Pairs do not use the addresses between two /24.
	conf d.conf PRIVATE_NETWORK=1 'LOCAL_ADDRESS="10.233.2.0 10.233.1.255 10.232.2.1 10.234.2.1"'
	gives '10.233.2.1 10.233.2.2'
}

@test "without settings, or a directory of them, all pairs are free" {
	rmdir conf
	gives '10.233.0.1 10.233.0.2'
	: >conf
	run -1 on_host :
	assert_output "ctr-conf: read $PWD/conf: Not a directory"
	run -2 ctr-conf address web
}

@test "an address with a prefix length reserves all pairs of its network" {
	conf a.conf PRIVATE_NETWORK=1 HOST_BRIDGE=br0 LOCAL_ADDRESS=10.233.0.77/24
	gives '10.233.1.1 10.233.1.2'
	conf a.conf PRIVATE_NETWORK=1 HOST_BRIDGE=br0 LOCAL_ADDRESS=10.233.0.2/30
	gives '10.233.0.5 10.233.0.6'
	conf a.conf PRIVATE_NETWORK=1 HOST_BRIDGE=br0 LOCAL_ADDRESS=10.233.5.2/17
	gives '10.233.128.1 10.233.128.2'
	# A wider network reserves the one address only.
	conf a.conf PRIVATE_NETWORK=1 HOST_BRIDGE=br0 'LOCAL_ADDRESS="10.233.0.2/8 10.1.2.3/8"'
	gives '10.233.0.3 10.233.0.4'
}

@test "settings of containers that are being created, and further pairs, count" {
	conf .new.pending PRIVATE_NETWORK=1 HOST_ADDRESS=10.233.0.1 LOCAL_ADDRESS=10.233.0.2
	conf more.conf PRIVATE_NETWORK=1 \
		"EXTRA_VETHS='v1:host=10.233.0.3,local=10.233.0.4 v2:bridge=br1,local=10.233.0.9/29'"
	# A file of another tool is not a container, but its address counts.
	conf a_b.conf LOCAL_ADDRESS=10.233.0.6
	conf other.txt LOCAL_ADDRESS=10.233.0.17
	conf web.conf.bak LOCAL_ADDRESS=10.233.0.17
	conf note.conf '# LOCAL_ADDRESS=10.233.0.17' FLAKE=/x/10.233.0.17
	mkfifo conf/pipe.conf
	mkdir conf/dir.conf
	ln -s /no/such conf/gone.conf
	gives '10.233.0.17 10.233.0.18'
	conf c.conf LOCAL_ADDRESS=10.233.0.17
	gives '10.233.0.19 10.233.0.20'
	# A gateway has its address, and a misspelt key does not free one.
	conf d.conf GATEWAY=10.233.0.19
	conf e.conf LOCAL_ADRESS=10.233.0.21
	gives '10.233.0.23 10.233.0.24'
}

@test "addresses count in every form that systemd accepts" {
	conf a.conf 'HOST_ADDRESS="10.23\' '3.0.1"'
	conf b.conf '  LOCAL_ADDRESS = 10\.233.0.3'
	conf c.conf "LOCAL_ADDRESS='10.1.0.1,10.233.0.5'"
	gives '10.233.0.7 10.233.0.8'
}

@test "a file with errors reserves all addresses in it" {
	conf a.conf 'NAT=x' HOST_ADDRESS=10.233.0.1
	gives '10.233.0.3 10.233.0.4'
	conf a.conf 'LOCAL_ADDRESS="10.233.0.1 junk"'
	gives '10.233.0.3 10.233.0.4'
	conf a.conf LOCAL_ADDRESS=10.233.0.9 LOCAL_ADDRESS=10.233.0.1
	gives '10.233.0.3 10.233.0.4'
	conf a.conf 'LOCAL_ADDRESS="10.233.0.1'
	gives '10.233.0.3 10.233.0.4'
	conf a.conf 'LOCAL_ADDRESS=10.233.0.1/99' '# 10.233.0.3'
	gives '10.233.0.3 10.233.0.4'
	conf a.conf $'FLAKE=\xff' 'EXTRA_VETHS=v:host=10.233.0.1,local=10.233.0.4,x'
	gives '10.233.0.5 10.233.0.6'
	printf 'LOCAL_ADDRESS=10.233.0.1\n\0\e[2J' >conf/a.conf
	gives '10.233.0.3 10.233.0.4'
	{ echo 'LOCAL_ADDRESS=10.233.0.1/24'; printf '#%070000d' 0; } >conf/a.conf
	gives '10.233.1.1 10.233.1.2'
}

@test "addresses of the host's interfaces and their networks are not given" {
	local pair='ip link add d0 type veth peer d1 && ip addr add'
	gives '10.233.0.3 10.233.0.4' "$pair 10.233.0.2/32 dev d0"
	gives '10.233.1.1 10.233.1.2' "$pair 10.233.0.200/24 dev d0; ip link set d0 up; ip link set d1 up"
	# A bridge that is down will get its route later.
	gives '10.233.1.1 10.233.1.2' "$pair 10.233.0.200/24 dev d0"
	gives '10.233.0.7 10.233.0.8' "$pair 10.233.0.1 peer 10.233.0.4/32 dev d0; ip addr add 10.233.0.5/32 dev d0"
	gives '10.233.0.3 10.233.0.4' "$pair 10.233.0.2/8 dev d0; ip link set d0 up; ip link set d1 up"
	gives '10.233.0.1 10.233.0.2' "$pair 10.5.0.2/8 dev d0; ip link set d0 up; ip link set d1 up"
}

@test "a pair with a route of the host is not given, but wider routes do not count" {
	gives '10.233.0.3 10.233.0.4' 'ip route add 10.233.0.2/32 dev lo'
	gives '10.233.4.1 10.233.4.2' 'ip route add 10.233.0.0/22 dev lo'
	gives '10.233.4.1 10.233.4.2' 'ip route add blackhole 10.233.0.0/22'
	gives '10.233.1.1 10.233.1.2' 'ip route add local 10.233.0.0/24 dev lo table local'
	gives '10.233.0.1 10.233.0.2' 'ip route add default dev lo; ip route add 10.0.0.0/8 dev lo
		ip route add 10.232.0.0/15 dev lo; ip route add 10.233.0.0/24 dev lo table 77
		ip -6 route add fc00::/64 dev lo || :'
	run -1 on_host 'ip route add 10.233.0.0/16 dev lo'
	assert_output 'ctr-conf: no free pair of addresses in 10.233.0.0/16'
}

@test "after the last pair, it fails" {
	conf most.conf PRIVATE_NETWORK=1 HOST_BRIDGE=br0 \
		'LOCAL_ADDRESS="10.233.0.1/17,10.233.128.1/18,10.233.192.1/19,10.233.224.1/20,10.233.240.1/21,10.233.248.1/22,10.233.252.1/23,10.233.254.1/24"'
	pairs 0 125 255
	gives '10.233.255.253 10.233.255.254'
	conf last.conf LOCAL_ADDRESS=10.233.255.254
	run -1 on_host :
	assert_output 'ctr-conf: no free pair of addresses in 10.233.0.0/16'
}

@test "ten thousand containers get a pair each, fast" {
	mkdir many
	for i in {0..9999}; do
		echo "many/n$i.conf" "10.233.$((i / 127)).$((i % 127 * 2 + 1))" "10.233.$((i / 127)).$((i % 127 * 2 + 2))"
	done | awk '{ printf "PRIVATE_NETWORK=1\nHOST_ADDRESS=%s\nLOCAL_ADDRESS=%s\n", $2, $3 >$1; close($1) }'
	export NIXOS_CONTAINER_CONF_DIR=$PWD/many
	gives '10.233.78.189 10.233.78.190'
	# A limit for a busy machine, too: 0.1 ms for each file.
	run -0 timeout 1 ctr-conf address
}

@test "address --of-host prints the addresses of the host's interfaces" {
	run -0 unshare -n sh -ec 'ip link set lo up
		ip link add v0 type veth peer name v1
		ip link set v0 up
		ip address add 10.7.0.1/24 dev v0
		ip address add 10.7.0.2/24 dev v0
		ip address add fd00:7::1/64 dev v0
		exec ctr-conf address --of-host'
	for address in 127.0.0.1 10.7.0.1 10.7.0.2 ::1 fd00:7::1; do
		assert_line "$address"
	done
	run -2 ctr-conf list --of-host
}
