#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A view of some paths of the store: ctr-tree closure, and seal --closure.
load ../../lib/env
load ../../lib/world

export h=0000000000000000000000000000000 NIX_STORE_DIR=/run/store

setup() {
	make_world
	cd "$BATS_TEST_TMPDIR"
	in_world make_store
}

teardown() { drop_world; }

# make_store - a directory, a program and a link of a closure, and others
make_store() {
	mkdir -p /run/store && cd /run/store
	mkdir -p ${h}1-dir/bin ${h}4-foreign/bin ${h}5-new .links
	echo text >${h}1-dir/bin/file
	echo new >${h}5-new/file
	printf '#!/bin/sh\necho ran\n' >${h}2-program
	ln -s ${h}1-dir/bin/file ${h}3-link
	chmod 555 ${h}[14]* ${h}2-program
	touch -hd @1 0*
}

# paths DIGITS - print paths of the store
paths() { find /run/store -maxdepth 1 -name "${h}[$1]-*" | sort; }

# seal COMMAND... - run it with the view
seal() { ctr-tree seal --optional --closure /run/view "$@"; }

# view DIGITS [OPTION...] - make a view of these
view() { paths "$1" | ctr-tree closure --optional "${@:2}" /run/view; }
export -f paths view seal

# running COMMAND... - run it in the world, without what Linux 5.10 says: that it cannot
# seal the view
running() {
	run -0 in_world "$@"
	mapfile -t lines < <(grep -v ': Function not implemented; continuing without$' <<<"$output")
	printf -v output '%s\n' "${lines[@]}"
	output=${output%$'\n'}
}

# viewed COMMAND... - run a shell command in the view
viewed() { running seal sh -c "cd /run/view; $*"; }

@test "seal --closure shows the given paths alone, with all that they are" {
	local what='stat -c "%n %A %u %g %Y" 0*[123]-*; stat -c %s *-program; cat *1-dir/bin/file *3-link; ./*2-program'
	in_world view 123
	viewed ls -A
	assert_output "${h}1-dir
${h}2-program
${h}3-link"
	run -0 in_world sh -c "cd /run/store; $what"
	assert_line ran
	local want=$output
	viewed "$what"
	assert_output "$want"
	run ! in_world grep overlay /proc/self/mountinfo
	# A file is not copied.
	run -0 in_world find /run/view -type f -size +0 -printf '%b\n'
	assert_output 0
}

@test "seal --closure without paths shows nothing" {
	in_world view x
	viewed ls -A
	assert_output ''
}

@test "the view is read-only for good, without devices and set-user-ID" {
	needs_kernel 5.12
	in_world view 123
	viewed 'cd /
		for way in remount,bind,rw remount,rw remount,bind,suid remount,bind,dev; do
			mount -o $way /run/view 2>/dev/null && echo $way
		done
		mkdir /run/over; mount --bind /run/view /run/over
		mount -o remount,bind,rw /run/over 2>/dev/null && echo of a bind
		touch /run/over/x /run/view/x /run/view/*-dir/x 2>/dev/null && echo written
		findmnt -no VFS-OPTIONS /run/view | sort -u'
	assert_output 'ro,nosuid,nodev,relatime'
}

# container COMMAND - as systemd-nspawn makes one: in another namespace of mounts, which
# receives them from that of its parent; set leader to its first process
container() {
	mkfifo /run/ready /run/go
	# shellcheck disable=SC2016 # for that shell
	seal unshare --pid --fork unshare --mount --propagation slave \
		sh -c 'mkdir /run/inside && mount --rbind /run/view /run/inside && mount --make-rshared / &&
		mount -t proc proc /proc && ls -d /run/inside/*-new; echo >/run/ready; read x </run/go
		cd /run/inside; eval "$1"' sh "$1" 2>&1 3>&- &
	timeout 20 cat /run/ready >/dev/null
	leader=$(pgrep -P "$(pgrep -P $! -x unshare)")
}

# grown COMMAND - print what a container says after its view has grown by one path
grown() {
	view 123
	container "$1"
	view 1235 --leader "$leader"
	view 1235 --leader "$leader"
	view 12 --leader "$leader"
	grep overlay /proc/self/mountinfo
	echo >/run/go
	wait
}
export -f container grown

@test "closure --leader shows further paths to a running container, in one more mount" {
	running grown 'ls; cat *-new/file; unshare -m cat /run/inside/*-new/file
		grep -c " /run/inside " /proc/self/mountinfo'
	assert_output "ls: cannot access '/run/inside/*-new': No such file or directory
${h}1-dir
${h}2-program
${h}3-link
${h}5-new
new
new
2"
}

@test "closure --leader: the paths are read-only for good there, too" {
	needs_kernel 5.12
	running grown 'cd /
		mount -o remount,bind,rw /run/inside 2>/dev/null && echo rw
		mount -o remount,bind,suid /run/inside 2>/dev/null && echo suid
		touch /run/inside/*-new/x 2>/dev/null && echo written
		findmnt -no VFS-OPTIONS /run/inside | sort -u'
	assert_line --index 1 'ro,nosuid,nodev,relatime'
	assert_equal ${#lines[@]} 2
}

# replaced - a path of the view is deleted from the store, and made again
replaced() {
	mkfifo /run/looked /run/look
	view 125
	container 'cat *-new/file; echo >/run/looked; read x </run/look; cat /run/inside/*-new/file'
	echo >/run/go
	timeout 20 cat /run/looked >/dev/null
	rm -r /run/store/*-new
	view 12 --leader "$leader"
	mkdir "/run/store/${h}5-new"
	echo again >"/run/store/${h}5-new/file"
	view 125 --leader "$leader"
	view 125 --leader "$leader"
	echo >/run/look
	wait
	ls /run/view
}
export -f replaced

@test "closure --leader shows a path that was deleted and made again" {
	running replaced
	assert_output "/run/inside/${h}5-new
new
again
1
2"
}

# many N - a path for each of N additions; print how many work
many() {
	local n
	view 1
	container 'ls /run/inside | wc -l; cat /run/inside/*/file | wc -l'
	for ((n = 100; n < 100 + $1; n++)); do
		mkdir "/run/store/00000000000000000000000000000$n-many"
		echo >"/run/store/00000000000000000000000000000$n-many/file"
		ctr-tree closure --optional --leader "$leader" /run/view <<<"/run/store/00000000000000000000000000000$n-many" || break
	done
	echo "$((n - 100))"
	echo >/run/go
	wait
}
export -f many

@test "closure --leader works some 200 times, and then says that it cannot" {
	running many 300
	local works=${lines[2]}
	((works >= 200 && works < 300))
	assert_line --index 1 'ctr-tree: mount an overlay of /run/store: Argument list too long'
	assert_line --index 3 $((works + 1))
	assert_line --index 4 "$works"
}

# killed - one addition after another, each killed at a random moment
killed() {
	view 1
	container 'ls; cat */file'
	for n in {1..30}; do
		paths 1235 | timeout -s KILL "0.00$n" ctr-tree closure --optional --leader "$leader" /run/view || :
	done
	view 1235 --leader "$leader"
	echo >/run/go
	wait
}
export -f killed

@test "closure --leader: what a killed one began, the next one completes" {
	running killed
	assert_output --partial "${h}1-dir
${h}2-program
${h}3-link
${h}5-new
new"
}

# strangers - additions for what is no first process, or without a view
strangers() {
	view 123
	container :
	paths 1 | ctr-tree closure --leader $$ /run/view
	paths 1 | ctr-tree closure --leader 4194303 /run/view
	mkdir /run/other
	paths 1 | ctr-tree closure --leader "$leader" /run/other
	echo >/run/go
	wait
}
export -f strangers

@test "closure --leader refuses what is no container, or has no view" {
	run in_world strangers
	assert_equal "$(grep -c '^ctr-tree: not the first process of a container: ' <<<"$output")" 2
	assert_line 'ctr-tree: /run/other: its systemd-nspawn has mounted nothing there'
}

@test "closure takes plain store paths only, and those that exist" {
	local path
	for path in /etc /run/store /run/store/.links "/run/store/${h}1-dir/bin" "/run/store/${h}1-dir/" \
		"/run/store/../etc" ''; do
		run -1 in_world sh -c 'printf "%s\n%s\n" "/run/store/${h}1-dir" "$1" | ctr-tree closure /run/none' sh "$path"
		assert_output 'ctr-tree: standard input, line 2: not a path in /run/store'
		run -1 in_world test -e /run/none
	done
	run -1 in_world sh -c 'echo "/run/store/${h}9-missing" | ctr-tree closure /run/none'
	assert_output "ctr-tree: show /run/store/${h}9-missing: No such file or directory"
	run -2 ctr-tree closure relative --leader 1 </dev/null
	assert_output 'ctr-tree: not an absolute path: relative'
	run -125 ctr-tree seal --closure relative true
	assert_output 'ctr-tree: not an absolute path: relative'
}

@test "without a view there is no start, even with --optional" {
	in_world view 123
	# An overlay of overlays is no layer of another one.
	run -125 in_world sh -c 'mkdir -p /run/a /run/b
		mount -t overlay overlay /run/store -o lowerdir=/run/store:/run/a
		mount -t overlay overlay /run/store -o lowerdir=/run/store:/run/b
		exec ctr-tree seal --optional --closure /run/view echo started'
	assert_output 'ctr-tree: mount an overlay of /run/store: Invalid argument'
}

@test "what is no view is named" {
	run -125 in_world seal true
	assert_output 'ctr-tree: open /run/view: No such file or directory'
	run -125 in_world sh -c 'mkdir /run/view && exec ctr-tree seal --closure /run/view true'
	assert_output 'ctr-tree: /run/view: no view of the store; to make one: ctr-tree closure'
}

@test "seal --optional: without user namespaces the view is there, and read-only" {
	needs_kernel 5.12
	in_world view 123
	# Nobody makes a user namespace in another root.
	run -0 in_world sh -c 'mkdir /run/root; mount --rbind / /run/root
		exec chroot /run/root "$(command -v ctr-tree)" seal --optional --closure /run/view \
		sh -c "ls /run/view; touch /run/view/x 2>/dev/null || echo read-only"'
	assert_line --index 0 'ctr-tree: copy the mounts in a user namespace: Operation not permitted; continuing without'
	assert_line --index 1 "${h}1-dir"
	assert_line --index 4 read-only
}
