#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# copy-to and copy-from, of trees that are what the container's root likes.
load container

setup() {
	name=$(unused_name t)
	root=$state/$name
	conf=$confs/$name.conf
	made=("$name")
	create --no-start
	cd "$BATS_TEST_TMPDIR"
	mkdir host
	echo secret >host/secret
}

put() { nixos-container copy-to "$name" "$@"; }
get() { nixos-container copy-from "$name" "$@"; }

# other_machine - for -H: it is this one, in another directory
other_machine() {
	mkdir -p bin
	printf '#!/bin/sh\nfor line; do :; done\ncd /\nexec sh -c "$line"\n' >bin/ssh
	chmod +x bin/ssh
	PATH=$PWD/bin:$PATH
}

# starts - start it, with an account; names are resolved inside
starts() {
	nixos-container start "$name"
	inside sh -c 'mkdir -p /srv; echo "app:x:1000:100::/:/bin/sh" >>/etc/passwd'
}

# host_unharmed - is all as it was in the folder that links lead to?
host_unharmed() {
	assert_equal "$(ls -A host)" secret
	assert_equal "$(cat host/secret)" secret
}

@test "files and directories go there and back, with modes, links and holes" {
	mkdir -p tree/deep/er
	printf 'text\n\0bytes' >tree/deep/file
	chmod 4755 tree/deep/file
	chmod 700 tree/deep
	ln -s ../elsewhere tree/link
	truncate -s 1G tree/holes
	printf x | dd of=tree/holes bs=1 seek=500M conv=notrunc status=none
	run -1 put tree /srv/tree
	assert_output --partial "open /srv/: No such file"
	mkdir "$root/srv"
	put tree /srv/tree
	diff -r tree "$root/srv/tree" --no-dereference
	assert_equal "$(stat -c %a:%u "$root/srv/tree/deep" "$root/srv/tree/deep/file" | tr '\n' ' ')" '700:0 4755:0 '
	assert_equal "$(stat -c %Y "$root/srv/tree/deep/file")" "$(stat -c %Y tree/deep/file)"
	(($(stat -c %b "$root/srv/tree/holes") < 1000))
	get /srv/tree back
	diff -r tree back --no-dereference
	assert_equal "$(stat -c %a back/deep/file)" 755
	assert_equal "$(readlink back/link)" ../elsewhere
	mkdir into
	get srv/tree/deep/file into
	cmp tree/deep/file into/file
	run -1 get /srv/tree back/link
	run -1 get /no/such x
	assert_output --partial /no/such
	assert_not_exists x
	run -2 get / into
	run -2 put x
	run -1 nixos-container copy-to "no-$name" tree /
}

@test "- is standard input and output, on another machine too" {
	mkdir "$root/srv"
	head -c 200000 /dev/urandom >data
	put - /srv/data <data
	get /srv/data - | cmp - data
	assert_equal "$(stat -c %a:%u "$root/srv/data")" 644:0
	other_machine
	nixos-container -H there copy-to "$name" - /srv/there <data
	nixos-container -H there copy-from "$name" /srv/there - | cmp - data
	get /srv - | tar t | grep -x srv/data
	run -1 put - /srv </dev/null
	assert_not_exists ./-
}

@test "no device, FIFO or link of the host is replaced" {
	echo text >"$root/file"
	mkfifo fifo
	ln -s "$PWD/host/secret" link
	get /file /dev/null
	assert_equal "$(stat -c %F /dev/null)" 'character special file'
	timeout 10 cat fifo >got 3>&- &
	get /file fifo
	wait $!
	get /file link
	assert_equal "$(cat got host/secret)" $'text\ntext'
	assert_equal "$(stat -c %F fifo link | tr '\n' ' ')" 'fifo symbolic link '
	put <(echo piped) /piped
	assert_equal "$(cat "$root/piped")" piped
}

@test "a running container has what was copied to it, and gives what it made" {
	nixos-container start "$name"
	inside mkdir -p /srv
	echo hello >file
	put file /srv/
	run -0 inside cat /srv/file
	assert_output hello
	inside sh -c 'echo answer >/srv/file; chmod 4777 /srv/file'
	get /srv/file file
	run -0 cat file
	assert_output answer
	assert_equal "$(stat -c %a:%u file)" 777:0
}

@test "a file takes the place of a file or link, and of no directory" {
	mkdir -p "$root/srv/dir/file"
	echo new >file
	ln -s "$PWD/host/secret" "$root/srv/file"
	put file /srv/file.new
	ln -s /srv/none "$root/srv/dangling"
	put file /srv/dangling
	assert_equal "$(cat "$root/srv/dangling")" new
	[ ! -L "$root/srv/dangling" ]
	run -1 put file /srv/dir
	mkdir here
	run -1 put here /srv/file.new
	assert_equal "$(cat "$root/srv/file.new")" new
	run ! compgen -G "$root/srv/.*.new"
	run ! compgen -G "$root/srv/dir/.*.new"
	host_unharmed
}

@test "links lead nowhere but into the container" {
	mkdir -p "$root/srv" "$root$PWD/host"
	echo inner >"$root$PWD/host/secret"
	ln -s "$PWD/host" "$root/srv/abs"
	ln -s ../../../../../../../..$PWD/host "$root/srv/rel"
	ln -s "$PWD/host/secret" "$root/srv/file"
	for path in /srv/abs/secret /srv/rel/secret /srv/file "../../../../..$PWD/host/secret"; do
		get "$path" got
		assert_equal "$(cat got)" inner
	done
	echo new >file
	put file /srv/abs/secret
	put file /srv/rel
	assert_equal "$(cat "$root$PWD/host/secret")" new
	assert_exists "$root$PWD/host/file"
	host_unharmed
	rm -r "$root$PWD"
	run -1 get /srv/file got
	mv "$root/srv" "$root/x"
	ln -s "$PWD/host" "$root/srv"
	run -1 get /srv/secret got
	run -1 put file /srv/x
	host_unharmed
}

@test "devices, FIFOs and sockets are neither opened nor copied" {
	mkdir -p "$root/srv/d"
	mkfifo "$root/srv/d/fifo"
	mknod "$root/srv/d/zero" c 1 5
	echo text >"$root/srv/d/text"
	run -0 timeout 20 nixos-container copy-from "$name" /srv/d d
	assert_output "ctr-tree: copy /srv/d: 2 skipped: not a file, directory or link"
	assert_equal "$(ls -A d)" text
	for path in /srv/d/fifo /srv/d/zero; do
		run -1 timeout 20 nixos-container copy-from "$name" "$path" x
		assert_output --partial "not a regular file, directory or link"
	done
	run -0 timeout 20 nixos-container copy-to "$name" "$root/srv/d" /srv/e
	assert_not_exists x
}

@test "names that speak to the terminal, deep trees and files without end come to an end" {
	mkdir -p "$root/srv"
	mkdir "$root/srv/"$'a\e[31m\nb'
	get /srv srv
	assert_exists srv/$'a\e[31m\nb'
	(cd "$root/srv" && for _ in {1..300}; do mkdir d; cd d; done)
	run -1 get /srv deep
	assert_output --partial "too many directories in each other"
	assert_not_exists deep
	run ! compgen -G '.deep*'
	rm -r "$root/srv/d"
	truncate -s 8E "$root/srv/endless" || truncate -s 15T "$root/srv/endless"
	run timeout 20 nixos-container copy-from "$name" /srv/endless e
	((status != 124))
	rm -f e
}

@test "a tree whose parts are swapped for links in a loop gives and takes nothing of the host's" {
	mkdir -p "$root/srv/a/b"
	echo inner >"$root/srv/a/b/secret"
	echo new >new
	(
		cd "$root/srv/a"
		echo inner >plain
		set +e	# what is copied there comes in between, too
		while :; do
			mv -T b b.dir; ln -sT "$BATS_TEST_TMPDIR/host" b
			rm b; mv -T b.dir b
			ln -sfT "$BATS_TEST_TMPDIR/host/secret" f; cp --remove-destination plain f
		done 2>/dev/null
	) 3>&- &
	for _ in {1..40}; do
		nixos-container copy-from "$name" /srv/a/b/secret got || :
		nixos-container copy-from "$name" /srv/a/f got || :
		nixos-container copy-to "$name" new /srv/a/b/new || :
		nixos-container copy-to "$name" new /srv/a/f || :
		nixos-container copy-from "$name" /srv/a all || :
		! grep -rqs secret got all || break
		rm -rf all
	done 2>/dev/null
	kill $!
	wait $! || :
	run ! grep -rs secret got all
	host_unharmed
}

@test "in a user namespace, what is copied there is its root's" {
	nixos-container destroy "$name"
	create --no-start
	chown 1000000:1000000 "$root"
	echo hello >file
	put file /file
	assert_equal "$(stat -c %u:%g "$root/file")" 1000000:1000000
	get /file back
	assert_equal "$(stat -c %u:%g back)" 0:0
	chown 0:0 "$root"
}

# bats test_tags=suites
@test "of a running container, copies see what runs: its own mounts and binds" {
	mkdir -p host/bound one "$root/srv"
	echo 'BIND="'"$PWD/host/bound:/srv/bound"'"' >>"$conf"
	starts
	mkdir dir dir/sub
	echo text >dir/sub/file
	ln dir/sub/file dir/same
	chmod 640 dir/same
	for at in /tmp /run /srv/bound /srv; do
		put dir $at/
		put dir $at/other
		put dir/same "$at/file"
		run -0 inside sh -c "cat $at/dir/same $at/other/sub/file; stat -c %a:%u:%h $at/dir/same $at/file"
		assert_output $'text\ntext\n640:0:2\n640:0:1'
		get $at/dir one
		diff -r dir one/dir
		[[ one/dir/same -ef one/dir/sub/file ]]
		get $at/file one/new
		cmp one/new dir/same
		get $at/file - | cmp - dir/same
		get $at/dir - | tar t | grep -x dir/same
		tar c dir | put --tar - $at/third
		get --tar $at/third/same - | tar xO | cmp - dir/same
		rm -r one/dir one/new
	done
	assert_exists host/bound/dir/same
	assert_equal "$(ls -A "$root/tmp" "$root/run")" "$(printf '%s:\n\n%s:' "$root/run" "$root/tmp")"
	run -0 inside sh -c 'ls -A /tmp /run /srv | grep tree || :'
	assert_output ''
}

@test "--user names a user of the container, whether it runs or not" {
	starts
	mkdir dir
	echo x >dir/file
	put --user app dir /srv/a
	put --user 1234 dir/file /srv/b
	tar c dir | put --tar --user app - /srv/c
	put --user app - /srv/d <dir/file
	run -0 inside stat -c %u:%g /srv/a /srv/a/file /srv/b /srv/c/file /srv/d
	assert_output $'1000:100\n1000:100\n1234:1234\n1000:100\n1000:100'
	run -1 put --user nobody-here dir /srv/e
	assert_output 'ctr-tree: no such user: "nobody-here"'
	run -2 get --user app /srv/a x
	assert_output --partial 'copy-from takes no --user'
	nixos-container stop "$name"
	put --user app dir /srv/e
	nixos-container start "$name"
	run -0 inside stat -c %u:%g /srv/e/file
	assert_output 1000:100
}

@test "with -H, FILE is of this machine" {
	starts
	other_machine
	mkdir near near/sub
	echo text >near/sub/file
	nixos-container -H there copy-to "$name" near /tmp
	nixos-container -H there copy-to "$name" near/sub/file --user app /tmp/one
	run -0 inside sh -c 'cat /tmp/near/sub/file; stat -c %u /tmp/one'
	assert_output $'text\n1000'
	nixos-container -H there copy-from "$name" /tmp/near far
	diff -r near far
	nixos-container -H there copy-from "$name" /tmp/one link-to-one
	ln -s target link
	nixos-container -H there copy-from "$name" /tmp/one link
	nixos-container -H there copy-from "$name" /tmp/one /dev/null
	nixos-container -H there copy-from "$name" /tmp/near - | tar t | grep -x near/sub/file
	tar c near | nixos-container -H there copy-to "$name" --tar - /srv
	tar cf near.tar near
	nixos-container -H there copy-to "$name" --tar near.tar /srv/again
	nixos-container -H there copy-to "$name" <(echo piped) /srv/piped
	run -0 inside sh -c 'cat /srv/near/sub/file /srv/again/sub/file /srv/piped'
	assert_output $'text\ntext\npiped'
	assert_equal "$(cat target; stat -c %F link /dev/null)" $'text\nsymbolic link\ncharacter special file'
	run -1 nixos-container -H there copy-to "$name" none /tmp
	assert_output 'ctr-tree: open none: No such file or directory'
	run -1 nixos-container -H there copy-from "$name" /none none
	assert_output 'ctr-tree: open /none: No such file or directory'
	run -1 nixos-container -H there copy-from "$name" /tmp/one none/x
	run -1 nixos-container -H there copy-to "no-$name" near /tmp
	assert_output --partial "no-$name: no such container"
	assert_not_exists none
}

@test "odd names, and what is missing or in the way, as with cp" {
	for running in '' 1; do
		[[ ! $running ]] || starts
		mkdir -p "$root/srv"
		for odd in -x ' a  b ' $'new\nline' '*' '"q$(x)' "it's"; do
			echo "$odd" >"./$odd"
			nixos-container copy-to -- "$name" "$odd" /srv
			nixos-container copy-from -- "$name" "/srv/$odd" "$odd.back"
			cmp -- "./$odd" "./$odd.back"
			rm -- "./$odd" "./$odd.back"
		done
		mkdir -p dir/sub
		echo one >one
		put one /srv/../srv//two/../three 2>/dev/null && fail 'two does not exist'
		put one /srv/../srv//three
		put dir /srv/dir
		put dir /srv/dir
		put dir /srv/slash/
		for words in "one /srv/none/x" "one /srv/new/" "dir /srv/three" "none /srv" \
			"one ''" "'' /srv/x"; do
			eval "run put $words"
			((status > 0)) || fail "put $words"
			assert_equal "${#lines[@]}" 1
		done
		mkdir -p here/one
		echo keep >here/file
		for words in "/srv/none here" "/srv/three here/none/x" "/srv/dir here/file" "/srv/three/ here" "/srv here/file" "/ here" "/srv/three ''"; do
			eval "run get $words"
			((status > 0)) || fail "get $words"
			assert_equal "${#lines[@]}" 1
		done
		assert_equal "$(ls -A here | xargs)" 'file one'
		assert_equal "$(cat here/file)" keep
		get /srv/dir/. here 2>/dev/null && fail 'no name'
		get /srv/dir/. there
		assert_exists there/sub
		rm -r there dir here "$root/srv"
	done
}

# imitate SCRIPT - the container's root puts its own program in the place of ctr-tree
imitate() {
	inside sh -c "printf '#!/bin/sh\n[ \"\$1\" != --version ] || exit 0\n%s\n' \"\$1\" >/evil
		chmod +x /evil; mount --bind /evil /run/ctrconsole/ctr-tree" sh "$1"
}

@test "whatever a container sends, nothing of the host is changed, and it can be left" {
	starts
	imitate 'cat /answer; exit 0'
	load ../lib/tar
	made_of() { "$@" | inside sh -c 'cat >/answer'; }
	tar_of() { for entry; do eval "entry $entry"; done; the_end; }
	for entries in "5 x '' 0|0 ../up '' 0" "0 $PWD/host/secret '' 0" "2 x $PWD/host 0|0 x/secret '' 0" \
		"5 x '' 0|1 x/secret $PWD/host/secret 0" "5 x '' 0|5 y '' 0" "3 null '' 0" "0 ../x '' 0"; do
		IFS='|' read -ra each <<<"$entries"
		made_of tar_of "${each[@]}"
		run -1 timeout 20 nixos-container copy-from "$name" /srv/x got
		assert_equal "${#lines[@]}" 1
		assert_not_exists got
		host_unharmed
	done
	made_of tar_of "5 x '' 0" "2 x/l /etc/shadow 0" "4 x/disk '' 0" "6 x/fifo '' 0"
	run -0 get /srv/x got
	assert_output --partial '2 skipped'
	assert_equal "$(ls -A got; readlink got/l)" $'l\n/etc/shadow'
	rm -r got
	inside umount /run/ctrconsole/ctr-tree
	# Words that a terminal would obey; nothing; a stream or a silence without end.
	imitate 'printf "\033[31mred\n" >&2; exit 3'
	run -1 get /srv/x got
	assert_output '\x1b[31mred'
	run -1 put host /srv/x
	assert_output '\x1b[31mred'
	inside umount /run/ctrconsole/ctr-tree
	imitate 'exit 0'
	run -1 get /srv/x got
	assert_output 'ctr-tree: it is empty: expected a tar'
	inside umount /run/ctrconsole/ctr-tree
	for script in 'exec yes' 'trap "" INT TERM HUP; while :; do sleep 1; done'; do
		imitate "$script"
		for words in "get /srv/x got" "put host /srv/x" "get /srv/x -" "put - /srv/x"; do
			# shellcheck disable=SC2086
			set -- $words
			timeout -k 10 -s TERM 1 nixos-container "copy-${1/put/to}" "$name" "$2" "$3" \
				</dev/zero >/dev/null 2>&1 3>&- || status=$?
			((status != 137))
			assert_not_exists got
		done
		inside umount -l /run/ctrconsole/ctr-tree
	done
	run ! compgen -G '.got*'
	host_unharmed
}

@test "a file system of the container that never answers holds a copy no longer than a signal" {
	[[ -e /dev/fuse ]] || mknod /dev/fuse c 10 229
	nixos-container destroy "$name"
	create --host-users --no-start
	echo 'DEVICES="/dev/fuse:rwm"' >>"$conf"
	starts
	inside sh -c 'mkdir -p /mnt/silent
		(exec 5<>/dev/fuse && mount -t fuse -o fd=5,rootmode=40000,user_id=0,group_id=0 none /mnt/silent && exec sleep 1000) >/dev/null 2>&1 &
		i=0; until grep -q " fuse " /proc/mounts || [ $((i += 1)) = 20 ]; do sleep 0.1; done'
	inside grep -q ' fuse ' /proc/mounts || skip "no FUSE here"
	for words in "copy-from $name /mnt/silent/x got" "copy-from $name /mnt/silent/x -" "copy-to $name host /mnt/silent/x"; do
		SECONDS=0
		# shellcheck disable=SC2086
		run -124 timeout -k 10 -s TERM 1 nixos-container $words
		((SECONDS < 8))
		assert_output ''
	done
	# A FIFO is not opened.
	inside mkfifo /srv/fifo
	run -1 timeout 10 nixos-container copy-from "$name" /srv/fifo got
	assert_output 'ctr-tree: fifo: not a regular file, directory or link'
	assert_not_exists got
	host_unharmed
}

@test "a container that was started without it gets copies in its tree, and a word about it" {
	echo 'EPHEMERAL=1' >>"$conf"
	starts
	echo text >file
	put file /srv/ephemeral
	run -0 inside cat /srv/ephemeral
	assert_output text
	assert_not_exists "$root/srv/ephemeral"
	inside mount -t tmpfs none /run/ctrconsole
	run -1 put file /srv/late
	assert_output --partial 'EPHEMERAL'
	nixos-container stop "$name"
	sed -i /EPHEMERAL/d "$conf"
	starts
	inside mount -t tmpfs none /run/ctrconsole
	run -0 put file /srv/tree
	assert_output --partial 'no session can copy in it'
	run -0 inside cat /srv/tree
	assert_output text
	run -0 --separate-stderr nixos-container -q copy-from "$name" /srv/tree -
	assert_equal "$output$stderr" text
}

# bats test_tags=suites
@test "a Debian without the suite: copies by session, with users of its own, too" {
	mkdir -p /srv/nothing
	nixos-container destroy "$name"
	create --nixos-path /src/t/systems/debian -I suite=/srv/nothing
	echo text >file
	put --user root file /run/file
	run -0 inside cat /run/file
	assert_output text
	get /run/file - | cmp - file
	run -0 inside stat -c %U:%a /run/file
	assert_output root:644
}
