#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The suite in a virtual machine: Debian's kernel, systemd as PID 1, pure cgroup
# v2, and real reboots.
#
# One machine serves all tests, except that of the clock.  It is often emulated and
# slow, so only tests that depend on the kernel run in it.
load machine

teardown() {
	[[ ! -d /run/nixos-container-test-vm/$vm-clock ]] ||
		"$TOP/t/lib/vm" stop "$vm-clock"
}

@test "the machine has systemd and pure cgroup v2" {
	run -0 in_vm stat -f -c '%T' /sys/fs/cgroup /
	assert_output $'cgroup2fs\next2/ext3'
	run -0 in_vm systemctl is-system-running
	assert_output running
	run -1 in_vm systemd-detect-virt --container
	assert_output none
}

@test "exec passes the command's status, arguments, output and input" {
	run -7 in_vm sh -c 'exit 7'
	run -137 in_vm sh -c 'kill -9 $$'
	run -127 in_vm /no/such
	run -126 in_vm /etc/passwd
	run -255 in_vm sh -c 'exit 255'
	run -125 vm exec "$vm"
	run -125 vm exec "no-$vm" true
	run -0 --separate-stderr in_vm sh -c 'echo out; echo err >&2'
	assert_output out
	assert_equal "$stderr" err
	head -c 300000 /dev/urandom >"$BATS_TEST_TMPDIR/in"
	in_vm cat <"$BATS_TEST_TMPDIR/in" | cmp - "$BATS_TEST_TMPDIR/in"
	set -- '' ' two  words ' $'line\nline\n' $'\377\001' '$HOME `id` "x" \' -- --help a=b '*' "'" "a'"
	printf '%s\0' "$@" >"$BATS_TEST_TMPDIR/want"
	SECRET=1 in_vm printf '%s\0' "$@" | cmp - "$BATS_TEST_TMPDIR/want"
	SECRET=1 run -0 in_vm env
	refute_output --partial SECRET
	assert_line HOME=/root
}

@test "a name in use and an invalid name are refused" {
	run -1 vm boot "$vm"
	assert_output --partial "already"
	for bad in a/b .. -x a_b '' "$(printf 'a%.0s' {1..33})"; do
		run -2 vm boot "$bad"
	done
	run -2 vm
	run -2 vm nonsense
	run -2 vm boot --bind-ro
	run -1 vm boot --bind-ro /no/such "$vm-clock"
	run -2 vm image --kernel
	run -2 vm boot --kernel 4.19 "$vm-clock"
	assert_line "vm: unknown kernel: '4.19' (expected 5.10, 6.1 or 6.12)"
	run -1 vm stop "$vm-clock"
	run -0 vm --help
	run -0 vm list
	assert_line "$vm running"
}

@test "the image of each kernel is kept, and all have one root" {
	own=$(vm image)
	run -0 --separate-stderr vm image --kernel "${NIXOS_CONTAINER_TEST_KERNEL:-6.1}"
	assert_output "$own"
	run --separate-stderr vm image --kernel 6.12
	((status == 0)) || skip "the kernel of trixie cannot be fetched"
	assert_equal "${lines[0]}" "$(head -n 1 <<<"$own")"
	assert_exists "${lines[1]}/vmlinuz"
	for dir in $own; do assert_exists "$dir"; done
}

@test "mkveth creates networks of all kinds" {
	suite unit/net/mkveth.bats '^(del removes link|the namespace can be|an ipvlan)|are announced to|read-only$'
}

@test "run-in-netns leaves the mounts of the caller alone" {
	suite unit/net/run-in-netns.bats '^(the cgroup tree|ip netns exec loses|without the new mount calls|the caller.s mounts stay|--unlink removes the name, and)'
}

@test "containers have networks as in the settings" {
	suite live/nixos-container.bats '^(the seed.s example|the container rules|settings that NixOS writes)'
	suite live/network.bats '^(MACVLANS|EXTRA_VETHS|a namespace that exists)'
	suite live/users.bats '^(PRIVATE_USERS=NUMBER|the container.s network is complete|ports are)'
	suite live/forward.bats '^(IPv6 and udp|stop takes)'
}

@test "containers wait for devices that udev finds" {
	suite live/network.bats '^(a container waits for|a container whose device)'
}

@test "udev marks the links of containers for programs that configure networks" {
	in_vm sh -eu <<-'END'
		mkveth add -H 10.231.136.1 -L 10.231.136.2 --pair v1:host=10.231.137.1,local=10.231.137.2 marked
		udevadm settle
	END
	for link in c-marked v1; do
		run -0 in_vm udevadm info "/sys/class/net/$link"
		assert_line 'E: NM_UNMANAGED=1'
		assert_line 'E: ID_NET_MANAGED_BY=nixos-container'
	done
	in_vm mkveth del marked
}

@test "a container reaches a network behind a tagged trunk" {
	in_vm sh -eu <<-'END'
		ip netns add peer
		ip link add trunk type veth peer name trunk netns peer
		ip link add link trunk name trunk.7 type vlan id 7
		ip link add br7 type bridge
		ip link set trunk.7 master br7
		for link in trunk trunk.7 br7; do ip link set "$link" up; done
		ip -n peer link add link trunk name trunk.7 type vlan id 7
		ip -n peer addr add 10.231.150.9/24 dev trunk.7
		ip -n peer link set trunk up
		ip -n peer link set trunk.7 up
		nixos-container create tagged --bridge br7 --local-address 10.231.150.2/24
	END
	run -0 in_vm nixos-container run tagged -- ping -c 1 -W 5 10.231.150.9
	in_vm nixos-container destroy tagged
	in_vm sh -c 'ip link del br7; ip link del trunk; ip netns del peer'
}

# At shutdown, services in containers have time to end.
@test "after a reboot of the machine, containers with AUTO_START=1 run again" {
	for name in one two three; do
		start=--auto-start
		[[ $name != three ]] || start=
		# shellcheck disable=SC2086 # a word, or none
		in_vm nixos-container create "$name" $start --config \
			"services.slow.command = \"trap 'echo bye >/var/bye; exit' TERM; echo up >/var/up; while :; do sleep 1; done\";"
		until_true 20 in_vm test -s "/var/lib/containers/$name/var/up"
	done
	addresses=$(in_vm cat /etc/containers/{one,two,three}.conf)
	# How long that takes depends on the emulated processor: its journal tells
	# whether a container had to be killed.
	vm reboot "$vm"
	run -0 in_vm systemctl is-system-running --wait
	assert_output running
	run -0 in_vm journalctl -b -1 --no-pager
	refute_output --regexp 'timed out\. (Terminating|Killing|Skipping)'
	run -0 in_vm cat /var/lib/containers/{one,two,three}/var/bye
	assert_output $'bye\nbye\nbye'
	for name in one two; do
		until_true 20 in_vm sh -c "nixos-container status $name | grep -qx up"
		run -0 in_vm nixos-container run "$name" -- hostname
		assert_output "$name"
	done
	run -0 in_vm nixos-container status three
	assert_output down
	assert_equal "$(in_vm cat /etc/containers/{one,two,three}.conf)" "$addresses"
	run -0 in_vm ping -c 1 -W 5 "$(in_vm nixos-container show-ip one)"
	in_vm nixos-container start three
	in_vm nixos-container destroy three
}

@test "launch runs a container without its unit" {
	suite live/nixos-container.bats '^launch runs'
}

@test "with running containers the machine shuts down quickly, and leaves nothing" {
	in_vm nixos-container create four
	run -0 in_vm nixos-container list
	assert_equal "${#lines[@]}" 3
	pid=$(cut -d' ' -f1 "/run/nixos-container-test-vm/$vm/pid")
	SECONDS=0
	run -0 vm stop "$vm"
	refute_output
	echo "# off after $SECONDS s" >&3
	# No stop timeout has expired: the shortest is 90 s.
	((SECONDS < 80))
	# A zombie has an empty command line.
	run -0 sh -c '! [ -s "/proc/$1/cmdline" ]' sh "$pid"
	assert_not_exists "/run/nixos-container-test-vm/$vm"
	run -0 find "${NIXOS_CONTAINER_TEST_CACHE:-/var/cache/nixos-container-test}" \
		-maxdepth 1 -name "disk-vm-$vm*"
	refute_output
}

# boot_tomorrow word... - boot $disk three days ahead: e2fsck tolerates one day
boot_tomorrow() {
	set -- "${@/#/--append=}"
	vm boot --disk "$disk" --rtc '+3 days' "$@" "$vm-clock"
	console=$(tr -d '\r' <"/run/nixos-container-test-vm/$vm-clock/console")
}

@test "e2fsck does not complain about an image mounted in the future: the clock is set first" {
	disk=$BATS_TEST_TMPDIR/disk
	today=$(date +%s)
	cp --sparse=always "$(vm image | head -n 1)/root.ext4" "$disk"
	boot_tomorrow
	vm exec "$vm-clock" touch /var/mark
	vm stop "$vm-clock"
	mounted=$(date -u -d "$(dumpe2fs -h "$disk" 2>/dev/null |
		sed -n 's/^Last mount time: *//p')" +%s)
	((mounted >= today + 3 * 86400))

	# A system clock that is behind is set from the hardware clock.
	boot_tomorrow "vm.clock=$today"
	[[ $console == *"root: clean"* && $console != *"in the future"* ]]
	run -0 vm exec "$vm-clock" sh -c \
		'systemctl is-system-running; stat -c %Y /var/mark; date +%s'
	assert_line -n 0 running
	((lines[1] >= today + 3 * 86400 && lines[2] >= lines[1]))
	vm stop "$vm-clock"

	# Without that, e2fsck reports the dates as errors.
	boot_tomorrow "vm.clock=$today" vm.hwclock=no
	[[ $console == *"Superblock last mount time"*"in the future"* ]]
	run -0 vm exec "$vm-clock" date +%s
	((output < today + 86400))
}
