# SPDX-License-Identifier: MIT
# actors.bash - others beside the suite: a machine on the host's network, and
# programs of the host that change its network

# lan_up - "another machine" is a network namespace behind a link of the host
lan_up() {
	ip netns add far
	ip link add far0 type veth peer name eth0 netns far
	ip addr add 192.0.2.1/24 dev far0
	ip addr add 2001:db8:2::1/64 dev far0 nodad
	ip link set far0 up
	ip -n far addr add 192.0.2.2/24 dev eth0
	ip -n far addr add 2001:db8:2::2/64 dev eth0 nodad
	ip -n far link set eth0 up
	ip -n far link set lo up
	# Other tests may have left it on.
	sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
}

lan_down() { ip link del far0; ip netns del far; }

far() { ip netns exec far "$@"; }

# web TEXT ARGUMENT... - a container that serves the text
web() {
	create --config "environment.etc.\"www/index.html\".text = \"$1\";
		services.web.command = \"exec httpd -f -p 80 -h /etc/www\";" "${@:2}"
}

# try_on FILE COMMAND... - run it again and again until FILE.end exists: a line for
# each, with its start in microseconds and its status
try_on() {
	local status
	while [[ ! -e $1.end ]]; do
		printf '%s ' "${EPOCHREALTIME/./}"
		status=0
		"${@:2}" >/dev/null 2>&1 || status=$?
		echo "$status"
	done >"$1"
}

# tried FILE COUNT - has it been tried so often?
tried() { (($(wc -l <"$1") >= $2)); }

# outage FILE PID - end these tries; set ms to the milliseconds from each one that
# failed to the next that did not, or to "never", failed to how many failed, all
outage() {
	touch "$1.end"
	wait "$2"
	read -r ms failed all < <(awk '
		$2 != 0 { failed++; if (!from) from = $1 }
		$2 == 0 && from { lost += $1 - from; from = 0 }
		END { print from ? "never" : int(lost / 1000), failed + 0, NR }' "$1")
}

# networkd_on - with a file that takes every link but that of the other machine
networkd_on() {
	[[ -e /usr/lib/systemd/systemd-networkd ]] || skip "needs systemd-networkd"
	mkdir -p /etc/systemd/network
	printf '%s\n' '[Match]' Name=far0 '[Link]' Unmanaged=yes >/etc/systemd/network/05-test.network
	printf '%s\n' '[Match]' 'Name=*' '[Network]' DHCP=yes IPv6AcceptRA=no >/etc/systemd/network/10-test.network
	systemctl unmask systemd-networkd.service
	systemctl start systemd-networkd.service
}

networkd_off() {
	[[ -e /etc/systemd/network/10-test.network ]] || return 0
	rm /etc/systemd/network/{05,10}-test.network
	systemctl stop systemd-networkd.socket systemd-networkd.service
	systemctl mask systemd-networkd.service
}

# networkd_says LINK STATE
networkd_says() { networkctl --no-legend --no-pager list "$1" | grep -q " $2\$"; }

packages=/var/lib/nixos-container-test

# packages_of_others - install the packages that t/lib/host-image keeps
packages_of_others() {
	[[ -d $packages ]] || skip "needs the packages in $packages"
	command -v firewall-cmd >/dev/null || install_packages "$packages"
}

# no_others - remove them again
no_others() {
	systemctl stop firewalld.service NetworkManager.service || :
	remove_packages "$packages"
}
