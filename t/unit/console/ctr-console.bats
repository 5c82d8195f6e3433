#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# ctr-console.bats - sessions: the server and the client, and plain socat
load ../../lib/env

# Each test has its own server, in a tree that serves as a container.
setup() {
	[ "$(id -u)" = 0 ] || skip "needs root"
	root=$BATS_TEST_TMPDIR/root
	in=$root/var/lib
	mkdir -p "$in"
	pids=()
	serve
}

teardown() {
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null || continue
		until_true 10 gone "$pid" || kill -9 "$pid"
	done
	[ ! -e "$BATS_TEST_TMPDIR/started" ] ||
		while read -r pid; do kill -9 "$pid" 2>/dev/null; done \
			<"$BATS_TEST_TMPDIR/started"
	[ ! -d "${open-}" ] || rm -rf "$open"
	true
}

# serve [option...] - start the server with the prefix serve_as, and wait until it
# listens
serve() {
	env -u TERM ${serve_as-} ctr-console serve --login-socket "$in/login.socket" \
		--root-shell-socket "$in/root-shell.socket" "$@" \
		</dev/null >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
	server=$!
	pids+=("$server")
	until_true 10 test -S "$in/root-shell.socket"
}

# serve_inside dir script - a server instead, in mounts of its own: the script's
serve_inside() {
	stop_server
	unshare -m sh -ec "$2"'
		exec ctr-console serve --login-socket "$2/login.socket" \
			--root-shell-socket "$2/root-shell.socket"' sh "$1" "$in" \
		</dev/null >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
	server=$!
	pids+=("$server")
	until_true 10 test -S "$in/root-shell.socket"
}

stop_server() {
	kill "$server"
	wait "$server"
}

con() { timeout -k 5 30 ctr-console "$@"; }

# has file text - does the file contain it?
has() { [ -e "$1" ] && grep -q -e "$2" "$1"; }

# ended status pid - a job ends with this status; run cannot wait for it, as it forks
ended() {
	local status=0
	wait "$2" || status=$?
	[ "$status" = "$1" ] || { echo "status $status, not $1" >&2; return 1; }
}

gone() { ! kill -0 "$1" 2>/dev/null; }

# pty script - run expect on stdin's script, with $root and the tools at hand
pty() {
	root=$root in=$in tmp=$BATS_TEST_TMPDIR expect -f - 3>&-
}

# --- the server ---

@test "login.socket has mode 0666, root-shell.socket 0600" {
	run stat -c '%a %U %F' "$in/login.socket" "$in/root-shell.socket"
	assert_line -n 0 "666 root socket"
	assert_line -n 1 "600 root socket"
}

@test "a socket never has another mode, with any umask" {
	stop_server
	strace -D -f -o "$BATS_TEST_TMPDIR/trace" -e 'trace=bind,?chmod,fchmodat,?rename,renameat,renameat2,umask,listen' \
		sh -c 'umask 0; exec ctr-console serve --login-socket "$1/login.socket" \
			--root-shell-socket "$1/root-shell.socket"' sh "$in" </dev/null 3>&- &
	pids+=($!)
	until_true 10 test -S "$in/root-shell.socket"
	run grep -c 'umask(0777)' "$BATS_TEST_TMPDIR/trace"
	assert_output 2
	# bind, listen, chmod, and only then the final name
	run sed -nE 's/^[0-9]+ +(bind|listen|f?chmod|rename)(at)?2?\(.*/\1/p' \
		"$BATS_TEST_TMPDIR/trace"
	assert_output "$(printf '%s\n' bind listen fchmod rename bind listen fchmod rename |
		sed "s/fchmod/$(grep -qE '^[0-9]+ +fchmodat' "$BATS_TEST_TMPDIR/trace" &&
			echo fchmod || echo chmod)/")"
	run grep -E 'chmod' "$BATS_TEST_TMPDIR/trace"
	assert_line -n 0 --regexp '0666'
	assert_line -n 1 --regexp '0600'
}

@test "a stale socket is replaced, and the sockets are removed when the server stops" {
	kill -9 "$server"
	wait "$server" || true
	assert_exists "$in/login.socket"
	serve
	until_true 10 con run "$root" true
	stop_server
	assert_not_exists "$in/login.socket"
	assert_not_exists "$in/root-shell.socket"
	run find "$in" -mindepth 1
	assert_output ""
}

# bats test_tags=long
@test "after a kill at any step, the next server starts and leaves nothing stale" {
	stop_server
	for call in bind listen fchmodat renameat; do
		for when in 1 2; do
			run strace -qq -o /dev/null -e "inject=$call:signal=KILL:when=$when" \
				ctr-console serve --login-socket "$in/login.socket" \
				--root-shell-socket "$in/root-shell.socket"
			assert_equal "$status" 137
		done
	done
	[ "$(find "$in" -name '.root-shell.socket.*' -type s | wc -l)" = 1 ]
	touch "$in/.login.socket.999999999"
	serve
	run ls -A "$in"
	assert_output $'.login.socket.999999999\nlogin.socket\nroot-shell.socket'
}

@test "a server stops even under endless requests" {
	chmod 666 "$in/root-shell.socket"
	chmod 755 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR"
	for n in 1 2; do
		setpriv --reuid 65534 --clear-groups timeout 20 perl -MSocket -e '
			while (1) {
				socket(my $s, PF_UNIX, SOCK_STREAM, 0);
				connect($s, pack_sockaddr_un($ARGV[0])) or exit;
			}' "$in/root-shell.socket" 2>/dev/null 3>&- &
		pids+=($!)
	done
	sleep 0.5
	kill -0 "${pids[1]}"
	kill "$server"
	until_true 5 gone "$server"
	wait "$server"
}

@test "a second server takes over, and the first one does not remove its sockets" {
	first=$server
	inode=$(stat -c %i "$in/login.socket")
	serve
	until_true 10 sh -c '[ "$(stat -c %i "$1")" != "$2" ]' sh "$in/login.socket" "$inode"
	kill "$first"
	wait "$first"
	assert_exists "$in/login.socket"
	run -0 con run "$root" echo second
	assert_output second
}

@test "a file that is not a socket is not replaced" {
	stop_server
	echo precious >"$in/root-shell.socket"
	run -1 con serve --login-socket "$in/login.socket" \
		--root-shell-socket "$in/root-shell.socket"
	assert_output --partial "root-shell.socket: File exists"
	assert_not_exists "$in/login.socket"
	run cat "$in/root-shell.socket"
	assert_output precious
}

@test "READY=1 goes to NOTIFY_SOCKET, even if abstract, and to --ready" {
	stop_server
	for to in "$BATS_TEST_TMPDIR/n" "@ctr-console-test-$$"; do
		if [ "${to#@}" != "$to" ]; then from=ABSTRACT-RECV:${to#@}; else from=UNIX-RECV:$to; fi
		rm -f "$BATS_TEST_TMPDIR/got"
		socat -u "$from" "OPEN:$BATS_TEST_TMPDIR/got,creat" 3>&- &
		receiver=$!
		pids+=("$receiver")
		until_true 10 grep -qF "$to" /proc/net/unix
		NOTIFY_SOCKET=$to serve
		until_true 10 has "$BATS_TEST_TMPDIR/got" '^READY=1'
		run -0 con run "$root" env
		refute_line --regexp '^NOTIFY_SOCKET='
		stop_server
		kill "$receiver" 2>/dev/null || true
	done
	mkfifo "$BATS_TEST_TMPDIR/ready"
	exec 6<>"$BATS_TEST_TMPDIR/ready"
	ctr-console serve --login-socket "$in/login.socket" --ready 7 \
		--root-shell-socket "$in/root-shell.socket" \
		</dev/null 7>&6 6>&- 3>&- &
	pids+=($!)
	read -r -t 10 -u 6
	exec 6>&-
	assert_exists "$in/root-shell.socket"
}

@test "listening sockets from systemd are used, by their names" {
	command -v systemd-socket-activate >/dev/null || skip "no systemd-socket-activate"
	stop_server
	systemd-socket-activate --fdname=root-shell:login \
		-l "$in/root-shell.socket" -l "$in/login.socket" \
		"$(command -v ctr-console)" serve </dev/null \
		>"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
	pids+=($!)
	until_true 10 test -S "$in/login.socket"
	run -7 con run "$root" sh -c 'env; exit 7'
	refute_output --partial LISTEN_
	run -0 con run "$root" echo again
	assert_output again
	run -0 socat -t5 "UNIX:$in/root-shell.socket" - <<<'echo plain'
	assert_output plain
	# the root shell's socket is found by name, not by position
	run -125 con run "$in/login.socket" true
}

@test "listening sockets with other names are refused" {
	command -v systemd-socket-activate >/dev/null || skip "no systemd-socket-activate"
	systemd-socket-activate --fdname=something -l "$BATS_TEST_TMPDIR/s" \
		"$(command -v ctr-console)" serve </dev/null \
		>"$BATS_TEST_TMPDIR/log2" 2>&1 3>&- &
	pids+=($!)
	until_true 10 test -S "$BATS_TEST_TMPDIR/s"
	socat -u OPEN:/dev/null "UNIX:$BATS_TEST_TMPDIR/s"
	until_true 10 has "$BATS_TEST_TMPDIR/log2" 'sockets from systemd: Bad file descriptor'
}

@test "a session continues when the server is killed" {
	mkfifo "$BATS_TEST_TMPDIR/f"
	con run "$root" sh -c 'echo one; read -r x; echo "$x"; exit 9' \
		<"$BATS_TEST_TMPDIR/f" >"$BATS_TEST_TMPDIR/out" 3>&- &
	client=$!
	exec 5>"$BATS_TEST_TMPDIR/f"
	until_true 10 has "$BATS_TEST_TMPDIR/out" one
	kill -9 "$server"
	wait "$server" || true
	echo two >&5
	exec 5>&-
	ended 9 "$client"
	run cat "$BATS_TEST_TMPDIR/out"
	assert_output $'one\ntwo'
	serve
	until_true 10 con run "$root" true
}

@test "SIGTERM to a session process ends even a command that ignores it" {
	# even without a client: a shutdown must not wait for it
	ctr-console run "$root" sh -c 'trap "" HUP TERM; echo $PPID $$; while :; do sleep 1; done' \
		</dev/null >"$BATS_TEST_TMPDIR/out2" 2>&1 3>&- &
	orphan=$!
	until_true 10 has "$BATS_TEST_TMPDIR/out2" ' '
	kill -9 "$orphan"
	read -r session2 command2 <"$BATS_TEST_TMPDIR/out2"
	kill "$session2"
	con run "$root" sh -c 'trap "" HUP TERM; echo $PPID $$; while :; do sleep 1; done' \
		</dev/null >"$BATS_TEST_TMPDIR/out" 3>&- &
	client=$!
	until_true 10 has "$BATS_TEST_TMPDIR/out" ' '
	read -r session command <"$BATS_TEST_TMPDIR/out"
	kill "$session"
	ended 137 "$client"
	until_true 10 gone "$command"
	until_true 10 gone "$command2"
}

@test "SIGTERM to a plain peer's session ends a shell that traps it" {
	local hold='trap "" HUP TERM; echo $PPID $$; while :; do sleep 1; done'
	socat -t 60 - "unix:$in/root-shell.socket" <<<"$hold" \
		>"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	client=$!
	until_true 10 has "$BATS_TEST_TMPDIR/out" ' '
	read -r session shell <"$BATS_TEST_TMPDIR/out"
	[ "$session" != "$server" ]
	kill "$session"
	until_true 10 gone "$shell"
	ended 0 "$client"
}

@test "the root shell is refused to other users, even if the mode permits them" {
	id nobody >/dev/null || skip "no user nobody"
	stop_server
	open=$(mktemp -d)	# other users cannot enter the folders of bats
	chmod 755 "$open"
	root=$open in=$open/var/lib
	mkdir -p "$in"
	serve
	chmod 0666 "$in/root-shell.socket"
	cp "$(command -v ctr-console)" "$open/ctr-console"
	# -u: what it would write is refused too, at once or later
	run -0 setpriv --reuid=65534 --clear-groups \
		socat -u "UNIX:$in/root-shell.socket" -
	assert_output "only the host's root may use the root shell"
	run -125 setpriv --reuid=65534 --clear-groups "$open/ctr-console" run "$root" id
	assert_output --partial "only the host's root may use the root shell"
}

# apart pid - is it in a user namespace of its own?
apart() { [ "$(readlink "/proc/$1/ns/user")" != "$(readlink /proc/self/ns/user)" ]; }

# serve_apart - start the server in a user and pid namespace; its root is user 100000
serve_apart() {
	stop_server
	open=$(mktemp -d)
	root=$open in=$open/var/lib
	mkdir -p "$in"
	cp "$(command -v ctr-console)" "$open/ctr-console"
	chmod 755 "$open"
	chown -R 100000:100000 "$open"
	unshare -U sleep infinity 3>&- &
	holder=$!
	pids+=("$holder")
	until_true 5 apart "$holder"
	echo "0 100000 65536" >"/proc/$holder/uid_map"
	echo "0 100000 65536" >"/proc/$holder/gid_map"
	nsenter -t "$holder" -U -S 0 -G 0 unshare -m -p -f --mount-proc --kill-child \
		"$open/ctr-console" serve --login-socket "$in/login.socket" \
		--root-shell-socket "$in/root-shell.socket" \
		</dev/null >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
	server=$!
	pids+=("$server")
	until_true 10 test -S "$in/root-shell.socket"
}

@test "the host's root gets a shell in a user namespace that does not map it" {
	unshare -U true || skip "no user namespaces"
	serve_apart
	run -0 con run "$root" id -u
	assert_output 0
	run -0 socat -t5 "UNIX:$in/root-shell.socket" - <<<'echo by socat'
	assert_output "by socat"
}

@test "in a user namespace, too, the root shell is refused to other users" {
	unshare -U true || skip "no user namespaces"
	serve_apart
	chmod 0666 "$in/root-shell.socket"
	run -125 con run "$root" id
	assert_output --partial "only the host's root may use the root shell"
	# -u: what it would write is refused too, at once or later
	run -0 setpriv --reuid=65534 --clear-groups \
		socat -u "UNIX:$in/root-shell.socket" -
	assert_output "only the host's root may use the root shell"
}

@test "the login socket runs no commands" {
	run -125 con run "$in/login.socket" id
	assert_output "ctr-console: this socket only offers a login: Operation not permitted"
}

@test "a client of another version gets an error and no shell" {
	cd "$in"
	make_foul
	run -0 "$BATS_FILE_TMPDIR/foul" root-shell.socket alien
	assert_output --partial "}this server only supports version 1 of the protocol"
}

# --- plain socat ---

@test "plain socat gets a root shell at once" {
	run -0 socat -t5 "UNIX:$in/root-shell.socket" - \
		<<<'echo "$0 $HOME $(id -u)"; pwd; exit 3'
	assert_line -n 0 --regexp '^-(sh|dash|bash) /root 0$'
	assert_line -n 1 /root
}

@test "the shell has the socket itself, in its own session, and no other descriptors" {
	run -0 socat -t5 "UNIX:$in/root-shell.socket" - <<-'EOF2'
		readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2 | sed 's/\[.*//' | sort | uniq -c
		ls /proc/$$/fd | wc -l
		cut -d' ' -f1,6,7 /proc/$$/stat | tr ' ' '\n' | sort -u | wc -l
		grep -E 'Sig(Ign|Blk)|CapInh|CapAmb' /proc/self/status
		umask
	EOF2
	assert_line -n 0 --regexp '3 socket:'
	assert_line -n 1 --regexp '^[34]$'
	assert_line -n 2 2	# the session is its pid; no terminal
	assert_line --regexp 'SigBlk:.0000000000000000'
	assert_line --regexp 'SigIgn:.0000000000000000'
	assert_line --regexp 'CapInh:.0000000000000000'
	assert_line --regexp 'CapAmb:.0000000000000000'
	assert_line 0022
}

@test "a script of 1 MB is run to its last line" {
	awk 'BEGIN { for (i = 0; i < 26000; i++) printf("n=$((n + 1)) # %028d\n", i); print "echo $n" }' \
		>"$BATS_TEST_TMPDIR/script"
	[ "$(stat -c %s "$BATS_TEST_TMPDIR/script")" -gt 1000000 ]
	run -0 socat -t20 "UNIX:$in/root-shell.socket" - <"$BATS_TEST_TMPDIR/script"
	assert_output 26000
	run -0 con root-shell "$root" <"$BATS_TEST_TMPDIR/script"
	assert_output 26000
}

@test "plain socat gets a login prompt on a terminal" {
	stop_server
	printf '#!/bin/sh\ntty; stty size; echo "TERM=$TERM"; read -r x; echo "got $x"\n' \
		>"$BATS_TEST_TMPDIR/login"
	chmod 755 "$BATS_TEST_TMPDIR/login"
	serve --login "$BATS_TEST_TMPDIR/login"
	run -0 socat -t5 "UNIX:$in/login.socket" - <<<hello
	assert_line --regexp '^/dev/pts/[0-9]+'
	assert_line --partial '24 80'
	assert_line --partial 'TERM=vt220'
	assert_line --partial 'got hello'
}

@test "the end of a plain peer's input is the end of file on the terminal" {
	stop_server
	printf '#!/bin/sh\ncat; echo cat ended\nexec cat >"%s/second"\n' "$BATS_TEST_TMPDIR" \
		>"$BATS_TEST_TMPDIR/login"
	chmod 755 "$BATS_TEST_TMPDIR/login"
	serve --login "$BATS_TEST_TMPDIR/login"
	# -t30: only the server can end this in time; no newline at the end
	run -0 timeout 10 socat -t30 "UNIX:$in/login.socket" - < <(printf x)
	assert_output --partial 'cat ended'
}

@test "a plain peer that disconnects hangs up the terminal" {
	stop_server
	printf '#!/bin/sh\ntrap "echo hup >%s/hup; exit" HUP\necho ready\nwhile :; do sleep 0.05; done\n' \
		"$BATS_TEST_TMPDIR" >"$BATS_TEST_TMPDIR/login"
	chmod 755 "$BATS_TEST_TMPDIR/login"
	serve --login "$BATS_TEST_TMPDIR/login"
	socat -u "UNIX:$in/login.socket" "OPEN:$BATS_TEST_TMPDIR/out,creat" 3>&- &
	pids+=($!)
	until_true 10 has "$BATS_TEST_TMPDIR/out" ready
	kill $!
	until_true 10 has "$BATS_TEST_TMPDIR/hup" hup
}

# real_login - start a server with a user of ours in passwd and shadow
real_login() {
	d=$BATS_TEST_TMPDIR
	cp /etc/passwd "$d/passwd"
	echo "tester:x:0:0::/:/bin/sh" >>"$d/passwd"
	cp /etc/shadow "$d/shadow"
	printf 'tester:%s:19000:0:99999:7:::\n' \
		"$(openssl passwd -6 sesame 2>/dev/null || mkpasswd -m sha-512 sesame)" \
		>>"$d/shadow"
	serve_inside "$d" '
		mount --bind "$1/passwd" /etc/passwd
		mount --bind "$1/shadow" /etc/shadow
		mount -t tmpfs tmpfs /run
		mount -t tmpfs tmpfs /var/log'
}

@test "login(1) asks for name and password, with ctr-console and with plain socat" {
	command -v login >/dev/null || skip "no login"
	command -v openssl >/dev/null || command -v mkpasswd >/dev/null || skip "no openssl"
	real_login
	for how in "ctr-console login $root" "socat unix:$in/login.socket -,echo=0,raw"; do
		how=$how pty <<-'EOF2'
			set timeout 20
			proc want {what} { global expect_out; expect -re $what {} default { puts "no $what"; exit 9 } }
			eval spawn -noecho $env(how)
			want "login: "
			send "tester\r"
			want "assword: "
			send "wrong\r"
			want "ncorrect"
			want "login: "
			send "tester\r"
			want "assword: "
			send "sesame\r"
			want "# "
			send "tty; echo \$((20 + 3))\r"
			want "/dev/pts/\[0-9\]+"
			want "23"
			send "exit\r"
			expect eof
			exit 0
		EOF2
	done
}

# --- run ---

@test "run exits with the command's status" {
	for n in 0 1 3 125 126 127 255; do
		run "-$n" con run "$root" sh -c "exit $n"
		assert_output ""
	done
}

@test "a missing command gives 127, one that cannot be executed 126" {
	run -127 con run "$root" /no/such
	assert_output "ctr-console: /no/such: No such file or directory"
	run -127 con run "$root" no-such-command
	assert_output "ctr-console: no-such-command: No such file or directory"
	run -126 con run "$root" /etc/passwd
	assert_output "ctr-console: /etc/passwd: Permission denied"
	run -126 con run "$root" /
	run -125 con run --user no-such-user "$root" true
	assert_output "ctr-console: no such user: no-such-user"
	run -125 con run --chdir /no/such "$root" true
	assert_output "ctr-console: /no/such: No such file or directory"
}

@test "a command killed by a signal gives 128 plus its number" {
	run -143 con run "$root" sh -c 'kill -TERM $$'
	run -137 con run "$root" sh -c 'kill -KILL $$'
	run -139 con run --no-tty "$root" sh -c 'kill -SEGV $$'
	run -137 con run --tty "$root" sh -c 'kill -KILL $$' </dev/null
}

@test "standard output and standard error stay apart" {
	con run "$root" sh -c 'echo out; echo err >&2' \
		>"$BATS_TEST_TMPDIR/o" 2>"$BATS_TEST_TMPDIR/e"
	run cat "$BATS_TEST_TMPDIR/o"
	assert_output out
	run cat "$BATS_TEST_TMPDIR/e"
	assert_output err
}

@test "the command sees the end of standard input" {
	run -0 con run "$root" cat <<<x
	assert_output x
	run -0 con run "$root" wc -c </dev/null
	assert_output 0
	run -0 sh -c 'timeout 30 ctr-console run "$1" wc -c <&-' sh "$root"
	assert_output 0
	run -0 sh -c 'printf abc | timeout 30 ctr-console run "$1" cat | cat' sh "$root"
	assert_output abc
}

@test "50 MB pass unchanged in both directions, through pipes and files" {
	head -c 50M /dev/urandom >"$BATS_TEST_TMPDIR/data"
	sum=$(sha256sum <"$BATS_TEST_TMPDIR/data")
	con run "$root" cat <"$BATS_TEST_TMPDIR/data" >"$BATS_TEST_TMPDIR/copy"
	[ "$(sha256sum <"$BATS_TEST_TMPDIR/copy")" = "$sum" ]
	got=$(cat "$BATS_TEST_TMPDIR/data" | con run "$root" cat | sha256sum)
	[ "$got" = "$sum" ]
	: >"$BATS_TEST_TMPDIR/copy"
	con run "$root" cat <"$BATS_TEST_TMPDIR/data" >>"$BATS_TEST_TMPDIR/copy"
	[ "$(sha256sum <"$BATS_TEST_TMPDIR/copy")" = "$sum" ]
	# splice cannot do this: sockets at both ends
	got=$(socat -u "OPEN:$BATS_TEST_TMPDIR/data" \
		"EXEC:timeout 60 ctr-console run '$root' sha256sum,socktype=1")
	[ "$got" = "$sum" ]
}

@test "a slow reader slows down the command, and no data is lost" {
	got=$(con run "$root" head -c 2000000 /dev/zero |
		{ sleep 0.5; wc -c; })
	[ "$got" = 2000000 ]
	got=$(con run "$root" sh -c 'head -c 300000 /dev/zero >&2' 2>&1 >/dev/null |
		{ sleep 0.5; wc -c; })
	[ "$got" = 300000 ]
}

# written pid - print the number of bytes that it has written so far
written() { sed -n 's/^wchar: //p' "/proc/$1/io"; }

# stuck pid - has it stopped writing?
stuck() {
	local before
	before=$(written "$1")
	sleep 0.5
	[ "$before" -gt 4096 ] && [ "$(written "$1")" = "$before" ]
}

# stopped pid - does a reader block it, with little data buffered?
stopped() {
	until_true 20 stuck "$1"
	[ "$(written "$1")" -lt 1000000 ]
}

@test "a reader that stops reading blocks the writer, in both directions" {
	mkfifo "$BATS_TEST_TMPDIR/unread"
	exec 5<>"$BATS_TEST_TMPDIR/unread"
	for how in --no-tty --tty; do
		ctr-console run "$how" "$root" sh -c 'echo $$ >"$1"; exec yes' sh \
			"$BATS_TEST_TMPDIR/command$how" </dev/null >&5 2>&1 3>&- &
		client=$!
		pids+=("$client")
		until_true 10 test -s "$BATS_TEST_TMPDIR/command$how"
		stopped "$(cat "$BATS_TEST_TMPDIR/command$how")"
		kill "$client"

		mkfifo "$BATS_TEST_TMPDIR/in$how"
		yes >"$BATS_TEST_TMPDIR/in$how" 3>&- 5>&- &
		writer=$!
		ctr-console run "$how" "$root" sleep 1000 \
			<"$BATS_TEST_TMPDIR/in$how" >/dev/null 2>&1 3>&- 5>&- &
		client=$!
		pids+=("$client")
		stopped "$writer"
		kill "$client"
		ended 141 "$writer"
	done
	exec 5>&-
}

@test "output to /dev/null is discarded at full speed" {
	ASAN_OPTIONS=detect_leaks=0 strace -o "$BATS_TEST_TMPDIR/trace" -e trace=write \
		ctr-console run --tty "$root" sh -c 'stty -opost; head -c 1000000 /dev/zero' \
		</dev/null >/dev/null
	# In writes larger than any pipe can take at once (PIPE_BUF).
	run awk '$NF > 4096 { n += $NF } END { print n + 0 }' "$BATS_TEST_TMPDIR/trace"
	[ "$output" -gt 500000 ]
}

@test "a reader that closes ends the command by SIGPIPE" {
	run -0 sh -c '{ timeout 30 ctr-console run "$1" yes; echo "$?" >"$2"; } | head -n 1' \
		sh "$root" "$BATS_TEST_TMPDIR/status"
	assert_output y
	run cat "$BATS_TEST_TMPDIR/status"
	assert_output 141
}

@test "run ends with the command, and does not wait for input or children" {
	mkfifo "$BATS_TEST_TMPDIR/f"
	exec 5<>"$BATS_TEST_TMPDIR/f"
	run -0 timeout 10 ctr-console run "$root" echo done <&5
	assert_output done
	exec 5>&-
	run -0 timeout 10 ctr-console run "$root" \
		sh -c 'sleep 100 & echo $! >"$1"; echo done' sh "$BATS_TEST_TMPDIR/started"
	assert_output done
}

@test "arguments with any bytes arrive unchanged" {
	args=("" " " "two words" $'new\nline' "'" '"' '$HOME' '`id`' '\' '*' -- -x $'\x01\xff\xfe' "ümlaut")
	for a in "${args[@]}"; do printf '%s\0' "$a"; done >"$BATS_TEST_TMPDIR/want"
	con run "$root" -- sh -c 'for a; do printf "%s\0" "$a"; done' sh "${args[@]}" \
		>"$BATS_TEST_TMPDIR/got"
	cmp "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/got"
	big=$(head -c 75000 /dev/urandom | base64 -w 0)
	[ "${#big}" = 100000 ]
	got=$(con run "$root" printf %s "$big")
	[ "$got" = "$big" ]
	many=$(seq 100000 | xargs timeout 30 ctr-console run "$root" printf '%s\n' | md5sum)
	[ "$many" = "$(seq 100000 | md5sum)" ]
}

@test "user, directory and environment are set as given" {
	run -0 con run "$root" sh -c 'echo "$(id -u) $USER $LOGNAME $HOME $SHELL $PWD"'
	assert_output "0 root root /root $(getent passwd root | cut -d: -f7) /root"
	run -0 con run --user daemon --chdir /usr -e A=1 --env 'B=two words' --env C= "$root" \
		sh -c 'echo "$(id -un) $(id -Gn) $USER $HOME $PWD $A/$B/$C/${TERM-none}"'
	assert_output "daemon daemon daemon /usr/sbin /usr 1/two words//none"
	# Groups are the user's own, not the server's, and inheritable capabilities
	# of the server are dropped.
	stop_server
	serve_as='setpriv --groups 4,5 --inh-caps +net_raw' serve
	run -0 con run "$root" grep CapInh /proc/self/status
	assert_output --regexp '0{16}$'
	run -0 con run "$root" id -G
	assert_output "$(id -G root)"
	run -0 con run --user daemon "$root" id -G
	assert_output "$(id -G daemon)"
	run -0 con run --env PATH=/nowhere "$root" /usr/bin/env
	assert_line PATH=/nowhere
	run -127 con run --env PATH=/nowhere "$root" env
	run -125 con run --env nonsense "$root" env
}

# serve_users dir - start a server that reads passwd, group and nscd's socket in dir
serve_users() {
	serve_inside "$1" '
		mount --bind "$1/passwd" /etc/passwd
		mount --bind "$1/group" /etc/group
		mount -t tmpfs tmpfs /run
		mkdir /run/nscd
		[ ! -d "$1/nscd" ] || mount --bind "$1/nscd" /run/nscd'
}

# user_is name - print the ids of a command that the server runs as this user
user_is() {
	con run --user "$1" "$root" sh -c 'echo $(id -u) $(id -G) $HOME $SHELL'
}

@test "users and groups are read from passwd and group, even with bad lines" {
	d=$BATS_TEST_TMPDIR
	printf '%s\n' root:x:0:0:root:/root:/bin/sh nonsense \
		low:x:no:1::/:/bin/sh '' :x:1:1::/:/bin/sh \
		one:x:1234:50:A,B:/tmp:/bin/dash >"$d/passwd"
	printf 'last:x:1235:51::/:' >>"$d/passwd"
	printf '%s\n' root:x:0: more:x:77:zero,one own:x:50:one nonsense \
		extra:x:80:one:more bad:x:y:one oneself:x:79:oneself,on,ones >"$d/group"
	printf 'end:x:78:root,last,one' >>"$d/group"
	serve_users "$d"
	run -0 user_is one
	assert_output "1234 50 77 78 /tmp /bin/dash"
	run -0 con run --user one "$root" sed -n 's/^Groups:[[:space:]]*//p' /proc/self/status
	assert_output "50 77 78 "
	run -0 user_is last
	assert_output "1235 51 78 / /bin/sh"
	run -0 user_is root
	assert_output "0 0 78 /root /bin/sh"
	# By number, too, with an entry or without
	run -0 user_is 1234
	assert_output "1234 50 77 78 /tmp /bin/dash"
	run -0 user_is 0
	assert_output "0 0 78 /root /bin/sh"
	run -0 user_is 4711
	assert_output "4711 4711 / /bin/sh"
	run -0 con run --user 4711 "$root" sh -c 'echo "$USER $LOGNAME"'
	assert_output "4711 4711"
	for user in none low nonsense ones 4294967295 12x -1 +5 99999999999999999999; do
		run -125 user_is "$user"
		assert_output --partial "no such user: $user"
	done
}

@test "users are found in files of any length" {
	d=$BATS_TEST_TMPDIR
	seq 2000 3500 | sed 's,.*,u&:x:&:&::/:/bin/sh,' >"$d/passwd"
	{ seq 2000 3500 | sed 's,.*,u&:x:&:,'; echo all:x:7:u2000,u3500; } >"$d/group"
	serve_users "$d"
	for user in 2000 3500; do
		run -0 user_is "u$user"
		assert_output "$user $user 7 / /bin/sh"
	done
	# One member list that is longer than a read buffer.
	{ printf big:x:8:; seq -f u%g, 2000 9000 | tr -d '\n'; echo u3500; } >>"$d/group"
	run -0 user_is u3500
	assert_output "3500 3500 7 8 / /bin/sh"
}

@test "a running nscd is asked for groups, and for users missing in passwd" {
	! ldd "$(command -v ctr-console)" >/dev/null 2>&1 ||
		skip "glibc uses its own protocols for that"
	d=$BATS_TEST_TMPDIR
	echo near:x:1234:50::/:/bin/sh >"$d/passwd"
	echo own:x:50: >"$d/group"
	mkdir "$d/nscd"
	# Version 2; it knows one user, far, and puts each user into group 4321.
	perl -MSocket -e '
		socket(S, AF_UNIX, SOCK_STREAM, 0) and
			bind(S, sockaddr_un("$ARGV[0].new")) and listen(S, 9) and
			rename("$ARGV[0].new", $ARGV[0]) or die;
		while (accept(C, S)) {
			sysread(C, $_, 12) == 12 or next;
			($v, $type, $len) = unpack("l3", $_);
			sysread(C, $key, $len);
			$key =~ s/\0//;
			if ($type == 15) {
				syswrite C, pack("l4", 2, 1, 1, 4321);
			} elsif ($type == 0 && $key eq "far") {
				@f = ("far", "x", "", "/tmp", "/bin/sh");
				syswrite C, pack("l9", 2, 1, 4, 2, 5555, 66, 1, 5, 8) .
					join("", map { "$_\0" } @f);
			} else {
				syswrite C, pack("l9", 2, 0, (0) x 7);
			}
			close C;
		}' "$d/nscd/socket" 3>&- &
	pids+=($!)
	until_true 10 test -S "$d/nscd/socket"
	serve_users "$d"
	run -0 user_is near
	assert_output "1234 50 4321 / /bin/sh"
	run -0 user_is far
	assert_output "5555 66 4321 /tmp /bin/sh"
	run -125 user_is none
	assert_output --partial "no such user: none"
}

@test "a command gets pipes made by the client, and no other descriptors" {
	run -0 con run "$root" ls -l /proc/self/fd </dev/null
	assert_line --regexp ' 0 -> pipe:'
	assert_line --regexp ' 1 -> pipe:'
	assert_line --regexp ' 2 -> pipe:'
	assert_line --regexp ' 3 -> /proc/'
	refute_line --regexp ' 4 -> '
	# the same without close_range(2)
	stop_server
	strace -D -f -o /dev/null -e trace=close_range -e inject=close_range:error=ENOSYS \
		ctr-console serve --login-socket "$in/login.socket" \
		--root-shell-socket "$in/root-shell.socket" </dev/null 3>&- 9</etc/passwd &
	pids+=($!)
	until_true 10 test -S "$in/root-shell.socket"
	run -0 con run "$root" ls -l /proc/self/fd </dev/null
	assert_line --regexp ' 3 -> /proc/'
	refute_line --regexp ' 4 -> '
}

@test "signals to the client are passed to the command" {
	for sig in INT TERM HUP QUIT USR1 USR2; do
		rm -f "$BATS_TEST_TMPDIR/out"
		# a background job of bats ignores some: start with them as usual
		env --default-signal ctr-console run --no-tty "$root" sh -c \
			"trap 'echo got $sig; exit 5' $sig; echo ready; while :; do sleep 0.05; done" \
			</dev/null >"$BATS_TEST_TMPDIR/out" 3>&- &
		client=$!
		until_true 10 has "$BATS_TEST_TMPDIR/out" ready
		kill -"$sig" "$client"
		ended 5 "$client"
		run cat "$BATS_TEST_TMPDIR/out"
		assert_line "got $sig"
	done
}

@test "a command that ignores its signals is left at the third" {
	for sig in INT TERM HUP QUIT; do
		rm -f "$BATS_TEST_TMPDIR/out"
		env --default-signal ctr-console run --no-tty "$root" sh -c \
			"trap '' INT TERM HUP QUIT USR1; echo \$\$; while :; do sleep 0.05; done" \
			</dev/null >"$BATS_TEST_TMPDIR/out" 3>&- &
		client=$!
		until_true 10 test -s "$BATS_TEST_TMPDIR/out"
		pid=$(cat "$BATS_TEST_TMPDIR/out")
		for _ in 1 2; do
			kill -"$sig" "$client"
			sleep 0.3
			kill -0 "$client"
		done
		kill -USR1 "$client"
		kill -"$sig" "$client"
		ended $((128 + $(kill -l "$sig"))) "$client"
		kill -9 "$pid"
	done
}

@test "a killed client hangs up its command" {
	# dash would print "Hangup" and end
	for how in --no-tty --tty; do
		rm -f "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/hup"
		ctr-console run "$how" "$root" sh -c \
			"exec 2>/dev/null; trap 'echo hup >$BATS_TEST_TMPDIR/hup; exit' HUP; echo ready; while :; do sleep 0.05; done" \
			</dev/null >"$BATS_TEST_TMPDIR/out" 3>&- &
		client=$!
		until_true 10 has "$BATS_TEST_TMPDIR/out" ready
		kill -9 "$client"
		until_true 10 has "$BATS_TEST_TMPDIR/hup" hup
	done
}

@test "a lost session is an error" {
	con run "$root" sh -c 'echo $PPID $$; exec sleep 1000' \
		</dev/null >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	client=$!
	until_true 10 has "$BATS_TEST_TMPDIR/out" '[0-9]'
	read -r session command <"$BATS_TEST_TMPDIR/out"
	echo "$command" >"$BATS_TEST_TMPDIR/started"
	kill -9 "$session"
	ended 125 "$client"
	run cat "$BATS_TEST_TMPDIR/err"
	assert_output "ctr-console: session in $root: Connection reset by peer"
}

@test "concurrent sessions do not mix" {
	for i in $(seq 40); do
		con run "$root" sh -c "cat; exit $((i % 7))" <<<"$i" \
			>"$BATS_TEST_TMPDIR/o$i" 3>&- &
		jobs[i]=$!
	done
	for i in $(seq 40); do
		ended $((i % 7)) "${jobs[i]}"
		[ "$(cat "$BATS_TEST_TMPDIR/o$i")" = "$i" ]
	done
}

# --- terminals ---

@test "run on a terminal gets a terminal of the same size, even after changes" {
	pty <<-'EOF2'
		set timeout 20
		proc want {what} { global expect_out; expect -re $what {} default { puts "no $what"; exit 9 } }
		spawn -noecho sh
		stty rows 31 columns 101 < $spawn_out(slave,name)
		expect -re {[#$] }
		send "ctr-console run $env(root) sh -c 'tty; stty size; trap \"stty size; exit 6\" WINCH; echo re\"\"ady; while :; do sleep 0.05; done'; echo status=\$?\r"
		want "/dev/pts/\[0-9\]+"
		want "31 101"
		want "ready"
		stty rows 17 columns 55 < $spawn_out(slave,name)
		want "17 55"
		want "status=6"
		send "exit\r"
		expect eof
	EOF2
}

@test "run gets no terminal with --no-tty or in a pipeline, but one with --tty" {
	# No timeout inside: from the background a read of the terminal would stop it.
	run -1 timeout -k 5 30 script -qec "ctr-console run --no-tty $root tty" /dev/null </dev/null
	assert_output --partial "not a tty"
	run -1 con run "$root" tty
	run -0 con run --tty "$root" tty
	assert_output --partial /dev/pts/
	run -0 con run --tty --env TERM=dumb "$root" sh -c 'echo $TERM'
	assert_output --partial dumb
}

@test "input through a pipe ends a terminal session too" {
	run -0 con run --tty "$root" cat < <(printf 'a line\n')
	assert_output --partial "a line"
	run -0 con run --tty "$root" cat < <(printf 'no newline')
	assert_output --partial "no newline"
}

@test "^D is typed for the end of input only if the terminal treats it as end of file" {
	run -0 con run --tty "$root" sh -c 'stty raw; sleep 0.7; printf end' </dev/null
	assert_output end
	run -0 con run --tty "$root" sh -c 'stty eof ^A; cat; stty eof undef; sleep 0.5
		stty eof ^D; cat; echo over' </dev/null
	assert_output $'over\r'
}

@test "^D is typed again only after it was read" {
	run -0 con run --tty "$root" sh -c 'sleep 0.7; stty raw -echo; dd bs=100 count=1 2>/dev/null | od -An -tx1' \
		</dev/null
	assert_output --regexp '^ 00[[:space:]]*$'
	run -0 con run --tty "$root" sh -c 'cat; cat; sleep 0.5; cat; stty raw; sleep 0.3; stty -raw; cat; echo over' \
		</dev/null
	assert_output $'over\r'
}

@test "a terminal session loses no output at its end" {
	for _ in 1 2 3 4 5; do
		run -4 con run --tty "$root" sh -c 'stty -opost; seq 1 20000; exit 4' </dev/null
		assert_line -n 0 1
		assert_line -n 19999 20000
	done
}

@test "a raw terminal passes every byte, in both directions" {
	head -c 300000 /dev/urandom >"$BATS_TEST_TMPDIR/data"
	con run --tty "$root" sh -c 'stty raw; cat "$1"' sh "$BATS_TEST_TMPDIR/data" \
		</dev/null | cmp - "$BATS_TEST_TMPDIR/data"
	mkfifo "$BATS_TEST_TMPDIR/f"
	con run --tty "$root" sh -c 'stty raw -echo; echo ready; head -c 300000 | cmp - "$1" && echo same' \
		sh "$BATS_TEST_TMPDIR/data" <"$BATS_TEST_TMPDIR/f" >"$BATS_TEST_TMPDIR/out" 3>&- &
	client=$!
	exec 5>"$BATS_TEST_TMPDIR/f"
	until_true 10 has "$BATS_TEST_TMPDIR/out" ready
	cat "$BATS_TEST_TMPDIR/data" >&5
	ended 0 "$client"
	exec 5>&-
	has "$BATS_TEST_TMPDIR/out" same
}

@test "the terminal is restored after the end, an error, a signal, a lost peer" {
	printf '#!/bin/sh\necho "pid=$$,"\nexec ctr-console run %s sh -c "%s"\n' \
		"$root" "echo ready; exec sleep 1000" >"$BATS_TEST_TMPDIR/victim"
	chmod 755 "$BATS_TEST_TMPDIR/victim"
	pty <<-'EOF2'
		set timeout 20
		proc want {what} { global expect_out; expect -re $what {} default { puts "no $what"; exit 9 } }
		proc same {} {
			global before
			send "stty -g\r"
			want "stty -g\r\n(\[0-9a-f:\]+)\r\n"
			global expect_out
			if {$expect_out(1,string) ne $before} { puts "not restored"; exit 8 }
			want {[#$] }
		}
		proc restored {} {
			global before line
			for {set i 0} {$i < 100} {incr i} {
				if {[exec stty -g <$line] eq $before} return
				after 100
			}
			puts "not restored"
			exit 8
		}
		set env(PS1) "# "
		spawn -noecho sh
		set line $spawn_out(slave,name)
		want {[#$] }
		send "stty -g\r"
		want "stty -g\r\n(\[0-9a-f:\]+)\r\n"
		set before $expect_out(1,string)
		want {[#$] }

		send "ctr-console run $env(root) sh -c 'exit 3'; echo status=\$?\r"
		want "status=3"
		want {[#$] }
		same
		send "ctr-console run $env(root) /no/such; echo status=\$?\r"
		want "status=127"
		want {[#$] }
		same
		foreach {sig status} {TERM 143 HUP 129 INT 130 QUIT 131 KILL 137 ALRM 142} {
			send "$env(tmp)/victim\r"
			want "pid=(\[0-9\]+),"
			set pid $expect_out(1,string)
			want "ready"
			exec kill -$sig $pid
			want {[#$] }
			restored
			send "echo status=\$?\r"
			want "status=$status"
			want {[#$] }
			same
		}
		send "$env(tmp)/victim\r"
		want "pid=(\[0-9\]+),"
		set pid $expect_out(1,string)
		want "ready"
		exec kill -TSTP $pid
		want {[#$] }
		restored
		send "fg\r"
		want "victim"
		while {[exec stty -g <$line] eq $before} { after 50 }
		exec kill -TERM $pid
		want {[#$] }
		restored
		same
		send "ctr-console run $env(root) sh -c 'echo re\"\"ady; sleep 0.3; kill -9 \$PPID; exec sleep 1000'; echo status=\$?\r"
		want "ready"
		want "status=125"
		want {[#$] }
		same
		send "ctr-console run $env(root) sh -c 'echo re\"\"ady; exec cat'; echo status=\$?\r"
		want "ready"
		send "\x1d\x1d\x1d"
		want "status=129"
		want {[#$] }
		same
		send "exit\r"
		expect eof
	EOF2
}

@test "^] three times within a second ends the session, typed slowly it does not" {
	pty <<-'EOF2'
		set timeout 20
		proc want {what} { global expect_out; expect -re $what {} default { puts "no $what"; exit 9 } }
		set env(PS1) "# "
		spawn -noecho sh
		want {[#$] }
		send "ctr-console run $env(root) sh -c 'echo re\"\"ady; exec cat'; echo status=\$?\r"
		want "ready"
		send "\x1d"
		sleep 0.7
		send "\x1d"
		sleep 0.7
		send "\x1d"
		send "still\r"
		want "still"
		want "still"
		send "\x1d\x1d"
		sleep 0.1
		send "\x1d"
		want "left"
		want "status=129"
		send "exit\r"
		expect eof
	EOF2
}

@test "root-shell on a terminal is an interactive shell" {
	pty <<-'EOF2'
		set timeout 20
		proc want {what} { global expect_out; expect -re $what {} default { puts "no $what"; exit 9 } }
		set env(PS1) "# "
		spawn -noecho ctr-console root-shell $env(root)
		want {[#$] }
		send "case \$- in *i*) echo inter\"\"active;; esac; tty\r"
		want "interactive"
		want "/dev/pts/\[0-9\]+"
		want {[#$] }
		send "sleep 1000\r"
		sleep 0.3
		send "\x03"
		want {[#$] }
		send "exit 11\r"
		expect eof
		catch wait result
		exit [expr {[lindex $result 3] == 11 ? 0 : 7}]
	EOF2
}

@test "root-shell without a terminal runs a script, and exits with its status" {
	run -5 con root-shell "$root" <<<'tty; echo error >&2; exit 5'
	assert_line "not a tty"
	assert_line "error"
}

@test "the command has its own terminal, session and group, not the host's" {
	run -0 con run --tty --user daemon "$root" \
		sh -c 'stat -c "%U %a" "$(tty)"; cut -d" " -f1,5,6 /proc/$$/stat; ls /proc/$$/fd' </dev/null
	assert_line --partial "daemon 620"
	read -r pid pgid sid < <(printf '%s\n' "${lines[1]}" | tr -d '\r')
	[ "$pid" = "$pgid" ] && [ "$pid" = "$sid" ]
}

# --- the client and a hostile container ---

@test "a link is refused, in place of the socket and in its path" {
	mkdir -p "$BATS_TEST_TMPDIR/evil/var/lib" "$BATS_TEST_TMPDIR/evil2/var"
	ln -s "$in/root-shell.socket" "$BATS_TEST_TMPDIR/evil/var/lib/root-shell.socket"
	run -125 con run "$BATS_TEST_TMPDIR/evil" true
	assert_output "ctr-console: $BATS_TEST_TMPDIR/evil: cannot be reached: its socket var/lib/root-shell.socket is a symbolic link, or below one"
	ln -s "$in" "$BATS_TEST_TMPDIR/evil2/var/lib"
	run -125 con run "$BATS_TEST_TMPDIR/evil2" true
	run -125 con run "$BATS_TEST_TMPDIR/evil/var/lib/root-shell.socket" true
	run -125 con run "$BATS_TEST_TMPDIR/evil2/var/lib/root-shell.socket" true
	assert_output --partial "is a symbolic link, or below one"
	# Even one that stays in the tree.
	mv "$in/root-shell.socket" "$in/real.socket"
	ln -s real.socket "$in/root-shell.socket"
	run -125 con run "$root" true
	assert_output --partial "$root: cannot be reached: "
}

@test "a file that is not a socket is refused" {
	stop_server
	echo x >"$in/root-shell.socket"
	run -125 con run "$root" true
	assert_output --partial "root-shell.socket is not a socket"
	rm "$in/root-shell.socket"
	mkfifo "$in/root-shell.socket"
	run -125 con run "$root" true
	rm "$in/root-shell.socket"
	run -125 con run "$root" true
	assert_output "ctr-console: $root: cannot be reached: its socket var/lib/root-shell.socket is missing"
	for words in "run --name web $root true" "root-shell -n web $root" "login -nweb $root"; do
		run -125 con $words </dev/null
		assert_output --regexp '^ctr-console: web: cannot be reached: its socket var/lib/(login|root-shell).socket (is missing|has no server); see its log: nixos-container logs web$'
	done
}

@test "a socket can be given by path, and paths over 108 bytes work" {
	run -0 con run "$in/root-shell.socket" echo direct
	assert_output direct
	cd "$in"
	run -0 con run root-shell.socket echo relative
	assert_output relative
	run -0 con run ../lib/root-shell.socket echo up
	assert_output up
	cd "$BATS_TEST_TMPDIR"
	stop_server
	deep=$BATS_TEST_TMPDIR/$(printf 'd%.0s' {1..200})
	root=$deep in=$deep/var/lib
	mkdir -p "$in"
	serve
	[ "${#in}" -gt 200 ]
	run -0 con run "$deep" echo far
	assert_output far
	run -0 con run "$in/root-shell.socket" echo far
	assert_output far
	stop_server
	assert_not_exists "$in/login.socket"
}

make_foul() {
	[ -x "$BATS_FILE_TMPDIR/foul" ] || "${TEST_CC:-cc}" -I"$TOP/lib" \
		-o "$BATS_FILE_TMPDIR/foul" "$TOP/t/lib/foul-console.c" \
		"$TOP/lib/console/proto.c"
}

# foul kind - start a hostile server at the root shell's socket
foul() {
	make_foul
	mkdir -p "$BATS_TEST_TMPDIR/$1"
	(
		cd "$BATS_TEST_TMPDIR/$1" || exit
		exec "$BATS_FILE_TMPDIR/foul" s "$1" </dev/null >listening 2>&1 3>&-
	) &
	pids+=($!)
	until_true 10 has "$BATS_TEST_TMPDIR/$1/listening" listening
}

@test "a server that does not answer or read is an error after a timeout" {
	mkdir -p "$BATS_TEST_TMPDIR/socat"
	socat "UNIX-LISTEN:$BATS_TEST_TMPDIR/socat/s" EXEC:"sleep 100" 3>&- &
	pids+=($!)
	until_true 10 test -S "$BATS_TEST_TMPDIR/socat/s"
	for kind in silent reads-nothing; do foul "$kind"; done
	for kind in silent reads-nothing socat; do
		big=()
		[ "$kind" != reads-nothing ] || big=($(seq 100000))
		con run "$BATS_TEST_TMPDIR/$kind/s" true "${big[@]}" </dev/null \
			>"$BATS_TEST_TMPDIR/out-$kind" 2>&1 3>&- &
		jobs[${#jobs[@]}]=$!
	done
	for job in "${jobs[@]}"; do ended 125 "$job"; done
	for kind in silent reads-nothing socat; do
		run cat "$BATS_TEST_TMPDIR/out-$kind"
		assert_output --partial "timed out"
	done
}

@test "malformed answers of any kind are errors" {
	for kind in hang-up hang-up-after-ack garbage prompt torn-ack \
		wrong-version overlong-ack short-ack exit-before-ack \
		ack-with-descriptor ack-twice request-back unknown-type \
		status-999 status-minus-one status-short status-long torn-exit \
		exit-with-descriptors overlong-exit error-status-0 \
		error-status-255 error-overlong error-short zeros; do
		foul "$kind"
		echo "# $kind"
		run -125 con run "$BATS_TEST_TMPDIR/$kind/s" true </dev/null
		case $kind in
		hang-up*) assert_output --partial "Connection reset by peer" ;;
		*) assert_output --partial "Protocol error" ;;
		esac
		run -125 con run --tty "$BATS_TEST_TMPDIR/$kind/s" true </dev/null
	done
}

@test "a malformed request is refused, and the server continues" {
	cd "$in"
	make_foul
	for kind in no-descriptors one-pipe four-pipes files socket-for-pipes \
		no-words too-many-words torn overlong odd-type odd-term \
		tty-pipe tty-file tty-inet tty-netlink tty-two garbage; do
		echo "# $kind"
		run -0 "$BATS_FILE_TMPDIR/foul" root-shell.socket "$kind"
		assert_output --partial "}request: Protocol error"
	done
	run -0 "$BATS_FILE_TMPDIR/foul" login.socket long-login
	assert_output --partial "}request: Protocol error"
	run -0 con run "$root" echo on
	assert_output on
}

@test "a plain shell at the socket does not run the request as a script" {
	mkdir "$BATS_TEST_TMPDIR/socat"
	for shell in sh bash "busybox sh"; do
		rm -f "$BATS_TEST_TMPDIR/socat/s"
		socat "UNIX-LISTEN:$BATS_TEST_TMPDIR/socat/s" EXEC:"$shell" 3>&- &
		pids+=($!)
		until_true 10 test -S "$BATS_TEST_TMPDIR/socat/s"
		run -125 con run "$BATS_TEST_TMPDIR/socat/s" echo \
			$'\n'"touch $BATS_TEST_TMPDIR/harm"$'\n' </dev/null
		assert_not_exists "$BATS_TEST_TMPDIR/harm"
	done
}

@test "with --leader, a listener in another PID namespace is sent nothing" {
	unshare --pid --fork --kill-child sleep 1000 3>&- &
	until_true 10 pgrep -P "$!" sleep
	leader=$(pgrep -P "$!" sleep)
	run -125 con run --leader "$leader" "$root" true </dev/null
	assert_output "ctr-console: $root: cannot be reached: its socket var/lib/root-shell.socket is not served by the container"
	run -125 con login --leader "$leader" "$root" </dev/null
	assert_output --partial 'not served by the container'
	run -125 con run --leader 4194304 "$root" true </dev/null
	assert_output --partial 'not served by the container'
	kill "$leader"
	run -0 con run --leader $$ "$root" echo reached </dev/null
	assert_output reached
	for bad in 0 -1 x 1x ''; do
		run -125 con run --leader "$bad" "$root" true
		assert_output "ctr-console: not a process: $bad"
	done
}

@test "a server's messages cannot send escapes to the terminal" {
	foul error-escapes
	run -125 con run "$BATS_TEST_TMPDIR/error-escapes/s" true </dev/null
	assert_output "ctr-console: ?]0;title?? ??root# "
}

@test "after the exit status all data is ignored, even endless output" {
	foul exit-twice
	run -7 con run "$BATS_TEST_TMPDIR/exit-twice/s" true </dev/null
	foul endless-output
	for how in --no-tty --tty; do
		run -7 timeout 10 ctr-console run "$how" "$BATS_TEST_TMPDIR/endless-output/s" \
			true </dev/null >/dev/null
	done
}

@test "the client passes no descriptor of the host, and drops its capabilities" {
	ASAN_OPTIONS=detect_leaks=0 strace -f -o "$BATS_TEST_TMPDIR/trace" -e 'trace=pipe2,socketpair,sendmsg,capset,?open,openat,openat2' \
		ctr-console run "$root" true </etc/passwd
	run grep -c SCM_RIGHTS "$BATS_TEST_TMPDIR/trace"
	assert_output 1
	# The first pipe is that of the attempt to connect.
	ends=$(sed -nE 's/.*pipe2\(\[([0-9]+), ([0-9]+)\].*/\1 \2/p' "$BATS_TEST_TMPDIR/trace" |
		tail -n +2 | awk 'NR == 1 { a = $1 } NR == 2 { b = $2 } NR == 3 { c = $2 } END { print a ", " b ", " c }')
	run grep SCM_RIGHTS "$BATS_TEST_TMPDIR/trace"
	assert_output --partial "cmsg_data=[$ends]"
	run grep capset "$BATS_TEST_TMPDIR/trace"
	assert_output --partial "effective=0, permitted=0, inheritable=0"
}

# --- manners ---

# --- filter ---

@test "filter shows control characters visibly, and leaves all other text" {
	printf 'plain\tä€😀\n' >"$BATS_TEST_TMPDIR/text"
	ctr-console filter <"$BATS_TEST_TMPDIR/text" | cmp - "$BATS_TEST_TMPDIR/text"
	run -0 ctr-console filter < <(printf '\033]0;t\a\033[2J\r\177|\x9b|\xc2\x9b|\xe2\x80\xae|\xe2\x81\xa6')
	assert_output '\x1b]0;t\x07\x1b[2J\x0d\x7f|\x9b|\xc2\x9b|\xe2\x80\xae|\xe2\x81\xa6'
	# Overlong, a surrogate, out of range, cut short by another and by the end.
	run -0 ctr-console filter < <(printf '\xc0\x9b|\xe0\x82\x9b|\xed\xa0\x80|\xf4\x90\x80\x80|\xe2\x82x|\xf0\x9f')
	assert_output '\xc0\x9b|\xe0\x82\x9b|\xed\xa0\x80|\xf4\x90\x80\x80|\xe2\x82x|\xf0\x9f'
	head -c 300000 /dev/urandom | ctr-console filter | tr -d '\n\t' | LC_ALL=C grep -q '[[:cntrl:]]' && return 1
	run -2 ctr-console filter x
}

@test "filter prints text as it comes, and joins the bytes of a character" {
	mkfifo "$BATS_TEST_TMPDIR/f"
	ctr-console filter <"$BATS_TEST_TMPDIR/f" >"$BATS_TEST_TMPDIR/out" 3>&- &
	pids+=($!)
	exec 5>"$BATS_TEST_TMPDIR/f"
	printf 'begun\xe2\x82' >&5
	until_true 5 has "$BATS_TEST_TMPDIR/out" begun
	printf '\xac' >&5
	until_true 5 has "$BATS_TEST_TMPDIR/out" 'begun€'
	exec 5>&-
	ended 0 "${pids[-1]}"
	# Long text, with each character split by the end of a read.
	for pad in '' a ab abc; do
		{ printf %s "$pad"; for _ in {1..3000}; do printf '😀'; done; } >"$BATS_TEST_TMPDIR/long"
		ctr-console filter <"$BATS_TEST_TMPDIR/long" | cmp - "$BATS_TEST_TMPDIR/long"
	done
}

@test "no message of a tool contains terminal escapes" {
	run -1 ctr-tree get "$root" $'/no/\e[2J\x9b\xc2\x9bä' "$BATS_TEST_TMPDIR/x"
	assert_output 'ctr-tree: open /no/\x1b[2J\x9b\xc2\x9bä: No such file or directory'
}

@test "help is for one verb or for all, and wrong usage is named" {
	run -0 ctr-console --help
	assert_line -n 0 --partial "usage: ctr-console serve"
	assert_equal "$(ctr-console help)" "$output"
	run -0 ctr-console run --help
	assert_line -n 0 --partial "usage: ctr-console run"
	refute_output --partial --ready
	assert_equal "$(ctr-console help run)" "$output"
	assert_equal "$(ctr-console run /no/such -h)" "$output"
	run -0 ctr-console --version
	wrong() { # STATUS TEXT ARGUMENT...
		run "-$1" ctr-console "${@:3}"
		assert_output "ctr-console: $2"
	}
	wrong 2 "no verb; see --help"
	wrong 2 "unknown verb: nonsense; see --help" nonsense
	wrong 2 "unknown verb: rum; did you mean run?" rum "$root" true
	wrong 2 "unknown option: --nonsense; see --help" serve --nonsense
	wrong 2 "serve takes no --tty" serve --tty
	wrong 2 "serve: unexpected argument: extra" serve extra
	wrong 125 "run: missing argument; see --help" run
	wrong 125 "run: missing argument; see --help" run "$root"
	wrong 125 "run: missing argument; see --help" run "$root" --
	wrong 125 "run: missing argument; see --help" run "$root" --tty
	wrong 125 "unknown option: --nonsense; see --help" run --nonsense "$root" true
	wrong 125 "run takes no --ready" --ready 1 run "$root" true
	wrong 125 "login: missing argument; see --help" login
	wrong 125 "login: unexpected argument: extra" login "$root" extra
	wrong 125 "/no/such/root: cannot be reached: its socket var/lib/root-shell.socket is missing" run /no/such/root true
}

@test "options of run may be anywhere before the command" {
	serve
	local words
	for words in "--env A=1 run $root" "run --env A=1 $root" "run $root --env A=1" \
		"run $root --env A=1 --" "run --env A=1 -- $root --" "run -e A=1 -e B= $root --"; do
		# shellcheck disable=SC2086
		run -0 con $words printenv A
		assert_output 1
	done
	run -0 con run "$root" echo --env A=1 -- --help
	assert_output -- "--env A=1 -- --help"
	run -0 con run "$root" -- echo -- x
	assert_output -- "-- x"
	run -127 con run "$root" -- --env
}

@test "the synopsis of the page is the usage" {
	command -v mandoc >/dev/null || skip "needs mandoc"
	run -0 sh -c 'mandoc -T ascii "$1/bin/ctr-console.8" | col -b' sh "$TOP"
	for word in --login-socket --root-shell-socket --login --shell --ready --user --chdir --env --tty --no-tty; do
		assert_output --partial -- "$word"
	done
	run -0 mandoc -T lint -W warning "$TOP/bin/ctr-console.8"
	assert_output ""
}

@test "systemd-analyze accepts the units" {
	command -v systemd-analyze >/dev/null || skip "no systemd-analyze"
	for u in ctr-console.service ctr-login.socket ctr-root-shell.socket; do
		sed "s|@BINDIR@|$BUILD/bin|g" "$TOP/share/units/$u" >"$BATS_TEST_TMPDIR/$u"
	done
	cd "$BATS_TEST_TMPDIR"
	run systemd-analyze verify --man=no ./ctr-console.service ./ctr-login.socket ./ctr-root-shell.socket
	refute_output --partial ctr-
	run grep -h SocketMode ctr-login.socket ctr-root-shell.socket
	assert_output $'SocketMode=0666\nSocketMode=0600'
}
