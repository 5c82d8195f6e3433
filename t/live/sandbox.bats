#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What a container wrote is evaluated and built without the rights, files and
# network of the host's root, within limits.
# bats file_tags=suites
load container

setup() {
	name=$(unused_name s)
	root=$state/$name conf=$confs/$name.conf
	nixos=$root/etc/nixos
	made=("$name")
	canary=$BATS_TEST_TMPDIR/canary
	mkdir -m 755 "$canary"
	chmod 755 "$BATS_TEST_TMPDIR"
	echo secret-of-the-host >"$canary/file"
	create --no-start --config 'environment.etc.it.text = "first";'
	first=$(ctr-gcroot path "$name")
}

# it_is EXPRESSION - a configuration with a file of that text
it_is() { printf '{ ... }: { environment.etc.it.text = %s; }\n' "$1" >"$nixos/configuration.nix"; }

# gives TEXT - an update succeeds, and that is the text
gives() {
	run -0 timeout 120 nixos-container update --no-apply "$name"
	run -0 cat "$(ctr-gcroot path "$name")/etc/it"
	assert_output --partial "$1"
	nothing_stays
}

# fails WORDS... - an update fails with these words, and changes nothing
fails() {
	run -1 timeout 120 nixos-container update --no-apply "$name" "${@:2}"
	assert_output --partial "$1"
	refute_output --partial secret-of-the-host
	assert_equal "$(ctr-gcroot path "$name")" "$first"
	nothing_stays
}

# nothing_stays - no unit, no process, no folder, no lock
nothing_stays() {
	assert_not_exists "/run/nixos-container/$name.job"
	assert_not_exists "/run/nixos-container/$name.lock"
	for unit in build daemon; do
		run -0 systemctl show -p LoadState --value "nixos-container-$unit-$name.service"
		assert_output not-found
	done
	run ! pgrep -f "nix-build .*$root/etc/nixos"
	run ! compgen -G "$nix_state/*/per-user/nixos-build-*"
	run ! compgen -G "$nix_state/*/per-user/6[0-9]*"
}

# git_runs - Nix before 2.20 reads repositories by git, which runs their code
git_runs() {
	local version
	version=$(nix --version)
	[[ $version =~ \ 2\.([0-9]+)\. ]] && ((BASH_REMATCH[1] < 20))
}

# code COMMANDS - a configuration that has git run them, and goes on
code() {
	local text
	git -C "$nixos" init -q repo
	echo text >"$nixos/repo/file"
	git -C "$nixos/repo" add file
	git -C "$nixos/repo" -c user.name=a -c user.email=a@b commit -qm a
	printf '%s\n' "$1" >"$nixos/repo/code"
	git -C "$nixos/repo" config core.fsmonitor "sh $nixos/repo/code >&2; false"
	echo changed >"$nixos/repo/file"
	it_is 'builtins.readFile (builtins.fetchGit ./repo + "/file")'
}

@test "code that git runs for a configuration has no rights, files or processes of the host's" {
	echo secret-of-the-host >/root/secret
	code 'echo ran as $(id -u), groups $(id -G)
		grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status
		cat /etc/shadow /etc/passwd /root/secret '"$canary/file $conf $root/etc/hostname"'
		echo root: $(ls -A /) etc: $(ls -A /etc) run: $(find /run -type s) proc: $(ls -d /proc/[0-9]* | wc -l)
		echo states: $(ls -A '"$state"') nix: $(ls -A /nix/var/nix)
		touch /x /etc/x /nix/store/x '"$nixos"'/x /usr/x /run/x /dev/shm/x /tmp/x && echo wrote
		for p in /proc/[0-9]*; do tr "\0" " " <$p/cmdline; echo; done'
	run -0 timeout 60 nixos-container update --no-apply "$name" --option allowed-uris git+file:///
	rm /root/secret
	refute_output --partial secret-of-the-host
	refute_output --partial wrote
	if git_runs; then
		assert_output --regexp 'ran as 6[0-9]{4}, groups 6[0-9]{4}'
		assert_output --regexp 'CapEff:.0000000000000000'
		assert_output --regexp 'CapBnd:.0000000000000000'
		assert_output --regexp 'NoNewPrivs:.1'
		assert_output --regexp 'Seccomp:.2'
		assert_line --regexp '^root: bin build command dev etc lib( lib64)? nix proc root run sys tmp usr var etc: gitconfig nix resolv.conf resolv.conf.host ssl run: proc: [0-9]$'
		assert_line "states: $name nix: daemon-socket"
	fi
	nothing_stays
}

@test "a result that is no path in the store is refused" {
	# Nor can the code of a configuration write one: the pipe is not its own.
	code 'for p in /proc/[0-9]*; do ! grep -q nix-build $p/cmdline || echo /nix/store/none >$p/fd/1; done'
	run -0 timeout 60 nixos-container update --no-apply "$name" --option allowed-uris git+file:///
	! git_runs || assert_output --partial "Permission denied"
	first=$(ctr-gcroot path "$name")
	cp -r "$minimal" "$BATS_TEST_TMPDIR/two"
	cat >"$BATS_TEST_TMPDIR/two.nix" <<-'X'
		let one = import ./one.nix { }; in {
		  system = [ one.system (derivation {
		    name = "two"; system = builtins.currentSystem;
		    builder = "${one.pkgs.busybox}/bin/sh"; args = [ "-c" ": >$out" ];
		  }) ];
		}
	X
	mv "$BATS_TEST_TMPDIR/two/default.nix" "$BATS_TEST_TMPDIR/two/one.nix"
	mv "$BATS_TEST_TMPDIR/two.nix" "$BATS_TEST_TMPDIR/two/default.nix"
	it_is '"x"'
	fails "its result is not a path in the store" --nixos-path "$BATS_TEST_TMPDIR/two"
}

@test "without the restrictions of Nix a configuration still sees nothing of the host's" {
	for it in 'builtins.readFile /etc/shadow' "builtins.readFile $canary/file" \
		"builtins.readFile (builtins.fetchTree { type = \"path\"; path = \"$canary\"; } + \"/file\")" \
		"toString (builtins.getFlake \"path:$canary\")" \
		"builtins.readFile (builtins.fetchGit $canary + \"/file\")" \
		"builtins.readFile $confs/$name.conf"; do
		it_is "$it"
		fails "could not build its system" --option restrict-eval false
	done
	it_is 'toString (builtins.attrNames (builtins.readDir /etc))'
	run -0 nixos-container update --no-apply "$name" --option restrict-eval false
	run -0 cat "$(ctr-gcroot path "$name")/etc/it"
	assert_output 'gitconfig nix resolv.conf resolv.conf.host ssl'
	ln -s "$canary/file" "$nixos/link"
	it_is 'builtins.readFile ./link'
	first=$(ctr-gcroot path "$name")
	fails "could not build its system" --option restrict-eval false
}

@test "neither the host's loopback nor its other addresses are in reach" {
	ip link add "v$$" type veth peer name "w$$"
	ip address add 10.99.0.1/24 dev "v$$"
	ip link set "v$$" up
	ip link set "w$$" up
	socat TCP4-LISTEN:8994,fork,reuseaddr "OPEN:$BATS_TEST_TMPDIR/hits,creat,append" 3>&- &
	local server=$!
	until_true 5 sh -c 'ss -ltn | grep -q :8994'
	curl -s --max-time 1 http://10.99.0.1:8994/ || :
	until_true 5 grep -q '^Accept' "$BATS_TEST_TMPDIR/hits"
	: >"$BATS_TEST_TMPDIR/hits"
	for host in 127.0.0.1 10.99.0.1 '[::ffff:127.0.0.1]'; do
		it_is "builtins.readFile (builtins.fetchurl { url = \"http://$host:8994/\"; name = \"it\"; })"
		fails "unable to download" --option allowed-uris http:// \
			--option connect-timeout 1 --option download-attempts 1
	done
	kill "$server"
	ip link del "v$$"
	run -0 cat "$BATS_TEST_TMPDIR/hits"
	assert_output ''
}

# endless KIND - a configuration without end
endless() {
	case $1 in
	evaluation) it_is "toString (builtins.foldl' (a: b: a + builtins.length (builtins.genList (x: x) 1000)) 0 (builtins.genList (x: x) 50000000))" ;;
	flood) it_is "toString (builtins.foldl' (a: b: builtins.trace \"$(printf 'yes%.0s' {1..20000})\" b) 0 (builtins.genList (x: x) 100000))" ;;
	esac
}

# odd_folder - a folder whose name has what shells, systemd and Nix take for their own
odd_folder() {
	odd="$canary/a \$HOME;b:\"c'\\ d%h"
	mkdir -m 755 "$odd"
}

@test "dollar signs and semicolons reach Nix, also while systemd reads its configuration again" {
	local odd reloads i
	odd_folder
	timeout 300 sh -c 'while sleep 0.3; do systemctl daemon-reload; done' 3>&- &
	reloads=$!
	for i in 1 2 3 4 5; do
		echo "odd $i" >"$odd/file"
		it_is 'builtins.readFile <odd/file>'
		timeout 120 nixos-container update --no-apply -I "odd=$odd" "$name"
		grep -x "odd $i" "$(ctr-gcroot path "$name")/etc/it"
	done
	kill "$reloads"
	wait "$reloads" || :
}

@test "the unit of a build is the same after systemd read its configuration again" {
	local odd
	odd_folder
	endless evaluation
	nixos-container update --no-apply -I "odd=$odd" "$name" 3>&- >/dev/null 2>&1 &
	local update=$!
	until_true 30 sh -c "systemctl show nixos-container-build-$name | grep -x ActiveState=active"
	same_after_reload "nixos-container-build-$name.service"
	kill "$update"
	wait "$update" || :
	nothing_stays
}

@test "memory, time and output are bounded, and what was too much is said" {
	it_is 'toString (builtins.length (builtins.genList (x: x) 2000000000))'
	run -1 timeout 60 nixos-container update --no-apply "$name"
	assert_line --regexp "$name: could not build its system with 2G of memory|^error: out of memory"
	nothing_stays
	endless evaluation
	NIXOS_CONTAINER_BUILD_TIME=2s fails "$name: could not build its system within 2s"
	endless flood
	NIXOS_CONTAINER_BUILD_TIME=5s timeout 60 nixos-container update --no-apply "$name" \
		>"$BATS_TEST_TMPDIR/out" 2>&1 || :
	(($(stat -c %s "$BATS_TEST_TMPDIR/out") < 17000000))
	grep -qx '\.\.\.' "$BATS_TEST_TMPDIR/out"
	tail -n 1 "$BATS_TEST_TMPDIR/out" | grep -q "$name: could not build its system within 5s"
	nothing_stays
}

@test "a configuration that is too large, or a hole, is refused by name" {
	truncate -s 1T "$nixos/hole"
	fails "$name: not built, as its configuration cannot be copied: copy etc/nixos/hole to "
	rm "$nixos/hole"
	(cd "$nixos" && seq 10001 | xargs touch)
	fails "more than --max-files"
	(cd "$nixos" && seq 10001 | xargs rm)
	(cd "$nixos" && for _ in {1..40}; do mkdir $'\033[2Jd' && cd $'\033[2Jd'; done)
	fails '\x1b[2Jd/\x1b[2Jd'
	run -1 env LC_ALL=C grep -q $'\033' <<<"$output"
}

none() { ! pgrep -f "$1"; }

# interrupted SIGNAL PROCESS - an update that runs such a one ends soon after it
interrupted() {
	setsid nixos-container update --no-apply "$name" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	local update=$! began
	until_true 20 pgrep -f "$2"
	began=$(date +%s%N)
	kill "-$1" "$update"
	wait "$update" || :
	(($(date +%s%N) - began < 5000000000))
	until_true 3 none "$2"
	nothing_stays
}

@test "a signal ends an evaluation or a build, and all that it began" {
	endless evaluation
	for signal in TERM HUP; do
		interrupted $signal "nix-build .*$nixos"
	done
	printf '{ pkgs, ... }: { environment.etc.it.text = "${derivation { name = "endless"; system = builtins.currentSystem; builder = "${pkgs.busybox}/bin/sh"; args = [ "-c" "while :; do :; done; : endless-%s" ]; }}"; }\n' \
		"$name" >"$nixos/configuration.nix"
	interrupted TERM "endless-$name"
	# As a terminal sends it: to the whole group.
	timeout --foreground 20 setsid sh -c 'trap "" QUIT
		timeout -s INT 3 nixos-container update --no-apply "$1"' sh "$name" || :
	nothing_stays
	it_is '"after"'
	gives after
}

@test "a second signal, to all that run, does not cut the cleaning short" {
	endless evaluation
	for delay in 0 0.02 0.05 0.1 0.2; do
		setsid nixos-container update --no-apply "$name" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
		local update=$!
		until_true 20 pgrep -f "nix-build .*$nixos"
		kill -- "-$update"
		sleep $delay
		kill -- "-$update" 2>/dev/null || :
		wait "$update" || :
		nothing_stays
	done
	it_is '"after"'
	gives after
}

@test "a signal ends an edit as well, and the text is kept" {
	endless evaluation
	cp "$nixos/configuration.nix" "$BATS_TEST_TMPDIR/text"
	it_is '"before"'
	VISUAL="cp $BATS_TEST_TMPDIR/text" TMPDIR=$BATS_TEST_TMPDIR nixos-container edit \
		--no-apply "$name" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	local edit=$!
	until_true 20 pgrep -f "nix-build .*$nixos"
	kill "$edit"
	wait "$edit" || :
	nothing_stays
	run -0 grep -o '/[^ ]*/configuration.nix$' "$BATS_TEST_TMPDIR/out"
	cmp "$BATS_TEST_TMPDIR/text" "$output"
	grep -q before "$nixos/configuration.nix"
}

@test "an update that was killed leaves nothing to the next one, nor to destroy" {
	endless evaluation
	for next in update destroy; do
		nixos-container update --no-apply "$name" >/dev/null 2>&1 3>&- &
		local update=$!
		until_true 20 pgrep -f "nix-build .*$nixos"
		kill -KILL "$update"
		wait "$update" || :
		if [[ $next == update ]]; then
			it_is '"after"'
			gives after
			endless evaluation
		fi
	done
	nixos-container destroy "$name"
	nothing_stays
	nothing_left "$name"
}

@test "two containers are updated at once" {
	also "$name-b"
	nixos-container create --no-start "$name-b" --system-path "$first"
	it_is '"one"'
	mkdir -p "$state/$name-b/etc/nixos"
	cp "$nixos/configuration.nix" "$state/$name-b/etc/nixos"
	sed -i s/one/two/ "$state/$name-b/etc/nixos/configuration.nix"
	nixos-container update --no-apply "$name" 3>&- &
	local update=$!
	nixos-container update --no-apply "$name-b"
	wait "$update"
	grep -qx one "$(ctr-gcroot path "$name")/etc/it"
	grep -qx two "$(ctr-gcroot path "$name-b")/etc/it"
	nothing_stays
}

# flake_in DIR - a flake
flake_in() {
	cat >"$1/flake.nix" <<-END
		{
		  outputs = { self }: {
		    nixosConfigurations.container.config.system.build.toplevel = (import $minimal {
		      configuration = { environment.etc.it.text = "\${toString builtins.currentTime} of a flake \${
		        if builtins.pathExists $canary/file then builtins.readFile $canary/file else "without secrets"}"; };
		    }).system;
		  };
		}
	END
}

@test "a flake in a container is built like its configuration, whatever leads to it" {
	mkdir -p "$root/srv/flake"
	flake_in "$root/srv/flake"
	ln -s "$root/srv/flake" "$BATS_TEST_TMPDIR/link"
	ln -s ../link "$BATS_TEST_TMPDIR/canary/again"
	for flake in "$root/srv/flake" "path:$root/srv/flake" "$BATS_TEST_TMPDIR/link#container" \
		"$BATS_TEST_TMPDIR/canary/again/"; do
		run -0 nixos-container update --no-apply --impure "$name" --flake "$flake"
		run -0 cat "$(ctr-gcroot path "$name")/etc/it"
		assert_output --regexp 'of a flake without secrets$'
		nothing_stays
	done
	# It is the setting now.  The container puts a link there.
	flake_in "$canary"
	mv "$root/srv/flake" "$root/srv/gone"
	ln -s "$canary" "$root/srv/flake"
	first=$(ctr-gcroot path "$name")
	for flake in "$root/srv/flake" "$BATS_TEST_TMPDIR/link"; do
		fails "cannot be copied" --impure --flake "$flake"
	done
	for flake in "$root" "$state" "$root/../$name/srv/flake" "path:$root/srv/fl%61ke" \
		"/proc/self/root$root/srv/flake" "tarball+file://$root/srv/flake.tgz" "hg+file://$root/srv/flake"; do
		fails "not built" --impure --flake "$flake"
	done
	# The host's own flake is the host's.
	run -0 nixos-container update --no-apply --impure "$name" --flake "$canary"
	grep -q 'of a flake secret-of-the-host' "$(ctr-gcroot path "$name")/etc/it"
}

# nix_conf LINE... - the host's settings, and a daemon that has read them
nix_conf() {
	[[ -e $BATS_TEST_TMPDIR/nix.conf ]] || cp /etc/nix/nix.conf "$BATS_TEST_TMPDIR"
	{ cat "$BATS_TEST_TMPDIR/nix.conf"; printf '%s\n' "$@"; } >/etc/nix/nix.conf
	systemctl stop nix-daemon.service 2>/dev/null
	# systemd refuses one that it starts too often.
	systemctl reset-failed nix-daemon.service 2>/dev/null || :
}

teardown() {
	[[ ! -e $BATS_TEST_TMPDIR/nix.conf ]] || cp "$BATS_TEST_TMPDIR/nix.conf" /etc/nix/nix.conf
	systemctl stop nix-daemon.service 2>/dev/null || :
	systemctl reset-failed nix-daemon.service 2>/dev/null || :
	systemctl start nix-daemon.socket
	for n in "${made[@]}"; do nixos-container destroy "$n" 2>/dev/null || :; done
}

@test "a Nix that builds as root, without a sandbox, or trusts everybody, builds nothing of a container's" {
	it_is '"second"'
	nix_conf 'build-users-group ='
	fails "$name: not built, as the Nix of this host builds as root: set build-users-group"
	nix_conf 'trusted-users = root *'
	fails "$name: not built, as the Nix of this host trusts all users"
	for how in false relaxed; do
		nix_conf "sandbox = $how"
		fails "or allow it: --option sandbox $how"
	done
	# The environment is not the daemon's.
	NIX_CONFIG='sandbox = true' fails "builds without a sandbox"
	run -0 nixos-container update --no-apply "$name" --option sandbox relaxed
	grep -qx second "$(ctr-gcroot path "$name")/etc/it"
	nix_conf
	it_is '"third"'
	NIX_CONFIG=$'build-users-group =\nsandbox = false' gives third
}

@test "where no daemon of Nix runs, an update starts one of its own, and ends it" {
	systemctl stop nix-daemon.socket nix-daemon.service
	it_is '"by our own"'
	gives 'by our own'
	run ! pgrep -x nix-daemon
	nix_conf 'build-users-group = no-such-group'
	first=$(ctr-gcroot path "$name")
	it_is '"not built"'
	fails "needs Nix's daemon, as there is no group no-such-group to build as"
	nix_conf
}

@test "without systemd an update says what it needs" {
	run -1 unshare -m sh -c 'mount -t tmpfs none /run/systemd && exec nixos-container update --no-apply "$1"' sh "$name"
	assert_output --partial "$name: needs systemd as the host's init"
	nothing_stays
	run -0 unshare -m sh -c 'mount -t tmpfs none /run/systemd &&
		exec nixos-container update --no-apply --system-path "$2" "$1"' sh "$name" "$first"
}

@test "a host whose systemd cannot filter packets has no network for a configuration" {
	echo no >/run/nixos-container.fence
	it_is '"offline"'
	gives offline
	it_is 'builtins.readFile (builtins.fetchurl "https://192.0.2.1/")'
	first=$(ctr-gcroot path "$name")
	fails "its configuration could download nothing" --option download-attempts 1
	rm /run/nixos-container.fence
}

@test "nixpkgs that NIX_PATH names and that cannot be found is an error" {
	it_is '"x"'
	NIX_PATH=nixpkgs=/no/such fails "<nixpkgs/nixos> cannot be found in nixpkgs=/no/such"
	also "$name-n"
	NIX_PATH=nixpkgs=/no/such run -1 nixos-container create --no-start "$name-n"
	assert_output --partial "<nixpkgs/nixos> cannot be found in nixpkgs=/no/such"
	nothing_left "$name-n"
	# Through a link, as channels are.
	mkdir -p "$BATS_TEST_TMPDIR/real"
	cp -r "$minimal" "$BATS_TEST_TMPDIR/real/nixos"
	ln -s real "$BATS_TEST_TMPDIR/channel"
	NIX_PATH=nixpkgs=$BATS_TEST_TMPDIR/channel:nixos-config=/etc/shadow \
		run -0 nixos-container update --no-apply "$name" -I busybox=/usr/bin/busybox -I /usr/bin
	refute_output --partial "minimal system"
	grep -qx x "$(ctr-gcroot path "$name")/etc/it"
}
