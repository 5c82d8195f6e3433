#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# User IDs of the host and of other containers: ctr-conf users, check.
load ../../lib/env

setup() {
	host=$BATS_TEST_TMPDIR/host
	confs=$BATS_TEST_TMPDIR/conf trees=$BATS_TEST_TMPDIR/trees
	mkdir -p "$host"/etc "$host"/run/systemd/nspawn-uid "$confs" "$trees"
	export NIXOS_CONTAINER_CONF_DIR=$confs NIXOS_CONTAINER_STATE_DIR=$trees
}

# subuid, subgid LINE... - the host has these lines
subuid() { printf '%s\n' "$@" >"$host/etc/subuid"; }
subgid() { printf '%s\n' "$@" >"$host/etc/subgid"; }

users() { run "${status_wanted--0}" ctr-conf users --root "$host"; }

# gives VALUE LINE... - that is for a new container, with these lines in subuid
gives() {
	subuid "${@:2}"
	users
	assert_output "$1"
}

# check LINE... - check these settings of the container web
check() {
	printf '%s\n' "$@" SYSTEM_PATH=/nix/var/nix/profiles/system >"$confs/web.conf"
	run ctr-conf check web --root "$host"
}

refused() {
	check "${@:2}"
	assert_equal "$status" 2
	assert_output "ctr-conf: $confs/web.conf:1: PRIVATE_USERS: the IDs $1"
}

fits() { check "$@"; assert_success; assert_output ''; }

@test "systemd-nspawn picks the users, unless subordinate IDs reach into its range" {
	users
	assert_output pick
	gives pick bob:100000:65536 eve:165536:358752
	gives pick bob:1879048192:65536
	gives 589824 bob:100000:65536 eve:165536:358753
	gives 589824 bob:524288:1
	gives 524288 bob:1879048191:1
	: >"$host/etc/subuid"
	subgid bob:600000:65536
	users
	assert_output 524288
}

@test "the first base that is free of subordinate IDs, containers, trees and locks" {
	subuid bob:524288:65536
	printf 'PRIVATE_USERS=589824\n' >"$confs/a.conf"
	printf 'PRIVATE_USERS=655361\nWRONG=1\n' >"$confs/.b.pending"
	# Those are no containers.
	printf 'PRIVATE_USERS=786432\n' | tee "$confs/.c.conf.tmp" >"$confs/storage.conf"
	users
	assert_output 786432
	subgid eve:786432:1
	users
	assert_output 851968
	: >"$host/run/systemd/nspawn-uid/851968"
	users
	assert_output 917504
	((EUID == 0)) || return 0
	mkdir "$trees/old"
	chown 917504:917504 "$trees/old"
	users
	assert_output 983040
}

@test "behind the range of systemd-nspawn are others, and without any it says so" {
	gives 1879572480 bob:524288:1879048191
	gives 2147287040 bob:524288:2146762752
	status_wanted=-1
	gives "ctr-conf: no 65536 user IDs are free from 524288 to 2147352575: see /etc/subuid and /etc/subgid" \
		bob:524288:4294967295
	gives "ctr-conf: no 65536 user IDs are free from 524288 to 2147352575: see /etc/subuid and /etc/subgid" \
		bob:0:9999999999999999999
}

@test "malformed lines of subuid are ignored" {
	gives pick '' '# comment' bob bob: bob:524288 bob:524288: bob::5 :524288:5 bob:x:5 bob:524288:5x \
		bob:524288:-5 bob:-1:99999999999 bob:524288:5:6 bob:524288:0 ' :::' bob:99999999999:5 \
		bob:524288:99999999999999999999999
	gives pick "$(printf '%01100d:524288:5' 0)"
	gives 589824 'bob' 1000:0524288:5
	printf 'bob:524288:5' >"$host/etc/subuid"
	users
	assert_output 589824
	rm "$host/etc/subuid"
	mkdir "$host/etc/subuid"
	run -1 ctr-conf users --root "$host"
	assert_output "ctr-conf: $host/etc/subuid: not a regular file"
}

@test "a subuid that is a FIFO or a device is refused, and not waited for" {
	local bad
	mkfifo "$host/fifo"
	for bad in "$host/fifo" /dev/zero; do
		ln -sf "$bad" "$host/etc/subuid"
		run -1 timeout 5 ctr-conf users --root "$host"
		assert_output "ctr-conf: $host/etc/subuid: not a regular file"
		echo PRIVATE_USERS=524288 >"$confs/web.conf"
		run -2 timeout 5 ctr-conf check web --root "$host"
		assert_line "ctr-conf: $confs/web.conf:1: PRIVATE_USERS: $host/etc/subuid: not a regular file"
	done
	# Links to files are fine.
	echo bob:524288:65536 >"$host/subuid"
	ln -sf ../subuid "$host/etc/subuid"
	users
	assert_output 589824
}

@test "a fixed range that a user of the host has is refused" {
	subuid eve:100000:65536 bob:1310720:65536
	fits PRIVATE_USERS=1376256
	fits PRIVATE_USERS=1245184
	fits PRIVATE_USERS=pick
	refused "1310720 to 1376255 overlap 1310720 to 1376255 in /etc/subuid of bob" PRIVATE_USERS=1310720
	refused "1245185 to 1310720 overlap 1310720 to 1376255 in /etc/subuid of bob" PRIVATE_USERS=1245185
	refused "1376255 to 1441790 overlap 1310720 to 1376255 in /etc/subuid of bob" PRIVATE_USERS=1376255
	subuid
	subgid 1000:4000000000:9999999999
	refused "4294901760 to 4294967295 overlap 4000000000 to 4294967295 in /etc/subgid of 1000" \
		PRIVATE_USERS=4294901760
	run -0 ctr-conf check web --no-host --root "$host"
}

@test "a fixed range that another container has is refused" {
	printf 'PRIVATE_USERS=1310720\n' >"$confs/db.conf"
	printf 'PRIVATE_USERS=pick\n' >"$confs/lan.conf"
	fits PRIVATE_USERS=1376256
	fits PRIVATE_USERS=identity
	refused "1310720 to 1376255 overlap 1310720 to 1376255 of the container db" PRIVATE_USERS=1310720
	refused "1300000 to 1365535 overlap 1310720 to 1376255 of the container db" PRIVATE_USERS=1300000
	# What systemd-nspawn has picked, but not what it left when it was killed.
	local lock=$host/run/systemd/nspawn-uid/2031616 held
	: >"$lock"
	fits PRIVATE_USERS=2031616
	exec {held}<>"$lock"
	ctr-tree idle --hold "$held" "$trees/any"
	refused "2031616 to 2097151 overlap 2031616 to 2097151 of a container that runs" PRIVATE_USERS=2031616
	fits PRIVATE_USERS=2097152
	exec {held}>&-
	rm "$confs/web.conf"
	run -2 ctr-conf set --new --host web PRIVATE_USERS=1310720 --root "$host"
	assert_output --partial "overlap 1310720 to 1376255 of the container db"
	assert_not_exists "$confs/web.conf"
	run -2 ctr-conf check db --root host
	assert_output "ctr-conf: not an absolute path: host (--root)"
}
