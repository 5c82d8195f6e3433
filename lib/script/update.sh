# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# update.sh - another generation

cmd_update() {
	set_name "$1"
	check_build_options
	update_begin
	update_rest
}

update_begin() {
	lock "$name"
	need_name "$name"
	trap 'update_end' EXIT
	trap 'exit 1' INT TERM HUP
	read_settings
	[ -z "$SYSTEM_PATH" ] || die 1 "$name: its system is managed by the host's" \
		"configuration: $conf has SYSTEM_PATH=$SYSTEM_PATH"
}

# update_end - a configuration that could not be built does not stay
update_end() {
	build_done
	[ -z "$with_config" ] ||
		ctr-tree remove "$root" etc/nixos/configuration.nix.new 2>/dev/null || :
	unlock
}

update_rest() {
	before=$(ctr-gcroot path "$name" 2>/dev/null) || before=''
	builder=''
	if [ -n "$system_path" ]; then
		system=$system_path
		if [ -n "$with_config" ]; then
			enter_config
			configure
			cd /
		fi
	elif [ -n "$flake" ]; then
		builder=build_flake built_from=$flake
		system=$(build_flake "$flake")
		keep_flake
	elif [ -n "$FLAKE" ] && [ -z "$with_config$nixos_path" ]; then
		builder=build_flake built_from=$FLAKE
		system=$(build_flake "$FLAKE")
	else
		builder=build_theirs built_from=$root/etc/nixos/configuration.nix
		enter_config
		configure
		cd /
		keep_flake
	fi
	system_set
	apply_or_take_back
}

# keep_flake - what the next update builds
keep_flake() {
	[ "$flake" = "$FLAKE" ] || ctr-conf set --file "$conf" "FLAKE=$flake"
}

# configure - build the container's configuration, or the one of the options
# and put it in its place; its folder is the present one
#
# With --system-path, only put it in its place.
configure() {
	if [ -n "$with_config" ]; then
		config_read
		if [ -z "$system_path" ]; then
			config_put configuration.nix.new
			system=$(build_theirs "$root/etc/nixos/configuration.nix.new")
		fi
		config_keep
	else
		if [ -L configuration.nix ] || [ ! -f configuration.nix ]; then
			die 1 "$name: not built:" \
				"$root/etc/nixos/configuration.nix is not a regular file"
		fi
		system=$(build_theirs "$root/etc/nixos/configuration.nix")
	fi
}

# apply - bring a running container to its current system, by the options
apply() {
	[ "$apply" != no-apply ] && running || return 0
	case $apply in
	reload) switch ;;
	restart) slow "$name: restarting" unlocked systemctl restart "$unit" || return 1 ;;
	esac
}

# apply_or_take_back - exit 3 if the new generation is not what runs
apply_or_take_back() {
	[ "$system" != "$before" ] || [ "$apply" != reload ] ||
		note "$name: its system is the same as before"
	if apply; then
		return
	fi
	say "$name: $apply to its new system failed"
	if [ -n "$take_back" ] && [ -n "$before" ] && [ "$before" != "$system" ]; then
		ctr-gcroot rollback --trees "$state_dir" -- "$name"
		apply || say "$name: the previous generation failed, too"
		say "$name: switched back to the previous generation"
	fi
	[ -n "$take_back" ] || say "$name: it is the current generation all the same;" \
		"to go back: nixos-container rollback $name"
	exit 3
}
