# SPDX-License-Identifier: MIT
# of-nixos.bash - a host whose containers NixOS's own module and script made
#
# It is laid out as NixOS 26.05 leaves it.  Their unit does what theirs does, in few
# words; their systems are the minimal one.
their_state=/var/lib/nixos-containers
their_confs=/etc/nixos-containers
their_unit=/etc/systemd/system/container@.service
of_nixos=/usr/local/of-nixos

# of_nixos_on - install the suite that was built with CONTAINERS=nixos-containers
of_nixos_on() {
	assert_exists "$of_nixos/lib/systemd/system/container@.service"
	mkdir -p /run/systemd/system /run/systemd/system-generators
	cp "$of_nixos"/lib/systemd/system/*.service /run/systemd/system/
	cp "$of_nixos/lib/systemd/system-generators/nixos-container-generator" /run/systemd/system-generators/
	systemctl daemon-reload
	PATH=$of_nixos/bin:$PATH
}

# of_nixos_off - uninstall it
of_nixos_off() {
	local unit
	for unit in "$of_nixos"/lib/systemd/system/*.service; do rm -f "/run/systemd/system/${unit##*/}"; done
	rm -rf /run/systemd/system-generators
	systemctl daemon-reload
	PATH=${PATH#"$of_nixos/bin:"}
}

# their_system [DEFINITION] - print the path of a system
their_system() {
	nix-build --no-out-link "$minimal" -A system --arg configuration "{ ${1-} }"
}

# stored FILE ROOT - put it into the store, with a root; print its path there
stored() {
	local path
	path=$(nix-store --add "$1")
	nix-store --add-root "$2" -r "$path" >/dev/null
	printf '%s\n' "$path"
}

# their_module NAME LINE... - settings as the module writes them: a link to the store
# by way of /etc/static, with empty lines where an option is not set
their_module() {
	local name=$1 file=$BATS_FILE_TMPDIR/etc-$1.conf
	shift
	printf '%s\n\n\n' "$@" >"$file"
	mkdir -p /etc/static/nixos-containers "$their_confs"
	stored "$file" "/etc/static/nixos-containers/$name.conf" >/dev/null
	ln -sfn "/etc/static/nixos-containers/$name.conf" "$their_confs/$name.conf"
}

# their_script NAME LINE... - a container as `nixos-container create` leaves it, with
# two generations and a configuration of its own
their_script() {
	local name=$1 root=$their_state/$1 motto
	local profile=$nix_state/profiles/per-container/$1
	shift
	mkdir -p "$their_confs" "$root/etc/nixos" "$profile"
	printf '%s\n' "$@" >"$their_confs/$name.conf"
	for motto in one two; do
		cat >"$root/etc/nixos/configuration.nix" <<-END_OF_FILE
			{ config, lib, pkgs, ... }:

			{ boot.isContainer = true;
			  networking.hostName = lib.mkDefault "$name";
			  networking.useDHCP = false;
			  environment.etc."motto".text = "$motto";
			}
		END_OF_FILE
		nix-env -p "$profile/system" -f "$minimal" \
			-I "nixos-config=$root/etc/nixos/configuration.nix" --set -A system
	done
}

# their_data NAME - what the container's users have there, and what its systems made
their_data() {
	local root=$their_state/$1
	mkdir -p "$root"/var/{lib/data,empty,lib/private} "$root/home/alice" "$root/etc/ssh"
	chmod 755 "$root" "$root/var" "$root/var/lib"
	chmod 700 "$root/var/lib/private"
	printf 'of %s\n' "$1" >"$root/var/lib/data/a file"
	echo key >"$root/etc/ssh/ssh_host_ed25519_key"
	chmod 600 "$root/etc/ssh/ssh_host_ed25519_key"
	ln -s ../lib/data "$root/var/lib/link"
	ln "$root/var/lib/data/a file" "$root/home/alice/same"
	mkfifo "$root/home/alice/fifo"
	chown -hR 1000:100 "$root/home/alice" "$root/var/lib/link"
	chmod 4750 "$root/home/alice/same"
	touch -hd '2026-01-02 03:04:05.678' "$root/home/alice/same" "$root/var/lib/link"
	chmod 555 "$root/var/empty"
	chattr +i "$root/var/empty"
}

# their_unit_on - their template unit
their_unit_on() {
	local lib=$BATS_FILE_TMPDIR/of-theirs
	mkdir -p "$lib"
	install -m 755 /dev/stdin "$lib/init" <<-END_OF_FILE
		#!$(their_system)/bin/sh -e
		if [ -n "\$HOST_ADDRESS\$LOCAL_ADDRESS\$HOST_BRIDGE" ]; then
			ip link set host0 name eth0
			ip link set eth0 up
			[ -z "\$LOCAL_ADDRESS" ] || ip addr add "\$LOCAL_ADDRESS" dev eth0
			[ -z "\$HOST_ADDRESS" ] || ip route add "\$HOST_ADDRESS" dev eth0
			[ -z "\$HOST_ADDRESS" ] || ip route add default via "\$HOST_ADDRESS"
		fi
		exec "\$1"
	END_OF_FILE
	install -m 755 /dev/stdin "$lib/start" <<-END_OF_FILE
		#!/bin/bash -e
		mkdir -p "\$root"/usr/bin "\$root"/{etc,var/lib/private,root} /run/nixos-containers
		chmod 755 "\$root"/{etc,var/lib}
		chmod 700 "\$root"/{var/lib/private,root} /run/nixos-containers
		for f in os-release machine-id; do
			[[ -e \$root/etc/\$f || -L \$root/etc/\$f ]] || : >"\$root/etc/\$f"
		done
		own=("$nix_state/"{profiles,gcroots}"/per-container/\$INSTANCE")
		mkdir -p "\${own[@]}"
		chmod 755 "\${own[@]}"
		cp --remove-destination /etc/resolv.conf "\$root/etc/resolv.conf"
		flags=()
		[[ -z \$PRIVATE_NETWORK || \$PRIVATE_NETWORK = 0 ]] || flags+=(--private-network)
		[[ -z \$PRIVATE_USERS ]] || flags+=("--private-users=\$PRIVATE_USERS")
		[[ -z \$HOST_ADDRESS\$LOCAL_ADDRESS ]] || flags+=(--network-veth)
		[[ -z \$HOST_BRIDGE ]] || flags+=("--network-bridge=\$HOST_BRIDGE")
		for word in \${HOST_PORT//,/ }; do flags+=("--port=\$word"); done
		for word in \$INTERFACES; do flags+=("--network-interface=\$word"); done
		export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
		exec systemd-nspawn --keep-unit -M "\$INSTANCE" -D "\$root" "\${flags[@]}" \\
			--notify-ready=yes --kill-signal=SIGRTMIN+3 --bind-ro=/nix/store \\
			--bind-ro=/nix/var/nix/db --bind-ro=/nix/var/nix/daemon-socket \\
			--bind="\${own[0]}:/nix/var/nix/profiles" \\
			--bind="\${own[1]}:/nix/var/nix/gcroots" --link-journal=try-guest \\
			--setenv=HOST_ADDRESS="\$HOST_ADDRESS" --setenv=LOCAL_ADDRESS="\$LOCAL_ADDRESS" \\
			--setenv=HOST_BRIDGE="\$HOST_BRIDGE" \$EXTRA_NSPAWN_FLAGS \\
			"$(stored "$lib/init" "$lib/init.root")" "\${SYSTEM_PATH:-/nix/var/nix/profiles/system}/init"
	END_OF_FILE
	install -m 755 /dev/stdin "$lib/post" <<-'END_OF_FILE'
		#!/bin/bash -e
		[[ -n $HOST_ADDRESS$LOCAL_ADDRESS && -z $HOST_BRIDGE ]] || exit 0
		ip link set "ve-$INSTANCE" up
		[[ -z $HOST_ADDRESS ]] || ip addr add "$HOST_ADDRESS" dev "ve-$INSTANCE"
		[[ -z $LOCAL_ADDRESS ]] || ip route add "$LOCAL_ADDRESS" dev "ve-$INSTANCE"
	END_OF_FILE
	cat >"$their_unit" <<-END_OF_FILE
		[Unit]
		Description=Container '%i'
		RequiresMountsFor=$their_state/%i
		[Service]
		Type=notify
		Environment=root=$their_state/%i INSTANCE=%i
		EnvironmentFile=-$their_confs/%i.conf
		ExecStartPre=-/usr/bin/machinectl terminate %i
		ExecStartPre=-/usr/sbin/ip link del dev ve-%i
		ExecStart=$lib/start
		ExecStartPost=$lib/post
		Restart=on-failure
		RestartForceExitStatus=133
		SuccessExitStatus=133
		TimeoutStartSec=1min
		Slice=machine.slice
		Delegate=true
		KillMode=mixed
		KillSignal=TERM
		DevicePolicy=closed
		SyslogIdentifier=container %i
	END_OF_FILE
	systemctl daemon-reload
}

# their_unit_off - take it away
their_unit_off() {
	rm -f "$their_unit"
	systemctl daemon-reload
}

# all_of DIR... - all that is in them, for a comparison: kind, mode, owner, and of what
# is no directory size, time and content
all_of() {
	find "$@" -type d -printf '%p %y %m %U:%G\n'
	find "$@" ! -type d -printf '%p %y %m %U:%G %n %s %T@ %l\n'
	find "$@" -type f -exec sha256sum {} +
	find "$@" -type d -exec lsattr -d {} + 2>/dev/null | sed -n 's/^-*i[^ ]*/immutable/p'
}
