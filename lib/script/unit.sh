# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# unit.sh - the unit of a container

# unit_said - print the last messages of this attempt
unit_said() {
	id=$(systemctl show -p InvocationID --value "$unit" 2>/dev/null) || id=''
	if [ -n "$id" ]; then
		set -- "_SYSTEMD_INVOCATION_ID=$id" + "INVOCATION_ID=$id"
	else
		set -- -u "$unit"
	fi
	# What launch said may be on its way still, behind what systemd said after it.
	journalctl --sync 2>/dev/null || :
	journalctl --no-pager --quiet -o cat -n 15 "$@" 2>/dev/null |
		ctr-console filter | sed 's/^/  /' || :
}

# unit_do VERB - if it fails, print the messages of the unit
unit_do() {
	case $1 in
	stop) doing=stopping ;;
	*)
		doing=${1}ing
		# systemd refuses a unit that it started ten times of late.
		systemctl --quiet reset-failed "$unit" 2>/dev/null || : ;;
	esac
	if slow "$name: $doing" unlocked systemctl --quiet "$1" "$unit"; then
		return
	fi
	say "$name: could not $1; its last messages:"
	unit_said >&2
	say "$name: for more: nixos-container logs --unit $name"
	exit 1
}

# unit_realize - its limits are those that systemd has read
#
# When it reads its configuration, systemd 257 leaves the kernel's as they are until a
# property of the unit is set (252 and 262 do not).  Setting no markers leaves no trace.
unit_realize() {
	systemctl set-property --runtime "$unit" Markers= 2>/dev/null || :
}

# registered - machined also knows containers that run outside their unit
registered() { [ -e "/run/systemd/machines/$name" ]; }

running() { registered || systemctl is-active --quiet "$unit"; }

# find_leader - set leader to its first process, as machined knows it
find_leader() {
	leader=''
	registered || return 1
	while IFS='=' read -r key value; do
		[ "$key" != LEADER ] || leader=$value
	done 2>/dev/null <"/run/systemd/machines/$name" || :
	[ -n "$leader" ]
}

# wait_for_leader - until machined knows it, or this process is gone
#
# It takes long only where many start at once: then each looks less often.
wait_for_leader() {
	tries=0 pause=0.02
	until find_leader; do
		kill -0 $$ || return 1
		sleep "$pause"
		tries=$((tries + 1))
		case $tries in
		20) pause=0.1 ;;
		60) pause=0.5 ;;
		esac
	done
}

# is_stopped NAME - it neither runs nor starts nor stops
is_stopped() {
	case $(systemctl show -p ActiveState --value "container@$1.service" 2>/dev/null) in
	active | activating | deactivating | reloading) return 1 ;;
	esac
	[ ! -e "/run/systemd/machines/$1" ]
}

need_running() {
	running || die 1 "$name: not running; to start it: nixos-container start $name"
}

# wait_for_machine_end SECONDS - machined forgets it a moment after its end
wait_for_machine_end() {
	tries=0
	while registered; do
		tries=$((tries + 1))
		[ $tries -le $(($1 * 10)) ] || return 1
		sleep 0.1
	done
}

# machine_end VERB - end a container that runs outside its unit
machine_end() {
	registered || return 0
	case $1 in
	# machined's own terminate stops the unit that it was launched in: that is
	# the session of a user, with all that runs in it.
	terminate) machinectl kill --kill-who=leader --signal=KILL "$name" ;;
	*) machinectl "$1" "$name" ;;
	esac 2>/dev/null || :
	wait_for_machine_end 90 ||
		die 1 "$name: does not stop; to kill it: nixos-container terminate $name"
}

# unit_kill - stop at once; a kill without a stop would be a failure to restart
# after
#
# systemd-nspawn itself should see the end of the container: killed, it leaves
# mounts and locks.  The clean-up after it is not to be killed.
unit_kill() {
	systemctl stop --no-block "$unit" 2>/dev/null || :
	! find_leader || ! grep -qsF "/$unit" "/proc/$leader/cgroup" ||
		kill -KILL "$leader" 2>/dev/null || :
	timeout 3 systemctl stop "$unit" 2>/dev/null || {
		systemctl kill --kill-who=main --signal=KILL "$unit" 2>/dev/null || :
		systemctl stop "$unit" 2>/dev/null || :
	}
	systemctl reset-failed "$unit" 2>/dev/null || :
	machine_end terminate
}

# units_stop UNIT... - stop them; some may not be loaded, and then systemd 262 stops
# none of several
units_stop() {
	! systemctl stop "$@" 2>/dev/null || return 0
	for each; do systemctl stop "$each" 2>/dev/null || :; done
}

# prepare_start - tell systemd of its settings; exit 2 if these are wrong
prepare_start() {
	need_name "$1"
	old_name die 2
	ctr-conf check --no-host -- "$name" || exit
	reload_if_changed
}

cmd_start() { prepare_start "$1"; unit_do start; }
cmd_stop() { need_name "$1"; unit_do stop; machine_end poweroff; }
cmd_restart() {
	prepare_start "$1"
	systemctl is-active --quiet "$unit" || machine_end poweroff
	unit_do restart
}
cmd_terminate() { need_name "$1"; unit_kill; }

cmd_status() {
	set_name "$1"
	[ -e "$conf" ] || { printf 'gone\n'; exit 4; }
	if running; then
		printf 'up\n'
	else
		printf 'down\n'
	fi
}
