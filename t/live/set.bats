#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# get and set: the settings of containers that run, and of those that do not.
# Ports and NAT are in forward.bats, edit --settings in edit.bats.
load container

# of PROPERTY - what systemd knows of the container's unit
of() { systemctl show -p "$1" --value "container@$name.service"; }

# held CONTROLLER FILE VALUE FILE VALUE - the kernel holds it to this: the file and value of
# cgroup v1, else those of v2, if the host has that controller
held() {
	local group
	group=$(of ControlGroup)
	if [[ -d /sys/fs/cgroup/$1 && $2 != - ]]; then
		assert_equal "$(cat "/sys/fs/cgroup/$1$group/$2")" "$3"
	elif grep -qw "$1" /sys/fs/cgroup/cgroup.controllers 2>/dev/null; then
		assert_equal "$(cat "/sys/fs/cgroup$group/$4")" "$5"
	fi
}

# limited MEMORY CPU TASKS - of systemd, and of the kernel in microseconds of 100000
limited() {
	assert_equal "$(of MemoryMax)/$(of CPUQuotaPerSecUSec)/$(of TasksMax)" "$1/$2/$3"
	held memory memory.limit_in_bytes "$1" memory.max "$1"
	held pids pids.max "$3" pids.max "$3"
	case $2 in
	infinity) held cpu cpu.cfs_quota_us -1 cpu.max 'max 100000' ;;
	*) held cpu cpu.cfs_quota_us "${2%ms}00" cpu.max "${2%ms}00 100000" ;;
	esac
}

# said - the output, without what a host says that lacks a controller
said() { grep -v ': not held: the host has no controller' <<<"$output" || :; }

# agrees - nothing differs from the settings
agrees() {
	run -0 nixos-container verify "$name"
	assert_output ''
}

# bats test_tags=suites
@test "set limits a running container at once, and as much after its restart" {
	create
	boot=$(boots)
	nixos-container set "$name" MEMORY_MAX=64M CPU_QUOTA=50% TASKS_MAX=123
	limited 67108864 500ms 123
	agrees
	assert_equal "$(boots)" "$boot"
	nixos-container restart "$name"
	limited 67108864 500ms 123
	boot=$(boots)
	nixos-container set "$name" MEMORY_MAX=96M -u CPU_QUOTA --unset=TASKS_MAX
	limited 100663296 infinity 16384
	nixos-container set "$name" MEMORY_MAX= CPU_QUOTA=150%
	assert_equal "$(of MemoryMax)" infinity
	held cpu cpu.cfs_quota_us 150000 cpu.max '150000 100000'
	assert_equal "$(boots)" "$boot"
	# Nothing is left that would hold after this.
	run -0 find /run/systemd /etc/systemd -path "*system.control*$name*"
	assert_output ''
}

# bats test_tags=suites
@test "swap, processors and disks are limited at once, or it is said that they are not" {
	create
	boot=$(boots)
	run -0 nixos-container set "$name" MEMORY_SWAP_MAX=0 ALLOWED_CPUS=0 IO_WEIGHT=50 \
		IO_READ_BANDWIDTH_MAX=/:5M IO_WRITE_BANDWIDTH_MAX=/:4M
	if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
		for one in memory/MEMORY_SWAP_MAX cpuset/ALLOWED_CPUS io/IO_WEIGHT io/IO_READ_BANDWIDTH_MAX; do
			if controls "${one%/*}"; then
				refute_output --partial "${one#*/}: not held"
			else
				assert_output --partial "${one#*/}: not held: the host has no controller ${one%/*} of cgroup v2"
			fi
		done
	else
		assert_output --partial 'MEMORY_SWAP_MAX: not held: the host has no controller memory of cgroup v2'
		assert_output --partial 'ALLOWED_CPUS: not held: the host has no controller cpuset of cgroup v2'
	fi
	assert_equal "$(of MemorySwapMax)/$(of AllowedCPUs)/$(of IOWeight)" 0/0/50
	assert_equal "$(of IOReadBandwidthMax)/$(of IOWriteBandwidthMax)" '/ 5000000// 4000000'
	held memory - - memory.swap.max 0
	held cpuset - - cpuset.cpus 0
	held io - - io.weight 'default 50'
	! grep -qw io /sys/fs/cgroup/cgroup.controllers 2>/dev/null ||
		grep -E ' rbps=5000000 wbps=4000000 ' "/sys/fs/cgroup$(of ControlGroup)/io.max"
	# These the kernel keeps.
	run -0 nixos-container set "$name" MEMORY_SWAP_MAX= IO_WEIGHT= ALLOWED_CPUS= IO_READ_BANDWIDTH_MAX=
	assert_output "$(printf "nixos-container: $name: %s: takes effect at the next start\n" \
		ALLOWED_CPUS IO_READ_BANDWIDTH_MAX)"
	held memory - - memory.swap.max max
	held io - - io.weight 'default 100'
	assert_equal "$(boots)" "$boot"
	nixos-container restart "$name"
	held cpuset - - cpuset.cpus ''
	! grep -qw io /sys/fs/cgroup/cgroup.controllers 2>/dev/null ||
		grep -E ' rbps=max wbps=4000000 ' "/sys/fs/cgroup$(of ControlGroup)/io.max"
	run -2 nixos-container set "$name" IO_WEIGHT=7 IO_READ_BANDWIDTH_MAX=/none:1M
	assert_output --partial 'IO_READ_BANDWIDTH_MAX: the host has no /none'
	run -1 nixos-container get "$name" IO_READ_BANDWIDTH_MAX
}

# bats test_tags=suites
@test "CREDENTIALS are read at each start, for the container's root alone" {
	local users
	(umask 077; mkdir "$BATS_TEST_TMPDIR/keys"; echo secret >"$BATS_TEST_TMPDIR/keys/a key")
	ln -s keys "$BATS_TEST_TMPDIR/link"
	for users in no pick; do
		create --no-start --set PRIVATE_USERS="$users" \
			--set "CREDENTIALS='tls.key:$BATS_TEST_TMPDIR/link/a key'"
		nixos-container start "$name"
		run -0 inside cat /run/host/credentials/tls.key
		assert_output secret
		run ! nixos-container run -u nobody "$name" cat /run/host/credentials/tls.key
		run ! grep -r secret "$conf"
		echo other >"$BATS_TEST_TMPDIR/keys/a key"
		nixos-container restart "$name"
		run -0 inside cat /run/host/credentials/tls.key
		assert_output other
		echo secret >"$BATS_TEST_TMPDIR/keys/a key"
		# What the container can change would be any file of the host.
		ln -s /etc/shadow "$root/key"
		run -0 nixos-container set "$name" CREDENTIALS="k:$root/key"
		assert_output "nixos-container: $name: CREDENTIALS: takes effect at the next start"
		run -1 nixos-container restart "$name"
		assert_output --partial "CREDENTIALS: $root/key goes through $state, where a container can write"
		nixos-container destroy "$name"
	done
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
	assert_equal "$(said)" ''
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
	# ctr-conf alone tells systemd nothing: the next set does.
	nixos-container set "$name" MTU=1400
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
	# By another shell
	run -0 busybox sh "$(command -v nixos-container)" set "$name" TASKS_MAX=78 TMPFS=/srv HOST_PORT=8368:80
	assert_output "nixos-container: $name: TMPFS: takes effect at the next start"
	assert_equal "$(of TasksMax)" 78
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
	assert_equal "$(said)" "nixos-container: $name: declared in /some.nix, whose settings it gets at the next apply"
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
