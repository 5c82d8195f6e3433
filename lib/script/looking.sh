# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# looking.sh - what there is

# told - what others know of all containers, as lines of a kind each
told() {
	systemctl show --timestamp=utc -p Id -p ActiveState -p ActiveEnterTimestamp \
		-p MainPID -p MemoryCurrent -p TasksCurrent 'container@*.service' \
		2>/dev/null | sed 's/^./unit &/; s/^$/unit/' || :
	printf 'unit\n'
	for f in /run/systemd/machines/*; do
		case $f in
		*:* | */\*) ;;
		*) sed -n "s|^LEADER=|leader ${f##*/} |p" "$f" 2>/dev/null || : ;;
		esac
	done
	[ -z "${system-}" ] || printf 'system %s %s\n' "$name" "$system"
	list_links | sed -n '/^l/ { s/ -> /\n/; s|^[^\n]*/\([^/\n]*\)/system\nsystem-\([0-9]*\)-link$|generation \1 \2|p; }'
}

# list_links - the links that tell the current generations; containers write
# them: what is not printable is a question mark, which the ls of busybox does
# without being asked
list_links() {
	# shellcheck disable=SC2012 # find(1) of busybox tells no targets
	set -- "$nix_dir"/profiles/per-container/*/system
	ls -ldq -- "$@" 2>/dev/null || ls -ld -- "$@" 2>/dev/null || :
}

# describe FORM [FILE] - one awk over all settings, and what others know
describe() {
	form=$1
	shift
	[ $# -gt 0 ] || set -- "$conf_dir"/*.conf
	[ -e "$1" ] || set --
	case $form:$# in
	graph:*) ;;
	json:0) printf '[]\n'; return ;;
	*:0) return ;;
	esac
	told | awk -v form="$form" -v state_dir="$state_dir" -v host="$(uname -n)" \
		"$awk_settings$awk_describe$awk_graph" "$@" -
}

# shellcheck disable=SC2016 # for awk
awk_describe='
	function text(s) {
		gsub(/["\\]/, "\\\\&", s)
		gsub(/[\001-\037]/, "?", s)
		return "\"" s "\""
	}
	function list(s,    w, n, i, out) {
		n = split(s, w, /[ ,\t]+/)
		for (i = 1; i <= n; i++)
			if (w[i] != "") out = out (out == "" ? "" : ",") text(w[i])
		return "[" out "]"
	}
	function state(n) {
		if (active[n] ~ /^(active|reloading)$/) return "up"
		if (active[n] == "activating") return "starting"
		if (active[n] == "deactivating") return "stopping"
		if (leader[n]) return "up"
		return active[n] == "failed" ? "failed" : "down"
	}
	function joined(a, b) { return a == "" || b == "" ? a b : a " " b }
	function addresses(n) {
		return joined(conf[n, "LOCAL_ADDRESS"], conf[n, "LOCAL_ADDRESS6"])
	}
	function number(v) { return v ~ /^[0-9]+$/ && v !~ /^18446744073709551615$/ ? v : "null" }
	function json(n) {
		printf "{\"name\":%s,\"state\":%s,\"addresses\":%s,\"hostAddresses\":%s", text(n),
			text(state(n)), list(addresses(n)),
			list(conf[n, "HOST_ADDRESS"] " " conf[n, "HOST_ADDRESS6"])
		printf ",\"bridge\":%s,\"ports\":%s", conf[n, "HOST_BRIDGE"] == "" ? "null" : \
			text(conf[n, "HOST_BRIDGE"]), list(conf[n, "HOST_PORT"])
		printf ",\"generation\":%s,\"systemPath\":%s,\"flake\":%s", number(generation[n]),
			conf[n, "SYSTEM_PATH"] == "" ? "null" : text(conf[n, "SYSTEM_PATH"]),
			conf[n, "FLAKE"] == "" ? "null" : text(conf[n, "FLAKE"])
		if (form == "one") printf ",\"system\":%s",
			system_of(n) == "" ? "null" : text(system_of(n))
		printf ",\"autoStart\":%s,\"since\":%s", conf[n, "AUTO_START"] == "1" ? "true" : "false",
			since[n] == "" ? "null" : text(since[n])
		printf ",\"leader\":%s,\"memory\":%s,\"tasks\":%s", number(leader[n]),
			number(memory[n]), number(tasks[n])
		printf ",\"root\":%s,\"settings\":%s}", text(state_dir "/" n), text(files[n])
	}
	function long(n,    s) {
		s = since[n]
		sub(/T/, " ", s)
		sub(/Z/, "", s)
		printf "%-" wide "s  %-8s  %-5s  %-4s  %-19s  %s\n", n, state(n),
			generation[n] == "" ? "-" : generation[n],
			conf[n, "AUTO_START"] == "1" ? "yes" : "no", s == "" ? "-" : s,
			addresses(n) == "" ? "-" : addresses(n)
	}
	function system_of(n) {
		return conf[n, "SYSTEM_PATH"] == "" ? leads[n] : conf[n, "SYSTEM_PATH"]
	}
	function one() { conf[name, key] = value }
	BEGIN { each_setting() }
	$1 == "leader" { leader[$2] = $3 }
	$1 == "generation" { generation[$2] = $3 }
	$1 == "system" { leads[$2] = substr($0, length($2) + 9) }
	$1 == "unit" && NF == 1 {
		id = u["Id"]
		if (sub(/^container@/, "", id) && sub(/\.service$/, "", id)) {
			active[id] = u["ActiveState"]
			if (state(id) == "up" && split(u["ActiveEnterTimestamp"], t, " ") == 4)
				since[id] = t[2] "T" t[3] "Z"
			memory[id] = u["MemoryCurrent"]
			tasks[id] = u["TasksCurrent"]
		}
		split("", u)
		next
	}
	$1 == "unit" {
		key = $0
		sub(/^unit /, "", key)
		sub(/=.*/, "", key)
		u[key] = substr($0, length(key) + 7)
	}
	END {
		if (form == "json") {
			printf "["
			for (i = 1; i <= count; i++) { printf "%s", (i > 1 ? ",\n " : ""); json(names[i]) }
			print "]"
		} else if (form == "one") {
			json(names[1])
			print ""
		} else if (form == "long") {
			wide = 4
			for (i = 1; i <= count; i++) if (length(names[i]) > wide) wide = length(names[i])
			printf "%-" wide "s  %-8s  %-5s  %-4s  %-19s  %s\n", "NAME", "STATE",
				"GEN", "AUTO", "SINCE (UTC)", "ADDRESSES"
			for (i = 1; i <= count; i++) long(names[i])
		} else if (form == "graph") graph()
		else show(names[1])
	}
	function line(what, v) { if (v != "") printf "%-12s %s\n", what ":", v }
	function size(v) {
		if (number(v) == "null") return ""
		return v < 1048576 ? int(v / 1024) " KiB" : int(v / 1048576) " MiB"
	}
	function show(n,    k) {
		line("name", n)
		line("state", state(n))
		line("since", since[n])
		line("leader", leader[n])
		line("memory", size(memory[n]))
		line("tasks", number(tasks[n]) == "null" ? "" : tasks[n])
		line("unit", "container@" n ".service")
		line("root", state_dir "/" n)
		line("settings", files[n])
		line("system", system_of(n))
		line("generation", generation[n])
		line("flake", conf[n, "FLAKE"])
		line("autostart", conf[n, "AUTO_START"] == "1" ? "yes" : "no")
		line("addresses", addresses(n))
		line("host", joined(conf[n, "HOST_ADDRESS"], conf[n, "HOST_ADDRESS6"]))
		line("bridge", conf[n, "HOST_BRIDGE"])
		line("ports", conf[n, "HOST_PORT"])
	}
'

cmd_show() {
	form=show
	[ "${1-}" != --json ] || { form=one; shift; }
	name_only "$@"
	system=$(ctr-gcroot path "$name" 2>/dev/null) || :	# it may have none
	describe $form "$conf"
}

# cmd_show_host_key - what its sshd shows to those who come, for known_hosts
cmd_show_host_key() {
	name_only "$@"
	enter_tree etc/ssh
	for kind in ed25519 ecdsa rsa; do
		file=ssh_host_${kind}_key.pub
		if [ ! -f "$file" ] || [ -L "$file" ]; then continue; fi
		key=$(file_read "$file" | head -c 16384)
		case $key in
		*[![:print:]]*) ;;
		ssh-*' '?* | ecdsa-*' '?*) printf '%s\n' "$key"; return ;;
		esac
	done
	die 1 "$name: there is no host key in $root/etc/ssh: its sshd makes one" \
		'when it starts for the first time'
}

cmd_show_ip() {
	name_only "$@"
	conf_read
	address=${LOCAL_ADDRESS:-$LOCAL_ADDRESS6}
	[ -n "$address" ] || die 1 "$name: $conf says no address: it shares the" \
		"host's, or gets one from elsewhere"
	printf '%s\n' "${address%%/*}"
}

