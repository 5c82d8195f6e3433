#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The rooms of lib/: who may include whom.
load ../../lib/env

setup() { cd "$TOP"; }

# includes ROOM - "FILE ROOM" for each include of ours in that room
includes() {
	grep -HoE '^#[[:blank:]]*include "[^"]+"' "lib/$1"/*.[ch] |
		sed -E 's,^([^:]+):[^"]*"([^"/]*)/.*,\1 \2,; s,^([^:]+):.*,\1 no-room,'
}

# strangers ROOM ALLOWED... - includes of that room from elsewhere
strangers() {
	local room=$1
	shift
	includes "$room" | grep -vE " ($(IFS='|'; echo "$*"))\$" || :
}

@test "a room includes from itself, base and tree, and from no other" {
	local room rooms=0
	for room in lib/*/; do
		room=$(basename "$room")
		[[ $room != script ]] || continue
		rooms=$((rooms + 1))
		includes "$room" | grep -q " $room\$"
		case $room in
		base) run -0 strangers base base ;;
		tree) run -0 strangers tree base tree ;;
		*) run -0 strangers "$room" base tree "$room" ;;
		esac
		assert_output ''
	done
	((rooms >= 6))
}

@test "every file of lib lies in a room" {
	run -0 find lib -maxdepth 1 -type f
	assert_output ''
}

@test "no two functions that rooms offer have one name" {
	# Comments are stripped; a prototype begins its line with a type.
	run -0 sh -c '${TEST_CC:-cc} -fpreprocessed -E -P lib/*/*.h |
		sed -nE "s/^[a-z][a-z0-9_ ]*[ *]([a-z0-9_]+)\\(.*/\\1/p" | sort | uniq -cd'
	assert_output ''
	run -0 sh -c '${TEST_CC:-cc} -fpreprocessed -E -P lib/*/*.h |
		sed -nE "s/^[a-z][a-z0-9_ ]*[ *]([a-z0-9_]+)\\(.*/\\1/p" | grep -c .'
	((output > 100))
}
