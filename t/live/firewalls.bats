#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Other firewalls and NetworkManager on the host: containers work, or create says
# what is in their way and nixos-container(8) how to let them through.
load container
load actors
load packages

setup_file() {
	packages_of_others >&2
	lan_up
	# The other machine serves something, too.
	mkdir "$BATS_FILE_TMPDIR/www"
	echo outside >"$BATS_FILE_TMPDIR/www/index.html"
	ip netns exec far busybox httpd -f -p 8080 -h "$BATS_FILE_TMPDIR/www" 3>&- &
	outside=$!
	export outside
	until_true 5 curl -s http://192.0.2.2:8080/
}

teardown_file() {
	[[ ! ${outside-} ]] || { kill "$outside"; lan_down; }
	no_others
}

teardown() {
	for n in "${made[@]}"; do nixos-container destroy "$n" 2>/dev/null || :; done
	systemctl stop firewalld.service NetworkManager.service 2>/dev/null || :
	rm -rf /etc/firewalld/{zones,policies}/*
	ufw --force reset >/dev/null || :
	for table in ip\ filter ip6\ filter inet\ firewalld; do
		nft "table $table; delete table $table"
	done
	ip link del t-managed 2>/dev/null || :
	rm -f /etc/udev/rules.d/85-nm-unmanaged.rules
	udev_off
}

# Containers of the shortest names and of long ones have links of other names.
both() {
	long=$name-of-a-long-name
	also "$long"
	web hello --port 8090:80 --nat --host-address 10.231.77.1 --local-address 10.231.77.2 \
		--host-address fc00:77::1 --local-address fc00:77::2
	nixos-container create "$long" --system-path "$(ctr-gcroot path "$name")" --nat --port 8091:80
}

fetched() { [[ $(far curl -g -s -m 2 "http://$1/") == hello ]]; }

# ports_work - of both containers, in both families
ports_work() {
	fetched 192.0.2.1:8090 && fetched '[2001:db8:2::1]:8090' && fetched 192.0.2.1:8091
}

# nat_works - a connection out, as some firewalls let any ping pass
nat_works() {
	local from to
	for from in "$name 192.0.2.2" "$name [2001:db8:2::2]" "$long 192.0.2.2"; do
		to=${from#* } from=${from%% *}
		[[ $(nixos-container run "$from" -- timeout 3 wget -q -O - "http://$to:8080/") == outside ]] || return 1
	done
}

all_work() { ports_work && nat_works; }

silent() {
	run nixos-container verify --all
	assert_output ''
	assert_success
}

# create_names CHAIN - create says that this one drops
create_names() {
	also "$name-b"
	run -0 nixos-container create "$name-b" --nat --system-path "$(ctr-gcroot path "$name")" \
		--host-address 10.231.79.1 --local-address 10.231.79.2
	assert_output --partial "(nftables: $1)"
	nixos-container destroy "$name-b"
}

# page NAME [IPTABLES] - the commands of nixos-container(8) for this firewall, for
# links with both beginnings
page() {
	local commands
	commands=$(sed -n "/^\\.It $1\$/,/^\\.Ed\$/p" /src/bin/nixos-container.8 |
		sed -n '/^\.Bd/,/^\.Ed/{/^\./!p}' | sed 's/\\e$/\\/')
	commands=${commands//iptables/${2-iptables}}
	sh -eux -c "$commands"
	# Those of rules are there once, as what they make.
	commands=$(sed -e ':a' -e '/\\$/{N;s/\\\n//;ba' -e '}' <<<"$commands" | grep -e c-)
	sh -eux -c "${commands//c-/c_}"
}

@test "Docker's rules: create names them, and with the commands of the page all works" {
	both
	until_true 10 all_work
	for iptables in iptables ip6tables; do
		$iptables -P FORWARD DROP
		$iptables -N DOCKER-USER
		$iptables -A DOCKER-USER -j RETURN
		$iptables -A FORWARD -j DOCKER-USER
	done
	run ! ports_work
	run ! nat_works
	create_names 'ip filter FORWARD'
	page Docker iptables
	page Docker ip6tables
	all_work
	silent
	# A last rule that rejects is named as well.
	iptables -P FORWARD ACCEPT
	iptables -F FORWARD
	iptables -A FORWARD -j REJECT
	create_names 'ip filter FORWARD'
}

@test "ufw: create names it, and with the commands of the page all works" {
	both
	until_true 10 all_work
	ufw --force enable
	run ! ports_work
	create_names 'ip filter FORWARD'
	page ufw
	all_work
	ufw reload
	all_work
	silent
	nixos-container restart "$name"
	until_true 10 all_work
	ufw --force disable
	all_work
	silent
}

# firewalld_is STATE - it answers when all its rules are loaded
firewalld_is() { [[ $(firewall-cmd --state 2>&1) == "$1" ]]; }

@test "firewalld: ports work, create names it, and with the commands of the page all works" {
	both
	until_true 10 all_work
	systemctl start firewalld.service
	until_true 20 firewalld_is running
	ports_work
	run ! nat_works
	create_names 'inet firewalld filter_FORWARD'
	page firewalld
	firewall-cmd --reload
	all_work
	firewall-cmd --reload
	all_work
	systemctl restart firewalld.service
	until_true 20 firewalld_is running
	all_work
	silent
	nixos-container restart "$name"
	until_true 10 all_work
	systemctl stop firewalld.service
	all_work
	silent
}

# udev_on - have a real udev for links made from now on
udev_on() {
	if systemctl --quiet is-active systemd-udevd.service; then return; fi
	[[ $(stat -f -c %T /sys) == tmpfs ]] || skip "needs udev, or a /sys of its own"
	mount -o remount,rw /sys
	systemctl unmask systemd-udevd.service
	systemctl start systemd-udevd.service
	BY_TEST=1
}

udev_off() {
	[[ ${BY_TEST-} ]] || return 0
	systemctl stop systemd-udevd{.service,-control.socket,-kernel.socket}
	systemctl mask systemd-udevd.service
	rm -rf /run/udev
	mount -o remount,ro /sys
}

# nm_says LINK STATE
nm_says() { nmcli -t -f DEVICE,STATE device | grep -q "^$1:$2"; }

@test "NetworkManager leaves the links of containers alone" {
	udev_on
	# Debian has it leave alone every veth, so that would show nothing.
	ln -s /dev/null /etc/udev/rules.d/85-nm-unmanaged.rules
	udevadm control --reload
	both
	ip link add t-managed type veth peer name t-peer
	systemctl start NetworkManager.service
	until_true 20 nm_says t-managed connect
	for link in $(ip -br link show type veth group 10231 | cut -d@ -f1); do
		until_true 10 nm_says "$link" unmanaged
	done
	until_true 10 all_work
	systemctl restart NetworkManager.service
	until_true 20 nm_says t-managed connect
	nm_says "c-$name" unmanaged
	all_work
	silent
	# One that starts while it runs.
	nixos-container restart "$name"
	until_true 10 nm_says "c-$name" unmanaged
	until_true 10 all_work
	nm_says "c-$name" unmanaged
	silent
}
