# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# ports.sh - source addresses, forwarded ports and NAT, in tables of nftables
#
# All that a container has are elements of maps and sets in the tables
# nixos-container, changed by one nft -f, which the kernel applies as a whole or
# not at all.

# nft_elements VERB - elements, "SET ELEMENT" a line, as commands for nft; those of
# links on a bridge are in a table of their own
nft_elements() {
	sed -e 's/^\(port[a-z46]*\) \(.*\)/'"$1"' element bridge nixos-container \1 { \2 }/' -e t \
		-e 's/^\([a-z46]*\) \(.*\)/'"$1"' element inet nixos-container \1 { \2 }/'
}

# nft_change COMMANDS - carry them out, and load the rules if they are not there
#
# Loading takes 20 ms, the elements alone 5 ms.  An empty set has the version of
# the rules as its name; flushing it fails if other rules are loaded, or none.
nft_change() {
	tables=inet
	case $1 in *' bridge '*) tables='inet bridge' ;; esac
	said=$({
		for table in $tables; do
			printf 'flush set %s nixos-container rules-%s\n' "$table" "$version"
		done
		printf '%s\n' "$1"
	} | nft -f - 2>&1) && return
	said=$({
		cat "$nft_dir/sets" "$nft_dir/chains"
		[ "$tables" = inet ] || cat "$nft_dir/bridge-sets" "$nft_dir/bridge-chains"
		for table in $tables; do
			printf 'add set %s nixos-container rules-%s { type mark; }\n' "$table" "$version"
		done
		printf '%s\n' "$1"
	} | nft -f - 2>&1)
}

# ports_on - check source addresses, and forward what the settings ask for
#
# It comes before the links are made, so their first packet is checked.  The
# elements are kept in a file, as the settings may change meanwhile.  In between
# the file has those of before, too: they are deleted in the same transaction.
ports_on() {
	elements=$lock_dir/$name.forward
	mkdir -p "$lock_dir" && chmod 700 "$lock_dir"
	ctr-conf rules -- "$name" >"$elements.new" || exit
	if [ ! -s "$elements.new" ]; then
		rm -f "$elements.new"
		ports_off
		return
	fi
	command -v nft >/dev/null || { ports_unchecked 'nft is missing'; return; }
	commands=$(elements_replace)
	mv "$elements.old" "$elements"
	if forwards "$elements.new"; then
		forwarding_on "$commands" || exit
	else
		nft_change "$commands" || ports_unchecked "${said%%"$newline"*}"
	fi
	mv "$elements.new" "$elements"
}

# elements_replace - as commands: delete the old elements, add the new ones
#
# What is deleted is added first, so that it works even if it is gone.  sort -u: an
# element that an older version wrote twice can be deleted only once.
elements_replace() {
	: >"$elements.old"
	if [ -e "$elements" ]; then
		sort -u "$elements" >"$elements.old"
		nft_elements add <"$elements.old"
		nft_elements delete <"$elements.old"
	fi
	nft_elements add <"$elements.new"
	cat "$elements.new" >>"$elements.old"
}

# forwards FILE - do these elements need the host to forward packets?
forwards() { grep -qE '^(forward|nat)' "$1"; }

# ports_unchecked WHY - start without checks, but not without the ports
ports_unchecked() {
	if forwards "$elements.new"; then
		rm -f "$elements.new"
		need_program nft 'to forward its ports'
	fi
	rm -f "$elements.new"
	say "$name: the source addresses of its packets are not checked: $1"
}

ports_failed() {
	rm -f "$elements.new"
	ctr-conf check -- "$name" || exit
	printf '%s\n' "$said" >&2
	die 1 "$name: could not forward its ports; the error of nft is above"
}

# ports_local - let packets from the host's loopback go out through the links to
# forwarded ports
ports_local() {
	grep -q '^forward4 ' "$lock_dir/$name.forward" 2>/dev/null || return 0
	while read -r set element; do
		case $set in
		links) need_sysctl "ipv4/conf/$(printf '%s' "$element" | tr -d '"')/route_localnet" ;;
		esac
	done <"$lock_dir/$name.forward"
}

# ports_off - remove the elements
#
# If nft fails the file stays, for the next cleanup.
ports_off() {
	elements=$lock_dir/$name.forward
	if [ -e "$elements" ]; then
		: >"$elements.new"
		commands=$(elements_replace)
		rm -f "$elements.new" "$elements.old"
		! command -v nft >/dev/null || nft_change "$commands" || {
			printf '%s\n' "$said" >&2
			return 1
		}
		rm -f "$elements"
	fi
	forwarding_off
}
