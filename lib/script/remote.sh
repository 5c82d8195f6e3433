# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# remote.sh - the same command on another machine, over ssh
#
# NIX_SSHOPTS are options for ssh, as for Nix's own commands.

# remote_host WORD... - take -H HOST off the front; taken: how many words
remote_host() {
	taken=0
	case ${1-} in
	-H | --host)
		[ $# -ge 2 ] || usage "$1: its argument is missing"
		remote=$2 taken=2 ;;
	-H*) remote=${1#-H} taken=1 ;;
	--host=*) remote=${1#*=} taken=1 ;;
	*) return 0 ;;
	esac
	case $remote in
	'' | -* | *[!a-zA-Z0-9@:._%-]*) usage "-H: not the name of a host: $remote" ;;
	esac
}

# remote_do ARGUMENT... - the verb there
remote_do() {
	case $verb in
	create | update) remote_build "$@" ;;
	run | login | root-login | shell | edit | set-root-password | logs | launch)
		[ ! -t 0 ] || [ ! -t 1 ] || remote_tty=-t ;;
	esac
	remote "$verb" "$@"
}

# remote WORD... - become ssh that runs nixos-container with these there
remote() {
	remote_line "$@"
	# shellcheck disable=SC2086 # words of options, and one or none
	exec ssh ${remote_tty-} ${NIX_SSHOPTS-} -- "$remote" "$line"
}

# remote_line WORD... - the line for the shell there: each word in quotes, so
# that it stays what it is
remote_line() {
	line=nixos-container
	for word; do
		line="$line '"
		while :; do
			case $word in
			*\'*) line=$line${word%%\'*}"'\\''" word=${word#*\'} ;;
			*) break ;;
			esac
		done
		line=$line$word\'
	done
}

# remote_build OPTION... - build here what create or update is to have there
#
# Returns where there is nothing to build here: what lies there is built there.
remote_build() {
	build_options "$@"
	[ -z "$dry_run" ] || return 0
	if [ "$verb" = update ] && [ -z "$with_config$system_path$flake" ]; then
		[ -z "$nixos_path" ] || usage '--nixos-path with -H: of what' \
			'configuration? --config or --config-file says it'
		return
	fi
	# Whoever may use Nix here needs no rights on this machine's containers.
	lock_dir=$(mktemp -d "${TMPDIR:-/tmp}/nixos-container.XXXXXX")
	trap 'rm -rf "$lock_dir"' EXIT
	trap 'exit 1' INT TERM HUP
	text=$lock_dir/configuration.nix
	: >"$text"
	if [ -z "$flake" ] && [ -z "$system_path" ] || [ -n "$with_config" ]; then
		config_wanted >"$text"
	fi
	if [ -n "$flake" ]; then
		system=$(build_flake "$flake")
	elif [ -n "$system_path" ]; then
		system=$(readlink -f -- "$system_path")
	else
		system=$(build "$text")
	fi
	nix-copy-closure --to "$remote" "$system" ||
		die 1 "$name: $system could not be copied to $remote"
	remote_options
	exit 0
}

# remote_options - what is left of the options, for a system that is there
remote_options() {
	set -- "$verb" --system-path "$system"
	[ ! -s "$text" ] || set -- "$@" --config-file -
	for option in host-address:"$host_address" local-address:"$local_address" \
		host-address:"$host_address6" local-address:"$local_address6" \
		gateway:"$gateway" gateway:"$gateway6" bridge:"$bridge" port:"$ports"; do
		[ -z "${option#*:}" ] || set -- "$@" "--${option%%:*}" "${option#*:}"
	done
	for option in ${nat:+nat} ${resolve:+resolve-containers} ${unique:+ensure-unique-name} \
		${auto_start:+auto-start} ${no_start:+no-start} ${quiet:+quiet} \
		${take_back:+rollback-on-failure}; do
		set -- "$@" "--$option"
	done
	[ "$verb" != update ] || set -- "$@" "--$apply"
	(remote "$@" -- "$name" <"$text")
}
