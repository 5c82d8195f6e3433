#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The host reboots at once, in the middle of a command.
load ../../lib/env

setup() {
	host=
	env -u MAKEFLAGS -u MAKELEVEL make -s -C "$TOP" install \
		DESTDIR="$BATS_TEST_TMPDIR/stage" PREFIX=/usr/local
	host=$("$TOP/t/host" boot --disk --bind-ro "$TOP:/src" \
		--bind-ro "$BATS_TEST_TMPDIR/stage/usr/local:/usr/local")
}

teardown() { [[ -z $host ]] || "$TOP/t/host" stop "$host"; }

on_host() { "$TOP/t/host" exec "$host" -- "$@"; }

# actors COMMAND... - with a machine beside the host (t/live/actors.bash)
actors() { on_host bash -c '. /src/t/live/actors.bash && "$@"' bash "$@"; }

# boot - which boot of the host this is, once it is up
boot() { on_host sh -c 'systemctl is-system-running | grep -qE "running|degraded" && cat /proc/sys/kernel/random/boot_id' 2>/dev/null; }

rebooted() { local now; now=$(boot) && [[ $now != "$1" ]]; }

# reboots_when CONDITION COMMAND... - run the command on the host, which reboots as
# soon as the condition is true there: nothing is shut down, and no disk synced
reboots_when() {
	local before
	before=$(boot)
	# shellcheck disable=SC2016 # for the shell on the host
	on_host sh -c 'condition=$1; shift
		"$@" &
		until eval "$condition"; do kill -0 "$!" || exit; sleep 0.002; done
		systemctl reboot --force --force' sh "$@" || :
	until_true 60 rebooted "$before"
}

served() { [[ $(actors far curl -s -m 2 http://192.0.2.1:8090/) == kept ]]; }

silent() {
	local said
	said=$(on_host nixos-container verify --all 2>&1)
	[[ ! $said ]] || { echo "$said" >"$BATS_TEST_TMPDIR/said"; return 1; }
}

# nothing_of_ours - what the host has of containers that do not run
nothing_of_ours() {
	run -0 on_host sh -c 'nft list ruleset; ip -br link show type veth group 10231
		ls /run/netns /run/nixos-container; systemctl list-units --plain --no-legend "container*.service"'
	refute_output --regexp '(c-|net-)?(other|late)([. ]|$)'
}

@test "a host that reboots within create, start or stop has its containers again, and nothing half made" {
	create() { on_host nixos-container create "$@"; }
	create kept --auto-start --nat --port 8090:80 --config 'environment.etc."www/index.html".text = "kept";
		services.web.command = "exec httpd -f -p 80 -h /etc/www";'
	create other --no-start --port 8091:80 --port udp:8091:7 --nat
	late='nixos-container create late --nat --port 8092:80'
	# shellcheck disable=SC2086 # words
	while read -r condition command; do
		reboots_when "${condition//,/ }" $command
		actors lan_up
		until_true 20 served
		until_true 10 silent || { cat "$BATS_TEST_TMPDIR/said"; return 1; }
		run -0 on_host systemctl is-active container@kept.service
		nothing_of_ours
		on_host nixos-container destroy late || :
	done <<-END
		[,-e,/etc/containers/.late.pending,] $late
		[,-e,/etc/containers/late.conf,] $late
		[,-e,/run/nixos-container/late.forward,] $late
		[,-e,/run/nixos-container/other.forward,] nixos-container start other
		[,-e,/run/netns/net-other,] nixos-container start other
	END
	on_host nixos-container start other
	reboots_when '[ ! -e /run/nixos-container/other.forward ]' nixos-container stop other
	actors lan_up
	until_true 20 served
	until_true 10 silent || { cat "$BATS_TEST_TMPDIR/said"; return 1; }
	nothing_of_ours
	# What was cut off can be done again, and all of it goes.
	on_host nixos-container start other
	run -0 on_host nixos-container list
	for each in $output; do on_host nixos-container destroy "$each"; done
	create late --nat --port 8092:80
	on_host nixos-container destroy late
	run -0 on_host nft list ruleset
	assert_output ''
	run -0 on_host sh -c 'ls -A /nix/var/nix/gcroots/per-container /etc/containers /var/lib/containers /nix/var/nix/profiles/per-container'
	refute_output --regexp '(late|kept|other)'
	until_true 5 silent
}
