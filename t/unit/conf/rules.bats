#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load ../../lib/env

setup() {
	export NIXOS_CONTAINER_CONF_DIR=$BATS_TEST_TMPDIR/conf
	mkdir "$NIXOS_CONTAINER_CONF_DIR"
	cd "$NIXOS_CONTAINER_CONF_DIR"
}

pair=$'PRIVATE_NETWORK=1\nHOST_ADDRESS=10.0.0.1\nLOCAL_ADDRESS=10.0.0.2/24'
pair6=$'HOST_ADDRESS6=fc00::1\nLOCAL_ADDRESS6=fc00::2/64'

# gives SETTINGS LINE... - the rules for these settings of web must be LINE...
gives() {
	printf '%s\n' "$1" >web.conf
	shift
	run -0 ctr-conf rules web
	assert_output "$(printf '%s\n' "$@")"
}

@test "each port becomes an element of the map of its family" {
	gives "$pair"$'\nHOST_PORT=8080:80,udp:53,tcp:443:8443' 'links "c-web"' \
		'forward4 tcp . 8080 : 10.0.0.2 . 80' 'forward4 udp . 53 : 10.0.0.2 . 53' \
		'forward4 tcp . 443 : 10.0.0.2 . 8443'
	gives "$pair"$'\n'"$pair6"$'\nHOST_PORT="8080:80 udp:53"' 'links "c-web"' \
		'forward4 tcp . 8080 : 10.0.0.2 . 80' 'forward4 udp . 53 : 10.0.0.2 . 53' \
		'forward6 tcp . 8080 : fc00::2 . 80' 'forward6 udp . 53 : fc00::2 . 53'
	gives $'PRIVATE_NETWORK=1\n'"$pair6"$'\nHOST_PORT=80' 'links "c-web"' 'forward6 tcp . 80 : fc00::2 . 80'
}

@test "NAT becomes an element for each address" {
	gives "$pair"$'\nNAT=1' 'links "c-web"' 'nat4 10.0.0.2'
	gives "$pair"$'\n'"$pair6"$'\nHOST_PORT=80\nNAT=1' 'links "c-web"' 'nat4 10.0.0.2' \
		'forward4 tcp . 80 : 10.0.0.2 . 80' 'nat6 fc00::2' 'forward6 tcp . 80 : fc00::2 . 80'
}

@test "with several addresses, all get NAT, and the first one gets the ports" {
	gives $'PRIVATE_NETWORK=1\nHOST_ADDRESS=10.0.0.1\nLOCAL_ADDRESS="10.0.0.2/24, 10.0.0.3"\nHOST_PORT=80\nNAT=1' \
		'links "c-web"' 'nat4 10.0.0.2' 'nat4 10.0.0.3' 'forward4 tcp . 80 : 10.0.0.2 . 80'
}

@test "rules for a container on a bridge do not use its interface" {
	gives $'PRIVATE_NETWORK=1\nHOST_BRIDGE=br0\nLOCAL_ADDRESS=10.0.0.2/24\nHOST_PORT=80\nNAT=1' \
		'nat4 10.0.0.2' 'forward4 tcp . 80 : 10.0.0.2 . 80'
}

@test "without HOST_PORT and NAT no rules are printed" {
	for settings in '' "$pair" "$pair"$'\nNAT=0\nHOST_PORT=' MACVLANS=eth1; do
		printf '%s\n' "$settings" >web.conf
		run -0 ctr-conf rules web
		assert_output ''
	done
}

@test "a container with a long name uses mkveth's interface name" {
	name=a-container-with-a-long-name
	printf '%s\n' "$pair" NAT=1 >$name.conf
	run -0 ctr-conf rules $name
	assert_line --index 0 --regexp '^links "c_[a-z2-7]{13}"$'
	printf '%s\n' "$pair" NAT=1 >thirteen-char.conf
	run -0 ctr-conf rules thirteen-char
	assert_line --index 0 'links "c-thirteen-char"'
}

@test "wrong settings give errors and no rules" {
	printf '%s\n' "$pair" NAT=1 HOST_PORT=80,80 >web.conf
	run -2 --separate-stderr ctr-conf rules web
	assert_output ''
	assert_equal "$stderr" "ctr-conf: $PWD/web.conf:5: HOST_PORT: port 80 (tcp) is forwarded twice: 80"
	echo NAT=1 >web.conf
	run -2 --separate-stderr ctr-conf rules web
	assert_output ''
	run -1 ctr-conf rules other
	assert_output "ctr-conf: $PWD/other.conf: No such file or directory"
	run -2 ctr-conf rules
	run -2 ctr-conf rules web other
	run -2 ctr-conf rules a_b
}
