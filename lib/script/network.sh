# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# network.sh - the network that the settings ask for, made by mkveth

# own_network - has the container a network namespace that is made for it?
own_network() {
	yes PRIVATE_NETWORK "$PRIVATE_NETWORK" || [ -n "$INTERFACES$MACVLANS" ]
}

network_check() {
	if own_network; then
		[ -z "$NETWORK_NAMESPACE_PATH" ] || bad 'NETWORK_NAMESPACE_PATH' \
			'excludes PRIVATE_NETWORK, INTERFACES and MACVLANS'
		(network --check) || exit 2
	fi
	! yes PRIVATE_NETWORK "$PRIVATE_NETWORK" || return 0
	needs_private HOST_ADDRESS "$HOST_ADDRESS"
	needs_private LOCAL_ADDRESS "$LOCAL_ADDRESS"
	needs_private HOST_ADDRESS6 "$HOST_ADDRESS6"
	needs_private LOCAL_ADDRESS6 "$LOCAL_ADDRESS6"
	needs_private LOCAL_MAC_ADDRESS "$LOCAL_MAC_ADDRESS"
	needs_private HOST_BRIDGE "$HOST_BRIDGE"
	needs_private EXTRA_VETHS "$EXTRA_VETHS"
	needs_private GATEWAY "$GATEWAY"
	needs_private GATEWAY6 "$GATEWAY6"
	needs_private MTU "$MTU"
	needs_private HOST_PORT "$HOST_PORT"
	needs_private NAT "${NAT#0}"
}

needs_private() { [ -z "$2" ] || bad "$1 needs PRIVATE_NETWORK=1"; }

# network [--check] - make it, or only see whether it can be asked for
network() {
	yes PRIVATE_NETWORK "$PRIVATE_NETWORK" || set -- "$@" --no-pair
	# The host's address is the bridge's own then, and, as with NixOS, the
	# container's way out.
	if [ -n "$HOST_BRIDGE" ]; then
		[ -z "$LOCAL_ADDRESS" ] || GATEWAY=${GATEWAY:-${HOST_ADDRESS%%/*}}
		[ -z "$LOCAL_ADDRESS6" ] || GATEWAY6=${GATEWAY6:-${HOST_ADDRESS6%%/*}}
		HOST_ADDRESS='' HOST_ADDRESS6=''
	fi
	[ -z "$HOST_ADDRESS" ] || set -- "$@" --host-address "$HOST_ADDRESS"
	[ -z "$LOCAL_ADDRESS" ] || set -- "$@" --local-address "$LOCAL_ADDRESS"
	[ -z "$HOST_ADDRESS6" ] || set -- "$@" --host-address6 "$HOST_ADDRESS6"
	[ -z "$LOCAL_ADDRESS6" ] || set -- "$@" --local-address6 "$LOCAL_ADDRESS6"
	[ -z "$HOST_BRIDGE" ] || set -- "$@" --bridge "$HOST_BRIDGE"
	[ -z "$LOCAL_MAC_ADDRESS" ] || set -- "$@" --mac "$LOCAL_MAC_ADDRESS"
	[ -z "$GATEWAY" ] || set -- "$@" --gateway "$GATEWAY"
	[ -z "$GATEWAY6" ] || set -- "$@" --gateway6 "$GATEWAY6"
	[ -z "$MTU" ] || set -- "$@" --mtu "$MTU"
	set -f	# these are no patterns
	for interface in $INTERFACES; do set -- "$@" --move "$interface"; done
	for interface in $MACVLANS; do set -- "$@" --macvlan "$interface"; done
	for interface in $EXTRA_VETHS; do set -- "$@" --pair "$interface"; done
	set +f
	! shifted || set -- "$@" --release
	mkveth add "$@" -- "$name"
}

# cmd_network - make the network of a running container whole again, where the
# host's was changed by others: its bridge made anew, a link taken down
cmd_network() {
	name_only "$@"
	conf_read
	settings_check
	own_network || die 1 "$name: it has no network of its own to make whole" \
		"($conf says no PRIVATE_NETWORK=1)"
	need_running
	network
	forward_on
}
