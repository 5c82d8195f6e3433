#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Names with underscores, which the tools of NixOS allowed before 22.05.
# bats file_tags=suites
load container

setup() {
	name=t_$$_$BATS_TEST_NUMBER
	root=$state/$name
	conf=$confs/$name.conf
	made=("$name")
}

# old SETTING... - a container that those tools made
old() {
	local system pair
	system=$(nix-build --no-out-link "$minimal" -A system --arg configuration '{ }')
	mkdir -p "$root/etc/nixos" "$nix_state/profiles/per-container/$name"
	nix-env -p "$nix_state/profiles/per-container/$name/system" --set "$system"
	echo '{ boot.isContainer = true; }' >"$root/etc/nixos/configuration.nix"
	pair=10.233.77.$((4 * BATS_TEST_NUMBER))
	printf '%s\n' PRIVATE_NETWORK=1 "HOST_ADDRESS=$pair" "LOCAL_ADDRESS=${pair%.*}.$((${pair##*.} + 1))" \
		HOST_BRIDGE= HOST_PORT= AUTO_START=0 "$@" >"$conf"
}

@test "a container with underscores in its name is listed, and every verb but create takes it" {
	local renames="nixos-container: $name: names no longer have underscores; to give it another: nixos-container rename $name NEW"
	old
	listed "$name"
	run -0 nixos-container list --json "$name"
	assert_equal "$(jq -r '.[0].name' <<<"$output")" "$name"
	run -0 nixos-container start "$name"
	assert_output "$renames"
	is_up "$name"
	assert_equal "$(inside hostname)" "$name"
	run -0 ip -brief link show "c-$name"
	ip netns list | grep "^net-$name\b"
	assert_equal "$(nixos-container show-ip "$name")" "$(ctr-conf get "$name" LOCAL_ADDRESS)"
	ping -c 1 -W 5 "$(nixos-container show-ip "$name")"
	run -0 nixos-container verify "$name"
	assert_output ''
	run -0 nixos-container show "$name"
	assert_line "$renames"
	assert_line --regexp '^generation: +1$'
	run -0 nixos-container update "$name"
	assert_line "$renames"
	nixos-container generations "$name" | grep -q 'current'
	nixos-container network "$name"
	nixos-container rules
	nixos-container reload "$name"
	nixos-container rollback "$name" 1
	echo text | nixos-container copy-to "$name" - /etc/text
	assert_equal "$(nixos-container copy-from "$name" /etc/text -)" text
	nixos-container logs --unit -n 1 "$name"
	nixos-container graph | grep "$name"
	nixos-container restart -q "$name"
	nixos-container stop "$name"
	is_down "$name"
	nixos-container reset "$name"
	nixos-container terminate "$name"
	nixos-container destroy "$name"
	nothing_left "$name"
}

@test "it gets a new name, and nothing is lost" {
	local new=${name//_/-}
	also "$new"
	old AUTO_START=1 HOST_PORT=8095:80
	run -2 nixos-container rename "$name" "$name"b
	assert_output --partial 'not a container name'
	run -2 nixos-container clone "$name" "$name"b
	assert_output --partial 'not a container name'
	run -2 nixos-container create "$name"b
	assert_output --partial 'not a container name'
	nixos-container rename "$name" "$new"
	nothing_left "$name"
	name=$new
	grep -x HOST_PORT=8095:80 "$confs/$new.conf"
	nixos-container start "$name"
	assert_equal "$(inside hostname)" "$name"
	nixos-container update "$name"
}

@test "its ports are forwarded, and another container can name it" {
	also "${name//_/-}"
	old 'HOST_PORT=8096:80' NAT=1
	printf '{ environment.etc."www/index.html".text = "old"; services.web.command = "exec httpd -f -p 80 -h /etc/www"; }\n' \
		>"$root/etc/nixos/configuration.nix"
	nixos-container update "$name"
	nixos-container start "$name"
	until_true 10 sh -c 'curl -sf http://127.0.0.1:8096 | grep -qx old'
	nixos-container create "${name//_/-}" --set "AFTER=$name" --set "ALLOW_FROM=$name host" --set RESOLVE_CONTAINERS=1
	run -0 nixos-container run "${name//_/-}" -- grep -w "$name.containers" /etc/hosts
	run -0 systemctl show -p After --value "container@${name//_/-}.service"
	assert_output --partial "container@$name.service"
	nixos-container stop "$name"
	run -0 systemctl list-units --all --plain --no-legend "container-port-$name-tcp-*"
	assert_output ''
}
