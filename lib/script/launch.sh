# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# launch.sh - become the container

# bad WHY - settings that cannot be served, before anything is made
bad() { die 2 "$conf: $*"; }

settings_check() {
	unit_settings "$conf" >/dev/null || exit 2
	users_check
	network_check
	forward_check
	for switch in COPY_RESOLV_CONF="$COPY_RESOLV_CONF" EPHEMERAL="$EPHEMERAL" \
		RESOLVE_CONTAINERS="$RESOLVE_CONTAINERS"; do
		yes "${switch%%=*}" "${switch#*=}" || :
	done
	for list in "$EXTRA_NSPAWN_FLAGS" "$BIND" "$BIND_RO" "$TMPFS" "$CAPABILITIES" \
		"$INTERFACES" "$MACVLANS" "$EXTRA_VETHS" "$DEVICES"; do
		words "$list" >/dev/null || bad "unbalanced quotes in a list: $list"
	done
}

# system_check - a container without a system cannot start, now or later
system_check() {
	system=$SYSTEM_PATH
	[ -n "$system" ] || system=$(ctr-gcroot -- path "$name" 2>/dev/null) ||
		die 2 "$name: no system was built for it;" \
			"this builds one: nixos-container update $name"
	case $system in
	/nix/store/*) [ -e "$system/init" ] || [ -L "$system/init" ] ||
		die 2 "$name: its system is missing: $system/init" ;;
	/*) ;;
	*) bad "the system is not an absolute path: $system" ;;
	esac
}

# tree - what systemd-nspawn wants to find in the root
tree() {
	[ -d "$state_dir" ] || mkdir -p "$state_dir"
	chmod 700 "$state_dir"
	[ ! -L "$root" ] || die 1 "$name: $root is a link, not the root of a container"
	[ -d "$root" ] || mkdir -m 755 "$root"
	[ -d "$root/usr" ] || [ -L "$root/usr" ] || mkdir "$root/usr"
}

# resolv [--running] - a container without the host's servers still starts
resolv() {
	yes COPY_RESOLV_CONF "${COPY_RESOLV_CONF:-1}" || return 0
	set -- "$@" "$root"
	! own_network || set -- --private-network "$@"
	ctr-resolv copy "$@" || say "$name: went on without the host's resolv.conf"
}

# cmd_resolv - the host changed its servers: tell each running container
cmd_resolv() {
	[ $# -eq 0 ] || usage 'resolv takes no name'
	systemctl list-units --plain --no-legend --state=active \
		'container@*.service' | while read -r active _; do
		active=${active#container@}
		name_set "${active%.service}"
		[ -e "$conf" ] || continue
		conf_read
		resolv --running
	done
}

# cmd_cleanup - remove what a launch made on the host (the unit's ExecStopPost)
#
# Each step is tried, whatever became of those before it.
cmd_cleanup() {
	[ $# -eq 1 ] || usage 'cleanup takes one name'
	name_set "$1"
	undone=''
	for step in machine_forget roots_sync forward_off network_off nspawn_off; do
		"$step" || undone=1
	done
	[ -n "$undone" ] || return 0
	say "$name: not all was cleaned up, for the reason above; to try again:" \
		"nixos-container cleanup $name"
	return 1
}

network_off() { mkveth del -- "$name"; }

# roots_sync - what links in the tree lead to is kept on the host, now that
# nobody in the container looks after them
roots_sync() {
	[ -d /nix/store ] && [ -d "$root" ] &&
		[ -d "$nix_dir/gcroots/per-container/$name" ] || return 0
	ctr-gcroot sync --trees "$state_dir" -- "$name" ||
		say "$name: not all of its garbage collector roots are kept"
}

# nspawn_off - what systemd-nspawn leaves where it was killed: the copy of the
# tree that EPHEMERAL=1 made, and since 256 a mount that its next start minds
nspawn_off() {
	remains=''
	for copy in "$state_dir/.#machine.$name"???????????????? \
		"$state_dir/.#snapshot.$name"????????????????; do
		case ${copy##*"$name"} in
		*[!0-9a-f]*) ;;
		*) copy_delete "$copy" || remains=1 ;;
		esac
	done
	nspawn_run=/run/systemd/nspawn
	for dir in "$nspawn_run/unix-export/$name" "$nspawn_run/$name/unix-export" \
		"$nspawn_run/propagate/$name"; do
		[ ! -d "$dir" ] || unmount_below "$dir" || remains=1
		rmdir "$dir" 2>/dev/null || :
	done
	rmdir "$nspawn_run/$name" 2>/dev/null || :
	[ -z "$remains" ]
}

# copy_delete DIR - a copy of the tree, which the container wrote to
copy_delete() {
	if [ -d "$1" ] && [ ! -L "$1" ]; then
		unmount_below "$1" && ctr-tree -- empty "$1" && rmdir "$1" || return 1
	fi
	rm -f "$state_dir/.#${1##*/}.lck"
}

# flag WORD... - more words for systemd-nspawn, a line each: none has several
flag() {
	for word; do flags=$flags$word$newline; done
}

# flag_each FLAG WORDS - FLAG=WORD for each word of a setting
flag_each() {
	[ -z "$2" ] || flags=$flags$(words "$2" | sed "s/^/$1=/")$newline
}

flag_nix() {
	[ -d /nix/store ] || return 0
	flag --bind-ro=/nix/store --setenv=NIX_REMOTE=daemon
	for dir in profiles gcroots; do
		flag --bind="$nix_dir/$dir/per-container/$name:/nix/var/nix/$dir$(idmap "$nix_dir/$dir")"
	done
	# Not the database: a lock on it would stop each Nix of the host.
	[ ! -d "$nix_dir/daemon-socket" ] ||
		flag --bind-ro="$nix_dir/daemon-socket:/nix/var/nix/daemon-socket"
}

flag_settings() {
	flag_each --bind "$BIND"
	flag_each --bind-ro "$BIND_RO"
	flag_each --tmpfs "$TMPFS"
	flag_each --capability "$CAPABILITIES"
	set -f	# these are no patterns
	for device in $DEVICES; do
		device=${device%:*}
		if [ -c "$device" ] || [ -b "$device" ]; then flag --bind="$device"; fi
	done
	set +f
	! yes RESOLVE_CONTAINERS "$RESOLVE_CONTAINERS" ||
		flag --bind-ro="$names_file:/etc/hosts"
	! yes EPHEMERAL "$EPHEMERAL" || flag --ephemeral
	[ -z "$EXTRA_NSPAWN_FLAGS" ] ||
		flags=$flags$(words "$EXTRA_NSPAWN_FLAGS")$newline
}

# flag_host - what differs from one version of systemd-nspawn to another
flag_host() {
	# Before 257 it boots a system in /nix/store on cgroup v1, in which systemd
	# 258 and later refuse to run.
	[ ! -e /sys/fs/cgroup/cgroup.controllers ] ||
		export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY="${SYSTEMD_NSPAWN_UNIFIED_HIERARCHY:-1}"
	# From 261 on it allows only a few address families without this option.
	# Its help names it, too, but takes several times as long.
	! grep -qs -e --restrict-address-families "$(command -v systemd-nspawn)" ||
		flag --restrict-address-families=
}

cmd_launch() {
	name_only "$@"
	conf_read
	settings_check
	system_check
	tree_wait
	machine_gone 10 || die 1 "$name: a machine of that name runs already," \
		"which is not ours; see: machinectl status $name"
	tree
	ctr-gcroot init "$name"
	resolv
	names "$RESOLVE_CONTAINERS"
	flags=''
	flag --keep-unit --machine="$name" --directory="$root" --notify-ready=yes \
		--kill-signal=SIGRTMIN+3 --resolv-conf=off --timezone=off --link-journal=no \
		--setenv=PRIVATE_NETWORK="${PRIVATE_NETWORK:-0}"
	[ -d /run/systemd/system ] || flag --register=no
	flag_host
	flag_nix
	flag_users
	set -- systemd-nspawn
	init=${SYSTEM_PATH:-/nix/var/nix/profiles/system}/init
	if own_network && shifted; then
		network_later &
		flag --private-network --bind-ro="$inside_dir/mkveth:/run/mkveth-wait"
		init="/run/mkveth-wait${newline}wait$newline--$newline$init"
	elif own_network; then
		network
		forward_on
		flag --capability=CAP_NET_ADMIN
		# /proc/sys/net, as with its own --private-network, and nothing else
		export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
		set -- run-in-netns -- "net-$name" "$@"
	elif [ -n "$NETWORK_NAMESPACE_PATH" ]; then
		set -- run-in-netns -- "$NETWORK_NAMESPACE_PATH" "$@"
	fi
	flag_settings
	flag -- "$init"
	while IFS= read -r word; do
		[ -z "$word" ] || set -- "$@" "$word"
	done <<-END
		$flags
	END
	exec "$@"
}
