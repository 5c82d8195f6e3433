# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# network.sh - the network that the settings ask for, made by mkveth

network_up() { ctr-conf args --network "$name" -- mkveth add {} -- "$name"; }

# network_and_ports - the rules at the same time as the links, which takes less
# time; nothing runs in the container yet
network_and_ports() {
	ports_on &
	failed=0
	network_up || failed=$?
	wait "$!" || exit
	[ "$failed" = 0 ] || exit "$failed"
	strangers_forget
	{ exec 8>&-; loopback_on; } &	# each port takes some time
}

# network_later - the network of a container that systemd-nspawn starts now
#
# With a user namespace, systemd-nspawn makes the network namespace, too: only
# one that belongs to it can be administrated from inside.  mkveth adds the
# links while the container's first process waits for them.  This runs beside
# ctr-start, which took the place of this script ($$), and systemd-nspawn below it:
# if it fails, nothing in the container has run yet, and nothing must.
network_later() {
	netns=/run/netns/net-$name
	# A container that ran outside its unit leaves it.
	[ ! -e "$netns" ] || network_off || :
	# While systemd-nspawn prepares the tree.
	rules=''
	! ports_on || rules=1
	wait_for_leader || die 1 "$name: could not make its network:" \
		'systemd-nspawn started no process'
	mkdir -p /run/netns
	if [ -n "$rules" ] && : >"$netns" && mount --bind "/proc/$leader/ns/net" "$netns" &&
		network_up; then
		strangers_forget
		loopback_on
		return
	fi
	umount -l "$netns" 2>/dev/null || :
	rm -f "$netns"
	# The last: it ends systemd-nspawn, and so the unit and this process.
	say "$name: could not make its network, for the reason above"
	kill -9 "$leader"
	exit 1
}

# cmd_network NAME... - make the network of running containers whole again after
# others changed the host's: made a bridge anew, or took a link down
cmd_network() {
	all_or_names "$@"
	if [ -n "$all" ]; then
		(cmd_rules) || exit
		chosen=$(ctr-conf list) || exit
	else
		find_named "$@"
	fi
	failed=0
	for each in $chosen; do
		(network_repair "$each") || failed=$?
	done
	exit "$failed"
}

# network_repair NAME - with --all, those that have nothing to repair do not matter
network_repair() {
	need_name "$1"
	[ -z "$all" ] || running || return 0
	ctr-conf check --no-host -- "$name" || exit
	read_settings
	if ! has_network; then
		[ -z "$all" ] || return 0
		die 1 "$name: has no network of its own to repair" \
			"($conf does not set PRIVATE_NETWORK=1)"
	fi
	need_running
	# mkveth would make another one, which the container is not in.
	[ -e "/run/netns/net-$name" ] || die 1 "$name: its network namespace has lost its" \
		"name, /run/netns/net-$name; to repair that: nixos-container restart $name"
	network_renew
}

network_renew() { ports_on && network_up && strangers_forget --plain && loopback_on; }

# copy_resolv_conf [OPTION] - a container without name servers still starts
copy_resolv_conf() {
	[ "$COPY_RESOLV_CONF" = 1 ] || return 0
	set -- "$@" "$root"
	if has_network; then
		set -- --private-network "$@"
	elif [ -n "$NETWORK_NAMESPACE_PATH" ]; then
		servers_of_netns
		if [ -e "$servers" ]; then
			set -- --source "$servers" "$@"
		else
			set -- --private-network "$@"
		fi
	fi
	ctr-resolv copy "$@" || say "$name: continuing without the host's resolv.conf"
}

# servers_of_netns - set servers to the file that ip-netns(8) would show in this
# namespace; only one in /run/netns has a name
servers_of_netns() {
	case $NETWORK_NAMESPACE_PATH in
	/run/netns/* | /var/run/netns/*)
		servers=/etc/netns/${NETWORK_NAMESPACE_PATH##*/}/resolv.conf ;;
	*) servers='' ;;
	esac
}

# cmd_resolv - after the host's servers changed: to each running container
cmd_resolv() {
	systemctl list-units --plain --no-legend --state=active \
		'container@*.service' | while read -r active _; do
		active=${active#container@}
		set_name "${active%.service}"
		[ -e "$conf" ] || continue
		read_settings
		copy_resolv_conf --running
	done
}
