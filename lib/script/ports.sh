# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# ports.sh - source addresses, forwarded ports and NAT, in tables of nftables
#
# All that a container has are elements of maps and sets in the tables
# nixos-container, changed by one nft -f, which the kernel applies as a whole or
# not at all.

# elements_read FILE - set adding and deleting to commands for nft, and need4 and
# need6 to whether the host has to forward packets of this family for them
#
# A line is "SET ELEMENT".  No programs: each start does this.  An element that an
# older version wrote twice can be deleted only once.
elements_read() {
	adding='' deleting='' need4='' need6=''
	while read -r set element; do
		table=inet
		case $set in
		port*) table=bridge ;;
		forward4 | nat4) need4=1 ;;
		forward6 | nat6) need6=1 ;;
		esac
		element="element $table nixos-container $set { $element }$newline"
		case $adding in *"$element"*) continue ;; esac
		adding="${adding}add $element"
		deleting="${deleting}delete $element"
	done <"$1"
}

# nft_change COMMANDS - carry them out, and load the rules if they are not there
#
# Loading takes 20 ms, the elements alone 5 ms.  An empty set has the version of
# the rules as its name; flushing it fails if other rules are loaded, or none.
nft_change() {
	loaded="set inet nixos-container rules-$version" files='sets chains'
	case $1 in *' bridge '*)
		loaded="$loaded set bridge nixos-container rules-$version"
		files='sets chains bridge-sets bridge-chains' ;;
	esac
	# shellcheck disable=SC2086 # four words each
	said=$({
		printf 'flush %s %s %s %s\n' $loaded
		printf '%s' "$1"
	} | nft -f - 2>&1) || said=$({
		for part in $files; do cat "$nft_dir/$part"; done
		printf 'add %s %s %s %s { type mark; }\n' $loaded
		printf '%s' "$1"
	} | nft -f - 2>&1)
}

# ports_on - check source addresses, and forward what the settings ask for
#
# It comes before the container runs, so its first packet is checked.  The
# elements are kept in a file, as the settings may change meanwhile.  Those of
# before are deleted in the same transaction, so no packet slips by.
ports_on() {
	elements=$lock_dir/$name.forward new='' before=''
	[ -d "$lock_dir" ] || { mkdir -p "$lock_dir" && chmod 700 "$lock_dir"; }
	if [ -e "$elements" ]; then
		elements_read "$elements"
		before=$adding$deleting new=.new
	fi
	ctr-conf rules -- "$name" >"$elements$new" || exit
	elements_read "$elements$new"
	[ -z "$new" ] || cat "$elements$new" >>"$elements"
	if [ -n "$before$adding" ]; then elements_change; fi
	[ -z "$new" ] || mv "$elements$new" "$elements"
	[ -s "$elements" ] || rm -f "$elements"
}

# elements_change - without nft, or if it fails, only ports and NAT are missed
elements_change() {
	if ! command -v nft >/dev/null; then
		[ -z "$need4$need6" ] || need_program nft 'to forward its ports'
		ports_unchecked 'nft is missing'
	elif [ -n "$need4$need6" ]; then
		forwarding_on "$before$adding" || exit
	else
		switched=''
		[ ! -e "$sysctls" ] || switched=$(bridges)$newline
		nft_change "$switched$before$adding" || ports_unchecked "${said%%"$newline"*}"
	fi
}

# ports_unchecked WHY - start all the same
ports_unchecked() {
	[ -n "$before" ] || : >"$elements"
	say "$name: the source addresses of its packets are not checked: $1"
}

ports_failed() {
	ctr-conf check -- "$name" || exit
	printf '%s\n' "$said" >&2
	die 1 "$name: could not forward its ports; the error of nft is above"
}

# ports_local - let packets from the host's loopback go out through the links to
# forwarded ports
ports_local() {
	[ -e "$lock_dir/$name.forward" ] || return 0
	links=''
	while read -r set element; do
		case $set in
		links) links="$links $element" ;;
		forward4) break ;;
		esac
	done <"$lock_dir/$name.forward"
	[ "$set" = forward4 ] || return 0
	for link in $links; do
		link=${link#\"}
		need_sysctl "ipv4/conf/${link%\"}/route_localnet"
	done
}

# ports_off - remove the elements
#
# They are added first, so that deleting works even if they, or the table, are
# gone.  If nft fails the file stays, for the next cleanup.
ports_off() {
	elements=$lock_dir/$name.forward
	if [ -e "$elements" ]; then
		elements_read "$elements"
		[ -z "$adding" ] || ! command -v nft >/dev/null ||
			nft_change "$adding$deleting" || {
			printf '%s\n' "$said" >&2
			return 1
		}
		rm -f "$elements" "$elements.new"
	fi
	forwarding_off
}
