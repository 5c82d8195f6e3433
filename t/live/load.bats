#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Many containers at once, and the same one again and again.  LOAD and CYCLES:
# how many, and how often.
load container
load actors

: "${LOAD:=20}" "${CYCLES:=3}"

setup_file() {
	nixos-container create --no-start load-a --config \
		'services.web.command = "exec httpd -f -p 80 -h /srv";'
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

# all_units VERB - with all containers of this test at once; it takes $ms
all_units() {
	local begin=${EPOCHREALTIME/./}
	seq -f "container@$name-%.0f.service" "$LOAD" | xargs systemctl "$1"
	ms=$(((${EPOCHREALTIME/./} - begin) / 1000))
	echo "# $1 of $LOAD: $ms ms" >&3
}

# answers - which of them answer at their port of the host, each by its own name
answers() {
	local i
	for ((i = 1; i <= LOAD; i++)); do
		[[ $(far curl -s -m 5 "http://192.0.2.1:$((21000 + i))/") != "$name-$i" ]] || echo "$i"
	done
}

@test "containers with a port each start at once: all have theirs, and the ruleset is as before after them" {
	lan_up
	mkdir -p /run/netns
	nft list ruleset >"$BATS_TEST_TMPDIR/ruleset"
	kept >"$BATS_TEST_TMPDIR/before"
	for ((i = 1; i <= LOAD; i++)); do also "$name-$i"; done
	# shellcheck disable=SC2016 # for the shell
	each sh -c 'i=@; i=${i##*-}
		nixos-container create @ --no-start --system-path '"$A"' --port $((21000 + i)):80 &&
			mkdir -p '"$state"'/@/srv && printf "%s" @ >'"$state"'/@/srv/index.html'
	all_units start
	run -0 nixos-container verify --all
	assert_output ''
	run -0 systemctl list-units --failed --no-legend 'container*'
	assert_output ''
	run -0 systemctl show -P NRestarts "container@$name-*.service"
	refute_line --regexp '[1-9]'
	all_answer() { [[ $(answers | wc -l) == "$LOAD" ]]; }
	until_true 30 all_answer
	all_units stop
	nft list ruleset | cmp - "$BATS_TEST_TMPDIR/ruleset"
	each nixos-container destroy @
	until_true 10 same_as "$BATS_TEST_TMPDIR/before"
	nft list ruleset | cmp - "$BATS_TEST_TMPDIR/ruleset"
	lan_down
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
