#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# minimal.bats - the built-in system: what it accepts, builds, boots and switches
#
# A container here is init as process 1 of new namespaces, in an empty root with
# the store bound: the same as with systemd-nspawn, but without systemd.
load ../../lib/env

MINIMAL=$BUILD/share/nixos-container/systems/minimal

setup_file() {
	export NIX=$BATS_FILE_TMPDIR/nix HOME=$BATS_FILE_TMPDIR
	export NIX_STORE_DIR=$NIX/store NIX_STATE_DIR=$NIX/var \
		NIX_LOG_DIR=$NIX/log NIX_CONF_DIR=$NIX/etc
	export NIX_CONFIG=$'build-users-group =\nsandbox = false\nsubstituters ='
}

setup() {
	cd "$BATS_TEST_TMPDIR"
	command -v nix-build >/dev/null || skip "needs nix-build"
	[[ -x $MINIMAL/init && -x $MINIMAL/ctr-console ]] || skip "needs init and ctr-console, built"
	[[ -x /bin/busybox ]] || skip "needs a static busybox"
}

teardown() {
	[[ -z ${LEADER-} ]] || kill -KILL "$LEADER" 2>/dev/null || :
	[[ -z ${LISTENER-} ]] || kill "$LISTENER" 2>/dev/null || :
}

# system TEXT [option...] - build the system of a configuration, print its path
system() {
	printf '%s\n' "$1" >configuration.nix
	shift
	nix-build --no-out-link -I nixos-config="$PWD/configuration.nix" \
		"$MINIMAL" -A system "$@" 2>build.log || { cat build.log; return 1; }
}

# evaluate TEXT - print the derivation, or the error, one line
#
# Later releases of Nix print "error:" alone, a trace, and then the indented error.
evaluate() {
	printf '%s\n' "$1" >configuration.nix
	nix-instantiate -I nixos-config="$PWD/configuration.nix" "$MINIMAL" -A system 2>&1 |
		grep -v -e "^(use '--show-trace'" -e '^warning: you did not specify' -e '^$' |
		sed -E '/^error:$/,/^ +error: /{ /^ +error: /!d; s/^ +//; }'
}

refused() {
	run evaluate "$1"
	assert_output "error: minimal system: $2"
}

# start SYSTEM - boot it in ./root; READY=1 arrives in ./ready
start() {
	: >ready
	mkdir -p root/usr root/proc root/run root/dev "root$NIX_STORE_DIR"
	rm -f root/var/lib/*.socket
	socat -u UNIX-RECV:notify SYSTEM:'stdbuf -o0 cat >>ready' 3>&- &
	LISTENER=$!
	until_true 5 test -S notify
	# shellcheck disable=SC2016
	unshare --fork --pid --mount --uts --ipc --net --propagation private \
		sh -euc '
		mount -t proc proc root/proc
		mount -t tmpfs run root/run
		mount --rbind /dev root/dev
		mount --bind "$NIX_STORE_DIR" "root$NIX_STORE_DIR"
		: >root/run/notify
		mount --bind notify root/run/notify
		NOTIFY_SOCKET=/run/notify exec chroot root "$1/init"
	' sh "$1" </dev/null >console.log 2>&1 3>&- &
	UNSHARE=$!
	until_true 10 grep -q READY=1 ready || { cat console.log; return 1; }
	LEADER=$(pgrep -P "$UNSHARE")
	kill "$LISTENER"
}

# inside TEXT - run it in a root shell in the container
inside() { printf '%s\n' "$1" | socat -t10 - UNIX:root/var/lib/root-shell.socket; }

# ended STATUS - init must end, and unshare exit with STATUS: 128 + signal
ended() {
	until_true "${2:-5}" init_is_gone
	local status=0
	wait "$UNSHARE" || status=$?
	assert_equal "$status" "$1"
	LEADER=
}

init_is_gone() { ! kill -0 "$LEADER" 2>/dev/null; }

switched() { inside "$1/bin/switch-to-configuration ${2:-test} 2>&1; echo status \$?"; }

@test "an unknown option is refused, with its full name and the file" {
	refused '{ networking.firewall.enable = true; }' \
		"unknown option 'networking.firewall.enable' in $PWD/configuration.nix"
	refused '{ lib, ... }: { networking = lib.mkIf false { foo.bar = 1; }; }' \
		"unknown option 'networking.foo.bar' in $PWD/configuration.nix"
	refused '{ services.openssh.enable = true; }' \
		"unknown option 'services.openssh.enable' in $PWD/configuration.nix"
	refused '{ pkgs, ... }: { environment.systemPackages = [ pkgs.vim ]; }' \
		"unknown option 'environment.systemPackages' in $PWD/configuration.nix"
	refused '{ environment.etc."a b".mode = "0600"; }' \
		"unknown option 'environment.etc.\"a b\".mode' in $PWD/configuration.nix"
	echo '{ swapDevices = [ ]; }' >other.nix
	refused '{ imports = [ ./other.nix ]; }' \
		"unknown option 'swapDevices' in $PWD/other.nix"
}

@test "a value of the wrong type is refused, with its option and the file" {
	refused '{ networking.hostName = 5; }' "option 'networking.hostName' in $PWD/configuration.nix must be a host name, not 5"
	refused '{ networking.hostName = "a b"; }' "option 'networking.hostName' in $PWD/configuration.nix must be a host name, not \"a b\""
	refused '{ services.web = "httpd"; }' "option 'services.web' in $PWD/configuration.nix must be a set, not \"httpd\""
	refused '{ environment.etc.motd.text = [ ]; }' "option 'environment.etc.motd.text' in $PWD/configuration.nix must be a string, not a list"
	refused '{ environment.etc."../x".text = ""; }' "the name of 'environment.etc.\"../x\"' in $PWD/configuration.nix must be a path below /etc"
	refused '{ services."../x".command = ""; }' "the name of 'services.\"../x\"' in $PWD/configuration.nix must be letters, digits, '_', '.' and '-', and not ctr-console"
	refused '{ services.web = { }; }' "services.web has no command"
	refused '[ ]' "$PWD/configuration.nix must hold a set, or a function that returns one, not a list"
}

@test "two values of one option are refused, with both files" {
	echo '{ networking.hostName = "b"; }' >b.nix
	refused '{ imports = [ ./b.nix ]; networking.hostName = "a"; }' \
		"option 'networking.hostName' has different values in $PWD/configuration.nix and $PWD/b.nix"
}

@test "a package other than busybox is refused, and named" {
	run evaluate '{ pkgs, ... }: { services.a.command = "${pkgs.nginx}/bin/nginx"; }'
	assert_line --index 0 "error: attribute 'nginx' missing"
}

@test "the configuration that nixos-container writes is accepted" {
	echo '{ networking.hostName = "mine"; system.stateVersion = "24.05"; }' >mine.nix
	run evaluate '{ lib, options, ... }: {
		boot = if options.boot ? isNspawnContainer then { isNspawnContainer = true; }
		  else { isContainer = true; };
		networking.hostName = lib.mkDefault "c";
		networking.useDHCP = lib.mkOverride 900 false;
		imports = [ ({ config, lib, pkgs, ... }: with lib; { imports = [ ./mine.nix ]; }) ];
	}'
	assert_output --partial -minimal-system-mine.drv
}

@test "properties, imports and the final config behave as in NixOS" {
	echo '{ lib, ... }: { config = { environment.etc.motd.text = lib.mkDefault "no"; services.n.command = "x"; }; }' >two.nix
	sys=$(system '{ config, lib, pkgs, ... }: with lib; {
		imports = [ ./two.nix ./two.nix { services.m.command = "${pkgs.busybox}/bin/sleep 9"; } ];
		networking.hostName = mkMerge [ (mkIf false "x") (mkForce "y") "z" ];
		environment.etc = mkIf (config.networking.hostName == "y") {
			motd.text = "on ${config.networking.hostName}";
			gone = mkIf false { text = ""; };
			"a/file".source = ./two.nix;
		};
		services = mkMerge [ { o = optionalAttrs true { command = "y"; }; } ];
	}')
	assert_equal "$(cat "$sys/etc/motd")" "on y"
	assert_equal "$(cat "$sys/etc/hostname")" y
	cmp two.nix "$sys/etc/a/file"
	assert_equal "$(cd "$sys/services" && echo *)" "ctr-console m n o"
	run ! test -e "$sys/etc/gone"
}

@test "it builds offline in Nix's sandbox, from the store only" {
	export NIX_CONFIG=$'build-users-group =\nsandbox = true\nsandbox-fallback = false\nsandbox-paths =\nsubstituters ='
	sys=$(system '{ networking.hostName = "boxed"; environment.etc.x.text = "y"; services.s.command = "sleep 1"; }')
	assert_file_exist "$sys/init"
	run nix-store -qR "$sys"
	refute_output --partial /bin/busybox
	run nix-store --verify-path "$sys"
	assert_success
}

@test "it builds silently as a build user, which owns nothing in the store" {
	# Build users for this test only, in a mount namespace.
	cp /etc/passwd /etc/group .
	echo "nixbld1:x:30001:30000::/var/empty:/bin/false" >>passwd
	echo "nixbld:x:30000:nixbld1" >>group
	export NIX_CONFIG=$'build-users-group = nixbld\nsandbox = true\nsandbox-fallback = false\nsandbox-paths =\nsubstituters ='
	export MINIMAL
	export -f system
	sys=$(unshare -m --propagation private bash -euc '
		mount --bind passwd /etc/passwd
		mount --bind group /etc/group
		system "{ networking.hostName = \"users\"; }"')
	assert_link_exist "$sys/bin/ls"
	grep -q '^building ' build.log
	# All other lines are of the builders.
	run grep -vE '^(th(is|ese) .*:|  /.*\.drv|building .*)$' build.log
	assert_output ""
}

@test "nix-env can install it into a profile" {
	echo '{ }' >configuration.nix
	nix-env -p "$PWD/profile" -I nixos-config="$PWD/configuration.nix" -f "$MINIMAL" --set -A system
	assert_file_exist profile/init profile/bin/switch-to-configuration profile/sw/bin/sh
}

@test "a busybox that is not static is refused" {
	cp /usr/bin/env busybox
	run ! system '{ }' -I busybox="$PWD/busybox"
	assert_output --partial "-busybox: dynamically linked, but it must be static"
	echo text >busybox
	run ! system '{ }' -I busybox="$PWD/busybox"
	assert_output --partial "-busybox: not a program of this machine"
	run ! system '{ }' -I busybox="$PWD/nothing" --argstr busybox "$PWD/nothing"
	assert_output --partial "minimal system: $PWD/nothing: no such busybox"
}

@test "it boots in an empty root, and is ready when the root shell answers" {
	sys=$(system '{ networking.hostName = "box"; environment.etc."www/x".text = "y\n"; }')
	start "$sys"
	run inside 'hostname; cat /etc/www/x; readlink /run/current-system; readlink /run/booted-system; echo $PATH; id -u; cat /proc/1/comm'
	assert_output "box
y
$sys
$sys
/run/current-system/bin
0
init"
	assert_equal "$(stat -c %a root/etc/shadow root/root root/var/tmp | tr '\n' ' ')" "600 700 1777 "
}

@test "a service is restarted, finds busybox, and has no descriptor or socket of init" {
	start "$(system '{ services.s.command = "ls -l /proc/self/fd >/run/fds; env >/run/env; exec sleep 1000"; }')"
	run inside 'cat /run/fds | grep -c -e socket: -e signalfd; grep NOTIFY /run/env; pidof sleep'
	assert_line --index 0 0
	assert_equal "${#lines[@]}" 2
	first=${lines[1]}
	inside "sleep 1.1; kill $first"
	# It ran longer than a second, so it restarts at once.
	run inside 'usleep 300000; pidof sleep'
	assert [ "$output" != "$first" ]
	grep "init: service s: signal 15" console.log
}

@test "a service that fails at once is restarted a second later, not sooner" {
	start "$(system '{ services.s.command = "echo x >>/root/runs; exit 3"; }')"
	until_true 5 grep -q 'service s: exit 3, again in 1 s' console.log
	until_true 5 test "$(wc -l <root/root/runs)" -ge 1
	sleep 0.4
	assert_equal "$(wc -l <root/root/runs)" 1
	runs_twice() { (($(wc -l <root/root/runs) == 2)); }
	until_true 3 runs_twice
}

@test "orphans are reaped" {
	start "$(system '{ }')"
	inside 'for i in 1 2 3 4 5 6 7 8; do (sleep 0.1 &) ; done; sleep 0.5'
	run inside 'grep -l "^State:.Z" /proc/[0-9]*/status 2>/dev/null | wc -l'
	assert_output 0
}

@test "SIGRTMIN+3 stops the services in order and powers off" {
	start "$(system '{ services.s.command = "trap \"echo bye >/root/bye; exit\" TERM; echo >/root/up; while :; do sleep 0.05; done"; }')"
	until_true 5 test -e root/root/up
	kill -37 "$LEADER"	# 34 + 3, as systemd-nspawn sends it
	ended 130		# the kernel turns a power off into SIGINT
	assert_file_exist root/root/bye
}

@test "a service that ignores SIGTERM delays a stop by five seconds, a shell does not" {
	start "$(system '{ }')"
	inside 'trap "" TERM; echo >/root/up; while :; do sleep 0.1; done' &
	until_true 5 test -e root/root/up
	kill -37 "$LEADER"
	ended 130 2
	start "$(system '{ services.s.command = "trap \"\" TERM HUP; echo >/root/up2; while :; do sleep 0.1; done"; }')"
	until_true 5 test -e root/root/up2
	kill -37 "$LEADER"
	ended 130 8
	grep "init: killing the remaining processes" console.log
}

@test "poweroff, halt and reboot of busybox work inside" {
	sys=$(system '{ }')
	for verb in poweroff halt; do
		start "$sys"
		inside "$verb" || :
		ended 130
	done
	start "$sys"
	inside reboot || :
	ended 129		# a reboot: SIGHUP
}

@test "machinectl's signals power off and reboot" {
	sys=$(system '{ }')
	start "$sys"
	kill -38 "$LEADER"
	ended 130
	start "$sys"
	kill -INT "$LEADER"
	ended 129
}

@test "switch-to-configuration changes files, name and services in place" {
	a=$(system '{ networking.hostName = "a"; environment.etc.motd.text = "one\n"; environment.etc."d/e".text = "x";
		services = { same.command = "exec sleep 1000"; other.command = "exec sleep 2000"; old.command = "exec sleep 3000"; }; }')
	b=$(system '{ networking.hostName = "b"; environment.etc.motd.text = "two\n"; environment.etc."f/g".text = "z\n";
		services = { same.command = "exec sleep 1000"; other.command = "exec sleep 2001"; new.command = "exec sleep 4000"; }; }')
	start "$a"
	same=$(inside "ps | grep '[s]leep 1000'")
	run switched "$b"
	assert_output "system: $b
services: started: new; restarted: other; stopped: old
status 0"
	run inside 'hostname; cat /etc/motd /etc/f/g; ls -d /etc/d; readlink /run/current-system; readlink /run/booted-system; ps | grep -o "[s]leep .*000\|[s]leep .*001" | sort'
	assert_output "b
two
z
ls: /etc/d: No such file or directory
$b
$a
sleep 1000
sleep 2001
sleep 4000"
	assert_equal "$(inside "ps | grep '[s]leep 1000'")" "$same"
	run switched "$b"
	assert_output "system: $b
services: no change
status 0"
	run switched "$a" boot
	assert_output "status 0"
	assert_equal "$(inside hostname)" b
}

@test "a switch to a service that fails at once fails, until the service is fixed" {
	a=$(system '{ services.fine.command = "exec sleep 1000"; }')
	b=$(system '{ services = { fine.command = "exec sleep 1000"; broken.command = "exit 3"; brief.command = "true"; }; }')
	start "$a"
	run switched "$b"
	assert_output "system: $b
services: started: brief broken
switch-to-configuration: failed services: broken
status 4"
	run switched "$a"
	assert_output "system: $a
services: stopped: brief broken
status 0"
}

@test "a user's file in the way is kept as a backup, and never lost" {
	a=$(system '{ }')
	b=$(system '{ environment.etc."mine".text = "ours\n"; environment.etc."way/file".text = "ours\n"; }')
	start "$a"
	inside 'echo theirs >/etc/mine; echo theirs >/etc/way; echo other >/etc/way.orig'
	run switched "$b"
	assert_line "activate: kept /etc/mine as /etc/mine.orig"
	assert_line "activate: kept /etc/way as /etc/way.orig.1"
	assert_line "status 0"
	run inside 'cat /etc/mine /etc/mine.orig /etc/way/file /etc/way.orig /etc/way.orig.1'
	assert_output $'ours\ntheirs\nours\nother\ntheirs'
	switched "$a"
	inside 'echo theirs >/etc/mine'
	switched "$b"
	run inside 'ls /etc | grep mine; cat /etc/mine.orig'
	assert_output $'mine\nmine.orig\ntheirs'
}

@test "a switch does not change accounts" {
	a=$(system '{ }')
	start "$a"
	inside 'echo "me:x:7:7::/:/bin/sh" >>/etc/passwd'
	switched "$(system '{ networking.hostName = "c"; }')"
	run inside 'tail -n1 /etc/passwd; ls /etc | grep passwd; ls -l /etc/shadow'
	assert_line --index 0 "me:x:7:7::/:/bin/sh"
	assert_line --index 1 passwd
	assert_line --index 2 --regexp '^-rw-------'
}

@test "concurrent switches leave one complete system" {
	a=$(system '{ networking.hostName = "a"; environment.etc.a.text = "a"; services.s.command = "exec sleep 1000"; }')
	b=$(system '{ networking.hostName = "b"; environment.etc.b.text = "b"; services.s.command = "exec sleep 2000"; }')
	start "$a"
	run inside "for i in 1 2 3 4; do $b/bin/switch-to-configuration test >/dev/null & $a/bin/switch-to-configuration test >/dev/null & done; wait"
	assert_output ""
	name=$(inside hostname)
	run inside '(readlink /run/current-system; readlink /run/init/current) | uniq; cd /etc; echo [ab]; ps | grep -c "[s]leep"'
	if [[ $name == a ]]; then
		assert_output "$a"$'\na\n1'
	else
		assert_output "$b"$'\nb\n1'
	fi
}

@test "switch-to-configuration refuses to run if its init is not process 1" {
	sys=$(system '{ }')
	run -1 "$sys/bin/switch-to-configuration" test
	assert_output "switch-to-configuration: process 1 is not the init of a minimal system"
	run -2 "$sys/bin/switch-to-configuration" sideways
	assert_output "switch-to-configuration: usage: switch-to-configuration test|switch|boot"
	run -2 "$sys/init"
	assert_output "init: must run as process 1 of a container"
}

@test "root is locked until passwd sets a password, then login accepts it" {
	command -v expect >/dev/null || skip "needs expect"
	start "$(system '{ }')"
	enter="nsenter -t $LEADER -m -u -i -n -p -r -w /run/current-system/bin"
	run expect -c "set timeout 5; spawn -noecho $enter/login root; expect assword: {send secret\r}; expect incorrect {exit 0} default {exit 1}"
	assert_success
	run expect -c "set timeout 5; spawn -noecho $enter/passwd; expect assword: {send Sup3r-secret\r}; expect assword: {send Sup3r-secret\r}; expect changed {exit 0} default {exit 1}"
	assert_success
	run expect -c "set timeout 5; spawn -noecho $enter/login root; expect assword: {send Sup3r-secret\r}; expect \"# \" {send \"echo in-\\\$HOME\r\"}; expect in-/root {exit 0} default {exit 1}"
	assert_success
}
