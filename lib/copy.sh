# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# copy.sh - files into a container's tree, and out of it

cmd_copy_to() {
	[ $# -eq 3 ] || usage 'copy-to takes a name, a file and a path in the container'
	name_known "$1"
	exec ctr-tree -- put "$root" "$2" "$3"
}

cmd_copy_from() {
	[ $# -eq 3 ] || usage 'copy-from takes a name, a path in the container and a file'
	name_known "$1"
	exec ctr-tree -- get "$root" "$2" "$3"
}
