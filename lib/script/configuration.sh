# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# configuration.sh - configuration.nix in the tree of a container

# nix_string TEXT - print it as a string of Nix
nix_string() { printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"$]/\\&/g')"; }

# user_module - print the module that the options name, as an expression of Nix
user_module() {
	case $config_file in
	'') printf '{ config, lib, pkgs, ... }: with lib; {\n%s\n}\n' "$config" ;;
	-) cat ;;
	*) printf '/. + %s\n' "$(nix_string "$config_file")" ;;
	esac
}

# wrapper - print the configuration around $module, which can override all of it
wrapper() {
	cat <<-END
		{ lib, options, ... }:

		{
		  boot = if options.boot ? isNspawnContainer then { isNspawnContainer = true; }
		    else { isContainer = true; };
		  networking.hostName = lib.mkDefault "$name";
		  networking.useDHCP = lib.mkOverride 900 false;
		  imports = [
		    (
		$module
		    )
		  ];
		}
	END
}

# config_read - set module to that of the user, and wanted to configuration.nix:
# that of edit is whole.  Standard input is read once.
config_read() {
	if [ -n "${edits-}" ]; then
		wanted=$(cat -- "$edits/configuration.nix" && printf .) || exit 1
		wanted=${wanted%.}
		return
	fi
	module=$(user_module) || exit 1
	wanted=$(wrapper)$newline
}

# config_get - print its configuration.nix
config_get() { ctr-tree get --max-bytes 16777216 -- "$root" etc/nixos/configuration.nix -; }

# config_put TREE [OPTION] - write it to a file of the container's, or of the copy:
# a redirection would follow a link
config_put() {
	printf '%s' "$wanted" |
		ctr-tree ${2+"$2"} -- put "$1" - etc/nixos/configuration.nix ||
		die 1 "$name: could not write its configuration"
}

# config_same - is it in the tree already?  After a rename, the name may be another.
config_same() {
	there=$(config_get 2>/dev/null | without_name) &&
		[ "$there" = "$(printf '%s' "$wanted" | without_name)" ]
}

without_name() { sed '/^  networking\.hostName = lib\.mkDefault "/d'; }
