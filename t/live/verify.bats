#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# verify says nothing of what the suite made, and names what others changed since.
load container

setup_file() {
	ip link add hb type bridge
	ip addr add 10.231.99.1/24 dev hb
	ip link set hb up
	# Other tests may have left it on.
	sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
}

teardown_file() { ip link del hb; }

verify() { nixos-container verify "$@"; }

same() { run verify "$@"; assert_output ''; assert_success; }

# differs LINE... - these lines, in this order, about this container
differs() {
	run -1 --separate-stderr verify
	assert_output "$(printf "$name: %s\n" "$@")"
}

# repaired COMMAND... - verify says that this repairs it, and it does
repaired() {
	[[ $stderr == "ctr-verify: to repair: "*"$*"* ]]
	"$@"
	same
}

@test "verify is silent after containers of all kinds of networks start" {
	create --port 8099:80 --nat --auto-start --port 127.0.0.1:8098:80 --port hb:8097:80 \
		--port udp:20000-20100 --port 10.231.99.1:8200-8210:9200-9210
	same "$name"
	also "$name-b"
	nixos-container create "$name-b" --bridge hb --local-address 10.231.99.4/24 \
		--local-address fc00:99::4/64
	also "$name-c"
	nixos-container create "$name-c" --host-users --no-start
	ctr-conf set "$name-c" 'EXTRA_VETHS=v1:host=10.5.5.1,local=10.5.5.2 v2:bridge=hb,local=10.231.99.5/24' \
		MTU=1400 MEMORY_MAX=1G
	nixos-container start "$name-c"
	also "$name-d"
	nixos-container create "$name-d" --set PRIVATE_NETWORK=0
	also "$name-e-name-that-is-long"
	nixos-container create "$name-e-name-that-is-long" --local-address fc00:98::2 --host-address fc00:98::1
	same
	run -0 verify --json --all
	assert_output '[]'
	nft flush ruleset
	until_true 10 nft list table inet nixos-container
	until_true 10 verify
	nixos-container network "$name-b"
	nixos-container restart "$name"
	nixos-container stop "$name-c"
	nixos-container terminate "$name-d"
	same
}

@test "verify names a link that is down, its addresses and routes, and who repairs it" {
	create
	same
	address=$(ctr-conf get "$name" HOST_ADDRESS) inner=$(ctr-conf get "$name" LOCAL_ADDRESS)
	ip addr del "$address/32" dev "c-$name"
	differs "c-$name: address $address is missing" "c-$name: route to $inner is missing"
	repaired nixos-container network "$name"
	# The kernel takes IPv6 addresses away with it.
	ip link set "c-$name" down
	differs "c-$name: is down" "c-$name: address $(ctr-conf get "$name" HOST_ADDRESS6) is missing" \
		"c-$name: route to $inner is missing" \
		"c-$name: route to $(ctr-conf get "$name" LOCAL_ADDRESS6) is missing"
	repaired nixos-container network "$name"
	inside ip route del default
	differs "eth0 in net-$name: default route via $address is missing"
	repaired nixos-container network "$name"
	# What the container gives itself is its own.
	inside ip addr add 10.9.9.9/24 dev eth0
	same
}

@test "verify names a link that left its bridge, and rules that are gone" {
	create --bridge hb --local-address 10.231.99.7/24
	ip link set "c-$name" nomaster
	differs "c-$name: is not on bridge hb"
	repaired nixos-container network "$name"
	nft delete element bridge nixos-container portip4 "{ \"c-$name\" . 10.231.99.7 }"
	differs "rule is not loaded: portip4 \"c-$name\" . 10.231.99.7"
	repaired nixos-container rules
	echo >>"/run/nixos-container/$name.forward"
	differs "/run/nixos-container/$name.forward has other rules than its settings"
	repaired nixos-container network "$name"
}

@test "verify names forwarding that is off" {
	create --port 8099:80
	systemctl stop nixos-container-rules.service
	sysctl -qw net.ipv4.ip_forward=0
	differs 'the host does not forward IPv4: net/ipv4/ip_forward is 0'
	repaired nixos-container rules
	nft delete element inet nixos-container closed '{ ipv4 }'
	differs 'the host forwards IPv4 of others, too: rule is not loaded: closed ipv4'
	repaired nixos-container rules
}

@test "verify names what systemd has not read, and roots that are gone" {
	create
	echo AUTO_START=1 >>"$conf"
	differs 'systemd has not read its settings yet'
	repaired systemctl daemon-reload
	echo MEMORY_MAX=1G >>"$conf"
	differs 'systemd has not read its settings yet'
	repaired systemctl daemon-reload
	rm "$nix_state/gcroots/per-container/$name/current"
	differs "its system is not kept: $nix_state/gcroots/per-container/$name/current is missing"
	repaired nixos-container restart "$name"
	busctl call org.freedesktop.machine1 /org/freedesktop/machine1 \
		org.freedesktop.machine1.Manager UnregisterMachine s "$name"
	differs 'its unit is active, but systemd-machined has no machine of that name'
	repaired nixos-container restart "$name"
}

@test "verify names what a container left that was killed without its unit" {
	create
	nixos-container stop "$name"
	same
	systemd-run -q --unit="of-$name" nixos-container launch "$name"
	until_true 20 nixos-container run "$name" true
	same
	systemctl kill -s KILL "of-$name"
	until_true 10 test ! -e "/run/systemd/machines/$name"
	run -1 --separate-stderr verify "$name"
	assert_line "$name: is stopped, but /run/nixos-container/$name.forward is still there"
	assert_line "$name: is stopped, but /run/netns/net-$name is still there"
	assert_line "$name: is stopped, but $nix_state/gcroots/per-container/$name/booted is still there"
	repaired nixos-container cleanup "$name"
}

@test "verify names all differences, of the containers that are asked for" {
	create
	also "$name-b"
	nixos-container create "$name-b"
	ip link set "c-$name" down
	nft delete element inet nixos-container links "{ \"c-$name-b\" }"
	run -1 --separate-stderr verify "$name-b"
	assert_output "$name-b: rule is not loaded: links \"c-$name-b\""
	run -1 --separate-stderr verify "$name-b" "$name"
	assert_equal "${#lines[@]}" 5
	assert_line "$name: c-$name: is down"
	run -1 verify --json
	assert_equal "$(jq -r '.[0].mend' <<<"$output")" "nixos-container network $name"
	run -2 verify no-such
	run -2 verify --all "$name"
}
