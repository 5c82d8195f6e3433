# SPDX-License-Identifier: MIT
# machine.bash - one virtual machine with the suite serves the tests of a file
load ../lib/env

setup_file() {
	((EUID == 0)) || skip "needs root"
	export tree=$BATS_FILE_TMPDIR/tree stage=$BATS_FILE_TMPDIR/stage
	export vm=vm-$$
	# A copy, as the source tree may change during the tests.
	mkdir "$tree"
	(cd "$TOP" && cp -a GNUmakefile bin lib share t "$tree")
	env -u MAKEFLAGS -u MAKELEVEL make -s -C "$TOP" install \
		DESTDIR="$stage" PREFIX=/usr/local >&2
	"$TOP/t/lib/vm" boot --bind-ro "$tree:/src" \
		--bind-ro "$stage/usr/local:/usr/local" "$vm" >&2
}

teardown_file() {
	[[ ! -d /run/nixos-container-test-vm/${vm-none} ]] ||
		"$TOP/t/lib/vm" stop "$vm"
}

vm() { "$TOP/t/lib/vm" "$@"; }
in_vm() { vm exec "$vm" -- "$@"; }

# suite file regex - run matching tests of a file in the machine; none may be skipped,
# but for what its kernel is too old for (needs_kernel)
suite() {
	run in_vm env BUILD=/usr/local bats --formatter tap -f "$2" "/src/t/$1"
	assert_success
	assert_line --regexp '^1\.\.[1-9]'
	assert_equal "$(grep '^ok .* # skip' <<<"$output" | grep -v '# skip needs Linux ')" ''
}
