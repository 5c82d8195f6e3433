# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# destroy.sh - take away all that is a container's, and nothing else

# declarative - are the settings another's to change?
declarative() {
	[ ! -w "$conf" ] && return 0
	case $(readlink -f -- "$conf") in
	/nix/store/*) return 0 ;;
	esac
	return 1
}

cmd_destroy() {
	dry_run=''
	[ "${1-}" != --dry-run ] || { dry_run=1; shift; }
	[ $# -eq 1 ] || usage 'destroy takes one name'
	name_set "$1"
	[ -n "$dry_run" ] || rename_heal "$name"
	if [ ! -e "$conf" ] && [ ! -L "$conf" ] && [ ! -e "$pending" ] &&
	    [ ! -e "$pending.tmp" ]; then
		locks_sweep
		name_gone
	fi
	if [ -e "$conf" ] && declarative; then
		die 1 "$name: declared in the host's configuration;" \
			"remove it there ($conf is not ours to delete)"
	fi
	[ -z "$dry_run" ] || { destroy_dry; return; }
	lock "$name"
	trap unlock EXIT
	trap 'exit 1' INT TERM HUP
	unit_kill
	if [ -e "$conf" ] || [ -L "$conf" ]; then
		with_addresses mv "$conf" "$pending"
		sync "$conf_dir"
	else
		locks_sweep
	fi
	names ''
	wipe || die 1 "$name: not destroyed whole, for the reason above;" \
		"what is left goes with: nixos-container destroy $name"
}

# wipe - delete all that belongs to $name, its pending settings last
wipe() {
	cmd_cleanup "$name" || return 1
	unmount_below "$root" || return 1
	slow "$name: deleting its tree" \
		ctr-gcroot rm --trees "$state_dir" "$name" || return 1
	build_done
	# systemd-nspawn's lock on the tree: it stays where nspawn was killed.
	rm -f "$state_dir/.#$name.lck" "$conf_dir/.$name.nix" "$conf_dir/.$name.nix.tmp" \
		"$lock_dir/$name.tree.lock" "$pending.tmp" && rm -f "$pending" || return 1
	(unit_fresh) || :
}

# unmount_below DIR - what is mounted on a folder and below it, the last first;
# below it alone, where a slash is at its end
unmount_below() {
	mounts=$(mounts_below "$1")
	[ -n "$mounts" ] || return 0
	printf '%s\n' "$mounts" | sed 's/\\/\\0/g' | while IFS= read -r m; do
		m=$(printf '%b.' "$m")
		umount -- "${m%.}" || exit 1
	done
}

# mounts_below DIR - those mounts, as the kernel writes them
mounts_below() {
	dir=${1%/}
	dir=$(cd -P "${dir%/*}" 2>/dev/null && pwd -P)/${dir##*/}
	DIR=$dir BELOW=${1##*[!/]} awk '
		BEGIN { dir = ENVIRON["DIR"] "/" }
		index($5 (ENVIRON["BELOW"] == "" ? "/" : ""), dir) == 1 { m[++n] = $5 }
		END { for (; n; n--) print m[n] }' /proc/self/mountinfo
}
