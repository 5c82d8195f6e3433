#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What else a container's network can be made of.
# bats file_tags=suites
load container
load actors

teardown() {
	for n in "${made[@]}"; do nixos-container destroy "$n" 2>/dev/null || :; done
	for link in hx hb; do ip link del "$link" 2>/dev/null || :; done
	ip netns del "ns-$name" 2>/dev/null || :
	rm -rf "/etc/netns/ns-$name"
	if [[ -e $BATS_TEST_TMPDIR/resolv.conf ]]; then cat "$BATS_TEST_TMPDIR/resolv.conf" >/etc/resolv.conf; fi
	devices_off
	networkd_off
}

# devices_on - have units for devices, on a host where neither udev nor a writable
# /sys is: systemd reads the database of udev
devices_on() {
	if systemctl --quiet is-active systemd-udevd.service; then return; fi
	[[ $(stat -f -c %T /sys) == tmpfs && ! -e /run/udev ]] || skip "needs udev, or a /sys of its own"
	mkdir -p /run/udev/data /run/udev/tags/systemd
	mount -o remount,rw /sys
	systemctl daemon-reexec
}

devices_off() {
	[[ -d /run/udev/tags && ! -e /run/udev/control ]] || return 0
	rm -r /run/udev
	mount -o remount,ro /sys
	systemctl daemon-reexec
}

# plug NAME - tell systemd of an interface
plug() {
	local index
	[[ ! -e /run/udev/control ]] || return 0
	index=$(cat "/sys/class/net/$1/ifindex")
	printf '%s\n' I:1 "E:SYSTEMD_ALIAS=/sys/subsystem/net/devices/$1" G:systemd Q:systemd V:1 >"/run/udev/data/n$index"
	touch "/run/udev/tags/systemd/n$index"
	systemctl daemon-reload
}

unplug() {
	[[ ! -e /run/udev/control ]] || return 0
	rm /run/udev/data/n* /run/udev/tags/systemd/n*
	systemctl daemon-reload
}

# waits UNIT - does a job of this unit wait?
waits() { systemctl list-jobs --no-legend | grep -qE " $1 +start +waiting"; }
device_is() { [[ $(systemctl show -p ActiveState --value "$1") == "$2" ]]; }

# links_state - addresses and routes of all links, but for those that the kernel gives
links_state() {
	{
		ip -br addr show up scope global
		ip route
		ip -6 route
	} | sed 's/@if[0-9]*//; /fe80::/d' | sort
}

# writable PATH... - which of these the container may write; nothing is written
writable() {
	# shellcheck disable=SC2016 # for the shell in the container
	inside sh -c 'for f; do (: >>"$f") 2>/dev/null && echo "$f"; done; :' sh "$@"
}
settings=(/proc/sys/net/{ipv4/ip_forward,ipv6/conf/lo/forwarding,core/somaxconn})
machine=(/proc/sys/{kernel/domainname,kernel/core_pattern,vm/swappiness,fs/file-max}
	/proc/sysrq-trigger /sys/kernel/uevent_seqnum /sys/class/net/lo/ifalias)

@test "INTERFACES are moved in, and come back at stop" {
	ip link add hx type veth peer name inx
	create --no-start
	echo 'INTERFACES="inx"' >"$conf"
	nixos-container start "$name"
	run -0 inside ls /sys/class/net
	assert_line inx
	refute_line eth0
	run ! ip link show inx
	nixos-container stop "$name"
	until_true 5 ip link show inx
	nixos-container start "$name"
	run ! ip link show inx
	kill -9 "$(nspawn_of "$name")"
	nixos-container stop "$name"
	until_true 5 ip link show inx
}

@test "a container waits for INTERFACES and MACVLANS, and outlives their devices" {
	create --no-start
	devices_on
	device='sys-subsystem-net-devices-in\x2dx.device'
	for setting in INTERFACES=in-x MACVLANS=in-x:mv:bridge; do
		echo "$setting" >"$conf"
		nixos-container start "$name" 3>&- &
		until_true 10 waits "container@$name.service"
		ip link add hx type veth peer name in-x
		plug in-x
		wait $!
		# The first device has moved into the container.
		[[ $setting == INTERFACES* ]] || ip link del hx
		unplug
		until_true 10 device_is "$device" inactive
		inside true
		nixos-container stop "$name"
		ip link del hx 2>/dev/null || :
	done
}

@test "a container whose device never comes fails once, with a reason" {
	create --no-start
	devices_on
	echo INTERFACES=in-x >"$conf"
	unit='sys-subsystem-net-devices-in\x2dx.device'
	mkdir -p "/run/systemd/system/$unit.d"
	printf '%s\n' '[Unit]' JobRunningTimeoutSec=500ms >"/run/systemd/system/$unit.d/test.conf"
	systemctl daemon-reload
	run -1 nixos-container start "$name"
	rm -r "/run/systemd/system/$unit.d"
	assert_output --partial "$conf:1: INTERFACES: the host has no interface in-x"
	run -0 systemctl show -p ActiveState,NRestarts,ExecMainStatus "container@$name.service"
	assert_line ActiveState=failed
	assert_line NRestarts=0
	assert_line ExecMainStatus=2
	ip link add hx type veth peer name in-x
	plug in-x
	nixos-container start "$name"
}

@test "an interface comes back as it went, and hinders no other container" {
	ip link add hx type veth peer name inx
	ip link set inx mtu 1400 address 02:00:00:00:00:50 group 7 alias mine
	ip link property add dev inx altname inx-long
	before=$(ip -d -j link show inx | jq -c '.[0] | [.address, .mtu, .group, .ifalias, .altnames, .txqlen, .flags, .gso_max_size, .gso_max_segs]')
	create --no-start
	for users in no pick; do
		printf '%s\n' PRIVATE_NETWORK=1 INTERFACES=inx "PRIVATE_USERS=$users" >"$conf"
		nixos-container start "$name"
		ip -n "net-$name" link set inx down
		ip -n "net-$name" link property del dev inx altname inx-long
		ip -n "net-$name" link property add dev inx altname "c-$name-v"
		ip -n "net-$name" link set inx address 02:00:00:00:66:66 mtu 900 group 10231 alias x promisc on txqueuelen 5 gso_max_size 4000 gso_max_segs 3
		ip -n "net-$name" link set inx name other
		kill -9 "$(nspawn_of "$name")"
		nixos-container stop "$name"
		until_true 5 ip link show inx
		assert_equal "$(ip -d -j link show inx | jq -c '.[0] | [.address, .mtu, .group, .ifalias, .altnames, .txqlen, .flags, .gso_max_size, .gso_max_segs]')" "$before"
	done
	also "$name-v"
	nixos-container create "$name-v"
	nixos-container destroy "$name-v"
}

@test "an interface that was kept down for a reason comes back without" {
	ip link add hx type veth peer name under
	ip link set under up
	ip link add mv0 link under type macvlan
	ip link set mv0 up
	create --no-start
	printf '%s\n' PRIVATE_NETWORK=1 INTERFACES=mv0 PRIVATE_USERS=pick >"$conf"
	nixos-container start "$name"
	ip -n "net-$name" link set mv0 protodown on
	ip -n "net-$name" link set mv0 protodown_reason 3 on
	run -0 nixos-container stop "$name"
	assert_output ''
	run -0 ip -d -o link show mv0
	refute_output --partial protodown
	assert_output --partial ',UP'
	is_down "$name"
	ip link del mv0
	ip link del hx
}

@test "MACVLANS are made on top of an interface of the host" {
	ip link add hx type veth peer name inx
	ip link set hx up
	create --no-start
	echo 'MACVLANS="hx"' >>"$conf"
	nixos-container start "$name"
	run -0 inside ls /sys/class/net
	assert_line mv-hx
	assert_line eth0
	nixos-container stop "$name"
	ip link show hx
}

@test "a container rules the settings of its own network, and no others" {
	ip link add hx type veth peer name inx
	ip link set hx up
	ip netns add "ns-$name"
	create --no-start
	before=$(cat /proc/sys/net/ipv4/ip_forward)
	for own in PRIVATE_NETWORK=1 MACVLANS=hx INTERFACES=inx \
		{PRIVATE_NETWORK=1,MACVLANS=hx,INTERFACES=inx}'\nPRIVATE_USERS=pick'; do
		printf '%b\n' "$own" >"$conf"
		nixos-container start "$name"
		run -0 writable "${settings[@]}" "${machine[@]}"
		assert_output "$(printf '%s\n' "${settings[@]}")"
		run -0 inside sysctl -w net.ipv4.ip_forward=1
		run -0 inside ip link show lo
		assert_output --partial LOOPBACK,UP
		nixos-container stop "$name"
	done
	assert_equal "$(cat /proc/sys/net/ipv4/ip_forward)" "$before"
	# That of the host, or of somebody else, is not the container's to rule.
	for none in PRIVATE_NETWORK=0 "NETWORK_NAMESPACE_PATH=/run/netns/ns-$name"; do
		printf '%s\n' "$none" >"$conf"
		nixos-container start "$name"
		run -0 writable "${settings[@]}" "${machine[@]}"
		assert_output ''
		nixos-container stop "$name"
	done
}

@test "a container in a container has a network" {
	create --no-start
	echo BIND_RO=/usr/local >>"$conf"
	for users in no pick; do
		sed -i '/^PRIVATE_USERS/d' "$conf"
		echo "PRIVATE_USERS=$users" >>"$conf"
		nixos-container start "$name"
		inside /usr/local/bin/mkveth add -H 10.231.160.1 -L 10.231.160.2 \
			-H fc00:160::1 -L fc00:160::2 --macvlan eth0 within
		inside ping -c 1 -W 2 10.231.160.2
		inside /usr/local/bin/run-in-netns net-within ping -c 1 -W 2 10.231.160.1
		inside /usr/local/bin/mkveth del within
		nixos-container stop "$name"
	done
}

# knows ADDRESS MAC - does the machine behind the bridge take it for that one's?
knows() { ip -n "ns-$name" neigh show "$1" | grep -qwF "$2"; }

@test "a container on a bridge keeps its MAC address, and is announced at each start" {
	ip link add hb up type bridge
	ip netns add "ns-$name"
	ip link add hx up type veth peer name eth0 netns "ns-$name"
	ip link set hx master hb
	ip -n "ns-$name" addr add 10.231.150.1/24 dev eth0
	ip -n "ns-$name" addr add fc00:150::1/64 dev eth0 nodad
	ip -n "ns-$name" link set eth0 up
	create --no-start --bridge hb --local-address 10.231.150.9/24 \
		--local-address fc00:150::9/64
	mac=$(sed -n 's/^LOCAL_MAC_ADDRESS=//p' "$conf")
	for users in no pick; do
		sed -i '/^PRIVATE_USERS/d' "$conf"
		echo "PRIVATE_USERS=$users" >>"$conf"
		for address in 10.231.150.9 fc00:150::9; do
			ip -n "ns-$name" neigh replace "$address" \
				lladdr 02:00:00:00:00:99 dev eth0 nud reachable
		done
		nixos-container start "$name"
		until_true 2 knows 10.231.150.9 "$mac"
		until_true 2 knows fc00:150::9 "$mac"
		ip netns exec "ns-$name" ping -c 1 -W 2 10.231.150.9
		ip netns exec "ns-$name" ping -c 1 -W 2 fc00:150::9
		run -0 inside cat /sys/class/net/eth0/address
		assert_output "$mac"
		nixos-container stop "$name"
	done
	# Without the setting, too.
	sed -i '/^LOCAL_MAC/d' "$conf"
	nixos-container start "$name"
	mac=$(inside cat /sys/class/net/eth0/address)
	nixos-container restart "$name"
	run -0 inside cat /sys/class/net/eth0/address
	assert_output "$mac"
}

@test "EXTRA_VETHS make further pairs, with addresses or on a bridge" {
	ip link add hb type bridge
	ip addr add 10.231.150.1/24 dev hb
	ip link set hb up
	create --no-start
	echo 'EXTRA_VETHS="v1:bridge=hb,local=10.231.150.9/24 v2:host=10.231.151.1,local=10.231.151.2"' >>"$conf"
	nixos-container start "$name"
	ping -c 1 -W 2 10.231.150.9
	ping -c 1 -W 2 10.231.151.2
	run -0 inside ls /sys/class/net
	assert_line v1
	assert_line v2
	nixos-container stop "$name"
	run ! ip link show v1
	run ! ip link show v2
}

@test "a namespace that exists can be used, and outlives the container" {
	ip netns add "ns-$name"
	create --no-start
	printf 'NETWORK_NAMESPACE_PATH=%s\n' "/run/netns/ns-$name" >"$conf"
	ip -n "ns-$name" link add of-mine type bridge
	nixos-container start "$name"
	run -0 inside ls /sys/class/net
	assert_line of-mine
	nixos-container stop "$name"
	ip -n "ns-$name" link show of-mine
	ip netns del "ns-$name"
}

# servers TEXT - does the container's resolv.conf have this text?
servers() { inside cat /etc/resolv.conf | grep -qF "$1"; }

@test "a namespace with name servers of its own gives these to its container" {
	ip netns add "ns-$name"
	mkdir -p "/etc/netns/ns-$name"
	cp /etc/resolv.conf "$BATS_TEST_TMPDIR/resolv.conf"
	printf 'nameserver %s\n' 192.0.2.1 127.0.0.53 >/etc/resolv.conf
	printf 'nameserver %s\n' 127.0.0.7 198.51.100.1 >"/etc/netns/ns-$name/resolv.conf"
	create --no-start
	echo "NETWORK_NAMESPACE_PATH=/run/netns/ns-$name" >"$conf"
	nixos-container start "$name"
	run -0 inside grep nameserver /etc/resolv.conf
	assert_output $'nameserver 127.0.0.7\nnameserver 198.51.100.1'
	# They are followed while it runs.
	echo 'nameserver 198.51.100.2' >"/etc/netns/ns-$name/resolv.conf"
	until_true 10 servers 198.51.100.2
	# Without a file, the host's, but not those on a loopback that is not its own.
	rm "/etc/netns/ns-$name/resolv.conf"
	nixos-container resolv
	run -0 inside grep nameserver /etc/resolv.conf
	assert_output 'nameserver 192.0.2.1'
	nixos-container stop "$name"
	run -0 systemctl list-units --all --no-legend 'nixos-container-resolv@*.path'
	assert_output ''
}

@test "a long name has its link by an altname, and two long ones do not collide" {
	long=$(printf 'a%.0s' {1..60})
	for n in "${long}x" "${long}y"; do
		nixos-container create "$n" --no-start
		nixos-container start "$n"
		ip link show "c-$n"
		ping -c 1 -W 2 "$(nixos-container show-ip "$n")"
	done
	for n in "${long}x" "${long}y"; do
		nixos-container destroy "$n"
		run ! ip link show "c-$n"
	done
}

@test "systemd-networkd leaves the links of containers alone" {
	long=$name-$(printf 'a%.0s' {1..40})
	also "$long"
	networkd_on
	create --no-start --host-address fc00:170::1 --local-address fc00:170::2
	sed -i '/^EXTRA_VETHS/d; /^LOCAL_MAC/d' "$conf"
	echo EXTRA_VETHS="hx:host=10.231.171.1,local=10.231.171.2" >>"$conf"
	nixos-container create "$long" --no-start
	before=''
	for step in 'start systemd-networkd.service' "start container@$long.service" \
		"start container@$name.service" 'restart systemd-networkd.service' \
		"restart container@$name.service"; do
		# shellcheck disable=SC2086 # two words
		systemctl $step
		until_true 10 networkd_says lo configured
		for link in $(ip -br link show type veth | cut -d@ -f1); do
			until_true 10 networkd_says "$link" unmanaged
		done
		[[ $step != restart* ]] || assert_equal "$(links_state)" "$before"
		before=$(links_state)
	done
	ping -c 1 -W 2 fc00:170::2
	ping -c 1 -W 2 10.231.171.2
	ping -c 1 -W 2 "$(nixos-container show-ip "$long")"
	run -0 links_state
	assert_output --partial 'fc00:170::2 dev c-'
}

@test "a link of another's that has the name is not touched" {
	create --no-start
	ip link add "c-$name" type bridge
	run nixos-container start "$name"
	assert_failure
	ip link show "c-$name"
	ip link del "c-$name"
}

@test "network does not take a namespace that lost its name for a new one" {
	create
	umount "/run/netns/net-$name"
	rm "/run/netns/net-$name"
	link=$(ip -j link show "c-$name" | jq -c '.[0] | [.ifindex, .link_index, .flags]')
	run -1 nixos-container network "$name"
	assert_output "nixos-container: $name: its network namespace has lost its name, /run/netns/net-$name; to repair that: nixos-container restart $name"
	assert_equal "$(ip -j link show "c-$name" | jq -c '.[0] | [.ifindex, .link_index, .flags]')" "$link"
	run -1 --separate-stderr nixos-container verify "$name"
	assert_output "$name: /run/netns/net-$name is missing"
	nixos-container restart "$name"
	run -0 nixos-container verify "$name"
	assert_output ''
}

@test "network --all repairs what others changed, of all that run" {
	create --port 8196:80
	for n in b c d; do also "$name-$n"; done
	nixos-container create "$name-b"
	nixos-container create "$name-c" --no-start
	nixos-container create "$name-d" --set PRIVATE_NETWORK=0
	systemctl stop nixos-container-rules.service
	nft flush ruleset
	ip link set "c-$name" down
	ip addr flush dev "c-$name-b"
	run -1 nixos-container verify
	run -0 nixos-container network --all
	assert_output ''
	run -0 nixos-container verify
	assert_output ''
	ip link set "c-$name" down
	ip link set "c-$name-b" down
	run -0 nixos-container network "$name" "$name-b"
	run -0 nixos-container verify
	# One that cannot be repaired does not keep the others from it.
	ip link set "c-$name" down
	run -1 nixos-container network "$name-d" "$name"
	assert_output "nixos-container: $name-d: has no network of its own to repair ($confs/$name-d.conf does not set PRIVATE_NETWORK=1)"
	run -0 nixos-container verify
	run -2 nixos-container network
	run -2 nixos-container network --all "$name"
}

@test "--use-host-network gives a container the network of the host" {
	run -2 nixos-container create "$name" --use-host-network --local-address 10.231.190.2
	assert_output --partial PRIVATE_NETWORK
	nothing_left "$name"
	create --use-host-network
	grep -x PRIVATE_NETWORK=0 "$conf"
	assert_equal "$(inside readlink /proc/1/ns/net)" "$(readlink /proc/self/ns/net)"
	run -1 nixos-container show-ip "$name"
	assert_output "nixos-container: $name: uses the network of the host, so it has no address of its own"
	run ! ip link show "c-$name"
	run -0 nixos-container stop --signal TERM "$name"
	is_down "$name"
}
