# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# ports.sh - source addresses, who may connect, forwarded ports and NAT, in tables of
# nftables
#
# All that a container has are elements of maps and sets in the tables
# nixos-container, changed by one nft -f, which the kernel applies as a whole or
# not at all.  Its elements are in a file, NAME.forward, from before they are loaded
# until after they are gone.
tables=$run_dir/.tables	# they may be loaded

# rules_lock - lock what the host has for all containers, until this subshell ends
rules_lock() {
	[ -d "$run_dir" ] || { mkdir -p "$run_dir" && chmod 700 "$run_dir"; }
	exec 7<"$run_dir"
	flock 7
}

# rules_need COMMANDS - set need4 and need6: must the host forward packets of this
# family for them?
rules_need() {
	need4='' need6=''
	case $1 in
	*' forward4'* | *' nat4'*) need4=1 ;;
	esac
	case $1 in
	*' forward6'* | *' nat6'*) need6=1 ;;
	esac
}

# nft_change COMMANDS - carry them out, and load the rules if they are not there
#
# Loading takes 20 ms, the elements alone 5 ms.  An empty set has the version of
# the rules as its name; flushing it fails if other rules are loaded, or none.
nft_change() {
	loaded="set inet nixos-container rules-$version" files='sets chains'
	case $1 in *' bridge '*)
		loaded="$loaded set bridge nixos-container rules-$version"
		files='sets chains bridge-sets bridge-chains' ;;
	esac
	# shellcheck disable=SC2086 # four words each
	said=$({
		printf 'flush %s %s %s %s\n' $loaded
		printf '%s' "$1"
	} | nft -f - 2>&1) && return
	: >"$tables"
	# shellcheck disable=SC2086 # as above
	said=$({
		for part in $files; do cat "$nft_dir/$part"; done
		printf 'add %s %s %s %s { type mark; }\n' $loaded
		printf '%s' "$1"
	} | nft -f - 2>&1)
}

# nft_said - its errors; an interface may have been named by a container's root
nft_said() { printf '%s\n' "$said" | ctr-console filter >&2; }

# tables_off - the last container has gone
tables_off() {
	[ -e "$tables" ] || return 0
	set -- "$run_dir"/*.forward
	[ ! -e "$1" ] || return 0
	for family in inet bridge; do
		printf '%s table %s nixos-container\n' add "$family" delete "$family"
	done | nft -f - && rm -f "$tables"
}

# ports_on - check source addresses, and forward what the settings ask for
#
# It comes before the container runs, so its first packet is checked.  The
# elements are kept in a file, as the settings may change meanwhile.  Those of
# before are deleted in the same transaction, so no packet slips by.  What another
# container has is refused here, where no other can take it meanwhile.
ports_on() (
	elements=$run_dir/$name.forward before='' changed=1
	rules_lock
	ctr-conf rules -- "$name" >"$elements.new" || { code=$?; rm -f "$elements.new"; exit "$code"; }
	if [ -e "$elements" ]; then
		before=$(ctr-conf rules --unload "$elements") || exit
		! cmp -s "$elements" "$elements.new" || changed=''
		cp "$elements" "$elements.old"
		# If the change fails, those of before are loaded.
		# shellcheck disable=SC2016 # for then
		at_end 'mv "$elements.old" "$elements"; rm -f "$elements.new"'
		# If this is killed, either may be loaded.
		cat "$elements.new" >>"$elements"
	else
		mv "$elements.new" "$elements"
	fi
	rules_load "$elements" "$before" "$changed"
	trap - EXIT
	rm -f "$elements.old"
	[ -s "$elements" ] || rm -f "$elements"
)

# rules_load FILE BEFORE CHANGED - load FILE.new instead of BEFORE, or FILE
rules_load() {
	fresh=$1.new
	[ -e "$fresh" ] || fresh=$1
	added=$(ctr-conf rules --load "$fresh") || exit
	if [ -z "$2$added" ] || rules_change "$2" "$added"; then
		[ -z "$3" ] || flows_forget
		[ -z "$3" ] || [ -z "$2" ] || loopback_off
		[ "$fresh" = "$1" ] || mv "$fresh" "$1"
	else
		# They are loaded with those of others, as soon as that works.
		rm -f "$1.new"
	fi
}

# rules_change BEFORE ADDED - without nft, or if it fails, a container starts that has
# no ports, no NAT and no ALLOW_FROM
rules_change() {
	rules_need "$2"
	must=$need4$need6
	case $2 in *' limited '*) must=1 ;; esac
	why='nft is missing'
	if command -v nft >/dev/null; then
		rules_put "$1$newline$2$newline" && return
		[ -z "$must" ] || ports_failed
		why=${said%%"$newline"*}
	elif [ -n "$must" ]; then
		need_program nft 'for its ports, NAT and ALLOW_FROM'
	fi
	say "$name: the source addresses of its packets are not checked, nor who connects to it: $why"
	return 1
}

# rules_put COMMANDS - carry them out, with what need4 and need6 ask for
rules_put() {
	if [ -n "$need4$need6" ]; then
		forwarding_on "$1"
	else
		switched=''
		[ ! -e "$sysctls" ] || switched=$(bridges)$newline
		nft_change "$switched$1"
	fi
}

ports_failed() {
	[ ! -e "$conf" ] || ctr-conf check -- "$name" || exit
	nft_said
	die 1 "$name: could not load its rules; the error of nft is above"
}

# cmd_rules - put back all that others have removed; ctr-watch runs it
cmd_rules() {
	[ -d "$run_dir" ] && command -v nft >/dev/null || return 0
	name=rules conf=''
	rules_lock
	set -- "$run_dir"/*.forward
	[ -e "$1" ] || return 0
	all=$(ctr-conf rules --load "$@")
	rules_need "$all"
	rules_put "$all$newline" || rules_each "$@"
	# Those with NAT are from when the rules were there, and go on.
	record_forget 'claim address' --plain "$@"
}

# rules_each RECORD... - what is wrong with one does not keep the others out
rules_each() {
	rules_put "$newline" || ports_failed
	for record; do
		added=$(ctr-conf rules --load "$record")
		nft_change "$added$newline" && continue
		nft_said
		say "$record: could not load these rules, for the reason above"
	done
}

# flows_forget - NAT is for the first packet of a flow: of flows from before a
# change, the next one has to be the first
flows_forget() { record_forget claim '' "$run_dir/$name.forward"; }

# strangers_forget [--plain] - of flows from before the container could be told from
# others, a stranger's packets may be the answers
#
# It comes after the link: until there is one, others can send as the container.
strangers_forget() {
	[ ! -e "$run_dir/$name.forward" ] ||
		record_forget address "${1-}" "$run_dir/$name.forward"
}

# record_forget KINDS OPTION RECORD... - forget the flows of these kinds of lines
record_forget() (
	kinds=$1 option=$2 words=''
	shift 2
	for record; do
		while read -r kind word; do
			case " $kinds " in *" $kind "*) words="$words $word" ;; esac
		done <"$record"
	done
	set -f		# "[::1]:80" is no pattern
	# shellcheck disable=SC2086 # words, and perhaps no option
	[ -z "$words" ] || ctr-conf flush $option -- $words ||
		say "$name: flows that are older than its rules stay, for the reason above"
)

# elements_off RECORD - each line alone: one that is another's by now, or that nft
# does not take, does not keep the others in; 1 if nft takes nothing
elements_off() {
	while read -r line; do
		printf '%s\n' "$line" >"$1.new"
		deleting=$(ctr-conf rules --unload "$1.new")
		[ -z "$deleting" ] || nft_change "$deleting$newline" || nft_said
	done <"$1"
	rm -f "$1.new"
	nft_change "$newline"
}

# ports_off - remove the elements
#
# If nft fails the file stays, for the next cleanup.
ports_off() (
	elements=$run_dir/$name.forward
	[ -e "$elements" ] || [ -e "$elements.new" ] || [ -e "$sysctls" ] || [ -e "$tables" ] || exit 0
	rules_lock
	rm -f "$elements.new" "$elements.old"
	if [ -e "$elements" ]; then
		before=$(ctr-conf rules --unload "$elements") || exit
		[ -z "$before" ] || ! command -v nft >/dev/null || nft_change "$before$newline" ||
			elements_off "$elements" || { nft_said; exit 1; }
		record_forget 'claim address' '' "$elements"
		rm -f "$elements"
	fi
	forwarding_off && tables_off
)
