# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# job.sh - what a build of a container's files needs, for sandbox.sh
#
# A job is a folder of the host's and a unit of systemd.  The folder has the root
# of the unit, with a copy of the container's files.

job_set() {
	job=$run_dir/$name.job
	job_unit=nixos-container-build-$name.service
	daemon_unit=nixos-container-daemon-$name.service
}

# job_begin - a new job; the lock of the container is held
job_begin() {
	job_end
	[ -d /run/systemd/system ] || die 1 "$name: needs systemd as the host's init to build" \
		'what a container wrote without the rights of root; to use a system that' \
		'is built: --system-path'
	need_program systemd-run 'to build its system without the rights of root'
	need_nix nix
	mkdir -m 700 "$job"
	# Each Nix takes some 30 ms to begin.
	{
		nix_settings "$job/settings"
		ask_nix "$job/settings" >"$job/said"
	} 9>&- &
	job_asks=$!
	mkdir -p "$job/root/etc/nix" "$job/empty"
	# As an option, the daemon would be sent it, too, and warn that it ignores it.
	printf 'download-attempts = 2\n' >"$job/root/etc/nix/nix.conf"
	# A repository of the container's belongs to others than the unit's user.
	printf '[safe]\n\tdirectory = *\n' >"$job/root/etc/gitconfig"
	job_sees='' sources=0 real_state_dir=$(readlink -f -- "$state_dir")
}

# job_end - the unit, the daemon and the folder go, also those of a killed command
job_end() {
	job_set
	[ -e "$job" ] || return 0
	job_stop "$job_unit"
	tries=0
	# The client may have asked for the unit just now.  (A process that has ended
	# and is not waited for has no exe.)
	while [ -n "${job_client-}" ] && [ -e "/proc/$job_client/exe" ] && [ $tries -lt 200 ]; do
		sleep 0.05
		job_stop "$job_unit"
		tries=$((tries + 1))
	done
	job_client=''
	[ -z "${job_asks-}" ] || wait "$job_asks" || :
	job_asks=''
	job_stop "$daemon_unit"
	# Nix before 2.14 makes these for each user that comes to its daemon.
	for dir in profiles gcroots; do
		set -- "$@" "$nix_dir/$dir/per-user/nixos-build-$$" \
			"$nix_dir/$dir/per-user"/6[1-5][0-9][0-9][0-9]
	done
	rmdir "$@" 2>/dev/null || :
	# What is left of a killed command may still write there.
	tries=0
	until rm -rf "$job" 2>/dev/null || [ $tries -ge 100 ]; do
		sleep 0.05
		tries=$((tries + 1))
	done
	rm -rf "$job"
}

# job_stop UNIT - a unit that systemd knows has this file
job_stop() {
	[ -e "/run/systemd/transient/$1" ] || return 0
	systemctl --quiet stop "$1" 2>/dev/null || :
	systemctl reset-failed "$1" 2>/dev/null || :
}

# job_copy TREE PATH - a copy of a folder of a container, at the same place
job_copy() {
	case $2 in
	*/*) to=$job/root$1/${2%/*} ;;
	*) to=$job/root$1 ;;
	esac
	mkdir -p "$to"
	why=$(timeout 30 ctr-tree get --max-bytes 67108864 --max-files 10000 --max-depth 32 \
		--plain -- "$1" "$2" "$to" 2>&1) && return 0
	why=${why#ctr-tree: }
	die 1 "$name: not built, as its configuration cannot be copied: ${why:-it takes too long}"
}

# job_see PATH - the unit can read this path of the host's; set seen_at to where
job_see() {
	seen_at=$1
	# What a container wrote is seen as its copy only.
	case $1/ in
	/nix/store/* | /usr/*) ;;
	"$real_state_dir"/*)
		[ -e "$job/root$1" ] || die 1 "$name: not built with $1, as it lies in a container" ;;
	*)
		bind_source "$1"
		case $source in
		"$1") ;;
		*) seen_at=/seen/${source##*.} ;;
		esac
		# systemd would make some of the folders above for root alone.
		mkdir -p "$job/root${seen_at%/*}"
		job_sees="$job_sees \"$source\":$seen_at" ;;
	esac
}

# real_path PATH - set at to it without links, if it exists
real_path() {
	at=$(cd "$here" && readlink -f -- "$1") || return 1
	[ -e "$at" ]
}

# bind_source PATH - set source to the path, or to a link to it that needs no quotes in
# BindReadOnlyPaths=
#
# systemd drops the quotes when it writes the file of a unit, and reads that again
# when it is reloaded.  They are for a run_dir that needs them.
bind_source() {
	source=$1
	case $1 in
	*[!a-zA-Z0-9/._+@,=-]*)
		sources=$((sources + 1))
		source=$job/source.$sources
		ln -s -- "$1" "$source" ;;
	esac
}

# job_search - set search to the options -I that Nix finds the same by;
# what is no path, such as a URL, stays
job_search() {
	search=''
	while IFS= read -r entry; do
		prefix=${entry%%=*} at=${entry#*=}
		[ "$prefix" != nixos-config ] || continue
		case $at in
		[a-z]*:*) ;;
		*)
			real_path "$at" || continue
			job_see "$at"
			at=$seen_at ;;
		esac
		search="$search-I$newline${prefix:+$prefix=}$at$newline"
	done <<-END
		$nix_search
	END
}

# job_built_with - set file and search to what builds, as the unit sees it
job_built_with() {
	job_search
	case $file in
	'<'*'>')
		[ -n "$nix_found" ] || die 1 "$name: $file cannot be found in NIX_PATH"
		inner=${file#<} inner=${inner%>}
		prefix=${inner%%/*}
		at=$(readlink -f -- "${nix_found%"${inner#"$prefix"}"}")
		job_see "$at"
		search="-I$newline$prefix=$seen_at$newline$search"
		return ;;
	esac
	# <nixpkgs/nixos> uses files beside it, the minimal system a busybox.
	# busybox' own sh would find "busybox" as a builtin.
	for busybox in /bin/busybox /usr/bin/busybox /run/current-system/sw/bin/busybox; do
		[ ! -e "$busybox" ] || break
	done
	busybox=$(readlink -f "$busybox") || busybox=/bin/busybox
	real_path "$file" || die 1 "$name: --nixos-path: no such file: $file"
	job_see "${at%/nixos}"
	file=$seen_at${at#"${at%/nixos}"}
	search="${search}-I${newline}built-with=$seen_at$newline"
	job_see "$busybox"
	search="${search}-I${newline}busybox=$busybox$newline"
	search="${search}-I${newline}beside-busybox=${busybox%/*}$newline"
}

# job_programs - set programs to the folder of Nix's own, and job_path
job_programs() {
	need_nix nix-build
	programs=$(readlink -f "$(command -v nix-build)")
	programs=${programs%/*}
	job_see "$programs"
	job_path=$programs:/usr/bin:/bin
	! git=$(command -v git) || job_path=$job_path:$(readlink -f "${git%/*}")
}

# job_trust - Nix's daemon builds as somebody else, and apart from the host
job_trust() {
	case $nix_builders in
	'') die 1 "$name: not built, as the Nix of this host builds as root: set" \
		'build-users-group in /etc/nix/nix.conf, or use --system-path' ;;
	esac
	case $nix_trusts in
	*' * '*) die 1 "$name: not built, as the Nix of this host trusts all users:" \
		'remove * from trusted-users in /etc/nix/nix.conf, or use --system-path' ;;
	esac
	case $nix_sandbox:$newline$nix_flags in
	true:* | *"$newline--option${newline}sandbox$newline"*) ;;
	*) die 1 "$name: not built, as the Nix of this host builds without a sandbox: set" \
		"sandbox = true in /etc/nix/nix.conf, or allow it: --option sandbox $nix_sandbox" ;;
	esac
}

# job_socket - set socket_dir to that of Nix's daemon, and group; both are empty if
# none listens
job_socket() {
	for socket_dir in "$nix_dir/daemon-socket" "$job/daemon" ''; do
		! listens "$socket_dir/socket" || break
	done
	[ -z "$socket_dir" ] || socket_group
}

# socket_group - the group that the daemon is for, where it is not for all
socket_group() {
	group=$(stat -L -c '%g %a' "$socket_dir")
	case $group in
	*[1357] | '0 '*) group='' ;;
	*) group=${group% *} ;;
	esac
}

# listens SOCKET - does a process accept connections there?  The file may be left
# from one that is gone.
listens() { [ -S "$1" ] && grep -q " 00010000 [^/]* $1\$" /proc/net/unix; }

# job_daemon - start a daemon of Nix for this job
job_daemon() {
	[ "$nix_builders" = auto ] || getent group "$nix_builders" >/dev/null ||
		die 1 "$name: needs Nix's daemon, as there is no group $nix_builders to build as:" \
		'enable nix-daemon.socket, or use --system-path'
	mkdir "$job/daemon"
	systemd-run --quiet --collect --unit="$daemon_unit" \
		--setenv=NIX_DAEMON_SOCKET_PATH="$job/daemon/socket" \
		--setenv=NIX_STATE_DIR="$nix_dir" -- "$programs/nix-daemon" ||
		die 1 "$name: could not start Nix's daemon"
	tries=0
	while :; do
		job_socket
		[ -z "$socket_dir" ] || return 0
		tries=$((tries + 1))
		[ $tries -lt 200 ] || die 1 "$name: could not start Nix's daemon;" \
			"its messages: journalctl -u $daemon_unit"
		sleep 0.05
	done
}

# job_prepare - all that the unit needs but the copy
job_prepare() {
	job_programs
	job_fence
	job_certificates
	# Without name servers, a download fails and says so.
	ctr-resolv copy --private-network "$job/root" 2>/dev/null || :
	job_socket
	[ -z "$job_asks" ] || wait "$job_asks" || exit 1
	job_asks=''
	nix_said <"$job/said"
	job_trust
	[ -n "$socket_dir" ] || job_daemon
}
