# SPDX-License-Identifier: MIT
# container.bash - what the tests on the throw-away host share
#
# Each test makes containers of names of its own and leaves none.
load ../lib/env
state=/var/lib/containers
confs=/etc/containers
nix_state=/nix/var/nix
minimal=/usr/local/share/nixos-container/systems/minimal

setup() {
	name=$(unused_name t)
	root=$state/$name
	conf=$confs/$name.conf
	made=("$name")
}

teardown() { destroy_made; }

# destroy_made - all containers of this test; for a teardown that does more
destroy_made() {
	local n left
	# What a test that failed left in the background.
	mapfile -t left < <(jobs -p)
	kill "${left[@]}" 2>/dev/null || :
	for n in "${made[@]}"; do
		if [[ -L $confs/$n.conf ]]; then rm "$confs/$n.conf"; touch "$confs/$n.conf"; fi
		nixos-container destroy "$n" 2>/dev/null || :
	done
}

# also NAME - a further container of this test
also() { made+=("$1"); }

# create ARGUMENT... - a container of the minimal system
create() { nixos-container create "$name" "$@"; }

# configuration FILE - print configuration.nix as update --config-file FILE writes it
configuration() {
	cat <<-END
		{ lib, options, ... }:

		{
		  boot = if options.boot ? isNspawnContainer then { isNspawnContainer = true; }
		    else { isContainer = true; };
		  networking.hostName = lib.mkDefault "$name";
		  networking.useDHCP = lib.mkOverride 900 false;
		  imports = [
		    (
		/. + "$1"
		    )
		  ];
		}
	END
}

inside() { nixos-container run "$name" -- "$@"; }

# controls NAME - has this host that controller of cgroups?  Where the machine has it
# in version 1, a host of version 2 alone has not.
controls() { [[ -d /sys/fs/cgroup/$1 ]] || grep -qw "$1" /sys/fs/cgroup/cgroup.controllers; }

# boots - which boot of the container this is: the start time of its init
boots() { inside cut -d' ' -f22 /proc/1/stat; }

# booted_after TIME - has it booted since?
booted_after() { local now; now=$(boots 2>/dev/null) && ((now > $1)); }

is_up() { [[ $(nixos-container status "$1") == up ]]; }
is_not_up() { ! is_up "$1"; }
is_down() {
	run -0 nixos-container status "$1"
	assert_output down
}

listed() { nixos-container list | grep -qxF -- "$1"; }

# A host that systemd-nspawn boots has no loop devices; they detach when unmounted.
loop_devices() {
	local i
	[[ -e /dev/loop-control ]] || mknod /dev/loop-control c 10 237
	for i in {0..15}; do
		[[ -e /dev/loop$i ]] || mknod "/dev/loop$i" b 7 "$i"
	done
}

# never_answers DIR - mount a file system that does not; answered ends that
never_answers() {
	[[ -e /dev/fuse ]] || mknod /dev/fuse c 10 229
	(: <>/dev/fuse) 2>/dev/null || skip "no FUSE here"
	mkdir "$1"
	exec {silent}<>/dev/fuse
	mount -i -t fuse -o "fd=$silent,rootmode=40000,user_id=0,group_id=0" none "$1"
}

answered() { exec {silent}>&-; umount -l "$1"; }

# nspawn_of NAME - its systemd-nspawn, a child of the unit's main process
nspawn_of() {
	pgrep -x -P "$(systemctl show -p MainPID --value "container@$1.service")" systemd-nspawn
}

# settled UNIT - what systemd has of a unit, without what changes by itself
settled() {
	systemctl show "$1" | sed -E '/^(Memory|CPUUsage|IO|Tasks|IP|Exec|N(eedDaemonReload|Restarts|Connections|Accepted)|Requires|After|Before)/d'
	systemctl show -p ExecStart "$1" | sed 's/; start_time=.*//'
}

# same_after_reload UNIT... - of what systemd made, it loses nothing when it reads its
# files again
same_after_reload() {
	local unit
	for unit; do settled "$unit"; done >"$BATS_TEST_TMPDIR/before"
	systemctl daemon-reload
	for unit; do settled "$unit"; done >"$BATS_TEST_TMPDIR/after"
	diff -u "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}

# nothing_left NAME - no trace of a container on the host
nothing_left() {
	run ! listed "$1"
	assert_not_exists "$state/$1"
	assert_not_exists "$state/.#$1.lck"
	assert_not_exists "$state/.$1.sessions"
	assert_not_exists "$confs/$1.conf"
	assert_not_exists "$confs/.$1.pending"
	assert_not_exists "$nix_state/profiles/per-container/$1"
	assert_not_exists "$nix_state/gcroots/per-container/$1"
	assert_not_exists "$nix_state/gcroots/per-container-synced/$1"
	assert_not_exists "/run/netns/net-$1"
	assert_not_exists "/run/nixos-container/$1.lock"
	assert_not_exists "/run/nixos-container/$1.store"
	run ! ip link show "c-$1"
	run -0 systemctl list-units --all --plain --no-legend "container-port-$1-tcp-*"
	assert_output ''
	run ! machinectl show "$1"
	run ! grep -F "/$1" /proc/self/mountinfo
}
