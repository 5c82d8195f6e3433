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
	set -- --unit="$unit"
	if [ -z "$whose" ] && has_journal; then
		set -- --machine="$name"
	fi
	while IFS= read -r word; do
		[ -z "$word" ] || set -- "$@" "$word"
	done <<-END
		$given
	END
	exec journalctl "$@"
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
	view
	for dir in "$seen"/var/log/journal/* "$seen"/run/log/journal/*; do
		[ ! -d "$dir" ] || return 0
	done
	return 1
}
