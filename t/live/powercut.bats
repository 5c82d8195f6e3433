#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The power fails while a command is at work: of what it changed, the disk has
# what was synced, and perhaps more.
#
# Settings, trees and profiles lie on an ext4 of their own, whose kernel writes
# nothing by itself for as long as a test takes.  At a point of the command
# (t/live/points.bash) the disk is copied as it is; or once more after the
# journal was written, which has each name and length then, but not the data of
# files that were not synced.  The copy takes the disk's place, and what must
# be true after a kill must be true there.
load container
load points

disk=/disk-for-powercut
state=$disk/state confs=$disk/conf nix_state=$disk/nix

# A name takes its place as soon as it is renamed, and data come when asked for.
options=commit=3600,data=writeback,noauto_da_alloc

plug_in() { mount -n -t ext4 -o "loop,$options" "$1" "$disk"; }

setup_file() {
	[[ -x $faults ]] || skip "there is no $faults here"
	image=$BATS_FILE_TMPDIR/image
	nixos-container create --no-start cut-a
	nixos-container create --no-start cut-b --config 'services.b.command = "exec sleep 1000";'
	A=$(ctr-gcroot path cut-a)
	B=$(ctr-gcroot path cut-b)
	truncate -s 16M "$image"
	mkfs.ext4 -q -b 1024 -J size=1 -E lazy_itable_init=0,lazy_journal_init=0 "$image"
	mkdir -p "$disk"
	loop_devices
	plug_in "$image" || skip 'no image can be mounted here'
	mkdir "$disk/state" "$disk/conf" "$disk/nix"
	sync -f "$disk"
	export A B image NIX_STATE_DIR=$nix_state
	export NIXOS_CONTAINER_STATE_DIR=$state NIXOS_CONTAINER_CONF_DIR=$confs
}

teardown_file() {
	unset NIX_STATE_DIR NIXOS_CONTAINER_STATE_DIR NIXOS_CONTAINER_CONF_DIR
	umount -n "$disk" && rmdir "$disk"
	for n in cut-a cut-b; do
		nixos-container destroy "$n" 2>/dev/null || :
	done
}

# cut_at N HOW COMMAND... - copy the disk before the Nth change of it
cut_at() {
	local n=$1 how=$2 said=$BATS_TEST_TMPDIR/said pid
	shift 2
	mkfifo "$BATS_TEST_TMPDIR/hold"
	"$faults" -u systemd-nspawn hold "$n" "$@" \
		<"$BATS_TEST_TMPDIR/hold" >"$said" 2>&1 3>&- 8>&- &
	pid=$!
	exec 7>"$BATS_TEST_TMPDIR/hold"
	until grep -qsx '[0-9][0-9]*' "$said" || ! kill -0 $pid 2>/dev/null; do sleep 0.01; done
	copy_disk "$how"
	exec 7>&-
	wait $pid || :
	rm "$BATS_TEST_TMPDIR/hold"
}

# copy_disk synced|journal - what is on it, if the power fails now
copy_disk() {
	if [[ $1 == journal ]]; then
		touch "$disk/unrelated"
		sync "$disk/unrelated"
	fi
	cp --sparse=always "$image" "$BATS_TEST_TMPDIR/cut"
}

# on_the_copy COMMAND... - as after the next boot
on_the_copy() {
	local bad=0
	rm -rf /run/nixos-container
	plug_in "$BATS_TEST_TMPDIR/cut"
	"$@" || bad=1
	umount -n "$disk"
	return $bad
}

good() { $check && destroyed_whole; }

# away - the container, and what rename made of it
away() {
	for n in "$name" "$name-new"; do
		nixos-container destroy "$n" 2>/dev/null || :
	done
}

# each_cut PREPARE CHECK COMMAND... - at its points, and after it
each_cut() {
	local prepare=$1 check=$2 at call how bad=0 tried=0 points=0 list
	shift 2
	a_name
	$prepare
	list=$(tries "${@//NAME/$name}")
	good
	while read -r -u 8 at call; do
		for how in synced journal; do
			a_name
			$prepare
			sync -f "$disk"
			tried=$((tried + 1))
			cut_at "$at" "$how" "${@//NAME/$name}"
			if ! on_the_copy good >"$BATS_TEST_TMPDIR/why" 2>&1; then
				bad=$((bad + 1))
				echo "$* at $at ($call), $how:"
				cat "$BATS_TEST_TMPDIR/said" "$BATS_TEST_TMPDIR/why"
			fi
			away
		done
	done 8<<<"$list"
	printf '# power cut, %s: %d points tried, %d failed\n' "$*" "$tried" "$bad" >&3
	((tried > 0 && bad == 0))
}

# lasts PREPARE CHECK COMMAND... - what it said that it did, it did
lasts() {
	local prepare=$1 check=$2 points=0 how
	shift 2
	for how in synced journal; do
		a_name
		$prepare
		sync -f "$disk"
		"${@//NAME/$name}"
		copy_disk "$how"
		on_the_copy "$check" || { echo "$*, $how"; return 1; }
		away
	done
}

one_configured() {
	echo '{ ... }: { networking.hostName = "one"; }' >"$BATS_TEST_TMPDIR/one"
	a_container && mkdir -p "$root/etc/nixos" &&
		cp "$BATS_TEST_TMPDIR/one" "$root/etc/nixos/configuration.nix"
}

@test "create" {
	created() { listed "$name" && [[ $(ctr-gcroot path "$name") == "$A" ]] && made_whole; }
	each_cut nothing made_whole \
		nixos-container create NAME --no-start --system-path "$A"
	lasts nothing created nixos-container create NAME --no-start --system-path "$A"
}

@test "destroy" {
	each_cut a_container gone nixos-container destroy NAME
	lasts a_container gone nixos-container destroy NAME
}

@test "update and rollback" {
	is_b() { [[ $(ctr-gcroot path "$name") == "$B" ]]; }
	is_a() { [[ $(ctr-gcroot path "$name") == "$A" ]]; }
	each_cut a_container updated \
		nixos-container update --no-apply --system-path "$B" NAME
	lasts a_container is_b nixos-container update --no-apply --system-path "$B" NAME
	lasts two_generations is_a nixos-container rollback --no-apply NAME 1
}

@test "update with another configuration" {
	configured() {
		local text
		text=$(cat "$root/etc/nixos/configuration.nix" 2>&1)
		[[ $text == "$(<"$BATS_TEST_TMPDIR/one")" || $text == "$(configuration "$BATS_TEST_TMPDIR/two")" ]] ||
			{ echo "torn: $text"; return 1; }
	}
	is_two() { configuration "$BATS_TEST_TMPDIR/two" | cmp "$root/etc/nixos/configuration.nix"; }
	echo '{ ... }: { networking.hostName = "two"; }' >"$BATS_TEST_TMPDIR/two"
	each_cut one_configured configured nixos-container update --no-apply \
		--system-path "$B" --config-file "$BATS_TEST_TMPDIR/two" NAME
	lasts one_configured is_two nixos-container update --no-apply \
		--system-path "$B" --config-file "$BATS_TEST_TMPDIR/two" NAME
}

@test "rename" {
	whole_once() {
		listed "$name-new" || nixos-container rename "$name" "$name-new" || return 1
		listed "$name-new" && ! listed "$name" &&
			[[ $(ctr-gcroot path "$name-new") == "$A" && -d $state/$name-new/etc ]] &&
			nixos-container destroy "$name-new"
	}
	renamed() { listed "$name-new" && [[ $(ctr-gcroot path "$name-new") == "$A" ]]; }
	each_cut a_container whole_once nixos-container rename NAME NAME-new
	lasts a_container renamed nixos-container rename NAME NAME-new
	made+=(f$BATS_TEST_NUMBER-1-new f$BATS_TEST_NUMBER-2-new)
}

@test "reset" {
	kept() {
		nixos-container reset "$name" &&
			cmp "$root/etc/nixos/configuration.nix" "$BATS_TEST_TMPDIR/one"
	}
	is_there() { cmp "$root/etc/nixos/configuration.nix" "$BATS_TEST_TMPDIR/one"; }
	each_cut one_configured kept nixos-container reset NAME
	lasts one_configured is_there nixos-container reset NAME
}
