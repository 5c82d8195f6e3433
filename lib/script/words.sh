# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# words.sh - the word to use for that of another program: LXC, Incus, Podman, Docker,
# machinectl

# unknown_verb WORD - with a hint
unknown_verb() {
	hint=$(instead_of "$1")
	if [ -z "$hint" ]; then
		hint=$(verb_for "$1")
		[ -n "$hint" ] || hint=$(nearest_verb "$1")
		hint=${hint:+"did you mean $hint? "}
	fi
	die 2 "unknown verb: $1; ${hint}see nixos-container --help"
}

# verb_for WORD - print the verb that does this
verb_for() {
	case $1 in
	ls | ps | list-images) echo list ;;
	rm | delete | remove) echo destroy ;;
	exec | execute) echo run ;;
	attach) echo 'login or root-login' ;;
	console) echo login ;;
	enter) echo root-login ;;
	info | inspect | show-image) echo show ;;
	import-*) echo import ;;
	export-*) echo export ;;
	profile | project | pod | compose) echo apply ;;
	healthcheck | warning) echo verify ;;
	config) echo 'get or set' ;;
	kill) echo terminate ;;
	poweroff | shutdown | halt) echo stop ;;
	reboot) echo restart ;;
	cp | push | file) echo 'copy-to or copy-from' ;;
	copy) echo clone ;;
	mv | move) echo rename ;;
	init) echo 'create --no-start' ;;
	history) echo generations ;;
	checkpoint | backup) echo snapshot ;;
	version) echo --version ;;
	remote) echo --host ;;
	esac
}

# instead_of WORD - print what else does this
instead_of() {
	case $1 in
	top | stats) instead 'systemd-cgtop machine.slice' ;;
	pause | freeze) instead 'systemctl freeze container@NAME, and thaw it before a kill' ;;
	unpause | unfreeze | resume | thaw) instead 'systemctl thaw container@NAME' ;;
	events | monitor | wait) instead "journalctl -f -u 'container@*'" ;;
	cgroup | set-limit | limit) instead 'MEMORY_MAX and others in nixos-container.conf(5)' ;;
	enable | disable | autostart) instead 'nixos-container set NAME AUTO_START=1, or 0' ;;
	secret | credential) instead 'CREDENTIALS in nixos-container.conf(5)' ;;
	generate) instead 'systemctl cat container@NAME: the unit is there' ;;
	prune | gc | system) instead 'destroy, snapshot --delete and nix-collect-garbage' ;;
	admin | machine) printf %s 'nothing needs to be set up before create; ' ;;
	port) instead 'HOST_PORT in nixos-container.conf(5)' ;;
	bind | mount | volume | storage) instead 'BIND in nixos-container.conf(5)' ;;
	device) instead 'DEVICES in nixos-container.conf(5)' ;;
	pull) printf %s 'to copy out of a container: copy-from; there are no images to pull: ' \
		'create builds a system, or takes a tree (--rootfs); ' ;;
	save) instead 'nixos-container export NAME FILE' ;;
	load) instead 'nixos-container import FILE' ;;
	image | images | rmi | tag | search | build | commit | publish | pull-tar | pull-raw)
		printf %s 'there are no images: create builds a system, or takes a tree (--rootfs); ' ;;
	esac
}

instead() { printf %s "instead: $1; "; }

# nearest_verb WORD - print the verb with the fewest edits, two at most
nearest_verb() {
	printf '%s' "$verbs" | WORD=$1 awk -F '|' '
	function smallest(a, b, c) { if (b < a) a = b; return c < a ? c : a }
	function edits(a, b,    d, i, j) {
		for (i = 0; i <= length(a); i++) d[i, 0] = i
		for (j = 0; j <= length(b); j++) d[0, j] = j
		for (i = 1; i <= length(a); i++)
			for (j = 1; j <= length(b); j++)
				d[i, j] = smallest(d[i - 1, j] + 1, d[i, j - 1] + 1,
					d[i - 1, j - 1] + (substr(a, i, 1) != substr(b, j, 1)))
		return d[length(a), length(b)]
	}
	BEGIN { least = 3; word = ENVIRON["WORD"] }
	NF > 1 && length(word) < 32 && (n = edits(word, $1)) < least && n < length($1) {
		least = n
		nearest = $1
	}
	END { print nearest }'
}
