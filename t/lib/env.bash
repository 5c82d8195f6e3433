# SPDX-License-Identifier: MIT
# env.bash - every test file loads this
bats_require_minimum_version 1.5.0
TOP=$(cd "$BATS_TEST_DIRNAME" && while [ ! -e GNUmakefile ]; do cd ..; done; pwd)
: "${BUILD:=$TOP/build}"
export TOP BUILD PATH="$BUILD/bin:$PATH"
export LC_ALL=C.UTF-8
bats_load_library bats-support
bats_load_library bats-assert
bats_load_library bats-file

# until_true seconds command... - wait for a condition, with a deadline; a machine
# that is NIXOS_CONTAINER_TEST_SLOWNESS times as slow has so many times as long
until_true() {
	local end=$((SECONDS + $1 * ${NIXOS_CONTAINER_TEST_SLOWNESS:-1}))
	shift
	until "$@"; do
		((SECONDS < end)) || { echo "timed out: $*" >&2; return 1; }
		sleep 0.02
	done
}

# unused_name prefix - print a name that no concurrent test uses
unused_name() { printf '%s%d-%d\n' "$1" "$$" "$BATS_TEST_NUMBER"; }

# needs_kernel VERSION - skip the test on older ones
needs_kernel() {
	printf '%s\n' "$1" "$(uname -r)" | sort -CV || skip "needs Linux $1"
}
