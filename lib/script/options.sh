# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# options.sh - the options of create and update

build_options() {
	config='' config_file='' nixos_path='' system_path='' flake='' with_config=''
	nix_flags='' flake_flags=''
	host_address='' local_address='' host_address6='' local_address6=''
	gateway='' gateway6='' bridge='' ports='' nat='' auto_start=''
	resolve=''
	unique='' dry_run='' no_start='' apply=reload take_back=''
	operands='' left=0
	here=$PWD
	while [ $# -gt 0 ]; do
		case $1 in
		--)
			shift
			# Those of shell are a command, and its own affair.
			[ -z "${splits-}" ] || { left=$#; set --; }
			break ;;
		-*)
			build_option "$@" || nix_option "$@" || usage "$1: no such option"
			shift "$taken" ;;
		*) operands="$operands $1"; name_check "$1"; shift ;;
		esac
	done
	for word in "$@"; do name_check "$word"; operands="$operands $word"; done
	# shellcheck disable=SC2086 # names hold no blanks
	set -- $operands
	case $verb:$# in
	clone:2) from=$1; shift ;;
	clone:*) usage 'clone takes two names' ;;
	*:[01]) ;;
	*) usage "$2: one name is enough" ;;
	esac
	build_options_agree
	name_set "${1-}"
}

# build_option OPTION... - take one of ours off the front; taken: its words
build_option() {
	taken=1
	case $1 in
	--nat) only create "$1"; nat=1; return ;;
	--resolve-containers) only create "$1"; resolve=1; return ;;
	--auto-start) only create "$1"; auto_start=1; return ;;
	--no-start) only create "$1"; no_start=1; return ;;
	--dry-run) only create "$1"; dry_run=1; return ;;
	--ensure-unique-name) only 'create clone' "$1"; unique=1; return ;;
	--reload | --restart | --no-apply) only update "$1"; apply=${1#--}; return ;;
	--rollback-on-failure) only update "$1"; take_back=1; return ;;
	--config | --config-file | --nixos-path | --system-path | --flake) ;;
	--host-address | --local-address | --host-address6 | --local-address6 | \
	--gateway | --gateway6 | --bridge | --port) only 'create clone' "$1" ;;
	*) return 1 ;;
	esac
	has 2 "$@"
	taken=2
	case $1 in
	--config) config=$2 with_config=1 ;;
	--config-file) config_file=$2 with_config=1 ;;
	--nixos-path) nixos_path=$2 ;;
	--system-path) system_path=$2 ;;
	--flake) flake=$2 ;;
	# An IPv6 address has its own setting, by whichever option it came.
	--host-address6) host_address6=$2 ;;
	--local-address6) local_address6=$2 ;;
	--gateway6) gateway6=$2 ;;
	--host-address) case $2 in *:*) host_address6=$2 ;; *) host_address=$2 ;; esac ;;
	--local-address) case $2 in *:*) local_address6=$2 ;; *) local_address=$2 ;; esac ;;
	--gateway) case $2 in *:*) gateway6=$2 ;; *) gateway=$2 ;; esac ;;
	--bridge) bridge=$2 ;;
	--port) ports=$ports${ports:+,}$2 ;;
	esac
}

# nix_option OPTION... - take one that is passed on to Nix off the front
nix_option() {
	case $1 in
	--option | --arg | --argstr | --override-input) has 3 "$@"; taken=3 ;;
	-I | --max-jobs | -j | --cores | --update-input) has 2 "$@"; taken=2 ;;
	--show-trace | --keep-going | --keep-failed | --fallback | --verbose | -v | \
	--impure | --refresh | --recreate-lock-file | --no-update-lock-file | \
	--no-write-lock-file | --no-registries | --commit-lock-file) taken=1 ;;
	*) return 1 ;;
	esac
	nix_words "$taken" "$@"
	case $1 in
	--override-input | --update-input | --impure | --refresh | --*-lock-file | \
	--no-registries) flake_flags=$flake_flags$kept ;;
	*) nix_flags=$nix_flags$kept ;;
	esac
}

# nix_words N WORD... - set kept to the first N, a line each, so that each
# stays one word
nix_words() {
	left=$1 kept=''
	shift
	while [ "$left" -gt 0 ]; do
		case $1 in
		*"$newline"*) usage "a newline in an option for Nix: $1" ;;
		esac
		kept=$kept$1$newline left=$((left - 1))
		shift
	done
}

# has N OPTION... - are there as many words as the option takes?
has() {
	[ $(($# - 1)) -ge "$1" ] || usage "$2: its argument is missing"
}

# only VERBS OPTION - is it one of theirs?
only() {
	case " $1 " in
	*" $verb "*) ;;
	*) usage "$2: an option of ${1%% *} alone" ;;
	esac
}

build_options_agree() {
	[ -z "${config_file#-}" ] || [ -f "$config_file" ] ||
		die 2 "--config-file $config_file: no such file"
	case $nixos_path in
	-*) usage "--nixos-path: not a path: $nixos_path" ;;
	esac
	[ -z "$config" ] || [ -z "$config_file" ] ||
		usage '--config and --config-file exclude each other'
	[ -z "$system_path" ] || [ -z "$config$nixos_path" ] ||
		usage '--system-path is built already: it excludes a configuration' \
		'but for the file it was built from'
	[ -z "$system_path" ] || [ -e "$system_path/init" ] ||
		die 2 "--system-path $system_path: there is no init in it"
	[ -z "$flake" ] || flake_check
	case $config_file in
	'' | - | /*) ;;
	*) config_file=$here/$config_file ;;
	esac
}
