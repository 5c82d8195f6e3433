# SPDX-License-Identifier: MIT
# world.bash - a private mount and network namespace for a test
#
#	load lib/env
#	load lib/world
#	setup() { make_world; }
#	teardown() { drop_world; }
#	@test "..." { run in_world ip -j link; }
#
# In the world /run is an empty tmpfs, without /run/netns at first; the network
# namespace is new, with lo up, and mounts made inside are not visible outside.
# /sys, /proc, /tmp and process ids are those of the machine.  One process holds
# the world, and dies with the shell that made it; make_world in setup_file gives
# one world to all tests of a file (export WORLD_PID then).  If a world cannot be
# made, the test is skipped.

# make_world - make the world; WORLD_PID is the process that holds it
make_world() {
	local out
	((EUID == 0)) || skip "needs root"
	unshare -m -n true || skip "needs mount and network namespaces"
	# Descriptor 3 belongs to bats, which waits until it is closed everywhere.
	exec {out}< <(exec unshare -m -n --propagation private -- bash -c '
		set -e
		mount -t tmpfs -o mode=755 tmpfs /run
		mkdir -m 1777 /run/lock
		ip link set lo up
		echo $$
		exec setpriv --pdeathsig KILL sleep infinity >/dev/null 2>&1
	' 3>&- 4>&-)
	read -r WORLD_PID <&"$out" || { echo "no world" >&2; return 1; }
	exec {out}<&-
}

# in_world command... - run a command in the world, in the current directory
#
# The command can be a function of the test (functions it calls need export -f).
in_world() {
	if [[ $(type -t "$1") == function ]]; then
		export -f "$1"
		set -- bash -c '"$@"' bash "$@"
	fi
	nsenter -t "$WORLD_PID" -m -n --wdns="$PWD" -- "$@"
}

# world_exec command... - exec the command in the world: after "world_exec command
# &", $! is the command's own process id
world_exec() { exec nsenter -t "$WORLD_PID" -m -n --wdns="$PWD" -- "$@"; }

# world_pids - the processes in the world's mount or network namespace
world_pids() {
	local mnt net
	mnt=$(readlink "/proc/$WORLD_PID/ns/mnt") || return 0
	net=$(readlink "/proc/$WORLD_PID/ns/net") || return 0
	find /proc/[0-9]*/ns/{mnt,net} -maxdepth 0 \
		\( -lname "mnt:\\[${mnt//[!0-9]/}]" -o \
		-lname "net:\\[${net//[!0-9]/}]" \) 2>/dev/null |
		cut -d/ -f3 | sort -u
}

# drop_world - kill all processes in the world; the kernel removes the rest
drop_world() {
	local pids
	[[ ${WORLD_PID-} ]] || return 0
	mapfile -t pids < <(world_pids)
	kill -KILL "${pids[@]}" 2>/dev/null || :
	until_true 10 world_is_gone "${pids[@]}"
	unset WORLD_PID
}

world_is_gone() {
	local p
	for p; do
		[[ ! -e /proc/$p || $(cut -d' ' -f3 "/proc/$p/stat" 2>/dev/null) \
			== [ZX]* ]] || return 1
	done
}
