#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Copies as tar: put and get --tar, send and receive.
load ../../lib/env
load ../../lib/tar

setup() {
	((EUID == 0)) || skip "needs root"
	cd "$BATS_TEST_TMPDIR"
	mkdir -p from/dir root/srv root/etc host outside
	echo kept >outside/file
}

# as_it_was - nothing came to the host, or out of a tree, and nothing half is left
as_it_was() {
	assert_equal "$(ls -A host outside root/srv | xargs)" 'host: outside: file root/srv:'
	assert_equal "$(cat outside/file)" kept
}

# sends FILE... - what a container sends, as a command for receive
sends() { run timeout 30 ctr-tree receive /srv/x host cat "$@"; }

# refused WORDS - the tar t is taken by neither side, and nothing of it stays
refused() {
	sends t
	assert_failure 1
	assert_output --partial "$1"
	assert_equal "${#lines[@]}" 1
	run -1 ctr-tree put --tar root - /srv <t
	assert_output --partial "$1"
	as_it_was
}

# shape DIR - what a tree is made of
shape() { (cd "$1" && find . -printf '%p %m %y %n %T@ %s %l\n' | sort); }

# fill_from - files of all kinds that are copied
fill_from() {
	local long
	long=$(printf 'n%.0s' {1..200})
	echo text >from/file
	ln from/file from/dir/same
	ln -s /etc/passwd from/link
	ln from/link from/dir/link
	mkdir -m 750 -p "from/$long"
	echo long >"from/$long/$long"
	ln -s "$long/$long/$long" from/far
	ln "from/$long/$long" from/near
	touch -d @1000000000.5 from/dir
	touch -d @-5 from/file
	truncate -s 1G from/hole
	printf x | dd of=from/hole bs=1 seek=500M conv=notrunc status=none
	printf '' >from/empty
	printf 'a\n' >from/$'-a \n\e[31m'
}

@test "a tree goes through tar with modes, times, links, hard links and holes" {
	fill_from
	chmod 4751 from/file
	ctr-tree get --tar / "$PWD/from" - >t
	(($(stat -c %s t) < 100000))
	ctr-tree put --tar root - /srv <t
	assert_equal "$(shape root/srv/from)" "$(shape from)"
	diff -r --no-dereference from root/srv/from
	[[ root/srv/from/file -ef root/srv/from/dir/same ]]
	(($(stat -c %b root/srv/from/hole) < 100))
	# The same as one command, and back, as what the caller may have.
	ctr-tree send from ctr-tree put --tar root - /srv/sent
	assert_equal "$(shape root/srv/sent)" "$(shape from)"
	ctr-tree receive /srv/sent host ctr-tree get --tar root /srv/sent -
	chmod 0751 from/file
	assert_equal "$(shape host/sent)" "$(shape from)"
	# And without a tar.
	ctr-tree put root from /srv/direct
	assert_equal "$(shape root/srv/direct)" "$(shape from)"
	[[ root/srv/direct/file -ef root/srv/direct/dir/same ]]
}

@test "hard links at paths that are too long to open become files of their own" {
	local long
	long=$(printf 'n%.0s' {1..200})
	(cd from && for _ in {1..25}; do mkdir "$long"; cd "$long"; done; echo text >one; ln one two)
	ctr-tree send from ctr-tree put --tar root - /srv/a
	ctr-tree put root from /srv/b
	for at in a b; do
		(cd root/srv/$at && for _ in {1..25}; do cd "$long"; done; cat one two; stat -c %h one)
	done >got
	assert_equal "$(xargs <got)" 'text text 1 text text 1'
}

@test "tar(1) reads what get writes, and put what tar(1) writes" {
	fill_from
	ctr-tree get --tar / "$PWD/from" - | tar -C host -x
	diff -r --no-dereference from host/from
	(($(stat -c %b host/from/hole) < 100))
	for format in v7 oldgnu gnu ustar pax posix; do
		rm -rf root/srv/*
		tar --format=$format -cf t from 2>/dev/null || { mkdir -p root/srv; tar -C / --format=$format -cf t etc/hostname; }
		ctr-tree put --tar root - /srv <t
	done
	tar --format=posix -cSf t from
	ctr-tree put --tar root - /srv/sparse <t
	diff -r --no-dereference from root/srv/sparse
	(($(stat -c %b root/srv/sparse/hole) < 100))
	tar --format=gnu -cSf t from
	run -1 ctr-tree put --tar root - /srv/old <t
	assert_output --partial 'expected tar --format=pax'
	gzip -c t >t.gz
	run -1 ctr-tree put --tar root t.gz /srv/old
	assert_output --partial 'compressed: expected a plain tar, as from: gzip -dc'
	assert_not_exists root/srv/old
}

@test "a tar goes into a directory, or its only entry becomes what is named" {
	echo one >from/one
	echo two >from/dir/two
	tar -C from -cf t one dir
	ctr-tree put --tar root - /srv <t
	assert_equal "$(cat root/srv/one root/srv/dir/two | xargs)" 'one two'
	run -1 ctr-tree put --tar root - /srv/new <t
	assert_output 'ctr-tree: copy to /srv/new: the tar has several entries at its top: expected a directory to put them into'
	tar -C from -cf t .
	chmod 700 from
	tar -C from -cf t .
	ctr-tree put --tar root - /srv/all <t
	assert_equal "$(cat root/srv/all/one; stat -c %a root/srv/all)" $'one\n700'
	tar -C from -cf t one
	ctr-tree put --tar root t /srv/single
	assert_equal "$(cat root/srv/single)" one
	# A directory is in the way of all, and a file of directories.
	mkdir root/srv/busy root/srv/busy/one
	tar -C from -cf t dir one
	run -1 ctr-tree put --tar root - /srv/busy <t
	assert_output 'ctr-tree: copy to /srv/busy: one: Is a directory'
	assert_equal "$(ls -A root/srv/busy)" one
	tar -C from -cf t dir
	run -1 ctr-tree put --tar root - /srv/single <t
	assert_output 'ctr-tree: copy to /srv/single: dir: File exists'
	assert_equal "$(cat root/srv/single)" one
	tar -C from -cf t one
	run -1 ctr-tree put --tar root - /srv/none/ <t
	assert_output 'ctr-tree: copy to /srv/none/: one: Not a directory'
	assert_not_exists root/srv/none
	run ! compgen -G 'root/srv/.*tree*'
}

@test "put --user makes the copy belong to a user of the tree, by name or number" {
	echo 'app:x:1000:100::/:/bin/sh' >root/etc/passwd
	mkdir -p from/dir
	echo x >from/dir/x
	owners() { find "$1" -printf '%U:%G ' ; }
	ctr-tree put --user app root from /srv/a
	tar -cf t from
	ctr-tree put --user app --tar root - /srv/b <t
	ctr-tree put --user 1000 root from/dir/x /srv/c
	ctr-tree put --user 4000000000 root - /srv/d </dev/null
	assert_equal "$(owners root/srv/a) $(owners root/srv/b)" \
		'1000:100 1000:100 1000:100  1000:100 1000:100 1000:100 '
	assert_equal "$(owners root/srv/c)$(owners root/srv/d)" '1000:100 4000000000:4000000000 '
	# Of a tree with users of its own.
	chown 1000000:1000000 root
	ctr-tree put --user app root from /srv/e
	assert_equal "$(owners root/srv/e)" '1001000:1000100 1001000:1000100 1001000:1000100 '
	# Not by a number that wraps around to one of the host.
	echo 'evil:x:4293967296:4293967296::/:/bin/sh' >>root/etc/passwd
	run -1 ctr-tree put --user evil root from /srv/f
	assert_output 'ctr-tree: evil: user 4293967296 and group 4293967296 are not below 65536'
	for user in nobody 4294967295 -1 '' 65536; do
		run ctr-tree put --user "$user" root from /srv/f
		assert_failure
		assert_output --partial "$user"
		assert_not_exists root/srv/f
	done
	rm root/etc/passwd
	ln -s "$PWD/outside/passwd" root/etc/passwd
	echo 'evil:x:0:0::/:/bin/sh' >outside/passwd
	run -1 ctr-tree put --user evil root from /srv/f
	rm root/etc/passwd
	mkfifo root/etc/passwd
	run -1 timeout 5 ctr-tree put --user app root from /srv/f
	assert_output --partial 'etc/passwd'
}

# acl FIRST - an ACL for the user FIRST + 5 and the group FIRST + 70000
acl() {
	printf '\\002\\000\\000\\000\\001\\000\\006\\000\\377\\377\\377\\377'
	printf '\\002\\000\\004\\000%s' "$(id_of $(($1 + 5)))"
	printf '\\004\\000\\004\\000\\377\\377\\377\\377'
	printf '\\010\\000\\006\\000%s' "$(id_of $(($1 + 70000)))"
	printf '\\020\\000\\006\\000\\377\\377\\377\\377\\040\\000\\000\\000\\377\\377\\377\\377'
}
id_of() { printf '\\%03o\\%03o\\%03o\\%03o' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255)); }
has() { LC_ALL=C grep -aqF "$1" "$2"; }

@test "user.* and ACLs are kept both ways, others are not, and IDs go with their tree" {
	{
		record SCHILY.xattr.user.mine 'a=b\001'
		record SCHILY.xattr.trusted.theirs 1
		record SCHILY.xattr.user.overlay.redirect /
		record SCHILY.xattr.security.capability '\001\000\000\002\000\040\000\000\000\000\000\000\000\000\000\000\000\000\000\000'
		record SCHILY.xattr.system.posix_acl_access "$(acl 0)"
	} >records
	{ pax records; entry 0 file '' 4; data text; the_end; } >t
	run -0 ctr-tree put --tar root - /srv/file <t
	[[ $output != *lost* ]] || skip "no ACLs on this file system"
	# shellcheck disable=SC2059
	bytes=$(printf "$(acl 0)" | perl -pe 's/^.{12}//s; s/.{24}$//s' | perl -0777 -ne 'print unpack "H*"')
	ctr-tree get --tar root /srv/file - >back
	has 'SCHILY.xattr.user.mine=a=b' back
	run ! has trusted back
	run ! has overlay back
	run ! has capability back
	perl -0777 -ne 'print unpack "H*"' back >hex
	grep -q "$bytes" hex
	# A plain copy, too, and one through the host.
	ctr-tree get root /srv/file host/file
	ctr-tree put root host/file /srv/again
	ctr-tree get --tar root /srv/again - | perl -0777 -ne 'print unpack "H*"' | grep -q "$bytes"
	# With users of its own the numbers are what the container has; one too large goes.
	rm -rf root/srv/*
	chown 1000000:1000000 root
	ctr-tree put root host/file /srv/shifted
	chown 0:0 root
	ctr-tree get --tar root /srv/shifted - | perl -0777 -ne 'print unpack "H*"' >hex
	# shellcheck disable=SC2059
	user=$(printf "$(id_of 1000005)" | perl -0777 -ne 'print unpack "H*"') \
		group=$(printf "$(id_of 1070000)" | perl -0777 -ne 'print unpack "H*"')
	grep -q "02000400$user" hex
	run ! grep -q "08000600$group" hex
	chown 1000000:1000000 root
	ctr-tree get root /srv/shifted host/back
	# shellcheck disable=SC2059
	user=$(printf "$(id_of 5)" | perl -0777 -ne 'print unpack "H*"')
	ctr-tree get --tar / "$PWD/host/back" - | perl -0777 -ne 'print unpack "H*"' | grep -q "02000400$user"
}

@test "names that lead out, and paths through links, make nothing" {
	for name in ../file /etc/file x/../../file .. x/.. "$PWD/outside/file" ''; do
		{ entry 0 "$name" '' 4; data evil; the_end; } >t
		refused 'leads out of the copy'
	done
	for to in "$PWD/outside" ../../outside ../../../outside; do
		{ entry 5 x '' 0; entry 2 x/l "$to" 0; entry 0 x/l/file '' 4; data evil; the_end; } >t
		refused 'x/l/file: '
		{ entry 2 x "$to" 0; entry 0 x/file '' 4; data evil; the_end; } >t
		refused 'x/file: '
		{ entry 5 x '' 0; entry 2 x/l "$to" 0; entry 1 x/h x/l/file 0; the_end; } >t
		refused 'hard link to x/l/file: '
		{ entry 5 x '' 0; entry 1 x/h "$to/file" 0; the_end; } >t
		refused 'leads out of the copy'
	done
	{ entry 5 x '' 0; entry 1 x/h x/none 0; the_end; } >t
	refused 'hard link to x/none: No such file'
	{ entry 5 x '' 0; entry 1 x/h . 0; the_end; } >t
	refused 'no name at the end of the path: .'
	# A long name of each kind.
	for key in path linkpath GNU.sparse.name; do
		record $key "$(printf 'a/%.0s' {1..100})../../$PWD/outside/x" >records
		{ pax records; entry 2 x y 0; the_end; } >t
		run ctr-tree put --tar root - /srv <t
		rm -rf root/srv/*
		as_it_was
	done
}

@test "a link that a later entry would write through is replaced itself" {
	{ entry 5 x '' 0; entry 2 x/l "$PWD/outside/file" 0; entry 0 x/l '' 4; data evil; the_end; } >t
	sends t
	assert_success
	assert_equal "$(cat host/x/l outside/file)" evilkept
	[ ! -L host/x/l ]
	{ entry 5 x '' 0; entry 0 x/f '' 1; data 1; entry 0 x/f '' 1; data 2; entry 5 x/f '' 0; the_end; } >t
	rm -rf host/x
	refused 'x/f: '
}

@test "devices, FIFOs and set-ID bits of a container do not come out" {
	{ entry 5 x '' 0; entry 3 x/null '' 0; entry 4 x/disk '' 0; entry 6 x/fifo '' 0
		entry 0 x/f '' 1 | perl -0777 -pe 's/0000644/0006777/; my $h = $_; substr($h, 148, 8) = " " x 8; substr($_, 148, 8) = sprintf("%06o\0 ", unpack("%32C*", $h))'
		data 1; the_end; } >t
	sends t
	assert_success
	assert_output 'ctr-tree: copy /srv/x: 3 skipped: not a file, directory or link'
	assert_equal "$(ls -A host/x; stat -c %a:%u host/x/f)" $'f\n777:0'
	{ entry 3 x '' 0; the_end; } >t
	rm -r host/x
	sends t
	assert_failure 1
	assert_output --partial 'nothing to copy'
}

@test "what is no tar, is damaged or ends too soon makes nothing" {
	for bytes in 0 1 511; do
		head -c $bytes /dev/urandom >t
		refused "$([[ $bytes == 0 ]] && echo 'it is empty' || echo 'not a tar')"
	done
	head -c 5000 /dev/urandom >t
	refused 'not a tar'
	{ entry 0 x '' 4; data text; } >t
	refused 'ends too soon'
	entry 0 x '' 4 >t
	refused 'ends too soon'
	{ entry 0 x '' 1000000; data text; the_end; } >t
	refused 'ends too soon'
	{ entry 5 x '' 0; head -c 512 /dev/urandom; the_end; } >t
	refused 'damaged'
	{ entry 5 x '' 0; the_end; echo more; } >t
	refused 'more behind its end'
	{ entry 5 x '' 0; entry 5 y '' 0; the_end; } >t
	sends t
	assert_failure 1
	as_it_was
	for size in 99999999999 0777777777777 -1 0x10; do
		{ entry 0 x '' "$size"; data text; the_end; } >t
		sends t
		assert_failure 1
		as_it_was
	done
	for type in S M D V N X; do
		{ entry 5 x '' 0; entry $type x/x '' 0; the_end; } >t
		sends t
		rm -rf host/x
		as_it_was
	done
	echo nonsense >records
	{ pax records; entry 0 x '' 0; the_end; } >t
	refused 'damaged'
}

@test "the map of a sparse file is read with care" {
	sparse() {
		{ record GNU.sparse.major 1; record GNU.sparse.minor 0; record GNU.sparse.name x; record GNU.sparse.realsize "$1"; } >records
		{ pax records; entry 0 s '' 1024; data "$2"; data 1234; the_end; } >t
	}
	sparse 1000000 $'1\n999000\n512\n'
	sends t
	assert_success
	assert_equal "$(stat -c %s host/x; tail -c +999001 host/x | head -c 4)" $'1000000\n1234'
	rm host/x
	for map in $'1\n999999\n512\n' $'1\n-1\n512\n' $'2\n600\n512\n0\n1\n' $'99999999999999999999\n' \
		$'100000\n' $'1\n1\n' $'x\n' $'1\n0\n9223372036854775807\n' $'1\n0\n600\n'; do
		sparse 1000000 "$map"
		refused ''
	done
	# Many numbers that begin no part, for ever.
	{ record GNU.sparse.major 1; record GNU.sparse.realsize 9000000000000000000; record GNU.sparse.name x; } >records
	{ pax records; entry 0 s '' 0777777777777; yes 0 | head -c 5000000; } >t
	refused ''
}

@test "deep and long paths come to an end" {
	for depth in 150 250 2000; do
		record path "$(printf 'd/%.0s' $(seq $depth))f" >records
		{ pax records; entry 0 x '' 0; the_end; } >t
		sends t
		if ((depth < 200)); then assert_success; else assert_failure 1; fi
		rm -rf host/d host/x
		as_it_was
	done
	record path "$(printf 'n%.0s' {1..300})" >records
	{ pax records; entry 0 x '' 0; the_end; } >t
	refused 'Filename too long'
	entry x pax '' 2000000 >t
	head -c 2000000 /dev/zero >>t
	refused 'too long'
}

@test "a stream without end is stopped by a signal, and nothing is left" {
	for how in 'exec cat /dev/zero' 'trap "" TERM INT; cat head; cat /dev/zero; sleep 60' 'trap "" TERM; sleep 60'; do
		{ entry 5 x '' 0; entry 0 x/f '' 077777777777; } >head
		ctr-tree receive /srv/x host sh -c "$how" 2>said 3>&- &
		sleep 0.5
		kill -TERM $! 2>/dev/null || :
		status=0
		wait $! || status=$?
		[[ $status == 143 || $how == exec* ]]
		as_it_was
	done
	# What feeds a command is stopped, too.
	truncate -s 1T from/big
	ctr-tree send from sh -c 'trap "" TERM; sleep 60' 3>&- &
	sleep 0.3
	kill -INT $!
	kill -TERM $!
	status=0
	wait $! || status=$?
	assert_equal $status 143
	(mkfifo slow; exec ctr-tree put --tar root slow /srv/x) 3>&- &
	until_true 5 test -p slow
	exec {held}>slow
	{ entry 5 x '' 0; entry 0 x/f '' 5000; } >&$held
	until_true 5 test -e root/srv/.x.ctr-tree.$!/x/f
	kill -TERM $!
	status=0
	wait $! || status=$?
	exec {held}>&-
	assert_equal $status 143
	as_it_was
}

@test "the words and the status of the command are those of the copy" {
	run -1 ctr-tree receive /srv/x host ctr-tree get --tar root /srv/none -
	assert_output 'ctr-tree: open /srv/none: No such file or directory'
	run -1 ctr-tree receive /srv/x host sh -c 'printf "\033[31mred\n" >&2; exit 99'
	assert_output '\x1b[31mred'
	run -1 ctr-tree receive /srv/x host false
	assert_output 'ctr-tree: it is empty: expected a tar'
	run -1 ctr-tree receive /srv/x host ./none
	assert_output --partial 'exec ./none: No such file'
	run -1 ctr-tree send from ctr-tree put --tar root - /none/x
	assert_output 'ctr-tree: open /none/: No such file or directory'
	run -1 ctr-tree send none touch called
	assert_output 'ctr-tree: open none: No such file or directory'
	run -1 ctr-tree receive /srv/x none/x touch called
	assert_output 'ctr-tree: open none/: No such file or directory'
	run -2 ctr-tree receive / host touch called
	assert_output 'ctr-tree: no name at the end of the path: /'
	assert_not_exists called
	# It may speak without end, and what it leaves running may keep its standard error.
	run -0 timeout 20 ctr-tree send from sh -c 'cat >/dev/null; yes | head -c 10000000 >&2'
	((${#output} < 3000000))
	run -0 timeout 20 ctr-tree send from sh -c 'cat >/dev/null; sleep 30 3>&- & exit 0'
	as_it_was
}

@test "devices, FIFOs, links and descriptors of the host are as with put and get" {
	echo text >root/srv/file
	{ entry 0 any '' 5; data 'text
'; the_end; } >t
	mkfifo fifo
	timeout 10 cat fifo >got 3>&- &
	ctr-tree receive /srv/file fifo cat t
	wait $!
	ln -s real link
	ctr-tree receive /srv/file link cat t
	ctr-tree receive /srv/file /dev/null cat t
	ctr-tree receive /srv/file - echo bytes >out
	ctr-tree receive /srv/file /dev/fd/6 echo six 6>six
	assert_equal "$(cat got real out six | xargs) $(stat -c %F fifo /dev/null | xargs)" \
		'text text bytes six fifo character special file'
	assert_equal "$(readlink link)" real
	run -1 ctr-tree receive /srv/file /dev/full cat t
	assert_output --partial 'No space left on device'
	{ entry 5 x '' 0; the_end; } >t
	run -1 ctr-tree receive /srv/x fifo cat t
	assert_equal "$(stat -c %F fifo)" fifo
	assert_equal "$(echo bytes | ctr-tree send - cat; ctr-tree send <(echo piped) cat)" $'bytes\npiped'
	ctr-tree send from/../root/srv/file tar t >list
	assert_equal "$(cat list)" file
}

@test "whoever has the files can send and receive them" {
	mkdir -m 777 theirs
	chmod 755 .
	echo x >from/file
	run -0 setpriv --reuid 65534 --regid 65534 --clear-groups "$BUILD/bin/ctr-tree" send from tar t
	assert_line from/file
	tar -cf t from
	run -0 setpriv --reuid 65534 --regid 65534 --clear-groups "$BUILD/bin/ctr-tree" receive /from theirs cat t
	assert_equal "$(stat -c %u:%g theirs/from/file)" 65534:65534
}

@test "a FIFO that nobody reads, and a file of zeros without end, can be left" {
	mkfifo fifo
	exec {held}<>fifo
	{ record GNU.sparse.major 1; record GNU.sparse.name x; record GNU.sparse.realsize 4000000000000000000; } >records
	{ pax records; entry 0 s '' 512; data $'0\n'; the_end; } >t
	for to in fifo /dev/null; do
		ctr-tree receive /srv/x $to cat t 3>&- &
		sleep 0.5
		kill -TERM $!
		status=0
		wait $! || status=$?
		assert_equal "$to $status" "$to 143"
	done
	exec {held}>&-
}
