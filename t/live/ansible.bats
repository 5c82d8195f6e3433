#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The Ansible tasks of nixos-container-automation(7), with Debian's ansible-core.
load container
load packages
load ../lib/texts

setup_file() {
	[[ -d /packages ]] || skip "no packages for hosts: they were not fetched"
	install_packages /packages >&2
}

teardown_file() { remove_packages /packages; }

setup() {
	made=(web)
	plays=/usr/local/share/nixos-container/ansible
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	rm -f /etc/web.nix
	destroy_made
}

# play STATUS [OPTION]... - run web.yml of this folder on this host
play() { run "-$1" timeout 120 ansible-playbook -c local -i localhost, "${@:2}" web.yml; }

# counted WORD NUMBER... - of the last play
counted() {
	while (($#)); do
		assert_line --regexp "^localhost .* $1=$2 "
		shift 2
	done
}

# own_copy - change what the tests say, and a configuration that is there already
own_copy() {
	cp "$plays"/*.yml .
	sed -i '/Write the configuration/,/^$/d' web.yml
	configure one
}

configure() {
	cat >/etc/web.nix <<-END
		{
		  services.web.command = "exec httpd -f -p 80 -h /etc/www";
		  environment.etc."www/index.html".text = "It works.";
		  environment.etc.motto.text = "$1";
		}
	END
}

# state_of_all - all that a play could change
state_of_all() {
	find "$confs" "$state" "$nix_state/profiles" -xdev ! -name '*.lck' ! -path '*/var/log/*' -printf '%p %T@ %i\n' 2>/dev/null | sort
	systemctl show -p InvocationID,ActiveState container@web.service
}

@test "nixos-container-automation(7): --check changes nothing, a play makes it, a second changes nothing" {
	of nixos-container-automation.7 2
	state_of_all >before
	example 1
	counted changed 2 failed 0
	state_of_all | diff before -
	assert_not_exists /etc/web.nix

	example 2
	counted failed 0
	refute_line --regexp ' changed=0 '
	assert_equal "$(nixos-container status web)" up
	assert_equal "$(nixos-container get web MEMORY_MAX)" 512M
	assert_equal "$(curl -s http://127.0.0.1:8080/)" "It works."

	state_of_all >before
	local n
	for n in 1 2; do
		example $n
		counted changed 0 failed 0
		state_of_all | diff before -
	done
}

@test "a play changes what differs, and --check says so before" {
	own_copy
	play 0
	counted changed 4 failed 0	# made; settings compared, set; started
	configure two
	sed -i 's/512M/640M/' web.yml
	state_of_all >before
	play 0 --check
	counted changed 2 failed 0
	state_of_all | diff before -
	play 0
	counted changed 4 failed 0
	assert_equal "$(nixos-container get web MEMORY_MAX)" 640M
	assert_equal "$(systemctl show -p MemoryMax --value container@web)" $((640 << 20))
	assert_equal "$(nixos-container run web -- cat /etc/motto)" two
	play 0
	counted changed 0 failed 0
	# Without settings, those that it has stay.
	sed -i '/container_settings:/,/HOST_PORT/d' web.yml
	nixos-container stop web
	play 0
	counted changed 1 failed 0
	assert_equal "$(nixos-container status web)" up
	assert_equal "$(nixos-container get web MEMORY_MAX)" 640M
}

@test "a play ends at a mistake, and nothing is changed" {
	own_copy
	play 0
	state_of_all >before
	sed -i 's/512M/lots/' web.yml
	play 2
	counted failed 1
	assert_output --partial 'MEMORY_MAX'
	state_of_all | diff before -
	sed -i 's/lots/512M/' web.yml
	echo '{ nope = 1; }' >/etc/web.nix
	play 2 --check
	counted failed 1 changed 0
	assert_output --partial "unknown option 'nope'"
	state_of_all | diff before -
	# A name that no container can have is no container that is missing.
	sed -i 's/container_name: web/container_name: we_b/' web.yml
	play 2
	counted failed 1 changed 0
	assert_output --partial 'we_b'
}
