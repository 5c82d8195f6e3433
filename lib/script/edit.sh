# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# edit.sh - edit the configuration, then update

cmd_edit() {
	need_name "$1"
	not_elsewhere
	check_build_options
	read_settings
	[ -z "$SYSTEM_PATH$FLAKE" ] || die 1 "$name: its system is not built from" \
		"configuration.nix: $conf has ${SYSTEM_PATH:+SYSTEM_PATH}${FLAKE:+FLAKE}"
	[ -z "$CONFIG_FILE" ] || die 1 "$name: its configuration is the host's file" \
		"$CONFIG_FILE; edit that, then: nixos-container update $name"
	[ -z "$DECLARED_IN" ] || update_declared
	edits=$(mktemp -d "${TMPDIR:-/tmp}/nixos-container.XXXXXX")
	at_end edit_forget
	config_get >"$edits/before" || exit
	cat "$edits/before" >"$edits/configuration.nix"
	# The variable may hold arguments, as it may for git and crontab.
	sh -c "${VISUAL:-${EDITOR:-vi}}"' "$1"' sh "$edits/configuration.nix" ||
		die 1 "$name: the editor failed; nothing was changed"
	if cmp -s "$edits/before" "$edits/configuration.nix"; then
		note "$name: configuration not changed"
		exit 0
	fi
	at_end edit_end
	edit_update
}

edit_forget() { rm -rf "$edits"; }

# edit_update - update to the edited text, if the original is still the same
edit_update() {
	update_begin
	config_get >"$edits/now" || exit
	cmp -s "$edits/before" "$edits/now" ||
		die 1 "$name: its configuration was changed by another command meanwhile"
	with_config=1
	update_rest
}

# edit_end - keep the text until the container has it
edit_end() {
	if [ "$ending" = 0 ] || [ "$ending" = 3 ]; then
		edit_forget
	else
		say "$name: the edited text is kept in $edits/configuration.nix"
	fi
}
