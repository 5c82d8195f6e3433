#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What there is: list, show, status, logs.
load container

@test "list --json and --long tell what each container is" {
	also "$name-b"
	create --auto-start
	nixos-container create "$name-b" --no-start --port 8099:80
	run -0 nixos-container list --json
	local json=$output memory=true
	controls memory || memory=false
	assert_equal "$(jq -c --arg n "$name" '.[] | select(.name == $n) |
		[.state, .generation, .autoStart, (.addresses | length), (.leader > 1), (.memory > 0),
		(.since | fromdateiso8601 > now - 600), .bridge, .ports, .root, .settings]' <<<"$json")" \
		"[\"up\",1,true,2,true,$memory,true,null,[],\"$root\",\"$conf\"]"
	assert_equal "$(jq -c --arg n "$name-b" '.[] | select(.name == $n) |
		[.state, .generation, .autoStart, .leader, .since, .ports]' <<<"$json")" \
		'["down",1,false,null,null,[{"protocol":"tcp","hostPort":8099,"containerPort":80,"hostAddress":null,"hostInterface":null,"hostPortLast":8099}]]'
	assert_equal "$(jq -r --arg n "$name" '.[] | select(.name == $n).addresses[0].address' <<<"$json")" \
		"$(nixos-container show-ip "$name")"
	run -0 nixos-container list --long
	assert_line --index 0 --regexp '^NAME +STATE +GEN +AUTO +USERS +SINCE \(UTC\) +ADDRESSES$'
	assert_line --regexp "^$name +up +1 +yes +own +2[0-9-]+ [0-9:]+ +10\.233\."
	assert_line --regexp "^$name-b +down +1 +no +own +- +10\.233\."
	run -1 nixos-container list x
	run -0 nixos-container list "$name-b" "$name"
	assert_output "$name"$'\n'"$name-b"
}

@test "lists are right where there is nothing, and where files are odd" {
	export NIXOS_CONTAINER_CONF_DIR=$BATS_TEST_TMPDIR/conf
	run -0 nixos-container list --json
	assert_output '[]'
	run -0 nixos-container list --long
	assert_output ''
	mkdir "$NIXOS_CONTAINER_CONF_DIR"
	cd "$NIXOS_CONTAINER_CONF_DIR"
	printf 'unqualified-search-registries = ["x"]\n' >registries.conf
	: >empty.conf
	printf 'LOCAL_ADDRESS="10.1.2.3/24"\nHOST_BRIDGE=br7\nno line\nHOST_PORT="tcp:1:2,udp:3:4"' >odd.conf
	: >-x.conf
	run -0 nixos-container list
	assert_output $'empty\nodd'
	run -0 nixos-container list --json
	assert_equal "$(jq -c '[.[].name]' <<<"$output")" '["empty","odd"]'
	assert_equal "$(jq -c '.[1] | [.addresses, .bridge, (.ports | map({protocol, hostPort, containerPort}))]' <<<"$output")" \
		'[[{"address":"10.1.2.3","prefix":24}],"br7",[{"protocol":"tcp","hostPort":1,"containerPort":2},{"protocol":"udp","hostPort":3,"containerPort":4}]]'
}

@test "busybox says the same" {
	create
	nixos-container list --json | jq 'map(del(.memory, .tasks))' >"$BATS_TEST_TMPDIR/one"
	busybox sh "$(command -v nixos-container)" list --json |
		jq 'map(del(.memory, .tasks))' >"$BATS_TEST_TMPDIR/two"
	diff "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/two"
}

@test "a container cannot lie about another's generation" {
	also "$name-b"
	create
	nixos-container create "$name-b" --no-start
	local dir=/nix/var/nix/profiles/per-container
	ln -sfn $'x\nlrwxrwxrwx 1 root root 13 Jan 1 00:00 '"$dir/$name-b/system -> system-99-link" \
		"$dir/$name/system"
	run -0 nixos-container list --json
	assert_equal "$(jq -c --arg n "$name" '[.[] | select(.name | startswith($n)).generation]' <<<"$output")" \
		'[null,1]'
}

@test "show tells all about one" {
	create
	run -0 nixos-container show "$name"
	assert_line --regexp "^name: +$name$"
	assert_line --regexp '^state: +up$'
	assert_line --regexp '^leader: +[0-9]+$'
	! controls memory || assert_line --regexp '^memory: +[0-9]+ [KM]iB$'
	assert_line --regexp "^addresses: +$(nixos-container show-ip "$name") fd[0-9a-f:]+$"
	local system
	system=$(ctr-gcroot path "$name")
	assert_line --regexp "^system: +$system$"
	run -0 nixos-container show --json "$name"
	assert_equal "$(jq -r '.name, .system' <<<"$output")" "$name"$'\n'"$system"
	run -1 nixos-container show "no-$name"
	# What it has not has no line.
	echo PRIVATE_NETWORK=1 >"$conf"
	run -0 nixos-container show "$name"
	refute_line --regexp '^(host|addresses):'
	# What the settings name comes before the profile.
	echo SYSTEM_PATH=/nix/other >>"$conf"
	run -0 nixos-container show "$name"
	assert_line --regexp '^system: +/nix/other$'
}

@test "show-host-key prints one key, whatever lies in the tree" {
	create --no-start
	run -1 nixos-container show-host-key "$name"
	assert_output --partial "etc/ssh"
	mkdir -p "$root/etc/ssh"
	cd "$root/etc/ssh"
	run -1 nixos-container show-host-key "$name"
	assert_output --partial "no host key"
	ssh-keygen -q -t rsa -N '' -f ssh_host_rsa_key
	run -0 nixos-container show-host-key "$name"
	assert_output "$(cat ssh_host_rsa_key.pub)"
	ssh-keygen -q -t ed25519 -N '' -f ssh_host_ed25519_key
	run -0 nixos-container show-host-key "$name"
	assert_output "$(cat ssh_host_ed25519_key.pub)"
	mv ssh_host_ed25519_key.pub key
	ln -s /etc/ssh/key ssh_host_ed25519_key.pub
	run -0 nixos-container show-host-key "$name"
	assert_output "$(cat key)"
	rm ssh_host_ed25519_key.pub
	mkfifo ssh_host_ecdsa_key.pub
	printf 'ssh-rsa \033]0;a title\007\n' >ssh_host_rsa_key.pub
	run -1 nixos-container show-host-key "$name"
	refute_output --partial title
	cd ..
	mkdir "$BATS_TEST_TMPDIR/ssh"
	cp ssh/key "$BATS_TEST_TMPDIR/ssh/ssh_host_ed25519_key.pub"
	mv ssh ssh.mine
	ln -s "$BATS_TEST_TMPDIR/ssh" ssh
	run -1 nixos-container show-host-key "$name"
	assert_output --partial "no host key"
}

@test "logs are the container's own journal, or its unit's" {
	create --nixos-path /src/t/systems/debian -I suite=/usr/local
	inside logger -t tagged "said inside"
	run -0 nixos-container logs "$name" --since -1h -n 1000
	assert_output --partial "said inside"
	run -0 nixos-container logs --unit "$name" -n 1000
	refute_output --partial "said inside"
	assert_output --partial "Spawning container $name"
	nixos-container stop "$name"
	run -0 nixos-container logs "$name" --lines=1000
	assert_output --partial "Spawning container $name"
	run -2 nixos-container logs "$name" --no-such
	run -2 nixos-container logs
}

@test "logs shows nothing of an earlier container of the name" {
	create
	nixos-container destroy "$name"
	journalctl --sync
	run -0 journalctl -u "container@$name" -o cat
	first=$(grep -c "Spawning container $name" <<<"$output")
	((first == 1))
	create
	journalctl --sync
	for options in '' '-n 1000' '--since -1h' '--since yesterday -o cat' '-b'; do
		# shellcheck disable=SC2086 # words
		run -0 nixos-container logs --unit "$name" $options
		assert_equal "$(grep -c "Spawning container $name" <<<"$output")" 1
	done
	# The last lines are the newest, oldest first.
	nixos-container restart "$name"
	journalctl --sync
	run -0 nixos-container logs --unit "$name" -o cat
	newest=$(tail -n 3 <<<"$output")
	run -0 nixos-container logs --unit "$name" -o cat -n 3
	assert_output "$newest"
	run -0 nixos-container logs --unit "$name" -o cat -n 0
	assert_output ''
	# Those that have a filter, too.
	for line in a b c d; do
		printf 'OBJECT_SYSTEMD_UNIT=%s\nMESSAGE=%s\n' "container@$name.service" $line |
			logger --journald
	done
	journalctl --sync
	run -0 nixos-container logs --unit "$name" -o cat -n 3
	assert_output $'b\nc\nd'
	run -0 nixos-container logs --unit "$name" -o cat -n 2 -b --grep '[a-d]' --since -1h
	assert_output $'c\nd'
	# A later time, and one that is none, are the user's.
	run -0 nixos-container logs --unit "$name" --since +1h
	refute_output --partial Spawning
	run -1 nixos-container logs --unit "$name" --since nonsense
	assert_output --partial nonsense
	# Nothing is lost by a reset, or by a change of the settings.
	nixos-container reset "$name"
	echo >>"$conf"
	run -0 nixos-container logs --unit "$name"
	assert_equal "$(grep -c "Spawning container $name" <<<"$output")" 3
}

# unseen COMMAND... - it prints nothing that a terminal would obey
unseen() {
	run -0 "$@"
	local said=$output
	run -1 grep -qP '[\x00-\x08\x0b-\x1f\x7f]' <<<"$said"
	output=$said
}

@test "logs prints control characters of the container's in no form" {
	create --nixos-path /src/t/systems/debian -I suite=/usr/local
	inside sh -c 'printf "said with \033]0;title\007\033[31m\n" | tee /dev/console | systemd-cat -t tagged
		journalctl --sync'
	journalctl --sync
	for form in cat verbose export with-unit short short-iso json json-pretty; do
		unseen nixos-container logs "$name" --output="$form"
		unseen nixos-container logs "$name" --unit -n 1000 -o "$form"
	done
	unseen nixos-container logs "$name" -o cat --unit
	assert_output --partial 'said with \x1b]0;title\x07\x1b[31m'
	unseen nixos-container logs "$name" -o cat
	assert_output --partial 'said with \x1b]0;title\x07\x1b[31m'
	unseen busybox sh "$(command -v nixos-container)" logs "$name" -o cat
	assert_output --partial 'said with \x1b]0;title\x07\x1b[31m'
	run -1 nixos-container logs "$name" -o no-such
	run -1 nixos-container logs "$name" -o cat --since nonsense
	assert_output --partial nonsense
}

@test "logs -f prints what comes in another form too, and ends when it is told to" {
	create --nixos-path /src/t/systems/debian -I suite=/usr/local
	for signal in TERM INT; do
		# A background command of a shell would ignore INT.
		env --default-signal=INT nixos-container logs "$name" -f -o cat >"$BATS_TEST_TMPDIR/said" 3>&- &
		logs=$!
		inside logger -t tagged "follows $signal"
		until_true 10 grep -q "follows $signal" "$BATS_TEST_TMPDIR/said"
		kill -s $signal $logs
		wait $logs || :
		run ! pgrep -f "journalctl --directory=/run/nixos-container"
	done
}

@test "logs does not wait for a file system that a link of the container's leads to" {
	create --nixos-path /src/t/systems/debian -I suite=/usr/local
	inside logger -t tagged "said inside"
	never_answers "$BATS_TEST_TMPDIR/silent"
	ln -s "$BATS_TEST_TMPDIR/silent" "$root/var/log/journal/0"
	run -0 timeout -k 1 20 nixos-container logs "$name" --lines=1000
	mv "$root/var/log/journal" "$root/var/log/own"
	ln -s "$BATS_TEST_TMPDIR/silent" "$root/var/log/journal"
	printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/said"
	run -0 timeout -k 1 20 nixos-container logs "$name" --lines=1000
	answered "$BATS_TEST_TMPDIR/silent"
	assert_output --partial "Spawning container $name"
	run -0 cat "$BATS_TEST_TMPDIR/said"
	assert_output --partial "said inside"
}

@test "ten thousand settings are listed at once" {
	export NIXOS_CONTAINER_CONF_DIR=$BATS_TEST_TMPDIR/conf
	mkdir "$NIXOS_CONTAINER_CONF_DIR"
	(cd "$NIXOS_CONTAINER_CONF_DIR" && seq -f 'n%.0f.conf' 10000 | xargs touch)
	run -0 bash -c 'nixos-container list --json | jq length'
	assert_output 10000
	strace -f -qq -e trace=execve -o "$BATS_TEST_TMPDIR/execs" nixos-container list --long >/dev/null
	(($(grep -c 'execve.*= 0' "$BATS_TEST_TMPDIR/execs") < 10))
	run -0 nixos-container list
	assert_equal "${#lines[@]}" 10000
}

@test "logs never shows a journal of the host's, by no link of the container's" {
	create --nixos-path /src/t/systems/debian -I suite=/usr/local
	logger -t tagged "secret of the host"
	inside logger -t tagged "said inside"
	journalctl --sync
	local hosts id=
	for hosts in /var/log/journal /run/log/journal; do
		[[ ! -e $hosts/$(cat /etc/machine-id) ]] || { id=$(cat /etc/machine-id); break; }
	done
	[[ $id ]]
	run -0 nixos-container logs "$name" --lines=1000
	assert_output --partial "said inside"
	refute_output --partial "secret of the host"
	inside sh -c 'cd /var/log/journal/* && journalctl --rotate && mv "$(ls | head -n 1)" keep
		echo "$PWD"' >/dev/null
	local own=$root/var/log/journal/*
	own=$(echo $own)
	# A file, a folder of one machine, all of them, and the folder above.
	ln -s "$hosts/$id/system.journal" "$own/system@1.journal"
	ln -s "$hosts/$id" "$root/var/log/journal/$id"
	run nixos-container logs "$name" --lines=1000
	refute_output --partial "secret of the host"
	mv "$root/var/log/journal" "$root/var/log/own"
	ln -s "$hosts" "$root/var/log/journal"
	run nixos-container logs "$name" --lines=1000
	refute_output --partial "secret of the host"
	mv "$root/var/log" "$root/var/own"
	ln -s /var/log "$root/var/log"
	run nixos-container logs "$name" --lines=1000
	refute_output --partial "secret of the host"
	mkdir -p "$root/run/log"
	ln -sfn "$hosts" "$root/run/log/journal"
	run nixos-container logs "$name" --lines=1000
	refute_output --partial "secret of the host"
}
