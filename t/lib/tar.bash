# SPDX-License-Identifier: MIT
# tar.bash - parts of a tar, as tar(1) would not write it
#
#	{ entry 0 ../file '' 4; data text; the_end; } >t

# entry TYPE NAME LINK SIZE - print a header of a tar
entry() {
	perl -e '
		my ($type, $name, $link, $size) = @ARGV;
		my $h = pack("a100 a8 a8 a8 a12 a12 a8 a1 a100 a6 a2 a247", $name, "0000644",
			"0000000", "0000000", $size =~ /^0/ ? $size : sprintf("%011o", $size),
			"00000000000", "        ", $type, $link, "ustar", "00", "");
		substr($h, 148, 8) = sprintf("%06o\0 ", unpack("%32C*", $h));
		print $h' "$@"
}

data() { printf '%s' "$1" | dd bs=512 conv=sync status=none; }
the_end() { head -c 1024 /dev/zero; }

# record KEY VALUE - print a record of a pax header; the value is a format of printf
# shellcheck disable=SC2059 # it is a format
record() {
	local rest n
	rest=$((${#1} + 3 + $(printf "$2" | wc -c)))
	n=$((rest + ${#rest}))
	printf '%s %s=' $((rest + ${#n})) "$1"
	printf "$2"
	echo
}

# pax FILE - print a pax header with the records in FILE, for the entry that follows
pax() {
	entry x pax '' "$(stat -c %s "$1")"
	dd if="$1" bs=512 conv=sync status=none
}
