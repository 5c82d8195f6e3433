# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# logs.sh - what a container logged

# cmd_logs NAME - the container's own journal, or without one, or with --unit,
# what its unit logged
cmd_logs() {
	need_name "$1"
	if [ -z "$of_unit" ] && has_journal; then
		with_lines "$journal_flags" own_journal
	else
		with_lines "$journal_flags" exec journalctl --unit="$unit"
	fi
}

# own_journal OPTION... - become journalctl on the journal in the tree
#
# The container may put links into it, which journalctl would follow on the host.
# It gets a mount of its own, with nosymfollow.
own_journal() {
	enter_tree var/log/journal
	# shellcheck disable=SC2016 # for the shell in the namespace
	exec unshare -m --propagation private sh -euc '
		at=$1
		shift
		mount --no-canonicalize --bind -o ro,nosymfollow . "$at"
		cd /
		exec journalctl --directory="$at" "$@"' sh "$lock_dir" "$@"
}

# has_journal - does it run and have a journal of its own?
has_journal() {
	registered || return 1
	for dir in "$root"/var/log/journal/*; do
		[ ! -d "$dir" ] || return 0
	done
	return 1
}
