# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# rename.sh - another name for a container
#
# While anything moves, a record CONF_DIR/.OLD.NEW.rename exists: after a rename
# was killed, the next command on either name finds it and completes the work.
# A rename that is alive holds both locks.

cmd_rename() {
	check_new_name "$2"
	set_name "$1"
	[ "$1" != "$2" ] || usage "the new name is the old one: $2"
	record=$conf_dir/.$1.$2.rename
	if [ -e "$record" ] && [ ! -e "$conf" ]; then
		rename_heal "$1"
		[ -e "$record" ] || { locks_sweep; return 0; }
	fi
	rename_heal "$1"
	[ -e "$conf" ] || locks_sweep
	need_name "$1"
	! is_declarative || die 1 "$1: declared in the host's configuration, which has to rename it"
	file=$(ctr-conf get -- "$1" DECLARED_IN) || file=''
	[ -z "$file" ] || die 1 "$1: declared in $file, by this name; to rename it alone:" \
		"nixos-container set $1 DECLARED_IN="
	lock "$1"
	at_end unlock
	need_name "$1"
	(rename_to "$1" "$2")
	ctr-conf list --needing "$1" | while IFS= read -r other; do
		note "the settings of $other name $1, which is now $2"
	done
}

# rename_to OLD NEW - in a process of its own, as it holds another lock
rename_to() {
	set_name "$2"
	try_name || die 1 "$2: $obstacle"
	at_end 'tree_unlock; unlock'
	tree_lock "$1"
	! grep -qF " $(cd -P "$state_dir" && pwd -P)/$1 " /proc/self/mountinfo ||
		die 1 "$1: its tree is a mount point, which cannot be renamed"
	(cmd_cleanup "$1")
	: >"$conf_dir/.$1.$2.rename"
	sync "$conf_dir"
	rename_move "$1" "$2"
	systemctl reset-failed "container@$1.service" 2>/dev/null || :
}

# rename_move OLD NEW - all of it, or what a killed rename left to do
rename_move() {
	rename_free "$state_dir/$1"
	[ ! -e "$conf_dir/$1.conf" ] || with_addresses mv -T "$conf_dir/$1.conf" "$conf_dir/.$2.pending"
	sync "$conf_dir"
	rename_tree "$1" "$2"
	for part in snapshots restored restoring; do
		move_name "$state_dir" ".$1.$part" ".$2.$part"
	done
	move_name "$nix_dir/profiles/per-container" "$1" "$2"
	move_name "$nix_dir/gcroots/per-container" "$1" "$2"
	move_name "$nix_dir/gcroots/per-container-synced" "$1" "$2"
	[ ! -e "$conf_dir/.$1.nix" ] || mv -T "$conf_dir/.$1.nix" "$conf_dir/.$2.nix"
	rm -f "$state_dir/.#$1.lck"
	[ ! -e "$conf_dir/.$2.pending" ] || with_addresses mv -T "$conf_dir/.$2.pending" "$conf_dir/$2.conf"
	sync "$conf_dir"
	rm -f "$conf_dir/.$1.$2.rename"
	update_hosts
	for moved; do (set_name "$moved" && reload_if_changed) || :; done
}

# rename_free TREE - without the flags that its root can set and that forbid to move it
rename_free() {
	[ ! -d "$1" ] || [ -L "$1" ] || chattr -i -a "$1" 2>/dev/null || :
}

# rename_tree OLD NEW - of what has a place of its own the first to move: if that
# fails, the old name is whole again
rename_tree() {
	[ -e "$state_dir/$1" ] || return 0
	if ! why=$(mv -T "$state_dir/$1" "$state_dir/$2" 2>&1); then
		rename_undo "$1" "$2"
		die 1 "$1: not renamed: $why"
	fi
	sync "$state_dir"
}

rename_undo() {
	[ ! -e "$conf_dir/.$2.pending" ] || with_addresses mv -T "$conf_dir/.$2.pending" "$conf_dir/$1.conf"
	sync "$conf_dir"
	rm -f "$conf_dir/.$1.$2.rename"
}

# move_name DIR OLD NEW
move_name() {
	if [ -e "$1/$2" ]; then
		mv -T "$1/$2" "$1/$3"
		sync "$1"
	fi
}

# rename_heal NAME - complete a rename that was killed
rename_heal() {
	for record in "$conf_dir/.$1."*.rename "$conf_dir"/.*."$1.rename"; do
		[ -e "$record" ] || continue
		record=${record##*/.}
		record=${record%.rename}
		(rename_again "${record%.*}" "${record#*.}")
	done
}

rename_again() {
	lock "$1" -n || return 0
	at_end unlock
	(
		lock "$2" -n || exit 0
		at_end unlock
		[ -e "$conf_dir/.$1.$2.rename" ] || exit 0
		# Nothing has moved, and the container may be running.
		[ ! -e "$conf_dir/$1.conf" ] || { rm -f "$conf_dir/.$1.$2.rename"; exit 0; }
		note "$1: completing its rename to $2, which was killed"
		rename_move "$1" "$2"
	)
}
