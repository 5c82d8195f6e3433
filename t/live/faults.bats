#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Whenever a command is killed, or a system call of its fails, the same command
# or destroy makes it good.
#
# t/lib/faults kills the whole tree of processes before the Nth call that
# changes something, or has that call fail.  FAULT_POINTS: how many points of
# each command are tried, spread evenly, or "all".
load container
load points

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

setup_file() {
	[[ -x $faults ]] || skip "there is no $faults here"
	nixos-container create --no-start faults-a
	nixos-container create --no-start faults-b --config 'services.b.command = "exec sleep 1000";'
	A=$(ctr-gcroot path faults-a)
	B=$(ctr-gcroot path faults-b)
	# A bystander, which nothing that happens to others may touch.
	nixos-container create bystander --system-path "$A"
	export A B
	bystander >"$BATS_FILE_TMPDIR/bystander"
}

teardown_file() {
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
	$check && destroyed_whole
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

@test "create" {
	each_point nothing made_whole \
		nixos-container create NAME --no-start --system-path "$A"
}

@test "destroy" {
	each_point a_container gone nixos-container destroy NAME
}

@test "update" {
	each_point a_container updated \
		nixos-container update --no-apply --system-path "$B" NAME
}

@test "update with another configuration" {
	configured() {
		local text
		text=$(cat "$root/etc/nixos/configuration.nix" 2>&1)
		[[ $text == "$(<"$BATS_TEST_TMPDIR/one")" || $text == "$(<"$BATS_TEST_TMPDIR/two")" ]] ||
			{ echo "torn: $text"; return 1; }
		nixos-container update --no-apply --config-file "$BATS_TEST_TMPDIR/two" "$name" &&
			cmp "$root/etc/nixos/configuration.nix" "$BATS_TEST_TMPDIR/two" &&
			cat "$root"/etc/nixos/* | grep -q one &&
			[[ ! -e $root/etc/nixos/configuration.nix.new ]]
	}
	one_configured() {
		a_container && mkdir -p "$root/etc/nixos" &&
			cp "$BATS_TEST_TMPDIR/one" "$root/etc/nixos/configuration.nix"
	}
	echo '{ ... }: { networking.hostName = "one"; }' >"$BATS_TEST_TMPDIR/one"
	echo '{ ... }: { networking.hostName = "two"; }' >"$BATS_TEST_TMPDIR/two"
	each_point one_configured configured nixos-container update --no-apply \
		--config-file "$BATS_TEST_TMPDIR/two" NAME
}

@test "rollback" {
	back() {
		nixos-container rollback --no-apply "$name" 1 &&
			[[ $(ctr-gcroot path "$name") == "$A" ]] &&
			[[ $(ctr-gcroot list "$name" | wc -l) == 2 ]]
	}
	each_point two_generations back nixos-container rollback --no-apply NAME 1
}

@test "launch, until the container's own processes" {
	starts() {
		nixos-container start "$name" &&
			[[ $(nixos-container run "$name" -- hostname) ]] &&
			ping -c 1 -W 2 "$(nixos-container show-ip "$name")" &&
			nixos-container stop "$name"
	}
	with_port() { a_container && echo "HOST_PORT=$((20000 + points)):80" >>"$conf" && echo NAT=1 >>"$conf"; }
	each_point with_port starts nixos-container launch NAME
}

@test "cleanup" {
	cleaned() {
		nixos-container cleanup "$name" || return 1
		! ip link show "c-$name" 2>/dev/null || return 1
		! ls "/run/netns/net-$name" 2>/dev/null || return 1
		! nft list ruleset | grep -w "$(nixos-container show-ip "$name")"
	}
	launched() {
		a_container && echo "HOST_PORT=$((20000 + points)):80" >>"$conf" &&
			"$faults" -u systemd-nspawn count nixos-container launch "$name" >/dev/null 3>&- || [[ $? == 99 ]]
	}
	each_point launched cleaned nixos-container cleanup NAME
}

@test "start" {
	up() {
		nixos-container start "$name" && [[ $(nixos-container status "$name") == up ]] &&
			nixos-container stop "$name"
	}
	each_point a_container up nixos-container start NAME
}

@test "stop" {
	running() { a_container && nixos-container start "$name"; }
	down() { nixos-container stop "$name" && [[ $(nixos-container status "$name" || :) == down ]]; }
	each_point running down nixos-container stop NAME
}
