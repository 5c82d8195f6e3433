#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Several containers in one command, and what helps automation: create --if-missing
# and update --check.
load container

# several - make three containers of one system, and set names
several() {
	cd "$BATS_TEST_TMPDIR"
	names=("$name-1" "$name-2" "$name-3")
	local n system
	for n in "${names[@]}"; do also "$n"; done
	nixos-container create "${names[0]}" --no-start --config 'environment.etc."motto".text = "one";'
	system=$(ctr-gcroot path "${names[0]}")
	for n in "${names[@]:1}"; do nixos-container create "$n" --no-start --system-path "$system"; done
}

# states - those of the three
states() { for n in "${names[@]}"; do nixos-container status "$n"; done | tr '\n' ' '; }

# bats test_tags=suites
@test "start, restart, reload, stop, terminate and destroy work on several" {
	several
	nixos-container start "${names[@]}"
	assert_equal "$(states)" 'up up up '
	for n in "${names[@]}"; do ping -c 1 -W 2 "$(nixos-container show-ip "$n")"; done
	name=${names[2]}
	before=$(boots)
	run -0 nixos-container reload "${names[@]}"
	run -0 boots
	assert_output "$before"
	nixos-container restart --jobs 2 "${names[@]}"
	booted_after "$before"
	assert_equal "$(states)" 'up up up '
	nixos-container stop "${names[@]:0:2}"
	assert_equal "$(states)" 'down down up '
	# Each is told of by its name.
	run -1 nixos-container reload "${names[@]}"
	assert_line "nixos-container: ${names[0]}: not running; to start it: nixos-container start ${names[0]}"
	assert_line --index -1 "nixos-container: 2 of 3 failed: ${names[0]} ${names[1]}"
	nixos-container start "${names[@]}"
	nixos-container terminate "${names[@]}"
	assert_equal "$(states)" 'down down down '
	nixos-container start "${names[1]}"
	nixos-container destroy "${names[@]}"
	for n in "${names[@]}"; do nothing_left "$n"; done
}

@test "--all starts those that are down, and stops those that run" {
	several
	nixos-container start "${names[0]}"
	name=${names[0]}
	before=$(boots)
	nixos-container start --all
	assert_equal "$(states)" 'up up up '
	run -0 boots
	assert_output "$before"
	run -0 nixos-container start --all
	assert_output 'nixos-container: nothing to do: no container to start'
	nixos-container stop "${names[1]}"
	nixos-container restart --all
	assert_equal "$(states)" 'up down up '
	booted_after "$before"
	nixos-container stop --all
	assert_equal "$(states)" 'down down down '
	run -2 nixos-container destroy --all
	assert_output --partial "${names[0]} ${names[1]} ${names[2]}; to do that: --all --yes"
	listed "${names[1]}"
	nixos-container destroy --all --yes
	for n in "${names[@]}"; do nothing_left "$n"; done
	run -0 nixos-container destroy --all --yes
}

@test "one whose settings or system are wrong keeps no other down" {
	several
	echo 'BIND=/no/such/source' >>"$confs/${names[1]}.conf"
	run -1 nixos-container start "${names[@]}"
	assert_line "nixos-container: ${names[1]}: could not start; its last messages:"
	assert_line --regexp "^nixos-container: ${names[1]}: .*/no/such/source"
	assert_line --index -1 "nixos-container: 1 of 3 failed: ${names[1]}"
	assert_equal "$(states)" 'up down up '
}

@test "update builds several at once, each with its own job" {
	several
	nixos-container start "${names[@]:0:2}"
	run -0 nixos-container update "${names[@]}" --jobs 3 \
		--config 'environment.etc."motto".text = "two";'
	for n in "${names[@]:0:2}"; do
		run -0 nixos-container run "$n" cat /etc/motto
		assert_output two
	done
	run -0 cat "$(ctr-gcroot path "${names[2]}")/etc/motto"
	assert_output two
	assert_equal "$(states)" 'up up down '
	# A wrong one fails alone.
	echo '{ no.such.option = 1; }' >"$state/${names[1]}/etc/nixos/configuration.nix"
	run -1 nixos-container update --all
	assert_line --regexp "^nixos-container: ${names[1]}: .*no.such.option"
	assert_line --index -1 "nixos-container: 1 of 3 failed: ${names[1]}"
	run ! sh -c "ls -d /run/nixos-container/*.job /run/nixos-container/*.lock"
}

# stopping NAME - does its unit stop?
stopping() { [[ $(systemctl show -p ActiveState --value "container@$1") == deactivating ]]; }

@test "a signal ends all, and leaves nothing that a command holds" {
	several
	nixos-container start "${names[@]}"
	# One that does not end for a while.
	for n in "${names[@]:0:2}"; do
		nixos-container run "$n" sh -c 'echo "trap : TERM; while :; do sleep 1; done" >/root/stay'
		kill -STOP "$(nspawn_of "$n")"
	done
	env --default-signal=INT nixos-container stop "${names[@]}" 2>err 3>&- &
	pid=$!
	for n in "${names[@]:0:2}"; do until_true 20 stopping "$n"; done
	kill -INT "$pid"
	status=0
	wait "$pid" || status=$?
	assert_equal "$status" 1
	run -0 cat err
	assert_line --partial "stopped by a signal; not done: ${names[0]} ${names[1]}"
	run ! pgrep -f "systemctl --quiet stop container@$name"
	for n in "${names[@]:0:2}"; do kill -CONT "$(nspawn_of "$n")" || :; done
	nixos-container stop "${names[@]}"
	assert_equal "$(states)" 'down down down '
	# A build
	for n in "${names[@]}"; do
		# shellcheck disable=SC2016 # for Nix
		echo '{ environment.etc.x.text = with builtins; let sum = f: foldl'\'' (a: n: a + f n) 0
			(genList (n: n) 9999); in toString (sum (n: sum (m: m))); }' \
			>"$state/$n/etc/nixos/configuration.nix"
	done
	env --default-signal=INT nixos-container update --jobs 2 "${names[@]}" 2>err 3>&- &
	pid=$!
	until_true 30 test -e "/run/nixos-container/${names[1]}.job/root/command"
	kill -TERM "$pid"
	wait "$pid" || status=$?
	assert_equal "$status" 1
	run ! sh -c "ls -d /run/nixos-container/*.job /run/nixos-container/*.lock /run/nixos-container/*.build"
	run -0 systemctl list-units --plain --no-legend 'nixos-container-*'
	refute_output --partial "$name"
}

@test "create --if-missing makes a container, or leaves it as it is" {
	cd "$BATS_TEST_TMPDIR"
	nixos-container create "$name" --if-missing --no-start --config 'environment.etc."motto".text = "one";'
	cp -a "$conf" before
	run -0 nixos-container create "$name" --if-missing --nat
	assert_output "nixos-container: $name: exists already, and is left as it is"
	cmp before "$conf"
	is_down "$name"
	run -0 nixos-container create "$name" --if-missing --dry-run
	assert_output --partial 'exists already'
	run -0 nixos-container -q create "$name" --if-missing
	assert_output ''
	run -1 nixos-container create "$name"
	run -2 nixos-container create "$name" --if-missing --ensure-unique-name
	assert_output --partial 'exclude each other'
	# Of several at once, one makes it, and the others wait for that.
	also "$name-2"
	pids=()
	for i in 1 2 3 4; do
		nixos-container create "$name-2" --if-missing --no-start 2>"err$i" 3>&- &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	assert_equal "$(grep -l 'exists already' err? | wc -l)" 3
	# A name that is taken by something else is an error all the same.
	mkdir -p "$state/$name-3"
	run -1 nixos-container create "$name-3" --if-missing
	assert_output --partial 'belongs to no container'
	rmdir "$state/$name-3"
}

# would STATUS [OPTION...] - update --check exits so, and changes nothing
would() {
	local status=$1 before
	shift
	before=$(ctr-gcroot list "$name"; cat "$conf" "$root/etc/nixos/configuration.nix"; ls "$root/etc/nixos")
	run "-$status" nixos-container update --check "$name" "$@"
	assert_equal "$(ctr-gcroot list "$name"; cat "$conf" "$root/etc/nixos/configuration.nix"; ls "$root/etc/nixos")" "$before"
	run ! sh -c "ls -d /run/nixos-container/$name.*"
}

# bats test_tags=suites
@test "update --check says whether an update would change something" {
	cd "$BATS_TEST_TMPDIR"
	create --no-start --config 'environment.etc."motto".text = "one";'
	would 0
	would 0 --config 'environment.etc."motto".text = "one";'
	would 10 --config 'environment.etc."motto".text = "two";'
	run -10 nixos-container -q update --check "$name" --config 'environment.etc."motto".text = "two";'
	refute_output --partial would
	would 10 --config 'environment.etc."motto".text = "one"; '
	sed -i 's/"one"/"three"/' "$root/etc/nixos/configuration.nix"
	would 10
	nixos-container update "$name"
	would 0
	would 1 --config 'no.such.option = 1;'
	# A file of the host's
	echo '{ environment.etc."motto".text = "four"; }' >four.nix
	would 10 --config-file four.nix
	nixos-container update "$name" --config-file four.nix
	would 0
	would 0 --config-file four.nix
	echo '{ environment.etc."motto".text = "five"; }' >four.nix
	would 10
	nixos-container update "$name"
	would 0
	would 0 --system-path "$(ctr-gcroot path "$name")" --config-file four.nix
	run -2 nixos-container update --check "$name" --restart
	assert_output --partial '--check excludes --restart'
	run -2 nixos-container update --check "$name" --rollback-on-failure
	# Several
	also "$name-2"
	nixos-container create "$name-2" --no-start
	run -0 nixos-container update --check "$name" "$name-2"
	echo '{ environment.etc."motto".text = "six"; }' >four.nix
	run -10 nixos-container update --check "$name" "$name-2"
	assert_line --partial "nixos-container: $name: would get the system"
	refute_output --partial failed
	echo '{ no.such.option = 1; }' >"$state/$name-2/etc/nixos/configuration.nix"
	run -1 nixos-container update --check "$name" "$name-2"
	assert_line --index -1 "nixos-container: 1 of 2 failed: $name-2"
}

@test "update --check builds a flake" {
	cd "$BATS_TEST_TMPDIR"
	mkdir flake
	flake_of() {
		cat >flake/flake.nix <<-END
			{ outputs = { self }: { nixosConfigurations.container.config.system.build.toplevel =
			  (import $minimal { configuration = { environment.etc."motto".text = "$1"; }; }).system; }; }
		END
	}
	flake_of one
	create --no-start --flake "$PWD/flake" --impure
	would_flake() { run "-$1" nixos-container update --check "$name" --impure; }
	would_flake 0
	flake_of two
	would_flake 10
	assert_output --partial 'would get the system'
	nixos-container update "$name" --impure
	would_flake 0
	run -10 nixos-container update --check "$name" --config ''
	assert_line --partial 'would be built from its own configuration from now on'
}
