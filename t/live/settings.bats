#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Settings that systemd has to know: dependencies, limits, devices, time-outs.
load container

# of PROPERTY - what systemd knows of the container's unit
of() { systemctl show -p "$1" --value "container@$name.service"; }

# generated - run the generator on files of the test's own
generated() {
	mkdir -p "$BATS_TEST_TMPDIR/conf" "$BATS_TEST_TMPDIR/out"
	NIXOS_CONTAINER_CONF_DIR=$BATS_TEST_TMPDIR/conf ctr-conf units \
		"$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/out"
}

@test "limits are those of the unit, and change at the next start" {
	create --no-start
	printf '%s\n' MEMORY_MAX=64M CPU_QUOTA=50% TASKS_MAX=123 'START_TIMEOUT="2min 5s"' >>"$conf"
	nixos-container start "$name"
	assert_equal "$(of MemoryMax)" 67108864
	assert_equal "$(of CPUQuotaPerSecUSec)" 500ms
	assert_equal "$(of TasksMax)" 123
	assert_equal "$(of TimeoutStartUSec)" "2min 5s"
	# And the kernel holds the container to them.
	run cat /sys/fs/cgroup/{,pids/}"$(of ControlGroup)/pids.max"
	! controls pids || assert_line 123
	sed -i 's/64M/96M/; /TASKS_MAX/d' "$conf"
	nixos-container restart "$name"
	assert_equal "$(of MemoryMax)" 100663296
	assert_equal "$(of TasksMax)" 16384
}

@test "a container waits for another that it is AFTER, and starts what it REQUIRES" {
	also "$name-db"
	nixos-container create "$name-db" --no-start
	create --no-start
	printf 'AFTER="%s-db some.mount"\nREQUIRES=%s-db\n' "$name" "$name" >>"$conf"
	nixos-container start "$name"
	run -0 nixos-container status "$name-db"
	run -0 of After
	assert_output --partial "container@$name-db.service"
	assert_output --partial some.mount
	nixos-container stop "$name-db"
	until_true 10 test "$(nixos-container status "$name")" = down
}

@test "a bind in EXTRA_NSPAWN_FLAGS mounts what it lies on, and its end stops the container" {
	local dir=/srv/$name unit=srv-${name//-/\\x2d}.mount
	printf '[Mount]\nWhat=tmpfs\nWhere=%s\nType=tmpfs\n' "$dir" >"/run/systemd/system/$unit"
	create --no-start --set "EXTRA_NSPAWN_FLAGS=--bind=$dir:/data"
	nixos-container start "$name"
	findmnt -no FSTYPE "$dir" | grep -x tmpfs
	inside touch /data/file
	assert_exists "$dir/file"
	systemctl stop "$unit"
	until_true 20 is_not_up "$name"
	nixos-container destroy "$name"
	rm "/run/systemd/system/$unit"
	rmdir "$dir"
	systemctl daemon-reload
}

@test "a container waits for the mounts that its bind paths lie on" {
	mkdir -p "$BATS_TEST_TMPDIR/my data" "$BATS_TEST_TMPDIR/a:b"
	create --no-start
	printf '%s\n' "BIND=\"'$BATS_TEST_TMPDIR/my data:/srv/my data' '$BATS_TEST_TMPDIR/a\\:b:/srv/c'\"" \
		'BIND_RO=/usr:/srv/usr' >>"$conf"
	nixos-container start "$name"
	run -0 of RequiresMountsFor
	assert_output --partial "$BATS_TEST_TMPDIR/my data"
	assert_output --partial "$BATS_TEST_TMPDIR/a:b"
	assert_output --partial /usr
	inside touch "/srv/my data/x" /srv/c/y
	assert_exists "$BATS_TEST_TMPDIR/my data/x"
	assert_exists "$BATS_TEST_TMPDIR/a:b/y"
}

@test "DEVICES are there inside, and allowed" {
	local node=/dev/$name
	mknod "$node" c 1 5
	create --no-start
	printf 'DEVICES="%s:rw char-rtc"\n' "$node" >>"$conf"
	nixos-container start "$name"
	run -0 inside stat -c %t:%T "$node"
	assert_output 1:5
	run -0 of DeviceAllow
	assert_output --partial "$node rw"
	assert_output --partial "char-rtc rwm"
	rm "$node"
}

@test "EPHEMERAL=1 starts from the same tree each time, and leaves no copy" {
	create --no-start
	echo EPHEMERAL=1 >>"$conf"
	nixos-container start "$name"
	inside touch /srv-was-here /var/lib/kept
	assert_not_exists "$root/srv-was-here"
	nixos-container restart "$name"
	run -1 inside test -e /srv-was-here
	run -0 inside hostname
	assert_output "$name"
	systemctl kill --signal=KILL "container@$name.service"
	until_true 20 inside true
	nixos-container stop "$name"
	run -0 find "$state" -maxdepth 1 -name ".#$name*" -type d
	assert_output ""
}

@test "the generator writes what the settings say, and no more" {
	mkdir -p "$BATS_TEST_TMPDIR/conf"
	cd "$BATS_TEST_TMPDIR/conf"
	echo AUTO_START=1 >one.conf
	printf 'MEMORY_MAX=1G\nAFTER=one\nBIND="/srv/100%%"\n' >two.conf
	printf 'AUTO_START=1\nMEMORY_MAX=5\n' >containers.conf	# Podman's
	printf 'AUTO_START=1\n' >-x.conf
	printf 'AUTO_START=0\nEPHEMERAL=1\n' >three.conf
	run -0 generated
	assert_output ""
	cd ../out
	run -0 find . -type f -o -type l
	assert_equal "$(sort <<<"$output")" "./container@two.service.d/settings.conf
./multi-user.target.d/nixos-container.conf"
	run -0 cat container@two.service.d/settings.conf
	assert_output '[Unit]
After=container@one.service
RequiresMountsFor="/srv/100%%"
[Service]
MemoryMax=1G'
	run -0 cat multi-user.target.d/nixos-container.conf
	assert_output '[Unit]
Wants=container@one.service'
}

@test "bad values are named, keep nothing else from starting, and the container does not start" {
	create --no-start
	cp "$conf" "$BATS_TEST_TMPDIR/good"
	local bad
	for bad in MEMORY_MAX=much CPU_QUOTA=half TASKS_MAX=-1 START_TIMEOUT=soon 'AFTER="a b+c"' \
		"REQUIRES=$name" 'AFTER="x.service;y"' DEVICES=/etc/passwd 'DEVICES="/dev/x:q"' \
		'MEMORY_MAX="1 [Service] ExecStart=/x"'; do
		{ cat "$BATS_TEST_TMPDIR/good"; printf '%s\n' "$bad"; } >"$conf"
		run -2 nixos-container start "$name"
		assert_output --regexp "^ctr-conf: $conf:[0-9]+: ${bad%%=*}: "
		run -2 nixos-container launch "$name"
		run -0 generated
	done
	echo 'AUTO_START=1' >"$BATS_TEST_TMPDIR/conf/good.conf"
	echo 'MEMORY_MAX=x' >"$BATS_TEST_TMPDIR/conf/bad.conf"
	run -0 generated
	grep -x Wants=container@good.service "$BATS_TEST_TMPDIR/out/multi-user.target.d/nixos-container.conf"
}

@test "a control character in a settings file never reaches a unit" {
	mkdir -p "$BATS_TEST_TMPDIR/conf"
	printf 'AUTO_START=1\nBIND="/srv\r[Service]\rExecStartPre=/bin/touch /srv/x"\n' \
		>"$BATS_TEST_TMPDIR/conf/one.conf"
	printf 'MEMORY_MAX=1G\nNO_SUCH=1\nAFTER="a"b"\nno line\n' >"$BATS_TEST_TMPDIR/conf/two.conf"
	run -0 generated
	assert_line --partial 'one.conf:2: control character'
	assert_line --partial 'two.conf:2: NO_SUCH: unknown setting'
	assert_line --partial 'two.conf:3: AFTER: text behind a closing quote'
	assert_line --partial 'two.conf:4: expected KEY=VALUE'
	run -0 grep -r . "$BATS_TEST_TMPDIR/out" --include=settings.conf
	refute_output --partial ExecStartPre
	assert_output --partial MemoryMax=1G
	# What else reads settings leaves such a line out.
	export NIXOS_CONTAINER_CONF_DIR=$BATS_TEST_TMPDIR/conf
	printf 'LOCAL_ADDRESS=10.1.2.3\033[2J\n' >>"$BATS_TEST_TMPDIR/conf/one.conf"
	run -0 nixos-container list --json
	assert_equal "$(jq -c '.[0].addresses' <<<"$output")" '[]'
}

@test "no setting and no argument becomes an option of another program" {
	create --no-start
	cp "$conf" "$BATS_TEST_TMPDIR/settings"
	with() { cp "$BATS_TEST_TMPDIR/settings" "$conf"; printf '%s\n' "$1" >>"$conf"; }
	with SYSTEM_PATH=--bind-ro=/srv
	run -2 nixos-container launch "$name"
	assert_output --partial "SYSTEM_PATH: invalid value"
	sed -i /PRIVATE_NETWORK/d "$BATS_TEST_TMPDIR/settings"
	sed -i /ADDRESS/d "$BATS_TEST_TMPDIR/settings"
	with NETWORK_NAMESPACE_PATH=--help
	run -2 nixos-container launch "$name"
	assert_output --partial "NETWORK_NAMESPACE_PATH: invalid value"
	run -2 nixos-container rollback "$name" --state-dir="$BATS_TEST_TMPDIR"
	assert_output --partial -- --state-dir
	run -2 nixos-container update "$name" --nixos-path --version
	run -2 nixos-container update "$name" --flake --version
	run -2 nixos-container update "$name" --system-path --version
}

@test "a setting is no pattern for the shell" {
	create --no-start
	cd "$BATS_TEST_TMPDIR"
	touch lo eth7
	for setting in INTERFACES MACVLANS EXTRA_VETHS; do
		cp "$conf" saved
		[[ $setting == EXTRA_VETHS ]] || printf '%s="* no-such"\n' "$setting" >>"$conf"
		[[ $setting != EXTRA_VETHS ]] || echo 'EXTRA_VETHS="*:bridge=no-such"' >>"$conf"
		run timeout 30 nixos-container launch "$name"
		assert_failure
		((status != 124))
		refute_output --partial eth7
		assert_output --regexp '\*|no-such'
		mv saved "$conf"
	done
}

@test "settings of a destroyed container do not hold for the next of its name" {
	create --no-start
	printf 'TASKS_MAX=77\nMEMORY_MAX=64M\n' >>"$conf"
	nixos-container start "$name"
	assert_equal "$(of TasksMax)" 77
	nixos-container destroy "$name"
	assert_not_exists "/run/systemd/generator/container@$name.service.d"
	create
	assert_equal "$(of TasksMax)" 16384
	assert_equal "$(of MemoryMax)" infinity
	# A copy has the limits at once, and by any way of starting it.
	printf 'TASKS_MAX=78\n' >>"$conf"
	nixos-container stop "$name"
	also "$name-b"
	nixos-container clone "$name" "$name-b"
	assert_equal "$(systemctl show -p TasksMax --value "container@$name-b.service")" 78
	also "$name-c"
	nixos-container rename "$name-b" "$name-c"
	assert_equal "$(systemctl show -p TasksMax --value "container@$name-c.service")" 78
	assert_not_exists "/run/systemd/generator/container@$name-b.service.d"
}
