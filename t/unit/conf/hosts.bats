#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load ../../lib/env

local_lines='127.0.0.1 localhost
::1 localhost ip6-localhost ip6-loopback'

setup() {
	export NIXOS_CONTAINER_CONF_DIR=$BATS_TEST_TMPDIR/conf
	mkdir "$NIXOS_CONTAINER_CONF_DIR"
	cd "$NIXOS_CONTAINER_CONF_DIR"
}

@test "each address of each container has a line with both names" {
	printf '%s\n' LOCAL_ADDRESS6=fc00::2/64 LOCAL_ADDRESS=10.0.0.2/24 >web.conf
	printf '%s\n' 'LOCAL_ADDRESS="10.0.0.3, 10.0.0.4/8	10.0.0.5"' HOST_ADDRESS=10.0.0.1 >db-1.conf
	echo NAT=0 >none.conf
	# Files that do not belong to containers.
	for name in storage a+b; do echo LOCAL_ADDRESS=10.0.0.9 >"$name.conf"; done
	run -0 ctr-conf hosts
	assert_output "$local_lines
10.0.0.3 db-1.containers db-1
10.0.0.4 db-1.containers db-1
10.0.0.5 db-1.containers db-1
10.0.0.2 web.containers web
fc00::2 web.containers web"
}

@test "without containers, only localhost has lines" {
	run -0 ctr-conf hosts
	assert_output "$local_lines"
	run -0 ctr-conf hosts --conf-dir /no/such
	assert_output "$local_lines"
}

@test "wrong settings are left out of hosts, without a message" {
	printf 'LOCAL_ADDRESS=10.0.0.2\nNO=1\nLOCAL_ADDRESS6="fc00::2 evil.example"\n' >web.conf
	printf 'LOCAL_ADDRESS=10.0.0.3\033[2J\n' >esc.conf
	printf 'LOCAL_ADDRESS="10.0.0.4\n10.0.0.5 bank.example"\n' >two.conf
	printf 'LOCAL_ADDRESS=#\n' >hash.conf
	mkdir dir.conf
	ln -s nowhere gone.conf
	run -0 ctr-conf hosts
	assert_output "$local_lines
10.0.0.2 web.containers web"
}

@test "hosts fails if the settings cannot be read, or the output cannot be written" {
	touch file
	run -1 --separate-stderr ctr-conf hosts --conf-dir "$PWD/file"
	assert_output ''
	assert_equal "$stderr" "ctr-conf: read $PWD/file: Not a directory"
	run -1 bash -c 'ctr-conf hosts >/dev/full'
	run -2 ctr-conf hosts web
	assert_output 'ctr-conf: hosts: unexpected argument: web'
}
