#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The picture of make bench says what is compared, and shows which side is faster.
load ../../lib/env

# draw LINE... - a picture of these lines
draw() {
	cd "$BATS_TEST_TMPDIR"
	printf '%s\n' "$@" >table
	"$TOP/t/bench/draw" table .
	xml bench.svg
}

# xml FILE - is it well-formed?
xml() {
	! command -v xmllint >/dev/null || { xmllint --noout "$1"; return; }
	! command -v rsvg-convert >/dev/null || rsvg-convert -o /dev/null "$1"
}

# bar CLASS - print where the only bar of that class begins and ends
bar() { sed -n "s/.*d=\"M\([0-9.]*\) [0-9]*H\([0-9.]*\)v.* class=\"$1\".*/\1 \2/p" bench.svg; }

# less ONE OTHER - of two numbers
less() { awk "BEGIN { exit !($1 < $2) }"; }

heads='ms                                             peer     ours    floor   /peer   aim  /floor   aim'
quick='quick one, beside <slow> & old                   40.00     1.00     0.50   0.025  0.05    2.00   1.2'
slow='slow one, beside cat                              1.00     2.00        -   2.000     -       -     -'

@test "bars begin at a line at 1, to the left if ours is faster, to the right if not" {
	draw 'on: 3 rounds, on 2 processors and Linux 6.1' '# net' "$heads" "$quick" '# start' "$slow"
	local one
	one=$(sed -n 's/.*d="M\([0-9.]*\) .*class="one".*/\1/p' bench.svg)
	[[ $one =~ ^[0-9.]+$ ]]
	grep -qF "<text x=\"$one\" y=\"114\" class=\"tick\">1</text>" bench.svg
	run -0 bar faster
	assert_equal "${output% *}" "$one"
	less "${output#* }" "$one"
	run -0 bar slower
	assert_equal "${output% *}" "$one"
	less "$one" "${output#* }"
}

@test "the picture names programs, peers, units, aims and the machine" {
	draw 'on: 3 rounds, on 2 processors and Linux 6.1' '# net' "$heads" "$quick" '# start' "$slow"
	local text
	for text in 'Medians of 3 rounds, on 2 processors and Linux 6.1.  Logarithmic axis.' mkveth nixos-container \
		'quick one, beside &lt;slow> &amp; old' 'slow one, beside cat' 0.025 2.000 \
		'1.00 : 40.00' 'ours : peer, in ms' 'the ratio that we aim for'; do
		grep -qF ">$text</text>" bench.svg || fail "not in the picture: $text"
	done
	assert_equal "$(grep -c 'class="aim"' bench.svg)" 2	# one, and what it means
	run -0 jq -c '.[] | [.bench, .job, .peerMs, .oursMs, .toPeer, .toPeerAim, .floorMs]' bench.json
	assert_line --index 0 '["net","quick one, beside <slow> & old",40,1,0.025,0.05,0.5]'
	assert_line --index 1 '["start","slow one, beside cat",1,2,2,null,null]'
}

@test "ratios beyond the axis end at its ends, and no row makes no picture of rubbish" {
	draw '# net' "$heads" 'far, beside it       900000.00     1.00        -   0.000     -       -     -' \
		'farther, beside it       1.00   900.00        -   900.0     -       -     -'
	assert_equal "$(bar faster | cut -d' ' -f2)" 300.0
	assert_equal "$(bar slower | cut -d' ' -f2)" 720.0
	draw 'nothing was measured'
	assert_equal "$(cat bench.json)" '[]'
	assert_equal "$(bar faster; bar slower)" ''
}

@test "each row of a benchmark says beside what, in 42 characters" {
	local row
	run -0 grep -hoE '\brow\(("[^"]*"|mib|pipe|names| |i)+' "$TOP"/t/bench/{net,enter,sessions,sessions-systemd,settings,start,store,unpack}
	((${#lines[@]} > 25))
	for row in "${lines[@]}"; do
		[[ $row == *beside* ]] || fail "not beside anything: $row"
	done
	draw "$(sed 's/^  //' "$TOP/share/doc/bench")"
	run -0 jq -r '.[].job' bench.json
	((${#lines[@]} > 25))
	for row in "${lines[@]}"; do
		[[ $row == *beside* ]] && ((${#row} <= 42)) || fail "in share/doc/bench: $row"
	done
}
