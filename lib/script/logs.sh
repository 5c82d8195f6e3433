# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# logs.sh - what a container logged

# cmd_logs NAME - the container's own journal, or without one, or with --unit,
# what its unit logged
cmd_logs() {
	need_name "$1"
	secure_pager
	case $newline$journal_flags in
	*"$newline--dmesg$newline"*) note "$name: its kernel is the host's: journalctl -k" ;;
	esac
	if [ -z "$of_unit" ] && has_journal; then
		with_lines "$journal_flags$follow$since$last_n" own_journal
	else
		since_born
		with_lines "$journal_flags$follow$since$last_n" log_form journalctl --unit="$unit"
	fi
}

# secure_pager - a user whom sudo lets read logs gets no shell of root's from a pager.
# systemd sees to that by itself, but for su in a session of root's with doas or an old
# systemd.
secure_pager() {
	[ -n "${SUDO_UID-}${DOAS_USER-}${PKEXEC_UID-}" ] || return 0
	[ -z "${SYSTEMD_PAGERSECURE-}" ] || return 0	# root said so
	case ${SYSTEMD_PAGER-${PAGER-less}} in
	'' | cat) return 0 ;;
	esac
	unset SYSTEMD_PAGER PAGER
	export SYSTEMD_PAGERSECURE=1
}

# since_born - what is older than the container is of another one, which had its name.
# What is oldest of it tells: settings are written anew, and a declared container gets
# its tree when it first starts.
since_born() {
	born=$(stat -c %.6W -- "$conf" "$root" "$nix_dir/profiles/per-container/$name" 2>/dev/null |
		sort -n | sed '/^[1-9]/!d;q')
	[ -n "$born" ] || return 0	# not every file system knows
	asked=0
	[ -z "$since" ] || asked=$(seconds_of "${since#*=}")
	[ "${asked%.*}" -le "${born%.*}" ] && has_namesake || return 0
	since=$since--since=@$born$newline	# it checks both and takes the last
	case $last_n in
	'' | --lines=0"$newline") ;;
	*) last_lines ;;
	esac
}

# has_namesake - did another container of that name log before?
has_namesake() {
	[ -n "$(journalctl --quiet --unit="$unit" --until="@$born" --reverse --lines=1)" ]
}

# last_lines - journalctl takes the first ones since a time, not the last: begin with
# the first of those that are wanted
last_lines() {
	cursor=$(with_lines "$journal_flags$since$last_n" newest_first |
		sed -n 's/^-- cursor: //p' | tail -n 1)
	[ -n "$cursor" ] || return 0
	since=--cursor=$cursor$newline last_n=--lines=all$newline
}

# newest_first FLAG... - then the cursor of the oldest; errors come again later
newest_first() {
	journalctl "$@" --quiet --unit="$unit" --reverse --output=cat --show-cursor 2>/dev/null
}

# seconds_of TIME - print it in seconds, or 0 if journalctl will not take it
seconds_of() {
	systemd-analyze timestamp -- "$1" 2>/dev/null |
		sed -n 's/^ *UNIX seconds: @\([0-9][0-9]*\).*/\1/p' | grep . || echo 0
}

# own_journal OPTION... - what journalctl prints of the journal in the tree
#
# The container may put links into it, which journalctl would follow on the host.
# It gets a mount of its own, with nosymfollow.
own_journal() {
	# shellcheck disable=SC2016 # for the shell in the namespace
	log_form ctr-tree at "$root" var/log/journal unshare -m --propagation private sh -euc '
		at=$1
		shift
		mount --no-canonicalize --bind -o ro,nosymfollow . "$at"
		cd /
		exec journalctl --directory="$at" "$@"' sh "$run_dir" "$@"
}

# has_journal - does it run and have a journal of its own?
has_journal() {
	registered || return 1
	[ -n "$(ctr-tree at "$root" var/log/journal \
		find . ! -name . -prune -type d 2>/dev/null)" ]
}

# log_form COMMAND... OPTION... - run it; journalctl itself makes control characters
# visible only in JSON and in the short forms
log_form() {
	form=short
	for word; do
		case $word in
		--output=*) form=${word#*=} ;;
		esac
	done
	case $form in
	short | short-* | json | json-*) exec "$@" ;;
	esac
	log_visible "$@"
}

# log_visible COMMAND... - through ctr-console filter; exit as the command, which
# ends when this shell is to end
log_visible() {
	pipes=$(mktemp -d) || exit 1
	mkfifo "$pipes/log"
	ctr-console filter <"$pipes/log" &
	filter=$!
	exec 3>"$pipes/log"
	rm -r "$pipes"
	"$@" >&3 3>&- &
	log=$!
	exec 3>&-
	# In the background, both ignore SIGINT.
	trap 'kill "$log" 2>/dev/null' INT TERM HUP
	log_status=0
	wait "$log" || log_status=$?
	wait "$filter" || :
	exit "$log_status"
}
