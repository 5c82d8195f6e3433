#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# progress.bats - lib/script/progress.sh: a message about a long-running command
load ../../lib/env

setup() { cd "$BATS_TEST_TMPDIR"; }

# slowly SHELL SCRIPT - run SCRIPT, with slow, in a shell that traps TERM as verbs do
slowly() {
	# shellcheck disable=SC2086 # a shell may be two words
	timeout 50 taskset -c 0 $1 -euc '. "$1/progress.sh"
		. "$1/locks.sh"
		say() { printf "%s\n" "$*" >&2; }
		trap "exit 1" TERM
		eval "$2"' sh "$TOP/lib/script" "$2" 3>&-
}

@test "slow returns the command's status, at once when it ends" {
	for shell in dash "busybox ash"; do
		run -7 slowly "$shell" 'slow work sh -c "exit 7"'
		assert_output ""
		# The timer is signalled before, while and after it sets its trap.
		run -0 slowly "$shell" 'i=0; while [ $i -lt 300 ]; do slow work true; i=$((i + 1)); done'
		assert_output ""
		run -0 env --ignore-signal=ALRM bash -c "$(declare -f slowly)"'; slowly "$@"' \
			bash "$shell" 'slow work true; slow work sleep 0.1'
	done
}

@test "the timer holds no lock" {
	# shellcheck disable=SC2016 # for the shell that traps TERM
	slowly dash 'exec 9>lock; flock 9; echo $$ >pid; slow work unlocked sleep 30' &
	local waits=$! shell works tells
	until_true 5 test -s pid
	shell=$(cat pid)
	until_true 5 pgrep -P "$shell" -x sleep
	works=$(pgrep -P "$shell" -x sleep)
	tells=$(pgrep -P "$shell" -x dash)
	until_true 5 pgrep -P "$tells" -x sleep
	run find "/proc/$tells/fd" -lname '*/lock'
	assert_output ""
	kill -9 "$shell"
	until_true 5 sh -c '! kill -0 "$1" 2>/dev/null' sh "$shell"
	kill -0 "$works"
	flock -n lock true
	kill "$works"
	wait "$waits" || true
}

@test "without a terminal, a message is printed after ten seconds" {
	run -0 slowly dash 'slow "c: working" sleep 11'
	assert_output "c: working, for 10 s now"
}
