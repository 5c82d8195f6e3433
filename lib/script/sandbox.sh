# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# sandbox.sh - evaluate and build what a container wrote, without any rights
#
# The unit has a user of its own, limits, and nothing of the host's but Nix, what
# it builds with, and the network without the host's own addresses.  It asks Nix's
# daemon to build.

# job_fence - set fence to the limits of the network: the host's own addresses
# are out of reach, or all if systemd cannot filter (it needs cgroup v2 and BPF)
job_fence() {
	fenced=''
	! [ -e "$run_dir.fence" ] || read -r fenced <"$run_dir.fence" || :
	[ -n "$fenced" ] || fence_probe
	if [ "$fenced" = yes ]; then
		fence="IPAddressDeny=127.0.0.0/8 ::1/128 169.254.0.0/16 fe80::/10 224.0.0.0/4 ff00::/8"
		fence="$fence $(ctr-conf address --of-host)" || exit 1
	else
		fence=PrivateNetwork=yes
	fi
}

# fence_probe - systemd counts packets with what it filters them with
fence_probe() {
	fenced=no probe=nixos-container-probe-$$.service
	systemd-run --quiet --unit="$probe" -p IPAccounting=yes -p RemainAfterExit=yes \
		-- true || exit 1
	case $(systemctl show -p IPIngressBytes --value "$probe") in
	'' | *[!0-9]* | 18446744073709551615) ;;
	*) fenced=yes ;;
	esac
	systemctl --quiet stop "$probe" || :
	printf '%s\n' "$fenced" >"$run_dir.fence"
}

# memory_counted - is there a memory controller?  Without one, each process has
# the limit for itself.
memory_counted() {
	[ ! -d /sys/fs/cgroup/memory ] || return 0
	read -r controllers 2>/dev/null </sys/fs/cgroup/cgroup.controllers || return 1
	case " $controllers " in
	*' memory '*) ;;
	*) return 1 ;;
	esac
}

# job_certificates - set certificates to the file that fetchers check servers by
job_certificates() {
	for certificates in "${NIX_SSL_CERT_FILE-}" /etc/ssl/certs/ca-certificates.crt \
		/etc/ssl/certs/ca-bundle.crt /etc/pki/tls/certs/ca-bundle.crt; do
		[ ! -f "$certificates" ] || return 0
	done
	certificates=/dev/null
}

# What else of @system-service an evaluation has no use for.  (systemd has settings
# for some of these, but takes a filter and several milliseconds for each.)
no_calls='personality sched_setscheduler sched_setattr shmget semget msgget mq_open
	process_vm_readv process_vm_writev'

# in_job COMMAND... - become the client of the unit
#
# Its root is the folder of the job: systemd makes there what it binds.
in_job() {
	# What it is.  Nix takes a home of another user's for none, and a missing one
	# for its own.
	set -- --setenv=PATH="$job_path" --setenv=HOME=/build/home --setenv=TMPDIR=/build \
		--setenv=NIX_REMOTE=daemon --setenv=NIX_STATE_DIR=/nix/var/nix \
		--setenv=NIX_CONF_DIR=/etc/nix --setenv=NIX_SSL_CERT_FILE=/etc/ssl/cert.pem \
		--setenv=GIT_SSL_CAINFO=/etc/ssl/cert.pem --setenv=LANG=C.UTF-8 \
		--setenv=GC_NPROCS=1 -- "$@"
	# What it sees
	bind_source "$certificates"
	set -- -p RootDirectory="$job/root" -p MountAPIVFS=yes \
		-p BindReadOnlyPaths="-/usr -/bin -/lib -/lib64 /nix/store$job_sees" \
		-p BindReadOnlyPaths="\"$source\":/etc/ssl/cert.pem" \
		-p TemporaryFileSystem=/build:mode=1777,size=1G,nr_inodes=200k,nodev,nosuid,noexec \
		-p TemporaryFileSystem=/run:ro,mode=755 \
		-p WorkingDirectory=/build -p PrivateDevices=yes \
		-p InaccessiblePaths='-+/sys -+/dev/shm -+/dev/mqueue -+/dev/hugepages' \
		-p ProtectProc=invisible -p ProcSubset=pid "$@"
	bind_source "$socket_dir"
	set -- -p BindReadOnlyPaths="\"$source\":/nix/var/nix/daemon-socket" "$@"
	# What systemd would make there is on a disk of the host.
	set -- -p BindReadOnlyPaths="\"$job/empty\":/tmp \"$job/empty\":/var/tmp" "$@"
	# What it may do.  (systemd writes RestrictNamespaces=yes as an empty line, so it is
	# lost when systemd reads its files again; uts needs capabilities.)
	set -- -p DynamicUser=yes -p User="nixos-build-$$" \
		-p SupplementaryGroups="$group" -p PrivateUsers=yes \
		-p CapabilityBoundingSet= -p NoNewPrivileges=yes -p RestrictNamespaces=uts \
		-p SystemCallFilter=@system-service -p SystemCallErrorNumber=EPERM \
		-p SystemCallFilter="~$no_calls" -p SystemCallArchitectures=native \
		-p KeyringMode=private \
		-p RestrictAddressFamilies='AF_UNIX AF_INET AF_INET6' -p "$fence" \
		-p UMask=0077 "$@"
	# How much
	memory_counted || set -- -p LimitAS="$job_memory" "$@"
	set -- -p MemoryMax="$job_memory" -p MemorySwapMax=0 -p TasksMax=128 \
		-p RuntimeMaxSec="$job_time" -p LimitFSIZE=1G -p LimitCORE=0 \
		-p KillSignal=SIGKILL "$@"
	exec systemd-run --quiet --pipe --wait --unit="$job_unit" \
		--description="Build of the system of the container $name" "$@"
}

# job_pipes COMMAND... - the unit has nothing of ours but pipes: its messages, of
# which the first 16 MiB and the end are shown, and its result
#
# All of it lives as long as the unit, also if a signal goes to all: a client that has
# just asked for the unit, and is gone, leaves one that nobody knows of.
job_pipes() {
	trap '' INT TERM HUP
	exec 3>&2 9>&-
	{ {
		code=0
		(in_job "$@") </dev/null 2>&1 >&4 || code=$?
		printf '%s' "$code" >"$job/status"
	} | {
		head -c 16777216
		tail -c 16384 >"$job/end"
		[ ! -s "$job/end" ] || { printf '\n...\n'; cat "$job/end"; }
	} | ctr-console filter >&3; } 4>&1 | head -c 4096 >"$job/result"
}

# job_run COMMAND... - set system to the one store path that it prints
#
# In the background, as a shell handles no signal while it waits for the
# foreground.  The command is in a file, as systemd takes dollar signs for variables,
# and reads semicolons as others when it is reloaded before the unit begins.
job_run() {
	job_memory=${NIXOS_CONTAINER_BUILD_MEMORY:-2G} job_time=${NIXOS_CONTAINER_BUILD_TIME:-4h}
	job_stop "$job_unit"
	[ ! -e "$job/status" ] || rm -f "$job/status" "$job/result"
	quote "$@"
	printf 'exec%s\n' "$quoted" >"$job/root/command"
	job_pipes sh /command &
	job_client=$!
	wait "$job_client" || :
	job_client=''
	code=''
	read -r code 2>/dev/null <"$job/status" || [ -n "$code" ] || code=1
	[ "$code" = 0 ] || job_failed
	system='' more=''
	{
		IFS= read -r system || :
		! IFS= read -r more && [ -z "$more" ] || system="$system $more"
	} <"$job/result"
	case $system in
	*[!a-zA-Z0-9+._?=/-]* | /nix/store/*/* | /nix/store/.*) ;;
	/nix/store/?*) return 0 ;;
	esac
	die 1 "$name: not built: its result is not a path in the store: $system"
}

job_failed() {
	result=$(systemctl show -p Result -p ExecMainStatus "$job_unit") || result=''
	case $result in
	# With cgroup v1 systemd just sees a SIGKILL.
	*Result=oom-kill* | *Result=signal*ExecMainStatus=9 | *ExecMainStatus=9*Result=signal | \
		*ExecMainStatus=137*)
		die 1 "$name: could not build its system with $job_memory of memory;" \
			'for more, set NIXOS_CONTAINER_BUILD_MEMORY' ;;
	*Result=timeout*) die 1 "$name: could not build its system within $job_time;" \
		'for more, set NIXOS_CONTAINER_BUILD_TIME' ;;
	esac
	# Those of systemd.exec(5)
	case $code in
	2[0-4][0-9]) die 1 "$name: systemd could not set up the unit that builds its system" \
		"(status $code); see: journalctl -u $job_unit" ;;
	esac
	[ "$fenced" = yes ] || say "$name: its configuration could download nothing: this" \
		'host has no cgroup v2 with BPF to keep it off the host'
	build_failed
}
