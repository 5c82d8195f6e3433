#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# ctr-conf and systemd read the same: each text of a table is read by ctr-conf
# get and by a unit that has it as its EnvironmentFile=.
load ../lib/env

setup() {
	export NIXOS_CONTAINER_CONF_DIR=$BATS_TEST_TMPDIR
	file=$BATS_TEST_TMPDIR/web.conf
}

# by_systemd - all that the unit finds in its environment and is a setting
by_systemd() {
	systemd-run --quiet --pipe --wait --collect -p "EnvironmentFile=$file" \
		env -0 | grep -zE "^($(ctr-conf keys | cut -f1 | paste -sd '|'))=." | sort -z
}

# by_us - the same of ctr-conf
by_us() { ctr-conf get -0 web | sort -z; }

# agree TEXT - both have the same values, and there are some
agree() {
	printf '%b' "$1" >"$file"
	by_us >"$BATS_TEST_TMPDIR/ours"
	by_systemd >"$BATS_TEST_TMPDIR/theirs"
	[[ -s $BATS_TEST_TMPDIR/ours ]]
	diff <(tr '\0' '\n' <"$BATS_TEST_TMPDIR/ours" | cat -A) \
		<(tr '\0' '\n' <"$BATS_TEST_TMPDIR/theirs" | cat -A) || {
		printf 'of: %s\n' "$1" >&2
		return 1
	}
}

@test "ctr-conf reads what systemd reads" {
	local end q="'"
	for end in '\n' '' ' \t\n' '\n\n'; do
		agree "FLAKE=a b$end"
		agree "FLAKE=\"a b\"$end"
		agree "FLAKE='a b'$end"
	done
	agree ' \t FLAKE \t= \t a\n'
	agree 'FLAKE="a "\nEPHEMERAL=1'
	agree "FLAKE=' a'\n"
	agree "FLAKE=it's\n"
	agree "FLAKE=\"it's\"\n"
	agree "FLAKE='a\"b'\n"
	agree "FLAKE='a\\\\b\$c'\n"
	agree '# x\n;FLAKE=y\n  # "\n\t; x\nFLAKE=a\n'
	agree 'FLAKE=a#b;c # d\n'
	agree 'FLAKE="a#b;c # d"\n'
	agree 'FLAKE=a\\\nb\nEPHEMERAL=0\n'
	agree 'FLAKE=a \\\n b\n'
	agree 'FLAKE=\\\n  a\n'
	agree 'FLAKE="a\\\nb"\n'
	agree 'FLAKE="a\\\\\\\nb"\n'
	agree 'FLAKE=a\\ b\\"c\\\\d\\n\\$\\`\n'
	agree 'FLAKE=a\\  \n'
	agree 'FLAKE=a\\ \\ \n'
	agree 'FLAKE=\\"a\\"\n'
	agree "FLAKE=\\\\${q}a b\n"
	agree 'FLAKE="\\"\\\\\\$\\`\\a\\:\\;"\n'
	agree 'FLAKE=$HOME ${HOME} `id` $(id)\n'
	agree 'FLAKE="$HOME ${HOME} %n %%"\n'
	agree 'FLAKE=a=b=c\n'
	agree 'FLAKE==\n'
	agree 'FLAKE="/srv/ünï 文 😀"\n'
	agree 'INTERFACES=""\nMACVLANS=\nEPHEMERAL=1\n'
	agree "EXTRA_NSPAWN_FLAGS=\"'--bind=/srv/my data' --quiet\"\n"
	agree "EXTRA_NSPAWN_FLAGS=--quiet '--bind=/srv/my data'\n"
	agree 'FLAKE=a\tb\n'
}

@test "systemd reads what ctr-conf writes" {
	for v in 'a b' 'a"b' "a'b" 'a\b' 'a\' '\"' '$x' '`x`' ' a ' '"' "'" "'a'" '"a"' '#a' ';a' 'a #b' \
		$'a\tb' $'\ta' '\\' '%n' 'ünï 文 😀' '=' '\:'; do
		: >"$file"
		ctr-conf set --file "$file" "FLAKE=$v" EPHEMERAL=1
		assert_equal "$(by_systemd | tr '\0' '\n')" $'EPHEMERAL=1\nFLAKE='"$v"
		assert_equal "$(ctr-conf get web FLAKE)" "$v"
		ctr-conf get web >"$BATS_TEST_TMPDIR/again"
		cp "$BATS_TEST_TMPDIR/again" "$file"
		assert_equal "$(by_systemd | tr '\0' '\n')" $'EPHEMERAL=1\nFLAKE='"$v"
	done
}

@test "a comment that ends in a backslash ends there, as with systemd 254 and later" {
	(($(systemctl --version | sed -n '1s/systemd \([0-9]*\).*/\1/p') >= 254)) ||
		skip "before 254 systemd went on with the next line"
	agree '# x\\\nFLAKE=a\n'
}
