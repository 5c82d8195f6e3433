# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# reset.sh - delete the state of a container, keep the container

cmd_reset() {
	need_name "$1"
	lock "$name"
	need_name "$name"
	at_end unlock
	! boots_itself || die 1 "$name: boots its own tree, which a reset would delete;" \
		'to begin anew: destroy, then create --rootfs'
	was_up=''
	if running; then
		was_up=1
		unit_do stop
		machine_end poweroff
	fi
	tree_lock "$name"
	at_end 'tree_unlock; unlock'
	reset_tree
	tree_unlock
	at_end unlock
	[ -n "$was_up" ] || return 0
	reload_if_changed
	unit_do start
}

# config_missing - is there nothing of that name?  A link, or one on the way to it,
# is something, wherever it leads: nothing on the host follows it.
config_missing() {
	at=.
	for part in etc nixos configuration.nix; do
		found=0
		ctr-tree at "$root" "$at" find "$part" -prune >/dev/null 2>&1 || found=$?
		case $found in
		0) at=$at/$part ;;
		1) return 0 ;;
		*) return 1 ;;
		esac
	done
	return 1
}

# reset_tree - empty it but for configuration.nix, which is kept beside the
# settings meanwhile: after a reset was killed, the next one finds it
reset_tree() {
	saved=$conf_dir/.$name.nix
	if config_missing; then
		:
	elif ! config_get >"$saved.tmp"; then
		[ -e "$saved" ] || say "$name: its configuration.nix is not kept, for the reason above"
	else
		sync "$saved.tmp"
		mv "$saved.tmp" "$saved"
		sync "$conf_dir"
	fi
	rm -f "$saved.tmp"
	unmount_below "$root/"
	mkdir -p "$root"
	slow "$name: emptying its tree" ctr-tree empty "$root"
	# systemd-nspawn gave the tree to the container's users, and does so again
	# only if the top belongs to others.
	chown 0:0 "$root"
	chmod 755 "$root"
	ctr-tree mkdir "$root" etc/nixos
	ctr-tree mkdir "$root" usr
	[ ! -e "$saved" ] ||
		ctr-tree put "$root" - etc/nixos/configuration.nix <"$saved"
	sync -f "$root"
	rm -f "$saved"
}
