#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The verbs of nixos-container on the minimal system.
load container

# bats test_tags=suites
@test "create makes a container, starts it and lists it" {
	run create
	assert_success
	assert_output --partial "minimal system"
	run nixos-container list
	assert_line "$name"
	run nixos-container status "$name"
	assert_success
	assert_output up
	run -0 inside hostname
	assert_output "$name"
}

# bats test_tags=suites
@test "the seed's example has the seed's addresses, links and routes" {
	create --host-address 10.231.136.1 --local-address 10.231.136.2
	ip -j addr show "c-$name" | jq -e '.[0].addr_info[] |
		select(.local == "10.231.136.1" and .prefixlen == 32)'
	ip -j route get 10.231.136.2 | jq -e --arg dev "c-$name" '.[0].dev == $dev'
	inside ip addr show eth0 | grep -w "inet 10.231.136.2/32"
	inside ip route | grep -w "default via 10.231.136.1 dev eth0"
	ping -c 1 -W 2 10.231.136.2
	inside ping -c 1 -W 2 10.231.136.1
	run -0 nixos-container show-ip "$name"
	assert_output 10.231.136.2
}

@test "a container on a bridge has an address of the bridge's network" {
	ip link add "b$BATS_TEST_NUMBER" up type bridge
	ip addr add 10.231.142.1/24 dev "b$BATS_TEST_NUMBER"
	create --bridge "b$BATS_TEST_NUMBER" --local-address 10.231.142.7/24
	echo GATEWAY=10.231.142.1 >>"$conf"
	nixos-container restart "$name"
	ping -c 1 -W 2 10.231.142.7
	run -0 inside ip route
	assert_output --partial "default via 10.231.142.1 dev eth0"
	ip link del "b$BATS_TEST_NUMBER"
}

@test "an address without a prefix length is in the network of the bridge, its gateway" {
	ip link add "b$BATS_TEST_NUMBER" up type bridge
	ip addr add 10.231.145.1/24 dev "b$BATS_TEST_NUMBER"
	create --bridge "b$BATS_TEST_NUMBER" --local-address 10.231.145.7
	ping -c 1 -W 2 10.231.145.7
	run -0 inside ip route
	assert_line --partial "10.231.145.0/24 dev eth0"
	assert_line --partial "default via 10.231.145.1 dev eth0"
	run -0 nixos-container verify "$name"
	assert_output ''
	ip link del "b$BATS_TEST_NUMBER"
}

@test "an IPv6 address is taken wherever an IPv4 one is" {
	create --host-address fc00:143::1 --local-address fc00:143::2
	run -0 cat "$conf"
	assert_line HOST_ADDRESS6=fc00:143::1
	refute_line --partial HOST_ADDRESS=
	ping -c 1 -W 2 fc00:143::2
	run -0 inside ip -6 route
	assert_output --partial 'default via fc00:143::1 dev eth0'
	run -0 nixos-container show-ip "$name"
	assert_output fc00:143::2
}

@test "create takes both families, on a bridge too, with a gateway" {
	ip link add "b$BATS_TEST_NUMBER" up type bridge
	ip addr add 10.231.144.1/24 dev "b$BATS_TEST_NUMBER"
	create --no-start --bridge "b$BATS_TEST_NUMBER" \
		--local-address 10.231.144.7/24 --local-address fc00:144::7/64 \
		--gateway 10.231.144.1 --gateway fc00:144::1
	nixos-container start "$name"
	run -0 inside ip route
	assert_output --partial 'default via 10.231.144.1 dev eth0'
	run -0 inside ip -6 route
	assert_output --partial 'default via fc00:144::1 dev eth0'
	ip link del "b$BATS_TEST_NUMBER"
}

@test "a bridge that was made anew has its containers again" {
	for i in 1 2; do
		ip link add "b$BATS_TEST_NUMBER" up type bridge
		ip addr add 10.231.145.1/24 dev "b$BATS_TEST_NUMBER"
		# As NixOS writes it: the host's address is the way out.
		[[ -e $conf ]] || create --bridge "b$BATS_TEST_NUMBER" \
			--host-address 10.231.145.1 --local-address 10.231.145.7/24
		nixos-container network "$name"
		ping -c 1 -W 2 10.231.145.7
		run -0 inside ip route
		assert_output --partial 'default via 10.231.145.1 dev eth0'
		ip link del "b$BATS_TEST_NUMBER"
	done
	run -1 nixos-container network "$name"
	assert_output --partial "bridge b$BATS_TEST_NUMBER: No such device"
}

@test "addresses that are none, or contradict each other, make nothing" {
	for bad in '--host-address 1.2.3' '--local-address host' '--gateway fc00::1' \
		'--host-address 10.0.0.1 --local-address 10.0.0.1' '--bridge a/b' \
		'--host-address6 10.0.0.1'; do
		run -2 create $bad
		refute_output --partial $'\n'
		nothing_left "$name"
	done
}

@test "the container rules its own network and none of the host's" {
	create
	inside ip link add of-mine type bridge
	run ! ip link show of-mine
	run inside ip link set "c-$name" down
	assert_failure
	run inside ls /sys/class/net
	refute_output --partial "c-$name"
}

@test "the container has its cgroup tree" {
	create
	run -0 inside find /sys/fs/cgroup -maxdepth 2 -name cgroup.procs
	assert_output --partial cgroup.procs
}

# bats test_tags=suites
@test "update switches the running container to the edited configuration" {
	create --config 'environment.etc."motto".text = "one";'
	run -0 inside cat /etc/motto
	assert_output one
	before=$(boots)
	sed -i 's/"one"/"two"/' "$root/etc/nixos/configuration.nix"
	nixos-container update "$name"
	run -0 inside cat /etc/motto
	assert_output two
	run -0 boots
	assert_output "$before"
}

# bats test_tags=suites
@test "rollback brings the generation before back, into the running container too" {
	create --config 'environment.etc."motto".text = "one";'
	nixos-container update "$name" --config 'environment.etc."motto".text = "two";'
	run -0 nixos-container generations "$name"
	assert_equal "${#lines[@]}" 2
	nixos-container rollback "$name"
	run -0 inside cat /etc/motto
	assert_output one
}

@test "update --config keeps the configuration that it replaces" {
	create --config 'environment.etc."motto".text = "one";'
	cp "$root/etc/nixos/configuration.nix" "$BATS_TEST_TMPDIR/first"
	nixos-container update "$name" --config 'environment.etc."motto".text = "two";'
	run -0 cmp "$BATS_TEST_TMPDIR/first" "$root/etc/nixos/configuration.nix.~1~"
}

@test "relative paths and odd words of the caller reach Nix as they are" {
	cd "$BATS_TEST_TMPDIR"
	cp -r "$minimal" system
	cat >conf.nix <<-'END'
		{ environment.etc."motto".text = builtins.readFile <words/file>; }
	END
	mkdir "two words"
	echo "from a file" >"two words/file"
	nixos-container create "$name" --no-start --config-file conf.nix \
		--nixos-path ./system -I "words=two words" --option trusted-users ''
	nixos-container update "$name" --config-file conf.nix --nixos-path ./system \
		-I "words=two words"
	run -0 cat "$(ctr-gcroot path "$name")/etc/motto"
	assert_output "from a file"
}

@test "an update that cannot be built changes nothing" {
	create
	cp "$root/etc/nixos/configuration.nix" "$BATS_TEST_TMPDIR/first"
	run nixos-container update "$name" --config 'no.such.option = 1;'
	assert_failure
	assert_output --partial no.such.option
	run -0 cmp "$BATS_TEST_TMPDIR/first" "$root/etc/nixos/configuration.nix"
	run -0 nixos-container generations "$name"
	assert_equal "${#lines[@]}" 1
}

@test "update does not follow a link that the container put at etc/nixos" {
	create
	mkdir "$BATS_TEST_TMPDIR/host"
	inside sh -c "mv /etc/nixos /etc/nixos.mine && ln -s $BATS_TEST_TMPDIR/host /etc/nixos"
	run nixos-container update "$name" --config 'networking.hostName = "x";'
	assert_failure
	assert_output --partial "its configuration cannot be copied: open etc/nixos: No such file"
	run -0 ls -A "$BATS_TEST_TMPDIR/host"
	assert_output ''
}

@test "the configuration in the tree cannot read what is the host's" {
	create --no-start
	secret="the secret $RANDOM$RANDOM"
	echo "$secret" >"$BATS_TEST_TMPDIR/secret"
	chmod 600 "$BATS_TEST_TMPDIR/secret"
	echo '"from beside"' >"$root/etc/nixos/beside.nix"
	set_text() {
		printf '{ ... }: { environment.etc.it.text = %s; }\n' "$1" \
			>"$root/etc/nixos/configuration.nix"
	}
	set_text 'import ./beside.nix'
	nixos-container update "$name" --no-apply
	run -0 cat "$(ctr-gcroot path "$name")/etc/it"
	assert_output 'from beside'
	ln -s "$BATS_TEST_TMPDIR/secret" "$root/etc/nixos/link"
	for it in "builtins.readFile $BATS_TEST_TMPDIR/secret" \
		'builtins.readFile ./link' "builtins.readFile \"$BATS_TEST_TMPDIR/secret\"" \
		"\"\${builtins.path { path = $BATS_TEST_TMPDIR/secret; }}\"" \
		"toString (builtins.attrNames (builtins.readDir $BATS_TEST_TMPDIR))" \
		"builtins.readFile (builtins.fetchurl \"file://$BATS_TEST_TMPDIR/secret\")"; do
		set_text "$it"
		run -1 nixos-container update "$name" --no-apply
		refute_output --partial "$secret"
		assert_output --regexp "restricted mode|No such file"
		run ! grep -r "$secret" /nix/store
	done
	# Whoever means it can say so, of what all users may read.
	set_text "builtins.readFile $BATS_TEST_TMPDIR/secret"
	run -1 nixos-container update "$name" --no-apply -I "s=$BATS_TEST_TMPDIR"
	assert_output --partial "Permission denied"
	run -1 nixos-container update "$name" --no-apply --option restrict-eval false
	chmod 644 "$BATS_TEST_TMPDIR/secret"
	nixos-container update "$name" --no-apply -I "s=$BATS_TEST_TMPDIR"
	# What it is built with may be said in each way.
	mkdir -p "$BATS_TEST_TMPDIR/some/nixos"
	echo '(import <nixos-config> { }).environment.etc.it.text' \
		>"$BATS_TEST_TMPDIR/some/beside.nix"
	cat >"$BATS_TEST_TMPDIR/some/nixos/default.nix" <<-'END'
		{ }: { system = derivation {
		  name = "system"; system = builtins.currentSystem; builder = "/bin/sh";
		  args = [ "-c" "mkdir $out && echo $it >$out/init" ];
		  it = import ../beside.nix; }; }
	END
	set_text '"by path"'
	nixos-container update "$name" --no-apply --nixos-path "$BATS_TEST_TMPDIR/some/nixos"
	grep -x 'by path' "$(ctr-gcroot path "$name")/init"
	set_text '"by name"'
	NIX_PATH=some=$BATS_TEST_TMPDIR/some nixos-container update "$name" \
		--no-apply --nixos-path '<some/nixos>'
	grep -x 'by name' "$(ctr-gcroot path "$name")/init"
}

@test "a create whose build fails leaves nothing" {
	run create --config 'no.such.option = 1;'
	assert_failure
	assert_output --partial no.such.option
	nothing_left "$name"
}

@test "a create that cannot start leaves nothing" {
	touch "$BATS_TEST_TMPDIR/init"
	run create --system-path "$BATS_TEST_TMPDIR"
	assert_failure
	nothing_left "$name"
}

# killed_create DELAY - end a create, and all that it runs, after its start
killed_create() {
	setsid nixos-container create "$name" 2>/dev/null 3>&- &
	until_true 10 test -e "$confs/.$name.pending"
	sleep "$1"
	kill -9 -- "-$!" || :
	wait "$!" || :
}

@test "a create that is killed is listed only if it was done, and goes on" {
	for delay in 0 0.05 0.1 0.2; do
		killed_create "$delay"
		if listed "$name"; then
			nixos-container destroy "$name"
		fi
		create
		run -0 inside hostname
		nixos-container destroy "$name"
		nothing_left "$name"
	done
}

@test "a create that is killed is taken away by destroy" {
	for delay in 0 0.05 0.1 0.2; do
		killed_create "$delay"
		nixos-container destroy "$name"
		nothing_left "$name"
	done
}

@test "creates at the same time get different addresses" {
	for i in 1 2 3 4 5 6; do
		also "$name-$i"
		nixos-container create "$name-$i" --no-start 2>/dev/null 3>&- &
	done
	wait
	run -0 sh -c "cat $confs/$name-?.conf | grep -c _ADDRESS"
	assert_output 24
	run -0 sh -c "cat $confs/$name-?.conf | grep _ADDRESS | cut -d= -f2 | sort | uniq -d"
	assert_output ''
}

@test "a second create of a name is refused and harms nothing" {
	create
	run create
	assert_failure 1
	assert_output --partial "container exists"
	run -0 nixos-container status "$name"
	also "$name-0"
	run -0 --separate-stderr create --ensure-unique-name --no-start
	assert_output "$name-0"
}

@test "a folder that is no container's is not taken over" {
	mkdir -p "$root"
	touch "$root/mine"
	run create
	assert_failure 1
	assert_exists "$root/mine"
	rm -r "$root"
}

# bats test_tags=suites
@test "destroy takes all that is the container's" {
	create
	mkdir -p "$root/var/deep/$(printf 'd/%.0s' {1..300})"
	touch "$root/var/deep/d/d/immutable"
	chattr +i "$root/var/deep/d/d/immutable" "$root/var/deep/d" 2>/dev/null ||
		echo "# no immutable files on this file system" >&3
	nixos-container destroy "$name"
	nothing_left "$name"
}

# bats test_tags=suites
@test "destroy unmounts what is mounted below the root and never empties it" {
	create --no-start
	mkdir -p "$BATS_TEST_TMPDIR/mine" "$root/srv/my data"
	touch "$BATS_TEST_TMPDIR/mine/kept"
	mount --bind "$BATS_TEST_TMPDIR/mine" "$root/srv/my data"
	nixos-container destroy "$name"
	assert_exists "$BATS_TEST_TMPDIR/mine/kept"
	nothing_left "$name"
}

@test "a declarative container cannot be destroyed" {
	create --no-start
	stored=$(nix-store --add "$conf")
	ln -sf "$stored" "$conf"
	run nixos-container destroy "$name"
	assert_failure 1
	assert_output --partial "declared"
	assert_exists "$root"
}

@test "the sockets have the modes of the seed" {
	create
	run -0 stat -c %a "$root/var/lib/login.socket" "$root/var/lib/root-shell.socket"
	assert_line -n 0 666
	assert_line -n 1 600
}

# bats test_tags=suites
@test "echo reboot into the root shell restarts the container" {
	create
	before=$(boots)
	echo reboot | socat "unix:$root/var/lib/root-shell.socket" -
	until_true 20 booted_after "$before"
	run -0 nixos-container status "$name"
}

# bats test_tags=suites
@test "run takes -it, a directory and a number as the user, as other programs do" {
	create
	run -0 nixos-container run -u 1234 -w /etc "$name" -- sh -c 'echo "$(id -u) $(id -g) $PWD"'
	assert_output '1234 1234 /etc'
	run -0 nixos-container run --user 0 --cwd / "$name" -- id -u
	assert_output 0
	run -0 expect -c "
		set timeout 60
		spawn nixos-container run -it $name sh -c {test -t 0 && echo on a terminal}
		expect {on a terminal} {} default { exit 1 }
		expect eof"
}

@test "run passes the exit status, the arguments and the streams" {
	create
	run inside sh -c 'exit 7'
	assert_failure 7
	run -127 inside no-such-command
	run -0 inside printf '%s|' 'a b' "c'd" '' $'e\nf' '$HOME'
	assert_output $'a b|c\'d||e\nf|$HOME|'
	run -0 --separate-stderr inside sh -c 'echo out; echo err >&2'
	assert_output out
	assert_equal "$stderr" err
	run -0 sh -c "echo through | nixos-container run $name -- cat"
	assert_output through
}

@test "stop lets the container's services shut down, and quickly" {
	create --config 'services.slow.command = "trap \"echo bye >/var/bye; exit\" TERM; while :; do sleep 0.1; done";'
	SECONDS=0
	nixos-container stop "$name"
	((SECONDS < 8))
	run -0 cat "$root/var/bye"
	assert_output bye
	is_down "$name"
	run ! ip link show "c-$name"
	assert_not_exists "/run/netns/net-$name"
}

@test "a container that crashes is started again" {
	create
	before=$(boots)
	kill -9 "$(machinectl show -p Leader --value "$name")"
	until_true 20 booted_after "$before"
}

@test "restart in a row, start when started, stop when stopped" {
	create
	for i in 1 2 3; do nixos-container restart "$name"; done
	nixos-container start "$name"
	run -0 nixos-container status "$name"
	nixos-container stop "$name"
	nixos-container stop "$name"
	is_down "$name"
}

# bats test_tags=suites
@test "terminate ends it at once and it stays down" {
	create
	nixos-container terminate "$name"
	is_down "$name"
	sleep 1
	is_down "$name"
	# systemd-nspawn has seen it end, and left no locks of its user IDs.
	before=$(find /run/systemd/nspawn-uid /run/systemd/nspawn -type f)
	ctr-conf set "$name" PRIVATE_USERS=pick
	nixos-container start "$name"
	nixos-container terminate "$name"
	assert_equal "$(find /run/systemd/nspawn-uid /run/systemd/nspawn -type f)" "$before"
}

@test "an AUTO_START container is wanted at boot" {
	create --auto-start
	also "$name-not"
	nixos-container create "$name-not" --no-start
	nixos-container stop "$name"
	systemctl daemon-reload
	systemctl start multi-user.target
	until_true 10 is_up "$name"
	is_down "$name-not"
}

@test "settings that NixOS writes start here unchanged" {
	create --no-start
	system=$(readlink -f "/nix/var/nix/profiles/per-container/$name/system")
	cat >"$conf" <<-END
		SYSTEM_PATH=$system
		PRIVATE_NETWORK=1
		HOST_ADDRESS=10.231.140.1
		LOCAL_ADDRESS=10.231.140.2
		HOST_ADDRESS6=fc00::140:1
		LOCAL_ADDRESS6=fc00::140:2
		AUTO_START=0
		EXTRA_NSPAWN_FLAGS="'--bind=/root:/srv/my data' --setenv=A=b"
	END
	nixos-container start "$name"
	ping -c 1 -W 2 10.231.140.2
	ping -6 -c 1 -W 2 fc00::140:2
	inside test -d "/srv/my data"
}

@test "settings that contradict each other are refused before anything is made" {
	create --no-start
	echo HOST_ADDRESS=10.231.141.1 >"$conf"
	run -2 nixos-container launch "$name"
	assert_output --partial PRIVATE_NETWORK
	echo NO_SUCH_KEY=1 >"$conf"
	run -2 nixos-container launch "$name"
	assert_output --partial "$conf:1: NO_SUCH_KEY: unknown setting"
	echo 'BIND="a b' >"$conf"
	run -2 nixos-container launch "$name"
	assert_output --partial "$conf:1: BIND: a quote is not closed"
	assert_not_exists "/run/netns/net-$name"
}

@test "a container without a private network shares the host's" {
	create --no-start
	: >"$conf"
	ip link add "h$BATS_TEST_NUMBER" type bridge
	nixos-container start "$name"
	run -0 inside ls /sys/class/net
	assert_line "h$BATS_TEST_NUMBER"
	ip link del "h$BATS_TEST_NUMBER"
}

# bats test_tags=suites
@test "launch runs a container in the foreground, and the other verbs know it" {
	create --no-start
	nixos-container launch "$name" </dev/null >/dev/null 2>&1 3>&- &
	pid=$!
	until_true 10 inside_works
	run -0 nixos-container status "$name"
	assert_output up
	run -0 inside hostname
	assert_output "$name"
	nixos-container stop "$name"
	wait "$pid" || :
	is_down "$name"
	nixos-container launch "$name" </dev/null >/dev/null 2>&1 3>&- &
	pid=$!
	until_true 10 inside_works
	nixos-container destroy "$name"
	wait "$pid" || :
	nothing_left "$name"
}
inside_works() { ctr-console run "$root" -- true 2>/dev/null; }

# bats test_tags=suites
@test "a collection keeps a container's closure and takes a destroyed one's" {
	create --no-start --config 'environment.etc."unique".text = "'"$name"'";'
	system=$(ctr-gcroot path "$name")
	nix-store --gc >/dev/null 2>&1
	assert_exists "$system/init"
	nixos-container destroy "$name"
	nix-store --gc >/dev/null 2>&1
	assert_not_exists "$system"
}

@test "busybox ash runs the script from create to destroy" {
	script=$(command -v nixos-container)
	run -0 busybox sh "$script" create "$name" --config 'environment.etc."motto".text = "one";'
	run -0 busybox sh "$script" run "$name" -- printf '%s|' a 'b c' ''
	assert_output 'a|b c||'
	sed -i 's/"one"/"two"/' "$root/etc/nixos/configuration.nix"
	run -0 busybox sh "$script" update "$name"
	run -0 busybox sh "$script" rollback "$name"
	run -0 inside cat /etc/motto
	assert_output one
	run -0 busybox sh "$script" stop "$name"
	printf 'EXTRA_NSPAWN_FLAGS="'"'--bind=/root:/srv/my data'"' --setenv=A=b"\n' >>"$conf"
	busybox sh "$script" launch "$name" </dev/null >/dev/null 2>&1 3>&- &
	pid=$!
	until_true 10 inside_works
	run -0 ctr-console run "$root" -- test -d "/srv/my data"
	kill "$pid"
	wait "$pid" || :
	run -0 busybox sh "$script" destroy "$name"
	nothing_left "$name"
}

@test "a settings file is read strictly" {
	create --no-start
	for line in 'no' 'a=b' 'HOST_ADDRESS' ' X=1' $'HOST_ADDRESS=1\001' 'HOST_ADDRESS="1' \
		'PRIVATE_NETWORK=yes' '$(touch /tmp/evaluated)=1' 'BIND=`id`"'; do
		printf '%s\n' "$line" >"$conf"
		run nixos-container launch "$name"
		((status == 1 || status == 2))
		assert_equal "${#lines[@]}" 1
		assert_output --partial "$conf"
	done
	assert_not_exists /tmp/evaluated
}

@test "names that cannot be are refused with what is allowed" {
	for bad in '' .. a/b -a a- a_b 'a b' "$(printf 'a%.0s' {1..64})" $'a\nb' é; do
		run -2 nixos-container create -- "$bad"
		assert_output --partial "name"
		assert_equal "${#lines[@]}" 1
	done
	for bad in storage registries cache; do
		run -2 nixos-container create "$bad"
		assert_output --partial reserved
	done
}

@test "a verb, option or container that is not there is named" {
	run -2 nixos-container frobnicate
	assert_output --partial frobnicate
	run -2 nixos-container create --frob x
	assert_output --partial -- --frob
	for verb in start stop update login show-ip; do
		run -1 nixos-container $verb "$name"
		assert_output --partial "$name: no such container"
	done
	run -0 nixos-container destroy "$name"
	assert_output --partial "$name: no such container"
	run -0 nixos-container destroy -q "$name"
	assert_output ''
	run -4 nixos-container status "$name"
}

# bats test_tags=suites
@test "a container whose systemd-nspawn is killed is started again at once" {
	create
	before=$(boots)
	SECONDS=0
	systemctl kill --signal=KILL "container@$name.service"
	until_true 8 booted_after "$before"
	run -0 nixos-container status "$name"
	before=$(boots)
	# Not only all at once: the leader is left to the kernel then.
	kill -9 "$(nspawn_of "$name")"
	until_true 8 booted_after "$before"
	run -0 nixos-container status "$name"
	before=$(boots)
	kill -9 "$(systemctl show -p MainPID --value "container@$name.service")"
	until_true 8 booted_after "$before"
}

@test "a machine of the host that the suite did not make is left alone" {
	echo '[engine]' >"$confs/containers.conf"
	mkdir -p "$state/storage"
	run ! listed containers
	run -2 nixos-container destroy containers
	assert_exists "$confs/containers.conf"
}

@test "a start that fails tells of this attempt alone" {
	create --no-start
	cp "$conf" "$BATS_TEST_TMPDIR/good"
	echo SYSTEM_PATH=/nix/store/7001-gone >>"$conf"
	run -1 nixos-container start "$name"
	assert_line --partial "its system is missing: /nix/store/7001-gone"
	{ cat "$BATS_TEST_TMPDIR/good"; echo SYSTEM_PATH=/nix/store/7002-gone; } >"$conf"
	run -1 nixos-container start "$name"
	assert_line --partial "its system is missing: /nix/store/7002-gone"
	assert_line --regexp '^  container@.*: Failed with result'
	refute_line --partial 7001
	refute_line --partial "Job for"
	cp "$BATS_TEST_TMPDIR/good" "$conf"
	run -0 nixos-container start "$name"
	assert_output ""
}

# teller - the processes that tell how long a command has been at it
teller() { pgrep -P "$1" -x sh || pgrep -P "$1" -f nixos-container; }

@test "on a terminal, what takes long says what it does, and for how long" {
	create --no-start
	flock "/run/nixos-container/$name.lock" sleep 5 3>&- &
	local holder=$! pid
	until_true 5 sh -c '! flock -n "$1" true' sh "/run/nixos-container/$name.lock"
	run -0 timeout 20 expect -c '
		log_user 1
		spawn -noecho nixos-container update --no-apply '"$name"'
		expect "waiting for another command (2 s)" {} timeout {exit 1} eof {exit 2}
		expect "(3 s)" {} timeout {exit 3} eof {exit 4}
		set timeout 60
		expect eof'
	wait "$holder"
	# The line is wiped before anything else is said.
	assert_output --regexp $'\r +\r'
	# It says nothing where nobody wants to know, and ends with whom it is for.
	flock "/run/nixos-container/$name.lock" sleep 4 3>&- &
	holder=$!
	until_true 5 sh -c '! flock -n "$1" true' sh "/run/nixos-container/$name.lock"
	run -0 timeout 20 expect -c '
		spawn -noecho nixos-container -q update --no-apply '"$name"'
		expect "waiting" {exit 1} eof {exit 0} timeout {exit 2}'
	wait "$holder"
	flock "/run/nixos-container/$name.lock" sleep 4 3>&- &
	holder=$!
	until_true 5 sh -c '! flock -n "$1" true' sh "/run/nixos-container/$name.lock"
	nixos-container update --no-apply "$name" 3>&- 2>/dev/null &
	pid=$!
	until_true 5 teller "$pid"
	local tells
	tells=$(teller "$pid" | head -n 1)
	kill -9 "$pid"
	until_true 5 sh -c '! kill -0 "$1" 2>/dev/null' sh "$tells"
	wait "$holder"
	run -0 timeout 60 nixos-container update --no-apply "$name"
}

@test "a container without a system is told so once, and not tried again" {
	create --no-start
	ctr-gcroot rm "$name"
	run nixos-container start "$name"
	assert_failure
	assert_output --partial "$name: has no system"
	assert_equal "$(systemctl show -p NRestarts --value "container@$name.service")" 0
	run -2 nixos-container launch "$name"
	assert_equal "${#lines[@]}" 1
	# A system that is gone, by either way to name one.
	mkdir -p "$nix_state/profiles/per-container/$name"
	ln -s /nix/store/00000000000000000000000000000000-gone \
		"$nix_state/profiles/per-container/$name/system-1-link"
	ln -s system-1-link "$nix_state/profiles/per-container/$name/system"
	run -2 nixos-container launch "$name"
	assert_output --partial "its system is missing: /nix/store/0"
	echo SYSTEM_PATH=/nix/store/11111111111111111111111111111111-gone >>"$conf"
	run -2 nixos-container launch "$name"
	assert_output --partial "its system is missing: /nix/store/1"
	assert_equal "${#lines[@]}" 1
}

# bats test_tags=suites
@test "stop and start are quick while machined is away" {
	create
	systemctl kill --signal=KILL systemd-machined.service
	SECONDS=0
	nixos-container stop "$name"
	nixos-container start "$name"
	systemctl stop systemd-machined.service
	nixos-container restart "$name"
	systemctl stop systemd-machined.service
	nixos-container stop "$name"
	((SECONDS < 15))
}

# bats test_tags=suites
@test "stop and terminate need no machined, and leave no record of the machine" {
	create
	for verb in stop terminate; do
		systemctl mask --runtime systemd-machined.service
		systemctl kill --signal=KILL systemd-machined.service
		run nixos-container "$verb" "$name"
		systemctl unmask --runtime systemd-machined.service
		assert_success
		run -0 find /run/systemd/machines -name "*$name*"
		assert_output ''
		nixos-container start "$name"
	done
}

# says LINE SETTING... - start fails with this line, and is not tried again
says() {
	printf '%s\n' "${@:2}" >"$conf"
	run -1 nixos-container start "$name"
	assert_line "  $1"
	run -0 systemctl show -p ActiveState,NRestarts,ExecMainStatus "container@$name.service"
	assert_line ActiveState=failed
	assert_line NRestarts=0
	assert_line ExecMainStatus=2
}

# bats test_tags=suites
@test "a fault that stays ends the unit at once, and mended it starts" {
	also "$name-p"
	nixos-container create "$name-p" --port tcp:8091:80
	create --no-start
	at="ctr-conf: $conf"
	says "$at:1: BIND: the host has no /no/such" BIND=/no/such:/x
	says "$at:1: EXTRA_NSPAWN_FLAGS: the host has no /no/such" EXTRA_NSPAWN_FLAGS=--bind=/no/such
	says "$at:2: HOST_BRIDGE: the host has no interface none0" PRIVATE_NETWORK=1 HOST_BRIDGE=none0
	says "$at:1: MACVLANS: the host has no interface none0" MACVLANS=none0
	says "$at:1: NETWORK_NAMESPACE_PATH: the host has no /run/netns/none" NETWORK_NAMESPACE_PATH=/run/netns/none
	pair='PRIVATE_NETWORK=1 HOST_ADDRESS=10.231.7.1 LOCAL_ADDRESS=10.231.7.2'
	says "$at:4: HOST_PORT: port 8091 (tcp) of the host is forwarded to $name-p" $pair HOST_PORT=8091:80
	says "ctr-conf: $name: its system is missing: /nix/store/none/init" SYSTEM_PATH=/nix/store/none
	: >"$conf"
	nixos-container start "$name"
}

# gave_up - the unit has failed, and systemd will not try again
gave_up() { systemctl --quiet is-failed "container@$name.service"; }

# bats test_tags=suites
@test "start after too many failures, or too often, is not refused" {
	create --no-start
	echo EXTRA_NSPAWN_FLAGS=--no-such >"$conf"
	run -1 nixos-container start "$name"
	until_true 25 gave_up
	: >"$conf"
	nixos-container start "$name"
	for i in {1..11}; do nixos-container restart "$name"; done
	inside true
}

@test "the container keeps its own time zone" {
	create --no-start
	mkdir -p "$root/etc"
	ln -s /usr/share/zoneinfo/Pacific/Apia "$root/etc/localtime"
	nixos-container start "$name"
	run -0 readlink "$root/etc/localtime"
	assert_output /usr/share/zoneinfo/Pacific/Apia
}

@test "the host's database of Nix cannot be locked from inside" {
	create
	run ! inside test -e /nix/var/nix/db
	run -0 inside sh -c 'echo $NIX_REMOTE'
	run ! grep -F /nix/var/nix/db "/proc/$(sed -n 's/^LEADER=//p' "/run/systemd/machines/$name")/mountinfo"
}

# bats test_tags=suites
@test "systemd-nspawn gets cgroup v2, and no limit on address families, where it knows" {
	create --no-start
	mkdir "$BATS_TEST_TMPDIR/bin"
	for knows in '' '# --restrict-address-families'; do
		printf '#!/bin/sh\nenv; printf "%%s\\n" "$@"\n%s\n' "$knows" >"$BATS_TEST_TMPDIR/bin/systemd-nspawn"
		chmod +x "$BATS_TEST_TMPDIR/bin/systemd-nspawn"
		# The tools beside the script come first in its PATH, then ours.
		PATH=$BATS_TEST_TMPDIR/bin:$PATH run -0 nixos-container launch "$name"
		if [[ $knows ]]; then assert_line -- --restrict-address-families=
		else refute_line -- --restrict-address-families=; fi
		if [[ -e /sys/fs/cgroup/cgroup.controllers || -e /sys/fs/cgroup/unified ]]; then
			assert_line SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
		else
			refute_line --partial SYSTEMD_NSPAWN_UNIFIED_HIERARCHY
		fi
		nixos-container cleanup "$name"
	done
}

# bats test_tags=suites
@test "what a killed systemd-nspawn of any version leaves goes at cleanup" {
	create --no-start
	hex=0123456789abcdef
	for copy in ".#machine.$name$hex" ".#snapshot.$name$hex"; do
		mkdir -p "$state/$copy/etc"
		touch "$state/$copy/etc/fixed" "$state/.#$copy.lck"
		chattr +i "$state/$copy/etc/fixed"
	done
	mkdir "$state/.#machine.$name-other$hex" "$state/.#machine.${name}x$hex"
	for dir in "unix-export/$name" "$name/unix-export" "propagate/$name"; do
		mkdir -p "/run/systemd/nspawn/$dir"
	done
	mount -t tmpfs none "/run/systemd/nspawn/unix-export/$name"
	mount -t tmpfs none "/run/systemd/nspawn/$name/unix-export"
	run -0 nixos-container cleanup "$name"
	assert_output ''
	run -0 find "$state" /run/systemd/nspawn -name "*$name*" ! -path "$root*" ! -name "*other*" ! -name "*x$hex"
	assert_output ''
	assert_exists "$state/.#machine.$name-other$hex"
	assert_exists "$state/.#machine.${name}x$hex"
	rmdir "$state/.#machine.$name-other$hex" "$state/.#machine.${name}x$hex"
	nixos-container start "$name"
}

@test "each step of a clean-up is tried, whatever the one before did" {
	create --no-start --port 8097:80
	echo EPHEMERAL=1 >>"$conf"
	nixos-container start "$name"
	copy=$(find "$state" -maxdepth 1 -type d -name ".#*.$name*")
	mkdir "$copy/busy"
	mount -t tmpfs none "$copy/busy"
	(cd "$copy/busy" && exec sleep 1000) 3>&- &
	busy=$!
	chattr +i "$copy/etc"
	systemctl kill --signal=KILL "container@$name.service"
	systemctl stop "container@$name.service"
	run -1 nixos-container cleanup "$name"
	assert_output --partial "cleanup is incomplete"
	run ! grep -r . "/run/nixos-container/$name.forward"
	run -0 nft list ruleset
	refute_output --partial 8097
	run ! ip link show "c-$name"
	run nixos-container destroy "$name"
	assert_failure
	assert_exists "$copy"
	kill "$busy"
	until_true 5 nixos-container destroy "$name"
	assert_not_exists "$copy"
	nothing_left "$name"
}
