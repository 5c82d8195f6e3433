#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A container speaks to nobody as somebody else.
load container
frame=/usr/local/lib/nixos-container-test/frame

setup_file() {
	ip netns add lan
	ip link add hb up type bridge
	ip addr add 10.231.150.1/24 dev hb
	ip addr add fc00:150::1/64 dev hb nodad
	ip link add hx up type veth peer name eth0 netns lan
	ip link set hx master hb
	ip -n lan addr add 10.231.150.7/24 dev eth0
	ip -n lan addr add fc00:150::7/64 dev eth0 nodad
	ip -n lan link set eth0 up
	ip -n lan link set lo up
	# Else the kernel checks some of the sources by itself.
	sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
}

teardown_file() {
	ip netns del lan
	ip link del hb
}

teardown() {
	kill "${helpers[@]}" 2>/dev/null || :
	helpers=()
	for n in "${made[@]}"; do nixos-container destroy "$n" 2>/dev/null || :; done
}
helpers=()

mac_of() { cat "/sys/class/net/$1/address"; }

# users USERS - the container starts with those
users() {
	nixos-container stop "$name"
	sed -i '/^PRIVATE_USERS/d' "$conf"
	echo "PRIVATE_USERS=$1" >>"$conf"
	nixos-container start "$name"
}

# bad LABEL LAYER... - a frame from the container to $to that nobody must get
bad() {
	inside "$frame" eth0 eth "${to:-$host_mac}" "${from:-$mac}" "${@:2}" tail "bad-$1"
	sent=$((sent + 1))
}

# collect FILE COMMAND... - what arrives at port 9000 there
collect() {
	: >"$1"
	"${@:2}" socat -u UDP6-RECV:9000,ipv6only=0 "OPEN:$1,append" 3>&- &
	helpers+=($!)
}

# routed_attacks - to the host, by source addresses
routed_attacks() {
	local source
	for source in "$b" 192.0.2.2 10.233.0.1 "$host" 127.0.0.1 224.0.0.1 \
		0.0.0.0 255.255.255.255 169.254.1.1; do
		bad "v4-$source" ip4 "$source" "$host" udp 9000 "bad-v4-$source"
		bad "v4-b-$source" ip4 "$source" "$b" udp 9000 "bad-v4-b-$source"
	done
	bad v4-loop ip4 "$a" 127.0.0.1 udp 9000 bad-v4-loop
	for source in "$b6" 2001:db8::2 "$host6" ::1 :: ff02::1 fc00:150::1; do
		bad "v6-$source" ip6 "$source" "$host6" udp 9000 "bad-v6-$source"
		bad "v6-o-$source" ip6 "$source" "$host6" options udp 9000 "bad-v6-o-$source"
		bad "v6-f-$source" ip6 "$source" "$host6" fragment udp 9000 "bad-v6-f-$source"
		bad "v6-b-$source" ip6 "$source" "$b6" udp 9000 "bad-v6-b-$source"
	done
	bad mapped mapped "$b" 10.233.0.1 udp 9000 bad-mapped
	bad mapped-own mapped "$a" "$host" udp 9000 bad-mapped-own
	bad tag-0 vlan 0x8100 0 ip4 "$b" "$host" udp 9000 bad-tag-0
	bad tag-ad vlan 0x88a8 0 ip4 "$b" "$host" udp 9000 bad-tag-ad
	bad tag-6 vlan 0x8100 0 ip6 "$b6" "$host6" udp 9000 bad-tag-6
	for to in ff:ff:ff:ff:ff:ff 01:00:5e:00:00:01 01:80:c2:00:00:0{0,2,e}; do
		bad "to-$to" ip4 "$b" "$host" udp 9000 "bad-to-$to"
	done
	to=''
	# As somebody else by ARP and neighbour discovery.
	bad arp arp 2 "$mac" "$b" "$host_mac" "$host"
	bad arp-all arp 1 "$mac" "$b" 00:00:00:00:00:00 "$b"
	bad na ip6 "$b6" ff02::1 na "$b6" "$mac"
	bad na-own ip6 "$a6" "$host6" na "$b6" "$mac"
}

@test "a routed container sends by no address but its own" {
	create --no-start
	also "$name-b"
	nixos-container create "$name-b" --no-start
	ctr-conf set "$name" HOST_ADDRESS6=fc00:151::1 LOCAL_ADDRESS6=fc00:151::2 BIND_RO=/usr/local
	ctr-conf set "$name-b" HOST_ADDRESS6=fc00:152::1 LOCAL_ADDRESS6=fc00:152::2
	nixos-container start "$name-b"
	a=$(nixos-container show-ip "$name") b=$(nixos-container show-ip "$name-b")
	host=$(ctr-conf get "$name" HOST_ADDRESS)
	a6=fc00:151::2 b6=fc00:152::2 host6=fc00:151::1
	# Even if the host forwards.
	sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	sent=0
	got=$BATS_TEST_TMPDIR/got
	collect "$got"
	collect "$got.b" ip netns exec "net-$name-b"
	for users in no pick; do
		users "$users"
		host_mac=$(mac_of "c-$name") mac=$(inside cat /sys/class/net/eth0/address)
		routed_attacks
		bad good ip4 "$a" "$host" udp 9000 "good-$users-4"
		bad good ip4 "$a" "$b" udp 9000 "good-$users-b4"
		bad good ip6 "$a6" "$host6" options udp 9000 "good-$users-6"
		bad good ip6 "$a6" "$b6" udp 9000 "good-$users-b6"
		until_true 3 grep -q "good-$users-6" "$got"
		until_true 3 grep -q "good-$users-b6" "$got.b"
		ping -c 1 -W 2 "$a"
		ping -c 1 -W 2 "$a6"
		inside ping -c 1 -W 2 "$b"
		inside ping -c 1 -W 2 "$b6"
		inside ping -c 1 -W 2 "fe80::$(ip -6 addr show dev "c-$name" | sed -n 's/.*inet6 fe80::\(.*\)\/64.*/\1/p')%eth0"
		run -0 ip neigh show "$b"
		refute_output --partial "$mac"
		run -0 ip neigh show "$b6"
		refute_output --partial "$mac"
		# Nor does a machine of the LAN send by the container's address.
		for to in "$host" "$b"; do
			ip netns exec lan "$frame" eth0 eth "$(mac_of hb)" \
				"$(ip netns exec lan cat /sys/class/net/eth0/address)" \
				ip4 "$a" "$to" udp 9000 bad-lan
		done
		ip netns exec lan "$frame" eth0 eth "$(mac_of hb)" \
			"$(ip netns exec lan cat /sys/class/net/eth0/address)" \
			ip6 "$a6" "$host6" udp 9000 bad-lan-6
		to=''
		# A network that the host routes there.
		ip route add 10.231.153.0/24 via "$a" dev "c-$name"
		bad good ip4 10.231.153.7 "$host" udp 9000 "good-$users-net"
		until_true 3 grep -q "good-$users-net" "$got"
	done
	kill "${helpers[@]}"
	sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
	run -0 cat "$got" "$got.b"
	refute_output --partial bad
	echo "# $sent frames" >&3
}

# watched COMMAND... - none of the frames that it sends arrives on the LAN, at the
# host or at the other container
watched() {
	local out=$BATS_TEST_TMPDIR/watch
	rm -f "$out".*
	ip netns exec lan "$frame" eth0 wait bad 60000 >"$out.lan" 3>&- &
	helpers+=($!)
	"$frame" hb wait bad 60000 >"$out.host" 3>&- &
	helpers+=($!)
	ip netns exec "net-$name-b" "$frame" eth0 wait bad 60000 >"$out.b" 3>&- &
	helpers+=($!)
	ip netns exec lan "$frame" eth0 wait last 60000 >"$out.last" 3>&- &
	helpers+=($!)
	sleep 0.2
	"$@"
	inside "$frame" eth0 eth "$lan_mac" "$mac" ip4 "$own" 10.231.150.7 udp 9000 last
	until_true 5 grep -q last "$out.last"
	kill "${helpers[@]}" 2>/dev/null || :
	run cat "$out.lan" "$out.host" "$out.b"
	assert_output ''
}

mac_attacks() {
	local from to
	for from in "$b_mac" "$lan_mac" "$hb_mac" 02:00:00:00:00:42; do
		for to in ff:ff:ff:ff:ff:ff "$lan_mac" "$hb_mac" 01:80:c2:00:00:0{0,2,3,e}; do
			bad "mac-$from-$to" ip4 "$own" 10.231.150.7 udp 9000 bad
			bad "mac-vlan-$from-$to" vlan 0x8100 5 ip4 "$own" 10.231.150.7 udp 9000 bad
			bad "mac-type-$from-$to" type 0x88b5 bad-type
		done
	done
	from=''
	for to in ff:ff:ff:ff:ff:ff "$lan_mac" "$hb_mac"; do
		bad arp-mac arp 2 "$b_mac" 10.231.150.8 "$lan_mac" 10.231.150.7
		bad arp-mac-own arp 2 "$b_mac" 10.231.150.9 "$lan_mac" 10.231.150.7
	done
}

address_attacks() {
	local source to
	for to in ff:ff:ff:ff:ff:ff "$lan_mac" "$hb_mac" "$b_mac" 01:80:c2:00:00:0{0,2,3,e}; do
		for source in 10.231.150.8 10.231.150.7 10.231.150.1 127.0.0.1 224.0.0.1; do
			bad "v4-$source-$to" ip4 "$source" 10.231.150.7 udp 9000 bad
			bad "tag-$source-$to" vlan 0x8100 0 ip4 "$source" 10.231.150.7 udp 9000 bad
			bad "arp2-$source-$to" arp 2 "$mac" "$source" "$lan_mac" 10.231.150.7
			bad "arp1-$source-$to" arp 1 "$mac" "$source" 00:00:00:00:00:00 "$source"
		done
		bad "ad-$to" vlan 0x88a8 0 ip4 10.231.150.8 10.231.150.7 udp 9000 bad
		bad "two-$to" vlan 0x8100 0 vlan 0x8100 0 ip4 10.231.150.8 10.231.150.7 udp 9000 bad
		bad "arp-tag-$to" vlan 0x8100 0 arp 2 "$mac" 10.231.150.8 "$lan_mac" 10.231.150.7
		bad "type-$to" type 0x8847 bad-mpls
		bad "type-$to" type 0x8864 bad-pppoe
		bad "type-$to" type 0x8035 bad-rarp
	done
	for source in fc00:150::8 fc00:150::7 fc00:150::1 fe80::1 "$lan_local" ::1 ff02::1; do
		bad "v6-$source" ip6 "$source" fc00:150::7 udp 9000 bad
		bad "v6o-$source" ip6 "$source" fc00:150::7 options udp 9000 bad
		bad "v6f-$source" ip6 "$source" fc00:150::7 fragment udp 9000 bad
		bad "v6t-$source" vlan 0x8100 0 ip6 "$source" fc00:150::7 udp 9000 bad
		bad "na-$source" ip6 "$source" ff02::1 na "$source" "$mac"
		bad "na-own-$source" ip6 fc00:150::9 ff02::1 na "$source" "$mac"
		bad "na-o-$source" ip6 fc00:150::9 ff02::1 options na "$source" "$mac"
		bad "na-none-$source" ip6 :: ff02::1 na "$source" "$mac"
		bad "ns-$source" ip6 "$source" ff02::1:ff00:7 ns fc00:150::7 "$mac"
	done
	bad mapped mapped 10.231.150.8 10.231.150.7 udp 9000 bad
	bad ra ip6 "$own_local" ff02::1 ra fc00:666:: "$mac"
	bad ra-o ip6 "$own_local" ff02::1 options ra fc00:666:: "$mac"
}

@test "a container on a bridge sends by no address but its own" {
	create --no-start --bridge hb --local-address 10.231.150.9/24 \
		--local-address fc00:150::9/64
	also "$name-b"
	nixos-container create "$name-b" --bridge hb --local-address 10.231.150.8/24 \
		--local-address fc00:150::8/64
	echo BIND_RO=/usr/local >>"$conf"
	own=10.231.150.9 sent=0
	lan_mac=$(ip netns exec lan cat /sys/class/net/eth0/address)
	lan_local=$(ip -n lan -6 addr show dev eth0 | sed -n 's/.*inet6 \(fe80.*\)\/64.*/\1/p')
	hb_mac=$(mac_of hb) host_mac=$(mac_of hb)
	b_mac=$(nixos-container run "$name-b" cat /sys/class/net/eth0/address)
	for users in no pick; do
		users "$users"
		mac=$(inside cat /sys/class/net/eth0/address)
		own_local=$(inside ip -6 addr show dev eth0 | sed -n 's/.*inet6 \(fe80.*\)\/64.*/\1/p')
		for address in 10.231.150.8 fc00:150::8; do
			ip netns exec lan ping -c 1 -W 2 "$address"
		done
		watched mac_attacks
		watched address_attacks
		# A MAC address of others, set as root of the container can.
		inside ip link set eth0 address "$b_mac"
		run ! inside ping -c 1 -W 1 10.231.150.7
		inside ip link set eth0 address "$mac"
		run -0 bridge fdb show br hb
		refute_output --regexp "($b_mac|$lan_mac|02:00:00:00:00:42) dev c-$name "
		for address in 10.231.150.8 fc00:150::8; do
			run -0 ip -n lan neigh show "$address"
			assert_output --partial "$b_mac"
		done
		# What is its own passes, both ways.
		for address in 10.231.150.9 fc00:150::9; do
			ip netns exec lan ip neigh flush all
			ip netns exec lan ping -c 1 -W 2 "$address"
			ping -c 1 -W 2 "$address"
		done
		for address in 10.231.150.{1,7,8} fc00:150::{1,7,8} "$lan_local%eth0"; do
			inside ip neigh flush dev eth0
			inside ping -c 1 -W 2 "$address"
		done
	done
	echo "# $sent frames" >&3
}

@test "without addresses in the settings, a link on a bridge has its MAC address only" {
	create --no-start
	printf '%s\n' PRIVATE_NETWORK=1 HOST_BRIDGE=hb BIND_RO=/usr/local \
		'EXTRA_VETHS="v1:bridge=hb,local=10.231.150.5/24 v2:host=10.231.155.1,local=10.231.155.2"' >"$conf"
	nixos-container start "$name"
	mac=$(inside cat /sys/class/net/eth0/address) host_mac=$(mac_of hb) sent=0
	inside ip addr add 10.231.150.55/24 dev eth0
	inside ping -c 1 -W 2 -I eth0 10.231.150.7
	# Whatever tags it has, ARP is of its own MAC address.
	for tags in '' 'vlan 0x8100 0' 'vlan 0x88a8 0' 'vlan 0x8100 7' 'vlan 0x88a8 7' \
		'vlan 0x8100 7 vlan 0x8100 0' 'vlan 0x88a8 7 vlan 0x8100 7'; do
		# shellcheck disable=SC2086 # words
		inside "$frame" eth0 eth ff:ff:ff:ff:ff:ff "$mac" $tags \
			arp 2 02:de:ad:be:ef:01 10.231.150.66 "$host_mac" 10.231.150.1 tail bad-arp
	done &
	run -1 "$frame" hb wait bad-arp 2000
	wait
	inside "$frame" eth0 eth ff:ff:ff:ff:ff:ff "$mac" vlan 0x8100 7 \
		arp 2 "$mac" 10.231.150.66 "$host_mac" 10.231.150.1 tail good-arp &
	run -0 "$frame" hb wait good-arp 5000
	wait
	# The further pairs are checked as the first one is.
	for line in eth0 v1; do
		from=$(inside cat "/sys/class/net/$line/address")
		inside "$frame" "$line" eth "$host_mac" 02:00:00:00:00:42 ip4 10.231.150.5 10.231.150.1 udp 9000 bad-mac
		[[ $line = eth0 ]] || inside "$frame" v1 eth "$host_mac" "$from" ip4 10.231.150.7 10.231.150.1 udp 9000 bad-ip
	done &
	run -1 "$frame" hb wait bad 2000
	wait
	collect "$BATS_TEST_TMPDIR/got"
	from=$(inside cat /sys/class/net/v2/address) to=$(mac_of v2)
	until_true 3 sh -c 'ss -lun | grep -q :9000'
	inside "$frame" v2 eth "$to" "$from" ip4 10.231.150.7 10.231.155.1 udp 9000 bad-v2
	inside "$frame" v2 eth "$to" "$from" ip4 10.231.155.2 10.231.155.1 udp 9000 good-v2
	until_true 3 grep -q good-v2 "$BATS_TEST_TMPDIR/got"
	run -0 cat "$BATS_TEST_TMPDIR/got"
	assert_output good-v2
}

@test "without nft a container starts, and says that it is not checked; with ports it does not" {
	mount --bind /dev/null "$(command -v nft)"
	run -0 create
	assert_equal "$(journalctl -o cat --since -60 -u "container@$name" | grep -c "$name: the source addresses of its packets are not checked, nor who connects to it: nft is missing")" 1
	run -0 nixos-container stop "$name"
	assert_output ''
	# A port of loopback alone needs no nft.
	echo HOST_PORT=127.0.0.1:8170:80 >>"$conf"
	nixos-container start "$name"
	until_true 10 systemctl is-active --quiet "container-port-$name-tcp-127.0.0.1-8170.socket"
	nixos-container stop "$name"
	run ! systemctl is-active --quiet "container-port-$name-tcp-127.0.0.1-8170.socket"
	assert_not_exists "/run/nixos-container/$name.forward"
	sed -i s/^HOST_PORT=.*/HOST_PORT=8171:80/ "$conf"
	run ! nixos-container start "$name"
	umount /dev/null 2>/dev/null || umount "$(type -P nft || echo /usr/sbin/nft)"
	run -0 nixos-container start "$name"
}

@test "a container keeps its checks while network repairs it" {
	create
	before=$(nft list set inet nixos-container links)
	assert_regex "$before" "c-$name"
	nixos-container network "$name"
	assert_equal "$(nft list set inet nixos-container links)" "$before"
	nft delete table inet nixos-container
	nixos-container network "$name"
	assert_equal "$(nft list set inet nixos-container links)" "$before"
}
