#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shell: a container that is gone when its session is.
load container

# these - the containers that shell made
these() { nixos-container list | grep '^shell' | tr '\n' ' '; }

teardown() {
	nixos-container list | grep '^shell' | xargs -r -n 1 nixos-container destroy
}

gone() {
	run -0 these
	assert_output ''
	nothing_left shell
	assert_not_exists /run/nixos-container/shell.end
}

# up - is there one whose session has begun?
up() { grep -qs begun /var/lib/containers/shell/var/begun; }

@test "shell runs a command in a container of its own, with its streams and status" {
	run -7 --separate-stderr nixos-container shell -- sh -c 'hostname; printf "%s|" "$@"; exit 7' sh 'a b' '' '--'
	assert_output $'shell\na b||--|'
	gone
	run -0 --separate-stderr sh -c 'echo "echo said; exit 3" | nixos-container shell; echo $?'
	assert_line said
	assert_line 3
	gone
}

@test "shell takes the options of create, and names that are free" {
	nixos-container create --no-start shell
	run -0 --separate-stderr nixos-container shell \
		--config 'environment.etc."motto".text = "one";' --host-address 10.231.153.1 --local-address 10.231.153.2 -- \
		sh -c 'hostname; cat /etc/motto; echo; ip addr show eth0'
	assert_line shell-0
	assert_line one
	assert_output --partial 10.231.153.2/32
	run -0 these
	assert_output 'shell '
	nothing_left shell-0
}

@test "what keeps shell from its command is 125, and leaves nothing" {
	run -125 nixos-container shell --no-such -- true
	run -125 nixos-container shell --no-start -- true
	run -125 nixos-container shell --local-address 10.231.153.2 true
	run -125 nixos-container shell --config 'no.such.option = 1;' -- true
	touch "$BATS_TEST_TMPDIR/init"
	run -125 nixos-container shell --system-path "$BATS_TEST_TMPDIR" -- true
	gone
	run -127 nixos-container shell -- no-such-command
	gone
}

@test "signals end it, and all that is its own" {
	for sig in TERM INT HUP KILL; do
		# bash has a background command ignore INT, nohup(1) any of ours HUP.
		env --default-signal nixos-container shell -- \
			sh -c 'echo begun >/var/begun; sleep 100' 2>/dev/null 3>&- &
		until_true 20 up
		kill -$sig $!
		status=0
		wait $! || status=$?
		case $sig in
		TERM) assert_equal "$status" 143 ;;
		INT) assert_equal "$status" 130 ;;
		HUP) assert_equal "$status" 129 ;;
		KILL) until_true 20 test ! -e "$confs/shell.conf" -a ! -e "$confs/.shell.pending"
			until_true 10 test ! -e /run/nixos-container/shell.lock ;;
		esac
		gone
	done
}

@test "it is gone when its whole process group was killed" {
	run -137 timeout -s KILL 4 nixos-container shell -q -- sleep 100
	until_true 20 test ! -e "$confs/shell.conf" -a ! -e "$confs/.shell.pending"
	until_true 10 test ! -e /run/nixos-container/shell.lock
	gone
}

@test "a command that ignores signals does not keep it" {
	env --default-signal nixos-container shell -- \
		sh -c 'trap "" TERM HUP INT; echo begun >/var/begun; while :; do sleep 1; done' \
		2>/dev/null 3>&- &
	until_true 20 up
	kill -TERM $!
	status=0
	until_true 30 sh -c '! kill -0 "$1" 2>/dev/null' sh $! || kill -KILL $!
	wait $! || status=$?
	assert_equal "$status" 143
	gone
}

@test "it is gone when it was killed while it was made" {
	for delay in 0 0.1 0.3; do
		nixos-container shell -- true 2>/dev/null 3>&- &
		until_true 10 test -e "$confs/.shell.pending" -o -e "$confs/shell.conf"
		sleep "$delay"
		kill -9 $! || :
		wait $! || :
		until_true 20 test ! -e "$confs/shell.conf" -a ! -e "$confs/.shell.pending"
		until_true 10 test ! -e /run/nixos-container/shell.lock
		gone
	done
}

@test "a container that ends by itself ends the session" {
	run nixos-container shell -- sh -c 'poweroff; sleep 100'
	((status != 0))
	gone
}

@test "at a terminal it is one there, too" {
	run -0 expect -c '
		set timeout 60
		spawn nixos-container shell
		expect -re {[#$] $}
		send "tty; stty size\r"
		expect -re {/dev/(pts/\d+|console).*\n\d+ \d+}
		send "exit 5\r"
		expect eof
		exit [expr {[lindex [wait] 3] != 5}]'
	gone
}

@test "busybox has a shell as well" {
	run -7 busybox sh "$(command -v nixos-container)" shell -- sh -c 'exit 7'
	gone
	[[ $(busybox | head -n 1) != *' v1.38.'* ]] || skip "busybox 1.38: no read ends after a trapped signal"
	busybox sh "$(command -v nixos-container)" shell -- \
		sh -c 'echo begun >/var/begun; sleep 100' 2>/dev/null 3>&- &
	until_true 20 up
	kill -TERM $!
	wait $! || ((status = $?))
	gone
}
