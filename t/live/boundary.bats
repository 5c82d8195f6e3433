#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What a container's root can do to the host, as nixos-container-security(7) says:
# "own" is a container with users of its own, "plain" one whose root is that of
# the host.  t/lib/attack.c has the attacks.  Each test that refuses one shows
# that it works elsewhere, if it does.
load container
srv=/srv/boundary
dev=/dev/boundary

setup_file() {
	local users file
	mkdir -p $srv/{ro/below,ro/sub,rw/late,open,ram}
	mount -t tmpfs boundary $srv/ro/sub
	mount -t tmpfs boundary $srv/ram
	for file in ro/file ro/sub/file open/file rw/file; do
		echo of-the-host >"$srv/$file"
		chmod 666 "$srv/$file"
	done
	install -m 600 $srv/ro/file $srv/ro/secret
	mknod -m 666 $dev-all c 1 5
	mknod -m 600 $dev-some c 1 5
	for users in own plain; do
		# shellcheck disable=SC2046 # a word or nothing
		nixos-container create "$users" --no-start $([[ $users == own ]] || echo --host-users)
		ctr-conf set "$users" BIND="$srv/rw:/rw $srv/ram:/ram" \
			BIND_RO="$srv/ro:/ro $srv/open:/open:norbind" \
			DEVICES="$dev-all $dev-some" RESOLVE_CONTAINERS=1
		arm "$users"
		nixos-container start "$users"
	done
}

teardown_file() {
	nixos-container destroy own
	nixos-container destroy plain
	umount $srv/ro/sub $srv/ram
	rm -rf $srv $dev-all $dev-some
}

# arm NAME - give it the attacks
arm() { install -m 755 /usr/local/lib/nixos-container-test/attack "$state/$1/attack"; }

# as NAME COMMAND... - as the root of a container, and without waiting for ever
as() { timeout 60 nixos-container run "$1" -- "${@:2}"; }

works() { run -0 as "$1" /attack "${@:2}"; }
refused() { run -1 as "$1" /attack "${@:2}"; }

# unprivileged COMMAND... - as a user of the host; setpriv itself keeps rights
# until its command runs
unprivileged() { setpriv --reuid 1000 --regid 1000 --clear-groups sh -c 'exec "$@"' sh "$@"; }

# different OWN PLAIN COMMAND... - its exit statuses in the two
different() {
	run "-$1" as own "${@:3}"
	run "-$2" as plain "${@:3}"
}

# another USERS [KEY=VALUE]... - a container of this test, armed and running
another() {
	local users=$1
	shift
	made+=("$name-$users")
	nixos-container create "$name-$users" --no-start "${options[@]}"
	ctr-conf set "$name-$users" PRIVATE_USERS="$users" "$@"
	arm "$name-$users"
	nixos-container start "$name-$users"
}

@test "what is read-only stays so: the store, binds and their submounts, hosts, os-release" {
	local name of_store
	of_store=$(ctr-gcroot path plain)/init
	for name in own plain; do
		for path in "/nix/store ${of_store#/nix/store/}" '/etc/hosts .' '/ro file' '/ro sub/file' \
			'/ro/sub file' '/run/host/os-release .'; do
			# shellcheck disable=SC2086 # two words
			refused $name unseal $path
			assert_output ''
		done
	done
	refused own unseal /run/mkveth-wait .
	different 1 0 cat /ro/secret
	# What is not sealed falls, so those are attacks.
	refused own unseal /open file
	works plain unseal /open file
	for name in remount bind rbind move by_descriptor detached; do assert_line $name; done
}

@test "what the host mounts below a read-only bind later is not writable either" {
	local name
	mount -t tmpfs -o mode=777 boundary $srv/ro/below
	install -m 666 $srv/ro/file $srv/ro/below/file
	for name in own plain; do
		run -1 as $name touch /ro/below/file
		run -1 as $name touch /ro/below/new
	done
	umount $srv/ro/below
	mount -t tmpfs boundary $srv/rw/late
	touch $srv/rw/late/seen
	for name in own plain; do as $name ls /rw/late/seen; done
	umount $srv/rw/late
}

@test "a plain root can make a file system of the host read-only, all over the host" {
	refused own superblock /ram
	touch $srv/ram/before
	works plain superblock /ram
	run -1 touch $srv/ram/after
	mount -o remount,rw $srv/ram
}

@test "a plain root can write to the directory of the host's /run that systemd-nspawn binds" {
	different 1 0 sh -c 'mount -o remount,bind,rw /run/host/incoming && : >/run/host/incoming/made'
	assert_not_exists /run/systemd/nspawn/propagate/own/made
	rm /run/systemd/nspawn/propagate/plain/made
}

@test "binds: files of a container's root are root's on the host, with every mode bit" {
	local name
	chown 1000:1000 $srv/rw/file
	for name in own plain; do
		run -0 as $name stat -c %u /rw/file
		assert_output 1000
		as $name sh -c "cp /attack /rw/$name && chmod 4755 /rw/$name"
		assert_equal "$(stat -c '%u %a' $srv/rw/$name)" '0 4755'
		# So any user of the host that reaches it becomes root ...
		run -0 unprivileged $srv/rw/$name user
		assert_output 0
	done
	# ... unless the host says otherwise.  The container's tree is out of reach.
	mount --bind $srv/rw $srv/rw
	mount -o remount,bind,nosuid $srv/rw
	run -0 unprivileged $srv/rw/own user
	assert_output 1000
	umount $srv/rw
	for name in own plain; do
		as $name sh -c 'cp /attack /setuid && chmod 4755 /setuid'
		run unprivileged "$state/$name/setuid" user
		assert_output --partial 'Permission denied'
	done
	rm $srv/rw/own $srv/rw/plain
}

@test "a bind with noidmap belongs to nobody, and its modes decide" {
	another pick BIND="$srv/rw:/rw:noidmap"
	run -0 as "$name-pick" stat -c %u /rw/file
	assert_output 65534
	as "$name-pick" sh -c 'echo by-mode >>/rw/file'
	run -1 as "$name-pick" touch /rw/new
}

@test "a bind of a file system without mapped IDs belongs to nobody, and is no obstacle" {
	mkdir $srv/{lower,upper,work,merged}
	echo of-the-host >$srv/lower/file
	chown 1000 $srv/lower/file
	mount -t overlay -o lowerdir=$srv/lower,upperdir=$srv/upper,workdir=$srv/work overlay $srv/merged
	if ctr-tree idmap $srv/merged; then
		umount $srv/merged
		skip "overlays of this kernel map user IDs"
	fi
	another pick BIND="$srv/merged:/merged"
	run -0 as "$name-pick" stat -c %u /merged/file
	assert_output 65534
	run -1 as "$name-pick" touch /merged/new
	nixos-container destroy "$name-pick"
	umount $srv/merged
}

@test "sockets of the host in a bind are within reach, read-only or not" {
	local name pid
	socat "UNIX-LISTEN:$srv/ro/socket,mode=666,fork" - 3>&- >/dev/null &
	pid=$!
	socat "UNIX-LISTEN:$srv/ro/private,mode=600,fork" - 3>&- >/dev/null &
	pid+=" $!"
	until_true 5 test -S $srv/ro/private
	for name in own plain; do works $name connect /ro/socket; done
	refused own connect /ro/private
	works plain connect /ro/private
	# shellcheck disable=SC2086 # two
	kill $pid
	rm -f $srv/ro/socket $srv/ro/private
}

@test "a socket of the host's that it mounts over its own is sent nothing" {
	local users
	for users in own plain; do
		socat -u "UNIX-LISTEN:$srv/rw/socket,mode=666,fork" "OPEN:$srv/got,creat,append" 3>&- &
		pid=$!
		until_true 5 test -S $srv/rw/socket
		as "$users" mount -o bind /rw/socket /var/lib/root-shell.socket
		run -125 timeout 20 nixos-container run "$users" -- echo secret
		assert_output "ctr-console: $users: cannot be reached: its socket var/lib/root-shell.socket is not served by the container; see its log: nixos-container logs $users"
		run -1 timeout 60 nixos-container set-root-password "$users" <<<secret
		run -125 timeout 20 nixos-container root-login "$users" <<<secret
		kill "$pid"
		run cat "$srv/got"
		refute_output --partial secret
		nixos-container restart "$users"
		run -0 as "$users" echo again
		assert_output again
		rm -f $srv/rw/socket $srv/got
	done
}

@test "a bind can be locked, if it can be opened" {
	local name holder
	for name in own plain; do
		nixos-container run $name -- /attack lock /ro/file >"$BATS_TEST_TMPDIR/held" 3>&- &
		holder=$!
		until_true 10 grep -q locked "$BATS_TEST_TMPDIR/held"
		run -1 flock -n $srv/ro/file true
		kill $holder
		wait $holder || :
		until_true 10 flock -n $srv/ro/file true
	done
}

@test "devices: none but those of the settings, whatever is made or mounted" {
	local name
	# 240 is nobody's: had the container the right, it would hear so.
	for name in own plain; do
		refused $name device b 240 0
		refused $name device c 240 0
		refused $name device c 1 1
		works $name tun t0
		as $name dd if=$dev-all of=/dev/null count=1
	done
	different 1 0 dd if=$dev-some of=/dev/null count=1
	if [[ -d /sys/fs/cgroup/devices ]]; then
		different 1 0 sh -c 'mkdir -p /run/d && mount -t cgroup -o devices x /run/d
			mount -o remount,rw,bind /run/d
			echo "b 240:* rwm" >/run/d/devices.allow && /attack device b 240 0'
	fi
}

@test "the kernel: sysctls are a plain root's, calls that no container needs are nobody's" {
	local name
	for name in kernel/core_pattern kernel/panic vm/overcommit_memory; do
		refused own sysctl $name
		# Only opened: this is the kernel of the machine.
		works plain sysctl $name
	done
	for name in own plain; do
		refused $name calls
		assert_output ''
		refused $name handle /nix/store
		refused $name clock
		run -1 as $name dmesg
	done
	another pick CAPABILITIES=CAP_SYS_TIME
	another no CAPABILITIES=CAP_SYS_TIME
	refused "$name-pick" clock
	works "$name-no" clock
}

@test "PRIVATE_USERS=identity: a user namespace that is no boundary, and is listed so" {
	another identity
	works "$name-identity" sysctl kernel/core_pattern
	run -0 as "$name-identity" dd if=/proc/1/environ of=/dev/null
	refused "$name-identity" device b 240 0
	refused "$name-identity" links 0
	refused "$name-identity" unseal /nix/store "$(ctr-gcroot path "$name-identity" | cut -d / -f 4)/init"
	run -0 nixos-container list --long own plain "$name-identity"
	assert_line --regexp '^own .* own '
	assert_line --regexp '^plain .* host '
	assert_line --regexp "^$name-identity .* host "
	run -0 nixos-container show "$name-identity"
	assert_line --regexp '^users: +host$'
}

@test "a network of its own: a plain root reaches the links of the host, through their names" {
	ip link add boundary0 type bridge
	refused own links 0
	refused own unlink 0 boundary0
	ip link show boundary0
	works plain links 0
	assert_line boundary0
	works plain unlink 0 boundary0
	run -1 ip link show boundary0
}

@test "a network of its own keeps the host's sockets away, and the host's network does not" {
	local users pids
	socat ABSTRACT-LISTEN:boundary,fork - 3>&- >/dev/null &
	pids=$!
	socat TCP4-LISTEN:8996,bind=127.0.0.1,fork - 3>&- >/dev/null &
	pids+=" $!"
	until_true 5 sh -c 'grep -q @boundary /proc/net/unix && ss -ltn | grep -q 127.0.0.1:8996'
	for users in own plain; do
		refused $users connect @boundary
		run -1 as $users nc -w 2 127.0.0.1 8996 </dev/null
	done
	for users in pick no; do
		another $users PRIVATE_NETWORK=0 NAT= {HOST,LOCAL}_ADDRESS{,6}=
		works "$name-$users" connect @boundary
		run -0 as "$name-$users" nc -w 2 127.0.0.1 8996 </dev/null
		run -0 as "$name-$users" ls /sys/class/net
		assert_line c-own
		run ! as "$name-$users" ip link add boundary1 type bridge
		run ! as "$name-$users" ip link set c-own down
	done
	refused "$name-pick" packets
	works "$name-no" packets
	run ! as "$name-pick" timeout 1 nc -l -p 99
	refute_output ''
	run -143 as "$name-no" timeout 1 nc -l -p 99
	# shellcheck disable=SC2086 # two
	kill $pids
}

@test "a network of its own leads to the services of the host that listen there" {
	local name host pid
	socat TCP4-LISTEN:8997,fork - 3>&- >/dev/null &
	pid=$!
	until_true 5 sh -c 'ss -ltn | grep -q :8997'
	for name in own plain; do
		host=$(ctr-conf get "$name" HOST_ADDRESS)
		run -0 as $name nc -w 2 "$host" 8997 </dev/null
	done
	kill $pid
}

@test "an interface of the host's is the container's to change, as long as it runs" {
	local users
	for users in pick no; do
		ip link add boundary3 type veth peer name boundary4
		another $users INTERFACES=boundary3
		as "$name-$users" sh -c 'ip link set boundary3 address 02:00:00:00:00:66 up &&
			ip addr add 192.0.2.66/24 dev boundary3'
		nixos-container stop "$name-$users"
		run -0 ip addr show boundary3
		refute_output --partial 02:00:00:00:00:66
		refute_output --partial 192.0.2.66
		ip link del boundary3
	done
}

@test "a network namespace of somebody else's is used, and not changed" {
	local users
	ip netns add "$name"
	ip -n "$name" link add boundary2 type bridge
	for users in pick no; do
		another $users PRIVATE_NETWORK=0 NAT= {HOST,LOCAL}_ADDRESS{,6}= \
			NETWORK_NAMESPACE_PATH="/run/netns/$name"
		run -0 as "$name-$users" ls /sys/class/net
		assert_line boundary2
		run ! as "$name-$users" ip link set boundary2 up
		run ! as "$name-$users" ip link del boundary2
		refused "$name-$users" unlink 0 lo
		nixos-container stop "$name-$users"
	done
	ip netns del "$name"
}

@test "namespaces of its own are no way out" {
	local name
	for name in own plain; do
		run -0 as $name unshare -U -r -m sh -c 'mount -t tmpfs x /tmp && id -u'
		assert_output 0
	done
	run ! as own unshare -U -r -m sh -c 'umount /proc/sys && echo uncovered'
	run -1 as own unshare -U -r -m -p -f /attack sysctl kernel/panic
}

@test "the host's Nix: the store can be read, and there is neither database nor daemon" {
	local name path
	echo "secret-$BATS_TEST_NUMBER" >"$BATS_TEST_TMPDIR/secret"
	path=$(nix-store --add "$BATS_TEST_TMPDIR/secret")
	for name in own plain; do
		run -0 as $name cat "$path"
		assert_output "secret-$BATS_TEST_NUMBER"
		run ! as $name ls /nix/var/nix/db /nix/var/nix/daemon-socket/socket
		run -1 as $name grep ' /nix/var' /proc/self/mountinfo
		run -1 as $name sh -c 'ls /nix/var/nix/profiles/per-container/*'
	done
}

@test "profiles and roots that a container makes mean nothing to the host's collector" {
	local name dir
	for name in own plain; do
		for dir in profiles gcroots; do
			as $name sh -c 'cd "$1"; ln -s "$2" x-1-link; ln -s "$2" x-2-link; ln -s x-2-link x
				ln -s /etc/made-by-x x.lock; ln -s y-2-link y; ln -s "$2" y-2-link
				ln -s /etc/passwd y.lock; ln -s / z; mkfifo fifo.lock' sh "/nix/var/nix/$dir" \
				"$(ctr-gcroot path $name)"
		done
	done
	timeout 60 nix-collect-garbage -d
	timeout 60 nix-store --gc
	assert_not_exists /etc/made-by-x
	for name in own plain; do
		assert_exists "$state/$name/nix/var/nix/profiles/x-1-link"
		as $name rm -f /nix/var/nix/{profiles,gcroots}/{x-1-link,x-2-link,x,x.lock,y,y-2-link,y.lock,z,fifo.lock}
	done
}

@test "its tree shares the host's file system, without a limit" {
	local name
	for name in own plain; do
		run -0 as $name stat -f -c '%b %c' /
		assert_output "$(stat -f -c '%b %c' $state)"
	done
}

@test "a session has none of the host's files, terminals and variables" {
	local name
	export OF_THE_HOST=yes
	for name in own plain; do
		run -0 as $name sh -c 'env; cat /proc/1/environ'
		refute_output --partial OF_THE_HOST
		run -0 as $name readlink /proc/self/fd/0 <"$srv/ro/file"
		assert_output --regexp '^(pipe|socket):'
		run -0 as $name ls /proc/self/fd
		assert_output $'0\n1\n2\n3'
		run -0 script -qec "nixos-container run --tty $name -- tty" /dev/null </dev/null
		assert_output --regexp '/dev/pts/[0-9]'
	done
}

@test "its console is in the host's journal, as the container's" {
	local name
	for name in own plain; do
		as $name sh -c 'echo of-the-container >/dev/console'
		until_true 10 sh -c "journalctl -q -o cat -t container-$name | grep -q of-the-container"
	done
}

@test "limits hold: tasks, and memory" {
	local users
	controls pids || skip "no controllers of cgroups on this host"
	for users in pick no; do
		another $users TASKS_MAX=40 MEMORY_MAX=64M
		run as "$name-$users" sh -c 'i=0; while [ $i -lt 80 ]; do sleep 60 & i=$((i + 1)); done'
		assert_output --partial "can't fork"
		nixos-container restart "$name-$users"
		run as "$name-$users" sh -c 'head -c 200000000 /dev/zero | tail -c 200000000 >/dev/null; echo survived'
		assert_output --partial Killed
	done
	[[ -d /sys/fs/cgroup/memory ]] || return 0
	for users in pick:1 no:0; do
		run "-${users#*:}" as "$name-${users%:*}" sh -c 'mkdir -p /run/m && mount -t cgroup -o memory x /run/m
			mount -o remount,rw,bind /run/m && echo -1 >/run/m/memory.limit_in_bytes'
	done
}

@test "the host's machinectl sees a container, ends it, and finds nothing to enter" {
	local users
	for users in pick no; do
		another $users
		run -0 timeout 20 machinectl status "$name-$users"
		run -0 timeout 20 machinectl show -p State --value "$name-$users"
		assert_output running
		run -1 timeout 20 machinectl shell "$name-$users" </dev/null
		run -1 timeout 20 machinectl login "$name-$users" </dev/null
		run -1 timeout 20 machinectl start "$name-$users"
		for verb in poweroff terminate; do
			timeout 20 machinectl $verb "$name-$users"
			until_true 20 is_not_up "$name-$users"
			until_true 10 sh -c "! ip link show c-$name-$users 2>/dev/null >&2"
			nixos-container start "$name-$users"
		done
	done
}

# said NAME TEXT - do the messages of its unit have that?
said() { nixos-container logs --unit --lines 10 "$1" | grep -qF -- "$2"; }

@test "a tree that leads systemd-nspawn elsewhere is refused, in a line, and not tried again" {
	local users what unit
	mkdir -p $srv/elsewhere
	for users in pick no; do
		made+=("$name-$users")
		nixos-container create "$name-$users" --no-start
		ctr-conf set "$name-$users" PRIVATE_USERS=$users
		unit=container@$name-$users.service
		for what in dev proc run sys tmp var nix nix/store; do
			mkdir -p "$state/$name-$users/${what%/*}"
			mv "$state/$name-$users/$what" "$BATS_TEST_TMPDIR/was" 2>/dev/null || :
			ln -s ../../../../..$srv/elsewhere "$state/$name-$users/$what"
			run -1 timeout 30 nixos-container start "$name-$users"
			until_true 10 said "$name-$users" ": $what: a link that leads out of the tree, or nowhere"
			until_true 10 said "$name-$users" "$name-$users: not started"
			assert_equal "$(systemctl show -p NRestarts --value "$unit")" 0
			assert_equal "$(systemctl show -p ExecMainStatus --value "$unit")" 2
			rm "$state/$name-$users/$what"
			mv "$BATS_TEST_TMPDIR/was" "$state/$name-$users/$what" 2>/dev/null || :
		done
		nixos-container start "$name-$users"
	done
	run -0 find $srv/elsewhere -mindepth 1
	assert_output ''
}

@test "binds and tmpfs are mounted in the tree, whatever links are at their places" {
	local users target
	mkdir -p $srv/elsewhere
	for users in pick no; do
		another $users BIND="$srv/rw:/a/rw" BIND_RO="$srv/ro:/b" TMPFS=/c RESOLVE_CONTAINERS=1
		nixos-container stop "$name-$users"
		for target in $srv/elsewhere ../../../../../..$srv/elsewhere /proc/1/root$srv/elsewhere; do
			for at in a b c etc/hosts; do
				rm -rf "$state/$name-$users/$at"
				ln -s "$target" "$state/$name-$users/$at"
			done
			timeout 60 nixos-container start "$name-$users" || :
			run ! grep -F elsewhere /proc/self/mountinfo
			run -0 find $srv/elsewhere -mindepth 1
			assert_output ''
			timeout 60 nixos-container stop "$name-$users"
		done
	done
}

# deaf NAME - its switch to another system never ends, and heeds no signal
deaf() {
	as "$1" sh -c 'printf "#!%s/bin/sh\ntrap \"\" INT TERM HUP QUIT\nwhile :; do %s/bin/sleep 1; done\n" \
		"$1" "$1" >/run/deaf && chmod 755 /run/deaf &&
		mount --bind /run/deaf "$1/bin/switch-to-configuration"' sh "$(ctr-gcroot path "$1")"
}

@test "a switch that never ends: TERM ends the wait, the lock is free, and stop works" {
	local users verb
	for users in pick no; do
		another $users
		# The store is read-only: the container covers a file of its own view.
		deaf "$name-$users"
		for verb in reload update; do
			run -124 timeout -s TERM -k 10 3 nixos-container $verb "$name-$users"
			# The signal may be earlier than what removes the file.
			[[ ! -e /run/nixos-container/$name-$users.lock ]] ||
				flock -n "/run/nixos-container/$name-$users.lock" true
		done
		timeout 60 nixos-container stop "$name-$users"
		timeout 60 nixos-container destroy "$name-$users"
	done
}

@test "locks and automounts of a container's make no command of the host's wait" {
	local users pids=''
	for users in pick no; do
		another $users
		nixos-container run "$name-$users" -- sh -c 'cd /nix/var/nix/profiles && : >system.lock &&
			exec /attack lock "$PWD/system.lock"' >"$BATS_TEST_TMPDIR/$users" 3>&- &
		pids+=" $!"
		until_true 10 grep -q locked "$BATS_TEST_TMPDIR/$users"
	done
	refused "$name-pick" autofs /root
	nixos-container run "$name-no" -- /attack autofs /var/lib >"$BATS_TEST_TMPDIR/mounted" 3>&- &
	pids+=" $!"
	until_true 10 grep -q mounted "$BATS_TEST_TMPDIR/mounted"
	for users in pick no; do
		timeout 20 nixos-container update --no-apply "$name-$users"
		timeout 20 ctr-gcroot sync --trees "$state" "$name-$users"
		timeout 20 nixos-container resolv
		run timeout 20 nixos-container run "$name-$users" -- true
		((status != 124))
		timeout 20 nixos-container destroy "$name-$users"
	done
	# shellcheck disable=SC2086 # some
	kill $pids 2>/dev/null || :
}

# with_daemon USERS - a Debian that may use the host's Nix daemon
with_daemon() {
	local options=(--nixos-path /src/t/systems/debian -I suite=/usr/local)
	another "$1" NIX_DAEMON=1 BIND_RO="$srv/ro:/ro"
}

# builds TEXT OPTION... - nix-build in the container
builds() {
	# shellcheck disable=SC2016
	as "$at" sh -c 'text=$1; shift; exec nix-build --no-out-link "$@" --expr "derivation {
		name = \"$text\"; system = builtins.currentSystem; builder = \"/bin/sh\";
		args = [ \"-c\" \"echo $text >\$out\" ]; }"' sh "$@"
}

@test "NIX_DAEMON=1: its root is not trusted, brings nothing into the store, and can collect" {
	local users at hook=$srv/hook built junk
	printf '#!/bin/sh\n: >%s/hooked\n' $srv >$hook
	chmod 755 $hook
	# One that the daemon trusts runs that as root of the host.
	printf 'derivation { name = "trusted"; system = builtins.currentSystem; builder = "/bin/sh";
		args = [ "-c" "echo trusted >$out" ]; }' >"$BATS_TEST_TMPDIR/trusted.nix"
	built=$(NIX_REMOTE=daemon nix-build --no-out-link --option post-build-hook $hook "$BATS_TEST_TMPDIR/trusted.nix")
	assert_exists $srv/hooked
	rm $srv/hooked
	nix-store --export "$built" >$srv/ro/export
	nix copy --to "file://$srv/ro/cache" "$built"
	nix-store --delete "$built"
	for users in pick no; do
		with_daemon $users
		at=$name-$users
		run -0 builds "hook-$at" --option post-build-hook $hook --option sandbox false \
			--option trusted-users '*' --option run-diff-hook true --option diff-hook $hook
		assert_not_exists $srv/hooked
		run ! as "$at" sh -c 'nix-store --import </ro/export'
		assert_output --partial signature
		run ! as "$at" nix --extra-experimental-features nix-command copy --no-check-sigs \
			--from file:///ro/cache "$built"
		run ! as "$at" nix-store --option require-sigs false --option substituters file:///ro/cache -r "$built"
		assert_not_exists "$built"
		run ! as "$at" nix-store --delete --ignore-liveness "$(ctr-gcroot path "$at")"
		run ! as "$at" nix-store --verify --check-contents --repair
		junk=$(nix-store --add "$BATS_TEST_TMPDIR/trusted.nix")
		run -0 as "$at" nix-store --gc
		assert_not_exists "$junk"
		same_after_reload "container-nix-$at.socket" "container-nix-$at.service"
		assert_exists "$(ctr-gcroot path "$at")/init"
		nixos-container stop "$at"
	done
}

@test "NIX_DAEMON=1: what it builds is kept from the host by Nix's sandbox, and by nothing else" {
	local at=$name-pick conf=/etc/nix/nix.conf
	cp $conf "$BATS_TEST_TMPDIR/conf"
	with_daemon pick
	# shellcheck disable=SC2016
	socat TCP4-LISTEN:8998,bind=127.0.0.1,fork "OPEN:$BATS_TEST_TMPDIR/spied,creat,append" 3>&- &
	spy=$!
	build='exec nix-build --no-out-link --expr "derivation {
		name = \"out-$1\"; system = builtins.currentSystem; builder = \"/bin/sh\";
		args = [ \"-c\" \"echo x >'$srv/rw'/$1; echo x >\$out\" ]; }"'
	printf 'sandbox = false\nbuild-users-group =\nsubstituters =\n' >$conf
	systemctl restart nix-daemon
	run as "$at" sh -c "$build" sh "open-$at"
	cp "$BATS_TEST_TMPDIR/conf" $conf
	systemctl restart nix-daemon
	((status == 0)) || fail "$output"
	assert_equal "$(stat -c %u $srv/rw/open-$at)" 0
	run as "$at" sh -c "$build" sh "shut-$at"
	# shellcheck disable=SC2016
	as "$at" sh -c 'exec nix-build --no-out-link --expr "derivation {
		name = \"fixed-$1\"; system = builtins.currentSystem; builder = \"/bin/sh\";
		outputHash = \"0000000000000000000000000000000000000000000000000000\";
		outputHashAlgo = \"sha256\"; outputHashMode = \"flat\";
		args = [ \"-c\" \"echo from-the-builder | nc -w 2 127.0.0.1 8998; echo x >\$out\" ]; }"' sh "$at" || :
	kill $spy
	echo "$output"
	((status == 0))
	grep from-the-builder "$BATS_TEST_TMPDIR/spied"
	assert_not_exists $srv/rw/shut-$at
	rm $srv/rw/open-$at
}
