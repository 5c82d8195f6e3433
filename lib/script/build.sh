# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# build.sh - build a system, and the options that say of what

# check_build_options - do the options that say what to build agree?
check_build_options() {
	[ -z "${config_file#-}" ] || [ -f "$config_file" ] ||
		die 2 "--config-file $config_file: no such file"
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
	case $config_file in
	'' | - | /*) ;;
	*) config_file=$here/$config_file ;;
	esac
}

# check_flake - make the flake independent of the current directory
check_flake() {
	case $flake in
	*"$newline"* | *'"'* | *"'"* | '#'* | -*) usage "--flake: invalid flake: $flake" ;;
	. | ./* | .. | ../* | '.#'* | '..#'*) flake=$here/$flake ;;
	esac
	[ -z "$with_config$nixos_path$system_path" ] ||
		usage '--flake excludes --config, --config-file, --nixos-path and --system-path'
}

# nix_file - what to build the system with
nix_file() {
	if [ -n "$nixos_path" ]; then
		printf '%s\n' "$nixos_path"
	elif nix-instantiate --find-file nixpkgs/nixos >/dev/null 2>&1; then
		printf '%s\n' '<nixpkgs/nixos>'
	else
		note 'no <nixpkgs/nixos> in NIX_PATH: building the minimal system'
		printf '%s\n' "$minimal"
	fi
}

# build CONFIGURATION - build a system and print its path
#
# A link in the lock directory is its temporary root, until build_done.
build() {
	file=$(nix_file)
	build_with "$nix_flags" nix-build "$file" -A system -I "nixos-config=$1" \
		-o "$lock_dir/$name.build"
}

# build_theirs CONFIGURATION - the same, from the container's tree
#
# The container's root writes it, and the host's root evaluates it.  So it can
# only read its own directory, what it is built with, and what the user allows
# with -I.  Experimental features are off: a flake could read any directory.
build_theirs() {
	file=$(nix_file)
	plain_files
	set -- nix-build "$file" -A system -I "nixos-config=$1" \
		-o "$lock_dir/$name.build" --option restrict-eval true \
		--option allowed-uris https:// --option experimental-features '' \
		-I "configuration-of-$name=$root/etc/nixos"
	case $file in
	'<'*'>')
		file=${file#<}
		file=${file%%[/>]*}
		set -- "$@" -I "$file=$(readlink -f "$(nix-instantiate --find-file "$file")")" ;;
	*)
		# <nixpkgs/nixos> uses files beside it, the minimal system a busybox.
		# busybox' own sh would find "busybox" as a builtin.
		for busybox in /bin/busybox /usr/bin/busybox /run/current-system/sw/bin/busybox; do
			[ ! -e "$busybox" ] || break
		done
		busybox=$(readlink -f "$busybox") || busybox=/bin/busybox
		file=$(cd "$here" && readlink -f -- "$file")
		set -- "$@" -I "built-with=${file%/nixos}" \
			-I "busybox=$busybox" -I "beside-busybox=${busybox%/*}" ;;
	esac
	# The container controls the text of traces and errors.
	build_with "$nix_flags" visible unprinted "$@"
}

# unprinted COMMAND... - run it without its standard output
unprinted() { "$@" >/dev/null; }

# plain_files - refuse a configuration with FIFOs, devices or sockets
#
# Nix opens any file that the configuration names: a FIFO would block it.
plain_files() {
	odd=$(enter_config && timeout 10 find . -xdev ! -type f ! -type d ! -type l -print -quit) ||
		die 1 "$name: could not search $root/etc/nixos"
	[ -z "$odd" ] || die 1 "$name: not built, as its configuration has what is" \
		"neither file, directory nor link: $root/etc/nixos/${odd#./}"
}

# build_with FLAGS COMMAND... - run it with flags of the user
build_with() {
	[ -z "$quiet" ] || set -- "$@" --quiet
	need_program nix-build 'to build its system'
	# Relative paths in flags start at the caller's directory.
	(cd "$here" && with_lines "$@" 9>&- >/dev/null) ||
		die 1 "$name: could not build its system; the error of Nix is above"
	readlink "$lock_dir/$name.build"
}

# system_set - the system becomes the current generation
#
# A garbage collection that began before the link was made may have deleted the
# system: builder builds it again from built_from.
system_set() {
	tries=0
	until ctr-gcroot set --trees "$state_dir" -- "$name" "$system"; do
		tries=$((tries + 1))
		[ -n "$builder" ] && [ ! -e "$system" ] && [ $tries -lt 10 ] || exit 1
		note "$name: a garbage collection deleted the new system: building it again"
		system=$("$builder" "$built_from")
	done
}

# build_done - the link that keeps what was built goes, and those that a Nix
# which was killed had begun, in the ways of its versions
build_done() {
	rm -f "$lock_dir/$name.build" "$lock_dir/$name.build.tmp-"* "$lock_dir"/.[0-9]*_"$name.build"
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

# default_config TEXT - the configuration that create writes
default_config() {
	cat <<-END
		{ config, lib, pkgs, ... }:

		with lib;

		{ boot.isContainer = true;
		  networking.hostName = mkDefault "$name";
		  networking.useDHCP = false;
		  $1
		}
	END
}

# enter_tree DIR - change to a directory of the tree
#
# A link of the container's could lead elsewhere.  The current directory cannot
# be exchanged any more.
enter_tree() {
	cd -P "$root/$1" 2>/dev/null ||
		die 1 "$name: no such directory: $root/$1"
	[ "$(pwd -P)" = "$(cd -P "$state_dir" && pwd -P)/$name/$1" ] ||
		die 1 "$name: $root/$1 leads out of the container"
}

enter_config() { enter_tree etc/nixos; }

# config_get - print its configuration.nix, 16 MiB at most to a file
config_get() (
	ulimit -f 32768
	exec ctr-tree get "$root" etc/nixos/configuration.nix -
)

# config_wanted - print the configuration that the options ask for
config_wanted() {
	if [ -n "$config_file" ]; then
		cat -- "$config_file"
	else
		default_config "$config"
	fi
}

# config_read - set wanted to that configuration; standard input is read once
config_read() {
	wanted=$(config_wanted && printf .) || exit 1
	wanted=${wanted%.}
}

# config_put [OPTION] FILE - write it to a file of etc/nixos in the tree, which
# belongs to the container: a redirection would not be safe
config_put() {
	printf '%s' "$wanted" | ctr-tree ${2+"$1"} -- put "$root" - "etc/nixos/${2-$1}" ||
		die 1 "$name: could not write its configuration"
}

# config_keep - it becomes configuration.nix; the old one is kept under the next
# free number
config_keep() {
	config_put --backup configuration.nix
	ctr-tree remove "$root" etc/nixos/configuration.nix.new
}
