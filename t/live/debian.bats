#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A container with real systemd, real login and real openresolv inside.
# bats file_tags=suites
load container

base=/etc/nixos-container-test/debian-base

setup_file() {
	cp /etc/resolv.conf "$BATS_FILE_TMPDIR/resolv.conf"
	readlink "$base" >"$BATS_FILE_TMPDIR/base"
}
teardown_file() {
	cp "$BATS_FILE_TMPDIR/resolv.conf" /etc/resolv.conf
	ln -sfn "$(<"$BATS_FILE_TMPDIR/base")" "$base"
}

create_debian() {
	create --nixos-path /src/t/systems/debian -I suite=/usr/local "$@"
}

@test "a systemd container boots to READY and answers to run" {
	create_debian
	run -0 inside hostname
	assert_output "$name"
	run inside sh -c 'exit 7'
	assert_failure 7
	run -0 inside systemctl is-active ctr-login.socket ctr-root-shell.socket
	run -0 stat -c %a "$root/var/lib/login.socket" "$root/var/lib/root-shell.socket"
	assert_line -n 0 666
	assert_line -n 1 600
}

@test "systemd-sysctl of a container sets what its network has" {
	create_debian
	echo net.ipv4.ip_forward=1 | nixos-container run "$name" -- tee /etc/sysctl.d/own.conf
	for users in pick no; do
		sed -i "s/^PRIVATE_USERS=.*/PRIVATE_USERS=$users/" "$conf"
		nixos-container restart "$name"
		run -0 inside systemctl show -p ConditionResult --value systemd-sysctl.service
		assert_output yes
		run -0 inside cat /proc/sys/net/ipv4/ip_forward
		assert_output 1
	done
}

@test "echo reboot into the root shell restarts a systemd container" {
	create_debian
	before=$(boots)
	echo reboot | socat -t5 "unix:$root/var/lib/root-shell.socket" -
	until_true 30 booted_after "$before"
}

@test "stop of a systemd container is clean and quick, sessions and all" {
	create_debian
	nixos-container run "$name" -- sleep 1000 3>&- &
	sleep 0.3
	SECONDS=0
	nixos-container stop "$name"
	((SECONDS < 10))
	wait $! || :
	run -0 systemctl show -p Result --value "container@$name.service"
	assert_output success
}

@test "login with a real password at the real login, by socat" {
	create_debian
	echo root:s3same | inside chpasswd
	cat >"$BATS_TEST_TMPDIR/login" <<-END
		set timeout 15
		spawn socat unix:$root/var/lib/login.socket -,echo=0,raw
		expect "login: " { send "root\r" } default { exit 1 }
		expect "assword: " { send "s3same\r" } default { exit 2 }
		expect "# " { send "tty; echo user \\\$(id -un)\r" } default { exit 3 }
		expect "user root" { send "exit\r" } default { exit 4 }
		expect eof
	END
	run -0 expect "$BATS_TEST_TMPDIR/login"
	assert_output --partial /dev/pts/
}

@test "openresolv inside keeps the host's servers beside an interface's own" {
	echo 'nameserver 192.0.2.99' >/etc/resolv.conf
	create_debian
	until_true 10 sh -c "nixos-container run $name -- resolvconf -l | grep -q 192.0.2.99"
	inside sh -c 'echo nameserver 198.51.100.7 | resolvconf -a eth0'
	run -0 inside cat /etc/resolv.conf
	assert_output --partial 'nameserver 198.51.100.7'
	assert_output --partial 'nameserver 192.0.2.99'
}

@test "a running container follows a host that changes network" {
	systemctl start nixos-container-resolv.path
	echo 'nameserver 192.0.2.77' >/etc/resolv.conf
	create_debian
	also "$name-m"
	nixos-container create "$name-m"
	echo 'nameserver 192.0.2.78' >/etc/resolv.conf
	until_true 10 sh -c "nixos-container run $name -- cat /etc/resolv.conf | grep -q 192.0.2.78"
	run -0 inside cat /etc/resolv.conf
	refute_output --partial 192.0.2.77
	run -0 nixos-container run "$name-m" -- cat /etc/resolv.conf
	assert_output --partial 192.0.2.78
	systemctl stop nixos-container-resolv.path
}

@test "what goes wrong with ip netns exec: no cgroup tree; with run-in-netns it is there" {
	ip netns add "$name"
	run -0 ip netns exec "$name" ls -A /sys/fs/cgroup
	assert_output ''
	run -0 run-in-netns "$name" find /sys/fs/cgroup -maxdepth 2 -name cgroup.procs
	assert_output --partial cgroup.procs
	mkdir -p "$BATS_TEST_TMPDIR/root/usr"
	run ip netns exec "$name" systemd-nspawn -q --register=no --keep-unit \
		-D "$BATS_TEST_TMPDIR/root" --bind-ro=/usr --bind-ro=/lib --bind-ro=/lib64 \
		--bind-ro=/bin /bin/true
	assert_failure
	assert_output --regexp "cgroup|supported controllers"
	ip netns del "$name"
}

# runs_release SUITE - a container of that Debian boots, reboots and stops, with
# users of its own and without
runs_release() {
	[[ -d /systems/$1 ]] || skip "no packages of $1 are within reach"
	ln -sfn "$(nix-store --add "/systems/$1")" "$base"
	create_debian
	ln -sfn "$(<"$BATS_FILE_TMPDIR/base")" "$base"
	for users in pick no; do
		sed -i "s/^PRIVATE_USERS=.*/PRIVATE_USERS=$users/" "$conf"
		nixos-container restart "$name"
		run -0 inside sh -c '. /etc/os-release && echo "$VERSION_CODENAME"'
		assert_output "$1"
		run -0 inside systemctl is-system-running --wait
		assert_output running
		run -0 inside systemctl is-active ctr-login.socket ctr-root-shell.socket
		run -0 inside ip -br address show eth0
		assert_output --partial "$(nixos-container show-ip "$name")"
		before=$(boots)
		inside systemctl reboot
		until_true 30 booted_after "$before"
		SECONDS=0
		nixos-container stop "$name"
		((SECONDS < 10))
	done
}

@test "a container of bookworm runs on this host" { runs_release bookworm; }
@test "a container of trixie runs on this host" { runs_release trixie; }
@test "a container of forky runs on this host" { runs_release forky; }
