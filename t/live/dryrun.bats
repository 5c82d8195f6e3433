#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# --dry-run: said, not done.
load container

# all_there_is - what a command could have changed
all_there_is() {
	find "$state" "$confs" /run/nixos-container* /run/netns /nix/store /nix/var/nix/profiles \
		/nix/var/nix/gcroots /nix/var/nix/temproots -maxdepth 3 -printf '%p %y %m %i %s %T@ %l\n' 2>/dev/null | sort
	ip -o link | sed 's/ mtu.*//'
	systemctl list-units --all --plain --no-legend 'container@*' | awk '{ print $1, $3, $4 }'
}

# changes_nothing COMMAND... - and exits with 0
changes_nothing() {
	all_there_is >"$BATS_TEST_TMPDIR/before"
	run -0 "$@"
	all_there_is | diff "$BATS_TEST_TMPDIR/before" -
}

@test "create --dry-run says what it would make" {
	changes_nothing nixos-container create --dry-run "$name" --port 8154:80 --auto-start
	assert_line "would create the container $name:"
	assert_line "  settings $conf"
	assert_line "    HOST_PORT=8154:80"
	assert_line --regexp '^    LOCAL_ADDRESS=10\.233\.'
	assert_line "    AUTO_START=1"
	assert_line "  tree $root"
	assert_line "  system built from a configuration of its own, as $root/etc/nixos/configuration.nix"
	assert_line "  and start container@$name.service"
	address=$(sed -n 's/.*LOCAL_ADDRESS=//p' <<<"$output")
	create --no-start
	assert_equal "$(nixos-container show-ip "$name")" "$address"
	run -1 nixos-container create --dry-run "$name"
	assert_output --partial "container exists"
	changes_nothing nixos-container create --dry-run --no-start --flake /some/flake --ensure-unique-name "$name"
	assert_line "would create the container $name-0:"
	assert_line "  system built from the flake /some/flake"
	refute_output --partial start
	run -2 nixos-container create --dry-run "$name-b" --local-address x
	run -2 nixos-container update --dry-run "$name"
}

@test "destroy --dry-run says what it would take away, and that is all that goes" {
	create
	mkdir "$root/srv"
	mount -t tmpfs tmpfs "$root/srv"
	changes_nothing nixos-container destroy --dry-run "$name"
	assert_output "would destroy the container $name:
  stop container@$name.service
  unmount $root/srv
  delete $conf
  delete $root
  delete /nix/var/nix/profiles/per-container/$name
  delete /nix/var/nix/gcroots/per-container/$name"
	run -0 inside hostname
	nixos-container destroy "$name"
	run -0 nixos-container destroy --dry-run "$name"
	assert_output --partial "no such container"
}

@test "what destroy refuses, it refuses dry" {
	create --no-start
	stored=$(nix-store --add "$conf")
	ln -sf "$stored" "$conf"
	run -1 nixos-container destroy --dry-run "$name"
	assert_output --partial "declared"
}

@test "a settings file whose last line has no end hides no address of the next" {
	mkdir "$BATS_TEST_TMPDIR/conf"
	printf 'PRIVATE_NETWORK=1' >"$BATS_TEST_TMPDIR/conf/a.conf"
	printf 'HOST_ADDRESS=10.233.0.1\n' >"$BATS_TEST_TMPDIR/conf/b.conf"
	NIXOS_CONTAINER_CONF_DIR=$BATS_TEST_TMPDIR/conf \
		run -0 nixos-container create --dry-run "$name"
	assert_output --partial HOST_ADDRESS=10.233.0.3
}
