#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load ../../lib/env
load ../../lib/tar

setup() {
	((EUID == 0)) || skip "needs root"
	cd "$BATS_TEST_TMPDIR"
	mkdir from root outside
	echo kept >outside/file
}

teardown() {
	! mountpoint -q small || umount small
}

# refused WORDS - the tar t is not unpacked, and nothing of it stays
refused() {
	run -1 ctr-tree unpack root <t
	assert_line --partial "ctr-tree: unpack: $1"
	assert_equal "$(ls -A root)" ""
}

@test "owners, modes, links, FIFOs, times and holes are as in the archive" {
	echo text >from/file
	chmod 4751 from/file
	ln from/file from/same
	ln -s /etc/passwd from/link
	mkdir -m 1777 from/dir
	chown 1234:65533 from/dir
	touch -d @1000000000 from/dir
	mkfifo from/pipe
	echo x >"from/$(printf 'n%.0s' {1..150})"
	truncate -s 1G from/hole
	tar -C from -cSf t .
	ctr-tree unpack root <t
	assert_equal "$(cd root && find . -printf '%p %U:%G %m %y %n %T@ %s %l\n' | sort)" \
		"$(cd from && find . -printf '%p %U:%G %m %y %n %T@ %s %l\n' | sort |
			sed 's/\(\.[0-9]\{10\}\) /.0000000000 /')"
	[[ root/file -ef root/same ]]
	(($(stat -c %b root/hole) < 100))
}

@test "it unpacks what tar can read: all formats, all compressions" {
	head -c 200000 /dev/urandom >from/file
	truncate -s 50M from/hole
	for format in v7 oldgnu gnu ustar pax posix; do
		tar -C from --format=$format -cSf t . 2>/dev/null || tar -C from --format=$format -cf t .
		rm -rf root
		mkdir root
		ctr-tree unpack root <t
		diff -r from root
	done
	for program in gzip bzip2 xz "xz --format=lzma" zstd lz4 lzip lzop; do
		command -v "${program%% *}" >/dev/null || { echo "# no $program here" >&3; continue; }
		$program -c <t >t.packed
		for how in pipe file; do
			rm -rf root
			mkdir root
			case $how in
			pipe) cat t.packed | ctr-tree unpack root ;;
			file) ctr-tree unpack root <t.packed ;;
			esac
			diff -r from root
		done
	done
}

@test "extended attributes and file capabilities are kept, others are not" {
	echo x >from/file
	perl -e 'require "syscall.ph"; syscall(SYS_setxattr(), $_->[0], $_->[1], $_->[2], length $_->[2], 0) == 0 or exit 1
		for ["from/file", "user.mine", "1"], ["from/file", "trusted.theirs", "1"]' 2>/dev/null ||
		setfattr -n user.mine -v 1 from/file 2>/dev/null || skip "no extended attributes here"
	setcap cap_net_raw+ep from/file || skip "no capabilities of files here"
	tar -C from --xattrs --xattrs-include='*' -cf t .
	ctr-tree unpack root <t
	run -0 getcap root/file
	assert_output --partial cap_net_raw
}

@test "device nodes are left out, and said" {
	mkdir from/dev
	mknod from/dev/null c 1 3
	mknod "from/dev/$(printf 'n%.0s' {1..150})" b 8 0
	echo x >from/file
	tar -C from -cf t .
	run -0 ctr-tree unpack root <t
	assert_output "ctr-tree: unpack: device nodes left out: 2"
	assert_equal "$(cd root && find . | sort | tr '\n' ' ')" ". ./dev ./file "
}

@test "no name and no link leads out of the root" {
	echo bad >from/file
	tar -cPf t --transform "s,^.*/file,$PWD/outside/new," "$PWD/from/file"
	ctr-tree unpack root <t 2>/dev/null
	assert_not_exists outside/new
	[[ -e root$PWD/outside/new ]]
	rm -rf root
	mkdir root
	tar -cPf t --transform 's,^.*/file,../outside/file,' "$PWD/from/file"
	run ctr-tree unpack root <t
	assert_equal "$(<outside/file)" kept
	for target in "$PWD/outside" ../outside; do
		rm -rf root from
		mkdir root from
		ln -s "$target" from/way
		tar -C from -cf t way
		rm from/way
		mkdir from/way
		echo bad >from/way/file
		tar -C from -rf t way/file
		run ctr-tree unpack root <t
		assert_equal "$(<outside/file)" kept
	done
	{ entry 1 hard "$PWD/outside/file" 0; the_end; } >t
	run -1 ctr-tree unpack root <t
	assert_equal "$(ls -A root)" ""
	assert_equal "$(stat -c %h outside/file)" 1
}

@test "programs that unpack see nothing of the host, and have no rights on it" {
	mkdir -p usr/local/bin
	cat >usr/local/bin/gzip <<-'END'
		#!/bin/sh
		said="$(id -u),$(id -G)"
		for at in /* /proc/* /sys/*; do said="$said $at"; done
		said="$said $(/usr/sbin/capsh --print | sed -n 's/^Bounding set =//p; s/^Current: *=* *//p' | tr '\n' ' ')"
		for act in ': >/x' ': >/usr/x' ': >/to/x' 'mount -t tmpfs tmpfs /usr' 'mknod /to/x c 1 3' \
			'chroot / true' 'nice -n -5 true' 'unshare -n true'; do
			! (eval "$act") 2>&- || said="$said [$act]"
		done
	END
	sed -e '$a exec >/to/seen\necho "$said"\nexec cat' usr/local/bin/gzip >usr/local/bin/tar
	sed -i -e '$a echo "$said" >&2\nexit 9' usr/local/bin/gzip
	chmod +x usr/local/bin/*
	tar -C from -cf t .
	see() {
		unshare -m sh -euc 'mount -t overlay -o "lowerdir=$PWD/usr:/usr" overlay /usr
			PATH=/usr/local/bin:$PATH exec ctr-tree unpack root <t'
	}
	run -0 see
	caps=cap_chown,cap_dac_override,cap_fowner,cap_fsetid,cap_setfcap
	run -0 head -n 1 root/seen
	assert_output --regexp "^0,0 /bin( /etc)? /lib( /lib32)?( /lib64)?( /nix)? /proc /to /usr /proc/self /sys/\\* $caps=ep $caps  \\[: >/to/x\\]\$"
	rm -rf root
	mkdir root
	printf '\037\213' >t
	run -1 see
	assert_output --regexp "^ctr-tree: unpack: gzip: 65534,65534 /bin( /etc)? /lib( /lib32)?( /lib64)?( /nix)? /usr /proc/\\* /sys/\\* "
	refute_output --partial "["
}

@test "what is no tar, or is cut or damaged, is refused" {
	echo text >from/file
	tar -C from -cf good .
	: >t
	refused "it is empty: expected a tar"
	echo hello >t
	refused "not a tar, or with nothing in it"
	the_end >t
	refused "not a tar, or with nothing in it"
	head -c 10000 /dev/urandom >t
	refused "not a tar, or with nothing in it"
	for size in 1 511 512 700 1024 1536 2048; do
		head -c $size good >t
		(($(stat -c %s t) < 2048)) || continue
		run -1 ctr-tree unpack root <t
		assert_equal "$(ls -A root)" ""
	done
	gzip -c good | head -c 100 >t
	refused "gzip: "
	xz -c good | head -c 60 >t
	refused "xz: "
	{ head -c 512 good; head -c 512 /dev/urandom; the_end; } >t
	refused "damaged: a header is wrong"
	{ entry 0 file "" 100; data x; } >t
	refused "it ends too soon"
}

@test "sizes and kinds that no honest archive has are refused" {
	{ entry 0 file "" 777777777777; data x; the_end; } >t
	refused "it ends too soon"
	{ entry 0 file "" 09999; data x; the_end; } >t
	refused "damaged: a header is wrong"
	{ entry M file "" 0; the_end; } >t
	refused "it has an entry that only a backup has"
	{ entry L name "" 99999999; head -c 1M /dev/zero | tr '\0' a; } >t
	refused "a name or an attribute is too long"
	{ entry x pax "" 20; data "99 size=1"; entry 0 file "" 0; the_end; } >t
	refused "damaged: a header is wrong"
	{ entry g pax "" 13; data $'13 path=evil\n'; entry 0 file "" 0; the_end; } >t
	refused "it has an entry that only a backup has"
	{ entry x pax "" 11; data $'11 size=-1\n'; entry 0 file "" 0; the_end; } >t
	refused "damaged: a header is wrong"
	# These are common.
	{ entry g pax "" 16; data $'16 comment=good\n'; entry 0 file "" 2; data hi; the_end; head -c 99999 /dev/zero; } >t
	ctr-tree unpack root <t
	assert_equal "$(<root/file)" hi
}

@test "a device whose header has a pax header of its own takes that along" {
	{ entry x pax "" 19; data $'19 path=other/name\n'; entry 3 null "" 0
		entry 0 file "" 2; data hi; the_end; } >t
	run -0 ctr-tree unpack root <t
	assert_equal "$(ls root)" file
}

@test "limits are kept, and a writer is read to its end" {
	echo text >from/a
	echo text >from/b
	tar -C from -cf t .
	run -1 ctr-tree unpack --max-files 2 root <t
	assert_output "ctr-tree: unpack: more than --max-files"
	run -1 ctr-tree unpack --max-bytes 9 root <t
	assert_output "ctr-tree: unpack: more than --max-bytes"
	assert_equal "$(ls -A root)" ""
	ctr-tree unpack --max-files 3 --max-bytes 10 root <t
	rm -rf root
	mkdir root
	(set -o pipefail; { cat t; head -c 3M /dev/zero; } | ctr-tree unpack root)
}

# gone PID... - have these processes ended?
gone() {
	for pid; do
		! [[ -e /proc/$pid/exe ]] || return 1
	done
}

@test "killed, it takes what it began along" {
	mkfifo pipe
	head -c 20M /dev/urandom >from/file
	tar -C from -czf t .
	(head -c 1M t; exec sleep 1000) >pipe 3>&- &
	writer=$!
	ctr-tree unpack root <pipe 3>&- &
	local unpack=$! pids
	until_true 10 test -s root/file
	mapfile -t pids < <(pgrep -P "$unpack")
	((${#pids[@]} == 4))
	kill -KILL "$unpack"
	wait "$unpack" || :
	until_true 5 gone "${pids[@]}"
	kill "$writer"
}

@test "a full disk leaves nothing of it" {
	mkdir small
	mount -t tmpfs -o size=1m tmpfs small || skip "cannot mount"
	mkdir small/root
	head -c 2M /dev/urandom >from/file
	tar -C from -cf t .
	run -1 ctr-tree unpack small/root <t
	assert_output --partial "ctr-tree: unpack: tar: ./file: "
	assert_equal "$(ls -A small/root)" ""
}

@test "only an empty directory is unpacked into" {
	echo x >root/file
	tar -C from -cf t .
	run -1 ctr-tree unpack root <t
	assert_output "ctr-tree: root: expected an empty directory"
	run -1 ctr-tree unpack missing <t
	assert_output "ctr-tree: open missing: No such file or directory"
	ln -s outside link
	run -1 ctr-tree unpack link <t
	assert_equal "$(ls outside)" file
}

@test "init prints what a tree boots" {
	run -1 ctr-tree init root
	assert_output "ctr-tree: root: no init in it: expected /usr/lib/systemd/systemd or /sbin/init"
	mkdir -p root/sbin root/usr/lib/systemd
	ln -s /usr/lib/systemd/systemd root/sbin/init
	run -1 ctr-tree init root
	touch root/usr/lib/systemd/systemd
	run -1 ctr-tree init root
	chmod +x root/usr/lib/systemd/systemd
	run -0 ctr-tree init root
	assert_output /usr/lib/systemd/systemd
	mv root/usr/lib/systemd/systemd root/usr/init
	ln -sfn /usr/init root/sbin/init
	run -0 ctr-tree init root
	assert_output /sbin/init
	# A link is of the tree, not of the host.
	ln -sfn /bin/sh root/sbin/init
	run -1 ctr-tree init root
}
