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
	understood 125 run -it none sh
	understood 125 run -itw /tmp -u 1000 none sh
	understood 125 run none --workdir=/tmp -i sh -it
}

# logs_as ARGUMENT... - print what journalctl is called with
logs_as() {
	: >"$NIXOS_CONTAINER_CONF_DIR/one.conf"
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\nshift\necho "$*"\n' >"$BATS_TEST_TMPDIR/bin/journalctl"
	printf '#!/bin/sh\necho "$@"\n' >"$BATS_TEST_TMPDIR/bin/ssh"
	chmod +x "$BATS_TEST_TMPDIR/bin"/*
	for shell in '' 'dash ' 'busybox sh '; do
		# shellcheck disable=SC2086 # a shell and its applet
		PATH=$BATS_TEST_TMPDIR/bin:$PATH \
			run -0 --separate-stderr ${shell}"$BUILD/bin/nixos-container" logs "$@"
		output=$(sed 's/ --since=@[0-9.]*$//' <<<"$output")	# the container's age
	done
}

@test "the argument of logs --boot need not be there" {
	logs_as one -b
	assert_equal "$output" '--boot'
	logs_as -b -1 one
	assert_equal "$output" '--boot=-1'
	logs_as one -b-2 -n20
	assert_equal "$output" '--boot=-2 --lines=20'
	logs_as -kbf one --grep x
	assert_equal "$output" '--dmesg --boot --grep=x --follow'
	assert_equal "$stderr" "nixos-container: one: its kernel is the host's: journalctl -k"
	logs_as --boot=all --tail 5 one
	assert_equal "$output" '--boot=all --lines=5'
	logs_as -H far -b -1 -b one
	assert_output "-- far nixos-container logs '--boot=-1' '--boot' --  'one'"
	run -2 nixos-container logs one --boot=
	assert_output --partial '--boot: empty argument'
}

@test "logs by sudo has a pager that starts no shell" {
	local by
	: >"$NIXOS_CONTAINER_CONF_DIR/one.conf"
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '%s\n' '#!/bin/sh' 'echo "${SYSTEMD_PAGERSECURE-}:${SYSTEMD_PAGER-unset}:${PAGER-unset}"' \
		>"$BATS_TEST_TMPDIR/bin/journalctl"
	chmod +x "$BATS_TEST_TMPDIR/bin/journalctl"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
	unset SYSTEMD_PAGER SYSTEMD_PAGERSECURE SUDO_UID DOAS_USER PKEXEC_UID
	for by in SUDO_UID=1000 DOAS_USER=op PKEXEC_UID=1000; do
		run -0 env "$by" PAGER=id nixos-container logs one
		assert_output '1:unset:unset'
		run -0 env "$by" SYSTEMD_PAGER=id nixos-container logs one
		assert_output '1:unset:unset'
		# None at all, and what root lets through.
		run -0 env "$by" PAGER=cat nixos-container logs one
		assert_output ':unset:cat'
		run -0 env "$by" SYSTEMD_PAGERSECURE=0 PAGER=id nixos-container logs one
		assert_output '0:unset:id'
	done
	PAGER=id run -0 nixos-container logs one
	assert_output ':unset:id'
}

@test "a word of another program is answered with what to use" {
	local line word
	while IFS='|' read -r word line; do
		for each in $word; do
			run -2 nixos-container "$each" one
			assert_output "nixos-container: unknown verb: $each; ${line:+$line }see nixos-container --help"
		done
	done <<-'END'
		ls ps|did you mean list?
		rm delete remove|did you mean destroy?
		exec execute|did you mean run?
		attach|did you mean login or root-login?
		console|did you mean login?
		enter|did you mean root-login?
		info inspect|did you mean show?
		config|did you mean get or set?
		kill|did you mean terminate?
		poweroff shutdown halt|did you mean stop?
		reboot|did you mean restart?
		cp push file|did you mean copy-to or copy-from?
		copy|did you mean clone?
		mv move|did you mean rename?
		init|did you mean create --no-start?
		top stats|instead: systemd-cgtop machine.slice;
		pause freeze|instead: systemctl freeze container@NAME, and thaw it before a kill;
		unpause unfreeze resume thaw|instead: systemctl thaw container@NAME;
		events monitor|instead: journalctl -f -u 'container@*';
		enable disable|instead: nixos-container set NAME AUTO_START=1, or 0;
		port|instead: HOST_PORT in nixos-container.conf(5);
		bind mount volume|instead: BIND in nixos-container.conf(5);
		pull|to copy out of a container: copy-from; there are no images to pull: create builds a system, or takes a tree (--rootfs);
		save|instead: nixos-container export NAME FILE;
		load|instead: nixos-container import FILE;
		checkpoint|did you mean snapshot?
		profile project pod|did you mean apply?
		secret|instead: CREDENTIALS in nixos-container.conf(5);
		prune system|instead: destroy, snapshot --delete and nix-collect-garbage;
		admin machine|nothing needs to be set up before create;
		images image build commit publish|there are no images: create builds a system, or takes a tree (--rootfs);
		creat|did you mean create?
		no-such-word|
	END
	# Words that mean something else here
	: >"$NIXOS_CONTAINER_CONF_DIR/one.conf"
	run -125 nixos-container shell --config x --config-file y one
	assert_line --index 0 'nixos-container: one: runs as a command; for a shell in that container: nixos-container root-login one'
	run -2 nixos-container launch images:debian/12 web
	assert_output --partial 'unexpected argument: web; to make a container: nixos-container create NAME;'
	run -125 nixos-container run -it debian bash
	assert_output --partial 'debian: no such container'
	assert_output --partial 'a throw-away one: nixos-container shell'
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
