#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Completion, as bash, zsh and fish offer it.
load ../../lib/env
load ../../lib/texts
load ../../lib/world

setup() {
	export NIXOS_CONTAINER_CONF_DIR=$BATS_TEST_TMPDIR/conf NIX_STATE_DIR=$BATS_TEST_TMPDIR/nix
	export HOME=$BATS_TEST_TMPDIR/home XDG_CONFIG_HOME='' XDG_DATA_HOME=''
	mkdir -p "$NIXOS_CONTAINER_CONF_DIR" "$HOME"
	touch "$NIXOS_CONTAINER_CONF_DIR"/{alpha,beta-2,containers}.conf
	cd "$BATS_TEST_TMPDIR"
	mkdir -p work/some-folder
	cd work
	touch some-file.nix
}
teardown() { drop_world; }

# bash_offers LINE - print bash's completions at the end of a line, one a line
bash_offers() {
	bash --norc -c '
		. "$1"
		COMP_LINE=$2 COMP_POINT=${#2}
		# Split the line as readline does.
		mapfile -t COMP_WORDS < <(grep -oE "[:=]+|[^[:blank:]:=]+" <<<"$2")
		[[ $2 != *[[:blank:]] ]] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		for f in $(complete -p "${COMP_WORDS[0]##*/}" | sed "s/.*-F \([^ ]*\).*/\1/"); do
			"$f" "${COMP_WORDS[0]}" "${COMP_WORDS[COMP_CWORD]}"
		done
		printf "%s\n" "${COMPREPLY[@]}"' bash "$TOP/share/completions/nixos-container.bash" "$1"
}

# fish_offers LINE - the same for fish, with a tab and a description
fish_offers() {
	if [[ ! -e $BATS_TEST_TMPDIR/fish ]]; then
		mkdir "$BATS_TEST_TMPDIR/fish"
		for program in $tools nixos-container; do
			cp "$TOP/share/completions/nixos-container.fish" "$BATS_TEST_TMPDIR/fish/$program.fish"
		done
	fi
	fish --no-config -c 'set fish_complete_path $argv[1]; complete -C $argv[2]' \
		"$BATS_TEST_TMPDIR/fish" "$1"
}

# zsh_offers LINE - print zsh's screen after completion
zsh_offers() { timeout 60 "$TOP/t/lib/ask-zsh" "$TOP/share/completions" "$1"; }

need_shells() {
	for shell in zsh fish; do
		command -v $shell >/dev/null || skip "needs $shell"
	done
}

# words - print the first word of each line, sorted
words() { cut -f1 | sed '/^$/d' | sort; }

@test "bash, fish and zsh offer each verb" {
	need_shells
	verbs | sort >"$BATS_TEST_TMPDIR/verbs"
	(($(wc -l <"$BATS_TEST_TMPDIR/verbs") >= 35))
	diff "$BATS_TEST_TMPDIR/verbs" <(bash_offers 'nixos-container ' | words)
	diff "$BATS_TEST_TMPDIR/verbs" <(fish_offers 'nixos-container ' | words)
	zsh_offers 'nixos-container ' >"$BATS_TEST_TMPDIR/zsh"
	local verb
	for verb in $(verbs); do
		grep -qE "(^|  )$verb +-- [a-z]" "$BATS_TEST_TMPDIR/zsh" || fail "zsh does not offer $verb"
	done
	run -0 bash_offers 'nixos-container sta'
	assert_output $'start\nstatus'
}

@test "bash and fish offer the options of each verb, and none of other verbs" {
	need_shells
	local verb
	for verb in $(verbs); do
		[[ $verb != complete ]] || continue	# it takes the words of another program
		nixos-container "$verb" --help | options_in >"$BATS_TEST_TMPDIR/help"
		diff "$BATS_TEST_TMPDIR/help" <(bash_offers "nixos-container $verb -" | words |
			grep -vx -e -0 | sort -u) ||
			fail "$verb: bash offers other options"
	done
	diff <(nixos-container create --help | options_in | grep '^--') \
		<(fish_offers 'nixos-container create --' | words)
	run -0 fish_offers 'nixos-container create --no-st'
	assert_output $'--no-start\tdo not start it now'
	run -0 zsh_offers 'nixos-container create --no-'
	assert_output --partial '--no-start'
	refute_output --partial '--restart'
}

@test "containers are offered as names, without Podman's files" {
	need_shells
	local line
	for line in 'start ' 'run ' 'run --user me ' 'logs -f ' 'update --config x ' 'diff ' 'show --json ' \
		'logs --since 10:30 '; do
		run -0 bash_offers "nixos-container $line"
		assert_output $'alpha\nbeta-2'
		run -0 fish_offers "nixos-container $line"
		assert_output $'alpha\nbeta-2'
	done
	run -0 zsh_offers 'nixos-container start '
	assert_output --regexp 'alpha +beta-2'
	run -0 bash_offers 'nixos-container start b'
	assert_output beta-2
	# The name of a new container is not completed.
	run -0 bash_offers 'nixos-container create --port tcp:80:80 '
	assert_output ''
	# A second name is offered where it is taken; after run's name a command follows.
	run -0 bash_offers 'nixos-container start alpha '
	assert_output $'alpha\nbeta-2'
	run -0 bash_offers 'nixos-container status alpha '
	assert_output ''
	run -0 bash_offers 'nixos-container run alpha ls '
	assert_output ''
	run -0 bash_offers 'nixos-container run alpha -- ls -'
	assert_output ''
}

@test "generations are offered to rollback and diff" {
	need_shells
	((EUID == 0)) || skip "needs root"
	local n
	for n in 1 2 3; do
		mkdir "$BATS_TEST_TMPDIR/system$n"
		ctr-gcroot set alpha "$BATS_TEST_TMPDIR/system$n"
	done
	ctr-gcroot rollback alpha
	run -0 bash_offers 'nixos-container rollback alpha '
	assert_output $'1\n2\n3'
	run -0 bash_offers 'nixos-container diff alpha 1 '
	assert_output $'1\n2\n3'
	run -0 fish_offers 'nixos-container rollback --restart alpha '
	assert_line --regexp $'^2\t.*current'
	assert_equal "${#lines[@]}" 3
	run -0 zsh_offers 'nixos-container rollback alpha '
	assert_output --regexp '2 +-- .*current'
	run -0 bash_offers 'nixos-container rollback beta-2 '
	assert_output ''
}

@test "keys of settings are offered, and the values of those that have few" {
	need_shells
	run -0 bash_offers 'nixos-container get alpha HOST_P'
	assert_output HOST_PORT
	run -0 bash_offers 'nixos-container get alpha NAT MT'
	assert_output MTU
	local line
	for line in 'nixos-container set alpha' 'nixos-container set alpha NAT=1' 'ctr-conf set alpha' \
		'nixos-container create --set' 'nixos-container shell --set'; do
		run -0 bash_offers "$line MEMORY_"
		assert_output $'MEMORY_MAX=\nMEMORY_SWAP_MAX='
		# readline replaces what is behind the "=".
		run -0 bash_offers "$line STORE="
		assert_output $'all\nclosure'
		run -0 bash_offers "$line STORE=c"
		assert_output closure
		run -0 bash_offers "$line FLAKE="
		assert_output ''
	done
	run -0 bash_offers 'nixos-container set alpha --unset STO'
	assert_output STORE
	run -0 fish_offers 'nixos-container set alpha AUTO_S'
	assert_output $'AUTO_START=\tstart when the host boots'
	run -0 fish_offers 'nixos-container set alpha AUTO_START='
	assert_output $'AUTO_START=0\nAUTO_START=1'
	run -0 zsh_offers 'nixos-container set alpha MEMORY_'
	assert_output --partial 'MEMORY_MAX=  '
	assert_output --partial '-- most swap space that it may use'
	run -0 zsh_offers 'nixos-container set alpha STORE='
	assert_output --partial 'STORE=closure'
	# The first word is a container.
	run -0 bash_offers 'nixos-container set '
	assert_output $'alpha\nbeta-2'
}

@test "files are offered as arguments that are files" {
	need_shells
	run -0 words < <(bash_offers 'nixos-container create --config-file some')
	assert_output $'some-file.nix\nsome-folder'
	run -0 fish_offers 'nixos-container create --config-file some'
	assert_line some-file.nix
	run -0 zsh_offers 'nixos-container create --config-file some'
	assert_output --regexp 'some-file.nix +some-folder/'
	run -0 bash_offers 'nixos-container create --host-address '
	assert_output ''
}

@test "the verbs and options of each tool are offered" {
	need_shells
	local tool verb
	for tool in ctr-conf ctr-console ctr-gcroot ctr-resolv ctr-tree mkveth; do
		sed -nE "s/^(usage:|      ) $tool (\[OPTION\]\.\.\. )?([a-z-]+).*/\3/p" < <("$tool" --help) |
			sort -u >"$BATS_TEST_TMPDIR/verbs"
		diff "$BATS_TEST_TMPDIR/verbs" <(bash_offers "$tool " | words)
		diff "$BATS_TEST_TMPDIR/verbs" <(fish_offers "$tool " | words)
		# Each of its options is offered for some verb.
		diff <("$tool" --help | options_in) <(
			while read -r verb; do bash_offers "$tool $verb -"; done <"$BATS_TEST_TMPDIR/verbs" |
				words | grep -vx -e -0 | sort -u) || fail "$tool: its options differ"
	done
	diff <(run-in-netns --help | options_in) <(bash_offers 'run-in-netns -' | words)
	run -0 bash_offers 'mkveth del --'
	assert_output --partial --wait
	refute_output --partial --bridge
	run -0 bash_offers 'mkveth del '
	assert_output $'alpha\nbeta-2'
	run -0 bash_offers 'ctr-gcroot rollback '
	assert_output $'alpha\nbeta-2'
	run -0 zsh_offers 'mkveth '
	for verb in add batch del show wait; do
		assert_output --regexp "(^|"$'\n'")$verb +-- [a-z]"
	done
	run -0 fish_offers 'mkveth del --netns'
	assert_output $'--netns\ta name in /run/netns (net-NAME), a path, or pid:N'
	# An option of the verb may come before the verb.
	run -0 bash_offers 'mkveth --mtu 1400 sh'
	assert_output show
}

@test "namespaces, interfaces, bridges, trees and commands are offered as arguments" {
	make_world
	in_world ip netns add net-seen
	in_world ip link add br-seen type bridge
	in_world ip link add other type dummy || in_world ip link add other type veth peer name other2
	in_world mount -t sysfs sysfs /sys
	run -0 in_world nixos-container complete run-in-netns ''
	assert_output net-seen
	run -0 in_world nixos-container complete nixos-container create --bridge ''
	assert_output br-seen
	run -0 in_world nixos-container complete mkveth add --move ''
	assert_line other
	assert_line br-seen
	NIXOS_CONTAINER_STATE_DIR=/srv/c run -0 nixos-container complete ctr-console login ''
	assert_line /srv/c/alpha
	assert_line :files
	run -0 bash_offers 'run-in-netns x expr'
	assert_line expr
}

@test "completion of a program given by path asks the nixos-container beside it" {
	run -0 bash_offers "$BUILD/bin/nixos-container status al"
	assert_output alpha
	run -0 env PATH=/usr/bin:/bin bash -c "$(declare -f bash_offers); TOP=$TOP; bash_offers '$BUILD/bin/mkveth sh'"
	assert_output show
}

@test "complete takes only programs of the suite" {
	run -2 nixos-container complete sh ''
	assert_output --partial 'not a program of this suite: sh'
	run -2 nixos-container complete ../bin/mkveth ''
	run -2 nixos-container complete mkveth
}

@test "completion is the same under busybox" {
	local words
	for words in '' 'create -' 'rollback alpha' 'run -e x=y '; do
		diff <(nixos-container complete nixos-container $words '') \
			<(busybox sh "$BUILD/bin/nixos-container" complete nixos-container $words '')
	done
	ln -s "$(command -v busybox)" awk
	for words in 'mkveth ' 'mkveth add -' 'ctr-console run --user x ' 'run-in-netns -'; do
		# shellcheck disable=SC2086
		diff <(nixos-container complete $words) <(PATH=$PWD:$PATH nixos-container complete $words)
	done
}

@test "install puts completions into the shells' directories" {
	local dest=$BATS_TEST_TMPDIR/dest program
	env -u MAKEFLAGS -u MAKELEVEL make -s -C "$TOP" install DESTDIR="$dest" PREFIX=/opt/c NSS=0
	for program in $tools nixos-container; do
		assert_exists "$dest/opt/c/share/bash-completion/completions/$program"
		assert_exists "$dest/opt/c/share/fish/vendor_completions.d/$program.fish"
		grep -qwF -- "$program" "$dest/opt/c/share/zsh/site-functions/_nixos-container"
		run -0 bash -c '. "$1" && complete -p "$2"' bash \
			"$dest/opt/c/share/bash-completion/completions/$program" "$program"
	done
}
