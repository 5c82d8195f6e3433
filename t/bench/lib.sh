# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# lib.sh - shared code of the benchmarks
#
# Several programs do each job in turn, ROUNDS times (21).  Times are medians; a
# ratio is the median of the ratios of each round.

: "${BUILD:=$top/build}" "${ROUNDS:=21}"
export BUILD ROUNDS

# compile NAME - compile t/bench/NAME.c to a static program, $tmp/NAME
compile() {
	if command -v musl-gcc >/dev/null && [ -d "$BUILD/deps/include" ]; then
		musl-gcc -static -O2 -idirafter "$BUILD/deps/include" \
			-o "$tmp/$1" "$top/t/bench/$1.c"
	else
		"${CC:-cc}" -static -O2 -o "$tmp/$1" "$top/t/bench/$1.c"
	fi
}

# on_host NAME - run t/bench/NAME inside on a throw-away host with the suite, and took
on_host() {
	out=$(mktemp -d) host=
	trap '[ -z "$host" ] || "$top/t/host" stop "$host"; rm -rf "$out"' EXIT
	trap 'exit 1' INT TERM HUP
	tmp=$out/bench
	mkdir "$tmp"
	compile took
	make -s -C "$top" install DESTDIR="$out" PREFIX=/usr/local >/dev/null
	host=$("$top/t/host" boot --disk --bind-ro "$top:/src" --bind-ro "$tmp:/bench" \
		--bind-ro "$out/usr/local:/usr/local")
	"$top/t/host" exec "$host" -- env ROUNDS="$ROUNDS" "/src/t/bench/$1" inside
}

# took JOB PROGRAM COMMAND... - append the time of a command in $round to $data;
# MAY_FAIL allows a failure, for programs that are not ours
took() {
	key="$1 $2"
	shift 2
	t=$("$tmp/took" "$@" 2>>"$tmp/errors") || [ -n "${MAY_FAIL-}" ] || {
		printf '%s: %s failed\n' "${0##*/}" "$key" >&2
		tail -n 3 "$tmp/errors" >&2
		exit 1
	}
	printf '%s %s %s\n' "$round" "$key" "$t" >>"$data"
}

# Functions for awk: of(JOB, PROGRAM), the median in us; ratio(JOB, ONE, OTHER);
# row(WHAT, JOB, OURS, PEER, AIM, FLOOR-AIM), after heads().
# shellcheck disable=SC2034 # scripts that source this file use it
bench_awk='
function median(list, n,   i, j, v, a) {
	split(list, a, " ")
	for (i = 2; i <= n; i++) {
		v = a[i] + 0
		for (j = i - 1; j > 0 && a[j] + 0 > v; j--) a[j + 1] = a[j]
		a[j + 1] = v
	}
	return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
}
function of(job, tool) { return median(all[job, tool], count[job, tool]) }
function ratio(job, one, other,   i, list, n) {
	for (i = 1; i <= rounds[job]; i++)
		if ((i, job, other) in t && (i, job, one) in t) {
			list = list " " t[i, job, one] / t[i, job, other]
			n++
		}
	return median(list, n)
}
function heads(ours) {
	printf "%-42s %8s %8s %8s %7s %5s %7s %5s\n", "ms", "peer",
		ours, "floor", "/peer", "aim", "/floor", "aim"
}
function row(what, job, ours, peer, aim, least,   bare) {
	bare = (1, job, "floor") in t
	printf "%-42s %8.2f %8.2f %8s %7.3f %5s %7s %5s\n", what,
		of(job, peer) / 1000, of(job, ours) / 1000,
		bare ? sprintf("%.2f", of(job, "floor") / 1000) : "-",
		ratio(job, ours, peer), aim,
		bare ? sprintf("%.2f", ratio(job, ours, "floor")) : "-", least
}
{
	t[$1, $2, $3] = $4
	all[$2, $3] = all[$2, $3] " " $4
	count[$2, $3]++
	if ($1 > rounds[$2]) rounds[$2] = $1
}
'
