#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# ctr-conf list and show, with a systemctl that prints the file units.
load ../../lib/env

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir conf bin machines
	profiles=$PWD/nix/profiles/per-container
	mkdir -p "$profiles"
	export NIXOS_CONTAINER_CONF_DIR=$PWD/conf NIXOS_CONTAINER_STATE_DIR=$PWD/trees
	export NIX_STATE_DIR=$PWD/nix PATH=$PWD/bin:$PATH
	printf '#!/bin/sh\nprintf "%%s\\n" "$*" >>%q\ncat %q\n' "$PWD/calls" "$PWD/units" >bin/systemctl
	chmod +x bin/systemctl
	: >units
}

# unit NAME STATE [SINCE [MEMORY [TASKS]]] - add a unit to systemctl's output
unit() {
	[[ ! -s units ]] || echo >>units
	printf '%s\n' "Id=container@$1.service" "ActiveState=$2" "ActiveEnterTimestamp=${3-}" \
		"MemoryCurrent=${4-[not set]}" "TasksCurrent=${5-[not set]}" >>units
}

conf() { printf '%s\n' "${@:2}" >"conf/$1.conf"; }

# of NAME FILTER - print the result of a jq filter on that container's object
of() { ctr-conf show --machines "$PWD/machines" --json "$1" | jq -c "$2"; }

store=/nix/store/00000000000000000000000000000000-system

@test "list prints the names, sorted, and reads nothing else" {
	run -0 ctr-conf list
	assert_output ''
	touch conf/{web,db,a-b,-x,x-,a+b,a_b,registries,.new}.conf conf/{.web.pending,web.conf.bak}
	printf '\0\0' >conf/db.conf
	mkdir conf/dir.conf
	run -0 ctr-conf list
	assert_output $'a-b\na_b\ndb\ndir\nweb'
	run -0 ctr-conf list web db web
	assert_output $'db\nweb'
	assert_not_exist calls
	ASAN_OPTIONS=detect_leaks=0 strace -qq -e 'trace=openat,?open' -o opened ctr-conf list >/dev/null
	run ! grep -F .conf\" opened
}

@test "without a directory of settings, list prints nothing" {
	rmdir conf
	run -0 ctr-conf list
	assert_output ''
	run -0 ctr-conf list --long
	assert_output ''
	run -0 ctr-conf list --json
	assert_output '[]'
	run -0 ctr-conf list --dot
	assert_line --index 0 'graph containers {'
	run -1 ctr-conf show web
	assert_output "ctr-conf: web: no such container ($PWD/conf/web.conf is missing)"
	: >conf
	run -1 ctr-conf list
	assert_output "ctr-conf: open $PWD/conf: Not a directory"
}

@test "a container without settings is named, and nothing is printed" {
	conf web
	for form in '' --long --json --dot; do
		run -1 ctr-conf list $form web db
		assert_output "ctr-conf: db: no such container ($PWD/conf/db.conf is missing)"
	done
	run -1 ctr-conf show db
	assert_output "ctr-conf: db: no such container ($PWD/conf/db.conf is missing)"
	run -2 ctr-conf list a/b
	run -2 ctr-conf show
	run -1 ctr-conf show web db
	assert_output "ctr-conf: db: no such container ($PWD/conf/db.conf is missing)"
	run -2 ctr-conf show --long web
	run -2 ctr-conf list --long --json
	assert_output 'ctr-conf: list: expected one of --long, --json and --dot'
	run -2 ctr-conf list --json --machines no
	assert_output 'ctr-conf: not an absolute path: no (--machines)'
	NIX_STATE_DIR=no run -2 ctr-conf list
}

@test "list --long prints a table of state, generation, start and addresses" {
	conf web AUTO_START=1 PRIVATE_NETWORK=1 LOCAL_ADDRESS=10.1.0.2/24 LOCAL_ADDRESS6=fc00::2/64 HOST_BRIDGE=br0
	conf a-longer-name
	mkdir "$profiles/web"
	ln -s system-12-link "$profiles/web/system"
	unit web active 'Fri 2026-11-27 01:32:18 UTC' 73400320 12
	run -0 ctr-conf list -l
	assert_output "NAME           STATE     GEN    AUTO  USERS  SINCE (UTC)          ADDRESSES
a-longer-name  down      -      no    host   -                    -
web            up        12     yes   host   2026-11-27 01:32:18  10.1.0.2/24 fc00::2/64"
	run -0 ctr-conf list --long web
	assert_output "NAME  STATE     GEN    AUTO  USERS  SINCE (UTC)          ADDRESSES
web   up        12     yes   host   2026-11-27 01:32:18  10.1.0.2/24 fc00::2/64"
}

@test "users are its own with a range of the host's IDs, and the host's without" {
	local users
	for users in pick 1310720; do
		conf web PRIVATE_USERS=$users
		run -0 ctr-conf list --long web
		assert_line --regexp '^web .* own '
		run -0 ctr-conf show web
		assert_line --regexp '^users: +own$'
	done
	for users in no identity 0; do
		conf web PRIVATE_USERS=$users
		run -0 ctr-conf list --long web
		assert_line --regexp '^web .* host '
		run -0 ctr-conf show web
		assert_line --regexp '^users: +host$'
	done
}

@test "systemd is asked once, about all containers or about the one shown" {
	conf web
	conf db
	ctr-conf list --json >json
	ctr-conf list --long db web >table
	ctr-conf show web >shown
	ctr-conf show web db >both
	local ask='show --timestamp=utc -p Id -p ActiveState -p ActiveEnterTimestamp -p MemoryCurrent -p TasksCurrent'
	assert_equal "$(cat calls)" "$ask container@*.service
$ask container@*.service
$ask container@web.service
$ask container@*.service"
}

@test "show describes several containers, in JSON as an array" {
	conf web NAT=1
	conf db
	{ ctr-conf show db; echo; ctr-conf show web; } >each
	ctr-conf show web db >both
	diff each both
	assert_equal "$(ctr-conf show --json web db)" "$(ctr-conf list --json)"
	# As an object, where it is one.
	assert_equal "$(ctr-conf show --json db | jq -r .name)" db
}

@test "the state is that of the unit, or up while its machine runs" {
	local pair
	for pair in active:up reloading:up refreshing:up activating:starting deactivating:stopping \
		failed:failed inactive:down maintenance:down; do
		: >units
		conf web
		unit other active 'Fri 2026-11-27 01:32:18 UTC'
		unit web "${pair%:*}" 'Fri 2026-11-27 01:32:18 UTC'
		unit x+y active
		unit web.service failed
		assert_equal "$(of web .state)" "\"${pair#*:}\""
	done
	for pair in activating:starting deactivating:stopping failed:up inactive:up; do
		: >units
		unit web "${pair%:*}" 'Fri 2026-11-27 01:32:18 UTC'
		printf 'NAME=web\nLEADER=4242\nROOT=/x\n' >machines/web
		assert_equal "$(of web '[.state, .since, .leader]')" "[\"${pair#*:}\",null,4242]"
	done
	: >units
	assert_equal "$(of web '[.state, .leader]')" '["up",4242]'
	for bad in 'LEADER=' 'LEADER=-1' 'LEADER=1x' 'LEADER=99999999999' 'XLEADER=1' ''; do
		echo "$bad" >machines/web
		assert_equal "$(of web '[.state, .leader]')" '["down",null]'
	done
}

@test "numbers that systemd does not know are null" {
	conf web
	unit web active 'Fri 2026-11-27 01:32:18 UTC' 73400320 12
	assert_equal "$(of web '[.since, .memory, .tasks]')" '["2026-11-27T01:32:18Z",73400320,12]'
	for no in '' '[not set]' 18446744073709551615 99999999999999999999 -1 1x; do
		: >units
		unit web active 'Fri 2026-11-27 01:32:18 CET' "$no" "$no"
		assert_equal "$(of web '[.since, .memory, .tasks]')" '[null,null,null]'
	done
}

@test "without systemd or systemctl all containers are listed as down" {
	conf web
	printf '#!/bin/sh\necho "System has not been booted with systemd" >&2\nexit 1\n' >bin/systemctl
	run -0 ctr-conf list --long --machines /no/such
	assert_line --regexp '^web +down '
	assert_equal "${#lines[@]}" 2
	rm bin/systemctl
	mkdir empty
	cp "$(command -v ctr-conf)" empty/
	PATH=$PWD/empty run -0 ctr-conf list --long
	assert_line --regexp '^web +down '
}

@test "the generation is read only from a link in Nix's form" {
	conf web
	mkdir "$profiles/web"
	cd "$profiles/web"
	ln -s "$store" system-7-link
	ln -s system-7-link system
	cd "$BATS_TEST_TMPDIR"
	assert_equal "$(of web '[.generation, .system]')" "[7,\"$store\"]"
	for bad in $'system-7-link\n' system-07-link system--1-link system-x-link system-4294967296-link \
		system-7-link/../x ../db/system-7-link /etc/passwd system-7 "system-$(printf '%0999d' 7)-link" \
		$'x\nlrwxrwxrwx 1 root root 13 Jan 1 00:00 web/system -> system-9-link'; do
		ln -sfn "$bad" "$profiles/web/system"
		assert_equal "$(of web '[.generation, .system]')" '[null,null]'
	done
	# A link in place of the folder is not followed.
	mv "$profiles/web" "$profiles/db"
	ln -sfn system-7-link "$profiles/db/system"
	ln -s db "$profiles/web"
	assert_equal "$(of web .generation)" null
}

@test "the system is a printable store path, or that of the settings" {
	conf web
	mkdir "$profiles/web"
	ln -s system-7-link "$profiles/web/system"
	for bad in /etc /nix/storex/a /nix/store /nix/store/../etc /nix/store/a/../../etc $'/nix/store/a\e[2J' \
		$'/nix/store/a\nb' $'/nix/store/\xc2\x85' $'/nix/store/\xe2\x80\xae' $'/nix/store/\xff' ../store/a; do
		ln -sfn "$bad" "$profiles/web/system-7-link"
		assert_equal "$(of web '[.generation, .system]')" '[7,null]'
		run -0 ctr-conf show web
		refute_line --regexp '^system:'
	done
	ln -sfn "$PWD/store/abc" "$profiles/web/system-7-link"
	NIX_STORE_DIR=$PWD/store run -0 of web .system
	assert_output "\"$PWD/store/abc\""
	conf web SYSTEM_PATH=/nix/other
	assert_equal "$(of web '[.system, .systemPath]')" '["/nix/other","/nix/other"]'
}

@test "show describes a container, without lines for unset settings" {
	conf web AUTO_START=1 FLAKE=/srv/x#web PRIVATE_NETWORK=1 HOST_ADDRESS=10.1.0.1 LOCAL_ADDRESS=10.1.0.2 \
		HOST_ADDRESS6=fc00::1 LOCAL_ADDRESS6=fc00::2 HOST_PORT=80,udp:53:54
	mkdir "$profiles/web"
	ln -s "$store" "$profiles/web/system-3-link"
	ln -s system-3-link "$profiles/web/system"
	echo LEADER=77 >machines/web
	unit web active 'Fri 2026-11-27 01:32:18 UTC' 73400320 12
	run -0 ctr-conf show web --machines "$PWD/machines"
	assert_output "name:        web
state:       up
since:       2026-11-27T01:32:18Z
leader:      77
memory:      70 MiB
tasks:       12
unit:        container@web.service
root:        $PWD/trees/web
settings:    $PWD/conf/web.conf
system:      $store
generation:  3
flake:       /srv/x#web
autostart:   yes
users:       host
addresses:   10.1.0.2 fc00::2
host:        10.1.0.1 fc00::1
ports:       80,udp:53:54"
	: >units
	unit web active '' 10240
	run -0 ctr-conf show web
	assert_line 'memory:      10 KiB'
	conf db NAT=maybe PRIVATE_NETWORK=1 HOST_BRIDGE=br0 NO=1
	run -0 ctr-conf show db
	assert_output "name:        db
state:       down
unit:        container@db.service
root:        $PWD/trees/db
settings:    $PWD/conf/db.conf
autostart:   no
users:       host
bridge:      br0
error:       $PWD/conf/db.conf:1: NAT: invalid value \"maybe\" (expected 0 or 1)
error:       $PWD/conf/db.conf:4: NO: unknown setting"
}

# schema - check the objects in a list: they have these members and no others
schema() {
	jq -e '
	def text: type == "string";
	def text_or_null: type == "string" or . == null;
	def number_or_null: type == "number" or . == null;
	def flag: type == "boolean";
	def texts: type == "array" and all(text);
	def has_only($names): keys == ($names | sort);
	def addresses: type == "array" and all(has_only(["address", "prefix"]) and
		(.address | text and (contains("/") | not)) and (.prefix | number_or_null));
	type == "array" and all(
		has_only(["name", "state", "since", "leader", "memory", "tasks", "unit", "root", "settings",
			"autoStart", "systemPath", "flake", "configFile", "declaredIn", "generation", "system", "privateNetwork",
			"addresses", "hostAddresses", "bridge", "mac", "mtu", "gateways", "ports", "nat",
			"allowFrom", "resolveContainers", "nixDaemon", "extraVeths", "interfaces", "macvlans",
			"networkNamespacePath", "binds", "tmpfs", "devices", "credentials", "capabilities", "limits",
			"privateUsers", "store", "ephemeral", "after", "requires", "errors"]) and
		([.name, .state, .unit, .root, .settings] | texts) and
		(.state | IN("up", "starting", "stopping", "failed", "down")) and
		(.since == null or (.since | fromdateiso8601 > 0)) and
		([.leader, .memory, .tasks, .generation, .mtu] | all(number_or_null)) and
		([.systemPath, .flake, .configFile, .declaredIn, .system, .bridge, .mac, .networkNamespacePath, .privateUsers, .store] |
			all(text_or_null)) and
		([.autoStart, .privateNetwork, .nat, .resolveContainers, .nixDaemon, .ephemeral] | all(flag)) and
		([.gateways, .allowFrom, .interfaces, .tmpfs, .devices, .credentials, .capabilities, .after, .requires, .errors] |
			all(texts)) and
		(.addresses | addresses) and (.hostAddresses | addresses) and
		(.ports | all(has_only(["protocol", "hostPort", "containerPort", "hostAddress", "hostInterface",
			"hostPortLast"]) and (.protocol | IN("tcp", "udp")) and .hostPort > 0 and .containerPort > 0 and
			.hostPortLast >= .hostPort and ([.hostAddress, .hostInterface] | all(text_or_null)))) and
		(.extraVeths | all(
			has_only(["name", "addresses", "hostAddresses", "bridge", "mac", "mtu"]) and
			(.name | text) and (.addresses | addresses) and (.hostAddresses | addresses) and
			([.bridge, .mac] | all(text_or_null)) and (.mtu | number_or_null))) and
		(.macvlans | all(has_only(["interface", "name", "mode"]) and (.interface | text) and
			([.name, .mode] | all(text_or_null)))) and
		(.binds | all(has_only(["source", "target", "options", "readOnly"]) and
			(.target | text) and ([.source, .options] | all(text_or_null)) and
			(.readOnly | flag))) and
		(.limits | has_only(["memoryMax", "memorySwapMax", "cpuQuota", "allowedCpus",
			"ioWeight", "ioReadBandwidthMax", "ioWriteBandwidthMax", "tasksMax"]) and all(text_or_null)))'
}

@test "list and show print the JSON described in the page" {
	conf none
	conf bad 'NAT=x' 'no line' $'FLAKE="a' 'HOST_PORT=80,x'
	conf all 'SYSTEM_PATH=/nix/store/x' 'FLAKE="/srv/\"x\\"' AUTO_START=1 EPHEMERAL=1 PRIVATE_NETWORK=1 \
		'HOST_ADDRESS=10.1.0.1' 'LOCAL_ADDRESS=10.1.0.2/24,10.1.0.3' HOST_ADDRESS6=fc00::1 \
		LOCAL_ADDRESS6=fc00::2/64 GATEWAY=10.1.0.9 GATEWAY6=fc00::9 HOST_BRIDGE=br0 \
		LOCAL_MAC_ADDRESS=02:00:00:00:00:07 MTU=1400 HOST_PORT=tcp:8080:80,udp:53,[::1]:81,udp:eth0:90-92 NAT=1 \
		'EXTRA_VETHS="v1 v2:bridge=br1,local=10.3.0.2/24,local=fc01::2,host=10.3.0.1,mac=02:00:00:00:00:08,mtu=1300"' \
		'INTERFACES="eth1 eth2"' 'MACVLANS="lan0 lan1:in lan2::vepa"' RESOLVE_CONTAINERS=1 \
		"BIND=\"/srv/data:/data:norbind '/srv/my data' +/var:/x :/y +/z '/a\\\\:b'\"" BIND_RO=/usr \
		'TMPFS="/tmp /c:size=1M"' DEVICES=/dev/fuse:rw PRIVATE_USERS=pick \
		CAPABILITIES=CAP_SYS_TIME,CAP_IPC_LOCK MEMORY_MAX=1G MEMORY_SWAP_MAX=0 ALLOWED_CPUS="0 1" IO_WEIGHT=50 CREDENTIALS=a:/b \
		IO_READ_BANDWIDTH_MAX=/:1M IO_WRITE_BANDWIDTH_MAX=/:2M CPU_QUOTA=50% TASKS_MAX=100 \
		'AFTER="none x.mount"' REQUIRES=none
	unit all active 'Fri 2026-11-27 01:32:18 UTC' 73400320 12
	run -0 ctr-conf list --json
	schema <<<"$output"
	assert_equal "$(jq -c 'map(.name)' <<<"$output")" '["all","bad","none"]'
	local list=$output name
	for name in all bad none; do
		assert_equal "$(ctr-conf show --json "$name" | jq -cS .)" \
			"$(jq -cS --arg n "$name" '.[] | select(.name == $n)' <<<"$list")"
	done
	assert_equal "$(ctr-conf list --json all | jq -c '.[0] | [.flake, .addresses, .hostAddresses, .gateways]')" \
		'["/srv/\"x\\",[{"address":"10.1.0.2","prefix":24},{"address":"10.1.0.3","prefix":null},{"address":"fc00::2","prefix":64}],[{"address":"10.1.0.1","prefix":null},{"address":"fc00::1","prefix":null}],["10.1.0.9","fc00::9"]]'
	assert_equal "$(of all '[.ports, .extraVeths]')" \
		'[[{"protocol":"tcp","hostPort":8080,"containerPort":80,"hostAddress":null,"hostInterface":null,"hostPortLast":8080},{"protocol":"udp","hostPort":53,"containerPort":53,"hostAddress":null,"hostInterface":null,"hostPortLast":53},{"protocol":"tcp","hostPort":81,"containerPort":81,"hostAddress":"::1","hostInterface":null,"hostPortLast":81},{"protocol":"udp","hostPort":90,"containerPort":90,"hostAddress":null,"hostInterface":"eth0","hostPortLast":92}],[{"name":"v1","addresses":[],"hostAddresses":[],"bridge":null,"mac":null,"mtu":null},{"name":"v2","addresses":[{"address":"10.3.0.2","prefix":24},{"address":"fc01::2","prefix":null}],"hostAddresses":[{"address":"10.3.0.1","prefix":null}],"bridge":"br1","mac":"02:00:00:00:00:08","mtu":1300}]]'
	assert_equal "$(of all '.binds | map([.source, .target, .options, .readOnly])')" \
		'[["/srv/data","/data","norbind",false],["/srv/my data","/srv/my data",null,false],["+/var","/x",null,false],[null,"/y",null,false],["+/z","/z",null,false],["/a:b","/a:b",null,false],["/usr","/usr",null,true]]'
	assert_equal "$(of all '[.macvlans, .interfaces, .capabilities, .limits, .credentials, .after]')" \
		'[[{"interface":"lan0","name":null,"mode":null},{"interface":"lan1","name":"in","mode":null},{"interface":"lan2","name":null,"mode":"vepa"}],["eth1","eth2"],["CAP_SYS_TIME","CAP_IPC_LOCK"],{"memoryMax":"1G","memorySwapMax":"0","cpuQuota":"50%","allowedCpus":"0 1","ioWeight":"50","ioReadBandwidthMax":"/:1M","ioWriteBandwidthMax":"/:2M","tasksMax":"100"},["a:/b"],["none","x.mount"]]'
	conf db 'ALLOW_FROM="web, lan 192.0.2.0/24"'
	assert_equal "$(of db '.allowFrom')" '["web","lan","192.0.2.0/24"]'
	run -0 ctr-conf show db
	assert_line 'allow from:  web, lan 192.0.2.0/24'
	assert_equal "$(of none 'del(.name, .state, .unit, .root, .settings, .nixDaemon) |
		[paths(scalars)]')" '[]'
	# The page has exactly these members.
	assert_equal "$(sed -n 's/^\.It Va \(.*\) Pq .*/\1/p' "$TOP/bin/ctr-conf.8" | sed 's/ , /\n/g' | sort)" \
		"$(of none 'keys[]' | tr -d '"' | sort)"
}

@test "with bad settings, the valid ones are listed, and the errors" {
	conf bad NAT=x MTU=1400 'no line'
	conf clash NAT=1
	ln -s /no/such conf/gone.conf
	mkdir conf/dir.conf
	printf 'FLAKE=\e[2J\n' >conf/esc.conf
	printf '#%065536d' 0 >conf/huge.conf
	run -0 --separate-stderr ctr-conf list --json
	assert_equal "$stderr" ''
	schema <<<"$output"
	assert_equal "$(jq -c 'map([.name, .mtu, (.errors | map(sub(".*[.]conf:"; "")))])' <<<"$output")" \
		'[["bad",1400,["1: NAT: invalid value \"x\" (expected 0 or 1)","3: expected KEY=VALUE"]],["clash",null,["1: NAT needs PRIVATE_NETWORK=1"]],["dir",null,[" not a regular file"]],["esc",null,["1: control character"]],["gone",null,[" No such file or directory"]],["huge",null,[" more than 65536 bytes"]]]'
	run -0 ctr-conf list --long
	assert_equal "${#lines[@]}" 7
}

@test "many errors are only counted, and a shortened one is UTF-8 in JSON" {
	printf 'x\n%.0s' {1..5000} >conf/bad.conf
	run -0 ctr-conf list --json
	schema <<<"$output"
	assert_equal "$(jq -r '.[0].errors[-1] | sub("[0-9]+"; "N")' <<<"$output")" 'N further errors'
	((${#output} < 40000))
	# A message shortens a long value in the middle of a character.
	conf bad "NAT=x$(printf 'é%.0s' {1..100})"
	run -0 ctr-conf list --json
	jq -e '.[0].errors[0] | test("x(é)+\ufffd")' <<<"$output"
	iconv -f UTF-8 -t UTF-8 <<<"$output" >/dev/null
}

@test "control characters and bidirectional controls are not printed raw" {
	local rlo=$'\xe2\x80\xae' rli=$'\xe2\x81\xa7' lrm=$'\xe2\x80\x8e'
	conf web "FLAKE=\"a${rlo}b${rli}c${lrm}d	e\"" PRIVATE_NETWORK=1 HOST_BRIDGE=br0 \
		$'LOCAL_ADDRESS="10.1.0.2/24\t10.1.0.3/24"'
	run -0 ctr-conf show web
	assert_line 'flake:       a\xe2\x80\xaeb\xe2\x81\xa7c\xe2\x80\x8ed\x09e'
	assert_line 'addresses:   10.1.0.2/24\x0910.1.0.3/24'
	run -0 ctr-conf list --json
	assert_output --partial '"flake":"a\u202eb\u2067c\u200ed\u0009e"'
	mkdir "$NIXOS_CONTAINER_STATE_DIR"
	mv conf $'c\e[2J\xc2\x85'
	export NIXOS_CONTAINER_CONF_DIR=$PWD/$'c\e[2J\xc2\x85'
	for form in 'list --long' 'list --json' 'list --dot' 'show web' 'show --json web' 'show no'; do
		run ctr-conf $form
		run ! grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]' <<<"$output"
	done
}

# is_dot - is the output valid DOT, of the parts that we use?
is_dot() {
	assert_line --index 0 'graph containers {'
	assert_equal "${lines[-1]}" '}'
	local word='("([^"\\]|\\.)*"|[a-z0-9]+)'
	local list="\[($word=$word *)+\]"
	run ! grep -vE "^	((graph|node) $list|$word $list|$word -- $word( $list)?);$" \
		<<<"$(sed '1d; $d' <<<"$output")"
}

@test "list --dot draws bridges, addresses, ports and other links" {
	conf web PRIVATE_NETWORK=1 HOST_ADDRESS=10.1.0.1 LOCAL_ADDRESS=10.1.0.2 LOCAL_ADDRESS6=fc00::2 \
		HOST_PORT=tcp:80:8080,udp:53
	conf db PRIVATE_NETWORK=1 HOST_BRIDGE=br0 LOCAL_ADDRESS=10.2.0.2/24
	conf br0 PRIVATE_NETWORK=1 HOST_BRIDGE=br0 HOST_ADDRESS=10.2.0.1
	conf plain AUTO_START=1
	conf vpn "NETWORK_NAMESPACE_PATH='/run/netns/v\"p\\n'"
	conf router 'INTERFACES="wan0 wan1"' MACVLANS=lan0:x
	conf extra PRIVATE_NETWORK=1 \
		'EXTRA_VETHS="v1:bridge=br1,local=10.3.0.2/24 v2:host=10.4.0.1,local=10.4.0.2,local=fc00::4"'
	unit web active
	run -0 ctr-conf list --dot
	assert_output - <<END
graph containers {
	graph [rankdir="LR" nodesep="0.15" ranksep="1.5"];
	node [shape=box];
	"host" [label="$(uname -n)" shape=box3d];
	"container br0" [label="br0" style=dotted];
	"bridge br0" [shape=ellipse label="br0"];
	"host" -- "bridge br0";
	"bridge br0" -- "container br0";
	"container db" [label="db\\n10.2.0.2/24" style=dotted];
	"bridge br0" -- "container db";
	"container extra" [label="extra" style=dotted];
	"host" -- "container extra";
	"bridge br1" [shape=ellipse label="br1"];
	"host" -- "bridge br1";
	"bridge br1" -- "container extra" [label="10.3.0.2/24"];
	"host" -- "container extra" [label="10.4.0.1 10.4.0.2 fc00::4"];
	"container plain" [label="plain" style=dotted];
	"host" -- "container plain" [style=bold label="network of the host"];
	"container router" [label="router" style=dotted];
	"interface wan0" [shape=plain label="wan0"];
	"interface wan0" -- "container router" [label="moved"];
	"interface wan1" [shape=plain label="wan1"];
	"interface wan1" -- "container router" [label="moved"];
	"interface lan0" [shape=plain label="lan0"];
	"interface lan0" -- "container router" [label="macvlan"];
	"container vpn" [label="vpn" style=dotted];
	"namespace /run/netns/v\"p\\\\n" [shape=ellipse label="/run/netns/v\"p\\\\n"];
	"namespace /run/netns/v\"p\\\\n" -- "container vpn";
	"container web" [label="web\\n10.1.0.2\\nfc00::2\\ntcp:80:8080\\nudp:53"];
	"host" -- "container web" [label="10.1.0.1"];
}
END
	is_dot
	run -0 ctr-conf list --dot plain vpn
	is_dot
	refute_output --partial br0
}

# bats test_tags=long
@test "ten thousand containers are listed in 8 MiB" {
	[[ $BUILD != */sanitize ]] || skip "the sanitizer takes more memory"
	mkdir many
	(cd many && seq -f 'n%05.0f.conf' 10000 | xargs touch)
	seq -f '%05.0f' 10000 | sed 's/.*/Id=container@n&.service\nActiveState=active\nMemoryCurrent=7\n/' >units
	printf 'PRIVATE_NETWORK=1\nEXTRA_VETHS="v:bridge=br1"\n' >many/n00001.conf
	export NIXOS_CONTAINER_CONF_DIR=$PWD/many
	for form in '' --long --json --dot; do
		# Mapped memory is more than resident memory.
		bash -c "ulimit -v 8192; exec ctr-conf list $form" >"out$form"
		(($(wc -l <"out$form") >= 10000))
	done
	assert_equal "$(jq -c '[length, (map(select(.state == "up" and .memory == 7)) | length)]' out--json)" \
		'[10000,10000]'
}

@test "it fails if the output cannot be written" {
	conf web
	for words in list 'list --json' 'show web' address; do
		run -1 bash -c "ctr-conf $words >/dev/full"
		assert_output --partial 'write the output'
	done
}
