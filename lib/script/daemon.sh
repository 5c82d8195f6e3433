# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# daemon.sh - the host's Nix daemon, for containers with NIX_DAEMON=1
#
# The daemon trusts its clients by their user ID, and root on the host is one
# that may do everything.  So a container gets a socket of its own, and a user
# without rights passes its connections on.

daemon_unit() { printf 'container-nix-%s' "$name"; }

# daemon_on WORD... - make the socket, and call launch_network with more words
daemon_on() {
	theirs=$nix_dir/daemon-socket
	if [ ! -S "$theirs/socket" ]; then
		note "$name: the host has no Nix daemon to use: $theirs/socket is missing"
		launch_network "$@"
	elif ! find_proxy || [ ! -d /run/systemd/system ]; then
		note "$name: cannot use the host's Nix daemon: needs systemd and systemd-socket-proxyd"
		launch_network "$@"
	fi
	daemon_off
	mkdir -p "$lock_dir" && chmod 700 "$lock_dir"
	socket=$lock_dir/$name.nix
	systemd-run --quiet --collect --unit="$(daemon_unit)" --slice=machine.slice \
		--description="Nix daemon for container $name" \
		--socket-property="ListenStream=$socket" --socket-property=SocketMode=0666 \
		--socket-property=RemoveOnStop=yes \
		--property=DynamicUser=yes --property=SupplementaryGroups="$(daemon_group)" \
		--property=ProtectSystem=strict --property=ProtectHome=yes \
		--property=PrivateNetwork=yes --property=PrivateDevices=yes \
		--property=RestrictAddressFamilies=AF_UNIX --property=NoNewPrivileges=yes \
		--property=CapabilityBoundingSet= --property=SystemCallFilter=@system-service \
		--property=MemoryMax=64M --property=TasksMax=64 \
		"$proxy" --connections-max=64 "$theirs/socket" ||
		die 1 "$name: could not make a socket for the host's Nix daemon"
	launch_network "$@" --bind-ro="$socket:/nix/var/nix/daemon-socket/socket" \
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

# daemon_group - Debian lets only a group reach the socket
daemon_group() {
	group=$(stat -c %g "$theirs")
	[ "$group" = 0 ] || printf '%s' "$group"
}

daemon_off() {
	[ -S "$lock_dir/$name.nix" ] || return 0
	systemctl stop "$(daemon_unit).socket" "$(daemon_unit).service" 2>/dev/null || :
	rm -f "$lock_dir/$name.nix"
}
