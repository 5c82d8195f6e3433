#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Two hosts that share trees, settings, locks and the store.
load ../../lib/env

setup_file() {
	((EUID == 0)) || skip "needs root"
	local shared=$BATS_FILE_TMPDIR/shared
	env -u MAKEFLAGS -u MAKELEVEL make -s -C "$TOP" install \
		DESTDIR="$BATS_FILE_TMPDIR/stage" PREFIX=/usr/local
	mkdir -p "$shared"/{conf,trees,nix,locks}
	one=sa$$ two=sb$$
	export one two
	for each in $one $two; do
		"$TOP/t/host" boot --bind-ro "$BATS_FILE_TMPDIR/stage/usr/local:/usr/local" \
			--bind "$shared/conf:/etc/containers" --bind "$shared/nix:/nix" \
			--bind "$shared/trees:/var/lib/containers" \
			--bind "$shared/locks:/srv/locks" "$each" >&2
		share_locks "$each"
	done
	wire
}

teardown_file() {
	for each in $one $two; do "$TOP/t/host" stop "$each" || :; done
	chattr -R -f -i "$BATS_FILE_TMPDIR/shared" || :
}

on() { "$TOP/t/host" exec "$1" env NIXOS_CONTAINER_LOCK_DIR=/srv/locks "${@:2}"; }

# share_locks HOST - the units have the locks there, too
share_locks() {
	on "$1" sh -ec 'mkdir -p /etc/systemd/system.conf.d
		printf "[Manager]\nDefaultEnvironment=%s\n" NIXOS_CONTAINER_LOCK_DIR=/srv/locks \
			>/etc/systemd/system.conf.d/nixos-container.conf
		systemctl daemon-reexec'
}

# wire - a bridge "lan" on each, and a link between them
wire() {
	local pid_one pid_two each n=0
	read -r pid_one _ <"/run/nixos-container-test/$one/leader"
	read -r pid_two _ <"/run/nixos-container-test/$two/leader"
	nsenter -t "$pid_one" -n ip link add wire type veth peer name wire netns "$pid_two"
	for each in $one $two; do
		n=$((n + 1))
		on "$each" sh -ec 'ip link add lan type bridge
			ip link set wire master lan up
			ip addr add "10.231.170.$1/24" dev lan
			ip link set lan up' sh $n
	done
}

setup() { name=$(unused_name s); made=("$name"); }

teardown() {
	local each
	for each in "${made[@]}"; do
		on "$one" nixos-container destroy "$each" ||
			on "$two" nixos-container destroy "$each" || :
	done 2>/dev/null </dev/null
}

busy="nixos-container: NAME: its tree is in use by another machine, or by a systemd-nspawn of another name"

# all_of_it - print all that a refused command could have changed
all_of_it() {
	on "$two" sh -c 'mkdir -p /run/netns /run/nixos-container
		ls -A /etc/containers /var/lib/containers /run/netns /run/nixos-container
		ls -A /nix/var/nix/gcroots/per-container/* /nix/var/nix/profiles/per-container/*
		cat /etc/containers/*; ip -o link | cut -d: -f2; ip -o -4 addr; nft list ruleset; systemctl list-units "container@*"' 2>&1
}

# refused VERB ARGUMENT... - the second host refuses it, and is as before
refused() {
	run -1 on "$two" nixos-container "$@" </dev/null
	assert_line "${busy/NAME/$name}"
	assert_equal "$(all_of_it)" "$before"
}

@test "a container that runs on one host is neither started nor changed on another" {
	on "$one" nixos-container create "$name" </dev/null
	before=$(all_of_it)
	refused destroy "$name"
	refused reset "$name"
	refused clone "$name" "$name-2"
	refused rename "$name" "$name-2"
	refused update "$name" --config ''
	refused edit "$name"
	refused rollback "$name"
	refused copy-to "$name" /etc/hostname /etc/hostname
	run -1 on "$two" nixos-container restart "$name" </dev/null
	assert_output --partial "its tree is in use by another machine"
	run -1 on "$two" nixos-container start "$name" </dev/null
	run -0 on "$two" systemctl show -p ExecMainStatus -p NRestarts --value "container@$name"
	assert_output $'0\n2'
	on "$two" nixos-container cleanup "$name"
	on "$two" systemctl reset-failed "container@$name"
	assert_equal "$(all_of_it)" "$before"
	run -0 on "$one" nixos-container run "$name" -- hostname
	assert_output "$name"

	on "$one" nixos-container stop "$name"
	run -0 on "$two" nixos-container start "$name"
	run -0 on "$two" nixos-container run "$name" -- hostname
	assert_output "$name"
	run -1 on "$one" nixos-container destroy "$name"
	assert_output "${busy/NAME/$name}"
	on "$two" nixos-container destroy "$name"
	run -0 find "$BATS_FILE_TMPDIR/shared/trees" "$BATS_FILE_TMPDIR/shared/conf" -mindepth 1
	assert_output ''
}

@test "a start elsewhere does not take the address from the host that has it" {
	local lost nth
	on "$one" nixos-container create "$name" --host-users --bridge lan \
		--local-address 10.231.170.9/24 </dev/null
	on "$two" ping -q -c 1 -W 5 10.231.170.9
	on "$two" ping -q -i 0.1 -c 40 -W 1 10.231.170.9 >"$BATS_TEST_TMPDIR/ping" 3>&- &
	for nth in 1 2 3; do
		run -1 on "$two" nixos-container start "$name" </dev/null
	done
	wait
	cat "$BATS_TEST_TMPDIR/ping"
	lost=$(grep -oE '[0-9]+% packet loss' "$BATS_TEST_TMPDIR/ping")
	assert_equal "$lost" "0% packet loss"
}

@test "the copy of EPHEMERAL=1 that runs elsewhere is in use, too, and stays" {
	on "$one" nixos-container create "$name" --no-start </dev/null
	on "$one" ctr-conf set "$name" EPHEMERAL=1
	on "$one" nixos-container start "$name"
	run -1 on "$two" nixos-container start "$name" </dev/null
	run -1 on "$two" nixos-container destroy "$name" </dev/null
	assert_output "${busy/NAME/$name}"
	on "$two" nixos-container cleanup "$name"
	run -0 on "$one" nixos-container run "$name" -- ls /etc/nixos
	assert_output configuration.nix
}

@test "a host that is gone gives the tree back" {
	on "$one" nixos-container create "$name" </dev/null
	on "$one" systemctl kill --kill-who=all --signal=KILL "container@$name"
	on "$one" systemctl stop "container@$name"
	: >"$BATS_FILE_TMPDIR/shared/trees/.#$name.lck"
	run -0 on "$two" nixos-container start "$name" </dev/null
	run -0 on "$two" nixos-container run "$name" -- hostname
	assert_output "$name"
	on "$two" nixos-container destroy "$name"
}

# create_ten HOST PREFIX - at once
create_ten() {
	# shellcheck disable=SC2016 # for that shell
	on "$1" sh -c 'for i in 0 1 2 3 4 5 6 7 8 9; do
			nixos-container create "$1-$i" --no-start --system-path "$2" & jobs="${jobs-} $!"
		done
		for job in $jobs; do wait "$job" || failed=1; done
		[ ! "${failed-}" ]' sh "$2" "$system" </dev/null
}

@test "20 containers that two hosts create at once have 20 pairs of addresses" {
	local i
	on "$one" nixos-container create "$name" --no-start </dev/null
	system=$(on "$one" ctr-gcroot path "$name")
	for i in {0..9}; do made+=("$name-a-$i" "$name-b-$i"); done
	create_ten "$one" "$name-a" 3>&- & local first=$!
	create_ten "$two" "$name-b" 3>&- & local second=$!
	wait $first
	wait $second
	run -0 sh -c 'cat "$1"/*.conf | grep _ADDRESS= | cut -d= -f2 | sort | uniq | wc -l' sh \
		"$BATS_FILE_TMPDIR/shared/conf"
	assert_output 42
}

@test "of two hosts that create one name at once, one does" {
	local nth first status_one status_two
	on "$one" nixos-container create "$name" --no-start </dev/null
	system=$(on "$one" ctr-gcroot path "$name")
	for nth in {1..5}; do
		made+=("$name-$nth")
		status_one=0 status_two=0
		on "$one" nixos-container create "$name-$nth" --no-start --system-path "$system" </dev/null 3>&- &
		first=$!
		on "$two" nixos-container create "$name-$nth" --no-start --system-path "$system" </dev/null ||
			status_two=$?
		wait $first || status_one=$?
		assert_equal $((status_one + status_two)) 1
		run -0 on "$two" nixos-container list
		assert_line "$name-$nth"
		run -0 on "$two" nixos-container generations "$name-$nth"
	done
}

@test "a start waits for the command of another host that works on the tree" {
	on "$one" nixos-container create "$name" --no-start </dev/null
	on "$one" flock "/srv/locks/$name.tree.lock" sleep 2 3>&- &
	until_true 5 sh -c '! flock -n "$1" true' sh "$BATS_FILE_TMPDIR/shared/locks/$name.tree.lock"
	local began=$SECONDS
	run -0 on "$two" nixos-container start "$name" </dev/null
	wait
	((SECONDS - began >= 1 && SECONDS - began < 20))
	# What is known of it is known on its own host alone.
	run -0 ls "$BATS_FILE_TMPDIR/shared/locks"
	refute_output --partial forward
	on "$two" nixos-container destroy "$name"
}
