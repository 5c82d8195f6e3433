#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# ctr-each runs a command for each line of standard input.
load ../../lib/env

setup() { cd "$BATS_TEST_TMPDIR"; }

# each WORD... - the lines one, two, ... five go to it
each() { printf '%s\n' one two three four five | ctr-each "$@"; }

@test "the line is the last argument, whatever it holds" {
	printf '%s\n' 'a  b' '-x' '{}' '$(touch here)' '' "it's" | ctr-each -j 1 printf '<%s>\n' >out
	# shellcheck disable=SC2016 # as it is
	run -0 cat out
	assert_output $'a  b: <a  b>\n-x: <-x>\n{}: <{}>\n$(touch here): <$(touch here)>\nit\'s: <it\'s>'
	assert_not_exists here
	run -0 ctr-each false </dev/null
	assert_output ''
	# The last line need not end.
	run -0 sh -c 'printf "a\nb" | ctr-each -j 1 echo is'
	assert_output $'a: is a\nb: is b'
}

@test "each line of output has the label once, and errors stay errors" {
	run -0 --separate-stderr each -j 1 -l 'tool: {}: ' sh -c 'echo out
		echo "tool: $0: named" >&2
		printf unfinished
		printf "\033[2J\n" >&2'
	assert_line --index 0 'tool: one: out'
	assert_line --index 1 'tool: one: unfinished'
	assert_equal "${#lines[@]}" 10
	assert_equal "${stderr_lines[0]}" 'tool: one: named'
	assert_equal "${stderr_lines[1]}" 'tool: one: \x1b[2J'
}

@test "lines of many at once are never mixed up, however they are written" {
	# shellcheck disable=SC2016 # for the command
	each -j 5 sh -c 'for i in 1 2 3 4 5 6 7 8 9; do
		printf %s "$0-"; sleep 0.01; printf "%s\n" "$0"
	done' >out
	run ! grep -vxE '(one|two|three|four|five): \1-\1' out
	assert_equal "$(wc -l <out)" 45
	# A line longer than the buffer becomes several, each with its label.
	run -0 sh -c 'echo x | ctr-each sh -c "head -c 10000 /dev/zero | tr \"\\0\" a"'
	assert_equal "${#lines[@]}" 3
	assert_line --index 2 --regexp '^x: a+$'
}

@test "no more than --jobs run at once, and the next begins when any has ended" {
	mkdir running
	# shellcheck disable=SC2016 # for the command
	each -j 2 sh -c 'mkdir "running/$0"; ls running | wc -l >>counts
		[ "$0" = one ] && until [ -e five.done ]; do sleep 0.02; done
		rmdir "running/$0"; : >"$0.done"'
	run -0 sort -un counts
	assert_line --index -1 2
	assert_exists five.done	# one was still running
}

@test "one that fails is named, and the others go on" {
	# shellcheck disable=SC2016 # for the command
	run -1 --separate-stderr each -l 'tool: {}: ' sh -c 'echo "$0" >>did; case $0 in
		two) exit 3 ;; four) kill -9 $$ ;; esac'
	assert_equal "$(wc -l <did)" 5
	assert_equal "${stderr_lines[0]}" 'tool: four: ended by signal 9'
	assert_equal "${stderr_lines[1]}" 'tool: 2 of 5 failed: two four'
	run -1 sh -c 'echo x | ctr-each /no/such'
	assert_output --partial 'exec /no/such: No such file or directory'
	run -1 sh -c 'printf "a\nb\n" | ctr-each false'
	assert_output 'ctr-each: 2 of 2 failed: a b'
}

@test "the status of --also is no failure, but is passed on" {
	run -10 each --also 10 sh -c 'case $0 in two) exit 10 ;; esac'
	assert_output ''
	run -1 each --also 10 sh -c 'case $0 in two) exit 10 ;; three) exit 1 ;; esac'
	assert_output 'ctr-each: 1 of 5 failed: three'
	run -0 each --also 10 true
}

# begun N - so many commands have begun
begun() { [[ $(find . -name '*.begun' | wc -l) == "$1" ]]; }

@test "a signal ends all commands with what they started, and begins no more" {
	for signal in INT TERM HUP; do
		rm -f ./*.begun ./*.bye
		# As a command of a shell at a terminal, with SIGINT not ignored.
		# shellcheck disable=SC2016 # for the command
		printf '%s\n' one two three | setsid env --default-signal=INT ctr-each -j 2 sh -c '
			trap ": >$0.bye; exit 1" TERM
			: >"$0.begun"
			sleep 1234$PPID.5 & sleep 1234$PPID.5' 2>err 3>&- &
		pid=$!
		until_true 10 begun 2
		each_pid=$(pgrep -x ctr-each -s "$(ps -o sid= -p "$pid" | tr -d ' ')")
		kill -s "$signal" "$each_pid"
		status=0
		wait "$pid" || status=$?
		assert_equal "$status" 1
		run ! pgrep -f "sleep 1234$each_pid.5"
		begun 2
		assert_equal "$(find . -name '*.bye' | wc -l)" 2
		run -0 cat err
		assert_line 'ctr-each: stopped by a signal; not done: one two three'
	done
}

@test "a ctr-each that is killed ends its commands" {
	# shellcheck disable=SC2016 # for the command
	printf '%s\n' one two | ctr-each sh -c 'trap "kill $!; : >$0.bye; exit 1" TERM
		sleep 300 & trap "kill $!; : >$0.bye; exit 1" TERM
		: >"$0.begun"; wait' 3>&- &
	until_true 10 begun 2
	kill -9 $!
	until_true 10 test -e one.bye -a -e two.bye
}

@test "a process that a command leaves behind is not waited for" {
	SECONDS=0
	run -0 sh -c 'echo x | ctr-each sh -c "sleep 30 & echo \$! >left; echo done"'
	assert_output 'x: done'
	((SECONDS < 10))
	kill "$(<left)"
}
