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
		note 'there is no <nixpkgs/nixos>: building the minimal system'
		printf '%s\n' "$minimal"
	fi
}

# build CONFIGURATION - build a system and print its path
#
# Its temporary root is a link in the lock directory; build_done takes it away.
build() {
	file=$(nix_file)
	build_with "$nix_flags" nix-build "$file" -A system -I "nixos-config=$1" \
		-o "$lock_dir/$name.build"
}

# build_theirs CONFIGURATION - the same of what lies in the container's tree
#
# Its root can write there, and this is evaluated by the host's: it may read
# that folder, what it is built with, and what the user allows by -I.  The
# features are the user's to turn on: with flakes, it could read any folder.
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
		# <nixpkgs/nixos> uses what lies beside it, the minimal system a busybox,
		# not by its name: that is a word of busybox' own sh.
		for busybox in /bin/busybox /usr/bin/busybox /run/current-system/sw/bin/busybox; do
			[ ! -e "$busybox" ] || break
		done
		busybox=$(readlink -f "$busybox") || busybox=/bin/busybox
		file=$(cd "$here" && readlink -f -- "$file")
		set -- "$@" -I "built-with=${file%/nixos}" \
			-I "busybox=$busybox" -I "beside-busybox=${busybox%/*}" ;;
	esac
	# Its traces and errors are the container's words.
	build_with "$nix_flags" visible unprinted "$@"
}

# unprinted COMMAND... - run it without its standard output
unprinted() { "$@" >/dev/null; }

# plain_files - refuse a configuration that no reading of it would end of
#
# Nix opens whatever the configuration names: a FIFO would hold it for ever.
plain_files() {
	odd=$(enter_config && timeout 10 find . -xdev ! -type f ! -type d ! -type l -print -quit) ||
		die 1 "$name: could not look through $root/etc/nixos"
	[ -z "$odd" ] || die 1 "$name: its configuration is not built: this is neither" \
		"a file, a directory nor a link: $root/etc/nixos/${odd#./}"
}

# build_with FLAGS COMMAND... - run it, with flags of the user's
build_with() {
	flags_given=$1
	shift
	if [ -n "$flags_given" ]; then
		while IFS= read -r flag; do
			set -- "$@" "$flag"
		done <<-END
			${flags_given%"$newline"}
		END
	fi
	[ -z "${quiet-}" ] || set -- "$@" --quiet
	# Relative paths among the flags are the caller's.
	(cd "$here" && "$@" 9>&- >/dev/null) || 
		die 1 "$name: its system could not be built; what Nix says of it is above"
	readlink "$lock_dir/$name.build"
}

# system_set - the system becomes the current generation
#
# A collection that began while Nix ended its work does not know of its link,
# and may have taken what it built: builder builds that again, of built_from.
system_set() {
	tries=0
	until ctr-gcroot -- set "$name" "$system"; do
		tries=$((tries + 1))
		[ -n "$builder" ] && [ ! -e "$system" ] && [ $tries -lt 10 ] || exit 1
		note "$name: a garbage collection took what was built: building it again"
		system=$("$builder" "$built_from")
	done
}

# build_done - the link that keeps what was built goes, and those that a Nix
# which was killed had begun, in the ways of its versions
build_done() {
	rm -f "$lock_dir/$name.build" "$lock_dir/$name.build.tmp-"* "$lock_dir"/.[0-9]*_"$name.build"
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

# enter_tree DIR - go to a folder of the tree, and be sure that we are there
#
# The tree is the container's: a link on the way would lead elsewhere.  Once
# there, the folder that we are in cannot be changed for another.
enter_tree() {
	cd -P "$root/$1" 2>/dev/null ||
		die 1 "$name: there is no folder $root/$1"
	[ "$(pwd -P)" = "$(cd -P "$state_dir" && pwd -P)/$name/$1" ] ||
		die 1 "$name: not touched: $root/$1 leads out of the container"
}

enter_config() { enter_tree etc/nixos; }

# file_read FILE - print a plain file of the present folder
#
# The folder is the container's, who may put a link, a FIFO or a device there
# at any time: what was opened is looked at before it is read, and neither the
# opening nor the file goes on for ever.
file_read() {
	# shellcheck disable=SC2016 # for the shell that timeout starts
	timeout 10 sh -c 'exec 3<"$1" || exit 1
		[ -f /proc/self/fd/3 ] &&
			[ "$(readlink /proc/self/fd/3)" = "$(pwd -P)/$1" ] &&
			exec head -c 16777216 <&3' sh "$1" 2>/dev/null
}

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
# is the container's: no redirection of ours is safe there
config_put() {
	printf '%s' "$wanted" | ctr-tree ${2+"$1"} -- put "$root" - "etc/nixos/${2-$1}" ||
		die 1 "$name: its configuration could not be written"
}

# config_keep - it becomes configuration.nix; the old one is kept under the next
# free number
config_keep() {
	config_put --backup configuration.nix
	ctr-tree remove "$root" etc/nixos/configuration.nix.new
}

