# SPDX-License-Identifier: MIT
# faults.bash - a command is killed, or a system call of its fails
#
# t/lib/faults kills the whole tree of processes before the Nth call that
# changes something, or has that call fail.  FAULT_POINTS: how many points of
# each command are tried, spread evenly, or "all".

# Errors, by their numbers, that calls of each kind are known to fail with.
errors_of() {
	case $1 in
	open | openat | creat) echo '28 24 12 4' ;;	# ENOSPC EMFILE ENOMEM EINTR
	openat2 | mkdir* | mknod* | link* | symlink* | rename*) echo '28 12' ;;
	write* | pwrite64 | copy_file_range | sendfile | fallocate) echo '28 5 4' ;;
	fsync | fdatasync | syncfs) echo '5 28' ;;
	unlink* | rmdir | truncate | ftruncate) echo '5 12' ;;
	send*) echo '105 4' ;;				# ENOBUFS EINTR
	*) echo 12 ;;
	esac
}

# faults_begin - two systems, and a bystander that nothing may touch
faults_begin() {
	[[ -x $faults ]] || skip "there is no $faults here"
	nixos-container create --no-start faults-a
	nixos-container create --no-start faults-b --config 'services.b.command = "exec sleep 1000";'
	A=$(ctr-gcroot path faults-a)
	B=$(ctr-gcroot path faults-b)
	nixos-container create bystander --system-path "$A"
	export A B
	bystander >"$BATS_FILE_TMPDIR/bystander"
}

faults_end() {
	for n in faults-a faults-b bystander; do
		nixos-container destroy "$n" 2>/dev/null || :
	done
}

# bystander - all that can be told of it
bystander() {
	nixos-container show bystander | grep -v '^memory\|^tasks'
	(cd $state/bystander && find etc usr | sort)
	cat $confs/bystander.conf
	nixos-container generations bystander
	mkveth show bystander
}

unharmed() {
	bystander | diff "$BATS_FILE_TMPDIR/bystander" - || { echo "the bystander"; return 1; }
}

# each_point PREPARE CHECK COMMAND... - kill and fail it at its points
#
# PREPARE makes what the command needs and sets name; the words NAME of the
# command are that.  CHECK finds it good, or makes it good.
each_point() {
	local prepare=$1 check=$2 n call error bad=0 tried=0 points=0 list
	shift 2
	a_name
	$prepare
	list=$(tries "${@//NAME/$name}")
	$check
	destroyed_whole
	while read -r -u 8 n call; do
		for error in kill $(errors_of "$call"); do
			[[ ${FAULT_POINTS-} == all || $error == kill ||
				$(((n + error) % 3)) == 0 ]] || continue
			a_name
			$prepare
			tried=$((tried + 1))
			run_at "$n" "$error" "${@//NAME/$name}"
			if ! $check >"$BATS_TEST_TMPDIR/why" 2>&1 ||
			    ! destroyed_whole >>"$BATS_TEST_TMPDIR/why" 2>&1; then
				bad=$((bad + 1))
				echo "$* at $n ($call), $error:"
				cat "$BATS_TEST_TMPDIR/said" "$BATS_TEST_TMPDIR/why"
				nixos-container destroy "$name" 2>/dev/null || :
			fi
		done
	done 8<<<"$list"
	printf '# %s: %d points tried, %d failed\n' "$*" "$tried" "$bad" >&3
	((tried > 0 && bad == 0)) && unharmed
}

# run_at N kill|ERRNO COMMAND... - said: what it said
run_at() {
	local at=$1 how=$2 status=0
	shift 2
	[[ $how == kill ]] && how=(kill "$at") || how=(fail "$at" "$how")
	"$faults" -u systemd-nspawn "${how[@]}" "$@" \
		>"$BATS_TEST_TMPDIR/said" 2>&1 3>&- </dev/null || status=$?
	printf 'exit %d\n' "$status" >>"$BATS_TEST_TMPDIR/said"
}
