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

# bats test_tags=suites
@test "a session outlives a restart of the server, and systemd's own" {
	create_debian
	held 3
	inside systemctl restart ctr-console.service
	inside systemctl daemon-reload
	inside systemctl daemon-reexec
	ends_with 7
}

# bats test_tags=suites
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

# bats test_tags=suites
@test "update goes on while a session runs" {
	create_debian
	held 3
	nixos-container update "$name" --nixos-path /src/t/systems/debian \
		-I suite=/usr/local -I debian=/etc/nixos-container-test --option restrict-eval false
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

# bats test_tags=suites
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

# bats test_tags=suites
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

# --- systems without ctr-console ---

# create_bare - a Debian that knows nothing of the suite
create_bare() {
	mkdir -p /srv/nothing
	create --nixos-path /src/t/systems/debian -I suite=/srv/nothing "$@"
}

# unit_paths - the files of the units that serve sessions
unit_paths() {
	inside systemctl show -p FragmentPath --value ctr-console.service \
		ctr-login.socket ctr-root-shell.socket | grep .
}

# has_sockets - as in the seed, since the container was ready
has_sockets() {
	run -0 stat -c '%F %a' "$root/var/lib/login.socket" "$root/var/lib/root-shell.socket"
	assert_output $'socket 666\nsocket 600'
	run -0 unit_paths
	assert_output $'/run/ctrconsole/ctr-console.service\n/run/ctrconsole/ctr-login.socket\n/run/ctrconsole/ctr-root-shell.socket'
}

@test "every way in, at a Debian without the suite" {
	create_bare
	has_sockets
	every_way
}

# bats test_tags=suites
@test "every way in, at a Debian without the suite and with users of its own" {
	create_bare --no-start
	ctr-conf set "$name" PRIVATE_USERS=pick
	nixos-container start "$name"
	has_sockets
	every_way
	nixos-container stop "$name"
	assert_not_exists "$state/.$name.sessions"
	nixos-container start "$name"
	has_sockets
}

@test "where /run of the host is noexec a Debian without the suite has sessions, too" {
	mount -o remount,noexec /run
	create_bare
	run inside sh -c 'exit 7'
	mount -o remount,exec /run
	assert_failure 7
	# The programs of the container do not run from it, until the end.
	nixos-container stop "$name"
	run ! journalctl -q --no-pager -u "container@$name.service" --grep 'Failed unmounting.*console'
}

@test "what the container gets is a copy, which the next start makes anew" {
	create_bare
	local copy=$state/.$name.sessions/ctr-console
	cmp "$copy" /usr/local/share/nixos-container/systems/minimal/ctr-console
	assert_equal "$(stat -c %h "$copy")" 1
	# As if its root had changed the mount, and written to it.
	echo spoilt >"$copy"
	mkdir -p "$state/.$name.sessions/deep/er"
	ln -s /etc/passwd "$state/.$name.sessions/link"
	chattr +i "$state/.$name.sessions/deep"
	nixos-container restart "$name"
	run -0 inside hostname
	assert_output "$name"
	assert_not_exists "$state/.$name.sessions/deep"
	run -0 stat /etc/passwd
}

# bats test_tags=suites
@test "a container's own units of these names win, and systemctl edit works" {
	create_debian
	run -0 unit_paths
	assert_output $'/etc/systemd/system/ctr-console.service\n/etc/systemd/system/ctr-login.socket\n/etc/systemd/system/ctr-root-shell.socket'
	nixos-container destroy "$name"
	create_bare
	inside sh -c 'mkdir -p /usr/local/lib/systemd/system 2>/dev/null || mkdir -p /etc/systemd/system
		sed s,666,644, /run/ctrconsole/ctr-login.socket >/etc/systemd/system/ctr-login.socket'
	nixos-container restart "$name"
	run -0 stat -c %a "$root/var/lib/login.socket"
	assert_output 644
	inside sh -c 'mkdir /run/systemd/system/ctr-root-shell.socket.d
		printf "[Socket]\nBacklog=7\n" >/run/systemd/system/ctr-root-shell.socket.d/own.conf
		systemctl daemon-reload'
	run -0 inside systemctl show -p Backlog --value ctr-root-shell.socket
	assert_output 7
}

@test "the minimal system serves its own sockets, and gets no others" {
	create
	run -0 inside sh -c 'exit 0'
	assert_equal "$(ls "$state/.$name.sessions")" ctr-tree
	run -1 inside grep -q SYSTEMD_UNIT_PATH /proc/1/environ
}

# unreachable - each verb says so in one line of its own, at once
unreachable() {
	local said="cannot be reached: its socket var/lib/"
	for verb in "run $name true" "root-login $name" "login $name"; do
		run -125 timeout 2 nixos-container $verb </dev/null
		assert_equal "${#lines[@]}" 1
		assert_output --partial "$name: $said"
		assert_output --partial "see its log: nixos-container logs $name"
	done
	run -1 timeout 2 nixos-container reload "$name"
	assert_line -n 0 --partial "$name: $said"
	assert_line -n 1 "nixos-container: $name: could not switch to its current system; its messages are above, and in: nixos-container logs $name"
	assert_equal "${#lines[@]}" 2
	run -1 timeout 2 nixos-container set-root-password "$name" <<<x
	assert_line -n 0 --partial "$name: $said"
	assert_line -n 1 "nixos-container: $name: could not set the password, for the reason above"
	assert_equal "${#lines[@]}" 2
}

@test "a container that stops or masks the units, or removes its sockets, is unreachable" {
	create_bare
	inside systemctl stop ctr-login.socket ctr-root-shell.socket || :
	unreachable
	nixos-container restart "$name"
	inside systemctl mask ctr-console.service ctr-login.socket ctr-root-shell.socket
	rm "$root/var/lib/login.socket" "$root/var/lib/root-shell.socket"
	nixos-container restart "$name"
	unreachable
	run -0 nixos-container status "$name"
	timeout 20 nixos-container stop "$name"
}

# bats test_tags=suites
@test "no process of the host's enters a container whose sockets are gone" {
	for users in no pick; do
		create_bare --no-start
		ctr-conf set "$name" "PRIVATE_USERS=$users"
		nixos-container start "$name"
		# The parent of whatever enters is outside: 0, as that of process 1.
		cat >"$root/root/watch" <<-'END'
			n=0
			while :; do
				for f in /proc/[0-9]*/stat; do
					{ read -r pid rest <"$f"; } 2>/dev/null || continue
					case ${rest##*) } in
					?' 0 '*) [ "$pid" = 1 ] || echo "$pid $rest" >>/root/entered ;;
					esac
				done
				n=$((n + 1))
				echo $n >/root/rounds
			done
		END
		inside systemd-run --quiet sh /root/watch
		until_true 10 test -s "$root/root/rounds"
		rm "$root/var/lib/login.socket" "$root/var/lib/root-shell.socket"
		unreachable
		run -3 nixos-container update "$name" --nixos-path /src/t/systems/debian \
			-I suite=/srv/nothing -I debian=/etc/nixos-container-test \
			--option restrict-eval false --config 'environment.etc.new.text = "";'
		assert_line --partial "cannot be reached"
		nixos-container list --long
		nixos-container show --json "$name"
		nixos-container logs "$name" --lines 3
		cp "$root/root/rounds" "$BATS_TEST_TMPDIR/rounds"
		until_true 10 eval '! cmp -s "$root/root/rounds" "$BATS_TEST_TMPDIR/rounds"'
		assert_not_exists "$root/root/entered"
		# What does enter is seen.
		leader=$(sed -n 's/^LEADER=//p' "/run/systemd/machines/$name")
		nsenter -t "$leader" -p -m sleep 1 3>&-
		assert_exists "$root/root/entered"
		nixos-container destroy "$name"
	done
}
