# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# locks.sh - one command at a time

# lock NAME - hold descriptor 9 on the lock of a container, or of "addresses"
#
# unlock deletes the file.  So after waiting, check that the locked file still has
# that name.
lock() {
	{ mkdir -p "$run_dir" "$lock_dir" && chmod 700 "$run_dir" "$lock_dir" &&
		[ -w "$lock_dir" ]; } 2>/dev/null ||
		die 1 "${1#.}: needs root: cannot lock it in $lock_dir"
	lock_file=$lock_dir/$1.lock
	while :; do
		exec 9>>"$lock_file"
		flock -n 9 || { [ "${2-}" != -n ] && slow_lock "$1" 9; } || return 1
		# shellcheck disable=SC3013 # POSIX of 2024; dash and busybox have it
		[ "$lock_file" -ef /proc/self/fd/9 ] && return 0
	done
}

# unlocked PROGRAM ARGUMENT... - run a program that must not inherit the lock; a
# redirection of slow would not do, as the shell keeps the original open
unlocked() { "$@" 9>&-; }

slow_lock() { slow "${1#.}: waiting for another command" flock "$2"; }

unlock() { lock_remove "$lock_file"; exec 9>&-; }

# lock_remove FILE - on shared storage it stays: another machine may see for a while
# that a removed file still has its name
lock_remove() { [ "$lock_dir" != "$run_dir" ] || rm -f "$1"; }

# locks_sweep - remove the lock files of killed commands
locks_sweep() (
	[ "$lock_dir" = "$run_dir" ] || exit 0
	for lockfile in "$lock_dir"/*.lock "$lock_dir"/.*.lock; do
		lockfile=${lockfile##*/}
		[ ! -e "$lock_dir/$lockfile" ] || ! lock "${lockfile%.lock}" -n || unlock
	done
)

# with_addresses COMMAND... - hold the lock on all addresses for one command
#
# The search for a free address reads all settings, pending or not: it could miss
# a file that is renamed meanwhile.
with_addresses() (
	lock .addresses
	at_end unlock
	"$@" 9>&-
)

# tree_hold NAME - the same of one that runs: it does not start again meanwhile
tree_hold() {
	mkdir -p "$lock_dir" && chmod 700 "$lock_dir"
	tree_lock=$lock_dir/$1.tree.lock
	while :; do
		exec 6>>"$tree_lock"
		flock -n 6 || slow_lock "$1" 6
		# shellcheck disable=SC3013 # as above
		[ "$tree_lock" -ef /proc/self/fd/6 ] && break
	done
}

# tree_lock NAME - hold descriptor 6 on the lock of the tree of a stopped container
#
# launch waits for it, so the container stays stopped.  The lock of the container
# is not enough, as commands that start it hold that, too.
tree_lock() {
	tree_hold "$1"
	if is_stopped "$1"; then
		nspawn_lock "$1" && return
		tree_unlock
		exit 1
	fi
	tree_unlock
	die 1 "$1: running; to stop it: nixos-container stop $1"
}

tree_unlock() {
	nspawn_unlock
	[ -n "${tree_lock-}" ] || return 0
	lock_remove "$tree_lock"
	exec 6>&-
	tree_lock=''
}

# tree_wait - until nobody is at work on the tree, but not for ever
tree_wait() {
	at_work=$lock_dir/$name.tree.lock
	[ ! -e "$at_work" ] || flock -s -w 30 6 6<"$at_work" || [ ! -e "$at_work" ] ||
		die 1 "$name: another command is working on its tree"
}

# nspawn_lock NAME - hold descriptor 8 on the lock that systemd-nspawn takes on a
# tree: machines that share the tree see it, but no other lock of this one
nspawn_lock() {
	nspawn_take "$1" || { say "$1: $elsewhere"; return 1; }
}

# nspawn_take NAME - the same, without a word if another has it
nspawn_take() {
	[ -z "${nspawn_lock-}" ] && [ -d "$state_dir" ] || return 0
	nspawn_lock=$state_dir/.#$1.lck
	while :; do
		exec 8<>"$nspawn_lock"
		ctr-tree idle --hold 8 "$state_dir/$1" || break
		# shellcheck disable=SC3013 # as above
		[ "$nspawn_lock" -ef /proc/self/fd/8 ] && return
	done
	exec 8>&-
	nspawn_lock=''
	return 1
}

elsewhere='its tree is in use by another machine, or by a systemd-nspawn of another name'

nspawn_unlock() {
	[ -n "${nspawn_lock-}" ] || return 0
	rm -f "$nspawn_lock"
	exec 8>&-
	nspawn_lock=''
}

# in_use_elsewhere - of a container that does not run here
in_use_elsewhere() { [ -z "${nspawn_lock-}" ] && ! ctr-tree idle "$root"; }

# not_elsewhere - before work on the tree of a container that may run here
not_elsewhere() { ! in_use_elsewhere || running || die 1 "$name: $elsewhere"; }
