#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Names with underscores, which the tools of NixOS allowed before 22.05.
# bats file_tags=suites
load container

setup() {
	name=t_$$_$BATS_TEST_NUMBER
	root=$state/$name
	conf=$confs/$name.conf
	made=("$name" "${name//_/-}")
	renames="nixos-container: $name: systemd starts no container with underscores in its name; to give it another: nixos-container rename $name NEW"
}

# old SETTING... - a container that those tools made
old() {
	local system pair
	system=$(nix-build --no-out-link "$minimal" -A system --arg configuration '{ }')
	mkdir -p "$confs" "$root/etc/nixos" "$nix_state/profiles/per-container/$name"
	nix-env -p "$nix_state/profiles/per-container/$name/system" --set "$system"
	echo '{ boot.isContainer = true; }' >"$root/etc/nixos/configuration.nix"
	pair=10.233.77.$((4 * BATS_TEST_NUMBER))
	printf '%s\n' PRIVATE_NETWORK=1 "HOST_ADDRESS=$pair" "LOCAL_ADDRESS=${pair%.*}.$((${pair##*.} + 1))" \
		HOST_BRIDGE= "$@" >"$conf"
}

@test "a container with underscores in its name is listed, and commands take it" {
	old
	listed "$name"
	run -0 nixos-container list --json "$name"
	assert_equal "$(jq -r '.[0].name' <<<"$output")" "$name"
	run -0 nixos-container show "$name"
	assert_line "$renames"
	assert_line --regexp '^generation: +1$'
	is_down "$name"
	assert_equal "$(nixos-container show-ip "$name")" "$(ctr-conf get "$name" LOCAL_ADDRESS)"
	printf '{ boot.isContainer = true; environment.etc.a.text = "a"; }\n' >"$root/etc/nixos/configuration.nix"
	run -0 nixos-container update "$name"
	assert_line "$renames"
	grep -x a "$(ctr-gcroot path "$name")/etc/a"
	nixos-container rollback "$name" 1
	run -0 nixos-container generations "$name"
	assert_line --regexp '^ +1 .*current'
	echo text | nixos-container copy-to "$name" - /etc/text
	assert_equal "$(nixos-container copy-from "$name" /etc/text -)" text
	run -0 nixos-container verify "$name"
	assert_output ''
	nixos-container graph | grep "$name"
	nixos-container stop "$name"
	nixos-container terminate "$name"
	nixos-container cleanup "$name"
	run -125 nixos-container run "$name" -- true
	nixos-container reset "$name"
	nixos-container destroy "$name"
	nothing_left "$name"
}

@test "it does not start, in one line that says why" {
	old
	local verb
	for verb in start restart launch; do
		run -2 nixos-container $verb "$name"
		assert_output "$renames"
	done
	run -1 systemctl start "container@$name.service"
	assert_equal "$(systemctl show -p NRestarts -p ExecMainStatus --value "container@$name.service" | xargs)" '0 2'
	run -2 nixos-container create "$name-b"
	assert_output --partial 'not a container name'
}

@test "it gets a new name, starts, and nothing is lost" {
	old AUTO_START=1 HOST_PORT=8095:80
	echo kept >"$root/kept"
	run -2 nixos-container rename "$name" "$name"b
	assert_output --partial 'not a container name'
	run -2 nixos-container clone "$name" "$name"b
	assert_output --partial 'not a container name'
	nixos-container clone "$name" "${name//_/-}"
	nixos-container destroy "${name//_/-}"
	nixos-container rename "$name" "${name//_/-}"
	nothing_left "$name"
	name=${name//_/-}
	grep -x HOST_PORT=8095:80 "$confs/$name.conf"
	nixos-container start "$name"
	assert_equal "$(inside hostname)" "$name"
	assert_equal "$(inside cat /kept)" kept
	nixos-container update "$name"
}
