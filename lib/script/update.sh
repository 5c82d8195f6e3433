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
	trap 'update_end $?' EXIT
	trap 'exit 1' INT TERM HUP
	not_elsewhere
	read_settings
	[ -z "$SYSTEM_PATH" ] || die 1 "$name: its system is managed by the host's" \
		"configuration: $conf has SYSTEM_PATH=$SYSTEM_PATH"
}

# update_end STATUS
update_end() {
	inside_end
	# What it cannot remove goes with the next job.
	build_done || :
	unlock
	[ -z "${edits-}" ] || edit_end "$1"
}

update_rest() {
	before=$(ctr-gcroot path "$name" 2>/dev/null) || before=''
	builder=''
	if [ -n "$system_path" ]; then
		system=$system_path
		if [ -n "$with_config" ]; then
			config_read
			config_put "$root" --backup
		fi
	elif [ -n "$flake" ]; then
		builder=build_flake built_from=$flake
		build_flake "$flake"
		keep_flake
	elif [ -n "$FLAKE" ] && [ -z "$with_config$nixos_path" ]; then
		builder=build_flake built_from=$FLAKE
		build_flake "$FLAKE"
	else
		builder=build_theirs built_from=$root/etc/nixos/configuration.nix
		configure
		keep_flake
	fi
	system_set
	apply_or_take_back
}

# keep_flake - what the next update builds
keep_flake() {
	[ "$flake" = "$FLAKE" ] || ctr-conf set --file "$conf" "FLAKE=$flake"
}

# configure - build the container's configuration, or the one of the options,
# which takes its place only then
configure() {
	job_begin
	job_copy "$root" etc/nixos
	if [ -n "$with_config" ]; then
		config_read
		config_put "$job/root$root"
	elif [ -L "$job/root$built_from" ] || [ ! -f "$job/root$built_from" ]; then
		die 1 "$name: not built: $built_from is not a regular file"
	fi
	build_theirs "$built_from"
	[ -z "$with_config" ] || config_put "$root" --backup
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
