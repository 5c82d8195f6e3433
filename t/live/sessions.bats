#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Sessions in a container with systemd, beside what systemd does meanwhile.
load container

create_debian() {
	create --nixos-path /src/t/systems/debian -I suite=/usr/local "$@"
}

# held SECONDS - a session that ends with status 7, in the background
held() {
	nixos-container run "$name" -- sh -c "echo here; sleep $1; exit 7" \
		>"$BATS_TEST_TMPDIR/out" 3>&- &
	session=$!
	until_true 5 grep -q here "$BATS_TEST_TMPDIR/out"
}

ends_with() {
	local status=0
	wait "$session" || status=$?
	assert_equal "$status" "$1"
}

@test "a session outlives a restart of the server, and systemd's own" {
	create_debian
	held 3
	inside systemctl restart ctr-console.service
	inside systemctl daemon-reload
	inside systemctl daemon-reexec
	ends_with 7
}

@test "the server comes back by itself when it was killed or stopped" {
	create_debian
	inside sh -c 'kill -9 $(systemctl show -p MainPID --value ctr-console)' || :
	run -0 inside hostname
	inside systemctl stop ctr-console.service || :
	run -0 inside hostname
	assert_output "$name"
}

@test "at the minimal system too a session outlives its server" {
	create
	held 3
	# The server of the session: the parent of what attends to it.
	inside sh -c 'set -- $(cat /proc/$PPID/stat); kill -9 $4'
	until_true 10 inside true
	ends_with 7
}

@test "reboot through the root shell's socket, by plain socat" {
	create_debian
	local before
	before=$(boots)
	echo reboot | socat "unix:$root/var/lib/root-shell.socket" -
	until_true 60 booted_after "$before"
}

@test "update goes on while a session runs" {
	create_debian
	held 3
	nixos-container update "$name" --nixos-path /src/t/systems/debian \
		-I suite=/usr/local --option restrict-eval false
	ends_with 7
}

@test "a session ends when its container does" {
	create_debian
	held 1000
	nixos-container stop "$name"
	local status=0
	wait "$session" || status=$?
	((status != 0))
}

# --- each way in, at each kind of container ---

# pty [VARIABLE=VALUE...] - run expect on stdin's script, with $name and $root
pty() { env "$@" name="$name" root="$root" timeout -k 5 60 expect -f - 3>&-; }

# every_way - what a person does in a container all day
every_way() {
	run -3 --separate-stderr inside sh -c 'echo out; echo err >&2; exit 3'
	assert_equal "$output/$stderr" out/err
	run -137 inside sh -c 'kill -9 $$'
	run -127 inside /no/such
	run -126 inside /etc/passwd
	head -c 300000 /dev/urandom >"$BATS_TEST_TMPDIR/in"
	inside cat <"$BATS_TEST_TMPDIR/in" | cmp - "$BATS_TEST_TMPDIR/in"
	run -0 nixos-container run -u nobody -d /tmp -e 'A=b  c' "$name" -- \
		sh -c 'id -un; pwd; echo "$A"'
	assert_output $'nobody\n/tmp\nb  c'
	run -0 inside sh -c 'tty || :'
	assert_output "not a tty"
	run -0 socat -t 10 - "unix:$root/var/lib/root-shell.socket" <<<'id -u; hostname'
	assert_output $'0\n'"$name"
	run -4 nixos-container root-login "$name" <<<'id -u; exit 4'
	assert_output 0
	at_a_terminal
	logins
}

# at_a_terminal - a terminal inside, of the size outside and then another
at_a_terminal() {
	run -0 pty <<-'END'
		set timeout 20
		spawn nixos-container run $env(name) -- sh -c {tty; stty size; read x; stty size; exit 6}
		set pty $spawn_out(slave,name)
		expect -re {/dev/(pts/|console)} {} default { exit 1 }
		exec stty rows 33 cols 77 <$pty
		sleep 0.3
		send "x\r"
		expect "33 77" {} default { exit 2 }
		expect eof
		if {[lindex [wait] 3] != 6} { exit 3 }
		spawn nixos-container root-login $env(name)
		send "echo is-\$((2+3)) \$(id -u)\r"
		expect "is-5 0" {} default { exit 4 }
		send "exit 9\r"
		expect eof
		if {[lindex [wait] 3] != 9} { exit 5 }
	END
}

# logins - with a password that was set at a prompt, by both kinds of client
logins() {
	run -0 pty <<-'END'
		set timeout 20
		spawn nixos-container set-root-password $env(name)
		expect "New password" { send "s3 same:\$x\r" } default { exit 1 }
		expect "Retype" { send "s3 same:\$x\r" } default { exit 2 }
		expect eof
		if {[lindex [wait] 3] != 0} { exit 3 }
		foreach how [list "nixos-container login $env(name)" \
		    "socat unix:$env(root)/var/lib/login.socket -,echo=0,raw"] {
			spawn {*}$how
			expect "login: " { send "root\r" } default { exit 4 }
			expect "assword: " {} default { exit 5 }
			# That login turns the echo off behind its prompt.
			sleep 0.5
			send "s3 same:\$x\r"
			expect -re {[#$] } { send "echo is-\$((2+3)) \$(tty)\r" } default { exit 6 }
			expect -re {is-5 /dev/pts/[0-9]} { send "exit\r" } default { exit 7 }
			expect eof
		}
	END
	refute_output --partial s3
}

@test "every way in, at the minimal system" {
	create
	every_way
}

@test "every way in, at the minimal system with users of its own" {
	create --no-start
	ctr-conf set "$name" PRIVATE_USERS=pick
	nixos-container start "$name"
	every_way
}

@test "every way in, at Debian" {
	create_debian
	every_way
}

@test "every way in, at Debian with users of its own" {
	create_debian --no-start
	ctr-conf set "$name" PRIVATE_USERS=pick
	nixos-container start "$name"
	every_way
}

@test "every byte of every argument arrives, 100 kB of them" {
	create
	set -- '' ' two  words ' $'line\nline\n' $'\377\001' '$HOME `id` "x" \' -- \
		--help '*' "'" "$(head -c 100000 /dev/zero | tr '\0' x)"
	printf '%s\0' "$@" >"$BATS_TEST_TMPDIR/want"
	inside printf '%s\0' "$@" | cmp - "$BATS_TEST_TMPDIR/want"
}

@test "run and login work under ssh, with -t and without" {
	create
	ssh-keygen -q -t ed25519 -N '' -f "$BATS_TEST_TMPDIR/id"
	mkdir -p /run/sshd
	/usr/sbin/sshd -D -f /dev/null -h "$BATS_TEST_TMPDIR/id" -p 2022 -o ListenAddress=127.0.0.1 \
		-o AuthorizedKeysFile="$BATS_TEST_TMPDIR/id.pub" -o StrictModes=no 3>&- &
	sshd=$!
	there() {
		ssh -q -F /dev/null -i "$BATS_TEST_TMPDIR/id" -p 2022 -o StrictHostKeyChecking=no \
			-o UserKnownHostsFile=/dev/null "$@"
	}
	until_true 10 there 127.0.0.1 true
	run -6 there 127.0.0.1 "nixos-container run $name -- sh -c 'cat; tty; exit 6'" <<<in
	local plain=$output
	run -7 pty id="$BATS_TEST_TMPDIR/id" <<-'END'
		set timeout 20
		spawn ssh -q -F /dev/null -i $env(id) -p 2022 -o StrictHostKeyChecking=no \
			-o UserKnownHostsFile=/dev/null -t 127.0.0.1 "nixos-container run $env(name) -- sh -c 'tty; read x; echo got-\$x; exit 7'"
		expect -re {/dev/(pts/|console)} { send "abc\r" } default { exit 1 }
		expect "got-abc" {} default { exit 2 }
		expect eof
		exit [lindex [wait] 3]
	END
	kill "$sshd"
	assert_equal "$plain" $'in\nnot a tty'
}

@test "a password is not shown after the prompt was stopped and continued" {
	create
	run -0 pty <<-'END'
		set timeout 20
		spawn bash --norc -i
		expect -re {[#$] $}
		send "nixos-container set-root-password $env(name)\r"
		expect "New password" {} default { exit 1 }
		send "\x1a"
		expect Stopped {} default { exit 2 }
		send "fg\r"
		expect "interrupted; the password is not changed" {} default { exit 3 }
	END
}

@test "a password is never on a command line, nor in a message" {
	create
	run -2 nixos-container set-root-password "$name" s3cret
	refute_output --partial s3cret
	assert_output --partial "standard input"
	run -2 nixos-container set-root-password "$name" </dev/null
	run -2 nixos-container set-root-password "$name" <<<''
	inside sed -n '/^root/p' /etc/shadow >"$BATS_TEST_TMPDIR/before"
	grep -qF 'root:$6$locked$:' "$BATS_TEST_TMPDIR/before"
	nixos-container set-root-password "$name" <<<s3cret
	run ! inside grep -qF 'root:$6$locked$:' /etc/shadow
	strace -f -s 4096 -e trace=execve -o "$BATS_TEST_TMPDIR/trace" \
		nixos-container set-root-password "$name" <<<s3cret
	grep -q execve.*chpasswd "$BATS_TEST_TMPDIR/trace"
	run ! grep s3cret "$BATS_TEST_TMPDIR/trace"
	run ! journalctl -q --no-pager --grep s3cret
}

@test "what run itself cannot do is 125, whatever it is" {
	create --no-start
	run -125 nixos-container run "$name" -- true
	run -125 nixos-container run "no-$name" -- true
	run -125 nixos-container run "$name"
	run -125 nixos-container run
	run -125 nixos-container run --no-such "$name" -- true
	assert_output --partial --no-such
	run -125 nixos-container run "$name" --env x -- true
	assert_output --partial "K=V: x"
}

@test "sockets below a tmpfs over /var are found all the same" {
	for system in minimal debian; do
		if [ $system = minimal ]; then create --no-start; else create_debian --no-start; fi
		echo 'TMPFS="/var:mode=755"' >>"$conf"
		nixos-container start "$name"
		assert_not_exists "$root/var/lib/login.socket"
		run -5 inside sh -c 'grep -c " /var " /proc/mounts; exit 5'
		assert_output 1
		run -3 nixos-container root-login "$name" <<<'exit 3'
		nixos-container destroy "$name"
	done
}

@test "a stop does not wait for sessions that trap their signals" {
	local hold='trap "" HUP TERM; echo here; while :; do sleep 1; done' plain ours
	for system in minimal debian; do
		if [ $system = minimal ]; then create; else create_debian; fi
		socat -t 60 - "unix:$root/var/lib/root-shell.socket" <<<"$hold" \
			>"$BATS_TEST_TMPDIR/plain-$system" 3>&- &
		plain=$!
		inside sh -c "$hold" >"$BATS_TEST_TMPDIR/ours-$system" 3>&- &
		ours=$!
		for how in plain ours; do
			until_true 5 grep -q here "$BATS_TEST_TMPDIR/$how-$system"
		done
		# Those of systemd would wait for 90 seconds.
		timeout 45 nixos-container stop "$name"
		wait $plain
		local status=0
		wait $ours || status=$?
		((status != 0))
		nixos-container destroy "$name"
	done
}

# --- where ctr-console does not serve ---

create_foreign() {
	create_debian
	inside systemctl stop ctr-login.socket ctr-root-shell.socket || :
	rm -f "$root/var/lib/login.socket" "$root/var/lib/root-shell.socket"
}

@test "a container without the sockets is reached by systemd-run, with the same status" {
	create_foreign
	run -7 inside sh -c 'exit 7'
	run -0 inside hostname
	assert_output "$name"
	run -137 inside sh -c 'kill -9 $$'
	run -127 inside /no/such
	run -127 inside no-such-command
	run -126 inside /etc/passwd
	run -203 inside sh -c 'exit 203'
	run -3 --separate-stderr inside sh -c 'echo out; echo err >&2; exit 3'
	assert_equal "$output/$stderr" out/err
	run -125 nixos-container run --user no-such "$name" -- true
	assert_output --partial no-such
	run -125 nixos-container run --chdir /no/such "$name" -- true
	assert_output --partial /no/such
	run -0 nixos-container run -u nobody -d /tmp -e 'A=$b  c' "$name" -- \
		sh -c 'id -un; pwd; echo "$A"'
	assert_output $'nobody\n/tmp\n$b  c'
	run -0 inside systemctl list-units --all 'nixos-container-run-*' --no-legend --plain
	refute_output --partial failed
}

@test "without the sockets too a container with users of its own is reached" {
	create_debian --no-start
	ctr-conf set "$name" PRIVATE_USERS=pick
	nixos-container start "$name"
	inside systemctl stop ctr-login.socket ctr-root-shell.socket || :
	rm -f "$root/var/lib/login.socket" "$root/var/lib/root-shell.socket"
	run -7 inside sh -c 'id -u; exit 7'
	assert_output 0
	run -137 inside sh -c 'kill -9 $$'
	run -127 inside /no/such
	run -0 nixos-container run -u nobody "$name" -- id -un
	assert_output nobody
	run -4 nixos-container root-login "$name" <<<'id -u; exit 4'
	assert_output 0
}

@test "without the sockets too arguments, input and output arrive as they are" {
	create_foreign
	set -- '' ' two  words ' $'line\nline\n' '$HOME ${HOME} $$ `id` "x" \' -- --help '%h %%' '*' "'"
	printf '%s\0' "$@" >"$BATS_TEST_TMPDIR/want"
	inside printf '%s\0' "$@" | cmp - "$BATS_TEST_TMPDIR/want"
	head -c 300000 /dev/urandom >"$BATS_TEST_TMPDIR/in"
	inside cat <"$BATS_TEST_TMPDIR/in" | cmp - "$BATS_TEST_TMPDIR/in"
	run -4 nixos-container root-login "$name" <<<'id -u; exit 4'
	assert_output 0
}

@test "without the sockets too there is a terminal, and a login prompt" {
	create_foreign
	run -0 pty <<-'END'
		set timeout 20
		spawn nixos-container run $env(name) -- sh -c {tty; read x; echo got-$x; exit 6}
		expect "/dev/pts/" { send "abc\r" } default { exit 1 }
		expect "got-abc" {} default { exit 2 }
		expect eof
		if {[lindex [wait] 3] != 6} { exit 3 }
		spawn nixos-container root-login $env(name)
		expect -re {[#$] } { send "echo is-\$((2+3)) \$(id -u)\r" } default { exit 4 }
		expect "is-5 0" {} default { exit 4 }
		send "exit 9\r"
		expect eof
		if {[lindex [wait] 3] != 9} { exit 5 }
		spawn nixos-container login $env(name)
		expect "login: " {} default { exit 6 }
		exit 0
	END
}

@test "without the sockets too a signal to run reaches the command" {
	create_foreign
	nixos-container run "$name" -- sh -c \
		'trap "echo caught; exit 5" TERM; echo here; while :; do sleep 0.1; done' \
		>"$BATS_TEST_TMPDIR/out" 3>&- &
	until_true 5 grep -q here "$BATS_TEST_TMPDIR/out"
	kill -TERM $!
	local status=0
	wait $! || status=$?
	assert_equal "$status" 5
	grep -q caught "$BATS_TEST_TMPDIR/out"
}
