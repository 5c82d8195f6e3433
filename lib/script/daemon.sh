# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# daemon.sh - the host's Nix daemon, for containers with NIX_DAEMON=1
#
# The daemon trusts its clients by their user ID, and root on the host is one
# that may do everything.  So a container gets a socket of its own, and a user
# without rights passes its connections on.

# proxy_set - the unit that passes them on, and its socket
proxy_set() {
	proxy_unit=container-nix-$name
	proxy_socket=$run_dir/$name.nix
}

# daemon_on WORD... - make the socket, and call launch_network with more words
daemon_on() {
	socket_dir=$nix_dir/daemon-socket
	if ! listens "$socket_dir/socket"; then
		note "$name: starts without Nix's daemon: none listens at $socket_dir/socket"
		launch_network "$@"
	elif ! find_proxy || [ ! -d /run/systemd/system ]; then
		note "$name: starts without Nix's daemon: needs systemd and systemd-socket-proxyd"
		launch_network "$@"
	fi
	daemon_off
	socket_group
	[ -d "$run_dir" ] || { mkdir -p "$run_dir" && chmod 700 "$run_dir"; }
	systemd-run --quiet --collect --unit="$proxy_unit" --slice=machine.slice \
		--description="Nix daemon for container $name" \
		--socket-property="ListenStream=$proxy_socket" --socket-property=SocketMode=0666 \
		--socket-property=RemoveOnStop=yes \
		-p DynamicUser=yes -p SupplementaryGroups="$group" -p CapabilityBoundingSet= \
		-p NoNewPrivileges=yes -p PrivateNetwork=yes -p PrivateDevices=yes \
		-p ProtectSystem=strict -p ProtectHome=yes -p RestrictAddressFamilies=AF_UNIX \
		-p RestrictNamespaces=uts -p SystemCallFilter=@system-service \
		-p MemoryMax=64M -p TasksMax=64 \
		"$proxy" --connections-max=64 "$socket_dir/socket" ||
		die 1 "$name: could not make a socket for Nix's daemon"
	launch_network "$@" --bind-ro="$proxy_socket:/nix/var/nix/daemon-socket/socket" \
		--setenv=NIX_REMOTE=daemon
}

# find_proxy - set proxy to a program that is in no PATH
find_proxy() {
	for dir in /usr/lib/systemd /lib/systemd /run/current-system/systemd/lib/systemd; do
		proxy=$dir/systemd-socket-proxyd
		[ ! -x "$proxy" ] || return 0
	done
	return 1
}

daemon_off() {
	proxy_set
	[ -S "$proxy_socket" ] || return 0
	units_stop "$proxy_unit.socket" "$proxy_unit.service"
	rm -f "$proxy_socket"
}
