# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# complete.sh - what the completions of the shells ask
#
# The help texts are the one source: of this script and of the tools beside it.
# The words that stand for something tell what: NAME a container, FILE a file.

# cmd_complete PROGRAM WORD... - print what may stand for the last WORD, a line
# each, with a tab and what it is where that is known
#
# A line ":files" or ":commands" asks the shell for its own.
cmd_complete() {
	[ $# -ge 2 ] || usage 'complete takes a program and the words behind it'
	if [ "$1" = nixos-container ]; then
		text=$help
	else
		case $1 in
		'' | -* | *[!a-z-]*) usage "complete: not a program of this suite: $1" ;;
		esac
		[ -x "$bindir/$1" ] || usage "complete: not a program of this suite: $1"
		text=$("$bindir/$1" --help)
	fi
	printf '%s\n' "$text" | awk "$awk_complete" "$@" |
		while IFS= read -r word; do
		case $word in
		:containers) list_names ;;
		:roots) list_names | sed "s|^|$state_dir/|"; printf ':files\n' ;;
		:generations*) complete_generations "${word#:generations}" ;;
		:bridges) complete_links '/bridge' ;;
		:links) complete_links '' ;;
		:netns) complete_in /run/netns ;;
		*) printf '%s\n' "$word" ;;
		esac
	done
}

complete_generations() {
	ctr-gcroot list -- "$1" 2>/dev/null |
		awk '{ n = $1; sub(/^ *[0-9]+ +/, ""); print n "\t" $0 }' || :
}

# complete_links WITH - the interfaces of the host that have this in sysfs
complete_links() {
	for dir in /sys/class/net/*"$1"; do
		dir=${dir%"$1"}
		[ ! -e "$dir" ] || printf '%s\n' "${dir##*/}"
	done
}

complete_in() {
	for file in "$1"/*; do
		[ ! -e "$file" ] || printf '%s\n' "${file##*/}"
	done
}

# shellcheck disable=SC2016 # for awk
awk_complete='
	BEGIN {
		program = ARGV[1]
		for (i = 2; i < ARGC; i++) word[i - 1] = ARGV[i]
		words = ARGC - 2
		for (i = 1; i < ARGC; i++) ARGV[i] = ""
	}

	# arguments(verb, option, list): what the option takes there, as words
	function arguments(v, o, list) {
		if (!((v, o) in takes)) options[v] = options[v] " " o
		if (length(list) >= length(takes[v, o])) takes[v, o] = list
	}
	# synopsis(verb, text): its options in brackets, and what else stands there
	function synopsis(v, s,    t, n, i, o) {
		if (!(v in operands)) { verbs[++count] = v; operands[v] = "" }
		gsub(/\|/, " ", s)
		gsub(/\]/, " ] ", s)
		gsub(/\[/, " [ ", s)
		n = split(s, t, " ")
		for (i = 1; i <= n; i++) {
			repeated = t[i] ~ /.\.\.\.$/
			sub(/\.\.\.$/, "", t[i])
			if (t[i] ~ /^(\[|\])$/) o = ""
			else if (t[i] ~ /^-./ && t[i] != "--") arguments(v, o = t[i], "")
			else if (t[i] !~ /^[A-Za-z]/) continue
			else if (o != "") arguments(v, o, takes[v, o] " " kind(t[i]))
			else operands[v] = operands[v] " " kind(t[i]) (repeated ? "..." : "")
		}
	}
	function kind(w) { sub(/^[^A-Za-z]+/, "", w); sub(/[^A-Za-z].*/, "", w); return toupper(w) }

	# row(text, of): options and what they take; of: the verbs, or "" to find out
	function row(s, of,    what, t, n, i, o, list, names, m) {
		what = s
		if (!sub(/^ *[^ ].*  +/, "", what)) what = ""
		sub(/^ +/, "", s)
		if (what != "") s = substr(s, 1, length(s) - length(what))
		n = split(s, t, " ")
		m = 0
		for (i = 1; i <= n; i++) {
			comma = t[i] ~ /[,;]$/
			sub(/[,;]$/, "", t[i])
			if (t[i] ~ /^-/) {
				names[++m] = t[i]; list[m] = ""; alias[m] = comma
			} else if (m && t[i] ~ /^[[]?[A-Z]/ || program ~ /^(ctr-resolv|run-in-netns)$/)
				list[m] = list[m] " " kind(t[i])
			if (comma) alias[m] = list[m] == ""
		}
		# "-n, --lines N": what the second takes, the first does too.
		for (i = m - 1; i > 0; i--)
			if (alias[i] && list[i] == "" && length(names[i]) == 2 && length(names[i + 1]) > 2)
				list[i] = list[i + 1]
		if (of == "") of = known(names, m)
		for (o = split(of, t, " "); o > 0; o--)
			for (i = 1; i <= m; i++) {
				arguments(t[o], names[i], list[i])
				text[t[o], names[i]] = what
			}
	}
	# The verbs in whose synopsis one of the names stands; else those of the
	# row before, but all have --help and --version.
	function known(names, m,    i, j, of) {
		for (i = 1; i <= count; i++)
			for (j = 1; j <= m; j++)
				if ((verbs[i], names[j]) in takes) { of = of " " verbs[i]; break }
		for (j = 1; j <= m; j++)
			if (names[j] ~ /^--(help|version)$/) of = ""
			else if (of == "" && j == m) of = before
		if (of == "") for (i = 1; i <= count; i++) of = of " " verbs[i]
		return before = of
	}

	/^usage:/ { heading = "usage" }
	/^[^ ].*:$/ { heading = $0; next }
	!NF { if (heading ~ /^(usage|Options)/) heading = ""; next }
	heading == "usage" && program != "nixos-container" {
		if ($1 == "usage:" || $1 == program) {
			use()
			line = $0
			sub(/^(usage:)? */, "", line)
			line = substr(line, length(program) + 2)
		} else line = line " " $0
		next
	}
	function use(    w) {
		if (line == "") return
		w = line
		# Its verb, behind options that all have.
		sub(/^(\[OPTION\]\.\.\. )/, "", w)
		if (w ~ /^[a-z]/) {
			sub(/ .*/, "", w)
			sub(/^(\[OPTION\]\.\.\. )?[a-z-]+/, "", line)
		} else w = "-"
		synopsis(w, line)
		line = ""
	}
	{ use() }
	program != "nixos-container" && /^ +-/ { row($0, ""); next }
	program != "nixos-container" && NF > 1 && $1 in operands { says[$1] = tail($0, $1); next }
	heading ~ /^Options of / && /^  -/ { row($0, named(heading)); next }
	/^  [a-z]/ && heading !~ /^(Options|usage)/ && heading != "" {
		s = $0
		sub(/^ +/, "", s)
		v = $1
		what = s
		sub(/  .*/, "", s)
		says[v] = tail(what, s)
		synopsis(v, substr(s, length(v) + 1))
	}
	function tail(s, head) {
		s = substr(s, index(s, head) + length(head))
		sub(/^ +/, "", s)
		return s
	}
	function named(s,    i, of) {
		gsub(/[,:]/, " ", s)
		for (i = 1; i <= count; i++)
			if (index(s, " " verbs[i] " ") || s ~ / every verb /) of = of " " verbs[i]
		return of
	}

	END {
		use()
		v = ("-" in operands) ? "-" : ""
		for (i = 1; i < words; i++) {
			w = word[i]
			if (pending) { pending--; continue }
			if (w == "--" && !plain) plain = 1
			else if (w ~ /^-./ && !plain) {
				o = w
				sub(/=.*/, "", o)
				pending = w ~ /=/ ? 0 : split(takes[v, o], t, " ")
				if (v == "") pending = any(o)
			} else if (v == "") { v = w; if (!(v in operands)) exit }
			else {
				given[++n] = w
				if (wanted(n) == "COMMAND") exit_command = 1
			}
			# Behind a command all is the command\047s.
			if (exit_command) { if (program != "nixos-container") print ":files"; exit }
			last = o
		}
		w = word[words]
		if (pending) {
			k = split(takes[v, last], t, " ")
			offer(t[k - pending + 1], 1)
		} else if (w ~ /^-/ && !plain) {
			k = split(v == "" ? "--help --version" : options[v], t, " ")
			for (i = 1; i <= k; i++) line_of(t[i], text[v, t[i]])
		} else if (v == "") {
			for (i = 1; i <= count; i++) line_of(verbs[i], says[verbs[i]])
		} else offer(wanted(n + 1), 0)
	}
	function line_of(w, what) { print w (what == "" ? "" : "\t" what) }
	# What an option takes that stands before the verb.
	function any(o,    i) {
		for (i = 1; i <= count; i++)
			if ((verbs[i], o) in takes) return split(takes[verbs[i], o], t, " ")
		return 0
	}
	# wanted(n): what the n-th operand is
	function wanted(n,    t, k) {
		k = split(operands[v], t, " ")
		if (n > k && k && t[k] ~ /\.\.\.$/) n = k
		if (n > k) return ""
		sub(/\.\.\.$/, "", t[n])
		return t[n]
	}
	function offer(what, of_option) {
		if (what ~ /^(FILE|PATH|DIR|FLAKE|PROGRAM)$/) print ":files"
		else if (what == "ROOT") print ":roots"
		else if (what == "BRIDGE") print ":bridges"
		else if (what == "IFNAME") print ":links"
		else if (what == "NETNS") print ":netns"
		else if (what == "NAME" && !of_option && v != "create") print ":containers"
		else if (what ~ /^(N|GENERATION|FROM|TO)$/ && !of_option) print ":generations" given[1]
		else if (what == "COMMAND" && program != "nixos-container") print ":commands"
	}
'
