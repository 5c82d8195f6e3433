# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# logs.sh - what a container said

# cmd_logs [OPTION...] NAME [OPTION...] - the container's own journal, or where
# it keeps none, or with --unit, what its unit said
cmd_logs() {
	given='' whose='' operands=''
	while [ $# -gt 0 ]; do
		case $1 in
		-f | --follow | -r | --reverse | -e) given=$given$1$newline ;;
		--unit) whose=unit ;;
		-n | --lines | -S | --since | -U | --until | -p | --priority | -o | --output)
			[ $# -ge 2 ] || usage "logs: $1: its argument is missing"
			given=$given$1$newline$(one_line "$2")$newline
			shift ;;
		--lines=* | --since=* | --until=* | --priority=* | --output=*)
			given=$given$(one_line "$1")$newline ;;
		-*) usage "logs: $1: no such option" ;;
		*) operands=$operands${operands:+ }$1 ;;
		esac
		shift
	done
	name_only "$operands"
	if [ -z "$whose" ] && has_journal; then
		set -- own_journal
	else
		set -- exec journalctl --unit="$unit"
	fi
	while IFS= read -r word; do
		[ -z "$word" ] || set -- "$@" "$word"
	done <<-END
		$given
	END
	"$@"
}

# own_journal OPTION... - become journalctl on the journal in the tree
#
# The container may put links there, which journalctl would follow on the host:
# it sees the journal on a mount of its own, where the kernel follows none.
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

one_line() {
	case $1 in
	'' | *"$newline"*) usage "logs: empty, or more than a line: $1" ;;
	*) printf '%s\n' "$1" ;;
	esac
}

# has_journal - does it run, and keep a journal of its own?
has_journal() {
	registered || return 1
	for dir in "$root"/var/log/journal/*; do
		[ ! -d "$dir" ] || return 0
	done
	return 1
}
