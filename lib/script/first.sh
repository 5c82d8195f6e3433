# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# first.sh - the first system of a container with FLAKE, which launch builds

# first_build - build it, if there is none
#
# In a scope: the limits of the unit are for the container.  In the background, as a
# shell handles no signal while it waits for the foreground.
first_build() {
	[ -z "$SYSTEM_PATH" ] && [ -n "$FLAKE" ] || return 0
	! ctr-gcroot -- path "$name" >/dev/null 2>&1 || return 0
	say "$name: has no system yet: building that of the flake $FLAKE"
	scope=nixos-container-first-$name.scope first_said=$run_dir/$name.first
	first='' extender='' built=0
	trap 'first_stop' INT TERM HUP
	# It may go on for a launch that was killed.
	systemctl --quiet stop "$scope" 2>/dev/null || :
	[ -z "${NOTIFY_SOCKET-}" ] || { first_extend & extender=$!; }
	set -- "$0" update --no-apply -- "$name"
	[ ! -d /run/systemd/system ] || set -- systemd-run --quiet --scope --collect \
		--unit="$scope" --description="First build of the system of container $name" -- "$@"
	first_run "$@" || built=$?
	first_end
	[ "$built" = 0 ] || die 2 "$name: not started: its flake $FLAKE could not be built"
}

# first_run COMMAND... - the journal would take its messages for those of the scope
first_run() {
	mkdir -p "$run_dir" && rm -f "$first_said" && mkfifo -m 600 "$first_said" || return
	cat <"$first_said" >&2 &
	reader=$!
	(unset NOTIFY_SOCKET; exec "$@" >"$first_said" 2>&1) &
	first=$!
	first_status=0
	wait "$first" || first_status=$?
	wait "$reader" || :
	return "$first_status"
}

# first_extend - systemd's limit of the time for the start is not for the build
first_extend() {
	nap=''
	trap '[ -z "$nap" ] || kill "$nap" 2>/dev/null; exit 0' TERM
	while :; do
		systemd-notify EXTEND_TIMEOUT_USEC=60000000 || :
		sleep 20 &
		nap=$!
		wait "$nap" || :
	done
}

# first_end - the time that the unit has to start begins anew
first_end() {
	trap - INT TERM HUP
	rm -f "$first_said"
	[ -n "$extender" ] || return 0
	kill "$extender" 2>/dev/null || :
	wait "$extender" 2>/dev/null || :
	usec=''
	read -r _ usec <<-END
		$(busctl get-property org.freedesktop.systemd1 /org/freedesktop/systemd1/unit/self \
			org.freedesktop.systemd1.Service TimeoutStartUSec 2>/dev/null)
	END
	systemd-notify "EXTEND_TIMEOUT_USEC=${usec:-60000000}" || :
}

# first_stop - end all of the build, and then as its signal demands
first_stop() {
	trap '' INT TERM HUP
	systemctl --quiet stop "$scope" 2>/dev/null || :
	[ -z "$first" ] || { kill "$first" 2>/dev/null; wait "$first"; } || :
	[ -z "$extender" ] || kill "$extender" 2>/dev/null || :
	rm -f "$first_said"
	trap - TERM
	kill -s TERM $$
}
