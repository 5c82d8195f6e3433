#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load lib/env

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p trees/foo trees/bar outside
	echo secret >outside/kept
}

teardown() { chattr -R -i trees 2>/dev/null || :; }

@test "empty removes all that is in a tree, and nothing else" {
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

@test "empty opens no pipe and no device, even where it must take off a flag" {
	mkfifo trees/foo/pipe
	# Whoever opened the pipe to read would let this writer in.
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

@test "a folder takes the place of none, not even of an empty one" {
	mkdir -p from/sub trees/foo/have/from
	run -1 ctr-tree put trees/foo from /have
	assert_output "ctr-tree: copy from to /have: File exists"
	assert_equal "$(find trees/foo | sort | tr '\n' ' ')" \
		"trees/foo trees/foo/have trees/foo/have/from "
}

@test "put and get copy files and folders, with their modes and content" {
	mkdir -p from/sub
	printf 'a\0b' >from/sub/file
	chmod 4755 from/sub/file
	ln -s sub/file from/link
	mkfifo from/fifo
	run -0 ctr-tree put trees/foo from /
	assert_output "ctr-tree: copy from: 1 not copied: neither file, directory nor link"
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

@test "no link leads out, neither of the tree nor in it" {
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

@test "what is wrong on the command line is named, with 2" {
	run -2 ctr-tree
	run -2 ctr-tree move trees/foo
	assert_output "ctr-tree: not a verb: move; see --help"
	run -2 ctr-tree empty trees/foo more
	assert_output "ctr-tree: empty: one argument too many: more"
	run -2 ctr-tree put trees/foo
	assert_output "ctr-tree: put: too few arguments; see --help"
	run -2 ctr-tree empty /
	assert_output "ctr-tree: no name at the end of the path: /"
	run -1 ctr-tree get trees/foo a ..
	assert_output "ctr-tree: open a: No such file or directory"
}

@test "what a killed copy left goes with the next of that name" {
	mkdir -p from/sub trees/foo/.from.ctr-tree.4194304 trees/foo/.from.ctr-tree.x \
		"trees/foo/.from.ctr-tree.$$" trees/foo/.other.ctr-tree.4194304
	touch from/sub/file trees/foo/.from.ctr-tree.4194304/part
	ctr-tree put trees/foo from /
	assert_equal "$(ls -A trees/foo | tr '\n' ' ')" \
		".from.ctr-tree.$$ .from.ctr-tree.x .other.ctr-tree.4194304 from "
}
