# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# reset.sh - the state of a container gone, the container kept

# tree_lock NAME - hold descriptor 6 on the lock of a tree that is at rest
#
# launch waits for it, so what was seen to be down stays down; the lock of the
# container itself is not enough, as that is held by those who start it, too.
tree_lock() {
	mkdir -p "$lock_dir" && chmod 700 "$lock_dir"
	tree_lock=$lock_dir/$1.tree.lock
	while :; do
		exec 6>>"$tree_lock"
		flock 6 || return 1
		# shellcheck disable=SC3013 # as in locks.sh
		[ "$tree_lock" -ef /proc/self/fd/6 ] && break
	done
	name_at_rest "$1" ||
		{ tree_unlock; die 1 "$1: it runs; stop it with: nixos-container stop $1"; }
}

tree_unlock() { rm -f "$tree_lock"; exec 6>&-; }

# tree_wait - until nobody is at work on the tree, but not for ever
tree_wait() {
	at_work=$lock_dir/$name.tree.lock
	[ ! -e "$at_work" ] || flock -s -w 30 6 6<"$at_work" || [ ! -e "$at_work" ] ||
		die 1 "$name: another command is at work on its tree"
}

# name_at_rest NAME - does it neither run, nor start or stop?
name_at_rest() {
	case $(systemctl show -p ActiveState --value "container@$1.service" 2>/dev/null) in
	active | activating | deactivating | reloading) return 1 ;;
	esac
	[ ! -e "/run/systemd/machines/$1" ]
}

cmd_reset() {
	name_only "$@"
	lock "$name"
	name_known "$name"
	trap 'unlock' EXIT
	trap 'exit 1' INT TERM HUP
	was_up=''
	if running; then
		was_up=1
		unit_do stop
		machine_end poweroff
	fi
	tree_lock "$name"
	trap 'tree_unlock; unlock' EXIT
	reset_tree
	tree_unlock
	trap 'unlock' EXIT
	[ -n "$was_up" ] || return 0
	unit_fresh
	unit_do start
}

# reset_tree - empty it but for configuration.nix, which waits beside the
# settings meanwhile: where a reset was killed, the next finds it there
reset_tree() {
	saved=$conf_dir/.$name.nix
	if [ -d "$root" ] && (enter_config && [ -f configuration.nix ] &&
		[ ! -L configuration.nix ] && config_read >"$saved.tmp") 2>/dev/null; then
		sync "$saved.tmp"
		mv "$saved.tmp" "$saved"
		sync "$conf_dir"
	fi
	rm -f "$saved.tmp"
	unmount_below "$root/"
	mkdir -p "$root"
	ctr-gcroot empty --trees "$state_dir" "$name"
	# With users of its own, systemd-nspawn gave them the whole tree: it does
	# so again only where the top is not theirs.
	chown 0:0 "$root"
	chmod 755 "$root"
	mkdir -p "$root/etc/nixos" "$root/usr"
	if [ -e "$saved" ]; then
		cat "$saved" >"$root/etc/nixos/configuration.nix.new"
		sync "$root/etc/nixos/configuration.nix.new"
		mv "$root/etc/nixos/configuration.nix.new" "$root/etc/nixos/configuration.nix"
	fi
	sync -f "$root"
	rm -f "$saved"
}
