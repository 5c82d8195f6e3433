# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# progress.sh - what takes long says what it is doing, and for how long

# slow WHAT COMMAND ARGUMENT... - run the command; meanwhile WHAT is told: on a
# terminal from 2 s on, in a line that goes away again, else now and then
slow() {
	doing=$1
	shift
	[ -z "${quiet-}" ] || { "$@"; return; }
	slow_tell &
	teller=$!
	slow_status=0
	"$@" || slow_status=$?
	# A TERM that comes before its trap is set would be lost, for it is caught
	# here; ALRM is not.  TERM is needed if ALRM is ignored.
	kill -s ALRM "$teller" 2>/dev/null || :
	kill -s TERM "$teller" 2>/dev/null || :
	wait "$teller" 2>/dev/null || :
	return "$slow_status"
}

# slow_tell - until it is killed, or its parent is gone
slow_tell() {
	shown='' seconds=0 nap=''
	trap '[ -z "$nap" ] || kill "$nap" 2>/dev/null; slow_wipe; exit 0' ALRM TERM
	# No lock outlives whom it is told for.
	exec 5>&- 6>&- 8>&- 9>&- </dev/null >&2
	while kill -0 $$ 2>/dev/null; do
		sleep 1 >/dev/null 2>&1 &
		nap=$!
		wait "$nap" || :
		seconds=$((seconds + 1))
		if [ -t 1 ]; then
			[ $seconds -lt 2 ] || slow_show
		elif [ $seconds = 10 ] || [ $((seconds % 60)) = 0 ]; then
			say "$doing, for $seconds s now"
		fi
	done
	slow_wipe
}

slow_show() {
	line="nixos-container: $doing ($seconds s)"
	printf '\r%s' "$line"
	shown=${#line}
}

slow_wipe() { [ -z "$shown" ] || printf '\r%*s\r' "$shown" ''; }
