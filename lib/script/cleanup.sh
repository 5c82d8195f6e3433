# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# cleanup.sh - remove what a launch made on the host (ExecStopPost= of the unit)

# cmd_cleanup NAME - each step is tried, even if one before it failed; what lies
# beside the tree or is of the store belongs to the machine that has the tree in use
cmd_cleanup() {
	set_name "$1"
	undone='' shared_steps='roots_off copies_off sessions_off store_off' had_lock=${nspawn_lock-}
	cleanup_lock || shared_steps=''
	for step in machine_forget $shared_steps daemon_off network_off loopback_off ports_off \
		nspawn_off cgroups_off; do
		"$step" || undone=1
	done
	[ -n "$had_lock" ] || nspawn_unlock
	[ -n "$undone" ] || return 0
	say "$name: cleanup is incomplete, for the reason above; to try again:" \
		"nixos-container cleanup $name"
	return 1
}

# cleanup_lock - hold the lock on the tree, so that no other machine begins with it
#
# This waits for what launch began, too: systemd runs cleanup as soon as launch has
# ended, whose children may still have the lock, and make what is removed here.
cleanup_lock() {
	if [ -w "$state_dir" ]; then
		nspawn_take "$name"
	elif in_use_elsewhere; then
		return 1
	fi
}

network_off() { mkveth del -- "$name"; }

# machine_forget - machined keeps a machine as long as its unit is active, and
# the unit is already active for the next start; a systemd-nspawn that was
# killed did not unregister
#
# machined is not started for this: where it cannot start, each call would take
# 25 s.  Without it there is only its record, which it would read again.
machine_forget() {
	machine=/run/systemd/machines/$name
	grep -qsxF "SCOPE=$unit" "$machine" || return 0
	machine_unregister || {
		rm -f "$machine" "${machine%/*}/unit:$unit"
		# It may have started meanwhile.
		machine_unregister || :
	}
}

machine_unregister() {
	busctl --quiet --auto-start=no --timeout=3 call org.freedesktop.machine1 \
		/org/freedesktop/machine1 org.freedesktop.machine1.Manager \
		UnregisterMachine s "$name" 2>/dev/null
}

# roots_off - its processes no longer protect what they run, nor what links in
# its tree point to
roots_off() {
	[ -d /nix/store ] && [ -d "$root" ] &&
		[ -d "$nix_dir/gcroots/per-container/$name" ] || return 0
	ctr-gcroot release "$name" || return 1
	ctr-gcroot sync --trees "$state_dir" -- "$name" ||
		say "$name: some of its garbage collector roots are not kept"
}

# copies_off - the copy of the tree that EPHEMERAL=1 made stays if systemd-nspawn
# was killed
copies_off() {
	remains=''
	for copy in "$state_dir/.#machine.$name"???????????????? \
		"$state_dir/.#snapshot.$name"????????????????; do
		case ${copy##*"$name"} in
		*[!0-9a-f]*) ;;
		*) copy_delete "$copy" || remains=1 ;;
		esac
	done
	[ -z "$remains" ]
}

# nspawn_off - since 256 a killed systemd-nspawn leaves a mount that keeps its next
# start from working
nspawn_off() {
	remains=''
	nspawn_run=/run/systemd/nspawn
	for dir in "$nspawn_run/unix-export/$name" "$nspawn_run/$name/unix-export" \
		"$nspawn_run/propagate/$name"; do
		[ ! -d "$dir" ] || unmount_below "$dir" || remains=1
		rmdir "$dir" 2>/dev/null || :
	done
	rmdir "$nspawn_run/$name" 2>/dev/null || :
	[ -z "$remains" ]
}

# sessions_off - the container's root may have written to it
sessions_off() { dir_off "$sessions_dir"; }

# dir_off DIR - remove a directory of the container on the host, if it is there
dir_off() { [ ! -d "$1" ] || { ctr-tree -- empty "$1" && rmdir "$1"; }; }

# cgroups_off - what the container made below its control group: systemd removes no
# more than some levels of it
cgroups_off() {
	set --
	for group in /sys/fs/cgroup/machine.slice/"$unit" /sys/fs/cgroup/*/machine.slice/"$unit"; do
		[ ! -d "$group" ] || set -- "$@" "$group"
	done
	[ $# -gt 0 ] || return 0
	# The unit's own is busy while this runs in it.
	find "$@" -mindepth 1 -depth -type d ! -name .control -delete 2>/dev/null && return
	# As ExecStopPost=, systemd still ends them after this.
	[ -z "${SERVICE_RESULT-}" ] || return 0
	say "$name: processes of it have not ended, in $*"
	return 1
}

# copy_delete DIR - a copy of the tree, which the container wrote to
copy_delete() {
	if [ -d "$1" ] && [ ! -L "$1" ]; then
		unmount_below "$1" && ctr-tree -- empty "$1" && rmdir "$1" || return 1
	fi
	rm -f "$state_dir/.#${1##*/}.lck"
}
