#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# real.bats - the modules and the package with a whole nixpkgs, without stubs
#
# NIXPKGS is its path.  It takes minutes, and 2 GB of memory.
load ../lib/env

setup_file() {
	export HOME=$BATS_FILE_TMPDIR NIX=$BATS_FILE_TMPDIR/nix
	export NIX_STORE_DIR=$NIX/store NIX_STATE_DIR=$NIX/var \
		NIX_LOG_DIR=$NIX/log NIX_CONF_DIR=$NIX/etc
	export NIX_CONFIG=$'build-users-group =\nsandbox = false\nsubstituters =\nexperimental-features = nix-command flakes'
}

setup() {
	[[ -e ${NIXPKGS-}/nixos/lib/eval-config.nix ]] || skip "no nixpkgs: set NIXPKGS"
	command -v nix-instantiate >/dev/null || skip "needs nix-instantiate"
	# What nixpkgs of 2025 and later want.
	[[ $(nix-instantiate --eval -E 'builtins.compareVersions builtins.nixVersion "2.18"') != -1 ]] ||
		skip "$(nix --version) is too old for this nixpkgs"
	cd "$TOP"
}

# value ATTRIBUTE - set output to this of real.nix, as JSON
value() { run -0 --separate-stderr nix-instantiate --eval --strict --json t/nixos/real.nix -A "$1"; }

# derived ATTRIBUTE - this of real.nix is a derivation that can be made
derived() {
	run -0 --separate-stderr nix-instantiate t/nixos/real.nix -A "$1"
	assert_output --regexp "^$NIX_STORE_DIR/.*\.drv"
}

@test "callPackage makes the package, and the flake has it" {
	derived package
	local static=$output
	derived package.shared
	refute_output "$static"
	run -0 --separate-stderr nix eval --json --impure --no-write-lock-file \
		--override-input nixpkgs "path:$NIXPKGS" "path:$TOP?dir=share/nixos#checks" \
		--apply 'builtins.mapAttrs (_: c: builtins.attrNames c)'
	assert_output '{"aarch64-linux":["host","package"],"x86_64-linux":["host","package"]}'
}

@test "a host with README's container is a system, under both names, and so is the container" {
	local path=config.system.build.toplevel
	derived "readme.$path"
	local one=$output
	derived "readmeBySystemd.$path"
	assert_equal "$output" "$one"
	derived "readme.config.containers.foo.$path"
	value readme.config.containers.foo.config.networking.interfaces.eth0.ipv4.addresses
	assert_output '[{"address":"10.231.136.2","prefixLength":32}]'
}

@test "the options can be documented by nixpkgs' own means" {
	value documented
	jq -e '.["containers.<name>.privateNetwork"].description' <<<"$output"
	jq -e '[.[] | select(.description == null or .description == "")] == []' <<<"$output"
}

@test "a default gateway of a container with addresses is set" {
	value gateway
	assert_output '{"networkd":"yes","scripted":[true,true]}'
}

@test "a host that names links of before is warned, and told what to write" {
	value renamed
	assert_equal "$(jq -r '.[]' <<<"$output" | sed 's/ names \([^ ]*\),.*: write / \1: /')" "\
networking.firewall.interfaces ve-web: c-web
networking.firewall.trustedInterfaces vb-+: c-+, and c_+ for names above 13 characters
networking.nat.internalInterfaces ve-+: c-+, and c_+ for names above 13 characters"
}

# like_theirs HOST - the containers of nodes.nix are valid there and here, and what
# becomes of them are settings that ctr-conf takes
like_theirs() {
	value "theirs.$1"
	assert_output '[]'
	value "seen.$1"
	assert_equal "$(jq -c .wrong <<<"$output")" '[]'
	seen=$output
	export NIXOS_CONTAINER_CONF_DIR=$BATS_TEST_TMPDIR
	local name
	for name in $(jq -r '.settings | keys[]' <<<"$seen"); do
		jq -r --arg name "$name" '.settings[$name]' <<<"$seen" >"$BATS_TEST_TMPDIR/$name.conf"
		run -0 ctr-conf check --no-host --file "$BATS_TEST_TMPDIR/$name.conf"
	done
}

# has NAME LINE... - these lines are in the settings of the container
has() {
	local line
	for line in "${@:2}"; do grep -qxF "$line" "$BATS_TEST_TMPDIR/$1.conf"; done
}

@test "the settings files that the module of nixpkgs writes are taken" {
	value theirSettings
	local written=$output name
	assert_equal "$(jq -c keys <<<"$written")" \
		'["bridge.conf","flake.conf","netns.conf","plain.conf","six.conf","web.conf"]'
	export NIXOS_CONTAINER_CONF_DIR=$BATS_TEST_TMPDIR
	for name in $(jq -r 'keys[]' <<<"$written"); do
		jq -r --arg name "$name" '.[$name]' <<<"$written" >"$BATS_TEST_TMPDIR/$name"
	done
	run -0 ctr-conf check --no-host --all
	assert_output ''
	assert_equal "$(ctr-conf args web | xargs)" '--bind=/home/alice:/home --bind-ro=/srv/data --quiet'
	assert_equal "$(ctr-conf get web HOST_PORT)" tcp:8080:80,udp:53:53
	assert_equal "$(ctr-conf get bridge INTERFACES) $(ctr-conf get bridge PRIVATE_USERS)" 'eth1 eth2 pick'
	assert_equal "$(ctr-conf get flake FLAKE)" github:example/webserver
}

@test "declared as for the module of nixpkgs: bridge" {
	like_theirs bridge
	has fixed HOST_BRIDGE=br0 LOCAL_ADDRESS=192.168.7.2/24 LOCAL_ADDRESS6=fc00:7::2/64
	has free PRIVATE_NETWORK=1 HOST_BRIDGE=br0
}

@test "declared as for the module of nixpkgs: custom-pkgs" {
	like_theirs custom-pkgs
}

@test "declared as for the module of nixpkgs: ephemeral" {
	like_theirs ephemeral
	has gone EPHEMERAL=1
}

@test "declared as for the module of nixpkgs: extra-veth" {
	like_theirs extra-veth
	has three 'EXTRA_VETHS="veth1:bridge=br1,local=192.168.1.100/24 veth2:host=192.168.2.1,local=192.168.2.100"'
	has implied PRIVATE_NETWORK=1 EXTRA_VETHS=only
}

@test "declared as for the module of nixpkgs: gateway" {
	like_theirs gateway
	has behind LOCAL_ADDRESS6=fc00::2/7
}

@test "declared as for the module of nixpkgs: ip" {
	like_theirs ip
	has four HOST_ADDRESS=192.168.9.1
	has six HOST_ADDRESS6=fc00::2 LOCAL_ADDRESS6=fc00::1
}

@test "declared as for the module of nixpkgs: hosts" {
	like_theirs hosts
}

@test "declared as for the module of nixpkgs: slaac" {
	like_theirs slaac
	has learns LOCAL_MAC_ADDRESS=02:00:00:00:00:07
}

@test "declared as for the module of nixpkgs: networkd" {
	like_theirs networkd
}

@test "declared as for the module of nixpkgs: macvlans" {
	like_theirs macvlans
	has on MACVLANS=eth1
}

@test "declared as for the module of nixpkgs: names" {
	like_theirs names
	has cache LOCAL_ADDRESS=192.168.15.2
}

@test "declared as for the module of nixpkgs: nested" {
	like_theirs nested
	has outer PRIVATE_NETWORK=1
}

@test "declared as for the module of nixpkgs: physical" {
	like_theirs physical
	has server INTERFACES=eth1
	has alone INTERFACES=eth2
}

@test "declared as for the module of nixpkgs: ports" {
	like_theirs ports
	has web HOST_PORT=tcp:10080:80,udp:53:53
}

@test "declared as for the module of nixpkgs: reloadable" {
	like_theirs reloadable
}

@test "declared as for the module of nixpkgs: mounts" {
	like_theirs mounts
	has mounts BIND=/home/alice:/home BIND_RO=/srv/data
}

@test "declared as for the module of nixpkgs: tmpfs" {
	like_theirs tmpfs
	has tmpfs 'TMPFS="/var /var/log /some/random/path"'
}

@test "declared as for the module of nixpkgs: rest" {
	like_theirs rest
	has spans START_TIMEOUT=5m
	has devices 'DEVICES="/dev/v4l/by-path/pci-0:1.0:rw /dev/net/tun:rwm"'
	has both HOST_BRIDGE=br0 HOST_ADDRESS=10.0.0.1
	has netns NETWORK_NAMESPACE_PATH=/run/netns/blue
}

# written OPTION=VALUE... - write configuration.nix as create does, and the expression
# that it builds with
written() {
	# shellcheck disable=SC2016 # for that shell
	sh -euc 'newline="
"
		name=web here=/ edits="" config="" config_file="" file=$NIXPKGS/nixos
		. "$TOP/lib/script/configuration.sh"
		. "$TOP/lib/script/build.sh"
		for set; do eval "$set"; done
		config_read
		printf %s "$wanted" >configuration.nix
		checked_system >checked.nix' sh "$@"
}

# checked ATTRIBUTE [OPTION]... - make that of it
checked() {
	nix-instantiate --expr "$(cat checked.nix)" -I "nixos-config=$PWD/configuration.nix" -A "$@"
}

@test "create makes a container's system of any configuration, and refuses others" {
	export TOP
	cd "$BATS_TEST_TMPDIR"
	mkdir parts
	echo '{ services.openssh.enable = true; networking.hostName = "mine"; imports = [ ./parts/dhcp.nix ]; }' >web.nix
	echo '{ networking.useDHCP = true; }' >parts/dhcp.nix
	written "config_file=$PWD/web.nix"
	run -0 --separate-stderr checked system
	assert_output --regexp "^$NIX_STORE_DIR/.*-nixos-system-mine-.*\.drv"
	assert_equal "$(checked config.networking.useDHCP --eval)" true
	assert_equal "$(checked config.boot.isNspawnContainer --eval)" true
	written
	assert_equal "$(checked config.networking.hostName --eval) $(checked config.networking.useDHCP --eval)" '"web" false'
	# As releases before 25.11 had it
	echo '{ boot.isContainer = true; }' >configuration.nix
	run -1 checked system
	assert_output --partial "the system of web is not a container's: add to its configuration: boot.isNspawnContainer = true;"
}

@test "apply takes a file with all options, and has its systems from <nixpkgs/nixos>" {
	export TOP
	cd "$BATS_TEST_TMPDIR"
	cat >file.nix <<-'END'
	{ lib, pkgs, ... }: {
	  containers.web = {
	    privateNetwork = true; hostAddress = "10.1.1.1"; localAddress = "10.1.1.2";
	    bindMounts."/srv".hostPath = lib.mkForce "${pkgs.hello}";
	    config = { services.nginx.enable = true; };
	  };
	  containers.other.flake = "/srv/systems";
	}
	END
	# shellcheck disable=SC2016 # for that shell
	sh -euc 'here=/ file=$NIXPKGS/nixos nixos_dir=$TOP/share/nixos
		declaring=$PWD/file.nix conf_dir=/etc/containers
		. "$TOP/lib/script/configuration.sh"
		. "$TOP/lib/script/build.sh"
		. "$TOP/lib/script/manifest.sh"
		manifest_source >apply-it.nix'
	run -0 --separate-stderr nix-instantiate --eval --json --expr "$(cat apply-it.nix)" -A text
	mapfile -t lines < <(jq -r . <<<"$output")
	assert_line 'container other'
	assert_line FLAKE=/srv/systems
	assert_line --regexp "^system $NIX_STORE_DIR/.*-nixos-system-web-"
	assert_line LOCAL_ADDRESS=10.1.1.2
	assert_line --regexp '^BIND_RO=/.*:/srv$'
	run -0 --separate-stderr nix-instantiate --expr "$(cat apply-it.nix)" -A manifest
	assert_output --regexp "^$NIX_STORE_DIR/.*-containers\.drv"
}
