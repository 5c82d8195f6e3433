# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# create.sh - a new container, or nothing

# claim - take the name: hold its lock, with nothing of that name there
claim() {
	base=$name n=0
	while ! claim_one; do
		[ -n "$unique" ] || die 1 "$name: $taken"
		name_set "$base-$n"
		n=$((n + 1))
	done
}

claim_one() {
	rename_heal "$name"
	taken='another command is at work on it; try again when that is done'
	lock "$name" -n || return 1
	# A create or destroy was killed: take away what it left.
	if [ -e "$pending" ] && [ ! -e "$conf" ] && ! { locks_sweep; wipe; }; then
		taken='the remains of a killed command cannot be taken away'
	elif ! name_taken; then
		return 0
	fi
	unlock
	return 1
}

# name_taken - is something there that is no killed command's?  taken says what
name_taken() {
	if [ -e "$conf" ]; then
		taken='this container exists already; update changes it, destroy deletes it'
	elif [ ! -e "$pending" ] && { [ -e "$root" ] || [ -L "$root" ]; }; then
		taken="$root exists already, and is no container's: move it away"
	else
		return 1
	fi
}

addresses_check() {
	conf_clear
	PRIVATE_NETWORK=1 HOST_BRIDGE=$bridge
	HOST_ADDRESS=$host_address LOCAL_ADDRESS=$local_address GATEWAY=$gateway
	HOST_ADDRESS6=$host_address6 LOCAL_ADDRESS6=$local_address6 GATEWAY6=$gateway6
	(network --check) || exit 2
	HOST_PORT=$ports
	wrong=$(forward_ports) || die 2 "--port $ports: ${wrong##*"$newline"}"
}

# make_it - all of create between the pending settings and the final ones
make_it() {
	mkdir -p "$state_dir"
	chmod 700 "$state_dir"
	mkdir -p "$root/etc/nixos" "$root/usr"
	system=$system_path builder=''
	if [ -n "$flake" ]; then
		builder=build_flake built_from=$flake
	elif [ -z "$system" ] || [ -n "$with_config" ]; then
		config_read
		config_put configuration.nix
		[ -n "$system" ] || builder=build built_from=$root/etc/nixos/configuration.nix
	fi
	[ -z "$builder" ] || system=$("$builder" "$built_from")
	ctr-gcroot init "$name"
	system_set
	build_done
	create_settle
}

# create_settle - it is made: from here on it exists
create_settle() {
	sync -f "$root"
	with_addresses mv "$pending" "$conf"
	sync "$conf_dir"
	names ''
	unit_fresh
}

cmd_create() {
	build_options "$@"
	addresses_check
	[ -z "$dry_run" ] || { create_dry; return; }
	mkdir -p "$conf_dir"
	claim
	created=$name
	trap 'create_undo' EXIT
	trap 'exit 1' INT TERM HUP
	with_addresses settings_write settings_new
	make_it
	[ -n "$no_start" ] || unit_do start
	trap - EXIT
	unlock
	create_said
}

create_said() {
	[ "$created" = "$base" ] || note "the container is called $created"
	[ -z "$unique" ] || printf '%s\n' "$created"
}

# create_undo - all or nothing: nothing
create_undo() {
	trap '' INT TERM HUP
	build_done
	[ ! -e "$conf" ] || with_addresses mv "$conf" "$pending"
	systemctl stop "$unit" 2>/dev/null || :
	systemctl reset-failed "$unit" 2>/dev/null || :
	if wipe; then
		say "$name: not created; nothing is left of it"
	else
		say "$name: not created; its remains go with: nixos-container destroy $name"
	fi
	unlock
}
