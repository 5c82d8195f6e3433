# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# change.sh - settings of a container that are read and changed by hand

cmd_get() {
	need_name "$1"
	shift
	exec ctr-conf get ${null:+-0} -- "$name" "$@"
}

cmd_set() {
	need_name "$1"
	not_declarative
	shift
	[ -n "$settings$*" ] || usage 'missing argument: KEY=VALUE'
	change_begin
	with_lines "$settings" change_write -- "$name" "$@"
	change_apply
}

change_begin() {
	lock "$name"
	at_end change_end
	need_name "$name"
	not_declarative
	not_elsewhere
}

not_declarative() {
	! is_declarative || die 1 "$name: declared in the host's configuration: change it there"
}

change_end() {
	unlock
	[ -z "${edits-}" ] || edit_end
}

# change_write WORD... - of ctr-conf set, which says when each change is in effect
change_write() {
	effects=$(with_addresses ctr-conf set --locked --effects "$@") || exit
}

# change_apply - do what brings them into effect, and say what waits for a start
#
# After a kill the same command does it.
change_apply() {
	update_hosts
	reload_if_changed
	read_settings
	[ -z "$DECLARED_IN" ] ||
		note "$name: declared in $DECLARED_IN, whose settings it gets at the next apply"
	repairs='' later='' limits=''
	while read -r when key; do
		case $when in
		once) limits=1 ;;
		network) repairs="$repairs $key" ;;
		start) later="$later $key" ;;
		esac
	done <<-END
		$effects
	END
	[ -z "$limits" ] || ! running || unit_realize
	if [ -n "$repairs" ] && running; then
		(network_renew) || die 1 "$name: the settings are written, but not all in effect;" \
			"to try again: nixos-container network $name"
		repairs=''
	fi
	later=$later$repairs
	[ -z "$later" ] || is_stopped "$name" || for key in $later; do
		note "$name: $key: takes effect at the next start"
	done
}
