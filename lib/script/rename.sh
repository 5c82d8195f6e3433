# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# rename.sh - another name for a container
#
# From before the first thing moves until the last did there is a record,
# CONF_DIR/.OLD.NEW.rename: where a rename was killed, the next command on
# either name finds it and finishes the work.  A living one holds both locks.

cmd_rename() {
	[ $# -eq 2 ] || usage 'rename takes the old name and the new one'
	name_check "$2"
	name_set "$1"
	record=$conf_dir/.$1.$2.rename
	if [ -e "$record" ] && [ ! -e "$conf" ]; then
		rename_heal "$1"
		[ -e "$record" ] || { locks_sweep; return 0; }
	fi
	rename_heal "$1"
	[ -e "$conf" ] || locks_sweep
	name_known "$1"
	! declarative || die 1 "$1: declared in the host's configuration: rename it there"
	lock "$1"
	trap 'unlock' EXIT
	trap 'exit 1' INT TERM HUP
	name_known "$1"
	(rename_to "$1" "$2")
	rename_mentions "$1" "$2"
}

# rename_to OLD NEW - in a process of its own, for it holds another lock
rename_to() {
	name_set "$2"
	claim_one || die 1 "$2: $taken"
	trap 'tree_unlock; unlock' EXIT
	trap 'exit 1' INT TERM HUP
	tree_lock "$1"
	! grep -qF " $(cd -P "$state_dir" && pwd -P)/$1 " /proc/self/mountinfo ||
		die 1 "$1: its tree is a mount of its own, which cannot be renamed"
	(cmd_cleanup "$1")
	: >"$conf_dir/.$1.$2.rename"
	sync "$conf_dir"
	rename_move "$1" "$2"
	systemctl reset-failed "container@$1.service" 2>/dev/null || :
}

# rename_move OLD NEW - all of it, or what a killed one left to do
rename_move() {
	[ ! -e "$conf_dir/$1.conf" ] || with_addresses mv -T "$conf_dir/$1.conf" "$conf_dir/.$2.pending"
	sync "$conf_dir"
	move_name "$state_dir" "$1" "$2"
	move_name "$nix_dir/profiles/per-container" "$1" "$2"
	move_name "$nix_dir/gcroots/per-container" "$1" "$2"
	move_name "$nix_dir/gcroots/per-container-synced" "$1" "$2"
	[ ! -e "$conf_dir/.$1.nix" ] || mv -T "$conf_dir/.$1.nix" "$conf_dir/.$2.nix"
	rm -f "$state_dir/.#$1.lck"
	[ ! -e "$conf_dir/.$2.pending" ] || with_addresses mv -T "$conf_dir/.$2.pending" "$conf_dir/$2.conf"
	sync "$conf_dir"
	rm -f "$conf_dir/.$1.$2.rename"
	names ''
	for moved; do (name_set "$moved" && unit_fresh) || :; done
}

# move_name DIR OLD NEW
move_name() {
	if [ -e "$1/$2" ]; then
		mv -T "$1/$2" "$1/$3"
		sync "$1"
	fi
}

# rename_heal NAME - finish what was killed, unless somebody is at work there
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
	trap 'unlock' EXIT
	(
		lock "$2" -n || exit 0
		trap 'unlock' EXIT
		[ -e "$conf_dir/.$1.$2.rename" ] || exit 0
		# Nothing has moved yet, and the container may run by now.
		[ ! -e "$conf_dir/$1.conf" ] || { rm -f "$conf_dir/.$1.$2.rename"; exit 0; }
		note "$1: finishing its rename to $2, which was killed"
		rename_move "$1" "$2"
	)
}

# rename_mentions OLD NEW - say whose settings still have the old name
rename_mentions() {
	awk -v old="$1" "$awk_settings"'
		function one(    n, w, i) {
			if (key !~ /^(AFTER|REQUIRES)$/) return
			n = split_words(value, w)
			for (i = 1; i <= n; i++)
				if (w[i] == old || w[i] == "container@" old ".service")
					by[name]
		}
		BEGIN { each_setting(); for (name in by) print name }' "$conf_dir"/*.conf | while IFS= read -r other; do
		note "the settings of $other name $1, which is $2 now"
	done
}
