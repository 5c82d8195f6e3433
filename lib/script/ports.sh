# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# ports.sh - forwarded ports and outbound NAT, in one nftables table
#
# All are elements of maps and sets in the table inet nixos-container, added and
# deleted by one nft -f each, which the kernel applies as a whole or not at all.

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
	(need_program nft 'to forward its ports') || { rm -f "$elements"; exit 1; }
	said=$({ cat "$nft_dir/sets" "$nft_dir/chains"; nft_elements add <"$elements"; } | nft -f - 2>&1) ||
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
		cat "$nft_dir/sets"
		printf '%s\n' "$unique_elements" | nft_elements add
		printf '%s\n' "$unique_elements" | nft_elements delete
	} | nft -f - || return 1
	rm -f "$elements"
}
