# SPDX-License-Identifier: MIT
# points.bash - commands that are stopped at one of their system calls, and
# what must be true of a container after that; A and B are two systems
faults=/usr/local/lib/nixos-container-test/faults

# a_name - another for each point, so that none sees what one before left
a_name() {
	points=$((points + 1))
	name=f$BATS_TEST_NUMBER-$points
	root=$state/$name conf=$confs/$name.conf
	made+=("$name")
}

# made_whole - create, again if that is needed, ends with a whole container
made_whole() {
	if listed "$name"; then
		run -1 nixos-container create "$name" --no-start --system-path "$A"
		[[ $output == *"container exists"* ]] || return 1
	else
		nixos-container create "$name" --no-start --system-path "$A" || return 1
	fi
	listed "$name" && [[ $(ctr-gcroot path "$name") == "$A" && -d $root ]] &&
		[[ $(nixos-container status "$name") == down ]] &&
		grep -q '^LOCAL_ADDRESS=10\.233\.' "$conf"
}

# destroyed_whole - destroy takes all that is left, of that and of other runs
destroyed_whole() {
	if listed "$name" || [[ -e $confs/.$name.pending ]]; then
		nixos-container destroy "$name" || return 1
	fi
	nothing_left "$name" && nothing_odd
}

# nothing_odd - no temporary file, lock or generation of anybody is left
nothing_odd() {
	local odd
	odd=$(ls -A $confs | grep -vE '^[a-z0-9-]+\.conf$'
		systemctl list-units --all --plain --no-legend 'container-port-*'
		# The bystander runs.
		ls -A /run/nixos-container 2>/dev/null | grep -vx -e bystander.forward -e .tables -e .sysctls
		ls -A $state | grep -vxE '[a-z0-9-]+|\.#[a-z0-9-]+\.lck|\.bystander\.sessions' || :)
	[[ ! $odd ]] || { echo "left: $odd"; return 1; }
}

# tries COMMAND... - the points of a command: "N CALL" lines
tries() {
	local list=$BATS_TEST_TMPDIR/list all
	"$faults" -o "$list" -u systemd-nspawn count "$@" >/dev/null 2>&1
	all=$(wc -l <"$list")
	((all > 0)) || return 1
	if [[ ${FAULT_POINTS:-8} == all ]]; then
		cut -d' ' -f1,2 "$list"
	else
		awk -v want="${FAULT_POINTS:-8}" -v all="$all" '
			{ n = int(NR * want / all) }
			n != before { print $1, $2 }
			{ before = n }' "$list"
	fi
}

nothing() { :; }
a_container() { nixos-container create "$name" --no-start --system-path "$A"; }
two_generations() { a_container && ctr-gcroot set "$name" "$B"; }

# gone, updated - the same command again finishes, and it is so
gone() {
	nixos-container destroy "$name" >"$BATS_TEST_TMPDIR/again" 2>&1
}

updated() {
	nixos-container update --no-apply --system-path "$B" "$name" &&
		[[ $(ctr-gcroot path "$name") == "$B" ]] &&
		nixos-container rollback --no-apply "$name" &&
		[[ $(ctr-gcroot path "$name") == "$A" ]]
}
