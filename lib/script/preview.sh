# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# preview.sh - what apply would do

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
	*system*) printf '  system %s\n  instead of %s\n' "$system" "${old_system:-none}" ;;
	esac
	if [ -e "$declared/restart" ] && running; then printf '  and %s\n' "$todo"; fi
}
