#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load ../../lib/env

setup() {
	export NIXOS_CONTAINER_CONF_DIR=$BATS_TEST_TMPDIR/conf
	export NIXOS_CONTAINER_RUN_DIR=/run/some
	mkdir "$NIXOS_CONTAINER_CONF_DIR"
	cd "$NIXOS_CONTAINER_CONF_DIR"
}

# gives WORD... - args with $options must print this for the settings on standard input
gives() {
	cat >web.conf
	run -0 ctr-conf args ${options-} web
	assert_output "$(printf '%s\n' "$@")"
}

gives_none() {
	cat >web.conf
	run -0 ctr-conf args ${options-} web
	assert_output ''
}

@test "settings become arguments for systemd-nspawn, in a fixed order" {
	gives --private-users=pick --private-users-ownership=auto --bind=/srv/data:/data --bind=+/var:/x \
		--bind-ro=/usr/share/zoneinfo --tmpfs=/tmp --tmpfs=/var/cache:size=64M,mode=755 \
		--capability=CAP_SYS_TIME --capability=CAP_IPC_LOCK --bind=/dev/null \
		--load-credential=a:/etc/hosts '--load-credential=b:/my file' \
		--bind-ro=/run/some.hosts:/etc/hosts --ephemeral --quiet --setenv=A=b <<-'END'
			EXTRA_NSPAWN_FLAGS="--quiet --setenv=A=b"
			EPHEMERAL=1
			RESOLVE_CONTAINERS=1
			DEVICES=/dev/null
			CREDENTIALS="a:/etc/hosts 'b:/my file'"
			CAPABILITIES="CAP_SYS_TIME CAP_IPC_LOCK"
			TMPFS="/tmp /var/cache:size=64M,mode=755"
			BIND_RO=/usr/share/zoneinfo
			BIND="/srv/data:/data +/var:/x"
			PRIVATE_USERS=pick
		END
}

@test "settings without arguments print nothing" {
	gives_none </dev/null
	gives_none <<<$'EPHEMERAL=0\nRESOLVE_CONTAINERS=0\nPRIVATE_USERS=no\nPRIVATE_NETWORK=1\nMEMORY_MAX=1G'
	gives_none <<<PRIVATE_USERS=0
}

@test "an argument with blanks is one line, and empty ones are left out" {
	gives '--bind=/srv/my data:/my data' '--setenv=MOTTO=less is more' --x '--y= "$z`' <<-'END'
		BIND="'/srv/my data:/my data'"
		EXTRA_NSPAWN_FLAGS=" '--setenv=MOTTO=less is more' ''	--x '--y= \"\$z\`' "
	END
}

@test "commas also separate capabilities" {
	gives --capability=CAP_MKNOD --capability=CAP_SYS_PTRACE --capability=all <<<'CAPABILITIES="CAP_MKNOD,CAP_SYS_PTRACE, all"'
}

@test "a device is bound if its node exists" {
	touch char-misc
	gives --bind=/dev/null --bind=/dev/zero --bind=/dev/full <<-END
		DEVICES="/dev/null /dev/no-such /dev/zero:r char-misc /dev/shm block-loop:rw /dev/full:rwm"
	END
}

@test "a colon in the name of a device does not end it" {
	((EUID == 0)) || skip "needs root"
	echo DEVICES=/dev/pci-0:1.0:rw >web.conf
	run -0 unshare -m sh -euc 'mount -t tmpfs dev /dev
		mknod /dev/pci-0:1.0 c 1 3
		exec ctr-conf args web'
	assert_output '--bind=/dev/pci-0\:1.0'
}

@test "the user namespace is that of the settings" {
	gives --private-users=65536 --private-users-ownership=auto <<<PRIVATE_USERS=65536
	gives --private-users=identity --private-users-ownership=auto <<<PRIVATE_USERS=identity
}

@test "-0 ends each argument with a zero byte" {
	printf '%s\n' "BIND=\"/a '/b c'\"" EPHEMERAL=1 >web.conf
	printf '%s\0' --bind=/a '--bind=/b c' --ephemeral >want
	ctr-conf args -0 web | cmp - want
	ctr-conf args --null web | cmp - want
	printf '%s\n' PRIVATE_NETWORK=1 MTU=1400 >web.conf
	printf '%s\0' --mtu 1400 >want
	ctr-conf args -0 --network web | cmp - want
}

@test "--network gives the options of mkveth add" {
	options=--network
	gives --host-address 10.0.0.1 --local-address '10.0.0.2/24 10.0.0.3/24' --host-address6 fc00::1 \
		--local-address6 fc00::2 --mac 02:00:00:00:00:07 --gateway 10.0.0.1 --gateway6 fc00::1 --mtu 1400 \
		--move eth1 --move eth2 --macvlan eth3 --macvlan eth4:mv:vepa \
		--pair veth1:host=10.5.5.1,local=10.5.5.2 --pair veth2:bridge=br1 --release <<-'END'
			PRIVATE_NETWORK=1
			EXTRA_VETHS="veth1:host=10.5.5.1,local=10.5.5.2 veth2:bridge=br1"
			MACVLANS="eth3 eth4:mv:vepa"
			INTERFACES="eth1 eth2"
			MTU=1400
			GATEWAY6=fc00::1
			GATEWAY=10.0.0.1
			LOCAL_MAC_ADDRESS=02:00:00:00:00:07
			LOCAL_ADDRESS6=fc00::2
			HOST_ADDRESS6=fc00::1
			LOCAL_ADDRESS="10.0.0.2/24 10.0.0.3/24"
			HOST_ADDRESS=10.0.0.1
			PRIVATE_USERS=pick
			BIND=/srv
		END
}

@test "on a bridge the host's address is the gateway" {
	options=--network
	gives --local-address 10.0.0.2/24 --local-address6 fc00::2/64 --bridge br0 \
		--gateway 10.0.0.1 --gateway6 fc00::1 <<-'END'
			PRIVATE_NETWORK=1
			HOST_BRIDGE=br0
			HOST_ADDRESS="10.0.0.1/24 10.0.0.9"
			LOCAL_ADDRESS=10.0.0.2/24
			HOST_ADDRESS6=fc00::1/64
			LOCAL_ADDRESS6=fc00::2/64
		END
	# A given gateway is kept, and one without an address is left out.
	gives --local-address 10.0.0.2/24 --bridge br0 --gateway 10.0.0.254 <<-'END'
		PRIVATE_NETWORK=1
		HOST_BRIDGE=br0
		HOST_ADDRESS=10.0.0.1/24
		GATEWAY=10.0.0.254
		LOCAL_ADDRESS=10.0.0.2/24
		HOST_ADDRESS6=fc00::1/64
	END
	gives --bridge br0 <<<$'PRIVATE_NETWORK=1\nHOST_BRIDGE=br0'
}

@test "interfaces without PRIVATE_NETWORK get no pair" {
	options=--network
	gives --no-pair --move eth1 --macvlan eth2 <<<$'INTERFACES=eth1\nMACVLANS=eth2'
	gives --no-pair --macvlan eth2 --release <<<$'MACVLANS=eth2\nPRIVATE_USERS=pick'
}

@test "a container without its own network gives no arguments for mkveth" {
	options=--network
	gives_none <<<$'PRIVATE_NETWORK=0\nPRIVATE_USERS=pick'
	gives_none <<<NETWORK_NAMESPACE_PATH=/run/netns/vpn
	gives_none <<<PRIVATE_NETWORK=1
}

@test "wrong settings give errors and no arguments" {
	printf '%s\n' EPHEMERAL=1 NAT=1 >web.conf
	for options in '' --network; do
		run -2 --separate-stderr ctr-conf args $options web
		assert_output ''
		assert_equal "$stderr" "ctr-conf: $PWD/web.conf:2: NAT needs PRIVATE_NETWORK=1"
	done
	printf '%s\n' EPHEMERAL=1 'BIND=x' >web.conf
	run -2 --separate-stderr ctr-conf args web
	assert_output ''
	run -1 ctr-conf args other
	assert_output "ctr-conf: $PWD/other.conf: No such file or directory"
}

@test "a wrong command line of args is named" {
	run -2 ctr-conf args
	run -2 ctr-conf get web --network
	assert_output 'ctr-conf: get takes no --network'
	echo EPHEMERAL=1 >web.conf
	run -1 bash -c 'ctr-conf args web >/dev/full'
}

@test "a command is executed with the arguments in place of {}, or behind it" {
	printf 'BIND="'"'/a b'"' /c"\n' >web.conf
	run -0 ctr-conf args web -- printf '<%s>' x {} y {}
	assert_output '<x><--bind=/a b><--bind=/c><y><{}>'
	run -0 ctr-conf args web -- printf '<%s>' x
	assert_output '<x><--bind=/a b><--bind=/c>'
	run -0 ctr-conf args --network web -- printf '<%s>' x {} y
	assert_output '<x><y>'
	: >web.conf
	run -127 ctr-conf args web -- {}
	assert_output 'ctr-conf: {}: No such file or directory'
	run -7 ctr-conf args web -- sh -c 'exit 7'
	run -127 ctr-conf args web -- no-such-command
	assert_output 'ctr-conf: no-such-command: No such file or directory'
	run -126 ctr-conf args web -- /dev/null
	# It may gain privileges (no NoNewPrivileges), as programs in the container do.
	run -0 ctr-conf args web -- awk '/^NoNewPrivs/ { print $2 }' /proc/self/status
	assert_output "$(awk '/^NoNewPrivs/ { print $2 }' /proc/self/status)"
}

@test "no command is executed with wrong settings" {
	echo BIND=x >web.conf
	run -2 ctr-conf args web -- touch made
	[[ ! -e made ]]
}

@test "a writable bind of a container with users of its own maps them if its file system can" {
	((EUID == 0)) || skip "needs root"
	needs_kernel 6.3	# for tmpfs
	mkdir data
	unshare -m sh -c "mount -t tmpfs t data; exec sleep 100" 3>&- &
	sleeper=$!
	until_true 5 grep -q "$PWD/data" "/proc/$sleeper/mountinfo"
	for users in pick 1310720 identity no; do
		map=:idmap both=,idmap long=":$PWD/data:idmap"
		case $users in identity | no) map='' both='' long='' ;; esac
		cat >web.conf <<-END
			PRIVATE_USERS=$users
			BIND="$PWD/data $PWD/data:/d $PWD/data:/e:rbind $PWD/data:/f:rootidmap $PWD/data:/g:noidmap /proc +/var:/x"
			BIND_RO=$PWD/data
		END
		run -0 nsenter -t "$sleeper" -m --wd="$PWD" ctr-conf args web
		assert_equal "$users $(grep '^--bind' <<<"$output" | xargs)" "$users --bind=$PWD/data$long --bind=$PWD/data:/d$map --bind=$PWD/data:/e:rbind$both --bind=$PWD/data:/f:rootidmap --bind=$PWD/data:/g:noidmap --bind=/proc --bind=+/var:/x --bind-ro=$PWD/data"
	done
	kill "$sleeper"
}

@test "--sealed prints what of the host the container sees read-only" {
	options=--sealed
	gives --path '/srv/my data' --path /a:b --path /opt --path /var/tmp --path /run/some.hosts <<-'END'
		BIND=/srv/data
		BIND_RO="'/srv/my data:/x' /a\:b +/var:/y /c:/d:norbind :/empty"
		EXTRA_NSPAWN_FLAGS="--bind-ro=/opt:/o --quiet --bind-ro /var/tmp --bind=/z"
		RESOLVE_CONTAINERS=1
	END
	gives_none <<<BIND=/srv
}
