#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# ctr-gcroot.bats - generations and roots, with real Nix and a hostile container
load ../../lib/env

setup() {
	((EUID == 0)) || skip "needs root"
	cd "$BATS_TEST_TMPDIR"
	export HOME=$PWD NIX_STORE_DIR=$PWD/store NIX_STATE_DIR=$PWD/state \
		NIX_LOG_DIR=$PWD/log NIX_CONF_DIR=$PWD/conf
	export NIX_CONFIG=$'build-users-group =\nsandbox = false\nsubstituters ='
	# Under strace the leak checker of a sanitized build cannot work.
	export ASAN_OPTIONS=detect_leaks=${LEAKS:-1} TZ=UTC
	PROFILES=$NIX_STATE_DIR/profiles/per-container
	ROOTS=$NIX_STATE_DIR/gcroots/per-container
	SYNCED=$NIX_STATE_DIR/gcroots/per-container-synced
	AUTO=$NIX_STATE_DIR/gcroots/auto
	mkdir -p a b c outside
	HASH=$(printf '0%.0s' {1..32})
	A=$PWD/a B=$PWD/b C=$PWD/c
}

teardown() {
	[[ ! -d ${BATS_TEST_TMPDIR}/state ]] || chattr -R -i "$BATS_TEST_TMPDIR/state" 2>/dev/null || :
}

need_nix() { command -v nix-env >/dev/null || skip "needs nix-env"; }
# need_strace - and set a_while: how long it holds a call, in microseconds, so that
# another program comes to it meanwhile
need_strace() {
	a_while=1000000
	((${NIXOS_CONTAINER_TEST_SLOWNESS:-1} == 1)) || a_while=10000000
	strace -o /dev/null true 2>/dev/null || skip "needs strace that may trace"
	ASAN_OPTIONS=detect_leaks=0
}

# store_path NAME - build a path in the private store
store_path() {
	nix-build --no-out-link --expr "derivation { name = \"$1\"; system = builtins.currentSystem;
		builder = \"/bin/sh\"; args = [ \"-c\" \"echo $1 >\$out\" ]; }" 2>/dev/null
}

profile_env() { nix-env -p "$PROFILES/$1/system" "${@:2}"; }

# numbers NAME - the generations, the current one with a star
numbers() { ctr-gcroot list "$1" | awk '{ printf "%s%s ", $1, $4 == "(current)" ? "*" : "" }'; }
nix_numbers() { profile_env "$1" --list-generations | awk '{ printf "%s%s ", $1, $4 == "(current)" ? "*" : "" }'; }

# files NAME - list the profile's directory
files() { (cd "$PROFILES/$1" && find . -mindepth 1 | sort | tr '\n' ' '); }

# theirs NAME - where a container registers roots: in its tree
theirs() { echo "trees/$1/nix/var/nix/gcroots"; }

modes() { stat -c '%a:%u:%g' "$@" | tr '\n' ' '; }

@test "init makes both directories, and their parents for root only" {
	ctr-gcroot init foo
	assert_equal "$(modes "$PROFILES" "$ROOTS" "$PROFILES/foo" "$ROOTS/foo")" \
		"700:0:0 700:0:0 755:0:0 755:0:0 "
	(umask 077; ctr-gcroot init bar)
	assert_equal "$(modes "$PROFILES/bar")" "755:0:0 "
	run ctr-gcroot init foo
	assert_success
	assert_output ""
}

@test "init --trees gives a container directories of its own, and moves there what it wrote on the host" {
	mkdir -p trees/foo
	chown 70000:70000 trees/foo
	ctr-gcroot set foo "$A"
	mkdir -p "$PROFILES/foo/per-user/root" "$ROOTS/foo/auto"
	ln -s "$A" "$PROFILES/foo/default-1-link"
	ln -s default-1-link "$PROFILES/foo/default"
	ln -s "$B" "$PROFILES/foo/per-user/root/channels"
	ln -s /etc/nologin "$PROFILES/foo/x.lock"
	mkfifo "$PROFILES/foo/fifo"
	ln -s /root/result "$ROOTS/foo/auto/xyz"
	chown -h 70000:70000 "$PROFILES/foo" "$ROOTS/foo"
	run -0 ctr-gcroot init --trees "$PWD/trees" foo
	assert_output ''
	assert_equal "$(files foo)" "./system ./system-1-link "
	assert_equal "$(ls -A "$ROOTS/foo")" ''
	assert_equal "$(modes "$PROFILES/foo" "$ROOTS/foo")" "755:0:0 755:0:0 "
	cd trees/foo/nix/var/nix
	assert_equal "$(find . -printf '%P:%U ' | tr ' ' '\n' | sort | tr '\n' ' ')" \
		":70000 gcroots/auto/xyz:70000 gcroots/auto:70000 gcroots:70000 profiles/default-1-link:70000 profiles/default:70000 profiles/per-user/root/channels:70000 profiles/per-user/root:70000 profiles/per-user:70000 profiles/system-1-link:70000 profiles/system:70000 profiles/x.lock:70000 profiles:70000 "
	assert_equal "$(readlink profiles/system profiles/system-1-link | tr '\n' ' ')" "system-1-link $A "
	ctr-gcroot init --trees "$BATS_TEST_TMPDIR/trees" foo
	assert_equal "$(readlink profiles/system profiles/default | tr '\n' ' ')" "system-1-link default-1-link "
}

@test "a system that the container built for itself becomes a generation of the host's" {
	mkdir -p trees/foo
	ctr-gcroot set foo "$A"
	ctr-gcroot init --trees "$PWD/trees" foo
	mkdir -p "$NIX_STORE_DIR/$HASH-own"
	theirs=trees/foo/nix/var/nix/profiles
	ln -s "$NIX_STORE_DIR/$HASH-own" "$theirs/system-2-link"
	ln -sfn system-2-link "$theirs/system"
	ctr-gcroot sync --trees "$PWD/trees" foo
	assert_equal "$(numbers foo)" "1 2* "
	assert_equal "$(ctr-gcroot path foo)" "$NIX_STORE_DIR/$HASH-own"
	# The host's next one gets a number of its own there, too.
	ctr-gcroot set --trees "$PWD/trees" foo "$B"
	assert_equal "$(readlink "$theirs/system" "$theirs/system-3-link" | tr '\n' ' ')" "system-3-link $B "
	ctr-gcroot rollback --trees "$PWD/trees" foo 1
	assert_equal "$(readlink "$theirs/system")" system-1-link
	ctr-gcroot sync --trees "$PWD/trees" foo
	assert_equal "$(numbers foo)" "1* 2 3 "
}

@test "what is no store path, or gone, is not adopted, and a flood of them neither" {
	mkdir -p trees/foo
	ctr-gcroot set foo "$A"
	ctr-gcroot init --trees "$PWD/trees" foo
	theirs=trees/foo/nix/var/nix/profiles
	mkdir -p "$NIX_STORE_DIR/$HASH-own/below"
	touch "$NIX_STORE_DIR/$HASH-own.drv"
	for text in /etc "$NIX_STORE_DIR/../etc" "$NIX_STORE_DIR/$HASH-own/below" "$NIX_STORE_DIR/$HASH-own/" \
		"$NIX_STORE_DIR/$HASH-gone" "$NIX_STORE_DIR/$HASH-own.drv" --help "path:$PWD#x" ../../../../../etc; do
		ln -sfn -- "$text" "$theirs/system-2-link"
		ln -sfn system-2-link "$theirs/system"
		ctr-gcroot sync --trees "$PWD/trees" foo
		assert_equal "$(numbers foo) $text" "1*  $text"
	done
	rm -r trees/foo/nix/var/nix/profiles
	ln -s "$PWD/outside" trees/foo/nix/var/nix/profiles
	run -0 ctr-gcroot init --trees "$PWD/trees" foo
	assert_equal "$(ls outside)" ""
	rm trees/foo/nix/var/nix/profiles
	mkdir trees/foo/nix/var/nix/profiles
	for i in {2..400}; do ln -s "$NIX_STORE_DIR/$HASH-own" "$theirs/system-$i-link"; done
	for i in {3..399..2}; do ln -sfn "$A" "$theirs/system-$i-link"; done
	ln -sfn system-400-link "$theirs/system"
	ctr-gcroot sync --trees "$PWD/trees" foo
	[ "$(ctr-gcroot list foo | wc -l)" -le 33 ]
	assert_equal "$(ctr-gcroot path foo)" "$NIX_STORE_DIR/$HASH-own"
}

@test "a container adds no generation once the host has 256, and its roots are kept" {
	mkdir -p trees/foo
	ctr-gcroot set foo "$A"
	ctr-gcroot init --trees "$PWD/trees" foo
	theirs=trees/foo/nix/var/nix/profiles
	mkdir -p "$NIX_STORE_DIR/$HASH-own"
	for i in {2..256}; do ln -s "$B" "$PROFILES/foo/system-$i-link"; done
	ln -s "$NIX_STORE_DIR/$HASH-own" "$theirs/system-257-link"
	ln -sfn system-257-link "$theirs/system"
	inside foo result "$(made one)"
	offered /result
	run -1 ctr-gcroot sync --trees "$PWD/trees" foo
	assert_output "ctr-gcroot: foo has 256 generations: none of its own is added; see ctr-gcroot delete-generations"
	assert_equal "$(ctr-gcroot path foo)" "$A"
	assert_equal "$(synced foo)" "one "
	ctr-gcroot delete-generations foo 2
	run -0 ctr-gcroot sync --trees "$PWD/trees" foo
	assert_equal "$(ctr-gcroot path foo)" "$NIX_STORE_DIR/$HASH-own"
}

@test "hold keeps what a container runs, release lets it go" {
	need_nix
	one=$(store_path one) two=$(store_path two) three=$(store_path three)
	ctr-gcroot set foo "$one"
	ctr-gcroot hold foo "$one"
	for system in "$two" "$three"; do
		ctr-gcroot set foo "$system"
		ctr-gcroot hold foo "$system"
	done
	ctr-gcroot rm bar
	rm "$PROFILES/foo"/*
	nix-store --gc >/dev/null 2>&1
	assert_file_exist "$one"
	assert_file_not_exist "$two"
	assert_file_exist "$three"
	ctr-gcroot release foo
	ctr-gcroot release foo
	nix-store --gc >/dev/null 2>&1
	assert_file_not_exist "$one"
	assert_file_not_exist "$three"
	run -1 ctr-gcroot hold foo "$NIX_STORE_DIR/x"
	run -0 ctr-gcroot release nobody
	assert_not_exist "$ROOTS/nobody"
}

@test "hold --label keeps another, until release --label" {
	need_nix
	one=$(store_path one) two=$(store_path two)
	ctr-gcroot hold --label snap.1 foo "$one"
	ctr-gcroot hold --label snap.1 foo "$two"
	ctr-gcroot hold --label other foo "$one"
	ctr-gcroot release foo
	ctr-gcroot init foo
	nix-store --gc >/dev/null 2>&1
	assert_file_exist "$one"
	assert_file_exist "$two"
	ctr-gcroot release --label snap.1 foo
	ctr-gcroot release --label snap.1 foo
	nix-store --gc >/dev/null 2>&1
	assert_file_exist "$one"
	assert_file_not_exist "$two"
	for label in '' . ../x .x -x a/b "$(printf 'x%.0s' {1..65})"; do
		run -2 ctr-gcroot hold --label "$label" foo "$one"
		run -2 ctr-gcroot release --label "$label" foo
	done
}

@test "snapshots lists what is one" {
	trees=$BATS_TEST_TMPDIR/trees
	run -0 ctr-gcroot snapshots --trees "$trees" foo
	assert_output ''
	mkdir -p "$trees/.foo.snapshots"/{b,a,.c.new,none}
	touch -d '2026-01-02 03:04:05 UTC' "$trees/.foo.snapshots"/{b,.c.new}/settings
	touch -d '2026-01-02 03:04:06 UTC' "$trees/.foo.snapshots/a/settings"
	ln -s $'/nix/store/x\033' "$trees/.foo.snapshots/a/system"
	ln -s b "$trees/.foo.snapshots/link"
	touch "$trees/.foo.snapshots/file"
	TZ=UTC run -0 ctr-gcroot snapshots --trees "$trees" foo
	assert_output $'b                      2026-01-02 03:04:05   -\na                      2026-01-02 03:04:06   /nix/store/x\\x1b'
	run -0 jq -c . <(ctr-gcroot snapshots --json --trees "$trees" foo)
	assert_output '[{"label":"b","date":"2026-01-02T03:04:05Z","system":null},{"label":"a","date":"2026-01-02T03:04:06Z","system":"/nix/store/x\u001b"}]'
	run -2 ctr-gcroot snapshots foo
	assert_output 'ctr-gcroot: snapshots: missing --trees DIR'
	run -1 ctr-gcroot snapshots --trees "$trees/.foo.snapshots/file" foo
}

@test "every verb returns the parent directories to root" {
	ctr-gcroot set foo "$A"
	ctr-gcroot set foo "$B"
	mkdir -p store "trees/foo/usr"
	ctr-gcroot sync --trees "$PWD/trees" foo
	for verb in "init foo" "set foo $A" "list foo" "path foo" "check foo" "rollback foo 1" \
		"delete-generations foo 9" "sync --trees $PWD/trees foo" "sync --trees $PWD/none --all" "rm bar"; do
		chmod 777 "$PROFILES" "$ROOTS" "$SYNCED"
		chown 7:7 "$PROFILES" "$ROOTS" "$SYNCED"
		# shellcheck disable=SC2086
		run ctr-gcroot $verb
		assert_success
		assert_equal "$(modes "$PROFILES" "$ROOTS" "$SYNCED") $verb" "700:0:0 700:0:0 700:0:0  $verb"
	done
}

@test "set makes generations as Nix does, and list shows them" {
	ctr-gcroot set foo "$A"
	ctr-gcroot set foo "$B/"
	assert_equal "$(readlink "$PROFILES/foo/system")" system-2-link
	assert_equal "$(readlink "$PROFILES/foo/system-2-link")" "$B"
	touch -h -d '2020-01-02 03:04:05 UTC' "$PROFILES/foo/system-1-link" "$PROFILES/foo/system-2-link"
	run ctr-gcroot list foo
	assert_output "   1   2020-01-02 03:04:05               $A
   2   2020-01-02 03:04:05   (current)   $B"
	run ctr-gcroot list --json foo
	assert_output "[{\"number\":1,\"date\":\"2020-01-02T03:04:05Z\",\"target\":\"$A\",\"current\":false},
{\"number\":2,\"date\":\"2020-01-02T03:04:05Z\",\"target\":\"$B\",\"current\":true}]"
	run ctr-gcroot path foo
	assert_output "$B"
	assert_equal "$(files foo)" "./system ./system-1-link ./system-2-link "
}

@test "setting the newest target again makes no generation, and makes it current" {
	ctr-gcroot set foo "$A"
	ctr-gcroot set foo "$B"
	ctr-gcroot set foo "$B"
	assert_equal "$(numbers foo)" "1 2* "
	ctr-gcroot rollback foo
	ctr-gcroot set foo "$B"
	assert_equal "$(numbers foo)" "1 2* "
	ctr-gcroot set foo "$A"
	assert_equal "$(numbers foo)" "1 2 3* "
}

@test "rollback switches to the previous generation, or to the given one" {
	for p in "$A" "$B" "$C"; do ctr-gcroot set foo "$p"; done
	rm "$PROFILES/foo/system-2-link"
	ctr-gcroot rollback foo
	assert_equal "$(numbers foo)" "1* 3 "
	run -1 ctr-gcroot rollback foo
	assert_output "ctr-gcroot: foo has no generation before 1"
	ctr-gcroot rollback foo 3
	assert_equal "$(numbers foo)" "1 3* "
	run -1 ctr-gcroot rollback foo 2
	assert_output "ctr-gcroot: foo has no generation 2"
	assert_equal "$(numbers foo)" "1 3* "
	ctr-gcroot set foo "$A"
	assert_equal "$(numbers foo)" "1 3 4* "
}

@test "nix-env and ctr-gcroot can be used on the same profile in turn" {
	need_nix
	x=$(store_path x) y=$(store_path y) z=$(store_path z)
	ctr-gcroot set foo "$x"
	profile_env foo --set "$y"
	ctr-gcroot set foo "$z"
	assert_equal "$(nix_numbers foo)" "1 2 3* "
	assert_equal "$(numbers foo)" "1 2 3* "
	assert_equal "$(profile_env foo --list-generations | sed 's/ *(current)//; s/ *$//')" \
		"$(ctr-gcroot list foo | cut -c 1-26)"
	profile_env foo --set "$z"
	ctr-gcroot set foo "$z"
	assert_equal "$(nix_numbers foo)" "1 2 3* "
	profile_env foo --rollback
	assert_equal "$(ctr-gcroot path foo)" "$y"
	ctr-gcroot rollback foo
	assert_equal "$(nix_numbers foo)" "1* 2 3 "
	profile_env foo --switch-generation 3
	profile_env foo --delete-generations 2
	assert_equal "$(numbers foo)" "1 3* "
	assert_equal "$(files foo)" "./system ./system-1-link ./system-3-link "
}

# generations NAME CURRENT - five of them, 50, 40, 30, 20 and 10 days old
generations() {
	local i
	ctr-gcroot init "$1"
	for i in 1 2 3 4 5; do
		mkdir -p "old$i"
		ln -sfn "$PWD/old$i" "$PROFILES/$1/system-$i-link"
		touch -h -d "$((60 - i * 10)) days ago 1 minute ago" "$PROFILES/$1/system-$i-link"
	done
	ln -sfn "system-$2-link" "$PROFILES/$1/system"
}

@test "delete-generations deletes the same as nix-env, for each notation" {
	need_nix
	for current in 3 5; do
		for spec in old 1d 10d 30d 9999d +1 +2 +99 "5 1 2" "2 3" 77 02; do
			generations foo "$current"
			generations bar "$current"
			status=0
			# shellcheck disable=SC2086
			profile_env bar --delete-generations $spec 2>/dev/null || status=$?
			# shellcheck disable=SC2086
			run "-$status" ctr-gcroot delete-generations foo $spec
			assert_equal "$current $spec: $(numbers foo)" "$current $spec: $(nix_numbers bar)"
		done
	done
}

@test "delete-generations never deletes the current one, and needs no Nix" {
	generations foo 3
	run -1 ctr-gcroot delete-generations foo 1 3
	assert_output "ctr-gcroot: generation 3 of foo is the current one: nothing was deleted"
	assert_equal "$(numbers foo)" "1 2 3* 4 5 "
	PATH=$BUILD/bin run "$BUILD/bin/ctr-gcroot" delete-generations foo 35d
	assert_success
	assert_output ""
	assert_equal "$(numbers foo)" "2 3* 4 5 "
	ctr-gcroot delete-generations foo +1
	assert_equal "$(numbers foo)" "3* 4 5 "
	ctr-gcroot delete-generations foo old
	assert_equal "$(numbers foo)" "3* "
	assert_equal "$(files foo)" "./system ./system-3-link "
	ctr-gcroot delete-generations foo old
	assert_equal "$(numbers foo)" "3* "
}

@test "without a current generation, old, +N and Nd are refused" {
	generations foo 3
	rm "$PROFILES/foo/system"
	for spec in old +1 1d; do
		run -1 ctr-gcroot delete-generations foo "$spec"
		assert_output "ctr-gcroot: foo has no current generation"
	done
	assert_equal "$(numbers foo)" "1 2 3 4 5 "
	ctr-gcroot delete-generations foo 2
	assert_equal "$(numbers foo)" "1 3 4 5 "
}

@test "a generation that cannot be deleted is an error, a directory of that name stays" {
	generations foo 3
	rm "$PROFILES/foo/system-1-link"
	mkdir -p "$PROFILES/foo/system-1-link/file"
	ctr-gcroot delete-generations foo old
	assert_equal "$(numbers foo)" "3* "
	assert_exist "$PROFILES/foo/system-1-link/file"
	generations bar 3
	chattr +i "$PROFILES/bar" || skip "no chattr here"
	run -1 ctr-gcroot delete-generations bar 1
	assert_output --partial "ctr-gcroot: lock profile of bar: "
	chattr -i "$PROFILES/bar"
	assert_equal "$(numbers bar)" "1 2 3* 4 5 "
}

@test "check prints nothing for a good profile, and a line for each bad target" {
	need_nix
	x=$(store_path x)
	ctr-gcroot set foo "$x"
	ctr-gcroot set foo "$A"
	run -0 ctr-gcroot check foo
	assert_output ""
	unknown=$PWD/store/$(printf 'b%.0s' {1..32})-unknown
	mkdir "$unknown"
	ln -s "$unknown/sub" "$PROFILES/foo/system-3-link"
	mkdir "$unknown/sub"
	ln -s "$PWD/store/$(printf 'c%.0s' {1..32})-gone" "$PROFILES/foo/system-4-link"
	ln -s "$PWD/none"$'\e[2J' "$PROFILES/foo/system-5-link"
	ln -s "$PWD/store/x" "$PROFILES/foo/system-6-link"
	ln -s "../a" "$PROFILES/foo/system-7-link"
	ln -s "$PWD/store/$(printf 'd%.0s' {1..32})-a b" "$PROFILES/foo/system-8-link"
	run -1 ctr-gcroot check foo
	assert_output "   4   missing            $PWD/store/$(printf 'c%.0s' {1..32})-gone
   5   missing            $PWD/none\\x1b[2J
   6   not a store path   $PWD/store/x
   7   not absolute       ../a
   8   not a store path   $PWD/store/$(printf 'd%.0s' {1..32})-a b
   3   not valid          $unknown"
	rm "$PROFILES"/foo/system-[3-8]-link
	run -0 ctr-gcroot check foo
	rm "$PROFILES/foo/system"
	run -1 ctr-gcroot check foo
	assert_output "ctr-gcroot: foo has no current generation"
}

# bats test_tags=long
@test "check can ask Nix about any number of paths" {
	need_nix
	ctr-gcroot set foo "$(store_path x)"
	for i in {2..600}; do ln -s "$(readlink "$PROFILES/foo/system-1-link")" "$PROFILES/foo/system-$i-link"; done
	run -0 ctr-gcroot check foo
	mkdir "$PWD/store/$(printf 'b%.0s' {1..32})-unknown"
	ln -s "$PWD/store/$(printf 'b%.0s' {1..32})-unknown" "$PROFILES/foo/system-601-link"
	run -1 ctr-gcroot check foo
	assert_output " 601   not valid          $PWD/store/$(printf 'b%.0s' {1..32})-unknown"
}

@test "without Nix, check still finds missing targets" {
	mkdir -p "store/$(printf 'a%.0s' {1..32})-ok"
	ctr-gcroot set foo "$PWD/store/$(printf 'a%.0s' {1..32})-ok"
	ctr-gcroot set foo "$A"
	PATH=$BUILD/bin run -0 "$BUILD/bin/ctr-gcroot" check foo
	assert_output "ctr-gcroot: nix-store not found: validity of store paths not checked"
	rmdir a
	run -1 --separate-stderr env PATH="$BUILD/bin" ctr-gcroot check foo
	assert_output "   2   missing            $A"
}

# nix-env --set takes no lock in any version; its other operations do.
@test "ctr-gcroot and nix-env wait for each other's lock" {
	need_nix
	need_strace
	x=$(store_path x)
	ctr-gcroot set foo "$A"
	ctr-gcroot set foo "$B"
	strace -f -o trace -e "inject=?rename,renameat:delay_enter=$a_while" \
		nix-env -p "$PROFILES/foo/system" --switch-generation 1 3>&- &
	until_true 5 test -e "$PROFILES/foo/system.lock"
	run -1 ctr-gcroot --wait 0 set foo "$x"
	assert_output "ctr-gcroot: lock profile of foo: still held by another process after 0 s"
	ctr-gcroot set foo "$x"
	wait $!
	assert_equal "$(nix_numbers foo)" "1 2 3* "

	strace -o trace -e "inject=renameat,renameat2:delay_enter=$a_while" \
		ctr-gcroot set foo "$A" 3>&- &
	until_true 5 test -e "$PROFILES/foo/system.lock"
	run profile_env foo --switch-generation 4
	assert_output --partial "waiting for lock on profile"
	assert_success
	wait $!
	assert_equal "$(numbers foo)" "1 2 3 4* "
	assert_equal "$(files foo)" "./system ./system-1-link ./system-2-link ./system-3-link ./system-4-link "
}

@test "a generation made by nix-env --set at the same time is not overwritten" {
	need_nix
	need_strace
	x=$(store_path x) y=$(store_path y)
	ctr-gcroot set foo "$x"
	strace -o trace -e "inject=symlinkat,?symlink:delay_enter=$a_while:when=1" \
		ctr-gcroot set foo "$A" 3>&- &
	until_true 5 test -e "$PROFILES/foo/system.lock"
	sleep 0.2
	profile_env foo --set "$y"
	wait $!
	assert_equal "$(numbers foo)" "1 2 3* "
	assert_equal "$(readlink "$PROFILES/foo/system-2-link" "$PROFILES/foo/system-3-link")" "$y"$'\n'"$A"
}

@test "twenty concurrent sets lose no generation while nix-env changes the profile" {
	need_nix
	ctr-gcroot set foo "$A"
	pids=()
	for i in {1..20}; do
		mkdir "dir$i"
		ctr-gcroot set foo "$PWD/dir$i" 3>&- &
		pids+=($!)
		((i % 4)) || { profile_env foo --switch-generation 1 2>/dev/null 3>&- & pids+=($!); }
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	assert_equal "$(ctr-gcroot list foo | awk '{ print $1 }' | tr '\n' ' ')" "$(echo {1..21} "")"
	assert_equal "$(ctr-gcroot list foo | awk '{ print $NF }' | sort -u | wc -l)" 21
	run ctr-gcroot path foo
	assert_success
	assert_not_exist "$PROFILES/foo/system.lock"
}

@test "twenty concurrent sets lose no generation" {
	pids=()
	for i in {1..20}; do
		mkdir "dir$i"
		ctr-gcroot set foo "$PWD/dir$i" 3>&- &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	assert_equal "$(ctr-gcroot list foo | awk '{ print $NF }' | sort -u | wc -l)" 20
	assert_equal "$(readlink "$PROFILES/foo/system")" system-20-link
}

# collecting COMMAND - act as Nix's collector: hold its lock, and let COMMAND
# reply to new roots on its socket
collecting() {
	mkdir -p state/gc-socket
	exec {gc}>>state/gc.lock
	flock "$gc"
	socat UNIX-LISTEN:state/gc-socket/socket,fork SYSTEM:"$1" 3>&- &
	listener=$!
	until_true 5 test -S state/gc-socket/socket
}

collected() {
	kill "$listener"
	wait "$listener" || :
	rm -f state/gc-socket/socket
	exec {gc}>&-
}

@test "set announces its root to a running collection" {
	collecting 'read -r path; echo "$path" >>told; printf 1'
	ctr-gcroot set foo "$A"
	collected
	assert_equal "$(cat told)" "$A"
	assert_equal "$(numbers foo)" "1* "
}

@test "sync announces its roots to a running collection" {
	need_nix
	ctr-gcroot init foo
	mkdir -p trees/foo/usr "$(theirs foo)/auto"
	kept=$(store_path kept)
	ln -s "$kept" trees/foo/result
	ln -s /result "$(theirs foo)/auto/one"
	collecting 'read -r path; echo "$path" >>told; printf 1'
	ctr-gcroot sync --trees "$PWD/trees" foo
	ctr-gcroot sync --trees "$PWD/trees" foo
	collected
	assert_equal "$(cat told)" "$kept"
	assert_equal "$(readlink "$SYNCED/foo"/[!.]*)" "$kept"
}

@test "a system deleted by a collection does not become a generation" {
	ctr-gcroot set foo "$A"
	collecting 'read -r path; rmdir "$path"; printf 1'
	run -1 ctr-gcroot set foo "$B"
	collected
	assert_output "ctr-gcroot: $B was deleted by the garbage collector"
	assert_equal "$(numbers foo)" "1* "
}

@test "set waits for a collection that accepts no new roots" {
	mkdir state
	exec {gc}>>state/gc.lock
	flock "$gc"
	run -1 ctr-gcroot --wait 0 set foo "$A"
	assert_output "ctr-gcroot: timed out waiting for a garbage collection"
	run ! ctr-gcroot path foo
	ctr-gcroot --wait 20 set foo "$A" 3>&- {gc}>&- &
	setter=$!
	sleep 0.5
	kill -0 $setter
	exec {gc}>&-
	wait $setter
	assert_equal "$(ctr-gcroot path foo)" "$A"
}

@test "a sync that timed out waiting for a collection can be repeated" {
	need_nix
	ctr-gcroot init foo
	mkdir -p trees/foo/usr "$(theirs foo)/auto"
	kept=$(store_path kept)
	ln -s "$kept" trees/foo/result
	ln -s /result "$(theirs foo)/auto/one"
	exec {gc}>>state/gc.lock
	flock "$gc"
	run -1 ctr-gcroot --wait 0 sync --trees "$PWD/trees" foo
	exec {gc}>&-
	assert_output "ctr-gcroot: sync foo: timed out waiting for a garbage collection"
	ctr-gcroot sync --trees "$PWD/trees" foo
	assert_equal "$(readlink "$SYNCED/foo"/[!.]*)" "$kept"
}

@test "no collection starts while a generation is made" {
	need_strace
	mkdir state
	>state/gc.lock
	strace -qq -o /dev/null -e "inject=symlinkat:delay_enter=$a_while:when=1" \
		ctr-gcroot set foo "$A" 3>&- &
	setter=$!
	until_true 5 test -d "$PROFILES/foo"
	until_true 1 sh -c '! flock -n -x state/gc.lock true'
	wait $setter
	flock -n -x state/gc.lock true
}

@test "the collector keeps the roots of a container until rm" {
	need_nix
	one=$(store_path one) two=$(store_path two) root=$(store_path root) none=$(store_path none)
	ctr-gcroot set foo "$one"
	ctr-gcroot set foo "$two"
	ln -s "$root" "$ROOTS/foo/mine"
	nix-store --gc >/dev/null 2>&1
	assert_file_exist "$one"
	assert_file_exist "$two"
	assert_file_exist "$root"
	assert_file_not_exist "$none"
	ctr-gcroot rm foo
	assert_not_exist "$PROFILES/foo"
	assert_not_exist "$ROOTS/foo"
	nix-store --gc >/dev/null 2>&1
	assert_file_not_exist "$one"
	assert_file_not_exist "$two"
	assert_file_not_exist "$root"
}

@test "set resolves a link to a store path" {
	need_nix
	x=$(store_path x)
	ln -s "$x" result
	ctr-gcroot set foo "$PWD/result"
	assert_equal "$(ctr-gcroot path foo)" "$x"
}

@test "without Nix, any directory can be set, and the state directory is made" {
	PATH=$BUILD/bin run "$BUILD/bin/ctr-gcroot" --state-dir "$PWD/new/var/nix" set foo "$A"
	assert_success
	assert_equal "$(readlink new/var/nix/profiles/per-container/foo/system-1-link)" "$A"
}

# inside NAME PATH TARGET - a link in the tree of a container
inside() { mkdir -p "trees/$1/usr" "trees/$1/$(dirname "$2")" && ln -sfn "$3" "trees/$1/$2"; }

# offered PATH - register an indirect root at this path with Nix's daemon
offered() { mkdir -p "$AUTO" && ln -sfn "$1" "$AUTO/$(sha1sum <<<"$1" | cut -c 1-32)"; }

# made NAME - make a path in the private store, without Nix
made() {
	local path
	path=$PWD/store/$(sha1sum <<<"$1" | tr e f | cut -c 1-32)-$1
	mkdir -p "$path"
	echo "$path"
}

# synced NAME - the roots made for links inside a container
synced() { (cd "$SYNCED/$1" && find . -type l -printf '%f -> %l\n' | sed 's/.*-> //; s/.*[0-9a-z]\{32\}-//' | sort | tr '\n' ' '); }

sync() { ctr-gcroot sync --trees "$PWD/trees" "$@"; }

@test "the collector keeps the targets of links in a container while they exist" {
	need_nix
	one=$(store_path one) two=$(store_path two) three=$(store_path three)
	ctr-gcroot init foo
	inside foo root/result "$one"
	inside foo srv/result "$two/sub/file"
	inside foo srv/other "$three"
	offered /root/result
	mkdir -p "$(theirs foo)/auto"
	ln -s /srv/result "$(theirs foo)/auto/xyz"
	run -0 sync foo
	assert_output ""
	assert_equal "$(synced foo)" "one two "
	assert_equal "$(readlink "$SYNCED/foo/${two##*/}")" "$two"
	for _ in 1 2; do
		nix-store --gc >/dev/null 2>&1
		assert_equal "$(ls "$AUTO")" ""
		assert_file_exist "$one"
		assert_file_exist "$two"
		assert_file_not_exist "$three"
		sync foo
	done
	rm trees/foo/root/result
	sync foo
	nix-store --gc >/dev/null 2>&1
	assert_file_not_exist "$one"
	assert_file_exist "$two"
	rm -r trees/foo/srv
	sync foo
	assert_equal "$(find "$SYNCED/foo" -mindepth 1 -printf '%f ')" "links "
	nix-store --gc >/dev/null 2>&1
	assert_file_not_exist "$two"
}

@test "a changed link replaces its root" {
	ctr-gcroot init foo
	inside foo root/result "$(made one)"
	offered /root/result
	sync foo
	rm "$AUTO"/*
	inside foo root/result "$(made two)"
	sync foo
	assert_equal "$(synced foo)" "two "
	inside foo root/result "$(made three)"
	rm -r "$(made three)"
	sync foo
	assert_equal "$(synced foo)" ""
}

@test "the container has no access to the roots made by sync" {
	ctr-gcroot init foo
	inside foo root/result "$(made one)"
	offered /root/result
	(umask 0; sync foo)
	assert_equal "$(modes "$SYNCED" "$SYNCED/foo" "$SYNCED/foo/links")" "700:0:0 755:0:0 600:0:0 "
	assert_equal "$(find trees "$ROOTS" -newer "$SYNCED/foo/links" -type f)" ""
	assert_equal "$(tr '\0' '\n' <"$SYNCED/foo/links")" "=$(basename "$(made one)")/root/result"
}

@test "two containers with a link of the same path have a root each" {
	ctr-gcroot init foo
	ctr-gcroot init bar
	inside foo root/result "$(made one)"
	inside bar root/result "$(made two)"
	offered /root/result
	mkdir -p trees/storage trees/bar-not
	run -0 sync --all
	assert_output ""
	assert_equal "$(synced foo)$(synced bar)" "one two "
	assert_equal "$(ls "$SYNCED" | tr '\n' ' ')" "bar foo "
	ctr-gcroot rm foo
	assert_equal "$(ls "$SYNCED")" bar
}

@test "links are resolved inside the container" {
	ctr-gcroot init foo
	in=$(made in) out=$(made out)
	ln -s "$out" outside/result
	mkdir -p "trees/foo$PWD/outside"
	ln -s "$in" "trees/foo$PWD/outside/result"
	inside foo away "$PWD/outside"
	inside foo up/away ../../../outside
	inside foo up/top ../../../../../../../../../../../../..
	inside foo self /proc/self/cwd
	offered /away/result
	offered /up/away/result
	offered "/up/top$PWD/outside/result"
	offered "/../../../../../../../../../../..$PWD/outside/result"
	offered "$PWD/outside/result"
	offered /self/outside/result
	run -0 sync foo
	assert_output ""
	assert_equal "$(synced foo)" "in "
}

@test "only a link to a store path makes a root" {
	ctr-gcroot init foo
	one=$(made one)
	inside foo good "$one"
	inside foo store "$PWD/store"
	inside foo slash "$PWD/store/"
	inside foo climbs "$one/../../a"
	inside foo dots "$PWD/store/../a"
	inside foo short "$PWD/store/abc-x"
	inside foo gone "$PWD/store/$(printf 'c%.0s' {1..32})-gone"
	inside foo odd "$one"$'\n'
	inside foo near "$PWD/storefront/${one##*/}"
	inside foo indirect good
	inside foo l1 l2
	inside foo l2 l1
	inside foo etc "$A"
	cp "$BATS_TEST_FILENAME" trees/foo/file
	mkdir trees/foo/dir
	mkfifo trees/foo/pipe
	mknod trees/foo/null c 1 3 2>/dev/null || echo "# no device nodes here" >&3
	mkdir -p "$(theirs foo)"
	for f in good store slash climbs dots short gone odd near indirect l1 l2/x etc file dir pipe null none pipe/x; do
		offered "/$f"
		ln -s "/$f" "$(theirs foo)/${f/\//.}"
	done
	# The profile "system" is the host's.
	for f in gcroots/g gcroots/system profiles/p profiles/system-1-link; do
		inside foo "nix/var/nix/$f" "$(made "${f##*/}")"
	done
	offered relative
	offered "/$(printf 'x/%.0s' {1..2000})"
	ln -s "$(made direct)" "$(theirs foo)/direct"
	mkfifo "$(theirs foo)/fifo"
	mkdir "$(theirs foo)/dir.d"
	chmod 0 "$(theirs foo)/dir.d"
	run -0 timeout 10 ctr-gcroot sync --trees "$PWD/trees" foo
	assert_output ""
	assert_equal "$(synced foo)" "direct g one p system "
}

@test "odd names are allowed, directories nested too deeply are an error" {
	ctr-gcroot init foo
	inside foo $'odd\n\e[2J\xff' "$(made one)"
	inside foo deep "$(made two)"
	mkdir -p "$(theirs foo)"
	ln -s $'/odd\n\e[2J\xff' "$(theirs foo)/"$'a\nb\e'
	mkdir -p "$(theirs foo)/$(printf 'd/%.0s' {1..16})"
	ln -s /deep "$(theirs foo)/$(printf 'd/%.0s' {1..16})x"
	run -0 sync foo
	assert_equal "$(synced foo)" "one two "
	(cd "$(theirs foo)" && for _ in {1..500}; do mkdir -p d && cd -P d || exit 1; done)
	run -1 timeout 10 ctr-gcroot sync --trees "$PWD/trees" foo
	assert_output "ctr-gcroot: sync foo: too many roots, or nested too deeply"
	assert_equal "$(synced foo)" "one two "
}

@test "too many entries are an error, and known roots stay" {
	ctr-gcroot init foo
	inside foo result "$(made one)"
	offered /result
	sync foo
	rm "$AUTO"/*
	mkdir -p "$(theirs foo)/many"
	(cd "$(theirs foo)/many" && seq 100001 | xargs touch)
	run -1 timeout 30 ctr-gcroot sync --trees "$PWD/trees" foo
	assert_output "ctr-gcroot: sync foo: too many roots, or nested too deeply"
	assert_equal "$(synced foo)" "one "
}

@test "a flood of registered roots by one container drops none of another's" {
	ctr-gcroot init foo
	ctr-gcroot init bar
	inside foo srv/result "$(made one)"
	inside bar tmp/x "$(made two)"
	offered /srv/result
	perl -e 'chdir shift or die; symlink("/a/$_", "flood-$_") or die for 1 .. 140000' "$AUTO"
	run -0 timeout 60 ctr-gcroot sync --trees "$PWD/trees" --all
	assert_output ""
	assert_equal "$(synced foo)" "one "
}

@test "a link that changes all the time never makes a root outside the container" {
	ctr-gcroot init foo
	one=$(made one)
	ln -s "$(made out)" outside/result
	mkdir -p trees/foo/a
	offered /a/result
	offered /result
	( while :; do
		ln -sfn "$one" trees/foo/a/result
		mv trees/foo/a trees/foo/b
		ln -s "$PWD/outside" trees/foo/a
		ln -sfn /a/result trees/foo/result
		rm trees/foo/a
		mv trees/foo/b trees/foo/a
	done ) 3>&- 2>/dev/null &
	for _ in {1..40}; do
		run sync foo
		assert_regex "$status $output" '^(0 |1 ctr-gcroot: sync foo: read a link in the container: .*)$'
		assert_regex "now: $(synced foo)" '^now: (one )?$'
	done
	kill $!
}

@test "roots stay if the store, the tree or its disk is missing" {
	ctr-gcroot init foo
	ctr-gcroot init bar
	for n in foo bar; do inside $n result "$(made one)"; done
	offered /result
	sync --all
	mv store away
	run -1 sync foo
	assert_output "ctr-gcroot: sync foo: open $PWD/store: No such file or directory"
	mv away store
	mv trees/foo away && mkdir trees/foo
	rm trees/bar/result
	run -1 sync --all
	assert_output "ctr-gcroot: $PWD/trees/foo is empty; roots left unchanged"
	assert_equal "$(synced foo)$(synced bar)" "one "
	rmdir trees/foo
	run -1 sync foo
	assert_output "ctr-gcroot: open $PWD/trees/foo: No such file or directory"
	run -0 sync --all
	ln -s ../away trees/foo
	run -1 sync foo
	assert_output --partial "ctr-gcroot: open $PWD/trees/foo: "
	assert_equal "$(synced foo)" "one "
	run -1 ctr-gcroot sync --trees "$PWD/trees" none
	assert_output --partial "none: No such file or directory"
}

@test "links on mounts of a container keep their roots while it is stopped" {
	ctr-gcroot init foo
	mkdir -p trees/foo/{data,tmp,etc} data
	ln -s "$(made one)" data/result
	offered /data/result
	offered /tmp/result
	offered /etc/result
	inside foo etc/result "$(made three)"
	made two >two
	# shellcheck disable=SC2016
	unshare -m --propagation private sh -c '
		mount --bind data trees/foo/data && mount -t tmpfs tmpfs trees/foo/tmp &&
		ln -s "$(cat two)" trees/foo/tmp/result && : >ready && exec sleep 60' 3>&- &
	until_true 5 test -e ready
	ctr-gcroot sync --root "/proc/$!/root$PWD/trees/foo" foo
	kill $!
	assert_equal "$(synced foo)" "one three two "
	rm trees/foo/etc/result
	sync foo
	assert_equal "$(synced foo)" "one "
	ctr-gcroot sync --root "$PWD/trees/foo" foo
	assert_equal "$(synced foo)" ""
}

@test "links on a tmpfs of the host keep their roots as well" {
	ctr-gcroot init foo
	mkdir -p trees/foo/{usr,data}
	made one >one
	offered /data/result
	# shellcheck disable=SC2016
	run -0 unshare -m --propagation private sh -c '
		mount -t tmpfs tmpfs outside && ln -s "$(cat one)" outside/result || exit
		mount --bind outside trees/foo/data
		ctr-gcroot sync --root "$PWD/trees/foo" foo && umount trees/foo/data &&
		ctr-gcroot sync --trees "$PWD/trees" foo'
	assert_equal "$(synced foo)" "one "
}

@test "a sync that takes too long is killed" {
	need_strace
	ctr-gcroot init foo
	inside foo result "$(made one)"
	offered /result
	run -1 strace -f -o trace -e inject=flock:signal=ALRM ctr-gcroot sync --trees "$PWD/trees" foo
	assert_output "ctr-gcroot: sync foo: timed out after 60 s"
}

# machine NAME ROOT LEADER - write a state file as systemd-machined does
machine() { mkdir -p machines && printf 'NAME=%s\nROOT=%s\nLEADER=%s\n' "$@" >"machines/$1"; }

@test "machines with another root, and invalid PIDs, are ignored" {
	ctr-gcroot init foo
	inside foo result "$(made tree)"
	offered /result
	machine foo "$PWD/elsewhere/foo" $$
	run -0 sync --machines "$PWD/machines" foo
	assert_equal "$(synced foo)" "tree "
	for leader in $$ 1x "" 4194305 ../../../etc -1; do
		machine foo "$PWD/trees/foo" "$leader"
		run -0 sync --machines "$PWD/machines" foo
		assert_equal "$(synced foo)" "tree "
	done
}

# bats test_tags=long
@test "sync can be repeated after it was killed at any system call, and loses no root" {
	need_strace
	made one
	reset_world() {
		rm -rf state trees
		ctr-gcroot init foo
		inside foo old "$(made two)"
		inside foo stays "$(made three)"
		offered /old
		offered /stays
		sync foo
		rm trees/foo/old "$AUTO"/*
		inside foo new "$(made one)"
		offered /new
	}
	for call in openat flock symlinkat write fsync linkat renameat unlinkat; do
		for n in {1..99}; do
			reset_world
			strace -f -o trace -e "inject=$call:signal=KILL:when=$n" \
				ctr-gcroot sync --root "$PWD/trees/foo" foo >/dev/null 2>&1 && break
			assert_regex "$call $n: $(synced foo)" "three "
			sync foo
			assert_equal "$call $n: $(synced foo)" "$call $n: one three "
			assert_equal "$(ls -A "$SYNCED/foo" | wc -l)" 3
		done
		# Each of them was killed at least once, and then not any more.
		((n > 1 && n < 99))
	done
}

@test "the new roots of a sync are on disk before old ones go" {
	need_strace
	ctr-gcroot init foo
	inside foo result "$(made one)"
	offered /result
	sync foo
	inside foo result "$(made two)"
	strace -f -o trace -e trace=symlinkat,renameat,renameat2,unlinkat,fsync,linkat ctr-gcroot sync --root "$PWD/trees/foo" foo
	assert_equal "$(sed -n 's/^[0-9]* *\([a-z]*\)2*(.*= 0$/\1/p' trace | tr '\n' ' ')" \
		"symlinkat fsync fsync linkat renameat fsync unlinkat fsync "
	strace -f -o trace -e trace=symlinkat,renameat,renameat2,unlinkat,fsync,linkat ctr-gcroot sync --root "$PWD/trees/foo" foo
	run ! grep -E '(renameat|fsync|linkat|unlinkat).*= 0' trace
}

@test "a container removed during its sync leaves no roots" {
	need_strace
	ctr-gcroot init foo
	inside foo result "$(made one)"
	offered /result
	strace -f -o trace -e "inject=flock:delay_enter=$a_while" ctr-gcroot sync --root "$PWD/trees/foo" foo 3>&- 2>/dev/null &
	until_true 5 test -e "$SYNCED/foo"
	ctr-gcroot rm foo
	wait $! || :
	assert_equal "$(ls "$SYNCED" "$ROOTS" "$PROFILES" | grep -c foo)" 0
}

@test "a link registered during a sync is synced as well" {
	need_strace
	ctr-gcroot init foo
	inside foo one "$(made one)"
	inside foo two "$(made two)"
	offered /one
	strace -f -o trace -e "inject=flock:delay_enter=$a_while" ctr-gcroot sync --trees "$PWD/trees" foo 3>&- 2>/dev/null &
	until_true 5 test -e "$SYNCED/foo"
	offered /two
	wait $!
	assert_equal "$(synced foo)" "one two "
}

@test "concurrent syncs of a container are safe" {
	ctr-gcroot init foo
	for i in {1..50}; do inside foo "result$i" "$(made "p$i")"; offered "/result$i"; done
	for _ in {1..10}; do sync foo 3>&- & done
	wait
	assert_equal "$(synced foo | wc -w)" 50
}

# kill_everywhere REPEAT COMMAND... - kill COMMAND at each of its system calls
# on files, in turn; each time, REPEAT must finish the work, and `check` pass
kill_everywhere() {
	local call status
	local -A nth=()
	reset_world
	strace -o calls -e trace=%file,%desc "${@:2}" >/dev/null
	for call in $(sed -n 's/(.*//p' calls); do
		nth[$call]=$((${nth[$call]-0} + 1))
		[[ $call != mmap && $call != execve ]] || continue
		reset_world
		status=0
		{ strace -o trace -e "inject=$call:signal=KILL:when=${nth[$call]}" "${@:2}"; } >/dev/null 2>&1 || status=$?
		assert_equal "$status" 137
		eval "$1"
		check "killed at $call ${nth[$call]}"
	done
	((${nth[fsync]} > 0))
}

# bats test_tags=long
@test "set can be repeated after it was killed at any system call" {
	need_strace
	reset_world() {
		rm -rf state
		((fresh)) || { ctr-gcroot set foo "$A"; ctr-gcroot set foo "$C"; }
	}
	check() {
		assert_equal "$(numbers foo) $1" "$want $1"
		assert_equal "$(files foo) $1" "$all $1"
		assert_equal "$(ctr-gcroot path foo)" "$B"
	}
	fresh=1 want="1* " all="./system ./system-1-link "
	kill_everywhere 'ctr-gcroot set foo "$B"' ctr-gcroot set foo "$B"
	fresh=0 want="1 2 3* " all="./system ./system-1-link ./system-2-link ./system-3-link "
	kill_everywhere 'ctr-gcroot set foo "$B"' ctr-gcroot set foo "$B"
}

# bats test_tags=long
@test "set killed at any system call leaves one system or the other" {
	need_strace
	reset_world() { rm -rf state; ctr-gcroot set foo "$A"; }
	check() {
		run ctr-gcroot path foo
		[[ $output == "$A" || $output == "$B" ]]
	}
	kill_everywhere : ctr-gcroot set foo "$B"
}

# bats test_tags=long
@test "rollback, delete-generations and rm can be repeated after they were killed at any system call" {
	need_strace
	reset_world() { rm -rf state; ctr-gcroot set foo "$A"; ctr-gcroot set foo "$B"; mkdir -p "$ROOTS/foo/x/y"; ctr-gcroot init bar; }
	check() {
		assert_equal "$(numbers foo) $1" "1* 2  $1"
		assert_equal "$(files foo) $1" "./system ./system-1-link ./system-2-link  $1"
	}
	kill_everywhere 'ctr-gcroot rollback foo 1' ctr-gcroot rollback foo 1
	check() {
		assert_equal "$(numbers foo) $1" "2*  $1"
		assert_equal "$(files foo) $1" "./system ./system-2-link  $1"
	}
	kill_everywhere 'ctr-gcroot delete-generations foo old' ctr-gcroot delete-generations foo old
	check() { assert_equal "$(ls "$PROFILES" "$ROOTS" | grep -c foo) $1" "0 $1"; }
	kill_everywhere 'ctr-gcroot rm foo' ctr-gcroot rm foo
}

@test "each change is on disk before the next one" {
	need_strace
	ctr-gcroot set foo "$A"
	strace -o trace -e trace=symlinkat,renameat,renameat2,fsync ctr-gcroot set foo "$B"
	assert_equal "$(sed 's/2*(.*//' trace | grep -v '^+++' | tr '\n' ' ')" "symlinkat fsync symlinkat renameat fsync "
}

@test "a link in place of the lock file is not followed" {
	ctr-gcroot set foo "$A"
	for verb in "set foo $B" "rollback foo 1"; do
		ln -s "$PWD/outside/made" "$PROFILES/foo/system.lock"
		# shellcheck disable=SC2086
		run -1 ctr-gcroot $verb
		assert_output --regexp "^ctr-gcroot: lock profile of foo: system.lock: (Symbolic link loop|Too many levels of symbolic links)$"
		assert_not_exist outside/made
		rm "$PROFILES/foo/system.lock"
	done
}

@test "a pipe, device or directory in place of the lock file is not opened" {
	ctr-gcroot init foo
	mkfifo "$PROFILES/foo/system.lock"
	run -1 timeout 5 ctr-gcroot set foo "$A"
	assert_output "ctr-gcroot: lock profile of foo: system.lock: Invalid argument"
	rm "$PROFILES/foo/system.lock"
	mkdir "$PROFILES/foo/system.lock"
	run -1 ctr-gcroot set foo "$A"
	rmdir "$PROFILES/foo/system.lock"
	mknod "$PROFILES/foo/system.lock" c 1 3 || skip "may not make devices"
	run -1 ctr-gcroot set foo "$A"
	assert_output "ctr-gcroot: lock profile of foo: system.lock: Invalid argument"
}

@test "a stale lock file is removed" {
	ctr-gcroot init foo
	echo d >"$PROFILES/foo/system.lock"
	run timeout 5 ctr-gcroot set foo "$A"
	assert_success
	assert_not_exist "$PROFILES/foo/system.lock"
}

@test "a lock held by the container is an error after the timeout, but not for rm" {
	ctr-gcroot init foo
	flock "$PROFILES/foo/system.lock" sleep 60 3>&- &
	holder=$!
	until_true 5 test -e "$PROFILES/foo/system.lock"
	before=$SECONDS
	run -1 ctr-gcroot --wait 1 set foo "$A"
	assert_output "ctr-gcroot: lock profile of foo: still held by another process after 1 s"
	((SECONDS - before <= 3))
	run ctr-gcroot rm foo
	assert_success
	pkill -P "$holder" || :
}

@test "links made by the container in its profile are not followed" {
	echo keep >outside/file
	ctr-gcroot set foo "$A"
	ln -sfn "$PWD/outside/file" "$PROFILES/foo/system"
	ln -s "$PWD/outside" "$PROFILES/foo/system-5-link"
	ln -s "$PWD/outside/file" "$PROFILES/foo/.system.new"
	run -1 ctr-gcroot path foo
	assert_output "ctr-gcroot: foo has no current generation"
	assert_equal "$(numbers foo)" "1 5 "
	ctr-gcroot set foo "$B"
	assert_equal "$(numbers foo)" "1 5 6* "
	assert_equal "$(cat outside/file) $(ls outside)" "keep file"
	for wrong in /etc system-99-link ../bar/system-1-link "$PROFILES/foo/system-1-link" system; do
		ln -sfn "$wrong" "$PROFILES/foo/system"
		run -1 ctr-gcroot path foo
		assert_output "ctr-gcroot: foo has no current generation"
	done
}

@test "entries that are not generations are ignored, and their numbers not reused" {
	ctr-gcroot set foo "$A"
	echo >"$PROFILES/foo/system-3-link"
	mkdir "$PROFILES/foo/system-4-link"
	mkfifo "$PROFILES/foo/system-5-link"
	ln -s "$C" "$PROFILES/foo/system-6-link.tmp-1-2"
	ln -s "$C" "$PROFILES/foo/system-07-link"
	ln -s "$C" "$PROFILES/foo/system--link"
	ln -s "$C" "$PROFILES/foo/system-99999999999999999999-link"
	ln -s "$C" "$PROFILES/foo/other-9-link"
	assert_equal "$(numbers foo)" "1* "
	ctr-gcroot set foo "$B"
	assert_equal "$(numbers foo)" "1 7* "
}

@test "if no generation number is left, set fails" {
	ctr-gcroot set foo "$A"
	ln -s "$C" "$PROFILES/foo/system-4294967294-link"
	run -1 ctr-gcroot set foo "$B"
	assert_output --regexp '^ctr-gcroot: add a generation to the profile of foo: Value too large'
	assert_equal "$(numbers foo)" "1* 4294967294 "
}

@test "control characters in a target are escaped" {
	ctr-gcroot set foo "$A"
	ln -s $'/x\e[2J"\\\n\xc2\x9b' "$PROFILES/foo/system-2-link"
	ln -sfn system-2-link "$PROFILES/foo/system"
	run ctr-gcroot list foo
	assert_line --index 1 --partial '/x\x1b[2J"\\\x0a\xc2\x9b'
	assert_equal "${#lines[@]}" 2
	run ctr-gcroot list --json foo
	assert_output --partial '"/x\u001b[2J\"\\\u000a\u009b"'
	run ctr-gcroot path foo
	assert_output '/x\x1b[2J"\\\x0a\xc2\x9b'
}

@test "a link in place of a directory is refused" {
	ctr-gcroot init foo
	rmdir "$PROFILES/foo"
	ln -s "$PWD/outside" "$PROFILES/foo"
	run -1 ctr-gcroot set foo "$A"
	assert_output --partial "open $PROFILES/foo: Not a directory"
	run -1 ctr-gcroot list foo
	assert_equal "$(ls outside)" ""
	ctr-gcroot rm foo
	assert_not_exist "$PROFILES/foo"
	rm -r "$PROFILES"
	ln -s "$PWD/outside" "$PROFILES"
	run -1 ctr-gcroot set foo "$A"
	run -1 ctr-gcroot rm foo
	assert_equal "$(ls outside)" ""
}

@test "rm follows no link and removes trees of any depth, mode and flag" {
	echo keep >outside/file
	ctr-gcroot set foo "$A"
	ctr-gcroot init bar
	ln -s "$PWD/outside" "$ROOTS/foo/link"
	mkdir "$ROOTS/foo/dir" && ln -s "$PWD/outside" "$ROOTS/foo/dir/link"
	chmod 0 "$ROOTS/foo/dir"
	mkfifo "$ROOTS/foo/pipe"
	(cd "$ROOTS/foo" && for _ in {1..500}; do mkdir deep && cd -P deep || exit 1; done)
	mkdir "$ROOTS/foo/still" && echo >"$ROOTS/foo/still/file"
	chattr +i "$ROOTS/foo/still/file" "$ROOTS/foo/still" 2>/dev/null || echo "# no chattr here" >&3
	# Each level takes descriptors; fewer are available.
	run bash -c 'ulimit -n 256 && ctr-gcroot rm foo'
	assert_output ""
	assert_success
	assert_equal "$(ls "$PROFILES") $(ls "$ROOTS")" "bar bar"
	assert_equal "$(cat outside/file)" keep
	run ctr-gcroot rm foo
	assert_success
}

@test "path prints the target of any generation" {
	ctr-gcroot set foo "$A"
	run -1 ctr-gcroot path foo previous
	assert_output 'ctr-gcroot: foo has no previous generation'
	ctr-gcroot set foo "$B"
	assert_equal "$(ctr-gcroot path foo)" "$B"
	assert_equal "$(ctr-gcroot path foo 1)" "$A"
	assert_equal "$(ctr-gcroot path foo previous)" "$A"
	ctr-gcroot rollback foo
	assert_equal "$(ctr-gcroot path foo 2)" "$B"
	run -1 ctr-gcroot path foo 3
	assert_output 'ctr-gcroot: foo has no generation 3'
	run -2 ctr-gcroot path foo x
	assert_output 'ctr-gcroot: invalid generation number: x'
}

@test "rm does not enter mounts" {
	ctr-gcroot init foo
	mkdir "$ROOTS/foo/mnt" && echo keep >outside/file
	# shellcheck disable=SC2016
	run -1 unshare -m --propagation private sh -c 'mount --bind outside "$1/foo/mnt" && ctr-gcroot rm foo' sh "$ROOTS"
	assert_output --regexp "^ctr-gcroot: remove $ROOTS/foo: (Invalid c|C)ross-device link$"
	assert_equal "$(cat outside/file)" keep
	ctr-gcroot rm foo
}

@test "rm --trees removes the tree of that name and no other" {
	ctr-gcroot init foo
	mkdir -p trees/foo/var/empty trees/bar outside
	echo keep >outside/file
	ln -s "$PWD/outside" trees/foo/link
	chattr +i trees/foo/var/empty trees/foo/var 2>/dev/null || echo "# no chattr here" >&3
	ctr-gcroot rm --trees "$PWD/trees" foo
	assert_equal "$(ls trees)" bar
	assert_equal "$(cat outside/file)" keep
	assert_not_exist "$ROOTS/foo"
	ln -s ../outside trees/foo
	ctr-gcroot rm --trees "$PWD/trees" foo
	assert_equal "$(ls trees)" bar
	assert_equal "$(cat outside/file)" keep
	ctr-gcroot rm --trees "$PWD/none" foo
	run -2 ctr-gcroot rm --trees trees foo
	assert_output "ctr-gcroot: not an absolute path: trees"
	run -2 ctr-gcroot list --trees "$PWD/trees" foo
	assert_output "ctr-gcroot: list takes no --trees"
}

@test "rm succeeds while files are still being made" {
	ctr-gcroot init foo
	: >go
	( while [ -e go ]; do mkdir -p "$ROOTS/foo/a/b" && : >"$ROOTS/foo/a/$RANDOM"; done 2>/dev/null ) 3>&- &
	until_true 5 ctr-gcroot rm foo 2>/dev/null
	rm go
	wait $! || :
	ctr-gcroot rm foo
	assert_not_exist "$ROOTS/foo"
}

@test "wrong usage is one line, and changes nothing" {
	need_nix
	wrong() { # STATUS TEXT ARGUMENT...
		run "-$1" ctr-gcroot "${@:3}"
		assert_output "ctr-gcroot: $2"
		assert_not_exist state
	}
	wrong 2 "no verb; see --help"
	wrong 2 "unknown verb: frob; see --help" frob foo
	wrong 2 "init: missing argument; see --help" init
	wrong 2 "set: missing argument; see --help" set foo
	wrong 2 "init: unexpected argument: bar" init foo bar
	for name in '' .. a/b -- -a a+b 'a b' "$(printf 'a%.0s' {1..64})"; do
		wrong 2 "invalid container name: $name (a name is 1 to 63 letters, digits and hyphens, with a letter or digit at both ends)" init -- "$name"
	done
	wrong 2 "not an absolute path: a" set foo a
	wrong 1 "look for $PWD/none: No such file or directory" set foo "$PWD/none"
	wrong 2 "invalid generation number: -1" rollback foo -- -1
	wrong 2 "invalid generation number: 4294967296" rollback foo 4294967296
	wrong 2 "invalid number of seconds: x" --wait x init foo
	wrong 2 "init takes no --json" --json init foo
	wrong 2 "init takes no --root" --root /x init foo
	wrong 2 "rm takes no --all" rm --all foo
	for spec in 0d d 1dd d1 +0 + +x -x x "" 4294967296 1.5 99999999999999999d; do
		wrong 2 "invalid generation number: $spec" delete-generations foo -- "$spec"
	done
	for spec in old 1d +1; do wrong 2 "invalid generation number: $spec" delete-generations foo 1 "$spec"; done
	wrong 2 "delete-generations: missing argument; see --help" delete-generations foo
	wrong 2 "sync: give either --root DIR and a name, or --trees DIR" sync foo
	wrong 2 "sync: give either --root DIR and a name, or --trees DIR" sync --root /x --trees /x foo
	wrong 2 "sync: give either --root DIR and a name, or --trees DIR" sync --root /x --all
	wrong 2 "sync: missing argument; see --help" sync --trees /x
	wrong 2 "sync: --all takes no name" sync --trees /x --all foo
	wrong 2 "not an absolute path: rel" sync --root rel foo
	wrong 2 "not an absolute path: rel" sync --trees /x --machines rel foo
	wrong 2 "not an absolute path: rel" --state-dir rel init foo
	wrong 1 "foo has no profile in $PWD/state" list foo
	mkdir -p store/x "store/$(printf 'a%.0s' {1..32})-ok/sub"
	wrong 2 "not a store path: $PWD/store" set foo "$PWD/store"
	wrong 2 "not a store path: $PWD/store/x" set foo "$PWD/store/x"
	wrong 2 "not a store path: $PWD/store/../a" set foo "$PWD/store/../a"
	ctr-gcroot set foo "$PWD/store/$(printf 'a%.0s' {1..32})-ok/sub"
	run -2 ctr-gcroot --frob
	assert_output "ctr-gcroot: unknown option: --frob; see --help"
	run -2 ctr-gcroot -x init foo
	assert_output "ctr-gcroot: unknown option: -x; see --help"
	run -2 ctr-gcroot init foo --state-dir
	assert_output "ctr-gcroot: --state-dir: missing argument DIR"
	run -2 ctr-gcroot list --json=yes foo
	assert_output "ctr-gcroot: --json takes no argument"
}

@test "an unknown verb gets a hint if a similar one exists" {
	local typo
	for typo in lst lits List listed; do
		run -2 ctr-gcroot "$typo" foo
		assert_output "ctr-gcroot: unknown verb: $typo; did you mean list?"
	done
	for typo in rollbck:rollback delete-generation:delete-generations r:rm rmm:rm snyc:sync; do
		run -2 ctr-gcroot help "${typo%:*}"
		assert_output "ctr-gcroot: unknown verb: ${typo%:*}; did you mean ${typo#*:}?"
	done
	for typo in xy frob '' delete-them generations "$(printf 'x%.0s' {1..5000})"; do
		run -2 ctr-gcroot "$typo" foo
		assert_output --regexp "^ctr-gcroot: unknown verb: ${typo::300}(; see --help)?"
		refute_output --partial "did you mean"
	done
}

@test "options may be anywhere before --, and be abbreviated" {
	ctr-gcroot set foo "$A"
	json=$(ctr-gcroot list --json foo)
	for words in "--json list foo" "list --json foo" "list foo --json" "list foo --js" "list --json -- foo" "--json -- list foo"; do
		# shellcheck disable=SC2086
		run -0 ctr-gcroot --wait=1 $words
		assert_output "$json"
	done
	run -0 ctr-gcroot list foo --state "$NIX_STATE_DIR" --wait 1
	assert_output --partial "(current)"
	mkdir trees
	for words in "--trees $PWD/trees sync --all" "sync --all --trees=$PWD/trees" "sync --machines $PWD --all --trees $PWD/trees"; do
		# shellcheck disable=SC2086
		run -0 ctr-gcroot $words
	done
	run -2 ctr-gcroot list -- foo --json
	assert_output "ctr-gcroot: list: unexpected argument: --json"
}

@test "a missing capability is named" {
	run -1 setpriv --bounding-set=-fowner --inh-caps=-fowner ctr-gcroot init foo
	assert_output "ctr-gcroot: needs the capability cap_fowner"
	assert_not_exist state
	ctr-gcroot init foo
	run setpriv --bounding-set=-linux_immutable --inh-caps=-linux_immutable ctr-gcroot rm foo
	assert_success
}

@test "--help and --version write to standard output" {
	run ctr-gcroot --help
	assert_success
	assert_line --index 0 "usage: ctr-gcroot [OPTION]... init [--trees DIR] NAME"
	assert_line --regexp '^  rollback  +switch to the previous generation'
	assert_equal "$(ctr-gcroot -h)" "$output"
	assert_equal "$(ctr-gcroot help)" "$output"
	for option in --version -V; do
		run ctr-gcroot $option
		assert_success
		assert_output --regexp '^[0-9.]+ \(.*\)$'
	done
	run -1 --separate-stderr sh -c 'ctr-gcroot --help >/dev/full'
	assert_equal "${stderr%%:*}" "ctr-gcroot"
}

@test "help for a verb is of that verb only, in three spellings" {
	for verb in init set list path check rollback delete-generations sync rm; do
		run -0 --separate-stderr ctr-gcroot "$verb" --help
		assert_line --index 0 --regexp "^usage: ctr-gcroot \[OPTION\]\.\.\. $verb "
		[[ $verb != sync ]] || assert_equal "$(grep -c 'ctr-gcroot .* sync' <<<"$output")" 3
		refute_line --regexp "^(usage:|      ) ctr-gcroot \[OPTION\]\.\.\. ($(sed "s/$verb//" <<<'init|set|list|path|check|rollback|delete-generations|sync|rm' | sed 's/||/|/; s/^|//; s/|$//')) "
		assert_line --partial --state-dir
		assert_equal "$stderr" ""
		assert_equal "$(ctr-gcroot help "$verb")" "$output"
		assert_equal "$(ctr-gcroot "$verb" some thing -h)" "$output"
	done
	run -0 ctr-gcroot list --help
	assert_output --partial --json
	refute_output --partial --trees
	run -0 ctr-gcroot rm --help
	assert_output --partial --trees
	refute_output --partial --json
	run -2 ctr-gcroot frob --help
}
