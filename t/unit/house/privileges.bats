#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The privileges of each tool after its start.
load ../../lib/env
load ../../lib/world

tools='run-in-netns mkveth ctr-gcroot ctr-tree ctr-resolv ctr-console'

setup_file() {
	"${TEST_CC:-cc}" -O1 -o "$BATS_FILE_TMPDIR/faults" "$TOP/t/lib/faults.c"
}

setup() { make_world; faults=$BATS_FILE_TMPDIR/faults; held=''; }
teardown() { [[ ! $held ]] || exec {held}>&-; drop_world; }

# hold COMMAND... - stop it at its first change; pid is its process id
hold() {
	coproc { in_world "$faults" hold 1 "$@" 2>&1; }
	held=${COPROC[1]}
	read -r -t 10 pid <&"${COPROC[0]}"
	[[ -d /proc/$pid ]]
}

# status FIELD - print a field of the stopped process's status
status() { sed -n "s/^$1:[[:blank:]]*//p" "/proc/$pid/status"; }

# mask BIT... - print capabilities, given by number, as the kernel prints a set
mask() {
	local bit all=0
	for bit; do ((all |= 1 << bit)); done
	printf '%016x\n' "$all"
}

# holds_only BIT... - it has these capabilities, and none that it could pass on
holds_only() {
	assert_equal "$(status CapEff)" "$(mask "$@")"
	assert_equal "$(status CapPrm)" "$(mask "$@")"
	assert_equal "$(status CapInh)" "$(mask)"
	assert_equal "$(status CapAmb)" "$(mask)"
}

alone() {
	assert_equal "$(status NoNewPrivs)" 1
	assert_equal "$(status Umask)" 0022
}

# Options for a command as an unprivileged user.
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

CHOWN=0 DAC_OVERRIDE=1 FOWNER=3 IMMUTABLE=9 NET_ADMIN=12 SYS_ADMIN=21

@test "mkveth holds two capabilities, with any umask" {
	umask 077
	hold mkveth add foo
	holds_only $NET_ADMIN $SYS_ADMIN
	alone
}

@test "ctr-gcroot holds three capabilities, and one more to remove trees" {
	mkdir -p "$BATS_TEST_TMPDIR/nix"
	hold ctr-gcroot --state-dir "$BATS_TEST_TMPDIR/nix" init foo
	holds_only $CHOWN $DAC_OVERRIDE $FOWNER
	alone
	exec {held}>&-
	ctr-gcroot --state-dir "$BATS_TEST_TMPDIR/nix" init foo
	hold ctr-gcroot --state-dir "$BATS_TEST_TMPDIR/nix" rm foo
	holds_only $CHOWN $DAC_OVERRIDE $FOWNER $IMMUTABLE
}

@test "ctr-resolv holds two capabilities" {
	mkdir -p "$BATS_TEST_TMPDIR/root"
	echo 'nameserver 10.0.0.1' >"$BATS_TEST_TMPDIR/conf"
	hold ctr-resolv copy --source "$BATS_TEST_TMPDIR/conf" "$BATS_TEST_TMPDIR/root"
	holds_only $CHOWN $DAC_OVERRIDE
	alone
}

@test "run-in-netns holds one capability, and its command those of the caller" {
	in_world ip netns add foo
	hold run-in-netns foo true
	holds_only $SYS_ADMIN
	run -0 in_world run-in-netns foo grep -E '^(NoNewPrivs|CapAmb|CapInh)' /proc/self/status
	assert_output "$(printf 'CapInh:\t%s\nCapAmb:\t%s\nNoNewPrivs:\t0' "$(mask)" "$(mask)")"
}

# silent SOCKET - start a server that accepts and sends nothing; server is its pid
silent() {
	# -t: its own wait after the end of input would end the client.
	socat -t 30 "UNIX-LISTEN:$1,mode=666" "EXEC:sleep 30" 3>&- &
	server=$!
	until_true 5 test -S "$1"
}

@test "the client of ctr-console holds no capabilities" {
	local dir=$BATS_TEST_TMPDIR
	silent "$dir/root-shell.socket"
	ctr-console run "$dir/root-shell.socket" -- true 2>/dev/null 3>&- &
	pid=$!
	until_true 5 eval '[[ $(status NoNewPrivs) == 1 && $(status CapEff) == $(mask) ]]'
	holds_only
	kill $pid $server
}

@test "another process of the same user cannot inspect a running tool" {
	[[ $BUILD != */sanitize ]] || skip "the sanitizers trace themselves"
	local dir=/tmp/p$$-$BATS_TEST_NUMBER
	mkdir -m 755 "$dir"
	cp "$BUILD/bin/ctr-console" "$dir"
	silent "$dir/login.socket"
	"${nobody[@]}" "$dir/ctr-console" login "$dir/login.socket" 2>/dev/null 3>&- </dev/null &
	pid=$!
	# Files in /proc of a process that is not dumpable belong to root: proc(5).
	until_true 5 eval '[[ $(status NoNewPrivs) == 1 ]]'
	assert_equal "$(stat -c %u "/proc/$pid/environ")" 0
	run ! "${nobody[@]}" cat "/proc/$pid/environ"
	kill $pid $server
	rm -r "$dir"
}

@test "a set-user-ID tool refuses to run" {
	local dir=/tmp/p$$-$BATS_TEST_NUMBER
	mkdir -m 755 "$dir"
	for tool in $tools; do
		install -m 4755 "$BUILD/bin/$tool" "$dir/$tool"
		for arguments in '' --help 'add foo' 'init foo' 'run /x -- true'; do
			run "${nobody[@]}" "$dir/$tool" $arguments
			[[ $status -eq 2 || $status -eq 125 ]]
			assert_output "$tool: refuses to run set-user-ID or with capabilities of its file"
		done
	done
	rm -r "$dir"
}

@test "without privileges each tool names the missing capability" {
	local dir=/tmp/p$$-$BATS_TEST_NUMBER
	mkdir -m 755 "$dir" "$dir/bin" "$dir/root"
	cp "$BUILD/bin"/* "$dir/bin"
	run -1 in_world "${nobody[@]}" "$dir/bin/mkveth" add foo
	assert_output 'mkveth: needs the capability cap_net_admin'
	in_world ip netns add foo
	run -125 in_world "${nobody[@]}" "$dir/bin/run-in-netns" foo true
	assert_output 'run-in-netns: needs the capability cap_sys_admin'
	run -1 "${nobody[@]}" "$dir/bin/ctr-gcroot" --state-dir "$dir" init foo
	assert_output 'ctr-gcroot: needs the capability cap_chown'
	run -1 "${nobody[@]}" "$dir/bin/ctr-resolv" copy "$dir/root"
	assert_output --partial "$dir/root/etc"
	assert_output --partial 'Permission denied'
	rm -r "$dir"
}
