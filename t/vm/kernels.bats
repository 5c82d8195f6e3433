#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What depends on the kernel, on the one that NIXOS_CONTAINER_TEST_KERNEL names.
#
# make check-vm runs this file on each kernel of t/lib/vm, so it has few tests.  Those of
# t/vm/vm.bats run on 6.1 alone.
load machine

kernel=${NIXOS_CONTAINER_TEST_KERNEL:-6.1}

@test "the machine has that kernel of Debian" {
	run -0 in_vm uname -r
	assert_output --regexp "^$kernel\\..*-cloud-amd64\$"
}

@test "kernel modules are loaded on demand: dummy, ipvlan, vlan, macvlan" {
	for kind in dummy "ipvlan mode l3" "vlan id 7" macvlan; do
		on=
		[[ $kind == dummy ]] || on="link under"
		in_vm sh -euc "ip link add under type veth
			ip link add $on name over type $kind
			ip link del under; ip link del over 2>/dev/null || :"
	done
}

@test "mkveth creates networks, and gives interfaces back as they went" {
	suite unit/net/mkveth.bats '^(add creates|both ends talk|one end on a bridge|a long name has|del --wait|an interface is moved in|an interface comes back)|another namespace is replaced'
}

@test "run-in-netns keeps the mounts below /sys" {
	suite unit/net/run-in-netns.bats '^(/sys/class/net shows|nested mounts|thousands of mounts|a read-only /sys|in the user namespace that owns)'
}

@test "trees are sealed, unmounted and locked" {
	suite unit/tree/closure.bats '^(seal --closure shows|the view is|closure --leader (shows|refuses))'
	suite unit/tree/ctr-tree.bats '^(seal: no root|seal hands|seal --optional|unmount takes|idle --hold|put and get do not wait)'
}

@test "flows are forgotten, changes of others seen, requests to stop kept" {
	suite unit/net/flow.bats '^(of two families|all flows with|with --plain)'
	suite unit/net/ctr-watch.bats '^(a table that is deleted|forwarding that)'
	suite unit/script/ctr-start.bats '^(a request is kept|if it is killed)'
}

@test "containers run: create, sessions, reboot, stop" {
	suite live/nixos-container.bats '^(create makes a container|echo reboot into|stop lets)'
	suite live/stop.bats '^no process stays'
}

@test "limits of containers change at once" {
	suite live/set.bats '^(set limits|swap, processors|CREDENTIALS)'
}

@test "containers have networks: an interface of the host, long names" {
	suite live/network.bats '^(INTERFACES are moved|a long name)'
}

@test "containers have user namespaces, which own their networks" {
	suite live/users.bats '^PRIVATE_USERS=(pick|identity)'
}

@test "nftables forwards ports, does NAT, and keeps strangers out" {
	suite live/forward.bats '^(a forwarded port|with NAT)'
	suite live/allow.bats '^ALLOW_FROM isolates'
}

# Before Linux 5.12 no mount maps user IDs, and none can be sealed.
@test "a container has users of its own and sealed mounts, or what the kernel lacks is said" {
	local users=pick note='' sealed=''
	if [[ $kernel == 5.10 ]]; then
		users=no note='nixos-container: plain: has no users of its own'
		sealed='Function not implemented; continuing without'
	fi
	run -0 in_vm nixos-container create plain
	assert_equal "$(grep -o '.*has no users of its own' <<<"$output")" "$note"
	run -0 in_vm ctr-conf get plain PRIVATE_USERS
	assert_output "$users"
	run -0 in_vm journalctl -u container@plain -o cat --no-pager
	assert_equal "$(sed -n 's,^ctr-tree: seal [^:]*: ,,p' <<<"$output")" "$sealed"
	in_vm nixos-container destroy plain
}
