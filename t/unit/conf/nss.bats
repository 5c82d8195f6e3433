#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# libnss_containers.so.2: NAME.containers on the host.
load ../../lib/env

setup_file() {
	echo __GLIBC__ | cc -E -P -include features.h - 2>/dev/null | grep -qx '[0-9]*' ||
		skip "cc has no glibc"
}

# Each test has its own module and settings.  Each look-up has its own process, so
# the library path selects the module.
setup() {
	dir=$BATS_TEST_TMPDIR/conf
	mkdir "$dir"
	chmod 755 "$BATS_TEST_TMPDIR"
	module
}

# module [FLAG...] - build the module, with its rule in GNUmakefile
module() {
	env -u MAKEFLAGS -u MAKELEVEL make -s -C "$TOP" O="$BATS_TEST_TMPDIR/o" STATIC=0 \
		NSS=1 NSS_CC="cc -Wextra $*" CONF_DIR="$dir" \
		"$BATS_TEST_TMPDIR/o/lib/libnss_containers.so.2"
	cp "$BATS_TEST_TMPDIR/o/lib/libnss_containers.so.2" "$BATS_TEST_TMPDIR/"
}

look() { LD_LIBRARY_PATH=$BATS_TEST_TMPDIR getent -s hosts:containers "$@"; }

# container NAME LINE... - write its settings
container() { local n=$1; shift; printf '%s\n' "$@" >"$dir/$n.conf"; }

# v4 NAME, v6 NAME - print the addresses of a name
v4() { look ahostsv4 "$1" | awk '$2 == "STREAM" { print $1 }'; }
v6() { look ahostsv6 "$1" | awk '$2 == "STREAM" { print $1 }'; }
all() { look ahosts "$1" | awk '$2 == "STREAM" { print $1 }' | sort; }

@test "the installed module exports the NSS calls, and nothing else" {
	run nm -D --defined-only "$BUILD/lib/libnss_containers.so.2"
	assert_success
	run awk '{ print $3 }' <<<"$output"
	assert_output "_nss_containers_gethostbyaddr2_r
_nss_containers_gethostbyaddr_r
_nss_containers_gethostbyname2_r
_nss_containers_gethostbyname3_r
_nss_containers_gethostbyname4_r
_nss_containers_gethostbyname_r"
}

@test "a container resolves to its addresses of both families" {
	container web PRIVATE_NETWORK=1 LOCAL_ADDRESS=10.233.0.2 'LOCAL_ADDRESS6="fc00::2/64"'
	assert_equal "$(all web.containers)" $'10.233.0.2\nfc00::2'
	assert_equal "$(v4 web.containers)" 10.233.0.2
	assert_equal "$(v6 web.containers)" fc00::2
	run -0 look hosts web.containers
	assert_output --regexp '^fc00::2 +web\.containers$'
	assert_equal "$(v4 WEB.Containers.)" 10.233.0.2
}

@test "a container with addresses of one family has none of the other" {
	container four PRIVATE_NETWORK=1 LOCAL_ADDRESS=10.1.2.3/24
	container six PRIVATE_NETWORK=1 LOCAL_ADDRESS6=fc00::6
	assert_equal "$(all four.containers)" 10.1.2.3
	assert_equal "$(all six.containers)" fc00::6
	run -0 look hosts four.containers
	assert_output --regexp '^10\.1\.2\.3 +four\.containers$'
}

@test "a container in the host's network resolves to loopback, one without known address does not resolve" {
	container shared AUTO_START=1
	container dhcp PRIVATE_NETWORK=1 HOST_BRIDGE=br0
	container joined NETWORK_NAMESPACE_PATH=/run/netns/x
	container moved INTERFACES=eth7
	assert_equal "$(all shared.containers)" $'127.0.0.1\n::1'
	for n in dhcp joined moved; do run -2 look ahosts "$n.containers"; done
}

@test "settings are parsed as by ctr-conf" {
	container web '  PRIVATE_NETWORK = 1' "LOCAL_ADDRESS='10.233.0.2'  " '; LOCAL_ADDRESS=10.0.0.9' \
		'LOCAL_ADDRESS6="fc00::\' '2"'
	assert_equal "$(all web.containers)" $'10.233.0.2\nfc00::2'
	container web PRIVATE_NETWORK=1 'LOCAL_ADDRESS=10.233.0.2' 'LOCAL_ADDRESS6="fc00::2' '# "'
	assert_equal "$(all web.containers)" 10.233.0.2
	container web PRIVATE_NETWORK=1 'LOCAL_ADDRESS=10.233.0.2' $'# \033[2J'
	run -2 look ahosts web.containers
}

@test "an address resolves to its container" {
	container web PRIVATE_NETWORK=1 LOCAL_ADDRESS=10.233.0.2 LOCAL_ADDRESS6=fc00::2
	container other PRIVATE_NETWORK=1 LOCAL_ADDRESS=10.233.0.4
	container shared AUTO_START=1
	run -0 look hosts 10.233.0.2
	assert_output --regexp '^10\.233\.0\.2 +web\.containers$'
	run -0 look hosts fc00::2
	assert_output --regexp '^fc00::2 +web\.containers$'
	run -0 look hosts 10.233.0.4
	assert_output --partial other.containers
	run -2 look hosts 127.0.0.1
	run -2 look hosts 10.233.0.9
}

@test "other names are not found" {
	container web PRIVATE_NETWORK=1 LOCAL_ADDRESS=10.233.0.2
	printf 'PRIVATE_NETWORK=1\nLOCAL_ADDRESS=10.9.9.9\n' >"$BATS_TEST_TMPDIR/out.conf"
	for n in web .containers containers ../out.containers web.container a/b.containers \
		web-.containers none.containers web.containers.example \
		"$(printf 'a%.0s' {1..64}).containers" "$(printf 'a%.0s' {1..5000}).containers" \
		$'w\neb.containers' '%s.containers'; do
		run -2 look ahosts "$n"
	done
	rm -r "$dir"
	run -2 look ahosts web.containers
	run -2 look hosts 10.233.0.2
}

@test "odd files do no harm" {
	mkfifo "$dir/fifo.conf"
	mkdir "$dir/folder.conf"
	ln -s /dev/zero "$dir/zero.conf"
	ln -s gone.conf "$dir/gone.conf"
	container web PRIVATE_NETWORK=1 LOCAL_ADDRESS=10.233.0.2
	mv "$dir/web.conf" "$BATS_TEST_TMPDIR/store"
	ln -s "$BATS_TEST_TMPDIR/store" "$dir/web.conf"
	head -c 100000 /dev/zero >"$dir/large.conf"
	head -c 60000 /dev/urandom >"$dir/noise.conf"
	printf 'PRIVATE_NETWORK=1\n%s\nLOCAL_ADDRESS="10.1.1.1' "$(printf 'x%.0s' {1..3000})" >"$dir/long.conf"
	container bad PRIVATE_NETWORK=1 LOCAL_ADDRESS=no LOCAL_ADDRESS6=fc00::x LOCAL_ADDRESS= '='
	container many PRIVATE_NETWORK=1 "LOCAL_ADDRESS=$(printf '10.2.2.%d ' {1..99})"
	for n in fifo folder zero gone large noise long bad; do
		timeout 5 env LD_LIBRARY_PATH="$BATS_TEST_TMPDIR" getent -s hosts:containers ahosts \
			"$n.containers" >/dev/null && status=0 || status=$?
		((status == 2 || status == 0))
	done
	assert_equal "$(all web.containers)" 10.233.0.2
	assert_equal "$(v4 many.containers | wc -l)" 8
	run -0 timeout 5 env LD_LIBRARY_PATH="$BATS_TEST_TMPDIR" getent -s hosts:containers hosts 10.233.0.2
	assert_output --partial web.containers
}

@test "buffers of any size are handled, and threads can look up concurrently" {
	for i in {1..300}; do
		container "c$i" PRIVATE_NETWORK=1 "LOCAL_ADDRESS=10.3.$((i / 250)).$((i % 250 + 1))" \
			"LOCAL_ADDRESS6=fc00::$i"
	done
	cat >"$BATS_TEST_TMPDIR/ask.c" <<-'END'
		#include <arpa/inet.h>
		#include <assert.h>
		#include <nss.h>
		#include <netdb.h>
		#include <pthread.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <string.h>
		nss_gethostbyname4_r _nss_containers_gethostbyname4_r;
		nss_gethostbyname2_r _nss_containers_gethostbyname2_r;
		nss_gethostbyaddr_r _nss_containers_gethostbyaddr_r;
		static int ok;
		static void sizes(void)
		{
			for (size_t n = 0; n < 400; n++) {
				char *buf = malloc(n);	/* a byte too many is noticed */
				struct gaih_addrtuple *t = NULL;
				struct hostent h;
				int e, he, s = _nss_containers_gethostbyname4_r("c7.containers",
				    &t, buf, n, &e, &he, NULL);
				assert(s == NSS_STATUS_SUCCESS ||
				    (s == NSS_STATUS_TRYAGAIN && e == ERANGE));
				if (s == NSS_STATUS_SUCCESS)
					ok++, assert(!strcmp(t->name, "c7.containers") &&
					    t->next && !t->next->next);
				s = _nss_containers_gethostbyname2_r("c7.containers", AF_INET6,
				    &h, buf, n, &e, &he);
				assert(s == NSS_STATUS_SUCCESS || e == ERANGE);
				if (s == NSS_STATUS_SUCCESS)
					assert(h.h_length == 16 && !h.h_addr_list[1] &&
					    !h.h_aliases[0]);
				free(buf);
			}
		}
		static void *thread(void *arg)
		{
			char name[64], text[64], buf[512];
			for (int i = 1; i <= 300; i++) {
				struct hostent h;
				int e, he;
				sprintf(name, "c%d.containers", i);
				assert(_nss_containers_gethostbyname2_r(name, AF_INET, &h, buf,
				    sizeof(buf), &e, &he) == NSS_STATUS_SUCCESS);
				sprintf(text, "10.3.%d.%d", i / 250, i % 250 + 1);
				assert(!strcmp(inet_ntoa(*(struct in_addr *)h.h_addr_list[0]), text)
				    || arg);
				assert(!strcmp(h.h_name, name));
			}
			return arg;
		}
		int main(void)
		{
			pthread_t t[8];
			sizes();
			assert(ok > 100);
			thread(NULL);
			for (long i = 0; i < 8; i++)
				pthread_create(&t[i], NULL, thread, (void *)1);
			for (int i = 0; i < 8; i++)
				pthread_join(t[i], NULL);
			return 0;
		}
	END
	cd "$TOP" && cc -Ilib -D_GNU_SOURCE= -DVERSION='"0"' -include errno.h -g -fsanitize=address,undefined -fno-sanitize-recover \
		-DCONF_DIR="\"$dir\"" -DLOCK_DIR='"/no"' -DHOST_CONF='"/no"' -DSTATE_DIR='"/no"' -o "$BATS_TEST_TMPDIR/ask" "$BATS_TEST_TMPDIR/ask.c" \
		share/nss/containers.c lib/conf/*.c lib/tree/{idmap,inroot,lock,place}.c lib/base/*.c -lcap
	run -0 "$BATS_TEST_TMPDIR/ask"
}

@test "an unprivileged user can resolve, too" {
	((EUID == 0)) || skip "needs root"
	container web PRIVATE_NETWORK=1 LOCAL_ADDRESS=10.233.0.2
	local open
	open=$(mktemp -d /tmp/nss.XXXXXX)
	chmod 755 "$open"
	dir=$open
	container web PRIVATE_NETWORK=1 LOCAL_ADDRESS=10.233.0.2
	module
	cp "$BATS_TEST_TMPDIR/libnss_containers.so.2" "$open"
	run setpriv --reuid 65534 --regid 65534 --clear-groups env LD_LIBRARY_PATH="$open" \
		getent -s hosts:containers ahostsv4 web.containers
	rm -r "$open"
	assert_success
	assert_output --partial 10.233.0.2
}
