# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# destroy.sh - delete all that belongs to a container, and nothing else

cmd_destroy() {
	set_name "$1"
	[ -n "$dry_run" ] || rename_heal "$name"
	if [ ! -e "$conf" ] && [ ! -L "$conf" ] && [ ! -e "$pending" ] &&
		[ ! -e "$pending_tmp" ]; then
		locks_sweep
		note "$name: no such container ($conf is missing): nothing to destroy"
		return 0
	fi
	if [ -e "$conf" ] && is_declarative; then
		die 1 "$name: declared in the host's configuration, which has to remove it"
	fi
	[ -z "$dry_run" ] || { destroy_dry_run; return; }
	lock "$name"
	at_end unlock
	unit_kill
	nspawn_lock "$name" || exit 1
	if [ -e "$conf" ] || [ -L "$conf" ]; then
		with_addresses mv "$conf" "$pending"
		sync "$conf_dir"
	else
		locks_sweep
	fi
	update_hosts
	delete_all || die 1 "$name: not completely destroyed, for the reason above;" \
		"to try again: nixos-container destroy $name"
}

# delete_all - delete all that belongs to $name, while no other machine starts it
delete_all() {
	nspawn_lock "$name" || return 1
	deleted=0
	delete_parts || deleted=1
	nspawn_unlock
	return $deleted
}

# delete_parts - the pending settings last
delete_parts() {
	cmd_cleanup "$name" || return 1
	unmount_below "$root" || return 1
	snapshots_off || return 1
	slow "$name: deleting its tree" \
		ctr-gcroot rm --trees "$state_dir" "$name" || return 1
	build_done
	lock_remove "$lock_dir/$name.tree.lock"
	rm -f "$run_dir/$name.apply" "$restoring" "$conf_dir/.$name.nix" "$conf_dir/.$name.nix.tmp" \
		"$run_dir/$name.said."* "$run_dir/$name.still."* "$conf_dir/.$name.conf.tmp" \
		"$pending_tmp" && rm -f "$pending" || return 1
	(reload_if_changed) || :
}

destroy_dry_run() {
	printf 'would destroy the container %s:\n' "$name"
	! running || printf '  stop %s\n' "$unit"
	mounts_below "$root" | sed 's/^/  unmount /'
	for part in "$conf" "$pending" "$root" "$snapshots" "$nix_dir/profiles/per-container/$name" \
		"$nix_dir/gcroots/per-container/$name"; do
		if [ -e "$part" ] || [ -L "$part" ]; then
			printf '  delete %s\n' "$part"
		fi
	done
}

# unmount_below DIR - unmount a directory and all below it; with a slash at its end,
# only what is below it
unmount_below() {
	[ -d "${1%/}" ] && [ ! -L "${1%/}" ] || return 0
	ctr-tree unmount "${1%/}" || return 1
	case $1 in
	*/) ;;
	*) while mountpoint -q -- "$1"; do umount -- "$1" || return 1; done ;;
	esac
}

# mounts_below DIR - print these mounts, as the kernel escapes them
mounts_below() {
	dir=${1%/}
	dir=$(cd -P "${dir%/*}" 2>/dev/null && pwd -P)/${dir##*/}
	DIR=$dir BELOW=${1##*[!/]} awk '
		BEGIN { dir = ENVIRON["DIR"] "/" }
		index($5 (ENVIRON["BELOW"] == "" ? "/" : ""), dir) == 1 { m[++n] = $5 }
		END { for (; n; n--) print m[n] }' /proc/self/mountinfo
}
