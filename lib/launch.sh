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

# cmd_cleanup - what a launch made on the host, gone (the unit's ExecStopPost)
cmd_cleanup() {
	[ $# -eq 1 ] || usage 'cleanup takes one name'
	name_set "$1"
	machine_forget
	roots_sync
	ephemeral_off
	left=''
	forward_off || left=1
	mkveth del -- "$name"
	[ -z "$left" ] || {
		say "$name: could not take its forwarded ports away; again: nixos-container cleanup $name"
		return 1
	}
}

# roots_sync - what links in the tree lead to is kept on the host, now that
# nobody in the container looks after them
roots_sync() {
	[ -d /nix/store ] && [ -d "$root" ] &&
		[ -d "$nix_dir/gcroots/per-container/$name" ] || return 0
	ctr-gcroot sync --trees "$state_dir" -- "$name" ||
		say "$name: not all of its garbage collector roots are kept"
}

# ephemeral_off - the copy of the tree that EPHEMERAL=1 made: a systemd-nspawn
# that was killed leaves it
ephemeral_off() {
	for copy in "$state_dir/.#machine.$name"????????????????; do
		case ${copy#"$state_dir/.#machine.$name"} in
		*[!0-9a-f]*) ;;
		*) rm -rf --one-file-system -- "$copy" "$state_dir/.#${copy##*/}.lck" ;;
		esac
	done
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
	for dir in db daemon-socket; do
		[ ! -d "$nix_dir/$dir" ] || flag --bind-ro="$nix_dir/$dir:/nix/var/nix/$dir"
	done
}

flag_settings() {
	flag_each --bind "$BIND"
	flag_each --bind-ro "$BIND_RO"
	flag_each --tmpfs "$TMPFS"
	flag_each --capability "$CAPABILITIES"
	for device in $DEVICES; do
		device=${device%:*}
		if [ -c "$device" ] || [ -b "$device" ]; then flag --bind="$device"; fi
	done
	! yes RESOLVE_CONTAINERS "$RESOLVE_CONTAINERS" ||
		flag --bind-ro="$names_file:/etc/hosts"
	! yes EPHEMERAL "$EPHEMERAL" || flag --ephemeral
	[ -z "$EXTRA_NSPAWN_FLAGS" ] ||
		flags=$flags$(words "$EXTRA_NSPAWN_FLAGS")$newline
}

cmd_launch() {
	name_only "$@"
	conf_read
	settings_check
	tree_wait
	machine_gone 10 || die 1 "$name: a machine of that name runs already," \
		"which is not ours; see: machinectl status $name"
	tree
	ctr-gcroot init "$name"
	resolv
	names "$RESOLVE_CONTAINERS"
	flags=''
	flag --keep-unit --machine="$name" --directory="$root" --notify-ready=yes \
		--kill-signal=SIGRTMIN+3 --resolv-conf=off --link-journal=no \
		--setenv=PRIVATE_NETWORK="${PRIVATE_NETWORK:-0}"
	[ -d /run/systemd/system ] || flag --register=no
	flag_nix
	flag_users
	set -- systemd-nspawn
	init=${SYSTEM_PATH:-/nix/var/nix/profiles/system}/init
	if own_network && shifted; then
		network_later &
		flag --private-network --bind-ro="$inside_dir/mkveth:/run/mkveth"
		init="/run/mkveth${newline}wait$newline--$newline$init"
	elif own_network; then
		network
		forward_on
		flag --capability=CAP_NET_ADMIN
		set -- run-in-netns "net-$name" "$@"
	elif [ -n "$NETWORK_NAMESPACE_PATH" ]; then
		set -- run-in-netns "$NETWORK_NAMESPACE_PATH" "$@"
	fi
	flag_settings
	flag "$init"
	while IFS= read -r word; do
		[ -z "$word" ] || set -- "$@" "$word"
	done <<-END
		$flags
	END
	exec "$@"
}
