#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The examples of the manual, run as they are written there.
load container
load of-nixos
load ../lib/texts

setup() {
	made=(database web db queue idle)
	cd "$BATS_TEST_TMPDIR"
}

# logs_in N - run it on a terminal, and log in as root there
logs_in() {
	printf 's3same\n' | nixos-container set-root-password database
	cat >login.expect <<-'END'
		set timeout 20
		spawn sh -c $env(EXAMPLE)
		expect "login: " { send "root\r" } default { exit 1 }
		expect "assword: " { send "s3same\r" } default { exit 1 }
		expect -re {[#$] } { send "echo now \$(id -un) in \$(hostname)\r" } default { exit 1 }
		expect "now root in database" { send "exit\r" } default { exit 1 }
		expect eof
	END
	EXAMPLE=${examples[$1 - 1]} run -0 timeout 60 expect login.expect
}

@test "run-in-netns(8)" {
	of run-in-netns.8 2
	ip netns add net-foo
	ip -n net-foo link add of-foo type veth peer name of-bar
	example 1
	assert_line of-foo
	# A system that tells what it sees and ends.
	mkdir -p /srv/foo/{bin,sbin,usr,etc}
	cp "$(command -v busybox)" /srv/foo/bin/
	echo ID=foo >/srv/foo/etc/os-release
	printf '#!/bin/busybox sh\nexec /bin/busybox ls /sys/class/net\n' >/srv/foo/sbin/init
	chmod +x /srv/foo/sbin/init
	example 2
	assert_output --partial of-foo
	assert_not_exists /run/netns/net-foo
	rm -r /srv/foo
}

@test "ctr-start(8)" {
	of ctr-start.8 1
	mkdir -p /srv/foo/{bin,sbin,usr,etc}
	cp "$(command -v busybox)" /srv/foo/bin/
	echo ID=foo >/srv/foo/etc/os-release
	printf '#!/bin/busybox sh\necho I am $$\n' >/srv/foo/sbin/init
	chmod +x /srv/foo/sbin/init
	example 1
	assert_output --partial 'I am 1'
	rm -r /srv/foo
}

@test "ctr-watch(8)" {
	of ctr-watch.8 2
	echo 'table inet mine {}' >/etc/mine.nft
	for ((i = 0; i < 2; i++)); do
		setsid sh -euc "${examples[i]}" 3>&- &
		watcher=$!
		until_true 10 nft list table inet mine
		if ((i == 0)); then
			nft flush ruleset
			until_true 10 nft list table inet mine
		fi
		until_true 10 pgrep -g "$watcher" ctr-watch
		kill -- "-$watcher"
	done
	nft delete table inet mine
	rm /etc/mine.nft
}

@test "ctr-verify(8)" {
	of ctr-verify.8 2
	example 1
	assert_output ''
	install -D /dev/null /run/nixos-container/gone.forward
	example 2
	assert_output 'nixos-container cleanup gone'
	sh -c "$output"
	example 1
}

@test "ctr-each(8)" {
	of ctr-each.8 1
	nixos-container create db --no-start
	nixos-container create web --no-start
	example 1
	assert_equal "$(sort <<<"$output")" "db: $(nixos-container show-ip db)
web: $(nixos-container show-ip web)"
}

@test "mkveth(8)" {
	of mkveth.8 6
	example 1
	assert_output --partial '1 received'
	assert_not_exists /run/netns/net-foo
	ip link add eth0 type veth peer name peer0
	ip link add eth1 type veth peer name peer1
	example 2
	run -0 ip -n net-foo -o link
	assert_output --partial 'eth1@'
	assert_output --partial 'mv-eth0@'
	refute_output --partial 'eth0@c-foo'
	mkveth del foo
	run -0 ip link show eth1
	ip link del eth0
	ip link del eth1
	ip link add br0 type bridge
	example 3
	run -0 ip -n net-foo route
	assert_output --partial 'default via 10.2.0.1 dev eth0'
	run -0 ip -o link show master br0
	assert_output --partial c-foo
	mkveth del foo
	ip link del br0
	example 4
	ping -c 1 -W 2 10.5.5.2
	mkveth del foo
	example 5
	run -0 bash -c 'mkveth show --json | jq length'
	assert_output 100
	ping -c 1 -W 2 10.231.77.2
	for i in $(seq 100); do echo "del ctr$i"; done | mkveth batch
	mkveth add -H 10.231.136.1 -L 10.231.136.2 foo
	ip link set c-foo down
	example 6
	assert_line 'c-foo: is down'
	example 6
	refute_output --partial 'c-foo:'
	mkveth del foo
}

@test "ctr-gcroot(8)" {
	of ctr-gcroot.8 4
	local text
	for text in one two; do
		printf '{ system = derivation { name = "system-%s"; system = builtins.currentSystem;
			builder = "/bin/sh"; args = [ "-c" "echo %s >$out" ]; }; }\n' "$text" "$text" >default.nix
		[[ $text == two ]] || ctr-gcroot set database "$(nix-build -A system)"
	done
	example 1
	run -0 ctr-gcroot list database
	assert_equal "${#lines[@]}" 2
	run -0 cat "$(ctr-gcroot path database)"
	assert_output one
	example 2
	run -0 ctr-gcroot list database
	assert_equal "${#lines[@]}" 2
	systemctl daemon-reload
	example 3
	run -0 systemctl is-active ctr-gcroot-sync.path ctr-gcroot-sync.timer
	systemctl disable --now ctr-gcroot-sync.{path,timer,service}
	example 4
	assert_output "$(ctr-gcroot path database)"
	ctr-gcroot rm database
}

@test "ctr-conf(8)" {
	of ctr-conf.8 2
	nixos-container create database --no-start
	ctr-conf set database TASKS_MAX=5
	example 1
	assert_equal "$(ctr-conf get database MEMORY_MAX)" 2G
	assert_equal "$(ctr-conf get database TASKS_MAX)" 16384
	example 2
	nixos-container destroy database
}

@test "ctr-tree(8)" {
	of ctr-tree.8 4
	nixos-container create database --no-start
	mkdir -p site "$state/database/srv"
	echo hello >site/index.html
	example 1
	assert_equal "$(cat index.html)" hello
	example 2
	assert [ -s "$state/database/srv/made" ]
	example 3
	assert_line --regexp '^[0-9a-z]{32}-minimal-system-database$'
	rm -r /run/view
	mkdir -p image/sbin
	cp "$minimal/ctr-console" image/sbin/init
	tar -C image -cJf image.tar.xz .
	example 4
	assert_output /sbin/init
	nixos-container destroy database
}

@test "ctr-resolv(8)" {
	of ctr-resolv.8 3
	mkdir -p "$state/foo/etc"
	example 1
	assert_output 'nameserver 192.0.2.53'
	example 2
	run -0 cat "$state/foo/etc/resolv.conf"
	assert_line 'nameserver 192.0.2.53'
	cp /etc/resolv.conf before
	echo 'nameserver 192.0.2.54' >/etc/resolv.conf
	example 3
	cp before /etc/resolv.conf
	run -0 cat "$state/foo/etc/resolv.conf.host"
	assert_line 'nameserver 192.0.2.54'
	rm -r "$state/foo"
}

@test "ctr-console(8)" {
	of ctr-console.8 4
	nixos-container create -q database
	logs_in 1
	logs_in 2
	name=database
	local before
	before=$(boots)
	example 4
	until_true 30 booted_after "$before"
	nixos-container destroy database
	# Of two systems this one can be given a program.
	nixos-container create -q database --nixos-path /src/t/systems/debian -I suite=/usr/local
	inside sh -c 'echo postgres:x:70:70::/:/bin/sh >>/etc/passwd; echo postgres:x:70: >>/etc/group
		mount -t tmpfs none /usr/local/bin
		printf "#!/bin/sh\nid -un\n" >/usr/local/bin/pg_dumpall
		chmod +x /usr/local/bin/pg_dumpall'
	example 3
	run -0 cat dump.sql
	assert_output postgres
}

@test "nixos-container(8)" {
	of nixos-container.8 13
	example 1
	assert_equal "$(nixos-container status database)" up
	example 2
	assert_output database
	echo '{ environment.etc."motto".text = "two"; }' >"$state/database/etc/nixos/configuration.nix"
	example 3
	run -0 nixos-container run database -- cat /etc/motto
	assert_output two
	example 4
	nothing_left database

	example 5
	until_true 10 curl -sf http://127.0.0.1:8080/
	run -0 curl -s http://127.0.0.1:8080/
	assert_output 'It works.'
	example 6
	assert_line --regexp '^web +up '
	example 7
	assert_line --regexp '^ports: +8080:80$'
	example 8
	assert_output --partial 'container@web'
	mkdir -p site
	echo hello >site/index.html
	example 9
	assert_line --partial site/index.html
	example 10
	assert_line --regexp '^ *1 '
	assert_line --regexp '^ *2 .*\(current\)'
	assert_equal "$(nixos-container generations web | grep -c '^ *1 .*(current)')" 1
	until_true 10 curl -sf http://127.0.0.1:8080/

	echo '{ containers.declared = { }; }' >/etc/containers.nix
	example 11
	assert_line 'would create the container declared:'
	run -0 nixos-container status declared
	assert_output down
	echo '{ }' >/etc/containers.nix
	nixos-container apply --prune /etc/containers.nix
	rm /etc/containers.nix
	nothing_left declared

	nixos-container create -q --no-start idle
	example 12
	assert_output idle
	example 13
	grep -qE 'graph .*\{' containers.dot
	grep -q web containers.dot
}

@test "nixos-container.conf(5)" {
	of nixos-container.conf.5 3
	ip link add br0 up type bridge
	ip addr add 10.7.0.1/24 dev br0
	ip addr add fc00:7::1/64 dev br0 nodad
	mkdir -p /srv/www
	echo 'a folder of the host' >/srv/www/index.html
	nixos-container create -q --no-start web --config \
		'services.web.command = "exec httpd -f -p 80 -h /etc/www";'
	nixos-container create -q --no-start database
	printf %s "${examples[0]}" >"$confs/web.conf"
	printf %s "${examples[2]}" >"$confs/database.conf"
	nixos-container start web
	until_true 10 curl -sf http://127.0.0.1:8080/
	run -0 curl -s http://127.0.0.1:8080/
	assert_output 'a folder of the host'
	assert_equal "$(systemctl show -p MemoryMax --value container@web)" 268435456
	run -0 systemctl show -p After --value container@web
	assert_output --partial container@database.service
	nixos-container start database
	ping -c 1 -W 2 10.7.0.5
	ping -c 1 -W 2 fc00:7::5
	run -0 nixos-container run database -- cat /proc/self/uid_map
	refute_output --regexp '^ *0 +0 '
	nixos-container destroy database
	ip link del br0
	nixos-container create -q --no-start db
	printf %s "${examples[1]}" >"$confs/db.conf"
	nixos-container start db
	ctr-conf set web NAT=1
	nixos-container network web
	run -0 nixos-container run web -- ping -c 1 -W 2 10.233.8.2
	run ! ping -c 1 -W 1 10.233.8.2
	nixos-container destroy db
	rm -r /srv/www
}

@test "container@.service(8)" {
	of container@.service.8 6
	nixos-container create -q --no-start database
	example 1
	example 2
	assert_equal "$(nixos-container status database)" up
	example 3
	assert_output TimeoutStopUSec=5min
	assert_equal "$(systemctl show -p CPUWeight --value container@database)" 50
	example 4
	assert_output --partial 'active (running)'
	assert_output --partial init
	example 5
	assert_output --partial database
	example 6
	assert_equal "$(nixos-container status database || :)" down
	assert_not_exists /run/netns/net-database
	rm -r /etc/systemd/system/container@database.service.d
}

@test "nixos-container-lxc(7)" {
	of nixos-container-lxc.7 1
	touch /usr/share/of-the-host
	example 1
	assert_line --regexp '^queue +up '
	assert_line of-the-host
	nothing_left queue
	rm /usr/share/of-the-host
}

@test "nixos-container-security(7)" {
	of nixos-container-security.7 6	# t/live/delegate.bats has the others
	nixos-container create -q --no-start --host-users web
	example 1
	assert_line --regexp '^web .* host '
	nixos-container start web
	example 2
	run -0 nixos-container list --long
	assert_line --regexp '^web +up .* own '
	mkdir /srv/data
	example 3
	nixos-container run web -- sh -c ': >/srv/data/program; chmod 4755 /srv/data/program'
	assert_equal "$(stat -c %a /srv/data/program)" 4755
	run -0 findmnt -no OPTIONS /srv/data
	assert_output --regexp 'nosuid.*nodev'
	nixos-container destroy web
	umount /srv/data
	rm -r /srv/data
}

@test "nixos-container-migration(7): one setting, and containers of NixOS are as they were" {
	of nixos-container-migration.7 3
	# What its nixos-container leaves: tree, settings and profile.
	mkdir -p /etc/nixos-containers /var/lib/nixos-containers/old/etc/nixos \
		/nix/var/nix/{profiles,gcroots}/per-container/old
	echo '{ networking.hostName = "old"; environment.etc."motto".text = "kept"; }' \
		>/var/lib/nixos-containers/old/etc/nixos/configuration.nix
	nix-env -p /nix/var/nix/profiles/per-container/old/system -f "$minimal" \
		-I nixos-config=/var/lib/nixos-containers/old/etc/nixos/configuration.nix --set -A system
	cat >/etc/nixos-containers/old.conf <<-'END'
		PRIVATE_NETWORK=1
		HOST_ADDRESS=10.233.201.1
		LOCAL_ADDRESS=10.233.201.2
		HOST_BRIDGE=
		HOST_PORT=
		AUTO_START=1
		INTERFACES=""
		MACVLANS=""
		EXTRA_NSPAWN_FLAGS=""
	END
	example 1
	assert_output old
	echo 'iifname "ve-*" accept' >>/etc/nftables.conf
	example 2
	assert_output --partial '/etc/nftables.conf:iifname "ve-*" accept'
	sed -i '$d' /etc/nftables.conf
	of_nixos_on
	example 3
	assert_line --regexp '^old +up +1 +yes .* 10\.233\.201\.2'
	run -0 nixos-container run old -- cat /etc/motto
	assert_output kept
	ping -c 1 -W 2 10.233.201.2
	assert_exists /var/lib/nixos-containers/old/etc/resolv.conf
	assert_not_exists "$state/old"
	grep -x Wants=container@old.service /run/systemd/generator/multi-user.target.d/nixos-container.conf
	nixos-container update -q old --config 'environment.etc."motto".text = "new";'
	run -0 nixos-container run old -- cat /etc/motto
	assert_output new
	nixos-container destroy old
	run -0 find /etc/nixos-containers /var/lib/nixos-containers -mindepth 1
	assert_output ''
	of_nixos_off
	rm -r "$their_confs" "$their_state"
}

@test "nixos-container-systems(7)" {
	[[ -e /services/services.tar ]] || skip "no Debian with services: it was not built"
	made=(web db small)
	of nixos-container-systems.7 3
	mkdir bin
	# The archive has what both examples include.
	cat >bin/mmdebstrap <<-'END'
		#!/bin/sh
		case $* in
		'--variant=minbase --include=systemd,dbus,'*' bookworm -') ;;
		*) exit 1 ;;
		esac
		exec cat /services/services.tar
	END
	chmod +x bin/mmdebstrap
	PATH=$PWD/bin:$PATH
	example 1
	assert_output --partial "Welcome to nginx"
	run -0 curl -s http://127.0.0.1:8080/
	assert_output --partial "Welcome to nginx"
	run -0 nixos-container run web -- systemctl is-system-running --wait
	rm -rf /srv/database
	example 2
	assert_line "CREATE TABLE"
	# The container is replaced, the data stays.
	cp -a "$(nixos-container show db | sed -n 's/^root: *//p')/etc/postgresql" cluster
	nixos-container destroy db
	nixos-container create db --rootfs /services/services.tar --set BIND=/srv/database:/var/lib/postgresql
	cat cluster/15/main/postgresql.conf | nixos-container run --user postgres db -- tee /etc/postgresql/15/main/postgresql.conf >/dev/null
	nixos-container run db -- pg_ctlcluster 15 main start
	until_true 10 nixos-container run --user postgres db -- psql -c 'insert into t values (7)'
	example 3
	assert_output --partial "20"
	nixos-container destroy web
	nixos-container destroy db
	rm -rf /srv/database
}
