#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# All tools parse their command lines with lib/base/cli.
load ../../lib/env
load ../../lib/texts

# usage_verbs TOOL - print the verbs in the usage on standard input
usage_verbs() { sed -nE "s/^(usage:|      ) $1 (\[OPTION\]\.\.\. )?([a-z-]+).*/\3/p" | sort -u; }

# verbs_of TOOL - print its verbs; run-in-netns has none
verbs_of() { "$1" --help | usage_verbs "$1"; }

# status_of TOOL - print its exit status for wrong usage before a verb
status_of() { case $1 in run-in-netns | ctr-start | ctr-watch | ctr-each) echo 125 ;; *) echo 2 ;; esac; }

@test "each tool names an unknown option, and an option without its argument" {
	local tool
	for tool in $tools; do
		run "-$(status_of "$tool")" "$tool" --no-such
		assert_output "$tool: unknown option: --no-such; see --help"
		run "-$(status_of "$tool")" "$tool" -Z
		assert_output "$tool: unknown option: -Z; see --help"
		run "-$(status_of "$tool")" "$tool" --help=x
		assert_output "$tool: --help takes no argument"
	done
	run -2 ctr-conf get one --conf-dir
	assert_output 'ctr-conf: --conf-dir: missing argument DIR'
	run -125 ctr-console run --user
	assert_output 'ctr-console: --user: missing argument USER'
}

@test "each tool with verbs suggests a similar verb" {
	local tool verb
	for tool in $tools; do
		for verb in $(verbs_of "$tool"); do
			run -2 "$tool" "${verb}q"
			assert_output --regexp "^$tool: unknown verb: ${verb}q; did you mean [a-z-]+\?$"
		done
		[[ $tool != run-in-netns && $tool != ctr-start && $tool != ctr-watch && $tool != ctr-verify && $tool != ctr-each ]] || continue
		run -2 "$tool"
		assert_output "$tool: no verb; see --help"
		run -2 "$tool" nonsense-verb
		assert_output "$tool: unknown verb: nonsense-verb; see --help"
	done
}

@test "the help of each verb has three spellings, and shows that verb only" {
	local tool verb
	for tool in $tools; do
		run -0 "$tool" --help
		assert_equal "$("$tool" -h)" "$output"
		for verb in $(verbs_of "$tool"); do
			run -0 --separate-stderr "$tool" help "$verb"
			assert_line --index 0 --regexp "^usage: $tool (\[OPTION\]\.\.\. )?$verb( |$)"
			assert_equal "$stderr" ''
			assert_equal "$("$tool" "$verb" --help)" "$output"
			assert_equal "$(usage_verbs "$tool" <<<"$output")" "$verb"
		done
	done
}

@test "help that cannot be written is a failure" {
	local tool
	for tool in $tools; do
		run --separate-stderr sh -c '"$1" --help >/dev/full' sh "$tool"
		((status == 1 || status == 125))
		assert_equal "${stderr%%:*}" "$tool"
	done
}

@test "no help line is wider than a terminal" {
	local tool
	for tool in $tools; do
		run -0 sh -c '"$1" --help | awk "length > 80"' sh "$tool"
		assert_output ''
	done
}
