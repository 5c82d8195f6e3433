#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Forwarded ports and outbound NAT, by traffic from another machine.
load container

# "Another machine" is a network namespace behind a link of the host.
setup_file() {
	ip netns add far
	ip link add far0 type veth peer name eth0 netns far
	ip addr add 192.0.2.1/24 dev far0
	ip addr add 2001:db8:2::1/64 dev far0 nodad
	ip link set far0 up
	ip -n far addr add 192.0.2.2/24 dev eth0
	ip -n far addr add 2001:db8:2::2/64 dev eth0 nodad
	ip -n far link set eth0 up
	ip -n far link set lo up
	ip netns add other
	ip link add other0 type veth peer name eth0 netns other
	ip addr add 198.51.100.1/24 dev other0
	ip link set other0 up
	ip -n other addr add 198.51.100.2/24 dev eth0
	ip -n other link set eth0 up
	ip -n other route add default via 198.51.100.1
	ip -n far route add 10.233.0.0/16 via 192.0.2.1
	ip -n far route add 198.51.100.0/24 via 192.0.2.1
	ip -n far route add fc00::/64 via 2001:db8:2::1
	nft add table inet of-others
	nft add chain inet of-others mine
}

teardown_file() {
	ip netns del far
	ip netns del other
	nft delete table inet of-others
}

far() { ip netns exec far "$@"; }

web() {
	create --config "environment.etc.\"www/index.html\".text = \"$1\";
		services.web.command = \"exec httpd -f -p 80 -h /etc/www\";" "${@:2}"
	until_true 30 curl -s "http://$(nixos-container show-ip "$name")/"
}

@test "a forwarded port is reached from afar, from the host and from its loopback" {
	web hello --port tcp:8081:80
	run -0 far curl -s -m 3 http://192.0.2.1:8081/
	assert_output hello
	run -0 curl -s -m 3 http://192.0.2.1:8081/
	assert_output hello
	served 8081
	run -0 curl -s -m 3 http://127.0.0.1:8081/
	assert_output hello
	run -0 curl -g -s -m 3 'http://[::1]:8081/'
	assert_output hello
	# By a user without rights.
	run -0 systemctl show -p DynamicUser,CapabilityBoundingSet,NoNewPrivileges \
		"container-port-$name-tcp-8081.service"
	assert_line DynamicUser=yes
	assert_line CapabilityBoundingSet=
	assert_line NoNewPrivileges=yes
	same_after_reload "container-port-$name-tcp-8081.socket" "container-port-$name-tcp-8081.service"
	assert_equal "$(cat /proc/sys/net/ipv4/conf/*/route_localnet | sort -u)" 0
}

# served PORT [ADDRESS] - wait until the host serves it on loopback, beside the start
served() {
	local unit=container-port-$name-tcp-${2:+$2-}$1.socket
	until_true 10 systemctl is-active --quiet "$unit" ||
		{ systemctl status "$unit"; return 1; }
}

@test "set opens and closes ports, and turns NAT on and off, in a running container" {
	web set --port tcp:8301:80 --set NAT=0
	until_true 10 far curl -s -m 3 http://192.0.2.1:8301/
	boot=$(boots)
	run -0 nixos-container set "$name" HOST_PORT=8302:80
	assert_output ''
	run -0 far curl -s -m 3 http://192.0.2.1:8302/
	assert_output set
	run -0 curl -s -m 3 http://127.0.0.1:8302/
	assert_output set
	for closed in 192.0.2.1 127.0.0.1; do run -7 curl -s -m 3 "http://$closed:8301/"; done
	run ! far curl -s -m 3 http://192.0.2.1:8301/
	run ! inside ping -c 1 -W 1 198.51.100.2
	nixos-container set "$name" NAT=1
	inside ping -c 1 -W 3 198.51.100.2
	nixos-container set "$name" ALLOW_FROM=host
	run ! far curl -s -m 1 http://192.0.2.1:8302/
	run -0 curl -s -m 3 http://192.0.2.1:8302/
	nixos-container set "$name" ALLOW_FROM=
	run -0 far curl -s -m 3 http://192.0.2.1:8302/
	assert_output set
	# What another container has is refused, and changes nothing.
	also "$name-b"
	nixos-container create "$name-b" --port 8303:80
	cp "$conf" "$BATS_TEST_TMPDIR/before"
	run -2 nixos-container set "$name" HOST_PORT=8302:80,8303:80 MEMORY_MAX=1G
	assert_output --partial "HOST_PORT: port 8303 (tcp) of the host is forwarded to $name-b"
	cmp "$conf" "$BATS_TEST_TMPDIR/before"
	run -0 nixos-container verify "$name"
	assert_output ''
	nixos-container set "$name" -u HOST_PORT --unset NAT
	run ! far curl -s -m 3 http://192.0.2.1:8302/
	run -7 curl -s -m 3 http://127.0.0.1:8302/
	run ! inside ping -c 1 -W 1 198.51.100.2
	run -0 nixos-container verify "$name"
	assert_output ''
	assert_equal "$(boots)" "$boot"
}

@test "what serves a port on loopback ends with the container, and comes back with it" {
	web hello --port 8161:80 --port 127.0.0.2:8162:80
	served 8161
	served 8162 127.0.0.2
	run -0 curl -s -m 3 http://127.0.0.2:8162/
	assert_output hello
	run -7 curl -s -m 3 http://127.0.0.1:8162/
	run -7 far curl -s -m 3 http://192.0.2.1:8162/
	before=$(boots)
	inside reboot || :
	until_true 30 booted_after "$before"
	until_true 30 curl -s -m 3 http://127.0.0.1:8161/
	# Even if all of it is killed.
	systemctl kill --signal=KILL "container@$name.service"
	until_true 30 sh -c "! ss -Hlnt | grep -q :8161"
	systemctl stop "container@$name.service"
	until_true 10 sh -c "! ss -Hlnt | grep -q :8161"
	run -0 systemctl list-units --all --plain --no-legend "container-port-$name-*"
	assert_output ''
	nixos-container start "$name"
	until_true 30 curl -s -m 3 http://127.0.0.1:8161/
	nixos-container destroy "$name"
	run -7 curl -s -m 3 http://127.0.0.1:8161/
	run -0 systemctl list-units --all --plain --no-legend "container-port-$name-*"
	assert_output ''
}

# bats test_tags=suites
@test "network repairs ports, serves those that changed, and leaves the others alone" {
	web hello --port 8181:80 --port 8182:80
	served 8181
	served 8182
	unit=container-port-$name-tcp-8181.socket
	id=$(systemctl show -p InvocationID --value "$unit")
	nixos-container network "$name"
	assert_equal "$(systemctl show -p InvocationID --value "$unit")" "$id"
	sed -i 's/^HOST_PORT=.*/HOST_PORT=8181:80,127.0.0.1:8183:80/' "$conf"
	nixos-container network "$name"
	for port in 8181 8183; do
		run -0 curl -s -m 3 "http://127.0.0.1:$port/"
		assert_output hello
	done
	run -7 curl -s -m 3 http://127.0.0.1:8182/
	run -7 far curl -s -m 3 http://192.0.2.1:8182/
	systemctl stop "$unit"
	nixos-container network "$name"
	run -0 curl -s -m 3 http://127.0.0.1:8181/
	assert_output hello
}

@test "a container of IPv6 alone is served on loopback, too" {
	create --no-start --config 'environment.etc."www/index.html".text = "six";
		services.web.command = "exec httpd -f -p 80 -h /etc/www";'
	sed -i /ADDRESS/d "$conf"
	printf '%s\n' HOST_ADDRESS6=fc00::83:1 LOCAL_ADDRESS6=fc00::83:2 HOST_PORT=8163:80 >>"$conf"
	nixos-container start "$name"
	until_true 30 curl -s -m 3 http://127.0.0.1:8163/
	run -0 curl -g -s -m 3 'http://[::1]:8163/'
	assert_output six
	run -0 far curl -g -s -m 3 'http://[2001:db8:2::1]:8163/'
	assert_output six
}

@test "a service of the host keeps its port on loopback, and only that is said" {
	socat TCP4-LISTEN:8164,bind=127.0.0.1,fork SYSTEM:'echo of the host' 3>&- &
	listener=$!
	until_true 5 sh -c 'ss -Hlnt | grep -q 127.0.0.1:8164'
	web hello --port 8164:80
	run -0 far curl -s -m 3 http://192.0.2.1:8164/
	assert_output hello
	run -0 socat -u TCP4:127.0.0.1:8164 -
	assert_output 'of the host'
	until_true 10 sh -c "journalctl -u container@$name -o cat | grep -q 'cannot be reached at 127.0.0.1:8164'"
	kill "$listener"
	# One on all addresses would be hidden: that is an error, before anything is built.
	socat TCP4-LISTEN:8165,fork EXEC:cat 3>&- &
	listener=$!
	until_true 5 sh -c 'ss -Hlnt | grep -q :8165'
	also "$name-b"
	run -2 nixos-container create "$name-b" --port 8165:80
	assert_output --partial "HOST_PORT: port 8165 (tcp) is in use by a process of the host: 8165:80"
	refute_output --partial building
	nothing_left "$name-b"
	# It takes the port of a container that does not run: status 2, no second try.
	sed -i s/8164:80/8165:80/ "$conf"
	run nixos-container restart "$name"
	assert_failure
	assert_output --partial 'is in use by a process of the host'
	run -0 systemctl show -p ExecMainStatus,NRestarts "container@$name"
	assert_line ExecMainStatus=2
	assert_line NRestarts=0
	kill "$listener"
}

@test "a port is forwarded from one address, or from one interface" {
	ip addr add 192.0.2.9/24 dev far0
	web hello --port 192.0.2.9:8166:80 --port far0:8167:80 --port '[2001:db8:2::1]:8168:80' \
		--host-address 10.231.66.1 --local-address 10.231.66.2 \
		--host-address fc00::66:1 --local-address fc00::66:2
	until_true 10 far curl -s -m 3 http://192.0.2.9:8166/
	run -7 far curl -s -m 3 http://192.0.2.1:8166/
	for at in 192.0.2.1 192.0.2.9 '[2001:db8:2::1]'; do
		run -0 far curl -g -s -m 3 "http://$at:8167/"
		assert_output hello
	done
	run -0 far curl -g -s -m 3 'http://[2001:db8:2::1]:8168/'
	assert_output hello
	# Not by another interface, nor from the host itself.
	ip -n other route add 192.0.2.0/24 via 198.51.100.1
	run -7 ip netns exec other curl -s -m 3 http://192.0.2.1:8167/
	run -7 curl -s -m 3 http://192.0.2.1:8167/
	run -0 curl -s -m 3 http://192.0.2.9:8166/
	assert_output hello
	# The same port of another address is free.
	also "$name-b"
	nixos-container create "$name-b" --config 'environment.etc."www/index.html".text = "second";
		services.web.command = "exec httpd -f -p 80 -h /etc/www";' --port 192.0.2.1:8166:80
	until_true 10 far curl -s -m 3 http://192.0.2.1:8166/
	run -0 far curl -s -m 3 http://192.0.2.1:8166/
	assert_output second
	run nixos-container create "$name-c" --port 8166:80
	assert_failure 2
	assert_output --partial "HOST_PORT: port 8166 (tcp) of the host is forwarded to $name"
	nixos-container destroy "$name-b"
	run -0 far curl -s -m 3 http://192.0.2.9:8166/
	assert_output hello
	run -7 far curl -s -m 3 http://192.0.2.1:8166/
	ip addr del 192.0.2.9/24 dev far0
	ip -n other route del 192.0.2.0/24
}

# answers PORT TEXT - UDP to that port of the host is answered by the container
answers() {
	run -0 far sh -c "echo ping | socat -t2 - UDP4:192.0.2.1:$1"
	assert_output "$2"
}

@test "ranges are forwarded, port by port, and go with the container" {
	create --port udp:20000-20100 --port 8171-8173:79-81 --port udp:192.0.2.1:21000-21001 \
		--port far0:21100-21101 --config 'environment.etc."www/index.html".text = "hello";
		services.web.command = "exec httpd -f -p 80 -h /etc/www";'
	until_true 10 far curl -s -m 3 http://192.0.2.1:8172/
	run -7 far curl -s -m 3 http://192.0.2.1:8171/
	ports=(20000 20057 20100 21001)
	for port in "${ports[@]}"; do
		ip netns exec "net-$name" socat "UDP4-LISTEN:$port,fork" SYSTEM:"read x; echo at $port" 3>&- &
		listeners+=($!)
		until_true 5 sh -c "ip netns exec net-$name ss -Hlun | grep -q ':$port '"
	done
	for port in "${ports[@]}"; do answers "$port" "at $port"; done
	kill "${listeners[@]}"
	# Ranges are not served on loopback.
	run -7 curl -s -m 3 http://127.0.0.1:8172/
	also "$name-b"
	run nixos-container create "$name-b" --port udp:20050
	assert_failure 2
	assert_output --partial "HOST_PORT: port 20050 (udp) of the host is forwarded to $name"
	nixos-container stop "$name"
	run -0 sh -c 'nft -j list ruleset | jq -c ".nftables[] | (.map, .set) | select(.elem)"'
	assert_output ''
}

@test "a flow that is older than the port, or the address, reaches the container" {
	create --no-start --port udp:8174:7 --host-address 10.231.74.1 --local-address 10.231.74.2
	# One flow, which always has something to send.
	mkfifo "$BATS_TEST_TMPDIR/in"
	ip netns exec far socat -u "$BATS_TEST_TMPDIR/in",rdwr UDP4-DATAGRAM:192.0.2.1:8174,bind=:4444 3>&- &
	sender=$!
	# The kernel tracks it only if something in the ruleset wants that.
	nft add table inet track
	nft 'add chain inet track input { type filter hook input priority 0; }'
	nft add rule inet track input ct state new counter
	flow() { echo ping >"$BATS_TEST_TMPDIR/in"; grep -s 'dport=8174' /proc/net/nf_conntrack; }
	until_true 10 flow
	for host in 2 6; do
		sed -i "s/^LOCAL_ADDRESS=.*/LOCAL_ADDRESS=10.231.74.$host/" "$conf"
		nixos-container start "$name"
		rm -f "$BATS_TEST_TMPDIR/got"
		ip netns exec "net-$name" socat -u UDP4-RECV:7 "CREATE:$BATS_TEST_TMPDIR/got" 3>&- &
		listener=$!
		arrived() { flow >/dev/null; grep -qs ping "$BATS_TEST_TMPDIR/got"; }
		until_true 5 arrived
		kill "$listener"
		nixos-container stop "$name"
		# Nor does it go on to where the container was.
		run flow
		refute_output --partial "10.231.74.$host"
	done
	kill "$sender"
	nft delete table inet track
}

@test "a container reaches itself by the host's address and port" {
	web hello --port 8175:80 --port 8176-8177:79-80
	for users in pick no; do
		nixos-container stop "$name"
		ctr-conf set "$name" PRIVATE_USERS="$users"
		nixos-container start "$name"
		until_true 10 far curl -s -m 3 http://192.0.2.1:8175/
		for port in 8175 8177; do
			run -0 ip netns exec "net-$name" curl -s -m 3 "http://192.0.2.1:$port/"
			assert_output hello
		done
		# Others still see where a connection comes from.
		ip netns exec "net-$name" socat -u TCP4-LISTEN:79 SYSTEM:'cat >/dev/null' 3>&- &
		listener=$!
		until_true 5 sh -c "ip netns exec net-$name ss -Hlnt | grep -q ':79 '"
		ip netns exec far socat -u 'EXEC:sleep 5' TCP4:192.0.2.1:8176 3>&- &
		sender=$!
		until_true 5 sh -c "ip netns exec net-$name ss -Hnt | grep -q '192.0.2.2:'"
		kill "$sender" "$listener"
	done
}

@test "IPv6 and udp are forwarded as well" {
	create --no-start --config 'environment.etc."www/index.html".text = "six";
		services.web.command = "exec httpd -f -p 80 -h /etc/www";'
	ctr-conf set "$name" HOST_ADDRESS6=fc00::82:1 LOCAL_ADDRESS6=fc00::82:2 \
		HOST_PORT=tcp:8082:80,udp:8082:7
	nixos-container start "$name"
	until_true 30 far curl -s -m 3 "http://[2001:db8:2::1]:8082/"
	run -0 far curl -s -m 3 "http://[2001:db8:2::1]:8082/"
	assert_output six
	# With -T, what serves the ping ends, too, and lets the namespace go.
	ip netns exec "net-$name" socat -T3 UDP4-LISTEN:7,fork EXEC:cat 3>&- &
	listener=$!
	until_true 30 sh -c "ip netns exec net-$name ss -lun | grep -q ':7 '"
	run -0 far sh -c 'echo ping | socat -t2 - UDP4:192.0.2.1:8082'
	kill "$listener"
	assert_output ping
}

@test "with NAT the container reaches what knows nothing of it" {
	web x --nat
	run -0 inside ping -c 1 -W 2 192.0.2.2
}

@test "without NAT nothing of the suite is in the ruleset" {
	create --set NAT=0
	nixos-container stop "$name"
	run -0 sh -c 'nft -j list ruleset | jq -r ".nftables[] | select(.element) "'
	assert_output ''
}

@test "stop takes the ports away and leaves the rules of others" {
	web x --port 8083:80 --nat
	nft list map inet nixos-container forward4 | grep -qw 8083
	nixos-container stop "$name"
	run -0 nft list ruleset
	refute_output --partial 8083
	run -0 nft list chain inet of-others mine
	run -0 nixos-container start "$name"
	run -0 nft list table inet nixos-container
	assert_output --partial 8083
}

@test "a port that another container has is refused, and its own stay" {
	web first --port 8084:80
	also "$name-b"
	run nixos-container create "$name-b" --port 8084:81
	assert_failure
	assert_output --partial "HOST_PORT: port 8084 (tcp) of the host is forwarded to $name"
	refute_output --partial "/dev/stdin"
	refute_output --partial "Job for"
	run -0 far curl -s -m 3 http://192.0.2.1:8084/
	assert_output first
	nothing_left "$name-b"
}

@test "containers that start at once lose no rule" {
	for i in 1 2 3 4 5 6 7 8; do
		also "$name-$i"
		nixos-container create "$name-$i" --no-start --port "809$i:80" 2>/dev/null
	done
	for i in 1 2 3 4 5 6 7 8; do nixos-container start "$name-$i" 3>&- & done
	wait
	for i in 1 2 3 4 5 6 7 8; do
		nft list map inet nixos-container forward4 | grep -qw "809$i"
	done
}

@test "the container cannot reach the host's loopback through its link, whatever flushes the rules" {
	web x --port 8085:80
	socat -u UDP4-RECV:8999,bind=127.0.0.1 "CREATE:$BATS_TEST_TMPDIR/got" 3>&- &
	listener=$!
	until_true 5 sh -c 'ss -lun | grep -q 127.0.0.1:8999'
	socat - UDP4:127.0.0.1:8999 <<<'from the host'
	until_true 5 grep -qs host "$BATS_TEST_TMPDIR/got"
	inside ip addr del 127.0.0.1/8 dev lo
	inside ip route add 127.0.0.1/32 via "$(sed -n 's/^HOST_ADDRESS=//p' "$conf")" dev eth0
	link=$(mkveth show "$name" | awk '$2 == "host" { print $3; exit }')
	assert_equal "$(cat "/proc/sys/net/ipv4/conf/$link/route_localnet")" 0
	rules=$(nft list ruleset)
	for flush in '' 'nft flush ruleset'; do
		$flush
		nsenter --net="/run/netns/net-$name" socat - UDP4:127.0.0.1:8999 <<<'from inside'
		# The link has delivered it when it has delivered a later one.
		received=$(cat "/sys/class/net/$link/statistics/rx_packets")
		inside ping -c 1 -W 2 "$(sed -n 's/^HOST_ADDRESS=//p' "$conf")"
		assert [ "$(cat "/sys/class/net/$link/statistics/rx_packets")" -gt "$received" ]
		socat - UDP4:127.0.0.1:8999 <<<"the last${flush:+ of all}"
		until_true 5 grep -qs "the last${flush:+ of all}" "$BATS_TEST_TMPDIR/got"
	done
	# On loopback the port works without any rules.
	run -0 curl -s -m 3 http://127.0.0.1:8085/
	assert_output x
	nft -f - <<<"$rules"
	kill "$listener"
	run cat "$BATS_TEST_TMPDIR/got"
	refute_output --partial inside
}

@test "bad ports are refused by name before anything is made" {
	for bad in 0 70000 1.2.3:1:2 tcp:1:2:3 tcp: 1:0 'tcp:a:b' 10-20:30-31 udp:127.0.0.1:53; do
		run -2 create --port "$bad"
		assert_output --partial "$bad"
		nothing_left "$name"
	done
}

@test "a port twice is refused, by create and by what reads the settings" {
	run -2 create --port 8098:80 --port tcp:8098:81
	assert_output --partial "HOST_PORT: port 8098 (tcp) is forwarded twice: tcp:8098:81"
	nothing_left "$name"
	create --no-start --port 8098:80 --port udp:8098:80
	sed -i s/^HOST_PORT=.*/HOST_PORT=8098,8099,tcp:8099:80/ "$conf"
	run -2 nixos-container launch "$name"
	assert_output --partial "HOST_PORT: port 8099 (tcp) is forwarded twice"
}

@test "ports that an older version wrote down twice go, and a failure is no success" {
	create --port 8096:80
	file=/run/nixos-container/$name.forward
	grep '^forward4' "$file" >"$BATS_TEST_TMPDIR/twice"
	cat "$BATS_TEST_TMPDIR/twice" >>"$file"
	nixos-container stop "$name"
	run -0 nft list ruleset
	refute_output --partial 8096
	# What cannot be taken away is said, and kept for the next time.
	cp "$BATS_TEST_TMPDIR/twice" "$file"
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '%s\n' '#!/bin/sh' 'echo no memory >&2; exit 1' >"$BATS_TEST_TMPDIR/bin/nft"
	chmod +x "$BATS_TEST_TMPDIR/bin/nft"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run -1 nixos-container cleanup "$name"
	assert_line 'no memory'
	assert_exists "$file"
	# What nft does not take was never loaded.
	echo 'forward4 tcp . 8096 : no.such.name. . 80' >"$file"
	run -0 nixos-container cleanup "$name"
	assert_output --partial 'no.such.name.'
	assert_not_exists "$file"
	# Without the table nothing is there to take.
	nixos-container start "$name"
	nft delete table inet nixos-container
	run -0 nixos-container stop "$name"
	assert_output ''
	assert_not_exists "$file"
}

# started NAME ARGUMENT... - another container, with $users
started() {
	nixos-container create "$@" --no-start 2>/dev/null
	ctr-conf set "$1" PRIVATE_USERS="$users"
	nixos-container start "$1"
}

# forwarding_state - all settings of the host that are about forwarding
forwarding_state() {
	sysctl -a 2>/dev/null | grep -E '(forwarding|ip_forward|accept_ra|accept_redirects) =' |
		grep -vE '\.c[-_]'
}

@test "forwarding for one container lets nobody through to others, or to other networks" {
	web quiet --set NAT=0
	also "$name-b" && also "$name-n"
	quiet=$(nixos-container show-ip "$name")
	nixos-container stop "$name"
	ctr-conf set "$name" HOST_ADDRESS6=fc00::95:1 LOCAL_ADDRESS6=fc00::95:2
	nixos-container start "$name"
	until_true 30 curl -s "http://$quiet/"
	before=$(forwarding_state)
	for users in no pick; do
		started "$name-b" --port 8101:80 --host-address fc00::96:1 --local-address fc00::96:2 \
			--host-address 10.231.96.1 --local-address 10.231.96.2
		assert_equal "$(cat /proc/sys/net/ipv6/conf/all/forwarding)" 1
		run ! far ping -c 1 -W 1 fc00::95:2
		run ! far ping -c 1 -W 1 fc00::96:2
		run ! inside ping -c 1 -W 1 2001:db8:2::2
		run ! far curl -s -m 1 "http://$quiet/"
		run ! far ping -c 1 -W 1 "$quiet"
		run ! far ping -c 1 -W 1 "$(nixos-container show-ip "$name-b")"
		run ! far ping -c 1 -W 1 198.51.100.2
		run ! ip netns exec other ping -c 1 -W 1 "$quiet"
		# Nor out of a container without NAT, even to one that knows the way back.
		run ! inside ping -c 1 -W 1 192.0.2.2
		run ! nixos-container run "$name-b" ping -c 1 -W 1 "$quiet"
		started "$name-n" --nat
		run ! far curl -s -m 1 "http://$quiet/"
		run ! nixos-container run "$name-n" ping -c 1 -W 1 "$quiet"
		nixos-container run "$name-n" ping -c 1 -W 2 192.0.2.2
		nixos-container run "$name-n" ping -c 1 -W 2 198.51.100.2
		nixos-container destroy "$name-b"
		assert_equal "$(cat /proc/sys/net/ipv4/ip_forward)" 1
		nixos-container destroy "$name-n"
		assert_equal "$(forwarding_state)" "$before"
	done
}

@test "a container on a bridge has NAT and a port, and opens nothing else" {
	ip link add hb up type bridge
	ip addr add 10.231.98.1/24 dev hb
	web bridged --bridge hb --local-address 10.231.98.2/24 --gateway 10.231.98.1 --nat \
		--port 8131:80
	run -0 far curl -s -m 3 http://192.0.2.1:8131/
	assert_output bridged
	served 8131
	run -0 curl -s -m 3 http://127.0.0.1:8131/
	assert_output bridged
	inside ping -c 1 -W 2 192.0.2.2
	run ! far ping -c 1 -W 1 10.231.98.2
	# Another machine on that bridge is not let out.
	ip netns add onbridge
	ip link add hy up master hb type veth peer name eth0 netns onbridge
	ip -n onbridge addr add 10.231.98.3/24 dev eth0
	ip -n onbridge link set eth0 up
	ip -n onbridge route add default via 10.231.98.1
	ip netns exec onbridge ping -c 1 -W 2 10.231.98.2
	# By the host's address, whether it filters what a bridge switches or not.
	for at in 10.231.98.1 192.0.2.1; do
		run -0 ip netns exec onbridge curl -s -m 3 "http://$at:8131/"
		assert_output bridged
	done
	filters=/proc/sys/net/bridge/bridge-nf-call-iptables
	if [[ -e $filters ]]; then echo 0 >"$filters"; fi
	for from in onbridge "net-$name"; do
		run -0 ip netns exec "$from" curl -s -m 3 http://10.231.98.1:8131/
		assert_output bridged
	done
	if [[ -e $filters ]]; then echo 1 >"$filters"; fi
	run ! ip netns exec onbridge ping -c 1 -W 1 198.51.100.2
	# The bridge still switches, to a container that needs no forwarding, too.
	also "$name-b"
	nixos-container create "$name-b" --bridge hb --local-address 10.231.98.4/24 2>/dev/null
	ip netns exec onbridge ping -c 1 -W 2 10.231.98.4
	nixos-container run "$name-b" ping -c 1 -W 2 10.231.98.2
	ip netns del onbridge
	ip link del hb
}

@test "containers with NAT reach each other" {
	create --nat
	also "$name-n"
	nixos-container create "$name-n" --nat 2>/dev/null
	inside ping -c 1 -W 2 "$(nixos-container show-ip "$name-n")"
}

@test "what forwarding needs is put back with the last container, however many come and go" {
	sysctl -qw net.ipv4.conf.all.accept_redirects=0 net.ipv4.conf.far0.forwarding=1 \
		net.ipv6.conf.other0.forwarding=1
	before=$(forwarding_state)
	for i in 1 2 3 4; do
		also "$name-$i"
		nixos-container create "$name-$i" --no-start --port "811$i:80" --nat \
			--host-address "fc00::$i:1" --local-address "fc00::$i:2" 2>/dev/null
	done
	for round in 1 2 3; do
		for i in 1 2 3 4; do
			{ nixos-container start "$name-$i"; nixos-container stop "$name-$i"; } 3>&- &
		done
		wait
		assert_equal "$(forwarding_state)" "$before"
	done
	nixos-container start "$name-1"
	assert_equal "$(cat /proc/sys/net/ipv6/conf/{all,other0,far0}/forwarding | xargs)" '1 1 1'
	# What others set meanwhile stays.
	sysctl -qw net.ipv4.ip_forward=0
	nixos-container stop "$name-1"
	assert_equal "$(cat /proc/sys/net/ipv4/ip_forward)" 0
	sysctl -qw net.ipv4.conf.all.accept_redirects=1 net.ipv4.conf.far0.forwarding=0 \
		net.ipv6.conf.other0.forwarding=0
	assert_not_exists /run/nixos-container/.sysctls
}

@test "a host that forwards already goes on" {
	sysctl -qw net.ipv4.ip_forward=1
	web x --port 8121:80
	far ping -c 1 -W 2 198.51.100.2
	# But not to containers.
	run ! far ping -c 1 -W 1 "$(nixos-container show-ip "$name")"
	nixos-container stop "$name"
	assert_equal "$(cat /proc/sys/net/ipv4/ip_forward)" 1
	sysctl -qw net.ipv4.ip_forward=0
}

# advertise PREFIX - as the router of the host's network does
advertise() {
	far /usr/local/lib/nixos-container-test/frame eth0 eth 33:33:00:00:00:01 "$router_mac" \
		ip6 "$router" ff02::1 ra "$1" "$router_mac"
}

@test "the host keeps its address and default route by router advertisements" {
	create --no-start --nat --host-address fc00::91:1 --local-address fc00::91:2
	router_mac=$(far cat /sys/class/net/eth0/address)
	router=$(ip -n far -6 addr show dev eth0 | sed -n 's/.*inet6 \(fe80.*\)\/64.*/\1/p')
	advertise 2001:db8:91::
	until_true 5 sh -c 'ip -6 addr show dev far0 | grep -q 2001:db8:91:'
	ip -6 route show default | grep 'via fe80.*dev far0'
	nixos-container start "$name"
	ip -6 route show default | grep 'via fe80.*dev far0'
	advertise 2001:db8:92::
	until_true 5 sh -c 'ip -6 addr show dev far0 | grep -q 2001:db8:92:'
	nixos-container stop "$name"
	assert_equal "$(cat /proc/sys/net/ipv6/conf/far0/accept_ra)" 1
	ip -6 route show default | grep 'via fe80.*dev far0'
	ip -6 addr show dev far0 | grep 2001:db8:91:
	ip -6 route del default dev far0
}

@test "a firewall that drops by policy is named by create, and what the page says lets packets through" {
	nft -f - <<-'END'
		table ip filter {
			chain FORWARD { type filter hook forward priority 0; policy drop; }
		}
	END
	web hello --port 8190:80 --nat 2>"$BATS_TEST_TMPDIR/said"
	run -0 grep -c 'firewall drops' "$BATS_TEST_TMPDIR/said"
	assert_output 1
	grep -qF "ctr-conf: $name: the host's firewall drops forwarded packets that it does not accept (nftables: ip filter FORWARD)" \
		"$BATS_TEST_TMPDIR/said"
	run -28 far curl -s -m 2 http://192.0.2.1:8190/
	nft insert rule ip filter FORWARD iifname '"c-*"' accept
	nft insert rule ip filter FORWARD oifname '"c-*"' accept
	run -0 far curl -s -m 3 http://192.0.2.1:8190/
	assert_output hello
	run -0 inside ping -c 1 -W 3 192.0.2.2
	nft delete table ip filter
	also "$name-b"
	run -0 nixos-container create "$name-b" --port 8191:80
	refute_output --partial firewall
	# Without ports and NAT it is of no concern.
	nft 'table ip6 filter { chain FORWARD { type filter hook forward priority 0; policy drop; }; }'
	run -0 ctr-conf set --new --dry-run --host other HOST_PORT=8192:80 PRIVATE_NETWORK=1 \
		HOST_ADDRESS=10.231.9.1 LOCAL_ADDRESS=10.231.9.2
	refute_output --partial firewall
	nft delete table ip6 filter
}

@test "an interface of any name hinders no rules, and is not printed raw" {
	web hello --port 8193:80 --nat
	odd=$'q"\e[31mX\xc2\x9b'
	ip link add "$odd" type bridge
	run -0 nixos-container network "$name"
	assert_output ''
	nft flush ruleset
	until_true 10 far_hello
	run -0 nixos-container rules
	assert_output ''
	also "$name-b"
	nixos-container create "$name-b" --port 8194:80
	run -0 nixos-container complete nixos-container create --bridge ''
	refute_output --partial $'\e'
	refute_output --partial $'\x9b'
	ip link del "$odd"
	nft add table inet of-others
	nft add chain inet of-others mine
}

far_hello() { [[ $(far curl -s -m 3 http://192.0.2.1:8193/) == hello ]]; }
