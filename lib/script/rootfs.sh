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

# check_rootfs - make it independent of the current directory, too
check_rootfs() {
	[ -z "$with_config$nixos_path$system_path$flake" ] || usage '--rootfs excludes' \
		'--config, --config-file, --nixos-path, --system-path and --flake'
	case $rootfs in
	-)
		[ ! -t 0 ] || usage '--rootfs -: standard input is a terminal: expected a tar'
		return ;;
	/*) ;;
	*) rootfs=$here/${rootfs#./} ;;
	esac
	[ -e "$rootfs" ] || die 2 "--rootfs $rootfs: no such file or directory"
	[ -d "$rootfs" ] || return 0
	rootfs=$(cd -P "$rootfs" && pwd) || exit 2
	case $(mkdir -p "$state_dir" 2>/dev/null && cd -P "$state_dir" && pwd)/ in
	"${rootfs%/}"/*) die 2 "--rootfs $rootfs: $state_dir is in it" ;;
	esac
}

# rootfs_make - make it the tree, and what another machine would have of its own
rootfs_make() {
	mkdir -p "$state_dir"
	chmod 700 "$state_dir"
	mkdir "$root"
	rootfs_unpack || die 1 "$name: could not unpack $rootfs, for the reason above"
	ctr-tree init "$root" >/dev/null || die 1 "$name: $rootfs does not boot by itself"
	ctr-tree mkdir "$root" etc
	rootfs_name
	# systemd makes an ID of an empty file, and of a missing one a first boot.
	ctr-tree put "$root" - etc/machine-id </dev/null
}

# rootfs_name - a tree that boots by itself has its name in it
rootfs_name() {
	! ctr-tree init "$root" >/dev/null 2>&1 ||
		printf '%s\n' "$name" | ctr-tree put "$root" - etc/hostname
}

# rootfs_unpack - in the background, as a shell handles no signal while it waits for
# the foreground
rootfs_unpack() {
	packer=''
	rootfs_open
	ctr-tree unpack "$root" <&7 7<&- 9>&- &
	unpacker=$!
	exec 7<&-
	slow "$name: unpacking its tree" wait "$unpacker" || return
	unpacker=''
	rootfs_packed
}

# rootfs_packed - what packs a directory has read it; 1: a file changed meanwhile
rootfs_packed() { [ -z "$packer" ] || wait "$packer" || [ $? = 1 ]; }

# rootfs_open - have the tar as descriptor 7; of a directory, without what is mounted
# below it
rootfs_open() {
	if [ "$rootfs" = - ]; then
		exec 7<&0
	elif [ -d "$rootfs" ]; then
		fifo=$run_dir/$name.packed
		rm -f "$fifo"
		mkfifo -m 600 "$fifo"
		tar -C "$rootfs" --one-file-system --numeric-owner --xattrs -cSf - . \
			>"$fifo" 9>&- &
		packer=$!
		exec 7<"$fifo"
		rm "$fifo"
	else
		exec 7<"$rootfs"
	fi
}

# rootfs_end - what unpacks ends first, and all that it began
rootfs_end() {
	[ -n "${unpacker-}" ] || return 0
	kill "$unpacker" 2>/dev/null || :
	wait "$unpacker" || :
	unpacker=''
	rm -f "$run_dir/$name.packed"
}
