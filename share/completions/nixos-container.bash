# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# bash completion for nixos-container and the other tools: all of them call
# nixos-container complete.  It is installed under the name of each tool.

_nixos_container() {
	local tool=nixos-container rest=$COMP_LINE i word cur
	local -a words=()
	[[ $1 != */* ]] || tool=${1%/*}/nixos-container
	# readline also splits at : and =: rejoin parts that no blank separates.
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if ((i == 0)) || [[ $rest == [[:blank:]]* ]]; then
			words+=("$word")
		else
			words[-1]+=$word
		fi
		rest=${rest#"${rest%%[![:blank:]]*}"}
		rest=${rest#"$word"}
	done
	cur=${words[-1]}
	COMPREPLY=()
	while IFS=$'\t' read -r word _; do
		case $word in
		:files) _nixos_container_more -f ;;
		:commands) _nixos_container_more -c ;;
		"$cur"*) COMPREPLY+=("$word") ;;
		esac
	done < <("$tool" complete "${1##*/}" "${words[@]:1}" 2>/dev/null)
	[[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
	# After a : or = readline replaces only the text behind it.
	word=${COMP_WORDS[COMP_CWORD]}
	[[ $word != [:=] ]] || word=
	[[ $cur == "$word" ]] || COMPREPLY=("${COMPREPLY[@]#"${cur%"$word"}"}")
}

_nixos_container_more() {
	local found
	compopt -o default -o filenames 2>/dev/null
	while IFS= read -r found; do
		COMPREPLY+=("$found")
	done < <(compgen "$1" -- "$cur")
}

complete -F _nixos_container nixos-container ctr-conf ctr-console ctr-each ctr-gcroot \
	ctr-resolv ctr-start ctr-tree ctr-verify ctr-watch mkveth run-in-netns
