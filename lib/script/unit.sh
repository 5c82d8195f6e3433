# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# unit.sh - the unit of a container

# unit_said - the last of it, of this attempt
unit_said() {
	id=$(systemctl show -p InvocationID --value "$unit" 2>/dev/null) || id=''
	if [ -n "$id" ]; then
		set -- "_SYSTEMD_INVOCATION_ID=$id" + "INVOCATION_ID=$id"
	else
		set -- -u "$unit"
	fi
	journalctl --no-pager --quiet -o cat -n 10 "$@" 2>/dev/null |
		ctr-console filter | sed 's/^/  /' || :
}

# unit_do VERB - with what the unit said, where it fails
unit_do() {
	case $1 in
	stop) doing=stopping ;;
	*) doing=${1}ing ;;
	esac
	if slow "$name: $doing" unlocked systemctl --quiet "$1" "$unit"; then
		return
	fi
	say "$name: could not $1; the last it said:"
	unit_said >&2
	say "$name: more of it: nixos-container logs --unit $name"
	exit 1
}

# A container that launch runs elsewhere than in its unit is known to machined.
registered() { [ -e "/run/systemd/machines/$name" ]; }

running() { registered || systemctl is-active --quiet "$unit"; }

# at_rest NAME - does it neither run, nor start or stop?
at_rest() {
	case $(systemctl show -p ActiveState --value "container@$1.service" 2>/dev/null) in
	active | activating | deactivating | reloading) return 1 ;;
	esac
	[ ! -e "/run/systemd/machines/$1" ]
}

need_running() {
	running || die 1 "$name: not running; start it with: nixos-container start $name"
}

# machine_gone SECONDS - machined forgets a container a moment after its end
machine_gone() {
	tries=0
	while registered; do
		tries=$((tries + 1))
		[ $tries -le $(($1 * 10)) ] || return 1
		sleep 0.1
	done
}

# machine_forget - machined keeps a machine as long as its unit is active, and
# the next start is just that; a systemd-nspawn that was killed told it nothing
machine_forget() {
	registered &&
		grep -qxF "SCOPE=$unit" "/run/systemd/machines/$name" 2>/dev/null ||
		return 0
	busctl --quiet call org.freedesktop.machine1 /org/freedesktop/machine1 \
		org.freedesktop.machine1.Manager UnregisterMachine s "$name" \
		2>/dev/null || :
}

# machine_end VERB - end one that runs outside its unit
machine_end() {
	registered || return 0
	case $1 in
	# machined's own terminate stops the unit that it was launched in: the
	# session of whoever did that, with all that runs there.
	terminate) machinectl kill --kill-who=leader --signal=KILL "$name" ;;
	*) machinectl "$1" "$name" ;;
	esac 2>/dev/null || :
	machine_gone 90 || 
		die 1 "$name: it does not stop; this ends it: nixos-container terminate $name"
}

# unit_kill - stop at once; the kill alone would be a failure to restart after
unit_kill() {
	systemctl kill --signal=KILL "$unit" 2>/dev/null || :
	systemctl stop "$unit" 2>/dev/null || :
	systemctl reset-failed "$unit" 2>/dev/null || :
	machine_end terminate
}

cmd_start() { name_only "$@"; unit_fresh; unit_do start; }
cmd_stop() { name_only "$@"; unit_do stop; machine_end poweroff; }
cmd_restart() {
	name_only "$@"
	unit_fresh
	systemctl is-active --quiet "$unit" || machine_end poweroff
	unit_do restart
}
cmd_terminate() { name_only "$@"; unit_kill; }

cmd_status() {
	[ $# -eq 1 ] || usage 'status takes one name'
	name_set "$1"
	[ -e "$conf" ] || { printf 'gone\n'; exit 4; }
	running || { printf 'down\n'; exit 3; }
	printf 'up\n'
}
