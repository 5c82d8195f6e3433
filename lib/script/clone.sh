# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# clone.sh - another container with a copy of the tree

cmd_clone() {
	check_new_name "$2"
	need_name "$1"
	clone_settings
	from=$name from_root=$root from_conf=$conf
	set_name "$2"
	check_clone >/dev/null || exit
	reserve_name
	created=$name
	at_end 'tree_unlock; create_undo'
	tree_lock "$from"
	with_addresses write_clone
	clone_tree
	tree_unlock
	clone_profile
	publish
	trap - EXIT
	unlock
	note "$created is a copy of $from: change networking.hostName in its" \
		'configuration, and its keys'
	[ -z "$unique" ] || report_name
}

# Settings that no two containers can share
own_keys='HOST_ADDRESS LOCAL_ADDRESS HOST_ADDRESS6 LOCAL_ADDRESS6 LOCAL_MAC_ADDRESS
	HOST_BRIDGE HOST_PORT GATEWAY GATEWAY6 EXTRA_VETHS INTERFACES'

# clone_settings - what the options leave open is as in the original
clone_settings() {
	[ -z "$ports" ] || setting HOST_PORT "$ports"
	read_settings
	case $PRIVATE_USERS in
	'' | 0 | *[!0-9]*) ;;
	*) own_users=1 ;;	# a number is its own
	esac
	if [ "$PRIVATE_NETWORK" != 1 ]; then
		[ -z "$settings" ] || die 2 "$name: has no private network, so no option can set one up"
		return
	fi
	setting PRIVATE_NETWORK 1
	if ! is_set HOST_BRIDGE && ctr-conf get -- "$name" HOST_BRIDGE >/dev/null; then
		for key in HOST_BRIDGE HOST_ADDRESS GATEWAY HOST_ADDRESS6 GATEWAY6; do
			is_set $key || ! value=$(ctr-conf get -- "$name" $key) || setting $key "$value"
		done
	fi
	add_mac
}

# change_clone FILE... - the settings of the original without those of its own
change_clone() {
	for key in $own_keys; do
		is_set "$key" || set -- "$@" --unset "$key"
	done
	with_lines "$settings" ctr-conf set --unset DECLARED_IN "$@"
}

# check_clone - before anything is copied
check_clone() (
	add_users
	add_addresses
	change_clone --dry-run --file "$from_conf"
)

write_clone() {
	add_users
	add_addresses
	missing=''
	for key in $own_keys; do
		is_set "$key" || ! ctr-conf get -- "$from" "$key" >/dev/null || missing="$missing $key"
	done
	[ -z "$missing" ] || note "$name: not copied, as two containers cannot share them:$missing;" \
		"to set them: nixos-container set $name KEY=VALUE"
	# Pending settings may be incomplete.
	cat "$from_conf" >"$pending"
	change_clone --file "$pending"
}

# alone DIR PROGRAM N [FROM TO]... [ARGUMENT]... - for a shell in a mount namespace of its
# own: the program sees the host's programs, N directories FROM as TO, without what is
# mounted below them, and its own descriptors, of which none leads elsewhere.  DIR becomes
# that root.
# shellcheck disable=SC2016 # for that shell
alone='
	top=$1 program=$2 pairs=$3
	shift 3
	mount -t tmpfs -o mode=700 tmpfs "$top"
	case $program in
	/nix/store/*) store=/nix/store ;;
	*) store= ;;
	esac
	for dir in /usr /bin /lib /lib64 $store; do
		if [ -L "$dir" ]; then
			cp -P "$dir" "$top$dir"
		elif [ -d "$dir" ]; then
			mkdir -p "$top$dir"
			mount --bind -o ro "$dir" "$top$dir"
		fi
	done
	while [ "$pairs" -gt 0 ]; do
		mkdir -p "$top$2"
		mount --bind "$1" "$top$2"
		shift 2
		pairs=$((pairs - 1))
	done
	# Before 2.39 glibc changes the mode of a folder by its descriptor there.
	mkdir -p "$top/proc/self/fd"
	mount --bind "/proc/$$/fd" "$top/proc/self/fd"
	exec 3>&- 4>&- 5>&- 7>&- </dev/null
	exec chroot "$top" "$program" "$@"'

# run_alone PROGRAM ARGUMENT... - as above; in the locale C, messages show odd names as
# numbers
run_alone() {
	alone_program=$(program_path "$1") || die 1 "$name: no $1 in PATH"
	shift
	LC_ALL=C unshare -m --propagation private sh -euc "$alone" sh "$run_dir" "$alone_program" "$@"
}

# program_path NAME - its path, without links but for the last part: a program with
# many names needs that; command -v of busybox tells of programs of its own
program_path() (
	IFS=:
	set -f
	for dir in $PATH; do
		[ -x "$dir/$1" ] && cd -P "$dir" && printf '%s\n' "$(pwd -P)/$1" && exit
	done
	exit 1
)

# tree_copy FROM TO - without the mounts below it, as these are not the container's; cp
# of coreutils shares blocks if the file system can
#
# A container may hold a directory of what is copied, and put a link in place of one
# that cp has just seen.
tree_copy() { run_alone cp 2 "$1" /from "$2" /to -a -T /from /to; }

clone_tree() {
	mkdir -p "$state_dir"
	chmod 700 "$state_dir"
	mkdir "$root"
	if [ -d "$from_root" ]; then
		slow "$name: copying the tree of $from" tree_copy "$from_root" "$root" ||
			die 1 "$name: could not copy the tree of $from"
	fi
	# Two machines have two IDs: systemd makes another if it is missing.
	ctr-tree remove "$root" etc/machine-id
}

# clone_profile - its first generation is the current one of the original
clone_profile() {
	# One that was never built, or boots by itself, has none; report other errors.
	[ -d "$nix_dir/profiles/per-container/$from" ] || { rootfs_own; return; }
	# Its generations are no generations of the copy.
	ctr-tree mkdir "$root" nix/var/nix/profiles
	ctr-tree remove "$root" nix/var/nix/profiles/system
	ctr-gcroot init "$name"
	generations=$(ctr-gcroot list "$from") || exit 1
	case $generations in
	*'(current)'*) ;;
	*) return 0 ;;
	esac
	system=$(ctr-gcroot path "$from") || exit 1
	ctr-gcroot set --trees "$state_dir" -- "$name" "$system"
}
