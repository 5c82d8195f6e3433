#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load ../../lib/env

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p trees/foo trees/bar outside
	echo secret >outside/kept
}

teardown() {
	[[ ! ${HOLDER-} ]] || kill "$HOLDER" || :
	chattr -R -i trees 2>/dev/null || :
}

@test "empty removes all files in a tree, and nothing else" {
	mkdir -p trees/foo/var/empty "trees/foo/$(printf 'd/%.0s' {1..200})"
	touch trees/foo/var/empty/file trees/foo/.hidden
	ln -s "$PWD/outside" trees/foo/link
	chattr +i trees/foo/var/empty trees/foo/var trees/foo 2>/dev/null || echo "# no chattr here" >&3
	ctr-tree empty "$PWD/trees/foo"
	assert_equal "$(ls -A trees/foo)" ""
	assert_equal "$(ls trees | tr '\n' ' ')" "bar foo "
	assert_exists outside/kept
	rmdir trees/foo
	ctr-tree empty "$PWD/trees/foo"
	ln -s ../outside trees/foo
	run -1 ctr-tree empty "$PWD/trees/foo"
	assert_output "ctr-tree: empty $PWD/trees/foo: Not a directory"
	assert_exists outside/kept
}

@test "empty opens no pipe and no device, even to remove a flag" {
	mkfifo trees/foo/pipe
	# A reader that opens the pipe would unblock this writer.
	sh -c ': >"$1"; touch opened' sh trees/foo/pipe 3>&- &
	local writer=$!
	chattr +i trees/foo 2>/dev/null || { kill "$writer"; skip "no chattr here"; }
	until_true 5 grep -q "^State:.S" "/proc/$writer/status"
	ctr-tree empty "$PWD/trees/foo"
	assert_equal "$(ls -A trees/foo)" ""
	sleep 0.2
	assert_not_exists opened
	kill "$writer"
}

@test "a folder does not replace another, not even an empty one" {
	mkdir -p from/sub trees/foo/have/from
	run -1 ctr-tree put trees/foo from /have
	assert_output "ctr-tree: copy from to /have: File exists"
	assert_equal "$(find trees/foo | sort | tr '\n' ' ')" \
		"trees/foo trees/foo/have trees/foo/have/from "
}

@test "put and get copy files and folders, with modes and content" {
	mkdir -p from/sub
	printf 'a\0b' >from/sub/file
	chmod 4755 from/sub/file
	ln -s sub/file from/link
	mkfifo from/fifo
	run -0 ctr-tree put trees/foo from /
	assert_output "ctr-tree: copy from: 1 skipped: not a file, directory or link"
	cmp from/sub/file trees/foo/from/sub/file
	assert_equal "$(stat -c %a trees/foo/from/sub/file)" 4755
	assert_equal "$(readlink trees/foo/from/link)" sub/file
	ctr-tree get trees/foo /from/sub/file out
	cmp from/sub/file out
	assert_equal "$(stat -c %a out)" 755
	mkdir in
	ctr-tree get trees/foo from in
	cmp from/sub/file in/from/sub/file
}

@test "links out of the tree are not followed" {
	ln -s "$PWD/outside" trees/foo/out
	ln -s ../../outside/kept trees/foo/file
	run -1 ctr-tree get trees/foo out/kept here
	run -1 ctr-tree get trees/foo file here
	assert_not_exists here
	echo mine >mine
	run -1 ctr-tree put trees/foo mine out/kept
	# A link in the place of the file is replaced, not followed.
	ctr-tree put trees/foo mine /file
	assert_equal "$(cat outside/kept trees/foo/file)" $'secret\nmine'
	ln -s foo trees/link
	run -1 ctr-tree put trees/link mine /new
	assert_output "ctr-tree: open trees/link: Not a directory"
	assert_not_exists trees/foo/new
}

@test "wrong usage is named, with exit status 2" {
	run -2 ctr-tree
	assert_output "ctr-tree: no verb; see --help"
	run -2 ctr-tree frob trees/foo
	assert_output "ctr-tree: unknown verb: frob; see --help"
	run -2 ctr-tree pit trees/foo
	assert_output "ctr-tree: unknown verb: pit; did you mean put?"
	run -2 ctr-tree empty trees/foo more
	assert_output "ctr-tree: empty: unexpected argument: more"
	run -2 ctr-tree put trees/foo
	assert_output "ctr-tree: put: missing argument; see --help"
	run -2 ctr-tree put --frob trees/foo file /
	assert_output "ctr-tree: unknown option: --frob; see --help"
	run -2 ctr-tree put -b trees/foo file /
	assert_output "ctr-tree: unknown option: -b; see --help"
	# An empty argument, as from an unset variable, is not the whole tree.
	for words in "get trees/foo '' copy" "put trees/foo file ''" "empty ''" "remove trees/foo ''"; do
		eval "run -2 ctr-tree $words"
		assert_output "ctr-tree: ${words%% *}: empty argument"
	done
	assert_not_exists copy
	run -2 ctr-tree empty /
	assert_output "ctr-tree: no name at the end of the path: /"
	run -1 ctr-tree get trees/foo a ..
	assert_output "ctr-tree: open a: No such file or directory"
}

@test "files left by a killed copy are removed by the next one of that name" {
	mkdir -p from/sub trees/foo/.from.ctr-tree.4194304 trees/foo/.from.ctr-tree.x \
		"trees/foo/.from.ctr-tree.$$" trees/foo/.other.ctr-tree.4194304
	touch from/sub/file trees/foo/.from.ctr-tree.4194304/part
	ctr-tree put trees/foo from /
	assert_equal "$(ls -A trees/foo | tr '\n' ' ')" \
		".from.ctr-tree.$$ .from.ctr-tree.x .other.ctr-tree.4194304 from "
}

@test "get writes into a FIFO, device or link of the host, and does not replace it" {
	echo text >trees/foo/file
	mknod null c 1 3
	mkfifo fifo
	ln -s /dev/null link-to-null
	ln -s real link
	# If devices cannot be opened it fails, and keeps the file, too.
	run ctr-tree get trees/foo file null
	assert_equal "$(stat -c %F null)" 'character special file'
	ctr-tree get trees/foo file link-to-null
	assert_equal "$(readlink link-to-null)" /dev/null
	timeout 10 cat fifo >got 3>&- &
	timeout 10 ctr-tree get trees/foo file fifo
	wait $!
	assert_equal "$(cat got) $(stat -c %F fifo)" 'text fifo'
	# A dangling link, then one to a file.
	ctr-tree get trees/foo file link
	echo more >trees/foo/file
	ctr-tree get trees/foo file link
	assert_equal "$(readlink link) $(cat real)" 'real more'
	ln -s outside dir
	ctr-tree get trees/foo file dir
	assert_equal "$(cat outside/file)" more
	run -1 ctr-tree get trees/foo file /dev/full
	assert_output 'ctr-tree: copy file to /dev/full: No space left on device'
	socat UNIX-LISTEN:socket /dev/null 3>&- &
	until_true 5 test -S socket
	run -1 ctr-tree get trees/foo file socket
	assert_output 'ctr-tree: open socket: No such device or address'
	run -1 ctr-tree put trees/foo socket /
	assert_equal "$(stat -c %F socket)" socket
	kill $!
}

@test "get writes to standard output with - and with /dev/stdout" {
	printf 'a\0b' >trees/foo/file
	for to in - /dev/stdout /dev/fd/1 /proc/self/fd/1; do
		ctr-tree get trees/foo file $to | cmp - trees/foo/file
	done
	{ printf x; ctr-tree get trees/foo file /dev/stdout; } >got
	assert_equal "$(stat -c %s got)" 4
	ctr-tree get trees/foo file /dev/fd/6 6>six
	cmp six trees/foo/file
	mkdir trees/foo/dir
	assert_equal "$(ctr-tree get trees/foo dir - | tar t)" dir
	run -1 sh -c 'ctr-tree get trees/foo file /dev/fd/7 7>&-'
	assert_output 'ctr-tree: /dev/fd/7: Bad file descriptor'
	assert_not_exists ./-
	# A slow reader, and one that closes.
	truncate -s 3M trees/foo/big
	assert_equal "$(ctr-tree get trees/foo big - | (sleep 0.3; wc -c))" 3145728
	run -141 bash -o pipefail -c 'ctr-tree get trees/foo big - | head -c 1 >/dev/null'
}

@test "put reads standard input with -, and reads FIFOs and devices to their end" {
	chown 1000:1000 trees/foo
	mkdir trees/foo/dir
	printf 'a\0b' | ctr-tree put trees/foo - /dir/file
	printf 'a\0b' | cmp - trees/foo/dir/file
	assert_equal "$(stat -c %a:%u:%g trees/foo/dir/file)" 644:1000:1000
	chmod 640 trees/foo/dir/file
	ctr-tree put trees/foo <(printf new) /dir/file
	assert_equal "$(cat trees/foo/dir/file; stat -c %a trees/foo/dir/file)" new640
	mkfifo fifo
	printf fifo >fifo 3>&- &
	timeout 10 ctr-tree put trees/foo fifo /dir
	assert_equal "$(cat trees/foo/dir/fifo)" fifo
	ctr-tree put trees/foo /dev/null /dir/file
	assert_equal "$(stat -c '%F %s' trees/foo/dir/file)" 'regular empty file 0'
	run -1 ctr-tree put trees/foo - /dir </dev/null
	assert_output 'ctr-tree: copy - to /dir: Is a directory; a tar is unpacked there with --tar'
	run -1 ctr-tree put trees/foo - /dir/x </etc
	run -1 sh -c 'ctr-tree put trees/foo - /dir/x <&-'
	assert_output 'ctr-tree: -: Bad file descriptor'
	assert_equal "$(ls -A trees/foo/dir | tr '\n' ' ')" 'fifo file '
	# An existing file of any kind is replaced, and not followed or opened.
	mkfifo trees/foo/pipe
	ln -s "$PWD/outside/kept" trees/foo/link
	for at in pipe link; do echo x | timeout 10 ctr-tree put trees/foo - $at; done
	assert_equal "$(cat trees/foo/pipe trees/foo/link outside/kept)" $'x\nx\nsecret'
}

@test "put --backup keeps the replaced file, under the next free number" {
	echo one | ctr-tree put --backup trees/foo - file
	assert_equal "$(ls -A trees/foo)" file
	echo two | ctr-tree put --backup trees/foo - file
	echo two | ctr-tree put --backup trees/foo - file
	ln -s nowhere trees/foo/file.~2~
	echo three | ctr-tree put --backup trees/foo - file
	assert_equal "$(cat trees/foo/file{,.~1~,.~3~} | tr '\n' ' ')" 'three one two '
	rm trees/foo/file
	ln -s "$PWD/outside/kept" trees/foo/file
	echo four | ctr-tree put --backup trees/foo - file
	assert_equal "$(readlink trees/foo/file.~4~) $(cat trees/foo/file)" "$PWD/outside/kept four"
	rm trees/foo/file
	mkfifo trees/foo/file
	echo five | timeout 10 ctr-tree put --backup trees/foo - file
	assert_equal "$(stat -c %F trees/foo/file.~5~) $(cat trees/foo/file)" 'fifo five'
	assert_equal "$(cat outside/kept)" secret
	assert_equal "$(ls -A trees/foo | wc -l)" 6
	run -2 ctr-tree get --backup trees/foo file x
	assert_output "ctr-tree: get takes no --backup"
}

@test "mkdir and remove work only in the tree" {
	chown 1000:1000 trees/foo
	(umask 077; ctr-tree mkdir trees/foo /a/b)
	ctr-tree mkdir trees/foo a/b
	assert_equal "$(stat -c %a:%u:%g trees/foo/a trees/foo/a/b | tr '\n' ' ')" '755:1000:1000 755:1000:1000 '
	ln -s "$PWD/outside" trees/foo/out
	run -1 ctr-tree mkdir trees/foo out/new
	ln -s "$PWD/outside/kept" trees/foo/a/b/link
	ctr-tree remove trees/foo a/b/link
	ctr-tree remove trees/foo a/b/link
	run -1 ctr-tree remove trees/foo out/kept
	ctr-tree remove trees/foo out
	ctr-tree remove trees/foo a
	assert_equal "$(ls -A trees/foo outside | tr '\n' ' ')" 'outside: kept  trees/foo: '
	run -2 ctr-tree remove trees/foo /
}

@test "options may be anywhere before --, and help is for one verb or for all" {
	echo one >one
	for words in "--backup put trees/foo one /" "put trees/foo one / --backup" \
		"--backup -- put trees/foo one /" "put trees/foo --back -- one /"; do
		echo "$words" >>one
		# shellcheck disable=SC2086
		run -0 ctr-tree $words
	done
	assert_equal "$(ls -A trees/foo | tr '\n' ' ')" 'one one.~1~ one.~2~ one.~3~ '
	run -0 --separate-stderr ctr-tree help put
	assert_line --index 0 "usage: ctr-tree put [--backup] [--tar] [--user USER] [--name NAME]"
	refute_line --partial "ctr-tree get"
	assert_equal "$(ctr-tree put trees/foo --help)" "$output"
	run -0 ctr-tree get -h
	refute_output --partial --backup
	run -0 ctr-tree --help
	assert_line --regexp '^  empty +remove everything'
	assert_equal "$(ctr-tree help)" "$output"
}

@test "at runs a command in a folder of the tree, and follows no link to it" {
	mkdir -p trees/foo/var/log
	ln -s "$PWD/outside" trees/foo/var/out
	ln -s log trees/foo/var/in
	touch trees/foo/var/log/mine
	run -0 ctr-tree at trees/foo var/log ls
	assert_output mine
	run -0 ctr-tree at trees/foo /var/log printf '%s,' -a -- 'b c' ''
	assert_output -- '-a,--,b c,,'
	for path in var/out var/in var/../../bar var/log/mine none; do
		run -125 ctr-tree at trees/foo $path ls
		assert_output --partial "ctr-tree: open $path in trees/foo: "
	done
	ln -s foo trees/link
	run -125 ctr-tree at trees/link var/log ls
	run -3 ctr-tree at trees/foo var/log sh -c 'exit 3'
	run -127 ctr-tree at trees/foo var/log ./none
	run -126 ctr-tree at trees/foo var/log "$PWD"
	run -125 ctr-tree at trees/foo var/log
	run -0 ctr-tree at trees/foo var sh -c 'mv log moved; mkdir log; grep -o "NoNewPrivs.*\|CapEff.*" /proc/self/status; ls /proc/self/fd | wc -l; cd -P moved && ls'
	assert_line mine
	assert_line "$(grep CapEff /proc/self/status)"
}

@test "seal: no root with that namespace makes the paths writable again" {
	((EUID == 0)) || skip "needs root"
	needs_kernel 5.12
	mkdir -p sealed/sub over
	echo old >sealed/file
	ln -s sealed link
	cat >attack <<-'END'
		for dir in "$1" "$1/sub" over; do
			mount -o remount,bind,rw "$dir" 2>/dev/null && echo "remount of $dir"
			touch "$dir/new" 2>/dev/null && echo "new file in $dir"
		done
		mount --rbind "$1" over && mount -o remount,bind,rw over 2>/dev/null && echo "remount of a bind"
		touch over/new 2>/dev/null && echo "new file below a bind"
		mount -o remount,bind,rw "$2" 2>/dev/null && echo "remount of a file"
		echo new 2>/dev/null >"$2" && echo "new text"
		umount -l over
		unshare -m sh -c 'mount -o remount,bind,rw "$1"' sh "$1" 2>/dev/null && echo "remount in a copy"
		umount "$1" 2>/dev/null
		touch "$1/new" 2>/dev/null && echo "new file behind it"
		nsenter -m/proc/$$/ns/mnt sh -c 'touch "$1/new"' sh "$1" 2>/dev/null && echo "new file by nsenter"
		exit 7
	END
	run -7 unshare -m --propagation private sh -c 'mount -t tmpfs t sealed/sub && exec "$@"' sh \
		ctr-tree seal --path "$PWD/link" --path "$PWD/sealed/file" --path "$PWD/over" \
		sh attack "$PWD/sealed" "$PWD/sealed/file"
	assert_output ''
	assert_equal "$(cat sealed/file) $(ls sealed sealed/sub over | xargs)" \
		"old over: sealed: file sub sealed/sub:"
	touch sealed/sub/mine over/mine
}

@test "seal: what is mounted there later is not seen, and elsewhere it is" {
	((EUID == 0)) || skip "needs root"
	needs_kernel 5.12
	mkdir -p sealed/late other
	# shellcheck disable=SC2016
	run -0 unshare -m --propagation shared sh -c 'mount --bind . . && cd "$PWD" && mkfifo go gone
		ctr-tree seal --path "$PWD/sealed" sh -c "echo >go; read x <gone; ls sealed/late other" &
		read x <go; mount -t tmpfs t sealed/late; mount -t tmpfs t other
		touch sealed/late/seen other/seen; echo >gone; wait $!'
	assert_output $'other:\nseen\n\nsealed/late:'
}

@test "seal hands on descriptors, rights and the words of the command" {
	((EUID == 0)) || skip "needs root"
	run -0 ctr-tree seal sh -c 'printf "%s\n" "$@"; ls /proc/self/fd | wc -l; grep -o "NoNewPrivs.*\|CapEff.*" /proc/self/status' \
		sh --path '' -- 'a b'
	assert_line --index 0 -- --path
	assert_line --index 1 ''  || assert_line --index 1 -- --
	assert_equal "$(grep -c CapEff <<<"$output")" 1
	assert_line --partial $'NoNewPrivs:\t0'
	assert_line "$(grep CapEff /proc/self/status)"
	run -127 ctr-tree seal ./none
	run -126 ctr-tree seal "$PWD"
	run -125 ctr-tree seal --path relative true
	assert_output 'ctr-tree: not an absolute path: relative'
	run -125 ctr-tree seal --optional --path "$PWD/none" true
	assert_output "ctr-tree: seal $PWD/none: No such file or directory"
	run -125 ctr-tree seal
}

@test "seal --optional goes on with a warning if there are no user namespaces" {
	((EUID == 0)) || skip "needs root"
	needs_kernel 5.12
	mkdir dir
	run -125 unshare --user --map-root-user --mount sh -c \
		'echo 0 >/proc/sys/user/max_user_namespaces; exec ctr-tree seal --path "$1" true' sh "$PWD/dir"
	assert_output --partial 'copy the mounts in a user namespace: No space left on device'
	run -0 unshare --user --map-root-user --mount sh -c \
		'echo 0 >/proc/sys/user/max_user_namespaces; exec ctr-tree seal --optional --path "$1" echo done' sh "$PWD/dir"
	assert_line --partial 'continuing without'
	assert_line done
}

@test "exchange lets two trees change places, or changes nothing" {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p x/one x/other y
	touch x/one/1 x/other/2 x/file
	ln -s one x/link
	ctr-tree exchange "$PWD/x/one" "$PWD/x/other"
	run -0 ls x/one x/other
	assert_output $'x/one:\n2\n\nx/other:\n1'
	ctr-tree exchange x/one x/other
	assert_exist x/one/1
	run -1 ctr-tree exchange x/one x/none
	assert_output 'ctr-tree: exchange: none: No such file or directory'
	run -1 ctr-tree exchange x/one x/file
	assert_output 'ctr-tree: exchange: file: not a directory'
	run -1 ctr-tree exchange x/link x/other
	assert_output 'ctr-tree: exchange: link: not a directory'
	run -1 ctr-tree exchange x/one /proc
	assert_output --regexp '^ctr-tree: exchange: '
	run -2 ctr-tree exchange x/one
	run -2 ctr-tree exchange x/one ''
	run -2 ctr-tree exchange x/one /
	assert_exist x/one/1
}

@test "check: no place that systemd-nspawn touches leads out of the tree" {
	run -0 ctr-tree check "$PWD/trees/foo"
	mkdir -p trees/foo/{dev,proc,sys,run,tmp,usr,etc,var/log}
	run -0 ctr-tree check "$PWD/trees/foo"
	for path in dev proc sys run tmp usr etc root var nix var/lib var/log nix/store nix/var/nix; do
		for target in /dev ../../../../../../dev "$PWD/outside" ../../outside nowhere /srv/nowhere "${path##*/}"; do
			rm -rf "trees/foo/$path"
			mkdir -p "trees/foo/$(dirname "$path")"
			ln -s "$target" "trees/foo/$path"
			run -1 ctr-tree check "$PWD/trees/foo"
			assert_output "ctr-tree: check $PWD/trees/foo: $path: a link that leads out of the tree, or nowhere"
		done
		rm "trees/foo/$path"
		mkfifo "trees/foo/$path"
		run -1 ctr-tree check "$PWD/trees/foo"
		assert_output "ctr-tree: check $PWD/trees/foo: $path: not a directory"
		rm "trees/foo/$path"
		mkdir "trees/foo/$path"
	done
	for path in etc/machine-id usr/lib/os-release; do
		mkdir -p "trees/foo/${path%/*}"
		mkfifo "trees/foo/$path"
		run -1 timeout 5 ctr-tree check "$PWD/trees/foo"
		assert_output "ctr-tree: check $PWD/trees/foo: $path: not a regular file"
		rm "trees/foo/$path"
	done
	ln -s "$PWD/trees/foo" trees/link
	run -1 ctr-tree check "$PWD/trees/link"
}

@test "check: a link inside the tree that host and container follow alike is right" {
	mkdir -p trees/foo/{var/tmp,usr,dev}
	ln -s var/tmp trees/foo/tmp
	ln -s ../run trees/foo/var/lib
	mkdir trees/foo/run
	ln -s /etc/machine-id trees/foo/nowhere
	run -0 ctr-tree check "$PWD/trees/foo"
	assert_output ''
	rmdir trees/foo/dev
	ln -s /usr trees/foo/dev
	run -1 ctr-tree check "$PWD/trees/foo"
}

@test "put and get do not wait for a lease that a container holds on a file" {
	echo old >trees/foo/file
	echo new >new
	# F_SETLEASE is 1024, F_WRLCK is 1; SIGIO asks the holder to let go.
	perl -e '$SIG{IO} = "IGNORE"; open(my $f, "+<", "trees/foo/file") or die; fcntl($f, 1024, 1) or die "lease: $!";
		open(my $o, ">", "leased"); close $o; sleep 30' 3>&- &
	HOLDER=$!
	until_true 5 test -e leased
	run -1 timeout 5 ctr-tree get trees/foo /file out
	assert_output "ctr-tree: copy /file to out: Resource temporarily unavailable"
	run -0 timeout 5 ctr-tree put --backup trees/foo new /file
	assert_equal "$(cat trees/foo/file)" new
	assert_exists trees/foo/file.~1~
	run -0 timeout 5 ctr-tree remove trees/foo /file.~1~
	assert_not_exists trees/foo/file.~1~
}

# machine_id TARGET - check a tree in which etc/machine-id is a link
machine_id() {
	ln -sfn "$1" trees/foo/etc/machine-id
	timeout 5 ctr-tree check "$PWD/trees/foo"
}

@test "check: a link at etc/machine-id leads to nothing of the host" {
	mkdir -p trees/foo/{etc/static,var/lib}
	echo 0123456789abcdef0123456789abcdef | tee outside/id >trees/foo/var/lib/id
	mkfifo outside/fifo trees/foo/fifo
	ln -s ../var/lib/id trees/foo/etc/relative
	ln -s /nosuch.ctr trees/foo/etc/gone
	for target in /etc/passwd "$PWD/outside/id" ../../../outside/id ../../../outside/none "$PWD/outside/fifo" \
		/ /etc/passwd/x /proc/self/exe /proc/1/none /tmp/../nosuch.ctr machine-id gone; do
		run -1 machine_id "$target"
		assert_output "ctr-tree: check $PWD/trees/foo: etc/machine-id: a link that leads out of the tree"
	done
	for target in ../fifo static ..; do
		run -1 machine_id "$target"
		assert_output "ctr-tree: check $PWD/trees/foo: etc/machine-id: not a regular file"
	done
	for target in ../var/lib/id relative none ../var/none/id relative/x /nosuch.ctr /nosuch.ctr/etc/machine-id //nosuch.ctr/; do
		run -0 machine_id "$target"
		assert_output ''
	done
}

@test "check crosses no mount of the host, and waits for no automount" {
	((EUID == 0)) || skip "needs root"
	mkdir trees/foo/etc
	export -f machine_id
	run unshare -m bash -c 'mount -t tmpfs t outside && machine_id "$PWD/outside/none"'
	assert_equal "$status" 1
	assert_output --partial "etc/machine-id: a link that leads out of the tree"
	# Nobody serves this automount: whoever enters it waits for ever.
	cat >automount.c <<-'END'
		#include <stdio.h>
		#include <stdlib.h>
		#include <sys/mount.h>
		#include <unistd.h>
		int main(int argc, char *argv[])
		{
			char data[99];
			int p[2];

			if (argc < 4 || setpgid(0, 0) < 0 || pipe(p) < 0)
				return 9;
			snprintf(data, sizeof(data), "fd=%d,pgrp=%d,minproto=5,maxproto=5,%s", p[1], (int)getpgrp(), argv[2]);
			if (mount("auto", argv[1], "autofs", 0, data) < 0)
				return 9;
			return WEXITSTATUS(system(argv[3]));
		}
	END
	cc -o automount automount.c
	ln -sfn "$PWD/outside/x" trees/foo/etc/machine-id
	# In a group of its own: that of the automounter would not wait.
	cat >enter <<-'END'
		timeout -s KILL 1 ls outside/x
		[ $? = 137 ] || exit 8
		exec timeout -s KILL 5 ctr-tree check "$PWD/trees/foo"
	END
	for kind in direct indirect; do
		run unshare -m ./automount outside "$kind" "exec setsid -w sh enter"
		[ "$status" != 9 ] || skip "no autofs here"
		assert_equal "$kind $status" "$kind 1"
		assert_output --partial "etc/machine-id: a link that leads out of the tree"
	done
}

@test "check: an os-release is looked up as in the container" {
	mkdir -p trees/foo/{etc,usr/lib,nix}
	mkfifo trees/foo/fifo outside/fifo
	for target in /fifo ../fifo; do
		ln -sfn "$target" trees/foo/etc/os-release
		run -1 timeout 5 ctr-tree check "$PWD/trees/foo"
		assert_output "ctr-tree: check $PWD/trees/foo: etc/os-release: not a regular file"
	done
	touch trees/foo/nix/release
	for target in /nix/release ../../../../../nix/release /none "$PWD/outside/fifo" os-release; do
		ln -sfn "$target" trees/foo/etc/os-release
		run -0 timeout 5 ctr-tree check "$PWD/trees/foo"
		assert_output ''
	done
}

@test "unmount takes all mounts below a tree, whatever their names, and names what is busy" {
	((EUID == 0)) || skip "needs root"
	mkdir -p trees/foo/mnt trees/foo/srv
	touch trees/foo/file
	cat >mounts <<-'END'
		mount -t tmpfs t trees/foo/mnt
		mkdir -p trees/foo/mnt/in "trees/foo/mnt/new
		line"
		mount -t tmpfs t trees/foo/mnt/in
		mount -t tmpfs t "trees/foo/mnt/new
		line"
		mount --bind outside trees/foo/srv
		mount --bind outside/kept trees/foo/file
		mount -t tmpfs t trees/bar
		ctr-tree unmount "$PWD/trees/foo" || exit
		grep -c "$PWD/trees/foo" /proc/self/mountinfo
		grep -c "$PWD/trees/bar" /proc/self/mountinfo
		mount -t tmpfs t trees/foo/mnt
		exec 5<trees/foo/mnt
		ctr-tree unmount "$PWD/trees/foo"
	END
	run -1 unshare -m --propagation private sh mounts
	assert_output $'0\n1\n'"ctr-tree: $PWD/trees/foo: unmount mnt: Resource busy"
	assert_equal "$(cat outside/kept)" secret
}

@test "idmap: mounts of a tmpfs can map user IDs" {
	((EUID == 0)) || skip "needs root"
	needs_kernel 6.3
	run -0 unshare -m sh -c 'mount -t tmpfs t trees && exec ctr-tree idmap "$PWD/trees"'
	assert_output ''
	assert_equal "$(pgrep -P $$ ctr-tree | wc -l)" 0
}

@test "idmap: mounts of /proc cannot map user IDs" {
	((EUID == 0)) || skip "needs root"
	run -1 ctr-tree idmap /proc
	assert_output ''
	run -2 ctr-tree idmap "$PWD/none"
	assert_output "ctr-tree: $PWD/none: No such file or directory"
	assert_equal "$(pgrep -P $$ ctr-tree | wc -l)" 0
}

# limited ARGUMENT... - get conf out of the tree within small limits
limited() {
	ctr-tree get --max-bytes 1000 --max-files 5 --max-depth 2 --plain "$@" trees/foo conf out
}

@test "get keeps its limits, and names what went over them" {
	mkdir -p trees/foo/conf/a out
	printf '%0500d' 0 >trees/foo/conf/a/one
	printf '%0500d' 0 >trees/foo/conf/two
	limited
	cmp trees/foo/conf/a/one out/conf/a/one
	rm -r out/conf
	printf '%01001d' 0 >trees/foo/conf/a/one
	run -1 limited
	assert_output "ctr-tree: copy conf/a/one to out: more than --max-bytes"
	# A hole counts as well, and takes no time.
	truncate -s 1T trees/foo/conf/a/one
	run -1 timeout 5 ctr-tree get --max-bytes 1000 trees/foo conf/a/one out
	assert_output "ctr-tree: copy conf/a/one to out: more than --max-bytes"
	run -1 timeout 5 ctr-tree get --max-bytes 1000 trees/foo conf/a/one -
	assert_output "ctr-tree: copy conf/a/one to -: more than --max-bytes"
	rm trees/foo/conf/a/one
	touch trees/foo/conf/{3,4,5}
	run -1 limited
	assert_output --regexp '^ctr-tree: copy conf/[^ ]+ to out: more than --max-files$'
	rm trees/foo/conf/{3,4,5}
	mkdir -p trees/foo/conf/a/b/c
	run -1 limited
	assert_output "ctr-tree: copy conf/a/b/c to out: too many directories in each other"
	run -0 ls -A out
	assert_output ''
	run -2 ctr-tree get --max-bytes x trees/foo conf out
	assert_output --partial "--max-bytes: expected a number: x"
	run -2 ctr-tree put --max-bytes 1 trees/foo out conf
}

@test "get --plain refuses what is no file, and all users can read the copy" {
	mkdir -p trees/foo/conf/sub out
	echo text >trees/foo/conf/sub/file
	echo 'exit 0' >trees/foo/conf/run
	ln -s "$PWD/outside/kept" trees/foo/conf/link
	chmod 600 trees/foo/conf/sub/file
	chmod 4700 trees/foo/conf/run
	chmod 700 trees/foo/conf/sub
	limited
	assert_equal "$(stat -c %a out/conf/sub out/conf/sub/file out/conf/run | tr '\n' ' ')" "755 644 755 "
	assert_equal "$(readlink out/conf/link)" "$PWD/outside/kept"
	rm -r out/conf trees/foo/conf/link
	mkfifo trees/foo/conf/sub/$'od\033[2Jd\n'
	run -1 limited
	assert_output 'ctr-tree: copy conf/sub/od\x1b[2Jd\x0a to out: not a regular file, directory or link'
	run -0 ls -A out
	assert_output ''
}

@test "a copy has old content or new, and never that of another file" {
	mkdir -p trees/foo/conf out
	ln -s "$PWD/outside/kept" trees/foo/link
	printf '%0900d' 1 >trees/foo/old
	printf '%0900d' 2 >trees/foo/new
	(
		cd trees/foo
		while [[ -e link ]]; do
			for it in old link new; do
				cp -P $it it
				mv -T it conf/it
			done
		done
	) 2>/dev/null 3>&- &
	local swapper=$!
	for _ in {1..100}; do
		rm -rf out/conf
		limited 2>/dev/null || continue
		[[ ! -L out/conf/it && -e out/conf/it ]] || continue
		cmp -s trees/foo/old out/conf/it || cmp trees/foo/new out/conf/it
	done
	rm trees/foo/link
	wait "$swapper" || :
}

@test "idle tells whether a systemd-nspawn, here or elsewhere, has locked the tree or a copy" {
	run -0 ctr-tree idle trees/foo
	run -0 ctr-tree idle trees/none
	run -0 ctr-tree idle none/none
	local copy=.#machine.foo0123456789abcdef lock other
	for lock in .#foo.lck ".#$copy.lck"; do
		: >"trees/$lock"
		run -0 ctr-tree idle trees/foo
		# An open file description lock, as systemd-nspawn has.
		exec {other}<>"trees/$lock"
		ctr-tree idle --hold "$other" trees/bar
		run -1 ctr-tree idle trees/foo
		assert_output ''
		run -0 ctr-tree idle trees/bar
		exec {other}>&-
		run -0 ctr-tree idle trees/foo
	done
	# fo is another tree, and so is foo0: neither has these locks.
	exec {other}<>"trees/.#$copy.lck"
	ctr-tree idle --hold "$other" trees/bar
	run -0 ctr-tree idle trees/fo
	run -0 ctr-tree idle trees/foo0
	exec {other}>&-
	ln -s /dev/zero "trees/.#bar.lck"
	run -2 ctr-tree idle trees/bar
	assert_output "ctr-tree: lock of trees/bar: Symbolic link loop"
}

@test "idle --hold keeps the lock as long as the caller's descriptor is open" {
	local mine theirs
	exec {mine}<>trees/.#foo.lck {theirs}<>trees/.#foo.lck
	ctr-tree idle --hold "$mine" trees/foo
	run -1 ctr-tree idle --hold "$theirs" trees/foo
	assert_output ''
	exec {mine}>&-
	ctr-tree idle --hold "$theirs" trees/foo
	# It waits for a moment: a systemd-nspawn may be ending.
	exec {mine}<>trees/.#foo.lck
	(sleep 0.5) 3>&- {mine}>&- &
	exec {theirs}>&-
	run -0 ctr-tree idle --hold "$mine" trees/foo
	wait
	run -2 ctr-tree idle --hold 99 trees/foo
	assert_output "ctr-tree: --hold: expected an open descriptor: 99"
}

@test "systemd-nspawn itself respects the lock that idle takes, and takes the same" {
	local mine
	mkdir -p trees/foo/usr
	exec {mine}<>trees/.#foo.lck
	ctr-tree idle --hold "$mine" trees/foo
	run -1 systemd-nspawn --quiet --keep-unit --register=no --directory="$PWD/trees/foo" \
		/bin/true {mine}>&-
	assert_output --partial "is currently busy"
}
