# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# build.sh - build a system, and the options that say of what

# Nix's own flags that create and update pass on are kept as lines, so that
# each stays one word.
nix_flag() {
	case $1 in
	*"$newline"*) usage "a newline in an option for Nix: $1" ;;
	esac
	nix_flags=$nix_flags$1$newline
}

# nix_file - what to build the system with
nix_file() {
	if [ -n "$nixos_path" ]; then
		printf '%s\n' "$nixos_path"
	elif nix-instantiate --find-file nixpkgs/nixos >/dev/null 2>&1; then
		printf '%s\n' '<nixpkgs/nixos>'
	else
		say 'there is no <nixpkgs/nixos>: building the minimal system'
		printf '%s\n' "$minimal"
	fi
}

# build CONFIGURATION - build a system and print its path
#
# Its temporary root is a link in the lock directory; build_done takes it away.
build() {
	file=$(nix_file)
	set -- "$file" -A system -I "nixos-config=$1" -o "$lock_dir/$name.build"
	if [ -n "$nix_flags" ]; then
		while IFS= read -r flag; do
			set -- "$@" "$flag"
		done <<-END
			${nix_flags%"$newline"}
		END
	fi
	# Relative paths among the flags are the caller's.
	(cd "$here" && nix-build "$@" 9>&- >/dev/null) || die 1 "$name: its system could not be built"
	readlink "$lock_dir/$name.build"
}

build_done() { rm -f "$lock_dir/$name.build"; }

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

# enter_config - go to the container's etc/nixos, and be sure that we are there
#
# The tree is the container's: a link on the way would lead elsewhere.  Once
# there, the folder that we are in cannot be changed for another.
enter_config() {
	cd -P "$root/etc/nixos" 2>/dev/null ||
		die 1 "$name: no folder $root/etc/nixos"
	[ "$(pwd -P)" = "$(cd -P "$state_dir" && pwd -P)/$name/etc/nixos" ] ||
		die 1 "$name: $root/etc/nixos leads out of the container"
}

# config_wanted - print the configuration that the options ask for
config_wanted() {
	if [ -n "$config_file" ]; then
		cat -- "$config_file"
	else
		default_config "$config"
	fi
}

# config_keep - put configuration.nix.new in place of configuration.nix, which
# is kept under the next free number
config_keep() {
	n=1
	while [ -e "configuration.nix.~$n~" ] || [ -L "configuration.nix.~$n~" ]; do
		n=$((n + 1))
	done
	if cmp -s configuration.nix configuration.nix.new; then
		rm -f configuration.nix.new
		return
	fi
	[ ! -e configuration.nix ] ||
		ln -T configuration.nix "configuration.nix.~$n~"
	mv -T configuration.nix.new configuration.nix
}

build_options() {
	config='' config_file='' nixos_path='' system_path='' nix_flags=''
	host_address='' local_address='' bridge='' ports='' nat='' auto_start='' unique=''
	no_start='' operands='' with_config=''
	while [ $# -gt 0 ]; do
		case $1 in
		--config | --config-file | --nixos-path | --system-path | \
		--host-address | --local-address | --bridge | --port | --option | \
		--arg | --argstr | -I | --max-jobs | -j | --cores)
			[ $# -ge 2 ] || usage "$1: its argument is missing" ;;
		esac
		case $1 in
		--config) config=$2 with_config=1; shift ;;
		--config-file) config_file=$2 with_config=1; shift ;;
		--nixos-path) nixos_path=$2; shift ;;
		--system-path) create_only "$1"; system_path=$2; shift ;;
		--host-address) create_only "$1"; host_address=$2; shift ;;
		--local-address) create_only "$1"; local_address=$2; shift ;;
		--bridge) create_only "$1"; bridge=$2; shift ;;
		--port) create_only "$1"; ports=$ports${ports:+,}$2; shift ;;
		--nat) create_only "$1"; nat=1 ;;
		--auto-start) create_only "$1"; auto_start=1 ;;
		--no-start) create_only "$1"; no_start=1 ;;
		--ensure-unique-name) create_only "$1"; unique=1 ;;
		--option | --arg | --argstr)
			[ $# -ge 3 ] || usage "$1 $2: its value is missing"
			nix_flag "$1"; nix_flag "$2"; nix_flag "$3"; shift 2 ;;
		-I | --max-jobs | -j | --cores) nix_flag "$1"; nix_flag "$2"; shift ;;
		--show-trace | --keep-going | --keep-failed | --fallback | \
		--quiet | --verbose | -v) nix_flag "$1" ;;
		--) shift; break ;;
		-*) usage "$1: no such option" ;;
		*) operands="$operands $1"; name_check "$1" ;;
		esac
		shift
	done
	for word in "$@"; do name_check "$word"; operands="$operands $word"; done
	# shellcheck disable=SC2086 # names hold no blanks
	set -- $operands
	[ $# -le 1 ] || usage "$2: one name is enough"
	[ -z "$config_file" ] || [ -f "$config_file" ] ||
		die 2 "--config-file $config_file: no such file"
	[ -z "$config" ] || [ -z "$config_file" ] ||
		usage '--config and --config-file exclude each other'
	here=$PWD
	case $config_file in
	'' | /*) ;;
	*) config_file=$here/$config_file ;;
	esac
	name_set "${1-}"
}

create_only() { [ "$verb" = create ] || usage "$1: an option of create alone"; }
