# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# reset.sh - the state of a container gone, the container kept

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
		[ ! -L configuration.nix ] && file_read configuration.nix >"$saved.tmp") 2>/dev/null; then
		sync "$saved.tmp"
		mv "$saved.tmp" "$saved"
		sync "$conf_dir"
	fi
	rm -f "$saved.tmp"
	unmount_below "$root/"
	mkdir -p "$root"
	slow "$name: emptying its tree" ctr-tree empty "$root"
	# With users of its own, systemd-nspawn gave them the whole tree: it does
	# so again only where the top is not theirs.
	chown 0:0 "$root"
	chmod 755 "$root"
	ctr-tree mkdir "$root" etc/nixos
	ctr-tree mkdir "$root" usr
	[ ! -e "$saved" ] ||
		ctr-tree put "$root" - etc/nixos/configuration.nix <"$saved"
	sync -f "$root"
	rm -f "$saved"
}
