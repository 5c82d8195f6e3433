#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What is built in a container outlives the host's collections.
load container
synced=/nix/var/nix/gcroots/per-container-synced

# create_debian [OPTION]... - one that may use the host's Nix daemon, stopped
create_debian() {
	create --no-start --nixos-path /src/t/systems/debian -I suite=/usr/local "$@"
	ctr-conf set "$name" NIX_DAEMON=1
}

# running OPTION... - the same, running
running() {
	create_debian "$@"
	nixos-container start "$name"
}

# built DIR TEXT - nix-build in the container, in DIR; sets result to its result
built() {
	# shellcheck disable=SC2016
	run -0 --separate-stderr inside sh -c 'cd "$1" && nix-build --expr "
		derivation {
			name = \"$2\"; system = builtins.currentSystem; builder = \"/bin/sh\";
			args = [ \"-c\" \"echo $2 >\$out\" ];
		}"' sh "$1" "$2"
	result=$output
	assert_file_exist "$result"
}

collect() { nix-store --gc >/dev/null 2>&1; }
sync() { ctr-gcroot sync --trees "$state" "$@"; }

# bats test_tags=suites
@test "nix-build in a container: its result is kept until its link is deleted" {
	running
	built /root "keep-$name"
	run -0 readlink "$root/root/result"
	assert_output "$result"
	sync "$name"
	# The first collection removes the link that Nix made for it, the second
	# would then remove what it stands for.
	collect
	run ! grep -rlxF /root/result /nix/var/nix/gcroots/auto
	assert_file_exist "$result"
	sync --all
	collect
	assert_file_exist "$result"
	run -0 inside cat /root/result
	assert_output "keep-$name"

	inside rm /root/result
	sync "$name"
	collect
	assert_file_not_exist "$result"
}

@test "without a sync the collector does remove it" {
	running
	built /root "lost-$name"
	collect
	assert_file_not_exist "$result"
}

@test "stop keeps what is in the tree or on a disk, and destroy keeps nothing" {
	create_debian
	data=/srv/$name
	mkdir "$data"
	echo "BIND=$data:/data" >>"$conf"
	nixos-container start "$name"
	built /tmp "passing-$name"
	passing=$result
	built /data "data-$name"
	bound=$result
	built /root "tree-$name"
	tree=$result
	sync "$name"
	collect
	assert_file_exist "$passing"
	built /srv "late-$name"
	nixos-container stop "$name"
	collect
	assert_file_exist "$bound"
	assert_file_exist "$tree"
	assert_file_exist "$result"
	assert_file_not_exist "$passing"

	rm -r "$data"
	mkdir "$data"
	nixos-container start "$name"
	sync "$name"
	collect
	assert_file_not_exist "$bound"
	assert_file_exist "$tree"

	nixos-container destroy "$name"
	nothing_left "$name"
	collect
	assert_file_not_exist "$tree"
}

@test "a root that the container makes by hand in its own directory counts too" {
	running
	built /root "hand-$name"
	collect_before=$(nix-store --gc --print-roots 2>&1)
	run -0 grep -F "removing stale link" <<<"$collect_before"
	inside sh -c 'mkdir -p /nix/var/nix/gcroots/auto && ln -s /root/result /nix/var/nix/gcroots/auto/mine'
	sync "$name"
	collect
	assert_file_exist "$result"
}

@test "a container that is root of the host keeps its results as well" {
	running --host-users
	built /root "users-$name"
	inside ln -s "$result" /nix/var/nix/gcroots/mine
	inside rm /root/result
	sync "$name"
	collect
	assert_file_exist "$result"
}

# bats test_tags=suites
@test "a profile that the container makes with its own Nix is kept, and lies in its tree" {
	running
	built /root "first-$name"
	inside sh -c 'nix-env --option substitute false -p /nix/var/nix/profiles/mine --set /root/result && rm /root/result'
	assert_equal "$(readlink "$root/nix/var/nix/profiles/mine-1-link")" "$result"
	assert_equal "$(ls "$nix_state/profiles/per-container/$name" | tr '\n' ' ')" "system system-1-link "
	sync "$name"
	collect
	assert_file_exist "$result"
	nixos-container restart "$name"
	run -0 inside cat /nix/var/nix/profiles/mine
	assert_output "first-$name"
}

# bats test_tags=suites
@test "a system that the container sets for itself is what it starts, and a generation of the host's" {
	running
	before=$(ctr-gcroot path "$name")
	mkdir "$BATS_TEST_TMPDIR/sys"
	cp -a "$before/." "$BATS_TEST_TMPDIR/sys"
	echo "$name" >"$BATS_TEST_TMPDIR/sys/mark"
	own=$(nix-store --add "$BATS_TEST_TMPDIR/sys")
	inside nix-env -p /nix/var/nix/profiles/system --set "$own"
	nixos-container restart "$name"
	assert_equal "$(ctr-gcroot path "$name")" "$own"
	run -0 nixos-container generations "$name"
	assert_line --regexp '^ +2 .*current'
	nixos-container rollback "$name" --restart
	assert_equal "$(inside readlink /nix/var/nix/profiles/system)" system-1-link
}

@test "what a container runs is kept, whatever becomes of its generations" {
	running
	running=$(ctr-gcroot path "$name")
	nixos-container update --no-apply "$name" --nixos-path "$minimal"
	ctr-gcroot delete-generations "$name" old
	collect
	assert_file_exist "$running/init"
	inside true
	nixos-container stop "$name"
	collect
	assert_not_exist "$running"
}

# bats test_tags=suites
@test "the path unit makes a root at once, and the service runs before nix-gc" {
	running
	systemctl daemon-reload
	systemctl start ctr-gcroot-sync.path
	built /root "once-$name"
	until_true 20 test -L "$synced/$name/${result##*/}"
	# What comes while the service is at work is not missed.
	results=()
	for i in 1 2 3 4 5 6; do
		inside mkdir "/root/$i"
		built "/root/$i" "burst$i-$name"
		results+=("$result")
	done
	for result in "${results[@]}"; do
		until_true 20 test -L "$synced/$name/${result##*/}"
	done
	systemctl stop ctr-gcroot-sync.path

	built /srv "before-$name"
	assert_not_exist "$synced/$name/${result##*/}"
	mkdir -p /run/systemd/system
	printf '[Service]\nType=oneshot\nExecStart=/usr/bin/nix-store --gc\n' >/run/systemd/system/nix-gc.service
	systemctl enable --runtime ctr-gcroot-sync.service
	systemctl daemon-reload
	systemctl start nix-gc.service
	assert_file_exist "$result"
	assert_exist "$synced/$name/${result##*/}"
	run -0 systemctl show -p Result --value ctr-gcroot-sync.service
	assert_output success
	systemctl disable --runtime ctr-gcroot-sync.service
	rm /run/systemd/system/nix-gc.service
	systemctl daemon-reload
}

# meanwhile ARGUMENT... - nixos-container, again where Nix lost to the collector
# what it was just evaluating: it says so, and nothing was made
meanwhile() {
	local tries
	for tries in 1 2 3 4 5; do
		run nixos-container "$@"
		((status != 0)) || return 0
		assert_output --partial 'is not valid'
	done
	return 1
}

@test "collections while containers are made and updated lose nothing in use" {
	local gc n
	touch "$BATS_TEST_TMPDIR/collecting"
	(
		# A collection may fail where another thing is deleted at the time.
		set +e
		while [[ -e $BATS_TEST_TMPDIR/collecting ]]; do nix-store --gc; done >"$BATS_TEST_TMPDIR/gc" 2>&1
	) 3>&- &
	gc=$!
	for n in a b c; do
		also "$name-$n"
		meanwhile create "$name-$n" --no-start \
			--config "environment.etc.\"$name-$n\".text = \"one $RANDOM\";"
		meanwhile update "$name-$n" --no-apply \
			--config "environment.etc.\"$name-$n\".text = \"two $RANDOM\";"
		nixos-container start "$name-$n"
	done
	rm "$BATS_TEST_TMPDIR/collecting"
	wait $gc
	for n in a b c; do
		ctr-gcroot check "$name-$n"
		assert_equal "$(ctr-gcroot list --json "$name-$n" | jq length)" 2
		nix-store --query --requisites "$(ctr-gcroot path "$name-$n")" |
			xargs nix-store --check-validity
		run -0 nixos-container run "$name-$n" -- cat "/etc/$name-$n"
		assert_output --partial two
	done
}
