# SPDX-License-Identifier: MIT
load ../../lib/env
load ../../lib/world

EXAMPLE=(--host-address 10.231.136.1 --local-address 10.231.136.2
	--host-address6 fc00:231:136::1 --local-address6 fc00:231:136::2)
export EXAMPLE_ARGS="${EXAMPLE[*]}"
GROUP=10231
# The leak checker does not work in a traced process.
export ASAN_OPTIONS=${ASAN_OPTIONS-}${ASAN_OPTIONS:+:}detect_leaks=0

setup() { make_world; }
teardown() { drop_world; }

# addrs netns link - the permanent addresses of a link, sorted, on one line
addrs() {
	ip ${1:+-n "$1"} -j addr show dev "$2" | jq -r '[.[0].addr_info[] |
		select(.scope == "global") | "\(.local)/\(.prefixlen)"] |
		sort | join(" ")'
}

# routes netns link - its routes, without the kernel's own
routes() {
	{
		ip ${1:+-n "$1"} -j -4 route show dev "$2"
		ip ${1:+-n "$1"} -j -6 route show dev "$2"
	} | jq -rs 'add | [.[] | select(.protocol != "kernel") |
		"\(.dst)\(if .gateway then " via " + .gateway else "" end)"] |
		sort | join(", ")'
}

# example_is_complete - the example has its addresses and routes, and both ends are up
example_is_complete() {
	[[ $(addrs '' c-foo) == "10.231.136.1/32 fc00:231:136::1/128" ]] &&
	[[ $(addrs net-foo eth0) == "10.231.136.2/32 fc00:231:136::2/128" ]] &&
	[[ $(routes '' c-foo) == "10.231.136.2, fc00:231:136::2" ]] &&
	[[ $(routes net-foo eth0) == "10.231.136.1, default via 10.231.136.1, default via fc00:231:136::1, fc00:231:136::1" ]] &&
	[[ $(ip -j link show c-foo | jq -r '.[0].flags | sort | join(" ")') == *LOWER_UP*" UP" ]] &&
	[[ $(ip -n net-foo -j link | jq -r 'map(.ifname + ":" + ([.flags[] | select(. == "UP")] | join(""))) | sort | join(" ")') == "eth0:UP lo:UP" ]]
}

# links - the names of all links, without those that del left to the kernel
links() {
	ip -j link | jq -r 'map(.ifname // empty) | sort |
		map(select(test("^c_[0-9]+$") | not)) | join(" ")'
}

# nothing_is_left - lo is the only link, and no namespace has a name
nothing_is_left() {
	[[ $(links) == lo ]] || return 1
	[[ ! -d /run/netns || -z $(ls -A /run/netns) ]] || return 1
	nothing_dies
}

# nothing_dies - the kernel has removed all links that del left to it
nothing_dies() {
	local end=$((SECONDS + 10))
	while ip -br link | grep -q '^c_[0-9]*@'; do
		((SECONDS < end)) || return 1
		sleep 0.02
	done
}

# talk from to address - connect over TCP; print our address as the peer sees it
talk() {
	local from=() to=() listener out
	[[ ! $1 ]] || from=(nsenter "--net=/run/netns/$1")
	[[ ! $2 ]] || to=(nsenter "--net=/run/netns/$2")
	"${to[@]}" timeout 10 socat "TCP${4:-4}-LISTEN:7,bind=$3,reuseaddr" \
		SYSTEM:'echo $SOCAT_PEERADDR' 3>&- &
	listener=$!
	out=$("${from[@]}" timeout 10 socat -t5 -u \
		"TCP${4:-4}:$3:7,retry=40,interval=0.05" -)
	wait "$listener"
	printf '%s\n' "$out"
}

# our_open - the call that mkveth opens files with; the sanitizers use the other one
our_open() {
	strace -e 'trace=?open,openat' mkveth add foo 2>&1 |
		sed -n 's/^\(open[at]*\)(.*mkveth.lock.*/\1/p'
	mkveth del foo
}
export -f addrs routes example_is_complete links nothing_is_left nothing_dies talk
export -f our_open

@test "add creates the addresses, names and routes of the example" {
	run in_world mkveth add --host-address 10.231.136.1 \
		--local-address 10.231.136.2 foo
	assert_success
	assert_output ''
	assert_equal "$(in_world addrs '' c-foo)" 10.231.136.1/32
	assert_equal "$(in_world addrs net-foo eth0)" 10.231.136.2/32
	assert_equal "$(in_world routes '' c-foo)" 10.231.136.2
	assert_equal "$(in_world routes net-foo eth0)" \
		'10.231.136.1, default via 10.231.136.1'
	run in_world ip -n net-foo -j route show 10.231.136.1
	assert_equal "$(jq -r '.[0] | .dev + " " + .scope' <<<"$output")" 'eth0 link'
	run in_world ip -j link show group "$GROUP"
	assert_equal "$(jq -r '.[].ifname // empty' <<<"$output")" c-foo
}

@test "IPv6 addresses work at once, without duplicate address detection" {
	in_world mkveth add "${EXAMPLE[@]}" foo
	in_world example_is_complete
	run in_world ip -j addr show dev c-foo scope global
	assert_equal "$(jq '[.[0].addr_info[]? | select(.tentative)] | length' \
		<<<"$output")" 0
}

@test "both ends talk to each other at once, over IPv4 and IPv6" {
	in_world mkveth add "${EXAMPLE[@]}" foo
	assert_equal "$(in_world talk '' net-foo 10.231.136.2)" 10.231.136.1
	assert_equal "$(in_world talk net-foo '' 10.231.136.1)" 10.231.136.2
	assert_equal "$(in_world talk '' net-foo '[fc00:231:136::2]' 6)" \
		'[fc00:0231:0136:0000:0000:0000:0000:0001]'
	assert_equal "$(in_world talk net-foo '' '[fc00:231:136::1]' 6)" \
		'[fc00:0231:0136:0000:0000:0000:0000:0002]'
}

@test "the container reaches networks behind the host" {
	in_world mkveth add "${EXAMPLE[@]}" foo
	in_world mkveth add -H 10.231.137.1 -L 10.231.137.2 bar
	in_world bash -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
	assert_equal "$(in_world talk net-foo net-bar 10.231.137.2)" 10.231.136.2
}

@test "ip netns lists the namespace, and /run/netns is set up as ip does it" {
	in_world mkveth add foo
	run in_world ip netns list
	assert_output --partial net-foo
	in_world ip netns exec net-foo true
	run in_world findmnt -no PROPAGATION /run/netns
	assert_output shared
	run in_world stat -c %a /run/netns
	assert_output 755
	# An older mount namespace sees namespaces added later.
	world_exec unshare -m --propagation slave sleep 100 3>&- &
	local other=$!
	until_true 5 is_sleep "$other"
	in_world mkveth add bar
	run nsenter -t "$other" -m findmnt -no FSTYPE /run/netns/net-bar
	assert_output nsfs
	kill "$other"
}
is_sleep() { [[ $(cat "/proc/$1/comm") == sleep ]]; }

# advertise netns - send a router advertisement with a prefix from it
advertise() {
	local ra='\x86\0\0\0\x40\0\x07\x08\0\0\0\0\0\0\0\0'
	ra+='\x03\x04\x40\xc0\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0'
	ra+='\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\0'
	until_true 5 has_link_local "$1"
	# shellcheck disable=SC2059 # the format is the packet
	printf "$ra" | ip netns exec "$1" socat -u - \
		'IP6-SENDTO:[ff02::1%eth0]:58,setsockopt-int=41:18:255'
}
has_link_local() { [[ $(ip -n "$1" -6 -o addr show dev eth0 scope link) =~ fe80 && ! $BASH_REMATCH =~ tentative && -z $(ip -n "$1" -6 -o addr show dev eth0 tentative) ]]; }
export -f advertise has_link_local until_true

@test "a container cannot become the host's router" {
	local key
	in_world mkveth add "${EXAMPLE[@]}" foo
	in_world mkveth add --pair veth1 bar
	for key in ipv6/conf/{c-foo,c-bar,veth1}/accept_{ra,redirects} ipv4/conf/{c-foo,veth1}/accept_redirects; do
		assert_equal "$key $(in_world cat "/proc/sys/net/$key")" "$key 0"
	done
	# The same advertisement works if the host accepts it.
	in_world bash -c 'echo 1 >/proc/sys/net/ipv6/conf/c-bar/accept_ra'
	in_world advertise net-bar
	in_world until_true 5 is_routed c-bar
	in_world advertise net-foo
	in_world advertise net-bar
	sleep 0.2
	run in_world is_routed c-foo
	assert_failure
	run in_world ip -6 -o addr show dev c-foo
	refute_output --partial 2001:db8
	# add disables it again.
	in_world mkveth add --pair veth1 bar
	assert_equal "$(in_world cat /proc/sys/net/ipv6/conf/c-bar/accept_ra)" 0
}
is_routed() { ip -6 route show dev "$1" | grep -q '^default via fe80:'; }
export -f is_routed

@test "a prefix length makes an address part of a network" {
	in_world mkveth add -H 10.1.1.1/24 -L 10.1.1.2/24 -H fc01::1/64 -L fc01::2/64 foo
	assert_equal "$(in_world addrs '' c-foo)" '10.1.1.1/24 fc01::1/64'
	assert_equal "$(in_world routes '' c-foo)" ''
	assert_equal "$(in_world routes net-foo eth0)" \
		'default via 10.1.1.1, default via fc01::1'
	assert_equal "$(in_world talk '' net-foo 10.1.1.2)" 10.1.1.1
	# On one side only: the other gets its own route.
	in_world mkveth add -H 10.1.2.1/24 -L 10.1.2.2 bar
	assert_equal "$(in_world routes '' c-bar)" ''
	assert_equal "$(in_world routes net-bar eth0)" '10.1.2.1, default via 10.1.2.1'
	assert_equal "$(in_world talk net-bar '' 10.1.2.1)" 10.1.2.2
}

@test "either side can have many addresses" {
	local args=() n
	for n in {1..16}; do args+=(-H "10.3.0.$n" -L "10.4.0.$n"); done
	in_world mkveth add "${args[@]}" foo
	assert_equal "$(in_world addrs '' c-foo | wc -w)" 16
	assert_equal "$(in_world addrs net-foo eth0 | wc -w)" 16
	assert_equal "$(in_world talk '' net-foo 10.4.0.16)" 10.3.0.1
	run in_world mkveth add "${args[@]}" -H 10.5.0.1 foo
	assert_failure 2
}

@test "a container without addresses has its links up, without routes" {
	in_world mkveth add foo
	run in_world ip -n net-foo -j link show eth0
	assert_equal "$(jq -r '.[0].flags | contains(["UP"])' <<<"$output")" true
}

@test "addresses on one side only are set, without a default route" {
	in_world mkveth add -H 10.1.1.1 foo
	assert_equal "$(in_world routes net-foo eth0)" ''
	in_world mkveth add -L 10.1.1.2 bar
	assert_equal "$(in_world routes '' c-bar)" 10.1.1.2
	assert_equal "$(in_world routes net-bar eth0)" ''
}

@test "gateways can be set, or left out" {
	in_world mkveth add "${EXAMPLE[@]}" --gateway 10.9.9.9 --gateway6 fe80::1 foo
	assert_equal "$(in_world routes net-foo eth0)" '10.231.136.1, 10.9.9.9, default via 10.9.9.9, default via fe80::1, fc00:231:136::1'
	in_world mkveth add "${EXAMPLE[@]}" --no-default-route foo
	assert_equal "$(in_world routes net-foo eth0)" '10.231.136.1, fc00:231:136::1'
	in_world mkveth add "${EXAMPLE[@]}" foo
	in_world example_is_complete
}

@test "MAC address, MTU and the names of the ends can be set" {
	in_world mkveth add --mac 02:00:00:00:0A:0b --mtu 9000 --name lan0 \
		--host-name veth7 foo
	run in_world ip -n net-foo -j link show lan0
	assert_equal "$(jq -r '.[0] | .address + " \(.mtu)"' <<<"$output")" \
		'02:00:00:00:0a:0b 9000'
	run in_world ip -j link show veth7
	assert_equal "$(jq -r '.[0].mtu' <<<"$output")" 9000
	# On an existing pair, too; options that are not given change nothing.
	in_world mkveth add --mac 02:00:00:00:00:01 --name lan0 --host-name veth7 foo
	run in_world ip -n net-foo -j link show lan0
	assert_equal "$(jq -r '.[0] | .address + " \(.mtu)"' <<<"$output")" \
		'02:00:00:00:00:01 9000'
	# ... at each end, whatever the other has
	in_world ip link set veth7 mtu 1400
	in_world mkveth add --name lan0 --host-name veth7 foo
	assert_equal "$(in_world ip -j link show veth7 | jq '.[0].mtu')" 1400
	in_world mkveth add --mtu 1300 --name lan0 --host-name veth7 foo
	assert_equal "$(in_world ip -j link show veth7 | jq '.[0].mtu')" 1300
	assert_equal "$(in_world ip -n net-foo -j link show lan0 | jq '.[0].mtu')" 1300
	run in_world mkveth add --host-name veth7 foo
	assert_failure 1
	assert_output "mkveth: add foo: link veth7: its peer is lan0, not eth0"
	in_world mkveth del --host-name veth7 foo
	in_world nothing_is_left
}

@test "a container can have a further pair" {
	in_world mkveth add "${EXAMPLE[@]}" foo
	in_world mkveth add -H 10.5.5.1 -L 10.5.5.2 -D -i veth1 -N veth1 -n net-foo foo
	assert_equal "$(in_world talk '' net-foo 10.5.5.2)" 10.5.5.1
	assert_equal "$(in_world talk '' net-foo 10.231.136.2)" 10.231.136.1
	in_world mkveth del -i veth1 -n /run/netns/net-foo foo
	in_world example_is_complete
}

@test "one end on a bridge: containers reach each other and the gateway" {
	in_world ip link add br0 type bridge
	in_world ip addr add 10.2.0.1/24 dev br0
	in_world ip addr add fc02::1/64 dev br0 nodad
	in_world ip link set br0 up
	in_world mkveth add --bridge br0 -L 10.2.0.2/24 -g 10.2.0.1 \
		-L fc02::2/64 --gateway6 fc02::1 foo
	in_world mkveth add --bridge br0 -L 10.2.0.3/24 -g 10.2.0.1 bar
	run in_world ip -j link show master br0
	assert_equal "$(jq -r 'map(.ifname) | sort | join(" ")' <<<"$output")" \
		'c-bar c-foo'
	assert_equal "$(in_world routes net-foo eth0)" \
		'default via 10.2.0.1, default via fc02::1'
	assert_equal "$(in_world talk net-foo net-bar 10.2.0.3)" 10.2.0.2
	assert_equal "$(in_world talk net-foo '' 10.2.0.1)" 10.2.0.2
	assert_equal "$(in_world talk net-foo '' '[fc02::1]' 6)" \
		'[fc02:0000:0000:0000:0000:0000:0000:0002]'
	run in_world mkveth show foo
	assert_line --index 0 --partial ' bridge br0'
}

@test "an address without a prefix length gets that of its bridge, and its gateway" {
	local all=(-b br0 -L 10.2.0.2 -L fc02::2)
	addresses() { in_world ip -n net-foo -br addr show "$1" scope global | tr -s ' ' | cut -d' ' -f3-; }
	in_world ip link add br0 type bridge
	in_world ip addr add 10.9.0.1/16 dev br0
	in_world ip addr add 10.2.0.1/24 dev br0
	in_world ip addr add 10.2.0.7/24 dev br0
	in_world ip addr add fc02::1/64 dev br0 nodad
	in_world ip link set br0 up
	in_world mkveth add "${all[@]}" foo
	assert_equal "$(addresses eth0)" '10.2.0.2/24 fc02::2/64 '
	assert_equal "$(in_world routes net-foo eth0)" \
		'default via 10.2.0.1, default via fc02::1'
	assert_equal "$(in_world talk net-foo '' 10.2.0.1)" 10.2.0.2
	same "${all[@]}" foo
	in_world mkveth add "${all[@]}" foo
	assert_equal "$(in_world routes net-foo eth0)" \
		'default via 10.2.0.1, default via fc02::1'

	# What is given stays.
	in_world mkveth add "${all[@]}" -g 10.2.0.9 foo
	assert_equal "$(in_world routes net-foo eth0)" \
		'default via 10.2.0.9, default via fc02::1'
	in_world mkveth add "${all[@]}" -D foo
	assert_equal "$(in_world routes net-foo eth0)" ''
	in_world mkveth add -b br0 -L 10.2.0.2/25 foo
	assert_equal "$(addresses eth0)" '10.2.0.2/25 '
	assert_equal "$(in_world routes net-foo eth0)" ''
	# So does what is in no network of the bridge.
	in_world mkveth add -b br0 -L 10.3.0.2 foo
	assert_equal "$(addresses eth0)" '10.3.0.2/32 '
	in_world mkveth add -b br0 --pair v1:bridge=br0,local=10.2.0.3 foo
	assert_equal "$(addresses v1)" '10.2.0.3/24 '
	assert_equal "$(in_world routes net-foo v1)" ''
}

@test "add puts a container back on its bridge, or takes it off" {
	in_world ip link add br0 type bridge
	in_world ip link set br0 up
	in_world mkveth add -b br0 -L 10.2.0.2/24 foo
	in_world ip link set c-foo nomaster
	in_world ip link set c-foo down
	in_world mkveth add -b br0 -L 10.2.0.2/24 foo
	run in_world ip -j link show c-foo
	assert_equal "$(jq -r '.[0].master' <<<"$output")" br0
	assert_equal "$(jq -r '.[0].flags | contains(["UP"])' <<<"$output")" true
	in_world mkveth add "${EXAMPLE[@]}" foo
	in_world example_is_complete
	run in_world ip -j link show c-foo
	assert_equal "$(jq -r '.[0].master' <<<"$output")" null
}

# mac netns link - its MAC address
mac() { ip ${1:+-n "$1"} -j link show dev "$2" | jq -r '.[0].address'; }
# lan - make br0, with a port p0 to another machine, the namespace lan
lan() {
	ip link add br0 address 02:00:00:00:00:01 type bridge
	ip netns add lan
	ip link add p0 address 02:00:00:00:00:01 type veth peer name eth0 netns lan
	ip link set br0 up && ip link set p0 master br0 up
	ip -n lan addr add 10.2.0.9/24 dev eth0
	ip -n lan addr add fc02::9/64 dev eth0 nodad
	ip -n lan link set eth0 up
	until_true 5 port_is_on p0
}
port_is_on() { ip -j -d link show "$1" | jq -e '.[0].linkinfo.info_slave_data.state == "forwarding"' >/dev/null; }
# macs - the MAC addresses of the ends on br0, one a line, host's and container's
macs() {
	mac '' c-foo; mac net-foo eth0
	mac '' x1; mac net-foo x1
	mac '' c-bar; mac net-bar eth0
	mac net-bar mv-m0
}
# known address - the MAC address for it in lan's neighbour table
known() { ip -n lan -j neigh show "$1" | jq -r '.[0].lladdr'; }
export -f mac lan port_is_on macs known until_true

# on_bridge - make the links for macs
on_bridge() {
	mkveth add -b br0 -L 10.2.0.2/24 --pair x1:bridge=br0 foo
	mkveth add -b br0 -L 10.2.0.3/24 --macvlan m0 bar
}
off_bridge() { mkveth del foo && mkveth del bar; }
export -f on_bridge off_bridge

@test "a container on a bridge or macvlan keeps a unique MAC address" {
	in_world lan
	in_world ip link add m0 type veth
	printf '%032d\n' 1 >"$BATS_TEST_TMPDIR/id"
	in_world on_bridge
	local first=$(in_world macs)
	in_world off_bridge
	in_world on_bridge
	assert_equal "$(in_world macs)" "$first"
	# Locally administered; the bridge keeps its own address, as no host end has a lower one.
	assert_equal "$(grep -c '^.[26ae]:' <<<"$first")" 7
	assert_equal "$(sed -n '1p; 3p; 5p' <<<"$first" | grep -c '^fe:')" 3
	assert_equal "$(in_world mac '' br0)" 02:00:00:00:00:01
	# Another host uses other addresses.
	in_world off_bridge
	in_world mount --bind "$BATS_TEST_TMPDIR/id" /etc/machine-id
	in_world on_bridge
	assert_equal "$(sort -u <(printf '%s\n' "$first") <(in_world macs) | wc -l)" 14
	in_world off_bridge
	# A given address is set, and add without one keeps it.
	in_world mkveth add -b br0 -m 02:00:00:00:0a:0b foo
	assert_equal "$(in_world mac net-foo eth0)" 02:00:00:00:0a:0b
	in_world mkveth add -b br0 -L 10.2.0.2/24 foo
	assert_equal "$(in_world mac net-foo eth0)" 02:00:00:00:0a:0b
}

@test "without a machine ID the MAC addresses stay until the host reboots" {
	in_world lan
	: >"$BATS_TEST_TMPDIR/id"
	in_world mount --bind "$BATS_TEST_TMPDIR/id" /etc/machine-id
	in_world mkveth add -b br0 foo
	local first=$(in_world mac net-foo eth0)
	in_world mkveth del foo
	in_world mkveth add -b br0 foo
	assert_equal "$(in_world mac net-foo eth0)" "$first"
	in_world mkveth add -b br0 bar
	[[ $(in_world mac net-bar eth0) != "$first" ]]
}

@test "a bridge learns no address from a container, and knows its own" {
	in_world ip link add br0 up type bridge
	in_world mkveth add -b br0 -L 10.2.0.2/24 foo
	mac=$(in_world ip -n net-foo -j link show eth0 | jq -r '.[0].address')
	pinned() {
		run -0 in_world bridge -d link show dev c-foo
		assert_output --partial 'learning off'
		run -0 in_world bridge fdb show dev c-foo
		assert_line "$mac master br0 static"
		refute_output --partial 02:00:00:00:66:66
	}
	pinned
	# The container's root has given itself that of another machine.
	in_world ip -n net-foo link set eth0 address 02:00:00:00:66:66
	in_world mkveth add -b br0 -L 10.2.0.2/24 foo
	pinned
	# The bridge is made anew.
	in_world ip link del br0
	in_world ip link add br0 up type bridge
	in_world mkveth add -b br0 -L 10.2.0.2/24 foo
	pinned
}

@test "a container made again on a bridge is reachable at once from machines that knew it" {
	in_world lan
	local i
	for i in 1 2 3; do
		in_world mkveth add -b br0 -L 10.2.0.2/24 -L fc02::2/64 foo
		assert_equal "$(in_world talk lan net-foo 10.2.0.2)" 10.2.0.9
		assert_equal "$(in_world talk lan net-foo '[fc02::2]' 6)" \
			'[fc02:0000:0000:0000:0000:0000:0000:0009]'
		in_world mkveth del foo
	done
}

@test "addresses on a bridge are announced to machines with stale neighbour entries" {
	local a pairs=(-b br0 -L 10.2.0.2/24 -L fc02::2/64
		--pair "x1:bridge=br0,local=10.2.0.3/24,local=fc02::3/64")
	in_world lan
	for a in 10.2.0.2 fc02::2 10.2.0.3 fc02::3; do
		in_world ip -n lan neigh add "$a" lladdr 02:00:00:00:00:99 dev eth0 nud reachable
	done
	in_world mkveth add "${pairs[@]}" foo
	until_true 2 in_world is_known 10.2.0.2 eth0
	until_true 2 in_world is_known fc02::2 eth0
	until_true 2 in_world is_known 10.2.0.3 x1
	until_true 2 in_world is_known fc02::3 x1
	# An existing pair is left alone: announcing would make it forget its neighbours.
	in_world ip -n lan neigh replace 10.2.0.2 lladdr 02:00:00:00:00:99 dev eth0 nud reachable
	in_world mkveth add "${pairs[@]}" foo
	assert_equal "$(in_world known 10.2.0.2)" 02:00:00:00:00:99
}
is_known() { [[ $(known "$1") == "$(mac net-foo "$2")" ]]; }
export -f is_known

@test "add does not wait for the spanning tree protocol, or for a bridge that is down" {
	in_world ip link add br1 type bridge stp_state 1
	in_world ip link add br2 type bridge
	in_world ip link set br1 up
	in_world strace -f -qq -e 'trace=?poll,ppoll' -o "$BATS_TEST_TMPDIR/log" mkveth add -b br1 -L 10.2.0.2/24 --pair x1:bridge=br2,local=10.3.0.2/24 foo
	run grep -c poll "$BATS_TEST_TMPDIR/log"
	((output < 20))
}

# read_only - make /proc/sys read-only, as in a container
read_only() { mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys; }
# without_proc - for a user namespace: only that /proc/sys is available
without_proc() {
	mount -t tmpfs tmpfs /run && mount --rbind /proc/sys /proc/sys &&
		mount -o remount,bind,ro /proc/sys || return 9
	ip link add br0 type bridge
	mkveth add -b br0 -L 10.2.0.2/24 foo || return 8
	mkveth add bar
}
export -f read_only without_proc

@test "a container in a container has a network even if /proc/sys is read-only" {
	in_world read_only
	in_world mkveth add "${EXAMPLE[@]}" foo
	in_world example_is_complete
	for key in ipv6/conf/c-foo/accept_{ra,redirects} ipv4/conf/c-foo/accept_redirects; do
		assert_equal "$key $(in_world cat "/proc/sys/net/$key")" "$key 0"
	done
	# If no other /proc/sys can be mounted, it is an error, except on a bridge.
	run in_world unshare -rmn --propagation private bash -c without_proc
	assert_failure 1
	assert_output "mkveth: add bar: link c-bar: disable router advertisements: Read-only file system"
}

@test "--check changes nothing, reports impossible options, and needs no capabilities" {
	in_world mkveth add --check "${EXAMPLE[@]}" foo
	in_world nothing_is_left
	run -0 setpriv --reuid 65534 --clear-groups mkveth add --check -H 10.1.0.1 foo
	assert_output ''
	run -2 in_world mkveth add --check -g 10.2.0.1 foo
	assert_output --partial 'gateway 10.2.0.1'
	in_world mkveth batch <<<'add --check -H 10.1.0.1 foo'
	in_world nothing_is_left
}

@test "a missing bridge is named, and nothing is created" {
	run in_world mkveth add --bridge br7 -L 10.2.0.2/24 foo
	assert_failure 1
	assert_output "mkveth: add foo: bridge br7: No such device"
	in_world nothing_is_left
}

@test "adding twice is the same as adding once" {
	in_world mkveth add "${EXAMPLE[@]}" foo
	local before
	before=$(in_world whole_state)
	run in_world mkveth add "${EXAMPLE[@]}" foo
	assert_success
	assert_output ''
	assert_equal "$(in_world whole_state)" "$before"
}
# whole_state - all that ip prints of links, addresses and routes, without changes
# that the kernel makes by itself at any time (link-local addresses)
whole_state() {
	local ns
	for ns in '' net-foo; do
		ip ${ns:+-n "$ns"} -j link
		ip ${ns:+-n "$ns"} -j addr
		ip ${ns:+-n "$ns"} -j route show table all
		ip ${ns:+-n "$ns"} -j -6 route show table all
	done | jq -S 'map(del(.operstate, .flags, .addr_info[]?.tentative,
		(.addr_info[]? | select(.scope == "link"))) |
		select((.dst // "") | test("^f[ef][0-9a-f][0-9a-f]:") | not))'
}
export -f whole_state

@test "new addresses replace the existing ones" {
	needs_kernel 5.18
	in_world mkveth add -H 10.1.1.1 -H 10.1.1.5/24 -L 10.1.1.2 -H fc01::1/64 \
		-L fc01::2 -g 10.9.9.9 foo
	in_world ip -n net-foo addr add 10.77.0.1/24 dev eth0
	in_world mkveth add "${EXAMPLE[@]}" foo
	# An address set by others inside stays.
	assert_equal "$(in_world addrs net-foo eth0)" \
		'10.231.136.2/32 10.77.0.1/24 fc00:231:136::2/128'
	in_world ip -n net-foo addr del 10.77.0.1/24 dev eth0
	in_world example_is_complete
	# The same address with another prefix length, and another first address of a network.
	in_world mkveth add -H 10.1.1.1/24 -L 10.1.1.2/24 -H fc01::1/64 -L fc01::2/64 foo
	in_world mkveth add -H 10.1.1.3/24 -L 10.1.1.2/24 -H fc01::1/120 -L fc01::2/120 foo
	assert_equal "$(in_world addrs '' c-foo)" '10.1.1.3/24 fc01::1/120'
	assert_equal "$(in_world addrs net-foo eth0)" '10.1.1.2/24 fc01::2/120'
	assert_equal "$(in_world routes net-foo eth0)" \
		'default via 10.1.1.3, default via fc01::1'
}

@test "a failed change is undone" {
	in_world mkveth add "${EXAMPLE[@]}" foo
	local before
	before=$(in_world whole_state)
	in_world mkveth add -L 10.6.6.2 other
	before=$(in_world whole_state)
	run in_world mkveth add -H 10.6.6.1 -L 10.6.6.2 -g 10.6.6.7 foo
	assert_failure 1
	assert_output "mkveth: add foo: route to 10.6.6.2 on c-foo: leads through another link"
	assert_equal "$(in_world whole_state)" "$before"
}

@test "an address of another container is refused" {
	in_world mkveth add -L 10.6.6.2 other
	run in_world mkveth add -H 10.6.6.1 -L 10.6.6.2 foo
	assert_failure 1
	assert_output "mkveth: add foo: route to 10.6.6.2 on c-foo: File exists"
	in_world mkveth del other
	in_world nothing_is_left
}

@test "the kernel's own explanation of an error is printed, and nothing is left" {
	in_world bash -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	run in_world mkveth add "${EXAMPLE[@]}" foo
	assert_failure 1
	assert_output --regexp '^mkveth: add foo: address fc00:231:136::1 on c-foo: ((ipv6|IPv6).*disabled|Permission denied)'
	in_world nothing_is_left
}

@test "a long name has an interface name of its own, and c-NAME finds it" {
	local a=a-rather-long-name-of-a-container-1 b=a-rather-long-name-of-a-container-2
	local long=${a}${a:0:28} n
	in_world mkveth add -H 10.1.0.1 -L 10.1.0.2 "$a"
	in_world mkveth add -H 10.2.0.1 -L 10.2.0.2 "$b"
	for n in "$a" "$b"; do
		run in_world ip -j link show "c-$n"
		assert_success
		assert_equal "$(jq -r '.[0].ifname' <<<"$output" | grep -cE '^c_[a-z2-7]{13}$')" 1
	done
	in_world mkveth add -H 10.2.0.1 -L 10.2.0.2 "$b"
	assert_equal "$(in_world talk '' "net-$a" 10.1.0.2)" 10.1.0.1
	assert_equal "$(in_world talk '' "net-$b" 10.2.0.2)" 10.2.0.1
	run in_world mkveth show "$b"
	assert_line --index 0 --partial " altname c-$b"
	in_world mkveth del "$a"
	run in_world mkveth show
	assert_line --index 0 --regexp "^$b host c_"
	in_world mkveth del "$b"
	((${#long} == 63))
	in_world mkveth add "$long"
	in_world ip link show "c-$long"
	in_world mkveth del "$long"
	in_world nothing_is_left
}

@test "names of up to 13 characters need no other interface name" {
	in_world mkveth add abcdefghijklm
	in_world mkveth add abcdefghijklmn
	run in_world ip -j link show group "$GROUP"
	assert_equal "$(jq -r '.[].ifname' <<<"$output" | sort | head -n 1)" c-abcdefghijklm
	assert_equal "$(jq -r '.[] | select(.altnames) | .altnames[]' <<<"$output")" \
		c-abcdefghijklmn
}

@test "the rule for udev names the groups of its links" {
	grep -qF "ATTR{netdev_group}==\"$GROUP|$((GROUP + 1))\"" "$TOP/share/links/80-nixos-container.rules"
}

@test "a link that mkveth did not make is neither used nor removed" {
	local kind before
	for kind in 'type bridge' "group $GROUP type bridge" 'type veth peer name p0'; do
		# shellcheck disable=SC2086 # words of a command
		in_world ip link add c-foo $kind
		before=$(in_world ip -j link)
		run in_world mkveth add "${EXAMPLE[@]}" foo
		assert_failure 1
		assert_output "mkveth: add foo: link c-foo: not made by mkveth (no veth in group $GROUP or $((GROUP + 1)))"
		run in_world mkveth del foo
		assert_failure 1
		assert_output "mkveth: del foo: link c-foo: not made by mkveth (no veth in group $GROUP or $((GROUP + 1)))"
		assert_equal "$(in_world ip -j link)" "$before"
		in_world ip link del c-foo
		in_world nothing_is_left
	done
	# The same for a link with our name as its alternative name.
	in_world ip link add other type bridge
	in_world ip link property add dev other altname c-foo
	run in_world mkveth add foo
	assert_failure 1
	run in_world mkveth del foo
	assert_failure 1
	in_world ip link show other
}

@test "if the name of the container's end is taken, add fails and leaves that link alone" {
	in_world mkdir -p /run/netns
	in_world ip netns add net-foo
	in_world ip -n net-foo link add eth0 type bridge
	run in_world mkveth add foo
	assert_failure 1
	assert_output "mkveth: add foo: link c-foo with peer eth0 in net-foo: File exists"
	in_world ip -n net-foo link show eth0
	run in_world ip -j link
	assert_equal "$(jq -r 'map(.ifname) | join(" ")' <<<"$output")" lo
}

@test "a stale empty file in place of the namespace is used" {
	in_world bash -c 'mkdir /run/netns && : >/run/netns/net-foo'
	in_world mkveth add "${EXAMPLE[@]}" foo
	in_world example_is_complete
	in_world mkveth del foo
	in_world bash -c ': >/run/netns/net-foo'
	in_world mkveth del foo
	in_world nothing_is_left
}

@test "any other file in place of the namespace is left alone" {
	in_world bash -c 'mkdir -p /run/netns && echo data >/run/netns/net-foo'
	run in_world mkveth add foo
	assert_failure 1
	assert_output "mkveth: add foo: network namespace net-foo: Invalid argument"
	run in_world mkveth del foo
	assert_failure 1
	assert_output "mkveth: del foo: network namespace net-foo: Invalid argument"
	assert_equal "$(in_world cat /run/netns/net-foo)" data
	in_world rm /run/netns/net-foo
	in_world ln -s /nowhere /run/netns/net-foo
	run in_world mkveth add foo
	assert_failure 1
	assert_equal "$(in_world readlink /run/netns/net-foo)" /nowhere
}

@test "a pair of ours with its peer in another namespace is replaced" {
	in_world mkveth add -H 10.1.1.1 foo
	# Kernels before 6.2 cannot rename a link that is up.
	in_world ip -n net-foo link set eth0 down
	in_world ip -n net-foo link set eth0 name old0
	in_world ip -n net-foo link set old0 up
	in_world bash -c 'touch /run/netns/held && mount --bind /run/netns/net-foo /run/netns/held'
	in_world umount /run/netns/net-foo
	in_world mkveth add "${EXAMPLE[@]}" foo
	in_world example_is_complete
	run in_world ip -n held -j link
	assert_equal "$(jq -r 'map(.ifname) | join(" ")' <<<"$output")" lo
}

@test "a link without its addresses, or down, is completed" {
	in_world mkveth add foo
	in_world ip link set c-foo down
	in_world ip -n net-foo link set eth0 down
	in_world ip -n net-foo link set lo down
	in_world mkveth add "${EXAMPLE[@]}" foo
	in_world example_is_complete
}

@test "the namespace can be given by path or by process" {
	world_exec unshare -n sleep 100 3>&- &
	local pid=$!
	until_true 5 is_sleep "$pid"
	in_world mkveth add "${EXAMPLE[@]}" -n "pid:$pid" foo
	run nsenter -t "$pid" -n ip -j addr show eth0
	assert_output --partial 10.231.136.2
	run in_world ls -A /run
	refute_output --partial netns
	run in_world mkveth show --json -n "pid:$pid" foo
	assert_equal "$(jq -r '.[0].local.addresses[0]' <<<"$output")" 10.231.136.2/32
	in_world mkveth add "${EXAMPLE[@]}" -n "/proc/$pid/ns/net" foo
	in_world mkveth del -n "pid:$pid" foo
	in_world nothing_is_left
	run nsenter -t "$pid" -n ip -j link
	assert_equal "$(jq -r 'map(.ifname) | join(" ")' <<<"$output")" lo
	kill "$pid"
}
@test "a namespace that cannot be opened is refused, and so is the host's own" {
	run in_world mkveth add -n pid:1 -n /run/no/such foo
	assert_failure 1
	assert_output "mkveth: add foo: network namespace /run/no/such: No such file or directory"
	run in_world mkveth add -n /etc/hosts foo
	assert_failure 1
	assert_output "mkveth: add foo: network namespace /etc/hosts: Invalid argument"
	run in_world mkveth add "${EXAMPLE[@]}" -n /proc/self/ns/net foo
	assert_failure 1
	assert_output "mkveth: add foo: network namespace /proc/self/ns/net: is the host's own"
	in_world nothing_is_left
}

@test "del removes link and name, and succeeds if they are gone" {
	in_world mkveth add "${EXAMPLE[@]}" foo
	in_world mkveth add bar
	run in_world mkveth del foo
	assert_success
	assert_output ''
	assert_equal "$(in_world links)" 'c-bar lo'
	run in_world ls /run/netns
	assert_output net-bar
	in_world mkveth del foo
	in_world mkveth del bar
	in_world mkveth del never-was
	in_world ip netns add net-foo
	in_world mkveth del foo
	in_world ln -s /nowhere /run/netns/net-foo
	in_world mkveth del foo
	in_world nothing_is_left
}

@test "del removes the rest if only the link or only the name is left" {
	in_world mkveth add foo
	in_world ip link del c-foo
	in_world mkveth del foo
	in_world nothing_is_left
	in_world mkveth add foo
	world_exec nsenter --net=/run/netns/net-foo sleep 100 3>&- &
	until_true 5 is_sleep $!
	in_world ip netns del net-foo
	in_world mkveth del foo
	in_world nothing_is_left
}

@test "del frees the names at once, and all is gone soon after" {
	again() {
		local i
		for i in {1..30}; do
			# shellcheck disable=SC2086 # words of a command
			mkveth add $EXAMPLE_ARGS foo && example_is_complete && mkveth del foo &&
				[[ $(links) == lo && ! -e /run/netns/net-foo ]] || return 1
		done
	}
	in_world again
	in_world nothing_is_left
	in_world mkveth add "${EXAMPLE[@]}" foo
	in_world strace -f -qq -o "$BATS_TEST_TMPDIR/log" mkveth del foo
	run ! grep -E 'RTM_DELLINK,|fork|clone' "$BATS_TEST_TMPDIR/log"
}

@test "del --wait returns when the link is gone" {
	in_world mkveth add "${EXAMPLE[@]}" foo
	run in_world bash -c 'mkveth del --wait foo && ip -j link | jq -r "map(.ifname) | join(\" \")"'
	assert_success
	assert_output lo
	in_world mkveth del --wait foo
	in_world nothing_is_left
}

@test "a deleted link in a namespace still in use is down, without addresses, until that ends" {
	in_world ip link add br0 type bridge
	in_world mkveth add "${EXAMPLE[@]}" -H 10.9.1.1/24 -H 10.9.1.2/24 -H 10.9.2.1 a-name-that-is-rather-long
	in_world mkveth add -b br0 -L 10.2.0.2 foo
	world_exec nsenter --net=/run/netns/net-a-name-that-is-rather-long sleep 100 3>&- &
	local held=$!
	until_true 5 is_sleep "$held"
	in_world mkveth del a-name-that-is-rather-long
	run in_world ip -j addr show group "$GROUP"
	assert_equal "$(jq -c '[.[] | select(.ifname // "" | test("^c_[0-9]+$"))] |
		map([(.flags | contains(["UP"])), .altnames, .addr_info])' <<<"$output")" \
		'[[false,null,[]]]'
	run in_world ip route show table all
	refute_output --partial 10.9.
	run in_world ip -6 route show table all
	refute_output --partial fc00:
	in_world mkveth add "${EXAMPLE[@]}" a-name-that-is-rather-long
	assert_equal "$(in_world talk '' net-a-name-that-is-rather-long 10.231.136.2)" 10.231.136.1
	kill "$held"
	in_world mkveth del a-name-that-is-rather-long
	in_world mkveth del foo
	in_world nothing_dies
	assert_equal "$(in_world links)" 'br0 lo'
}

@test "a link with its peer in another namespace than the named one is removed" {
	in_world mkveth add foo
	world_exec nsenter --net=/run/netns/net-foo sleep 100 3>&- &
	until_true 5 is_sleep $!
	in_world ip netns del net-foo
	in_world ip netns add net-foo
	in_world mkveth del foo
	run in_world ip -j link
	assert_equal "$(jq -r 'map(.ifname) | join(" ")' <<<"$output")" lo
	in_world nothing_is_left
}

@test "show prints both ends" {
	in_world mkveth add "${EXAMPLE[@]}" foo
	run in_world mkveth show foo
	assert_success
	assert_line --index 0 --regexp '^foo host c-foo ifindex [0-9]+ up mtu 1500 mac [0-9a-f:]{17} addr 10.231.136.1/32 addr fc00:231:136::1/128$'
	assert_line --index 1 --regexp '^foo local eth0 ifindex [0-9]+ up mtu 1500 mac [0-9a-f:]{17} addr 10.231.136.2/32 addr fc00:231:136::2/128 netns net-foo$'
	run in_world mkveth show nothing
	assert_failure 1
	assert_output 'mkveth: show nothing: no such network'
}

@test "show --json agrees with ip, for one and for all" {
	in_world mkveth add "${EXAMPLE[@]}" foo
	in_world mkveth add a-name-that-is-rather-long
	in_world ip netns add net-not-ours
	in_world ip netns add other
	run --separate-stderr in_world mkveth show --json
	assert_success
	assert_equal "$(jq -c 'map(.name)' <<<"$output")" '["a-name-that-is-rather-long","foo"]'
	assert_equal "$(jq -c '.[1] | [keys, (.host | keys), (.local | keys)]' <<<"$output")" \
		'[["host","local","name","netns"],["addresses","altname","bridge","ifindex","ifname","mac","mtu","up"],["addresses","ifindex","ifname","mac","mtu","up"]]'
	assert_equal "$(jq -r '.[0].host.altname' <<<"$output")" c-a-name-that-is-rather-long
	local all=$output one
	one=$(in_world ip -j addr show c-foo | jq -cS '.[0] | {ifname, ifindex, mtu, mac: .address, addresses: [.addr_info[] | select(.scope == "global") | "\(.local)/\(.prefixlen)"]}')
	assert_equal "$(jq -cS '.[1].host | del(.altname, .bridge, .up)' <<<"$all")" "$one"
	one=$(in_world ip -n net-foo -j addr show eth0 | jq -cS '.[0] | {ifname, ifindex, mtu, mac: .address, addresses: [.addr_info[] | select(.scope == "global") | "\(.local)/\(.prefixlen)"]}')
	assert_equal "$(jq -cS '.[1].local | del(.up)' <<<"$all")" "$one"
	run in_world mkveth show --json foo
	assert_equal "$(jq -cS .[0] <<<"$output")" "$(jq -cS .[1] <<<"$all")"
	in_world mkveth del foo
	in_world mkveth del a-name-that-is-rather-long
	run in_world mkveth show --json
	assert_equal "$(jq -c . <<<"$output")" '[]'
}

@test "a container's name for its link cannot corrupt the output of show" {
	in_world mkveth add foo
	in_world ip -n net-foo link set eth0 down
	in_world ip -n net-foo link set eth0 name $'a"\\\e[1m\xff'
	run in_world mkveth show foo
	assert_line --index 1 --partial 'foo local a"\?[1m? ifindex'
	run in_world mkveth show --json foo
	assert_equal "$(jq -r '.[0].local.ifname' <<<"$output")" $'a"\\\e[1m\ufffd'
}

@test "show without the namespace still prints the host's end" {
	in_world mkveth add foo
	world_exec nsenter --net=/run/netns/net-foo sleep 100 3>&- &
	until_true 5 is_sleep $!
	in_world ip netns del net-foo
	run in_world mkveth show --json foo
	assert_equal "$(jq -r '.[0] | "\(.host.ifname) \(.local)"' <<<"$output")" 'c-foo null'
}

@test "wrong usage is named in one line, with exit status 2" {
	in_world mkveth add "${EXAMPLE[@]}" foo
	local before bad
	before=$(in_world whole_state)
	while IFS= read -r bad; do
		[[ $bad ]] || continue
		# shellcheck disable=SC2086 # words of a command
		run in_world mkveth ${bad%% => *}
		[[ $status == 2 ]] || fail "$bad: status $status: $output"
		assert_equal "${#lines[@]}" 1
		[[ $output == "mkveth: "*"${bad##* => }"* ]] || fail "$bad: $output"
	done <<-'END'
	frob => unknown verb: frob; see --help
	shw => unknown verb: shw; did you mean show?
	add => add: missing argument; see --help
	del => del: missing argument; see --help
	show -n net-foo => show: missing argument; see --help
	add foo bar => bar
	add --frob foo => frob
	add --mtu => mtu
	add foo+bar => foo+bar
	add -- -foo => -foo
	del ../foo => ../foo
	show foo- => foo-
	add -H 10.1.1 foo => --host-address: invalid interface address: 10.1.1
	add -H 10.1.1.256 foo => 10.1.1.256
	add -H 10.1.1.01 foo => 10.1.1.01
	add -H 10.1.1.1/33 foo => 10.1.1.1/33
	add -H 10.1.1.1/0 foo => 10.1.1.1/0
	add -H 10.1.1.1/08 foo => 10.1.1.1/08
	add -H 10.1.1.1/ foo => 10.1.1.1/
	add -H 10.1.1.1/24/24 foo => 10.1.1.1/24/24
	add -H 10.1.1.1/+24 foo => 10.1.1.1/+24
	add -H 10.1.1.1/99999999999999999999 foo => 99999999999999999999
	add -H 0.0.0.0 foo => 0.0.0.0
	add -H 127.0.0.1 foo => 127.0.0.1
	add -H 224.0.0.1 foo => 224.0.0.1
	add -H 255.255.255.255 foo => 255.255.255.255
	add -L fc00::g foo => --local-address: invalid interface address: fc00::g
	add -L fc00::1%eth0 foo => fc00::1%eth0
	add -L fc00::1/129 foo => fc00::1/129
	add -L :: foo => ::
	add -L ::1 foo => ::1
	add -L ff02::1 foo => ff02::1
	add -L ::ffff:10.1.1.1 foo => ::ffff:10.1.1.1
	add -L localhost foo => localhost
	add --host-address6 10.1.1.1 foo => --host-address6: not an IPv6 address: 10.1.1.1
	add --local-address6 10.1.1.1 foo => --local-address6: not an IPv6 address
	add -H 10.1.1.1 -H 10.1.1.1/24 foo => given twice: 10.1.1.1/24
	add -H 10.1.1.1 -L 10.1.1.1 foo => 10.1.1.1
	add -L 10.1.1.2/24 -g 10.1.1.1/24 foo => 10.1.1.1/24
	add -L 10.1.1.2/24 -g 10.1.1.1 -g 10.1.1.3 foo => 10.1.1.3
	add -L 10.1.1.2/24 -g 10.1.1.2 foo => 10.1.1.2
	add -L 10.1.1.2/24 -g fc00::1 foo => fc00::1
	add -L 10.1.1.2/24 -g 10.1.1.1 -D foo => 10.1.1.1
	add -b br0 -H 10.1.1.1 foo => 10.1.1.1
	add -b a/b foo => a/b
	add -m 02:00:00:00:00 foo => 02:00:00:00:00
	add -m 02:00:00:00:00:0g foo => 02:00:00:00:00:0g
	add -m 02:00:00:00:00:00:00 foo => 02:00:00:00:00:00:00
	add -m 01:00:00:00:00:00 foo => 01:00:00:00:00:00
	add -m 00:00:00:00:00:00 foo => 00:00:00:00:00:00
	add -M 67 foo => 67
	add -M 65536 foo => 65536
	add -M 1500x foo => 1500x
	add -M -1 foo => -1
	add -M 1000 -L fc00::2 foo => 1000
	add -N 1234567890123456 foo => 1234567890123456
	add -N eth%d foo => eth%d
	add -i . foo => .
	add -i a:b foo => a:b
	add -n .. foo => ..
	add -n pid:0 foo => pid:0
	add -n pid:x foo => pid:x
	add --move a/b foo => --move: invalid interface name: a/b
	add --move p0 --move p0 foo => given twice: p0
	add --move eth0 foo => eth0
	add --macvlan p0::frob foo => unknown macvlan mode: p0::frob
	add --macvlan p0:a:l2 foo => unknown macvlan mode: p0:a:l2
	add --macvlan p0:a/b foo => p0:a/b
	add --macvlan :a foo => :a
	add --macvlan p0 --macvlan p0 foo => given twice: mv-p0
	add --macvlan p0:eth0 foo => eth0
	add --ipvlan p0:a:bridge foo => unknown ipvlan mode: p0:a:bridge
	add --pair a/b foo => a/b
	add --pair a:host foo => --pair: not KEY=VALUE: host
	add --pair a:via=10.1.1.1 foo => via
	add --pair a:host=10.1.1.256 foo => 10.1.1.256
	add --pair a:host=10.1.1.1,bridge=br0 foo => 10.1.1.1
	add --pair a:mtu=5 foo => 5
	add --pair a --pair a foo => two pairs with the same name: a
	add --pair eth0 foo => two pairs with the same name: eth0
	add --pair c-foo -N x foo => two pairs with the same name: c-foo
	add --pair a --pair b --pair c --pair d --pair e --pair f --pair g --pair h --pair i foo => more than 8 extra pairs: i
	add --no-pair -L 10.1.1.1 foo => --no-pair conflicts with an address
	add --no-pair -b br0 foo => --no-pair conflicts with a bridge
	del -H 10.1.1.1 foo => del takes no --host-address
	show -D foo => show takes no --no-default-route
	END
	run in_world mkveth add -H '' foo
	assert_failure 2
	run in_world mkveth add -n '' foo
	assert_failure 2
	run in_world mkveth add ''
	assert_failure 2
	run in_world mkveth
	assert_failure 2
	assert_equal "$(in_world whole_state)" "$before"
	run in_world ls /run/netns
	assert_output net-foo
}

MORE=(--pair veth1:host=10.5.5.1,local=10.5.5.2,mtu=1400,mac=02:00:00:00:00:07
	--pair veth2:host=fc05::1/64,local=fc05::2/64 --pair veth3)
export MORE_ARGS="${MORE[*]}"

# more_is_complete - the pairs of MORE exist, besides the example
more_is_complete() {
	example_is_complete_too &&
	[[ $(links) == 'c-foo lo veth1 veth2 veth3' && $(inside) == 'eth0 lo veth1 veth2 veth3' ]] &&
	[[ $(addrs '' veth1) == 10.5.5.1/32 && $(addrs net-foo veth1) == 10.5.5.2/32 ]] &&
	[[ $(routes '' veth1) == 10.5.5.2 && $(routes net-foo veth1) == 10.5.5.1 ]] &&
	[[ $(addrs '' veth2) == fc05::1/64 && $(addrs net-foo veth2) == fc05::2/64 ]] &&
	[[ $(ip -n net-foo -j link show veth1 | jq -r '.[0] | .address + " \(.mtu)"') == '02:00:00:00:00:07 1400' ]]
}
example_is_complete_too() { [[ $(addrs '' c-foo) == 10.231.136.1/32* && $(addrs net-foo eth0) == 10.231.136.2/32* ]]; }
export -f more_is_complete example_is_complete_too

@test "further pairs of a container are removed with it" {
	in_world mkveth add "${EXAMPLE[@]}" "${MORE[@]}" foo
	in_world more_is_complete
	in_world mkveth add "${EXAMPLE[@]}" "${MORE[@]}" foo
	in_world more_is_complete
	assert_equal "$(in_world talk '' net-foo 10.5.5.2)" 10.5.5.1
	assert_equal "$(in_world talk '' net-foo '[fc05::2]' 6)" \
		'[fc05:0000:0000:0000:0000:0000:0000:0001]'
	in_world mkveth del foo
	assert_equal "$(in_world links)" lo
	in_world nothing_is_left
	in_world mkveth add --no-pair "${MORE[@]}" foo
	assert_equal "$(in_world links)" 'lo veth1 veth2 veth3'
	in_world mkveth del --wait foo
	in_world nothing_is_left
}

@test "show prints further pairs, too, and also without a main pair" {
	in_world mkveth add "${EXAMPLE[@]}" --pair veth1:host=10.5.5.1 foo
	in_world mkveth add --no-pair --pair veth2 bar
	in_world mkveth add --no-pair baz
	run --separate-stderr in_world mkveth show --json
	assert_equal "$(jq -c 'map([.name, .host.ifname, .local.ifname, .host.altname, .host.addresses[0]])' <<<"$output")" \
		'[["bar","veth2","veth2","c-bar_1",null],["foo","c-foo","eth0",null,"10.231.136.1/32"],["foo","veth1","veth1","c-foo_1","10.5.5.1/32"]]'
	run in_world mkveth show foo
	assert_line --index 2 --regexp '^foo host veth1 .* addr 10.5.5.1/32 altname c-foo_1$'
	assert_line --index 3 --regexp '^foo local veth1 .* netns net-foo$'
	assert_equal "${#lines[@]}" 4
	run in_world mkveth show --json baz
	assert_failure 1
	assert_line --index 1 '[]'
}

@test "further pairs that are not given any more are removed, new ones added, in any order" {
	in_world mkveth add "${EXAMPLE[@]}" --pair a --pair b --pair c foo
	in_world mkveth add "${EXAMPLE[@]}" --pair d --pair c --pair b:host=10.5.5.1 foo
	assert_equal "$(in_world links)" 'b c c-foo d lo'
	assert_equal "$(in_world inside)" 'b c d eth0 lo'
	assert_equal "$(in_world addrs '' b)" 10.5.5.1/32
	in_world example_is_complete_too
	# One that the container has removed, and one at each end of the list.
	in_world ip -n net-foo link del c
	in_world mkveth add "${EXAMPLE[@]}" --pair b --pair e foo
	assert_equal "$(in_world links)" 'b c-foo e lo'
	in_world mkveth add "${EXAMPLE[@]}" foo
	in_world example_is_complete
	in_world mkveth add --pair 1 --pair 2 --pair 3 --pair 4 --pair 5 --pair 6 --pair 7 --pair 8 foo
	in_world ip -n net-foo link del 1
	in_world mkveth del foo
	assert_equal "$(in_world links)" lo
	in_world nothing_is_left
}

@test "further pairs that are not given go when the main pair is added" {
	in_world mkveth add --no-pair --pair a --pair b foo
	in_world mkveth add "${EXAMPLE[@]}" --pair b foo
	assert_equal "$(in_world links)" 'b c-foo lo'
	in_world mkveth del foo
	in_world mkveth add --no-pair --pair a foo
	in_world mkveth add "${EXAMPLE[@]}" foo
	in_world example_is_complete
	assert_equal "$(in_world links)" 'c-foo lo'
	in_world mkveth del foo
	in_world mkveth add --no-pair --pair a foo
	in_world mkveth add --no-pair foo
	assert_equal "$(in_world links)" lo
	in_world mkveth del foo
	in_world nothing_is_left
}

@test "a further pair can be on a bridge, and of a container with a long name" {
	local name=a-rather-long-name-of-a-container-with-63-characters-0123456789
	in_world ip link add br1 type bridge
	in_world ip addr add 10.2.0.1/24 dev br1
	in_world ip link set br1 up
	in_world mkveth add --pair x1:bridge=br1,local=10.2.0.2/24 "$name"
	run in_world ip -j link show master br1
	assert_equal "$(jq -r 'map(.ifname) | join(" ")' <<<"$output")" x1
	assert_equal "$(in_world talk '' "net-$name" 10.2.0.2)" 10.2.0.1
	in_world ip link show "c-${name}_1"
	in_world mkveth del "$name"
	assert_equal "$(in_world links)" 'br1 lo'
}

@test "another container's further pair is neither used nor removed" {
	in_world mkveth add --pair veth1 bar
	run in_world mkveth add "${EXAMPLE[@]}" --pair veth0 --pair veth1 foo
	assert_failure 1
	assert_output "mkveth: add foo: link veth1: belongs to another container"
	assert_equal "$(in_world links)" 'c-bar lo veth1'
	in_world ip link add veth2 type bridge
	run in_world mkveth add --pair veth2 foo
	assert_failure 1
	assert_output --partial 'link veth2: not made by mkveth'
	in_world ip link property add dev veth2 altname c-foo_1
	in_world mkveth add --pair veth3 foo
	in_world mkveth del foo
	assert_equal "$(in_world links)" 'c-bar lo veth1 veth2'
}

# bats test_tags=long
@test "with further pairs, add does all or nothing, and can be repeated after a kill" {
	each_failure_more() {
		local call n
		for call in sendto recvfrom setns; do
			for ((n = 1; n < 80; n++)); do
				# shellcheck disable=SC2086 # words of a command
				if strace -qq -o "$LOG" -e "trace=?$call" \
				    -e "inject=?$call:error=ENOMEM:when=$n" \
				    mkveth add $EXAMPLE_ARGS $MORE_ARGS foo 2>/dev/null; then
					more_is_complete || { echo "$call $n: not all"; return 1; }
					mkveth del foo
				fi
				nothing_is_left || { echo "$call $n: something is left"; return 1; }
				grep -q INJECTED "$LOG" || break
			done
		done
		for ((n = 1; n < 80; n++)); do
			# shellcheck disable=SC2086 # words of a command
			strace -qq -o /dev/null -e trace=sendto \
				-e "inject=sendto:signal=KILL:when=$n" \
				mkveth add $EXAMPLE_ARGS $MORE_ARGS foo && break
			# shellcheck disable=SC2086 # words of a command
			((n % 2)) || { mkveth add $EXAMPLE_ARGS $MORE_ARGS foo && more_is_complete; } ||
				{ echo "kill $n: add does not finish"; return 1; }
			mkveth del foo && nothing_is_left ||
				{ echo "kill $n: del does not clean"; return 1; }
		done 2>/dev/null
		((n > 10))
	}
	LOG=$BATS_TEST_TMPDIR/log in_world each_failure_more
}

# ports - make a pair of host interfaces, p0 and p1
ports() { ip link add p0 type veth peer name p1 && ip link set p1 up && ip link set p0 up; }
# ports_are_back - both are on the host, and no container has left anything
ports_are_back() {
	nothing_dies
	[[ $(links) == 'lo p0 p1' ]] || return 1
	[[ -z $(ls -A /run/netns 2>/dev/null; ls -A /run/mkveth 2>/dev/null) ]]
}
# inside - the links in net-foo
inside() { ip -n net-foo -j link | jq -r 'map(.ifname) | sort | join(" ")'; }
export -f ports ports_are_back inside

@test "an interface is moved in, and moved back by del" {
	in_world ports
	in_world mkveth add "${EXAMPLE[@]}" --move p0 foo
	assert_equal "$(in_world inside)" 'eth0 lo p0'
	assert_equal "$(in_world links)" 'c-foo lo p1'
	run in_world mkveth add "${EXAMPLE[@]}" --move p0 foo
	assert_success
	assert_equal "$(in_world inside)" 'eth0 lo p0'
	in_world ip -n net-foo addr add 10.7.0.2/24 dev p0
	in_world ip -n net-foo link set p0 up
	in_world ip addr add 10.7.0.1/24 dev p1
	assert_equal "$(in_world talk '' net-foo 10.7.0.2)" 10.7.0.1
	run --separate-stderr in_world mkveth show --json foo
	assert_equal "$(jq -c 'map([.name, .netns, .host.ifname, .local.ifname, .local.kind])' <<<"$output")" \
		'[["foo","net-foo","c-foo","eth0",null],["foo","net-foo",null,"p0","moved"]]'
	in_world mkveth del foo
	in_world ports_are_back
	# A container without a pair, which renames the interfaces.
	in_world mkveth add --no-pair --move p0 --move p1 foo
	assert_equal "$(in_world inside)" 'lo p0 p1'
	assert_equal "$(in_world links)" lo
	in_world ip -n net-foo link set p0 down
	in_world ip -n net-foo link set p0 name lan0
	in_world ip -n net-foo link set p1 name p0
	in_world mkveth add --no-pair --move p0 --move p1 foo
	assert_equal "$(in_world inside)" 'lan0 lo p0'
	run -0 in_world mkveth show foo
	assert_output --regexp $'^foo local p0 ifindex [0-9]+ moved netns net-foo\nfoo local p1 ifindex [0-9]+ moved netns net-foo$'
	in_world mkveth del foo
	in_world ports_are_back
}

@test "an interface that cannot be moved is named, and all changes are undone" {
	in_world ports
	run in_world mkveth add "${EXAMPLE[@]}" --move p0 --macvlan p1 --move no0 foo
	assert_failure 1
	assert_output 'mkveth: add foo: interface no0: No such device'
	in_world ports_are_back
	run in_world mkveth add --move lo foo
	assert_failure 1
	assert_output 'mkveth: add foo: interface lo: Invalid argument'
	in_world mkveth add bar
	run in_world mkveth add --move c-bar foo
	assert_failure 1
	in_world mkveth del bar
	in_world ip netns add net-foo
	in_world ip -n net-foo link add p0 type veth
	run in_world mkveth add --move p0 foo
	assert_failure 1
	assert_output 'mkveth: add foo: interface p0 in net-foo: File exists'
	assert_equal "$(in_world links)" 'lo p0 p1'
	in_world mkveth del foo
	in_world ports_are_back
}

@test "a link that replaces a moved interface in the container does not move to the host" {
	in_world ports
	in_world mkveth add --move p0 foo
	in_world ip -n net-foo link del p0
	in_world ip -n net-foo link add p0 type bridge
	in_world mkveth del foo
	in_world nothing_is_left
	run in_world ls -A /run/mkveth
	assert_output ''
}

@test "a moved interface whose name is taken on the host is not lost: del fails" {
	in_world ports
	in_world mkveth add --move p0 foo
	in_world ip link add p0 type bridge
	run in_world mkveth del foo
	assert_failure 1
	assert_output 'mkveth: del foo: move p0 back from net-foo: File exists'
	assert_equal "$(in_world inside)" 'eth0 lo p0'
	in_world ip link del p0
	in_world mkveth del foo
	in_world ports_are_back
}

# state IFNAME - all of the interface that the container's root could change
state() {
	ip -j -d link show "$1" | jq -cS '.[0] | del(.ifindex, .stats64, .operstate, .linkmode, .qdisc,
		.flags, .link_index, .link_netnsid) + {altnames: ((.altnames // []) | sort),
		flags: (.flags - ["LOWER_UP", "NO-CARRIER", "M-DOWN"])}'
}
# foul NAMESPACE IFNAME - change all of it
foul() {
	local i
	for ((i = 0; i < 480; i++)); do
		printf 'link property add dev %s altname %0110d\n' "$2" $i
	done >"$BATS_TEST_TMPDIR/names"
	ip -n "$1" -force -batch "$BATS_TEST_TMPDIR/names" 2>/dev/null || :
	ip -n "$1" link set "$2" down || return 1
	for i in mine "$(printf '%0110d' 1)"; do
		# Linux 5.10 looks for them in the namespace that the interface left.
		! ip -n "$1" link show "$i" >/dev/null 2>&1 ||
			ip -n "$1" link property del dev "$2" altname "$i" || return 1
	done
	ip -n "$1" link property add dev "$2" altname c-victim &&
	ip -n "$1" link set "$2" alias $'of the\ncontainer' &&
	ip -n "$1" link set "$2" group 10231 promisc on allmulticast on arp off multicast off &&
	ip -n "$1" link set "$2" address 02:00:00:00:66:66 mtu 900 txqueuelen 7 mode dormant &&
	ip -n "$1" addr add 10.7.9.9/24 dev "$2" &&
	ip -n "$1" link set "$2" name c-victim2 &&
	ip -n "$1" link set c-victim2 up
}
export -f state foul

@test "an interface comes back as it went, whatever the container made of it" {
	returns() {
		local before up
		for up in up down; do
			ip link set p0 "$up" mtu 1400 address 02:00:00:00:00:50 alias "of the host" group 7
			before=$(state p0)
			mkveth add --move p0 foo
			foul net-foo p0 || return 1
			[[ $(ip -n net-foo -j link show c-victim2 | jq '.[0].altnames | length') -gt 400 ]] || return 1
			mkveth del foo
			ports_are_back || return 1
			[[ $(state p0) == "$before" ]] ||
				{ echo "$up: was $before"; state p0; return 1; }
			[[ $(ip -j addr show p0) != *10.7.9.9* ]] || return 1
		done
		# A start that fails half-way, and a namespace that is kept by others.
		before=$(state p0)
		! mkveth add --move p0 --move no0 foo 2>/dev/null || return 1
		[[ $(state p0) == "$before" ]] || return 1
		# Nothing of it is in the way.
		mkveth add victim && mkveth del --wait victim
	}
	in_world ports
	in_world ip link property add dev p0 altname mine
	in_world ip link property add dev p0 altname "$(printf '%0110d' 1)"
	BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR in_world returns
}

@test "a macvlan is made in the container, and removed by del at once" {
	local i
	in_world ports
	in_world ip addr add 10.7.0.1/24 dev p1
	in_world mkveth add --no-pair --macvlan p0 foo
	in_world mkveth add --no-pair --macvlan p0 foo
	assert_equal "$(in_world inside)" 'lo mv-p0'
	run in_world ip -n net-foo -br link show up
	assert_output --regexp '^lo '
	run in_world ip -n net-foo -d -j link show mv-p0
	assert_equal "$(jq -r '.[0].linkinfo | .info_kind + " " + .info_data.mode' <<<"$output")" 'macvlan bridge'
	in_world ip -n net-foo addr add 10.7.0.2/24 dev mv-p0
	in_world ip -n net-foo link set mv-p0 up
	assert_equal "$(in_world talk '' net-foo 10.7.0.2)" 10.7.0.1
	in_world mkveth del foo
	in_world ports_are_back
	# In mode passthru a macvlan occupies its parent.
	for i in 1 2 3; do
		in_world mkveth add --macvlan p0:lan0:passthru foo
		in_world mkveth del foo
	done
	in_world mkveth add --macvlan p0:a:private --macvlan p0:b:vepa --macvlan p1: bar
	run in_world ip -n net-bar -d -j link show type macvlan
	assert_equal "$(jq -c '[.[] | select(.ifname) | [.ifname, .linkinfo.info_data.mode]] | sort' <<<"$output")" \
		'[["a","private"],["b","vepa"],["mv-p1","bridge"]]'
	in_world mkveth del bar
	in_world ports_are_back
	in_world ip link set p1 down
	in_world ip link set p1 name abcdefghijklmno
	in_world mkveth add --no-pair --macvlan abcdefghijklmno foo
	assert_equal "$(in_world inside)" 'lo mv-abcdefghijkl'
}

@test "an ipvlan is made in the container" {
	in_world ports
	in_world ip link add iv0 link p1 type ipvlan 2>/dev/null || skip "the kernel has no ipvlan"
	in_world ip link del iv0
	in_world mkveth add --no-pair --ipvlan p0 --ipvlan p0:b:l2 foo
	assert_equal "$(in_world inside)" 'b iv-p0 lo'
	in_world mkveth add --ipvlan p1:c:l3s bar
	run in_world ip -n net-bar -d -j link show c
	assert_equal "$(jq -r '.[0].linkinfo | .info_kind + " " + .info_data.mode' <<<"$output")" 'ipvlan l3s'
	in_world mkveth del bar
	in_world mkveth del foo
	in_world ports_are_back
}

@test "interfaces move into a process's namespace, and back" {
	world_exec unshare -n sleep 100 3>&- &
	local pid=$!
	until_true 5 is_sleep "$pid"
	in_world ports
	in_world mkveth add -n "pid:$pid" --move p0 --macvlan p1 foo
	run nsenter -t "$pid" -n ip -j link
	assert_equal "$(jq -r 'map(.ifname) | sort | join(" ")' <<<"$output")" 'eth0 lo mv-p1 p0'
	in_world mkveth del -n "pid:$pid" foo
	run nsenter -t "$pid" -n ip -j link
	assert_equal "$(jq -r 'map(.ifname) | sort | join(" ")' <<<"$output")" lo
	in_world ports_are_back
	kill "$pid"
}

# bats test_tags=long
@test "after a kill at any step, del moves interfaces back" {
	each_kill_moved() {
		local call n verb calls
		mkveth add --move p0 foo && mkveth del foo
		for verb in add del; do
			unset seen
			declare -A seen=()
			if [[ $verb == add ]]; then
				set -- --move p0 --macvlan p1 foo
			else
				set -- foo
				mkveth add --move p0 --macvlan p1 foo
			fi
			strace -qq -o "$LOG" mkveth "$verb" "$@" || return 1
			mkveth del foo; ports_are_back || return 1
			mapfile -t calls < <(sed -n 's/^\([a-z_0-9]*\)(.*/\1/p' "$LOG")
			for call in "${calls[@]}"; do
				n=$((seen[$call] = ${seen[$call]-0} + 1))
				case $call in
				sendto|mount|umount2|unlink*|mkdir*|open*|ftruncate|write*|unshare) ;;
				*) continue ;;
				esac
				[[ $verb == add ]] || mkveth add --move p0 --macvlan p1 foo
				strace -qq -o /dev/null -e "trace=?$call" \
					-e "inject=?$call:signal=KILL:when=$n" \
					mkveth "$verb" "$@" && { echo "$verb $call $n: no kill"; return 1; }
				mkveth del foo && ports_are_back ||
					{ echo "$verb $call $n: not back"; return 1; }
			done 2>/dev/null
		done
	}
	in_world ports
	LOG=$BATS_TEST_TMPDIR/log in_world each_kill_moved
}

# bats test_tags=long
@test "with interfaces, if any system call fails, add does all or nothing" {
	each_failure_moved() {
		local call n
		for call in socket sendto recvfrom "$(our_open)" mkdir mkdirat ftruncate write setns; do
			for ((n = 1; n < 80; n++)); do
				if strace -qq -o "$LOG" -e "trace=?$call" \
				    -e "inject=?$call:error=ENOMEM:when=$n" \
				    mkveth add --move p0 --macvlan p1 foo 2>/dev/null; then
					[[ $(inside) == 'eth0 lo mv-p1 p0' ]] || { echo "$call $n: not all"; return 1; }
					mkveth del foo
				fi
				ports_are_back || { echo "$call $n: not back"; return 1; }
				grep -q INJECTED "$LOG" || break
			done
		done
	}
	in_world ports
	LOG=$BATS_TEST_TMPDIR/log in_world each_failure_moved
}

# batch [option...] - run mkveth batch with the lines on standard input
batch() { world_exec mkveth batch "$@"; }

@test "batch adds and deletes line by line" {
	run batch <<-END
	# a comment, an empty line

	add ${EXAMPLE[*]} foo   # the rest of a line
	  add "-H" '10.1.1.1' -L "10"'.1.1.2' bar
	add -H 10.1.2.1 -L 10.1.2.2 gone
	del gone
	del never-was
	END
	assert_success
	assert_output ''
	in_world example_is_complete
	assert_equal "$(in_world links)" 'c-bar c-foo lo'
	assert_equal "$(in_world talk '' net-bar 10.1.1.2)" 10.1.1.1
	assert_equal "$(in_world ls /run/netns | tr '\n' ' ')" 'net-bar net-foo '
	run batch < <(printf 'del --wait foo\ndel bar')
	assert_success
	in_world nothing_is_left
	run batch </dev/null
	assert_success
}

@test "batch stops at the first line that fails, and undoes that line" {
	run batch <<-END
	add -L 10.1.1.2 foo

	add -L 10.1.1.2 bar
	add baz
	END
	assert_failure 1
	assert_output 'mkveth: line 3: add bar: route to 10.1.1.2 on c-bar: File exists'
	assert_equal "$(in_world links)" 'c-foo lo'
	assert_equal "$(in_world ls /run/netns)" net-foo
	run batch --keep-going <<-END
	add -b br7 bar
	add -n pid:4194304 bar
	add -L 10.1.1.2 bar
	add -H 10.1.2.1 -L 10.1.2.2 baz
	END
	assert_failure 1
	assert_line --index 0 'mkveth: line 1: add bar: bridge br7: No such device'
	assert_line --index 1 'mkveth: line 2: add bar: network namespace pid:4194304: No such file or directory'
	assert_line --index 2 'mkveth: line 3: add bar: route to 10.1.1.2 on c-bar: File exists'
	assert_equal "${#lines[@]}" 3
	in_world nothing_dies
	assert_equal "$(in_world links)" 'c-baz c-foo lo'
	assert_equal "$(in_world ls /run/netns | tr '\n' ' ')" 'net-baz net-foo '
	assert_equal "$(in_world talk '' net-baz 10.1.2.2)" 10.1.2.1
}

@test "a wrong line is named, with exit status 2, before any line is executed" {
	local bad
	while IFS= read -r bad; do
		run batch --keep-going < <(printf 'add foo\n\n%s\nadd bar\n' "${bad%% => *}")
		[[ $status == 2 ]] || fail "$bad: status $status: $output"
		assert_output --partial "mkveth: line 3: ${bad##* => }"
		assert_equal "${#lines[@]}" 1
	done <<-'END'
	frob => unknown verb: frob; see --help
	ad foo => unknown verb: ad; did you mean add?
	add => add: missing argument; see --help
	add foo bar => add: unexpected argument: bar
	add foo+bar => invalid container name "foo+bar"
	add -H 10.1.1.256 foo => --host-address: invalid interface address: 10.1.1.256
	add 'foo => unterminated quote
	add "" => invalid container name ""
	add --mtu => --mtu: missing argument MTU
	add foo -M => --mtu: missing argument MTU
	show => not add, verify or del: show
	batch => not add, verify or del: batch
	--help => not add, verify or del: --help
	help add => not add, verify or del: --help
	add --version => not add, verify or del: --version
	add --frob foo => unknown option: --frob; see --help
	add -x foo => unknown option: -x; see --help
	add --no-pair=1 foo => --no-pair takes no argument
	del -H 10.1.1.1 foo => del takes no --host-address
	END
	run batch < <(head -c 5000 /dev/zero | tr '\0' a)
	assert_failure 2
	assert_output 'mkveth: line 1: longer than 4095 bytes'
	run batch < <(yes | head -n 200 | tr '\n' ' ')
	assert_failure 2
	assert_output 'mkveth: line 1: more than 128 words'
	run batch < <(printf 'add foo\0')
	assert_failure 2
	run batch foo </dev/null
	assert_failure 2
	in_world nothing_is_left
	run in_world ls /run/mkveth.lock
	assert_failure
}

@test "a batch uses one socket on the host and one in each namespace" {
	local all
	all=$(for i in {1..20}; do echo "add -H 10.1.$i.1 -L 10.1.$i.2 c$i"; done)
	in_world strace -qq -o "$BATS_TEST_TMPDIR/log" -e trace=socket \
		mkveth batch <<<"$all"
	assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/log")" 21
	assert_equal "$(grep -c '= [0-9]$' "$BATS_TEST_TMPDIR/log")" 21
	assert_equal "$(in_world talk '' net-c20 10.1.20.2)" 10.1.20.1
	in_world strace -qq -o "$BATS_TEST_TMPDIR/log" -e trace=socket \
		mkveth batch < <(printf 'del c%d\n' {1..20})
	assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/log")" 1
	in_world nothing_is_left
}

@test "a line of a batch can name the namespace of a process" {
	world_exec unshare -n sleep 100 3>&- &
	local pid=$!
	until_true 5 is_sleep "$pid"
	run batch <<<"add ${EXAMPLE[*]} -n pid:$pid foo"
	assert_success
	run nsenter -t "$pid" -n ip -j addr show eth0
	assert_output --partial 10.231.136.2
	run batch <<<"del -n pid:$pid foo"
	assert_success
	run nsenter -t "$pid" -n ip -j link
	assert_equal "$(jq -r 'map(.ifname) | join(" ")' <<<"$output")" lo
	kill "$pid"
}

@test "--help and --version print and succeed, -- ends options" {
	local verb
	for verb in add del show batch wait; do
		run -0 --separate-stderr mkveth $verb --help
		assert_line --index 0 --partial "usage: mkveth $verb"
		assert_equal "$(mkveth help $verb)" "$output"
	done
	run -0 --separate-stderr mkveth --help
	assert_line --index 0 --partial 'usage: mkveth add'
	assert_line --regexp '^  wait +run a command'
	assert_equal "$(mkveth help)" "$output"
	run -0 mkveth del --help
	assert_output --partial --wait
	refute_output --partial --bridge
	for verb in '' add del show batch; do
		run --separate-stderr mkveth $verb --version
		assert_success
		assert_output --regexp '^[0-9.]+ \(.*\)$'
	done
	in_world mkveth add -- foo
	in_world mkveth show -- foo
	in_world mkveth del -- foo
	run -2 mkveth del -- foo --wait
	assert_output 'mkveth: del: unexpected argument: --wait'
}

@test "options may be anywhere before --, even before the verb" {
	in_world mkveth --mtu 1400 add foo -H 10.1.1.1 --local-address=10.1.1.2
	run -0 in_world mkveth --json show foo
	assert_equal "$(jq -r '.[0].local | "\(.mtu) \(.addresses[0])"' <<<"$output")" '1400 10.1.1.2/32'
	in_world mkveth del foo -w
	in_world nothing_is_left
}

@test "a missing capability is named" {
	run in_world capsh --drop=cap_net_admin -- -c 'mkveth add foo'
	assert_failure 1
	assert_output "mkveth: needs the capability cap_net_admin"
	run in_world capsh --drop=cap_sys_admin -- -c 'mkveth add foo'
	assert_failure 1
	assert_output "mkveth: needs the capability cap_sys_admin"
	in_world nothing_is_left
}

@test "the two capabilities that it keeps are enough" {
	in_world capsh --drop=cap_dac_override,cap_dac_read_search,cap_sys_ptrace,cap_chown,cap_fowner,cap_sys_chroot \
		-- -c "mkveth add $EXAMPLE_ARGS foo && mkveth add $EXAMPLE_ARGS foo && mkveth show foo && mkveth del foo"
	in_world nothing_is_left
}

# each_failure add-arguments - let each system call fail, in turn
#
# Each time add must succeed completely, or leave nothing.
each_failure() {
	local call n bad=0
	for call in socket sendto recvfrom mount unshare "$(our_open)" flock \
	    fcntl setns stat lstat fstat newfstatat ioctl mkdir mkdirat capset capget \
	    setsockopt; do
		for ((n = 1; n < 60; n++)); do
			if strace -qq -o "$LOG" -e "trace=?$call" \
			    -e "inject=?$call:error=ENOMEM:when=$n" \
			    mkveth add "$@" foo >/dev/null 2>&1; then
				example_is_complete || { echo "$call $n: incomplete"; bad=1; }
				mkveth del foo
			fi
			nothing_is_left || { echo "$call $n: something is left"; bad=1; ip link; ls -l /run/netns; }
			grep -q INJECTED "$LOG" || break
		done
	done
	return $bad
}

# bats test_tags=long
@test "if any system call fails, add does all or nothing" {
	export -f each_failure
	# shellcheck disable=SC2086 # words of a command
	LOG=$BATS_TEST_TMPDIR/log in_world each_failure $EXAMPLE_ARGS
}

# bats test_tags=long
@test "the same with an existing namespace: it stays unchanged" {
	each_failure_inside() {
		local call n bad=0
		ip netns add there
		for call in sendto recvfrom socket setns; do
			for ((n = 1; n < 60; n++)); do
				if strace -qq -o "$LOG" -e "trace=?$call" \
				    -e "inject=?$call:error=ENOMEM:when=$n" \
				    mkveth add -n there "$@" foo >/dev/null 2>&1; then
					mkveth del -n /run/netns/there foo
				fi
				[[ $(links) == lo ]] || bad=1
				[[ $(ip -n there -j link | jq -r 'map(.ifname) | join(" ")') == lo ]] || bad=1
				[[ $(ls /run/netns) == there ]] || bad=1
				((!bad)) || { echo "$call $n"; return 1; }
				grep -q INJECTED "$LOG" || break
			done
		done
	}
	export -f each_failure_inside
	# shellcheck disable=SC2086 # words of a command
	LOG=$BATS_TEST_TMPDIR/log in_world each_failure_inside $EXAMPLE_ARGS
}

# bats test_tags=long
@test "if any system call of a change fails, the old state is restored" {
	each_failed_change() {
		local call n before='' bad=0
		for call in sendto recvfrom socket setns; do
			for ((n = 1; n < 60; n++)); do
				mkveth add -H 10.1.1.1/24 -L 10.1.1.2 -H fc01::1 -L fc01::2/64 foo
				: "${before:=$(addrs '' c-foo; addrs net-foo eth0; routes '' c-foo; routes net-foo eth0)}"
				if strace -qq -o "$LOG" -e "trace=?$call" \
				    -e "inject=?$call:error=ENOMEM:when=$n" \
				    mkveth add "$@" foo >/dev/null 2>&1; then
					example_is_complete || { echo "$call $n: incomplete"; bad=1; }
				elif [[ $(addrs '' c-foo; addrs net-foo eth0; routes '' c-foo; routes net-foo eth0) != "$before" ]]; then
					echo "$call $n: not as before"; bad=1
				fi
				grep -q INJECTED "$LOG" || break
			done
		done
		return $bad
	}
	export -f each_failed_change
	# shellcheck disable=SC2086 # words of a command
	LOG=$BATS_TEST_TMPDIR/log in_world each_failed_change $EXAMPLE_ARGS
}

# each_kill command... - kill mkveth before each system call with effects, in turn
#
# BEFORE is run first each time.  After a kill, add must complete, and del remove.
each_kill() {
	local call n i calls
	eval "$BEFORE"
	strace -qq -o "$LOG" mkveth "$@" || return 1
	mapfile -t calls < <(sed -n 's/^\([a-z_0-9]*\)(.*/\1/p' "$LOG" |
		sed '/^execve$/d;/^exit_group$/d')
	declare -A seen=()
	for call in "${calls[@]}"; do
		n=$((seen[$call] = ${seen[$call]-0} + 1))
		# Other calls have no effects that are visible outside.
		case $call in
		sendto|mount|umount2|unlink*|mkdir*|open*|flock|unshare|setns) ;;
		*) continue ;;
		esac
		for i in add del; do
			mkveth del foo
			eval "$BEFORE"
			strace -qq -o /dev/null -e "trace=?$call" \
				-e "inject=?$call:signal=KILL:when=$n" mkveth "$@" \
				>/dev/null 2>&1 && { echo "$call $n: no kill"; return 1; }
			if [[ $i == add ]]; then
				# shellcheck disable=SC2086 # words of a command
				mkveth add $EXAMPLE_ARGS foo && example_is_complete ||
					{ echo "$call $n: add does not finish"; return 1; }
			else
				mkveth del foo && nothing_is_left ||
					{ echo "$call $n: del does not clean"; return 1; }
			fi
		done
	done 2>/dev/null
}
export -f each_kill

# bats test_tags=long
@test "after a kill at any step of add, add completes the network, and del removes it" {
	# shellcheck disable=SC2086 # words of a command
	LOG=$BATS_TEST_TMPDIR/log \
		BEFORE='umount -R /run/netns; rm -rf /run/netns /run/mkveth.lock' \
		in_world each_kill add $EXAMPLE_ARGS foo
}

# bats test_tags=long
@test "the same after a kill at any step of a change or a del" {
	# shellcheck disable=SC2086 # words of a command
	LOG=$BATS_TEST_TMPDIR/log BEFORE='mkveth add -H 10.1.1.1/24 -L 10.1.1.2/24 foo' \
		in_world each_kill add $EXAMPLE_ARGS foo
	in_world mkveth del foo
	LOG=$BATS_TEST_TMPDIR/log BEFORE="mkveth add $EXAMPLE_ARGS foo" \
		in_world each_kill del foo
}

@test "twenty networks are added concurrently, and deleted concurrently" {
	twenty() {
		local i pids=() pid
		for i in {1..20}; do
			mkveth "$1" ${2:+-H "10.8.$i.1" -L "10.8.$i.2"} "ctr$i" &
			pids+=($!)
		done
		for pid in "${pids[@]}"; do wait "$pid" || return 1; done
	}
	export -f twenty
	in_world twenty add 1
	run in_world mkveth show --json
	assert_equal "$(jq -r 'length' <<<"$output")" 20
	assert_equal "$(in_world talk '' net-ctr20 10.8.20.2)" 10.8.20.1
	run in_world findmnt -rno TARGET
	assert_equal "$(grep -c '^/run/netns/net-ctr' <<<"$output")" 20
	assert_equal "$(grep -c '^/run/netns$' <<<"$output")" 1
	in_world twenty del
	in_world nothing_is_left
}

# bats test_tags=long
@test "a thousand networks are added, shown and deleted" {
	local line='add -H 10.%d.%d.1 -L 10.%d.%d.2 -H fc00:%x::1 -L fc00:%x::2 m%d\n'
	for i in {1..1000}; do
		printf "$line" $((i / 256)) $((i % 256)) $((i / 256)) $((i % 256)) \
			"$i" "$i" "$i"
	done >"$BATS_TEST_TMPDIR/add"
	in_world mkveth batch <"$BATS_TEST_TMPDIR/add"
	in_world mkveth show --json >"$BATS_TEST_TMPDIR/shown"
	run -0 jq -r 'map(select(.local.addresses | length == 2)) | length' \
		"$BATS_TEST_TMPDIR/shown"
	assert_output 1000
	# show agrees with ip on the host's ends.
	diff <(jq -r '.[].host.ifname' "$BATS_TEST_TMPDIR/shown" | sort) \
		<(in_world ip -j link | jq -r '.[].ifname | select(. != "lo")' | sort)
	assert_equal "$(in_world talk '' net-m1000 10.3.232.2)" 10.3.232.1
	printf 'del m%d\n' {1..1000} | in_world mkveth batch
	in_world nothing_is_left
}

@test "twenty concurrent adds of one network make one" {
	same() {
		local i pids=() pid
		for i in {1..20}; do
			# shellcheck disable=SC2086 # words of a command
			mkveth add $EXAMPLE_ARGS foo &
			pids+=($!)
		done
		for pid in "${pids[@]}"; do wait "$pid" || return 1; done
	}
	in_world same
	in_world example_is_complete
	run in_world findmnt -rno TARGET
	assert_equal "$(grep -c '^/run/netns/net-foo$' <<<"$output")" 1
	in_world mkveth del foo
	in_world nothing_is_left
}

@test "twenty concurrent networks share one new namespace" {
	shared() {
		local i pids=() pid
		for i in {1..20}; do
			mkveth add -n all -N "e$i" "ctr$i" &
			pids+=($!)
		done
		for pid in "${pids[@]}"; do wait "$pid" || return 1; done
	}
	in_world shared
	run in_world findmnt -rno TARGET
	assert_equal "$(grep -c '^/run/netns/all$' <<<"$output")" 1
	run in_world ip -n all -j link
	assert_equal "$(jq length <<<"$output")" 21
}

# bats test_tags=long
@test "concurrent add and del of one name leave all or nothing" {
	mixed() {
		local i
		for i in {1..10}; do
			# shellcheck disable=SC2086 # words of a command
			mkveth add $EXAMPLE_ARGS foo &
			mkveth del foo &
			wait
			example_is_complete 2>/dev/null || nothing_is_left || return 1
		done
	}
	in_world mixed
}

@test "add does not list links, and makes few system calls" {
	in_world mkveth add before
	# shellcheck disable=SC2086 # words of a command
	in_world strace -qq -o "$BATS_TEST_TMPDIR/log" -e trace=network,desc,file,process \
		mkveth add $EXAMPLE_ARGS foo
	run grep -c NLM_F_DUMP "$BATS_TEST_TMPDIR/log"
	assert_output 0
	[[ $(file -L "$(type -P mkveth)") == *"statically linked"* ]] || skip "counts calls of the static build"
	[[ $BUILD != *sanitize* ]] || skip "counts calls of the static build"
	(($(wc -l <"$BATS_TEST_TMPDIR/log") <= 50))
	(($(grep -c ^send "$BATS_TEST_TMPDIR/log") <= 4))
}

@test "the static binary is no larger than 104 KiB, or 130 on arm64" {
	[[ $(file -L "$(type -P mkveth)") == *"statically linked"*stripped* ]] || skip "not the static build"
	local most=104
	[[ $(uname -m) != aarch64 ]] || most=130
	(($(stat -Lc %s "$(type -P mkveth)") <= most * 1024))
}

@test "wait executes its command when add --release has made the network" {
	in_world ip netns add net-foo
	world_exec ip netns exec net-foo mkveth wait -- \
		sh -c 'ip -br addr show eth0; ip route; exit 7' >"$BATS_TEST_TMPDIR/out" 3>&- &
	waiter=$!
	in_world mkveth add -H 10.231.136.1 -L 10.231.136.2 foo
	sleep 0.2
	assert_equal "$(cat "$BATS_TEST_TMPDIR/out")" ""
	in_world mkveth add --release -H 10.231.136.1 -L 10.231.136.2 foo
	local status=0
	wait "$waiter" || status=$?
	assert_equal "$status" 7
	grep -q 10.231.136.2/32 "$BATS_TEST_TMPDIR/out"
	grep -q default "$BATS_TEST_TMPDIR/out"
	run -127 in_world ip netns exec net-foo mkveth wait -- /no/such
	run -125 in_world mkveth wait
	assert_output "mkveth: wait: missing argument; see --help"
	run -125 in_world mkveth wait --frob x
	assert_output "mkveth: unknown option: --frob; see --help"
	in_world mkveth del foo
}

# waits PID - does it wait for the network now?
waits() { [[ $(tr '\0' ' ' <"/proc/$1/cmdline") == 'mkveth wait '* ]]; }

# slept PID - how often it has gone to sleep
slept() { awk '/^voluntary/ { print $2 }' "/proc/$1/status"; }

@test "wait sleeps until a link changes, so that many can wait at once" {
	in_world ip netns add net-foo
	in_world ip -n net-foo link set lo up
	world_exec ip netns exec net-foo mkveth wait -- true 3>&- &
	waiter=$!
	until_true 5 waits "$waiter"
	before=$(slept "$waiter")
	sleep 1
	after=$(slept "$waiter")
	((after - before < 20))
	in_world mkveth add --release -H 10.231.136.1 -L 10.231.136.2 foo
	wait "$waiter"
	in_world mkveth del foo
}

not_running() { [[ ! -e /proc/$1/exe ]]; }

@test "forged answers, as a container's root can send, are ignored" {
	"${TEST_CC:-cc}" -O1 -o "$BATS_TEST_TMPDIR/forge" "$TOP/t/lib/forge.c"
	in_world mkveth add foo
	# Time to forge an answer between two requests.
	world_exec strace -D -o /dev/null -e trace=sendto \
		-e inject=sendto:delay_exit=50000 mkveth add $EXAMPLE_ARGS foo 3>&- &
	pid=$!
	world_exec ip netns exec net-foo "$BATS_TEST_TMPDIR/forge" $pid 3>&- &
	forger=$!
	until_true 20 not_running $pid
	kill $forger
	wait $pid
	in_world example_is_complete
}

@test "an interface whose name begins with # is moved in and back" {
	in_world ip link add '#x"y' type veth peer name p1
	in_world mkveth add --move '#x"y' foo
	run -0 in_world mkveth show foo
	assert_output --partial '#x"y'
	in_world mkveth del --wait foo
	in_world ip link show '#x"y'
}

# differs LINE... - verify of the example prints these lines, in any order, exits
# with 1, and changes nothing: the next one prints them again
differs() {
	local i
	for i in 1 2; do
		run -1 --separate-stderr in_world mkveth verify "${EXAMPLE[@]}" foo
		assert_equal "$(sort <<<"$output")" "$(printf '%s\n' "$@" | sort)"
		assert_equal "$stderr" ''
	done
}

# same OPTION... - verify with these options prints nothing
same() {
	run -0 in_world mkveth verify "$@"
	assert_output ''
}

@test "verify prints what add would change on the host, and changes nothing" {
	in_world mkveth add "${EXAMPLE[@]}" foo
	same "${EXAMPLE[@]}" foo
	in_world ip addr del 10.231.136.1/32 dev c-foo
	in_world ip -6 route del fc00:231:136::2
	differs 'c-foo: address 10.231.136.1 is missing' \
		'c-foo: route to 10.231.136.2 is missing' \
		'c-foo: route to fc00:231:136::2 is missing'
	in_world mkveth add "${EXAMPLE[@]}" foo
	same "${EXAMPLE[@]}" foo
	in_world ip link set c-foo down
	differs 'c-foo: is down' 'c-foo: address fc00:231:136::1 is missing' \
		'c-foo: route to 10.231.136.2 is missing' \
		'c-foo: route to fc00:231:136::2 is missing'
	in_world mkveth add "${EXAMPLE[@]}" foo
	in_world ip link add br0 type bridge
	in_world ip link set c-foo master br0
	differs 'c-foo: is on bridge br0'
	in_world mkveth add "${EXAMPLE[@]}" foo
	in_world bash -c 'echo 1 >/proc/sys/net/ipv6/conf/c-foo/accept_ra'
	differs 'c-foo: accepts router advertisements or redirects'
	in_world mkveth add "${EXAMPLE[@]}" foo
	same "${EXAMPLE[@]}" foo
}

@test "verify prints what add would change in the container" {
	in_world mkveth add "${EXAMPLE[@]}" foo
	in_world ip -n net-foo route del default
	in_world ip -n net-foo addr del 10.231.136.2/32 dev eth0
	in_world ip -n net-foo link set lo down
	differs 'lo in net-foo: is down' \
		'eth0 in net-foo: address 10.231.136.2 is missing' \
		'eth0 in net-foo: route to 10.231.136.1 is missing' \
		'eth0 in net-foo: default route via 10.231.136.1 is missing'
	in_world mkveth add "${EXAMPLE[@]}" foo
	same "${EXAMPLE[@]}" foo
	in_world ip -n net-foo link set eth0 down
	in_world ip -n net-foo link set eth0 name $'\e[31m'
	differs 'link c-foo: its peer is \x1b[31m, not eth0'
}

@test "verify prints what add would remove, MTU, MAC address and other addresses" {
	needs_kernel 5.18
	in_world mkveth add "${EXAMPLE[@]}" foo
	run -1 in_world mkveth verify -H 10.231.136.1 -L 10.231.136.2 -M 1400 \
		-m 02:00:00:00:00:01 foo
	assert_line 'c-foo: MTU is 1500, not 1400'
	assert_line --regexp '^eth0 in net-foo: MAC address is (..:){5}.., not 02:00:00:00:00:01$'
	assert_line 'c-foo: address fc00:231:136::1 is not in its settings'
	assert_line 'c-foo: route to fc00:231:136::2 is not in its settings'
	assert_line 'eth0 in net-foo: default route via fc00:231:136::1 is not in its settings'
	refute_line --partial 'address 10.231.136'
	refute_line --partial 'via 10.231.136.1'
	# Each line once
	assert_equal "$(sort <<<"$output" | uniq -d)" ''
	in_world example_is_complete
}

@test "verify says nothing of what others have set" {
	in_world mkveth add "${EXAMPLE[@]}" foo
	in_world ip -n net-foo addr add 10.9.9.9/24 dev eth0
	in_world ip -n net-foo route add 10.8.0.0/24 via 10.9.9.1
	in_world ip addr add 10.9.8.1/24 dev c-foo
	in_world ip route add 10.7.0.0/24 dev c-foo
	# The container sets the same as mkveth.
	in_world ip -n net-foo addr del 10.231.136.2/32 dev eth0
	in_world ip -n net-foo addr add 10.231.136.2/32 dev eth0
	in_world ip -n net-foo route replace 10.231.136.1 dev eth0 proto static
	in_world ip -n net-foo route replace default via 10.231.136.1 proto static
	same "${EXAMPLE[@]}" foo
}

@test "verify finds a network, a namespace and a bridge that are missing" {
	run -1 in_world mkveth verify foo
	assert_output 'network namespace net-foo: No such file or directory'
	in_world nothing_is_left
	in_world mkveth add "${EXAMPLE[@]}" foo
	in_world ip link del c-foo
	differs 'c-foo: is missing'
	in_world ip link add c-foo type bridge
	run -1 in_world mkveth verify "${EXAMPLE[@]}" foo
	assert_output --partial 'link c-foo: not made by mkveth'
	in_world ip link del c-foo
	in_world mkveth add "${EXAMPLE[@]}" foo
	in_world bash -c 'touch /run/kept && mount --bind /run/netns/net-foo /run/kept'
	in_world umount /run/netns/net-foo
	in_world ip netns add other
	in_world mount --bind /run/netns/other /run/netns/net-foo
	differs 'c-foo: its other end is not in net-foo'
	run -1 in_world mkveth verify -b br0 -L 10.0.0.2/24 foo
	assert_output 'bridge br0: No such device'
}

@test "verify looks at a bridge, further pairs and macvlans, too" {
	local all=(-b br0 -L 10.0.0.2/24 --pair v1:host=10.5.5.1,local=10.5.5.2
		--macvlan br0)
	in_world ip link add br0 type bridge
	in_world ip link set br0 up
	in_world mkveth add "${all[@]}" foo
	same "${all[@]}" foo
	in_world bridge link set dev c-foo learning on
	run -1 in_world mkveth verify "${all[@]}" foo
	assert_output 'c-foo: its port of the bridge learns MAC addresses'
	in_world bridge link set dev c-foo learning off
	local mac
	mac=$(in_world ip -n net-foo -j link show eth0 | jq -r '.[0].address')
	in_world bridge fdb del "$mac" dev c-foo master
	run -1 in_world mkveth verify "${all[@]}" foo
	assert_output 'c-foo: its MAC address is not fixed in the bridge'
	in_world ip link set c-foo nomaster
	in_world ip -n net-foo link del mv-br0
	run -1 in_world mkveth verify "${all[@]}" foo
	assert_output "c-foo: is not on bridge br0
mv-br0 in net-foo: is missing"
	in_world mkveth add "${all[@]}" foo
	run -1 in_world mkveth verify -b br0 -L 10.0.0.2/24 \
		--pair v2:host=10.6.6.1 foo
	assert_output "v2: is missing
v1: is not in its settings"
	same "${all[@]}" foo
}

@test "verify in a batch names the container, and goes on after differences" {
	in_world mkveth add "${EXAMPLE[@]}" foo
	run -1 --separate-stderr in_world mkveth batch <<-END
		verify bar
		verify ${EXAMPLE[*]} foo
		verify -n /no/such baz
		del foo
		verify ${EXAMPLE[*]} foo
	END
	assert_output "bar: network namespace net-bar: No such file or directory
baz: network namespace /no/such: No such file or directory
foo: network namespace net-foo: No such file or directory"
	assert_equal "$stderr" ''
	run -0 in_world mkveth batch <<<'verify --no-pair --check foo'
}

@test "verify exits with 2 if it cannot look" {
	in_world mkveth add foo
	run -2 in_world setpriv --bounding-set -sys_admin --inh-caps -all mkveth verify foo
	run -2 in_world mkveth verify
	run -2 in_world mkveth verify --no-such foo
}
