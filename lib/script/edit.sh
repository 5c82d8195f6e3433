# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# edit.sh - edit the configuration, then update; or the settings

cmd_edit() {
	need_name "$1"
	if [ -n "$of_settings" ]; then
		edit_settings
	else
		edit_configuration
	fi
}

edit_configuration() {
	not_elsewhere
	check_build_options
	read_settings
	[ -z "$SYSTEM_PATH$FLAKE" ] || die 1 "$name: its system is not built from" \
		"configuration.nix: $conf has ${SYSTEM_PATH:+SYSTEM_PATH}${FLAKE:+FLAKE}"
	[ -z "$CONFIG_FILE" ] || die 1 "$name: its configuration is the host's file" \
		"$CONFIG_FILE; edit that, then: nixos-container update $name"
	[ -z "$DECLARED_IN" ] || update_declared
	needs_configuration
	edit_open configuration.nix config_get
	update_begin
	edit_check config_get
	with_config=1
	update_rest
}

edit_settings() {
	[ -z "$nixos_path$nix_paths$nix_flags$flake_flags$apply_given$take_back" ] ||
		usage '--settings excludes all options for a system'
	not_declarative
	edit_open settings.conf cat -- "$conf"
	change_begin
	edit_check cat -- "$conf"
	change_write --from "$edits/$edited" -- "$name"
	edit_forget
	edits=''
	change_apply
}

# edit_open FILE COMMAND... - open what the command prints in an editor, as FILE in a
# folder of its own, edits
edit_open() {
	edited=$1
	shift
	edits=$(mktemp -d "${TMPDIR:-/tmp}/nixos-container.XXXXXX")
	at_end edit_forget
	"$@" >"$edits/before" || exit
	cat "$edits/before" >"$edits/$edited"
	# The variable may hold arguments, as it may for git and crontab.
	sh -c "${VISUAL:-${EDITOR:-vi}}"' "$1"' sh "$edits/$edited" ||
		die 1 "$name: the editor failed; nothing was changed"
	if cmp -s "$edits/before" "$edits/$edited"; then
		note "$name: ${edited%.*} not changed"
		exit 0
	fi
	at_end edit_end
}

edit_forget() { rm -rf "$edits"; }

# edit_check COMMAND... - under the lock: is the original still the same?
edit_check() {
	"$@" >"$edits/now" || exit
	cmp -s "$edits/before" "$edits/now" ||
		die 1 "$name: $edited was changed by another command meanwhile"
	[ -s "$edits/$edited" ] || die 1 "$name: the edited text is empty; nothing was changed"
}

# edit_end - keep the text until the container has it
edit_end() {
	if [ "$ending" = 0 ] || [ "$ending" = 3 ]; then
		edit_forget
	else
		say "$name: the edited text is kept in $edits/$edited"
	fi
}
