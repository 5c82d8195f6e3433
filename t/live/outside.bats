#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# How a fresh container, without options for its network, reaches other machines.
load container

# "Other machines" are a network namespace behind a link of the host.  None knows the
# addresses of containers.  One is the name server of the host's resolv.conf.
setup_file() {
	sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
	ip netns add far
	ip link add far0 type veth peer name eth0 netns far
	ip addr add 192.0.2.1/24 dev far0
	ip addr add 2001:db8:2::1/64 dev far0 nodad
	ip link set far0 up
	ip -n far addr add 192.0.2.2/24 dev eth0
	ip -n far addr add 192.0.2.53/24 dev eth0
	ip -n far addr add 2001:db8:2::2/64 dev eth0 nodad
	ip -n far addr add 2001:db8:2::53/64 dev eth0 nodad
	ip -n far link set eth0 up
	ip -n far link set lo up
	cp /etc/resolv.conf "$BATS_FILE_TMPDIR/resolv.conf"
	nft=$(command -v nft)
	export nft
	name_server 3>&-
}

teardown_file() {
	kill $servers
	ip netns del far
}

# name_server - any name is at 192.0.2.2 and 2001:db8:2::2
name_server() {
	cat >"$BATS_FILE_TMPDIR/server" <<-'END'
		use Socket qw(:all);
		my ($at, $s) = @ARGV;
		my $local = $at =~ /:/ ? pack_sockaddr_in6(53, inet_pton(AF_INET6, $at)) :
			pack_sockaddr_in(53, inet_aton($at));
		socket($s, sockaddr_family($local), SOCK_DGRAM, 0) and bind($s, $local) or die $!;
		while (my $from = recv($s, my $query, 512, 0)) {
			$query =~ /^(..).{10}((?:[^\0].*?)?\0(..)..)/s or next;
			my ($id, $question, $type) = ($1, $2, unpack("n", $3));
			my $data = $type == 1 ? inet_aton("192.0.2.2") :
				$type == 28 ? inet_pton(AF_INET6, "2001:db8:2::2") : "";
			my $answer = $data eq "" ? "" :
				pack("n n n N n/a", 0xc00c, $type, 1, 60, $data);
			send($s, $id . pack("n5", 0x8180, 1, $answer ne "", 0, 0) . $question . $answer,
				0, $from);
		}
	END
	servers=''
	for at in 192.0.2.53 2001:db8:2::53; do
		ip netns exec far perl "$BATS_FILE_TMPDIR/server" $at &
		servers+=" $!"
	done
	export servers
	until_true 10 sh -c '[ "$(ip netns exec far ss -Hlun | grep -c :53)" = 2 ]'
}

teardown() {
	rm -f /etc/NIXOS /etc/nixos-container.conf
	rm -rf /run/systemd/resolve
	[[ ! -e $nft.away ]] || mv "$nft.away" "$nft"
	cp "$BATS_FILE_TMPDIR/resolv.conf" /etc/resolv.conf
	ip addr replace 192.0.2.1/24 dev far0
	sysctl -qw net.ipv6.conf.default.disable_ipv6=0
	destroy_made
}

# reaches ADDRESS - by its packets, and with the answers
reaches() { inside ping -c 1 -W 3 "$1"; }

# resolves - a name that no file of the container's has
resolves() { inside nslookup server.example; }

# nothing_said NAME - create had nothing to say of what it lacks
nothing_said() {
	refute_line --partial "$1: to reach other machines"
	refute_line --partial "$1: the host has no name server"
}

# warned LINE - the last line of a create is this one
warned() { assert_equal "${lines[-1]}" "nixos-container: $name: $1"; }

@test "a fresh container reaches other machines by both families, and a name server" {
	run -0 create
	nothing_said "$name"
	grep -qx NAT=1 "$conf"
	for round in first second third; do
		reaches 192.0.2.2
		reaches 2001:db8:2::2
		run -0 resolves
		assert_output --partial 192.0.2.2
		assert_output --partial 2001:db8:2::2
		reaches server.example
		case $round in
		first) nixos-container restart "$name" ;;
		second) before=$(boots)
			inside reboot || :
			until_true 30 booted_after "$before" ;;
		esac
	done
	# No address of the container's is seen outside.
	run ! ip netns exec far ip route get "$(nixos-container show-ip "$name")"
	nixos-container verify "$name"
}

@test "both addresses of a fresh container have the same number, and are reached at once" {
	create
	low=$(ctr-conf get "$name" LOCAL_ADDRESS)
	IFS=. read -r _ _ third fourth <<<"$low"
	assert_equal "$(ctr-conf get "$name" LOCAL_ADDRESS6 | sed 's/.*:://')" \
		"$(printf %x $((third * 256 + fourth)))"
	nixos-container stop "$name"
	nixos-container start "$name"
	ping -c 1 -W 1 "$low"
	ping -c 1 -W 1 "$(ctr-conf get "$name" LOCAL_ADDRESS6)"
	run -0 ip netns exec "net-$name" ip -6 addr show dev eth0 scope global
	refute_output --partial tentative
}

@test "--set NAT=0 leaves it out, and addresses or a bridge that are given do" {
	run -0 create --set NAT=0
	nothing_said "$name"
	run -1 reaches 192.0.2.2
	also "$name-b"
	run -0 nixos-container create "$name-b" --no-start --host-address fc00:160::1 \
		--local-address fc00:160::2
	nothing_said "$name-b"
	run -1 grep -E 'NAT|_ADDRESS=' "$confs/$name-b.conf"
	also "$name-c"
	run -0 nixos-container create "$name-c" --no-start --set PRIVATE_NETWORK=0
	run -1 grep -E 'NAT|ADDRESS' "$confs/$name-c.conf"
	run -0 nixos-container create "$name-d" --dry-run
	assert_line '    NAT=1'
}

@test "on NixOS the host's configuration decides, and the last line says what to do" {
	: >/etc/NIXOS
	run -0 create
	warned "to reach other machines, it needs networking.nat of the host, or: nixos-container set $name NAT=1"
	run -1 grep NAT "$conf"
	run -1 reaches 192.0.2.2
	ctr-conf set "$name" NAT=1
	nixos-container restart "$name"
	reaches 192.0.2.2
	reaches 2001:db8:2::2
	also "$name-b"
	run -0 nixos-container create "$name-b" --no-start --nat
	nothing_said "$name-b"
	also "$name-c"
	run -0 nixos-container create -q "$name-c" --no-start
	assert_output ''
}

@test "without nft there is no NAT, and the last line says what to do" {
	mv "$nft" "$nft.away"
	run -0 create
	warned "to reach other machines, it needs nft on the host (nftables), and: nixos-container set $name NAT=1"
	run -1 reaches 192.0.2.2
	mv "$nft.away" "$nft"
	ctr-conf set "$name" NAT=1
	nixos-container restart "$name"
	reaches 192.0.2.2
}

@test "a host whose resolver answers on its loopback alone gives its upstream servers, or says so" {
	echo 'nameserver 127.0.0.1' >/etc/resolv.conf
	run -0 create
	warned "the host has no name server that it can reach; see ctr-resolv(8)"
	reaches 192.0.2.2
	mkdir -p /run/systemd/resolve
	echo 'nameserver 192.0.2.53' >/run/systemd/resolve/resolv.conf
	also "$name-b"
	run -0 nixos-container create "$name-b"
	nothing_said "$name-b"
	rm -r /run/systemd/resolve
	run -0 nixos-container run "$name-b" -- nslookup server.example
	# Servers that the container has by itself are its own affair.
	also "$name-c"
	run -0 nixos-container create "$name-c" --no-start --set COPY_RESOLV_CONF=0
	nothing_said "$name-c"
}

@test "a host with IPv6 alone is enough" {
	echo 'nameserver 2001:db8:2::53' >/etc/resolv.conf
	ip addr del 192.0.2.1/24 dev far0
	run ! ip -4 route get 192.0.2.2
	run -0 create
	nothing_said "$name"
	reaches 2001:db8:2::2
	run -0 resolves
	assert_output --partial 2001:db8:2::2
	inside ping -6 -c 1 -W 3 server.example
	# IPv4 fails at once, so programs go on with IPv6.
	run ! inside timeout 2 nc 192.0.2.2 9
	assert_output --partial unreachable
	nixos-container restart "$name"
	inside ping -6 -c 1 -W 3 server.example
	nixos-container verify "$name"
}

@test "a host without IPv6 gives IPv4 alone" {
	sysctl -qw net.ipv6.conf.default.disable_ipv6=1
	run -0 create
	sysctl -qw net.ipv6.conf.default.disable_ipv6=0
	run -1 grep ADDRESS6 "$conf"
	reaches 192.0.2.2
}

@test "the pool of the host's settings is used, and an error in it creates nothing" {
	echo 'ADDRESS_POOL="10.57.3.16/29 fd57::/64"' >/etc/nixos-container.conf
	create --no-start
	run -0 grep ADDRESS "$conf"
	assert_output $'HOST_ADDRESS=10.57.3.17\nLOCAL_ADDRESS=10.57.3.18\nHOST_ADDRESS6=fd57::1\nLOCAL_ADDRESS6=fd57::2'
	also "$name-b"
	nixos-container clone "$name" "$name-b"
	run -0 grep ADDRESS "$confs/$name-b.conf"
	assert_output $'HOST_ADDRESS=10.57.3.19\nLOCAL_ADDRESS=10.57.3.20\nHOST_ADDRESS6=fd57::3\nLOCAL_ADDRESS6=fd57::4'
	also "$name-c"
	nixos-container create --no-start "$name-c"
	also "$name-d"
	run -1 nixos-container create --no-start "$name-d"
	assert_output 'ctr-conf: no free pair of addresses in 10.57.3.16/29'
	nothing_left "$name-d"
	echo 'ADDRESS_POOL=10.57.3.16' >/etc/nixos-container.conf
	run -2 nixos-container create --no-start "$name-d"
	assert_output --partial 'ctr-conf: /etc/nixos-container.conf:1: ADDRESS_POOL: invalid network "10.57.3.16"'
	nothing_left "$name-d"
	nixos-container start "$name"
	reaches 192.0.2.2
}
