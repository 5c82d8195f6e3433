#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# make deb: what is in the packages, and their life on a host of each suite.
load ../lib/env

setup_file() {
	[[ $BUILD == "$TOP/build" ]] || skip "this is not the static build"
	((EUID == 0)) || skip "needs root"
	version=$(sed -n 's/^VERSION := //p' "$TOP/GNUmakefile")
	debs=$BATS_FILE_TMPDIR/o/deb
	export version debs
	env -u MAKEFLAGS -u MAKELEVEL DEBFULLNAME=Packager DEBEMAIL=packager@debian.org \
		make -s -C "$TOP" O="$BATS_FILE_TMPDIR/o" DEPS="$BUILD/deps" deb
	dpkg-deb -R "$debs"/nixos-container_*.deb "$BATS_FILE_TMPDIR/next"
	# A later version, to upgrade to.
	sed -i "s/^Version: .*/Version: $version-2/" "$BATS_FILE_TMPDIR/next/DEBIAN/control"
	mkdir "$debs/next"
	dpkg-deb -b "$BATS_FILE_TMPDIR/next" "$debs/next" >/dev/null
	tree=$BATS_FILE_TMPDIR/next
	export tree
}

setup() { host=''; }
teardown() { [[ -z $host ]] || "$TOP/t/host" stop "$host"; }

@test "lintian is silent about the packages" {
	# Debian 12's does not know Static-Built-Using.  The package overrides that, but
	# the one with its symbols cannot.
	run -0 lintian --allow-root --suppress-tags unknown-field --fail-on error,warning \
		"$debs"/*.changes
	assert_output ''
}

# git_here ARGUMENT... - root may test a tree of another user's
git_here() { git -c safe.directory='*' -C "$TOP" "$@"; }

@test "a tree that is no release gives packages of a version before the release" {
	local built
	built=$(dpkg-deb -f "$debs"/nixos-container_*.deb Version)
	if [[ $(git_here tag --points-at HEAD 2>/dev/null) == "v$version" || ! -e $TOP/.git ]]; then
		assert_equal "$built" "$version-1"
	else
		dpkg --compare-versions "$built" lt "$version-1"
		[[ $built == "$version~git"*".$(git_here rev-parse --short=7 HEAD)-1" ]]
	fi
	# Older packages are older.
	dpkg --compare-versions "$version~git202601010000.fffffff-1" lt "$built"
}

@test "programs of the host are hardened and shared, those for containers static" {
	local program
	for program in "$tree"/usr/bin/*; do
		[[ $program != */nixos-container ]] || continue
		run -0 readelf -ldW "$program"
		assert_output --partial INTERP
		assert_line --regexp 'FLAGS_1.* NOW PIE'
	done
	for program in inside/{mkveth,ctr-tree} systems/minimal/{init,ctr-console}; do
		run -0 readelf -lW "$tree/usr/share/nixos-container/$program"
		refute_output --partial INTERP
	done
	run -0 dpkg-deb -f "$debs"/nixos-container_*.deb Depends Built-Using Static-Built-Using
	assert_output --partial 'libmnl0 ('
	assert_line --regexp '^Built-Using: libmnl \(= '
	assert_line --regexp '^Static-Built-Using: musl \(= '
}

@test "the manual names the directories of the package" {
	run ! find "$tree/usr/share/man" -name '*.gz' -exec zgrep -F /usr/local/ {} +
	assert_output ''
	run -0 zgrep -F "systemd/system/container@.service" \
		"$tree/usr/share/man/man8/container@.service.8.gz"
	assert_file_exists "$tree${output#*Pa }"
}

@test "the manual for a browser is complete" {
	dpkg-deb -x "$debs"/nixos-container-doc_*.deb "$BATS_TEST_TMPDIR/doc"
	local page
	for page in "$TOP"/bin/*.8 "$TOP"/share/man/*.[578]; do
		assert_file_exists "$BATS_TEST_TMPDIR/doc/usr/share/doc/nixos-container/html/${page##*/}.html"
	done
}

# on COMMAND... - run it on $host
on() { "$TOP/t/host" exec "$host" "$@"; }
apt() { on sh -c "DEBIAN_FRONTEND=noninteractive exec apt-get -qq -y $* >/dev/null"; }

# boots NAME - the start time of a container's init
boots() { on nixos-container run "$1" -- cut -d' ' -f22 /proc/1/stat; }

# files - all of the host but what others write: apt, systemd and Nix
files() {
	on find / /run -xdev \( -path /debs -o -path /nix -o -path /run/systemd -o -path /var/log \
		-o -path /var/cache -o -path /var/lib/apt -o -path /var/lib/dpkg/info -o -path /var/lib/dpkg/status-old -o -path /tmp \
		-o -path '/var/lib/systemd/[ct]*' -o -path /root -o -path '/run/host*' \
		-o -path '/var/lib/containers' -o -path /etc/containers \) -prune -o -print | sort
}

# nothing_on_host - no trace of running containers
nothing_on_host() {
	run -0 on sh -c 'nft list tables; ls -A /run/netns; cat /proc/sys/net/ipv4/ip_forward
		ip -o link show type veth; machinectl --no-legend; pgrep -a systemd-nspawn || :
		systemctl list-units --plain --no-legend "container*" "nixos-container*" "ctr-*"'
	assert_output 0
}

# installs_on SUITE - skip if a later release built the packages: they need its libc
installs_on() {
	local built
	built=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
	case $1-$built in
	bookworm-trixie | bookworm-forky | trixie-forky)
		skip "packages that $built built do not install on $1" ;;
	esac
}

# life SUITE - install, use, upgrade, remove, purge
life() {
	local started
	installs_on "$1"
	host=deb$$-$1
	NIXOS_CONTAINER_TEST_SUITE=$1 "$TOP/t/host" boot --disk --bind-ro "$debs:/debs" "$host"
	run -0 on sh -c '. /etc/os-release; echo $VERSION_CODENAME'
	assert_output "$1"
	on sh -c 'cat /etc/nsswitch.conf >/root/nsswitch; mkdir -p /run/netns'
	files >"$BATS_TEST_TMPDIR/before"

	apt install /debs/nixos-container_*.deb /debs/libnss-containers_*.deb
	run -0 on systemctl is-enabled nixos-container-resolv.path ctr-gcroot-sync.{path,timer,service}
	run -0 on systemctl is-active nixos-container-resolv.path ctr-gcroot-sync.{path,timer}
	run ! on systemctl is-enabled ctr-login.socket ctr-resolv-register.path
	on nixos-container create one --port 8080:80 \
		--nixos-path /usr/share/nixos-container/systems/minimal
	run -0 on nixos-container run one -- cat /proc/sys/kernel/hostname
	assert_output one
	run -0 on getent hosts one.containers
	run -0 on nixos-container verify
	assert_output ''

	# Containers do not notice an upgrade, nor an installation of the same version.
	started=$(boots one)
	apt install /debs/next/nixos-container_*.deb
	apt install --reinstall /debs/next/nixos-container_*.deb
	assert_equal "$(boots one)" "$started"
	run -0 on dpkg-query -W -f '${Version}' nixos-container
	assert_output "$version-2"
	run -0 on nixos-container verify
	assert_output ''
	on nixos-container restart one
	on nixos-container run one -- sh -c 'echo kept >/root/file'

	# Removal stops them and keeps what they wrote; the next installation has it.
	on nixos-container create two --no-start
	on sh -c 'nixos-container launch two </dev/null >/dev/null 2>&1 &
		until nixos-container run two -- true 2>/dev/null; do sleep 0.1; done'
	apt remove nixos-container
	nothing_on_host
	apt install /debs/nixos-container_*.deb
	on nixos-container start one
	run -0 on nixos-container run one -- cat /root/file
	assert_output kept

	apt purge nixos-container libnss-containers
	nothing_on_host
	run -0 on ls -A /var/lib/containers /etc/containers
	assert_line one.conf
	assert_line two
	files >"$BATS_TEST_TMPDIR/after"
	run diff "$BATS_TEST_TMPDIR"/{before,after}
	assert_output ''
	on cmp /etc/nsswitch.conf /root/nsswitch
}

@test "installed, used, upgraded, removed and purged on Debian 12" { life bookworm; }

@test "installed, used, upgraded, removed and purged on Debian 13" {
	/usr/lib/apt/apt-helper download-file http://deb.debian.org/debian/dists/trixie/Release \
		"$BATS_TEST_TMPDIR/release" || skip "no packages of trixie are within reach"
	life trixie
}
