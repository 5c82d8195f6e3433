#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The exit statuses of all verbs, as the table in nixos-container(8) has them.
# t/live/many.bats, sessions.bats and update.bats have those that need a container.
load ../../lib/env
load ../../lib/texts

setup() {
	export NIXOS_CONTAINER_CONF_DIR=$BATS_TEST_TMPDIR/conf NIXOS_CONTAINER_RUN_DIR=$BATS_TEST_TMPDIR/run
	export NIXOS_CONTAINER_LOCK_DIR=$BATS_TEST_TMPDIR/run NIXOS_CONTAINER_STATE_DIR=$BATS_TEST_TMPDIR/trees
	mkdir "$NIXOS_CONTAINER_CONF_DIR"
}

# table - the statuses of the page, each with the verbs that have it to themselves:
# STATUS VERB
table() {
	awk '/^\.Sh EXIT STATUS/ { on = 1; next } /^\.Sh/ { on = 0 }
		!on { next }
		/^\.It / { status = $NF; print status, "-"; next }
		/^\.Cm / { for (i = 2; i <= NF; i++) if ($i ~ /^[a-z-]+$/) print status, $i }' \
		"$TOP/bin/nixos-container.8"
}

# listed STATUS VERB - the page has this status for that verb, or for all
listed() { table | grep -qxE "$1 ($2|-)"; }

@test "the page lists these statuses, and none twice" {
	assert_equal "$(table | sed -n 's/ -$//p' | tr '\n' ' ')" '0 1 2 3 4 10 125 126 127 255 other '
}

@test "wrong usage is 2, and 125 for what runs a command" {
	local verb expected
	for verb in $(verbs); do
		expected=2
		[[ $verb != run && $verb != shell ]] || expected=125
		run "-$expected" nixos-container "$verb" --no-such-option
		assert_output --partial 'no-such-option'
		listed $expected "$verb" || fail "$verb: $expected"
	done
}

@test "a container that does not exist is 1, but for the verbs that the page names" {
	local verb expected words
	for verb in $(verbs); do
		nixos-container "$verb" --help | head -n 1 | grep -qw NAME || continue
		case $verb in
		create | import | shell) continue ;;	# it need not exist
		run) expected=125 ;;
		status) expected=4 ;;
		destroy | cleanup) expected=0 ;;
		verify) expected=2 ;;
		*) expected=1 ;;
		esac
		case $verb in
		clone | rename | restore) words=(new) ;;
		run) words=(true) ;;
		copy-to | copy-from) words=(/x /y) ;;
		*) words=() ;;
		esac
		run nixos-container "$verb" none "${words[@]}" </dev/null
		[[ $verb == verify && $EUID != 0 ]] || assert_equal "$verb: $status" "$verb: $expected"
		listed $expected "$verb" || fail "$verb: $expected is not in the page"
	done
}

@test "ssh that fails is 255" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\nexit 255\n' >"$BATS_TEST_TMPDIR/bin/ssh"
	chmod +x "$BATS_TEST_TMPDIR/bin/ssh"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
	for verb in list start; do
		run -255 nixos-container -H far $verb none
	done
	listed 255 list
}
