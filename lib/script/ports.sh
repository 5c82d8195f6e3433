# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# ports.sh - forwarded ports and outbound NAT, in one nftables table
#
# All are elements of maps and sets in the table inet nixos-container, added and
# deleted by one nft -f each, which the kernel applies as a whole or not at all.
# The chains that use them are the same for every container: each start flushes
# and fills them again.

# nft_sets - the table with its maps and sets
nft_sets() {
	cat <<-'END'
		add table inet nixos-container
		add map inet nixos-container forward4 { type inet_proto . inet_service : ipv4_addr . inet_service; }
		add map inet nixos-container forward6 { type inet_proto . inet_service : ipv6_addr . inet_service; }
		add set inet nixos-container nat4 { type ipv4_addr; }
		add set inet nixos-container nat6 { type ipv6_addr; }
		add set inet nixos-container links { type ifname; }
	END
}

# nft_chains - the chains that use them
#
# Forwarded ports work on a loopback address of the host, too.  That takes
# route_localnet on the container's link, so packets from there must neither
# come from nor go to such an address.
nft_chains() {
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

# nft_elements VERB - elements, "SET ELEMENT" a line, as commands for nft
nft_elements() { sed 's/^\([a-z46]*\) \(.*\)/'"$1"' element inet nixos-container \1 { \2 }/'; }

# ports_on - forward what the settings ask for
#
# The elements are kept in a file, as the settings may change meanwhile.
ports_on() {
	ports_off
	elements=$lock_dir/$name.forward
	mkdir -p "$lock_dir" && chmod 700 "$lock_dir"
	ctr-conf rules -- "$name" >"$elements"
	[ -s "$elements" ] || { rm -f "$elements"; return; }
	need_program nft 'to forward its ports'
	said=$({ nft_sets; nft_chains; nft_elements add <"$elements"; } | nft -f - 2>&1) ||
		ports_failed
	allow_forwarding
}

ports_failed() {
	rm -f "$elements"
	ctr-conf check -- "$name" || exit
	printf '%s\n' "$said" >&2
	die 1 "$name: could not forward its ports; the error of nft is above"
}

# allow_forwarding - let the host forward packets, its own from loopback too
allow_forwarding() {
	while read -r set element; do
		case $set in
		links) need_sysctl "ipv4/conf/${element#?}/route_localnet" ;;
		nat6 | forward6) need_sysctl ipv6/conf/all/forwarding ;;
		esac
	done <"$elements"
	need_sysctl ipv4/ip_forward
}

need_sysctl() {
	file=/proc/sys/net/$(printf '%s' "$1" | tr -d '"')
	[ "$(cat "$file")" = 1 ] || printf '1\n' >"$file" ||
		die 1 "$name: could not set $file to 1, which the host needs to forward packets"
}

# ports_off - remove the elements
#
# They are added first, so that deleting works even if they, or the table, are
# gone.  If nft fails the file stays, for the next cleanup.  sort -u: an element
# that an older version wrote twice can be deleted only once.
ports_off() {
	elements=$lock_dir/$name.forward
	[ -e "$elements" ] || return 0
	unique_elements=$(sort -u "$elements") || return 1
	{
		nft_sets
		printf '%s\n' "$unique_elements" | nft_elements add
		printf '%s\n' "$unique_elements" | nft_elements delete
	} | nft -f - || return 1
	rm -f "$elements"
}
