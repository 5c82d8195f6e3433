# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# import.sh - a container from the tar of an export
#
# Whoever made the archive is not trusted, unless --trust says so: its tree is that of
# any container, but its settings could reach into this host, and its system would come
# into a store that all containers share.

# cmd_import FILE [NAME]
cmd_import() {
	rootfs=$1
	import_check
	[ $# = 1 ] || { check_new_name "$2"; set_name "$2"; ! name_in_use || die 1 "$2: $obstacle"; }
	mkdir -p "$state_dir" "$conf_dir" "$run_dir"
	chmod 700 "$state_dir" "$run_dir"
	exec 6<"$state_dir"
	flock 6		# against others that sweep
	imports_sweep
	inbox=$(mktemp -d "$state_dir/.import.XXXXXX") || exit 1
	exec 5<"$inbox"
	flock 5
	exec 6<&-
	unpacked=$inbox/archive
	at_end import_end
	import_unpack
	import_manifest
	check_new_name "${2-$archived_as}"
	set_name "${2-$archived_as}"
	reserve_name
	created=$name
	at_end 'import_end; create_undo'
	import_settings
	import_tree
	import_system
	import_snapshots
	publish
	trap - EXIT
	import_end
	unlock
	note "$name: imported; to start it: nixos-container start $name"
}

import_check() {
	check_archive import
	[ ! -d "$rootfs" ] || die 2 "$rootfs: is a directory: expected the tar of an export"
}

import_end() {
	rootfs_end
	[ -z "${inbox-}" ] || copy_delete "$inbox" || :
	inbox=''
}

# imports_sweep - what those left that were killed, and hold no lock any more
imports_sweep() {
	for part in "$state_dir"/.import.??????; do
		[ ! -d "$part" ] || ! flock -n "$part" true || copy_delete "$part" || :
	done
}

import_unpack() {
	name=import root=$unpacked
	mkdir "$unpacked"
	rootfs_unpack --unshift || die 1 "$rootfs: could not be unpacked, for the reason above"
	for part in manifest settings; do
		ctr-tree get --max-bytes 65536 "$unpacked" "$part" "$inbox/$part" 2>/dev/null ||
			not_exported
	done
	[ -d "$unpacked/tree" ] || not_exported
	[ ! -L "$unpacked/tree" ] || not_exported
}

not_exported() { die 1 "$rootfs: not an archive of nixos-container export"; }

# import_manifest - set archived_as, the name that it had, and system
import_manifest() {
	{
		IFS= read -r line
		IFS= read -r archived_as
		IFS= read -r system
	} <"$inbox/manifest" || :
	[ "$line" = "$export_format" ] ||
		die 1 "$rootfs: its format is not one that this version knows: $line"
	archived_as=${archived_as#name=} system=${system#system=}
	[ -z "$system" ] || need_program nix-store 'for the system of that container'
}

# import_settings - the pending ones
import_settings() {
	if [ -n "$trust" ]; then
		ctr-conf check --no-host --file "$inbox/settings" ||
			die 1 "$rootfs: its settings are wrong, see above"
		cp "$inbox/settings" "$pending"
		with_lines "$settings" with_addresses ctr-conf set --unset DECLARED_IN --file "$pending"
	else
		complete_settings
		with_addresses write_settings --take "$inbox/settings"
	fi || exit
}

# import_tree - it belongs to root, whatever the archive says
import_tree() {
	chown 0:0 "$unpacked/tree"
	chmod 755 "$unpacked/tree"
	ctr-tree check "$unpacked/tree" || die 1 "$name: systemd-nspawn would follow that"
	mv -T "$unpacked/tree" "$root"
	if [ "$name" != "$archived_as" ]; then
		ctr-tree remove "$root" etc/machine-id 2>/dev/null || :
		[ -n "$system" ] || rootfs_own
	fi
	ctr-tree remove "$root" nix/var/nix/profiles/system 2>/dev/null || :
}

# import_system - and those of the snapshots, as far as they are there
import_system() {
	[ -z "$system" ] || store_path "$system"
	import_closure
	[ -n "$system" ] || return 0
	is_valid "$system" || die 1 "$name: its system is not in the store, for the reason above;" \
		'of an archive that is your own, nothing needs to be signed: import --trust'
	ctr-gcroot set --trees "$state_dir" -- "$name" "$system"
}

is_valid() { nix-store --check-validity "$1" 2>/dev/null; }

# lacks_systems - is one of them not in the store?
lacks_systems() {
	[ -z "$system" ] || is_valid "$system" || return 0
	for part in "$unpacked/snapshots"/*/system; do
		[ ! -L "$part" ] || is_valid "$(readlink "$part")" || return 0
	done
	return 1
}

# import_closure - without trust, Nix takes what a key that it knows has signed: its
# daemon asks that of users without rights
import_closure() {
	lacks_systems || return 0
	case $(stat -c %F "$unpacked/closure" 2>/dev/null) in
	'regular file' | 'regular empty file') ;;
	*) say "$name: the archive has no closure"; return ;;
	esac
	set -- nix-store --import
	[ -n "$trust" ] || set -- setpriv --reuid=65534 --regid=65534 --clear-groups \
		env NIX_REMOTE=daemon HOME=/nonexistent "$@"
	slow "$name: adding its systems to the store" "$@" <"$unpacked/closure" >/dev/null || :
}

# import_snapshots - those that have the form of one
import_snapshots() {
	[ -d "$unpacked/snapshots" ] && [ ! -L "$unpacked/snapshots" ] || return 0
	mkdir -m 700 "$snapshots"
	for part in "$unpacked/snapshots"/*; do
		label=${part##*/}
		if label_ok && [ ! -L "$part" ] && [ -d "$part/tree" ] && [ ! -L "$part/tree" ] &&
			[ -f "$part/settings" ] && [ ! -L "$part/settings" ]; then
			import_snapshot "$part" "$snapshots/$label"
		else
			note "$name: left out, as it is no snapshot: $label"
		fi
	done
}

# import_snapshot FROM TO - without trust, the settings are those of today
import_snapshot() {
	chown 0:0 "$1/tree"
	chmod 755 "$1/tree"
	# Its files may be hard links to those of others in the archive.
	mkdir "$2" "$2/tree"
	slow "$name: copying the snapshot $label" tree_copy "$1/tree" "$2/tree"
	if [ -n "$trust" ]; then cp "$1/settings" "$2/settings"; else cp "$pending" "$2/settings"; fi
	touch -r "$1/settings" "$2/settings"
	[ -L "$1/system" ] || return 0
	system=$(readlink "$1/system")
	case $system in
	/nix/store/*)
		if (store_path "$system") && is_valid "$system"; then
			ctr-gcroot hold --label "$label" -- "$name" "$system"
			ln -s "$system" "$2/system"
			return
		fi ;;
	esac
	note "$name: the snapshot $label has no system here: $system is not in the store"
}
