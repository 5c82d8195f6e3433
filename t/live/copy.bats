#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# copy-to and copy-from, of trees that are what the container's root likes.
load container

setup() {
	name=$(unused_name t)
	root=$state/$name
	made=("$name")
	create --no-start
	cd "$BATS_TEST_TMPDIR"
	mkdir host
	echo secret >host/secret
}

put() { nixos-container copy-to "$name" "$@"; }
get() { nixos-container copy-from "$name" "$@"; }

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
	# The other machine is this one.
	mkdir bin
	printf '#!/bin/sh\nfor line; do :; done\nexec sh -c "$line"\n' >bin/ssh
	chmod +x bin/ssh
	PATH=$PWD/bin:$PATH nixos-container -H there copy-to "$name" - /srv/there <data
	PATH=$PWD/bin:$PATH nixos-container -H there copy-from "$name" /srv/there - | cmp - data
	run -1 get /srv -
	assert_output "ctr-tree: copy /srv to -: Is a directory"
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
