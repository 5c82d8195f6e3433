# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# bysystemd.sh - a command in a container that has systemd but no ctr-console
#
# systemd-run --pipe would hand it our own files and terminal, which its root
# could open anew and write to: it gets pipes, and at a terminal what machined
# makes there.  (systemd-run --pty --machine= of systemd 252 looks for that
# terminal on the host.)

# by_systemd COMMAND... - run it as a unit there, with the options of run, and
# exit with its status
by_systemd() {
	runs=nixos-container-run-$$.service
	command=$1
	how=--pipe
	case $tty in
	-t | --tty) how=--pty ;;
	-T | --no-tty) ;;
	*) [ ! -t 0 ] || [ ! -t 1 ] || how=--pty ;;
	esac
	# systemd puts variables into arguments; twice the sign means the sign.
	for word; do
		shift
		doubled "$word"
		set -- "$@" "$word"
	done
	set -- --quiet --unit="$runs" --wait --uid="${user:-root}" \
		--property=WorkingDirectory="${dir:--~}" $how -- "$@"
	while IFS= read -r var; do
		[ -z "$var" ] || set -- --setenv="$var" "$@"
	done <<-END
		$envs
	END
	if [ $how = --pipe ]; then
		piped systemd-run --machine="$name" "$@"
		[ "$status" -ne 0 ] || exit 0
	else
		at_machined "$@"
	fi
	run_status "$command"
	exit "$status"
}

# at_machined ARGUMENT... - systemd-run on a terminal in the container: it runs
# there too, as machinectl, which makes the terminal, loses the status
at_machined() {
	for word; do
		shift
		doubled "$word"
		set -- "$@" "$word"
	done
	attended machinectl --quiet shell "root@$name" /usr/bin/env systemd-run "$@"
}

# doubled WORD - set word to it with every $ twice
doubled() {
	rest=$1 word=''
	while :; do
		case $rest in
		*\$*) word=$word${rest%%\$*}\$\$ rest=${rest#*\$} ;;
		*) break ;;
		esac
	done
	word=$word$rest
}

# piped COMMAND... - attend to it, with pipes of ours between it and us
piped() {
	mkdir -p "$lock_dir"
	pipes=$(mktemp -d "$lock_dir/run.XXXXXX")
	trap 'rm -rf "$pipes"' EXIT
	mkfifo "$pipes/in" "$pipes/out" "$pipes/err"
	exec 8<&0
	cat <&8 >"$pipes/in" &
	feeder=$!
	cat <"$pipes/out" 8<&- &
	readers=$!
	cat <"$pipes/err" >&2 8<&- &
	readers="$readers $!"
	attended "$@" <"$pipes/in" >"$pipes/out" 2>"$pipes/err"
	kill "$feeder" 2>/dev/null || :
	# shellcheck disable=SC2086 # two numbers
	wait $readers || :
}

# attended COMMAND... - run it, pass signals on, and set status to its own
attended() {
	exec 7<&0	# what runs in the background has no standard input
	"$@" <&7 7<&- 8<&- &
	client=$!
	exec 7<&-
	for sig in INT TERM HUP QUIT USR1 USR2; do
		# shellcheck disable=SC2064 # the name of now
		trap "run_signal $sig" "$sig"
	done
	status=0
	wait "$client" || status=$?
	while kill -0 "$client" 2>/dev/null; do
		status=0
		wait "$client" || status=$?
	done
}

run_signal() {
	systemctl --machine="$name" kill --signal="$1" "$runs" 2>/dev/null || :
}

# run_status COMMAND - set status to what chroot(1) and env(1) would exit with;
# systemd-run says just "failed" where a signal or itself was the reason, and
# the unit is there as long as that is not read
run_status() {
	how=$(systemctl --machine="$name" show "$runs" -p ExecMainCode \
		-p ExecMainStatus -p LoadState 2>/dev/null) || :
	case $how in
	*ExecMainCode=1*) status=0 ;;		# CLD_EXITED
	*ExecMainCode=[23]*) status=128 ;;	# CLD_KILLED, CLD_DUMPED
	*LoadState=not-found*) [ "$status" -eq 0 ] || status=125; return 0 ;;
	'') status=125
		not_served root-shell.socket
		return 0 ;;
	*) status=125; return 0 ;;
	esac
	how=${how#*ExecMainStatus=}
	how=${how%%"$newline"*}
	# The container says this: a word that is no number would be an expression.
	case $how in
	'' | *[!0-9]* | 0?* | ????*) how=0 status=125 ;;
	esac
	status=$((status + how))
	systemctl --machine="$name" reset-failed "$runs" 2>/dev/null || :
	# Those of systemd.exec(5) for what it could not do.
	[ "$status:${dir:+given}" != 200:given ] ||
		die 125 "$name: cannot go to $dir"
	[ "$status:${user:+given}" != 217:given ] ||
		die 125 "$name: cannot become $user"
	[ "$status" != 203 ] || run_found "$1"
}

# not_served SOCKET - say why nothing could be had from the container
not_served() {
	say "$name: neither ctr-console's socket var/lib/$1 is there nor a systemd that" \
		"answers; what the container says: nixos-container logs --unit $name"
}

# run_found COMMAND - set status to 127 if it is not there, to 126 if that is
# no program; else it was a program that said 203 itself
run_found() {
	status=0
	# shellcheck disable=SC2016 # the shell in the container expands that
	systemd-run --quiet --machine="$name" --pipe --wait --collect \
		--uid="${user:-root}" --property=WorkingDirectory="${dir:--~}" \
		-- /bin/sh -c 'case $$1 in
		*/*) [ -e "$$1" ] || exit 127; [ -f "$$1" ] && [ -x "$$1" ] || exit 126 ;;
		*) command -v "$$1" >/dev/null || exit 127 ;;
		esac
		exit 203' sh "$1" </dev/null >/dev/null 2>&1 || status=$?
	case $status in
	126) say "$name: $1: it cannot be run" ;;
	203) ;;
	*) say "$name: $1: there is no such command"; status=127 ;;
	esac
}

