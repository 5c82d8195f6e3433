#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Sessions in a container with systemd, beside what systemd does meanwhile.
load container

create_debian() {
	create --nixos-path /src/t/systems/debian -I suite=/usr/local "$@"
}

# held SECONDS - a session that ends with status 7, in the background
held() {
	nixos-container run "$name" -- sh -c "echo here; sleep $1; exit 7" \
		>"$BATS_TEST_TMPDIR/out" 3>&- &
	session=$!
	until_true 5 grep -q here "$BATS_TEST_TMPDIR/out"
}

ends_with() {
	local status=0
	wait "$session" || status=$?
	assert_equal "$status" "$1"
}

@test "a session outlives a restart of the server, and systemd's own" {
	create_debian
	held 3
	inside systemctl restart ctr-console.service
	inside systemctl daemon-reload
	inside systemctl daemon-reexec
	ends_with 7
}

@test "the server comes back by itself when it was killed or stopped" {
	create_debian
	inside sh -c 'kill -9 $(systemctl show -p MainPID --value ctr-console)' || :
	run -0 inside hostname
	inside systemctl stop ctr-console.service || :
	run -0 inside hostname
	assert_output "$name"
}

@test "update goes on while a session runs" {
	create_debian
	held 3
	nixos-container update "$name" --nixos-path /src/t/systems/debian -I suite=/usr/local
	ends_with 7
}

@test "a session ends when its container does" {
	create_debian
	held 1000
	nixos-container stop "$name"
	local status=0
	wait "$session" || status=$?
	((status != 0))
}

@test "a container without the sockets is reached by systemd-run, with the same status" {
	create_debian
	inside systemctl stop ctr-login.socket ctr-root-shell.socket || :
	rm -f "$root/var/lib/login.socket" "$root/var/lib/root-shell.socket"
	run inside sh -c 'exit 7'
	assert_failure 7
	run -0 inside hostname
	assert_output "$name"
}
