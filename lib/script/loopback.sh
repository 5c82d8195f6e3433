# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# loopback.sh - forwarded ports on the loopback addresses of the host
#
# The kernel would let packets to 127.0.0.1 out by a link only if it took them from
# there, too, and so from the container (route_localnet).  So nothing is forwarded
# from loopback: systemd listens there, and a user without rights passes the
# connections on.  Lines "local ID TO SOCKET..." of the container's record say what.

# loopback_on - a unit for each port that has none yet; if one fails, only it is missed
loopback_on() (
	[ -e "$run_dir/$name.forward" ] || exit 0
	set -f		# "[::1]:80" is no pattern
	while read -r set id to sockets; do
		[ "$set" = local ] || continue
		if [ ! -d /run/systemd/system ] || ! find_proxy; then
			note "$name: its ports are not served on loopback:" \
				'needs systemd and systemd-socket-proxyd'
			exit 0
		fi
		loopback_serve "$id" "$to" "$sockets"
	done <"$run_dir/$name.forward"
)

# loopback_serve ID TO SOCKETS - a host without IPv6 has no ::1
loopback_serve() {
	port_unit=container-port-$name-$1 proxied=$2 listening=$3
	! systemctl is-active --quiet "$port_unit.socket" || return 0
	set --
	for socket in $listening; do
		case $socket in
		'['*) [ -e /proc/net/if_inet6 ] || continue ;;
		esac
		set -- "$@" --socket-property="ListenStream=$socket"
	done
	systemd-run --quiet --collect --unit="$port_unit" --slice=machine.slice \
		--description="$listening to container $name" "$@" \
		--socket-property=FreeBind=yes \
		-p DynamicUser=yes -p CapabilityBoundingSet= -p NoNewPrivileges=yes \
		-p PrivateDevices=yes -p ProtectSystem=strict -p ProtectHome=yes \
		-p RestrictAddressFamilies='AF_UNIX AF_INET AF_INET6' -p RestrictNamespaces=uts \
		-p SystemCallFilter=@system-service -p MemoryMax=64M -p TasksMax=64 \
		"$proxy" --exit-idle-time=30s "$proxied" >/dev/null 2>&1 </dev/null ||
		say "$name: cannot be reached at $listening, which something else may use;" \
			"see: journalctl -u $port_unit.socket"
}

# loopback_off - stop what the record says
loopback_off() (
	[ -e "$run_dir/$name.forward" ] && [ -d /run/systemd/system ] || exit 0
	set --
	while read -r set id _; do
		[ "$set" != local ] ||
			set -- "$@" "container-port-$name-$id.socket" "container-port-$name-$id.service"
	done <"$run_dir/$name.forward"
	[ $# = 0 ] || units_stop "$@"
)
