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

# gives SETTINGS LINE... - the rules for these settings of web must be LINE..., besides
# its addresses
gives() {
	printf '%s\n' "$1" >web.conf
	shift
	run -0 ctr-conf rules web
	assert_equal "$(grep -v '^address ' <<<"$output")" "$(printf '%s\n' "$@")"
}

# served PORT TO - what a TCP port of all addresses has besides elements
served() { printf '%s\n' "claim tcp:$1" "local tcp-$1 $2 127.0.0.1:$1 [::1]:$1"; }

@test "each port becomes an element of the map of its family" {
	local web='hairpin4 "c-web" . "c-web" . 10.0.0.2' web6='hairpin6 "c-web" . "c-web" . fc00::2'
	gives "$pair"$'\nHOST_PORT=8080:80,udp:53,tcp:443:8443' 'links "c-web"' 'routed "c-web"' \
		'forward4 tcp . 8080 : 10.0.0.2 . 80' 'forward4 udp . 53 : 10.0.0.2 . 53' \
		'forward4 tcp . 443 : 10.0.0.2 . 8443' "$web" \
		"$(served 8080 10.0.0.2:80)" 'claim udp:53' "$(served 443 10.0.0.2:8443)"
	gives "$pair"$'\n'"$pair6"$'\nHOST_PORT="8080:80 udp:53"' 'links "c-web"' 'routed "c-web"' \
		'forward4 tcp . 8080 : 10.0.0.2 . 80' 'forward4 udp . 53 : 10.0.0.2 . 53' "$web" \
		'forward6 tcp . 8080 : fc00::2 . 80' 'forward6 udp . 53 : fc00::2 . 53' "$web6" \
		"$(served 8080 10.0.0.2:80)" 'claim udp:53'
	gives $'PRIVATE_NETWORK=1\n'"$pair6"$'\nHOST_PORT=80' 'links "c-web"' 'routed "c-web"' \
		'forward6 tcp . 80 : fc00::2 . 80' "$web6" "$(served 80 fc00::2:80)"
}

@test "a port of an address or interface is in a map that has it, and a range is an interval" {
	gives "$pair"$'\n'"$pair6"$'\nHOST_PORT="192.0.2.1:81:80 [2001:DB8::1]:82 eth0:83 udp:20000-20100 udp:eth0:300-301:300-301 192.0.2.1:400-401"' \
		'links "c-web"' 'routed "c-web"' \
		'forward4_at 192.0.2.1 . tcp . 81 : 10.0.0.2 . 80' 'forward4_by "eth0" . tcp . 83 : 10.0.0.2 . 83' \
		'forward4_range udp . 20000-20100 : 10.0.0.2' 'forward4_range_by "eth0" . udp . 300-301 : 10.0.0.2' \
		'forward4_range_at 192.0.2.1 . tcp . 400-401 : 10.0.0.2' 'hairpin4 "c-web" . "c-web" . 10.0.0.2' \
		'forward6_at 2001:db8::1 . tcp . 82 : fc00::2 . 82' 'forward6_by "eth0" . tcp . 83 : fc00::2 . 83' \
		'forward6_range udp . 20000-20100 : fc00::2' 'forward6_range_by "eth0" . udp . 300-301 : fc00::2' \
		'hairpin6 "c-web" . "c-web" . fc00::2' \
		'claim tcp:192.0.2.1:81' 'claim tcp:[2001:db8::1]:82' 'claim tcp:eth0:83' 'claim udp:20000-20100' \
		'claim udp:eth0:300-301' 'claim tcp:192.0.2.1:400-401'
}

@test "a range with other ports inside is an element for each port, in one line" {
	gives "$pair"$'\nHOST_PORT=8000-8002:9000-9002,192.0.2.1:70-71:80-81' 'links "c-web"' 'routed "c-web"' \
		'forward4 tcp . 8000 : 10.0.0.2 . 9000, tcp . 8001 : 10.0.0.2 . 9001, tcp . 8002 : 10.0.0.2 . 9002' \
		'forward4_at 192.0.2.1 . tcp . 70 : 10.0.0.2 . 80, 192.0.2.1 . tcp . 71 : 10.0.0.2 . 81' \
		'hairpin4 "c-web" . "c-web" . 10.0.0.2' 'claim tcp:8000-8002' 'claim tcp:192.0.2.1:70-71'
}

@test "a port of a loopback address is served there only, that of a family by one address" {
	gives "$pair"$'\n'"$pair6"$'\nHOST_PORT="127.0.0.1:8080:80 [::1]:81 127.0.0.2:8080:82"' \
		'links "c-web"' 'routed "c-web"' \
		'claim tcp:127.0.0.1:8080' 'local tcp-127.0.0.1-8080 10.0.0.2:80 127.0.0.1:8080' \
		'claim tcp:[::1]:81' 'local tcp-::1-81 10.0.0.2:81 [::1]:81' \
		'claim tcp:127.0.0.2:8080' 'local tcp-127.0.0.2-8080 10.0.0.2:82 127.0.0.2:8080'
	gives "$pair"$'\n'"$pair6"$'\nHOST_PORT="0.0.0.0:80:81 [::]:80:82"' 'links "c-web"' 'routed "c-web"' \
		'forward4 tcp . 80 : 10.0.0.2 . 81' 'hairpin4 "c-web" . "c-web" . 10.0.0.2' \
		'forward6 tcp . 80 : fc00::2 . 82' 'hairpin6 "c-web" . "c-web" . fc00::2' \
		'claim tcp:0.0.0.0:80' 'local tcp-0.0.0.0-80 10.0.0.2:81 127.0.0.1:80' \
		'claim tcp:[::]:80' 'local tcp-::-80 10.0.0.2:82 [::1]:80'
}

@test "NAT becomes elements for each address, one of them with its interface" {
	gives "$pair"$'\nNAT=1' 'links "c-web"' 'routed "c-web"' 'nat4 10.0.0.2' 'via4 "c-web" . 10.0.0.2'
	gives "$pair"$'\n'"$pair6"$'\nHOST_PORT=udp:80\nNAT=1' 'links "c-web"' 'routed "c-web"' 'nat4 10.0.0.2' \
		'via4 "c-web" . 10.0.0.2' 'forward4 udp . 80 : 10.0.0.2 . 80' \
		'hairpin4 "c-web" . "c-web" . 10.0.0.2' 'nat6 fc00::2' 'via6 "c-web" . fc00::2' \
		'forward6 udp . 80 : fc00::2 . 80' 'hairpin6 "c-web" . "c-web" . fc00::2' 'claim udp:80'
}

@test "with several addresses, all get NAT, and the first one gets the ports" {
	gives $'PRIVATE_NETWORK=1\nHOST_ADDRESS=10.0.0.1\nLOCAL_ADDRESS="10.0.0.2/24, 10.0.0.3"\nHOST_PORT=80\nNAT=1' \
		'links "c-web"' 'routed "c-web"' 'nat4 10.0.0.2' 'via4 "c-web" . 10.0.0.2' 'nat4 10.0.0.3' \
		'via4 "c-web" . 10.0.0.3' 'forward4 tcp . 80 : 10.0.0.2 . 80' \
		'hairpin4 "c-web" . "c-web" . 10.0.0.2' "$(served 80 10.0.0.2:80)"
}

@test "a container on a bridge has its MAC address and its addresses" {
	gives $'PRIVATE_NETWORK=1\nHOST_BRIDGE=br0\nLOCAL_ADDRESS=10.0.0.2/24\nLOCAL_MAC_ADDRESS=02:00:00:00:AB:07\nHOST_PORT=80\nNAT=1' \
		'portfix4 "c-web"' 'portip4 "c-web" . 10.0.0.2' 'near4 "br0" . 10.0.0.2' 'bridged "c-web"' 'port "c-web"' \
		'portmac "c-web" . 02:00:00:00:ab:07' \
		'nat4 10.0.0.2' 'via4 "br0" . 10.0.0.2' 'forward4 tcp . 80 : 10.0.0.2 . 80' \
		'hairpin4 "br0" . "br0" . 10.0.0.2' "$(served 80 10.0.0.2:80)"
	gives $'PRIVATE_NETWORK=1\nHOST_BRIDGE=br0\nLOCAL_ADDRESS6=fc00::2/64\nLOCAL_MAC_ADDRESS=02:00:00:00:ab:07' \
		'portfix6 "c-web"' 'portip6 "c-web" . fc00::2' \
		'portnd6 "c-web" . 0xfc000000000000000000000000000002' 'near6 "br0" . fc00::2' \
		'bridged "c-web"' 'port "c-web"' \
		'portmac "c-web" . 02:00:00:00:ab:07' 'portip6 "c-web" . fe80::ff:fe00:ab07' \
		'portnd6 "c-web" . 0xfe80000000000000000000fffe00ab07'
}

@test "without addresses in the settings, a link on a bridge has only its MAC address" {
	printf '%s\n' PRIVATE_NETWORK=1 HOST_BRIDGE=br0 >web.conf
	run -0 ctr-conf rules web
	assert_line --index 0 'bridged "c-web"'
	assert_line --index 1 'port "c-web"'
	assert_line --index 2 --regexp '^portmac "c-web" \. [0-9a-f]{2}(:[0-9a-f]{2}){5}$'
	assert_equal "${#lines[@]}" 3
}

@test "further pairs have elements, too" {
	gives "$pair"$'\nEXTRA_VETHS="v1:host=10.1.0.1,local=10.1.0.2 v2 v3:bridge=br1,mac=02:00:00:00:00:08,local=10.2.0.2/24,local=fc02::2/64"' \
		'links "c-web"' 'routed "c-web"' 'links "v1"' 'routed "v1"' 'links "v2"' 'routed "v2"' 'portfix4 "v3"' 'portip4 "v3" . 10.2.0.2' \
		'near4 "br1" . 10.2.0.2' \
		'portfix6 "v3"' 'portip6 "v3" . fc02::2' \
		'portnd6 "v3" . 0xfc020000000000000000000000000002' 'near6 "br1" . fc02::2' 'bridged "v3"' 'port "v3"' \
		'portmac "v3" . 02:00:00:00:00:08' 'portip6 "v3" . fe80::ff:fe00:8' \
		'portnd6 "v3" . 0xfe80000000000000000000fffe000008'
}

@test "each address of its own is a line, for its flows" {
	printf '%s\n' PRIVATE_NETWORK=1 HOST_ADDRESS=10.0.0.1 'LOCAL_ADDRESS="10.0.0.2/24, 10.0.0.3"' "$pair6" \
		'EXTRA_VETHS="v1:host=10.1.0.1,local=10.1.0.2 v2 v3:bridge=br1,mac=02:00:00:00:00:08,local=10.2.0.2/24,local=fc02::2/64"' >web.conf
	run -0 ctr-conf rules web
	assert_equal "$(grep '^address ' <<<"$output" | xargs)" \
		'address 10.0.0.2 address 10.0.0.3 address fc00::2 address 10.1.0.2 address 10.2.0.2 address fc02::2'
	ctr-conf rules web >web.forward
	run -0 ctr-conf rules --load web.forward
	refute_output --partial address
	run -0 ctr-conf rules --unload web.forward
	refute_output --partial address
}

@test "a container without links of its own has no rules" {
	for settings in '' $'NAT=0\nHOST_PORT=' MACVLANS=eth1 INTERFACES=eth1; do
		printf '%s\n' "$settings" >web.conf
		run -0 ctr-conf rules web
		assert_output ''
	done
	gives "$pair" 'links "c-web"' 'routed "c-web"'
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
	run -2 ctr-conf rules a+b
}

@test "--load and --unload print commands for nft, of whole lines" {
	printf '%s\n' 'links "c-a"' 'portmac "c-a" . 02:00:00:00:00:01' 'local tcp 127.0.0.1:80 10.0.0.2:80' 'claim tcp:80' \
		'forward4 tcp . 80 : 10.0.0.2 . 80' 'links "c-a"' >one
	printf 'nat4 10.0.0.2\nnat4 10.0' >two
	run -0 ctr-conf rules --load one two none
	assert_output 'add element inet nixos-container links { "c-a" }
add element bridge nixos-container portmac { "c-a" . 02:00:00:00:00:01 }
add element inet nixos-container forward4 { tcp . 80 : 10.0.0.2 . 80 }
add element inet nixos-container links { "c-a" }
add element inet nixos-container nat4 { 10.0.0.2 }'
	# Deleting an element a second time would fail.
	run -0 ctr-conf rules --unload one
	assert_output 'add element inet nixos-container links { "c-a" }
delete element inet nixos-container links { "c-a" }
add element bridge nixos-container portmac { "c-a" . 02:00:00:00:00:01 }
delete element bridge nixos-container portmac { "c-a" . 02:00:00:00:00:01 }
add element inet nixos-container forward4 { tcp . 80 : 10.0.0.2 . 80 }
delete element inet nixos-container forward4 { tcp . 80 : 10.0.0.2 . 80 }'
	run -0 ctr-conf rules --load
	assert_output ''
	run -2 ctr-conf rules --load --unload one
	run -1 ctr-conf rules --load one .
	assert_line 'ctr-conf: read .: Is a directory'
}
