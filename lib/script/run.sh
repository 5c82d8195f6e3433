# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# run.sh - commands and sessions in a running container

# view - set seen to the tree with all mounts of the container, if it runs
view() {
	seen=$root
	! find_leader || seen=/proc/$leader/root
}

# enter COMMAND... - become the command in the container, with the options of run
enter() {
	view
	set -- --name "$name" "$seen" -- "$@"
	while IFS= read -r var; do
		[ -z "$var" ] || set -- --env "$var" "$@"
	done <<-END
		$envs
	END
	[ -z "$tty" ] || set -- "$tty" "$@"
	[ -z "$dir" ] || set -- --chdir "$dir" "$@"
	[ -z "$user" ] || set -- --user "$user" "$@"
	exec ctr-console run "$@"
}

# inside COMMAND... - run a command in the container as root, without terminal
inside() (
	user='' dir='' envs='' tty=--no-tty
	enter "$@"
)

# visible COMMAND... - run it; its output goes to standard error, without
# anything that a terminal would obey, as it is the container's
visible() {
	visible_status=$({ {
		code=0
		"$@" 2>&1 3>&- || code=$?
		printf '%s' "$code" >&3
	} | ctr-console filter >&2; } 3>&1) || :
	return "${visible_status:-125}"
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
	exec ctr-console login --name "$name" "$seen"
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
	exec ctr-console root-shell --name "$name" "$seen"
}

# cmd_set_root_password NAME - a password is never an argument, which every user
# can read, and which shells and sudo record
cmd_set_root_password() {
	need_name "$1"
	need_running
	password_read
	password_set ||
		die 1 "$name: could not set the password, for the reason above"
}

# Not every system has chpasswd(8); passwd(1) asks twice.
password_set() {
	lacks=0
	visible inside sh -c 'command -v chpasswd >/dev/null || exit 9' || lacks=$?
	case $lacks in
	0) printf 'root:%s\n' "$password" | visible inside chpasswd ;;
	9) printf '%s\n%s\n' "$password" "$password" |
		visible inside sh -c 'exec passwd root >/dev/null' ;;
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
	set -- inside "$system/bin/switch-to-configuration" test
	if [ -n "$quiet" ]; then hushed "$@"; else visible "$@"; fi
}

# hushed COMMAND... - as visible, but show output only if it fails
hushed() {
	said=$({
		code=0
		visible "$@" || code=$?
		printf '\n%s' "$code"
	} 2>&1 | tail -c 65536)
	hushed_status=${said##*"$newline"}
	[ "$hushed_status" = 0 ] || printf '%s\n' "${said%"$newline"*}" >&2
	return "$hushed_status"
}

cmd_reload() {
	need_name "$1"
	need_running
	switch || die 1 "$name: could not switch to its current system;" \
		"its messages are above, and in: nixos-container logs $name"
}
