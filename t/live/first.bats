#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A container with FLAKE and without a system is built when it starts.
# bats file_tags=suites
load container

# declared [SETTING...] - as NixOS writes it for a flake, and as one that is pure
declared() {
	flake=$BATS_TEST_TMPDIR/flake
	mkdir -p "$confs"
	printf '%s\n' "FLAKE=$flake" PRIVATE_NETWORK=0 "$@" >"$conf"
	systemctl daemon-reload
}

# flake [DEFINITION] - the flake; slow is a derivation that takes 12 s
flake() {
	mkdir -p "$BATS_TEST_TMPDIR/flake"
	cp -L "$(command -v busybox)" "$BATS_TEST_TMPDIR/flake/busybox"
	cat >"$BATS_TEST_TMPDIR/flake/flake.nix" <<-END
		{
		  inputs.minimal = { url = "path:$minimal"; flake = false; };
		  outputs = { self, minimal }:
		    let
		      slow = derivation {
		        name = "slow"; system = "$(uname -m)-linux"; builder = "/bin/sh";
		        args = [ "-c" "sleep 12; echo $name >\$out" ];
		      };
		    in {
		      nixosConfigurations.container.config.system.build.toplevel = (import minimal {
		        system = "$(uname -m)-linux";
		        busybox = ./busybox;
		        configuration = { environment.etc.motto.text = "flake"; ${1-} };
		      }).system;
		    };
		}
	END
}

in_state() { [[ $(systemctl show -p "$1" --value "container@$name.service") == "$2" ]]; }

nothing_of_the_build() {
	run -0 systemctl list-units --all --plain --no-legend "nixos-container-first-$name*"
	assert_output ''
	run ! pgrep -f "sleep 12"
	run -0 find /run/nixos-container -name "$name.*"
	refute_output --partial build
	refute_output --partial .lock
}

@test "a container with FLAKE and without a system is built when it starts, once" {
	flake
	declared
	run -0 nixos-container start "$name"
	inside cat /etc/motto | grep -x flake
	run -0 nixos-container generations --json "$name"
	assert_equal "$(jq length <<<"$output")" 1
	nixos-container restart "$name"
	run -0 nixos-container generations --json "$name"
	assert_equal "$(jq length <<<"$output")" 1
	run -0 nixos-container logs --unit "$name"
	assert_equal "$(grep -c "has no system yet: building that of the flake $flake" <<<"$output")" 1
	nothing_of_the_build
}

@test "neither its time to start nor its limit of memory are for the build" {
	flake 'environment.etc.slow.source = slow;'
	declared START_TIMEOUT=6s MEMORY_MAX=32M
	SECONDS=0
	systemctl start "container@$name.service"
	((SECONDS >= 12))
	is_up "$name"
	inside cat /etc/slow | grep -x "$name"
}

@test "a stop ends the build, and leaves nothing of it" {
	flake 'environment.etc.slow.source = slow;'
	declared
	systemctl start --no-block "container@$name.service"
	until_true 20 pgrep -f "sleep 12"
	SECONDS=0
	systemctl stop "container@$name.service"
	((SECONDS < 8)) || fail "$SECONDS s"
	in_state ActiveState inactive
	in_state NRestarts 0
	nothing_of_the_build
	nixos-container destroy "$name"
	nothing_left "$name"
}

@test "a launch that was killed during the build begins anew" {
	flake 'environment.etc.slow.source = slow;'
	declared
	systemctl start --no-block "container@$name.service"
	until_true 20 pgrep -f "sleep 12"
	systemctl kill --kill-who=main --signal=KILL "container@$name.service"
	until_true 60 in_state ActiveState active
	inside cat /etc/slow | grep -x "$name"
	nothing_of_the_build
}

@test "a flake that cannot be built is said once, and not tried again" {
	flake 'no.such.option = 1;'
	declared
	run -1 nixos-container start "$name"
	assert_output --partial "unknown option 'no.such.option'"
	assert_output --partial "$name: not started: its flake $flake could not be built"
	in_state ActiveState failed
	in_state ExecMainStatus 2
	in_state NRestarts 0
	nothing_of_the_build
	run -2 nixos-container launch "$name"
	assert_line --partial "$name: not started: its flake $flake could not be built"
	assert_not_exists "$nix_state/profiles/per-container/$name/system"
}
