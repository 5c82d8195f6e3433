#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# rename: another name for a container, whole at any point.
load container

motto() { printf 'environment.etc."motto".text = "%s";' "$1"; }

# parts NAME - which of what makes a container are there
parts() {
	for part in "$confs/$1.conf" "$state/$1" "/nix/var/nix/profiles/per-container/$1" \
		"/nix/var/nix/gcroots/per-container/$1"; do
		[[ ! -e $part ]] || printf 1
	done
}

@test "a renamed container has all that it had" {
	also "$name-b"
	create --config "$(motto one)"
	nixos-container update "$name" --config "$(motto two)"
	ip=$(nixos-container show-ip "$name")
	inside sh -c 'echo mine >/var/mine'
	run -1 nixos-container rename "$name" "$name-b"
	assert_output --partial "$name: running; to stop it:"
	nixos-container stop "$name"
	cp "$conf" "$BATS_TEST_TMPDIR/conf"
	also "$name-c"
	nixos-container create --no-start "$name-c"
	echo "AFTER=$name" >>"$confs/$name-c.conf"
	run -0 nixos-container rename "$name" "$name-b"
	assert_output "nixos-container: the settings of $name-c name $name, which is now $name-b"
	nothing_left "$name"
	cmp "$BATS_TEST_TMPDIR/conf" "$confs/$name-b.conf"
	nixos-container start "$name-b"
	assert_equal "$(nixos-container show-ip "$name-b")" "$ip"
	run -0 nixos-container run "$name-b" -- cat /etc/motto /var/mine
	assert_output twomine
	nixos-container rollback "$name-b"
	run -0 nixos-container run "$name-b" -- cat /etc/motto
	assert_output one
	ip link show "c-$name-b"
}

@test "a name that is taken, a declared container and a mount are not renamed" {
	also "$name-b"
	create --no-start
	nixos-container create --no-start "$name-b"
	run -1 nixos-container rename "$name" "$name-b"
	assert_output --partial "$name-b: this container exists"
	run -2 nixos-container rename "$name" "$name"
	run -2 nixos-container rename "$name" a_b
	run -2 nixos-container rename "$name"
	run -1 nixos-container rename "no-$name" "$name-c"
	nixos-container destroy "$name-b"
	mount --bind "$root" "$root"
	run -1 nixos-container rename "$name" "$name-b"
	assert_output --partial "its tree is a mount point"
	umount "$root"
	assert_equal "$(parts "$name")" 1111
	nothing_left "$name-b"
	stored=$(nix-store --add "$conf")
	ln -sf "$stored" "$conf"
	run -1 nixos-container rename "$name" "$name-b"
	assert_output --partial "declared"
}

# killed_rename N - a rename that is killed before the Nth step of its work
killed_rename() {
	awk -v n="$1" '/^rename_to\(\)|^rename_move\(\)|^rename_tree\(\)|^move_name\(\)/ { on = 1 }
		/^}/ { on = 0 }
		on && /^\t+(:|mv|sync|\[ !|move_name|rm|names|rename_move|rename_tree|systemctl) / && ++at == n {
			print "sh -c \"kill -9 $$ \\$PPID\""
			hit = 1
		}
		{ print } END { exit !hit }' \
		"$(command -v nixos-container)" >"$BATS_TEST_TMPDIR/killed" || return 1
	PATH=/usr/local/bin:$PATH sh "$BATS_TEST_TMPDIR/killed" rename "$name" "$name-b" ||
		[ $? = 137 ]
}

@test "a rename that was killed is finished by the same command, at any step" {
	also "$name-b"
	create --no-start --config "$(motto one)"
	n=0
	while killed_rename $((n + 1)); do
		n=$((n + 1))
		run -0 nixos-container list
		(($(grep -cxE "$name|$name-b" <<<"$output") <= 1))
		if [[ -e $conf || ! -e $confs/$name-b.conf ]]; then
			nixos-container rename "$name" "$name-b"
		fi
		assert_equal "$(parts "$name-b")" 1111
		nixos-container rename "$name-b" "$name"
		assert_equal "$(parts "$name")" 1111
		nothing_left "$name-b"
		run ! compgen -G "$confs/.$name*"
	done
	echo "# killed at $n steps" >&3
	((n >= 14))
}

@test "a rename that was killed is finished by other commands on either name" {
	also "$name-b"
	for n in {1..14}; do
		create --no-start
		killed_rename "$n"
		case $((n % 3)) in
		0) run nixos-container create --no-start "$name" ;;
		1) run nixos-container show "$name-b" ;;
		2) run nixos-container destroy "$name" ;;
		esac
		for each in "$name" "$name-b"; do
			[[ ! -e $confs/$each.conf ]] || assert_equal "$(parts "$each")" 1111
			nixos-container destroy "$each" || :
			# Where it was killed before it began, no other command had
			# reason to lock the new name.
			rm -f "/run/nixos-container/$each.lock"
			nothing_left "$each"
		done
		run ! compgen -G "$confs/.$name*"
	done
}

@test "a tree with an immutable top is renamed, and one that cannot be moved stays" {
	also "$name-b"
	create --no-start --host-users
	chattr +i +a "$root"
	nixos-container rename "$name" "$name-b"
	nothing_left "$name"
	assert_equal "$(parts "$name-b")" 1111
	nixos-container rename "$name-b" "$name"
	chattr +i "$root"
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\nexit 1\n' >"$BATS_TEST_TMPDIR/bin/chattr"
	chmod +x "$BATS_TEST_TMPDIR/bin/chattr"
	run -1 env PATH="$BATS_TEST_TMPDIR/bin:$PATH" nixos-container rename "$name" "$name-b"
	assert_output "nixos-container: $name: not renamed: mv: cannot move '$root' to '$root-b': Operation not permitted"
	assert_equal "$(parts "$name")" 1111
	nothing_left "$name-b"
	# A rename that was killed before the tree moved does not stay half-way.
	mv "$conf" "$confs/.$name-b.pending"
	touch "$confs/.$name.$name-b.rename"
	run -1 env PATH="$BATS_TEST_TMPDIR/bin:$PATH" nixos-container show "$name-b"
	assert_output --partial "$name: not renamed: mv: "
	assert_equal "$(parts "$name")" 1111
	run ! compgen -G "$confs/.$name*"
	nixos-container rename "$name" "$name-b"
	assert_equal "$(parts "$name-b")" 1111
	chattr +i "$root-b"
}

@test "busybox renames as well" {
	also "$name-b"
	create --no-start
	busybox sh "$(command -v nixos-container)" rename "$name" "$name-b"
	assert_equal "$(parts "$name-b")" 1111
}
