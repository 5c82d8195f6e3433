#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# get and set: the settings of containers that run, and of those that do not.
# Ports and NAT are in forward.bats, edit --settings in edit.bats.
load container

# of PROPERTY - what systemd knows of the container's unit
of() { systemctl show -p "$1" --value "container@$name.service"; }

# held CONTROLLER FILE - what the kernel holds it to: of cgroup v1, else of v2
held() {
	cat "/sys/fs/cgroup/$1$(of ControlGroup)/$2" 2>/dev/null ||
		cat "/sys/fs/cgroup$(of ControlGroup)/$2"
}

# agrees - nothing differs from the settings
agrees() {
	run -0 nixos-container verify "$name"
	assert_output ''
}

# bats test_tags=suites
@test "set limits a running container at once, and as much after its restart" {
	create
	boot=$(boots)
	run -0 nixos-container set "$name" MEMORY_MAX=64M CPU_QUOTA=50% TASKS_MAX=123
	assert_output ''
	for again in 0 1; do
		assert_equal "$(of MemoryMax)/$(of CPUQuotaPerSecUSec)/$(of TasksMax)" 67108864/500ms/123
		! controls pids || assert_equal "$(held pids pids.max)" 123
		[[ ! -d /sys/fs/cgroup/memory ]] ||
			assert_equal "$(held memory memory.limit_in_bytes)" 67108864
		[[ ! -d /sys/fs/cgroup/cpu ]] || assert_equal "$(held cpu cpu.cfs_quota_us)" 50000
		agrees
		[[ $again == 1 ]] || assert_equal "$(boots)" "$boot"
		[[ $again == 1 ]] || nixos-container restart "$name"
	done
	boot=$(boots)
	nixos-container set "$name" MEMORY_MAX=96M -u CPU_QUOTA --unset=TASKS_MAX
	assert_equal "$(of MemoryMax)/$(of CPUQuotaPerSecUSec)/$(of TasksMax)" 100663296/infinity/16384
	! controls pids || assert_equal "$(held pids pids.max)" 16384
	[[ ! -d /sys/fs/cgroup/memory ]] || assert_equal "$(held memory memory.limit_in_bytes)" 100663296
	[[ ! -d /sys/fs/cgroup/cpu ]] || assert_equal "$(held cpu cpu.cfs_quota_us)" -1
	assert_equal "$(boots)" "$boot"
}

# bats test_tags=suites
@test "set changes addresses, pairs and the bridge of a running container at once" {
	local users bridge=br-${name:1:8}
	ip link add "$bridge" up type bridge
	ip addr add 10.231.162.1/24 dev "$bridge"
	for users in no pick; do
		create --no-start --set PRIVATE_USERS="$users"
		nixos-container start "$name"
		boot=$(boots)
		run -0 nixos-container set "$name" HOST_ADDRESS=10.231.161.1 LOCAL_ADDRESS=10.231.161.2 \
			EXTRA_VETHS=vx:host=10.231.163.1,local=10.231.163.2 MTU=1400 \
			LOCAL_MAC_ADDRESS=02:00:00:00:01:61
		assert_output ''
		agrees
		ping -c 1 -W 3 10.231.161.2
		ping -c 1 -W 3 10.231.163.2
		run -0 inside cat /sys/class/net/eth0/{mtu,address}
		assert_output $'1400\n02:00:00:00:01:61'
		run -0 nixos-container set "$name" HOST_BRIDGE="$bridge" LOCAL_ADDRESS=10.231.162.2 EXTRA_VETHS= \
			HOST_ADDRESS= HOST_ADDRESS6= LOCAL_ADDRESS6= NAT=0
		assert_output ''
		agrees
		ping -c 1 -W 3 10.231.162.2
		run -1 inside test -e /sys/class/net/vx
		run -0 nixos-container set "$name" MTU=
		assert_output "nixos-container: $name: MTU: takes effect at the next start"
		# What the host lacks changes nothing.
		cp "$conf" "$BATS_TEST_TMPDIR/before"
		run -2 nixos-container set "$name" HOST_BRIDGE=none-here TASKS_MAX=77
		assert_output --partial 'HOST_BRIDGE: the host has no interface none-here'
		cmp "$conf" "$BATS_TEST_TMPDIR/before"
		agrees
		assert_equal "$(boots)" "$boot"
		nixos-container destroy "$name"
	done
	ip link del "$bridge"
}

@test "what a running container gets at its next start is said, and only then" {
	create
	run -0 nixos-container set "$name" BIND_RO=/usr:/srv/usr EPHEMERAL=0 AFTER=some.mount CONFIG_FILE=/x.nix
	assert_output "$(printf "nixos-container: $name: %s: takes effect at the next start\n" EPHEMERAL BIND_RO)"
	run -0 of After
	assert_output --partial some.mount
	run -0 nixos-container -q set "$name" BIND_RO=/usr:/srv/other
	assert_output ''
	# Once more, it is no change.
	run -0 nixos-container set "$name" BIND_RO=/usr:/srv/other
	assert_output ''
	run -0 nixos-container set "$name" PRIVATE_NETWORK=0 HOST_ADDRESS= LOCAL_ADDRESS= HOST_ADDRESS6= \
		LOCAL_ADDRESS6= NAT=
	assert_line "nixos-container: $name: PRIVATE_NETWORK: takes effect at the next start"
	assert_line "nixos-container: $name: NAT: takes effect at the next start"
	# Its rules are those that it runs by.
	assert_exists "/run/nixos-container/$name.forward"
	inside true
	nixos-container restart "$name"
	run -0 nixos-container set "$name" PRIVATE_NETWORK=1 HOST_ADDRESS=10.231.164.1 LOCAL_ADDRESS=10.231.164.2 \
		HOST_PORT=8364:80
	assert_line "nixos-container: $name: HOST_PORT: takes effect at the next start"
	assert_not_exists "/run/nixos-container/$name.forward"
	nixos-container restart "$name"
	agrees
}

@test "set of a stopped container is for its next start, without a word" {
	create --no-start
	run -0 nixos-container set "$name" TASKS_MAX=77 MTU=1400 BIND_RO=/usr:/srv/usr HOST_PORT=8365:80 AUTO_START=1
	assert_output ''
	grep -x "Wants=container@$name.service" /run/systemd/generator/multi-user.target.d/nixos-container.conf
	assert_not_exists "/run/nixos-container/$name.forward"
	# Also if systemd itself starts it.
	systemctl start "container@$name"
	assert_equal "$(of TasksMax)" 77
	run -0 inside cat /sys/class/net/eth0/mtu
	assert_output 1400
	run -0 inside test -d /srv/usr/bin
	nixos-container set "$name" AUTO_START=0
	run ! grep "container@$name.service" /run/systemd/generator/multi-user.target.d/nixos-container.conf
	agrees
}

@test "a wrong value changes nothing, of all that are given" {
	create
	cp "$conf" "$BATS_TEST_TMPDIR/before"
	tasks=$(of TasksMax)
	for wrong in MEMORY_MAX=much NO_SUCH=1 NAT=2 TASKS_MAX 'HOST_PORT=80:90:100' "AFTER=$name" \
		'LOCAL_ADDRESS=10.231.1' =1 'MEMORY_MAX=1G;x' $'FLAKE=x\nNAT=1'; do
		run -2 nixos-container set "$name" TASKS_MAX=77 "$wrong"
		assert_output --regexp '^(ctr-conf|nixos-container): '
		cmp "$conf" "$BATS_TEST_TMPDIR/before"
	done
	run -2 nixos-container set "$name" --unset A=B
	assert_output 'nixos-container: --unset: expected KEY: A=B; see nixos-container set --help'
	run -2 nixos-container set "$name"
	assert_output 'nixos-container: missing argument: KEY=VALUE; see nixos-container set --help'
	run -1 nixos-container set "$name-none" TASKS_MAX=77
	assert_equal "$(of TasksMax)" "$tasks"
	agrees
}

@test "many at once lose nothing, and what runs is what is written" {
	create
	local pids=() one
	for one in TASKS_MAX=77 MEMORY_MAX=64M CPU_QUOTA=70% HOST_PORT=8366:80 ALLOW_FROM=any MTU=1400; do
		nixos-container set "$name" "$one" 3>&- &
		pids+=($!)
	done
	ctr-conf set "$name" BIND_RO=/usr:/srv/usr
	for one in "${pids[@]}"; do wait "$one"; done
	run -0 nixos-container get "$name" TASKS_MAX MEMORY_MAX CPU_QUOTA HOST_PORT ALLOW_FROM MTU BIND_RO
	assert_output $'77\n64M\n70%\n8366:80\nany\n1400\n/usr:/srv/usr'
	assert_equal "$(of MemoryMax)/$(of CPUQuotaPerSecUSec)/$(of TasksMax)" 67108864/700ms/77
	agrees
	assert_not_exists "/run/nixos-container/$name.lock"
}

@test "set that is killed between is finished by the same command" {
	create
	# As if it was killed after it had written.
	ctr-conf set "$name" TASKS_MAX=77 HOST_PORT=8367:80
	run ! nixos-container verify "$name"
	nixos-container set "$name" TASKS_MAX=77 HOST_PORT=8367:80
	assert_equal "$(of TasksMax)" 77
	agrees
}

@test "a container of the host's configuration is refused, one that a file declares is told" {
	create --no-start
	chmod 444 "$conf"
	for verb in set\ $name\ TASKS_MAX=77 edit\ --settings\ $name; do
		VISUAL='echo no >>' run -1 nixos-container $verb
		assert_output "nixos-container: $name: declared in the host's configuration: change it there"
	done
	run -0 nixos-container get "$name" PRIVATE_NETWORK
	assert_output 1
	chmod 644 "$conf"
	run -0 nixos-container set "$name" DECLARED_IN=/some.nix TASKS_MAX=77
	assert_output "nixos-container: $name: declared in /some.nix, whose settings it gets at the next apply"
	run -0 nixos-container set "$name" DECLARED_IN=
	assert_output ''
}

@test "get prints what ctr-conf does, to anyone" {
	create --no-start
	printf 'MACVLANS="a b"\n' >>"$conf"
	assert_equal "$(nixos-container get "$name")" "$(ctr-conf get "$name")"
	run -0 nixos-container get "$name" MACVLANS FLAKE MTU
	assert_output $'a b\n\n1500'
	nixos-container get -0 "$name" MACVLANS MTU | cmp - <(printf 'a b\0001500\0')
	run -1 nixos-container get "$name" FLAKE
	assert_output ''
	run -2 nixos-container get "$name" NO_SUCH
	run -1 nixos-container get "$name-none"
	assert_output --partial "$name-none: no such container"
	run -0 setpriv --reuid=nobody --clear-groups nixos-container get "$name" MTU
	assert_output 1500
	run -1 setpriv --reuid=nobody --clear-groups nixos-container set "$name" MTU=1400
	assert_output --partial 'needs root'
}
