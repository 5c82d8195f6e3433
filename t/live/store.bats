#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# STORE=closure: a container sees the closure of its system, and no other path.
load container

# motto TEXT - a configuration that can be told apart
motto() { printf 'environment.etc."motto".text = "%s";' "$1"; }

# closed USERS [OPTION...] - a running container with STORE=closure
closed() {
	create --no-start "${@:2}"
	ctr-conf set "$name" STORE=closure PRIVATE_USERS="$1"
	nixos-container start "$name"
	view=/run/nixos-container/$name.store
}

# closure [SYSTEM] - the names of what its system needs
closure() { nix-store -qR "${1-$(ctr-gcroot path "$name")}" | sed 's,.*/,,' | sort; }

# shown - the names in its store
shown() { inside ls -A /nix/store | sort; }

# views - how many mounts its store has
views() { inside grep -c ' /nix/store ' /proc/self/mountinfo; }

# leader - its first process
leader() { machinectl show -p Leader --value "$name" 2>/dev/null; }

# both_users FUNCTION - call it with both ways to have users
both_users() {
	local users
	for users in pick no; do
		"$1" "$users"
		destroy_made
	done
}

sees_closure() {
	closed "$1" --config "$(motto one)"
	assert_equal "$(shown)" "$(closure)"
	(($(closure | wc -l) > 3))
	run -1 inside test -e "$foreign"
	assert_equal "$(inside cat /etc/motto)" one
	run ! grep -e overlay -e "$name.store" /proc/self/mountinfo
}

@test "its store has the closure of its system alone, and the host has no mount for it" {
	local foreign
	echo foreign >"$BATS_TEST_TMPDIR/foreign"
	foreign=$(nix-store --add "$BATS_TEST_TMPDIR/foreign")
	[[ -e $foreign ]]
	both_users sees_closure
}

keeps_it() {
	closed "$1" --config "$(motto one)"
	install -m 755 /usr/local/lib/nixos-container-test/attack "$root/attack"
	local path
	for path in "$(closure | head -1)" "$(closure | tail -1)"; do
		run -1 inside /attack unseal /nix/store "$path"
		assert_output ''
	done
	run ! inside touch /nix/store/new
	run ! inside mount -o remount,rw /nix/store
	run ! inside mount -o remount,rw,bind /nix/store
}

@test "its root cannot write to it, or change that" { both_users keeps_it; }

switches() {
	local before old new
	closed "$1" --config "$(motto one)"
	before=$(boots) old=$(closure)
	nixos-container update "$name" --config "$(motto two)"
	new=$(closure)
	assert_not_equal "$old" "$new"
	assert_equal "$(inside cat /etc/motto)" two
	assert_equal "$(boots)" "$before"
	assert_equal "$(shown)" "$(sort -u <<<"$old"$'\n'"$new")"
	assert_equal "$(views)" "$((started + 1))"
	# What is there is not mounted again.
	nixos-container rollback "$name"
	nixos-container reload "$name"
	assert_equal "$(inside cat /etc/motto)" one
	assert_equal "$(views)" "$((started + 1))"
	run ! grep -e overlay -e "$name.store" /proc/self/mountinfo
	nixos-container rollback "$name" 2 --restart
	assert_equal "$(shown)" "$new"
	assert_equal "$(views)" "$started"
}

@test "update and rollback show the new closure to what runs; a restart drops the old one" {
	local started=1
	both_users switches
}

# As systemd runs services of a container with namespaces of mounts.
@test "a switch reaches processes that have mounts of their own" {
	closed no --config "$(motto one)"
	nixos-container run "$name" -- unshare -m --propagation slave sh -c 'mkfifo /go; read -r x </go; cat /etc/motto' \
		>"$BATS_TEST_TMPDIR/said" 3>&- &
	until_true 10 test -p "$root/go"
	nixos-container update "$name" --config "$(motto two)"
	echo >"$root/go"
	wait
	assert_equal "$(<"$BATS_TEST_TMPDIR/said")" two
}

@test "nothing is left of it after a stop, nor after all its processes were killed" {
	closed pick
	[[ -d $view ]]
	nixos-container stop "$name"
	assert_not_exists "$view"
	nixos-container start "$name"
	systemctl kill --signal=KILL "container@$name.service"
	# Its unit removes it after it is down.
	until_true 30 test ! -e "$view"
	is_down "$name"
	# Nobody cleaned up after it.
	mkdir -p "$view/1/view/none"
	nixos-container start "$name"
	assert_equal "$(shown)" "$(closure)"
	nixos-container stop "$name"
	mkdir -p "$view/1/view/none"
	nixos-container destroy "$name"
	assert_not_exists "$view"
}

@test "a renamed container and a clone have views of their own" {
	closed pick
	nixos-container stop "$name"
	also "$name-b"
	also "$name-c"
	nixos-container rename "$name" "$name-b"
	nixos-container clone "$name-b" "$name-c"
	local n
	for n in "$name-b" "$name-c"; do
		nixos-container start "$n"
		assert_equal "$(nixos-container run "$n" -- ls -A /nix/store | sort)" \
			"$(closure "$(ctr-gcroot path "$n")")"
	done
}

@test "a switch fails if the closure cannot be shown, and says how to go on" {
	closed pick --config "$(motto one)"
	mv "$view" "$view.away"
	mkdir "$view"
	run -3 nixos-container update "$name" --config "$(motto two)"
	assert_line --partial "$name: cannot show the closure of /nix/store/"
	assert_line --partial "to restart with it: nixos-container restart $name"
	rmdir "$view"
	mv "$view.away" "$view"
	nixos-container restart "$name"
	assert_equal "$(inside cat /etc/motto)" two
}

@test "a system outside the store sees nothing of it" {
	create --no-start
	mkdir "$root/own"
	cp -L "$(ctr-gcroot path "$name")/init" "$root/own/init"
	ctr-conf set "$name" STORE=closure SYSTEM_PATH=/own
	# It lacks what this init looks for, and is never ready.
	systemctl start --no-block "container@$name.service"
	until_true 30 leader
	run -0 ls -A "/proc/$(leader)/root/nix/store"
	assert_output ''
	[[ -x /proc/$(leader)/root/own/init ]]
}

@test "systemd in a container has one mount unit for it, and stops in time" {
	closed pick --nixos-path /src/t/systems/debian -I suite=/usr/local
	run -0 inside systemctl list-units --all --type=mount --plain --no-legend 'nix-store*'
	assert_output --regexp '^nix-store.mount [^'$'\n'']*$'
	run -0 inside systemctl is-system-running --wait
	local begun=$SECONDS
	nixos-container stop "$name"
	((SECONDS - begun < 20))
}

@test "with NIX_DAEMON=1 it is refused, and without that key there is no daemon" {
	create --no-start
	ctr-conf set "$name" NIX_DAEMON=1
	run -2 ctr-conf set "$name" STORE=closure
	assert_output --partial 'STORE=closure excludes NIX_DAEMON=1'
	ctr-conf set --unset NIX_DAEMON "$name" STORE=closure
	nixos-container start "$name"
	run ! inside test -e /nix/var/nix/daemon-socket/socket
	run -2 ctr-conf set "$name" STORE=none
	assert_output --partial 'STORE: invalid value "none" (expected all or closure)'
}
