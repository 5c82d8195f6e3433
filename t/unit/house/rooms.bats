#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The rooms of lib/, and their includes of each other.
load ../../lib/env

setup() { cd "$TOP"; }

# includes ROOM - print "FILE ROOM" for each include of our headers in that room
includes() {
	grep -HoE '^#[[:blank:]]*include "[^"]+"' "lib/$1"/*.[ch] |
		sed -E 's,^([^:]+):[^"]*"([^"/]*)/.*,\1 \2,; s,^([^:]+):.*,\1 no-room,'
}

# strangers ROOM ALLOWED... - print the room's includes from other rooms
strangers() {
	local room=$1
	shift
	includes "$room" | grep -vE " ($(IFS='|'; echo "$*"))\$" || :
}

@test "a room includes headers only from itself, base and tree" {
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

@test "every file of lib is in a room" {
	run -0 find lib -maxdepth 1 -type f
	assert_output ''
}

@test "no two functions in headers have the same name" {
	# Comments are stripped; a prototype begins its line with a type.
	run -0 sh -c '${TEST_CC:-cc} -fpreprocessed -E -P lib/*/*.h |
		sed -nE "s/^[a-z][a-z0-9_ ]*[ *]([a-z0-9_]+)\\(.*/\\1/p" | sort | uniq -cd'
	assert_output ''
	run -0 sh -c '${TEST_CC:-cc} -fpreprocessed -E -P lib/*/*.h |
		sed -nE "s/^[a-z][a-z0-9_ ]*[ *]([a-z0-9_]+)\\(.*/\\1/p" | grep -c .'
	((output > 100))
}
