# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# edit.sh - the configuration in an editor, then an update

# config_get FILE - that of the container, into a file of ours
config_get() (
	enter_config
	if [ ! -f configuration.nix ] || [ -L configuration.nix ] ||
		! file_read configuration.nix >"$1"; then
		die 1 "$name: $root/etc/nixos/configuration.nix is not a plain file"
	fi
)

cmd_edit() {
	verb=update
	build_options "$@"
	[ -z "$with_config$system_path$flake" ] ||
		usage 'edit takes no configuration: it edits that of the container'
	name_known "$name"
	conf_read
	[ -z "$SYSTEM_PATH$FLAKE" ] || die 1 "$name: its system is not made from" \
		"its configuration.nix: $conf says ${SYSTEM_PATH:+SYSTEM_PATH}${FLAKE:+FLAKE}"
	edits=$(mktemp -d "${TMPDIR:-/tmp}/nixos-container.XXXXXX")
	trap 'rm -rf "$edits"' EXIT
	trap 'exit 1' INT TERM HUP
	config_get "$edits/before"
	cat "$edits/before" >"$edits/configuration.nix"
	# The variable may hold words, as it does for git and crontab.
	sh -c "${VISUAL:-${EDITOR:-vi}}"' "$1"' sh "$edits/configuration.nix" ||
		die 1 "$name: the editor failed: nothing was changed"
	if cmp -s "$edits/before" "$edits/configuration.nix"; then
		note "$name: its configuration was not changed"
		exit 0
	fi
	trap 'edit_end $?' EXIT
	(edit_update)
}

# edit_update - an update to the edited text, if it was made from the present one
edit_update() {
	update_begin
	config_get "$edits/now"
	cmp -s "$edits/before" "$edits/now" ||
		die 1 "$name: its configuration was changed by others meanwhile"
	config_file=$edits/configuration.nix with_config=1
	update_rest
}

# edit_end STATUS - the text is kept until it is the container's
edit_end() {
	if [ "$1" -eq 0 ] || [ "$1" -eq 3 ]; then
		rm -rf "$edits"
	else
		say "$name: the edited text is kept in $edits/configuration.nix"
	fi
}
