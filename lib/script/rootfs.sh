# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# rootfs.sh - a container of a tree that boots by itself, such as Debian's

# boots_itself - has it no system but its tree?
boots_itself() {
	read_settings
	case $SYSTEM_PATH in
	'') ;;
	/nix/store/*) return 1 ;;
	*) return 0 ;;
	esac
	[ -z "$FLAKE" ] && ! ctr-gcroot -- path "$name" >/dev/null 2>&1 &&
		ctr-tree init "$root" >/dev/null 2>&1
}

# needs_configuration - what is built must be there
needs_configuration() {
	! boots_itself || ! config_missing || die 1 "$name: boots its own tree, which is" \
		'updated inside; to make it NixOS: update with --flake, --config or --config-file'
}

check_rootfs() {
	[ -z "$with_config$nixos_path$system_path$flake" ] || usage '--rootfs excludes' \
		'--config, --config-file, --nixos-path, --system-path and --flake'
	check_archive --rootfs
	[ -d "$rootfs" ] || return 0
	rootfs=$(cd -P "$rootfs" && pwd) || exit 2
	case $(mkdir -p "$state_dir" 2>/dev/null && cd -P "$state_dir" && pwd)/ in
	"${rootfs%/}"/*) die 2 "--rootfs $rootfs: $state_dir is in it" ;;
	esac
}

# check_archive WHAT - rootfs, which the command line calls so; make it independent of the
# current directory
check_archive() {
	case $rootfs in
	- | /dev/stdin | /dev/fd/0)
		rootfs=-
		[ ! -t 0 ] || usage "$1 -: standard input is a terminal: expected a tar"
		return ;;
	/dev/fd/*) return 0 ;;	# open already
	/*) ;;
	*) rootfs=$here/${rootfs#./} ;;
	esac
	[ -e "$rootfs" ] || die 2 "$1 $rootfs: no such file or directory"
	! file_inside "$rootfs" || die 2 "$1 $rootfs: in the tree of a container, whose" \
		'root can change it; to copy a container: clone'
}

# rootfs_make - make it the tree, and what another machine would have of its own
rootfs_make() {
	mkdir -p "$state_dir"
	chmod 700 "$state_dir"
	mkdir "$root"
	rootfs_unpack || die 1 "$name: could not unpack $rootfs, for the reason above"
	ctr-tree init "$root" >/dev/null || die 1 "$name: $rootfs does not boot by itself"
	ctr-tree check "$root" || die 1 "$name: systemd-nspawn would follow that"
	ctr-tree mkdir "$root" etc
	rootfs_own
}

# rootfs_own - what a tree that boots by itself has of its own; systemd makes an ID of
# an empty file, and of a missing one a first boot
rootfs_own() {
	ctr-tree init "$root" >/dev/null 2>&1 || return 0
	printf '%s\n' "$name" | ctr-tree put "$root" - etc/hostname
	ctr-tree put "$root" - etc/machine-id </dev/null
}

# rootfs_unpack [OPTION] - in the background, as a shell handles no signal while it waits for
# the foreground, or for the other end of a FIFO
rootfs_unpack() {
	rootfs_pack
	exec 7<&0
	{
		[ "$archive" != - ] || exec ctr-tree unpack "$@" "$root" <&7 7<&- 9>&-
		exec ctr-tree unpack "$@" "$root" <"$archive" 7<&- 9>&-
	} &
	unpacker=$!
	exec 7<&-
	slow "$name: unpacking its tree" wait "$unpacker" || return
	unpacker=''
	rootfs_packed
}

# rootfs_pack - set archive to the tar; of a directory, it has nothing that is mounted
# below that (as others than root, nothing of other file systems)
#
# A mount of its own shows no mounts below it, not even those of its own file system.
# In the locale C, tar's messages show the bytes of odd names as numbers.
rootfs_pack() {
	archive=$rootfs packer=''
	[ "$rootfs" != - ] && [ -d "$rootfs" ] || return 0
	archive=$run_dir/$name.packed
	rm -f "$archive"
	mkfifo -m 600 "$archive"
	set -- --one-file-system --warning=no-file-ignored --numeric-owner --xattrs -cSf - .
	if [ "$(id -u)" = 0 ]; then
		# shellcheck disable=SC2016 # for the shell in the namespace
		unshare -m --propagation private sh -euc '
			mount --bind "$1" "$2"
			cd "$2"
			shift 2
			LC_ALL=C exec tar "$@"' sh "$rootfs" "$run_dir" "$@" >"$archive" 9>&- &
	else
		LC_ALL=C tar -C "$rootfs" "$@" >"$archive" 9>&- &
	fi
	packer=$!
}

# rootfs_packed - all of the directory was read, and none of it changed meanwhile
rootfs_packed() {
	[ -n "$packer" ] || return 0
	packed=0
	wait "$packer" || packed=$?
	packer=''
	rm -f "$archive"
	return $packed
}

# rootfs_end - what unpacks ends first, and all that it began
rootfs_end() {
	[ -n "${unpacker-}${packer-}" ] || return 0
	# shellcheck disable=SC2086 # process IDs
	kill ${unpacker-} ${packer-} 2>/dev/null || :
	# shellcheck disable=SC2086 # as above
	wait ${unpacker-} ${packer-} || :
	unpacker='' packer=''
	rm -f "$run_dir/$name.packed"
}
