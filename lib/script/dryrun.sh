# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# dryrun.sh - what create and destroy would do, without a lock or a change

create_dry() {
	base=$name n=0
	while name_taken; do
		[ -n "$unique" ] || die 1 "$name: $taken"
		name_set "$base-$n"
		n=$((n + 1))
	done
	settings=$(settings_new)
	printf 'would make the container %s:\n' "$name"
	[ ! -e "$pending" ] || printf '  first take away what a killed command left of one\n'
	printf '  settings %s\n' "$conf"
	printf '%s\n' "$settings" | sed 's/^/    /'
	printf '  tree %s\n' "$root"
	printf '  system %s\n' "$(system_said)"
	printf '  profile %s\n' "$nix_dir/profiles/per-container/$name/system"
	[ -n "$no_start" ] || printf '  and start %s\n' "$unit"
}

# system_said - where the system would come from
system_said() {
	if [ -n "$system_path" ]; then
		printf '%s\n' "$system_path"
	elif [ -n "$flake" ]; then
		printf 'built from the flake %s\n' "$flake"
	else
		printf 'built from %s, as %s\n' "${config_file:-a configuration of its own}" \
			"$root/etc/nixos/configuration.nix"
	fi
}

destroy_dry() {
	printf 'would destroy the container %s:\n' "$name"
	! running || printf '  stop %s\n' "$unit"
	mounts_below "$root" | sed 's/^/  unmount /'
	for part in "$conf" "$pending" "$root" "$nix_dir/profiles/per-container/$name" \
		"$nix_dir/gcroots/per-container/$name"; do
		if [ -e "$part" ] || [ -L "$part" ]; then
			printf '  delete %s\n' "$part"
		fi
	done
}
