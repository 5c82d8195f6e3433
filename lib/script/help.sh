# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# help.sh - the help of one verb, out of that of all

# help_verb - print what $help says of $verb
help_verb() {
	printf '%s' "$help" | awk -v verb="$verb" '
		# "Options of create and update:": is the verb among these words?
		/^[^ ].*:$/ {
			words = $0
			gsub(/[,:]/, " ", words)
			ours = words ~ /^Options of / &&
				index(words " ", " " verb " ") || words ~ /^Options of every verb /
			next
		}
		$1 == verb && /^  [a-z]/ {
			sub(/^ +/, "")
			found = what = $0
			sub(/  .*/, "", found)
			sub(/^.*  +/, "", what)
			sub(verb, verb " [OPTION...]", found)
		}
		ours && NF { text = text $0 "\n" }
		ours && !NF { ours = 0 }
		END {
			if (found == "") exit 1
			printf "usage: nixos-container %s\n\n  %s\n\n%s", found, what, text
		}' || die 2 "$verb: no such verb; see nixos-container --help"
}
