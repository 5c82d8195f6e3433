#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# As t/live/faults.bats, for the tools by themselves and for the verbs that
# neither make nor run a container.
load container
load points
load faults

setup_file() { faults_begin; }
teardown_file() { faults_end; }

# generations NUMBERS - these are there, and the links are all that is there
generations() {
	[[ $(ctr-gcroot list "$name" | awk '{ printf "%s ", $1 }') == "$1 " ]] &&
		! ls -A "$nix_state/profiles/per-container/$name" | grep -v '^system'
}

@test "ctr-gcroot set, rollback and delete-generations" {
	is_set() { ctr-gcroot set "$name" "$B" && [[ $(ctr-gcroot path "$name") == "$B" ]] && generations '1 2'; }
	each_point a_container is_set ctr-gcroot set NAME "$B"
	back() { ctr-gcroot rollback "$name" 1 && [[ $(ctr-gcroot path "$name") == "$A" ]] && generations '1 2'; }
	each_point two_generations back ctr-gcroot rollback NAME 1
	one_left() { ctr-gcroot delete-generations "$name" old && generations 2; }
	each_point two_generations one_left ctr-gcroot delete-generations NAME old
}

@test "ctr-gcroot sync" {
	offered() {
		local auto=$root/nix/var/nix/gcroots/auto
		a_container && mkdir -p "$auto" && ln -s "$B" "$root/result" &&
			ln -s /result "$auto/0123456789abcdfghijklmnpqrsvwxyz"
	}
	kept() {
		ctr-gcroot sync --trees $state "$name" &&
			[[ $(readlink "$nix_state/gcroots/per-container-synced/$name"/*) == "$B" ]]
	}
	each_point offered kept ctr-gcroot sync --trees $state NAME
}

@test "ctr-gcroot rm, with the tree" {
	gone_too() {
		ctr-gcroot rm --trees $state "$name" && [[ ! -e $root ]] &&
			[[ ! -e $nix_state/profiles/per-container/$name ]]
	}
	filled() { a_container && mkdir -p "$root/home/me" && touch "$root/home/me/file"; }
	each_point filled gone_too ctr-gcroot rm --trees $state NAME
}

@test "ctr-tree put and empty" {
	# A directory is never replaced: where it is there, it is whole.
	whole() {
		{ [[ -e $root/srv/site ]] || ctr-tree put "$root" "$BATS_TEST_TMPDIR/site" /srv/; } &&
			diff -r "$BATS_TEST_TMPDIR/site" "$root/srv/site" &&
			[[ $(ls -A "$root/srv") == site ]]
	}
	mkdir -p "$BATS_TEST_TMPDIR/site/sub"
	head -c 100000 /dev/urandom >"$BATS_TEST_TMPDIR/site/large"
	echo small >"$BATS_TEST_TMPDIR/site/sub/small"
	ln -s sub/small "$BATS_TEST_TMPDIR/site/link"
	with_folder() { a_container && mkdir -p "$root/srv"; }
	each_point with_folder whole ctr-tree put "$state/NAME" "$BATS_TEST_TMPDIR/site" /srv/
	bare() { ctr-tree empty "$root" && [[ -d $root && ! $(ls -A "$root") ]]; }
	each_point with_folder bare ctr-tree empty "$state/NAME"
}

@test "mkveth add and del" {
	local pair=(mkveth add -H 10.99.0.1 -L 10.99.0.2 --macvlan faults0:up)
	ip link add faults0 type veth peer name faults1
	clean() {
		mkveth del --wait "$name" && ! ip link show "c-$name" 2>/dev/null &&
			[[ ! -e /run/netns/net-$name ]]
	}
	linked() {
		"${pair[@]}" "$name" && ping -c 1 -W 2 10.99.0.2 &&
			ip -n "net-$name" link show up && clean
	}
	each_point a_container linked "${pair[@]}" NAME
	a_pair() { a_container && "${pair[@]}" "$name"; }
	each_point a_pair clean mkveth del NAME
	ip link del faults0
}

# resolv_files - all in etc that has to do with it
resolv_files() { (cd "$root/etc" && ls -A | grep resolv | xargs sha256sum); }

@test "ctr-resolv copy" {
	local want points=900
	a_name
	a_container
	ctr-resolv copy "$root"
	want=$(resolv_files)
	copied() { ctr-resolv copy "$root" && [[ $(resolv_files) == "$want" ]]; }
	each_point a_container copied ctr-resolv copy "$state/NAME"
}

@test "rename, clone and reset" {
	renamed() {
		nixos-container rename "$name" "$name-new" || listed "$name-new" || return 1
		! listed "$name" && [[ $(ctr-gcroot path "$name-new") == "$A" ]] &&
			nixos-container destroy "$name-new" && nothing_left "$name-new"
	}
	each_point a_container renamed nixos-container rename NAME NAME-new
	cloned() {
		listed "$name-new" || nixos-container clone "$name" "$name-new" || return 1
		[[ $(ctr-gcroot path "$name-new") == "$A" && -e $state/$name-new/home/kept ]] &&
			nixos-container destroy "$name-new" && nothing_left "$name-new"
	}
	with_file() { a_container && mkdir -p "$root/home" && echo kept >"$root/home/kept"; }
	each_point with_file cloned nixos-container clone NAME NAME-new
	emptied() { nixos-container reset "$name" && [[ ! -e $root/home/kept ]] && [[ $(ctr-gcroot path "$name") == "$A" ]]; }
	each_point with_file emptied nixos-container reset NAME
}
