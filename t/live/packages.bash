# SPDX-License-Identifier: MIT
# packages.bash - install packages on the host that runs, and remove them again

# install_packages DIR - all in DIR, without starting what they bring
install_packages() {
	printf '%s\n' '#!/bin/sh' 'exit 101' >/usr/sbin/policy-rc.d
	chmod +x /usr/sbin/policy-rc.d
	DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
		install "$1"/*.deb </dev/null
	rm /usr/sbin/policy-rc.d
	# It reads who may own the names.
	systemctl reload dbus.service
}

# remove_packages DIR - as D-Bus starts what they bring for anyone who asks
remove_packages() {
	local package
	for package in "$1"/*.deb; do dpkg-deb -f "$package" Package; done |
		SUDO_FORCE_REMOVE=yes xargs dpkg --purge --force-depends >/dev/null
	systemctl daemon-reload
	systemctl reload dbus.service
}
