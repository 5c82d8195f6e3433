#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The container's root has prepared its tree, its directories in Nix's state or
# its processes.  Whatever the host then does ends in bounded time, says in a
# line what is wrong or does its work, and leaves the host as it was.
load container

setup_file() {
	nixos-container create --no-start hostile-a
	A=$(ctr-gcroot path hostile-a)
	canary=/srv/canary
	mkdir -p $canary/deep/er /srv/canary/nixos
	echo secret-of-the-host >$canary/file
	echo '{ ... }: { }' >$canary/nixos/configuration.nix
	ln $canary/file $canary/deep/er/hard
	chmod 640 $canary/file
	export A canary
}

teardown_file() {
	nixos-container destroy hostile-a
	rm -rf /srv/canary
}

setup() {
	name=$(unused_name h)
	root=$state/$name conf=$confs/$name.conf
	made=("$name")
	fresh pick
	spied=$BATS_TEST_TMPDIR/spied
	socat UNIX-LISTEN:$canary/socket,fork "OPEN:$spied,creat,append" 3>&- &
	spy=$!
	until_true 5 test -S $canary/socket
	look >"$BATS_TEST_TMPDIR/before"
}

# fresh USERS - the container of this test, anew
fresh() {
	nixos-container create "$name" --no-start --system-path "$A"
	ctr-conf set "$name" PRIVATE_USERS="$1"
	mkdir -p "$root/etc/nixos" "$root/var/lib" "$root/root"
	echo '{ ... }: { }' >"$root/etc/nixos/configuration.nix"
}

# both COMMAND... - with users of its own, then as root of the host; it destroys
# the container
both() {
	"$@"
	fresh no
	"$@"
}

teardown() {
	[[ ! ${swapper-} ]] || settle
	kill "$spy" 2>/dev/null || :
	rm -f $canary/socket
	chattr -R -i -a "$root" 2>/dev/null || :
	nixos-container destroy "$name" 2>/dev/null || :
}

# look - all of the host that a container could be after
look() {
	find /etc /root /usr/local/lib $canary -xdev \
		! -path '/etc/containers*' -printf '%p %y %m %U %G %s %i %l\n' | sort
	find /etc /root $canary -xdev -type f ! -path '/etc/containers*' \
		-exec sha256sum {} + | sort
}

unharmed() {
	look | diff "$BATS_TEST_TMPDIR/before" -
	assert_not_exists "$spied"
}

# bounded COMMAND... - it ends by itself, on what the spy would not see
bounded() {
	local ended=0
	timeout 60 "$@" >"$BATS_TEST_TMPDIR/out" 2>&1 </dev/null 3>&- || ended=$?
	((ended != 124)) || { echo "no end: $*"; return 1; }
	run ! grep -q secret-of-the-host "$BATS_TEST_TMPDIR/out"
	((ended == 0)) || [[ -s $BATS_TEST_TMPDIR/out ]] || { echo "not a word: $*"; return 1; }
}

# all_verbs - what a host does with a container, whether it works or not
all_verbs() {
	bounded nixos-container start "$name"
	bounded nixos-container resolv
	bounded nixos-container run "$name" -- true
	bounded nixos-container login "$name"
	bounded nixos-container root-login "$name"
	bounded sh -c "echo pw | nixos-container set-root-password $name"
	bounded nixos-container show --json "$name"
	bounded nixos-container list --long
	bounded nixos-container logs "$name" --lines 5
	bounded nixos-container update --no-apply "$name"
	bounded nixos-container update --no-apply "$name" --config 'boot.isContainer = true;'
	bounded nixos-container generations "$name"
	bounded nixos-container rollback --no-apply "$name"
	bounded nixos-container reload "$name"
	bounded nixos-container stop "$name"
	unharmed
}

goes_away() {
	timeout 60 nixos-container destroy "$name"
	nothing_left "$name"
	unharmed
}

# in_place_of PATH COMMAND... - make something else there, at "$at"
in_place_of() {
	at=$root/$1
	shift
	rm -rf "$at"
	"$@" "$at"
}

@test "links that lead out, at every path that the host touches" {
	for path in etc etc/resolv.conf etc/resolv.conf.host etc/nixos \
		etc/nixos/configuration.nix var var/lib var/lib/login.socket \
		var/lib/root-shell.socket usr root; do
		for target in $canary $canary/file $canary/socket \
			../../../../../../../srv/canary /proc/1/root/srv/canary; do
			in_place_of "$path" ln -sfn "$target"
			bounded nixos-container update --no-apply "$name"
			bounded ctr-resolv copy "$root"
			bounded ctr-console run "$root" -- true
			bounded ctr-console login "$root"
			unharmed
		done
		bounded nixos-container start "$name"
		bounded nixos-container stop "$name"
		unharmed
		rm -rf "$root/etc" "$root/var" "$root/usr" "$root/root"
		mkdir -p "$root/etc/nixos" "$root/var/lib" "$root/root" "$root/usr"
		cp $canary/nixos/configuration.nix "$root/etc/nixos"
	done
	goes_away
}

running_links() {
	nixos-container start "$name"
	inside sh -c "rm -rf /etc/nixos /etc/resolv.conf /var/lib/root-shell.socket
		ln -s $canary /etc/nixos; ln -s $canary/file /etc/resolv.conf
		ln -s $canary/socket /var/lib/root-shell.socket"
	ls -l "$root/var/lib/root-shell.socket"
	all_verbs
	goes_away
}

@test "a running container's links, and every verb" {
	both running_links
}

@test "FIFOs, devices, directories and sockets in the place of files" {
	for path in etc/resolv.conf etc/nixos/configuration.nix \
		var/lib/root-shell.socket var/lib/login.socket; do
		for how in mkfifo mkdir 'cp -r /dev/null' mkloop; do
			case $how in
			mkloop) in_place_of "$path" ln -s "${path##*/}" ;;
			cp*) in_place_of "$path" sh -c 'mknod "$1" c 1 5' sh ;;
			*) in_place_of "$path" $how ;;
			esac
			bounded nixos-container update --no-apply "$name"
			bounded ctr-resolv copy "$root"
			bounded ctr-console run "$root" -- true
			bounded ctr-console login "$root"
			unharmed
		done
	done
	all_verbs
	goes_away
}

# swap PATH TARGET - a folder becomes a link out and back, as fast as can be
swap() {
	ln -sfn "$2" "$1.link"
	/usr/local/lib/nixos-container-test/swap "$1" "$1.link" 2>/dev/null 3>&- &
	swapper=$!
}

# settle - no more of that
settle() {
	kill "$swapper" 2>/dev/null || :
	wait "$swapper" 2>/dev/null || :
	swapper=''
}

@test "folders that become links and back while the host is at work" {
	for path in etc etc/nixos var var/lib; do
		swap "$root/$path" $canary
		for i in {1..40}; do
			bounded ctr-resolv copy "$root"
			bounded ctr-console run "$root" -- true
			((i % 10 != 0)) || bounded nixos-container update --no-apply "$name"
		done
		kill -0 $swapper
		settle
		unharmed
		rm -rf "$root/etc" "$root/var"
		mkdir -p "$root/etc/nixos" "$root/var/lib"
		cp $canary/nixos/configuration.nix "$root/etc/nixos"
	done
	swap "$root/etc" $canary
	bounded nixos-container destroy "$name"
	settle
	goes_away_if_there
}

goes_away_if_there() {
	listed "$name" || [[ -e $confs/.$name.pending ]] || { nothing_left "$name"; unharmed; return; }
	goes_away
}

@test "destroy of flags, mounts, deep trees, odd names, and many files" {
	mkdir -p "$root/var/empty/a/b" "$root/mnt/in" "$root/odd"
	touch "$root/var/empty/a/b/file" "$root/var/log"
	chattr +i "$root/var/empty/a/b/file" "$root/var/empty/a" "$root/var/empty"
	chattr +a "$root/odd"
	mount --bind $canary "$root/mnt/in"
	mount -t tmpfs t "$root/mnt"
	touch "$root/"$'new\nline' "$root/"$'\033]0;title\a' "$root/-rf" "$root/ " \
		"$root/"$'\xff\xfe'
	(
		cd "$root"
		for i in {1..40}; do
			mkdir -p "$(printf 'd%.0s' {1..200})"
			cd -P "$(printf 'd%.0s' {1..200})"
		done
	)
	mkdir "$root/many"
	(cd "$root/many" && seq 100000 | xargs touch)
	mkfifo "$root/fifo"
	ln -s / "$root/slash"
	chmod 000 "$root/many"
	goes_away
}

@test "a folder that becomes a link and back: no mount of the host's is unmounted" {
	mkdir -p "$root/a/mnt" $canary/mnt
	mount -t tmpfs t $canary/mnt
	swap "$root/a" $canary
	for _ in {1..60}; do
		mount -t tmpfs t "$root/a/mnt" 2>/dev/null || :
		timeout 20 ctr-tree unmount "$root" || :
	done
	kill -0 $swapper
	settle
	mountpoint -q $canary/mnt
	while mountpoint -q $canary/mnt; do umount $canary/mnt; done
	rmdir $canary/mnt
	goes_away
}

@test "what cannot be removed is named, and the next destroy goes on" {
	mkdir "$root/busy"
	mount -t tmpfs t "$root/busy"
	exec {held}<"$root/busy"
	run nixos-container destroy "$name"
	exec {held}<&-
	((status == 0)) || {
		assert_output --partial busy
		nixos-container destroy "$name"
	}
	nothing_left "$name"
	unharmed
}

# plant NAME - a thing of the folder etc at both names of the configuration,
# again and again, and by a rm of ours as soon as they are free
plant() {
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\n/bin/rm "$@"\n/bin/ln -f %s %s.new\n' "$root/etc/$1" \
		"$root/etc/nixos/configuration.nix" >"$BATS_TEST_TMPDIR/bin/rm"
	chmod +x "$BATS_TEST_TMPDIR/bin/rm"
	while :; do
		ln -f "$root/etc/$1" "$root/etc/nixos/configuration.nix.new"
		ln -f "$root/etc/$1" "$root/etc/nixos/configuration.nix"
	done 2>/dev/null 3>&- &
	swapper=$!
}

@test "a configuration is written into nothing that is put in its place" {
	echo '{ ... }: { networking.hostName = "written"; }' >"$BATS_TEST_TMPDIR/text"
	configure() {
		PATH=$BATS_TEST_TMPDIR/bin:$PATH bounded nixos-container update --no-apply "$name" \
			--system-path "$A" --config-file "$BATS_TEST_TMPDIR/text"
	}
	mkfifo "$root/etc/fifo"
	mknod "$root/etc/full" c 1 7
	ln -s $canary/file "$root/etc/link"
	ln -s $canary/new "$root/etc/nowhere"
	exec {reader}<>"$root/etc/fifo"
	for what in fifo full link nowhere; do
		plant $what
		for _ in {1..8}; do configure; done
		settle
		unharmed
	done
	run -124 timeout 1 cat <&$reader
	assert_output ''
	exec {reader}<&-
	rm -r "$BATS_TEST_TMPDIR/bin" "$root/etc/nixos"
	mkdir "$root/etc/nixos"
	configure
	configuration "$BATS_TEST_TMPDIR/text" | cmp "$root/etc/nixos/configuration.nix"
	swap "$root/etc/nixos" $canary/nixos
	for _ in {1..20}; do configure; done
	kill -0 $swapper
	settle
	unharmed
	goes_away
}

odd_profile() {
	profile=/nix/var/nix/profiles/per-container/$name
	roots=/nix/var/nix/gcroots/per-container/$name
	ln -s $canary/file "$profile/system.lock"
	ln -s /etc "$profile/system-7-link"
	ln -s $canary "$profile/system-8-link"
	ln -s ../../../../../../srv/canary "$profile/system-4294967295-link"
	ln -sfn system-7-link "$profile/system"
	ln -s $canary "$roots/auto"
	mkfifo "$profile/fifo"
	all_verbs
	goes_away
}

@test "its profile and roots lead elsewhere: nothing there is followed or believed" {
	both odd_profile
}

# nix_verbs - what a host does with the profiles and roots in a tree
nix_verbs() {
	bounded ctr-gcroot init --trees "$state" "$name"
	bounded ctr-gcroot set --trees "$state" "$name" "$A"
	bounded ctr-gcroot rollback --trees "$state" "$name"
	bounded ctr-gcroot sync --trees "$state" "$name"
}

@test "profiles and roots in its tree lead elsewhere, or are odd files" {
	inner=nix/var/nix
	for path in nix nix/var $inner $inner/profiles $inner/gcroots $inner/gcroots/auto \
		$inner/profiles/system $inner/profiles/system.lock; do
		for target in $canary $canary/file ../../../../../../../../srv/canary /proc/1/root/srv/canary; do
			mkdir -p "$(dirname "$root/$path")"
			in_place_of "$path" ln -sfn "$target"
			nix_verbs
			unharmed
		done
		in_place_of "$path" mkfifo
		nix_verbs
		in_place_of "$path" sh -c 'mknod "$1" c 1 5' sh
		nix_verbs
		bounded nixos-container start "$name"
		bounded nixos-container stop "$name"
		unharmed
		rm -rf "$root/nix"
	done
	mkdir -p "$root/$inner/profiles"
	swap "$root/$inner/profiles" $canary
	for _ in {1..40}; do nix_verbs; done
	kill -0 $swapper
	settle
	unharmed
	# The last number that a generation can have.
	rm -rf "$root/nix"
	mkdir -p "$root/$inner/profiles"
	ln -s "$A" "$root/$inner/profiles/system-4294967295-link"
	ln -s system-4294967295-link "$root/$inner/profiles/system"
	nix_verbs
	assert_equal "$(ctr-gcroot path "$name")" "$A"
	run -0 ctr-gcroot list "$name"
	((${#lines[@]} < 4))
	nixos-container start "$name"
	goes_away
}

# bats test_tags=suites
@test "its settings, tree and directories are nobody else's" {
	assert_equal "$(stat -c %a $state)" 700
	for d in profiles gcroots; do
		assert_equal "$(stat -c '%a %u' /nix/var/nix/$d/per-container)" '700 0'
		chmod 777 /nix/var/nix/$d/per-container
	done
	nixos-container start "$name"
	for d in profiles gcroots; do
		assert_equal "$(stat -c '%a %u' /nix/var/nix/$d/per-container)" '700 0'
	done
	goes_away
}

silent_peer() {
	nixos-container start "$name"
	leader=$(sed -n 's/^LEADER=//p' "/run/systemd/machines/$name")
	server=$(pgrep -P "$leader" -f 'ctr-console serve')
	kill -STOP "$server"
	run -125 timeout 60 nixos-container run "$name" -- true
	assert_output --partial 'timed out'
	bounded nixos-container login "$name"
	bounded nixos-container reload "$name"
	timeout 60 nixos-container stop "$name"
	nixos-container start "$name"
	run timeout 2 nixos-container run "$name" -- cat /dev/zero
	assert_equal "$status" 124
	all_verbs
	goes_away
}

@test "a peer that never answers, and one that answers with no end" {
	both silent_peer
}

@test "a file system that never answers, in the way to the socket" {
	[ -e /dev/fuse ] || mknod /dev/fuse c 10 229
	(: <>/dev/fuse) 2>/dev/null || skip "no FUSE here"
	# The node is for root only, whom users of its own do not have.
	ctr-conf set "$name" PRIVATE_USERS=no DEVICES=/dev/fuse
	nixos-container start "$name"
	# Nobody reads what the kernel asks for.
	inside sh -c 'exec 3<>/dev/fuse
		mount -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 none /var || exit
		echo mounted >/root/mounted; exec sleep 1000' 2>/dev/null 3>&- &
	until_true 10 test -s "$root/root/mounted"
	run -125 timeout 20 nixos-container run "$name" -- true
	assert_output "ctr-console: $name: cannot be reached: its socket var/lib/root-shell.socket did not answer in time; see its log: nixos-container logs $name"
	run -125 timeout 20 nixos-container login "$name" </dev/null
	run -1 timeout 20 nixos-container reload "$name"
	for sig in INT TERM; do
		SECONDS=0
		env --default-signal timeout -s $sig 1 nixos-container run "$name" -- true || :
		((SECONDS < 5))
	done
	timeout 20 nixos-container stop "$name"
	goes_away
}

@test "a file system that takes requests and never answers, in the way to socket and roots" {
	[ -e /dev/fuse ] || mknod /dev/fuse c 10 229
	(: <>/dev/fuse) 2>/dev/null || skip "no FUSE here"
	ctr-conf set "$name" PRIVATE_USERS=no DEVICES=/dev/fuse
	install -m 755 /usr/local/lib/nixos-container-test/attack "$root/attack"
	nixos-container start "$name"
	for dir in /nix/var/nix/gcroots /var; do
		inside /attack fuse "$dir" >"$BATS_TEST_TMPDIR/mounted" 2>&1 3>&- &
		until_true 10 grep -q mounted "$BATS_TEST_TMPDIR/mounted"
	done
	ctr-gcroot sync --trees "$state" "$name" 2>"$BATS_TEST_TMPDIR/said" 3>&- &
	sync=$!
	run -125 timeout 20 nixos-container run "$name" -- true
	assert_output --partial 'did not answer in time'
	run -1 timeout 40 nixos-container reload "$name"
	for sig in INT TERM; do
		run ! env --default-signal timeout --preserve-status -s $sig 1 \
			nixos-container run "$name" -- true
	done
	status=0
	wait "$sync" || status=$?
	assert_equal "$status" 1
	assert_equal "$(<"$BATS_TEST_TMPDIR/said")" "ctr-gcroot: sync $name: timed out after 60 s"
	timeout 40 nixos-container stop "$name"
	goes_away
}

# bats test_tags=suites
@test "groups below groups: none of them stays" {
	for ((n = 0; n < 2; n++)); do
		users=no
		((n)) || users=pick
		ctr-conf set "$name" "PRIVATE_USERS=$users"
		nixos-container start "$name"
		inside sh -c 'cd /sys/fs/cgroup
			[ ! -d systemd ] || cd systemd
			for i in $(seq 300); do mkdir x && cd x || exit; done'
		# shellcheck disable=SC2016 # for find
		run -0 find /sys/fs/cgroup -depth -path "*container@$name.service*/x/x/x" -print -quit
		assert_output --partial x
		nixos-container terminate "$name"
		nixos-container cleanup "$name"
		run -0 find /sys/fs/cgroup -path "*container@$name.service/*"
		assert_output ''
	done
	goes_away
}

# becomes INIT - a system that is nothing but that, and is stopped within 3 s
becomes() {
	mkdir -p "$BATS_TEST_TMPDIR/sys"
	cp "$1" "$BATS_TEST_TMPDIR/sys/init"
	chmod 755 "$BATS_TEST_TMPDIR/sys/init"
	dropin=/run/systemd/system/container@$name.service.d
	mkdir -p "$dropin"
	printf '[Service]\nTimeoutStopSec=3\n' >"$dropin/stop.conf"
	ctr-gcroot set "$name" "$(nix-store --add "$BATS_TEST_TMPDIR/sys")"
}

lies() {
	becomes /usr/local/lib/nixos-container-test/liar
	timeout 60 nixos-container start "$name"
	leader=$(sed -n 's/^LEADER=//p' "/run/systemd/machines/$name")
	run -0 nixos-container show --json "$name"
	assert_equal "$(jq -r '.state, .leader' <<<"$output")" "up"$'\n'"$leader"
	assert_equal "$(readlink "/proc/$leader/exe")" "$(ctr-gcroot path "$name")/init"
	run -0 systemctl show -p MainPID --value "container@$name.service"
	assert_equal "$(cat "/proc/$output/comm")" ctr-start
	for verb in 'show' 'show --json' status 'logs --unit --lines 20'; do
		run -0 nixos-container $verb "$name"
		run -1 grep -aq $'\033' <<<"$output"
	done
	run -125 timeout 60 nixos-container run "$name" -- true
	assert_output --partial "$name"
	run -125 timeout 60 nixos-container login "$name"
	assert_output --partial "$name"
	timeout 60 nixos-container stop "$name"
	is_down "$name"
	run ! ip link show "c-$name"
	rm -r "$dropin"
	goes_away
}

# bats test_tags=suites
@test "a container that says it is ready, and the host's process 1, is what it is" {
	both lies
}

says_escapes() {
	printf '#!%s/bin/sh\nprintf "\\033]0;owned\\a\\033[2J\\233 \\302\\233 \\342\\200\\256 \\303\\244\\n"\nexit 1\n' \
		"$A" >"$BATS_TEST_TMPDIR/init"
	becomes "$BATS_TEST_TMPDIR/init"
	run -1 timeout 60 nixos-container start "$name"
	assert_output --partial '\x1b]0;owned\x07\x1b[2J\x9b \xc2\x9b \xe2\x80\xae ä'
	run -1 env LC_ALL=C grep -aq $'[\001-\010\013-\037\177]' <<<"$output"
	run -0 nixos-container logs --unit --lines 20 "$name"
	run -1 env LC_ALL=C grep -aq $'[\001-\010\013-\037\177]' <<<"$output"
	rm -r "$dropin"
	goes_away
}

# bats test_tags=suites
@test "what a container says before it fails cannot steer the terminal" {
	both says_escapes
}

never_ready() {
	printf '#!%s/bin/sh\nexec %s/bin/sleep 1000\n' "$A" "$A" >"$BATS_TEST_TMPDIR/init"
	becomes "$BATS_TEST_TMPDIR/init"
	echo START_TIMEOUT=3 >>"$conf"
	run timeout 60 nixos-container start "$name"
	assert_failure
	((status != 124))
	run ! ip link show "c-$name"
	rm -r "$dropin"
	goes_away
}

# bats test_tags=suites
@test "a container that is never ready is given up, and is gone then" {
	both never_ready
}

# evaluates TEXT... - an update of such a configuration fails, and does so soon
evaluates() {
	printf '%s\n' "$@" >"$root/etc/nixos/configuration.nix"
	bounded nixos-container update --no-apply "$name"
	run -1 cat "$spied"
	run ! grep -rl secret-of-the-host /nix/store
	assert_equal "$(ctr-gcroot path "$name")" "$A"
}

# bats test_tags=suites
@test "a configuration reads nothing of the host's, whatever features its Nix has" {
	export NIX_CONFIG=$'build-users-group =\nsandbox = false\nsubstituters =\nexperimental-features = nix-command flakes fetch-closure'
	# Without the host's guard it does, or Nix refuses it itself, as 2.26 and later
	# do: what is refused below is no mistake of the test's.
	run nix-instantiate --eval --restrict-eval -E \
		"builtins.readFile (builtins.fetchTree { type = \"path\"; path = \"$canary/deep\"; } + \"/er/hard\")"
	assert_output --regexp 'secret-of-the-host|is forbidden in restricted mode'
	nix-store --gc >/dev/null 2>&1
	evaluates "builtins.readFile (builtins.fetchTree { type = \"path\"; path = \"$canary/deep\"; } + \"/er/hard\")"
	evaluates "builtins.seq (builtins.tryEval (builtins.getFlake \"path:$canary/deep\")) { }"
	# "Loopback" is the spy's.
	socat TCP4-LISTEN:8995,bind=127.0.0.1,fork "OPEN:$spied,creat,append" 3>&- &
	loopback=$!
	until_true 5 sh -c 'ss -ltn | grep -q 127.0.0.1:8995'
	evaluates 'builtins.readFile (builtins.fetchurl "http://127.0.0.1:8995/")'
	evaluates 'import (builtins.fetchTarball "http://localhost:8995/x.tar.gz")'
	kill "$loopback"
	unharmed
}

@test "a configuration that names a FIFO or a device is refused before it is read" {
	for kind in p 'c 1 5'; do
		rm -rf "$root/etc/nixos/deep"
		mkdir -p "$root/etc/nixos/deep"
		# shellcheck disable=SC2086 # a word or three
		mknod "$root/etc/nixos/deep/odd" $kind
		echo 'builtins.readFile ./deep/odd' >"$root/etc/nixos/configuration.nix"
		run -1 timeout 30 nixos-container update --no-apply "$name"
		assert_output --partial "not built, as its configuration"
		assert_output --partial "etc/nixos/deep/odd"
	done
	unharmed
}

@test "what it writes to its console has the priority that the unit gives it" {
	nixos-container start "$name"
	inside sh -c 'printf "<0>one-from-the-console\\n<2>two\\n" >/dev/console'
	until_true 10 sh -c "journalctl -u container@$name -o cat | grep -q one-from-the-console"
	run -0 journalctl -u "container@$name" -o json --grep from-the-console
	assert_equal "$(jq -r '[.PRIORITY, .MESSAGE] | join(" ")' <<<"$output")" '6 <0>one-from-the-console'
}

# bats test_tags=suites
@test "diff never builds what a link in a container names" {
	drv=$(nix-instantiate --expr 'derivation { name = "slow"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "sleep 1000" ]; }')
	profile=/nix/var/nix/profiles/per-container/$name
	ln -s "$drv" "$profile/system-2-link"
	ln -sfn system-2-link "$profile/system"
	run -1 timeout 10 nixos-container diff "$name" 1 2
	assert_output --partial "not a store path, so not compared"
}

# bats test_tags=suites
@test "diff gives nothing but store paths to Nix" {
	mkdir -p $canary/flake
	printf '{ outputs = _: { x = builtins.trace "secret-of-the-host" 1; }; }\n' >$canary/flake/flake.nix
	look >"$BATS_TEST_TMPDIR/before"
	profile=/nix/var/nix/profiles/per-container/$name
	for text in "path:$canary/flake#x" "$canary/flake#x" "/nix/store/../../$canary/flake" \
		"$A?x" "$A#x" --help; do
		ln -sfn -- "$text" "$profile/system-2-link"
		ln -sfn system-2-link "$profile/system"
		run -1 nixos-container diff "$name" 1 2
		assert_output --partial "not a store path, so not compared"
		refute_output --partial secret-of-the-host
	done
	rm -r $canary/flake
}
