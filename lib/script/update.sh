# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# update.sh - another generation

cmd_update() {
	build_options "$@"
	update_begin
	update_rest
}

update_begin() {
	lock "$name"
	name_known "$name"
	trap 'build_done; unlock' EXIT
	trap 'exit 1' INT TERM HUP
	conf_read
	[ -z "$SYSTEM_PATH" ] || die 1 "$name: its system is the host's affair:" \
		"$conf says SYSTEM_PATH=$SYSTEM_PATH"
}

update_rest() {
	before=$(ctr-gcroot path "$name" 2>/dev/null) || before=''
	builder=''
	if [ -n "$system_path" ]; then
		system=$system_path
		if [ -n "$with_config" ]; then
			enter_config
			configure
			cd /
		fi
	elif [ -n "$flake" ]; then
		builder=build_flake built_from=$flake
		system=$(build_flake "$flake")
		flake_keep
	elif [ -n "$FLAKE" ] && [ -z "$with_config$nixos_path" ]; then
		builder=build_flake built_from=$FLAKE
		system=$(build_flake "$FLAKE")
	else
		builder=build_theirs built_from=$root/etc/nixos/configuration.nix
		enter_config
		configure
		cd /
		flake_keep
	fi
	system_set
	apply_or_take_back
}

# configure - build the container's configuration, or the one of the options
# and put it in its place; its folder is the present one
#
# Of a system that is given, the configuration is only put there.
configure() {
	if [ -n "$with_config" ]; then
		config_read
		if [ -z "$system_path" ]; then
			config_put configuration.nix.new
			system=$(build_theirs "$root/etc/nixos/configuration.nix.new")
		fi
		config_keep
	else
		if [ -L configuration.nix ] || [ ! -f configuration.nix ]; then
			die 1 "$name: its configuration is not built:" \
				"$root/etc/nixos/configuration.nix is not a plain file"
		fi
		system=$(build_theirs "$root/etc/nixos/configuration.nix")
	fi
}

# apply - bring a running container to its current system, as the options say
apply() {
	[ "$apply" != no-apply ] && running || return 0
	case $apply in
	reload) switch ;;
	restart) slow "$name: restarting" unlocked systemctl restart "$unit" || return 1 ;;
	esac
}

# apply_or_take_back - exit 3 where the new generation is not what runs
apply_or_take_back() {
	[ "$system" != "$before" ] || [ "$apply" != reload ] ||
		note "$name: its system is the same as before"
	if apply; then
		return
	fi
	say "$name: $apply to its new system failed"
	if [ -n "$take_back" ] && [ -n "$before" ] && [ "$before" != "$system" ]; then
		ctr-gcroot rollback "$name"
		apply || say "$name: nor does the one before work"
		say "$name: went back to the generation before"
	fi
	[ -n "$take_back" ] || say "$name: it is the current one all the same;" \
		"this goes back: nixos-container rollback $name"
	exit 3
}

cmd_rollback() {
	apply=reload
	case ${1-} in
	--reload | --restart | --no-apply) apply=${1#--}; shift ;;
	-*) usage "rollback: $1: no such option" ;;
	esac
	name_known "$@"
	[ $# -le 2 ] || usage 'rollback takes a name and a generation'
	[ $# -lt 2 ] || generation_check "$2"
	lock "$name"
	trap unlock EXIT
	trap 'exit 1' INT TERM HUP
	ctr-gcroot -- rollback "$@"
	apply || {
		say "$name: $apply to the generation that is current now failed"
		exit 3
	}
}

cmd_generations() {
	case ${1-} in
	--json) shift; name_only "$@"; exec ctr-gcroot list --json "$name" ;;
	*) name_only "$@"; exec ctr-gcroot list "$name" ;;
	esac
}

# generation_check NUMBER - is it one?
generation_check() {
	case $1 in
	'' | *[!0-9]*) usage "$verb: not the number of a generation: $1" ;;
	esac
}

# generation NUMBER - print where a generation leads
generation() {
	ctr-gcroot list "$name" | awk -v n="$1" '
		n == "current" ? /\(current\)/ : $1 == n { print $NF; found = 1 }
		END { exit !found }' || 
		die 1 "$name: no generation $1; it has those of: nixos-container generations $name"
}

# store_path TEXT - is it one, and nothing else that Nix would evaluate?  The
# container writes the links of its generations.
store_path() {
	case $1 in
	/nix/store/*[!a-zA-Z0-9+._=-]* | /nix/store/.* | /nix/store/) ;;
	/nix/store/?*) return ;;
	esac
	die 1 "$name: not a store path, so not compared: $1"
}

# plain - pass text on, with colours for those alone who want them
plain() {
	if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then cat; else sed 's/'"$(printf '\033')"'\[[0-9;]*m//g'; fi
}

# cmd_diff NAME [FROM [TO]] - what changed between two generations, in packages
cmd_diff() {
	[ $# -le 3 ] || usage 'diff takes a name and two generations'
	name_known "$@"
	for n in "${2-0}" "${3-0}"; do generation_check "$n"; done
	to=$(generation "${3-current}")
	from=${2-}
	[ -n "$from" ] || from=$(ctr-gcroot list "$name" |
		awk '/\(current\)/ { print last; exit } { last = $1 }')
	[ -n "$from" ] || die 1 "$name: nothing to compare with: there is no" \
		'generation before the current one'
	from=$(generation "$from")
	store_path "$from"
	store_path "$to"
	said=$(nix --offline --extra-experimental-features nix-command store diff-closures \
		"$from" "$to") || exit 1
	if [ -n "$said" ]; then
		printf '%s\n' "$said" | plain
	elif [ "$from" = "$to" ]; then
		note "$name: both are the same system"
	else
		note "$name: no package differs; what does is told by: diff -r --no-dereference $from $to"
	fi
}
