#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# ALLOW_FROM: its elements, and whom share/nft lets through with them.  In a world
# that forwards, containers are the network namespaces that mkveth makes.
load ../../lib/env
load ../../lib/world

setup() {
	export NIXOS_CONTAINER_CONF_DIR=$BATS_TEST_TMPDIR/conf
	mkdir "$NIXOS_CONTAINER_CONF_DIR"
	cd "$NIXOS_CONTAINER_CONF_DIR"
}

teardown() { drop_world; }

pair=(PRIVATE_NETWORK=1 HOST_ADDRESS=10.5.0.1 LOCAL_ADDRESS=10.5.0.2
	HOST_ADDRESS6=fc00:5::1 LOCAL_ADDRESS6=fc00:5::2)

# limits LIST LINE... - the elements of db for this list, besides those of any pair
limits() {
	printf '%s\n' "${pair[@]}" "ALLOW_FROM=\"$1\"" >db.conf
	shift
	run -0 ctr-conf rules db
	assert_output "$(printf '%s\n' 'links "c-db"' 'routed "c-db"' 'limited "c-db"' \
		'from_link "c-db" . "c-db"' "$@" 'address 10.5.0.2' 'address fc00:5::2')"
}

@test "each word of ALLOW_FROM is an element for the link" {
	limits none
	limits 'web, any-one' 'from_link "c-web" . "c-db"' 'from_link "c-any-one" . "c-db"'
	limits 'host containers ports lan' 'from_host "c-db"' 'from_containers "c-db"' \
		'from_ports "c-db"' 'from_lan "c-db"'
	limits any 'from_host "c-db"' 'from_any "c-db"'
	limits 'any host' 'from_any "c-db"' 'from_host "c-db"'
	limits 192.0.2.7 'from4_range "c-db" . 192.0.2.7-192.0.2.7'
	limits '192.0.2.0/25 2001:DB8::/29' 'from4_range "c-db" . 192.0.2.0-192.0.2.127' \
		'from6_range "c-db" . 2001:db8::-2001:dbf:ffff:ffff:ffff:ffff:ffff:ffff'
}

@test "a network in another, or twice, has no element: nft would refuse it" {
	limits '10.1.0.0/16 10.0.0.0/8 10.0.0.0/8 10.2.3.4 11.0.0.0/8 fc00::1 fc00::/16' \
		'from4_range "c-db" . 10.0.0.0-10.255.255.255' \
		'from4_range "c-db" . 11.0.0.0-11.255.255.255' \
		'from6_range "c-db" . fc00::-fc00:ffff:ffff:ffff:ffff:ffff:ffff:ffff'
}

@test "further pairs that are routed are limited, too, and reach each other" {
	printf '%s\n' "${pair[@]}" ALLOW_FROM=web EXTRA_VETHS=v1 >db.conf
	run -0 ctr-conf rules db
	assert_output 'links "c-db"
routed "c-db"
links "v1"
routed "v1"
limited "c-db"
from_link "c-db" . "c-db"
from_link "v1" . "c-db"
from_link "c-web" . "c-db"
limited "v1"
from_link "c-db" . "v1"
from_link "v1" . "v1"
from_link "c-web" . "v1"
address 10.5.0.2
address fc00:5::2'
}

@test "the host serves a port on loopback only if it may connect itself" {
	for list in ports none 'lan web'; do
		printf '%s\n' "${pair[@]}" HOST_PORT=80 "ALLOW_FROM=\"$list\"" >db.conf
		run -0 ctr-conf rules db
		refute_line --partial local
		assert_line 'claim tcp:80'
	done
	for list in 'ports host' any ''; do
		printf '%s\n' "${pair[@]}" HOST_PORT=80 "ALLOW_FROM=\"$list\"" >db.conf
		run -0 ctr-conf rules db
		assert_line 'local tcp-80 10.5.0.2:80 127.0.0.1:80 [::1]:80'
	done
}

# refused MESSAGE KEY=VALUE... - by the check, and there are no rules then
refused() {
	printf '%s\n' "${@:2}" >db.conf
	run -2 ctr-conf check --no-host db
	assert_output "ctr-conf: $PWD/db.conf:$1"
	run -2 --separate-stderr ctr-conf rules db
	assert_output ''
}

@test "what the host cannot enforce, or is no list, is refused" {
	local way='what comes that way is not routed by the host'
	refused '1: ALLOW_FROM needs PRIVATE_NETWORK=1' ALLOW_FROM=web
	refused '1: ALLOW_FROM needs PRIVATE_NETWORK=1' ALLOW_FROM=web NETWORK_NAMESPACE_PATH=/run/netns/x
	refused "3: ALLOW_FROM excludes HOST_BRIDGE: $way" PRIVATE_NETWORK=1 HOST_BRIDGE=br0 ALLOW_FROM=web
	refused "2: ALLOW_FROM excludes MACVLANS: $way" PRIVATE_NETWORK=1 ALLOW_FROM=web MACVLANS=eth1
	refused "2: ALLOW_FROM excludes INTERFACES: $way" PRIVATE_NETWORK=1 ALLOW_FROM=web INTERFACES=eth1
	refused "2: ALLOW_FROM excludes EXTRA_VETHS with a bridge: $way" PRIVATE_NETWORK=1 ALLOW_FROM=web EXTRA_VETHS='"v0 v1:mtu=1400,bridge=br0"'
	refused '2: ALLOW_FROM: none excludes other words' PRIVATE_NETWORK=1 ALLOW_FROM='"web none"'
	refused '2: ALLOW_FROM: expected a word; the one for nobody is none' PRIVATE_NETWORK=1 ALLOW_FROM='" ,"'
	refused '2: ALLOW_FROM: more than 256 words' PRIVATE_NETWORK=1 \
		"ALLOW_FROM=\"$(printf 'web%d ' {1..257})\""
	refused '6: HOST_PORT: 127.0.0.1:80:80 is for the host, which ALLOW_FROM does not name' \
		"${pair[@]}" HOST_PORT=127.0.0.1:80:80 ALLOW_FROM=lan
	local form='any, containers, host, lan, none, ports, names of containers, and networks like 192.0.2.0/24'
	for word in a+b 0.0.0.0/0 192.0.2.300 127.0.0.1 -x x-; do
		refused "1: ALLOW_FROM: invalid value \"$word\" (expected $form)" ALLOW_FROM="\"web $word\""
	done
	for word in 192.0.2.7/24 2001:db8::1/64; do
		refused "1: ALLOW_FROM: invalid value \"$word\" (expected a network with no bits set behind its prefix)" \
			ALLOW_FROM="$word"
	done
}

# netns_of NAME ADDRESS ADDRESS6 - a machine that the host routes to by link NAME
netns_of() {
	in_world ip netns add "$1"
	in_world ip link add "$1" up type veth peer name eth0 netns "$1"
	in_world ip addr add "$2.1/24" dev "$1"
	in_world ip addr add "$3::1/64" dev "$1" nodad
	in_world ip -n "$1" addr add "$2.2/24" dev eth0
	in_world ip -n "$1" addr add "$3::2/64" dev eth0 nodad
	in_world ip -n "$1" link set eth0 up
	in_world ip -n "$1" route add default via "$2.1"
	in_world ip -n "$1" route add default via "$3::1"
}

# container NAME KEY=VALUE... - with a server that says who asks
container() {
	printf '%s\n' "${@:2}" >"$1.conf"
	ctr-conf args --network "$1" -- nsenter -t "$WORLD_PID" -m -n mkveth add {} -- "$1"
	ctr-conf rules "$1" >"$1.forward"
	in_world nft -f - < <(ctr-conf rules --load "$1.forward")
	serves "$1" 80 'echo "$SOCAT_PEERADDR"; read -r x; echo "$x"'
}

# from WHO COMMAND... - on the host, in a container or on a machine outside; unlike
# with ip netns exec, in the mounts of the world, so drop_world finds it
from() {
	case $1 in
	host) in_world "${@:2}" ;;
	lan | out) in_world nsenter --net="/run/netns/$1" "${@:2}" ;;
	*) in_world nsenter --net="/run/netns/net-$1" "${@:2}" ;;
	esac
}

# serves WHO PORT SCRIPT
serves() {
	from "$1" socat "TCP6-LISTEN:$2,ipv6only=0,fork" SYSTEM:"$3" >/dev/null 2>&1 3>&- &
	until_true 5 listens "$1" "$2"
}
listens() { from "$1" ss -Hlnt | grep -q ":$2 "; }

# changed NAME LIST - what nixos-container network does with another ALLOW_FROM
changed() {
	sed -i /^ALLOW_FROM/d "$1.conf"
	[[ -z $2 ]] || echo "ALLOW_FROM=\"$2\"" >>"$1.conf"
	mv "$1.forward" before
	ctr-conf rules "$1" >"$1.forward"
	in_world nft -f - < <(ctr-conf rules --unload before; ctr-conf rules --load "$1.forward")
}

# hosts - a host that forwards, with db, other containers, and machines outside
hosts() {
	make_world
	in_world nft -f - < <(cat "$TOP"/share/nft/{sets,bridge-sets,chains,bridge-chains}) || skip "needs nftables"
	in_world bash -c 'echo 1 >/proc/sys/net/ipv4/ip_forward
		echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
	netns_of lan 192.168.7 fd00:7
	netns_of out 198.51.100 2001:db8:9
	in_world ip link add br0 up type bridge
	in_world ip addr add 10.8.0.1/24 dev br0
	in_world ip addr add fc00:8::1/64 dev br0 nodad
	container db "${pair[@]}" HOST_PORT=8080:80
	container web "${pair[@]//[.:]5/&5}"
	container other "${pair[@]//[.:]5/&6}" NAT=1
	container bri PRIVATE_NETWORK=1 HOST_BRIDGE=br0 LOCAL_ADDRESS=10.8.0.2/24 GATEWAY=10.8.0.1 \
		LOCAL_ADDRESS6=fc00:8::2/64 GATEWAY6=fc00:8::1
	# IPv6 needs a moment for its addresses.
	until_true 5 bri_is_up
}

bri_is_up() { from bri socat -u 'TCP:[fc00:8::1]:9' - 2>&1 | grep -q refused; }

# tries TO WHO... - those of all that can connect there must be these; they may take
# longer than the others are waited for
tries() {
	local who wait pids=()
	rm -f reached
	touch reached
	for who in "${all[@]}"; do
		wait=0.7
		[[ " ${*:2} " != *" $who "* ]] || wait=$((5 * ${NIXOS_CONTAINER_TEST_SLOWNESS:-1}))
		{ [[ -z $(from "$who" socat "-t$wait" "-T$wait" - "TCP:$1,connect-timeout=$wait" <<<x 2>/dev/null) ]] ||
			echo "$who" >>reached; } 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}"
	assert_equal "$1 $(sort reached | xargs)" "$1 $(printf '%s\n' "${@:2}" | sort | xargs)"
}

all=(web other bri host lan out)

# only WHO... - reach db, by both families, and the others do not
only() { tries 10.5.0.2:80 "$@" && tries '[fc00:5::2]:80' "$@"; }

# only_port WHO... - reach the port of db by the host's addresses
only_port() { tries 198.51.100.1:8080 "$@" && tries '[2001:db8:9::1]:8080' "$@"; }

@test "by default, containers and the host reach a container, others only a port, on a host that forwards" {
	hosts
	only web other bri host
	only_port web other bri host lan out
	# Another machine of that bridge is no container.
	in_world ip -n net-bri addr add 10.8.0.3/24 dev eth0
	run -0 from bri socat -t5 -T5 - TCP:10.5.0.2:80,bind=10.8.0.2,connect-timeout=1 <<<x
	run ! from bri socat -t5 -T5 - TCP:10.5.0.2:80,bind=10.8.0.3,connect-timeout=1 <<<x
}

@test "each word lets in those that it names, and nobody else" {
	hosts
	changed db none && only && only_port
	changed db web && only web && only_port web
	changed db 'other host' && only other host && only_port other host
	changed db containers && only web other bri && only_port web other bri
	changed db host && only host && only_port host
	changed db ports && only && only_port "${all[@]}"
	# The bridge is a network like others.
	changed db lan && only lan bri && only_port lan bri
	changed db any && only "${all[@]}" && only_port "${all[@]}"
	changed db '198.51.100.0/24 2001:db8:9::2' && only out && only_port out
	changed db '10.55.0.2 fc00:55::2 10.8.0.2 fc00:8::2' && only bri
	changed db '' && only web other bri host
}

@test "the limited container reaches the others and itself, and they answer" {
	hosts
	serves out 80 'echo "$SOCAT_PEERADDR"'
	serves host 81 'echo "$SOCAT_PEERADDR"'
	changed db none
	for to in 10.55.0.2:80 '[fc00:55::2]:80' 10.8.0.2:80 198.51.100.2:80 '[2001:db8:9::2]:80' \
		10.5.0.1:81 '[fc00:5::1]:81' 198.51.100.1:81; do
		until_true 3 from db socat -t5 -T5 -u "TCP:$to,connect-timeout=1" OPEN:"$PWD/said",creat,trunc
		run -0 cat said
		assert_output --regexp '^\[(0000:.*:ffff:0a05:0002|fc00:0005:0000:.*:0002)\]$'
	done
	# By the host's port, as itself.
	for to in 198.51.100.1:8080 '[2001:db8:9::1]:8080'; do
		run -0 from db socat -t5 -T5 - "TCP:$to,connect-timeout=1" <<<x
		assert_line x
	done
}

@test "the host finds a limited container's link, and its errors arrive there" {
	hosts
	changed db none
	# Neighbour discovery: both ends forget each other, and the host asks and answers.
	in_world ip neigh flush dev c-db
	from db ip neigh flush dev eth0
	serves host 81 'echo here'
	run -0 from db socat -u 'TCP:[fc00:5::1]:81,connect-timeout=2' -
	assert_output here
	in_world ip route add unreachable 203.0.113.0/24
	in_world ip -6 route add unreachable 2001:db8:ffff::/48
	until_true 5 is_told 203.0.113.1 'snmp' '^Icmp: [0-9]+ [0-9]+ [0-9]+ [1-9]'
	until_true 5 is_told '[2001:db8:ffff::1]' snmp6 '^Icmp6InDestUnreachs[^0-9]+[1-9]'
}

@test "a limited container gets answers of a DHCP server on the host" {
	hosts
	changed db none
	for to in 10.5.0.2:68,sourceport=67 '[fc00:5::2]:546,sourceport=547'; do
		port=${to%,*}
		from db socat -u "UDP6-RECV:${port##*:},ipv6only=0" OPEN:got,creat,trunc 3>&- &
		until_true 5 eval 'from db ss -Hlnu | grep -q ":${port##*:} "'
		in_world socat -u - "UDP:$to" <<<offer
		until_true 5 grep -q offer got
		run ! in_world socat -u - "UDP:$port" <<<other
	done
}

# is_told ADDRESS FILE REGEX - db sends there, and the host has told it that it cannot
is_told() {
	from db socat -u - "UDP:$1:9" <<<x
	from db grep -E "$3" "/proc/net/$2"
}

# talks - a line comes back on the connection that is open
talks() { echo "$1" >&"${talk[1]}"; read -r -t "${2-5}" -u "${talk[0]}" answer && [[ $answer == "$1" ]]; }

@test "a connection ends when it is no longer allowed, and one that still is goes on" {
	hosts
	serves db 81 cat
	for who in web host lan; do
		changed db any
		coproc talk { from "$who" socat - TCP:10.5.0.2:81,connect-timeout=2 3>&-; }
		talks one
		changed db "web host lan"
		talks two
		changed db other
		run ! talks three 1
		kill "$talk_PID"
		wait "$talk_PID" || :
	done
}

@test "verify compares the elements of ALLOW_FROM" {
	hosts
	export NIXOS_CONTAINER_RUN_DIR=$PWD NIXOS_CONTAINER_STATE_DIR=$PWD/trees NIX_STATE_DIR=$PWD/nix
	mkdir machines
	printf 'LEADER=%s\n' $$ >machines/db
	changed db 'web containers host ports lan 192.0.2.0/24 192.0.2.7 2001:db8::/29 2001:dead::1'
	verify() { in_world ctr-verify --machines "$PWD/machines" db; }
	run -0 verify
	assert_output ''
	local elements=0 set element
	while read -r set element; do
		[[ $set == @(limited|from*) ]] || continue
		in_world nft "delete element inet nixos-container $set { $element }"
		run -1 --separate-stderr verify
		assert_output "db: rule is not loaded: $set $element"
		in_world nft "add element inet nixos-container $set { $element }"
		elements=$((elements + 1))
	done <db.forward
	assert_equal "$elements" 10
	changed bri ''
	assert_equal "$(grep -c '^near' bri.forward)" 2
	printf 'LEADER=%s\n' $$ >machines/bri
	rm machines/db
	in_world nft delete element inet nixos-container near6 '{ "br0" . fc00:8::2 }'
	run -1 --separate-stderr in_world ctr-verify --machines "$PWD/machines" bri
	assert_output --partial 'bri: rule is not loaded: near6 "br0" . fc00:8::2'
}
