# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# list.sh - the containers that there are

cmd_list() {
	form=names
	while [ $# -gt 0 ]; do
		case $1 in
		-l | --long) form=long ;;
		--json) form=json ;;
		*) usage "list: takes no name, and no such option: $1" ;;
		esac
		shift
	done
	[ $form != names ] || { list_names; return; }
	describe $form
}

list_names() {
	cd -- "$conf_dir" 2>/dev/null || return 0
	for f in *.conf; do
		f=${f%.conf}
		case $f in
		cache | containers | mounts | policy | registries | sigstore | \
		storage | -* | *- | *[!a-zA-Z0-9-]*) continue ;;
		esac
		echo "$f"	# such a name is safe with it, and it is the quickest
	done
}

# Prompts and loops ask for the names, often: they are told before the rest of
# this script is read, which takes longer.
[ "$*" != list ] || { main list; exit; }
