#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Each row of bad-input.table is wrong input for a tool.  The tool must refuse it
# with the row's exit status and one line that names the error, and change nothing.
load ../../lib/env
load ../../lib/world

setup_file() {
	make_world
	export WORLD_PID
	box=$BATS_FILE_TMPDIR/box
	mkdir -p "$box"/{conf,state/tree,state/box,nix,system,root,store/not-hashed} \
		"$box"/{linked,filed,piped/etc}
	echo 'nameserver 10.0.0.1' >"$box/servers"
	touch "$box/system/init" "$box/filed/etc" "$box/conf/box.conf"
	mkdir -p "$box/linked/var/lib"
	ln -s /etc "$box/linked/etc"
	ln -s /run/dbus/system_bus_socket "$box/linked/var/lib/login.socket"
	mkfifo "$box/piped/etc/resolv.conf"
	in_world ip netns add there
	# Locks and their folder are never removed.
	in_world mkdir -m 700 /run/nixos-container
	in_world mkveth add box
	in_world mkveth del --wait box
	in_world ip link add br0 type bridge
}

teardown_file() { drop_world; }

# look - print all state that a command could change
look() {
	# A folder's time also shows changes that were undone.
	find "$box" /run -xdev -type d -printf '%p %m %U\n' \
		-o -printf '%p %y %m %U %s %T@ %l\n' | sort
	cut -d' ' -f3- /proc/self/mountinfo
	ip -d -o link
	ip -o address
	ip -o route show table all
	ip -n there -o link
}

# rows FIRST LAST - in the world: run those lines of the table
rows() {
	local box=$BATS_FILE_TMPDIR/box n=0 line
	local A16 A64 LONG
	printf -v A16 '%016d' 0; A16=${A16//0/a}
	printf -v A64 '%064d' 0; A64=${A64//0/a}
	printf -v LONG '%05000d' 0
	ROOT=$box/root LINKED=$box/linked FILED=$box/filed PIPED=$box/piped
	SYSTEM=$box/system SERVERS=$box/servers STORE=$box/store
	export NIXOS_CONTAINER_STATE_DIR=$box/state NIXOS_CONTAINER_CONF_DIR=$box/conf
	export NIXOS_CONTAINER_{LOCK,RUN}_DIR=/run/nixos-container NIX_STATE_DIR=$box/nix
	export NIX_STORE_DIR=$STORE box
	while IFS= read -r line; do
		n=$((n + 1))
		((n < $1 || n > $2)) || [[ $line == '#'* || ! $line ]] || row
	done <"$TOP/t/unit/house/bad-input.table"
}

batch() { local lines=$1; shift; printf '%s' "$lines" | mkveth batch "$@"; }

zero-byte() { printf 'add box\0' | mkveth batch; }

settings() {
	local status=0
	printf '%s\n' "$1" >"$box/conf/box.conf"
	nixos-container "$2" box || status=$?
	: >"$box/conf/box.conf"
	touch -d @0 "$box/conf/box.conf"
	return $status
}

# row - run one line; print a line with "not ok" if the tool does not refuse it well
row() {
	local -a word lines
	local said status=0 wrong=''
	eval "word=($line)"
	printf '%s\n' "$line" >"$T.now"
	"${word[@]:2}" </dev/null >"$T.out" 2>"$T.err" || status=$?
	mapfile -t lines <"$T.err"
	said=${lines[*]}
	[[ $status == "${word[0]}" ]] || wrong+=" status $status"
	[[ ! -s $T.out ]] || wrong+=" says on stdout"
	[[ ${#lines[@]} -eq 1 ]] || wrong+=" ${#lines[@]} lines"
	[[ $said == *"${word[1]}"* ]] || wrong+=" names it not"
	[[ $said != *[[:cntrl:]]* ]] || wrong+=" sends control characters"
	done_rows=$((done_rows + 1))
	[[ ! $wrong ]] ||
		printf 'not ok:%s: %s\n%s\n' "$wrong" "$line" "$(head -n 3 "$T.err" | cat -v | cut -c1-300)"
}

# refused NAME - run the rows below that heading of the table
refused() {
	local first last
	first=$(grep -nxF "# $1" "$TOP/t/unit/house/bad-input.table" | cut -d: -f1)
	last=$(awk -v f="$first" 'NR > f && /^$/ { print NR; exit }
		END { print NR + 1 }' "$TOP/t/unit/house/bad-input.table" | head -n 1)
	export -f look rows row batch zero-byte settings
	export T=$BATS_TEST_TMPDIR/one box=$BATS_FILE_TMPDIR/box done_rows=0
	touch -d @0 "$box/conf/box.conf"
	# Also detects a tool that runs instead of refusing.
	in_world timeout 100 bash -c 'look >"$T.before"; rows "$1" "$2"; look >"$T.after"
		echo "$done_rows rows"' bash "$first" "$last" >"$T.said" || {
		echo "does not end: $(<"$T.now")"
		return 1
	}
	[[ $(tail -n 1 "$T.said") != '0 rows' ]]
	if grep -A 1 '^not ok' "$T.said"; then return 1; fi
	diff "$T.before" "$T.after"
}

@test "run-in-netns refuses bad input, and changes nothing" { refused run-in-netns; }
@test "mkveth refuses bad input, and changes nothing" { refused mkveth; }
@test "mkveth batch refuses bad input, and changes nothing" { refused 'mkveth batch'; }
@test "ctr-gcroot refuses bad input, and changes nothing" { refused ctr-gcroot; }
@test "ctr-resolv refuses bad input, and changes nothing" { refused ctr-resolv; }
@test "ctr-console refuses bad input, and changes nothing" { refused ctr-console; }
@test "ctr-tree refuses bad input, and changes nothing" { refused ctr-tree; }
@test "ctr-start refuses bad input, and changes nothing" { refused ctr-start; }
@test "ctr-watch refuses bad input, and changes nothing" { refused ctr-watch; }
@test "ctr-each refuses bad input, and changes nothing" { refused ctr-each; }

@test "ctr-verify refuses bad input, and changes nothing" { refused ctr-verify; }
@test "nixos-container refuses bad input, and changes nothing" { refused nixos-container; }
@test "nixos-container refuses bad settings, and changes nothing" { refused settings; }

@test "the table has all its rows" {
	[[ $(grep -cE "^[0-9]+ ['\"]" "$TOP/t/unit/house/bad-input.table") -ge 300 ]]
}
