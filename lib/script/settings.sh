# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# settings.sh - read the settings file of a container

conf_clear() {
	SYSTEM_PATH='' FLAKE='' PRIVATE_NETWORK='' HOST_ADDRESS='' LOCAL_ADDRESS=''
	HOST_ADDRESS6='' LOCAL_ADDRESS6='' LOCAL_MAC_ADDRESS='' HOST_BRIDGE=''
	NETWORK_NAMESPACE_PATH='' PRIVATE_USERS=''
	COPY_RESOLV_CONF='' EXTRA_NSPAWN_FLAGS='' BIND='' BIND_RO='' TMPFS=''
	CAPABILITIES='' MTU='' GATEWAY='' GATEWAY6='' HOST_PORT='' NAT=''
	INTERFACES='' MACVLANS='' EXTRA_VETHS='' EPHEMERAL='' DEVICES=''
	RESOLVE_CONTAINERS=''
}

# conf_set KEY VALUE - no eval: a settings file names no variable of ours
conf_set() {
	case $1 in
	SYSTEM_PATH) SYSTEM_PATH=$2 ;;
	PRIVATE_NETWORK) PRIVATE_NETWORK=$2 ;;
	HOST_ADDRESS) HOST_ADDRESS=$2 ;;
	LOCAL_ADDRESS) LOCAL_ADDRESS=$2 ;;
	HOST_ADDRESS6) HOST_ADDRESS6=$2 ;;
	LOCAL_ADDRESS6) LOCAL_ADDRESS6=$2 ;;
	LOCAL_MAC_ADDRESS) LOCAL_MAC_ADDRESS=$2 ;;
	HOST_BRIDGE) HOST_BRIDGE=$2 ;;
	NETWORK_NAMESPACE_PATH) NETWORK_NAMESPACE_PATH=$2 ;;
	PRIVATE_USERS) PRIVATE_USERS=$2 ;;
	FLAKE) FLAKE=$2 ;;
	AUTO_START) ;;
	COPY_RESOLV_CONF) COPY_RESOLV_CONF=$2 ;;
	EXTRA_NSPAWN_FLAGS) EXTRA_NSPAWN_FLAGS=$2 ;;
	BIND) BIND=$2 ;;
	BIND_RO) BIND_RO=$2 ;;
	TMPFS) TMPFS=$2 ;;
	CAPABILITIES) CAPABILITIES=$2 ;;
	MTU) MTU=$2 ;;
	GATEWAY) GATEWAY=$2 ;;
	GATEWAY6) GATEWAY6=$2 ;;
	HOST_PORT) HOST_PORT=$2 ;;
	NAT) NAT=$2 ;;
	INTERFACES) INTERFACES=$2 ;;
	MACVLANS) MACVLANS=$2 ;;
	EXTRA_VETHS) EXTRA_VETHS=$2 ;;
	RESOLVE_CONTAINERS) RESOLVE_CONTAINERS=$2 ;;
	EPHEMERAL) EPHEMERAL=$2 ;;
	DEVICES) DEVICES=$2 ;;
	# Of those systemd has to know: generate.sh.
	START_TIMEOUT | AFTER | REQUIRES | MEMORY_MAX | CPU_QUOTA | TASKS_MAX) ;;
	*) die 2 "$conf:$lineno: unknown setting: $1; nixos-container.conf(5) has all" ;;
	esac
}

# awk_settings - functions for one awk over many settings files
#
# each_setting(): call one() for each setting of the files that are arguments,
# with name, file, key and value; a file that is gone meanwhile has none, which
# to awk itself is an error.  names[1] to names[count] are the containers.
# A line that is no setting is left out; where strict is set, it is reported on
# standard error, and failed is set.
# file_name(f): the container of that file, "" if it is none's.
# split_words(s, w): the words of a value into w; returns how many.
# shellcheck disable=SC2016 # for awk
awk_settings='
	BEGIN {
		keys = " SYSTEM_PATH FLAKE PRIVATE_NETWORK HOST_ADDRESS LOCAL_ADDRESS" \
			" HOST_ADDRESS6 LOCAL_ADDRESS6 LOCAL_MAC_ADDRESS HOST_BRIDGE HOST_PORT" \
			" NETWORK_NAMESPACE_PATH PRIVATE_USERS INTERFACES MACVLANS AUTO_START" \
			" COPY_RESOLV_CONF EXTRA_NSPAWN_FLAGS EPHEMERAL EXTRA_VETHS BIND BIND_RO" \
			" TMPFS CAPABILITIES DEVICES START_TIMEOUT NAT MTU GATEWAY GATEWAY6 AFTER" \
			" REQUIRES MEMORY_MAX CPU_QUOTA TASKS_MAX RESOLVE_CONTAINERS "
	}
	function is_name(w) {
		return length(w) < 64 && w ~ /^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$/ &&
			w !~ /^(cache|containers|mounts|policy|registries|sigstore|storage)$/
	}
	function file_name(f) {
		sub(/.*\//, "", f)
		return sub(/\.conf$/, "", f) && is_name(f) ? f : ""
	}
	function refuse(why) {
		if (strict) {
			gsub(/[\001-\037\177]/, "?")
			printf "nixos-container: %s:%d: %s: %s\n", file, lineno, why, $0 >"/dev/stderr"
			failed = 1
		}
		return 0
	}
	function setting() {
		lineno++
		if ($0 ~ /^(#|$)/) return 0
		if ($0 ~ /[\001-\037\177]/) return refuse("a control character")
		if ($0 !~ /^[A-Z][A-Z_0-9]*=/) return refuse("not KEY=VALUE")
		key = $0
		sub(/=.*/, "", key)
		if (index(keys, " " key " ") == 0) return refuse("unknown setting")
		value = substr($0, length(key) + 2)
		if (value ~ /^".*"$/) value = substr(value, 2, length(value) - 2)
		if (strict && value ~ /"/) return refuse("unbalanced quotes")
		return value != ""
	}
	function each_setting(    i) {
		for (i = 1; i < ARGC && (file = ARGV[i]) != "-"; i++) {
			ARGV[i] = ""
			if ((name = file_name(file)) == "") continue
			files[name] = file
			names[++count] = name
			lineno = 0
			while ((getline <file) > 0) if (setting()) one()
			close(file)
		}
	}
	function split_words(s, w,    i, c, n, quoted, within) {
		n = 0
		for (i = 1; i <= length(s); i++) {
			c = substr(s, i, 1)
			if (c == "\047") { quoted = !quoted; if (!within) w[++n] = ""; within = 1 }
			else if (!quoted && (c == " " || c == "\t")) within = 0
			else { if (!within) w[++n] = ""; within = 1; w[n] = w[n] c }
		}
		return n
	}
'

# conf_read - read the settings file of $name into the variables above
conf_read() {
	conf_clear
	lineno=0
	while IFS= read -r line || [ -n "$line" ]; do
		lineno=$((lineno + 1))
		case $line in
		'' | '#'*) continue ;;
		*[[:cntrl:]]*) die 2 "$conf:$lineno: a control character: $(printf '%s' "$line" | tr '[:cntrl:]' '?')" ;;
		[A-Z]*=*) ;;
		*) die 2 "$conf:$lineno: not KEY=VALUE: $line" ;;
		esac
		value=${line#*=}
		case $value in
		'"'*'"') value=${value#?} value=${value%?} ;;
		esac
		case $value in
		*'"'*) die 2 "$conf:$lineno: unbalanced quotes: $line" ;;
		esac
		conf_set "${line%%=*}" "$value"
	done <"$conf"
}

# yes KEY VALUE - is this switch on?
yes() {
	case $2 in
	1) return 0 ;;
	0 | '') return 1 ;;
	*) die 2 "$conf: $1 is 0 or 1, not: $2" ;;
	esac
}

# words VALUE - print the words of a value, one a line; single quotes keep
# blanks together
words() {
	[ -n "$1" ] || return 0
	printf '%s\n' "$1" | awk '
	{
		n = length($0); w = ""; in_word = quoted = 0
		for (i = 1; i <= n; i++) {
			c = substr($0, i, 1)
			if (c == "\047") { quoted = !quoted; in_word = 1 }
			else if ((c == " " || c == "\t") && !quoted) {
				if (in_word) print w
				w = ""; in_word = 0
			} else { w = w c; in_word = 1 }
		}
		if (quoted) exit 1
		if (in_word) print w
	}'
}
