# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# launch.sh - become the container

# Each step adds words for systemd-nspawn and calls the next; the last executes
# it.
cmd_launch() {
	need_name "$1"
	old_name die 2
	ctr-conf check -- "$name" || exit
	read_settings
	first_build
	tree_wait
	wait_for_machine_end 10 || die 1 "$name: a machine of that name is running;" \
		"see: machinectl show $name"
	prepare_tree
	find_system
	copy_resolv_conf
	[ "$RESOLVE_CONTAINERS" != 1 ] || provide_hosts
	launch_base
}

# find_system - set system, which is kept as long as it runs if it is of the store,
# and init; without a system, the tree may boot by itself
find_system() {
	system=$SYSTEM_PATH
	[ -n "$system" ] || system=$(ctr-gcroot -- path "$name" 2>/dev/null) || system=''
	if [ -z "$system" ]; then
		init=$(ctr-tree init "$root" 2>/dev/null) ||
			die 2 "$name: has no system; to build one: nixos-container update $name"
		return
	fi
	init=$system/init
	ctr-gcroot init --trees "$state_dir" -- "$name"
	case $system in
	/nix/store/*)
		[ -e "$system/init" ] || [ -L "$system/init" ] ||
			die 2 "$name: its system is missing: $system/init"
		ctr-gcroot release "$name"
		ctr-gcroot -- hold "$name" "$system" ;;
	esac
}

# prepare_tree - what systemd-nspawn expects in the root
prepare_tree() {
	[ -d "$state_dir" ] || mkdir -p "$state_dir"
	chmod 700 "$state_dir"
	nspawn_lock "$name" || exit 2
	[ ! -L "$root" ] || die 2 "$name: $root is a link, not the root of a container"
	[ -d "$root" ] || mkdir -m 755 "$root"
	ctr-tree check "$root" || die 2 "$name: not started: systemd-nspawn would follow it"
	# Unlike a test, this follows no link of that name.
	mkdir "$root/usr" 2>/dev/null || :
}

launch_base() {
	# Of those that a tree has, only systemd says that it is ready.
	case $init in
	/sbin/init) notifies=no ;;
	*) notifies=yes ;;
	esac
	set -- --keep-unit --machine="$name" --directory="$root" --notify-ready=$notifies \
		--kill-signal=SIGRTMIN+3 --resolv-conf=off --timezone=off --link-journal=no \
		--setenv=PRIVATE_NETWORK="$PRIVATE_NETWORK"
	[ -d /run/systemd/system ] || set -- "$@" --register=no
	# Before 257 systemd-nspawn boots a system in /nix/store on cgroup v1, and
	# later ones do on a host with both; systemd 258 and later refuse to run in it.
	if [ -e /sys/fs/cgroup/cgroup.controllers ] ||
		[ -e /sys/fs/cgroup/unified/cgroup.controllers ]; then
		export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY="${SYSTEMD_NSPAWN_UNIFIED_HIERARCHY:-1}"
	fi
	# From 261 on it allows only a few address families without this option.
	# Its help names it, too, but takes several times as long.
	! grep -qs -e --restrict-address-families "$(command -v systemd-nspawn)" ||
		set -- "$@" --restrict-address-families=
	launch_sessions "$@"
}

# launch_sessions - what copies, and for every systemd ctr-console, and with it the two
# sockets
#
# systemd-nspawn makes the directories above a mount as the host's root, and then
# a systemd with users of its own could not write to /run/systemd: so the units
# are at a path that only the variable names.  It lists the usual ones first: units
# of these names in the container's own system win, and so do masks.
launch_sessions() {
	if sessions_make; then
		set -- "$@" --bind-ro="$sessions_dir:/run/ctrconsole"
		units=''
		for dir in /etc/systemd/system.control /run/systemd/system.control \
			/run/systemd/transient /run/systemd/generator.early \
			/etc/systemd/system /etc/systemd/system.attached \
			/run/systemd/system /run/systemd/system.attached /run/systemd/generator \
			/usr/local/lib/systemd/system /usr/lib/systemd/system /run/ctrconsole; do
			units=$units$dir:
		done
		# The colon at the end stands for all others that it knows.
		! sessions_wanted || set -- "$@" --setenv=SYSTEMD_UNIT_PATH="$units"
	fi
	launch_nix "$@"
}

# sessions_wanted - the minimal system serves its own; others without systemd
# never look there
sessions_wanted() {
	case $system in
	/nix/store/*) ;;
	*) return 0 ;;
	esac
	# Only the links themselves are read: a system may have some that lead away.
	[ -L "$system" ] || [ -L "$system/services" ] || [ ! -L "$system/services/ctr-console" ]
}

# sessions_make - a copy for this container alone, as its root may write to a
# program that it runs; beside the tree, as /run of some hosts is noexec
sessions_make() {
	set -- "$inside_dir/ctr-tree"
	! sessions_wanted || set -- "$@" "$inside_dir/sessions/." "$minimal/ctr-console"
	sessions_off && mkdir -m 755 "$sessions_dir" && cp -RP "$@" "$sessions_dir" && return
	say "$name: starts without what serves login, run and copies, for the reason above"
	return 1
}

# launch_nix - the store, and with all of it the daemon that adds to it
launch_nix() {
	store_off || die 1 "$name: cannot remove $store_view"
	if [ ! -d /nix/store ] || [ -z "$system" ]; then
		:
	elif [ "$STORE" = closure ]; then
		store_make
		set -- "$@" --bind-ro="$store_view:/nix/store"
	else
		set -- "$@" --bind-ro=/nix/store
		[ "$NIX_DAEMON" != 1 ] || daemon_on "$@"
	fi
	launch_network "$@"
}

# launch_network - {} are the words that follow from the settings
launch_network() {
	netns=''
	if has_network && has_users; then
		{ exec 8>&-; network_later; } &
		set -- systemd-nspawn "$@" --private-network \
			--bind-ro="$inside_dir/mkveth:/run/mkveth-wait" \
			{} -- /run/mkveth-wait wait -- "$init"
	elif has_network; then
		network_and_ports
		# /proc/sys/net, as with its own --private-network, and nothing else
		export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
		netns=net-$name
		set -- systemd-nspawn "$@" --capability=CAP_NET_ADMIN {} -- "$init"
	else
		netns=$NETWORK_NAMESPACE_PATH
		set -- systemd-nspawn "$@" {} -- "$init"
	fi
	launch_sealed "$@"
}

# launch_sealed - what the container is to see read-only is so for good
#
# Without a user namespace, its root could change that.  With one, it could write
# to what the host mounts there later.  systemd-nspawn itself shows the first
# os-release that it finds.
#
# The mount namespace of systemd-nspawn must be the one with the view of the store,
# and not a copy, so the network namespace is entered before.
launch_sealed() {
	proxy_set
	set -- {} -- ctr-conf args "$name" -- "$@"
	[ ! -d "$store_view" ] || set -- --closure "$store_view" "$@"
	for path in /nix/store "$sessions_dir" "$proxy_socket" /usr/lib/os-release \
		/etc/os-release; do
		[ ! -e "$path" ] || set -- --path "$path" "$@"
	done
	set -- ctr-tree seal --optional "$@"
	[ -z "$netns" ] || set -- run-in-netns -- "$netns" "$@"
	nspawn_unlock	# systemd-nspawn takes it soon
	exec ctr-start ctr-conf args --sealed "$name" -- "$@"
}
