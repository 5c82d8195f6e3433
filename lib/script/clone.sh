# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# clone.sh - another container with a copy of the tree

cmd_clone() {
	build_options "$@"
	[ -z "$with_config$nixos_path$system_path$flake$nix_flags$flake_flags" ] ||
		usage 'clone takes the system that the container has'
	to=$name
	name_known "$from"
	conf_read
	clone_network
	from_root=$root from_conf=$conf
	name_set "$to"
	mkdir -p "$conf_dir"
	claim
	created=$name
	trap 'create_undo; tree_unlock' EXIT
	trap 'exit 1' INT TERM HUP
	tree_lock "$from"
	with_addresses settings_write clone_settings
	clone_tree
	tree_unlock
	clone_profile
	create_settle
	trap - EXIT
	unlock
	note "$created is a copy of $from: in its configuration networking.hostName," \
		'and its keys, are the same'
	[ -z "$unique" ] || create_said
}

# clone_network - what the options leave open is as with the other, where two
# can have the same
clone_network() {
	alone='' network=''
	# On a bridge the clone gets one of its own.
	[ -z "$bridge$HOST_BRIDGE" ] || LOCAL_MAC_ADDRESS=''
	for setting in LOCAL_MAC_ADDRESS="$LOCAL_MAC_ADDRESS" HOST_PORT="$HOST_PORT" \
		LOCAL_ADDRESS6="$LOCAL_ADDRESS6" EXTRA_VETHS="$EXTRA_VETHS" \
		INTERFACES="$INTERFACES" ${HOST_BRIDGE:+"LOCAL_ADDRESS=$LOCAL_ADDRESS"}; do
		[ -z "${setting#*=}" ] || alone="$alone ${setting%%=*}"
	done
	if yes PRIVATE_NETWORK "$PRIVATE_NETWORK"; then
		network=1
	elif [ -n "$host_address$local_address$host_address6$local_address6$gateway$gateway6$bridge$ports" ]; then
		die 2 "$name: it has no private network that options could be for"
	else
		return 0
	fi
	if [ -z "$bridge" ] && [ -n "$HOST_BRIDGE" ]; then
		bridge=$HOST_BRIDGE
		host_address=${host_address:-$HOST_ADDRESS} gateway=${gateway:-$GATEWAY}
		host_address6=${host_address6:-$HOST_ADDRESS6} gateway6=${gateway6:-$GATEWAY6}
	fi
	addresses_check
}

# clone_settings - those of the other, but for what is one container's alone
clone_settings() {
	sed -E "${network:+/^PRIVATE_NETWORK=/d;}"'/^(HOST|LOCAL)_ADDRESS6?=/d
		/^(LOCAL_MAC_ADDRESS|HOST_BRIDGE|HOST_PORT|GATEWAY6?|EXTRA_VETHS|INTERFACES)=/d' \
		"$from_conf"
	[ -z "$alone" ] || note "$name does not have the settings$alone of $from"
	[ -n "$network" ] || return 0
	addresses_give
	settings_network
}

# clone_tree - in a mount namespace where nothing is mounted on the other's
# tree, for that is not the container's; cp of coreutils shares the blocks
# where the file system can, and follows no link
clone_tree() {
	mkdir -p "$state_dir"
	chmod 700 "$state_dir"
	if [ -d "$from_root" ]; then
		# shellcheck disable=SC2016 # for the shell in the namespace
		slow "$name: copying the tree of $from" \
			unshare -m --propagation private sh -euc 'mount --bind "$1" "$1"
			exec cp -a -T "$1" "$2"' sh "$from_root" "$root" ||
			die 1 "$name: could not copy the tree of $from"
	else
		mkdir "$root"
	fi
	# Two machines are two: systemd makes another where there is none.
	if [ -e "$root/etc/machine-id" ]; then
		(enter_tree etc && rm -f machine-id)
	fi
}

# clone_profile - its first generation is the current one of the other
clone_profile() {
	ctr-gcroot init "$name"
	# Where nothing was built yet there is none; all else that fails is told.
	[ -d "$nix_dir/profiles/per-container/$from" ] || return 0
	generations=$(ctr-gcroot list "$from") || exit 1
	case $generations in
	*'(current)'*) ;;
	*) return 0 ;;
	esac
	system=$(ctr-gcroot path "$from") || exit 1
	ctr-gcroot -- set "$name" "$system"
}
