#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Who may connect to a container: ALLOW_FROM, and its default, on a host that forwards.
load container

setup_file() {
	sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	machine lan 192.168.77 fd00:77
	machine out 198.51.100 2001:db8:77
}

teardown_file() {
	ip netns del lan
	ip netns del out
	sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
}

# machine NAME NETWORK NETWORK6 - a machine that has a route to the containers
machine() {
	ip netns add "$1"
	ip link add "$1" up type veth peer name eth0 netns "$1"
	ip addr add "$2.1/24" dev "$1"
	ip addr add "$3::1/64" dev "$1" nodad
	ip -n "$1" addr add "$2.2/24" dev eth0
	ip -n "$1" addr add "$3::2/64" dev eth0 nodad
	ip -n "$1" link set eth0 up
	ip -n "$1" route add default via "$2.1"
	ip -n "$1" route add default via "$3::1"
}

# started NAME N KEY=VALUE... - a container with both families that serves port 80
started() {
	also "$1"
	nixos-container create "$1" --no-start --host-address "10.231.$2.1" --local-address "10.231.$2.2" \
		--host-address "fc00:77:$2::1" --local-address "fc00:77:$2::2" \
		--config "environment.etc.\"www/index.html\".text = \"$1\";
			services.web.command = \"exec httpd -f -p 80 -h /etc/www\";" 2>/dev/null
	[[ $# == 2 ]] || ctr-conf set "$1" "${@:3}"
	nixos-container start "$1"
	until_true 30 nixos-container run "$1" -- wget -q -O /dev/null http://127.0.0.1/
}

# from WHO COMMAND...
from() {
	case $1 in
	host) "${@:2}" ;;
	lan | out) ip netns exec "$@" ;;
	*) ip netns exec "net-$name-$1" "${@:2}" ;;
	esac
}

# only WHO... - reach $name, by both families, and the others do not
only() {
	local who to expected wait
	for who in web other host lan out; do
		expected=28 wait=1
		if [[ " $* " == *" $who "* ]]; then expected=0 wait=5; fi
		for to in 10.231.71.2 '[fc00:77:71::2]'; do
			run from "$who" curl -g -s -m "$wait" "http://$to/"
			assert_equal "$who $to $status" "$who $to $expected"
		done
	done
}

# up - the web server reaches it by both families
up() {
	for to in 10.231.71.2 '[fc00:77:71::2]'; do
		until_true 30 from web curl -g -s -m 1 -o /dev/null "http://$to/"
	done
}

three() {
	started "$name" 71 "$@"
	started "$name-web" 72
	started "$name-other" 73
}

@test "ALLOW_FROM isolates a database: its web server alone reaches it, through a reload, too" {
	three "ALLOW_FROM=$name-web"
	only web
	run -0 nixos-container verify "$name"
	assert_output ''
	nft flush ruleset
	until_true 10 nft list set inet nixos-container from_link >/dev/null
	only web
	systemctl reload-or-restart nftables.service
	until_true 10 nft list set inet nixos-container from_link >/dev/null
	only web
	# It still reaches all others itself.
	run -0 ip netns exec "net-$name" curl -g -s -m 2 'http://[fc00:77:73::2]/'
	assert_output "$name-other"
	# Sessions need no IP.
	run -0 inside echo here
	assert_output here
	nixos-container restart "$name-web"
	up
	only web
	nixos-container stop "$name"
	assert_not_exists "/run/nixos-container/$name.forward"
	run -0 nft list table inet nixos-container
	refute_output --partial '"c-'"$name"'"'
	nixos-container start "$name"
	up
	only web
}

@test "network applies a changed list, which ends open connections" {
	three
	only web other host
	coproc talk { ip netns exec "net-$name-other" socat - TCP:10.231.71.2:81,retry=30,interval=0.1 3>&-; }
	ip netns exec "net-$name" socat TCP-LISTEN:81,reuseaddr EXEC:cat 3>&- &
	server=$!
	talks one
	ctr-conf set "$name" "ALLOW_FROM=$name-web $name-other"
	nixos-container network "$name"
	talks two
	only web other
	ctr-conf set "$name" "ALLOW_FROM=$name-web 198.51.100.0/24 fd00:77::/64"
	nixos-container network "$name"
	run ! talks three
	run ! from lan curl -s -m 1 http://10.231.71.2/
	run -0 from out curl -s -m 1 http://10.231.71.2/
	run -0 from lan curl -g -s -m 1 'http://[fc00:77:71::2]/'
	run ! from out curl -g -s -m 1 'http://[fc00:77:71::2]/'
	kill "$talk_PID" "$server"
	ctr-conf set "$name" ALLOW_FROM=
	nixos-container network "$name"
	only web other host
	nixos-container verify "$name"
}

# talks TEXT - it comes back on the connection that is open
talks() { echo "$1" >&"${talk[1]}"; read -r -t 3 -u "${talk[0]}" answer && [[ $answer == "$1" ]]; }

@test "with lan, only the LAN uses a port, and loopback needs the host" {
	three ALLOW_FROM=lan HOST_PORT=8271:80
	for to in 198.51.100.1 '[2001:db8:77::1]'; do
		run -0 from lan curl -g -s -m 2 "http://$to:8271/"
		assert_output "$name"
		for who in out host other; do
			run -28 from "$who" curl -g -s -m 1 "http://$to:8271/"
		done
	done
	run -7 curl -s -m 2 http://127.0.0.1:8271/
	ctr-conf set "$name" ALLOW_FROM='ports host'
	nixos-container network "$name"
	only host
	for who in lan out host other; do
		run -0 from "$who" curl -s -m 2 http://198.51.100.1:8271/
		assert_output "$name"
	done
	until_true 10 curl -s -m 2 -o /dev/null http://127.0.0.1:8271/
	ctr-conf set "$name" ALLOW_FROM=ports
	nixos-container network "$name"
	run -7 curl -s -m 2 http://127.0.0.1:8271/
	only
}

@test "a container whose ALLOW_FROM cannot be enforced does not start" {
	create --no-start
	ctr-conf set "$name" ALLOW_FROM=none
	nft=$(type -P nft)
	mount --bind /dev/null "$nft"
	run nixos-container start "$name"
	umount "$nft"
	assert_failure
	assert_output --partial "$name: needs the program nft for its ports, NAT and ALLOW_FROM"
	run ! ip link show "c-$name"
	run -2 ctr-conf set "$name" MACVLANS=lan
	assert_output --partial 'ALLOW_FROM excludes MACVLANS'
	nixos-container start "$name"
}

# receives - $name writes what comes to its UDP port 7000 into the file got
receives() {
	ends=0
	: >"$BATS_TEST_TMPDIR/got"
	ip netns exec "net-$name" socat -u UDP6-RECV:7000,ipv6only=0 \
		"OPEN:$BATS_TEST_TMPDIR/got,append" 3>&- &
	until_true 10 ip netns exec "net-$name" grep -q :1B58 /proc/net/udp6
}

# says WHO PORT TO TEXT - a packet by UDP from this port; TO: ADDRESS:PORT.  Later
# versions of socat send an empty one at the end, too, which fails if nobody is there.
says() { from "$1" socat -u - "UDP:$3,sourceport=$2" <<<"$4" || :; }

# as_container TO... - out opens flows with the source addresses of $name, by port 7000
as_container() {
	local to
	from out ip addr add 10.231.71.2/32 dev eth0
	from out ip addr add fc00:77:71::2/128 dev eth0 nodad
	for to; do
		case $to in
		'['*) from out socat -u - "UDP6:$to,bind=[fc00:77:71::2]:7000" <<<forged ;;
		*) from out socat -u - "UDP4:$to,bind=10.231.71.2:7000" <<<forged ;;
		esac
	done
	from out ip addr del 10.231.71.2/32 dev eth0
	from out ip addr del fc00:77:71::2/128 dev eth0
}

# got WORD... - no packets but these came to $name
got() {
	ends=$((ends + 1))
	# Its own comes after all that were sent before.
	ip netns exec "net-$name" socat -u - UDP4:127.0.0.1:7000 <<<"end$ends"
	until_true 10 grep -qx "end$ends" "$BATS_TEST_TMPDIR/got"
	assert_equal "$(grep -v ^end "$BATS_TEST_TMPDIR/got" | xargs)" "$*"
}

# tracked ADDRESS - how many flows with it the kernel has
tracked() { grep -c "src=$1 " /proc/net/nf_conntrack || :; }

@test "what others opened as the container, before it was there or could be told, lets none in" {
	started "$name-web" 72
	started "$name" 71 ALLOW_FROM=host
	nixos-container stop "$name"
	sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.out.rp_filter=0
	as_container 192.168.77.2:5000 '[fd00:77::2]:5000'
	[[ $(tracked 10.231.71.2) -gt 0 ]]
	nixos-container start "$name"
	assert_equal "$(tracked 10.231.71.2)" 0
	receives
	says lan 5000 10.231.71.2:7000 start4
	says lan 5000 '[fc00:77:71::2]:7000' start6
	says host 5000 10.231.71.2:7000 host
	got host
	# While the tables are away.
	nft 'table inet of-others { chain c { type filter hook forward priority 0; ct state new counter; }; }'
	systemctl stop nixos-container-rules.service
	nft delete table inet nixos-container
	as_container 192.168.77.2:5001 '[fd00:77::2]:5001'
	says lan 5001 10.231.71.2:7000 open
	got host open
	nixos-container rules
	says lan 5001 10.231.71.2:7000 rules4
	says lan 5001 '[fc00:77:71::2]:7000' rules6
	got host open
	systemctl start nixos-container-rules.service
	nft delete table inet of-others
	kill "$!"
}

@test "flows of a container that is gone do not reach the next one with its addresses" {
	started "$name-web" 72
	started "$name" 71 NAT=1
	for to in 192.168.77.2 '[fd00:77::2]'; do
		# Nobody is there: of two packets the second may fail.
		ip netns exec "net-$name" socat -u - "UDP:$to:5000,sourceport=7000" <<<x || :
	done
	[[ $(tracked 10.231.71.2) -gt 0 ]]
	nixos-container destroy "$name"
	assert_equal "$(tracked 10.231.71.2)" 0
	started "$name" 71 ALLOW_FROM=none
	receives
	# The answers to NAT went to the host.
	says lan 5000 192.168.77.1:7000 nat4
	says lan 5000 '[fd00:77::1]:7000' nat6
	says lan 5000 10.231.71.2:7000 plain4
	got
	kill "$!"
}
