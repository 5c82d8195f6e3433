#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# apply.bats - share/nixos/apply.nix, with the lib of the minimal system and with that
# of nixpkgs (NIXPKGS_LIB, or <nixpkgs/lib>)
load ../lib/env

data=$BUILD/share/nixos-container

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
	[[ -x $data/systems/minimal/init ]] || skip "needs the minimal system, built"
	[[ -x /bin/busybox ]] || skip "needs a static busybox"
	cd "$TOP"
}

# say TEXT [LIB] - print what apply has of that file
say() {
	printf '{ lib, pkgs, ... }: with lib; %s\n' "$1" >"$BATS_TEST_TMPDIR/file.nix"
	nix-instantiate --eval --json t/nixos/apply.nix -A text --arg data "$data" \
		--arg file "$BATS_TEST_TMPDIR/file.nix" ${2:+--arg lib "$2"} | jq -r .
}

# says TEXT - it is that of standard input, with either lib
says() {
	local expected
	expected=$(cat)
	run -0 --separate-stderr say "$1"
	assert_output "$expected"
	[[ -z $NIXPKGS_LIB ]] || assert_equal "$(say "$1" "$NIXPKGS_LIB")" "$output"
}

# refused TEXT MESSAGE - neither takes it, and the minimal system says this
refused() {
	set -o pipefail
	run say "$1"
	((status))
	assert_line --partial "error: minimal system: $2"
	[[ -z $NIXPKGS_LIB ]] || run ! say "$1" "$NIXPKGS_LIB"
}

with_library() {
	[[ -e $NIXPKGS_LIB/default.nix ]] || skip "no nixpkgs library: set NIXPKGS_LIB"
}

# many - containers with all kinds of options and definitions
many() {
	cat <<-'END'
	{
	  imports = [ { containers.foo = { tmpfs = [ "/b" ]; after = mkIf false [ "x" ]; }; } ];
	  containers = mkMerge [
	    {
	      gone = mkIf false { };
	      foo = { name, ... }: { config = {
	        privateNetwork = true;
	        tmpfs = [ "/a" "/${name}" (mkIf false "/no") ];
	        path = mkForce "/nix/store/p";
	        privateUsers = 65536;
	      }; };
	      bar = {
	        specialArgs.x = 1;
	        config = { x, ... }: { environment.etc.x.text = "x${toString x}"; };
	        ioWeight = 50; ioReadBandwidthMax."/dev/sda" = "20M"; credentials.key = "/run/keys/bar";
	        memoryMax = mkDefault "1G"; mtu = 1400; networkNamespace = null;
	        privateNetwork = true; localAddress = "10.0.0.2";
	        bindMounts = {
	          "/a" = mkForce { hostPath = "/z"; };
	          "/b" = { isReadOnly = false; hostPath = mkDefault null; };
	        };
	        allowedDevices = [ { node = "/dev/fuse"; modifier = "rw"; } ];
	        enableTun = true; localMacAddress = "02:00:00:00:00:2a";
	        forwardPorts = [ { hostPort = 80; } { hostPort = 81; protocol = "udp"; containerPort = 82; } ];
	        extraVeths.v1 = { hostBridge = "br0"; localAddress = "10.5.5.2/24"; };
	        extraFlags = [ "--quiet" ]; privateUsers = "pick"; autoStart = true;
	      };
	      baz = { path = /nix/var/x; };
	      buz = { flake = "/srv/systems"; restartIfChanged = false; };
	    }
	    (mkIf true { bar.memoryMax = "2G"; })
	    (mkDefault { mine = { }; })
	  ];
	}
	END
}

@test "each container's settings and system are as its options say" {
	says "$(many | sed '/specialArgs/,/config =/d')" <<-'END'
	container bar
	restart
	PRIVATE_NETWORK=1
	LOCAL_ADDRESS=10.0.0.2
	LOCAL_MAC_ADDRESS=02:00:00:00:00:2a
	MTU=1400
	HOST_PORT=tcp:80:80,udp:81:82
	EXTRA_VETHS=v1:bridge=br0,local=10.5.5.2/24
	PRIVATE_USERS=pick
	BIND=/b
	BIND_RO=/z:/a
	CAPABILITIES=CAP_NET_ADMIN
	DEVICES="/dev/fuse:rw /dev/net/tun:rwm"
	CREDENTIALS=key:/run/keys/bar
	START_TIMEOUT=1min
	MEMORY_MAX=2G
	IO_WEIGHT=50
	IO_READ_BANDWIDTH_MAX=/dev/sda:20M
	AUTO_START=1
	EXTRA_NSPAWN_FLAGS=--quiet

	container baz
	system /nix/var/x
	restart
	START_TIMEOUT=1min

	container buz
	FLAKE=/srv/systems
	START_TIMEOUT=1min

	container foo
	system /nix/store/p
	restart
	PRIVATE_NETWORK=1
	PRIVATE_USERS=65536
	TMPFS="/a /foo /b"
	START_TIMEOUT=1min
	END
}

@test "the minimal system evaluates options as the lib of nixpkgs does" {
	with_library
	local file
	file=$(many)
	run -0 --separate-stderr say "$file"
	assert_line --regexp '^system .*-minimal-system-bar$'
	assert_equal "$(say "$file" "$NIXPKGS_LIB")" "$output"
}

@test "mistakes take the place of all containers, a line each" {
	says '{ containers.a_b.memoryMax = "much"; containers.b = { };
		containers.c = { flake = "x"; path = "/y"; }; }' <<-'END'
	wrong containers."a_b": a name is 1 to 63 letters, digits and hyphens, with a letter or digit at both ends
	wrong containers.a_b.memoryMax: an amount of memory, not "much"
	wrong containers.c: path and flake exclude each other
	END
	says '{ containers."x\ny".memoryMax = "much"; }' <<-'END'
	wrong containers."x\ny": a name is 1 to 63 letters, digits and hyphens, with a letter or digit at both ends
	wrong containers.x y.memoryMax: an amount of memory, not "much"
	END
	says '{ containers.a = { }; systemd.containers = { a = { }; b = { }; }; }' <<-'END'
	wrong containers.a: declared as systemd.containers.a, too
	END
	says '{ systemd.containers.b = { }; }' <<-'END'
	container b
	restart
	START_TIMEOUT=1min
	END
	says '{ containers.storage = { }; }' <<-'END'
	wrong containers.storage: this name is reserved: Podman keeps files of that name
	END
	says '{ containers.a.config.boot.isContainer = mkForce false; }' <<-'END'
	wrong containers.a.config: not the system of a container: leave out boot.isContainer = false
	END
	says '{ containers.a.hostBridge = "br0"; }' <<-'END'
	container a
	restart
	START_TIMEOUT=1min

	warning containers.a.hostBridge has no effect without containers.a.privateNetwork
	END
}

@test "a wrong option is refused, with its name and the file" {
	local in=$BATS_TEST_TMPDIR/file.nix
	refused '{ containers.a.nope = 1; }' "unknown option 'containers.a.nope' in $in"
	refused '{ container.a = { }; }' "unknown option 'container.a' in $in"
	refused '{ containers.a = 5; }' "option 'containers.a' in $in must be a set, not 5"
	refused '{ containers.a.mtu = "x"; }' \
		"option 'containers.a.mtu' in $in must be a number above 0, or null, not \"x\""
	refused '{ containers.a.mtu = 0; }' \
		"option 'containers.a.mtu' in $in must be a number above 0, or null, not 0"
	refused '{ containers.a.privateUsers = "maybe"; }' \
		"option 'containers.a.privateUsers' in $in must be a number of 32 bits or one of \"no\", \"identity\", \"pick\", not \"maybe\""
	refused '{ containers.a = { privateNetwork = true; localAddress = "10.0.0.1"; forwardPorts = [ { } ]; }; }' \
		"option 'containers.a.forwardPorts.\"0\".hostPort' has no value"
	refused '{ containers.a.given = [ "x" ]; }' "option 'containers.a.given' is read-only"
	refused '{ containers.a.autoStart = mkMerge [ true false ]; }' \
		"option 'containers.a.autoStart' has different values in $in and $in"
	refused '{ containers.a.bindMounts."/x" = 5; }' \
		"option 'containers.a.bindMounts.\"/x\"' in $in must be a set, not 5"
	refused '{ containers.a.config = 5; }' "option 'containers.a.config' in $in must be a module, not 5"
	refused '{ containers.a.path = "relative"; }' \
		"option 'containers.a.path' in $in must be an absolute path, or null, not \"relative\""
	refused '{ containers.a.config.services.web.nope = 1; }' \
		"unknown option 'containers.a.config.services.web.nope' in $in"
}

@test "the manifest has a folder of each container" {
	printf '%s\n' '{ containers.a = { config = { }; restartIfChanged = false; }; containers.b.memoryMax = "1G"; }' \
		>"$BATS_TEST_TMPDIR/file.nix"
	local manifest
	manifest=$(nix-build --no-out-link t/nixos/apply.nix -A manifest --arg data "$data" \
		--arg file "$BATS_TEST_TMPDIR/file.nix")
	assert_equal "$(cd "$manifest" && printf '%s ' */*)" 'a/settings a/system b/restart b/settings '
	run -0 cat "$manifest/b/settings"
	assert_output "$(printf 'START_TIMEOUT=1min\nMEMORY_MAX=1G')"
	assert_exists "$manifest/a/system/init"
}
