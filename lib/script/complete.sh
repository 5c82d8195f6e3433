# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# complete.sh - what the completions of the shells ask
#
# All programs of the suite print their help in one form, which is read here.
# Placeholders tell what to offer: NAME a container, FILE a file, and so on.

# cmd_complete PROGRAM WORD... - print what may stand for the last WORD, a line
# each, with a tab and a description if it has one
#
# A line ":files" or ":commands" asks the shell for its own.
cmd_complete() {
	case $1 in
	'' | -* | *[!a-z-]*) usage "not a program of this suite: $1" ;;
	esac
	[ -x "$bindir/$1" ] || usage "not a program of this suite: $1"
	found=$(help_of "$1" | awk -v of= "$awk_complete" "$@")
	case $found in
	':verb '*)
		found=${found#:verb }
		found=$(help_of "$1" "$found" | awk -v of="$found" "$awk_complete" "$@") ;;
	esac
	printf '%s\n' "$found" | while IFS= read -r word; do
		case $word in
		:containers) ctr-conf list ;;
		:roots) ctr-conf list | sed "s|^|$state_dir/|"; printf ':files\n' ;;
		:generations*) complete_generations "${word#:generations}" ;;
		:labels*) ctr-gcroot snapshots --trees "$state_dir" -- "${word#:labels}" 2>/dev/null |
			sed 's/   */\t/' || : ;;
		:bridges) complete_links '/bridge' ;;
		:links) complete_links '' ;;
		:netns) complete_netns ;;
		:keys) ctr-conf keys | cut -f 1,4 ;;
		:settings*) ctr-conf keys --complete "${word#:settings}" ;;
		*) printf '%s\n' "$word" ;;
		esac
	done
}

# help_of PROGRAM [VERB]
help_of() {
	if [ "$1" = nixos-container ]; then
		shift
		(cmd_help "$@") 2>/dev/null
	elif [ $# -gt 1 ]; then
		"$bindir/$1" help "$2" 2>/dev/null
	else
		"$bindir/$1" --help
	fi
}

complete_generations() {
	ctr-gcroot list -- "$1" 2>/dev/null |
		awk '{ n = $1; sub(/^ *[0-9]+ +/, ""); print n "\t" $0 }' || :
}

# complete_links PATH - the interfaces of the host that have this in sysfs
complete_links() {
	for link in /sys/class/net/*"$1"; do
		link=${link%"$1"}
		case ${link##*/} in
		*[!a-zA-Z0-9_.@:+-]*) ;;
		*) printf '%s\n' "${link##*/}" ;;
		esac
	done
}

complete_netns() {
	for file in /run/netns/*; do
		[ ! -e "$file" ] || printf '%s\n' "${file##*/}"
	done
}

# shellcheck disable=SC2016 # for awk
awk_complete='
	BEGIN {
		program = ARGV[1]
		for (i = 2; i < ARGC; i++) word[i - 1] = ARGV[i]
		words = ARGC - 2
		ARGC = 1
	}
	# An option: "  -k, --key ARGUMENT  help"
	/^ +-/ {
		help = label = $0
		if (!sub(/^ *[^ ].*  +/, "", help)) help = ""
		sub(/^ +/, "", label)
		sub(/  .*/, "", label)
		n = split(label, name, ", ")
		argument = name[n]
		sub(/ .*/, "", name[n])
		argument = substr(argument, length(name[n]) + 2)
		if (argument == "[ID]") argument = ""	# never a word of its own
		for (i = 1; i <= n; i++) {
			option[++options] = name[i]
			takes[name[i]] = argument
			says[name[i]] = help
		}
		next
	}
	# More lines of its help
	options && /^      +[^ -]/ {
		sub(/^ +/, "")
		for (i = 1; i <= n; i++) says[name[i]] = says[name[i]] " " $0
		next
	}
	# A verb in the list of all: "  VERB [OPERAND]...  help"
	/^  [a-z]/ && of == "" && /[^ ]  +[^ ]/ { add_verb($1); help = $0; sub(/^.*[^ ]  +/, "", help); says[$1] = help }
	/^usage: / || usage && $1 == program { usage = 1; forms[++form] = $0; next }
	usage && /^          / { forms[form] = forms[form] $0; next }
	{ usage = 0 }
	function add_verb(v) { if (!(v in known)) { verb[++verbs] = v; known[v] } }

	# operands_of(text): what stands in a usage, without options and their arguments
	function operands_of(s,    t, n, i, j) {
		sub(/^(usage:)? *[^ ]+ (\[OPTION\]\.\.\. )?/, "", s)
		n = split(s, t, " ")
		for (i = 1; i <= n; i++) {
			many = t[i] ~ /\.\.\.$/
			gsub(/\[|\]|\./, "", t[i])
			if (t[i] ~ /^-./) i += split(takes[t[i]], skipped, " ")
			else if (t[i] ~ /^[a-z]/) { add_verb(t[i]); continue }
			else if (t[i] != "") wants[++operands] = t[i]
			if (many) endless = 1
		}
	}
	function wanted(n) {
		if (n > operands && endless) n = operands
		return wants[n]
	}
	END {
		for (i = 1; i <= form && !(of != "" && operands); i++) {
			if (of == "" && forms[i] ~ / (VERB|help) /) continue
			endless = 0
			operands_of(forms[i])
		}
		walk()
	}
	function walk(    i, w, o, plain, pending, n) {
		for (i = 1; i < words; i++) {
			w = word[i]
			if (pending) { pending--; continue }
			if (w == "--") plain = 1
			else if (w ~ /^-./ && !plain) {
				o = w
				sub(/=.*/, "", o)
				pending = w ~ /=/ ? 0 : split(takes[o], skipped, " ")
			} else if (of == "" && verbs) { if (w in known) print ":verb " w; exit }
			else if (of != "" && !seen) seen = 1
			else {
				operand[++n] = w
				if (wanted(n) == "COMMAND") {
					# All that follows belongs to the command.
					if (program != "nixos-container") print ":files"
					exit
				}
			}
		}
		w = word[words]
		if (pending) {
			n = split(takes[o], skipped, " ")
			offer(skipped[n - pending + 1], 1)
		} else if (w ~ /^-/ && !plain) {
			for (i = 1; i <= options; i++) line(option[i])
		} else if (of == "" && verbs) {
			for (i = 1; i <= verbs; i++) line(verb[i])
		} else offer(wanted(n + 1), 0)
	}
	function line(w) { print w (says[w] == "" ? "" : "\t" says[w]) }
	function offer(what, of_option) {
		if (what ~ /^(FILE|PATH|DIR|PROGRAM)$/ || what ~ /^FLAKE/) print ":files"
		else if (what == "ROOT") print ":roots"
		else if (what == "BRIDGE") print ":bridges"
		else if (what ~ /^IFNAME/) print ":links"
		else if (what == "NETNS") print ":netns"
		else if (what == "NAME" && !of_option && of != "create") print ":containers"
		else if (what ~ /^(GENERATION|FROM|TO)$/ && !of_option) print ":generations" operand[1]
		else if (what == "LABEL" && !of_option) print ":labels" operand[1]
		else if (what == "KEY") print ":keys"
		else if (what == "KEY=VALUE") print ":settings" word[words]
		else if (what == "COMMAND" && program != "nixos-container") print ":commands"
	}
'
