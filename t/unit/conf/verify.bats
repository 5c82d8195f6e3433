#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# ctr-verify, in a world of its own: a container "runs" if it has the record of
# systemd-machined.  t/live/verify.bats has real ones.
load ../../lib/env
load ../../lib/world

setup() {
	make_world
	export NIXOS_CONTAINER_CONF_DIR=$BATS_TEST_TMPDIR/conf
	export NIXOS_CONTAINER_RUN_DIR=$BATS_TEST_TMPDIR/run
	export NIXOS_CONTAINER_STATE_DIR=$BATS_TEST_TMPDIR/trees
	export NIX_STATE_DIR=$BATS_TEST_TMPDIR/nix
	mkdir "$BATS_TEST_TMPDIR"/{conf,run,trees,nix,machines}
	cd "$BATS_TEST_TMPDIR"
}

teardown() { drop_world; }

verify() { in_world ctr-verify --machines "$BATS_TEST_TMPDIR/machines" "$@"; }

# container NAME [KEY=VALUE]... - a container that runs
container() {
	printf '%s\n' "${@:2}" >"conf/$1.conf"
	printf 'LEADER=%s\n' $$ >"machines/$1"
}

# loaded NAME - what its settings ask for is there
loaded() {
	ctr-conf args --network "$1" -- nsenter -t "$WORLD_PID" -m -n mkveth add {} -- "$1"
	ctr-conf rules "$1" >"run/$1.forward"
	in_world nft -f - < <(cat "$TOP"/share/nft/{sets,bridge-sets} && ctr-conf rules --load "run/$1.forward")
}

# all - settings with each kind of rule
all=(PRIVATE_NETWORK=1 HOST_ADDRESS=10.5.0.1 LOCAL_ADDRESS=10.5.0.2
	HOST_ADDRESS6=fc00:5::1 LOCAL_ADDRESS6=fc00:5::2
	'HOST_PORT="tcp:8080:80,udp:53,192.0.2.1:81:80,[fc00::9]:82:80,e-t-h0:83:80,udp:2000-2010,192.0.2.1:3000-3010,udp:[fc00::9]:4000-4010,e-t-h0:5000-5010,6000-6002:7000-7002"' NAT=1
	'EXTRA_VETHS="v1:bridge=br0,local=10.6.0.2/24,local=fc00:6::2/64"')

forward() {
	in_world bash -c 'echo 1 >/proc/sys/net/ipv4/ip_forward
		echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
}

@test "verify is silent if all that the settings ask for is there" {
	run -0 verify
	assert_output ''
	in_world ip link add br0 type bridge
	container web "${all[@]}"
	loaded web
	forward
	run -0 verify
	assert_output ''
	run -0 verify --json web
	assert_output '[]'
	run -0 verify --all
	assert_output ''
}

@test "verify names each rule that is not loaded" {
	in_world ip link add br0 type bridge
	container web "${all[@]}"
	loaded web
	forward
	local rules=0 set element table
	while read -r set element; do
		[[ $set != @(claim|local|address) ]] || continue
		table=inet
		[[ $set != port* ]] || table=bridge
		in_world nft "delete element $table nixos-container $set { $element }"
		run -1 --separate-stderr verify
		assert_output "web: rule is not loaded: $set $element"
		assert_equal "$stderr" 'ctr-verify: to repair: nixos-container rules'
		in_world nft "add element $table nixos-container $set { $element }"
		rules=$((rules + 1))
	done <run/web.forward
	((rules >= 30))
	# The same key with another value
	in_world nft 'delete element inet nixos-container forward4 { tcp . 8080 }
		add element inet nixos-container forward4 { tcp . 8080 : 10.5.0.2 . 81 }'
	run -1 --separate-stderr verify
	assert_output 'web: rule is not loaded: forward4 tcp . 8080 : 10.5.0.2 . 80'
	in_world nft flush ruleset
	run -1 --separate-stderr verify
	assert_equal "${#lines[@]}" "$rules"
	# The script has turned on forwarding, for nothing else.
	printf '%s\n' '4 ipv4/ip_forward 0 1' '6 ipv6/conf/all/forwarding 0 1' >run/.sysctls
	in_world nft -f - < <(cat "$TOP"/share/nft/{sets,bridge-sets} &&
		ctr-conf rules --load run/web.forward &&
		echo 'add element inet nixos-container closed { ipv6 }')
	run -1 --separate-stderr verify
	assert_output 'web: the host forwards IPv4 of others, too: rule is not loaded: closed ipv4'
	in_world nft 'add element inet nixos-container closed { ipv4 }'
	run -0 verify
	assert_output ''
}

@test "verify names the record, sysctls and the network" {
	container web PRIVATE_NETWORK=1 HOST_ADDRESS=10.5.0.1 LOCAL_ADDRESS=10.5.0.2 \
		HOST_PORT=8080:80
	loaded web
	run -1 --separate-stderr verify
	assert_output "web: the host does not forward IPv4: net/ipv4/ip_forward is 0"
	forward
	echo links '"c-other"' >>run/web.forward
	in_world ip link set c-web down
	run -1 --separate-stderr verify
	assert_output "web: $PWD/run/web.forward has other rules than its settings
web: c-web: is down
web: c-web: route to 10.5.0.2 is missing"
	assert_equal "$stderr" 'ctr-verify: to repair: nixos-container network web'
	run -1 verify --json
	assert_equal "$(jq -c '.[1]' <<<"$output")" \
		'{"name":"web","difference":"c-web: is down","mend":"nixos-container network web"}'
	in_world mkveth del web
	run -1 --separate-stderr verify
	assert_line 'web: /run/netns/net-web is missing'
}

@test "verify names the settings that are wrong, and looks at the other containers" {
	container bad NAT=lots
	container web PRIVATE_NETWORK=1 HOST_ADDRESS=10.5.0.1 LOCAL_ADDRESS=10.5.0.2
	loaded web
	in_world ip link set c-web down
	run -1 --separate-stderr verify
	assert_line --partial "bad: $PWD/conf/bad.conf:1: NAT: invalid value"
	assert_line 'web: c-web: is down'
}

@test "verify names what a stopped container left" {
	container web PRIVATE_NETWORK=1 HOST_ADDRESS=10.5.0.1 LOCAL_ADDRESS=10.5.0.2
	container a-name-longer-than-that PRIVATE_NETWORK=1
	loaded web
	rm machines/*
	mkdir -p trees/.web.sessions run/web.store nix/gcroots/per-container/web
	ln -s /nix/store/none nix/gcroots/per-container/web/booted
	run -1 --separate-stderr verify
	assert_output "web: is stopped, but /run/netns/net-web is still there
web: is stopped, but $PWD/run/web.forward is still there
web: is stopped, but $PWD/trees/.web.sessions is still there
web: is stopped, but $PWD/run/web.store is still there
web: is stopped, but $PWD/nix/gcroots/per-container/web/booted is still there"
	assert_equal "$stderr" 'ctr-verify: to repair: nixos-container cleanup web'
	# A machine of its unit, which is not active
	printf 'NAME=web\nSCOPE=container@web.service\nLEADER=%s\n' $$ >machines/web
	run -1 --separate-stderr verify
	assert_line 'web: systemd-machined has a machine of that name, but its unit is not active'
	assert_line "web: is stopped, but $PWD/run/web.forward is still there"
	# One that ran outside of it
	sleep 0 &
	wait $!
	printf 'LEADER=%s\n' $! >machines/web
	run -1 --separate-stderr verify
	assert_line 'web: systemd-machined has a machine of that name, but its process has ended'
}

@test "verify names what is left of a container without settings" {
	container web PRIVATE_NETWORK=1 HOST_ADDRESS=10.5.0.1 LOCAL_ADDRESS=10.5.0.2
	loaded web
	rm conf/web.conf
	# It still runs.
	run -0 verify
	assert_output ''
	rm machines/web
	# Another command is at work on it.
	touch conf/.web.pending
	run -0 verify
	assert_output ''
	rm conf/.web.pending
	run -1 --separate-stderr verify
	assert_output "web: has no settings, but /run/netns/net-web is still there
web: has no settings, but $PWD/run/web.forward is still there"
	assert_equal "$stderr" 'ctr-verify: to repair: nixos-container cleanup web'
	rm run/web.forward
	run -1 --separate-stderr verify
	assert_output 'web: has no settings, but /run/netns/net-web is still there'
	in_world ip netns add net-of+others
	in_world ip netns add mine
	in_world mkveth del web
	run -0 verify
	assert_output ''
}

@test "verify names the roots that a running system lacks" {
	mkdir -p nix/profiles/per-container/web nix/gcroots/per-container/web
	ln -s system-1-link nix/profiles/per-container/web/system
	ln -s /nix/store/none nix/profiles/per-container/web/system-1-link
	container web
	ln -s /etc nix/gcroots/per-container/web/current
	run -1 --separate-stderr verify
	assert_output "web: its system is not kept: $PWD/nix/gcroots/per-container/web/booted is missing
web: its system is not kept: $PWD/nix/gcroots/per-container/web/current points to /etc"
}

@test "verify exits with 2 for wrong usage and if it cannot look" {
	container web PRIVATE_NETWORK=1
	run -2 verify none
	assert_output --partial 'none: no such container'
	run -2 verify --all web
	assert_output 'ctr-verify: expected either names or --all'
	run -2 --separate-stderr in_world setpriv --reuid 65534 --clear-groups ctr-verify
	assert_equal "$stderr" 'ctr-verify: needs root'
	assert_output ''
	loaded web
	run -2 --separate-stderr in_world env PATH=/no/such "$(type -P ctr-verify)" \
		--machines "$PWD/machines"
	assert_equal "$stderr" 'ctr-verify: run mkveth: No such file or directory'
}
