# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# generations.sh - the generations of a container's profile

cmd_rollback() {
	need_name "$1"
	lock "$name"
	at_end 'inside_end; unlock'
	not_elsewhere
	ctr-gcroot rollback --trees "$state_dir" -- "$@"
	apply || {
		say "$name: $apply to the new current generation failed"
		exit 3
	}
}

cmd_generations() {
	need_name "$1"
	# shellcheck disable=SC2086 # an option, or none
	exec ctr-gcroot list $form -- "$name"
}

# store_path TEXT - the container writes the links of its generations, and Nix
# evaluates what is no store path
store_path() {
	case $1 in
	# Of a derivation it would be the outputs, which Nix builds first.
	/nix/store/*[!a-zA-Z0-9+._=-]* | /nix/store/.* | /nix/store/ | *.drv) ;;
	/nix/store/?*) return 0 ;;
	esac
	die 1 "$name: not a store path, so not compared: $1"
}

# plain - remove colours, unless a terminal shows the text
plain() {
	if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then cat; else sed 's/'"$(printf '\033')"'\[[0-9;]*m//g'; fi
}

# cmd_diff NAME [FROM [TO]] - what changed between two generations, in packages
cmd_diff() {
	need_name "$1"
	from=$(ctr-gcroot -- path "$name" "${2-previous}") || exit
	to=$(ctr-gcroot -- path "$name" ${3+"$3"}) || exit
	store_path "$from"
	store_path "$to"
	said=$(nix --offline --extra-experimental-features nix-command store diff-closures \
		"$from" "$to") || exit 1
	if [ -n "$said" ]; then
		printf '%s\n' "$said" | plain
	elif [ "$from" = "$to" ]; then
		note "$name: both are the same system"
	else
		note "$name: no package changes; to compare the files: diff -r --no-dereference $from $to"
	fi
}
