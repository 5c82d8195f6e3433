# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# run.sh - commands and sessions in a running container

# view - set seen to the tree as the container sees it, with all it mounts
# there: through its leader, which machined knows; else to its root
view() {
	seen=$root
	registered || return 0
	while IFS='=' read -r key value; do
		[ "$key" != LEADER ] || seen=/proc/$value/root
	done 2>/dev/null <"/run/systemd/machines/$name" || :
}

# served SOCKET - has the container this socket of ctr-console's?  A hint: it
# is looked for anew, and with care, by whoever connects.
served() { view; [ -S "$seen/var/lib/$1" ]; }

# run_options ARGUMENT... - those of run, into variables; taken: how many
run_options() {
	user='' dir='' envs='' tty='' taken=0
	while [ $# -gt 0 ]; do
		case $1 in
		-u | --user | -d | --chdir | -e | --env)
			[ $# -ge 2 ] || usage "run: $1: its value is missing"
			run_option "$1" "$2"
			shift
			taken=$((taken + 1)) ;;
		--user=* | --chdir=* | --env=*) run_option "${1%%=*}" "${1#*=}" ;;
		-t | --tty | -T | --no-tty) tty=$1 ;;
		--) taken=$((taken + 1)); return ;;
		-?*) usage "run: no such option: $1" ;;
		*) return ;;
		esac
		taken=$((taken + 1))
		shift
	done
}

run_option() {
	case $1 in
	-u | --user) user=$2 ;;
	-d | --chdir) dir=$2 ;;
	*)
		case $2 in
		=* | *"$newline"*) usage 'run: not a variable of the form K=V' ;;
		*=*) envs=$envs$2$newline ;;
		*) usage "run: not a variable of the form K=V: $2" ;;
		esac ;;
	esac
}

# enter COMMAND... - become the command in the container, with its status; the
# options are where run_options left them
enter() {
	served root-shell.socket || by_systemd "$@"
	set -- "$seen" -- "$@"
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
	run_options
	tty=--no-tty
	enter "$@"
)

# visible COMMAND... - run it; what it says comes on standard error, and is the
# container's: nothing that a terminal would obey
visible() {
	visible_status=$({ {
		code=0
		"$@" 2>&1 3>&- || code=$?
		printf '%s' "$code" >&3
	} | ctr-console filter >&2; } 3>&1) || :
	return "${visible_status:-125}"
}

cmd_run() {
	always=125	# every failure that is not the command's
	run_options "$@"
	shift "$taken"
	[ $# -gt 0 ] || usage 'a container name is missing'
	name_known "$1"
	shift
	if [ $# -gt 0 ] && [ $taken -eq 0 ]; then
		run_options "$@"
		shift "$taken"
	elif [ "${1-}" = -- ]; then
		shift
	fi
	[ $# -gt 0 ] || usage 'run: the command is missing'
	need_running
	enter "$@"
}

# say_way_out - of a terminal that hangs, or where nobody can log in
say_way_out() {
	[ ! -t 0 ] || note "$name: ^] three times within a second leaves it"
}

cmd_login() {
	name_only "$@"
	need_running
	served login.socket || by_machined
	say_way_out
	exec ctr-console login "$seen"
}

# by_machined - a login prompt from the container's own systemd
by_machined() {
	machinectl login "$name" && exit 0
	not_served login.socket
	exit 1
}

cmd_root_login() {
	name_only "$@"
	need_running
	root_shell
}

# root_shell - become a root shell in the container
root_shell() {
	if served root-shell.socket; then
		say_way_out
		exec ctr-console root-shell "$seen"
	fi
	run_options
	[ ! -t 0 ] || tty=--tty
	# shellcheck disable=SC2016 # the shell in the container expands that
	by_systemd /bin/sh -c 'exec "${SHELL:-/bin/sh}" -l'
}

# cmd_set_root_password NAME - it is never a word of a command line, which
# every user can read, and which shells and sudo keep
cmd_set_root_password() {
	[ $# -le 1 ] || usage 'set-root-password takes one name; the password is' \
		'read from standard input'
	name_known "$@"
	need_running
	password_read
	password_set ||
		die 1 "$name: the password was not set, for the reason above"
}

# Not every system has chpasswd(8); passwd(1) asks twice.
password_set() {
	if visible inside sh -c 'command -v chpasswd >/dev/null'; then
		printf 'root:%s\n' "$password" | visible inside chpasswd
	else
		printf '%s\n%s\n' "$password" "$password" |
			visible inside sh -c 'exec passwd root >/dev/null'
	fi
}

password_read() {
	if [ -t 0 ]; then
		saved=$(stty -g)
		trap 'stty "$saved"; exit 1' INT TERM HUP
		stty -echo
		password_ask "New password of root in $name"
		again=$password
		password_ask 'The same again'
		stty "$saved"
		trap - INT TERM HUP
		[ "$password" = "$again" ] || die 1 "$name: the two differ: the password is as before"
	else
		IFS= read -r password || [ -n "$password" ] ||
			die 2 "$name: no password on standard input: it is as before"
	fi
	[ -n "$password" ] || die 2 "$name: an empty password is none: it is as before"
}

password_ask() {
	printf '%s: ' "$1" >&2
	IFS= read -r password || password=''
	printf '\n' >&2
}

# switch - bring the running container to its current system
switch() {
	conf_read
	set -- inside "${SYSTEM_PATH:-/nix/var/nix/profiles/system}/bin/switch-to-configuration" test
	if [ -n "$quiet" ]; then hushed "$@"; else visible "$@"; fi
}

# hushed COMMAND... - as visible, but what it says is shown only if it fails
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
	name_only "$@"
	need_running
	switch || die 1 "$name: switching to its current system failed;" \
		"what it says is above, and in: nixos-container logs $name"
}
