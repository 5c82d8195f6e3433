# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# copy.sh - files into a container's tree, and out of it

cmd_copy_to() {
	[ $# -eq 3 ] || usage 'copy-to takes a name, a file and a path in the container'
	name_known "$1"
	copying put "$2" "$3"
}

cmd_copy_from() {
	[ $# -eq 3 ] || usage 'copy-from takes a name, a path in the container and a file'
	name_known "$1"
	copying get "$2" "$3"
}

# copying VERB FROM TO - whoever asked for it on no terminal may end it himself;
# what is typed or printed there meanwhile is not written over either
copying() {
	case $2:$3 in
	-:* | *:-) exec ctr-tree -- "$1" "$root" "$2" "$3" ;;
	esac
	[ -t 2 ] || exec ctr-tree -- "$1" "$root" "$2" "$3"
	slow "$name: copying" ctr-tree -- "$1" "$root" "$2" "$3"
}
