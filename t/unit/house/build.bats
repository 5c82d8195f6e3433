#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What make builds, installs and uninstalls.
load ../../lib/env

tools='run-in-netns mkveth ctr-conf ctr-gcroot ctr-tree ctr-resolv ctr-console ctr-verify ctr-start ctr-watch ctr-each'

setup() { dest=$BATS_TEST_TMPDIR/dest; }

# make_top ARGUMENT... - run make without the options of a make that called us
make_top() { env -u MAKEFLAGS -u MAKELEVEL make -s -C "$TOP" "$@"; }

@test "make alone builds everything" {
	run -0 make_top -n -W "$TOP/bin/mkveth.c" O="$BATS_TEST_TMPDIR/o" NSS=0
	assert_output --partial "/bin/mkveth "
	assert_output --partial "/bin/nixos-container"
}

@test "the static programs for containers are built by one make, as two would disturb each other" {
	run -0 make_top -n V=1 O="$BATS_TEST_TMPDIR/o" DEPS="$TOP/build/deps" STATIC=0 NSS=0
	assert_equal "$(grep -cE '^make .*STATIC=1 ' <<<"$output")" 1
	assert_output --partial "/inside/mkveth"
}

@test "another CONF_DIR rebuilds the module for nsswitch.conf" {
	local dir lib=$BATS_TEST_TMPDIR/o/lib/libnss_containers.so.2
	for dir in /srv/one /srv/two; do
		make_top O="$BATS_TEST_TMPDIR/o" STATIC=0 NSS=1 CONF_DIR=$dir "$lib"
		grep -qF "$dir" "$lib"
	done
}

# small_tree - make $tree, with GNUmakefile and very little to build
small_tree() {
	tree="$BATS_TEST_TMPDIR/small tree"
	mkdir -p "$tree"/{bin,lib/{base,script,room},share/{ansible,inside,nft,nixos,systems}}
	cp "$TOP/GNUmakefile" "$tree"
	cp -r "$TOP/share/build" "$tree/share"
	touch "$tree/bin/nixos-container" "$tree/lib/script/"{list,remote}.sh
	# It needs none of the libraries.
	mkdir "$BATS_TEST_TMPDIR/path"
	ln -s /bin/true "$BATS_TEST_TMPDIR/path/pkg-config"
	PATH=$BATS_TEST_TMPDIR/path:$PATH
}

@test "another CC, AR, CFLAGS or LDFLAGS rebuilds the files made with it" {
	local tree out
	small_tree
	out=$tree/build/shared
	echo 'int main(void) { return 0; }' >"$tree/bin/tool.c"
	echo 'extern int MARK; int MARK;' >"$tree/lib/room/mark.c"
	printf '#!/bin/sh\necho ar >>ar-log\nexec ar "$@"\n' >"$tree/ar"
	printf '#!/bin/sh\nexec cc "$@" -UMARK -DMARK=by_cc\n' >"$tree/cc"
	chmod 755 "$tree"/{ar,cc}
	again() { make_top -C "$tree" NSS=0 STATIC=0 CFLAGS=-DMARK=one "$@" build/shared/bin/tool; }
	again
	run -0 nm "$out/lib.a"
	assert_line --regexp ' one$'
	again CFLAGS=-DMARK=two
	run -0 nm "$out/lib.a"
	assert_line --regexp ' two$'
	again CC=./cc
	run -0 nm "$out/lib.a"
	assert_line --regexp ' by_cc$'
	again LDFLAGS=-Wl,-rpath,/of/ldflags
	run -0 readelf -d "$out/bin/tool"
	assert_output --partial '[/of/ldflags]'
	again AR=./ar
	assert_file_exists "$tree/ar-log"
	# The same values rebuild nothing.
	local before
	before=$(stat -c %y "$out"/{lib.a,bin/tool})
	again AR=./ar
	assert_equal "$(stat -c %y "$out"/{lib.a,bin/tool})" "$before"
}

@test "--version has the commit; another commit links the tools again, and no more" {
	local tree before hash
	small_tree
	echo '#include <stdio.h>
		#include "base/version.h"
		int main(void) { puts(version_line); return 0; }' >"$tree/bin/tool.c"
	cp "$TOP"/lib/base/version.[ch] "$tree/lib/base"
	echo 'extern int room; int room;' >"$tree/lib/room/room.c"
	cd "$tree"
	built() { make_top -C "$tree" NSS=0 STATIC=0 O=out out/bin/tool && out/bin/tool; }
	run -0 built
	assert_output --regexp '^[0-9.]+ \(gcc [0-9.]+, glibc [0-9.]+, shared, [a-z0-9_]+\)$'
	git init -q
	echo '/out' >.gitignore
	by_us() { git -c user.name=x -c user.email=x@x "$@"; }
	git add . && by_us commit -q -m one
	hash=$(git rev-parse --short=12 HEAD)
	run -0 built
	assert_output --partial " (commit $hash, gcc "
	before=$(stat -c %y out/{lib.a,obj/lib/room/room.o,obj/bin/tool.o})
	by_us commit -q --allow-empty -m two
	run -0 built
	refute_output --partial "$hash"
	assert_output --partial " (commit $(git rev-parse --short=12 HEAD), gcc "
	assert_equal "$(stat -c %y out/{lib.a,obj/lib/room/room.o,obj/bin/tool.o})" "$before"
	before=$(stat -c %y out/bin/tool)
	built
	assert_equal "$(stat -c %y out/bin/tool)" "$before"
	echo '# changed' >>GNUmakefile
	run -0 built
	assert_output --partial "-dirty, gcc "
	# A tree that only lies in another's is not of that commit.
	mkdir of-another && mv GNUmakefile bin lib share of-another
	run -0 make_top -C "$tree/of-another" NSS=0 STATIC=0 O=out out/bin/tool
	run -0 of-another/out/bin/tool
	assert_output --regexp '^[0-9.]+ \(gcc '
}

@test "out of the tree, another user builds from a tree that is not theirs" {
	((EUID == 0)) || skip "needs root"
	local tree out=/tmp/o$$-$BATS_TEST_NUMBER
	small_tree
	echo 'int main(void) { return 0; }' >"$tree/bin/tool.c"
	mkdir -m 755 "$out"
	chown 65534 "$out"
	# As bats' directory is for root alone.
	cp -r "$tree" "$out/source"
	run -0 setpriv --reuid 65534 --regid 65534 --clear-groups env -u MAKEFLAGS -u MAKELEVEL \
		make -s -C "$out/source" NSS=0 STATIC=0 O="$out/o" "$out/o/bin/tool" "$out/o/bin/nixos-container"
	run -0 find "$out" -newer "$out/source/bin/tool.c" -type f -user 65534 -not -path "$out/o/*"
	assert_output ''
	"$out/o/bin/tool"
	rm -r "$out"
}

@test "a static build takes given libraries, without apt and network, and builds in a path with blanks" {
	[[ -e $TOP/build/deps/made ]] || skip "no libraries for musl in build/deps"
	local tree program
	small_tree
	# As they are named by a user, and as they are collected.
	mkdir -p "$tree/mine/"{libmnl,sys}
	cp "$TOP/build/deps/lib/"lib{cap,mnl}.a "$tree/mine"
	cp "$TOP/build/deps/include/libmnl/libmnl.h" "$tree/mine/libmnl"
	cp "$TOP/build/deps/include/sys/capability.h" "$tree/mine/sys"
	for program in apt-get dpkg-source; do
		printf '#!/bin/sh\necho %s >>"%s"\nexit 1\n' $program "$BATS_TEST_TMPDIR/called" \
			>"$BATS_TEST_TMPDIR/path/$program"
		chmod 755 "$BATS_TEST_TMPDIR/path/$program"
	done
	cat >"$tree/bin/tool.c" <<-END
		#include <libmnl/libmnl.h>
		#include <linux/rtnetlink.h>
		#include <sys/capability.h>
		int main(void) { return !mnl_socket_open(NETLINK_ROUTE) || !cap_get_proc(); }
	END
	again() { make_top -C "$tree" NSS=0 "$@" build/bin/tool; }
	run -0 again "LIBMNL=$tree/mine" "LIBCAP=$tree/mine"
	assert_output --partial "libmnl: from the directory LIBMNL"
	"$tree/build/bin/tool"
	run -0 again "LIBMNL=$tree/mine" "LIBCAP=$tree/mine"
	assert_output ''
	# They are kept.
	run -0 again
	assert_output ''
	# Another directory is another library.
	local before
	before=$(stat -c %y "$tree/build/bin/tool")
	run -0 again "LIBMNL=$TOP/build/deps" "LIBCAP=$TOP/build/deps"
	assert_output --partial "libcap: from the directory LIBCAP"
	[[ $(stat -c %y "$tree/build/bin/tool") != "$before" ]]
	"$tree/build/bin/tool"
	# One without a library is a mistake, and nothing else is tried.
	run -2 again "LIBMNL=$tree/bin" "LIBCAP=$TOP/build/deps"
	assert_output --partial "no libmnl.a in $tree/bin"
	assert_not_exists "$BATS_TEST_TMPDIR/called"
}

@test "TARGET names the compiler, the archiver and the directory; a compiler for musl brings its own" {
	local tree
	small_tree
	echo 'int main(void) { return 0; }' >"$tree/bin/tool.c"
	# Compilers that are asked what they are, and what they have.
	for target in aarch64-linux-gnu aarch64-linux-musl; do
		cat >"$BATS_TEST_TMPDIR/path/$target-gcc" <<-END
			#!/bin/sh
			case \$* in
			*-dumpmachine) echo $target ;;
			*-print-prog-name=ar) echo $target-ar ;;
			*-print-prog-name=*) echo "\${1#*=}" ;;
			*-E*) exit 1 ;;
			*--version) echo gcc ;;
			*) echo 13.2 ;;
			esac
		END
		chmod 755 "$BATS_TEST_TMPDIR/path/$target-gcc"
	done
	run -0 make_top -C "$tree" -n V=1 NSS=0 TARGET=aarch64 build/aarch64/bin/tool
	assert_output --partial '--musl build/aarch64/deps aarch64-linux-gnu-gcc'
	assert_output --partial 'aarch64-linux-gnu-gcc -B build/aarch64/deps/ -specs=build/aarch64/deps/musl.specs '
	assert_output --partial 'aarch64-linux-gnu-ar'
	run -0 make_top -C "$tree" -n V=1 NSS_CC=cc CC=aarch64-linux-musl-gcc build/bin/tool
	assert_output --partial ' build/deps-aarch64 aarch64-linux-musl-gcc'
	assert_output --partial 'aarch64-linux-musl-ar'
	# cc builds for this machine: its module would not fit.
	run make_top -C "$tree" -npq CC=aarch64-linux-musl-gcc
	assert_line --regexp '^NSS := *$'
	run make_top -C "$tree" -npq
	assert_line --regexp '^NSS := 1$'
}

@test "TARGET=aarch64 builds static binaries for that machine" {
	command -v aarch64-linux-gnu-gcc >/dev/null || skip "no aarch64-linux-gnu-gcc: make deps TARGET=aarch64"
	[[ $BUILD == "$TOP/build" ]] || skip "this is not the static build"
	local tool size
	make_top TARGET=aarch64
	for tool in $tools; do
		run -0 file "$BUILD/aarch64/bin/$tool"
		assert_output --partial 'ARM aarch64'
		assert_output --partial 'statically linked'
		# For pages of up to 64 KiB, and without padding up to that size.
		run -0 readelf -lW "$BUILD/aarch64/bin/$tool"
		assert_output --regexp 'LOAD .* 0x10000'
		size=$(stat -c %s "$BUILD/aarch64/bin/$tool")
		((size <= $(limit "$tool") * 1024 * 5 / 4)) || fail "$tool: $size"
	done
	run -0 file "$BUILD"/aarch64/share/nixos-container/{inside/{mkveth,ctr-tree},systems/minimal/{init,ctr-console}}
	assert_equal "$(grep -c 'ARM aarch64' <<<"$output")" 4
	run -0 file -L "$BUILD/aarch64/lib/libnss_containers.so.2"
	assert_output --partial 'ARM aarch64'
}

@test "the arm64 machine is not made for wrong arguments" {
	((EUID == 0)) || skip "needs root"
	local cache=$BATS_TEST_TMPDIR/cache
	mkdir -p "$BATS_TEST_TMPDIR/build/aarch64"
	refuses() {
		run -2 env NIXOS_CONTAINER_TEST_CACHE="$cache" "$TOP/t/lib/arm64" "${@:2}"
		assert_line -n 0 "arm64: $1"
		assert_not_exists "$cache"
	}
	cd "$BATS_TEST_TMPDIR"
	refuses 'expected story or unit, and a build' story
	refuses 'no such verb: boot' boot build
	refuses 'no build for arm64 in build/aarch64 (make TARGET=aarch64)' story build/aarch64
	refuses 'story: expected one kernel' story build
	refuses 'story: no such kernel: 64k (expected 4k or 16k)' story build 64k
	refuses 'unit: expected one file' unit build
	refuses 'unit: no such file: t/unit/net/none.bats' unit build -f x t/unit/net/none.bats
}

@test "strace is asked for calls that arm64 lacks only if there are such" {
	run ! grep -nE "(trace|inject)=([a-z0-9_?]+,)*(open|mkdir|unlink|rename|symlink|link|l?stat|chmod|poll|pipe)\\b" \
		"$TOP"/t/unit/*/*.bats
	assert_output ''
}

@test "a compiler for glibc links shared libraries, and is refused for a static build" {
	local tree
	small_tree
	echo 'int main(void) { return 0; }' >"$tree/bin/tool.c"
	make_top -C "$tree" CC=gcc NSS=0 build/shared/bin/tool
	run -0 readelf -lW "$tree/build/shared/bin/tool"
	assert_output --partial INTERP
	run -2 make_top -C "$tree" CC=gcc STATIC=1 NSS=0
	assert_output --partial 'CC=gcc builds for glibc'
	assert_not_exists "$tree/build/bin"
}

@test "compile-all takes each gcc and clang in PATH once, and names the one that fails" {
	local dir=$BATS_TEST_TMPDIR/path name
	mkdir "$dir"
	for name in gcc-98 gcc-99 clang-97 gcc-ar-98; do
		printf '#!/bin/sh\necho %s\n' "${name##*-}" >"$dir/$name"
		chmod 755 "$dir/$name"
	done
	ln -s gcc-99 "$dir/gcc"
	# It builds a tool that prints the compiler.
	cat >"$dir/make" <<-'END'
		#!/bin/sh
		printf '%s %s\n' "${REALGCC--}" "$*" >>"$LOG"
		case $* in *CC=gcc-98*-O0*) exit 2 ;; esac
		for word; do case $word in O=*) out=${word#O=} ;; esac; done
		mkdir -p "$out/bin"
		printf '#!/bin/sh\necho by %s\n' "${REALGCC:-clang}" >"$out/bin/tool"
		chmod 755 "$out/bin/tool"
	END
	chmod 755 "$dir/make"
	LOG=$BATS_TEST_TMPDIR/log PATH=$dir:$PATH run -1 "$TOP/share/build/compile-all" \
		--native "$BATS_TEST_TMPDIR/o" "$TOP/build/deps"
	assert_line --regexp '^compile-all: found .*clang-97 .*gcc-98 gcc-99'
	refute_output --partial gcc-ar
	assert_line 'compile-all: gcc-98-O0: failed'
	assert_line 'compile-all: gcc-98-O3: ok'
	assert_line 'by gcc-99'
	run -0 grep -c 'CC=gcc-99 ' "$BATS_TEST_TMPDIR/log"
	assert_output 3
	grep -q '^gcc-99 .*CC=musl-gcc STATIC=1' "$BATS_TEST_TMPDIR/log"
	grep -q '^- .*CC=clang-97 STATIC=0' "$BATS_TEST_TMPDIR/log"
	run ! grep -q 'CC=gcc ' "$BATS_TEST_TMPDIR/log"
}

@test "cppcheck knows each macro that the build defines" {
	local macro count=0
	for macro in $(sed -n 's/^OURS *:=.*foreach v,\([A-Z_ ]*\),.*/\1/p' "$TOP/GNUmakefile") VERSION; do
		grep -qF -- "-D$macro='\"\"'" "$TOP/t/run" || fail "not in t/run: $macro"
		count=$((count + 1))
	done
	((count >= 5))
}

@test "CONF_DIR, STATE_DIR and HOST_CONF are also defaults of the tools" {
	local tree
	small_tree
	echo 'int main(void) { return sizeof(CONF_DIR STATE_DIR HOST_CONF) > 1; }' >"$tree/bin/tool.c"
	echo 'const char dirs[] = CONF_DIR ":" STATE_DIR ":" HOST_CONF;' >"$tree/lib/room/dirs.c"
	local dirs
	for dirs in containers nixos-containers; do
		make_top -C "$tree" STATIC=0 NSS=0 CONTAINERS=$dirs HOST_CONF=/etc/of-$dirs build/shared/lib.a
		grep -qF "/etc/$dirs:/var/lib/$dirs:/etc/of-$dirs" "$tree/build/shared/lib.a"
	done
}

@test "a removed source is no longer part of the build" {
	local tree source
	small_tree
	built() {
		make_top -C "$tree" STATIC=0 O=build NSS=0 build/lib.a build/bin/nixos-container
		nm "$tree/build/lib.a"
		cat "$tree/build/bin/nixos-container"
	}
	for source in stays goes; do
		echo "extern int $source; int $source;" >"$tree/lib/room/$source.c"
		echo "part_$source() { :; }" >"$tree/lib/script/$source.sh"
	done
	run -0 built
	assert_line --regexp ' [A-Z] goes$'
	assert_output --partial part_goes
	rm "$tree"/lib/*/goes.*
	run -0 built
	assert_line --regexp ' [A-Z] stays$'
	assert_output --partial part_stays
	refute_output --partial goes
	# Without a change nothing is rebuilt.
	local before
	before=$(stat -c %y "$tree"/build/{lib.a,bin/nixos-container})
	built
	assert_equal "$(stat -c %y "$tree"/build/{lib.a,bin/nixos-container})" "$before"
}

# limit TOOL - print how large it may be on amd64, in KiB
#
# ctr-conf has the text of all settings and their checks, twelve verbs, what a running
# container can change, and netlink for addresses, sockets and flows; ctr-verify reads
# settings and rules; mkveth restores interfaces; ctr-gcroot also works in trees;
# ctr-tree has the view of the store, seals, unpacks, and writes and reads tars.  A
# program grows by whole pages of 4 KiB.
limit() {
	case $1 in
	ctr-conf) echo 172 ;;
	ctr-gcroot) echo 100 ;;
	ctr-tree) echo 132 ;;
	ctr-verify) echo 124 ;;
	mkveth) echo 104 ;;
	*) echo 96 ;;
	esac
}

@test "the binaries are static and small" {
	[[ $BUILD == "$TOP/build" ]] || skip "this is not the static build"
	local tool size more=0
	# The limits are for gcc 12 and musl 1.2.3: gcc 14 and 16 with musl 1.2.5 make up
	# to 4 % more of the same code.
	[[ $(mkveth --version) == *"gcc 12."* ]] || more=1
	for tool in $tools; do
		run -0 file "$BUILD/bin/$tool"
		assert_output --partial "statically linked"
		refute_output --partial "interpreter"
		size=$(stat -c %s "$BUILD/bin/$tool")
		((size <= $(limit "$tool") * (1024 + more * 64))) || fail "$tool: $size"
	done
}

@test "every tool has --help on stdout and --version" {
	local tool version=
	for tool in $tools nixos-container; do
		run -0 --separate-stderr "$tool" --help
		assert_output --partial "usage: $tool"
		assert_equal "$stderr" ''
		run -0 "$tool" --version
		assert_equal "${#lines[@]}" 1
		# All of them say what the same build is made of.
		assert_output --regexp '^[0-9.]+ \((commit [0-9a-f]{12}(-dirty)?, )?(gcc|clang) [0-9.]+, (musl|glibc [0-9.]+), (static|shared), [a-z0-9_]+\)$'
		assert_equal "$output" "${version:=$output}"
	done
}

@test "an unknown option is named, on one line" {
	for tool in $tools nixos-container; do
		run --separate-stderr "$tool" --no-such-option
		[[ $status -eq 2 || $status -eq 125 ]]
		assert_output ''
		[[ $stderr == *no-such-option* ]]
		assert_equal "${#stderr_lines[@]}" 1
	done
}

@test "install puts all files below DESTDIR, uninstall removes them" {
	make_top install DESTDIR="$dest" PREFIX=/opt/ctr UNIT_DIR=/opt/units/system UDEV_DIR=/opt/udev TMPFILES_DIR=/opt/tmpfiles.d
	assert_file_exists "$dest/opt/ctr/lib/systemd/network/00-nixos-container.network"
	assert_file_exists "$dest/opt/udev/80-nixos-container.rules"
	assert_file_exists "$dest/opt/tmpfiles.d/nixos-container.conf"
	for tool in $tools nixos-container; do
		assert_file_executable "$dest/opt/ctr/bin/$tool"
	done
	assert_file_exists "$dest/opt/units/system/container@.service"
	assert_file_executable "$dest/opt/units/system-generators/nixos-container-generator"
	assert_file_exists "$dest/opt/ctr/share/man/man8/mkveth.8"
	assert_file_exists "$dest/opt/ctr/share/man/man8/container@.service.8"
	assert_file_exists "$dest/opt/ctr/share/man/man5/nixos-container.conf.5"
	assert_file_exists "$dest/opt/ctr/share/man/man7/nixos-container-migration.7"
	assert_file_exists "$dest/opt/ctr/share/bash-completion/completions/mkveth"
	assert_file_executable "$dest/opt/ctr/share/nixos-container/systems/minimal/init"
	assert_file_exists "$dest/opt/ctr/share/nixos-container/nixos/module.nix"
	# Everything that was built is installed.
	local built
	for built in "$BUILD"/bin/* $(find "$BUILD/share/nixos-container" -type f); do
		assert_file_exists "$dest/opt/ctr/${built#"$BUILD/"}"
	done
	grep -qF 'ExecStart=/opt/ctr/bin/nixos-container' \
		"$dest/opt/units/system/container@.service"
	run ! grep -rIE '@[A-Z_]+@' "$dest"
	# The manual and the examples name the directories of this installation.
	run ! grep -rF /usr/local/ "$dest/opt/ctr/share/man" "$dest/opt/ctr/share/nixos-container/ansible"
	grep -qF /opt/ctr/share/nixos-container/systems/minimal "$dest/opt/ctr/share/nixos-container/ansible/web.yml"
	grep -qF /opt/units/system/container@.service "$dest/opt/ctr/share/man/man8/container@.service.8"
	grep -qF /opt/ctr/lib/systemd/network/ "$dest/opt/ctr/share/man/man8/mkveth.8"
	grep -qF /opt/udev/80- "$dest/opt/ctr/share/man/man8/mkveth.8"
	grep -qF /opt/tmpfiles.d/ "$dest/opt/ctr/share/man/man8/container@.service.8"
	touch "$dest/opt/ctr/bin/of-another"
	make_top uninstall DESTDIR="$dest" PREFIX=/opt/ctr UNIT_DIR=/opt/units/system UDEV_DIR=/opt/udev TMPFILES_DIR=/opt/tmpfiles.d
	run -0 find "$dest" -type f
	assert_output "$dest/opt/ctr/bin/of-another"
	assert_not_exists "$dest/opt/ctr/share/nixos-container"
}

@test "CONTAINERS=nixos-containers sets all directories as on NixOS" {
	make_top install DESTDIR="$dest" PREFIX=/opt/ctr CONTAINERS=nixos-containers \
		O="$BATS_TEST_TMPDIR/o" DEPS="$TOP/build/deps" STATIC=0
	# Script, unit, generator and module for nsswitch.conf; pages name both.
	run -0 grep -rlE '/(var/lib|etc)/containers' "$dest/opt/ctr/bin" "$dest/opt/ctr/lib"
	assert_output "$dest/opt/ctr/bin/nixos-container"
	# It knows Podman's directory, where some names are reserved, and only there.
	run -0 grep -cE '/(var/lib|etc)/containers' "$dest/opt/ctr/bin/nixos-container"
	assert_output 1
	for f in nixos-container ctr-conf; do
		run env "PATH=$dest/opt/ctr/bin:$PATH" NIXOS_CONTAINER_CONF_DIR="$BATS_TEST_TMPDIR" \
			"$f" "$([[ $f == ctr-conf ]] && echo get || echo status)" storage
		refute_output --partial reserved
	done
	grep -qF state_dir='${NIXOS_CONTAINER_STATE_DIR:-/var/lib/nixos-containers}' \
		"$dest/opt/ctr/bin/nixos-container"
	grep -qF conf_dir='${NIXOS_CONTAINER_CONF_DIR:-/etc/nixos-containers}' \
		"$dest/opt/ctr/bin/nixos-container"
	grep -qxF RequiresMountsFor=/var/lib/nixos-containers/%i \
		"$dest/opt/ctr/lib/systemd/system/container@.service"
	grep -qF /etc/nixos-containers "$dest"/opt/ctr/lib/libnss_containers.so.2
	# Programs for containers run without the host's libraries.
	for f in inside/{mkveth,ctr-tree} systems/minimal/{init,ctr-console}; do
		run -0 readelf -lW "$dest/opt/ctr/share/nixos-container/$f"
		refute_output --partial INTERP
	done
	run -0 readelf -lW "$dest/opt/ctr/bin/mkveth"
	assert_output --partial INTERP
}

@test "installed programs work in their place" {
	make_top install DESTDIR="$dest" PREFIX=/opt/ctr
	run -0 env -i "PATH=$PATH" NIXOS_CONTAINER_CONF_DIR="$BATS_TEST_TMPDIR" \
		"$dest/opt/ctr/bin/nixos-container" list
	assert_output ''
}

@test "the script is the same under dash and busybox" {
	for sh in dash 'busybox sh'; do
		run -2 $sh "$BUILD/bin/nixos-container" create a_b
		assert_output --partial 'a_b: not a container name'
		NIXOS_CONTAINER_CONF_DIR=$BATS_TEST_TMPDIR
		export NIXOS_CONTAINER_CONF_DIR
		touch "$BATS_TEST_TMPDIR/"{one,two-2,a_b,a+b,storage,containers}.conf
		run -0 $sh "$BUILD/bin/nixos-container" list
		assert_output $'a_b\none\ntwo-2'
	done
}

@test "without permission to lock, one line says that root is needed" {
	export NIXOS_CONTAINER_CONF_DIR=$BATS_TEST_TMPDIR NIXOS_CONTAINER_{LOCK,RUN}_DIR=/proc/none
	run -1 nixos-container create one
	assert_output 'nixos-container: one: needs root: cannot lock it in /proc/none'
}

@test "another user is told to be root, by each verb that changes something" {
	((EUID == 0)) || skip "needs root"
	local verb dir=/tmp/c$$-$BATS_TEST_NUMBER
	mkdir -m 755 "$dir"
	cp "$BUILD"/bin/* "$dir"
	touch "$dir/one.conf"
	export NIXOS_CONTAINER_CONF_DIR=$dir NIXOS_CONTAINER_{LOCK,RUN}_DIR=/run/no-such
	for verb in 'create two' 'update one' 'destroy one' 'rename one two' 'clone one two' 'reset one' \
		'shell true'; do
		# shellcheck disable=SC2086 # a verb and names
		run setpriv --reuid 65534 --regid 65534 --clear-groups "$dir/nixos-container" $verb
		((status == 1 || status == 125)) || fail "$verb: $status"
		assert_output --partial 'needs root'
		assert_equal "${#lines[@]}" 1
	done
	rm -r "$dir"
}

@test "a wrong setting exits with 2, so that systemd does not retry" {
	export NIXOS_CONTAINER_CONF_DIR=$BATS_TEST_TMPDIR
	local line
	for line in NO_SUCH=1 lower=1 'BIND="a' 'BIND=a"b' $'BIND=a\tb' 'MEMORY_MAX=much' PRIVATE_NETWORK=2; do
		printf '%s\n' "$line" >"$BATS_TEST_TMPDIR/one.conf"
		run -2 --separate-stderr nixos-container launch one
		assert_equal "$output" ''
		[[ $stderr == *"$BATS_TEST_TMPDIR/one.conf:"* ]]
		assert_equal "${#stderr_lines[@]}" 1
	done
}

@test "the version is the same everywhere" {
	local version
	version=$(sed -n 's/^VERSION := //p' "$TOP/GNUmakefile")
	grep -qF "version = \"$version\";" "$TOP/share/nixos/package.nix"
	run -0 grep -m 1 '^[0-9]' "$TOP/share/CHANGELOG"
	assert_output "$version"
	run -0 mkveth --version
	assert_output --partial "$version"
}

@test "no package that the build installs has a version in its name" {
	run -0 sed -n "/^needed/,/^'/p" "$TOP/share/build/apt-deps"
	assert_line 'clang clang'
	refute_line --regexp '^[^ ]*-[0-9]'
}

# archive DIR - make an unsigned Debian archive for musl-deps: libcap2 in bookworm's
# sources, libmnl-dev in trixie's packages
archive() {
	local cap=$1/libcap2-2.66 mnl=$1/libmnl-dev suite list
	mkdir -p "$cap"/{debian,libcap/include/sys} "$mnl"/{DEBIAN,usr/{lib/any,include/libmnl}}
	printf 'libcap2 (2.66) unstable; urgency=low\n\n  * Made.\n\n -- A <a@b>  Sat, 01 Jan 2022 00:00:00 +0000\n' >"$cap/debian/changelog"
	printf 'Source: libcap2\nMaintainer: A <a@b>\n\nPackage: libcap2\nArchitecture: any\nDescription: capabilities\n' >"$cap/debian/control"
	printf 'libcap.a:\n\tar rcs $@ $(CURDIR)/Makefile\n' >"$cap/libcap/Makefile"
	: >"$cap/libcap/include/sys/capability.h"
	printf 'Package: libmnl-dev\nVersion: 1.0.5\nArchitecture: all\nMaintainer: A <a@b>\nDescription: netlink\n' >"$mnl/DEBIAN/control"
	ar rcs "$mnl/usr/lib/any/libmnl.a"
	: >"$mnl/usr/include/libmnl/libmnl.h"
	cd "$1"
	dpkg-source --format='3.0 (native)' -b "$cap" >/dev/null
	dpkg-deb -b "$mnl" libmnl-dev_1.0.5_all.deb >/dev/null
	for suite in bookworm trixie; do
		mkdir -p dists/$suite/main/{source,binary-all,"binary-$(dpkg --print-architecture)"}
	done
	dpkg-scansources . 2>/dev/null >dists/bookworm/main/source/Sources
	dpkg-scanpackages . 2>/dev/null >"dists/trixie/main/binary-$(dpkg --print-architecture)/Packages"
	for suite in bookworm trixie; do
		{
			printf 'Origin: Debian\nSuite: %s\nCodename: %s\n' $suite $suite
			printf 'Components: main\nArchitectures: all %s\nSHA256:\n' "$(dpkg --print-architecture)"
			cd dists/$suite
			for list in main/*/*; do
				printf ' %s %s %s\n' "$(sha256sum <"$list" | cut -d' ' -f1)" "$(stat -c %s "$list")" "$list"
			done
			cd ../..
		} >"$BATS_TEST_TMPDIR/Release"
		mv "$BATS_TEST_TMPDIR/Release" dists/$suite/
	done
}

@test "musl-deps gets its libraries on any release of Debian" {
	local repo=$BATS_TEST_TMPDIR/repo apt=$BATS_TEST_TMPDIR/apt
	mkdir -p "$repo" "$apt/lists/partial" "$apt/preferences"
	(archive "$repo")
	# A system of a later release, with another version installed, and pins.
	printf 'Package: %s\nStatus: install ok installed\nMaintainer: A <a@b>\nArchitecture: all\nVersion: 9.9\nDescription: x\n\n' \
		libcap2 libmnl-dev >"$apt/status"
	printf 'deb file:%s trixie main\n' "$repo" >"$apt/list"
	printf 'Package: *\nPin: release o=Debian\nPin-Priority: -1\n' >"$apt/preferences/pin"
	cat >"$apt/conf" <<-END
		Dir::State::status "$apt/status";
		Dir::State::lists "$apt/lists";
		Dir::Cache "$apt";
		Dir::Etc::sourcelist "$apt/list";
		Dir::Etc::sourceparts "-";
		Dir::Etc::preferencesparts "$apt/preferences";
		APT::Default-Release "trixie";
		Acquire::AllowInsecureRepositories "true";
		APT::Get::AllowUnauthenticated "true";
	END
	export APT_CONFIG=$apt/conf
	apt-get -qq -o APT::Sandbox::User=root -o APT::Default-Release= update
	run -0 "$TOP/share/build/musl-deps" "$BATS_TEST_TMPDIR/deps"
	assert_output --partial "libcap: built from Debian's source package"
	assert_output --partial "libmnl: from Debian trixie's package"
	assert_file_exists "$BATS_TEST_TMPDIR/deps/include/sys/capability.h"
	run -0 cat "$BATS_TEST_TMPDIR/deps/sources"
	assert_output $'libcap2 (= 2.66)\nlibmnl (= 1.0.5)'
}

@test "a build with shared libraries has one static build, for containers" {
	run -0 make_top -n -j2 STATIC=0 NSS=0 O="$BATS_TEST_TMPDIR/o" DEPS="$BATS_TEST_TMPDIR/deps"
	assert_equal "$(grep -c 'STATIC=1 ' <<<"$output")" 1
	# Its libraries are where DEPS says.
	assert_output --partial "-idirafter $BATS_TEST_TMPDIR/deps/include"
}
