# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# userns.sh - a user namespace for the container
#
# systemd-nspawn makes it.  Only a network namespace that belongs to it can be
# ruled, and mounted a sysfs of, from inside; so systemd-nspawn makes that as
# well, and mkveth gives it its links while the container's first process waits.

# shifted - has the container users of its own?
shifted() {
	case $PRIVATE_USERS in
	'' | no | 0) return 1 ;;
	esac
}

users_check() {
	case $PRIVATE_USERS in
	'' | no | pick | identity) return ;;
	*[!0-9]*) ;;
	*) [ "${#PRIVATE_USERS}" -gt 10 ] || [ "$PRIVATE_USERS" -gt 4294901760 ] || return 0 ;;
	esac
	bad "PRIVATE_USERS is pick, identity, no or the first of 65536 users," \
		"not: $PRIVATE_USERS"
}

flag_users() {
	! shifted || flag --private-users="$PRIVATE_USERS" --private-users-ownership=auto
}

# idmap DIR - :idmap, where a bind of it can show the container's users
idmap() {
	shifted && [ "$PRIVATE_USERS" != identity ] || return 0
	case $(stat -f -c %T "$1") in
	ext2/ext3 | xfs | btrfs | f2fs) printf ':idmap' ;;
	esac
}

# network_later - the network of a container that systemd-nspawn starts now
#
# The namespace gets its name, and all is as if mkveth had made it.  This runs
# beside systemd-nspawn, which took the place of this script ($$): where it
# fails, nothing in the container has run yet, and nothing shall.
network_later() {
	netns=/run/netns/net-$name
	leader=$(leader_soon) || die 1 "$name: its network could not be made:" \
		'systemd-nspawn has started nothing to give one to'
	mkdir -p /run/netns
	if : >"$netns" && mount --bind "/proc/$leader/ns/net" "$netns" &&
		network && (forward_on); then
		return
	fi
	umount -l "$netns" 2>/dev/null || :
	rm -f "$netns"
	# The last: with it systemd-nspawn ends, and so does the unit, with us.
	say "$name: its network could not be made, for the reason above"
	kill -9 "$leader"
	exit 1
}

# leader_soon - the container's first process, as soon as machined knows it
leader_soon() {
	tries=0
	until registered && grep -q '^LEADER=' "/run/systemd/machines/$name"; do
		tries=$((tries + 1))
		[ $tries -lt 500 ] && kill -0 $$ || return 1
		sleep 0.02
	done
	sed -n 's/^LEADER=//p' "/run/systemd/machines/$name"
}
