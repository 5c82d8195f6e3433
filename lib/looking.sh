# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# looking.sh - what there is

cmd_list() {
	[ $# -eq 0 ] || usage 'list takes no name'
	for f in "$conf_dir"/*.conf; do
		f=${f##*/}
		f=${f%.conf}
		case $f in
		cache | containers | mounts | policy | registries | sigstore | \
		storage | -* | *- | *[!a-zA-Z0-9-]*) continue ;;
		esac
		printf '%s\n' "$f"
	done
}

cmd_show_ip() {
	name_only "$@"
	conf_read
	address=${LOCAL_ADDRESS:-$LOCAL_ADDRESS6}
	[ -n "$address" ] || die 1 "$name: no address in $conf"
	printf '%s\n' "${address%%/*}"
}
