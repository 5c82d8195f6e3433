#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The throw-away hosts: what t/host promises, and that they leave no trace.
load ../../lib/env

setup_file() {
	((EUID == 0)) || skip "needs root"
	"$TOP/t/host" image >&2
}

setup() {
	name=$(unused_name h)
}

teardown() {
	local record
	for record in /run/nixos-container-test/"$name"{,-*}; do
		[[ ! -d $record ]] || "$TOP/t/host" stop "${record##*/}" || :
	done
}

host() { "$TOP/t/host" "$@"; }
boot() { host boot "$@"; }

# seen_outside - print all that a host could leave on this machine, without traces of
# other hosts that run at the same time
seen_outside() {
	sort /proc/self/mountinfo
	ip -o link | sed 's/^[0-9]*: //; s/ mtu.*//'
	ip netns list
	hostname
	find /run /tmp -maxdepth 3 \( -name '*nspawn*' -o -path '*/nspawn/*' \
		-o -path '/run/systemd/*' -o -path '/run/mount/*' \)
	ls "${NIXOS_CONTAINER_TEST_CACHE:-/var/cache/nixos-container-test}" |
		grep -v '^disk-'
}

# nothing_left name
nothing_left() {
	run -0 find /sys/fs/cgroup -name "*-$1"
	refute_output
	assert_not_exists "/run/nixos-container-test/$1"
	assert_not_exists "${NIXOS_CONTAINER_TEST_CACHE:-/var/cache/nixos-container-test}/disk-$1"
	until_true 5 no_process_names "$1"
}

no_process_names() {
	local file word
	for file in /proc/[0-9]*/cmdline; do
		[[ $file != /proc/$BASHPID/* ]] || continue
		while IFS= read -rd '' word; do
			[[ $word != "$1" && $word != "--machine=$1" ]] || return 1
		done 2>/dev/null <"$file" || :
	done
}

namespaces() { readlink "/proc/$1/ns/"{mnt,net,pid,uts,ipc,cgroup}; }

@test "boot prints the name, and systemd runs as PID 1 of the host" {
	run -0 --separate-stderr boot "$name"
	assert_output "$name"
	assert_equal "$stderr" ""
	run -0 host exec "$name" systemctl is-system-running
	assert_output running
	run -0 host exec "$name" cat /proc/1/comm
	assert_output systemd
	run -0 host list
	assert_line "$name running"
}

@test "boot without a name chooses one" {
	run -0 host boot
	made=$output
	run host exec "$made" true
	host stop "$made"
	assert_success
}

@test "a name in use and an invalid name are refused" {
	boot "$name"
	run -1 host boot "$name"
	assert_output --partial "already"
	run -0 host exec "$name" true
	for bad in a/b .. -x a_b ''; do
		run -2 host boot "$bad"
	done
	run -2 host
	run -2 host nonsense
	run -2 host boot --nonsense
	run -2 host boot --bind
	run -1 host boot --bind /no/such "$name-x"
	run -1 host stop "$name-x"
	run -0 host --help
	nothing_left "$name-x"
}

@test "exec passes the command's status, output and input" {
	boot "$name"
	run -7 host exec "$name" -- sh -c 'exit 7'
	run -127 host exec "$name" /no/such
	run -126 host exec "$name" /etc/passwd
	run -137 host exec "$name" sh -c 'kill -9 $$'
	run -125 host exec "$name"
	run -125 host exec "no-$name" true
	run -0 --separate-stderr host exec "$name" sh -c 'echo out; echo err >&2'
	assert_output out
	assert_equal "$stderr" err
	head -c 300000 /dev/urandom >"$BATS_TEST_TMPDIR/in"
	host exec "$name" cat <"$BATS_TEST_TMPDIR/in" | cmp - "$BATS_TEST_TMPDIR/in"
}

@test "every argument arrives unchanged, in a clean environment" {
	boot "$name"
	set -- '' ' two  words ' $'line\nline\n' $'\377\001' '$HOME `id` "x" \' -- --help a=b '*'
	printf '%s\0' "$@" >"$BATS_TEST_TMPDIR/want"
	SECRET=1 host exec "$name" printf '%s\0' "$@" |
		cmp - "$BATS_TEST_TMPDIR/want"
	SECRET=1 TERM=vt100 run -0 host exec "$name" env
	refute_output --partial SECRET
	assert_line HOME=/root
	assert_line LANG=C.UTF-8
	assert_line TERM=vt100
	assert_line --regexp '^PATH=.*/usr/sbin:.*/bin'
}

@test "shell opens a login shell" {
	boot "$name"
	run -3 host shell "$name" <<<'shopt -q login_shell && echo "$PWD"; exit 3'
	assert_output /root
}

@test "commands run in a unit of the host, which a shutdown ends" {
	boot "$name"
	run -0 host exec "$name" sh -c 'cat /proc/self/cgroup'
	assert_output --partial :/system.slice/t-host.service
	host exec "$name" sh -c 'trap "" TERM HUP; while :; do sleep 1; done' 3>&- &
	sleep 0.2
	SECONDS=0
	run -0 host stop "$name"
	refute_output
	((SECONDS < 8))
	nothing_left "$name"
}

@test "two hosts run at the same time and do not see each other" {
	host boot "$name-a" 3>&- >"$BATS_TEST_TMPDIR/a" &
	host boot "$name-b" >"$BATS_TEST_TMPDIR/b"
	wait $!
	for n in a b; do
		run -0 cat "$BATS_TEST_TMPDIR/$n"
		assert_output "$name-$n"
		run -0 host exec "$name-$n" sh -c 'ls /var/tmp && ip -br link'
		refute_output --regexp 'mine|veth|eth0'
		assert_line --partial lo
		host exec "$name-$n" sh -c \
			'touch /var/tmp/mine && ip link add mine type veth'
	done
	host stop "$name-a" "$name-b"
}

@test "each boot is a fresh one, with and without a disk" {
	for option in --disk ''; do
		boot "$name" $option
		run ! host exec "$name" ls /etc/mark
		host exec "$name" sh -c '>/etc/mark; rm -r /etc/nix'
		# An immutable file: plain rm cannot remove the disk.
		[[ ! $option ]] || host exec "$name" chattr +i /etc/mark || :
		host stop "$name"
		nothing_left "$name"
		run -0 find "$(host image)/etc" -name mark
		refute_output
	done
	boot "$name"
	run -0 host exec "$name" ls /etc/nix
	run ! host exec "$name" ls /etc/mark
}

@test "a host can reboot, and keeps what it wrote" {
	boot "$name"
	host exec "$name" touch /var/mark
	before=$(host exec "$name" cut -d' ' -f22 /proc/1/stat)
	run host exec "$name" systemctl reboot
	# A shutdown stops all processes for a moment, and nsenter stops with its child:
	# if that is gone then, it never goes on.
	again() {
		local now
		now=$(timeout 5 "$TOP/t/host" exec "$name" cut -d' ' -f22 /proc/1/stat 2>/dev/null) &&
			[[ $now != "$before" ]]
	}
	until_true 20 again
	run -0 host exec "$name" ls /var/mark
}

@test "directories and files are bound, writable or read-only" {
	dir="$BATS_TEST_TMPDIR/a dir: with/in"
	mkdir -p "$dir"
	echo text >"$dir/file"
	boot "$name" --bind "$dir:/tmp/rw" --bind-ro="$dir" \
		--bind-ro "$dir/file:/etc/some: file"
	run -0 host exec "$name" cat '/etc/some: file' /tmp/rw/file "$dir/file"
	assert_output $'text\ntext\ntext'
	host exec "$name" touch /tmp/rw/new
	assert_exists "$dir/new"
	run -1 host exec "$name" touch "$dir/other"
}

@test "a failed unit is named, and the host is up" {
	printf '[Service]\nType=oneshot\nExecStart=false\n' >"$BATS_TEST_TMPDIR/unit"
	run -0 --separate-stderr boot "$name" \
		--bind-ro "$BATS_TEST_TMPDIR/unit:/etc/systemd/system/systemd-user-sessions.service"
	assert_output "$name"
	[[ $stderr == *systemd-user-sessions.service*degraded* ]]
}

@test "limits of units take effect" {
	boot "$name"
	run -0 host exec "$name" sh -c \
		'ls /sys/fs/cgroup; cat /sys/fs/cgroup/cgroup.controllers || :'
	[[ $output == *pids* ]] ||
		skip "this machine gives a host no cgroup controllers"
	host exec "$name" systemd-run -q --unit=limited -p TasksMax=7 sleep 1000
	run host exec "$name" sh -c \
		'cat /sys/fs/cgroup/pids/system.slice/limited.service/pids.max ||
		cat /sys/fs/cgroup/system.slice/limited.service/pids.max'
	assert_line 7
}

@test "--cgroup v2 mounts the unified cgroup hierarchy alone" {
	boot "$name" --cgroup v2
	run -0 host exec "$name" stat -f -c %T /sys/fs/cgroup
	assert_output cgroup2fs
}

@test "--suite boots another Debian, and the image of each suite is kept" {
	for bad in '--suite woody' --suite=woody --suite; do
		run -2 host boot $bad
		run -2 host image $bad
		run -2 host system $bad
	done
	NIXOS_CONTAINER_TEST_SUITE=woody run -2 host boot
	assert_output --partial "unknown suite: 'woody' (expected bookworm, trixie or forky)"
	own=$(host image)
	run host image --suite trixie
	((status == 0)) || skip "no image of trixie can be built"
	assert_exists "$own"
	boot "$name" --suite trixie
	run -0 host exec "$name" sh -c '. /etc/os-release; echo "$VERSION_CODENAME"'
	assert_output trixie
	run -0 host exec "$name" systemctl is-system-running
	assert_output running
}

@test "stop leaves nothing behind" {
	seen_outside >"$BATS_TEST_TMPDIR/before"
	boot "$name"
	pid=$(cut -d' ' -f1 "/run/nixos-container-test/$name/leader")
	mapfile -t spaces < <(namespaces "$pid")
	((${#spaces[@]} == 6))
	host exec "$name" ip netns add inner
	host exec "$name" systemd-run -q -p Delegate=yes sleep 1000
	run -0 host stop "$name"
	refute_output
	seen_outside | diff "$BATS_TEST_TMPDIR/before" -
	nothing_left "$name"
	for space in "${spaces[@]}"; do
		space=${space//[!0-9]/}
		run ! lsns -n "$space"
	done
}

@test "stop cleans up after systemd-nspawn or all processes were killed" {
	seen_outside >"$BATS_TEST_TMPDIR/before"
	for which in holder nspawn leader; do
		boot "$name"
		holder=$(cut -d' ' -f1 "/run/nixos-container-test/$name/pid")
		nspawn=$(pgrep -P "$holder")
		leader=$(cut -d' ' -f1 "/run/nixos-container-test/$name/leader")
		kill -9 "${!which}"
		run -0 host stop "$name"
		nothing_left "$name"
	done
	boot "$name"
	mapfile -t dirs <"/run/nixos-container-test/$name/cgroups"
	# Some processes end by themselves, between the list and the kill.
	find "${dirs[@]}" -name cgroup.procs -exec cat {} + | sort -u |
		xargs kill -9 || :
	ended() { run -0 host list; [[ $output == *"$name ended"* ]]; }
	until_true 5 ended
	run -0 host stop "$name"
	nothing_left "$name"
	seen_outside | diff "$BATS_TEST_TMPDIR/before" -
}

@test "an interrupted boot leaves nothing" {
	seen_outside >"$BATS_TEST_TMPDIR/before"
	for signal in INT TERM HUP; do
		env --default-signal "$TOP/t/host" boot "$name" 3>&- &
		until_true 10 test -e "/run/nixos-container-test/$name/pid"
		kill -s $signal $!
		status=0
		wait $! || status=$?
		((status > 128))
		nothing_left "$name"
	done
	seen_outside | diff "$BATS_TEST_TMPDIR/before" -
}

@test "stop cleans up after a killed boot" {
	for file in image cgroups pid leader; do
		"$TOP/t/host" boot "$name" 3>&- >&2 &
		until_true 10 test -e "/run/nixos-container-test/$name/$file"
		kill -9 $!
		wait $! || :
		run -0 host stop "$name"
		nothing_left "$name"
	done
}

@test "a boot that times out is an error, and leaves nothing" {
	NIXOS_CONTAINER_TEST_WAIT=0 run -1 boot "$name"
	assert_output --partial "$name: not up after 0 s"
	nothing_left "$name"
}

@test "Nix builds on a host without a network, also with its daemon" {
	boot "$name"
	host exec "$name" sh -c 'cat >/root/x.nix' <<-'END'
		derivation {
		  name = "x"; system = builtins.currentSystem;
		  builder = "/bin/sh"; args = [ "-c" "echo built >$out" ];
		}
	END
	run -0 --separate-stderr host exec "$name" env NIX_REMOTE=daemon \
		nix-build --no-out-link /root/x.nix
	run -0 host exec "$name" cat "$output"
	assert_output built
	run -0 host exec "$name" nix eval --offline --expr '1 + 1'
	assert_output 2
}

@test "the Debian system boots in a container, reboots and keeps its changes" {
	boot "$name" --bind-ro "$TOP/t/systems/debian:/debian"
	host exec "$name" sh -eu <<-'END'
		cd /root
		mkdir suite
		cat >c.nix <<-X
			{ config, lib, pkgs, ... }: {
			  boot.isContainer = true;
			  networking.hostName = lib.mkDefault "inner";
			  environment.etc."a/b c".text = "one\n";
			}
		X
		nix-build -I nixos-config=c.nix -I suite=suite /debian -A system
		sed -i 's/one/two/; s/inner/changed/' c.nix
		nix-build -o next -I nixos-config=c.nix -I suite=suite /debian -A system
		mkdir -p root/usr
		systemd-run -q --unit=c -p Type=notify -p KillMode=mixed -p Delegate=yes \
			-p Restart=on-failure -p RestartForceExitStatus=133 \
			systemd-nspawn --keep-unit --notify-ready=yes \
			--kill-signal=SIGRTMIN+3 --bind-ro=/nix/store \
			--resolv-conf=off --timezone=off --link-journal=no \
			--private-network -D /root/root -M c "$(readlink result)/init"
	END
	in_c() { host exec "$name" systemd-run -q -M c --wait --pipe "$@"; }
	run -0 in_c systemctl is-system-running --wait
	assert_output running
	run -0 in_c cat /etc/hostname '/etc/a/b c'
	assert_output $'inner\none'
	run -0 in_c stat -c '%a %U:%G' /etc/shadow /root /tmp
	assert_output $'640 root:shadow\n700 root:root\n1777 root:root'

	run -0 in_c "$(host exec "$name" readlink /root/next)/bin/switch-to-configuration" test
	run -0 in_c cat /proc/sys/kernel/hostname '/etc/a/b c'
	assert_output $'changed\ntwo'

	in_c sh -c 'echo root:secret | chpasswd'
	shadow=$(in_c grep root: /etc/shadow)
	first=$(host exec "$name" machinectl show c -p Leader --value)
	run in_c systemctl reboot
	again() {
		local now
		now=$(host exec "$name" machinectl show c -p Leader --value 2>/dev/null) &&
			[[ $now != "$first" ]] && host exec "$name" systemctl -q is-active c
	}
	until_true 20 again
	run -0 in_c grep root: /etc/shadow
	assert_output "$shadow"
	run -0 in_c cat '/etc/a/b c'
	assert_output one

	SECONDS=0
	host exec "$name" systemctl stop c
	((SECONDS < 5))
	run -0 host exec "$name" systemctl show -p Result --value c
	assert_output success
}

@test "the demo succeeds, and play opens a shell on a host with the suite" {
	# t/run calls make itself.
	unset MAKEFLAGS MAKELEVEL SANITIZE STATIC
	run -0 "$TOP/t/run" demo
	assert_line '$ nixos-container create database --config-file web.nix'
	assert_line 'This is generation two.'
	assert_line 'ok - demo: every step succeeded'
	run -0 "$TOP/t/run" play <<-'END'
		nixos-container --version
		man -w nixos-container.conf
		false
	END
	assert_line --regexp '^[0-9.]+ \(.*\)$'
	assert_line --regexp '/nixos-container\.conf\.5$'
	# Other tests may boot hosts at the same time.
	run -0 host list
	refute_output --partial demo-
}
