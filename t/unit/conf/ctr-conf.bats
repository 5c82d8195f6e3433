#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load ../../lib/env

setup() {
	export NIXOS_CONTAINER_CONF_DIR=$BATS_TEST_TMPDIR/conf
	mkdir "$NIXOS_CONTAINER_CONF_DIR"
	file=$NIXOS_CONTAINER_CONF_DIR/web.conf
}

# value TEXT - print FLAKE, which takes any text, from a file with that text
value() {
	printf '%b' "$1" >"$file"
	ctr-conf get web FLAKE
}

# reads TEXT VALUE - the value in that text must be VALUE
reads() { assert_equal "$(value "$1")" "$2"; }

# refuses TEXT LINE: the one error; the text may have escapes of printf %b
refuses() {
	printf '%b' "$1" >"$file"
	run -2 ctr-conf check --no-host web
	assert_output "ctr-conf: $file:$2"
}

@test "values are in double quotes, in single quotes, or without quotes" {
	reads 'FLAKE=a b\n' 'a b'
	reads 'FLAKE="a b"\n' 'a b'
	reads "FLAKE='a b'\n" 'a b'
	reads 'FLAKE=a' a
	reads "FLAKE=it's\n" "it's"
	reads "FLAKE=\"it's\"\n" "it's"
	reads "FLAKE='a\"b'\n" 'a"b'
}

@test "blanks around keys, values and quotes are ignored" {
	reads ' \t FLAKE \t = \t a b \t \n' 'a b'
	reads 'FLAKE= "a " \n' 'a '
	reads "FLAKE=' a'\t\n" ' a'
}

@test "comments begin with # or ;, at the beginning of a line only" {
	reads '# FLAKE=x\n;FLAKE=y\n  # "\nFLAKE=a\n' a
	reads '# a comment ends with its line\\\nFLAKE=a\n' a
	reads 'FLAKE=a#b;c\n' 'a#b;c'
}

@test "a backslash continues a line, and quotes a character" {
	reads 'FLAKE=a\\\nb\n' ab
	reads 'FLAKE=\\\n  a\n' '  a'
	reads 'FLAKE="a\\\nb"\n' ab
	reads 'FLAKE=a\\ b\\"c\\\\d\\n\n' 'a b"c\dn'
	reads 'FLAKE=a\\  \n' 'a '
	reads 'FLAKE="\\"\\\\\\$\\`\\a\\:"\n' '"\$`\a\:'
	reads "FLAKE='a\\\\b\$c'\n" 'a\b$c'
}

@test "an empty value means the default, and a key may occur only once" {
	printf 'AUTO_START=\nINTERFACES=""\n' >"$file"
	assert_equal "$(ctr-conf get web AUTO_START)" 0
	run -1 ctr-conf get web INTERFACES
	assert_output ''
	run -0 ctr-conf get web
	assert_output ''
	refuses 'NAT=\nMTU=1400\nNAT=1\n' '3: NAT: given twice, first in line 1'
}

@test "lines that are not assignments are refused" {
	refuses 'FLAKE\n' '1: expected KEY=VALUE'
	refuses '\n\nFLAKE' '3: expected KEY=VALUE'
	refuses '=x\n' '1: : unknown setting'
	refuses 'PATH=/bin\n' '1: PATH: unknown setting'
	refuses 'flake=x\n' '1: flake: unknown setting'
	refuses 'export FLAKE=x\n' '1: export FLAKE: unknown setting'
}

@test "unclosed quotes and text outside quotes are refused" {
	refuses 'FLAKE="a\nMTU=1400\n' '1: FLAKE: a quote is not closed in its line'
	refuses "FLAKE='a\n'\n" $'1: FLAKE: a quote is not closed in its line\nctr-conf: '"$file:2: expected KEY=VALUE"
	refuses 'FLAKE="' '1: FLAKE: a quote is not closed in its line'
	refuses 'FLAKE="a\\' '1: FLAKE: a quote is not closed in its line'
	refuses 'FLAKE="a" # comment\n' '1: FLAKE: text behind a closing quote'
	refuses 'FLAKE="a"b\n' '1: FLAKE: text behind a closing quote'
	refuses 'FLAKE=--x="a b"\n' '1: FLAKE: a double quote inside an unquoted value'
	refuses 'FLAKE=a\\' '1: FLAKE: a backslash at the end of the file'
	refuses 'FLAKE=a\\\n' '1: FLAKE: a backslash at the end of the file'
}

@test "a file with control characters is refused, and the line named" {
	refuses 'FLAKE=a\n\nMTU=\0000\n' '3: zero byte'
	refuses 'FLAKE=a\rNAT=1\n' '1: control character'
	refuses '# \033[2J\n' '1: control character'
	refuses 'FLAKE=\0302\0205\n' '1: control character'
	for bad in '\0377' '\0300\0200' '\0340\0200\0200' '\0355\0240\0200' '\0364\0220\0200\0200' '\0303' \
		'\0200' '\0360\0237\0230'; do
		refuses "MTU=1400\nFLAKE=x$bad" '2: not UTF-8'
	done
	reads 'FLAKE="/srv/ünï 文 😀"\n' '/srv/ünï 文 😀'
}

@test "all errors are reported, one a line" {
	printf '%s\n' 'NAT=maybe' '' 'NO=1' 'MTU="14' 'COPY_RESOLV_CONF=1' 'MTU=1' >"$file"
	run -2 ctr-conf check --no-host web
	assert_output "ctr-conf: $file:1: NAT: invalid value \"maybe\" (expected 0 or 1)
ctr-conf: $file:3: NO: unknown setting
ctr-conf: $file:4: MTU: a quote is not closed in its line
ctr-conf: $file:6: MTU: invalid value \"1\" (expected an MTU of 68 to 65535)"
	run -2 ctr-conf get web COPY_RESOLV_CONF
	refute_line 1
}

@test "a settings file is a regular file of at most 64 KiB, or a link to one" {
	echo FLAKE=linked >"$BATS_TEST_TMPDIR/store"
	ln -s ../store "$file"
	assert_equal "$(ctr-conf get web FLAKE)" linked
	rm "$file"
	run -1 ctr-conf get web
	assert_output "ctr-conf: $file: No such file or directory"
	mkfifo "$file"
	run -1 timeout 5 ctr-conf check --no-host web
	assert_output "ctr-conf: $file: not a regular file"
	ln -sf /dev/zero "$file"
	run -1 timeout 5 ctr-conf check --no-host web
	rm "$file"
	{ printf 'FLAKE=a\n#'; printf '%065527d' 0; } >"$file"
	ctr-conf check --no-host web
	printf x >>"$file"
	run -1 ctr-conf check --no-host web
	assert_output "ctr-conf: $file: more than 65536 bytes"
}

# takes KEY VALUE..., rejects KEY VALUE...
takes() {
	local key=$1
	shift
	for v; do
		printf '%s="%s"\n' "$key" "$v" >"$file"
		assert_equal "$(ctr-conf get web "$key")" "$v"
	done
}

rejects() {
	local key=$1
	shift
	for v; do
		printf '%s="%s"\n' "$key" "$v" >"$BATS_TEST_TMPDIR/one"
		run -2 ctr-conf check --file "$BATS_TEST_TMPDIR/one"
		assert_output --partial "one:1: $key: invalid value \""
		[[ ${#lines[@]} -eq 1 && $output == *'(expected '* ]]
	done
}

@test "each type accepts valid values and refuses invalid ones" {
	takes EPHEMERAL 0 1
	rejects EPHEMERAL yes 2 01 -1
	takes SYSTEM_PATH /nix/var/nix/profiles/system
	rejects SYSTEM_PATH nix/store ''x "/$(printf '%04096d' 0)"
	rejects FLAKE --impure
	takes LOCAL_ADDRESS 10.0.0.2 10.0.0.2/24 10.0.0.2,10.0.0.3/8 '10.0.0.2 10.0.0.3'
	rejects LOCAL_ADDRESS 10.0.0 010.0.0.1 10.0.0.256 fc00::2 127.0.0.1 0.0.0.0 224.0.0.1 \
		255.255.255.255 10.0.0.2/33 10.0.0.2/ 10.0.0.2/0 10.0.0.2/024 web
	takes LOCAL_ADDRESS6 fc00::2 fc00::2/64 fe80::1
	rejects LOCAL_ADDRESS6 10.0.0.2 ::1 :: ff02::1 ::ffff:10.0.0.2 fc00::2/129 fc00::g
	takes GATEWAY 10.0.0.1
	rejects GATEWAY 10.0.0.1/24 '10.0.0.1 10.0.0.2' fc00::1
	takes GATEWAY6 fc00::1
	rejects GATEWAY6 fc00::1/64 10.0.0.1
	takes HOST_BRIDGE br0 a23456789012345
	rejects HOST_BRIDGE a234567890123456 a/b a:b 'a b' . .. br%d
	takes LOCAL_MAC_ADDRESS 02:00:00:00:00:07 FE:aB:00:00:00:07
	rejects LOCAL_MAC_ADDRESS 02:00:00:00:00 01:00:00:00:00:07 00:00:00:00:00:00 \
		02-00-00-00-00-07 02:00:00:00:00:07:01 02:00:00:00:00:g7
	takes MTU 68 1500 65535
	rejects MTU 67 65536 1e3 0x5dc 01500 -1
	takes HOST_PORT 80 80:8080 tcp:1:65535 udp:53 'tcp:80:80,udp:53:53 8080'
	takes HOST_PORT 127.0.0.1:8080:80 '[::1]:8080:80' eth0:80 eth0.1:8080:80 udp:wg-x:53 udp:20000-20100 \
		8000-8010:9000-9010 80-80 tcp:192.0.2.1:80-81 udp:[fc00::1]:1-65535 0.0.0.0:80 '[::]:80'
	rejects HOST_PORT 0 65536 80: :80 80:0 80:80:80 sctp:80 tcp 080 tcp:tcp:80 '80,x'
	rejects HOST_PORT 81-80 80- -80 80-81- 80-81:80 80-81:90-92 80:80-81 1-65536 80-081 1.2.3:80 \
		1.2.3.4.5:80 224.0.0.1:80 0.0.0.1:80 ::1:80 '[::1]80' '[::1:80' '[ff02::1]:80' '[::ffff:1.2.3.4]:80' \
		'[127.0.0.1]:80' eth0: eth0:x TCP:80 'eth*:80' 0123456789abcdef:80 eth0:eth1:80 \
		1-1001:2-1002 udp:127.0.0.1:53 '127.0.0.1:80-81' '[::1]:80-81'
	takes HOST_PORT 1-1000:2-1001
	takes EXTRA_VETHS v1 v1: 'v1:host=10.5.5.1,local=fc00::2/64,bridge=br1,mac=02:00:00:00:00:01,mtu=1400 v2'
	rejects EXTRA_VETHS v1:peer=x v1:mtu=x v1:host v1:host=x v1:mac=x v1:bridge=a/b a/b :host=10.0.0.1
	takes INTERFACES eth1 'eth1 eth2'
	rejects INTERFACES a/b eth1,eth2/ 'eth1 a:b'
	takes MACVLANS eth1 eth1:mv eth1:mv:private eth1::vepa
	rejects MACVLANS eth1:mv:l2 a/b eth1:a/b eth1:mv:bridge:x
	takes BIND /a '/a:/b:norbind /c' "'/srv/my data':/data" +/var:/x :/y '/a:/b:idmap,norbind'
	rejects BIND a ./a '/a b' /a: /a:b /a:/b:bogus /a:/b: /a:/b:idmap,x : :x
	takes TMPFS /tmp '/var/cache:size=64M,mode=755 /x'
	rejects TMPFS tmp
	takes DEVICES /dev/fuse '/dev/rtc0:r char-usb_device' block-loop:rw /dev/v4l/by-path/pci-0000:00:1.0
	rejects DEVICES /etc/passwd fuse /dev/fuse:x /dev/fuse: /dev/a:0:x :r
	takes CAPABILITIES CAP_SYS_TIME 'CAP_SYS_TIME CAP_NET_ADMIN' all CAP_MKNOD,CAP_SYS_PTRACE
	rejects CAPABILITIES SYS_TIME CAP_NO_SUCH CAP_SYS_TIM
	takes PRIVATE_USERS pick identity no 0 65536 4294901760
	rejects PRIVATE_USERS yes -1 4294901761 99999999999 65536:65536
	takes MEMORY_MAX 512M 1 1048576 50% 100% infinity 2T
	rejects MEMORY_MAX lots 0 0M 101% 1.5G -1 1MB M % '1G;x' 9999999999999999999
	takes MEMORY_SWAP_MAX 0 512M 50% infinity
	rejects MEMORY_SWAP_MAX 0M -1 lots
	takes ALLOWED_CPUS 0 0-3 '0-3,6 8-8' 8191
	rejects ALLOWED_CPUS all 3-1 -1 1- 0-8192 1.5 '0-3 x' 123456789
	takes IO_WEIGHT 1 100 10000
	rejects IO_WEIGHT 0 10001 01 50% much
	for key in IO_READ_BANDWIDTH_MAX IO_WRITE_BANDWIDTH_MAX; do
		takes $key /dev/sda:20M '/srv:1 /dev/sdb:infinity' "'/srv/my data:5G'" /a:b:1K
		rejects $key /dev/sda 20M dev/sda:20M /dev/sda: /dev/sda:0 /srv:50% :1 '/srv:1 x'
	done
	takes CREDENTIALS a:/b 'tls.key:/etc/x/web.key my_pass-1:/y' "'x:/my file'" x:/a:b
	rejects CREDENTIALS a /b a: a:b :/b ../x:/b .:/b a/b:/c 'a:/b c' 'a b:/c'
	takes CPU_QUOTA 50% 150%
	rejects CPU_QUOTA 50 half 0% -1%
	takes TASKS_MAX 2000 10% infinity
	rejects TASKS_MAX 0 -1 2K lots
	takes AFTER database 'database network-online.target' srv-data.mount a@b.service
	rejects AFTER a/b database.conf +x ../x .service
	takes START_TIMEOUT 90 1min '2min 30s' 2min30s 500ms infinity 1h '1 min' 1.5h 5m 1M2w '3 years'
	rejects START_TIMEOUT soon 1parsec min -1 1. .5 1.s 1..5
}

@test "an error in a list names the wrong word" {
	printf 'HOST_PORT="80 x,81"\n' >"$file"
	run -2 ctr-conf check --no-host web
	assert_output "ctr-conf: $file:1: HOST_PORT: invalid value \"x\" (expected [tcp:|udp:][ADDRESS:]HOST[-LAST][:INNER[-LAST]])"
	refuses 'HOST_PORT=80,81-82:83\n' '1: HOST_PORT: invalid value "81-82:83" (expected as many ports of the host as of the container)'
	refuses 'HOST_PORT=1-2000:2-2001\n' '1: HOST_PORT: invalid value "1-2000:2-2001" (expected at most 1000 ports, or the same ones in the container)'
	refuses 'HOST_PORT=udp:127.0.0.1:53\n' '1: HOST_PORT: invalid value "udp:127.0.0.1:53" (expected a single TCP port at a loopback address)'
	refuses "BIND=\"/a '/b c\"\n" "1: BIND: invalid value \"/a '/b c\" (a single quote is not closed)"
	refuses "EXTRA_NSPAWN_FLAGS=\"'--x\"\n" "1: EXTRA_NSPAWN_FLAGS: invalid value \"'--x\" (a single quote is not closed)"
	printf 'BIND=/%09000d\n' 0 >"$file"
	run -2 ctr-conf check --no-host web
	assert_output --partial '(a word is too long)'
}

@test "settings written by NixOS are read" {
	cat >"$file" <<-'END'
		SYSTEM_PATH=/nix/store/00000000000000000000000000000000-nixos-system-web
		  PRIVATE_NETWORK=1
		    HOST_PORT=tcp:8080:80,udp:53:53

		  HOST_ADDRESS=192.168.100.10
		  LOCAL_ADDRESS=192.168.100.11

		PRIVATE_USERS=no
		INTERFACES=""
		MACVLANS=""
		  AUTO_START=1

		EXTRA_NSPAWN_FLAGS=" --bind-ro=/srv/a:/srv/a --capability=CAP_NET_ADMIN"
	END
	run -0 ctr-conf get web
	assert_output 'SYSTEM_PATH=/nix/store/00000000000000000000000000000000-nixos-system-web
AUTO_START=1
PRIVATE_NETWORK=1
HOST_ADDRESS=192.168.100.10
LOCAL_ADDRESS=192.168.100.11
HOST_PORT=tcp:8080:80,udp:53:53
PRIVATE_USERS=no
EXTRA_NSPAWN_FLAGS=" --bind-ro=/srv/a:/srv/a --capability=CAP_NET_ADMIN"'
}

@test "get prints all settings in a form that reads back the same" {
	local again=$BATS_TEST_TMPDIR/again
	cat >"$file" <<-'END'
		EXTRA_NSPAWN_FLAGS="'--x=a $b' \"x\" `y` \:\\ "
		FLAKE=plain#x
		# gone
		NAT="1"
	END
	cat >"$again" <<-'END'
		FLAKE=plain#x
		NAT=1
		EXTRA_NSPAWN_FLAGS="'--x=a \$b' \"x\" \`y\` \\:\\ "
	END
	ctr-conf get web | diff - "$again"
	assert_equal "$(ctr-conf get web EXTRA_NSPAWN_FLAGS)" "'--x=a \$b' \"x\" \`y\` \\:\\ "
	ctr-conf get -0 web >"$BATS_TEST_TMPDIR/first"
	[[ $(tr -cd '\0' <"$BATS_TEST_TMPDIR/first" | wc -c) -eq 3 ]]
	cp "$again" "$file"
	ctr-conf get web --null | cmp - "$BATS_TEST_TMPDIR/first"
	ctr-conf get web | cmp - "$again"
}

@test "check takes names, all containers, or any file" {
	echo NAT=0 >"$file"
	echo NAT=x >"${file%/*}/two.conf"
	for other in storage.conf .web.pending web.conf.bak a+b.conf; do echo NO=1 >"${file%/*}/$other"; done
	ctr-conf check --no-host web
	run -2 ctr-conf check --no-host web two
	assert_output --partial 'two.conf:1: NAT: '
	run -2 ctr-conf check --no-host --all
	[[ ${#lines[@]} -eq 1 ]]
	rm "${file%/*}/two.conf"
	ctr-conf check --no-host --all
	run -1 ctr-conf check --no-host web three
	run -2 ctr-conf check --file "${file%/*}/storage.conf"
	run -2 ctr-conf check
	run -2 ctr-conf check --no-host --all web
	NIXOS_CONTAINER_CONF_DIR=/no/such ctr-conf --conf-dir "${file%/*}" check --no-host web
	NIXOS_CONTAINER_CONF_DIR=/no/such ctr-conf check --no-host web --conf-dir "${file%/*}"
	run -1 ctr-conf check --no-host --all --conf-dir /no/such
	assert_output 'ctr-conf: open /no/such: No such file or directory'
	run -2 ctr-conf check --no-host web --conf-dir no
}

@test "invalid names are refused before any file is read" {
	for name in '' -- .. a/b a+b -x x- "$(printf '%064d' 0)" storage; do
		run -2 ctr-conf get -- "$name"
	done
	run -2 ctr-conf get storage
	assert_output 'ctr-conf: storage: this name is reserved: Podman keeps files of that name'
	run -2 ctr-conf get a+b
	assert_output --partial 'a+b: not a container name: a name is 1 to 63 letters'
}

@test "a wrong command line exits with 2, a failure with 1" {
	run -2 ctr-conf
	run -2 ctr-conf frob
	run -2 ctr-conf get
	run -2 ctr-conf get web NO
	run -2 ctr-conf get web --all
	assert_output 'ctr-conf: get takes no --all'
	run -2 ctr-conf keys web
	run -2 ctr-conf keys --frob
	run -0 ctr-conf --help
	assert_line --index 0 'usage: ctr-conf [OPTION]... check [--no-host] NAME...'
	run -0 ctr-conf --version
	echo NAT=1 >"$file"
	run -1 bash -c 'ctr-conf get web >/dev/full'
}

@test "keys prints the keys of the page, with their examples and defaults" {
	run -0 ctr-conf keys
	assert_equal "$(cut -f1 <<<"$output" | sort)" \
		"$(sed -n 's/^\.It Ic \([A-Z_0-9]*\).*/\1/p' "$TOP/share/man/nixos-container.conf.5" | sort)"
	run -0 ctr-conf keys --json
	jq -e 'length > 30 and all(.name and .type and .expected and .text and .example and .group and .effect)' <<<"$output"
	# The page has the same order and examples.
	assert_equal "$(jq -r '.[].name' <<<"$output")" \
		"$(sed -n 's/^\.It Ic \([A-Z_0-9]*\).*/\1/p' "$TOP/share/man/nixos-container.conf.5")"
	assert_equal "$(jq -r '.[] | "\(.name)=\(.example)"' <<<"$output")" \
		"$(sed -n "/^\.Ss Settings of the host/q; s/^\.Dl \([A-Z_0-9]*=.*\)/\1/p" "$TOP/share/man/nixos-container.conf.5" |
			sed 's/\\(aq/'"'"'/g; s/="\(.*\)"$/=\1/')"
	for what in example default; do
		jq -r ".[] | select(.$what) | \"\(.name)=\\\"\(.$what)\\\"\"" <<<"$output" >"$BATS_TEST_TMPDIR/all"
		[[ -s $BATS_TEST_TMPDIR/all ]]
		run -0 grep -c . "$BATS_TEST_TMPDIR/all"
		while IFS= read -r line; do
			printf '%s\n' "$line" >"$file"
			ctr-conf get web >/dev/null
		done <"$BATS_TEST_TMPDIR/all"
		run -0 ctr-conf keys --json
	done
}

@test "keys --complete prints what may stand for a word" {
	run -0 ctr-conf keys --complete ''
	assert_equal "$(cut -f 1 <<<"$output" | tr -d =)" "$(ctr-conf keys | cut -f 1)"
	assert_equal "$(cut -f 2 <<<"$output")" "$(ctr-conf keys | cut -f 4)"
	run -0 ctr-conf keys --complete NAT=
	assert_output $'NAT=0\nNAT=1'
	run -0 ctr-conf keys --complete STORE=a
	assert_output $'STORE=all\nSTORE=closure'
	for none in FLAKE= NO_SUCH= = MTU=14; do
		run -0 ctr-conf keys --complete "$none"
		assert_output ''
	done
	# Each of them is right.
	for one in $(ctr-conf keys | cut -f 1); do
		for word in $(ctr-conf keys --complete "$one="); do
			printf '%s\n' "$word" >"$file"
			ctr-conf get web >/dev/null
		done
	done
}

# fits LINE..., clashes ERROR LINE... - check these settings of web
fits() {
	printf '%s\n' "$@" >"$file"
	run -0 ctr-conf check --no-host web
	assert_output ''
}

clashes() {
	local error=$1
	shift
	printf '%s\n' "$@" >"$file"
	run -2 ctr-conf check --no-host web
	assert_output "ctr-conf: $file:$error"
	# get reads them: each one by itself is valid.
	ctr-conf get web >/dev/null
}

@test "settings of a private network are refused without one, and NETWORK_NAMESPACE_PATH with one" {
	for one in HOST_ADDRESS=10.0.0.1/24 LOCAL_ADDRESS=10.0.0.2 HOST_ADDRESS6=fc00::1 \
		LOCAL_ADDRESS6=fc00::2 LOCAL_MAC_ADDRESS=02:00:00:00:00:01 HOST_BRIDGE=br0 \
		EXTRA_VETHS=v1 GATEWAY=10.0.0.1 GATEWAY6=fc00::1 MTU=1400 HOST_PORT=80 NAT=1; do
		clashes "2: ${one%%=*} needs PRIVATE_NETWORK=1" PRIVATE_NETWORK=0 "$one"
	done
	fits NAT=0
	fits NETWORK_NAMESPACE_PATH=/run/netns/x
	for one in PRIVATE_NETWORK=1 INTERFACES=eth1 MACVLANS=eth1; do
		clashes '1: NETWORK_NAMESPACE_PATH excludes PRIVATE_NETWORK, INTERFACES and MACVLANS' \
			NETWORK_NAMESPACE_PATH=/run/netns/x "$one"
	done
}

@test "an address of one end only is refused, and the other setting named" {
	fits PRIVATE_NETWORK=1 HOST_ADDRESS=10.0.0.1 LOCAL_ADDRESS=10.0.0.2 LOCAL_ADDRESS6=fc00::2 HOST_ADDRESS6=fc00::1
	fits PRIVATE_NETWORK=1 HOST_BRIDGE=br0 LOCAL_ADDRESS=10.0.0.2/24
	fits PRIVATE_NETWORK=1 HOST_BRIDGE=br0 LOCAL_ADDRESS=10.0.0.2/24 HOST_ADDRESS=10.0.0.1
	fits PRIVATE_NETWORK=1 GATEWAY=10.0.0.1 LOCAL_ADDRESS=10.0.0.2/24
	fits PRIVATE_NETWORK=1 HOST_ADDRESS=10.0.0.1/24
	clashes "2: LOCAL_ADDRESS: the host's end has no address: set HOST_ADDRESS, such as HOST_ADDRESS=10.0.0.1, or HOST_BRIDGE or GATEWAY" \
		PRIVATE_NETWORK=1 LOCAL_ADDRESS=10.0.0.2/24
	clashes "2: LOCAL_ADDRESS6: the host's end has no address: set HOST_ADDRESS6, such as HOST_ADDRESS6=fc00::2, or HOST_BRIDGE or GATEWAY6" \
		PRIVATE_NETWORK=1 LOCAL_ADDRESS6=fc00::1
	clashes "2: HOST_ADDRESS: the container's end has no address: set LOCAL_ADDRESS, such as LOCAL_ADDRESS=10.0.0.254" \
		PRIVATE_NETWORK=1 HOST_ADDRESS=10.0.0.255 HOST_ADDRESS6=fc00::1 LOCAL_ADDRESS6=fc00::2
}

@test "impossible addresses and gateways are refused" {
	local pair=(PRIVATE_NETWORK=1 HOST_ADDRESS=10.0.0.1 LOCAL_ADDRESS=10.0.0.2)
	fits "${pair[@]}" GATEWAY=10.0.0.1 MTU=68
	clashes '4: GATEWAY: the container cannot be its own gateway: 10.0.0.2' "${pair[@]}" GATEWAY=10.0.0.2
	clashes '4: GATEWAY6 needs LOCAL_ADDRESS6' "${pair[@]}" GATEWAY6=fc00::1
	clashes '2: HOST_ADDRESS: the address 10.0.0.2 is given twice' \
		PRIVATE_NETWORK=1 HOST_ADDRESS=10.0.0.2 LOCAL_ADDRESS=10.0.0.2/24
	clashes '2: LOCAL_ADDRESS6: the address fc00:0::2 is given twice' PRIVATE_NETWORK=1 \
		LOCAL_ADDRESS6=fc00::2,fc00:0::2 HOST_ADDRESS6=fc00::1
	clashes '4: MTU: IPv6 needs at least 1280: 1279' PRIVATE_NETWORK=1 LOCAL_ADDRESS6=fc00::2 \
		HOST_ADDRESS6=fc00::1 MTU=1279
	clashes '3: LOCAL_ADDRESS: more than 16 addresses' PRIVATE_NETWORK=1 HOST_ADDRESS=10.0.0.1 \
		"LOCAL_ADDRESS=$(printf '10.2.2.%d ' {1..17})"
}

@test "a port is forwarded only once, and only with a local address" {
	local pair=(PRIVATE_NETWORK=1 HOST_ADDRESS=10.0.0.1 LOCAL_ADDRESS=10.0.0.2)
	fits "${pair[@]}" HOST_PORT=80,udp:80,81:80 NAT=1
	clashes '4: HOST_PORT: port 8099 (tcp) is forwarded twice: tcp:8099:80' \
		"${pair[@]}" HOST_PORT='8099:80 tcp:8099:80'
	clashes '4: HOST_PORT: port 53 (udp) is forwarded twice: udp:53:54' \
		"${pair[@]}" HOST_PORT=udp:53,53,udp:53:54
	clashes '4: HOST_PORT: port 85 (tcp) is forwarded twice: 85-95:85-95' \
		"${pair[@]}" HOST_PORT=80-90,85-95:85-95
	clashes '4: HOST_PORT: port 80 (tcp) is forwarded twice: 80' "${pair[@]}" HOST_PORT=70-90,80
	# None is all addresses, an interface may have any.
	for one in '192.0.2.1:80 80' '80 192.0.2.1:80' 'eth0:80 80' 'eth0:80 192.0.2.1:80' 'eth0:80 eth0:80:81' \
		'127.0.0.1:80 80' '0.0.0.0:80 192.0.2.1:80' '192.0.2.1:80 192.0.2.1:80:81'; do
		clashes "4: HOST_PORT: port 80 (tcp) is forwarded twice: ${one#* }" "${pair[@]}" HOST_PORT="$one"
	done
	fits "${pair[@]}" HOST_PORT='192.0.2.1:80 192.0.2.2:80 127.0.0.1:80 udp:80 81-90 [::1]:80'
	fits "${pair[@]}" HOST_PORT='eth0:80 eth1:80'
	clashes '4: HOST_PORT: [2001:db8::1]:80 needs LOCAL_ADDRESS6' "${pair[@]}" HOST_PORT=[2001:db8::1]:80
	clashes '2: HOST_PORT needs LOCAL_ADDRESS or LOCAL_ADDRESS6' PRIVATE_NETWORK=1 HOST_PORT=80
	clashes '2: NAT needs LOCAL_ADDRESS or LOCAL_ADDRESS6' PRIVATE_NETWORK=1 NAT=1
	fits PRIVATE_NETWORK=1 HOST_BRIDGE=br0 LOCAL_ADDRESS6=fc00::2/64 HOST_PORT=80 NAT=1
}

@test "interfaces in the container must have different names" {
	fits PRIVATE_NETWORK=1 INTERFACES='eth1 eth2' MACVLANS=eth1 EXTRA_VETHS='v1 v2:bridge=br1'
	fits INTERFACES=eth0
	clashes '2: INTERFACES: the container has two interfaces of the name eth0' PRIVATE_NETWORK=1 INTERFACES=eth0
	clashes '1: INTERFACES: the container has two interfaces of the name eth1' INTERFACES='eth1 eth1'
	clashes '2: MACVLANS: the container has two interfaces of the name mv-x' INTERFACES=mv-x MACVLANS=x
	clashes '3: MACVLANS: the container has two interfaces of the name v1' PRIVATE_NETWORK=1 EXTRA_VETHS=v1:mtu=1400 MACVLANS=x:v1
}

@test "a container cannot depend on itself" {
	fits AFTER=web2 REQUIRES=container@web2.service
	clashes '1: AFTER: the container itself: web' AFTER='db web'
	clashes '1: REQUIRES: the container itself: container@web.service' REQUIRES=container@web.service
}

@test "no interface is named lo, and extra pairs are eight at most" {
	printf 'PRIVATE_NETWORK=1\nEXTRA_VETHS=lo\n' >"$file"
	run -2 ctr-conf check --no-host web
	assert_output "ctr-conf: $file:2: EXTRA_VETHS: the container has two interfaces of the name lo"
	printf 'PRIVATE_NETWORK=1\nEXTRA_VETHS="a b c d e f g h i"\n' >"$file"
	run -2 ctr-conf check --no-host web
	assert_output "ctr-conf: $file:2: EXTRA_VETHS: more than 8 pairs"
}

# sets TEXT NEW-TEXT ARGUMENT... - set must change a file with TEXT to NEW-TEXT
sets() {
	local text=$1 new=$2
	shift 2
	printf '%b' "$text" >"$file"
	ctr-conf set web "$@"
	printf '%b' "$new" | diff - "$file"
	assert_equal "$(ls -A "${file%/*}")" web.conf
}

# keeps TEXT ERROR ARGUMENT... - set must fail with ERROR, and change nothing
keeps() {
	local text=$1 error=$2
	shift 2
	printf '%b' "$text" >"$file"
	run -2 ctr-conf set web "$@"
	assert_output "ctr-conf: $error"
	printf '%b' "$text" | diff - "$file"
	assert_equal "$(ls -A "${file%/*}")" web.conf
	assert_equal "$(ls -A "$NIXOS_CONTAINER_LOCK_DIR" 2>/dev/null)" ''
}

@test "set changes the given keys and nothing else" {
	export NIXOS_CONTAINER_{LOCK,RUN}_DIR=$BATS_TEST_TMPDIR/locks
	sets '# a\n NAT = "0" \n\n;b\nAUTO_START=0' '# a\nNAT=0\n\n;b\nAUTO_START=0\nFLAKE="x y"\nEPHEMERAL=1\n' \
		NAT=0 'FLAKE=x y' EPHEMERAL=1
	sets 'FLAKE="a\\\nb"\nEPHEMERAL=1\n' 'FLAKE=c\nEPHEMERAL=1\n' FLAKE=c
	sets 'FLAKE=a\n# end' '# end\n' --unset FLAKE
	sets 'FLAKE=a\n# end\n' '# end\n' FLAKE=
	sets '' 'FLAKE="a\\"\\\\\\$\\`b"\n' 'FLAKE=a"\$`b'
	[[ $(ctr-conf get web FLAKE) == 'a"\$`b' ]]
}

@test "set repairs errors of its keys, and writes nothing if other errors remain" {
	export NIXOS_CONTAINER_{LOCK,RUN}_DIR=$BATS_TEST_TMPDIR/locks
	sets 'EPHEMERAL=maybe\nFLAKE="x\n' 'EPHEMERAL=1\nFLAKE=y\n' EPHEMERAL=1 FLAKE=y
	sets 'EPHEMERAL=1\nFLAKE=x\nEPHEMERAL=0\n' 'EPHEMERAL=1\nFLAKE=x\n' EPHEMERAL=1
	keeps 'NO=1\n' "$file:1: NO: unknown setting" EPHEMERAL=1
	keeps 'NO\n' "$file:1: expected KEY=VALUE" EPHEMERAL=1
	keeps '' "$file:1: NAT needs PRIVATE_NETWORK=1" NAT=1
	keeps '' "$file:1: AFTER: the container itself: web" AFTER=web
	keeps '' 'NAT: invalid value "2" (expected 0 or 1)' NAT=2
	keeps '' 'NO: unknown setting; see: ctr-conf keys' NO=2
	keeps '' 'NO: unknown setting; see: ctr-conf keys' --unset NO
	keeps '' 'set: NAT is given twice' NAT=1 NAT=0
	keeps '' 'set: NAT is given twice' NAT=1 --unset NAT
	keeps '' 'set: expected KEY=VALUE: NAT' NAT
	keeps '' 'set: missing argument; see --help'
	keeps '' 'FLAKE: invalid value "x?NAT=1" (control character)' FLAKE=$'x\nNAT=1'
	keeps '' 'FLAKE: invalid value "x?" (control character)' FLAKE=$'x\r'
	keeps '' 'FLAKE: invalid value "x?" (not UTF-8)' FLAKE=$'x\xff'
	keeps '' 'set takes no --all' --all FLAKE=x
}

# effects TEXT LINES ARGUMENT... - set --effects must change a file with TEXT, and print these
effects() {
	local text=$1 printed=$2
	shift 2
	printf '%b' "$text" >"$file"
	# A host may lack a controller, which is said.
	run -0 --separate-stderr ctr-conf set --effects web "$@"
	assert_output "$(printf '%b' "$printed")"
}

@test "set --effects says of each key that changed when that is in effect" {
	export NIXOS_CONTAINER_{LOCK,RUN}_DIR=$BATS_TEST_TMPDIR/locks
	effects 'EPHEMERAL=1\n' 'once TASKS_MAX' EPHEMERAL=1 TASKS_MAX=
	# systemd lifts them at a start only.
	effects 'ALLOWED_CPUS=0\nIO_READ_BANDWIDTH_MAX=/:5M\n' 'once ALLOWED_CPUS\nonce IO_READ_BANDWIDTH_MAX' \
		ALLOWED_CPUS=0-0 IO_READ_BANDWIDTH_MAX='/tmp:5M /:6M'
	effects 'ALLOWED_CPUS=0\nIO_READ_BANDWIDTH_MAX=/:5M\n' 'start ALLOWED_CPUS\nstart IO_READ_BANDWIDTH_MAX' \
		ALLOWED_CPUS= IO_READ_BANDWIDTH_MAX=/tmp:5M
	effects 'IO_WRITE_BANDWIDTH_MAX=/:5M\nIO_WEIGHT=5\n' 'once IO_WEIGHT\nstart IO_WRITE_BANDWIDTH_MAX' \
		IO_WRITE_BANDWIDTH_MAX= IO_WEIGHT=
	effects 'EPHEMERAL=1\nTASKS_MAX=5\n' 'start EPHEMERAL\nonce MEMORY_MAX\nonce TASKS_MAX' \
		EPHEMERAL= TASKS_MAX=6 MEMORY_MAX=1G
	# A container without a network of its own now.
	effects 'PRIVATE_NETWORK=1\n' 'start MTU' MTU=1400
	effects '' 'start PRIVATE_NETWORK\nstart MTU' PRIVATE_NETWORK=1 MTU=1400
	run -0 ctr-conf set --effects --dry-run web MTU=
	assert_output PRIVATE_NETWORK=1
	run -2 ctr-conf set --effects web MTU=1
	assert_output 'ctr-conf: MTU: invalid value "1" (expected an MTU of 68 to 65535)'
	for with in --new "--file=$file"; do
		run -2 ctr-conf set --effects $with web MTU=1400
	done
}

@test "set --from takes the whole text, and names errors in it" {
	export NIXOS_CONTAINER_{LOCK,RUN}_DIR=$BATS_TEST_TMPDIR/locks
	printf 'EPHEMERAL=1\nTASKS_MAX=5\n' >"$file"
	printf '# new\nTASKS_MAX=6\n' >"$BATS_TEST_TMPDIR/text"
	cp "$file" "$BATS_TEST_TMPDIR/before"
	printf '# new\nTASKS_MAX=x\nNAT=1\n' >"$BATS_TEST_TMPDIR/wrong"
	run -2 ctr-conf set web --from "$BATS_TEST_TMPDIR/wrong"
	assert_output "ctr-conf: $BATS_TEST_TMPDIR/wrong:2: TASKS_MAX: invalid value \"x\" (expected a number above 0, N% or infinity)"
	printf '# new\nAFTER=web\n' >"$BATS_TEST_TMPDIR/wrong"
	run -2 ctr-conf set web --from "$BATS_TEST_TMPDIR/wrong"
	assert_output "ctr-conf: $BATS_TEST_TMPDIR/wrong:2: AFTER: the container itself: web"
	run -1 ctr-conf set web --from "$BATS_TEST_TMPDIR/none"
	assert_output "ctr-conf: read $BATS_TEST_TMPDIR/none: No such file or directory"
	for with in TASKS_MAX=7 --unset=TASKS_MAX --new "--file=$file"; do
		run -2 ctr-conf set web --from "$BATS_TEST_TMPDIR/text" "$with"
	done
	cmp "$file" "$BATS_TEST_TMPDIR/before"
	run -0 ctr-conf set --effects web --from "$BATS_TEST_TMPDIR/text"
	assert_output $'start EPHEMERAL\nonce TASKS_MAX'
	cmp "$file" "$BATS_TEST_TMPDIR/text"
	assert_equal "$(ls -A "${file%/*}" "$NIXOS_CONTAINER_LOCK_DIR" | grep -v :)" $'web.conf'
}

@test "get prints a line for each of several keys, empty without a value" {
	printf 'FLAKE="a b"\nNAT=0\n' >"$file"
	run -0 ctr-conf get web FLAKE HOST_PORT NAT
	assert_output $'a b\n\n0'
	assert_equal "$(ctr-conf get -0 web FLAKE HOST_PORT NAT | od -An -c | tr -d ' \n')" 'ab\0\00\0'
	run -2 ctr-conf get web FLAKE NO
	assert_output 'ctr-conf: NO: unknown setting; see: ctr-conf keys'
}

@test "set --new creates a file, and replaces none" {
	export NIXOS_CONTAINER_{LOCK,RUN}_DIR=$BATS_TEST_TMPDIR/locks
	ctr-conf set --new web EPHEMERAL=1 FLAKE='a b'
	printf 'EPHEMERAL=1\nFLAKE="a b"\n' | diff - "$file"
	assert_equal "$(stat -c %a "$file")" 644
	run -1 ctr-conf set --new web EPHEMERAL=0
	assert_output "ctr-conf: $file: it exists already"
	assert_equal "$(ctr-conf get web EPHEMERAL)" 1
	assert_equal "$(ls -A "${file%/*}")" web.conf
	run -2 ctr-conf set --new other NAT=1
	assert_output "ctr-conf: ${file%/*}/other.conf:1: NAT needs PRIVATE_NETWORK=1"
	ctr-conf set --new --file "${file%/*}/.x.pending"
	[[ -f ${file%/*}/.x.pending && ! -s ${file%/*}/.x.pending ]]
}

@test "set appends no setting to a line that is continued" {
	export NIXOS_CONTAINER_{LOCK,RUN}_DIR=$BATS_TEST_TMPDIR/locks
	sets 'FLAKE=/srv/f\\\n' 'FLAKE=/srv/f\\\n\nMEMORY_MAX=512M\n' MEMORY_MAX=512M
	assert_equal "$(ctr-conf get web FLAKE)" /srv/f
	sets 'FLAKE=/srv/f\\' 'FLAKE=/srv/f\\\n\nMEMORY_MAX=512M\n' MEMORY_MAX=512M
	sets 'FLAKE=/srv/f\\\\\n' 'FLAKE=/srv/f\\\\\nMEMORY_MAX=512M\n' MEMORY_MAX=512M
}

@test "set --dry-run prints the new file and writes nothing" {
	export NIXOS_CONTAINER_{LOCK,RUN}_DIR=$BATS_TEST_TMPDIR/locks
	printf '# a\nEPHEMERAL=1\n' >"$file"
	run -0 ctr-conf set --dry-run web EPHEMERAL= FLAKE=x
	assert_output $'# a\nFLAKE=x'
	assert_equal "$(cat "$file")" $'# a\nEPHEMERAL=1'
	run -0 ctr-conf set --new --dry-run other EPHEMERAL=1
	assert_output EPHEMERAL=1
	run -2 ctr-conf set --new --dry-run other NAT=1
	run -0 ctr-conf set --new --dry-run web EPHEMERAL=1
	assert_output EPHEMERAL=1
	assert_equal "$(ls -A "${file%/*}")" web.conf
	assert_not_exist "$NIXOS_CONTAINER_LOCK_DIR"
	# The directory may be missing.
	run -0 ctr-conf --conf-dir "$BATS_TEST_TMPDIR/none" set --new --dry-run web EPHEMERAL=1
	assert_output EPHEMERAL=1
}

@test "set keeps mode and owner, replaces the file atomically, and only if it changes" {
	export NIXOS_CONTAINER_{LOCK,RUN}_DIR=$BATS_TEST_TMPDIR/locks
	echo '# kept' >"$file"
	chmod 640 "$file"
	[[ $EUID -ne 0 ]] || chown 12:34 "$file"
	exec 7<"$file"
	before=$(stat -c '%a %u %g' "$file")
	ctr-conf set web FLAKE=x
	assert_equal "$(cat <&7)" '# kept'
	assert_equal "$(stat -c '%a %u %g' "$file")" "$before"
	before=$(stat -c '%i %z' "$file")
	ctr-conf set web FLAKE=x
	assert_equal "$(stat -c '%i %z' "$file")" "$before"
	assert_equal "$(ls -A "$NIXOS_CONTAINER_LOCK_DIR")" ''
	# A stale temporary file is no problem.
	echo rest >"${file%/*}/.web.conf.tmp"
	ctr-conf set web FLAKE=y
	assert_equal "$(ls -A "${file%/*}")" web.conf
}

@test "settings managed by the host's configuration are not changed" {
	export NIXOS_CONTAINER_{LOCK,RUN}_DIR=$BATS_TEST_TMPDIR/locks
	echo NAT=0 >"$BATS_TEST_TMPDIR/store"
	ln -s ../store "$file"
	run -1 ctr-conf set web FLAKE=x
	assert_output "ctr-conf: $file: declared in the host's configuration: change it there"
	rm "$file"
	echo NAT=0 >"$file"
	chmod 444 "$file"
	run -1 ctr-conf set web FLAKE=x
	assert_output "ctr-conf: $file: declared in the host's configuration: change it there"
	assert_equal "$(cat "$file" "$BATS_TEST_TMPDIR/store")" $'NAT=0\nNAT=0'
	assert_equal "$(ls -A "$NIXOS_CONTAINER_LOCK_DIR")" ''
	rm "$file"
	run -1 ctr-conf set web FLAKE=x
	assert_output "ctr-conf: read $file: No such file or directory"
	assert_equal "$(find "$NIXOS_CONTAINER_LOCK_DIR" "${file%/*}" -type f)" ''
}

@test "a file that would be too large is not written" {
	export NIXOS_CONTAINER_{LOCK,RUN}_DIR=$BATS_TEST_TMPDIR/locks
	{ printf '#'; printf '%065530d' 0; } >"$file"
	run -1 ctr-conf set web FLAKE=x
	assert_output "ctr-conf: change $file: File too large"
	[[ $(stat -c %s "$file") -eq 65531 ]]
	ctr-conf set web --unset FLAKE
}

@test "set waits for nixos-container's lock, up to a timeout" {
	export NIXOS_CONTAINER_{LOCK,RUN}_DIR=$BATS_TEST_TMPDIR/locks
	mkdir "$NIXOS_CONTAINER_LOCK_DIR"
	lock=$NIXOS_CONTAINER_LOCK_DIR/web.lock
	: >"$file"
	exec 8>>"$lock"
	flock 8
	run -1 ctr-conf set web FLAKE=x --wait 0
	assert_output 'ctr-conf: web: another command is working on it'
	assert_equal "$(cat "$file")" ''
	ctr-conf set web FLAKE=x --wait 20 8>&- 3>&- &
	# The holder removes the lock file: the waiting process must lock a new one.
	sleep 0.3
	rm "$lock"
	exec 8>&-
	wait $!
	assert_equal "$(cat "$file")" FLAKE=x
	assert_not_exists "$lock"
	assert_equal "$(stat -c %a "$NIXOS_CONTAINER_LOCK_DIR")" 700
	run -2 ctr-conf set web FLAKE=x --wait x
	# The caller has it already.
	exec 8>>"$lock"
	flock 8
	ctr-conf set --locked web FLAKE=y --wait 0
	assert_equal "$(cat "$file")" FLAKE=y
	assert_exists "$lock"
}

@test "lock files in a directory of their own, for machines that share it, stay" {
	export NIXOS_CONTAINER_LOCK_DIR=$BATS_TEST_TMPDIR/locks
	: >"$file"
	ctr-conf set web FLAKE=x
	assert_exists "$NIXOS_CONTAINER_LOCK_DIR/web.lock"
	ctr-conf set web FLAKE=y
	ctr-conf set web FLAKE=z --run-dir "$NIXOS_CONTAINER_LOCK_DIR"
	assert_equal "$(cat "$file")" FLAKE=z
	assert_not_exists "$NIXOS_CONTAINER_LOCK_DIR/web.lock"
	run -2 ctr-conf set web FLAKE=x --run-dir some
	assert_output "ctr-conf: not an absolute path: some (--run-dir or NIXOS_CONTAINER_RUN_DIR)"
}

@test "concurrent changes are all kept" {
	export NIXOS_CONTAINER_{LOCK,RUN}_DIR=$BATS_TEST_TMPDIR/locks
	: >"$file"
	local keys=(FLAKE=x EPHEMERAL=1 TMPFS=/a DEVICES=/dev/fuse CAPABILITIES=all MEMORY_MAX=1G CPU_QUOTA=5% \
		TASKS_MAX=5 AFTER=db REQUIRES=db START_TIMEOUT=5 BIND=/x BIND_RO=/y)
	for one in "${keys[@]}"; do ctr-conf set web "$one" 3>&- & done
	wait
	assert_equal "$(sort "$file")" "$(printf '%s\n' "${keys[@]}" | sort)"
}

@test "set and get work on any file, without a lock" {
	export NIXOS_CONTAINER_{LOCK,RUN}_DIR=/no/such
	: >"${file%/*}/.web.pending"
	cd "${file%/*}"
	ctr-conf set --file .web.pending PRIVATE_NETWORK=1 HOST_BRIDGE=br0
	assert_equal "$(ctr-conf get --file .web.pending)" $'PRIVATE_NETWORK=1\nHOST_BRIDGE=br0'
	assert_equal "$(ctr-conf get HOST_BRIDGE --file "$PWD/.web.pending")" br0
	ctr-conf check --file ./.web.pending
	run -2 ctr-conf set --file .web.pending web NAT=1
	run -1 ctr-conf get --file no/such
	assert_output 'ctr-conf: open no/: No such file or directory'
}

@test "set --new --take takes what gives nothing of the host, and names the rest" {
	cd "$BATS_TEST_TMPDIR"
	printf 'BIND=/etc\nMEMORY_MAX=1G\nCAPABILITIES=CAP_SYS_ADMIN\nMTU=1400\nHOST_ADDRESS=10.1.1.1\nPRIVATE_USERS=no\n' >other
	run -0 --separate-stderr ctr-conf set --new --dry-run --take other --file box PRIVATE_NETWORK=1 MTU=1300
	assert_output $'PRIVATE_NETWORK=1\nMTU=1300\nMEMORY_MAX=1G'
	assert_equal "$stderr" 'ctr-conf: other: not taken, as they reach into this host: BIND CAPABILITIES'
	run -2 ctr-conf set --take other --file box MTU=1300
	assert_output 'ctr-conf: set: --take needs --new'
	echo NO_SUCH=1 >>other
	run -2 ctr-conf set --new --take other --file box
	assert_output --partial 'other:7: NO_SUCH: unknown setting'
	run -1 ctr-conf set --new --take none --file box
	assert_output 'ctr-conf: none: No such file or directory'
	assert_not_exist box
}
