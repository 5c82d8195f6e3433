# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# run.sh - commands and sessions in a running container

# view - set seen to the tree with all mounts of the container, if it runs, and
# leads to options: who has to serve what is mounted over its sockets
view() {
	seen=$root leads=''
	! find_leader || seen=/proc/$leader/root leads="--leader $leader"
}

# enter COMMAND... - become the command in the container, with the options of run; or
# through, a function that gets the words to become
enter() {
	view
	# shellcheck disable=SC2086 # two words, or none
	set -- --name "$name" $leads "$seen" -- "$@"
	while IFS= read -r var; do
		[ -z "$var" ] || set -- --env "$var" "$@"
	done <<-END
		$envs
	END
	[ -z "$tty" ] || set -- "$tty" "$@"
	[ -z "$dir" ] || set -- --chdir "$dir" "$@"
	[ -z "$user" ] || set -- --user "$user" "$@"
	# shellcheck disable=SC2086 # words, or none
	${through:-exec} ${limited-} ctr-console run "$@"
}

# inside COMMAND... - run a command in the container as root, without terminal,
# for 15 minutes at most; its output goes to standard error, without anything that
# a terminal would obey, as it is the container's
#
# In the background, as a shell handles no signal while it waits for the
# foreground: inside_end ends it.
inside() {
	said=$run_dir/$name.said.$$
	# A killed command may have left it.
	rm -f "$said"
	if ! mkdir -p "$run_dir" 2>/dev/null || ! mkfifo -m 600 "$said" 2>/dev/null; then
		die 1 "$name: needs root: cannot write to $run_dir"
	fi
	inside_said <"$said" 9>&- &
	reader=$!
	exec 7<&0
	(
		user='' dir='' envs='' tty=--no-tty limited='timeout -k 5 900'
		enter "$@"
	) >"$said" 2>&1 <&7 7<&- 9>&- &
	worker=$!
	exec 7<&-
	inside_status=0
	wait "$worker" || inside_status=$?
	worker=''
	wait "$reader" || :
	case $inside_status in
	124 | 137) say "$name: its command has not ended within 15 minutes, and is left alone" ;;
	esac
	inside_shown
	rm -f "$said" "$said.quiet"
	return "$inside_status"
}

# inside_said - show what it says; with --quiet the end of it, if it fails
inside_said() {
	if [ -n "$quiet" ]; then
		ctr-console filter | tail -c 65536 >"$said.quiet"
	else
		ctr-console filter >&2
	fi
}

inside_shown() {
	[ -z "$quiet" ] || [ "$inside_status" = 0 ] || cat "$said.quiet" >&2
}

# inside_end - for traps: leave a command, even one that ignores its signal
inside_end() {
	[ -n "${worker-}" ] || return 0
	kill "$worker" 2>/dev/null || :
	rm -f "$said" "$said.quiet"
	worker=''
}

cmd_run() {
	need_name "$1"
	shift
	need_running
	enter "$@"
}

say_way_out() {
	[ ! -t 0 ] || note "$name: to leave, press Ctrl-] three times"
}

cmd_login() {
	need_name "$1"
	need_running
	view
	say_way_out
	# shellcheck disable=SC2086 # as above
	exec ctr-console login --name "$name" $leads "$seen"
}

cmd_root_login() {
	need_name "$1"
	need_running
	root_shell
}

# root_shell - become a root shell in the container
root_shell() {
	view
	say_way_out
	# shellcheck disable=SC2086 # as above
	exec ctr-console root-shell --name "$name" $leads "$seen"
}

# cmd_set_root_password NAME - a password is never an argument, which every user
# can read, and which shells and sudo record
cmd_set_root_password() {
	need_name "$1"
	need_running
	password_read
	at_end inside_end
	password_set ||
		die 1 "$name: could not set the password, for the reason above"
}

# Not every system has chpasswd(8); passwd(1) asks twice.
password_set() {
	lacks=0
	inside sh -c 'command -v chpasswd >/dev/null || exit 9' || lacks=$?
	case $lacks in
	0) printf 'root:%s\n' "$password" | inside chpasswd ;;
	9) printf '%s\n%s\n' "$password" "$password" |
		inside sh -c 'exec passwd root >/dev/null' ;;
	*) return 1 ;;
	esac
}

password_read() {
	if [ -t 0 ]; then
		saved=$(stty -g)
		trap 'stty "$saved"; exit 1' INT TERM HUP
		# The shell that stopped and continued it has turned the echo on.
		trap 'die 1 "$name: interrupted; the password is not changed"' CONT
		stty -echo
		password_ask "New password of root in $name"
		again=$password
		[ -n "$again" ] || { stty "$saved"; die 2 "$name: the password is empty; it is not changed"; }
		password_ask 'Retype new password'
		stty "$saved"
		trap - INT TERM HUP CONT
		[ "$password" = "$again" ] || die 1 "$name: the two differ; the password is not changed"
	else
		IFS= read -r password || [ -n "$password" ] ||
			die 2 "$name: no password on standard input; it is not changed"
	fi
	[ -n "$password" ] || die 2 "$name: the password is empty; it is not changed"
}

password_ask() {
	printf '%s: ' "$1" >&2
	IFS= read -r password || password=''
	printf '\n' >&2
}

# switch - switch the running container to its current system
switch() {
	read_settings
	system=$SYSTEM_PATH
	[ -n "$system" ] || system=$(ctr-gcroot path "$name") || exit
	case $system in
	/nix/store/*) ctr-gcroot -- hold "$name" "$system" || exit ;;
	esac
	store_add || return
	inside "$system/bin/switch-to-configuration" test
}

cmd_reload() {
	need_name "$1"
	need_running
	! boots_itself || die 1 "$name: boots its own tree: it has no system to switch to"
	at_end inside_end
	switch || die 1 "$name: could not switch to its current system;" \
		"its messages are above, and in: nixos-container logs $name"
}
