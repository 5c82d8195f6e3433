# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# help.sh - the help, made of the tables of verbs and options

cmd_help() {
	[ $# -eq 0 ] || find_verb "$1"
	[ $# -gt 0 ] || verb=''
	print_help "$verb"
}

# print_help [VERB] - in the form of the other tools, which cmd_complete reads
print_help() {
	if [ -n "$1" ]; then
		printf 'usage: nixos-container [OPTION]... %s\n\n  %s\n\n' \
			"$1${synopsis:+ $synopsis}" "$verb_help"
	else
		printf 'usage: nixos-container [OPTION]... VERB [OPTION]... [OPERAND]...\n%s\n' \
			'       nixos-container help [VERB]'
		printf '%s' "$verbs" | awk -F '|' '
			/^#/ { print "\n" substr($0, 2); next }
			NF > 1 {
				usage = "  " $1 ($2 == "" ? "" : " " $2)
				sub(/^[^|]*[|][^|]*[|]/, "")
				printf "%-28s  %s\n", usage, $0
			}'
		printf '\nOptions of all verbs (help VERB lists those of a verb):\n'
	fi
	printf '%s\n' "$options" | awk -F '|' -v verb="$1" '
	NF >= 5 && ($4 == "-" || index(" " $4 " ", " " verb " ")) {
		names = substr($1, 2, length($1) - 2)
		short = names ~ /^-[a-zA-Z](:|$)/
		gsub(/:/, ", ", names)
		label[++n] = "  " (short ? "" : "    ") names ($2 == "" ? "" : " " $2)
		if (length(label[n]) > wide && length(label[n]) < 40) wide = length(label[n])
		text[n] = $5
	}
	END { for (i = 1; i <= n; i++) {
		if (length(label[i]) > wide && text[i] != "") { print label[i]; label[i] = "" }
		line = sprintf("%-" wide "s  %s", label[i], text[i])
		sub(/ +$/, "", line)
		print line
	} }'
}
