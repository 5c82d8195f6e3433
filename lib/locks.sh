# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# locks.sh - one command at a time

# lock NAME - hold descriptor 9 on the lock of a container, or of "addresses"
#
# Its file goes away with its holder (unlock), so who waited for it looks
# whether the file that was locked is still the one of that name.
lock() {
	{ mkdir -p "$lock_dir" && chmod 700 "$lock_dir" && [ -w "$lock_dir" ]; } ||
		die 1 "${1#.}: cannot be locked in $lock_dir: only root can"
	lock_file=$lock_dir/$1.lock
	while :; do
		exec 9>>"$lock_file"
		# shellcheck disable=SC2086 # a word or nothing
		flock ${2-} 9 || return 1
		# shellcheck disable=SC3013 # POSIX of 2024; dash and busybox have it
		[ "$lock_file" -ef /proc/self/fd/9 ] && return 0
	done
}

unlock() { rm -f "$lock_file"; exec 9>&-; }

# locks_sweep - remove what killed commands left, where their remains are found
locks_sweep() (
	for file in "$lock_dir"/*.lock "$lock_dir"/.*.lock; do
		file=${file##*/}
		[ ! -e "$lock_dir/$file" ] || ! lock "${file%.lock}" -n || unlock
	done
)

# with_addresses COMMAND... - hold the lock on all addresses for one command
#
# Who looks for a free one reads all settings, pending or not: one that is
# renamed meanwhile could be missed under either name.
with_addresses() (
	lock .addresses
	trap unlock EXIT
	trap 'exit 1' INT TERM HUP
	"$@" 9>&-
)
