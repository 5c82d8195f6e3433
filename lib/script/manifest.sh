# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# manifest.sh - what Nix makes of a file for apply: a folder for each container, with
# what apply.nix says

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

# manifest_source - print the Nix that makes the manifest, and its text
manifest_source() {
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
	out_link=$manifest_link
	build_with "$nix_paths$nix_flags" nix-build --expr "$(manifest_source)" -A manifest \
		-o "$out_link"
	manifest=$system
}

# manifest_read - the same without a build: its links lead to systems that may not exist
manifest_read() {
	find_nixos
	manifest=$work/manifest
	mkdir "$manifest"
	(cd "$here" && with_lines "$nix_paths$nix_flags" nix-instantiate --eval --json \
		--expr "$(manifest_source)" -A text) >"$work/json" || build_failed
	text=$(nix_eval "builtins.fromJSON (builtins.readFile $(nix_string "$work/json"))") ||
		build_failed
	while IFS= read -r line; do
		case $line in
		'') ;;
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
