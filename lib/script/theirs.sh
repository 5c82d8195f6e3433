# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# theirs.sh - what is built from a container's files

# build_theirs FILE - build the configuration FILE, of which the job has a copy
build_theirs() {
	job_prepare
	nix_file
	job_built_with
	set -- "$programs/nix-build" --expr "$(checked_system)" -A system \
		-I "nixos-config=$1" --no-out-link \
		--option restrict-eval true --option experimental-features "$nix_features" \
		--option connect-timeout 15 \
		--option allowed-uris "$safe_uris" -I "configuration-of-$name=${1%/*}"
	[ -z "$quiet" ] || set -- "$@" --quiet
	with_lines "$search$nix_flags" job_run "$@"
}

safe_uris='https:// git+https:// tarball+https:// github: gitlab: sourcehut:'

# flake_inside FLAKE - is it in a container?  Set tree to that, path to the folder
# in it, and rest to what follows the path.
flake_inside() {
	rest=${1#"${1%%[#?]*}"} way=${1%%[#?]*} scheme=path
	case $way in
	/*) ;;
	path:*%* | *file:*%*) die 1 "$name: not built: a % in $1; use the path itself" ;;
	path:/* | file:/* | *+file:/*) scheme=${way%%:*} way=${way#*:}; way=${way#//} ;;
	*) return 1 ;;
	esac
	way_inside "$1"
}

# file_inside FILE - the same of a file, which is an absolute path
file_inside() {
	rest='' way=$1 scheme=path
	way_inside "$1"
}

# way_inside WHAT - the same of the path $way
#
# A link on the way may lead there and out again, so each is followed by itself.
way_inside() {
	links=0 at=''
	while [ -n "$way" ]; do
		part=${way%%/*}
		case $way in
		*/*) way=${way#*/} ;;
		*) way='' ;;
		esac
		case $part in
		'' | .) continue ;;
		..) at=${at%/*}; continue ;;
		esac
		at=$at/$part
		# Its links are for whoever reads them.
		[ "$at" != /proc ] || die 1 "$name: not built: a path below /proc: $1"
		# shellcheck disable=SC3013 # POSIX of 2024; dash and busybox have it
		if [ "$at" -ef "$state_dir" ]; then
			way=${way%/}
			case /$way/ in
			*//* | */./* | */../* | *%*) way='' ;;
			esac
			case $way in
			*/*) ;;
			*) die 1 "$name: not built: not a plain path in a container: $1" ;;
			esac
			tree=$state_dir/${way%%/*} path=${way#*/}
			case $scheme in
			path | git+file | file) return 0 ;;
			esac
			die 1 "$name: not built: $scheme: in a container, only path: and git+file: $1"
		elif [ -L "$at" ] && [ $links -lt 40 ]; then
			links=$((links + 1))
			target=$(readlink -- "$at")
			way=$target/$way at=${at%/*}
			case $target in
			/*) at='' ;;
			esac
		fi
	done
	return 1
}

# build_flake_theirs - build the flake that flake_inside found
build_flake_theirs() {
	job_set
	if [ ! -e "$job/root$tree" ]; then
		job_begin
		job_copy "$tree" "$path"
	fi
	job_prepare
	job_search
	# Not every Nix can print the path alone.
	# shellcheck disable=SC2016 # for the shell and the Nix in the unit
	set -- sh -euc 'json=$("$@")
		export json
		exec "$1" "$2" "$3" eval --raw --impure --expr \
			"(builtins.head (builtins.fromJSON (builtins.getEnv \"json\"))).outputs.out"' \
		sh "$programs/nix" --extra-experimental-features 'nix-command flakes' build \
		--json --no-link --no-write-lock-file "$(flake_attribute "$tree/$path$rest")"
	[ -z "$quiet" ] || set -- "$@" --quiet
	with_lines "$search$nix_flags$flake_flags" job_run "$@"
}
