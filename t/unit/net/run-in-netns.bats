# SPDX-License-Identifier: MIT
# run-in-netns; each test has its own world

load ../../lib/env
load ../../lib/world

# ns: a namespace with one veth pair, in0 and in1.
setup() {
	make_world
	in_world ip netns add ns
	in_world ip -n ns link add in0 type veth peer name in1
	in_world ip link add out0 type veth peer name out1
}
teardown() {
	[[ ! ${PID-} ]] || kill -KILL "$PID" || :
	drop_world
}

# start command... - run it in the background; PID is its process id
start() {
	nsenter -t "$WORLD_PID" -m -n -- sh -c 'echo $$ >"$0"; exec "$@"' \
		"$BATS_TEST_TMPDIR/pid" "$@" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- 4>&- &
	until_true 5 test -s "$BATS_TEST_TMPDIR/pid"
	PID=$(<"$BATS_TEST_TMPDIR/pid")
}

# left kind - has the process of start left the world's namespace?
left() {
	[[ $(readlink "/proc/$PID/ns/$1") != $(readlink "/proc/$WORLD_PID/ns/$1") ]]
}

rin() { in_world run-in-netns "$@"; }

# sys_mounts - the mounts below /sys: mount point, flags, type, options
sys_mounts() {
	awk '$5 ~ "^/sys/" {
		for (i = 7; $i != "-"; i++) ;
		print $5, $6, $(i + 1), $(i + 3)
	}' /proc/self/mountinfo | sort -u
}

# faulty call... -- argument... - run-in-netns with these system calls failing
faulty() {
	# The leak checker of a sanitized build does not work under strace.
	local -x ASAN_OPTIONS=detect_leaks=0
	local args=()
	while [[ $1 != -- ]]; do args+=(-e "inject=$1"); shift; done
	shift
	strace -f -qq -o /dev/null "${args[@]}" run-in-netns "$@"
}

# check_same inside... - a command inside must see the same mounts as we
check_same() {
	local before after
	before=$(in_world sys_mounts)
	after=$(in_world "$@" bash -c "$(declare -f sys_mounts); sys_mounts")
	diff <(echo "$before") <(echo "$after")
}

check_interfaces() {
	run in_world "$@" ls /sys/class/net
	assert_success
	assert_output $'in0\nin1\nlo'
}

@test "/sys/class/net shows the interfaces of the namespace and no others" {
	check_interfaces run-in-netns ns
	run rin ns cat /sys/class/net/in0/address
	assert_success
}

@test "the namespace can be given by path and by process" {
	check_interfaces run-in-netns /run/netns/ns
	start run-in-netns ns sleep 60
	until_true 5 left net
	check_interfaces run-in-netns "pid:$PID"
}

@test "the cgroup tree of this machine is kept, with all mounts on it" {
	[[ -d /sys/fs/cgroup && -n $(ls /sys/fs/cgroup) ]] || skip "no cgroup tree"
	check_same run-in-netns ns
	run rin ns ls /sys/fs/cgroup
	assert_output "$(ls /sys/fs/cgroup)"
	assert_success
}

@test "ip netns exec loses the cgroup tree, which systemd-nspawn needs" {
	[[ -n $(ls /sys/fs/cgroup) ]] || skip "no cgroup tree"
	run in_world ip netns exec ns ls -A /sys/fs/cgroup
	assert_success
	assert_output ""
	command -v systemd-nspawn >/dev/null || skip "no systemd-nspawn"
	mkdir -p "$BATS_TEST_TMPDIR"/root/{usr,etc}
	touch "$BATS_TEST_TMPDIR/root/etc/os-release"
	for d in bin lib lib64; do ln -s "usr/$d" "$BATS_TEST_TMPDIR/root/$d"; done
	nspawn=(systemd-nspawn -q --register=no --keep-unit --bind-ro=/usr
		-D "$BATS_TEST_TMPDIR/root" /usr/bin/true)
	run ! in_world ip netns exec ns "${nspawn[@]}"
	assert_output --partial "cgroup"
	run rin ns "${nspawn[@]}"
	assert_success
	refute_output --partial "cgroup"
}

pure_v2() {
	umount -R /sys/fs/cgroup &&
		mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 /sys/fs/cgroup
}

@test "a pure cgroup v2 is kept" {
	in_world pure_v2 || skip "no cgroup v2 here"
	check_same run-in-netns ns
	run rin ns stat -f -c %T /sys/fs/cgroup
	assert_output cgroup2fs
}

odd_mounts() {
	mount -t tmpfs -o ro,nosuid,noexec,noatime debug /sys/kernel/debug
	mount -t tmpfs -o nodev security /sys/kernel/security
	mount -o remount,rw,bind /sys/kernel/debug
	mkdir -p '/sys/kernel/security/a b\c' /sys/kernel/security/d
	mount -t tmpfs 'odd name' '/sys/kernel/security/a b\c'
	mkdir '/sys/kernel/security/a b\c/deep'
	mount -t tmpfs -o ro deep '/sys/kernel/security/a b\c/deep'
	mount --bind '/sys/kernel/security/a b\c' /sys/fs/pstore ||
		mount --bind '/sys/kernel/security/a b\c' /sys/kernel/tracing
}

@test "nested mounts, odd names and flags are kept" {
	in_world odd_mounts
	check_same run-in-netns ns
}

@test "of stacked mounts only the topmost is visible, as before" {
	stacked() {
		mount -t tmpfs lower /sys/kernel/debug
		mkdir /sys/kernel/debug/below
		mount -t tmpfs below /sys/kernel/debug/below
		mount -t tmpfs -o ro upper /sys/kernel/debug
		mount -t sysfs second /sys
		mount -t tmpfs shown /sys/kernel/security
	}
	in_world stacked
	check_interfaces run-in-netns ns
	run rin ns stat -fc %T /sys/kernel/security /sys/kernel/debug /sys/fs/cgroup
	assert_output $'tmpfs\nsysfs\nsysfs'
}

@test "a hidden mount stays hidden" {
	hidden() {
		mkdir -p /sys/fs/cgroup
		mount -t tmpfs low /sys/kernel/debug
		mkdir /sys/kernel/debug/x
		mount -t tmpfs hidden /sys/kernel/debug/x
		touch /sys/kernel/debug/x/secret
		mount -t tmpfs cover /sys/kernel/debug
	}
	in_world hidden
	run rin ns ls /sys/kernel/debug
	assert_success
	assert_output ""
}

@test "bind mounts of the old sysfs are dropped, but mounts on them are kept" {
	pieces() {
		mount --bind /sys/class /sys/class
		mount --bind /sys/kernel /sys/kernel
		mount -t tmpfs kept /sys/kernel/debug
	}
	in_world pieces
	check_interfaces run-in-netns ns
	check_interfaces faulty statx:error=ENOSYS -- ns
	run rin ns stat -fc %T /sys/kernel/debug /sys/class
	assert_output $'tmpfs\nsysfs'
	run in_world faulty statx:error=ENOSYS -- ns \
		stat -fc %T /sys/kernel/debug /sys/class
	assert_output $'tmpfs\nsysfs'
}

@test "a read-only /sys stays read-only, and keeps its other flags" {
	in_world mount -o remount,bind,ro,nosuid,noexec,nodev,noatime /sys
	run rin ns findmnt -rno OPTIONS /sys
	assert_line --index -1 ro,nosuid,nodev,noexec,noatime
	run rin ns touch /sys/x
	assert_output --partial "Read-only file system"
	in_world mount -o remount,bind,rw,suid,nodev,exec,strictatime /sys
	run rin ns findmnt -rno OPTIONS /sys
	assert_line --index -1 "$(in_world findmnt -rno OPTIONS /sys)"
	assert_line --index -1 rw,nodev
}

@test "a plain directory /sys gets a sysfs too" {
	in_world umount -R -l /sys
	check_interfaces run-in-netns ns
}

# bats test_tags=long
@test "thousands of mounts below /sys are kept" {
	many() {
		mount -t tmpfs many /sys/kernel/debug
		mkdir /sys/kernel/debug/d
		mount -t tmpfs one /sys/kernel/debug/d
		# Doubling: a recursive bind of all existing mounts.
		for ((i = 0; i < 10; i++)); do
			mkdir "/sys/kernel/debug/$i"
			mount --rbind /sys/kernel/debug/d "/sys/kernel/debug/$i"
			mkdir "/sys/kernel/debug/d/$i"
			mount --rbind "/sys/kernel/debug/$i" "/sys/kernel/debug/d/$i"
		done
	}
	in_world many
	[ "$(in_world sys_mounts | wc -l)" -gt 2000 ]
	check_same run-in-netns ns
	check_same faulty statx:error=ENOSYS -- ns
}

@test "it works on kernels that lack or refuse the new mount calls" {
	in_world odd_mounts
	for how in fsopen:error=ENOSYS fsopen:error=EPERM move_mount:error=ENOSYS \
		"fsopen:error=ENOSYS move_mount:error=ENOSYS" \
		move_mount:error=EINVAL:when=2 statx:error=ENOSYS \
		"fsopen:error=ENOSYS move_mount:error=ENOSYS statx:error=ENOSYS" \
		fsmount:error=ENOSYS fsconfig:error=ENOSYS; do
		# shellcheck disable=SC2086 # words
		check_same faulty $how -- ns
		# shellcheck disable=SC2086 # words
		check_interfaces faulty $how -- ns
	done
}

@test "without the new mount calls a read-only /sys stays read-only" {
	in_world mount -o remount,bind,ro,nosuid,noexec,nodev /sys
	run in_world faulty fsopen:error=ENOSYS move_mount:error=ENOSYS -- ns \
		findmnt -rno OPTIONS /sys
	assert_line --index -1 ro,nosuid,nodev,noexec,relatime
}

@test "the caller's mounts stay unchanged" {
	in_world mount --make-rshared /
	before=$(in_world cat /proc/self/mountinfo)
	rin ns true
	rin ns sh -c 'mount -t tmpfs x /mnt && umount /sys/fs/cgroup' || :
	run -127 rin ns /no/such
	in_world faulty move_mount:error=ENOMEM:when=2 -- ns true || :
	[ "$(in_world cat /proc/self/mountinfo)" = "$before" ]
}

@test "after a kill at any call the caller's mounts are unchanged" {
	in_world mount --make-rshared /
	before=$(in_world cat /proc/self/mountinfo)
	for call in setns unshare mount fsopen fsconfig fsmount statx move_mount \
		move_mount:when=2 getcwd execve:when=2; do
		run ! in_world faulty "${call/:/:signal=KILL:}$(
			[[ $call == *:* ]] || echo :signal=KILL)" -- ns true
		[ "$(in_world cat /proc/self/mountinfo)" = "$before" ]
	done
}

@test "later mounts of the host appear inside" {
	in_world mount --make-rshared /
	in_world mkdir /run/later
	start run-in-netns ns sleep 60
	until_true 5 left net
	in_world mount -t tmpfs later /run/later
	in_world touch /run/later/x
	until_true 5 test -e "/proc/$PID/root/run/later/x"
}

@test "--unlink removes the name, and the namespace dies with the command" {
	in_world ip link set out1 netns ns
	run rin --unlink ns sh -c 'ls -A /run/netns; ls /sys/class/net'
	assert_success
	assert_output $'in0\nin1\nlo\nout1'
	run in_world ls -A /run/netns
	assert_output ""
	# A veth end dies with its namespace, and takes the other with it.
	until_true 10 in_world sh -c '! ip link show out0 2>/dev/null'
}

@test "--unlink removes the name from copies of the mounts, too" {
	in_world mount --make-rprivate /
	start unshare -m sleep 60
	until_true 5 left mnt
	grep -q /run/netns/ns "/proc/$PID/mountinfo"
	in_world ip link set out1 netns ns
	rin --unlink ns true
	until_true 10 in_world sh -c '! ip link show out0 2>/dev/null'
}

@test "--unlink keeps the working directory of the command" {
	cd "$BATS_TEST_TMPDIR"
	run rin -u ns sh -c 'pwd; readlink /proc/self/cwd; ip -br link show in0'
	assert_success
	assert_line --index 0 "$BATS_TEST_TMPDIR"
	assert_line --index 1 "$BATS_TEST_TMPDIR"
	refute [ -e "/run/netns/ns" ]
}

@test "options may be anywhere before the command" {
	rin ns --unlink true
	run -0 in_world ip netns list
	assert_output ''
}

@test "--unlink keeps the name if a step before fails" {
	run -125 in_world faulty move_mount:error=ENOMEM:when=2 -- --unlink ns true
	run -125 in_world faulty setns:error=EPERM:when=2 -- --unlink ns true
	run -125 in_world faulty umount2:error=EBUSY -- --unlink ns true
	run in_world ip netns list
	assert_output ns
	rin ns true
}

@test "--unlink takes a name only" {
	run -125 rin --unlink /run/netns/ns true
	assert_output "run-in-netns: --unlink needs a name under /run/netns, not /run/netns/ns"
	run -125 rin --unlink "pid:$WORLD_PID" true
	run in_world ip netns list
	assert_output ns
}

@test "files of /etc/netns/NAME are mounted over those in /etc" {
	overlay_etc() {
		mount -t tmpfs etc /mnt
		cp /etc/passwd /etc/group /etc/nsswitch.conf /mnt
		mkdir -p /mnt/netns/ns /mnt/netns/other /mnt/dir
		mount --move /mnt /etc
		echo 'nameserver 192.0.2.1' >/etc/resolv.conf
		echo 'nameserver 192.0.2.2' >/etc/netns/ns/resolv.conf
		mkdir /etc/netns/ns/dir
		touch /etc/netns/ns/dir/file
	}
	in_world overlay_etc
	run rin ns cat /etc/resolv.conf
	assert_success
	assert_output "nameserver 192.0.2.2"
	run rin ns ls /etc/dir
	assert_output file
	run in_world cat /etc/resolv.conf
	assert_output "nameserver 192.0.2.1"
	# As with ip, only a name selects files in /etc/netns.
	run rin /run/netns/ns cat /etc/resolv.conf
	assert_output "nameserver 192.0.2.1"
	# A file that is missing in /etc only warns.
	in_world touch /etc/netns/ns/absent
	run rin ns cat /etc/resolv.conf
	assert_success
	assert_line "nameserver 192.0.2.2"
	assert_line "run-in-netns: bind /etc/netns/ns/absent over /etc/absent: No such file or directory"
}

@test "it executes the command without a fork, so its exit status is the command's" {
	run -7 rin ns sh -c 'exit 7'
	run -137 rin ns sh -c 'kill -KILL $$'
	run in_world sh -c 'echo $$; exec run-in-netns ns sh -c "echo \$\$"'
	assert_success
	assert_equal "${lines[0]}" "${lines[1]}"
}

@test "the exit status is 125 for its own failures, 126 and 127 for those to run the command" {
	run -127 rin ns /no/such
	assert_output "run-in-netns: exec /no/such: No such file or directory"
	run -126 rin ns /etc/passwd
	assert_output "run-in-netns: exec /etc/passwd: Permission denied"
	run -125 rin none true
	assert_output "run-in-netns: open network namespace none: No such file or directory"
	for words in "" ns "ns --" "-- ns" "ns --unlink"; do
		# shellcheck disable=SC2086
		run -125 rin $words
		assert_output "run-in-netns: missing argument; see --help"
	done
	run -125 rin --nonsense ns true
	assert_output "run-in-netns: unknown option: --nonsense; see --help"
	run -125 rin --unlink=x ns true
	assert_output "run-in-netns: --unlink takes no argument"
}

@test "options after the command belong to it, and -- ends ours" {
	run rin ns echo --unlink -u --help
	assert_output -- "--unlink -u --help"
	run rin -- ns -- echo -- x
	assert_output -- "-- x"
	run -127 rin ns -- --unlink
	assert_output "run-in-netns: exec --unlink: No such file or directory"
	in_world touch /run/netns/-odd
	in_world mount --bind /run/netns/ns /run/netns/-odd
	run rin -- -odd true
	assert_success
}

@test "invalid names are refused" {
	for name in "" . .. ../x a/../../etc/passwd pid: pid:0 pid:-1 pid:x \
		"pid:1 " pid:99999999999 $'a\nb' "$(printf '%0300d' 1)"; do
		run -125 rin "$name" true
		assert_equal "${#lines[@]}" 1
	done
}

@test "a file that is not a network namespace is refused" {
	touch "$BATS_TEST_TMPDIR/file"
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	for file in "$BATS_TEST_TMPDIR/file" "$BATS_TEST_TMPDIR/fifo" \
		/proc/self/ns/mnt /proc/self/ns/user /dev/null /; do
		run -125 timeout 5 nsenter -t "$WORLD_PID" -m -n -- \
			run-in-netns "$file" true
		assert_output --partial "open network namespace $file: "
	done
}

@test "environment and open descriptors are passed on, and none of ours leak" {
	list='for f in /proc/$$/fd/*; do echo "${f##*/} $(readlink "$f")"; done'
	exec 7<"$TOP/GNUmakefile"
	in_world env -i A=1 PATH="$PATH" sh -c "env; $list" >"$BATS_TEST_TMPDIR/1" 3>&- 4>&-
	in_world env -i A=1 PATH="$PATH" run-in-netns --unlink ns \
		sh -c "env; $list" >"$BATS_TEST_TMPDIR/2" 3>&- 4>&-
	sed -i 's/tmp.*[12]$//; s/pipe:.*//' "$BATS_TEST_TMPDIR"/[12]
	grep -q "^7 $TOP/GNUmakefile$" "$BATS_TEST_TMPDIR/2"
	diff "$BATS_TEST_TMPDIR/1" "$BATS_TEST_TMPDIR/2"
	exec 7<&-
}

@test "it works with the standard descriptors closed" {
	run in_world sh -c 'run-in-netns ns ls /sys/class/net >"$1" 0<&- 2>&-' \
		sh "$BATS_TEST_TMPDIR/out"
	assert_success
	assert_equal "$(cat "$BATS_TEST_TMPDIR/out")" $'in0\nin1\nlo'
}

@test "a working directory below /sys moves to the new /sys" {
	in_world mount -t sysfs of-the-world /sys
	run in_world sh -c 'cd /sys/class/net && run-in-netns ns ls'
	assert_output $'in0\nin1\nlo'
	run in_world sh -c 'cd /sys/class/net/out0/ && exec run-in-netns ns pwd -P'
	assert_success
	assert_line /sys
	refute_line --partial /out0/
}

@test "in the user namespace that owns the network namespace, /sys is replaced" {
	unshare -U true || skip "no user namespaces"
	run in_world unshare -Urnm sh -c 'ip link add u0 type veth peer name u1 &&
		run-in-netns pid:$$ sh -c "ls /sys/class/net; ls /sys/fs/cgroup | wc -l"'
	assert_success
	assert_output "lo
u0
u1
$(ls /sys/fs/cgroup | wc -l)"
}

@test "it enters a network namespace that a child user namespace owns" {
	unshare -U true || skip "no user namespaces"
	start unshare -Urn sleep 60
	until_true 5 left net
	run rin "pid:$PID" ls /sys/class/net
	assert_output lo
}

@test "in a user namespace that does not own it, /sys stays, with a warning" {
	unshare -U true || skip "no user namespaces"
	run in_world unshare -Ur run-in-netns "pid:$WORLD_PID" ls /sys/fs/cgroup
	if ((status == 125)); then	# the namespace cannot even be opened
		run in_world unshare -Urm sh -c 'run-in-netns pid:$$ ls /sys/fs/cgroup'
	fi
	assert_success
	assert_line --index 0 "run-in-netns: /sys unchanged: mount sysfs: Operation not permitted"
	assert_line "$(ls /sys/fs/cgroup | head -n 1)"
}

@test "a missing capability is named" {
	run -125 in_world setpriv --bounding-set -sys_admin --inh-caps -all \
		run-in-netns ns true
	assert_output --partial "needs the capability cap_sys_admin"
	run -125 in_world setpriv --bounding-set -sys_chroot --inh-caps -all \
		run-in-netns --unlink ns true
	assert_output --partial "needs the capability cap_sys_chroot"
	in_world setpriv --bounding-set -all,+sys_admin --inh-caps -all \
		run-in-netns ns true
}

@test "inheritable and ambient capabilities do not reach the command" {
	run in_world setpriv --inh-caps +net_raw --ambient-caps +net_raw \
		run-in-netns ns grep -E 'CapInh|CapAmb' /proc/self/status
	assert_output $'CapInh:\t0000000000000000\nCapAmb:\t0000000000000000'
}

@test "a namespace can be mounted at any path" {
	elsewhere() {
		mkdir /run/other && mount -t tmpfs o /run/other &&
			touch '/run/other/a name' &&
			mount --bind /run/netns/ns '/run/other/a name'
	}
	in_world elsewhere
	check_interfaces run-in-netns '/run/other/a name'
}

@test "help and version go to standard output" {
	run -0 --separate-stderr run-in-netns --help
	assert_line --index 0 "usage: run-in-netns [--unlink] NETNS [--] COMMAND [ARGUMENT]..."
	[ -z "$stderr" ]
	assert_equal "$(run-in-netns -h)" "$output"
	assert_equal "$(run-in-netns ns --help)" "$output"
	run -0 --separate-stderr run-in-netns --version
	[[ $output =~ ^[0-9]+\.[0-9]+ ]]
}
