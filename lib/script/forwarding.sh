# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# forwarding.sh - the host forwards packets as long as a container needs that
#
# What is changed for that is in a file, "FAMILY KEY OLD NEW" a line: a value is
# put back if it is still NEW.  A family that the file has was not forwarded
# before, so the rules forward nothing else in it (set closed).  Callers hold the
# lock on the rules.
sysctls=$run_dir/.sysctls

# sysctl_get KEY - set value; a shell reads by bytes, and these files end after one
sysctl_get() {
	value=''
	read -r value <"/proc/sys/net/$1" || [ -n "$value" ]
} 2>/dev/null

need_sysctl() {
	sysctl_get "$1" && [ "$value" = 1 ] || sysctl_put "$1" 1 ||
		die 1 "$name: could not set net/$1 to 1, which the host needs to forward packets"
}

sysctl_put() { printf '%s\n' "$2" >"/proc/sys/net/$1"; } 2>/dev/null

# forwarding_on COMMANDS - carry out commands for nft, then forward packets
forwarding_on() {
	closing='' masters=''
	[ -z "$need4" ] || forwarding_begin 4 ipv4/ip_forward
	[ -z "$need6" ] || forwarding_begin 6 ipv6/conf/all/forwarding
	nft_change "$(bridges)$closing$newline$1" || return
	for master in $masters; do need_sysctl "$master"; done
}

# bridges - as commands for nft: what the bridges of the host switch is not closed.
# No administrator gives them odd names; the root of a plain container may.
bridges() {
	for bridge in /sys/class/net/*/bridge; do
		bridge=${bridge%/bridge} bridge=${bridge##*/}
		case $bridge in
		*[!a-zA-Z0-9_.@+-]*) ;;
		*)
			printf 'add element inet nixos-container switched { "%s" . "%s" }\n' "$bridge" "$bridge" ;;
		esac
	done
}

# forwarding_begin FAMILY KEY - record what is there, and close the family to all
# else; nothing if the administrator forwards it
forwarding_begin() {
	if ! changes_have "$1 $2"; then
		sysctl_get "$2" && [ "$value" = 0 ] || return 0
		changes_record "$1" "$2"
	fi
	[ "$1" != 6 ] || keep_ra
	masters="$masters $2"
	closing="$closing${newline}add element inet nixos-container closed { ipv$1 }"
}

# changes_record FAMILY KEY - also what the kernel changes with it: it sets the
# links, and on the way back, IPv4 redirects
changes_record() {
	changes_note "$1 $2 0 1"
	for key in /proc/sys/net/"ipv$1"/conf/*/forwarding; do
		key=${key#/proc/sys/net/}
		case $key in */all/*) continue ;; esac
		! sysctl_get "$key" || [ "$value" = 0 ] || changes_note "$1 $key $value 0"
	done
	[ "$1" = 6 ] || ! sysctl_get ipv4/conf/all/accept_redirects || [ "$value" != 0 ] ||
		changes_note '4 ipv4/conf/all/accept_redirects 0 1'
}

# changes_have "FAMILY KEY" - each start asks; grep would take a millisecond
changes_have() {
	[ -e "$sysctls" ] || return 1
	while read -r of key _; do
		[ "$of $key" != "$1" ] || return 0
	done <"$sysctls"
	return 1
}

# changes_note LINE - once: others may set the old value meanwhile
changes_note() { grep -qsxF "$1" "$sysctls" || printf '%s\n' "$1" >>"$sysctls"; }

# keep_ra - a host that forwards ignores router advertisements, and drops the
# routes by them, on links with accept_ra=1
keep_ra() {
	for key in /proc/sys/net/ipv6/conf/*/accept_ra; do
		key=${key#/proc/sys/net/}
		case $key in */all/*) continue ;; esac
		if sysctl_get "$key" && [ "$value" = 1 ]; then
			changes_note "6 $key 1 2"
			sysctl_put "$key" 2 || :
		fi
	done
}

# forwarding_off - put back what no container needs any more
forwarding_off() {
	[ -e "$sysctls" ] || return 0
	for family in 4 6; do
		grep -q "^$family " "$sysctls" || continue
		! grep -qsE "^(forward|nat)$family" "$run_dir"/*.forward || continue
		changes_undo "$family" || return
	done
	[ -s "$sysctls" ] || rm -f "$sysctls"
}

changes_undo() {
	while read -r of key old new; do
		if [ "$of" = "$1" ] && sysctl_get "$key" && [ "$value" = "$new" ]; then
			sysctl_put "$key" "$old" || :
		fi
	done <"$sysctls"
	element="element inet nixos-container closed { ipv$1 }$newline"
	! command -v nft >/dev/null || nft_change "add ${element}delete $element" || return
	grep -v "^$1 " "$sysctls" >"$sysctls.new" || :
	mv "$sysctls.new" "$sysctls"
}
