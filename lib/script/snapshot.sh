# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# snapshot.sh - the state of a container, kept, and brought back
#
# A snapshot is a directory STATE_DIR/.NAME.snapshots/LABEL: the tree, the settings, and
# a link to the system, which ctr-gcroot keeps by the label.  Names with a dot in front
# are of commands that are at work, or were killed.

# set_snapshot NAME LABEL - hold the lock of the container
set_snapshot() {
	need_name "$1"
	label=$2
	label_ok || die 2 "$label: not a label: a label is 1 to 64 letters, digits, dots," \
		'underscores and hyphens, with a letter or digit first'
	saved=$snapshots/$label
	lock "$name"
	at_end unlock
	need_name "$name"
}

label_ok() {
	case $label in
	*[!A-Za-z0-9._-]* | [._-]* | '') return 1 ;;
	esac
	[ ${#label} -le 64 ]
}

# cmd_snapshot NAME [LABEL] - take one, or with --delete, delete it
cmd_snapshot() {
	[ -z "$delete" ] || [ $# = 2 ] || usage 'missing argument: LABEL'
	set_snapshot "$1" "${2-$(date +%Y-%m-%d-%H%M%S)}"
	[ -z "$delete" ] || { snapshot_delete; return; }
	[ ! -e "$saved" ] || die 1 "$name: has a snapshot $label; to delete it:" \
		"nixos-container snapshot --delete $name $label"
	[ -d "$root" ] || die 1 "$name: has no tree yet: it gets one when it first starts"
	not_elsewhere
	snapshots_sweep || exit 1
	at_end 'snapshot_end; unlock'
	snapshot_make "$snapshots/.$label.new"
	still_end
	mv -T "$snapshots/.$label.new" "$saved"
	sync "$snapshots"
	note "$name: to go back to this: nixos-container restore $name $label"
}

# snapshot_end - it took one, or failed: nothing half stays
snapshot_end() {
	still_end
	snapshots_sweep || say "$name: not all of it could be deleted, for the reason above"
}

# snapshot_make DIR
snapshot_make() {
	mkdir -p "$1/tree"
	chmod 700 "$snapshots"
	still
	slow "$name: copying its tree" tree_copy "$root" "$1/tree" ||
		die 1 "$name: no snapshot: could not copy its tree, for the reason above"
	cat "$conf" >"$1/settings"
	find_current
	[ -z "$system" ] || ln -s "$system" "$1/system"
	case $system in
	/nix/store/*) ctr-gcroot hold --label "$label" -- "$name" "$system" || exit 1 ;;
	esac
	sync -f "$1"
}

# find_current - set system to that which it would start, or to nothing
find_current() {
	read_settings
	system=$SYSTEM_PATH
	[ -n "$system" ] || system=$(ctr-gcroot -- path "$name" 2>/dev/null) || system=''
}

# still - nothing changes the tree until still_end: a running container is frozen, or
# stopped where the kernel cannot do that
still() {
	if is_stopped "$name"; then
		tree_lock "$name"
		return
	fi
	[ "$(ctr-conf get -- "$name" EPHEMERAL)" != 1 ] ||
		note "$name: what runs is a copy of its tree (EPHEMERAL), which is not kept"
	freeze && return
	note "$name: stopped meanwhile, as it cannot be frozen here"
	halt_it
}

still_end() {
	tree_unlock
	case ${resume-} in
	thaw) thaw ;;
	start) (unit_do start) || : ;;
	esac
	guard_end
}

# freeze - what runs inside, and not the unit: systemd would wait for ever for a process
# that it starts in the frozen group of a unit whose main process has ended
freeze() {
	group=$(systemctl show -p ControlGroup --value "$unit" 2>/dev/null)
	for freezer in "/sys/fs/cgroup$group/payload" "/sys/fs/cgroup/unified$group/payload"; do
		[ -n "$group" ] || continue
		[ -e "$freezer/cgroup.freeze" ] || continue
		# shellcheck disable=SC2016 # for the shell in the unit
		guard sh -c 'echo 0 >"$1"' sh "$freezer/cgroup.freeze" || continue
		resume=thaw
		tree_hold "$name"
		echo 1 >"$freezer/cgroup.freeze" && is_frozen && return
		still_end
	done 2>/dev/null
	return 1
}

# is_frozen - soon, as nothing in it can answer
is_frozen() {
	tries=0
	until grep -qx 'frozen 1' "$freezer/cgroup.events"; do
		tries=$((tries + 1))
		[ $tries -le 50 ] || return 1
		sleep 0.1
	done
}

# thaw - if it was killed meanwhile, the group is gone
thaw() { (echo 0 >"$freezer/cgroup.freeze") 2>/dev/null || :; }

halt_it() {
	guard systemctl start "$unit" || :
	resume=start
	unit_do stop
	machine_end poweroff
	tree_lock "$name"
}

# guard COMMAND... - a unit does that if this shell ends before guard_end
guard() {
	guarded=$(mktemp "$run_dir/$name.still.XXXXXX") || return
	exec 5>"$guarded"
	flock 5
	# shellcheck disable=SC2016 # for the shell in the unit
	unlocked systemd-run --quiet --collect --description="container $name again" -- \
		sh -c 'file=$1
			shift
			exec 5<"$file" && flock 5 && [ "$file" -ef /proc/self/fd/5 ] || exit 0
			rm "$file"
			exec "$@"' sh "$guarded" "$@" 5>&- 6>&- 2>/dev/null
}

guard_end() {
	resume=''
	[ -n "${guarded-}" ] || return 0
	rm -f "$guarded"
	exec 5>&-
	guarded=''
}

# snapshot_delete - first its name
snapshot_delete() {
	[ -d "$saved" ] || die 1 "$name: no snapshot $label; to list them:" \
		"nixos-container snapshots $name"
	mv -T "$saved" "$snapshots/.$label.old"
	snapshots_sweep
}

# snapshots_sweep - delete what has no name any more, or never had one
snapshots_sweep() {
	swept=0
	for part in "$snapshots"/.*.new "$snapshots"/.*.old "$state_dir/.$name.restored"; do
		[ -d "$part" ] || continue
		snapshot_remove "$part" || swept=1
	done
	rmdir "$snapshots" 2>/dev/null || :
	return $swept
}

# snapshot_remove DIR - what it kept first
snapshot_remove() {
	kept_by=${1##*/.}
	kept_by=${kept_by%.*}
	case $1 in
	"$snapshots"/*) [ -e "$snapshots/$kept_by" ] || [ ! -d /nix/store ] ||
		ctr-gcroot release --label "$kept_by" -- "$name" || return 1 ;;
	esac
	slow "$name: deleting a copy of its tree" copy_delete "$1"
}

# snapshots_off - all of them, of a container that is destroyed
snapshots_off() {
	[ -d "$snapshots" ] || [ -d "$state_dir/.$name.restored" ] || return 0
	for part in "$snapshots"/[!.]*; do
		[ ! -d "$part" ] || mv -T "$part" "$snapshots/.${part##*/}.old" || return 1
	done
	snapshots_sweep && [ ! -d "$snapshots" ]
}

# shellcheck disable=SC2086 # an option, or none
cmd_snapshots() {
	need_name "$1"
	exec ctr-gcroot snapshots $form --trees "$state_dir" -- "$name"
}

# cmd_restore NAME LABEL - tree, settings and system
#
# The snapshot is copied while the container may run.  Then both trees change places at
# once.  From that moment on a record is in the way of a start until all is back: after
# a kill, the same command does it again.
cmd_restore() {
	set_snapshot "$1" "$2"
	[ -d "$saved/tree" ] || die 1 "$name: no snapshot $label; to list them:" \
		"nixos-container snapshots $name"
	not_elsewhere
	! mountpoint -q -- "$root" ||
		die 1 "$name: its tree is a mount point, which cannot be exchanged"
	at_end 'restore_end; unlock'
	snapshots_sweep || exit 1
	restored=$state_dir/.$name.restored
	mkdir -m 700 "$restored"
	slow "$name: copying the snapshot" tree_copy "$saved/tree" "$restored" ||
		die 1 "$name: not restored: could not copy the snapshot, for the reason above"
	# Its generations of then are none that the container made since.
	ctr-tree remove "$restored" nix/var/nix/profiles/system 2>/dev/null || :
	sync -f "$restored"
	if is_stopped "$name"; then tree_lock "$name"; else halt_it; fi
	restore_all
}

restore_end() {
	still_end
	snapshots_sweep || say "$name: the tree of before could not be deleted, for the reason above"
}

restore_all() {
	printf '%s\n' "$label" >"$restoring"
	sync "$restoring" "$state_dir"
	rename_free "$root"
	restore_tree
	restore_settings || { restore_tree; rm -f "$restoring"; exit 1; }
	restore_system
	rm -f "$restoring"
	sync "$state_dir"
}

restore_tree() {
	[ -e "$root" ] || mkdir "$root"
	ctr-tree exchange "$root" "$restored" && return
	rm -f "$restoring"
	die 1 "$name: not restored, for the reason above"
}

# restore_settings - but those of a declared container are what the declaration says
restore_settings() {
	read_settings
	if is_declarative || [ -n "$DECLARED_IN" ]; then
		cmp -s "$conf" "$saved/settings" ||
			note "$name: declared: its settings stay as they are"
		return 0
	fi
	(change_write --from "$saved/settings" -- "$name") || return 1
	update_hosts
	(reload_if_changed) || :
}

restore_system() {
	[ -L "$saved/system" ] || return 0
	system=$(readlink "$saved/system")
	[ "$system" = "$(ctr-gcroot -- path "$name" 2>/dev/null)" ] ||
		ctr-gcroot set --trees "$state_dir" -- "$name" "$system" || exit 1
}
