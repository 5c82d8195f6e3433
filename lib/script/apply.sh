# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# apply.sh - make containers what a file declares
#
# Nix makes a manifest of the file: a folder for each container, see apply.nix.  First
# all of it is checked, then trees, settings and systems are brought to it, and at last
# containers start, restart or switch.  What they are to do then is noted in
# run_dir/NAME.apply beforehand: after a kill, the next apply does it.

cmd_apply() {
	find_declaring "$1"
	check_build_options
	apply_begin
	if [ -n "$dry_run" ]; then
		manifest_read
	else
		manifest_build
	fi
	manifest_check
	find_removed
	failed=0
	each_declared check_declared
	[ "$failed" = 0 ] || exit "$failed"
	if [ -n "$dry_run" ]; then
		apply_show
	else
		apply_all
	fi
	exit "$failed"
}

# apply_begin - one apply at a time; work is a folder of its own
apply_begin() {
	name=$declaring	# for messages
	at_end apply_end
	if [ -n "$dry_run" ]; then
		work=$(mktemp -d "${TMPDIR:-/tmp}/nixos-container.XXXXXX")
		return
	fi
	lock .apply
	work=$run_dir/.apply manifest_link=$run_dir/.apply.build
	rm -rf "$work"
	mkdir "$work"
}

apply_end() {
	[ -z "${work-}" ] || rm -rf "$work"
	[ -n "$manifest_link" ] || return 0
	link_remove "$manifest_link"
	unlock
}

# find_removed - set removed to those that the file declared, and does not any more
find_removed() {
	removed=''
	others=$(ctr-conf list --needing "$declaring") || exit
	for other in $others; do
		[ -d "$manifest/$other" ] || removed="$removed $other"
	done
}

apply_all() {
	for other in $removed; do each_alone "$other" apply_removed; done
	each_declared apply_one
	apply_units
	[ "$failed" != 0 ] || [ -e "$work/changed" ] || note "$declaring: nothing to change"
}

# changed WORD... - say what was changed
changed() {
	: >"$work/changed"
	note "$name: $*"
}

apply_removed() {
	if [ -n "$prune" ]; then
		cmd_destroy "$name"
		changed destroyed
	else
		changed "not declared in $declaring any more; to destroy it: nixos-container" \
			"apply --prune $declaring"
	fi
}

apply_one() {
	declared_settings
	if [ -e "$conf" ]; then
		apply_change
	else
		apply_new
	fi
}

apply_new() {
	reserve_name
	mkdir -p "$conf_dir"
	at_end create_undo
	with_addresses write_declared
	make_tree
	declared_system
	if [ -n "$system" ]; then
		builder=''
		system_set
	else
		ctr-gcroot init "$name"
	fi
	! is_on AUTO_START || { [ -z "$system" ] && ! is_set FLAKE; } || then_do start
	publish
	trap - EXIT
	unlock
	changed created
	[ -n "$system" ] || is_set FLAKE ||
		note "$name: has no system yet; to build one: nixos-container update $name"
}

write_declared() { with_lines "$settings" ctr-conf set --new --file "$pending"; }

apply_change() {
	lock "$name"
	at_end unlock
	need_name "$name"
	check_mine
	declared_system
	find_changes
	[ -z "$changes" ] || not_elsewhere
	case $changes in
	*settings*)
		then_do restart
		with_addresses change_settings --file "$conf"
		update_hosts
		reload_if_changed
		changed 'new settings' ;;
	esac
	case $changes in
	*system*)
		then_do reload
		builder=''
		system_set
		changed 'new system' ;;
	esac
	unlock
	trap - EXIT
}

# then_do start|restart|reload - note what comes when all settings are written, unless
# the container is down and shall stay so, or more is noted already
then_do() {
	after=$run_dir/$name.apply
	case $1 in
	start) ;;
	*) [ -e "$declared/restart" ] && running || return 0 ;;
	esac
	[ "$1" != reload ] || [ ! -e "$after" ] || return 0
	printf '%s\n' "$1" >"$after"
}

# apply_units - do that for all; a container can keep its switch from ending for
# minutes, so the others do not wait for it
apply_units() {
	switches=''
	at_end 'switches_end; apply_end'
	each_noted apply_stop
	for declared in "$manifest"/*; do
		name=${declared##*/}
		read -r how 2>/dev/null <"$run_dir/$name.apply" || how=''
		if [ "$how" = reload ]; then
			(set_name "$name"; apply_unit) &
			switches="$switches $!"
		elif [ -e "$run_dir/$name.apply" ]; then
			each_alone "$name" apply_unit
		fi
	done
	for switch in $switches; do
		code=0
		wait "$switch" || code=$?
		[ "$code" -le "$failed" ] || failed=$code
	done
	switches=''
	name=$declaring
}

# each_noted FUNCTION - for those with a note
each_noted() {
	for declared in "$manifest"/*; do
		[ ! -e "$run_dir/${declared##*/}.apply" ] || each_alone "${declared##*/}" "$1"
	done
}

# apply_stop - what restarts stops before any other starts, which may have got its
# address or port
apply_stop() {
	after=$run_dir/$name.apply
	read -r how <"$after" || how=restart	# killed while it was written
	[ "$how" = restart ] || return 0
	lock "$name"
	at_end unlock
	if wanted_up; then
		printf 'up\n' >"$after"
		cmd_stop "$name"
	else
		rm -f "$after"
	fi
}

# wanted_up - it was not stopped: one that failed to start shall run, too
wanted_up() { running || systemctl --quiet is-failed "$unit"; }

# switches_end - for traps: end those that run, which a signal may not have reached
switches_end() {
	# shellcheck disable=SC2086 # process IDs
	[ -z "$switches" ] || kill $switches 2>/dev/null || :
	wait
}

# apply_unit - do what is noted for the container
apply_unit() {
	after=$run_dir/$name.apply
	lock "$name"
	at_end apply_unit_end
	need_name "$name"
	read -r how <"$after"
	: >"$work/changed"
	case $how in
	start)
		declared_settings
		! is_on AUTO_START || running || cmd_start "$name" ;;
	up) cmd_restart "$name" ;;
	reload)
		! wanted_up || switch || die 1 "$name: could not switch to its new system;" \
			"to try again: nixos-container reload $name" ;;
	esac
	rm -f "$after"
}

# apply_unit_end - what ran before is tried again if it fails, unless it is stopped
apply_unit_end() {
	[ "$how" != up ] || ! systemctl --quiet is-failed "$unit" || printf 'restart\n' >"$after"
	inside_end
	unlock
}
