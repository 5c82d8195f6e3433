#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# From NixOS's own nixos-container to this suite, and back, by the steps of
# nixos-container-migration(7).
#
# Each test is a step on the same host: the containers web and nic are declared there,
# the others made by their script.
load container
load of-nixos

bases=(web nic db shared fl my_old)
places=("$their_state" "$their_confs" "$nix_state"/{profiles,gcroots}/per-container)

setup_file() {
	mkdir -p /srv/data
	echo bound >/srv/data/file
	ip link add mig0 type veth peer name mig1
	outside
	declare_theirs
	make_theirs
	their_nat 've-*'
	their_unit_on
	systemctl start container@{web,nic,db,shared,fl}
	systemctl stop container@{web,nic,db,shared,fl}
	all_of "${places[@]}" >"$BATS_FILE_TMPDIR/before"
	readings >"$BATS_FILE_TMPDIR/readings"
	systemctl start container@{web,nic,db,shared}
}

teardown_file() {
	local name
	chattr -R -f -i "$their_state" || :
	systemctl stop 'container@*' || :
	their_unit_off
	of_nixos_off
	for name in new my-old "${bases[@]}"; do rm -rf "$nix_state"/{profiles,gcroots}/per-container/"$name"; done
	rm -rf "$their_state" "$their_confs" /etc/static /srv/data
	nft delete table ip their-nat || :
	# Of systemd-nspawn, for --port
	nft delete table ip io.systemd.nat || :
	nft delete table ip6 io.systemd.nat || :
	ip netns delete far || :
	ip link delete mig0 || :
	sysctl -qw net.ipv4.ip_forward=0
}

setup() { PATH=$of_nixos/bin:$PATH; }
teardown() { :; }

# outside - another machine, which knows no containers
outside() {
	ip netns add far
	ip link add up0 type veth peer name up1 netns far
	ip addr add 192.0.2.1/24 dev up0
	ip link set up0 up
	ip -n far addr add 192.0.2.2/24 dev up1
	ip -n far link set up1 up
}

# their_nat LINKS - the host's NAT, for containers by the names of their links
their_nat() {
	sysctl -qw net.ipv4.ip_forward=1
	nft -f - <<-END_OF_FILE
		table ip their-nat
		delete table ip their-nat
		table ip their-nat {
			chain pre { type filter hook prerouting priority mangle; iifname "$1" meta mark set 1; }
			chain post { type nat hook postrouting priority srcnat; meta mark 1 oifname "up0" masquerade; }
		}
	END_OF_FILE
}

declare_theirs() {
	their_module web "SYSTEM_PATH=$(their_system 'environment.etc.motto.text = "declared";
		services.httpd.command = "exec httpd -f -p 80 -h /etc";')" \
		PRIVATE_NETWORK=1 HOST_PORT=tcp:8080:80 HOST_ADDRESS=10.231.136.1 \
		LOCAL_ADDRESS=10.231.136.2 PRIVATE_USERS=no 'INTERFACES=""' 'MACVLANS=""' AUTO_START=1 \
		'EXTRA_NSPAWN_FLAGS=" --bind-ro=/srv/data --quiet"'
	their_module nic "SYSTEM_PATH=$(their_system)" PRIVATE_NETWORK=1 PRIVATE_USERS=no \
		'INTERFACES="mig0"' 'MACVLANS=""' 'EXTRA_NSPAWN_FLAGS=""'
}

make_theirs() {
	local name
	their_script db PRIVATE_NETWORK=1 HOST_ADDRESS=10.233.1.1 LOCAL_ADDRESS=10.233.1.2 \
		HOST_BRIDGE= HOST_PORT= AUTO_START=1
	their_script shared PRIVATE_NETWORK=0 HOST_BRIDGE= HOST_PORT= AUTO_START=0
	their_script fl PRIVATE_NETWORK=1 HOST_ADDRESS=10.233.2.1 LOCAL_ADDRESS=10.233.2.2 \
		HOST_BRIDGE= HOST_PORT=8081 AUTO_START=0 "FLAKE=$BATS_FILE_TMPDIR/flake"
	their_script my_old PRIVATE_NETWORK=1 HOST_ADDRESS=10.233.3.1 LOCAL_ADDRESS=10.233.3.2 \
		HOST_BRIDGE= HOST_PORT= AUTO_START=0
	chmod 700 "$their_state"
	for name in "${bases[@]}"; do their_data "$name"; done
}

# reading NAME - what their script takes from the settings, by patterns
reading() {
	perl -0777 -ne 'print "used $1\n" while /^(?:HOST|LOCAL)_ADDRESS=([0-9.]+)$/mg;
		print "show-ip $1\n" if /^LOCAL_ADDRESS=([0-9.]+)(?:\/[0-9]+)?$/m;
		print "host network\n" if /^PRIVATE_NETWORK=0$/m;
		print "flake $1\n" if /^FLAKE=(.*)$/m;' "$their_confs/$1.conf"
}

readings() {
	local name
	for name in "${bases[@]}"; do
		printf '%s:\n' "$name"
		reading "$name"
	done
}

# reaches_out NAME - the outside answers it, which takes NAT
reaches_out() {
	nsenter -t "$(machinectl show "$1" -p Leader --value)" -n ping -qc 1 -W 2 192.0.2.2
}

# same_as_before - all but what the page names is as it was: the modes of the parent
# directories, resolv.conf, what is below the mounts on nix/var/nix, the newer
# generations, and the name of my_old, which has not run before
same_as_before() {
	diff <(sed 's,/my_old,/my-old,g' "$BATS_FILE_TMPDIR/before" | unnamed | sort) \
		<(all_of "${places[@]}" | unnamed | sort)
}

unnamed() {
	grep -vE -e '/per-container d ' -e '/etc/resolv\.conf(\.host)?( |$)' \
		-e "$their_state/[^/]*/nix/var/nix/(profiles|gcroots|daemon-socket)/" \
		-e '/system-[3-9]-link l ' -e '/new(\.conf)?( |/|$)' \
		-e '/var/log/journal' -e 'gcroots/per-container/my-old ' |
		awk '!/\/my-old\// || /per-container|\/my-old\/(home|var\/lib|var\/empty|etc\/(ssh|nixos))/' |
		sed -E 's,^(/[^ ]*/per-container/[^ ]*/system l .*) [0-9.]+ (system-[0-9]+-link)$,\1 \2,'
}

# of NAME COMMAND... - in that container
of() { nixos-container run "$1" -- "${@:2}"; }

# links_are PREFIX - the host's links of its containers
links_are() {
	run -0 sh -c 'ip -o link show type veth | sed -n "s/^[0-9]*: \(v[eb]-[^@]*\|c[-_][^@]*\).*/\1/p" | sort | xargs'
	assert_output "$*"
}

@test "before: they run by the unit of NixOS" {
	links_are ve-db ve-web
	ping -qc 1 -W 2 10.233.1.2
	reaches_out db
	reaches_out web
}

@test "to look at them changes nothing, and their settings are right" {
	all_of "${places[@]}" >"$BATS_TEST_TMPDIR/a"
	export NIXOS_CONTAINER_STATE_DIR=$their_state NIXOS_CONTAINER_CONF_DIR=$their_confs
	PATH=${PATH#"$of_nixos/bin:"}
	run -0 nixos-container list
	assert_output $'db\nfl\nmy_old\nnic\nshared\nweb'
	run -0 nixos-container list --long
	assert_line --regexp '^db +up +2 +yes +host .* 10\.233\.1\.2$'
	assert_line --regexp '^my_old +down +2 +no '
	run -0 ctr-conf check --no-host --all
	assert_output ''
	run -0 ctr-conf get web EXTRA_NSPAWN_FLAGS
	assert_output --partial '--bind-ro=/srv/data --quiet'
	all_of "${places[@]}" >"$BATS_TEST_TMPDIR/b"
	diff "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
}

@test "the suite is installed while they run: none stops, and each can be stopped or restarted" {
	local leader
	leader=$(machinectl show db -p Leader --value)
	their_unit_off
	of_nixos_on
	assert_equal "$(machinectl show db -p Leader --value)" "$leader"
	reaches_out db
	nixos-container restart shared
	assert_equal "$(of shared hostname)" shared
	nixos-container stop shared
	nixos-container stop db
	run -0 nixos-container status db
	assert_output down
	links_are ve-web
}

@test "they start, with their addresses, data, ports, binds and interfaces" {
	local name
	for name in web nic; do nixos-container stop "$name"; done
	run -0 ctr-conf check --all
	assert_output ''
	for name in web nic db shared fl; do nixos-container start "$name"; done
	links_are c-db c-fl c-nic c-web
	for name in web nic db shared fl; do
		assert_equal "$(of "$name" cat '/var/lib/data/a file')" "of $name"
	done
	assert_equal "$(of db cat /etc/motto)" two
	assert_equal "$(of db hostname)" db
	assert_equal "$(of web cat /srv/data/file)" bound
	assert_equal "$(nixos-container show-ip db)" 10.233.1.2
	assert_equal "$(nixos-container show-host-key db 2>/dev/null || echo none)" none
	ping -qc 1 -W 2 10.233.1.2
	of nic ip link show mig0
	run -0 curl -s --retry 10 --retry-connrefused --retry-delay 1 http://127.0.0.1:8080/motto
	assert_output declared
	run -0 nixos-container verify
	assert_output ''
}

@test "the rules of the host work when the names of links in them are changed" {
	run ! reaches_out db
	their_nat 'c-*'
	reaches_out db
	reaches_out web
}

@test "what is declared is the configuration's, and stays" {
	run -1 nixos-container destroy web
	assert_output --partial "declared in the host's configuration"
	run -1 nixos-container update web
	assert_output --partial SYSTEM_PATH
	run -1 ctr-conf set web MTU=1400
	run ! nixos-container rename web site
	assert_equal "$(readlink "$their_confs/web.conf")" /etc/static/nixos-containers/web.conf
	grep -x Wants=container@web.service /run/systemd/generator/multi-user.target.d/nixos-container.conf
	grep -x Wants=container@db.service /run/systemd/generator/multi-user.target.d/nixos-container.conf
}

@test "they are updated, from their configuration too, and rolled back" {
	cp -p "$their_state/db/etc/nixos/configuration.nix" "$BATS_TEST_TMPDIR"
	sed -i 's/"two"/"three"/' "$their_state/db/etc/nixos/configuration.nix"
	nixos-container update db
	assert_equal "$(of db cat /etc/motto)" three
	nixos-container update db --config 'environment.etc.motto.text = "four";'
	assert_equal "$(of db cat /etc/motto)" four
	nixos-container rollback db 2
	assert_equal "$(of db cat /etc/motto)" two
	nix-env -p "$nix_state/profiles/per-container/db/system" --list-generations >"$BATS_TEST_TMPDIR/generations"
	assert_equal "$(grep -c . "$BATS_TEST_TMPDIR/generations")" 4
	grep -F '"three"' "$their_state/db/etc/nixos/configuration.nix.~1~"
	rm "$their_state/db/etc/nixos/configuration.nix.~1~"
	cp -p "$BATS_TEST_TMPDIR/configuration.nix" "$their_state/db/etc/nixos/configuration.nix"
}

@test "one that leaves its flake has no line of it, which theirs would build" {
	cp -p "$their_confs/fl.conf" "$BATS_TEST_TMPDIR"
	nixos-container update fl --no-apply --config ''
	run ! grep FLAKE "$their_confs/fl.conf"
	cp -p "$BATS_TEST_TMPDIR/fl.conf" "$their_confs/fl.conf"
	rm "$their_state/fl/etc/nixos/configuration.nix"
	mv "$their_state/fl/etc/nixos/configuration.nix.~1~" "$their_state/fl/etc/nixos/configuration.nix"
	nixos-container rollback fl 2
}

@test "one with underscores gets another name, and runs" {
	nixos-container rename my_old my-old
	nixos-container start my-old
	assert_equal "$(of my-old cat '/var/lib/data/a file')" 'of my_old'
}

@test "a clone of one is whole" {
	nixos-container stop db
	nixos-container clone db twin
	diff <(cd "$their_state/db" && all_of home var/lib/data) <(cd "$their_state/twin" && all_of home var/lib/data)
	nixos-container destroy twin
	nixos-container start db
}

@test "a collection of garbage takes none of their systems" {
	local system
	nix-collect-garbage >/dev/null
	for system in "$nix_state"/profiles/per-container/{db,shared,fl,my-old}/system-*-link/init; do assert_exists "$system"; done
	assert_exists "$(ctr-conf get web SYSTEM_PATH)/init"
}

@test "back: they are stopped, and nothing is lost" {
	local name
	nixos-container create -q new --config 'environment.etc.motto.text = "new";'
	of new sh -c 'echo mine >/root/mine; chown 1000 /root/mine'
	for name in web nic db shared fl my-old new; do nixos-container stop "$name"; done
	links_are
	ip link show mig0
	same_as_before
	assert_equal "$(cat "$BATS_FILE_TMPDIR/readings")" "$(bases=("${bases[@]/my_old/my-old}"); readings | sed 's/my-old/my_old/')"
}

@test "back: they run by the unit of NixOS, one that this suite created too" {
	ctr-conf set new PRIVATE_USERS=no
	run -0 reading new
	assert_line --regexp '^show-ip 10\.233\.'
	of_nixos_off
	their_unit_on
	their_nat 've-*'
	run -0 nft list tables
	refute_output --partial nixos-container
	systemctl start container@{web,nic,db,shared,fl,my-old,new}
	links_are ve-db ve-fl ve-my-old ve-new ve-web
	reaches_out db
	reaches_out web
	run -0 nsenter -a -t "$(machinectl show db -p Leader --value)" /run/current-system/bin/cat /etc/motto
	assert_output two
	run -0 nsenter -a -t "$(machinectl show new -p Leader --value)" /run/current-system/bin/stat -c '%u %s' /root/mine
	assert_output '1000 5'
	systemctl stop container@{web,nic,db,shared,fl,my-old,new}
	same_as_before
}

@test "back in the wrong order, the suite first: the commands of the page clear the host" {
	systemctl stop 'container@*'
	their_unit_off
	of_nixos_on
	nixos-container start db
	of_nixos_off
	their_unit_on
	systemctl stop container@db
	run ! systemctl start container@db
	for n in /run/netns/net-*; do ip netns delete "${n##*/}"; done
	nft delete table inet nixos-container
	systemctl stop 'container-nix-*' 'container-port-*'
	rm -r /run/nixos-container
	systemctl start container@db
	links_are ve-db
	systemctl stop container@db
}
