# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# export.sh - a container as a tar, for another machine
#
# The members are, in this order: manifest, settings, closure (what nix-store --export
# prints, if there is a system), tree, and perhaps snapshots, as they are on disk.

export_format='nixos-container export 1'

# cmd_export NAME [FILE]
cmd_export() {
	need_name "$1"
	target=${2--}
	[ "$target" != - ] || [ ! -t 1 ] ||
		usage 'standard output is a terminal: expected FILE, or a pipe'
	lock "$name"
	at_end unlock
	need_name "$name"
	not_elsewhere
	[ -d "$root" ] || die 1 "$name: has no tree yet: it gets one when it first starts"
	stage=$state_dir/.$name.export
	part=''
	at_end 'export_end; unlock'
	[ ! -e "$stage" ] || copy_delete "$stage" || exit 1
	export_stage
	export_write export_pack
}

export_end() {
	still_end
	[ -z "$part" ] || rm -f "$part"
	copy_delete "$stage" || :
}

# export_stage - all but what can be read where it is; set members to all
export_stage() {
	mkdir -m 700 "$stage" "$stage/tree"
	export_tree
	cat "$conf" >"$stage/settings"
	find_current
	case $system in
	/nix/store/*) ;;
	*) system='' ;;		# in its settings, or its tree
	esac
	printf '%s\nname=%s\nsystem=%s\n' "$export_format" "$name" "$system" >"$stage/manifest"
	members='manifest settings'
	export_closure
	members="$members tree"
	if [ -n "$of_snapshots" ] && [ -d "$snapshots" ]; then
		mkdir "$stage/snapshots"
		members="$members snapshots"
	fi
}

# export_tree - set packed to a tree that does not change
export_tree() {
	packed=$root
	if is_stopped "$name"; then
		tree_lock "$name"
		return
	fi
	still
	slow "$name: copying its tree" tree_copy "$root" "$stage/tree" ||
		die 1 "$name: not exported: could not copy its tree, for the reason above"
	still_end
	packed=$stage/tree
}

# export_closure - of its system, and of those of the snapshots that go along
export_closure() {
	set -- ${system:+"$system"}
	[ -z "$of_snapshots" ] || for one in "$snapshots"/*/system; do
		saved_system=$(readlink "$one" 2>/dev/null) || saved_system=''
		case $saved_system in
		/nix/store/*) set -- "$@" "$saved_system" ;;
		esac
	done
	[ $# -gt 0 ] || return 0
	members="$members closure"
	paths=$(nix-store --query --requisites "$@") || closure_failed
	# shellcheck disable=SC2086 # store paths have no blanks
	slow "$name: packing its system" nix-store --export $paths >"$stage/closure" ||
		closure_failed
}

closure_failed() { die 1 "$name: not exported: could not read the closure of its system"; }

# export_write COMMAND... - its output; a file appears when it is complete, and is for root:
# there are keys in it; what is no plain file is written into
export_write() {
	umask 077
	if [ "$target" = - ]; then
		("$@") || exit
	elif [ -d "$target" ]; then
		die 2 "$target: is a directory: expected a file"
	elif [ -e "$target" ] && [ ! -f "$target" ] || [ -L "$target" ]; then
		("$@") >"$target" || exit
	else
		case $target in
		*/*) part=${target%/*}/.${target##*/}.XXXXXX ;;
		*) part=./.$target.XXXXXX ;;
		esac
		# Another user may write to that directory, too.
		part=$(mktemp -- "$part") || { part=''; exit 1; }
		("$@") >"$part" || exit
		sync "$part"
		mv -T -- "$part" "$target"
		part=''
	fi
}

export_pack() {
	set -- "$stage" /from "$packed" /from/tree
	case $members in
	*snapshots) set -- "$@" "$snapshots" /from/snapshots ;;
	esac
	# shellcheck disable=SC2086 # words
	slow "$name: packing" run_alone tar $(($# / 2)) "$@" -C /from --numeric-owner --xattrs \
		--warning=no-file-ignored --exclude='snapshots/.*' -cSf - $members ||
		die 1 "$name: not exported, for the reason above"
}

# remote_export NAME [FILE] - the file is on this machine
remote_export() {
	target=${2--} part=''
	[ "$target" != - ] || return 0
	at_end remote_export_end
	quote "$1"
	export_write remote_run "$selected$passed -- $quoted"
	exit 0
}

remote_export_end() { [ -z "$part" ] || rm -f "$part"; }

# remote_import FILE [NAME] - likewise; this shell's standard input becomes the file
remote_import() {
	rootfs=$1
	import_check
	[ "$rootfs" = - ] || exec <"$rootfs"
}
