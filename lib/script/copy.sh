# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# copy.sh - copies between the host and a container
#
# The host looks up no path of a running container, which could mount there what never
# answers: a session does, with a copy of ctr-tree that the container was started with,
# and a stream of bytes crosses.  What comes out of it is not to be trusted.

inner=/run/ctrconsole/ctr-tree

# cmd_copy_to NAME FILE PATH
cmd_copy_to() {
	need_name "$1"
	not_elsewhere
	if by_session; then
		copy_source "$2"
		copying "$2" copy_inside send_through put ${sent:+--tar} ${user:+--user "$user"} \
			${sent_name:+--name "$sent_name"} -- / - "$3"
	else
		copying "$2" become ctr-tree put ${tar:+--tar} ${user:+--user "$user"} \
			-- "$root" "$2" "$3"
	fi
}

# cmd_copy_from NAME PATH FILE
cmd_copy_from() {
	copy_target "$2" "$3"
	need_name "$1"
	if by_session; then
		copying "$3" copy_inside receive_through get ${asked:+--tar} -- / "$2" -
	else
		copying "$3" become ctr-tree get ${tar:+--tar} -- "$root" "$2" "$3"
	fi
}

# copying FILE COMMAND... - become the command; progress is shown on a terminal,
# unless FILE is standard input or output
#
# In the background, as a shell handles no signal while it waits for the foreground.
copying() {
	near=$1
	shift
	! is_open "$near" || "$@"
	[ -t 2 ] || "$@"
	exec 7<&0
	("$@") <&7 7<&- &
	copier=$!
	exec 7<&-
	at_end copy_end
	copied=0
	slow "$name: copying" wait "$copier" || copied=$?
	copier=''
	return $copied
}

# copy_end - nothing of what it began stays
copy_end() {
	[ -n "$copier" ] || return 0
	kill "$copier" 2>/dev/null || :
	wait "$copier" || :
	copier=''
}

become() { exec "$@"; }

# is_open FILE - does it name an open descriptor?
is_open() {
	case $1 in
	- | /dev/stdin | /dev/stdout | /dev/stderr | /dev/fd/* | /proc/self/fd/*) return 0 ;;
	esac
	return 1
}

# copy_source FILE - set source to what is sent, sent if that is a tar, and sent_name
# to the name of anything else but standard input
copy_source() {
	source=$1 sent=$tar sent_name=''
	if is_open "$1"; then
		:
	elif [ -n "$tar" ] && [ -e "$1" ]; then
		exec <"$1"
		source=-
	elif [ -f "$1" ] || [ -d "$1" ]; then
		sent=1
	else
		sent_name=${1##*/}
	fi
}

# copy_target PATH FILE - set asked if a tar is to come; else the bytes of a file may
copy_target() {
	taken=$1 target=$2 asked=$tar
	is_open "$2" && return
	[ -z "$tar" ] || usage "--tar: expected - instead of $2"
	asked=1
}

# by_session - is the container running, and does it have what copies?
by_session() {
	running || return 1
	limited='timeout --foreground -k 1 10' answer=0
	(user='' dir='' envs='' tty=--no-tty; enter "$inner" --version) \
		</dev/null >/dev/null 2>&1 || answer=$?
	limited=''
	[ $answer != 0 ] || return 0
	[ "$(ctr-conf get -- "$name" EPHEMERAL)" != 1 ] || die 1 "$name: no session can copy" \
		'in it, and its tree is a copy (EPHEMERAL); if it was started by another' \
		'version, restart it'
	note "$name: no session can copy in it: copying in its tree, without what is mounted" \
		'there; if it was started by another version, restart it'
	return 1
}

# copy_inside THROUGH WORD... - become ctr-tree inside, at the end of a courier
copy_inside() {
	through=$1 user='' dir='' envs='' tty=--no-tty
	shift
	enter "$inner" "$@"
}

send_through() { exec ctr-tree send -- "$source" "$@"; }
receive_through() { exec ctr-tree receive -- "$taken" "$target" "$@"; }

# remote_copy NAME FROM TO - FILE is of this machine, and the path of a container there
remote_copy() {
	if [ "$verb" = copy-to ]; then
		copy_source "$2"
		quote "$1" - "$3"
		set -- ctr-tree send -- "$source"
	else
		copy_target "$2" "$3"
		sent=$asked
		quote "$1" "$2" -
		set -- ctr-tree receive -- "$taken" "$target"
	fi
	[ -z "$sent" ] || [ -n "$tar" ] || passed="$passed --tar"
	remote_run "$passed -- $quoted" "$@"
}
