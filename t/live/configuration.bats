#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The user's configuration: text, a file of the host's, and what is around it.
# bats file_tags=suites
load container

# motto TEXT - a definition that can be told apart
motto() { printf 'environment.etc."motto".text = "%s";' "$1"; }

# built TEXT - the current system has that motto
built() {
	run -0 cat "$(ctr-gcroot path "$name")/etc/motto"
	assert_output "$1"
}

# file TEXT [PATH] - a file of the host's that imports the text from beside it; sets file
file() {
	file=${2-$BATS_TEST_TMPDIR/web.nix}
	mkdir -p "${file%/*}/parts"
	printf '{ imports = [ ./parts/motto.nix ]; }\n' >"$file"
	printf '{ config, lib, ... }: { %s }\n' "$(motto "$1")" >"${file%/*}/parts/motto.nix"
}

@test "a file of the host's can import files beside it, and update reads all of them again" {
	file one
	create --no-start --config-file "$file"
	built one
	grep -x "CONFIG_FILE=$file" "$conf"
	assert_equal "$(nixos-container show --json "$name" | jq -r .configFile)" "$file"
	file two
	# A container with NIX_DAEMON=1 has its socket there.
	: >"/run/nixos-container/$name.nix"
	run -0 nixos-container update "$name"
	built two
	refute_output --partial 'configuration.nix'
	rm "/run/nixos-container/$name.nix"
	assert_equal "$(ls "$root/etc/nixos")" configuration.nix
	# A relative path, and another file
	file three "$BATS_TEST_TMPDIR/other.nix"
	(cd "$BATS_TEST_TMPDIR" && nixos-container update "$name" --config-file ./other.nix)
	built three
	grep -x "CONFIG_FILE=$file" "$conf"
	grep -F "$file" "$root/etc/nixos/configuration.nix"
	# A directory has a default.nix.
	file four "$BATS_TEST_TMPDIR/dir/default.nix"
	nixos-container update "$name" --config-file "$BATS_TEST_TMPDIR/dir"
	built four
}

@test "the path of the file may hold what Nix, sed and the shell give a meaning" {
	file one "$BATS_TEST_TMPDIR/a b/\$x \${y} \"z\" \\n 'q' *&|#?.nix"
	create --no-start --config-file "$file"
	built one
	file two "$file"
	run -0 nixos-container update "$name"
	assert_output --partial building
	refute_output --partial kept
	built two
	run -2 nixos-container create "$name-b" --config-file "$BATS_TEST_TMPDIR/"$'a\nb'
	assert_output --partial 'a control character in the path'
}

@test "the user's module overrides what create writes, and may have imports" {
	create --no-start --config "$(motto one)"
	grep -qx "$name" "$(ctr-gcroot path "$name")/etc/hostname"
	file two
	nixos-container update --no-apply "$name" --config "networking.hostName = \"mine\"; networking.useDHCP = false;
		imports = [ ({ lib, ... }: { $(motto imported) }) ]; # and a comment"
	built imported
	grep -qx mine "$(ctr-gcroot path "$name")/etc/hostname"
	printf '{ lib, ... }: { networking.hostName = lib.mkForce "forced"; %s } # end' "$(motto three)" |
		nixos-container update --no-apply "$name" --config-file -
	built three
	run -1 grep CONFIG_FILE "$conf"
	# The tree has the text: it needs no file of the host's.
	run -0 nixos-container update "$name"
	built three
}

@test "what the container makes of its copy is not built, and a message says so" {
	file one
	create --no-start --config-file "$file"
	nix=$root/etc/nixos/configuration.nix
	printf '{ ... }: { %s }\n' "$(motto theirs)" >"$nix"
	file two
	run -0 nixos-container update "$name"
	assert_line "nixos-container: $name: built from $file; $nix was not, and is kept as configuration.nix.~N~; to build such changes: nixos-container set $name CONFIG_FILE="
	built two
	grep theirs "$nix.~1~"
	grep -F "$file" "$nix"
	run -0 nixos-container update "$name"
	refute_output --partial kept
	rm "$nix"
	ln -s /etc/passwd "$nix"
	run -0 nixos-container update "$name" -q
	assert_output ''
	built two
	assert_file_not_exists /etc/passwd.~1~
	printf '{ ... }: { %s }\n' "$(motto theirs)" >"$nix"
	ctr-conf set "$name" CONFIG_FILE=
	nixos-container update "$name"
	built theirs
}

@test "another source takes the place of the file, and edit names it" {
	file one
	create --no-start --config-file "$file"
	run -1 env EDITOR=false nixos-container edit "$name"
	assert_output "nixos-container: $name: its configuration is the host's file $file; edit that, then: nixos-container update $name"
	system=$(ctr-gcroot path "$name")
	nixos-container update "$name" --config "$(motto two)"
	built two
	run -1 grep CONFIG_FILE "$conf"
	nixos-container update "$name" --system-path "$system" --config-file "$file"
	built one
	grep -x "CONFIG_FILE=$file" "$conf"
	cat >"$BATS_TEST_TMPDIR/flake.nix" <<-END
		{ outputs = _: { nixosConfigurations.container.config.system.build.toplevel =
		  (import $minimal { configuration = { $(motto flake) }; }).system; }; }
	END
	nixos-container update "$name" --flake "path:$BATS_TEST_TMPDIR" --impure
	built flake
	run -1 grep CONFIG_FILE "$conf"
	nixos-container update "$name" --config-file "$file"
	built one
	run -1 grep FLAKE "$conf"
}

@test "a clone and a container with a new name are built from the file, too" {
	also "$name-b"
	also "$name-c"
	file one
	create --no-start --config-file "$file"
	nixos-container clone "$name" "$name-b"
	nixos-container rename "$name-b" "$name-c"
	file two
	name=$name-c
	run -0 nixos-container update "$name"
	refute_output --partial kept
	built two
	grep -qx "$name" "$(ctr-gcroot path "$name")/etc/hostname"
}

@test "a file that is gone, or lies in a container, is refused, and nothing changes" {
	file one
	create --no-start --config-file "$file"
	before=$(ctr-gcroot path "$name")
	mv "$file" "$file.away"
	run -1 nixos-container update "$name"
	assert_output "nixos-container: $name: not built: $conf has CONFIG_FILE=$file: no such file"
	cp "$file.away" "$root/etc/nixos/theirs.nix"
	ln -s "$root/etc/nixos/theirs.nix" "$file"
	run -1 nixos-container update "$name"
	assert_output "nixos-container: $name: not built: $conf has CONFIG_FILE=$file, which lies in the tree of a container"
	run -2 nixos-container update "$name" --config-file "$file"
	assert_output --partial 'in the tree of a container, whose root can change it'
	run -2 nixos-container create "$name-b" --config-file "$root/etc/nixos/theirs.nix"
	assert_output --partial 'in the tree of a container, whose root can change it'
	run -2 nixos-container create "$name-b" --config-file "$BATS_TEST_TMPDIR/none"
	assert_output --partial 'no such file'
	assert_equal "$(ctr-gcroot path "$name")" "$before"
}

@test "a system that is not a container's is refused, with the line that it needs" {
	also "$name-b"
	local says='is not a container.s: add to its configuration: boot.isContainer = true;'
	run -1 nixos-container create "$name-b" --config 'no.such.option = 1;'
	assert_line "nixos-container: $name-b: built as the minimal system; its options, and how to get NixOS: nixos-container-systems(7)"
	run -1 nixos-container create "$name-b" --config 'boot.isContainer = lib.mkForce false;'
	assert_output --regexp "the system of $name-b $says"
	nothing_left "$name-b"
	create --no-start
	printf '{ boot.isContainer = false; }\n' >"$root/etc/nixos/configuration.nix"
	run -1 nixos-container update "$name"
	assert_output --regexp "the system of $name $says"
	printf '{ boot.isContainer = true; %s }\n' "$(motto one)" >"$root/etc/nixos/configuration.nix"
	nixos-container update "$name"
	built one
}

@test "the caller's NIXOS_CONFIG is not what is built" {
	echo 'throw "the host"' >"$BATS_TEST_TMPDIR/host.nix"
	export NIXOS_CONFIG=$BATS_TEST_TMPDIR/host.nix
	create --no-start --config "$(motto one)"
	file two
	nixos-container update "$name" --config-file "$file"
	built two
}
