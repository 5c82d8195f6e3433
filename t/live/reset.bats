#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# reset: the state gone, the container kept.
load container

motto() { printf 'environment.etc."motto".text = "%s";' "$1"; }

# keepings - what a reset keeps
keepings() {
	cat "$conf" "$root/etc/nixos/configuration.nix"
	ls -l "/nix/var/nix/profiles/per-container/$name"
	nixos-container generations "$name"
}

# is_empty - nothing in the tree but what a new container has
is_empty() {
	run -0 sh -c "cd $root && find . -mindepth 1 | sort | tr '\n' ' '"
	assert_output './etc ./etc/nixos ./etc/nixos/configuration.nix ./usr '
	assert_equal "$(stat -c %a:%u:%g "$root")" 755:0:0
}

@test "reset of a running container takes its state and starts it again" {
	create --config "$(motto one)"
	nixos-container update "$name" --config "$(motto two)"
	before=$(keepings)
	ip=$(nixos-container show-ip "$name")
	inside sh -c 'echo mine >/var/mine; mkdir -p /srv/data; echo mine >/etc/mine'
	boot=$(boots)
	nixos-container reset "$name"
	assert_equal "$(keepings)" "$before"
	booted_after "$boot"
	run -0 inside cat /etc/motto
	assert_output two
	run ! inside ls /var/mine
	run ! inside ls /srv/data
	run ! inside ls /etc/mine
	assert_not_exists "$root/etc/nixos/configuration.nix.~1~"
	assert_equal "$(nixos-container show-ip "$name")" "$ip"
	ping -c 1 -W 2 "$ip"
	assert_not_exists "/run/nixos-container/$name.lock"
	assert_not_exists "/run/nixos-container/$name.tree.lock"
}

@test "reset takes immutable files and unmounts what is mounted, emptying none of it" {
	create --no-start
	mkdir -p "$BATS_TEST_TMPDIR/mine" "$root/srv/my data" "$root/var/empty/$(printf 'd/%.0s' {1..100})"
	touch "$BATS_TEST_TMPDIR/mine/kept" "$root/var/empty/file" "$root/.hidden"
	chattr +i "$root/var/empty/file" "$root/var/empty/d/d" "$root/var/empty"
	mount --bind "$BATS_TEST_TMPDIR/mine" "$root/srv/my data"
	nixos-container reset "$name"
	is_empty
	assert_exists "$BATS_TEST_TMPDIR/mine/kept"
	run ! grep -F "$root/" /proc/self/mountinfo
	is_down "$name"
}

@test "a tree that is a mount of its own stays mounted" {
	create --no-start
	mv "$root" "$root.is"
	mkdir "$root"
	mount -t tmpfs tmpfs "$root"
	cp -a "$root.is/." "$root"
	rm -r "$root.is"
	touch "$root/mine"
	nixos-container reset "$name"
	mountpoint "$root"
	is_empty
}

@test "links that the container left lead nowhere" {
	create --no-start
	mkdir -p "$BATS_TEST_TMPDIR/host/nixos"
	echo host >"$BATS_TEST_TMPDIR/host/nixos/configuration.nix"
	mv "$root/etc" "$root/mine"
	ln -s "$BATS_TEST_TMPDIR/host" "$root/etc"
	nixos-container reset "$name"
	run -0 cat "$BATS_TEST_TMPDIR/host/nixos/configuration.nix"
	assert_output host
	run -0 ls -A "$root/etc/nixos"
	assert_output ''
	ln -s "$BATS_TEST_TMPDIR/host/nixos/configuration.nix" "$root/etc/nixos"
	nixos-container reset "$name"
	run -0 ls -A "$root/etc/nixos"
	assert_output ''
}

@test "reset follows no link to learn whether there is a configuration to keep" {
	create --no-start
	ln -sf /none "$root/etc/nixos/configuration.nix"
	run -0 nixos-container reset "$name"
	assert_line "nixos-container: $name: its configuration.nix is not kept, for the reason above"
	run -0 nixos-container reset "$name"
	assert_output ''
	never_answers "$BATS_TEST_TMPDIR/silent"
	rmdir "$root/etc/nixos"
	ln -s "$BATS_TEST_TMPDIR/silent" "$root/etc/nixos"
	run timeout -k 1 30 nixos-container reset "$name"
	answered "$BATS_TEST_TMPDIR/silent"
	assert_equal "$status" 0
	assert_line "nixos-container: $name: its configuration.nix is not kept, for the reason above"
	mkdir "$root/mine"
	echo '{ }' >"$root/mine/configuration.nix"
	rmdir "$root/etc/nixos"
	ln -s ../mine "$root/etc/nixos"
	run -0 nixos-container reset "$name"
	assert_output ''
	run -0 cat "$root/etc/nixos/configuration.nix"
	assert_output '{ }'
}

@test "a reset that was killed is finished by the next, anywhere" {
	create --no-start --config "$(motto one)"
	before=$(keepings)
	for point in 'ctr-tree empty' 'ctr-tree mkdir "$root" etc/nixos' 'ctr-tree put "$root"' \
		'sync -f "$root"' 'rm -f "$saved"$'; do
		# The script, with a kill before that line.
		awk -v point="$point" '/^reset_tree\(\)/ { on = 1 }
			on && index($0, point) { print "kill -9 $$"; hit = 1 }
			on && point ~ /\$$/ && $0 == "\trm -f \"$saved\"" { print "kill -9 $$"; hit = 1 }
			{ print } /^}/ { on = 0 } END { exit !hit }' \
			"$(command -v nixos-container)" >"$BATS_TEST_TMPDIR/killed"
		PATH=/usr/local/bin:$PATH run -137 sh "$BATS_TEST_TMPDIR/killed" reset "$name"
		touch "$root/mine"
		nixos-container reset "$name"
		is_empty
		assert_equal "$(keepings)" "$before"
		assert_not_exists "$confs/.$name.nix"
	done
	PATH=/usr/local/bin:$PATH run -137 sh "$BATS_TEST_TMPDIR/killed" reset "$name"
	assert_exists "$confs/.$name.nix"
	nixos-container destroy "$name"
	assert_not_exists "$confs/.$name.nix"
	nothing_left "$name"
}

@test "a container does not start while its tree is reset" {
	create --no-start
	exec 6>>"/run/nixos-container/$name.tree.lock"
	flock 6
	nixos-container start "$name" 2>/dev/null 3>&- 6>&- &
	until_true 10 pgrep -f "flock -s -w 30"
	is_down "$name"
	rm "/run/nixos-container/$name.tree.lock"
	exec 6>&-
	wait $!
	run -0 inside hostname
}

@test "busybox resets as well" {
	create --no-start --config "$(motto one)"
	touch "$root/mine"
	busybox sh "$(command -v nixos-container)" reset "$name"
	is_empty
	run -1 nixos-container reset "no-$name"
}
