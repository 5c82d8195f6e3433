#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A stop at any moment of a start: none is lost, and none waits for its timeout.
load container

# stops ARGUMENT... - STOPS times (8), stop a container of these arguments up to a
# second after its start; each takes at most five seconds
stops() {
	create "$@"
	for _ in $(seq "${STOPS:-8}"); do
		nixos-container stop "$name"
		systemctl start --no-block "container@$name.service"
		wait_ms=$((RANDOM % 1000))
		sleep "$(printf '0.%03d' $wait_ms)"
		from=${EPOCHREALTIME/./}
		systemctl stop "container@$name.service"
		took_ms=$(((${EPOCHREALTIME/./} - from) / 1000))
		echo "after $wait_ms ms: $took_ms ms"
		((took_ms < 5000))
		run -0 systemctl show -p Result --value "container@$name.service"
		assert_output success
		run ! ip link show "c-$name"
	done
}

debian=(--nixos-path /src/t/systems/debian -I suite=/usr/local)

# bats test_tags=suites
@test "a systemd container is stopped at any moment" { stops "${debian[@]}"; }

# bats test_tags=suites
@test "a systemd container without users of its own is stopped at any moment" {
	stops --host-users "${debian[@]}"
}

@test "a container of the minimal system is stopped at any moment" { stops; }

@test "a container that executes its init anew is stopped at that moment" {
	create "${debian[@]}"
	nixos-container run "$name" -- systemctl daemon-reexec 3>&- &
	SECONDS=0
	systemctl stop "container@$name.service"
	((SECONDS < 10))
	wait $! || :
}

# bats test_tags=suites
@test "no process stays in the unit's own group, so that the container gets its controllers" {
	local users group controller
	[[ -e /sys/fs/cgroup/cgroup.controllers ]] || skip "this host has cgroup v1"
	create --no-start
	group=/sys/fs/cgroup/machine.slice/container@$name.service
	empty() { run -0 cat "$group/cgroup.procs"; [[ $output == "" ]]; }
	for users in pick no; do
		ctr-conf set "$name" PRIVATE_USERS=$users
		nixos-container start "$name"
		assert_dir_exists "$group/ctr-start"
		until_true 5 empty
		run -0 cat "$group/cgroup.subtree_control"
		for controller in $(grep -owE 'memory|pids' "$group/cgroup.controllers"); do
			assert_output --regexp "\b$controller\b"
		done
		nixos-container stop "$name"
		assert_not_exists "$group"
	done
}

@test "a stop while launch waits for the rules of others leaves nothing" {
	local rules stopping unit=container@$name.service
	create --no-start --host-users
	waits() { pgrep -f '^flock 7$' >/dev/null; }
	ends() { [[ $(systemctl show -p SubState --value "$unit") == stop-post ]]; }
	exec {rules}</run/nixos-container
	flock "$rules"
	systemctl start --no-block "$unit" 3>&- {rules}>&-
	until_true 10 waits
	systemctl stop "$unit" 3>&- {rules}>&- &
	stopping=$!
	until_true 10 ends
	sleep 0.5	# cleanup looks whether the tree is in use
	exec {rules}>&-
	wait "$stopping"
	run -0 nixos-container verify "$name"
	assert_output ''
	assert_not_exists "$nix_state/gcroots/per-container/$name/booted"
	assert_not_exists "$state/.$name.sessions"
	assert_not_exists "/run/nixos-container/$name.forward"
}

@test "a stop at any moment of launch leaves nothing" {
	create --no-start --host-users
	for _ in $(seq 24); do
		systemctl start --no-block "container@$name.service"
		wait_ms=$((5 + RANDOM % 50))
		sleep "$(printf '0.%03d' $wait_ms)"
		systemctl stop "container@$name.service"
		systemctl reset-failed "container@$name.service" 2>/dev/null || :
		echo "after $wait_ms ms"
		run -0 nixos-container verify "$name"
		assert_output ''
	done
}
