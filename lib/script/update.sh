# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# update.sh - another generation

cmd_update() {
	need_name "$1"
	check_build_options
	[ -z "$check" ] || [ -z "$apply_given$take_back" ] ||
		usage "--check excludes ${apply_given:---rollback-on-failure}"
	update_begin
	update_rest
}

update_begin() {
	lock "$name"
	need_name "$name"
	old_name note
	at_end update_end
	not_elsewhere
	read_settings
	[ -z "$SYSTEM_PATH" ] || die 1 "$name: its system is managed by the host's" \
		"configuration: $conf has SYSTEM_PATH=$SYSTEM_PATH"
	[ -z "$DECLARED_IN" ] || update_declared
}

# update_declared - of a container that a file declares: its flake is built here, and
# apply builds all else
update_declared() {
	if [ -n "$with_config$system_path$flake" ]; then
		note "$name: declared in $DECLARED_IN, whose system it gets at the next apply"
	elif [ -z "$FLAKE" ]; then
		die 1 "$name: declared in $DECLARED_IN; edit that, then:" \
			"nixos-container apply $DECLARED_IN"
	fi
}

update_end() {
	inside_end
	# What it cannot remove goes with the next job.
	build_done || :
	unlock
	[ -z "${edits-}" ] || edit_end
}

update_rest() {
	before=$(ctr-gcroot path "$name" 2>/dev/null) || before=''
	find_source
	update_build
	[ -z "$check" ] || { update_check; return; }
	update_keep
	system_set
	apply_or_take_back
}

# update_build - build what find_source found; set wanted to a configuration that the
# tree is to have
update_build() {
	builder='' wanted=''
	if [ -n "$system_path" ]; then
		system=$system_path
		[ -z "$with_config" ] || config_read
	elif [ -n "$flake" ]; then
		builder=build_flake built_from=$flake
	elif [ -n "${config_file#-}" ]; then
		builder=build built_from=$run_dir/$name.configuration.nix
		config_read
		printf '%s' "$wanted" >"$built_from"
	else
		builder=build_theirs built_from=$root/etc/nixos/configuration.nix
		configure
	fi
	[ -z "$builder" ] || "$builder" "$built_from"
}

# update_keep - the settings say what was built, and the tree has its text
update_keep() {
	if [ "$builder" = build ]; then
		keep_from_host
	else
		[ -z "$wanted" ] || config_put "$root" --backup
		keep_source
	fi
}

# update_check - exit 10 if that would change something
update_check() {
	same=1
	[ "$system" = "$before" ] || would "get the system $system instead of ${before:-none}"
	same_source || would "be built from ${flake:-${host_file:-its own configuration}} from now on"
	[ -z "$wanted" ] || config_same || would 'get another configuration.nix'
	[ -n "$same" ] || exit 10
}

would() {
	same=''
	note "$name: would $*"
}

# find_source - without an option that names it, what the settings name is built
find_source() {
	if [ -n "$with_config$system_path$flake" ]; then
		:
	elif [ -n "$FLAKE" ] && [ -z "$nixos_path" ]; then
		flake=$FLAKE
	elif [ -n "$CONFIG_FILE" ]; then
		config_file=$CONFIG_FILE
		is_config_file ||
			die 1 "$name: not built: $conf has CONFIG_FILE=$config_file: no such file"
		! file_inside "$config_file" || die 1 "$name: not built:" \
			"$conf has CONFIG_FILE=$config_file, which lies in the tree of a container"
	fi
}

# keep_source - what the next update builds
keep_source() {
	same_source || ctr-conf set --file "$conf" "FLAKE=$flake" "CONFIG_FILE=$host_file"
}

same_source() {
	host_file=${config_file#-}
	[ "$flake/$host_file" = "$FLAKE/$CONFIG_FILE" ]
}

# keep_from_host - of a configuration of the host's, the tree has a copy, which the
# container may have changed
keep_from_host() {
	keep_source	# a killed update may leave another configuration in the tree
	! config_same || return 0
	[ -n "$with_config" ] || note "$name: built from $config_file;" \
		"$root/etc/nixos/configuration.nix was not, and is kept as configuration.nix.~N~;" \
		"to build such changes: nixos-container set $name CONFIG_FILE="
	config_put "$root" --backup
}

# configure - the copy to build has the container's configuration, or the one of the
# options
configure() {
	[ -n "$before$with_config" ] || needs_configuration
	[ -n "$before" ] || [ -z "$with_config" ] || ctr-tree mkdir "$root" etc/nixos
	job_begin
	job_copy "$root" etc/nixos
	if [ -n "$with_config" ]; then
		config_read
		config_put "$job/root$root"
	elif [ -L "$job/root$built_from" ] || [ ! -f "$job/root$built_from" ]; then
		die 1 "$name: not built: $built_from is not a regular file"
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
