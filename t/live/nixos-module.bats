#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Containers as a NixOS host declares them: the module's files, put where NixOS
# would put them, and the suite's own unit.
load container

units=/run/systemd/system

export MINIMAL=$minimal

# declare_host TEXT - build a host with those modules, and be it as far as $name goes
declare_host() {
	[[ -e ${NIXPKGS_LIB-}/default.nix ]] || skip "no nixpkgs library: set NIXPKGS_LIB"
	local text="$1" of="containers.$name" unit=container@$name.service
	printf '{ lib, ... }: { %s }\n' "$text" >"$BATS_TEST_TMPDIR/host.nix"
	set -- /src/t/nixos/live.nix --arg configuration "$BATS_TEST_TMPDIR/host.nix"
	mkdir -p "$confs" "$units/$unit.d"
	assert_equal "$(nix-instantiate --eval --strict --json "$@" -A wrong)" '[]'
	ln -sfn "$(nix-build --no-out-link "$@" -A "$of.settings")" "$conf"
	# As in a store, not where systemd would find it by itself.
	cp "$(nix-instantiate --eval "$@" -A "$of.unit" | tr -d '"')" "$BATS_TEST_TMPDIR/container@.service"
	ln -sfn "$BATS_TEST_TMPDIR/container@.service" "$units/$unit"
	ln -sfn "$(nix-build --no-out-link "$@" -A "$of.dropin")" "$units/$unit.d/overrides.conf"
	systemctl daemon-reload
}

# trigger NAME - what its change stands for
trigger() { sed -n "s/^X-$1-Triggers=//p" "$units/container@$name.service.d/overrides.conf"; }

# seed [TEXT] - the container of the seed, and more of its system
seed() {
	printf '%s\n' "systemd.containers.$name = {
		privateNetwork = true;
		hostAddress = \"10.231.136.1\";
		localAddress = \"10.231.136.2\";
		config = { services.openssh.enable = true; ${1-} };
	};"
}

teardown_file() { rm -rf "$units"/container@t*.service*; }

@test "the seed's container starts from what the module says of it" {
	declare_host "$(seed)"
	systemctl start "container@$name"
	run -0 systemctl is-active "container@$name"
	run -0 systemctl show -p FragmentPath --value "container@$name"
	assert_output "$units/container@$name.service"
	run -0 systemctl show -p DropInPaths --value "container@$name"
	assert_output --partial "$units/container@$name.service.d/overrides.conf"
	run -0 ip -4 -o addr show dev "c-$name"
	assert_output --partial 'inet 10.231.136.1'
	run -0 inside ip -4 -o addr show dev eth0
	assert_output --partial 'inet 10.231.136.2'
	run -0 inside hostname
	assert_output "$name"
	run -0 curl -s --retry 20 --retry-connrefused --retry-delay 1 http://10.231.136.2:22/
	assert_output "This is ssh's port."
	run -0 nixos-container show-ip "$name"
	assert_output 10.231.136.2
}

@test "a new system is a reload of the unit, new settings are not" {
	declare_host "$(seed 'environment.etc.motto.text = "one";')"
	systemctl start "container@$name"
	local before restart reload
	before=$(boots) restart=$(trigger Restart) reload=$(trigger Reload)
	declare_host "$(seed 'environment.etc.motto.text = "two";')"
	assert_equal "$(trigger Restart)" "$restart"
	[[ $(trigger Reload) != "$reload" ]]
	systemctl reload "container@$name"
	run -0 inside cat /etc/motto
	assert_output two
	assert_equal "$(boots)" "$before"
	declare_host "$(seed 'environment.etc.motto.text = "two";') containers.$name.mtu = 1400;"
	[[ $(trigger Restart) != "$restart" ]]
	systemctl restart "container@$name"
	run -0 inside cat /sys/class/net/eth0/mtu
	assert_output 1400
}

@test "bind paths with blanks and colons are seen inside" {
	mkdir -p "$BATS_TEST_TMPDIR/my data" "$BATS_TEST_TMPDIR/a:b"
	declare_host "containers.$name = { config = { }; bindMounts = {
		\"/srv/my data\" = { hostPath = \"$BATS_TEST_TMPDIR/my data\"; isReadOnly = false; };
		\"/srv/c:d\" = { hostPath = \"$BATS_TEST_TMPDIR/a:b\"; };
	}; };"
	systemctl start "container@$name"
	inside touch "/srv/my data/x"
	assert_exists "$BATS_TEST_TMPDIR/my data/x"
	touch "$BATS_TEST_TMPDIR/a:b/y"
	inside test -e /srv/c:d/y
	run ! inside touch /srv/c:d/z
}

@test "it is started at boot where it says so, and is not the command's to destroy" {
	declare_host "containers.$name = { config = { }; autoStart = true; memoryMax = \"96M\"; };"
	grep -x "Wants=container@$name.service" /run/systemd/generator/multi-user.target.d/nixos-container.conf
	run -0 systemctl show -p MemoryMax --value "container@$name"
	assert_output 100663296
	systemctl start "container@$name"
	run -1 nixos-container destroy "$name"
	assert_output --partial "declared in the host's configuration"
	run -0 nixos-container status "$name"
	run -1 nixos-container update "$name"
	assert_output --partial SYSTEM_PATH
}

@test "one without a system runs that of its own profile" {
	declare_host "containers.$name = { };"
	local system
	system=$(nix-build --no-out-link "$minimal" -A system --arg configuration \
		'{ environment.etc."motto".text = "own"; }')
	nixos-container update "$name" --system-path "$system"
	systemctl start "container@$name"
	run -0 inside cat /etc/motto
	assert_output own
}
