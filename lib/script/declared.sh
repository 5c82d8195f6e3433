# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# declared.sh - a container as a file declares it, and as it is

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
			"to have it declared there from now on: nixos-container set $name DECLARED_IN=$declaring"
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

# find_changes - set old_system to the system that it has, and changes to what differs
find_changes() {
	old_system=$(ctr-gcroot path "$name" 2>/dev/null) || old_system=''
	changes=''
	if settings_differ; then changes=settings; fi
	[ -z "$system" ] || [ "$system" = "$old_system" ] || changes=$changes+system
}

# change_settings FILE|OPTION... - those that it has become those that it is to have
change_settings() {
	unset_lines=$(ctr-conf get -0 -- "$name" | tr '\0' '\n' | while IFS= read -r line; do
		is_set "${line%%=*}" || printf '%s\n%s\n' --unset "${line%%=*}"
	done)
	with_lines "${unset_lines:+$unset_lines$newline}$settings" ctr-conf set "$@"
}
