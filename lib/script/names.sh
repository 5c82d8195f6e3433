# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# names.sh - the containers' names, for containers that ask for them
#
# One hosts(5) file of our own lies over the /etc/hosts of each of those; the
# host itself has libnss_containers.so.2.

names_file=$lock_dir.hosts

# names WANTED - write that file, if WANTED is 1 or somebody asked for it before
#
# In place, or those that have it mounted would keep the old one; in one write,
# the rest cut off after it, so that no reader misses a line that stays.
names() (
	[ "$1" = 1 ] || [ -e "$names_file" ] || exit 0
	lock .names
	trap 'rm -f "$names_file.new"; unlock' EXIT
	trap 'exit 1' INT TERM HUP
	names_print >"$names_file.new"
	[ -e "$names_file" ] || (umask 022 && : >"$names_file")
	dd if="$names_file.new" of="$names_file" bs=16M conv=notrunc 2>/dev/null
	truncate -s "$(wc -c <"$names_file.new")" "$names_file"
)

names_print() {
	printf '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n'
	set -- "$conf_dir"/*.conf
	[ -e "$1" ] || return 0
	awk "$awk_settings"'
		function line(v,    w, n, i) {
			n = split(v, w, /[ \t,]+/)
			for (i = 1; i <= n; i++) {
				sub(/\/.*/, "", w[i])
				if (w[i] ~ /^[0-9a-fA-F.:]+$/)
					print w[i], name ".containers", name
			}
		}
		function one() {
			if (key == "LOCAL_ADDRESS" || key == "LOCAL_ADDRESS6") line(value)
		}
		BEGIN { each_setting() }
	' "$@"
}
