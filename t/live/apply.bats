#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# apply: containers as a file declares them.
# bats file_tags=suites
load container

# What another test left would be in the way of none: each has a file of its own.
setup() {
	name=$(unused_name t)
	root=$state/$name
	conf=$confs/$name.conf
	made=("$name")
	file=$BATS_TEST_TMPDIR/containers.nix
}

# declare_all TEXT... - the file declares these
declare_all() { printf '{ lib, ... }: {\n%s\n}\n' "$*" >"$file"; }

# motto TEXT - of a system that can be told apart
motto() { printf 'config.environment.etc."motto".text = "%s";' "$1"; }

# stamps NAME... - the times of all that belongs to these containers
stamps() {
	local n
	for n; do
		find "$confs/$n.conf" "$state/$n/etc" "$nix_state/profiles/per-container/$n" "$confs" "$state" \
			-maxdepth 1 ! -name '.*' -printf '%p %T@ %l\n'
		systemctl show -p InvocationID -p ActiveEnterTimestampMonotonic "container@$n"
	done
}

# all_there_is - what a command could have changed
all_there_is() {
	find "$state" "$confs" /run/nixos-container* /nix/store /nix/var/nix/profiles \
		/nix/var/nix/gcroots -maxdepth 3 -printf '%p %y %m %i %s %T@ %l\n' 2>/dev/null | sort
	systemctl list-units --all --plain --no-legend 'container@*' | awk '{ print $1, $3, $4 }'
}

# changes_nothing STATUS COMMAND...
changes_nothing() {
	local status_wanted=$1
	shift
	all_there_is >"$BATS_TEST_TMPDIR/before"
	run "-$status_wanted" "$@"
	all_there_is | diff "$BATS_TEST_TMPDIR/before" -
}

@test "what a file declares is made, and a second apply changes nothing" {
	also "$name-b"
	declare_all "containers.$name = { autoStart = true; tmpfs = [ \"/my data\" ]; $(motto one) };
		containers.$name-b = { memoryMax = \"96M\"; $(motto two) };"
	run -0 nixos-container apply "$file"
	assert_line "nixos-container: $name: created"
	assert_line "nixos-container: $name-b: created"
	run -0 cat "$conf"
	assert_output "AUTO_START=1
TMPFS=\"'/my data'\"
START_TIMEOUT=1min
DECLARED_IN=$file"
	is_up "$name"
	is_down "$name-b"
	run -0 inside cat /etc/motto
	assert_output one
	run -0 inside hostname
	assert_output "$name"
	assert_equal "$(cat "$(ctr-gcroot path "$name-b")/etc/motto")" two
	assert_equal "$(nixos-container show --json "$name" | jq -r .declaredIn)" "$file"
	stamps "$name" "$name-b" >"$BATS_TEST_TMPDIR/before"
	run -0 nixos-container apply "$file"
	assert_output --regexp "nixos-container: $file: nothing to change\$"
	refute_output --partial "$name"
	stamps "$name" "$name-b" | diff "$BATS_TEST_TMPDIR/before" -
	# By another way to the same file
	run -0 env -C "$BATS_TEST_TMPDIR" nixos-container apply -q ./containers.nix
	assert_output ''
	stamps "$name" "$name-b" | diff "$BATS_TEST_TMPDIR/before" -
	assert_not_exists /run/nixos-container/.apply
	assert_not_exists /run/nixos-container/.apply.build
	assert_not_exists /run/nixos-container/.apply.lock
}

@test "a running container switches to a new system, and restarts for new settings" {
	also "$name-b"
	declare_all "containers.$name = { autoStart = true; $(motto one) };
		containers.$name-b = { autoStart = true; restartIfChanged = false; $(motto one) };"
	nixos-container apply "$file"
	local before other
	before=$(boots) other=$(systemctl show -p InvocationID "container@$name-b")
	declare_all "containers.$name = { autoStart = true; $(motto two) };
		containers.$name-b = { autoStart = true; restartIfChanged = false; memoryMax = \"1G\"; $(motto two) };"
	run -0 nixos-container apply "$file"
	assert_line "nixos-container: $name: new system"
	refute_line "nixos-container: $name: new settings"
	run -0 inside cat /etc/motto
	assert_output two
	assert_equal "$(boots)" "$before"
	# The other one has it at its next start.
	assert_equal "$(systemctl show -p InvocationID "container@$name-b")" "$other"
	run -0 nixos-container run "$name-b" -- cat /etc/motto
	assert_output one
	nixos-container restart "$name-b"
	run -0 nixos-container run "$name-b" -- cat /etc/motto
	assert_output two
	# Comments of the file stay; what the file does not say any more goes.
	sed -i '1i # mine' "$conf"
	declare_all "containers.$name = { memoryMax = \"1G\"; $(motto two) };
		containers.$name-b = { autoStart = true; restartIfChanged = false; memoryMax = \"1G\"; $(motto two) };"
	run -0 nixos-container apply "$file"
	assert_line "nixos-container: $name: new settings"
	refute_line "nixos-container: $name: new system"
	booted_after "$before"
	grep -qx '# mine' "$conf"
	grep -qx MEMORY_MAX=1G "$conf"
	run ! grep AUTO_START "$conf"
	run -0 systemctl show -p MemoryMax --value "container@$name"
	assert_output 1073741824
}

@test "two running containers swap addresses and ports" {
	also "$name-b"
	pair() {
		echo "autoStart = true; privateNetwork = true; hostAddress = \"10.231.140.$1\";
			localAddress = \"10.231.140.$2\"; forwardPorts = [ { hostPort = $3; } ];"
	}
	declare_all "containers.$name = { $(pair 1 2 8301) $(motto one) };
		containers.$name-b = { $(pair 5 6 8302) $(motto two) };"
	run -0 nixos-container apply "$file"
	declare_all "containers.$name = { $(pair 5 6 8302) $(motto one) };
		containers.$name-b = { $(pair 1 2 8301) $(motto two) };"
	run -0 nixos-container apply "$file"
	is_up "$name"
	is_up "$name-b"
	assert_equal "$(nixos-container show-ip "$name")" 10.231.140.6
	assert_equal "$(nixos-container show-ip "$name-b")" 10.231.140.2
	run ! compgen -G '/run/nixos-container/*.apply'
}

@test "what is not declared any more is named, and --prune destroys it" {
	also "$name-b"
	declare_all "containers.$name = { $(motto one) }; containers.$name-b = { autoStart = true; $(motto one) };"
	nixos-container apply "$file"
	declare_all "containers.$name = { $(motto one) };"
	run -0 nixos-container apply "$file"
	assert_line "nixos-container: $name-b: not declared in $file any more; to destroy it: nixos-container apply --prune $file"
	is_up "$name-b"
	changes_nothing 0 nixos-container apply --dry-run --prune "$file"
	assert_line "would destroy the container $name-b:"
	assert_line "  stop container@$name-b.service"
	run -0 nixos-container apply --prune "$file"
	assert_line "nixos-container: $name-b: destroyed"
	nothing_left "$name-b"
	listed "$name"
}

@test "a dry run shows the difference, and changes nothing" {
	also "$name-b"
	declare_all "containers.$name = { autoStart = true; $(motto one) };"
	changes_nothing 0 nixos-container apply --dry-run "$file"
	assert_line "would create the container $name:"
	assert_line "    AUTO_START=1"
	assert_line --regexp "^  system /nix/store/.*-minimal-system-$name$"
	assert_line "  and start container@$name.service"
	nixos-container apply "$file"
	changes_nothing 0 nixos-container apply --dry-run "$file"
	assert_line 'nothing to change'
	local old
	old=$(ctr-gcroot path "$name")
	declare_all "containers.$name = { memoryMax = \"1G\"; $(motto two) }; containers.$name-b = { };"
	changes_nothing 0 nixos-container apply --dry-run "$file"
	assert_line "would change the container $name:"
	assert_line "--- $conf"
	assert_line "-AUTO_START=1"
	assert_line "+MEMORY_MAX=1G"
	assert_line --regexp "^  system /nix/store/.*-minimal-system-$name$"
	assert_line "  instead of $old"
	assert_line "  and restart"
	assert_line "would create the container $name-b:"
	run -0 nixos-container apply "$file"
	assert_line "nixos-container: $name-b: has no system yet; to build one: nixos-container update $name-b"
}

@test "a container that the file did not make is refused, and nothing changes" {
	also "$name-b"
	create --no-start
	declare_all "containers.$name-b = { $(motto one) }; containers.$name = { $(motto one) };"
	run -1 nixos-container apply "$file"
	assert_line "nixos-container: $name: exists, but is not declared in $file; to have it declared there from now on: nixos-container set $name DECLARED_IN=$file"
	nothing_left "$name-b"
	run ! grep DECLARED_IN "$conf"
	ctr-conf set "$name" DECLARED_IN=/elsewhere.nix
	run -1 nixos-container apply "$file"
	assert_line --partial "exists, but is not declared in $file, but in /elsewhere.nix;"
	ctr-conf set "$name" "DECLARED_IN=$file"
	run -0 nixos-container apply "$file"
	assert_equal "$(cat "$(ctr-gcroot path "$name")/etc/motto")" one
	# A tree of nobody's
	mkdir "$state/$name-c"
	declare_all "containers.$name-c = { };"
	run -1 nixos-container apply "$file"
	assert_line --partial "$name-c: $state/$name-c exists, but belongs to no container"
	rmdir "$state/$name-c"
}

@test "what is wrong in the file is named, and nothing changes" {
	declare_all "containers.$name.autoStrat = true;"
	run -1 nixos-container apply "$file"
	assert_line --partial "unknown option 'containers.$name.autoStrat' in $file"
	declare_all "containers.a_b = { }; containers.$name.memoryMax = \"much\";"
	run -2 nixos-container apply "$file"
	assert_line "nixos-container: containers.$name.memoryMax: an amount of memory, not \"much\""
	assert_line --partial 'containers."a_b": a name is 1 to 63 letters'
	run -2 nixos-container apply --dry-run "$file"
	assert_line "nixos-container: containers.$name.memoryMax: an amount of memory, not \"much\""
	# What only the reader of settings knows
	declare_all "containers.$name = { privateNetwork = true; localAddress = \"10.0.0.300\"; };"
	run -2 nixos-container apply "$file"
	assert_line --partial "LOCAL_ADDRESS: invalid value \"10.0.0.300\""
	assert_line "nixos-container: $name: wrong settings in $file, see above"
	declare_all "containers.$name = { hostBridge = \"br0\"; path = \"/no/such\"; };"
	run -1 nixos-container apply "$file"
	assert_line "nixos-container: containers.$name.hostBridge has no effect without containers.$name.privateNetwork"
	assert_line "nixos-container: $name: /no/such: no such system"
	run -2 nixos-container apply "$BATS_TEST_TMPDIR/none.nix"
	assert_output "nixos-container: $BATS_TEST_TMPDIR/none.nix: no such file"
	run -2 nixos-container apply -
	assert_output --partial 'needs the path of a file'
	nothing_left "$name"
}

@test "a file in the tree of a container is refused" {
	create --no-start
	printf '{ }\n' >"$root/etc/nixos/containers.nix"
	ln -s "$root/etc/nixos/containers.nix" "$file"
	run -2 nixos-container apply "$file"
	assert_output "nixos-container: $file: in the tree of a container, whose root can change it"
}

@test "a failure of one container keeps no other from being applied" {
	also "$name-b"
	declare_all "containers.$name = { autoStart = true; networkNamespace = \"/run/netns/$name-none\"; $(motto one) };
		containers.$name-b = { autoStart = true; $(motto one) };"
	run -1 nixos-container apply "$file"
	assert_line --partial "$name: could not start"
	is_up "$name-b"
	is_down "$name"
	# It starts at the next apply, once it can.
	ip netns add "$name-none"
	run -0 nixos-container apply "$file"
	is_up "$name"
	# So does one that failed to restart.
	sed -i "s/$name-none/$name-more/" "$file"
	run -1 nixos-container apply "$file"
	assert_line "nixos-container: $name: new settings"
	assert_line --partial "$name: could not restart"
	is_down "$name"
	ip netns add "$name-more"
	run -0 nixos-container apply "$file"
	is_up "$name"
	run -0 nixos-container apply "$file"
	assert_output --partial 'nothing to change'
	nixos-container stop "$name"
	ip netns del "$name-none"
	ip netns del "$name-more"
}

@test "of a declared container, update and edit name the file, and a clone is not declared" {
	also "$name-b"
	declare_all "containers.$name = { $(motto one) };"
	nixos-container apply "$file"
	run -1 nixos-container update "$name"
	assert_output "nixos-container: $name: declared in $file; edit that, then: nixos-container apply $file"
	run -1 env EDITOR=false nixos-container edit "$name"
	assert_output "nixos-container: $name: declared in $file; edit that, then: nixos-container apply $file"
	run -1 nixos-container rename "$name" "$name-b"
	assert_output --partial "declared in $file, by this name"
	nixos-container clone "$name" "$name-b"
	run ! grep DECLARED_IN "$confs/$name-b.conf"
	system=$(nix-build --no-out-link "$minimal" -A system --arg configuration "{ environment.etc.\"motto\".text = \"own\"; }")
	run -0 nixos-container update "$name" --system-path "$system"
	assert_output --partial "declared in $file, whose system it gets at the next apply"
	nixos-container apply "$file"
	assert_equal "$(cat "$(ctr-gcroot path "$name")/etc/motto")" one
}

@test "a container with a flake is built by update, and a killed apply is completed" {
	also "$name-b"
	cat >"$BATS_TEST_TMPDIR/flake.nix" <<-END
		{ outputs = _: { nixosConfigurations.container.config.system.build.toplevel =
		  (import $minimal { configuration = { environment.etc."motto".text = "flake"; }; }).system; }; }
	END
	declare_all "containers.$name.flake = \"path:$BATS_TEST_TMPDIR\";
		containers.$name-b = { autoStart = true; $(motto one) };"
	nixos-container apply "$file"
	nixos-container update "$name" --impure
	assert_equal "$(cat "$(ctr-gcroot path "$name")/etc/motto")" flake
	run -0 nixos-container apply "$file"
	assert_output --partial 'nothing to change'
	# As if it had been killed after it wrote the system
	system=$(nix-build --no-out-link "$minimal" -A system --arg configuration \
		"{ networking.hostName = \"$name-b\"; environment.etc.\"motto\".text = \"two\"; }")
	ctr-gcroot set "$name-b" "$system"
	declare_all "containers.$name-b = { autoStart = true; path = \"$system\"; };"
	echo reload >"/run/nixos-container/$name-b.apply"
	nixos-container apply "$file"
	run -0 nixos-container run "$name-b" -- cat /etc/motto
	assert_output two
	assert_not_exists "/run/nixos-container/$name-b.apply"
}

@test "a dry run of no containers, and of very many settings" {
	echo '{ }' >"$file"
	run -0 nixos-container apply --dry-run "$file"
	assert_line 'nothing to change'
	declare_all "containers = lib.listToAttrs (map (n: lib.nameValuePair \"$name-\${toString n}\" {
		bindMounts = lib.listToAttrs (map (k:
			lib.nameValuePair \"/a/place/in/it/of/number/\${toString k}\" { hostPath = \"/srv\"; })
			(lib.range 1 60)); config = { }; }) (lib.range 1 60));"
	TMPDIR=$BATS_TEST_TMPDIR run -0 nixos-container apply --dry-run "$file"
	assert_line "would create the container $name-60:"
	run ! compgen -G "$BATS_TEST_TMPDIR/nixos-container.*"
}

@test "a container that could not start is left alone without autoStart" {
	declare_all "containers.$name = { autoStart = true; bindMounts.\"/x\".hostPath = \"/none\"; $(motto one) };"
	run -1 nixos-container apply "$file"
	assert_line --partial "$name: could not start"
	declare_all "containers.$name = { $(motto one) };"
	run -0 nixos-container apply "$file"
	is_down "$name"
	assert_not_exists "/run/nixos-container/$name.apply"
}

@test "an apply that was killed as it noted what to do is completed" {
	declare_all "containers.$name = { autoStart = true; $(motto one) };"
	nixos-container apply "$file"
	: >"/run/nixos-container/$name.apply"
	declare_all "containers.$name = { autoStart = true; $(motto two) };"
	nixos-container apply "$file"
	run -0 inside cat /etc/motto
	assert_output two
	assert_not_exists "/run/nixos-container/$name.apply"
}

@test "a container whose switch does not end keeps no other from its own, nor a signal" {
	also "$name-b"
	declare_all "containers = lib.genAttrs [ \"$name\" \"$name-b\" ] (_: { autoStart = true; $(motto one) });"
	nixos-container apply "$file"
	install -m 755 /usr/local/lib/nixos-container-test/attack "$root/attack"
	inside sh -c ': >/run/init/lock; exec /attack lock /run/init/lock' >/dev/null 3>&- &
	until_true 10 inside pidof attack
	sed -i 's/"one"/"two"/' "$file"
	nixos-container apply "$file" 3>&- &
	local apply=$!
	until_true 20 eval '[[ $(nixos-container run "$name-b" -- cat /etc/motto) == two ]]'
	assert_equal "$(inside cat /etc/motto)" one
	kill -TERM "$apply"
	until_true 5 eval "! kill -0 $apply 2>/dev/null"
	run -1 wait "$apply"
	inside killall attack
	run -0 nixos-container apply "$file"
	assert_equal "$(inside cat /etc/motto)" two
}
