#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A shell stands for systemd-nspawn: its first child is the first process of a new
# PID namespace.  Its arguments name the signal.
load ../../lib/env

setup() {
	((EUID == 0)) || skip "needs root for a PID namespace"
	cd "$BATS_TEST_TMPDIR"
	power_off=--kill-signal=SIGRTMIN+3
}

teardown() { [[ -z ${started-} ]] || kill -9 "$started" 2>/dev/null || :; }

# starts SCRIPT WORD... - a container of that first process; it runs when this
# returns.  A SIGTERM ends its systemd-nspawn with 9, which lives a little longer than
# the container (and cannot fork any more).
starts() {
	printf '>up\n%s\n' "$1" >init
	ctr-start unshare --pid sh -c 'trap "exit 9" TERM; sh ./init &
		wait $!; code=$? i=0
		while [ $i -lt 200000 ]; do i=$((i + 1)); done
		exit $code' "${@:2}" 3>&- &
	started=$!
	until_true 10 test -e up
}

# ends STATUS - it ends with that status
ends() {
	local status=0
	wait "$started" || status=$?
	started=
	assert_equal "$status" "$1"
}

@test "a request is kept until the first process can take it" {
	for signal in TERM INT; do
		rm -f up
		starts 'sleep 1; trap "exit 5" 37; while :; do sleep 0.1; done' "$power_off"
		kill -s "$signal" "$started"
		ends 5
	done
}

@test "a first process that loses a request is asked again" {
	starts 'trap "echo got >>got; [ \$(wc -l <got) -lt 3 ] || exit 6" 37
		while :; do sleep 0.1; done' "$power_off"
	kill "$started"
	ends 6
}

@test "with another signal, systemd-nspawn gets one SIGTERM, and nothing else" {
	for words in --kill-signal=SIGTERM "--kill-signal SIGTERM" "$power_off --kill-signal=SIGPWR" ''; do
		rm -f up
		starts 'trap "exit 5" 37; while [ ! -e done ]; do sleep 0.1; done; rm done' $words
		kill "$started"
		ends 9
		>done
		until_true 10 test ! -e done
	done
}

@test "the words of the container's own command do not count" {
	starts 'trap "exit 5" 37; while :; do sleep 0.1; done' "$power_off" -- --kill-signal=SIGTERM
	kill "$started"
	ends 5
}

@test "without a container, the command gets SIGTERM" {
	ctr-start sleep 1000 3>&- &
	started=$!
	until_true 10 pgrep -P "$started" -x sleep
	kill "$started"
	ends 143
}

@test "it ends as its command does" {
	run -7 ctr-start sh -c 'exit 7'
	run -137 ctr-start sh -c 'kill -9 $$'
	run -134 ctr-start sh -c 'kill -ABRT $$'
	run -0 ctr-start -- sh -c 'echo out; cat' <<<in
	assert_output $'out\nin'
}

@test "its command has the signals that it had itself" {
	run -0 ctr-start sed -n 's/^Sig\(Blk\|Ign\):\s*//p' /proc/self/status
	first=$output
	run -0 sed -n 's/^Sig\(Blk\|Ign\):\s*//p' /proc/self/status
	assert_output "$first"
}

@test "children of the process that became it leave no zombies" {
	sh -c 'sleep 0.2 & exec ctr-start sleep 1000' 3>&- &
	started=$!
	until_true 10 pgrep -P "$started" -f 'sleep 1000'
	one_child() { [[ $(pgrep -c -P "$started") == 1 ]]; }
	until_true 10 one_child
}

@test "if it is killed, the command ends, too" {
	ctr-start sleep 1000 3>&- &
	started=$!
	until_true 10 pgrep -P "$started" -x sleep
	child=$(pgrep -P "$started" -x sleep)
	kill -9 "$started"
	gone() { [[ ! -e /proc/$child ]] || grep -q '^State:\s*Z' "/proc/$child/status"; }
	until_true 10 gone
}
