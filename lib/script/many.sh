# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# many.sh - one verb for several containers, side by side
#
# ctr-each runs this script once for each, in a session of its own, and puts the name
# in front of each line of output.  A signal ends all.

# many NAME... - the verb, which takes one name, for these or for --all
many() {
	check_jobs
	all_or_names "$@"
	[ $# != 1 ] || { "$verb_function" "$@"; return; }
	check_many
	if [ -n "$all" ]; then
		find_all
		[ "$verb" != destroy ] || confirm_all
	else
		find_named "$@"
	fi
	if [ -z "$chosen" ]; then
		note "nothing to do: no container to $verb"
	elif [ -n "$dry_run" ]; then
		for each in $chosen; do (cmd_destroy "$each") || exit; done
	else
		side_by_side
	fi
}

# all_or_names NAME... - either names or --all
all_or_names() {
	if [ -z "$all" ]; then
		[ $# != 0 ] || usage 'expected names or --all'
	elif [ $# != 0 ]; then
		usage "expected either names or --all: $1"
	fi
}

check_jobs() {
	case $jobs in
	*[!0-9]* | 0* | ????*) usage "--jobs: expected a number from 1 to 999: $jobs" ;;
	esac
}

# check_many - before anything is done, what is meant for one container is refused
check_many() {
	[ "$verb" = update ] || return 0
	[ "$config_file" != - ] || usage '--config-file -: expected one container, not several'
	check_build_options
}

# find_named NAME... - set chosen to them; all must exist, unless they are to be destroyed
find_named() {
	chosen='' missing=0
	for each; do
		check_name "$each"
		case " $chosen " in
		*" $each "*) continue ;;
		esac
		chosen="${chosen:+$chosen }$each"
		[ "$verb" = destroy ] || [ -e "$conf_dir/$each.conf" ] || (need_name "$each") || missing=1
	done
	[ $missing = 0 ] || exit 1
}

# find_all - set chosen to those containers that the verb is for
find_all() {
	chosen=''
	find_active
	existing=$(ctr-conf list) || exit
	for each in $existing; do
		set_name "$each"
		! "concerns_$verb" || chosen="${chosen:+$chosen }$name"
	done
}

# find_active - set active_units to those that run, start or stop, in one call
find_active() {
	active_units=$(systemctl list-units --plain --no-legend 'container@*.service' \
		--state=active,activating,deactivating,reloading 2>/dev/null |
		while read -r each _; do printf ' %s' "$each"; done) || active_units=''
}

is_active() {
	case "$active_units " in
	*" $unit "*) return 0 ;;
	esac
	registered
}

concerns_start() { ! is_active && is_new_name; }
is_new_name() {
	case $name in
	*_*) old_name note; return 1 ;;
	esac
}
concerns_stop() { is_active; }
concerns_restart() { is_active; }
concerns_terminate() { is_active; }
concerns_reload() { is_active && ! boots_itself; }

concerns_update() {
	read_settings
	if [ -n "$SYSTEM_PATH" ]; then
		note "$name: left alone: its system is managed by the host's configuration"
		return 1
	elif [ -n "$DECLARED_IN" ] && [ -z "$FLAKE$with_config$system_path$flake" ]; then
		note "$name: left alone: declared in $DECLARED_IN, see apply"
		return 1
	elif [ -z "$FLAKE$CONFIG_FILE$with_config$system_path$flake" ] && config_missing; then
		note "$name: left alone: it has no configuration.nix"
		return 1
	fi
}

concerns_destroy() {
	! is_declarative || {
		note "$name: left alone: declared in the host's configuration"
		return 1
	}
}

# confirm_all - nobody deletes all containers by one word too many
confirm_all() {
	[ -z "$dry_run$yes" ] || return 0
	die 2 "destroy --all deletes all data of: ${chosen:-no container};" \
		'to do that: --all --yes; to see what: --all --dry-run'
}

# side_by_side - become ctr-each for those chosen.  Without --jobs, builds use as many
# processors as there are; all else waits more than it computes.
side_by_side() {
	case $verb in
	start | restart) reload_for_any ;;
	esac
	eval "set --$passed"
	set -- -- "$bindir/nixos-container" "$verb" "$@" --
	if [ "$verb" != update ]; then
		set -- --jobs "${jobs:-8}" "$@"
	else
		[ -z "$check" ] || set -- --also 10 "$@"
		[ -z "$jobs" ] || set -- --jobs "$jobs" "$@"
	fi
	exec ctr-each --label 'nixos-container: {}: ' "$@" <<-END
		$(spaces_to_lines "$chosen")
	END
}

# shellcheck disable=SC2086 # a line for each word
spaces_to_lines() { printf '%s\n' $1; }

# reload_for_any - tell systemd of new settings once, not for each container
reload_for_any() {
	for each in $chosen; do
		if ctr-conf units --changed -- "$each" 2>/dev/null; then
			[ ! -d /run/systemd/system ] || systemctl daemon-reload
			return
		fi
	done
}
