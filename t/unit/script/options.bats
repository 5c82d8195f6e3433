#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The command line of nixos-container.  None of these containers exists: the
# message about that shows that the command line was read.
load ../../lib/env

setup() {
	export NIXOS_CONTAINER_CONF_DIR=$BATS_TEST_TMPDIR/conf
	mkdir "$NIXOS_CONTAINER_CONF_DIR"
}

# understood STATUS ARGUMENT... - all but the existence of the container is right
understood() {
	local shell
	for shell in '' 'dash ' 'busybox sh '; do
		# shellcheck disable=SC2086 # a shell and its applet
		run "-$1" ${shell}"$BUILD/bin/nixos-container" "${@:2}"
		assert_output --regexp '^nixos-container: none: no such container '
	done
}

@test "options stand anywhere before the command, short ones joined" {
	understood 1 logs -rn 1 --unit none
	understood 1 logs none -fn20 --since=-1h -Unow
	understood 1 update -qj 2 none
	understood 1 -q update none --config ''
	understood 125 run -te A=b none true
	understood 125 run none -Tu root -- id
	understood 125 run -- none id -u
	understood 125 run none -d / ls --no-such -u
}

@test "an empty argument is not a missing option" {
	run -125 nixos-container run --user= none id
	assert_output --partial '--user: empty argument'
	run -2 nixos-container -H '' list
	assert_output --partial '-H: empty argument'
	run -2 nixos-container update none --system-path "$(true)"
	assert_output --partial '--system-path: empty argument'
	run -2 nixos-container create none --bridge=
	assert_output --partial '--bridge: empty argument'
}

@test "an option whose meaning depends on the verb comes after it" {
	run -2 nixos-container -e logs none
	assert_output --partial '-e: depends on the verb, which must come first'
	understood 1 --unit logs none
}

@test "an option is one name" {
	run -2 nixos-container update --option:--argstr x y none
	assert_output --partial 'unknown option: --option:--argstr'
}

@test "options that exclude each other are refused" {
	run -2 nixos-container list --json --long
	assert_output --partial 'excludes'
	run -2 nixos-container update --restart --no-apply none
	assert_output --partial '--restart is given, too'
	run -2 nixos-container rename none none
	assert_output --partial 'the new name is the old one'
}
