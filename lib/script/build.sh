# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# build.sh - build a system, and the options that say of what

# check_build_options - do the options that say what to build agree?
check_build_options() {
	case $nixos_path in
	-*) usage "--nixos-path: not a path: $nixos_path" ;;
	esac
	[ -z "$config" ] || [ -z "$config_file" ] ||
		usage '--config and --config-file exclude each other'
	[ -z "$system_path" ] || [ -z "$config$nixos_path" ] ||
		usage '--system-path excludes --config and --nixos-path'
	[ -z "$system_path" ] || [ -e "$system_path/init" ] ||
		die 2 "--system-path $system_path: has no init"
	[ -z "$flake" ] || check_flake
	[ -z "$rootfs" ] || check_rootfs
	[ -z "${config_file#-}" ] || check_config_file
}

# check_config_file - make the file independent of the current directory, too
check_config_file() {
	case $config_file in
	*[[:cntrl:]]*) die 2 "--config-file $config_file: a control character in the path" ;;
	/*) ;;
	*) config_file=$here/${config_file#./} ;;
	esac
	is_config_file ||
		die 2 "--config-file $config_file: no such file"
	! file_inside "$config_file" || die 2 "--config-file $config_file: in the tree of a" \
		'container, whose root can change it; to use it as it is now: --config-file - <FILE'
}

# is_config_file - as import takes it, a folder stands for its default.nix
is_config_file() { [ -f "$config_file" ] || [ -f "$config_file/default.nix" ]; }

# check_flake - make the flake independent of the current directory
check_flake() {
	case $flake in
	*"$newline"* | *'"'* | *"'"* | '#'* | -*) usage "--flake: invalid flake: $flake" ;;
	. | ./* | .. | ../* | '.#'* | '..#'*) flake=$here/$flake ;;
	esac
	[ -z "$with_config$nixos_path$system_path" ] ||
		usage '--flake excludes --config, --config-file, --nixos-path and --system-path'
}

# need_nix PROGRAM - of Nix
need_nix() {
	need_program "$1" 'to build its system; one that boots by itself needs no Nix: --rootfs'
}

# ask_nix [FILE] - print what Nix says of <nixpkgs/nixos> and what else it searches;
# with the FILE of nix_settings, of these, too.  Nix itself reads that JSON.
ask_nix() {
	need_nix nix
	ASK_FILE=$(nix_wanted)
	ASK_SETTINGS=${1-}
	export ASK_FILE ASK_SETTINGS
	# Its warnings are only in the way, unless it fails.
	nix_eval "$ask" 2>/dev/null || nix_eval "$ask" ||
		die 1 "$name: Nix failed; its error is above"
}

# nix_wanted - print the file that Nix searches, if it does
nix_wanted() {
	case $nixos_path in
	'') printf 'nixpkgs/nixos' ;;
	'<'*'>') wanted=${nixos_path#<}; printf '%s' "${wanted%>}" ;;
	esac
}

# nix_said - read what ask_nix printed
nix_said() {
	IFS= read -r nix_features
	IFS= read -r nix_builders
	IFS= read -r nix_sandbox
	IFS= read -r nix_trusts
	# Empty lines at the end may be lost.
	IFS= read -r nix_found || :
	IFS= read -r nix_named || :
	nix_search=''
	while IFS= read -r entry || [ -n "$entry" ]; do
		nix_search=$nix_search$entry$newline
	done
}

# nix_eval EXPRESSION - print its value
nix_eval() (
	cd "$here"
	with_lines "$nix_paths" nix --extra-experimental-features nix-command \
		eval --impure --raw --expr "$1"
)

# shellcheck disable=SC2016 # for Nix
ask='
	let
	  inherit (builtins) concatStringsSep elem elemAt filter fromJSON getEnv isInt isString
	    map nixPath readFile toJSON tryEval;
	  read = file: if file == "" then { } else fromJSON (readFile file);
	  daemon = read (getEnv "ASK_SETTINGS");
	  user = read (getEnv "ASK_SETTINGS" + (if daemon == { } then "" else ".user"));
	  value = from: name: (from.${name} or { value = ""; }).value;
	  # Nix 2.8 prints numbers.
	  feature = f: if isInt f then elemAt [ "ca-derivations" "impure-derivations" "flakes"
	    "nix-command" "recursive-nix" "no-url-literals" "fetch-closure" ] f else f;
	  words = list: if list == "" then "" else concatStringsSep " " (map feature list);
	  sandbox = value daemon "sandbox";
	  wanted = getEnv "ASK_FILE";
	  named = filter (e: e.prefix == elemAt (builtins.match "([^/]*)(/.*)?" wanted) 0) nixPath;
	  found = tryEval (builtins.findFile nixPath wanted);
	in
	concatStringsSep "\n" ([
	  (words (value user "experimental-features"))
	  (if value daemon "auto-allocate-uids" == true then "auto" else value daemon "build-users-group")
	  (if isString sandbox then sandbox else toJSON sandbox)
	  (" " + words (value daemon "trusted-users") + " ")
	  (if wanted != "" && found.success then toString found.value else "")
	  (if wanted == "" || named == [ ] then "" else (elemAt named 0).path)
	] ++ map (e: "${e.prefix}=${e.path}") nixPath)
'

# nix_settings FILE - write those of the daemon to FILE, and those of the user,
# whose environment the daemon does not have, to FILE.user
nix_settings() {
	(unset NIX_CONFIG NIX_CONF_DIR NIX_USER_CONF_FILES XDG_CONFIG_HOME XDG_CONFIG_DIRS HOME
	nix_print_settings) >"$1"
	if [ -n "${NIX_CONFIG-}${NIX_CONF_DIR-}${NIX_USER_CONF_FILES-}${XDG_CONFIG_HOME-}" ] ||
		[ "${HOME-/root}" != /root ]; then
		nix_print_settings >"$1.user"
	else
		ln -f "$1" "$1.user"
	fi
}

# nix_print_settings - as JSON; the verb has another name since Nix 2.20
nix_print_settings() {
	nix --extra-experimental-features nix-command show-config --json 2>/dev/null ||
		nix --extra-experimental-features nix-command config show --json 2>/dev/null ||
		die 1 "$name: Nix does not tell its settings (nix config show --json)"
}

# nix_file - set file to what to build the system with, after nix_said
nix_file() {
	if [ -n "$nixos_path" ]; then
		file=$nixos_path
	elif [ -n "$nix_found" ]; then
		file='<nixpkgs/nixos>'
	elif [ -n "$nix_named" ]; then
		die 1 "$name: <nixpkgs/nixos> cannot be found in nixpkgs=$nix_named"
	else
		note "$name: no <nixpkgs/nixos> in NIX_PATH: building the minimal system"
		file=$minimal
	fi
}

# nixos_source - print the Nix of nixos, a function of arguments that makes the set of
# <nixpkgs/nixos>, or of another file
#
# The arguments of the file, which --arg sets, are given, too.
nixos_source() {
	case $file in
	'<'*'>') from=$file ;;
	*://* | channel:*) from="fetchTarball $(nix_string "$file")" ;;
	/*) from="/. + $(nix_string "$file")" ;;
	*) from="/. + $(nix_string "$here/$file")" ;;
	esac
	cat <<-END
		  file = import ($from);
		  nixos = more:
		    if builtins.isFunction file
		    then file (builtins.intersectAttrs (builtins.functionArgs file) (given // more))
		    else file;
	END
}

# checked_system - print the Nix that makes such a set, but refuses a system that is no
# container's
checked_system() {
	cat <<-END
		{ ... }@given:
		let
		$(nixos_source)
		  made = nixos { };
		  boot = made.config.boot or { };
		  option = if boot ? isNspawnContainer then "isNspawnContainer" else "isContainer";
		in
		made // {
		  system =
		    if boot.\${option} or true then made.system
		    else throw "the system of $name is not a container's: add to its configuration: boot.\${option} = true;";
		}
	END
}

# find_nixos - set file, by what Nix says
find_nixos() {
	asked=$(ask_nix) || exit 1
	nix_said <<-END
		$asked
	END
	nix_file
}

# build CONFIGURATION - build a system and set system to its path
#
# A link in the lock directory is its temporary root, until build_done.
build() {
	find_nixos
	out_link=$run_dir/$name.build
	build_with "$nix_paths$nix_flags" nix-build --expr "$(checked_system)" -A system \
		-I "nixos-config=$1" -o "$out_link"
}

# build_with FLAGS COMMAND... - run it with flags of the user; it makes $out_link
build_with() {
	[ -z "$quiet" ] || set -- "$@" --quiet
	need_nix nix-build
	# Relative paths in flags start at the caller's directory.
	(cd "$here" && with_lines "$@" 9>&- >/dev/null) || build_failed
	system=$(readlink "$out_link")
}

build_failed() {
	[ "${file-}" != "$minimal" ] || say "$name: built as the minimal system; its options," \
		'and how to get NixOS: nixos-container-systems(7)'
	die 1 "$name: could not build its system; the error of Nix is above"
}

# system_set - the system becomes the current generation
#
# A garbage collection that began before the link was made may have deleted the
# system: builder builds it again from built_from.
system_set() {
	tries=0
	until ctr-gcroot set --trees "$state_dir" -- "$name" "$system"; do
		tries=$((tries + 1))
		[ -n "$builder" ] && [ ! -e "$system" ] && [ ! -L "$system" ] && [ $tries -lt 10 ] ||
			exit 1
		note "$name: a garbage collection deleted the new system: building it again"
		"$builder" "$built_from"
	done
}

# build_done - the configuration goes, and the link that keeps what was built, with
# those that a Nix which was killed had begun, in the ways of its versions; so does
# the sandbox
build_done() {
	job_end
	rootfs_end
	rm -f "$run_dir/$name.configuration.nix"
	link_remove "$run_dir/$name.build"
}

link_remove() { rm -f "$1" "$1.tmp-"* "${1%/*}"/.[0-9]*_"${1##*/}"; }

# flake_attribute FLAKE - what of it to build, as nix build has it
flake_attribute() {
	case $1 in
	*#?*) printf '%s\n' "${1%%#*}#nixosConfigurations.\"${1#*#}\".config.system.build.toplevel" ;;
	*) printf '%s\n' "${1%#}#nixosConfigurations.\"container\".config.system.build.toplevel" ;;
	esac
}

# build_flake FLAKE - build the system of a flake; as build does, unless a
# container wrote it
build_flake() {
	! flake_inside "$1" || { build_flake_theirs; return; }
	out_link=$run_dir/$name.build
	set -- nix --extra-experimental-features 'nix-command flakes' build \
		--out-link "$out_link" "$(flake_attribute "$1")"
	build_with "$nix_paths$nix_flags$flake_flags" "$@"
}
