#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Several names, and --all.  A systemctl notes its calls, and knows the units in the
# file active as active.
load ../../lib/env

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir conf bin
	export NIXOS_CONTAINER_CONF_DIR=$PWD/conf NIXOS_CONTAINER_STATE_DIR=$PWD/trees
	export NIXOS_CONTAINER_RUN_DIR=$PWD/run NIXOS_CONTAINER_LOCK_DIR=$PWD/run
	export NIX_STATE_DIR=$PWD/nix PATH=$PWD/bin:$PATH HERE=$PWD
	cat >bin/systemctl <<-'END'
		#!/bin/sh
		cd "$HERE"
		while :; do
			case ${1-} in
			-*) shift ;;
			*) break ;;
			esac
		done
		case $1 in
		list-units) cat active ;;
		is-active) grep -q "^$2 " active || exit 3 ;;
		start | stop | restart)
			printf '%s %s\n' "$1" "$2" >>calls
			! [ -e "slow-$2" ] || sleep 300
			! [ -e "fails-$2" ] ;;
		esac
	END
	printf '#!/bin/sh\nexit 1\n' >bin/journalctl
	chmod +x bin/*
	: >active
	: >calls
	touch conf/{one,two,three}.conf
}

# active NAME... - these run
active() { printf 'container@%s.service loaded active running\n' "$@" >active; }

calls() { sort calls; }

@test "each verb that takes names does all of them" {
	active one two three
	nixos-container stop one two three
	run -0 calls
	assert_output $'stop container@one.service\nstop container@three.service\nstop container@two.service'
	: >calls
	nixos-container restart --jobs 1 two one two
	run -0 cat calls
	assert_output $'restart container@two.service\nrestart container@one.service'
}

@test "a name that is wrong or of nothing is told, and nothing is done" {
	for verb in start stop restart terminate reload update show; do
		run -1 nixos-container $verb one no two none
		assert_line --index 0 --partial 'no: no such container'
		assert_line --index 1 --partial 'none: no such container'
		assert_equal "${#lines[@]}" 2
		run -2 nixos-container $verb one a/b
		assert_output --partial 'a/b: not a container name'
	done
	run -2 nixos-container destroy one a/b
	run -0 cat calls
	assert_output ''
	assert_exists conf/one.conf
}

@test "one that fails is told by name, the others go on, and the status is 1" {
	touch fails-container@two.service
	printf 'NAT=x\n' >conf/three.conf
	touch conf/four.conf
	for shell in '' 'dash ' 'busybox sh '; do
		: >calls
		# shellcheck disable=SC2086 # a shell and its applet
		run -1 ${shell}"$BUILD/bin/nixos-container" start one two three four
		assert_line 'nixos-container: two: could not start; its last messages:'
		assert_line --regexp '^nixos-container: three: .*three.conf:1: NAT: '
		assert_line --index -1 'nixos-container: 2 of 4 failed: two three'
		run -0 calls
		assert_output $'start container@four.service\nstart container@one.service\nstart container@two.service'
	done
	# A single one is as ever.
	run -1 nixos-container start two
	assert_line --index 0 'nixos-container: two: could not start; its last messages:'
	refute_line --partial 'failed:'
}

@test "--all is for those that the verb concerns" {
	touch conf/old_one.conf
	active one two
	run -0 nixos-container start --all
	assert_output --partial 'old_one: systemd starts no container with underscores'
	nixos-container restart -a
	nixos-container -a stop
	run -0 calls
	assert_output 'restart container@one.service
restart container@two.service
start container@three.service
stop container@one.service
stop container@two.service'
	: >active
	run -0 nixos-container stop --all
	assert_output 'nixos-container: nothing to do: no container to stop'
	run -0 nixos-container -q stop --all
	assert_output ''
	active old_one
	run -1 nixos-container reload --all
	assert_output --partial old_one:
}

@test "update --all leaves alone what it cannot build, and says so" {
	printf 'SYSTEM_PATH=/nix/store/x\n' >conf/one.conf
	printf 'DECLARED_IN=/etc/all.nix\n' >conf/two.conf
	mkdir -p trees/three
	run -0 nixos-container update --all
	assert_output "nixos-container: one: left alone: its system is managed by the host's configuration
nixos-container: three: left alone: it has no configuration.nix
nixos-container: two: left alone: declared in /etc/all.nix, see apply
nixos-container: nothing to do: no container to update"
	run -1 nixos-container update one two
	assert_line --regexp "one: its system is managed by the host's"
	assert_line --regexp 'two: declared in /etc/all.nix'
}

@test "destroy --all needs --yes, and leaves alone what the host declares" {
	rm conf/three.conf
	ln -s "$PWD/store" conf/three.conf
	run -2 nixos-container destroy --all
	assert_line --index -1 --partial 'deletes all data of: one two; to do that: --all --yes'
	assert_line --index 0 --partial "three: left alone: declared in the host's configuration"
	run -0 nixos-container destroy --all --dry-run
	assert_line 'would destroy the container one:'
	assert_line 'would destroy the container two:'
	refute_output --partial 'container three:'
	assert_exists conf/one.conf
	assert_exists conf/two.conf
}

# called WORD... - has systemctl been called so?
called() { grep -qxF "$*" calls; }

@test "a signal ends the work on all" {
	active one two three
	touch slow-container@{one,two,three}.service
	for signal in TERM INT HUP; do
		: >calls
		setsid env --default-signal=INT nixos-container stop --jobs 2 one two three 2>err 3>&- &
		pid=$!
		until_true 10 called stop container@one.service
		until_true 10 called stop container@two.service
		kill -s "$signal" "$pid"
		status=0
		wait "$pid" || status=$?
		assert_equal "$status" 1
		run -0 cat err
		assert_output --partial 'nixos-container: stopped by a signal; not done: one two three'
		run ! pgrep -f "$PWD/bin/systemctl"
		run ! called stop container@three.service
	done
}

@test "with --host, the other machine gets all names and options" {
	printf '#!/bin/sh\nprintf "%%s\\n" "$*"\n' >bin/ssh
	chmod +x bin/ssh
	run -0 nixos-container -H far stop one two --jobs 2 -q
	assert_output "-- far nixos-container stop '--jobs' '2' '-q' --  'one' 'two'"
	run -0 nixos-container -H far update --all --check
	assert_output "-- far nixos-container update '--all' '--check' -- "
}

@test "options go to each, whatever they hold" {
	cat >bin/ctr-each <<-'END'
		#!/bin/sh
		printf '<%s>\n' "$@"
		sed 's/^/name /'
	END
	chmod +x bin/ctr-each
	cp "$BUILD/bin/nixos-container" bin/	# the tools beside it come first
	run -0 nixos-container update one two --config "it's {} \$(id)" -I 'a=b c' --restart -q --jobs 3
	assert_output "<--label>
<nixos-container: {}: >
<--jobs>
<3>
<-->
<$PWD/bin/nixos-container>
<update>
<--config>
<it's {} \$(id)>
<-I>
<a=b c>
<--restart>
<-q>
<-->
name one
name two"
	run -0 nixos-container update one two --check
	assert_line --index 2 '<--also>'
	run -0 nixos-container stop one two
	assert_line --index 2 '<--jobs>'
	assert_line --index 3 '<8>'
}
