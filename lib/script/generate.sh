# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# generate.sh - what systemd has to know of a container's settings before it
# starts it: systemd.generator(7)

# unit_settings FILE... - print what their settings say of their units, as
# "NAME wants" and "NAME LINE", and complain of what is not right
unit_settings() {
	awk "$awk_settings"'
	BEGIN {
		wanted["AFTER"] = wanted["REQUIRES"] = "other containers, and units by their full names"
		wanted["DEVICES"] = "a list of /dev/NODE[:rwm], char-NAME and block-NAME"
		wanted["MEMORY_MAX"] = "bytes, with K, M, G or T behind them, N% or infinity"
		wanted["CPU_QUOTA"] = "N%"
		wanted["TASKS_MAX"] = "a number, N% or infinity"
		wanted["START_TIMEOUT"] = "a time like 2min 30s, or infinity"
	}
	function bad(what) {
		gsub(/[\001-\037\177]/, "?", value)
		printf "nixos-container: %s: %s: not right: %s: it takes %s\n", file,
			what, value, wanted[what] >"/dev/stderr"
		failed = 1
	}
	function say(section, line) {
		if (section != in_section[name]) print name, "[" section "]"
		in_section[name] = section
		print name, line
	}
	# A container by its name, or any unit by its full one.
	function unit(w) {
		if (is_name(w) && w != name) return "container@" w ".service"
		if (w ~ /^[a-zA-Z0-9:_.\\@-]+\.(service|target|socket|mount|path|timer|device|slice)$/) return w
		return ""
	}
	function depend(word,    w, n, i, u) {
		n = split_words(value, w)
		for (i = 1; i <= n; i++)
			if ((u = unit(w[i])) == "") bad(key)
			else {
				say("Unit", "After=" u)
				if (word != "After") say("Unit", word "=" u)
			}
	}
	function mounts(    w, n, i, p) {
		n = split_words(value, w)
		for (i = 1; i <= n; i++) {
			p = w[i]
			gsub(/\\:/, "\001", p)
			sub(/:.*/, "", p)
			gsub("\001", ":", p)
			p = doubled_backslash(p)
			gsub(/%/, "%%", p)
			if (p ~ /^\//) say("Unit", "RequiresMountsFor=\"" p "\"")
		}
	}
	function doubled_backslash(s,    part, n, i) {
		n = split(s, part, /\\/)
		s = part[1]
		for (i = 2; i <= n; i++) s = s "\\\\" part[i]
		return s
	}
	function devices(    w, n, i, p, m) {
		n = split_words(value, w)
		for (i = 1; i <= n; i++) {
			p = w[i]; m = "rwm"
			if (match(p, /:[rwm]+$/)) { m = substr(p, RSTART + 1); p = substr(p, 1, RSTART - 1) }
			if (p !~ /^(\/dev\/|char-|block-)[a-zA-Z0-9_\/*.+-]*$/) bad(key)
			else say("Service", "DeviceAllow=" p " " m)
		}
	}
	function limit(property, pattern) {
		if (value ~ pattern) say("Service", property "=" value)
		else bad(key)
	}
	function one() {
		if (key == "AUTO_START" && value == "1") print name, "wants"
		else if (key == "AFTER") depend("After")
		else if (key == "REQUIRES") depend("Requires")
		else if (key == "BIND" || key == "BIND_RO") mounts()
		else if (key == "DEVICES") devices()
		else if (key == "MEMORY_MAX") limit("MemoryMax", "^([0-9]+[KMGT]?|[0-9]+%|infinity)$")
		else if (key == "CPU_QUOTA") limit("CPUQuota", "^[0-9]+%$")
		else if (key == "TASKS_MAX") limit("TasksMax", "^([0-9]+%?|infinity)$")
		else if (key == "START_TIMEOUT") limit("TimeoutStartSec", "^([0-9]+(ms|s|min|h)? ?)+$|^infinity$")
	}
	BEGIN { strict = 1; each_setting(); exit failed }' "$@"
}

# cmd_generate NORMAL EARLY LATE - where systemd takes units from at boot
cmd_generate() {
	[ $# -ge 1 ] || usage 'generate: a folder is missing'
	set -- "$1" "$conf_dir"/*.conf
	[ -e "$2" ] || return 0
	into=$1
	shift
	# What is wrong with one container is said, and is no reason to start none.
	said=$(unit_settings "$@") || :
	printf '%s\n' "$said" | awk -v into="$into" '
		$2 == "wants" { next }
		NF && $1 != last { printf "%s/container@%s.service.d\n", into, last = $1 }
		END { printf "%s/multi-user.target.wants\n", into }' | xargs mkdir -p
	printf '%s\n' "$said" | awk -v into="$into" '
		NF && $2 != "wants" {
			if ($1 != last) close(file)
			file = into "/container@" $1 ".service.d/settings.conf"
			last = $1
			print substr($0, length($1) + 2) >file
		}'
	printf '%s\n' "$said" | awk '$2 == "wants" { print $1 }' |
		while IFS= read -r started; do
		ln -sfn @UNIT_DIR@/container@.service \
			"$into/multi-user.target.wants/container@$started.service"
	done
}

# unit_fresh - let systemd know the settings as they are now; a bad one is exit 2
unit_fresh() {
	said=$(unit_settings "$conf") || exit 2
	[ -d /run/systemd/system ] || return 0
	known=/run/systemd/generator/container@$name.service.d/settings.conf
	said=$(printf '%s\n' "$said" | sed -n "/ wants\$/d; s/^$name //p")
	if [ -e "$known" ]; then
		[ "$(cat "$known")" != "$said" ] || return 0
	elif [ -z "$said" ]; then
		return 0
	fi
	systemctl daemon-reload
}
