# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# options.sh - read the command line, by the tables of verbs and options

init_options() {
	quiet='' remote=''
	prune='' manifest_link=''
	config='' config_file='' with_config='' nixos_path='' system_path='' flake='' rootfs=''
	nix_paths='' nix_flags='' flake_flags='' settings='' ports=''
	unique='' no_start='' dry_run='' apply=reload apply_given='' take_back=''
	user='' dir='' envs='' tty='' all='' form='' journal_flags='' since='' last_n='' follow='' of_unit=''
	null='' of_settings='' jobs='' yes='' check='' if_missing='' delete='' of_snapshots='' trust=''
	tar='' through=''
	early='' passed='' kept='' selected='' here=$PWD
}

# How an option is applied: the commands of the table.
flag() { eval "$1=1"; }
ignored() { :; }
assign() { eval "$1=\$2"; }
build_only() { "$@"; }	# for the machine that builds: see remote.sh
config_text() { config=$1 with_config=1; }
config_file() { config_file=$1 with_config=1; }
tty() { tty=$1; }
apply_by() {
	[ -z "$apply_given" ] || usage "$option: $apply_given is given, too"
	apply=$1 apply_given=$option
}
form() {
	[ -z "$form" ] || [ "$form" = "$1" ] || usage "$1 excludes $form"
	form=$1
}
port() { ports=$ports${ports:+,}$1; }
address() {
	case $2 in
	*:*) setting "${1}6" "$2" ;;
	*) setting "$1" "$2" ;;
	esac
}
any_setting() {
	case $1 in
	=*) usage "$option: expected KEY=VALUE" ;;
	*=*) setting "${1%%=*}" "${1#*=}" ;;
	*) usage "$option: expected KEY=VALUE: $1" ;;
	esac
}
no_setting() {
	case $1 in
	*=*) usage "$option: expected KEY: $1" ;;
	esac
	setting "$1" ''
}
setting() { settings=$settings$1=$(one_line "$2")$newline; }
# long_name - set long to the long name of the option that was found
long_name() { long=--${names##*--} long=${long%:}; }
# As one word: journalctl would take a value that begins with "-" for an option.
journal() {
	long_name
	flag=$long${1+=$(one_line "$1")}$newline
	case $long in
	--since) since=$flag ;;
	--lines) last_n=$flag ;;
	--follow) follow=$flag ;;
	*) journal_flags=$journal_flags$flag ;;
	esac
}
pass_path() { add_words nix_paths "$@"; }
pass_nix() { add_words nix_flags "$@"; }
pass_flake() { add_words flake_flags "$@"; }
variable() {
	case $1 in
	*"$newline"*) usage "$option: more than one line: $1" ;;
	=*) usage "$option: expected K=V" ;;
	*=*) envs=$envs$1$newline ;;
	*) usage "$option: expected K=V: $1" ;;
	esac
}

# add_words LIST WORD... - add an option and its arguments to a list of lines
add_words() {
	list=$1 lines=$option$newline
	shift
	for word; do lines=$lines$(one_line "$word")$newline; done
	eval "$list=\$$list\$lines"
}

# with_lines LIST COMMAND... - run it with these lines as further arguments
with_lines() {
	lines=${1%"$newline"}
	shift
	[ -n "$lines" ] || { "$@"; return; }
	while IFS= read -r word; do
		set -- "$@" "$word"
	done <<-END
		$lines
	END
	"$@"
}

one_line() {
	case $1 in
	*"$newline"*) usage "$option: more than one line: $1" ;;
	esac
	printf '%s\n' "$1"
}

# find_verb WORD - set verb, synopsis, verb_help, verb_function and command_at
find_verb() {
	synopsis='' verb_help=''
	set -f
	IFS=$newline
	for row in $verbs; do
		case $row in
		"$1|"*) row=${row#*|} synopsis=${row%%|*} verb_help=${row#*|}; break ;;
		esac
	done
	IFS=" 	$newline"
	set +f
	[ -n "$verb_help" ] || unknown_verb "$1"
	verb=$1
	verb_function=cmd_$verb
	while :; do
		case $verb_function in
		*-*) verb_function=${verb_function%%-*}_${verb_function#*-} ;;
		*) break ;;
		esac
	done
	case $verb in
	run) failure_status=125 command_at=2 ;;	# as env(1) and chroot(1)
	shell) failure_status=125 command_at=1 ;;
	complete) command_at=1 ;;
	esac
	# Options before the verb
	for option in $early; do find_option "$option"; done
}

# find_option NAME - set argument and how, from the row of this verb
find_option() {
	of_others='' ambiguous=''
	case $1 in
	*:*) usage "unknown option: $1" ;;	# a row is searched for it
	esac
	set -f
	IFS=$newline
	for row in $options; do
		case ${row%%|*} in
		*":$1:"*) ;;
		*) continue ;;
		esac
		names=${row%%|*} row=${row#*|}
		argument=${row%%|*} row=${row#*|}
		how=${row%%|*} row=${row#*|}
		case " ${row%%|*} " in
		' - ' | *" $verb "*) of_others=''; break ;;
		esac
		[ -n "$of_others" ] && [ -z "$verb" ] && [ "$how" != "$of_others" ] &&
			ambiguous=1
		of_others=$how
	done
	IFS=" 	$newline"
	set +f
	if [ -n "$ambiguous" ]; then
		usage "$1: depends on the verb, which must come first"
	elif [ -z "${how-}" ]; then
		usage "unknown option: $1"
	elif [ -n "$of_others" ] && [ -n "$verb" ]; then
		usage "$verb takes no $1"
	fi
}

# take_option WORD... - apply the option in front; set width to its words, of
# which count are left
take_option() {
	rest='' attached='' value='' how=''
	case $1 in
	--*=*) option=${1%%=*} value=${1#*=} attached=1 ;;
	--*) option=$1 ;;
	*) rest=${1#-?} option=${1%"$rest"} ;;
	esac
	find_option "$option"
	[ -n "$verb" ] || early="$early $option"
	# shellcheck disable=SC2086 # its words are counted
	count_arguments $argument
	[ "$argument" != '[ID]' ] || find_optional "${2-}"
	if [ -n "$attached" ] && [ "$arguments" -ne 1 ]; then
		usage "$option takes ${argument:-no argument}"
	elif [ -n "$rest" ] && [ "$arguments" -gt 0 ]; then
		value=$rest rest='' attached=1
	fi
	width=1
	if [ -n "$attached" ]; then
		apply_option "$value"
	elif [ "$count" -le "$arguments" ]; then
		usage "$option: missing argument $argument"
	elif [ "$arguments" = 2 ]; then
		width=3
		apply_option "$2" "$3"
	elif [ "$arguments" = 1 ]; then
		width=2
		apply_option "$2"
	else
		apply_option
	fi
	[ -n "$rest" ] || return 0
	# The next letter of joined options
	shift
	take_option "-$rest" "$@"
}

count_arguments() { arguments=$#; }

# find_optional WORD - has an option an argument that need not be there?  As with
# journalctl: --boot=ID, -b1, -b-1, and -b -1, as no name begins with a sign.
find_optional() {
	case $attached$rest/$1 in
	1/* | [-+0-9]*/* | /[-+][0-9]*) ;;
	*) arguments=0 ;;
	esac
}

# quote_option ARGUMENT... - set quoted to the option, for another machine
quote_option() {
	if [ "$argument" = '[ID]' ]; then
		long_name
		quote "$long${1+=$1}"
	else
		quote "$option" "$@"
	fi
}

# apply_option ARGUMENT... - also note what goes to another machine
apply_option() {
	may_be_empty "$how" || for word; do
		[ -n "$word" ] || usage "$option: empty argument"
	done
	case $how in
	print_help) print_help "$verb"; exit 0 ;;
	print_version) printf '%s %s\n' "$version" "$built"; exit 0 ;;
	'assign remote') [ -z "$remote" ] || usage "$option is given twice" ;;
	'flag all' | 'assign jobs') quote_option "$@"; selected="$selected$quoted" ;;
	build_only* | pass_*) quote_option "$@"; passed="$passed$quoted" ;;
	*) quote_option "$@"; passed="$passed$quoted" kept="$kept$quoted" ;;
	esac
	$how "$@"
}

# may_be_empty HOW - text of Nix, and values of variables
may_be_empty() {
	case $1 in
	pass_* | variable | 'build_only config_text') return 0 ;;
	esac
	return 1
}

# quote WORD... - set quoted to the words in quotes for a shell
quote() {
	quoted=''
	for word; do
		quoted="$quoted '"
		while :; do
			case $word in
			*\'*) quoted=$quoted${word%%\'*}"'\\''" word=${word#*\'} ;;
			*) break ;;
			esac
		done
		quoted=$quoted$word\'
	done
}

# check_line OPERAND... - is the command line complete?
check_line() {
	[ -n "$verb" ] || die 2 'missing verb; see nixos-container --help'
	case $remote in
	-* | *[!a-zA-Z0-9@:._%-]*) usage "--host: invalid host name: $remote" ;;
	esac
	given=$# most=0
	for word in $synopsis; do
		most=$((most + 1))
		case $word in
		'['*...) most=1000 ;;
		'['*) ;;
		*...) most=1000; [ "$given" -gt 0 ] || usage "missing argument: ${word%...}" ;;
		*) [ "$given" -gt 0 ] || usage "missing argument: $word" ;;
		esac
		given=$((given - 1))
	done
	[ $# -gt $most ] || return 0
	first=$1
	shift $most
	case $verb:$first in
	set-root-password:*)
		usage 'unexpected argument: the password is read from standard input' ;;
	launch:*)
		usage "unexpected argument: $1; to make a container: nixos-container create NAME" ;;
	snapshot:create | snapshot:list | snapshot:restore | snapshot:delete)
		usage "unexpected argument: $1; instead: snapshot NAME [LABEL], snapshots NAME," \
			'restore NAME LABEL, snapshot --delete NAME LABEL' ;;
	esac
	usage "unexpected argument: $1"
}
