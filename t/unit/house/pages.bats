#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Pages, help and code name the same verbs, options and settings.  t/live/pages.bats
# and others run the examples of the pages.
load ../../lib/env
load ../../lib/texts

page=$TOP/bin/nixos-container.8
conf_page=$TOP/share/man/nixos-container.conf.5

# same FILE FILE - compare sorted lines; print those that only one file has
same() { diff "$1" "$2" >"$BATS_TEST_TMPDIR/diff" || { cat "$BATS_TEST_TMPDIR/diff"; return 1; }; }

# check_settings LINE... - are these settings valid?  A later line of a key wins.
check_settings() {
	printf '%s\n' "$@" | tac | sort -t = -k 1,1 -s -u >"$BATS_TEST_TMPDIR/one.conf"
	ctr-conf check --file "$BATS_TEST_TMPDIR/one.conf"
}

@test "help and page have the same verbs as the script" {
	verbs | sort >"$BATS_TEST_TMPDIR/main"
	(($(wc -l <"$BATS_TEST_TMPDIR/main") >= 35))
	local verb
	for verb in $(verbs); do
		run -0 of_verb "$page" nixos-container "$verb"
		assert [ -n "$output" ]
		grep -qE "^\.It Cm ([a-z-]+ , )*$verb( ,.*)?$" "$page" || fail "no entry for $verb"
	done
	plain "$page" SYNOPSIS | sed -n 's/^ *nixos-container \([a-z| -]*\).*/\1/p' | tr '| ' '\n\n' |
		grep -E '^[a-z]' | grep -vxE 'name|new|file|path|program|word|verb|label' | sort -u >"$BATS_TEST_TMPDIR/page"
	same "$BATS_TEST_TMPDIR/main" "$BATS_TEST_TMPDIR/page"
}

@test "the help and the synopsis of each verb have the same options" {
	local verb nix
	nix=$(nixos-container help update | sed -n '/passed on to Nix/,/--override-input/p' | options_in | grep ^--)
	for verb in $(verbs); do
		nixos-container "$verb" --help | options_in | grep ^-- |
			grep -vxE -- '--(help|quiet|host|version)' >"$BATS_TEST_TMPDIR/help" || :
		of_verb "$page" nixos-container "$verb" >"$BATS_TEST_TMPDIR/synopsis"
		{
			options_in <"$BATS_TEST_TMPDIR/synopsis" | grep ^-- || :
			! grep -qF '[nix-option ...]' "$BATS_TEST_TMPDIR/synopsis" || printf '%s\n' "$nix"
			# All options of create except those that keep it from running, or keep it.
			! grep -qF '[create-option ...]' "$BATS_TEST_TMPDIR/synopsis" ||
				nixos-container create --help | options_in | grep ^-- |
				grep -vxE -- '--(help|quiet|host|version|no-start|auto-start|dry-run|if-missing)'
		} | sort -u >"$BATS_TEST_TMPDIR/page"
		same "$BATS_TEST_TMPDIR/help" "$BATS_TEST_TMPDIR/page" || fail "$verb: its options differ"
	done
	plain "$page" | options_in >"$BATS_TEST_TMPDIR/page"
	{ nixos-container --help; for verb in $(verbs); do nixos-container help "$verb"; done; } | options_in |
		comm -23 - "$BATS_TEST_TMPDIR/page" >"$BATS_TEST_TMPDIR/missing"
	run -0 cat "$BATS_TEST_TMPDIR/missing"
	assert_output ''
}

@test "VERB --help describes that verb only, on standard output" {
	local verb
	for verb in $(verbs); do
		run -0 --separate-stderr nixos-container "$verb" --help
		assert_equal "$stderr" ''
		assert_line --index 0 --regexp "^usage: nixos-container \[OPTION\]\.\.\. $verb( |$)"
		((${#lines[@]} >= 4))
		assert_equal "$(nixos-container help "$verb")" "$output"
		assert_equal "$(nixos-container -h "$verb" 2>&1 | head -n 1)" "$(nixos-container help | head -n 1)"
	done
	run -0 nixos-container update --help
	assert_output --partial --rollback-on-failure
	refute_output --partial --ensure-unique-name
	run -0 nixos-container create something --no-start --help
	assert_output --partial 'usage: nixos-container [OPTION]... create NAME'
	run -2 nixos-container no-such --help
	assert_output 'nixos-container: unknown verb: no-such; see nixos-container --help'
	# Options after the command of run belong to the command.
	NIXOS_CONTAINER_CONF_DIR=$BATS_TEST_TMPDIR run -125 nixos-container run nothing ls --help
	assert_output --partial 'nothing: no such container'
}

@test "--quiet works before and after a verb, and ignores a command's arguments" {
	export NIXOS_CONTAINER_CONF_DIR=$BATS_TEST_TMPDIR
	touch "$BATS_TEST_TMPDIR/one.conf"
	local words
	for words in '-q list' 'list -q' '--quiet list' 'list --quiet' '-q list --quiet'; do
		run -0 nixos-container $words
		assert_output one
	done
	run -4 nixos-container status -q two
	run -125 nixos-container run -q two -- ls -q
	assert_output --partial 'two: no such container'
}

@test "the tools: help and page have the same options" {
	local tool
	for tool in $tools; do
		"$tool" --help | options_in >"$BATS_TEST_TMPDIR/help"
		plain "$TOP/bin/$tool.8" | options_in >"$BATS_TEST_TMPDIR/page"
		run -0 comm -23 "$BATS_TEST_TMPDIR/help" "$BATS_TEST_TMPDIR/page"
		assert_output ''
		{ plain "$TOP/bin/$tool.8" SYNOPSIS; plain "$TOP/bin/$tool.8" | grep -E '^ *-'; } |
			options_in >"$BATS_TEST_TMPDIR/page"
		(($(wc -l <"$BATS_TEST_TMPDIR/page") > 1))
		run -0 comm -13 "$BATS_TEST_TMPDIR/help" "$BATS_TEST_TMPDIR/page"
		assert_output ''
	done
}

@test "the tools: help and the page's synopsis have the same verbs" {
	local tool
	for tool in ctr-conf ctr-console ctr-gcroot ctr-resolv ctr-tree mkveth; do
		"$tool" --help | sed -nE "s/^(usage:|      ) $tool (\[OPTION\]\.\.\. )?([a-z-]+).*/\3/p" |
			sort >"$BATS_TEST_TMPDIR/help"
		(($(wc -l <"$BATS_TEST_TMPDIR/help") >= 2))
		plain "$TOP/bin/$tool.8" SYNOPSIS |
			sed -nE "s/^ *$tool (\[option \.\.\.\] )?([a-z-]+).*/\2/p" | sort >"$BATS_TEST_TMPDIR/page"
		same "$BATS_TEST_TMPDIR/help" "$BATS_TEST_TMPDIR/page"
	done
}

@test "nixos-container-security(7) says of each verb if users of the host may be given it" {
	sed -n '/^\.Ss What users/,/^A line for sudo/p' "$TOP/share/man/nixos-container-security.7" |
		grep '^\.Cm' | grep -oE '[a-z][a-z-]+' | sort >"$BATS_TEST_TMPDIR/page"
	run -0 uniq -d "$BATS_TEST_TMPDIR/page"
	assert_output update	# without options, and with
	verbs | grep -vxE 'rules|resolv|complete|help' | sort >"$BATS_TEST_TMPDIR/main"
	uniq "$BATS_TEST_TMPDIR/page" >"$BATS_TEST_TMPDIR/once"
	same "$BATS_TEST_TMPDIR/main" "$BATS_TEST_TMPDIR/once"
}

@test "nixos-container.conf(5) has all settings, and no others" {
	keys >"$BATS_TEST_TMPDIR/code"
	keys_of_page >"$BATS_TEST_TMPDIR/page"
	(($(wc -l <"$BATS_TEST_TMPDIR/code") >= 35))
	same "$BATS_TEST_TMPDIR/code" "$BATS_TEST_TMPDIR/page"
}

@test "nixos-container.conf(5) has each setting's type, default, and if NixOS knows it" {
	run -0 grep -cE '^\.It Ic [A-Z0-9_]+ Pq [^,]+, [^;]+(; NixOS)?$' "$conf_page"
	assert_output "$(keys_of_page | wc -l)"
	run -0 sed -n 's/^\.It Ic \([A-Z0-9_]*\) .*; NixOS$/\1/p' "$conf_page"
	assert_equal "$(sort <<<"$output" | tr '\n' ' ')" "AUTO_START COPY_RESOLV_CONF \
EXTRA_NSPAWN_FLAGS FLAKE HOST_ADDRESS HOST_ADDRESS6 HOST_BRIDGE HOST_PORT INTERFACES LOCAL_ADDRESS \
LOCAL_ADDRESS6 LOCAL_MAC_ADDRESS MACVLANS NETWORK_NAMESPACE_PATH PRIVATE_NETWORK PRIVATE_USERS SYSTEM_PATH "
}

@test "each setting has one example, which is valid" {
	key_examples >"$BATS_TEST_TMPDIR/examples"
	sed 's/=.*//' "$BATS_TEST_TMPDIR/examples" | sort >"$BATS_TEST_TMPDIR/keys"
	keys_of_page >"$BATS_TEST_TMPDIR/page"
	same "$BATS_TEST_TMPDIR/keys" "$BATS_TEST_TMPDIR/page"
	local line
	while IFS= read -r line; do
		case $line in
		NETWORK_NAMESPACE_PATH=* | SYSTEM_PATH=* | PRIVATE_NETWORK=*) check_settings "$line" ;;
		HOST_BRIDGE=* | EXTRA_VETHS=* | LOCAL_MAC_ADDRESS=* | MTU=*)
			check_settings PRIVATE_NETWORK=1 "$line" ;;
		*) check_settings PRIVATE_NETWORK=1 HOST_ADDRESS=10.231.136.1 LOCAL_ADDRESS=10.231.136.2 \
			HOST_ADDRESS6=fc00:136::1 LOCAL_ADDRESS6=fc00:136::2 "$line" ;;
		esac || fail "not taken: $line"
	done <"$BATS_TEST_TMPDIR/examples"
	run -2 check_settings 'MEMORY_MAX=much'
	run -2 check_settings 'GATEWAY=10.0.0.1'
}

@test "nixos-container.conf(5) says which keys take effect in a running container" {
	ctr-conf keys --json | jq -r '.[] | select(.effect != "start").name' | sort >"$BATS_TEST_TMPDIR/code"
	sed -n '/^\.Ss Changes/,/^\.El/p' "$conf_page" | grep '^\.Li ' | grep -oE '[A-Z_0-9]{3,}' |
		sort >"$BATS_TEST_TMPDIR/page"
	same "$BATS_TEST_TMPDIR/code" "$BATS_TEST_TMPDIR/page"
}

@test "the example of the host's settings is valid" {
	((EUID == 0)) || skip "root makes a network namespace"
	examples_until '^\.Sh EXAMPLES' | grep '^ADDRESS_POOL=' >"$BATS_TEST_TMPDIR/host.conf"
	assert_equal "$(wc -l <"$BATS_TEST_TMPDIR/host.conf")" 1
	NIXOS_CONTAINER_CONF_DIR=/no/such NIXOS_CONTAINER_HOST_CONF=$BATS_TEST_TMPDIR/host.conf \
		run -0 unshare -n ctr-conf address
	assert_line HOST_ADDRESS=10.5.32.1
	assert_line LOCAL_ADDRESS6=fd00:5:32::2
}

@test "the unit's page describes the generated drop-ins" {
	local dir=$BATS_TEST_TMPDIR/g key
	mkdir -p "$dir/conf" "$dir/out"
	key_examples | grep -E '^(AUTO_START|AFTER|REQUIRES|INTERFACES|MACVLANS|BIND|BIND_RO|DEVICES|MEMORY_MAX|MEMORY_SWAP_MAX|CPU_QUOTA|ALLOWED_CPUS|IO_[A-Z_]*|TASKS_MAX|START_TIMEOUT)=' >"$dir/conf/one.conf"
	NIXOS_CONTAINER_CONF_DIR=$dir/conf ctr-conf units "$dir/out" "$dir/out" "$dir/out"
	grep -qx Wants=container@one.service "$dir/out/multi-user.target.d/nixos-container.conf"
	# The right column has exactly the generated properties, each with a "=".
	sed -n '/^\.It Li .* Ta Li /s/.* Ta Li //p' "$TOP/share/man/container@.service.8" |
		tr -d ' ' | tr ',' '\n' | grep '=$' | sort -u >"$dir/page"
	sed -n 's/^\([A-Za-z]*=\).*/\1/p' "$dir/out/container@one.service.d/settings.conf" | sort -u >"$dir/made"
	same "$dir/page" "$dir/made"
}

@test "the commands in pages and README exist" {
	local verb
	grep -hoE '(^|Li |Ic |[#$] |-n 1 |until |  )nixos-container [a-z-]+' $(pages) "$TOP/README" |
		sed 's/.* //' | sort -u >"$BATS_TEST_TMPDIR/named"
	(($(wc -l <"$BATS_TEST_TMPDIR/named") > 15))
	verbs | sort >"$BATS_TEST_TMPDIR/main"
	run -0 comm -23 "$BATS_TEST_TMPDIR/named" "$BATS_TEST_TMPDIR/main"
	assert_output ''
	# The settings in them, too.
	grep -hoE '\b(Li|Ta Li|Ic) ([A-Z][A-Z0-9_]+( , )?)+(=|$| )' "$TOP"/share/man/*.[78] "$page" |
		grep -oE '[A-Z][A-Z0-9]*(_[A-Z0-9]+)+' | grep -vxE '(STATE|CONF)_DIR|ADDRESS_POOL' | sort -u >"$BATS_TEST_TMPDIR/named"
	(($(wc -l <"$BATS_TEST_TMPDIR/named") > 10))
	keys >"$BATS_TEST_TMPDIR/code"
	run -0 comm -23 "$BATS_TEST_TMPDIR/named" "$BATS_TEST_TMPDIR/code"
	assert_output ''
}

@test "README has each command that make check-bare runs" {
	local prompt command
	sed -n "/^readme='/,/^'/{//!p}" "$TOP/t/lib/bare" >"$BATS_TEST_TMPDIR/commands"
	(($(wc -l <"$BATS_TEST_TMPDIR/commands") >= 6))
	while read -r prompt command; do
		grep -qE "^  [$prompt] $command( |$)" "$TOP/README" || fail "not in README: $prompt $command"
	done <"$BATS_TEST_TMPDIR/commands"
}

@test "the make targets and the files in README exist" {
	local target named known
	known=$(make -s -C "$TOP" help | cut -f 1)
	# "  # make deps" and "  $ make V=1"; not the text beside a command.
	named=$(sed -n 's/^  [#$] make //p' "$TOP/README" | sed 's/   .*//' | tr ' ' '\n' |
		grep -v = | sort -u)
	(($(wc -l <<<"$named") > 10))
	for target in $named; do
		grep -qxF -- "$target" <<<"$known" || fail "make has no target $target"
	done
	for target in $(grep -oE '\b(share|t)/[a-zA-Z/.]*[a-zA-Z]' "$TOP/README" | sort -u); do
		assert_exists "$TOP/$target"
	done
}

@test "each test target of make is a stage of t/run" {
	local stage
	for stage in check check-all check-unit check-vm check-arm64 torture bench fuzz lint demo play; do
		grep -qE "^$stage:" "$TOP/GNUmakefile" || fail "make has no target $stage"
		# A known stage, then a wrong one: t/run refuses the second, and runs none.
		run -2 "$TOP/t/run" "$stage" no-such
		assert_output 't/run: no such stage: no-such'
	done
}

@test "another page refers to each page, and all references to our pages exist" {
	local p file
	for p in $(pages); do
		file=${p##*/}
		grep -qE "^\.Xr ${file%.*} ${file##*.}( |$)" $(pages | grep -vxF "$p") || fail "none refers to $file"
	done
	grep -hoE '^\.Xr (nixos-container[a-z.-]*|container@.service|ctr-[a-z]+|mkveth|run-in-netns) [0-9]' $(pages) |
		sort -u | while read -r _ file p; do
		[[ -e $TOP/bin/$file.$p || -e $TOP/share/man/$file.$p ]] || fail "no page $file($p)"
	done
}

@test "each page has examples, and a file of t/live runs them" {
	local p
	for p in $(pages); do
		# Its examples are values.
		[[ $p != */nixos-container-module.5 ]] || continue
		examples "$p"
		((${#examples[@]})) || fail "$p has no examples"
		grep -qhE "^\s*of ${p##*/} ${#examples[@]}(\s*#.*)?$" "$TOP"/t/live/*.bats ||
			fail "${p##*/} has ${#examples[@]} examples"
	done
}

@test "each example is rendered as written" {
	local p
	for p in $(pages); do
		plain "$p" | sed 's/^ *//' | sort -u >"$BATS_TEST_TMPDIR/rendered"
		literals "$p" | sed 's/^[[:blank:]]*//' | sort -u >"$BATS_TEST_TMPDIR/written"
		assert [ -s "$BATS_TEST_TMPDIR/written" ]
		run -0 comm -13 "$BATS_TEST_TMPDIR/rendered" "$BATS_TEST_TMPDIR/written"
		assert_output ''
	done
}

@test "no width of a list has an apostrophe, at which groff would end it" {
	# shellcheck disable=SC2046 # our own names hold no blanks
	run ! grep -E "^\.Bl .*'" $(pages)
}

@test "make html renders all pages, and links between them work" {
	local out=$BATS_TEST_TMPDIR/o p to
	env -u MAKEFLAGS -u MAKELEVEL make -s -C "$TOP" html O="$out"
	assert_exists "$out/html/style.css"
	for p in $(pages); do
		assert_exists "$out/html/${p##*/}.html"
		grep -qF "href=\"${p##*/}.html\"" "$out/html/index.html"
		grep -qF '<link rel="stylesheet" href="style.css"' "$out/html/${p##*/}.html"
	done
	grep -qF 'href="https://manpages.debian.org/' "$out/html/mkveth.8.html"
	grep -ohE 'href="[^"#:]+"' "$out"/html/*.html | cut -d'"' -f2 | sort -u >"$BATS_TEST_TMPDIR/links"
	(($(wc -l <"$BATS_TEST_TMPDIR/links") > 10))
	while read -r to; do assert_exists "$out/html/$to"; done <"$BATS_TEST_TMPDIR/links"
}
