#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What nixos-container-security(7) gives a user of the host by sudo, doas and polkit
# works, and leads neither to root nor to other containers.
load container
load packages
load ../lib/texts

setup_file() {
	[[ -d /packages ]] || skip "no packages for hosts: they were not fetched"
	install_packages /packages >&2
	useradd --create-home --shell /bin/bash alice
	nixos-container create -q web
	nixos-container create -q db
	systemctl start polkit.service
}

teardown_file() {
	nixos-container destroy web db
	userdel --force --remove alice 2>/dev/null || :
	systemctl stop polkit.service
	remove_packages /packages
}

setup() {
	made=()
	ours=/usr/local/bin/nixos-container home=/home/alice owned=$BATS_TEST_TMPDIR/owned
	rm -rf /home/alice/{bin,gone}
	nixos-container start web db
	before=$(state_of_all)
}

teardown() { rm -f /etc/sudoers.d/{web,test} /etc/doas.conf /etc/polkit-1/rules.d/50-web.rules; }

# state_of_all - what alice must not change
state_of_all() {
	find "$confs" "$state" -maxdepth 1 ! -name '*.lck' ! -name '.web.sessions' -printf '%p %i\n' | sort
	cat "$confs"/{web,db}.conf
	systemctl show -p InvocationID container@db.service
}

# alice COMMAND - run it in a shell of hers, in which s is ours by sudo
alice() { run timeout 60 su -s /bin/sh alice -c "cd; s() { sudo -n $ours \"\$@\"; }; $1" </dev/null; }

# allowed COMMAND...
allowed() {
	local command
	for command; do
		alice "$command"
		((status == 0)) || fail "$command: $status: $output"
	done
}

# refused COMMAND... - each fails, and has no effect
refused() {
	local command
	for command; do
		alice "$command"
		((status != 0)) || fail "$command: is allowed: $output"
		refute_output --partial 'uid=0'
	done
	assert_not_exists "$owned"
	assert_equal "$(state_of_all)" "$before"
}

by_sudo() {
	of nixos-container-security.7 6
	printf %s "${examples[3]}" >/etc/sudoers.d/web
	chmod 440 /etc/sudoers.d/web
	run -0 visudo -c
}

by_doas() {
	of nixos-container-security.7 6
	printf %s "${examples[4]}" >/etc/doas.conf
	run -0 doas -C /etc/doas.conf
}

by_polkit() {
	of nixos-container-security.7 6
	printf %s "${examples[5]}" >/etc/polkit-1/rules.d/50-web.rules
	# polkitd reads it when it sees it.
	until_true 10 su -s /bin/sh alice -c 'systemctl --no-ask-password start container@web'
}

# hostile - programs of alice's that tell if root runs them; and what root might read
hostile() {
	local program
	mkdir -p "$home/bin"
	for program in nixos-container systemctl journalctl ctr-conf ctr-verify flock sed cat sh id pager; do
		printf '#!/bin/bash\n((EUID)) || : >%q\nexit 1\n' "$owned" >"$home/bin/$program"
	done
	chmod -R 755 "$home/bin"
	printf ': >%q\n' "$owned" >"$home/env"
	environment="export PATH=$home/bin:\$PATH PAGER=$home/bin/pager SYSTEMD_PAGER=$home/bin/pager EDITOR=$home/bin/pager
		export NIXOS_CONTAINER_CONF_DIR=$home NIXOS_CONTAINER_STATE_DIR=$home NIXOS_CONTAINER_RUN_DIR=$home/run
		export ENV=$home/env BASH_ENV=$home/env IFS=o TMPDIR=$home LESSOPEN='|$home/bin/pager %s' SYSTEMD_PAGERSECURE=0
		export PS4='\$(: >$owned)' SHELLOPTS=xtrace HOME=$home NIX_PATH=$home NIX_STATE_DIR=$home"
}

@test "what any user may look at needs no rights, all else needs them" {
	allowed 'nixos-container list' 'nixos-container list --long' 'nixos-container show web' \
		'nixos-container get web' 'nixos-container status web' 'nixos-container show-ip web' \
		'nixos-container graph'
	refused 'nixos-container set web TASKS_MAX=9' 'nixos-container destroy web' \
		'nixos-container run web id' 'nixos-container root-login web' 'nixos-container edit web' \
		'nixos-container create mine' 'nixos-container copy-from web /etc/passwd p' \
		'nixos-container stop web db' 'systemctl --no-ask-password stop container@web' \
		'machinectl --no-ask-password shell web /bin/sh -c id' "ls $state"
}

@test "sudo: the lines of the page allow what they name" {
	by_sudo
	allowed 's stop web'
	assert_equal "$(nixos-container status web)" down
	allowed 's start web' 's restart web' \
		's verify web' 's logs web'
	assert_equal "$(nixos-container status web)" up
	allowed 's logs -n 2 web'
	assert_equal "${#lines[@]}" 2
	cat >"$BATS_TEST_TMPDIR/login.expect" <<-'END'
		set timeout 20
		spawn su -s /bin/sh alice -c "sudo -n /usr/local/bin/nixos-container login web"
		expect "login: " { send "\x1d\x1d\x1d" } default { exit 1 }
		expect eof
	END
	run -0 timeout 60 expect "$BATS_TEST_TMPDIR/login.expect"
}

@test "sudo: no other arguments, names, options, users or folders" {
	by_sudo
	local verb
	for verb in 'start --all' 'stop db' 'stop web db' 'start' '-H alice@localhost start web' \
		'start web -H localhost' 'logs web -H localhost' 'logs -n 2 -H x web' 'logs -o cat web' \
		'logs --unit web' 'logs web --grep x' 'logs -n "2 -H localhost" web' 'logs -fH x web' \
		'"logs -n 2 web"' 'start "web;id"' 'start "web
id"' '"start web
id"' 'start web\ id' 'start ../containers/web' 'start "\$(id)"' \
		'run web id' 'run web -- id' 'root-login web' 'set web BIND=/' 'set-root-password web' \
		'create mine --set BIND=/' 'edit web' 'copy-from web /etc/passwd /etc/shadow' \
		'copy-to web /etc/shadow /root/shadow' 'apply web.nix' 'shell id' 'launch web' \
		'cleanup web' 'rename db web' 'clone db other' 'complete web' 'update web' \
		'login web -- id' 'login db' 'snapshot web' 'restore web x' 'verify --all' 'restart web --jobs 2'; do
		refused "s $verb"
	done
	refused "sudo -n -u nobody $ours start web" "sudo -n -g root $ours start web" \
		"sudo -n -D / $ours start web" "sudo -n -R / $ours start web" \
		'sudo -n -s' 'sudo -n -i' 'sudo -n sh -c id' 'sudo -n ctr-conf set web BIND=/' \
		'sudoedit -n /etc/containers/web.conf' "sudo -n -E $ours start web" \
		"sudo -n NIXOS_CONTAINER_CONF_DIR=/tmp $ours start web" \
		"sudo -n PATH=/tmp $ours start web" \
		'ln -sf /usr/local/bin/nixos-container other; sudo -n ./other start web'
}

@test "sudo: the environment of the user has no effect" {
	by_sudo
	hostile
	allowed "$environment; /usr/bin/sudo -n $ours logs web" \
		"$environment; /usr/bin/sudo -n $ours verify web" \
		"$environment; /usr/bin/sudo -n $ours restart web"
	assert_not_exists "$owned"
	refused "$environment; /usr/bin/sudo -n ~/bin/nixos-container start web"
	# Not even if this host's sudo keeps it.
	printf 'Defaults !secure_path, env_keep += "PATH PAGER SYSTEMD_PAGER SYSTEMD_PAGERSECURE NIXOS_CONTAINER_* ENV TMPDIR NIX_*"\n' \
		>/etc/sudoers.d/test
	chmod 440 /etc/sudoers.d/test
	visudo -c
	allowed "$environment; /usr/bin/sudo -n $ours logs web" \
		"$environment; /usr/bin/sudo -n $ours verify web" \
		"$environment; /usr/bin/sudo -n $ours restart web"
	assert_not_exists "$owned"
	assert_equal "$(state_of_all)" "$before"
}

@test "sudo: from a folder that is gone, with limits, a mode mask and descriptors of the user" {
	by_sudo
	local with
	for with in 'mkdir gone; cd gone; rmdir ../gone' 'mkdir gone; cd gone; ln -s / web; ln -s /etc/shadow web.conf' \
		'umask 0' 'umask 0777' 'ulimit -n 20' 'trap "" INT TERM HUP PIPE' 'exec <&-' 'exec </dev/zero'; do
		allowed "$with; s stop web" "rm -rf ~/gone; $with; s start web" \
			"rm -rf ~/gone; $with; s logs -n 3 web" 'rm -rf ~/gone'
	done
	# Where they are too low, it fails, and the next one works.
	alice 'ulimit -f 0; s restart web'
	allowed 's restart web' 's verify web'
	run -0 find /run/nixos-container "$confs" -perm /022 ! -type l
	assert_output ''
	assert_equal "$(state_of_all)" "$before"
}

@test "sudo: a * in place of the page's lines would allow further options" {
	echo 'alice ALL = (root) NOPASSWD: /usr/local/bin/nixos-container logs web*' >/etc/sudoers.d/test
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	alice 's logs web -H root@localhost'
	((status == 255))
	assert_output --partial 'ssh:'
	rm /etc/sudoers.d/test
	refused 's logs web -H root@localhost'
}

# shell_from_pager - of "logs web", started in a session of root's by what alice may use
shell_from_pager() {
	local script=$BATS_TEST_TMPDIR/pager.expect
	cat >"$script" <<-END
		set timeout 20
		spawn su -s /bin/sh alice -c "$1 logs web"
		expect -re {lines [0-9]+|END} { send "!: >$owned\r" } default { exit 1 }
		sleep 1
		send "\r"
		sleep 0.5
		send "q"
		expect eof
	END
	timeout 60 systemd-run --quiet --pipe --wait --collect -p User=root -p PAMName=login -E TERM=xterm \
		expect "$script" >&2
}

@test "the pager of logs gives nobody a shell of root's" {
	local i
	for ((i = 0; i < 8; i++)); do nixos-container restart web; done	# more than a screen
	by_sudo
	shell_from_pager "sudo -n $ours"
	assert_not_exists "$owned"
	by_doas
	shell_from_pager 'doas -n nixos-container'
	assert_not_exists "$owned"
	# It does where the host's administrator runs it.
	sed -i 's/^spawn .*/spawn nixos-container logs web/' "$BATS_TEST_TMPDIR/pager.expect"
	systemd-run --quiet --pipe --wait --collect -p User=root -p PAMName=login -E TERM=xterm \
		expect "$BATS_TEST_TMPDIR/pager.expect" >&2
	assert_exists "$owned"
}

@test "doas: the lines of the page allow what they name, and nothing else" {
	by_doas
	hostile
	allowed 'doas -n nixos-container stop web' 'doas -n nixos-container start web' \
		'doas -n nixos-container logs web'
	allowed "$environment; /usr/bin/doas -n nixos-container logs web"
	refused 'doas -n nixos-container stop db' 'doas -n nixos-container start --all' \
		'doas -n nixos-container logs web -H x' 'doas -n nixos-container run web id' \
		'doas -n nixos-container start web db' 'doas -n sh -c id' 'doas -n -s' \
		'doas -n ~/bin/nixos-container start web' 'doas -n -u nobody nixos-container start web'
}

@test "polkit: the rule of the page lets a user start and stop one unit, and nothing else" {
	by_polkit
	allowed 'systemctl --no-ask-password stop container@web'
	assert_equal "$(nixos-container status web)" down
	allowed 'nixos-container start web' 'nixos-container restart web'
	assert_equal "$(nixos-container status web)" up
	local verb
	for verb in 'stop container@db' 'start container@new' 'start nix-daemon' 'stop container@web container@db' \
		'kill container@web' 'reload container@web' 'freeze container@web' 'clean container@web' \
		'set-property --runtime container@web ExecStart=/bin/id' \
		'set-property --runtime container@web MemoryMax=1G' \
		'edit --full container@web' 'disable container@web' 'mask container@web' 'link /home/alice/x.service' \
		'bind container@web /home/alice /etc' 'mount-image container@web /home/alice/x /etc' \
		'set-environment A=b' 'daemon-reload' 'daemon-reexec' 'reboot' 'isolate container@web'; do
		refused "EDITOR=true systemctl --no-ask-password $verb"
	done
	refused "systemd-run --no-ask-password --wait --unit=container@web.service touch $owned" \
		"systemd-run --no-ask-password --scope --unit=container@web.service touch $owned" \
		"systemd-run --no-ask-password --pipe touch $owned"
	for verb in 'shell web /bin/sh -c id' 'shell .host /bin/sh -c id' 'login web' \
		'copy-from web /etc/passwd /home/alice/x' 'copy-to web /etc/passwd /etc/x' \
		'bind web /home/alice /etc' 'terminate web' 'poweroff web' 'kill web' 'remove web' 'clone web mine'; do
		refused "machinectl --no-ask-password $verb"
	done
	refused 'nixos-container stop web db' 'nixos-container set web TASKS_MAX=9' \
		'nixos-container run web id'
}
