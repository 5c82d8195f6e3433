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

# find_declaring FILE - set declaring to its path: containers are known by it
find_declaring() {
	case $1 in
	-) die 2 "-: apply needs the path of a file: the containers made of it are known by that" ;;
	*[[:cntrl:]]*) die 2 "$1: a control character in the path" ;;
	esac
	name=$1 declaring=$here/$1
	case $1 in
	/*) declaring=$1 ;;
	esac
	[ -f "$declaring" ] || [ -f "$declaring/default.nix" ] || die 2 "$1: no such file"
	! file_inside "$declaring" ||
		die 2 "$1: in the tree of a container, whose root can change it"
	if [ -d "$declaring" ]; then
		declaring=$(cd -P -- "$declaring" && pwd -P)
	else
		dir=$(cd -P -- "${declaring%/*}/" && pwd -P)
		declaring=${dir%/}/${declaring##*/}
	fi
}

# apply_begin - one apply at a time; work is a folder of its own
apply_begin() {
	name=$declaring	# for messages
	trap apply_end EXIT
	trap 'exit 1' INT TERM HUP
	if [ -n "$dry_run" ]; then
		work=$(mktemp -d "${TMPDIR:-/tmp}/nixos-container.XXXXXX")
		return
	fi
	lock .apply
	work=$run_dir/.apply built=$run_dir/.apply.build
	rm -rf "$work"
	mkdir "$work"
}

apply_end() {
	[ -z "${work-}" ] || rm -rf "$work"
	[ -n "$built" ] || return 0
	link_remove "$built"
	unlock
}

# apply_source - print the Nix that makes the manifest, and its text
apply_source() {
	cat <<-END
		{ ... }@given:
		let
		$(nixos_source)
		in
		import (/. + $(nix_string "$nixos_dir/apply.nix")) {
		  file = /. + $(nix_string "$declaring");
		  confDir = $(nix_string "$conf_dir");
		  nixos = nixos { configuration = { }; };
		}
	END
}

# manifest_build - set manifest to its folder; the systems are built, too
manifest_build() {
	find_nixos
	build_with "$nix_paths$nix_flags" nix-build --expr "$(apply_source)" -A manifest -o "$built"
	manifest=$system
}

# manifest_read - the same without a build: its links lead to systems that may not exist
manifest_read() {
	find_nixos
	manifest=$work/manifest
	mkdir "$manifest"
	json=$(cd "$here" && with_lines "$nix_paths$nix_flags" nix-instantiate --eval --json \
		--expr "$(apply_source)" -A text) || build_failed
	export json
	text=$(nix_eval 'builtins.fromJSON (builtins.getEnv "json")') || build_failed
	while IFS= read -r line; do
		case $line in
		'container '*) into=$manifest/${line#* }; mkdir "$into"; : >"$into/settings" ;;
		'system '*) ln -s "${line#* }" "$into/system" ;;
		restart) : >"$into/restart" ;;
		'wrong '* | 'warning '*) printf '%s\n' "${line#* }" >>"$manifest/.${line%% *}" ;;
		*) printf '%s\n' "$line" >>"$into/settings" ;;
		esac
	done <<-END
		$text
	END
}

# manifest_check - say what is wrong in the file
manifest_check() {
	if [ -e "$manifest/.warning" ]; then
		while IFS= read -r line; do note "$line"; done <"$manifest/.warning"
	fi
	[ -e "$manifest/.wrong" ] || return 0
	while IFS= read -r line; do say "$line"; done <"$manifest/.wrong"
	exit 2
}

# find_removed - set removed to those that the file declared, and does not any more
find_removed() {
	removed=''
	others=$(ctr-conf list --needing "$declaring") || exit
	for other in $others; do
		[ -d "$manifest/$other" ] || removed="$removed $other"
	done
}

# each_declared FUNCTION - run it for each container of the manifest
each_declared() {
	for declared in "$manifest"/*; do
		[ ! -d "$declared" ] || each_alone "${declared##*/}" "$1"
	done
}

# each_alone NAME FUNCTION - run it for a container, in a process of its own: the others
# come next, whatever becomes of it.  A condition would turn off set -e.
each_alone() {
	set +e
	(
		set -e
		set_name "$1"
		"$2"
	)
	code=$?
	set -e
	[ "$code" -le "$failed" ] || failed=$code
}

# check_declared - before anything is changed
check_declared() {
	[ -e "$conf" ] || rename_heal "$name"
	ctr-conf check --file "$declared/settings" ||
		die 2 "$name: wrong settings in $declaring, see above"
	declared_settings
	if [ -e "$conf" ]; then
		check_mine
	elif name_in_use; then
		die 1 "$name: $obstacle"
	fi
	[ ! -L "$declared/system" ] || [ -n "$dry_run" ] || declared_system
}

# check_mine - is the container that exists the one that the file declares?
check_mine() {
	! is_declarative || die 1 "$name: declared in the host's configuration, too"
	mine=$(ctr-conf get -- "$name" DECLARED_IN) || mine=''
	[ "$mine" = "$declaring" ] ||
		die 1 "$name: exists, but is not declared in $declaring${mine:+, but in $mine};" \
			"to have it declared there from now on: ctr-conf set $name DECLARED_IN=$declaring"
}

# declared_settings - set settings to those that it is to have
declared_settings() {
	settings=$(ctr-conf get -0 --file "$declared/settings" | tr '\0' '\n')$newline
	setting DECLARED_IN "$declaring"
	[ -e "$work/$name.conf" ] ||
		with_lines "$settings" ctr-conf set --new --file "$work/$name.conf" || exit
}

# declared_system - set system to that, or to nothing
declared_system() {
	system=''
	[ -L "$declared/system" ] || return 0
	system=$(readlink -f -- "$declared/system") || system=''
	[ -e "$system/init" ] ||
		die 1 "$name: $(readlink -- "$declared/system"): no such system"
}

# settings_differ - from those that it has, whatever their order
settings_differ() {
	is=$(ctr-conf get -- "$name") && wanted=$(ctr-conf get --file "$work/$name.conf") || exit
	[ "$is" != "$wanted" ]
}

# change_settings FILE|OPTION... - those that it has become those that it is to have
change_settings() {
	unset_lines=$(ctr-conf get -0 -- "$name" | tr '\0' '\n' | while IFS= read -r line; do
		is_set "${line%%=*}" || printf '%s\n%s\n' --unset "${line%%=*}"
	done)
	with_lines "${unset_lines:+$unset_lines$newline}$settings" ctr-conf set "$@"
}

apply_all() {
	for other in $removed; do each_alone "$other" apply_removed; done
	each_declared apply_one
	each_declared apply_unit
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
	trap create_undo EXIT
	trap 'exit 1' INT TERM HUP
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
	trap unlock EXIT
	trap 'exit 1' INT TERM HUP
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

# find_changes - set before to the system that it has, and changes to what differs
find_changes() {
	before=$(ctr-gcroot path "$name" 2>/dev/null) || before=''
	changes=''
	if settings_differ; then changes=settings; fi
	[ -z "$system" ] || [ "$system" = "$before" ] || changes=$changes+system
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

# apply_unit - do that
apply_unit() {
	after=$run_dir/$name.apply
	[ -e "$after" ] || return 0
	lock "$name"
	trap 'inside_end; unlock' EXIT
	trap 'exit 1' INT TERM HUP
	need_name "$name"
	read -r how <"$after"
	: >"$work/changed"
	case $how in
	start) running || cmd_start "$name" ;;
	*) bring_up_to_date "$how" ;;
	esac
	rm -f "$after"
}

# bring_up_to_date restart|reload - if it was not stopped meanwhile: one that failed to
# restart shall run, too
bring_up_to_date() {
	running || systemctl --quiet is-failed "$unit" || return 0
	case $1 in
	restart) cmd_restart "$name" ;;
	reload) switch || die 1 "$name: could not switch to its new system; to try again:" \
		"nixos-container reload $name" ;;
	esac
}

# apply_show - print what would be done
apply_show() {
	each_declared show_one
	for other in $removed; do
		: >"$work/changed"
		if [ -n "$prune" ]; then
			each_alone "$other" destroy_dry_run
		else
			printf 'not declared any more: %s\n' "$other"
		fi
	done
	[ -e "$work/changed" ] || printf 'nothing to change\n'
}

show_one() {
	declared_settings
	system=$(readlink -- "$declared/system") || system=''
	if [ -e "$conf" ]; then
		show_change
	else
		show_new
	fi
}

show_new() {
	: >"$work/changed"
	printf 'would create the container %s:\n  settings %s\n' "$name" "$conf"
	sed 's/^/    /' "$work/$name.conf"
	printf '  tree %s\n' "$root"
	[ -z "$system" ] || printf '  system %s\n' "$system"
	! is_on AUTO_START || printf '  and start %s\n' "$unit"
}

show_change() {
	find_changes
	[ -n "$changes" ] || return 0
	: >"$work/changed"
	printf 'would change the container %s:\n' "$name"
	todo='switch it to that'
	case $changes in
	*settings*)
		todo=restart
		change_settings --dry-run "$name" >"$work/$name.new"
		diff -u -L "$conf" -L "$conf" "$conf" "$work/$name.new" || : ;;
	esac
	case $changes in
	*system*) printf '  system %s\n  instead of %s\n' "$system" "${before:-none}" ;;
	esac
	if [ -e "$declared/restart" ] && running; then printf '  and %s\n' "$todo"; fi
}
