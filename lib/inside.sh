# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# inside.sh - commands and sessions in a running container

# inside COMMAND... - run a command in the container, with its exit status
inside() {
	if [ -S "$root/var/lib/root-shell.socket" ]; then
		ctr-console run "$root" -- "$@"
	else
		systemd-run --quiet --machine="$name" --pipe --wait -- "$@"
	fi
}

cmd_run() {
	name_known "$@"
	shift
	[ "${1-}" != -- ] || shift
	[ $# -gt 0 ] || usage 'run: the command is missing'
	need_running
	inside "$@"
}

cmd_login() { name_only "$@"; need_running; exec ctr-console login "$root"; }
cmd_root_login() { name_only "$@"; need_running; exec ctr-console root-shell "$root"; }

# switch - bring the running container to its current system
switch() {
	conf_read
	inside "${SYSTEM_PATH:-/nix/var/nix/profiles/system}/bin/switch-to-configuration" \
		test || die 1 "$name: switching to the new configuration failed"
}

cmd_reload() { name_only "$@"; need_running; switch; }
