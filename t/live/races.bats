#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Commands at the same time.  ROUNDS: how often each race is run.
load container

: "${ROUNDS:=1}"
AT_ONCE=32

setup_file() {
	# It wants the names of the others, so every change of those writes them.
	nixos-container create races-a --resolve-containers
	A=$(ctr-gcroot path races-a)
	export A
}

teardown_file() { nixos-container destroy races-a; }

# nixos-container - the script in the shell that turn is for: each shell races
# with itself and with the other
nixos-container() {
	local script
	script=$(type -P nixos-container)
	if (((turn + ${round:-0}) % 2)); then busybox sh "$script" "$@"; else dash "$script" "$@"; fi
}
turn=0

# at_once N COMMAND... - run it N times at once, I being the number of each;
# statuses: what they ended with, out-I: what they said
at_once() {
	local n=$1 i turn pids=()
	shift
	statuses=()
	for ((i = 1; i <= n; i++)); do
		turn=$i
		"${@//@I@/$i}" >"$BATS_TEST_TMPDIR/out-$i" 2>&1 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		local s=0
		wait "$i" || s=$?
		statuses+=("$s")
	done
}

# all_well - all of them ended with 0; else what the others said
all_well() {
	local i bad=0
	for i in "${!statuses[@]}"; do
		((statuses[i] == 0)) && continue
		bad=1
		echo "number $((i + 1)) ended with ${statuses[i]}:"
		cat "$BATS_TEST_TMPDIR/out-$((i + 1))"
	done
	return $bad
}

# ended_with STATUS - how many did
ended_with() { printf '%s\n' "${statuses[@]}" | grep -cx "$1" || :; }

# addresses NAME [6] - of all containers whose names begin so
addresses() { sed -n "s/^LOCAL_ADDRESS${2-}=//p" $confs/"$1"*.conf | sort; }

none_left() {
	local n
	for n in "$@"; do nothing_left "$n"; done
	run ls -A $confs
	refute_output --partial pending
	run ls -A /run/nixos-container
	refute_output --partial .lock
}

names() { seq -f "$name-%.0f" "$1"; }

@test "creates of different names get addresses of their own" {
	for ((round = 0; round < ROUNDS; round++)); do
		at_once $AT_ONCE nixos-container create "$name-@I@" --no-start --system-path "$A"
		all_well
		for family in '' 6; do
			assert_equal "$(addresses "$name" $family | wc -l)" $AT_ONCE
			assert_equal "$(addresses "$name" $family | uniq -d)" ''
		done
		at_once $AT_ONCE nixos-container destroy "$name-@I@"
		all_well
		none_left $(names $AT_ONCE)
	done
}

@test "what reads all settings does so while others come and go" {
	nixos-container create "$name" --no-start --system-path "$A"
	touch "$BATS_TEST_TMPDIR/go"
	(
		exec 3>&-
		while [[ -e $BATS_TEST_TMPDIR/go ]]; do
			mv "$conf" "$conf.away"
			mv "$conf.away" "$conf"
		done
	) &
	for ((round = 0; round < 90 + ROUNDS * 10; round++)); do
		run -0 nixos-container list --json
		run -0 jq -r '.[].name' <<<"$output"
		assert_line races-a
		run -0 nixos-container graph
		run -0 ctr-conf units "$BATS_TEST_TMPDIR/units"
	done
	rm "$BATS_TEST_TMPDIR/go"
	wait $!
}

@test "of creates of one name one makes it, the others say why not" {
	for ((round = 0; round < ROUNDS; round++)); do
		at_once $AT_ONCE nixos-container create "$name" --no-start --system-path "$A"
		assert_equal "$(ended_with 0)" 1
		assert_equal "$(ended_with 1)" $((AT_ONCE - 1))
		run -0 grep -Le "^nixos-container: $name: this container exists" \
			-e "^nixos-container: $name: another command is working on it" \
			"$BATS_TEST_TMPDIR"/out-*
		assert_equal "${#lines[@]}" 1
		assert_equal "$(ctr-gcroot path "$name")" "$A"
		at_once 4 nixos-container destroy "$name"
		(($(ended_with 0) > 0))
		none_left "$name"
	done
}

@test "--ensure-unique-name gives every one a name" {
	for ((round = 0; round < ROUNDS; round++)); do
		at_once $AT_ONCE nixos-container create -q "$name" --ensure-unique-name \
			--no-start --system-path "$A"
		all_well
		mapfile -t got < <(tail -qn 1 "$BATS_TEST_TMPDIR"/out-* | sort -u)
		assert_equal "${#got[@]}" $AT_ONCE
		assert_equal "$(addresses "$name" | uniq | wc -l)" $AT_ONCE
		for n in "${got[@]}"; do nixos-container destroy "$n"; done
		none_left "${got[@]}"
	done
}

@test "create against destroy of a name ends in one of the two, whole" {
	for ((round = 0; round < ROUNDS * 4; round++)); do
		nixos-container create "$name" --no-start --system-path "$A" & one=$!
		nixos-container destroy "$name" & two=$!
		wait $one || :
		wait $two || :
		if listed "$name"; then
			assert_equal "$(ctr-gcroot path "$name")" "$A"
			nixos-container destroy "$name"
		fi
		none_left "$name"
	done
}

@test "start against stop ends up or down, and the next of either works" {
	nixos-container create "$name" --no-start --system-path "$A"
	for ((round = 0; round < ROUNDS * 2; round++)); do
		nixos-container start "$name" 2>/dev/null & one=$!
		nixos-container stop "$name" & two=$!
		nixos-container restart "$name" 2>/dev/null & three=$!
		wait $one || :
		wait $two || :
		wait $three || :
		nixos-container start "$name"
		run -0 inside hostname
		nixos-container stop "$name"
		run ! ip link show "c-$name"
	done
	nixos-container destroy "$name"
	none_left "$name"
}

@test "two updates at once: both are generations, one is current" {
	nixos-container create "$name" --no-start --system-path "$A"
	for ((round = 0; round < ROUNDS; round++)); do
		at_once 8 nixos-container update "$name" --no-apply \
			--config "environment.etc.round.text = \"$round-@I@\";"
		all_well
		run -0 ctr-gcroot list --json "$name"
		assert_equal "$(grep -c '"number"' <<<"$output")" $((1 + 8 * (round + 1)))
		assert_equal "$(grep -c '"current":true' <<<"$output")" 1
	done
}

@test "destroy while it starts, and while it runs commands" {
	for ((round = 0; round < ROUNDS; round++)); do
		nixos-container create "$name" --no-start --system-path "$A"
		nixos-container start "$name" 2>/dev/null & one=$!
		nixos-container destroy "$name"
		wait $one || :
		none_left "$name"
		nixos-container create "$name" --system-path "$A"
		at_once 8 nixos-container run "$name" -- sleep 60 & one=$!
		until_true 5 pgrep -f "^sleep 60$" >/dev/null
		nixos-container destroy "$name"
		wait $one || :
		none_left "$name"
	done
}
