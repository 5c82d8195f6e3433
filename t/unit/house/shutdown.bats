#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The host shuts down, and its containers with it.
load ../../lib/env

setup() {
	host=
	out=$BATS_TEST_TMPDIR/out
	mkdir "$out"
	env -u MAKEFLAGS -u MAKELEVEL make -s -C "$TOP" install \
		DESTDIR="$BATS_TEST_TMPDIR/stage" PREFIX=/usr/local
	host=$("$TOP/t/host" boot --bind "$out:/out" \
		--bind-ro "$BATS_TEST_TMPDIR/stage/usr/local:/usr/local")
}

teardown() { [[ -z $host ]] || "$TOP/t/host" stop "$host"; }

on_host() { "$TOP/t/host" exec "$host" -- "$@"; }

@test "a host that shuts down lets its containers shut down, quickly" {
	for name in one two three; do
		on_host nixos-container create "$name" --no-start --config \
			"services.slow.command = \"trap 'echo bye >/out/$name; exit' TERM; echo up >/out/$name; while :; do sleep 0.1; done\";"
		on_host sh -c "echo BIND=/out >>/etc/containers/$name.conf"
		on_host nixos-container start "$name"
		until_true 5 test -s "$out/$name"
	done
	SECONDS=0
	"$TOP/t/host" stop "$host"
	host=
	((SECONDS < 15))
	run -0 cat "$out/"{one,two,three}
	assert_output $'bye\nbye\nbye'
}
