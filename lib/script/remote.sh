# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# remote.sh - the same command on another machine, over ssh
#
# NIX_SSHOPTS are options for ssh, as for Nix's own commands.

# cmd_remote OPERAND... - run the verb on the other machine
cmd_remote() {
	remote_tty=''
	case $verb in
	run | login | root-login | shell | edit | set-root-password | logs | launch)
		[ ! -t 0 ] || [ ! -t 1 ] || remote_tty=-t ;;
	create | update) remote_build "$@" ;;
	export) remote_export "$@" ;;
	import)
		remote_import "$@"
		shift
		set -- - "$@" ;;
	copy-to | copy-from) remote_copy "$@" ;;
	esac
	quote "$@"
	remote_run "$selected$passed -- $quoted"
}

# remote_run WORDS [COMMAND...] - become ssh that runs this verb, or a command that ends
# with that; the words are quoted
remote_run() {
	there="nixos-container $verb$1"
	shift
	# shellcheck disable=SC2086 # words of options, and one or none
	exec "$@" ssh $remote_tty ${NIX_SSHOPTS-} -- "$remote" "$there"
}

# remote_module - print the text of the configuration: the other machine has no such file
remote_module() {
	if [ -d "$config_file" ]; then
		cat -- "$config_file/default.nix"
	else
		cat -- "$config_file"
	fi
}

# remote_build NAME... - build what create or update needs on the other machine
#
# Returns if the other machine builds: without a configuration on this side.
remote_build() {
	check_build_options
	if [ "$verb" = update ] && [ -z "$with_config$system_path$flake" ]; then
		[ -z "$nixos_path" ] || usage '--nixos-path with --host needs --config' \
			'or --config-file'
		return
	fi
	[ $# = 1 ] || usage 'with --host and a system that is built here: expected one name'
	[ "$verb" = update ] || check_new_name "$1"
	set_name "$1"
	[ -z "$rootfs" ] || [ -z "$dry_run" ] || remote_run "$kept --rootfs - -- '$name'" </dev/null
	[ -z "$dry_run" ] || return 0
	[ "$verb" = update ] || (complete_settings; check_settings >/dev/null) || exit
	# Users of Nix need no rights on this machine's containers.
	run_dir=$(mktemp -d "${TMPDIR:-/tmp}/nixos-container.XXXXXX")
	at_end remote_end
	[ -z "$rootfs" ] || remote_rootfs
	module=''
	if [ -z "$flake" ] && [ -z "$system_path" ] || [ -n "$with_config" ]; then
		config_read
		printf '%s' "$wanted" >"$run_dir/configuration.nix"
		[ -z "${config_file#-}" ] || module=$(remote_module) || exit 1
	fi
	if [ -n "$flake" ]; then
		build_flake "$flake"
	elif [ -n "$system_path" ]; then
		system=$(readlink -f -- "$system_path")
	else
		build "$run_dir/configuration.nix"
	fi
	nix-copy-closure ${quiet:+--quiet} --to "$remote" "$system" ||
		die 1 "$name: could not copy $system to $remote"
	quote --system-path "$system"
	[ -z "$module" ] || quoted="$quoted --config-file -"
	printf '%s\n' "$module" | (remote_run "$kept$quoted -- '$name'") || exit
	exit 0
}

# remote_rootfs - send the tree of this machine as a tar
remote_rootfs() {
	code=0
	rootfs_pack
	exec 7<&0
	(
		[ "$archive" = - ] || exec 7<"$archive"
		remote_run "$kept --rootfs - -- '$name'" <&7 7<&-
	) || code=$?
	rootfs_packed || die 1 "$name: not all of $rootfs was sent"
	exit "$code"
}

remote_end() { rm -rf "$run_dir"; }
