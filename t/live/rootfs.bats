#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Containers of trees that boot by themselves, which need no Nix.
# bats file_tags=suites
load container

setup_file() {
	tree_of bookworm
}

# tree_of SUITE - make the tree of a Debian without its usr
tree_of() {
	rm -rf "$BATS_FILE_TMPDIR/tree"
	mkdir "$BATS_FILE_TMPDIR/tree"
	tar -C "$BATS_FILE_TMPDIR/tree" -xf "/systems/$1/skeleton.tar"
	for name in bin sbin lib lib64; do
		[[ ! -d /systems/$1/usr/$name ]] || ln -sfn "usr/$name" "$BATS_FILE_TMPDIR/tree/$name"
	done
}

tree=$BATS_FILE_TMPDIR/tree

# debian [SUITE] - print a Debian as a tar
debian() { tar --numeric-owner -cf - -C "$tree" . -C "/systems/${1-bookworm}" usr; }

# own_debian ARGUMENT... - make the container of that
own_debian() { debian | nixos-container create "$name" --rootfs - "$@"; }

# nothing_made - the container was not created, and nothing of it is there
nothing_made() {
	nothing_left "$name"
	assert_not_exists "/run/nixos-container/$name.packed"
}

# without_nix COMMAND... - run it where there is no Nix
without_nix() {
	unshare -m --propagation slave sh -euc '
		mount -t tmpfs tmpfs /nix
		for program in $(ls /usr/bin | grep "^nix"); do mount --bind /dev/null "/usr/bin/$program"; done
		"$@"' sh "$@"
}

@test "a Debian from a stream boots, is reached and is shut down" {
	run -0 own_debian
	assert_line "nixos-container: $name: up at $(nixos-container show-ip "$name"); a root shell: nixos-container root-login $name; login needs a password: nixos-container set-root-password $name"
	run -0 nixos-container status "$name"
	assert_output up
	run -0 inside sh -c '. /etc/os-release; echo "$ID $(hostname) $(id -u) $(cat /etc/hostname)"'
	assert_output "debian $name 0 $name"
	run -0 inside systemctl is-system-running --wait
	run -0 inside systemctl is-active ctr-login.socket ctr-root-shell.socket
	run -0 inside cat /etc/machine-id
	assert_output --regexp '^[0-9a-f]{32}$'
	run inside ls /nix
	assert_failure
	run -0 ping -c 1 -W 2 "$(nixos-container show-ip "$name")"
	run -0 grep PRIVATE_USERS "$conf"
	refute_output --partial =no
	echo reboot | socat -t5 "unix:$root/var/lib/root-shell.socket" -
	until_true 30 is_up "$name"
	nixos-container stop "$name"
	nixos-container start "$name"
	run -0 inside true
	nixos-container destroy "$name"
	nothing_left "$name"
}

@test "its tree is its system: nothing is built, switched to or reset" {
	own_debian
	for verb in update edit; do
		run -1 nixos-container $verb "$name"
		assert_output "nixos-container: $name: boots its own tree, which is updated inside; to make it NixOS: update with --flake, --config or --config-file"
	done
	run -1 nixos-container reload "$name"
	assert_output "nixos-container: $name: boots its own tree: it has no system to switch to"
	run -1 nixos-container reset "$name"
	assert_output --partial "$name: boots its own tree, which a reset would delete"
	run -0 nixos-container reload --all
	refute_output --partial "$name: "
	run -0 inside true
	# Its own configuration is built, and then boots.
	nixos-container update --config '' "$name" --restart
	run -0 inside sh -c '. /etc/os-release; echo "$ID"'
	assert_output minimal
}

@test "newer Debians boot as well, with users of their own and without" {
	for suite in trixie forky; do
		[[ -d /systems/$suite ]] || { echo "# no Debian $suite here" >&3; continue; }
		tree_of "$suite"
		also "$name-$suite"
		debian "$suite" | nixos-container create "$name-$suite" --rootfs -
		for users in pick no; do
			sed -i "s/^PRIVATE_USERS=.*/PRIVATE_USERS=$users/" "$confs/$name-$suite.conf"
			nixos-container restart "$name-$suite"
			run -0 nixos-container run "$name-$suite" -- sh -c '. /etc/os-release; echo "$VERSION_CODENAME"'
			assert_output "$suite"
		done
		nixos-container destroy "$name-$suite"
	done
	tree_of bookworm
}

@test "no Nix on the host is needed, and none is made" {
	also "$name-b"
	run -0 --separate-stderr without_nix sh -euc '
		nixos-container create "$1" --rootfs - --no-start
		nixos-container list
		nixos-container show "$1"
		nixos-container clone "$1" "$1-b"
		nixos-container destroy "$1"
		nixos-container rename "$1-b" "$1"
		nixos-container verify "$1"
		cat "/var/lib/containers/$1/etc/hostname"
		nixos-container destroy "$1"
		ls -A /nix' sh "$name" < <(debian)
	assert_line "$name"
	assert_line "name:        $name"
	assert_line -n -1 "$name-b"
	nothing_made
	run -1 without_nix nixos-container create "$name"
	assert_line -n 0 "nixos-container: $name: needs the program nix to build its system; one that boots by itself needs no Nix: --rootfs"
	nothing_made
}

@test "a directory is copied without its mounts" {
	mkdir "$BATS_TEST_TMPDIR/dir"
	cp -a "$tree/." "$BATS_TEST_TMPDIR/dir"
	rm -rf "$BATS_TEST_TMPDIR/dir/"{bin,sbin,lib,lib64}
	mkdir -p "$BATS_TEST_TMPDIR/dir/"{sbin,usr,mounted}
	cp "$minimal/ctr-console" "$BATS_TEST_TMPDIR/dir/sbin/init"
	mount -t tmpfs tmpfs "$BATS_TEST_TMPDIR/dir/mounted"
	touch "$BATS_TEST_TMPDIR/dir/mounted/file"
	# Nor those of the same file system.
	mkdir "$BATS_TEST_TMPDIR/secret" "$BATS_TEST_TMPDIR/dir/same"
	touch "$BATS_TEST_TMPDIR/secret/key" "$BATS_TEST_TMPDIR/dir/shadow"
	mount --bind "$BATS_TEST_TMPDIR/secret" "$BATS_TEST_TMPDIR/dir/same"
	mount --bind /etc/shadow "$BATS_TEST_TMPDIR/dir/shadow"
	run -0 nixos-container create "$name" --rootfs "$BATS_TEST_TMPDIR/dir" --no-start
	assert_line "nixos-container: $name: created; to start it: nixos-container start $name"
	umount "$BATS_TEST_TMPDIR/dir/"{mounted,same,shadow}
	assert_equal "$(ls -A "$root/same"; cat "$root/shadow")" ""
	assert_exists "$root/sbin/init"
	assert_equal "$(ls -A "$root/mounted")" ""
	assert_equal "$(<"$root/etc/hostname")" "$name"
	also "$name-b"
	run -1 nixos-container create "$name-b" --rootfs "$root"
	run -2 nixos-container create "$name-b" --rootfs "$root/usr"
	assert_output --partial "in the tree of a container, whose root can change it; to copy a container: clone"
	run -2 nixos-container create "$name-b" --rootfs /var
	assert_output --partial "--rootfs /var: $state is in it"
}

@test "what cannot be unpacked, or does not boot, leaves nothing" {
	run -1 nixos-container create "$name" --rootfs - < <(debian | head -c 5M)
	assert_output --partial "nixos-container: $name: could not unpack -, for the reason above"
	assert_output --partial "nothing is left of it"
	nothing_made
	tar -C "$tree" -cf "$BATS_TEST_TMPDIR/tar" etc/debian_version
	for from in "$BATS_TEST_TMPDIR/tar" /dev/stdin; do
		run -1 nixos-container create "$name" --rootfs "$from" <"$BATS_TEST_TMPDIR/tar"
		assert_output --partial "no init in it"
	done
	run -1 nixos-container create "$name" --rootfs <(cat "$BATS_TEST_TMPDIR/tar")
	assert_output --partial "no init in it: expected /usr/lib/systemd/systemd or /sbin/init"
	nothing_made
	run -2 nixos-container create "$name" --rootfs /missing
	assert_output "nixos-container: --rootfs /missing: no such file or directory"
	run -2 nixos-container create "$name" --rootfs - --flake /x
	assert_output --partial "--rootfs excludes"
	(sleep 0.5; cat "$BATS_TEST_TMPDIR/tar"; sleep 1000) | nixos-container create "$name" --rootfs - 3>&- &
	local create=$!
	until_true 5 test -e "$root"
	kill "$create"
	wait "$create" || :
	nothing_made
}

@test "a FIFO without a writer, or a tree that leads elsewhere, leaves nothing" {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	for signal in TERM HUP; do
		# A shell cannot catch what was ignored before it began, as under nohup.
		[[ $(trap -p SIG$signal) != *"''"* ]] || continue
		nixos-container create "$name" --no-start --rootfs "$BATS_TEST_TMPDIR/fifo" 3>&- &
		local create=$!
		until_true 5 test -e "$root"
		kill -$signal "$create"
		wait "$create" || :
		nothing_made
	done
	mkdir -p "$BATS_TEST_TMPDIR/dir/sbin"
	cp "$minimal/ctr-console" "$BATS_TEST_TMPDIR/dir/sbin/init"
	ln -s /usr "$BATS_TEST_TMPDIR/dir/usr"
	run -1 nixos-container create "$name" --no-start --rootfs "$BATS_TEST_TMPDIR/dir"
	assert_output --partial "usr: a link that leads out of the tree, or nowhere"
	nothing_made
}

@test "a message of tar shows odd names, and a directory that changes meanwhile leaves nothing" {
	local odd=$BATS_TEST_TMPDIR/dir/$'a\u202eb\e[31m\nc' writer
	mkdir -p "$BATS_TEST_TMPDIR/dir/"{sbin,usr}
	cp "$minimal/ctr-console" "$BATS_TEST_TMPDIR/dir/sbin/init"
	head -c 64M /dev/urandom >"$odd"
	while echo more; do :; done >>"$odd" 3>&- &
	writer=$!
	LANG=C.UTF-8 run -1 nixos-container create "$name" --no-start --rootfs "$BATS_TEST_TMPDIR/dir"
	kill "$writer"
	assert_line 'tar: ./a\342\200\256b\033[31m\nc: file changed as we read it'
	nothing_made
}

@test "the top of a tree belongs to root, whatever the archive says" {
	chmod 700 "$tree"
	chown 589824000:1234 "$tree"
	own_debian --no-start
	chown 0:0 "$tree"
	chmod 755 "$tree"
	assert_equal "$(stat -c '%u:%g %a' "$root")" "0:0 755"
	nixos-container start "$name"
	run -0 inside true
	# A clone is no first boot.
	also "$name-b"
	nixos-container stop "$name"
	nixos-container clone "$name" "$name-b"
	assert_equal "$(stat -c %s "$state/$name-b/etc/machine-id")" 0
	assert_equal "$(<"$state/$name-b/etc/hostname")" "$name-b"
}

@test "an init that does not say that it is ready is up at once" {
	mkdir -p "$BATS_TEST_TMPDIR/dir/"{bin,sbin,usr,etc}
	cp "$(command -v busybox)" "$BATS_TEST_TMPDIR/dir/bin/busybox"
	ln -s ../bin/busybox "$BATS_TEST_TMPDIR/dir/sbin/init"
	echo '::respawn:/bin/busybox sleep 1000' >"$BATS_TEST_TMPDIR/dir/etc/inittab"
	nixos-container create "$name" --rootfs "$BATS_TEST_TMPDIR/dir"
	run -0 nixos-container status "$name"
	assert_output up
	nixos-container terminate "$name"
}

@test "a dry run makes nothing, and says where the system is from" {
	run -0 nixos-container create "$name" --rootfs - --dry-run </dev/null
	assert_line "  system its own, from -"
	nothing_made
}
