# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# settings.sh - the settings of a container, which ctr-conf reads and writes

# read_settings - set those that this script uses; their values have no newline
read_settings() {
	# The last one has a default: empty lines at the end would be lost.
	values=$(ctr-conf get -- "$name" SYSTEM_PATH FLAKE CONFIG_FILE DECLARED_IN \
		PRIVATE_NETWORK INTERFACES MACVLANS NETWORK_NAMESPACE_PATH PRIVATE_USERS \
		COPY_RESOLV_CONF RESOLVE_CONTAINERS STORE NIX_DAEMON) || exit
	{
		IFS= read -r SYSTEM_PATH
		IFS= read -r FLAKE
		IFS= read -r CONFIG_FILE
		IFS= read -r DECLARED_IN
		IFS= read -r PRIVATE_NETWORK
		IFS= read -r INTERFACES
		IFS= read -r MACVLANS
		IFS= read -r NETWORK_NAMESPACE_PATH
		IFS= read -r PRIVATE_USERS
		IFS= read -r COPY_RESOLV_CONF
		IFS= read -r RESOLVE_CONTAINERS
		IFS= read -r STORE
		IFS= read -r NIX_DAEMON
	} <<-END
		$values
	END
}

# has_network - is a network namespace made for the container?
has_network() { [ "$PRIVATE_NETWORK" = 1 ] || [ -n "$INTERFACES$MACVLANS" ]; }

# has_users - does it have a user namespace?
has_users() {
	case $PRIVATE_USERS in
	no | 0) return 1 ;;
	esac
}

# is_set KEY - do the options of the command line set it?
is_set() {
	case $newline$settings in
	*"$newline$1="*) return 0 ;;
	esac
	return 1
}

# is_on KEY - do they set this switch to 1?
is_on() {
	case $newline$settings in
	*"$newline$1=1$newline"*) return 0 ;;
	esac
	return 1
}

# complete_settings - what options ask for in other words than the settings do
complete_settings() {
	is_set PRIVATE_NETWORK || settings=PRIVATE_NETWORK=1$newline$settings
	option=--port
	[ -z "$ports" ] || setting HOST_PORT "$ports"
	option=--flake
	[ -z "$flake" ] || setting FLAKE "$flake"
	[ -z "${config_file#-}" ] || setting CONFIG_FILE "$config_file"
	is_set NIX_DAEMON || setting NIX_DAEMON 0
	own_users=''
	[ -n "$remote" ] || is_set PRIVATE_USERS || find_users
	[ -n "$remote" ] || add_nat
	add_mac
}

# find_users - a user namespace, if the file system of its tree can map user IDs
find_users() {
	holder=$state_dir
	while [ ! -d "${holder:-/}" ]; do holder=${holder%/*}; done
	works=0
	ctr-tree idmap "${holder:-/}" 2>/dev/null || works=$?
	case $works in
	0) own_users=1 ;;
	1) note "$name: has no users of its own: $state_dir cannot map user IDs" \
		'(ext4 and xfs can since Linux 5.12, btrfs since 5.15); see nixos-container-security(7)' ;;
	esac
}

# add_users - IDs that are free, as are the addresses: both under one lock
add_users() {
	[ -n "${own_users-}" ] || return 0
	free=$(ctr-conf users --trees "$state_dir") || exit
	setting PRIVATE_USERS "$free"
}

# add_mac - its neighbours on the bridge know a container by that: it stays
add_mac() {
	! is_set HOST_BRIDGE || is_set LOCAL_MAC_ADDRESS || setting LOCAL_MAC_ADDRESS \
		"$(od -A n -t x1 -N 5 /dev/urandom | sed 's/^ */02:/; s/ *$//; s/ /:/g')"
}

# wants_pair - do the options say nothing of the network but that there is one?
wants_pair() {
	for key in HOST_ADDRESS LOCAL_ADDRESS HOST_ADDRESS6 LOCAL_ADDRESS6 HOST_BRIDGE \
		GATEWAY GATEWAY6; do
		! is_set $key || return 1
	done
	is_on PRIVATE_NETWORK
}

# add_addresses - a free pair of each family
add_addresses() {
	wants_pair || return 0
	free=$(ctr-conf address) || exit
	settings=$settings$free$newline
}

# add_nat - a container with such a pair reaches other machines and a name server;
# set lacking to what it lacks for that
add_nat() {
	lacking=''
	! is_set NAT && wants_pair || return 0
	if [ -e /etc/NIXOS ]; then
		lacking=nixos	# the host's configuration has its NAT
	elif ! command -v nft >/dev/null; then
		lacking=nft
	else
		setting NAT 1
		is_set COPY_RESOLV_CONF || ctr-resolv servers --private-network >/dev/null 2>&1 ||
			lacking=servers
	fi
}

# say_lacking - how to get that
say_lacking() {
	nat="nixos-container set $name NAT=1"
	case $lacking in
	nixos) note "$name: to reach other machines, it needs networking.nat of the host, or: $nat" ;;
	nft) note "$name: to reach other machines, it needs nft on the host (nftables), and: $nat" ;;
	servers) note "$name: the host has no name server that it can reach; see ctr-resolv(8)" ;;
	esac
}

# write_settings [OPTION]... - the pending settings of a container to be created
write_settings() {
	add_users
	add_addresses
	with_lines "$settings" ctr-conf set --new "$@" --file "$pending"
}

# reload_if_changed - tell systemd of new settings; exit 2 if they are wrong
reload_if_changed() {
	status=0
	ctr-conf units --changed -- "$name" || status=$?
	case $status in
	0) [ ! -d /run/systemd/system ] || systemctl daemon-reload ;;
	1) ;;
	*) exit "$status" ;;
	esac
}

# is_declarative - are the settings part of the host's configuration?
is_declarative() {
	[ ! -L "$conf" ] || return 0
	[ -w "$conf" ] || [ "$(id -u)" != 0 ] || return 0
	# For root, any file is writable.
	case $(stat -c %A -- "$conf") in
	*w*) return 1 ;;
	esac
}

# update_hosts - the names of all containers, for those that resolve them
#
# One hosts(5) file lies over their /etc/hosts; the host has
# libnss_containers.so.2.  It is written in place, as they have it mounted, in
# one write, and cut to its length after it: no reader misses a line that stays.
hosts_file=$run_dir.hosts
update_hosts() (
	[ -e "$hosts_file" ] || exit 0
	lock .names
	at_end hosts_end
	ctr-conf hosts >"$hosts_file.new"
	dd if="$hosts_file.new" of="$hosts_file" bs=16M conv=notrunc 2>/dev/null
	truncate -s "$(wc -c <"$hosts_file.new")" "$hosts_file"
)

hosts_end() { rm -f "$hosts_file.new"; unlock; }

# provide_hosts - make that file, for a container that starts
provide_hosts() {
	# systemd-nspawn would follow a link to /run, which is still empty then.
	! ctr-tree at "$root" etc test -L hosts 2>/dev/null || ctr-tree remove "$root" etc/hosts
	[ -e "$hosts_file" ] || (umask 022 && : >"$hosts_file")
	update_hosts
}
