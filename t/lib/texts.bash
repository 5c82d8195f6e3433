# SPDX-License-Identifier: MIT
# texts.bash - the verbs, options and settings in code, help and pages
tools='ctr-conf ctr-console ctr-each ctr-gcroot ctr-resolv ctr-start ctr-tree ctr-verify ctr-watch mkveth run-in-netns'

# pages - the files of all manual pages
pages() { printf '%s\n' "$TOP"/bin/*.8 "$TOP"/share/man/*.[578]; }

# verbs - the verbs of the script
verbs() { nixos-container help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'; }

# options_in - the options in a text, one a line; "-0, -1" is not an option
options_in() { grep -oE '(^|[^a-zA-Z0-9-])-(-[a-z][a-z0-9-]*|[a-zA-Z])\b' | grep -oE -- '-.*' | sort -u; }

# plain PAGE [SECTION] - a page as text, without hyphenation
plain() {
	mandoc -Tutf8 -Owidth=500 "$1" | col -bx | if [[ ${2-} ]]; then
		awk -v want="$2" '/^[A-Z]/ { on = $0 == want; next } on'
	else
		cat
	fi
}

# of_verb PAGE PROGRAM VERB - the verb's lines in the page's synopsis
of_verb() {
	plain "$1" SYNOPSIS | awk -v program="$2" -v verb="$3" '
		$1 == program {
			on = 0
			for (i = 2; i <= NF; i++)
				if ($i == verb) { on = 1; break }
				else if ($i !~ /^([a-z-]+|\|)$/ || $i ~ /^-/) break
		}
		on'
}

# keys - all settings
keys() { ctr-conf keys | cut -f 1 | sort; }

# keys_of_page - the settings with an entry in nixos-container.conf(5)
keys_of_page() {
	sed -n 's/^\.It Ic \([A-Z0-9_]*\) .*/\1/p' "$TOP/share/man/nixos-container.conf.5" | sort -u
}

# key_examples - the example of each setting of a container, one a line
key_examples() { examples_until '^\.Ss Settings of the host'; }

# examples_until PATTERN - all before this line of nixos-container.conf(5)
examples_until() {
	last=$1 awk '$0 ~ ENVIRON["last"] { exit } sub(/^\.Dl /, "") && /^[A-Z0-9_]+=/' \
		"$TOP/share/man/nixos-container.conf.5" | unescape
}

unescape() { sed 's/\\(aq/'\''/g; s/\\(dq/"/g; s/\\e/\\/g; s/\\(ha/^/g; s/\\&//g; s/\\-/-/g'; }

# literals PAGE - the literal lines of a page: .Dl and .Bd
literals() {
	awk '/^\.Bd / { block = 1; next } /^\.Ed/ { block = 0 }
		block || sub(/^\.Dl /, "")' "$1" | unescape
}

# examples PAGE - set the array examples from the section EXAMPLES: one element
# for each .Dl and each .Bd
examples() {
	mapfile -d '' -t examples < <(awk '
		/^\.Sh / { on = /EXAMPLES/; next }
		!on { next }
		/^\.Bd / { block = 1; text = ""; next }
		/^\.Ed/ { block = 0; printf "%s%c", text, 0; next }
		block { text = text $0 "\n"; next }
		sub(/^\.Dl /, "") { printf "%s\n%c", $0, 0 }' "$1" | unescape | sed -z 's/\(^\|\n\)[#$] /\1/g')
}

# of PAGE COUNT - from here on, example N is the one of this page
of() {
	examples "$TOP"/bin/"$1" 2>/dev/null || :
	((${#examples[@]})) || examples "$TOP/share/man/$1"
	assert_equal "${#examples[@]}" "$2"
}

# example N - run it as one types it; it must succeed
example() {
	printf 'example: %s' "${examples[$1 - 1]}"
	run -0 timeout 120 sh -euc "${examples[$1 - 1]}"
}
