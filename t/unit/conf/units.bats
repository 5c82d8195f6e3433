#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load ../../lib/env

setup() {
	export NIXOS_CONTAINER_CONF_DIR=$BATS_TEST_TMPDIR/conf
	out=$BATS_TEST_TMPDIR/out
	mkdir "$NIXOS_CONTAINER_CONF_DIR"
	cd "$NIXOS_CONTAINER_CONF_DIR"
}

# makes LINE... - the drop-in for the settings on standard input must be LINE...
makes() {
	cat >web.conf
	rm -rf "$out"
	run -0 ctr-conf units "$out"
	assert_output ''
	run -0 cat "$out/container@web.service.d/settings.conf"
	assert_output "$(printf '%s\n' "$@")"
	run -1 ctr-conf units --changed web "$out"
	assert_output ''
}

@test "settings for systemd become a drop-in, with each section once" {
	makes '[Unit]' After=container@db.service After=network-online.target \
		After=container@cache-2.service Requires=container@cache-2.service \
		'RequiresMountsFor="/srv/data"' 'RequiresMountsFor="/usr/share/zoneinfo"' \
		'[Service]' 'DeviceAllow=/dev/fuse rwm' 'DeviceAllow=/dev/rtc0 r' \
		'DeviceAllow=char-usb_device rwm' 'DeviceAllow=/dev/by/pci-0:1.0 rwm' \
		'DeviceAllow=/dev/by/pci-0:2 rw' MemoryMax=1G CPUQuota=150% TasksMax=2000 \
		'TimeoutStartSec=2min 30s' <<-'END'
			MEMORY_MAX=1G
			REQUIRES=cache-2
			TASKS_MAX=2000
			BIND_RO=/usr/share/zoneinfo
			START_TIMEOUT="2min 30s"
			DEVICES="/dev/fuse /dev/rtc0:r char-usb_device /dev/by/pci-0:1.0 /dev/by/pci-0:2:rw"
			AFTER="db network-online.target"
			CPU_QUOTA=150%
			BIND=/srv/data:/data
		END
	makes '[Service]' TasksMax=infinity <<<TASKS_MAX=infinity
	makes '[Service]' MemorySwapMax=0 'AllowedCPUs=0-3 6' IOWeight=50 \
		'IOReadBandwidthMax="/dev/sda" 20M' 'IOReadBandwidthMax="/srv/a\"b 50%%" 5M' \
		'IOWriteBandwidthMax="/srv/c:d" infinity' <<-'END'
			IO_WRITE_BANDWIDTH_MAX=/srv/c:d:infinity
			IO_READ_BANDWIDTH_MAX="/dev/sda:20M '/srv/a\"b 50%:5M'"
			IO_WEIGHT=50
			ALLOWED_CPUS="0-3 6"
			MEMORY_SWAP_MAX=0
		END
	makes '[Unit]' 'After=srv-my\x20data.mount' <<<"AFTER='srv-my\\x20data.mount'"
}

@test "interfaces to wait for are devices, and are not required" {
	makes '[Unit]' 'After=sys-subsystem-net-devices-eth1.device' \
		'Wants=sys-subsystem-net-devices-eth1.device' \
		'After=sys-subsystem-net-devices-en\x2da_.1\x40\x7e.device' \
		'Wants=sys-subsystem-net-devices-en\x2da_.1\x40\x7e.device' \
		'After=sys-subsystem-net-devices-eth2.device' \
		'Wants=sys-subsystem-net-devices-eth2.device' <<-'END'
			INTERFACES="eth1 en-a_.1@~"
			MACVLANS=eth2:mv:bridge
		END
}

@test "the name servers of a namespace are followed" {
	makes '[Unit]' 'Wants=nixos-container-resolv@a\x2db.path' \
		<<<NETWORK_NAMESPACE_PATH=/run/netns/a-b
	makes '[Unit]' 'Wants=nixos-container-resolv@vpn.path' \
		<<<NETWORK_NAMESPACE_PATH=/var/run/netns/vpn
	printf 'NETWORK_NAMESPACE_PATH=/proc/1/ns/net\n' >web.conf
	printf 'NETWORK_NAMESPACE_PATH=/run/netns/vpn\nCOPY_RESOLV_CONF=0\n' >b.conf
	rm -r "$out"
	run -0 ctr-conf units "$out"
	run -0 find "$out" -type f
	assert_output ''
}

@test "paths to wait for are escaped for systemd" {
	makes '[Unit]' 'RequiresMountsFor="/srv/my data"' 'RequiresMountsFor="/srv/a:b"' \
		'RequiresMountsFor="/srv/100%%n"' 'RequiresMountsFor="/srv/x"' \
		'RequiresMountsFor="/srv/\"q"' 'RequiresMountsFor="/ünï"' <<-'END'
			BIND="'/srv/my data:/x' /srv/a\\:b:/c /srv/100%n /srv/\\x /srv/\"q /ünï:/y:norbind"
		END
}

@test "a backslash that is escaped does not escape the colon after it" {
	makes '[Unit]' 'RequiresMountsFor="/a\\"' <<-'END'
		BIND=/a\\\\:/c
	END
}

@test "paths that are not on the host are not waited for" {
	echo 'BIND="+/var:/x :/y"' >web.conf
	run -0 ctr-conf units "$out"
	run -0 find "$out" -type f
	assert_output ''
}

@test "binds in the flags of systemd-nspawn are waited for, too" {
	makes '[Unit]' 'RequiresMountsFor="/srv/a"' 'RequiresMountsFor="/srv/b"' \
		'RequiresMountsFor="/srv/c"' 'RequiresMountsFor="/srv/d"' 'RequiresMountsFor="/srv/e:f"' \
		'RequiresMountsFor="/srv/my data"' 'RequiresMountsFor="/srv/100%%\\"' \
		'RequiresMountsFor="/srv/z"' <<-'END'
			EXTRA_NSPAWN_FLAGS="--bind=/srv/a --bind=/srv/b:/x --bind-ro=/srv/c:/x:norbind,new \
			  --bind-ro /srv/d:/x --quiet --bind=/srv/e\\:f:/x '--bind=/srv/my data:/x' \
			  --bind=/srv/100%\\\\:/x --bind=+/tree:/x --bind=:/x --bind-user=/u --bind=rel:/x \
			  --bind-rox=/u --bind=/srv/z:/x --setenv=A=--bind=/u --bind"
		END
	printf 'EXTRA_NSPAWN_FLAGS="--setenv=A=b --bind=+/var:/x --bind-ro :/y"\n' >web.conf
	rm -r "$out"
	run -0 ctr-conf units "$out"
	run -0 find "$out" -type f
	assert_output ''
}

@test "one drop-in of multi-user.target wants all containers with AUTO_START=1" {
	for name in web db-1 a; do echo AUTO_START=1 >"$name.conf"; done
	echo AUTO_START=0 >off.conf
	echo MEMORY_MAX=1G >>web.conf
	# Files that do not belong to containers.
	for name in storage a+b -x; do echo AUTO_START=1 >"./$name.conf"; done
	echo AUTO_START=1 >.c.pending
	run -0 ctr-conf units "$out" "$out.early" "$out.late"
	assert_output ''
	run -0 cat "$out/multi-user.target.d/nixos-container.conf"
	assert_output '[Unit]
Wants=container@a.service
Wants=container@db-1.service
Wants=container@web.service'
	cd "$out"
	run -0 find . ! -type d
	assert_equal "$(sort <<<"$output")" './container@web.service.d/settings.conf
./multi-user.target.d/nixos-container.conf'
	assert_not_exists "$out.early"
	assert_not_exists "$out.late"
}

@test "without settings for systemd, nothing is generated" {
	run -0 ctr-conf units "$out"
	assert_not_exists "$out"
	run -0 ctr-conf units "$out" --conf-dir /no/such
	assert_not_exists "$out"
	printf 'PRIVATE_NETWORK=1\nHOST_BRIDGE=br0\nMEMORY_MAX=\n' >web.conf
	run -0 ctr-conf units "$out"
	assert_output ''
	assert_equal "$(find "$out" ! -type d)" ''
}

@test "wrong settings are reported, and do not affect valid ones or other containers" {
	printf 'AUTO_START=1\nMEMORY_MAX=lots\nTASKS_MAX=5\nAFTER=db\nNO=1\n' >bad.conf
	printf 'NAT=1\nAUTO_START=1\nREQUIRES="db misfit"\n' >misfit.conf
	printf 'AUTO_START=1\nBIND="/srv\r[Service]\rExecStartPre=/bin/x"\n' >control.conf
	mkdir directory.conf
	ln -s nowhere gone.conf
	echo AUTO_START=1 >web.conf
	run -0 ctr-conf units "$out"
	assert_output "ctr-conf: $PWD/bad.conf:2: MEMORY_MAX: invalid value \"lots\" (expected a number above 0 with K, M, G or T behind it, N% or infinity)
ctr-conf: $PWD/bad.conf:5: NO: unknown setting
ctr-conf: $PWD/control.conf:2: control character
ctr-conf: $PWD/directory.conf: not a regular file
ctr-conf: $PWD/misfit.conf:1: NAT needs PRIVATE_NETWORK=1
ctr-conf: $PWD/misfit.conf:3: REQUIRES: the container itself: misfit"
	assert_equal "$(cat "$out/container@bad.service.d/settings.conf")" '[Unit]
After=container@db.service
[Service]
TasksMax=5'
	assert_equal "$(cat "$out/container@misfit.service.d/settings.conf")" '[Unit]
After=container@db.service
Requires=container@db.service'
	assert_equal "$(grep -c . "$out/multi-user.target.d/nixos-container.conf")" 4
	run -0 find "$out" -name '*control*'
	assert_output ''
}

@test "the output directory is created, and no link in it is followed" {
	echo 'TASKS_MAX=5' >web.conf
	echo 'AUTO_START=1' >db.conf
	mkdir "$out" "$BATS_TEST_TMPDIR/elsewhere"
	echo mine >"$BATS_TEST_TMPDIR/elsewhere/file"
	ln -s "$BATS_TEST_TMPDIR/elsewhere" "$out/container@web.service.d"
	run -1 ctr-conf units "$out"
	assert_output "ctr-conf: $out/container@web.service.d/settings.conf: Not a directory"
	assert_exists "$out/multi-user.target.d/nixos-container.conf"
	rm "$out/container@web.service.d"
	mkdir "$out/container@web.service.d"
	ln -s "$BATS_TEST_TMPDIR/elsewhere/file" "$out/container@web.service.d/settings.conf"
	run -1 ctr-conf units "$out"
	assert_equal "$(ls "$BATS_TEST_TMPDIR/elsewhere"; cat "$BATS_TEST_TMPDIR/elsewhere/file")" $'file\nmine'
	run -1 ctr-conf units /no/such/out
	assert_output 'ctr-conf: /no/such/out: No such file or directory'
}

@test "existing drop-ins are replaced" {
	echo TASKS_MAX=12345 >web.conf
	ctr-conf units "$out"
	echo TASKS_MAX=5 >web.conf
	run -0 ctr-conf units --changed web "$out"
	ctr-conf units "$out"
	assert_equal "$(cat "$out/container@web.service.d/settings.conf")" $'[Service]\nTasksMax=5'
	assert_equal "$(stat -c %a "$out/container@web.service.d"/{,settings.conf})" $'755\n644'
}

@test "--changed tells if the settings differ from systemd's drop-in" {
	echo NAT=0 >web.conf
	run -1 ctr-conf units --changed web "$out"
	echo MEMORY_MAX=1G >>web.conf
	run -0 ctr-conf units --changed web "$out"
	ctr-conf units "$out"
	run -1 ctr-conf units --changed web "$out"
	# AUTO_START is in the drop-in of the target that starts it.
	echo AUTO_START=1 >>web.conf
	run -0 ctr-conf units --changed web "$out"
	ctr-conf units "$out"
	run -1 ctr-conf units --changed web "$out"
	sed -i s/AUTO_START=1/AUTO_START=0/ web.conf
	run -0 ctr-conf units --changed web "$out"
	rm -r "$out/multi-user.target.d"
	run -1 ctr-conf units --changed web "$out"
	sed -i s/1G/2G/ web.conf
	run -0 ctr-conf units --changed web "$out"
	rm web.conf
	run -0 ctr-conf units --changed web "$out"
	rm -r "$out/container@web.service.d"
	run -1 ctr-conf units --changed web "$out"
	run -1 ctr-conf units --changed web "$out" --conf-dir /no/such
	assert_output ''
}

@test "--changed exits with 2 for wrong settings and unreadable files" {
	echo MEMORY_MAX=lots >web.conf
	run -2 ctr-conf units --changed web "$out"
	assert_output --partial "$PWD/web.conf:1: MEMORY_MAX: invalid value"
	echo AFTER=web >web.conf
	run -2 ctr-conf units --changed web "$out"
	assert_output "ctr-conf: $PWD/web.conf:1: AFTER: the container itself: web"
	rm web.conf
	mkdir web.conf
	run -2 ctr-conf units --changed web "$out"
	assert_output "ctr-conf: $PWD/web.conf: not a regular file"
	rmdir web.conf
	mkdir -p "$out/container@web.service.d/settings.conf"
	run -2 ctr-conf units --changed web "$out"
	assert_output "ctr-conf: $out/container@web.service.d/settings.conf: Is a directory"
	mkdir -p "$out/multi-user.target.d/nixos-container.conf"
	run -2 ctr-conf units --changed web "$out"
	assert_output 'ctr-conf: read what starts at boot: Is a directory'
}

@test "a wrong command line of units is named" {
	run -2 ctr-conf units
	run -2 ctr-conf units a b c d
	run -2 ctr-conf units --changed a+b
	run -2 ctr-conf units --changed web a b
	assert_output 'ctr-conf: units: unexpected argument: b'
	run -2 ctr-conf get web --changed
	assert_output 'ctr-conf: get takes no --changed'
}

# bats test_tags=long
@test "5,000 containers take less than a second" {
	for ((i = 0; i < 5000; i++)); do echo AUTO_START=1 >"c$i.conf"; done
	run -0 timeout 1 ctr-conf units "$out"
	assert_equal "$(grep -c Wants= "$out/multi-user.target.d/nixos-container.conf")" 5000
}
