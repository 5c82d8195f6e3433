# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shell.sh - a container that is there as long as a session in it

cmd_shell() {
	always=125	# every failure that is not the command's
	verb=create splits=1
	words=$#
	build_options shell "$@"
	shift $((words - left))
	[ -z "$no_start$auto_start$dry_run" ] ||
		usage 'shell takes none of --no-start, --auto-start and --dry-run'
	addresses_check
	mkdir -p "$conf_dir"
	unique=1 client='' began='' status=125
	claim
	trap 'shell_end $?' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	shell_guard
	with_addresses settings_write settings_new
	make_it
	(unit_do start)
	note "$name is gone when this ends"
	shell_session "$@"
	exit "$status"
}

# shell_guard - somebody who destroys it where we are killed: descriptor 5 is
# closed then, and was not told that all is done
shell_guard() {
	fifo=$lock_dir/$name.end
	rm -f "$fifo"
	mkfifo "$fifo"
	(
		trap '' INT TERM HUP
		exec 9>&-
		! read -r _ <"$fifo" || exit 0
		cmd_destroy "$name"
	) </dev/null >/dev/null &
	guard=$!
	exec 5>"$fifo"
	rm -f "$fifo"
}

# shell_session [COMMAND...] - in the background, as a shell that waits for
# what is in the foreground acts on no signal; with standard input all the same
shell_session() {
	exec 7<&0
	(
		exec 5>&- 7<&- 9>&-
		run_options
		[ $# -eq 0 ] || enter "$@"
		root_shell
	) <&7 &
	client=$!
	exec 7<&-
	began=1 status=0
	wait "$client" || status=$?
	client=''
}

# shell_end STATUS
shell_end() {
	trap '' INT TERM HUP PIPE
	[ -z "$client" ] || kill "$client" 2>/dev/null || :
	build_done
	[ ! -e "$conf" ] || mv "$conf" "$pending"
	unit_kill
	# A command that ignores its signal ends with the container, not before.
	[ -z "$client" ] || wait "$client" 2>/dev/null || :
	wipe || say "$name: its remains go with: nixos-container destroy $name"
	names ''
	if [ -n "${guard-}" ]; then
		printf 'done\n' >&5
		exec 5>&-
		wait "$guard" || :
	fi
	unlock
	[ -n "$began" ] || [ "$1" -gt 125 ] || exit 125
}
