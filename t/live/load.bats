#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Many containers at once, and the same one again and again.  LOAD and CYCLES:
# how many, and how often.
load container

: "${LOAD:=20}" "${CYCLES:=3}"

setup_file() {
	nixos-container create --no-start load-a
	A=$(ctr-gcroot path load-a)
	export A
}

teardown_file() { nixos-container destroy load-a; }

each() { seq -f "$name-%.0f" "$LOAD" | xargs -P 4 -I @ "$@"; }

# kept - what the host has, where a container may leave something
kept() {
	sort /proc/self/mountinfo | cut -d' ' -f5
	ls /sys/class/net
	ls -A /run/netns /run/nixos-container /run/mkveth /run/systemd/machines 2>/dev/null || :
	ls -A $state $confs /nix/var/nix/profiles/per-container /nix/var/nix/gcroots/per-container
	find /sys/fs/cgroup -type d -path '*container*' | sort
	# The rules themselves stay loaded.
	nft list ruleset 2>/dev/null | sed '/^table .* nixos-container {/,/^}/{ /elements = /!d }'
}

# held - how many descriptors those hold who serve containers
held() {
	local pid
	for pid in 1 $(pidof systemd-machined); do ls "/proc/$pid/fd" | wc -l; done
}

held_as() { [[ $(held) == "$1" ]]; }
same_as() { kept | diff "$1" - >"$BATS_TEST_TMPDIR/diff" || { tail -n 5 "$BATS_TEST_TMPDIR/diff"; return 1; }; }

@test "many containers run at once, each by itself, and leave nothing" {
	mkdir -p /run/netns	# ip netns leaves it, too
	kept >"$BATS_TEST_TMPDIR/before"
	for ((i = 1; i <= LOAD; i++)); do also "$name-$i"; done
	each nixos-container create @ --no-start --system-path "$A"
	each nixos-container start @
	assert_equal "$(nixos-container list --json |
		jq --arg t "$name-" '[.[] | select(.state == "up" and (.name | startswith($t)))] | length')" \
		"$LOAD"
	each sh -c "echo @ >$state/@/etc/own"
	each sh -c '[ "$(nixos-container run @ -- cat /etc/own)" = @ ] || echo "@ is not itself"' \
		>"$BATS_TEST_TMPDIR/wrong"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/wrong")" ''
	each sh -c 'ping -q -c 1 -W 5 "$(nixos-container show-ip @)" >/dev/null || echo "@ is not reached"' \
		>"$BATS_TEST_TMPDIR/wrong"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/wrong")" ''
	each nixos-container destroy @
	until_true 10 same_as "$BATS_TEST_TMPDIR/before"
}

@test "cycles of start and stop leave nothing behind" {
	nixos-container create "$name" --system-path "$A" --nat --port 7777:80
	nixos-container stop "$name"
	mkdir -p /run/netns	# ip netns leaves it, too
	kept >"$BATS_TEST_TMPDIR/before"
	before=$(held)
	for ((i = 0; i < CYCLES; i++)); do
		nixos-container start "$name"
		inside true
		nixos-container stop "$name"
	done
	until_true 10 same_as "$BATS_TEST_TMPDIR/before"
	until_true 10 held_as "$before"
}
