#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# PKGBUILD, run as makepkg runs it.
load ../lib/env

# makepkg FUNCTION... - run functions of PKGBUILD in $tree
makepkg() {
	env -i PATH="$PATH" CFLAGS='-O2 -Wp,-D_FORTIFY_SOURCE=3' bash -euc '
		startdir=$1 srcdir=$2/src pkgdir=$2/pkg
		. "$startdir/PKGBUILD"
		shift 2
		for step; do "$step"; done' bash "$tree/share/packages/arch" "$BATS_TEST_TMPDIR" "$@"
}

@test "PKGBUILD builds and installs all, below its directories alone" {
	[[ $BUILD == "$TOP/build" ]] || skip "this is not the static build"
	# A tree that no other test builds in meanwhile.
	tree=$BATS_TEST_TMPDIR/tree
	mkdir "$tree" "$BATS_TEST_TMPDIR/src"
	cp -Rp "$TOP"/{bin,lib,share,GNUmakefile,README} "$tree"
	# As from LIBMNL and LIBCAP.
	cp -Rp "$BUILD/deps" "$BATS_TEST_TMPDIR/src"
	touch "$BATS_TEST_TMPDIR/before"
	makepkg build package
	run -0 find "$tree" -newer "$BATS_TEST_TMPDIR/before" -type f
	assert_output ''
	cd "$BATS_TEST_TMPDIR/pkg"
	assert_file_exists usr/lib/systemd/system/container@.service
	assert_file_exists usr/lib/libnss_containers.so.2
	assert_file_exists usr/share/doc/nixos-container/html/index.html
	grep -q WARRANTY usr/share/licenses/nixos-container/LICENSE
	run ! grep -rlF "$BATS_TEST_TMPDIR" usr
	run -0 readelf -lW usr/share/nixos-container/inside/mkveth
	refute_output --partial INTERP
	# What make install installs is in it.
	env -u MAKEFLAGS -u MAKELEVEL make -s -C "$TOP" install PREFIX=/usr DESTDIR="$BATS_TEST_TMPDIR/dest"
	run -0 diff <(cd "$BATS_TEST_TMPDIR/dest" && find . -type f | sort) \
		<(find . -type f ! -path './usr/share/doc/*' ! -path './usr/share/licenses/*' | sort)
}

@test "the version of the package is that of the suite" {
	version=$(sed -n 's/^VERSION := //p' "$TOP/GNUmakefile")
	run -0 bash -c '. "$1"; echo "$pkgver"' bash "$TOP/share/packages/arch/PKGBUILD"
	assert_output "$version"
}
