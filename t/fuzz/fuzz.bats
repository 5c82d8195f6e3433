#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The parsers with the inputs of t/fuzz/corpus, under sanitizers: a regression test
# for all that libFuzzer found.  make fuzz searches for more.
load ../lib/env

setup_file() {
	# Without the options of a make that called us.
	env -u MAKEFLAGS -u MAKELEVEL nice make -s -C "$TOP" SANITIZE=1 \
		O="$TOP/build/sanitize" CC=cc LDFLAGS= fuzzers
}

targets() {
	for file in "$TOP"/t/fuzz/*.c; do
		file=${file##*/}
		[[ $file == replay.c ]] || printf '%s\n' "${file%.c}"
	done
}

# replay TARGET FOLDER - run the inputs; the last line of output is a failing one
replay() { (cd "$BATS_TEST_TMPDIR" && "$TOP/build/sanitize/fuzz/$1" "$2"); }

@test "each parser handles all inputs of its corpus" {
	local broken=''
	for target in $(targets); do
		run replay "$target" "$TOP/t/fuzz/corpus/$target"
		[[ $status -eq 0 ]] || { broken+=" $target"; echo "$output" >&2; }
		# No input was skipped.
		assert_equal "${#lines[@]}" \
			"$(find "$TOP/t/fuzz/corpus/$target" -type f | wc -l)"
		[[ ${#lines[@]} -ge 3 ]]
	done
	assert_equal "$broken" ''
}

@test "a read out of bounds is detected, and the input named" {
	mkdir "$BATS_TEST_TMPDIR/corpus"
	printf 'x' >"$BATS_TEST_TMPDIR/corpus/one-that-breaks"
	printf '%s\n' '#include "fuzz.h"' 'int' \
		'LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)' \
		'{ return size ? data[size] : 0; }' >"$BATS_TEST_TMPDIR/behind.c"
	"${TEST_CC:-cc}" -O1 -g -fsanitize=address,undefined -I "$TOP/t/fuzz" \
		-o "$BATS_TEST_TMPDIR/behind" "$BATS_TEST_TMPDIR/behind.c" \
		"$TOP/t/fuzz/replay.c"
	run ! "$BATS_TEST_TMPDIR/behind" "$BATS_TEST_TMPDIR/corpus"
	assert_line one-that-breaks
	assert_output --partial heap-buffer-overflow
}
