# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# ports.sh - forwarded ports and outbound NAT, in one nftables table
#
# All of it is elements of maps and sets in the table inet nixos-container,
# put there and taken away by one nft -f each, which the kernel does whole or
# not at all.  The chains that look into them are the same for every container:
# each start flushes and fills them again, so that twice is once.

# forward_ports - the words of HOST_PORT as "proto hostport containerport"
#
# A word is [proto:]hostport[:containerport], as systemd-nspawn's --port has it.
# The last line says what is wrong, where this fails.
forward_ports() {
	[ -n "$HOST_PORT" ] || return 0
	printf '%s\n' "$HOST_PORT" | awk '
	function port(p) { return p ~ /^[1-9][0-9]*$/ && p < 65536 }
	function word(w,    part, n, i, proto, from, to) {
		n = split(w, part, ":")
		proto = "tcp"; i = 1
		if (part[1] !~ /^[0-9]/) proto = part[i++]
		from = part[i]; to = i < n ? part[i + 1] : from
		if (n > i + 1 || proto !~ /^(tcp|udp)$/ || !port(from) || !port(to)) {
			print "not a port to forward: " w "; one is [tcp:|udp:]HOSTPORT[:PORT]"
			exit 1
		}
		if (seen[proto, from]++) {
			print "the port " from " (" proto ") is forwarded twice: " w
			exit 1
		}
		print proto, from, to
	}
	{
		gsub(/,/, " ")
		for (i = 1; i <= NF; i++) word($i)
	}'
}

forward_check() {
	if [ -n "$HOST_PORT" ]; then
		wrong=$(forward_ports) || bad "HOST_PORT: ${wrong##*"$newline"}"
		[ -n "$LOCAL_ADDRESS$LOCAL_ADDRESS6" ] ||
			bad 'HOST_PORT needs LOCAL_ADDRESS or LOCAL_ADDRESS6'
	fi
	if yes NAT "$NAT" && [ -z "$LOCAL_ADDRESS$LOCAL_ADDRESS6" ]; then
		bad 'NAT needs LOCAL_ADDRESS or LOCAL_ADDRESS6'
	fi
}

# forward_sets - the table with its maps and sets
forward_sets() {
	cat <<-'END'
		add table inet nixos-container
		add map inet nixos-container forward4 { type inet_proto . inet_service : ipv4_addr . inet_service; }
		add map inet nixos-container forward6 { type inet_proto . inet_service : ipv6_addr . inet_service; }
		add set inet nixos-container nat4 { type ipv4_addr; }
		add set inet nixos-container nat6 { type ipv6_addr; }
		add set inet nixos-container links { type ifname; }
	END
}

# forward_chains - the chains that look into them
#
# A loopback address of the host is a way to forwarded ports too.  That takes
# route_localnet on the container's link, so nothing that comes from there may
# claim or seek such an address.
forward_chains() {
	cat <<-'END'
		add chain inet nixos-container guard { type filter hook prerouting priority raw; }
		add chain inet nixos-container prerouting { type nat hook prerouting priority dstnat; }
		add chain inet nixos-container output { type nat hook output priority -100; }
		add chain inet nixos-container postrouting { type nat hook postrouting priority srcnat; }
		flush chain inet nixos-container guard
		flush chain inet nixos-container prerouting
		flush chain inet nixos-container output
		flush chain inet nixos-container postrouting
		add rule inet nixos-container guard iifname @links ip daddr 127.0.0.0/8 drop
		add rule inet nixos-container guard iifname @links ip saddr 127.0.0.0/8 drop
		add rule inet nixos-container prerouting fib daddr type local dnat ip to meta l4proto . th dport map @forward4
		add rule inet nixos-container prerouting fib daddr type local dnat ip6 to meta l4proto . th dport map @forward6
		add rule inet nixos-container output fib daddr type local dnat ip to meta l4proto . th dport map @forward4
		add rule inet nixos-container output ip6 daddr != ::1 fib daddr type local dnat ip6 to meta l4proto . th dport map @forward6
		add rule inet nixos-container postrouting oifname @links ip saddr 127.0.0.0/8 masquerade
		add rule inet nixos-container postrouting ip saddr @nat4 oifname != @links masquerade
		add rule inet nixos-container postrouting ip6 saddr @nat6 oifname != @links masquerade
	END
}

# forward_elements - what this container has in the table, "set element" a line
forward_elements() {
	# A bridge is not the container's alone: its packets are not told apart.
	[ -n "$HOST_BRIDGE" ] || printf 'links "%s"\n' \
		"$(mkveth show "$name" | awk '$2 == "host" { print $3; exit }')"
	forward_family 4 "${LOCAL_ADDRESS%%/*}"
	forward_family 6 "${LOCAL_ADDRESS6%%/*}"
}

forward_family() {
	[ -n "$2" ] || return 0
	! yes NAT "$NAT" || printf 'nat%s %s\n' "$1" "$2"
	forward_ports | while read -r proto from to; do
		printf 'forward%s %s . %s : %s . %s\n' "$1" "$proto" "$from" "$2" "$to"
	done
}

# forward_nft VERB - the elements of standard input as commands for nft
forward_nft() { sed 's/^\([a-z46]*\) \(.*\)/'"$1"' element inet nixos-container \1 { \2 }/'; }

# forward_on - forward what the settings ask for; forward_off takes it away
#
# What was put there is kept in a file, for the settings may change meanwhile.
forward_on() {
	forward_off
	[ -n "$HOST_PORT" ] || yes NAT "$NAT" || return 0
	mkdir -p "$lock_dir" && chmod 700 "$lock_dir"
	forward_elements >"$lock_dir/$name.forward"
	said=$({ forward_sets; forward_chains; forward_nft add <"$lock_dir/$name.forward"; } |
		nft -f - 2>&1) || forward_failed
	forward_sysctl
}

forward_failed() {
	taken=$(forward_taken)
	rm -f "$lock_dir/$name.forward"
	[ -z "$taken" ] || die 1 "$name: $taken"
	printf '%s\n' "$said" >&2
	die 1 "$name: could not forward its ports ($HOST_PORT); what nft says of it is above"
}

# forward_taken - whose one of our ports is
forward_taken() {
	grep -s '^forward' "$lock_dir/$name.forward" "$lock_dir"/*.forward | awk '
	{
		split($1, part, /\.forward:/)
		sub(/.*\//, "", part[1])
		key = part[2] " " $2 " " $4
	}
	part[1] == name { ours[key]; next }
	key in ours {
		printf "port %s (%s) of the host is forwarded to %s\n", $4, $2, part[1]
		exit
	}' name="$name"
}

# forward_sysctl - let the host pass packets on, its own from loopback too
forward_sysctl() {
	sysctl=/proc/sys/net
	link=$(sed -n 's/^links "\(.*\)"/\1/p' "$lock_dir/$name.forward")
	for file in ipv4/ip_forward ${link:+"ipv4/conf/$link/route_localnet"} \
		${LOCAL_ADDRESS6:+ipv6/conf/all/forwarding}; do
		[ "$(cat "$sysctl/$file")" = 1 ] || printf '1\n' >"$sysctl/$file" ||
			die 1 "$name: could not set $sysctl/$file to 1, without which" \
				'the host does not pass its packets on'
	done
}

# Adding first makes it right for what is gone already, the table included.
# Where nft fails the file stays, for the next cleanup.  sort -u: an element
# that an older version wrote twice can be deleted only once.
forward_off() {
	file=$lock_dir/$name.forward
	[ -e "$file" ] || return 0
	elements=$(sort -u "$file") || return 1
	{
		forward_sets
		printf '%s\n' "$elements" | forward_nft add
		printf '%s\n' "$elements" | forward_nft delete
	} | nft -f - || return 1
	rm -f "$file"
}
