#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# ctr-conf address, in network namespaces of its own.
load ../../lib/env

setup() {
	((EUID == 0)) || skip "root makes a network namespace"
	cd "$BATS_TEST_TMPDIR"
	mkdir conf
	export NIXOS_CONTAINER_CONF_DIR=$PWD/conf NIXOS_CONTAINER_HOST_CONF=$PWD/host.conf
	echo 0123456789abcdef0123456789abcdef >machine-id
}

# The network that follows from that ID
net6=fda3:7eb1:fe18::

# on_host COMMANDS - print the free pairs on a host with that network
on_host() { unshare -mn sh -ec "mount --bind '$PWD/machine-id' /etc/machine-id
	ip link set lo up; $1
	exec ctr-conf address"; }

conf() { printf '%s\n' "${@:2}" >"conf/$1"; }

# gives PAIR [COMMANDS] - that must be the IPv4 pair, and the IPv6 pair of that number
gives() {
	local IFS=. byte
	read -ra byte <<<"${1%% *}"
	gives_both "$1 $(printf "$net6%x $net6%x" $((byte[2] * 256 + byte[3])) \
		$((byte[2] * 256 + byte[3] + 1)))" "${2-:}"
}

# gives_both WORDS [COMMANDS] - those must be the addresses
gives_both() {
	run -0 on_host "${2-:}"
	assert_equal "$(sed 's/.*=//' <<<"$output" | xargs)" "$1"
}

# pool [NETWORK...] - set the pool
pool() { echo "ADDRESS_POOL=\"$*\"" >host.conf; }

# refuses WORDS LINE - an ADDRESS_POOL of these words is an error in line 1
refuses() {
	pool "$1"
	run -2 on_host :
	assert_output "ctr-conf: $PWD/host.conf:1: ADDRESS_POOL: $2"
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
	conf a+b.conf LOCAL_ADDRESS=10.233.0.6
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
		ip -6 route add fc00::/64 dev lo'
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

@test "the pairs are printed as settings" {
	run -0 on_host :
	assert_output "HOST_ADDRESS=10.233.0.1
LOCAL_ADDRESS=10.233.0.2
HOST_ADDRESS6=${net6}1
LOCAL_ADDRESS6=${net6}2"
	mapfile -t pairs <<<"$output"
	run -0 ctr-conf set --new --file new.conf PRIVATE_NETWORK=1 "${pairs[@]}"
	run -0 ctr-conf check --file new.conf
	cp new.conf conf/a.conf
	gives '10.233.0.3 10.233.0.4'
}

@test "the IPv6 network is this machine's: another ID, another one; without, none" {
	echo 0123456789abcdef0123456789abcdee >machine-id
	run -0 on_host :
	assert_line --regexp '^HOST_ADDRESS6=fd[0-9a-f]{2}:[0-9a-f]{1,4}:[0-9a-f]{1,4}::1$'
	refute_output --partial "$net6"
	for id in '' uninitialized 0123456789abcdef 'zz23456789abcdef0123456789abcdef'; do
		echo "$id" >machine-id
		gives_both '10.233.0.1 10.233.0.2'
	done
	# A pool of the host's settings needs no ID.
	pool fd00:5::/64
	gives_both '10.233.0.1 10.233.0.2 fd00:5::1 fd00:5::2'
}

@test "a host without IPv6 gives no pair of it" {
	gives_both '10.233.0.1 10.233.0.2' 'sysctl -qw net.ipv6.conf.all.disable_ipv6=1'
	pool fd00:5::/64
	gives_both '10.233.0.1 10.233.0.2' 'sysctl -qw net.ipv6.conf.default.disable_ipv6=1'
}

@test "IPv6 addresses in settings and on the host count, in every form" {
	conf a.conf LOCAL_ADDRESS6="${net6}2"
	gives '10.233.0.3 10.233.0.4'
	conf a.conf LOCAL_ADDRESS6=FDA3:7eb1:fe18:0:0:0:0:0002/64
	run -1 on_host :
	assert_output "ctr-conf: no free pair of addresses in $net6/64"
	conf a.conf LOCAL_ADDRESS6="${net6}100/120"
	gives '10.233.0.1 10.233.0.2'
	conf b.conf "EXTRA_VETHS='v1:host=${net6}1,local=${net6}3'"
	gives '10.233.0.5 10.233.0.6'
	conf c.conf NAT=x "LOCAL_ADDRESS6='${net6}5"
	gives '10.233.0.7 10.233.0.8'
	# Beyond the last 16 bits, or outside, it is in no pair.
	conf d.conf LOCAL_ADDRESS6="${net6}1:7,fda3:7eb1:fe19::7" "# ${net6}7"
	gives '10.233.0.7 10.233.0.8'
	local pair='ip link add d0 up type veth peer d1; ip link set d1 up; ip addr add'
	gives '10.233.0.9 10.233.0.10' "$pair ${net6}8/128 dev d0"
	gives '10.233.2.1 10.233.2.2' "$pair ${net6}8/120 dev d0"
	gives '10.233.0.7 10.233.0.8' "$pair ${net6}1:8/112 dev d0"
}

@test "a route of the host in the IPv6 pool counts, but no wider one" {
	gives '10.233.0.3 10.233.0.4' "ip route add ${net6}2/128 dev lo"
	gives '10.233.4.1 10.233.4.2' "ip route add unreachable ${net6}/118"
	gives '10.233.0.1 10.233.0.2' "ip route add fd00::/8 dev lo; ip route add default dev lo
		ip route add ${net6}/112 dev lo table 77"
	run -1 on_host "ip route add $net6/64 dev lo"
	assert_output "ctr-conf: no free pair of addresses in $net6/64"
}

@test "both families have the same number, as long as one is free in both" {
	conf a.conf LOCAL_ADDRESS=10.233.0.1/17,10.233.128.1/17
	conf b.conf LOCAL_ADDRESS6="${net6}1/112"
	run -1 on_host :
	pool 10.5.0.0/28 fd00:5::/124
	for low in 1 3 5 7 9 11 13; do
		gives_both "10.5.0.$low 10.5.0.$((low + 1)) $(printf 'fd00:5::%x fd00:5::%x' $low $((low + 1)))"
		conf "n$low.conf" "$output"
	done
	run -1 on_host :
	assert_output 'ctr-conf: no free pair of addresses in 10.5.0.0/28'
	# Free are the first in one, and the last in the other.
	rm conf/n1.conf conf/n13.conf
	conf c.conf LOCAL_ADDRESS=10.5.0.13 LOCAL_ADDRESS6=fd00:5::1
	gives_both '10.5.0.1 10.5.0.2 fd00:5::d fd00:5::e'
}

@test "the pool can be a network of any size, in either order" {
	pool fd00:5::/48 10.5.0.0/16
	gives_both '10.5.0.1 10.5.0.2 fd00:5::1 fd00:5::2'
	pool 10.5.3.0/24
	gives_both "10.5.3.1 10.5.3.2 ${net6}1 ${net6}2"
	pool 10.5.3.128/25 fd00:5::8000/113
	gives_both '10.5.3.129 10.5.3.130 fd00:5::8001 fd00:5::8002'
	conf a.conf LOCAL_ADDRESS=10.5.3.129/26 LOCAL_ADDRESS=10.5.3.193/27 LOCAL_ADDRESS=10.5.3.225/28 \
		LOCAL_ADDRESS=10.5.3.241/29 LOCAL_ADDRESS=10.5.3.249/30
	gives_both '10.5.3.253 10.5.3.254 fd00:5::807d fd00:5::807e'
	conf b.conf LOCAL_ADDRESS=10.5.3.254
	run -1 on_host :
	assert_output 'ctr-conf: no free pair of addresses in 10.5.3.128/25'
	pool 10.5.4.4/30
	gives_both "10.5.4.5 10.5.4.6 ${net6}1 ${net6}2"
	# Neighbours of the network are in no pair of it.
	conf c.conf LOCAL_ADDRESS=10.5.4.4,10.5.4.7,10.5.4.8,10.5.5.5
	gives_both "10.5.4.5 10.5.4.6 ${net6}1 ${net6}2"
	run -1 on_host 'ip route add 10.5.4.4/30 dev lo'
	assert_output 'ctr-conf: no free pair of addresses in 10.5.4.4/30'
	pool fd00:5::8/126
	gives_both '10.233.0.1 10.233.0.2 fd00:5::9 fd00:5::a'
	conf d.conf LOCAL_ADDRESS6=fd00:5::a
	run -1 on_host :
	assert_output 'ctr-conf: no free pair of addresses in fd00:5::8/126'
	pool 10.5.0.0/16
	gives '10.5.0.1 10.5.0.2' 'ip route add 10.0.0.0/8 dev lo'
	pool 10.5.0.0/20
	gives '10.5.8.1 10.5.8.2' 'ip route add 10.5.0.0/21 dev lo'
}

@test "an empty file of the host's, or none, means the default" {
	pool
	gives '10.233.0.1 10.233.0.2'
	printf '# comment\n\n' >host.conf
	gives '10.233.0.1 10.233.0.2'
	rm host.conf
	gives '10.233.0.1 10.233.0.2'
	ln -s /no/such host.conf
	gives '10.233.0.1 10.233.0.2'
}

@test "errors in the host's file are told with their line, and no pair is given" {
	local sizes='(expected an IPv4 network from /16 to /30, or an IPv6 network from /48 to /126 that is not link-local)'
	for word in 10.5.0.0 10.0.0.0/15 10.5.0.0/31 10.5.0.0/016 10.5/16 fd00::/47 fd00::/127 \
		fd00:: fe80::/64 ff00::/64 127.0.0.0/16 224.0.0.0/16 ::/64 x 10.5.0.0/16x; do
		refuses "$word" "invalid network \"$word\" $sizes"
	done
	refuses 10.5.0.1/16 'invalid network "10.5.0.1/16" (expected 10.5.0.0/16)'
	refuses 10.5.0.129/26 'invalid network "10.5.0.129/26" (expected 10.5.0.128/26)'
	refuses fd00::1/64 'invalid network "fd00::1/64" (expected fd00::/64)'
	refuses 'fd00::/64 10.5.0.0/24 10.6.0.0/24' 'two IPv4 networks (expected one at most)'
	refuses 'fd00::/64 fd01::/64' 'two IPv6 networks (expected one at most)'
	refuses "10.5.0.0/24 'fd00" "invalid value \"10.5.0.0/24 'fd00\" (expected networks, with blanks between them)"
	printf '\nADDRESS_POOL=10.5.0.0/24\nADDRESS_POOL=10.6.0.0/24\n' >host.conf
	run -2 on_host :
	assert_output "ctr-conf: $PWD/host.conf:3: ADDRESS_POOL: given twice, first in line 2"
	echo 'POOL=10.5.0.0/24' >host.conf
	run -2 on_host :
	assert_output "ctr-conf: $PWD/host.conf:1: POOL: unknown setting (expected ADDRESS_POOL)"
	echo 'ADDRESS_POOL "10.5.0.0/24"' >host.conf
	run -2 on_host :
	assert_output "ctr-conf: $PWD/host.conf:1: expected KEY=VALUE"
	printf 'ADDRESS_POOL=10.5.0.0/24\n\0\n' >host.conf
	run -2 on_host :
	assert_output "ctr-conf: $PWD/host.conf:2: zero byte"
	rm host.conf
	mkdir host.conf
	run -1 on_host :
	assert_output "ctr-conf: $PWD/host.conf: not a regular file"
	NIXOS_CONTAINER_HOST_CONF=host.conf run -2 ctr-conf address
	assert_output 'ctr-conf: not an absolute path: host.conf (NIXOS_CONTAINER_HOST_CONF)'
	# Addresses of the host do not depend on it.
	run -0 ctr-conf address --of-host
}

# bats test_tags=long
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
