# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# create.sh - a new container, or nothing

# reserve_name - lock a name that is not in use
reserve_name() {
	base=$name n=0
	while ! try_name; do
		! leave_existing || exit 0
		[ -n "$unique" ] || die 1 "$name: $obstacle"
		set_name "$base-$n"
		n=$((n + 1))
	done
}

try_name() {
	rename_heal "$name"
	obstacle='another command is working on it; try again later'
	# With --if-missing, what another command makes of it matters.
	lock "$name" "${if_missing:--n}" || return 1
	# A create or destroy was killed: remove its remains.
	if [ -e "$pending" ] && [ ! -e "$conf" ] && ! { locks_sweep; delete_all; }; then
		obstacle='could not remove what a killed command left'
	elif ! name_in_use; then
		return 0
	fi
	unlock
	return 1
}

# leave_existing - with --if-missing, say so if it exists
leave_existing() {
	[ -n "$if_missing" ] && [ -e "$conf" ] || return 1
	note "$name: exists already, and is left as it is"
}

# name_in_use - set obstacle to what has the name, if that is no remains
name_in_use() {
	if [ -e "$conf" ]; then
		obstacle='this container exists; to change it, see update; to delete it, destroy'
	elif [ ! -e "$pending" ] && { [ -e "$root" ] || [ -L "$root" ]; }; then
		obstacle="$root exists, but belongs to no container; move it away"
	else
		return 1
	fi
}

# find_free_name - as reserve_name, but without a lock
find_free_name() {
	base=$name n=0
	while name_in_use; do
		[ -n "$unique" ] || die 1 "$name: $obstacle"
		set_name "$base-$n"
		n=$((n + 1))
	done
}

# print_settings - check and print the settings of a container to be, with
# addresses that are free now
print_settings() (
	find_free_name
	host_too=--host
	[ -z "$no_start" ] || host_too=''
	# shellcheck disable=SC2086 # an option, or none
	check_settings $host_too
)

# check_settings [--host] - the same, whether the name is in use or not
check_settings() (
	add_users
	add_addresses
	with_lines "$settings" ctr-conf set --new --dry-run "$@" -- "$name"
)

make_tree() {
	mkdir -p "$state_dir"
	chmod 700 "$state_dir"
	mkdir -p "$root/etc/nixos" "$root/usr"
}

# make_tree_and_system - all that lies between the pending settings and the final
make_tree_and_system() {
	if [ -n "$rootfs" ]; then
		rootfs_make
		publish
		return
	fi
	make_tree
	system=$system_path builder=''
	if [ -n "$flake" ]; then
		builder=build_flake built_from=$flake
	elif [ -z "$system" ] || [ -n "$with_config" ]; then
		config_read
		config_put "$root"
		[ -n "$system" ] || builder=build built_from=$root/etc/nixos/configuration.nix
	fi
	[ -z "$builder" ] || "$builder" "$built_from"
	system_set
	build_done
	publish
}

# publish - the container is complete: from here on it exists
publish() {
	sync -f "$root"
	with_addresses mv "$pending" "$conf"
	sync "$conf_dir"
	update_hosts
	reload_if_changed
}

cmd_create() {
	check_new_name "$1"
	set_name "$1"
	[ -z "$if_missing$unique" ] || check_if_missing
	check_build_options
	! leave_existing || return 0
	complete_settings
	[ -z "$dry_run" ] || { create_dry_run; return; }
	print_settings >/dev/null || exit	# before anything is built
	reserve_name
	mkdir -p "$conf_dir"
	created=$name
	at_end create_undo
	with_addresses write_settings
	make_tree_and_system
	[ -n "$no_start" ] || unit_do start
	trap - EXIT
	unlock
	report_name
	say_way_in
	say_lacking
}

# check_if_missing - a rename to the name may be unfinished
check_if_missing() {
	[ -z "$if_missing" ] || [ -z "$unique" ] ||
		usage '--if-missing and --ensure-unique-name exclude each other'
	[ -z "$if_missing" ] || rename_heal "$name"
}

report_name() {
	[ "$created" = "$base" ] || note "the container is called $created"
	[ -z "$unique" ] || printf '%s\n' "$created"
}

# say_way_in - where it is, how to get in, and what the other way needs
say_way_in() {
	if [ -n "$no_start" ]; then
		note "$name: created; to start it: nixos-container start $name"
		return
	fi
	at=$(cmd_show_ip "$name" 2>/dev/null) || at=''
	note "$name: up${at:+ at $at}; a root shell: nixos-container root-login $name; login" \
		"needs a password: nixos-container set-root-password $name"
}

# create_undo - it failed: nothing of the container stays
create_undo() {
	build_done || :
	[ ! -e "$conf" ] || with_addresses mv "$conf" "$pending"
	systemctl stop "$unit" 2>/dev/null || :
	systemctl reset-failed "$unit" 2>/dev/null || :
	if delete_all; then
		say "$name: not created; nothing is left of it"
	else
		say "$name: not created; to remove what is left: nixos-container destroy $name"
	fi
	unlock
}

create_dry_run() {
	find_free_name
	text=$(print_settings) || exit
	printf 'would create the container %s:\n' "$name"
	[ ! -e "$pending" ] || printf '  first remove what a killed command left\n'
	printf '  settings %s\n' "$conf"
	printf '%s\n' "$text" | sed 's/^/    /'
	printf '  tree %s\n' "$root"
	printf '  system %s\n' "$(system_origin)"
	printf '  profile %s\n' "$nix_dir/profiles/per-container/$name/system"
	[ -n "$no_start" ] || printf '  and start %s\n' "$unit"
}

# system_origin - how the system would be made
system_origin() {
	if [ -n "$rootfs" ]; then
		printf 'its own, from %s\n' "$rootfs"
	elif [ -n "$system_path" ]; then
		printf '%s\n' "$system_path"
	elif [ -n "$flake" ]; then
		printf 'built from the flake %s\n' "$flake"
	else
		printf 'built from %s, as %s\n' "${config_file:-a configuration of its own}" \
			"$root/etc/nixos/configuration.nix"
	fi
}
