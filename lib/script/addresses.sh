# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# addresses.sh - free addresses, and the settings that keep them

# address_free - print the first pair of 10.233.0.0/16 that no container has
#
# Pairs within a /24: .1 and .2, .3 and .4, ... .253 and .254.
address_free() {
	LC_ALL=C sed -n -e '/^HOST_ADDRESS="*10\.233\./p' -e '/^LOCAL_ADDRESS="*10\.233\./p' \
		-- "$conf_dir"/*.conf "$conf_dir"/.*.pending 2>/dev/null | awk -F '[=./]' '
	{
		sub(/"/, "")
		used[$4 * 127 + int(($5 - 1) / 2)] = 1
	}
	END {
		for (n = 0; n < 256 * 127; n++)
			if (!(n in used)) {
				third = int(n / 127); low = n % 127 * 2 + 1
				printf "10.233.%d.%d 10.233.%d.%d\n", \
					third, low, third, low + 1
				exit
			}
		exit 1
	}'
}

# setting KEY VALUE - its line, where there is a value
setting() { [ -z "$2" ] || printf '%s=%s\n' "$1" "$2"; }

# addresses_give - a free pair, where the options say nothing
addresses_give() {
	[ -z "$host_address$local_address$host_address6$local_address6$bridge" ] || return 0
	pair=$(address_free) || die 1 \
		"$name: no free address in 10.233.0.0/16; say one with" \
		'--host-address and --local-address'
	host_address=${pair% *} local_address=${pair#* }
}

# mac_new - a random MAC address: locally administered, of one host
mac_new() {
	od -A n -t x1 -N 5 /dev/urandom | sed 's/^ */02:/; s/ *$//; s/ /:/g'
}

settings_network() {
	printf 'PRIVATE_NETWORK=1\n'
	setting HOST_ADDRESS "$host_address"
	setting LOCAL_ADDRESS "$local_address"
	setting HOST_ADDRESS6 "$host_address6"
	setting LOCAL_ADDRESS6 "$local_address6"
	setting HOST_BRIDGE "$bridge"
	# Others on the bridge know it by that.
	[ -z "$bridge" ] || setting LOCAL_MAC_ADDRESS "$(mac_new)"
	setting GATEWAY "$gateway"
	setting GATEWAY6 "$gateway6"
	setting HOST_PORT "$ports"
	[ -z "$nat" ] || printf 'NAT=1\n'
	[ -z "$resolve" ] || printf 'RESOLVE_CONTAINERS=1\n'
}

# settings_new - those of a container that create makes
settings_new() {
	addresses_give
	settings_network
	setting FLAKE "$flake"
	[ -z "$auto_start" ] || printf 'AUTO_START=1\n'
}

# settings_write COMMAND - what it prints are the settings of a container to be
settings_write() {
	"$1" >"$pending.tmp"
	sync "$pending.tmp"
	mv "$pending.tmp" "$pending"
}
