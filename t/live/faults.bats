#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Whenever a command is killed, or a system call of its fails, the same command
# or destroy makes it good.
load container
load points
load faults

setup_file() { faults_begin; }
teardown_file() { faults_end; }

@test "create" {
	each_point nothing made_whole \
		nixos-container create NAME --no-start --system-path "$A"
}

@test "create, and destroy instead of the same again" {
	each_point nothing gone nixos-container create NAME --no-start --system-path "$A"
}

@test "destroy" {
	each_point a_container gone nixos-container destroy NAME
}

@test "update" {
	each_point a_container updated \
		nixos-container update --no-apply --system-path "$B" NAME
}

@test "update with another configuration" {
	configured() {
		local text
		text=$(cat "$root/etc/nixos/configuration.nix" 2>&1)
		[[ $text == "$(<"$BATS_TEST_TMPDIR/one")" || $text == "$(configuration "$BATS_TEST_TMPDIR/two")" ]] ||
			{ echo "torn: $text"; return 1; }
		nixos-container update --no-apply --config-file "$BATS_TEST_TMPDIR/two" "$name" &&
			configuration "$BATS_TEST_TMPDIR/two" | cmp "$root/etc/nixos/configuration.nix" &&
			cat "$root"/etc/nixos/* | grep -q one &&
			[[ ! -e $root/etc/nixos/configuration.nix.new ]]
	}
	one_configured() {
		a_container && mkdir -p "$root/etc/nixos" &&
			cp "$BATS_TEST_TMPDIR/one" "$root/etc/nixos/configuration.nix"
	}
	echo '{ ... }: { networking.hostName = "one"; }' >"$BATS_TEST_TMPDIR/one"
	echo '{ ... }: { networking.hostName = "two"; }' >"$BATS_TEST_TMPDIR/two"
	each_point one_configured configured nixos-container update --no-apply \
		--config-file "$BATS_TEST_TMPDIR/two" NAME
}

@test "destroy takes the links that a killed Nix leaves" {
	a_name
	a_container
	touch "/run/nixos-container/$name.build.tmp-12-345" "/run/nixos-container/.0_$name.build"
	ln -s "$B" "/run/nixos-container/$name.build"
	run ! nothing_odd
	destroyed_whole
}

@test "rollback" {
	back() {
		nixos-container rollback --no-apply "$name" 1 &&
			[[ $(ctr-gcroot path "$name") == "$A" ]] &&
			[[ $(ctr-gcroot list "$name" | wc -l) == 2 ]]
	}
	each_point two_generations back nixos-container rollback --no-apply NAME 1
}

# bats test_tags=suites
@test "launch, until the container's own processes" {
	starts() {
		nixos-container start "$name" &&
			[[ $(nixos-container run "$name" -- hostname) ]] &&
			ping -c 1 -W 2 "$(nixos-container show-ip "$name")" &&
			nixos-container stop "$name"
	}
	with_port() { a_container && echo "HOST_PORT=$((20000 + points)):80" >>"$conf"; }
	each_point with_port starts nixos-container launch NAME
}

# bats test_tags=suites
@test "cleanup" {
	cleaned() {
		nixos-container cleanup "$name" || return 1
		! ip link show "c-$name" 2>/dev/null || return 1
		! ls "/run/netns/net-$name" 2>/dev/null || return 1
		! nft list ruleset | grep -w "$(nixos-container show-ip "$name")"
	}
	launched() {
		a_container && echo "HOST_PORT=$((20000 + points)):80" >>"$conf" &&
			"$faults" -u systemd-nspawn count nixos-container launch "$name" >/dev/null 3>&- || [[ $? == 99 ]]
	}
	each_point launched cleaned nixos-container cleanup NAME
}

@test "start" {
	up() {
		nixos-container start "$name" && [[ $(nixos-container status "$name") == up ]] &&
			nixos-container stop "$name"
	}
	each_point a_container up nixos-container start NAME
}

@test "stop" {
	running() { a_container && nixos-container start "$name"; }
	down() { nixos-container stop "$name" && [[ $(nixos-container status "$name" || :) == down ]]; }
	each_point running down nixos-container stop NAME
}
