# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# store.sh - a container with STORE=closure sees the closure of its system alone

# store_paths SYSTEM - print the paths that it needs; in the store it needs none if
# it lies elsewhere
store_paths() {
	case $1 in
	/nix/store/*) nix-store --query --requisites "$1" ;;
	esac
}

# store_make - prepare the view that ctr-tree mounts for systemd-nspawn
store_make() {
	[ -d "$run_dir" ] || { mkdir -p "$run_dir" && chmod 700 "$run_dir"; }
	{ paths=$(store_paths "$system") && store_show; } ||
		die 1 "$name: not started: cannot show the closure of $system alone"
}

# store_show OPTION... - bring these paths into the view
store_show() {
	printf '%s' "${paths:+$paths$newline}" | ctr-tree closure "$@" -- "$store_view"
}

# store_add - before the running container switches to its system; one that sees the
# whole store has no view
store_add() {
	[ -d "$store_view" ] || return 0
	if find_leader && paths=$(store_paths "$system") &&
		store_show --optional --leader "$leader"; then
		return
	fi
	say "$name: cannot show the closure of $system;" \
		"to restart with it: nixos-container restart $name"
	return 1
}

# store_off - the mounts ended with the systemd-nspawn that had them
store_off() { dir_off "$store_view"; }
