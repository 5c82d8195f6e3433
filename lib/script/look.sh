# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# look.sh - list and describe containers

# shellcheck disable=SC2086 # an option, or none
cmd_list() { exec ctr-conf list $form -- "$@"; }

# shellcheck disable=SC2086 # an option, or none, and names
cmd_show() {
	all_or_names "$@"
	[ "$all$form" != 1--json ] || exec ctr-conf list --json	# an array, though of one
	if [ -n "$all" ]; then
		chosen=$(ctr-conf list) || exit
	else
		find_named "$@"
	fi
	for each in $chosen; do
		set_name "$each"
		old_name note
	done
	[ -z "$chosen" ] || exec ctr-conf show $form -- $chosen
}

# shellcheck disable=SC2086 # an option, or none
cmd_verify() {
	[ -z "$all" ] || [ $# = 0 ] || usage "expected either names or --all: $1"
	exec ctr-verify $form -- "$@"
}

cmd_graph() { exec ctr-conf list --dot; }

cmd_show_ip() {
	need_name "$1"
	read_settings
	has_network || die 1 "$name: uses the network of the host, so it has no address of its own"
	addresses=$(ctr-conf get -- "$name" LOCAL_ADDRESS LOCAL_ADDRESS6) || exit
	address=${addresses%%"$newline"*}
	address=${address:-${addresses#*"$newline"}}
	[ -n "$address" ] || die 1 "$name: has no address of its own in $conf"
	printf '%s\n' "${address%%[/ ,]*}"
}

# cmd_show_host_key NAME - the key of its sshd, for known_hosts
cmd_show_host_key() {
	need_name "$1"
	for kind in ed25519 ecdsa rsa; do
		key=$(ctr-tree get "$root" "etc/ssh/ssh_host_${kind}_key.pub" - 2>/dev/null |
			head -c 16384)
		case $key in
		*[![:print:]]*) ;;
		ssh-*' '?* | ecdsa-*' '?*) printf '%s\n' "$key"; return ;;
		esac
	done
	die 1 "$name: no host key in $root/etc/ssh; its sshd makes one when it first starts"
}
