#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# nixos.bats - share/nixos: the option types, the modules, the package
#
# NIXPKGS_LIB, or <nixpkgs/lib>, is the lib of a nixpkgs: without it, tests that
# need it are skipped.
load ../lib/env

setup_file() {
	export NIX=$BATS_FILE_TMPDIR/nix HOME=$BATS_FILE_TMPDIR
	export NIX_STORE_DIR=$NIX/store NIX_STATE_DIR=$NIX/var \
		NIX_LOG_DIR=$NIX/log NIX_CONF_DIR=$NIX/etc
	export NIX_CONFIG=$'build-users-group =\nsandbox = false\nsubstituters ='
	: "${NIXPKGS_LIB:=$(nix-instantiate --find-file nixpkgs/lib 2>/dev/null || :)}"
	export NIXPKGS_LIB
}

setup() {
	command -v nix-instantiate >/dev/null || skip "needs nix-instantiate"
	cd "$TOP"
}

with_library() {
	[[ -e $NIXPKGS_LIB/default.nix ]] || skip "no nixpkgs library: set NIXPKGS_LIB"
}

# value ARGUMENT... - evaluate it completely, as JSON
value() { nix-instantiate --eval --strict --json "$@"; }

# is EXPECTED ARGUMENT... - the value must be that, in any order of keys
is() {
	local expected=$1
	shift
	run -0 --separate-stderr value "$@"
	assert_equal "$(jq -cS . <<<"$output")" "$(jq -cS . <<<"$expected")"
}

# says TEXT ARGUMENT... - it must fail with TEXT in the message
says() {
	local text=$1
	shift
	run ! value "$@"
	assert_output --partial "$text"
}

type_is() { is "$2" t/nixos/types.nix -A "$1"; }
type_says() { says "$2" t/nixos/types.nix -A "$1"; }

# settings TEXT - set output to the settings file of a container, byte for byte
settings() {
	run -0 --separate-stderr value -E "(import ./share/nixos/settings.nix { $1 }).${2-text}"
	output=$(jq -j . <<<"$output"; printf x)
	output=${output%x}
}

# wrong NAME TEXT [DIRECTORY] - set output to the messages of checks.nix, one a line
wrong() {
	run -0 --separate-stderr value -E "map (c: c.message) (builtins.filter
		(c: !c.assertion) (import ./share/nixos/checks.nix \"${3-/etc/nixos-containers}\" \"$1\" { $2 }))"
	output=$(jq -r '.[]' <<<"$output")
}

# warns TEXT ATTRIBUTE... - warnings.nix must name these
warns() {
	run -0 --separate-stderr value -E "import ./share/nixos/warnings.nix \"foo\" { $1 }"
	shift
	output=$(jq -r '.[]' <<<"$output")
	assert_equal "$(sed 's/ has no effect .*//' <<<"$output" | sort)" \
		"$(printf 'containers.foo.%s\n' "$@" | sort)"
}

refuses() {
	wrong foo "$1"
	assert_output "containers.foo$2"
}

# host TEXT - print a Nix expression: the config of a host made of stubs
host() { printf '(import ./t/nixos/host.nix { configuration = { %s }; }).config' "$1"; }

# foo is the container of README.
foo='containers.foo = {
	privateNetwork = true;
	hostAddress = "10.231.136.1";
	localAddress = "10.231.136.2";
	config = { services.openssh.enable = true; };
};'

@test "every Nix file can be parsed" {
	local f count=0
	for f in $(find share t -name '*.nix'); do
		nix-instantiate --parse "$f" >/dev/null
		count=$((count + 1))
	done
	((count > 15))
}

@test "modules take lib as an argument, and use it through with lib" {
	local f
	for f in share/nixos/{module,container,program,options}.nix; do
		grep -qE '^\{.*\blib\b.*\}:$' "$f"
		grep -qx 'with lib;' "$f"
		run ! grep -n 'pkgs\.lib' "$f"
	done
}

# Tests without a library.

@test "a container without settings has an empty settings file" {
	settings ''
	assert_equal "$output" ''
}

@test "each option of a container becomes a line of its settings file" {
	settings 'path = "/nix/store/system"; privateNetwork = true;
		hostBridge = "br0"; localAddress = "10.0.0.2/24"; localAddress6 = "fc00::2/64";
		localMacAddress = "02:00:00:00:00:2a"; gateway = "10.0.0.1"; gateway6 = "fc00::1"; mtu = 9000;
		nat = true; allowFrom = [ "web" "lan" ]; resolveContainers = true; copyResolvConf = false; nixDaemon = false; store = "closure";
		forwardPorts = [ { hostPort = 8080; containerPort = 80; } { protocol = "udp"; hostPort = 53; containerPort = null; }
			{ hostAddress = "::1"; hostPort = 81; } { hostAddress = "eth0"; hostPort = 8000; hostPortLast = 8010; containerPort = 9000; } ];
		interfaces = [ "eth1" "eth2" ]; macvlans = [ "eth3" ];
		extraVeths = { veth1 = { hostBridge = "br1"; localAddress = "10.5.5.2/24"; }; veth2 = { }; };
		privateUsers = "pick"; tmpfs = [ "/var:size=10%" "/my data" ];
		additionalCapabilities = [ "CAP_MKNOD" ]; allowedDevices = [ { node = "/dev/fuse"; modifier = "rw"; } ];
		enableTun = true; ephemeral = true; timeoutStartSec = "2min 5s"; after = [ "db" ]; requires = [ "db" ];
		memorySwapMax = "0"; allowedCpus = "0-3 6"; ioWeight = 50; ioReadBandwidthMax = { "/dev/sda" = "20M"; "/my data" = "5M"; };
		ioWriteBandwidthMax."/dev/sda" = "infinity"; credentials = { "tls.key" = "/run/my keys/web"; b = "/b"; };
		memoryMax = "1G"; cpuQuota = "50%"; tasksMax = "100"; autoStart = true;
		extraFlags = [ "--quiet" "--setenv=A=b c" ];'
	assert_equal "$output" 'SYSTEM_PATH=/nix/store/system
COPY_RESOLV_CONF=0
PRIVATE_NETWORK=1
HOST_BRIDGE=br0
LOCAL_ADDRESS=10.0.0.2/24
LOCAL_ADDRESS6=fc00::2/64
LOCAL_MAC_ADDRESS=02:00:00:00:00:2a
GATEWAY=10.0.0.1
GATEWAY6=fc00::1
MTU=9000
HOST_PORT="tcp:8080:80,udp:53:53,tcp:[::1]:81:81,tcp:eth0:8000-8010:9000-9010"
NAT=1
ALLOW_FROM="web lan"
RESOLVE_CONTAINERS=1
INTERFACES="eth1 eth2"
MACVLANS=eth3
EXTRA_VETHS="veth1:bridge=br1,local=10.5.5.2/24 veth2"
PRIVATE_USERS=pick
STORE=closure
NIX_DAEMON=0
TMPFS="/var:size=10% '"'/my data'"'"
CAPABILITIES="CAP_MKNOD CAP_NET_ADMIN"
DEVICES="/dev/fuse:rw /dev/net/tun:rwm"
CREDENTIALS="b:/b '"'tls.key:/run/my keys/web'"'"
EPHEMERAL=1
START_TIMEOUT="2min 5s"
AFTER=db
REQUIRES=db
MEMORY_MAX=1G
MEMORY_SWAP_MAX=0
CPU_QUOTA=50%
ALLOWED_CPUS="0-3 6"
IO_WEIGHT=50
IO_READ_BANDWIDTH_MAX="/dev/sda:20M '"'/my data:5M'"'"
IO_WRITE_BANDWIDTH_MAX=/dev/sda:infinity
TASKS_MAX=100
AUTO_START=1
EXTRA_NSPAWN_FLAGS="--quiet '"'--setenv=A=b c'\"
"
	settings 'flake = "github:a/b#c"; networkNamespace = /run/netns/blue; privateUsers = 65536;'
	assert_equal "$output" 'FLAKE=github:a/b#c
NETWORK_NAMESPACE_PATH=/run/netns/blue
PRIVATE_USERS=65536
'
}

@test "blanks, colons and backslashes of bind paths survive" {
	settings 'bindMounts = {
		a = { hostPath = "/srv/my data"; mountPoint = "/my data"; isReadOnly = false; };
		b = { hostPath = null; mountPoint = "/a:b\\c"; isReadOnly = true; };
		c = { hostPath = "/x"; mountPoint = "/x:idmap,norbind"; isReadOnly = false; };
	};'
	assert_equal "$output" 'BIND="'"'/srv/my data:/my data'"' /x:/x:idmap,norbind"
BIND_RO="/a\\:b\\\\c"
'
}

@test "the system of a container is separate from its other settings" {
	local all='path = "/nix/store/system"; autoStart = true;'
	settings "$all" system
	assert_equal "$output" $'SYSTEM_PATH=/nix/store/system\n'
	settings "$all" rest
	assert_equal "$output" $'AUTO_START=1\n'
}

@test "every key that the module writes is a setting" {
	local key count=0
	for key in $(grep -oE '"[A-Z][A-Z_0-9]+"' share/nixos/settings.nix | tr -d '"'); do
		[[ $key != CAP_NET_ADMIN ]] || continue
		ctr-conf keys | cut -f 1 | grep -qx "$key"
		count=$((count + 1))
	done
	((count > 30))
}

@test "the page of the module has every option, and keys of nixos-container.conf(5)" {
	local option key count=0 page=share/man/nixos-container-module.5
	for option in $(sed -nE 's/^  ?  ?([a-zA-Z0-9]+) = (mkOption|switch|strings|maybe|rates|address|optional).*/\1/p' \
		share/nixos/{options,network}.nix | grep -vxE "given|address"); do
		grep -qxF ".It Ic containers.<name>.$option" "$page"
		count=$((count + 1))
	done
	((count > 35))
	for key in $(sed -nE 's/^\.Ic ([A-Z0-9_ ,]+)$/\1/p' "$page" | tr -d ,); do
		grep -q "^\.It Ic $key " share/man/nixos-container.conf.5
		count=$((count + 1))
	done
	((count > 70))
}

@test "the page of the module is made from its options" {
	with_library
	share/man/module "$NIXPKGS_LIB" 2>/dev/null >"$BATS_TEST_TMPDIR/page"
	run -0 diff -u share/man/nixos-container-module.5 "$BATS_TEST_TMPDIR/page"
}

@test "options that would stop the container's start are refused when the host is built" {
	refuses 'privateNetwork = true; networkNamespace = "/run/netns/x";' \
		'.networkNamespace and containers.foo.privateNetwork exclude each other'
	refuses 'macvlans = [ "eth0" ]; networkNamespace = "/run/netns/x";' \
		'.networkNamespace and containers.foo.macvlans exclude each other'
	refuses 'given = [ "config" "path" ];' ': config and path exclude each other'
	refuses 'privateNetwork = true; nat = true;' '.nat needs containers.foo.localAddress or localAddress6'
	refuses 'privateNetwork = true; localAddress = "10.0.0.2"; forwardPorts = [ { protocol = "sctp"; hostPort = 1; } ];' \
		'.forwardPorts: the protocol is tcp or udp, not {"hostPort":1,"protocol":"sctp"}'
	refuses 'privateNetwork = true; localAddress = "10.0.0.2"; forwardPorts = [ { hostPort = 2; hostPortLast = 1; } ];' \
		'.forwardPorts: hostPortLast is not below hostPort, not {"hostPort":2,"hostPortLast":1}'
	refuses 'privateNetwork = true; extraVeths.interface-name-too-long = { };' \
		'.extraVeths: an interface name, not "interface-name-too-long"'
	refuses 'privateNetwork = true; extraVeths = builtins.listToAttrs (builtins.genList (n: { name = "v${toString n}"; value = { }; }) 9);' \
		'.extraVeths: at most eight pairs'
	refuses 'allowFrom = [ "web" ];' '.allowFrom needs containers.foo.privateNetwork'
	refuses 'privateNetwork = true; hostBridge = "br0"; allowFrom = [ "web" ];' \
		'.allowFrom and containers.foo.hostBridge exclude each other'
	refuses 'privateNetwork = true; macvlans = [ "eth0" ]; allowFrom = [ "web" ];' \
		'.allowFrom and containers.foo.macvlans exclude each other'
	refuses 'privateNetwork = true; extraVeths.v.hostBridge = "b"; allowFrom = [ "web" ];' \
		'.allowFrom excludes extraVeths with a hostBridge'
	refuses 'privateNetwork = true; allowFrom = [ "none" "web" ];' '.allowFrom: none excludes other words'
	refuses 'privateNetwork = true; allowFrom = [ "web lan" ];' \
		'.allowFrom: a container, a network, or one of the words, not "web lan"'
	refuses 'bindMounts.a = { mountPoint = "a"; };' '.bindMounts: an absolute path without quotes, not "a"'
	refuses "bindMounts.a = { mountPoint = \"/a\"; hostPath = \"/it's\"; };" \
		".bindMounts: an absolute path without quotes, not \"/it's\""
	refuses 'tmpfs = [ "var" ];' '.tmpfs: an absolute path without quotes, not "var"'
	refuses 'extraFlags = [ "a\nAUTO_START=1" ];' '.extraFlags: words without quotes, not "a\nAUTO_START=1"'
	refuses 'privateNetwork = true; localAddress = "a\nb";' '.localAddress: text without quotes, not "a\nb"'
	refuses 'allowedDevices = [ { node = "/etc/x"; modifier = "r"; } ];' \
		'.allowedDevices: a node below /dev, char-NAME or block-NAME, and some of r, w and m, not {"modifier":"r","node":"/etc/x"}'
	refuses 'privateNetwork = true; hostAddress = "fc00::1"; hostAddress6 = "fc00::2";' \
		'.hostAddress and hostAddress6 are of one family'
	for flags in '"--bind /x"' '"-U --quiet"' '"-D /x"'; do
		refuses "extraFlags = [ $flags ];" \
			".extraFlags: one argument, so [ \"--option=value\" ] or [ \"--option\" \"value\" ], not $flags"
	done
	refuses 'privateUsers = 4294967295;' '.privateUsers: the first user ID of 65536, not 4294967295'
	refuses 'timeoutStartSec = "soon";' '.timeoutStartSec: a time span such as 1min 30s, or infinity, not "soon"'
	refuses 'memoryMax = "much";' '.memoryMax: an amount of memory, not "much"'
	refuses 'memorySwapMax = "much";' '.memorySwapMax: an amount of memory, not "much"'
	refuses 'allowedCpus = "all";' '.allowedCpus: processors like 0-3 6, not "all"'
	refuses 'ioReadBandwidthMax.sda = "5M";' '.ioReadBandwidthMax: a path of a disk, with bytes a second, not "sda"'
	refuses 'ioWriteBandwidthMax."/" = "5%";' '.ioWriteBandwidthMax: a path of a disk, with bytes a second, not "/"'
	refuses 'credentials.a = "b";' '.credentials: a name of letters, digits, dots, hyphens and underscores, with an absolute path, not "a"'
	refuses 'credentials."a/b" = "/b";' '.credentials: a name of letters, digits, dots, hyphens and underscores, with an absolute path, not "a/b"'
	refuses 'cpuQuota = "half";' '.cpuQuota: a percentage of one CPU, not "half"'
	refuses 'tasksMax = "-1";' '.tasksMax: a number of tasks, not "-1"'
	refuses 'after = [ "a_b" ];' '.after: a container, or the full name of a unit, not "a_b"'
}

@test "what the module of nixpkgs takes is taken, and means the same" {
	# Options without effect are not written, and named.
	without='hostBridge = "br0"; hostAddress = "10.0.0.1"; localAddress6 = "fc00::2";
		localMacAddress = "02:00:00:00:00:2a"; forwardPorts = [ { hostPort = 1; } ];'
	settings "$without"
	assert_equal "$output" ''
	wrong foo "$without"
	assert_output ''
	warns "$without" hostBridge hostAddress localAddress6 localMacAddress forwardPorts
	assert_output --partial 'containers.foo.hostBridge has no effect without containers.foo.privateNetwork'
	warns 'privateNetwork = true; forwardPorts = [ { hostPort = 1; } ];' forwardPorts
	warns 'extraVeths.v = { hostBridge = "b"; hostAddress = "10.0.0.1"; forwardPorts = [ { } ]; };' \
		extraVeths.v.hostAddress extraVeths.v.forwardPorts
	settings 'privateNetwork = true; forwardPorts = [ { hostPort = 1; } ];'
	assert_equal "$output" $'PRIVATE_NETWORK=1\n'
	# An extra pair makes the network private.
	settings 'extraVeths.v = { hostBridge = "b"; hostAddress = "10.0.0.1"; localAddress = "10.0.0.2/24"; };'
	assert_equal "$output" $'PRIVATE_NETWORK=1\nEXTRA_VETHS=v:bridge=b,local=10.0.0.2/24\n'
	# The address of the host is the gateway behind a bridge.
	settings 'privateNetwork = true; hostBridge = "br0"; hostAddress = "10.0.0.1"; localAddress = "10.0.0.2/24";'
	assert_equal "$output" $'PRIVATE_NETWORK=1\nHOST_BRIDGE=br0\nHOST_ADDRESS=10.0.0.1\nLOCAL_ADDRESS=10.0.0.2/24\n'
	# An address is of the family that it is of.
	settings 'privateNetwork = true; hostAddress = "fc00::2"; localAddress = "fc00::1";'
	assert_equal "$output" $'PRIVATE_NETWORK=1\nHOST_ADDRESS6=fc00::2\nLOCAL_ADDRESS6=fc00::1\n'
	for good in 'allowedDevices = [ { node = "/dev/v4l/by-path/pci-0:1"; modifier = "r"; } ];' \
		'bindMounts.a = { mountPoint = "/a"; hostPath = "+/b"; };' \
		'extraFlags = [ "--setenv=A=b c" "--bind" "/a b" "-U" ];'; do
		wrong foo "$good"
		assert_output ''
	done
	for span in 5m 90 1.5h '2min 30s' 1M '3 years' infinity 100ms; do
		wrong foo "timeoutStartSec = \"$span\";"
		assert_output ''
	done
	for span in 5x '' soon '1 .5'; do
		wrong foo "timeoutStartSec = \"$span\";"
		assert_output --partial 'a time span'
	done
}

@test "invalid names and names of Podman's files are refused" {
	local name
	for name in a_b -a a- 'a b' '' a.b "$(printf 'a%.0s' {1..64})"; do
		wrong "$name" ''
		assert_output --partial 'a name is 1 to 63 letters, digits and hyphens'
	done
	# Where NixOS has its directory, such a name is as good as any.
	wrong storage ''
	assert_output ''
	wrong storage '' /etc/containers
	assert_output 'containers.storage: this name is reserved: Podman keeps files of that name'
	for name in a A-9 "$(printf 'a%.0s' {1..63})"; do
		wrong "$name" 'privateNetwork = true; localAddress = "10.0.0.2"; nat = true; after = [ "a" "x.mount" ];'
		assert_output ''
	done
}

# The types.

@test "attrsByName: each attribute has the type of its name" {
	with_library
	type_is each '{"n":1,"n2":2,"s":"a"}'
	type_says wrong "A definition for option \`x.s' is not of type \`string'"
	type_says notASet "A definition for option \`x' is not of type \`attribute set of string'"
	type_says conflict "The option \`x.n' has conflicting definition values"
	type_says noType "The type of the option \`x.odd' is not a type: int"
	type_is description '["attribute set of string","attribute set of submodule","attrsByName"]'
}

@test "attrsByName: an error in a type names the attribute" {
	with_library
	run ! value t/nixos/types.nix -A thrown --show-trace
	assert_output --partial 'not of this kind'
	assert_output --partial "while choosing the type of the attribute \`odd'"
}

@test "attrsByName: mkIf, mkMerge, mkDefault, mkForce and mkOrder work" {
	with_library
	type_is conditions '{"n2":2,"n3":3,"n4":4,"n5":5}'
	type_is override '{"n":1}'
	type_is order '{"a":"a\nm\nz"}'
	type_is empty '{"y":{}}'
}

@test "attrsByName: names are evaluated without types, and attributes without each other" {
	with_library
	type_is lazyNames '["a","b"]'
	type_is lazyValue 1
	type_is lazyInside '{"text":"a-mm"}'
	type_is knot '{"a":{"text":"a-mm"},"b":{"text":"a-mm as a"}}'
}

@test "submoduleWithExtraArgs: modules and their imports get the arguments" {
	with_library
	type_is args '{"a":{"text":"a-mm"},"b":{"text":"said"}}'
	type_is argsWithName '{"text":"by a","x":5}'
	type_is imports '{"z":3}'
	type_says unknown "The option \`x.a.bad' does not exist"
}

@test "two declarations of one option are merged, with the modules of both for a name" {
	with_library
	type_is merged '{"forth":{"a":{"both":2,"only-a":1},"b":{"both":5,"only-b":1}},
		"back":{"a":{"both":2,"only-a":1},"b":{"both":5,"only-b":1}}}'
	type_is sameArgs '{"a":{"both":2,"text":"a-mm"}}'
	type_says notMerged "The option \`x' in"
	type_says otherType "The option \`x' in"
}

@test "the manual finds the options of the attributes" {
	with_library
	type_is subOptions '["x","x.<name>.text"]'
	type_is mergedSubOptions '["x","x.<name>.both","x.<name>.\"only-<name>\""]'
	type_is plainSubOptions '["x"]'
	type_is subModules '{"plain":null,"count":1,"replaced":{"a":{"y":4}},"asModule":["_module","only-<name>"]}'
}

# pkgs depends on the options, imports and names of the config, so none of these
# may depend on pkgs.

@test "no option, import or name of the config depends on packages" {
	with_library
	run -0 --separate-stderr value t/nixos/spine.nix -A declarations
	local options
	options=$(jq -r '.[]' <<<"$output")
	# All options of NixOS's own module.
	local o
	for o in additionalCapabilities allowedDevices allowedDevices.\*.{modifier,node} autoStart bindMounts \
		bindMounts.\<name\>.{hostPath,isReadOnly,mountPoint} config copyResolvConf enableTun ephemeral \
		extraFlags extraVeths extraVeths.\<name\>.{forwardPorts,hostAddress,hostAddress6,hostBridge,localAddress,localAddress6,localMacAddress} \
		flake forwardPorts forwardPorts.\*.{containerPort,hostPort,protocol} hostAddress hostAddress6 hostBridge \
		interfaces localAddress localAddress6 localMacAddress macvlans networkNamespace nixpkgs path \
		privateNetwork privateUsers restartIfChanged specialArgs timeoutStartSec tmpfs; do
		grep -qxF "containers.<name>.$o" <<<"$options" || fail "no option $o"
	done
	value t/nixos/spine.nix -A spine
	value t/nixos/spine.nix -A spine --arg module ./share/nixos/container.nix
	value t/nixos/spine.nix -A spine --arg module ./share/nixos/program.nix
	is '[]' t/nixos/spine.nix -A declarations --arg module ./share/nixos/container.nix
}

@test "a module whose options depend on packages fails that test" {
	with_library
	cat >"$BATS_TEST_TMPDIR/text.nix" <<-'END'
		{ lib, pkgs, ... }: {
		  options.containers = lib.mkOption { default = { }; description = "Of ${pkgs.name}."; };
		}
	END
	says 'error: pkgs' t/nixos/spine.nix -A declarations --arg module "$BATS_TEST_TMPDIR/text.nix"
	cat >"$BATS_TEST_TMPDIR/spine.nix" <<-'END'
		{ lib, pkgs, ... }: { options = { }; config = pkgs.lib.mkIf true { }; }
	END
	says 'error: pkgs' t/nixos/spine.nix -A spine --arg module "$BATS_TEST_TMPDIR/spine.nix"
	says 'infinite recursion' t/nixos/spine.nix -A declarations --arg module "$BATS_TEST_TMPDIR/spine.nix"
}

@test "a host with containers built elsewhere is evaluated without packages" {
	with_library
	is '{
		"etc": {
			"nixos-containers/a.conf": "SYSTEM_PATH=/system\nSTART_TIMEOUT=1min\nAUTO_START=1\n",
			"nixos-containers/b.conf": "PRIVATE_USERS=pick\nSTART_TIMEOUT=1min\n",
			"systemd/network/00-nixos-container.network": ""
		},
		"services": ["container@", "container@a", "container@b", "ctr-gcroot-sync"],
		"wrong": []
	}' t/nixos/spine.nix -A host
}

# The module.

@test "the container of README becomes a settings file and a unit" {
	with_library
	is '"SYSTEM_PATH=/fake/system-of-foo\nPRIVATE_NETWORK=1\nHOST_ADDRESS=10.231.136.1\nLOCAL_ADDRESS=10.231.136.2\nSTART_TIMEOUT=1min\n"' \
		-E "$(host "$foo").environment.etc.\"nixos-containers/foo.conf\".text"
	is '{
		"overrideStrategy": "asDropin", "restartIfChanged": true,
		"reloadTriggers": ["SYSTEM_PATH=/fake/system-of-foo\n"],
		"restartTriggers": ["PRIVATE_NETWORK=1\nHOST_ADDRESS=10.231.136.1\nLOCAL_ADDRESS=10.231.136.2\nSTART_TIMEOUT=1min\n"]
	}' -E "$(host "$foo").systemd.services.\"container@foo\""
	is '[{
		"name": "lib/systemd/system/container@foo.service",
		"path": "/fake/nixos-container/lib/systemd/system/container@.service"
	}]' -E "builtins.concatMap (p: p.entries or [ ]) $(host "$foo").systemd.packages"
	is 1 -E "builtins.length (builtins.filter (p: p.name == \"nixos-container\") $(host "$foo").systemd.packages)"
	is '[]' -E "builtins.filter (a: !a.assertion) $(host "$foo").assertions"
}

@test "programs that configure networks leave the links of containers alone" {
	with_library
	is '"/fake/nixos-container/lib/systemd/network/00-nixos-container.network"' \
		-E "$(host "$foo").environment.etc.\"systemd/network/00-nixos-container.network\".source"
	is '["nixos-container"]' -E "map (p: p.name) $(host "$foo").services.udev.packages"
}

@test "the host's options that name the links of before are named" {
	with_library
	is '["networking.firewall.interfaces names ve-web, but the links of containers are called c-NAME here: write c-web","networking.firewall.trustedInterfaces names vb-*, but the links of containers are called c-NAME here: write c-*, and c_* for names above 13 characters","networking.nat.internalInterfaces names ve-+, but the links of containers are called c-NAME here: write c-+, and c_+ for names above 13 characters"]' \
		-E "$(host 'networking.nat.internalInterfaces = [ "eth0" "ve-+" ]; networking.firewall.interfaces.ve-web = { };
		networking.firewall.trustedInterfaces = [ "vb-*" ]; containers.a.path = "/system";').warnings"
	is '[]' -E "$(host 'networking.nat.internalInterfaces = [ "ve-+" ];').warnings"
}

# system RELEASE [CONFIG] - what becomes of the system of a container
system() { printf '(import ./t/nixos/inside.nix { release = "%s"; config = { %s }; })' "$1" "${2-}"; }

@test "a container of NixOS 24.11 is one, and so is one of 26.11" {
	with_library
	local scripted networkd release
	is '[true,null]' -E "with $(system 24.11); [ isContainer isNspawnContainer ]"
	is '[true,true]' -E "with $(system 26.11); [ isContainer isNspawnContainer ]"
	# As its users wrote it for a release before 25.11
	is '[true,true]' -E "with $(system 26.11 'boot.isContainer = true;'); [ isContainer isNspawnContainer ]"
	scripted='{"eth0":{"ipv4":{"addresses":[{"address":"10.231.136.2","prefixLength":32}]},
		"ipv6":{"addresses":[{"address":"fc00::2","prefixLength":64}]}},"hostName":"web","networkd":{},
		"sockets":{"ctr-login":["sockets.target"],"ctr-root-shell":["sockets.target"]},"useDHCP":false}'
	networkd='{"40-eth0":{"networkConfig":{"KeepConfiguration":"yes"}}}'
	for release in 24.11 26.11; do
		is "$scripted" -E "{ inherit ($(system $release)) eth0 hostName networkd sockets useDHCP; }"
		is "$networkd" -E "($(system $release 'networking.useNetworkd = true;')).networkd"
		is '["ctr-resolv-register"]' -E "($(system $release 'networking.useHostResolvConf = true;')).services"
		# Modules that machines and containers share have such lines.
		is '"mine"' -E "($(system $release 'networking.hostName = "mine";')).hostName"
	done
}

@test "what a host that went down left of its containers goes at boot" {
	with_library
	is '["nixos-container"]' -E "map (p: p.name) $(host "$foo").systemd.tmpfiles.packages"
}

@test "systemd.containers is another name for containers" {
	with_library
	is '["bar","foo"]' -E "builtins.attrNames $(host "systemd.$foo containers.bar = { };").containers"
	is '"10.231.136.2 foo.containers\n"' -E "$(host "systemd.$foo").networking.extraHosts"
	is '"10.231.136.1"' -E "$(host "$foo").systemd.containers.foo.hostAddress"
}

@test "the settings are in the directory that the package uses" {
	with_library
	local old='system.stateVersion = "21.11"; containers.a = { };'
	is '["containers/a.conf","systemd/network/00-nixos-container.network"]' -E "builtins.attrNames $(host "$old").environment.etc"
	is '["STATE_DIR=/var/lib/containers","CONF_DIR=/etc/containers","LOCK_DIR=/run/nixos-container"]' \
		-E "builtins.filter (f: builtins.match \".*_DIR=.*\" f != null)
			$(host "$old").programs.nixos-container.package.makeFlags"
	is '["mine/a.conf","systemd/network/00-nixos-container.network"]' -E "builtins.attrNames $(host \
		'programs.nixos-container.confDir = "/etc/mine"; containers.a = { };').environment.etc"
	is '["programs.nixos-container.confDir must lie below /etc, not in /srv/mine"]' \
		-E "map (a: a.message) (builtins.filter (a: !a.assertion) $(host \
		'programs.nixos-container.confDir = "/srv/mine"; containers.a = { };').assertions)"
}

@test "the pool of addresses becomes the file of the host's settings" {
	with_library
	is '"ADDRESS_POOL=\"10.5.32.0/20 fd00:5:32::/64\"\n"' -E "$(host 'programs.nixos-container = {
		installed = true; addressPool = [ "10.5.32.0/20" "fd00:5:32::/64" ]; };').environment.etc.\"nixos-container.conf\".text"
	is '[]' -E "builtins.filter (f: f == \"nixos-container.conf\") (builtins.attrNames $(host "$foo").environment.etc)"
	says addressPool -E "$(host 'programs.nixos-container = { installed = true;
		addressPool = [ "10.5.32.0" ]; };').environment.etc.\"nixos-container.conf\".text"
}

@test "a container's own configuration is evaluated with its nixpkgs, and gets the host's defaults" {
	with_library
	local c="$(host "$foo").containers.foo.config"
	is '["foo",false,true,true]' -E "let c = $c; in
		[ c.networking.hostName c.networking.useDHCP c.boot.isContainer c.services.openssh.enable ]"
	is '["ctr-login","ctr-root-shell"]' -E "builtins.attrNames $c.systemd.sockets"
	is '"nixos-container"' -E "(builtins.head $c.systemd.packages).name"
	# The host's values override a module's mkDefault, but not the container's own values.
	is '[false,true]' -E "let c = $(host 'containers.a.config = { lib, ... }: { networking.useDHCP = lib.mkDefault true; };
		containers.b.config.networking.useDHCP = true;').containers; in
		[ c.a.config.networking.useDHCP c.b.config.networking.useDHCP ]"
	# Several definitions, conditions, special arguments.
	is '"of-two"' -E "$(host 'imports = [
		{ containers.foo.config = { lib, more, ... }: { networking.hostName = lib.mkForce "of-${more}"; }; }
		({ lib, ... }: { containers.foo.config = lib.mkIf false { bad = 1; }; })
	]; containers.foo.specialArgs.more = "two";').containers.foo.config.networking.hostName"
}

@test "an error in a container's own configuration names the container and the option" {
	with_library
	says "The option \`containers.foo.config.services.bad' does not exist" \
		-E "$(host 'containers.foo.config.services.bad = 1;').containers.foo.path.outPath"
	says "The option \`containers.foo.bad' does not exist" \
		-E "$(host 'containers.foo.bad = 1;').environment.etc"
	says "A definition for option \`containers.foo.mtu' is not of type" \
		-E "$(host 'containers.foo.mtu = "x";').environment.etc"
}

@test "config, path and flake exclude each other; without them the profile is used" {
	with_library
	is '["containers.foo: config and path exclude each other"]' -E "map (a: a.message)
		(builtins.filter (a: !a.assertion) $(host "$foo containers.foo.path = \"/other\";").assertions)"
	is '["containers.foo: config and flake exclude each other"]' -E "map (a: a.message)
		(builtins.filter (a: !a.assertion) $(host "$foo containers.foo.flake = \"a\";").assertions)"
	is '[null,[]]' -E "let c = $(host 'containers.own = { };'); in
		[ c.containers.own.path c.systemd.services.\"container@own\".reloadTriggers ]"
	is '"START_TIMEOUT=1min\n"' -E "$(host 'containers.own = { };').environment.etc.\"nixos-containers/own.conf\".text"
}

@test "roots of running containers are synced, also before each collection" {
	with_library
	is '[["paths.target"],["timers.target"],["nix-gc.service"]]' \
		-E "let c = ($(host "$foo")).systemd; in map (u: u.ctr-gcroot-sync.wantedBy)
			[ c.paths c.timers c.services ]"
}

@test "restartIfChanged = false leaves a running container alone" {
	with_library
	is '{"overrideStrategy":"asDropin","restartIfChanged":false,"reloadTriggers":[],"restartTriggers":[]}' \
		-E "$(host "$foo containers.foo.restartIfChanged = false;").systemd.services.\"container@foo\""
}

@test "a host without containers installs nothing, unless boot.enableContainers is set" {
	with_library
	is '[[],{},[]]' -E "let c = $(host ''); in [ c.systemd.packages c.systemd.services c.boot.kernelModules ]"
	is '["container@","ctr-gcroot-sync"]' -E "builtins.attrNames $(host 'boot.enableContainers = true;').systemd.services"
	is '["containers.<name> has no effect while boot.enableContainers is false."]' \
		-E "$(host "$foo boot.enableContainers = false;").warnings"
}

@test "a container that uses its host's name servers registers them with openresolv" {
	with_library
	local c="$(host 'containers.foo.config.networking.useHostResolvConf = true;').containers.foo.config.systemd"
	is '{"wantedBy":["multi-user.target"],"path":["/openresolv"]}' -E "$c.services.ctr-resolv-register"
	is '{"wantedBy":["paths.target"]}' -E "$c.paths.ctr-resolv-register"
	is '{}' -E "$(host "$foo").containers.foo.config.systemd.paths"
}

# made_package [ARGUMENT...] - build and install it with its make variables and its
# preBuild: musl-gcc is the static compiler, and the libraries are those of this build
made_package() {
	[[ $BUILD == "$TOP/build" ]] || skip "this is not the static build"
	local tree=$BATS_TEST_TMPDIR/tree bin=$BATS_TEST_TMPDIR/bin package flags
	out=$BATS_TEST_TMPDIR/out
	mkdir "$tree" "$bin" "$BATS_TEST_TMPDIR/given"
	cp -r GNUmakefile bin lib share "$tree"
	cp -r build/deps/lib "$BATS_TEST_TMPDIR/given/"
	# Like the package's compiler, this one finds the headers by itself.
	cat >"$bin/musl-cc" <<-END
		#!/bin/sh
		exec musl-gcc -ffat-lto-objects "\$@" -idirafter $TOP/build/deps/include
	END
	chmod 755 "$bin/musl-cc"
	ln -s "$(command -v ar)" "$bin/musl-ar"
	run -0 --separate-stderr value t/nixos/package.nix --argstr deps "$BATS_TEST_TMPDIR/given" "$@"
	package=$output
	mapfile -t flags < <(jq -r '.makeFlags[], .buildFlags[]' <<<"$package" |
		sed "s|/1rz4g4znpzjwh1xymhjpm42vipw92pr73vdgl6xs1hycac8kf2n9|$out|; s|/fake/cc/bin|$bin|")
	cd "$tree"
	export PATH="$bin:$PATH"
	jq -r .preBuild <<<"$package" | sh -eu
	run -0 env -u MAKEFLAGS -u MAKELEVEL make -s "${flags[@]}"
	refute_output --partial musl-deps
	env -u MAKEFLAGS -u MAKELEVEL make -s "${flags[@]}" install
}

tools='run-in-netns mkveth ctr-gcroot ctr-tree ctr-resolv ctr-console ctr-verify ctr-start ctr-watch ctr-each'

@test "the package builds static binaries from libraries built for musl" {
	made_package
	for tool in $tools; do
		run -0 file "$out/bin/$tool"
		assert_output --partial "statically linked"
		"$out/bin/$tool" --version
	done
	# The module and systemd.packages expect them at these paths.
	assert_file_exists "$out/lib/systemd/system/container@.service"
	assert_file_executable "$out/lib/systemd/system-generators/nixos-container-generator"
	grep -qx "ExecStart=$out/bin/nixos-container launch %i" "$out/lib/systemd/system/container@.service"
	assert_not_exists "$out/lib/libnss_containers.so.2"
}

@test "the package's shared variant builds what runs in containers static, too" {
	made_package --arg shared true
	for tool in $tools; do
		run -0 file "$out/bin/$tool"
		assert_output --partial "dynamically linked"
		"$out/bin/$tool" --version
	done
	run -0 file "$out"/share/nixos-container/{inside/mkveth,systems/minimal/{init,ctr-console}}
	assert_equal "$(grep -c 'statically linked' <<<"$output")" 3
}

@test "the package is built from its own tree, even if nixpkgs has a src" {
	run -0 --separate-stderr value t/nixos/package.nix --argstr deps /none
	assert_equal "$(jq -r .src <<<"$output")" "$PWD"
	run -0 --separate-stderr value t/nixos/package.nix --argstr deps /none \
		--arg change '{ src = "/other"; stateDir = "/srv/trees"; confDir = "/srv/conf"; lockDir = "/srv/locks"; }'
	assert_equal "$(jq -r '.src, .makeFlags[1, 2, 3]' <<<"$output")" \
		$'/other\nSTATE_DIR=/srv/trees\nCONF_DIR=/srv/conf\nLOCK_DIR=/srv/locks'
}

@test "the package's script finds its programs, and knows its directories" {
	run -0 --separate-stderr value t/nixos/package.nix --argstr deps /none
	local package=$output tool
	run -0 jq -r '.makeFlags[]' <<<"$package"
	assert_line 'STATE_DIR=/var/lib/containers'
	assert_line 'CONF_DIR=/etc/containers'
	run -0 jq -r .postFixup <<<"$package"
	for tool in coreutils diffutils findutils gawk gnugrep gnused nftables nix systemd util-linux; do
		assert_output --partial "/fake/$tool/bin"
	done
}
