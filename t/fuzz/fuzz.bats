#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The parsers with the inputs of t/fuzz/corpus, under sanitizers: what libFuzzer
# once found stays found.  make fuzz looks for more.
load ../lib/env

setup_file() {
	# As if not called by another make: that one's options are not for this.
	env -u MAKEFLAGS -u MAKELEVEL nice make -s -C "$TOP" SANITIZE=1 \
		O="$TOP/build/sanitize" CC=cc LDFLAGS= fuzzers
}

targets() {
	for file in "$TOP"/t/fuzz/*.c; do
		file=${file##*/}
		[[ $file == replay.c ]] || printf '%s\n' "${file%.c}"
	done
}

# replay TARGET FOLDER - the last line is the input that broke it
replay() { (cd "$BATS_TEST_TMPDIR" && "$TOP/build/sanitize/fuzz/$1" "$2"); }

@test "each parser stands what was ever given to it" {
	local broken=''
	for target in $(targets); do
		run replay "$target" "$TOP/t/fuzz/corpus/$target"
		[[ $status -eq 0 ]] || { broken+=" $target"; echo "$output" >&2; }
		# None of the corpus was passed over.
		assert_equal "${#lines[@]}" \
			"$(find "$TOP/t/fuzz/corpus/$target" -type f | wc -l)"
		[[ ${#lines[@]} -ge 3 ]]
	done
	assert_equal "$broken" ''
}

@test "a promise that does not hold is noticed, and the input named" {
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
