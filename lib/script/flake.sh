# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# flake.sh - a system out of a flake

# flake_check - make the flake of the options one that means the same from
# everywhere; its attribute is "container" where none is said
flake_check() {
	case $flake in
	*"$newline"* | *'"'* | *"'"* | '#'* | -*) usage "not a flake: $flake" ;;
	. | ./* | .. | ../* | '.#'* | '..#'*) flake=$here/$flake ;;
	esac
	for word in "$config" "$config_file" "$nixos_path" "$system_path"; do
		[ -z "$word" ] || usage "--flake excludes $word"
	done
}

# flake_attribute FLAKE - what of it to build, as nix build has it
flake_attribute() {
	case $1 in
	*#?*) printf '%s\n' "${1%%#*}#nixosConfigurations.\"${1#*#}\".config.system.build.toplevel" ;;
	*) printf '%s\n' "${1%#}#nixosConfigurations.\"container\".config.system.build.toplevel" ;;
	esac
}

# build_flake FLAKE - build the system of a flake; as build does
build_flake() {
	set -- nix --extra-experimental-features 'nix-command flakes' build \
		--out-link "$lock_dir/$name.build" "$(flake_attribute "$1")"
	build_with "$nix_flags$flake_flags" "$@"
}

# flake_keep - note in the settings the flake of an update, or that there is none
flake_keep() {
	[ "$flake" != "$FLAKE" ] || return 0
	if declarative; then
		die 1 "$name: declared in the host's configuration: its flake is said there"
	fi
	{
		sed '/^FLAKE=/d' "$conf"
		[ -z "$flake" ] || printf 'FLAKE=%s\n' "$flake"
	} >"$pending.tmp"
	sync "$pending.tmp"
	mv "$pending.tmp" "$conf"
	sync "$conf_dir"
}
