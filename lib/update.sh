# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# update.sh - another generation

cmd_update() {
	build_options "$@"
	lock "$name"
	name_known "$name"
	trap 'build_done; unlock' EXIT
	trap 'exit 1' INT TERM HUP
	enter_config
	if [ -n "$with_config" ]; then
		rm -f configuration.nix.new
		(set -C && config_wanted >configuration.nix.new)
		system=$(build "$root/etc/nixos/configuration.nix.new")
		config_keep
	else
		if [ -L configuration.nix ] || [ ! -f configuration.nix ]; then
			die 1 "$name: $root/etc/nixos/configuration.nix is not a plain file"
		fi
		system=$(build "$root/etc/nixos/configuration.nix")
	fi
	cd /
	ctr-gcroot set "$name" "$system"
	running || return 0
	switch
}

cmd_rollback() {
	name_known "$@"
	[ $# -le 2 ] || usage 'rollback takes a name and a generation'
	lock "$name"
	trap unlock EXIT
	trap 'exit 1' INT TERM HUP
	ctr-gcroot rollback "$@"
	running || return 0
	switch
}

cmd_generations() { name_only "$@"; exec ctr-gcroot list "$name"; }
