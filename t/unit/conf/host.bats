#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Requirements of settings on the host: check NAME and set --host.
load ../../lib/env
load ../../lib/world

setup() {
	((EUID == 0)) || skip "needs root"
	export NIXOS_CONTAINER_CONF_DIR=$BATS_TEST_TMPDIR/conf NIXOS_CONTAINER_{LOCK,RUN}_DIR=$BATS_TEST_TMPDIR/locks
	export NIX_STATE_DIR=$BATS_TEST_TMPDIR/nix
	mkdir "$NIXOS_CONTAINER_CONF_DIR" "$NIXOS_CONTAINER_LOCK_DIR"
	file=$NIXOS_CONTAINER_CONF_DIR/web.conf
	make_world
}
teardown() { drop_world; }

# check LINE... - check these settings in the world's network, without a system
check() {
	printf '%s\n' "$@" SYSTEM_PATH=/nix/var/nix/profiles/system >"$file"
	run in_world ctr-conf check web
}

# lacks LINE: ERROR LINE... - check must report ERROR in that line, with status 2:
# trying again cannot help
lacks() {
	check "${@:2}"
	assert_equal "$status" "${expected-2}"
	assert_output "ctr-conf: $file:$1"
}

fits() {
	check "$@"
	assert_success
	assert_output ''
}

@test "bridges, interfaces and namespaces must exist" {
	lacks '2: HOST_BRIDGE: the host has no interface br7' PRIVATE_NETWORK=1 HOST_BRIDGE=br7
	lacks '2: EXTRA_VETHS: the host has no interface br7' PRIVATE_NETWORK=1 'EXTRA_VETHS="v1 v2:bridge=br7,mtu=1400"'
	lacks '1: INTERFACES: the host has no interface none0' 'INTERFACES=none0'
	lacks '1: MACVLANS: the host has no interface none0' 'MACVLANS=none0:eth1'
	lacks '1: NETWORK_NAMESPACE_PATH: the host has no /run/netns/none' NETWORK_NAMESPACE_PATH=/run/netns/none
	in_world ip link add br7 type bridge
	in_world ip netns add blue
	fits PRIVATE_NETWORK=1 HOST_BRIDGE=br7 EXTRA_VETHS=v2:bridge=br7
	fits MACVLANS=br7
	fits NETWORK_NAMESPACE_PATH=/run/netns/blue
	# A running container has moved the interfaces away.
	in_world ip netns add net-web
	fits INTERFACES=none0
}

@test "sources of binds must exist" {
	cd "$BATS_TEST_TMPDIR"
	touch 'a file'
	fits "BIND=\"'$PWD/a file':/x +/none :/none\"" "BIND_RO=$PWD"
	fits "EXTRA_NSPAWN_FLAGS=\"--quiet '--bind=$PWD/a file' --bind-user=none\""
	lacks "1: BIND: the host has no $PWD/none" "BIND=\"/etc $PWD/none:/x:norbind\""
	lacks "2: BIND_RO: the host has no $PWD/a file/x" BIND=/etc "BIND_RO=\"'$PWD/a file/x'\""
	lacks "1: EXTRA_NSPAWN_FLAGS: the host has no $PWD/none" "EXTRA_NSPAWN_FLAGS=\"--quiet --bind-ro=$PWD/none:/x\""
}

@test "an address of the host or of a running container is in use, which may pass" {
	expected=1
	pair='PRIVATE_NETWORK=1 HOST_ADDRESS=10.231.7.1 LOCAL_ADDRESS=10.231.7.2/24'
	fits $pair
	in_world ip link add br7 type bridge
	in_world ip addr add 10.231.7.1/24 dev br7
	in_world ip link set br7 up
	fits $pair
	in_world ip route add 10.231.7.2/32 dev br7
	lacks '3: LOCAL_ADDRESS: 10.231.7.2/24 is in use by the host or a running container' $pair
	pair6='PRIVATE_NETWORK=1 HOST_ADDRESS6=fc00:7::1 LOCAL_ADDRESS6=fc00:7::1:2'
	fits $pair6
	# The same last bytes, and the same network, are no matter.
	in_world ip addr add fc00:7::2/64 dev br7 nodad
	fits $pair6
	in_world ip route add fc00:7::1:2/128 dev br7
	lacks '3: LOCAL_ADDRESS6: fc00:7::1:2 is in use by the host or a running container' $pair6
	lacks '3: LOCAL_ADDRESS6: FC00:7::2/64 is in use by the host or a running container' \
		PRIVATE_NETWORK=1 HOST_ADDRESS6=fc00:7::1 LOCAL_ADDRESS6=FC00:7::2/64
	in_world ip netns add net-web
	fits $pair
}

# taken LINE: ERROR LINE... - as lacks, but trying again cannot help
taken() {
	check "${@:2}"
	assert_equal "$status" 2
	assert_output "ctr-conf: $file:$1"
}

pair='PRIVATE_NETWORK=1 HOST_ADDRESS=10.231.7.1 LOCAL_ADDRESS=10.231.7.2'

@test "a port forwarded to another container is an error" {
	# As version 0.1 recorded it.
	printf 'links "c-db"\nforward4 tcp . 8080 : 10.231.8.2 . 80\nforward6 tcp . 8080 : fc00::2 . 80\n' \
		>"$NIXOS_CONTAINER_LOCK_DIR/db.forward"
	taken '4: HOST_PORT: port 8080 (tcp) of the host is forwarded to db' $pair HOST_PORT=8080:80
	fits $pair HOST_PORT=udp:8080:80
	mv "$NIXOS_CONTAINER_LOCK_DIR"/{db,web}.forward
	fits $pair HOST_PORT=8080:80
}

@test "another container's ports are taken where they overlap" {
	# All that it records.
	printf '%s\n' $pair HOST_PORT='80:8080 udp:20000-20100 192.0.2.1:443 eth1:90 127.0.0.1:8081 8000-8009:9000-9009' \
		>"${file%/*}/db.conf"
	ctr-conf rules db >"$NIXOS_CONTAINER_LOCK_DIR/db.forward"
	for one in 80 192.0.2.7:80 127.0.0.1:80 eth0:80; do
		taken '4: HOST_PORT: port 80 (tcp) of the host is forwarded to db' $pair HOST_PORT=$one
	done
	taken '4: HOST_PORT: port 20100 (udp) of the host is forwarded to db' $pair HOST_PORT=udp:20100-20200
	taken '4: HOST_PORT: port 443 (tcp) of the host is forwarded to db' $pair HOST_PORT=440-450
	taken '4: HOST_PORT: port 443 (tcp) of the host is forwarded to db' $pair HOST_PORT=192.0.2.1:443
	taken '4: HOST_PORT: port 443 (tcp) of the host is forwarded to db' $pair HOST_PORT=eth0:443
	taken '4: HOST_PORT: port 90 (tcp) of the host is forwarded to db' $pair HOST_PORT=eth1:90
	taken '4: HOST_PORT: port 8081 (tcp) of the host is forwarded to db' $pair HOST_PORT=127.0.0.1:8081
	taken '4: HOST_PORT: port 8009 (tcp) of the host is forwarded to db' $pair HOST_PORT=8009
	fits $pair HOST_PORT='udp:80 udp:20101-20200 192.0.2.2:443 eth2:90 127.0.0.2:8081 8010'
}

@test "rules refuses what another container has, whatever was checked before" {
	printf '%s\n' $pair HOST_PORT=80 EXTRA_VETHS=veth9 >"${file%/*}/db.conf"
	ctr-conf rules db >"$NIXOS_CONTAINER_LOCK_DIR/db.forward"
	printf '%s\n' $pair HOST_PORT=79-81 >"$file"
	run -2 ctr-conf rules web
	assert_output "ctr-conf: $file:4: HOST_PORT: port 80 (tcp) of the host is forwarded to db"
	printf '%s\n' $pair EXTRA_VETHS=veth9:host=10.5.5.1 >"$file"
	run -2 ctr-conf rules web
	assert_output "ctr-conf: $file:4: EXTRA_VETHS: the host has a link veth9 of the container db"
	run -0 ctr-conf rules db
}

@test "a further pair has neither the name of a container's own link nor signs of nft" {
	for word in c-db c_db c-:bridge=br0; do
		taken "4: EXTRA_VETHS: $word: names that begin with c- or c_ are those of containers' own links" \
			$pair EXTRA_VETHS=$word
	done
	for word in 'v*' 'v\"x' 'v9:bridge=b*' 'v{'; do
		check $pair "EXTRA_VETHS=\"$word\""
		assert_equal "$status" 2
		assert_output --partial 'EXTRA_VETHS: invalid value'
	done
	fits $pair EXTRA_VETHS=cdb
}

# serves KIND ADDRESS PORT... - processes of the host that serve; one line says so
serves() {
	local kind=$1 at=$2
	shift 2
	for port; do
		world_exec socat "$kind-LISTEN:$port,bind=$at" EXEC:cat 3>&- 4>&- &
		until_true 5 sh -c "nsenter -t $WORLD_PID -n ss -Hlntu | grep -q ':${port%%,*} '"
	done
}

@test "a port that a process of the host serves is taken" {
	serves TCP4 0.0.0.0 80 85
	serves TCP6 '[::]' 81
	serves UDP4 0.0.0.0 53
	serves TCP4 127.0.0.1 82
	taken '4: HOST_PORT: port 80 (tcp) is in use by a process of the host: 80:8080' $pair HOST_PORT=80:8080
	taken '4: HOST_PORT: port 80 (tcp) is in use by a process of the host: 70-90' $pair HOST_PORT=70-90
	taken '4: HOST_PORT: port 81 (tcp) is in use by a process of the host: 81' $pair HOST_PORT=81
	taken '4: HOST_PORT: port 80 (tcp) is in use by a process of the host: eth0:80' $pair HOST_PORT=eth0:80
	taken '4: HOST_PORT: port 80 (tcp) is in use by a process of the host: 192.0.2.1:80' $pair HOST_PORT=192.0.2.1:80
	taken '4: HOST_PORT: port 53 (udp) is in use by a process of the host: udp:53' $pair HOST_PORT=udp:53
	taken '4: HOST_PORT: port 82 (tcp) is in use by a process of the host: 127.0.0.1:82' $pair HOST_PORT=127.0.0.1:82
	# One family is not the other, unless a socket takes both.
	serves TCP6 '[::]' 83,ipv6only=1
	taken '4: HOST_PORT: port 83 (tcp) is in use by a process of the host: [::1]:83' $pair HOST_PORT=[::1]:83
	taken '4: HOST_PORT: port 81 (tcp) is in use by a process of the host: 192.0.2.1:81' $pair HOST_PORT=192.0.2.1:81
	fits $pair HOST_PORT='192.0.2.1:83 [::1]:80'
	# A service on loopback keeps its address, and a client's UDP port goes away.
	fits $pair HOST_PORT='82 udp:80 53 udp:50-60'
	fits $pair HOST_PORT=127.0.0.2:82
	# A running container serves its own.
	in_world ip netns add net-web
	fits $pair HOST_PORT=127.0.0.1:82
}

@test "a container on a bridge is not let in by its name" {
	local own=PRIVATE_NETWORK=1 dir=$NIXOS_CONTAINER_CONF_DIR
	printf '%s\n' PRIVATE_NETWORK=1 HOST_BRIDGE=br7 >"$dir/br.conf"
	printf '%s\n' PRIVATE_NETWORK=1 >"$dir/db.conf"
	lacks '2: ALLOW_FROM: br is on the bridge br7 (expected its address instead of its name)' \
		$own ALLOW_FROM="db,br"
	# These let it in by its address.
	fits $own ALLOW_FROM="br containers"
	fits $own ALLOW_FROM="br any"
	# It need not exist yet, nor have right settings.
	fits $own ALLOW_FROM="db none-yet"
	echo WRONG=1 >>"$dir/br.conf"
	lacks '2: ALLOW_FROM: br is on the bridge br7 (expected its address instead of its name)' \
		$own ALLOW_FROM=br
}

@test "a required container must exist" {
	lacks '1: REQUIRES: no such container: db' 'REQUIRES="db nfs-client.target"'
	touch "$NIXOS_CONTAINER_CONF_DIR/db.conf"
	fits 'REQUIRES="db nfs-client.target"' AFTER=later
}

@test "a credential is a file of the host that no container can change" {
	export NIXOS_CONTAINER_STATE_DIR=$BATS_TEST_TMPDIR/trees
	cd "$BATS_TEST_TMPDIR"
	mkdir -p trees/web/etc keys shared/in
	ln -s trees elsewhere
	ln -s "$PWD/trees/web/etc/out" keys/astray
	ln -s ../../../keys/good trees/web/etc/out
	ln -s keys more
	ln -s /proc/self/cwd/keys/good keys/proc
	ln -s loop keys/loop
	touch keys/good 'keys/my key' trees/web/etc/key shared/in/key
	fits "CREDENTIALS=\"a:$PWD/keys/good 'b:$PWD/keys/my key' c:$PWD/more/../keys//good\""
	local into="goes through $PWD/trees, where a container can write" path
	for path in trees/web/etc/key elsewhere/web/etc/key keys/astray keys/../trees/web/etc/out \
		trees/../keys/good keys/proc; do
		lacks "1: CREDENTIALS: $PWD/$path $into" "CREDENTIALS=a:$PWD/$path"
	done
	lacks "1: CREDENTIALS: $PWD/keys/loop $into" "CREDENTIALS=a:$PWD/keys/loop"
	lacks "2: CREDENTIALS: $PWD/shared/in/key goes through $PWD/shared, where a container can write" \
		"BIND=$PWD/shared:/srv" "CREDENTIALS=a:$PWD/shared/in/key"
	fits "BIND_RO=$PWD/shared:/srv" "CREDENTIALS=a:$PWD/shared/in/key"
	lacks "1: CREDENTIALS: the host has no file $PWD/keys/none" "CREDENTIALS=a:$PWD/keys/none"
	lacks "1: CREDENTIALS: the host has no file $PWD/keys" "CREDENTIALS=a:$PWD/keys"
}

# host_with LINE... - make the root of a host, with these files: PATH TEXT
host_with() {
	host=$BATS_TEST_TMPDIR/host
	rm -rf "$host"
	for line; do
		mkdir -p "$host/$(dirname "${line%% *}")"
		printf '%s\n' "${line#* }" >"$host/${line%% *}"
	done
}

@test "disks and processors must exist" {
	lacks '1: IO_READ_BANDWIDTH_MAX: the host has no /none' 'IO_READ_BANDWIDTH_MAX="/:1M /none:2M"'
	lacks '1: IO_WRITE_BANDWIDTH_MAX: the host has no /none' 'IO_WRITE_BANDWIDTH_MAX=/none:2M'
	host_with 'sys/devices/system/cpu/present 0-1,4-5' 'sys/fs/cgroup/cgroup.controllers cpuset io'
	printf 'ALLOWED_CPUS="0-3 5-6"\nSYSTEM_PATH=/x\n' >"$file"
	run -2 ctr-conf check --root "$host" web
	assert_output "ctr-conf: $file:1: ALLOWED_CPUS: the last processor of the host is 5: 5-6"
	printf 'ALLOWED_CPUS=0-5\nSYSTEM_PATH=/x\nIO_READ_BANDWIDTH_MAX=/:1M\n' >"$file"
	run -0 ctr-conf check --root "$host" web
	assert_output ''
	# What set changes at once, whether the container runs or not.
	cp "$file" "$BATS_TEST_TMPDIR/before"
	changes '3: IO_READ_BANDWIDTH_MAX: the host has no /none' IO_READ_BANDWIDTH_MAX=/none:1M
	run -2 ctr-conf set --effects --root "$host" web ALLOWED_CPUS=7
	cmp "$file" "$BATS_TEST_TMPDIR/before"
}

@test "a limit that the host's kernel does not hold is said, and hinders no start" {
	local limits=(MEMORY_MAX=1G MEMORY_SWAP_MAX=0 ALLOWED_CPUS=0 IO_WEIGHT=50 TASKS_MAX=5)
	printf '%s\n' "${limits[@]}" SYSTEM_PATH=/x >"$file"
	not_held() { printf "ctr-conf: $file:%s: not held: the host has no controller %s of cgroup v%s\n" "$@"; }
	host_with 'sys/fs/cgroup/cgroup.controllers memory pids cpuset io'
	run -0 ctr-conf check --root "$host" web
	assert_output ''
	host_with 'sys/fs/cgroup/cgroup.controllers pids'
	run -0 ctr-conf check --root "$host" web
	assert_output "$(not_held '1: MEMORY_MAX' memory 2 '2: MEMORY_SWAP_MAX' memory 2 '4: IO_WEIGHT' io 2 \
		'3: ALLOWED_CPUS' cpuset 2 | sort -t : -k 3,3n)"
	host_with 'sys/fs/cgroup/memory/x x' 'sys/fs/cgroup/unified/cgroup.controllers x'
	run -0 ctr-conf check --root "$host" web
	assert_output "$(not_held '2: MEMORY_SWAP_MAX' memory 2 '3: ALLOWED_CPUS' cpuset 2 '4: IO_WEIGHT' blkio 1 \
		'5: TASKS_MAX' pids 1)"
	# set says it of those that it adds.
	run -0 ctr-conf set --effects --root "$host" web MEMORY_MAX=2G IO_READ_BANDWIDTH_MAX=/:5M
	assert_output "$(not_held '7: IO_READ_BANDWIDTH_MAX' blkio 1)
once MEMORY_MAX
once IO_READ_BANDWIDTH_MAX"
}

@test "a missing system gives status 2" {
	# Without any, its tree may boot by itself.
	: >"$file"
	run -0 in_world ctr-conf check web
	echo SYSTEM_PATH=/nix/store/none >"$file"
	run -2 in_world ctr-conf check web
	assert_output 'ctr-conf: web: its system is missing: /nix/store/none/init'
	run -0 ctr-conf check --no-host web
	mkdir -p "$NIX_STATE_DIR/profiles/per-container/web"
	ln -s system-1-link "$NIX_STATE_DIR/profiles/per-container/web/system"
	ln -s /nix/store/gone "$NIX_STATE_DIR/profiles/per-container/web/system-1-link"
	: >"$file"
	run -2 in_world ctr-conf check web
	assert_output 'ctr-conf: web: its system is missing: /nix/store/gone/init'
}

@test "set --host checks before it writes, and a new container needs no system" {
	run -2 in_world ctr-conf set --new --host web PRIVATE_NETWORK=1 HOST_BRIDGE=br7
	assert_output "ctr-conf: $file:2: HOST_BRIDGE: the host has no interface br7"
	assert_not_exist "$file"
	run -0 in_world ctr-conf set --new --host --dry-run web PRIVATE_NETWORK=1
	assert_output PRIVATE_NETWORK=1
}

# changes ERROR CHANGE... - set --effects of what runs must fail with ERROR, and write nothing
changes() {
	run in_world ctr-conf set --effects web "${@:2}"
	assert_equal "$status" "${expected-2}"
	assert_output "ctr-conf: $file:$1"
	cmp "$file" "$BATS_TEST_TMPDIR/before"
}

@test "what set changes in a running container, the host must have; what it has, is its own" {
	printf '%s\n' PRIVATE_NETWORK=1 HOST_ADDRESS=10.231.9.1 LOCAL_ADDRESS=10.231.9.2 HOST_PORT=8080:80 \
		BIND=/gone | tee "$BATS_TEST_TMPDIR/before" >"$file"
	printf 'claim 8082\nadd element inet nixos-container ports4 { 8082 }\n' >"$NIXOS_CONTAINER_RUN_DIR/db.forward"
	in_world ip netns add net-web
	in_world ip link add br7 up type bridge
	in_world ip addr add 10.231.8.1/24 dev br7
	in_world ip route add 10.231.9.2/32 dev br7
	in_world ip route add 10.231.8.2/32 dev br7
	changes '6: HOST_BRIDGE: the host has no interface br8' HOST_BRIDGE=br8
	expected=1 changes '3: LOCAL_ADDRESS: 10.231.8.2 is in use by the host or a running container' \
		LOCAL_ADDRESS=10.231.8.2
	in_world socat TCP4-LISTEN:8081,fork - 3>&- &
	served=$!
	until in_world sh -c 'grep -q :1F91 /proc/net/tcp'; do sleep 0.05; done
	changes '4: HOST_PORT: port 8081 (tcp) is in use by a process of the host: 8081:80' HOST_PORT=8080:80,8081:80
	changes '4: HOST_PORT: port 8082 (tcp) of the host is forwarded to db' HOST_PORT=8082:80
	# Neither the bind, which is for a start, nor its own address is a matter.
	run -0 in_world ctr-conf set --effects web LOCAL_ADDRESS=10.231.9.2/24 HOST_PORT=8080:80 NAT=1 TMPFS=/x
	assert_output $'network LOCAL_ADDRESS\nnetwork HOST_PORT\nnetwork NAT\nstart TMPFS'
	run -0 in_world ctr-conf set --effects web MTU=1400
	assert_output 'network MTU'
	run -0 in_world ctr-conf set --effects web MTU=
	assert_output 'start MTU'
	kill "$served"
}

# firewall RULES - the chain that set says drops forwarded packets
firewall() {
	in_world nft "table inet of { chain forward { type filter hook forward priority 0; $1; }; }"
	in_world ctr-conf set --new --host --dry-run web PRIVATE_NETWORK=1 NAT=1 \
		HOST_ADDRESS=10.231.9.1 LOCAL_ADDRESS=10.231.9.2 2>&1 >/dev/null |
		sed -n 's/.*(nftables: \([^)]*\)).*/\1/p'
	in_world nft delete table inet of
}

@test "set --host names a chain that drops what it does not accept" {
	in_world nft list ruleset || skip "needs nftables"
	for drops in 'policy drop' 'drop' 'ct state established accept; counter log prefix "x" drop' \
		'ct state invalid drop; reject with icmpx admin-prohibited'; do
		run -0 firewall "$drops"
		assert_output 'inet of forward'
	done
	for passes in 'policy accept' 'ct state invalid drop' 'drop; accept' 'limit rate 1/second drop'; do
		run -0 firewall "$passes"
		assert_output ''
	done
	# Of another family, or at another hook.
	in_world nft 'table ip6 of { chain forward { type filter hook forward priority 0; drop; }; }'
	in_world nft 'table inet in { chain input { type filter hook input priority 0; drop; }; chain other { drop; }; }'
	run -0 firewall 'policy accept'
	assert_output ''
}

@test "list --needing prints containers that need another" {
	cd "$NIXOS_CONTAINER_CONF_DIR"
	echo AFTER=db >a.conf
	echo 'REQUIRES="x container@db.service"' >b.conf
	echo AFTER=dbs >c.conf
	echo 'ALLOW_FROM="x,db"' >d.conf
	echo ALLOW_FROM=host >e.conf
	run -0 ctr-conf list --needing db
	assert_output $'a\nb\nd'
	# Or that are declared in a file
	echo 'DECLARED_IN="/srv/my db.nix"' >f.conf
	run -0 ctr-conf list --needing '/srv/my db.nix'
	assert_output f
	run -0 ctr-conf list --needing /srv/my
	assert_output ''
	# The word is no name.
	run -0 ctr-conf list --needing host
	assert_output ''
}
