#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# -H: one host runs commands on another, through a real sshd.
load ../../lib/env

setup_file() {
	((EUID == 0)) || skip "needs root"
	env -u MAKEFLAGS -u MAKELEVEL make -s -C "$TOP" install \
		DESTDIR="$BATS_FILE_TMPDIR/stage" PREFIX=/usr/local
	near=ra$$ far=rb$$
	export near far
	for each in $near $far; do
		"$TOP/t/host" boot --bind-ro "$BATS_FILE_TMPDIR/stage/usr/local:/usr/local" "$each" >&2
	done
	wire
	keys
}

teardown_file() {
	for each in $near $far; do "$TOP/t/host" stop "$each" || :; done
}

on() { "$TOP/t/host" exec "$@"; }

# wire - make a link between both hosts, with addresses
wire() {
	local near_pid far_pid
	read -r near_pid _ <"/run/nixos-container-test/$near/leader"
	read -r far_pid _ <"/run/nixos-container-test/$far/leader"
	nsenter -t "$near_pid" -n ip link add wire type veth peer name wire netns "$far_pid"
	on "$near" ip addr add 10.231.160.1/24 dev wire
	on "$far" ip addr add 10.231.160.2/24 dev wire
	on "$near" ip link set wire up
	on "$far" ip link set wire up
}

# keys - start sshd on $far with the key of $near, which calls it "far"
keys() {
	on "$far" sh -c 'mkdir -p /run/sshd /root/.ssh; ssh-keygen -A; /usr/sbin/sshd' >/dev/null
	on "$near" sh -c 'mkdir -p /root/.ssh; ssh-keygen -q -t ed25519 -N "" -f /root/.ssh/id_ed25519
		printf "Host far\nHostName 10.231.160.2\nStrictHostKeyChecking accept-new\nLogLevel ERROR\n" >/root/.ssh/config'
	on "$near" cat /root/.ssh/id_ed25519.pub | on "$far" sh -c 'cat >/root/.ssh/authorized_keys'
}

# from_near, on_far WORD... - run nixos-container on $near, or on $far
from_near() { on "$near" nixos-container "$@"; }
on_far() { on "$far" nixos-container "$@"; }

setup() { name=$(unused_name r); }
teardown() {
	on_far list | grep "^$name" | while read -r each; do on_far destroy "$each" </dev/null; done
}

@test "create builds here, ships the system, and the container is there" {
	run -0 from_near -H root@far create "$name" --config 'environment.etc."motto".text = "shipped";' \
		--host-address 10.231.161.1 --host-address6 fc00:161::1 \
		--local-address 10.231.161.2 --local-address fc00:161::2 --auto-start
	assert_output --partial "building"
	refute_output --partial "$name: not created"
	run -0 on_far list
	assert_line "$name"
	run -0 from_near list
	refute_output --partial "$name"
	run -0 from_near -H far run "$name" -- cat /etc/motto
	assert_output shipped
	system=$(on "$far" ctr-gcroot path "$name")
	on "$near" test -e "$system/init"
	# The configuration was copied, too: the remote host can update it.
	run -0 on "$far" cat "/var/lib/containers/$name/etc/nixos/configuration.nix"
	assert_output --partial shipped
	run -0 on "$far" sh -c "sort /etc/containers/$name.conf | tr '\n' ' '"
	assert_output 'AUTO_START=1 HOST_ADDRESS6=fc00:161::1 HOST_ADDRESS=10.231.161.1 LOCAL_ADDRESS6=fc00:161::2 LOCAL_ADDRESS=10.231.161.2 NIX_DAEMON=0 PRIVATE_NETWORK=1 '
	on "$near" sh -c '! ls -d /tmp/nixos-container.*'
}

@test "update -H copies the system, or without a configuration builds on the remote host" {
	from_near -H far create "$name" --config 'environment.etc."motto".text = "alpha";'
	from_near -H far update "$name" --config 'environment.etc."motto".text = "beta";'
	run -0 from_near run -H far "$name" -- cat /etc/motto
	assert_output beta
	run -0 on "$far" ls "/var/lib/containers/$name/etc/nixos"
	assert_output $'configuration.nix\nconfiguration.nix.~1~'
	on "$far" sed -i s/beta/gamma/ "/var/lib/containers/$name/etc/nixos/configuration.nix"
	from_near --host=far update --no-apply "$name"
	run -0 from_near -Hfar run "$name" -- cat /etc/motto
	assert_output beta
	from_near -H far reload "$name"
	run -0 from_near -H far run "$name" -- cat /etc/motto
	assert_output gamma
	run -2 from_near -H far update "$name" --nixos-path /x
}

@test "a file with relative imports is built here, and the remote host has its text" {
	on "$near" sh -c 'mkdir -p /tmp/conf && cd /tmp/conf
		echo "{ imports = [ ./part.nix ]; }" >web.nix
		echo "{ environment.etc.\"motto\".text = \"part\"; }" >part.nix'
	from_near -H far create "$name" --config-file /tmp/conf/web.nix
	run -0 from_near -H far run "$name" -- cat /etc/motto
	assert_output part
	run -0 on "$far" grep -F './part.nix' "/var/lib/containers/$name/etc/nixos/configuration.nix"
	run -1 on "$far" grep CONFIG_FILE "/etc/containers/$name.conf"
	on "$near" sh -c "sed -i s/part/changed/ /tmp/conf/part.nix; cd /tmp/conf && nixos-container -H far update $name --config-file ./web.nix"
	run -0 from_near -H far run "$name" -- cat /etc/motto
	assert_output changed
	run -1 from_near -H far update "$name"
	assert_output --partial part.nix
}

@test "create --rootfs sends a tree of this machine" {
	on "$near" sh -c 'rm -rf /tmp/tree; mkdir -p /tmp/tree/sbin /tmp/tree/usr /tmp/tree/etc; cd /tmp
		cp /usr/local/share/nixos-container/systems/minimal/ctr-console tree/sbin/init
		echo near >tree/etc/from; tar -C tree -czf tree.tar.gz .'
	for from in /tmp/tree /tmp/tree.tar.gz tree.tar.gz -; do
		run -0 on "$near" sh -c 'cd /tmp; nixos-container -H far create "$1" --no-start --rootfs "$2" <tree.tar.gz' sh "$name" "$from"
		run -0 on "$far" cat "/var/lib/containers/$name/etc/from"
		assert_output near
		on_far destroy "$name"
	done
	run -0 from_near -H far create "$name" --dry-run --rootfs /tmp/tree
	assert_output --partial "system its own, from -"
	run -2 from_near -H far create "$name" --rootfs /tmp/none
	run -1 on "$near" sh -c 'head -c 2000 /tmp/tree.tar.gz | nixos-container -H far create "$1" --rootfs -' sh "$name"
	run -0 on_far list
	refute_output --partial "$name"
}

@test "arguments, streams and exit status pass unchanged" {
	from_near -H far create "$name"
	from_near -H far run "$name" -- true
	all=$(printf '%b' "$(printf '\\x%x' {1..255})")x
	args=('' ' a  b ' "it's '' \\'" $'new\nline\n' '$HOME `id` $(id)' '*' '~' '!' '-x' '--' "$all" $'\xff\xc3')
	printf '%s\0' "${args[@]}" >"$BATS_TEST_TMPDIR/expected"
	from_near -H far run "$name" -- printf '%s\0' "${args[@]}" >"$BATS_TEST_TMPDIR/got"
	cmp "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/got"
	run -7 from_near -H far run "$name" -- sh -c 'exit 7'
	run -3 --separate-stderr from_near -H far run "$name" -- sh -c 'cat; echo err >&2; exit 3' <<<in
	assert_output in
	assert_equal "$stderr" err
}

@test "a verb that fails there fails here, and what is wrong is said" {
	run -1 from_near -H far start "$name"
	assert_output --partial "$name: no such container"
	run -4 from_near -H far status "$name"
	run -2 from_near -H far create "$name" --local-address x
	run -2 from_near -H far frobnicate
	run -2 from_near -H
	run -2 from_near -H '-oProxyCommand=touch /tmp/run-here' list
	run -2 from_near -H 'a b' list
	on "$near" test ! -e /tmp/run-here
	run -2 from_near -H far list -H near
	assert_output --partial 'given twice'
	run -255 from_near -H no-such-host.invalid list
	run -1 from_near -H far create "$name" --config 'no.such.option = 1;'
	assert_output --partial no.such.option
	run -0 on_far list
	refute_output --partial "$name"
	on "$near" sh -c '! ls -d /tmp/nixos-container.*'
}

@test "options stand anywhere, with -H too" {
	from_near -q -H far create "$name" --config 'environment.etc."motto".text = "one";'
	run -0 from_near create -H far --help
	assert_line --index 0 'usage: nixos-container [OPTION]... create NAME'
	run -0 from_near -H far create --help
	assert_line --index 0 'usage: nixos-container [OPTION]... create NAME'
	run -0 from_near -H far -q update "$name" --config 'environment.etc."motto".text = "two";'
	assert_output ''
	run -0 from_near run -H far "$name" -- cat /etc/motto
	assert_output two
	run -0 from_near update "$name" -q --config 'environment.etc."motto".text = "three";' -H far
	assert_output ''
	run -0 from_near run "$name" -u root -H far -- cat /etc/motto
	assert_output three
	run -0 from_near run "$name" -H far echo -H near
	assert_output '-H near'
	# A container of this name on the near host is another one.
	from_near create -q --no-start "$name-c"
	from_near -H far create -q --no-start "$name-c"
	from_near destroy "$name-c"
	from_near -H far destroy "$name-c"
	run -2 from_near -H far create "$name-b" --port 80 --port 80
	assert_output --partial 'forwarded twice'
	refute_output --partial building
}

@test "at a terminal, it is one there" {
	from_near -H far create "$name"
	run -0 on "$near" expect -c "
		set timeout 60
		spawn nixos-container -H far run $name -- sh -c {tty && exit 5}
		expect -re {/dev/}
		expect eof
		exit [expr {[lindex [wait] 3] != 5}]"
}

@test "a local flake and a local system are copied" {
	from_near -H far create "$name" --no-start --dry-run
	run -0 on_far list
	refute_output --partial "$name"
	on "$near" sh -c 'mkdir -p /root/flake; cat >/root/flake/flake.nix' <<-'END'
		{ outputs = { self }: { nixosConfigurations.container.config.system.build.toplevel =
		  (import /usr/local/share/nixos-container/systems/minimal {
		    configuration = { environment.etc."motto".text = "flaky"; };
		  }).system; }; }
	END
	from_near -H far create "$name" --flake /root/flake --impure
	run -0 from_near -H far run "$name" -- cat /etc/motto
	assert_output flaky
	run -1 on "$far" grep FLAKE "/etc/containers/$name.conf"
	system=$(on "$near" nix-build --no-out-link /usr/local/share/nixos-container/systems/minimal \
		-A system --arg configuration '{ environment.etc."motto".text = "given"; }')
	from_near update -H far "$name" --system-path "$system"
	run -0 from_near -H far run "$name" -- cat /etc/motto
	assert_output given
}

@test "quoting works under busybox" {
	from_near -H far create "$name"
	# shellcheck disable=SC2016 # for the remote shell
	run -0 on "$near" sh -c 'busybox sh /usr/local/bin/nixos-container -H far run "$0" -- printf "%s|" "$@"' \
		"$name" "a'b" '' $'c\nd' "''"
	assert_output $'a\'b||c\nd|\'\'|'
}

@test "the other verbs work on the remote host, too" {
	on_far create "$name" --config 'environment.etc."motto".text = "one";'
	on_far update "$name" --config 'environment.etc."motto".text = "two";'
	run -0 from_near -H far list
	assert_line "$name"
	run -0 from_near -H far list --json
	assert_equal "$(jq -r --arg n "$name" '.[] | select(.name == $n).state' <<<"$output")" up
	run -0 from_near -H far show --json "$name"
	assert_equal "$(jq -r .name <<<"$output")" "$name"
	run -0 from_near -H far show-ip "$name"
	assert_output "$(on_far show-ip "$name")"
	run -1 from_near -H far show-host-key "$name"
	assert_output --partial "$name"
	run -0 from_near -H far generations "$name"
	assert_equal "${#lines[@]}" 2
	run -0 from_near -H far graph
	assert_output --partial "$name"
	run -0 from_near -H far logs "$name" -n 3
	from_near -H far rollback "$name"
	run -0 from_near -H far run "$name" -- cat /etc/motto
	assert_output one
	run -0 from_near -H far diff "$name" 1 2
	from_near -H far set-root-password "$name" <<<secret
	run -0 from_near -H far root-login "$name" <<<'echo it is $(hostname)'
	assert_output --partial "it is $name"
	on "$near" sh -c 'mkdir -p /root/from-here && echo here >/root/from-here/file'
	from_near -H far copy-to "$name" /root/from-here /root/
	from_near -H far copy-from "$name" /root/from-here /root/back
	run -0 on "$near" cat /root/back/file
	assert_output here
	from_near -H far copy-from "$name" /root/from-here/file - | grep -x here
	from_near -H far copy-to "$name" - /root/from-there <<<there
	from_near -H far network "$name"
	from_near -H far reload "$name"
	from_near -H far restart "$name"
	from_near -H far terminate "$name"
	run -0 from_near -H far status "$name"
	assert_output down
	from_near -H far cleanup "$name"
	from_near -H far reset "$name"
	run -1 on "$far" test -e "/var/lib/containers/$name/root/from-there"
	from_near -H far clone "$name" "$name-two"
	from_near -H far rename "$name-two" "$name-three"
	from_near -H far start "$name-three"
	from_near -H far stop "$name-three"
	run -0 from_near -H far shell -- echo gone after it
	assert_output --partial "gone after it"
	run -1 from_near -H far edit "$name" </dev/null
	assert_output --partial "$name: the editor failed; nothing was changed"
	from_near -H far resolv
	from_near -H far destroy "$name-three"
	run -4 from_near -H far status "$name-three"
}
