#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load ../../lib/env
load ../../lib/world

setup() {
	make_world
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	[[ -z ${watcher-} ]] || kill "$watcher" 2>/dev/null || :
	drop_world
}

tables() { in_world nft "$@"; }

# sysctl_net KEY VALUE - of the world
sysctl_net() { in_world sh -c 'echo "$2" >"/proc/sys/net/$1"' sh "$@"; }

# watch ARGUMENT... - start ctr-watch with a command that counts its calls in
# the file calls; it listens when this returns
watch() {
	echo 'echo call >>calls' >count
	: >calls
	world_exec ctr-watch --now "$@" sh "$PWD/count" 3>&- &
	watcher=$!
	until_true 10 called 1
}

# called N - the command has been called N times
called() { [[ $(wc -l <calls) == "$1" ]]; }

@test "a table that is deleted calls the command, others do not" {
	tables add table inet mine
	watch --table inet:mine --table ip:also
	tables add table inet others
	tables delete table inet others
	tables add table ip mine
	tables delete table ip mine
	tables add set inet mine s '{ type mark; }'
	tables flush table inet mine
	tables delete table inet mine
	until_true 10 called 2
	tables add table ip also
	tables flush ruleset
	until_true 10 called 3
	tables flush ruleset
	kill "$watcher"
	wait "$watcher" || status=$?
	assert_equal "${status-0}" 143
	called 3
}

@test "a transaction that deletes and makes the table anew counts" {
	tables add table inet mine
	watch -t inet:mine
	printf '%s\n' 'flush ruleset' 'table inet mine {}' | tables -f -
	until_true 10 called 2
}

@test "forwarding that is turned off calls the command, that of one link does not" {
	for key in ipv4/ip_forward ipv6/conf/all/forwarding; do sysctl_net $key 1; done
	watch --forwarding
	sysctl_net ipv4/conf/lo/forwarding 0
	sysctl_net ipv6/conf/lo/forwarding 0
	sysctl_net ipv4/ip_forward 0
	until_true 10 called 2
	sysctl_net ipv4/ip_forward 1
	sysctl_net ipv6/conf/all/forwarding 0
	until_true 10 called 3
}

@test "changes during a call cause one more" {
	tables add table inet mine
	mkfifo go
	echo 'echo call >>calls; cat go >/dev/null' >slow
	: >calls
	world_exec ctr-watch -t inet:mine sh "$PWD/slow" 3>&- &
	watcher=$!
	delete() { tables add table inet mine; tables delete table inet mine; }
	deleted() { delete; called 1; }
	until_true 10 deleted
	for i in 1 2 3; do delete; done
	: >go
	until_true 10 called 2
	: >go
	# Had one more been due, it would come before this.
	delete
	until_true 10 called 3
	: >go
}

# bats test_tags=long
@test "a flood of messages is a change" {
	tables add table inet mine
	mkfifo go
	echo 'echo call >>calls; cat go >/dev/null' >slow
	: >calls
	world_exec ctr-watch --now -t inet:mine sh "$PWD/slow" 3>&- &
	watcher=$!
	until_true 10 called 1
	tables add set inet mine s '{ type ipv4_addr; }'
	for i in {1..6}; do
		{
			echo 'flush set inet mine s'
			printf 'add element inet mine s { 10.0.%d.%d }\n' \
				$(for ((n = 0; n < 4000; n++)); do echo $((n / 250)) $((n % 250)); done)
		} | tables -f -
	done
	: >go
	until_true 10 called 2
	: >go
}

@test "a command that fails ends it, with the same status" {
	run -7 in_world ctr-watch --now -t inet:mine sh -c 'exit 7'
	assert_output 'ctr-watch: sh: status 7'
	run -137 in_world ctr-watch --now -f -- sh -c 'kill -9 $$'
	assert_output 'ctr-watch: sh: ended by signal 9'
	run -127 in_world ctr-watch --now -f /no/such
	run -126 in_world ctr-watch --now -f /etc/passwd
}

@test "wrong usage is said in a line" {
	for bad in '' inet inet: :x INET:x 'inet6:x'; do
		run -125 ctr-watch --table "$bad" true
		assert_output "ctr-watch: --table: expected FAMILY:NAME, such as inet:filter: $bad"
	done
	run -125 ctr-watch true
	assert_output 'ctr-watch: nothing to watch: expected --table or --forwarding'
	run -125 ctr-watch -f
	run -125 ctr-watch -t a:b -t inet:1 -t inet:2 -t inet:3 -t inet:4 -t inet:5 -t inet:6 -t inet:7 -t inet:8 -t inet:9 true
	run -0 ctr-watch --help
}

@test "it needs the right to administrate the network" {
	run -125 in_world setpriv --bounding-set=-net_admin --inh-caps=-net_admin ctr-watch --now -t inet:x true
	assert_output 'ctr-watch: listen to nftables: Operation not permitted'
}
