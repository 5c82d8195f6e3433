# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shell.sh - a container for one session

cmd_shell() {
	[ $# != 1 ] || [ ! -e "$conf_dir/$1.conf" ] ||
		note "$1: runs as a command; for a shell in that container: nixos-container root-login $1"
	set_name shell
	check_build_options
	complete_settings
	unique=1 client='' began='' status=125
	print_settings >/dev/null || exit 125
	reserve_name
	mkdir -p "$conf_dir"
	at_end shell_end
	for signal in HUP:129 INT:130 TERM:143; do
		# shellcheck disable=SC2064 # the status is known now
		trap "$deaf; exit ${signal#*:}" "${signal%:*}"
	done
	shell_guard
	with_addresses write_settings
	make_tree_and_system
	(unit_do start)
	note "$name is deleted when this ends"
	shell_session "$@"
	exit "$status"
}

# shell_guard - a process that destroys the container if this one is killed:
# descriptor 5 is then closed before "done" was written
shell_guard() {
	fifo=$run_dir/$name.end
	rm -f "$fifo"
	mkfifo "$fifo"
	# A session of its own: whoever kills the process group does not kill it.
	# shellcheck disable=SC2016 # for that shell
	setsid sh -c 'read -r _ <"$1" || exec "$2" destroy "$3"' sh "$fifo" "$0" "$name" \
		</dev/null >/dev/null 9>&- &
	guard=$!
	exec 5>"$fifo"
	rm -f "$fifo"
}

# shell_session [COMMAND...] - in the background, as a shell handles no signal
# while it waits for the foreground; with standard input all the same
shell_session() {
	exec 7<&0
	(
		exec 5>&- 7<&- 9>&-
		[ $# -eq 0 ] || enter "$@"
		root_shell
	) <&7 &
	client=$!
	exec 7<&-
	began=1 status=0
	wait "$client" || status=$?
	client=''
}

shell_end() {
	trap '' INT TERM HUP PIPE
	[ -z "$client" ] || kill "$client" 2>/dev/null || :
	build_done
	[ ! -e "$conf" ] || mv "$conf" "$pending"
	unit_kill
	# A command that ignores its signal ends with the container, not before.
	[ -z "$client" ] || wait "$client" 2>/dev/null || :
	delete_all || say "$name: to remove what is left: nixos-container destroy $name"
	update_hosts
	if [ -n "${guard-}" ]; then
		printf 'done\n' >&5
		exec 5>&-
		wait "$guard" || :
	fi
	unlock
	[ -n "$began" ] || [ "$ending" -gt 125 ] || exit 125
}
