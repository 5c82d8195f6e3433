/* SPDX-License-Identifier: MIT */
/*
 * frame IFNAME eth TO FROM [LAYER ...] - send an Ethernet frame as it is described
 * frame IFNAME wait TEXT MS - wait for a frame that contains TEXT, and print the
 *   text from there on; exit status 1: none came
 *
 * Layers: vlan TYPE ID; type TYPE TEXT; arp OPERATION MAC IP MAC IP; ip4 FROM TO,
 * ip6 FROM TO, mapped FROM TO (IPv4 addresses in IPv6); in IPv6 options, fragment
 * (headers of no effect); then udp PORT TEXT, na TARGET MAC, ns TARGET MAC or
 * ra PREFIX MAC; tail TEXT comes after what the lengths in the headers say.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static uint8_t frame[2048];
static size_t len;
static int version;		/* of IP */
static size_t ip_at, next_at;	/* of its header, of the last "next header" */
static char **word;		/* the next one */

static const char *
take(void)
{
	if (!*word)
		errx(2, "a word is missing");
	return *word++;
}

static void
put(const void *data, size_t n)
{
	memcpy(frame + len, data, n);
	len += n;
}

static void
put_8(int value)
{
	frame[len++] = (uint8_t)value;
}

static void
put_16(int value)
{
	put_8(value >> 8);
	put_8(value);
}

static int
take_number(void)
{
	return (int)strtol(take(), NULL, 0);
}

static void
put_mac(void)
{
	unsigned int b[6];

	if (sscanf(take(), "%x:%x:%x:%x:%x:%x", &b[0], &b[1], &b[2], &b[3],
	    &b[4], &b[5]) != 6)
		errx(2, "not a MAC address: %s", word[-1]);
	for (int i = 0; i < 6; i++)
		put_8((int)b[i]);
}

static void
put_ip(int family)
{
	uint8_t byte[16];

	if (inet_pton(family, take(), byte) != 1)
		errx(2, "not an address: %s", word[-1]);
	put(byte, family == AF_INET ? 4 : 16);
}

/* sum - the checksum of the Internet, begun with some value */
static uint16_t
sum(const uint8_t *data, size_t n, uint32_t value)
{
	for (size_t i = 0; i < n; i++)
		value += (uint32_t)data[i] << (i % 2 ? 0 : 8);
	while (value >> 16)
		value = (value & 0xffff) + (value >> 16);
	return (uint16_t)~value;
}

static void
set_16(size_t at, int value)
{
	frame[at] = (uint8_t)(value >> 8);
	frame[at + 1] = (uint8_t)value;
}

/* layer_ip - a header; its length and the protocol come with what follows */
static void
layer_ip(int v, int family)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	put_16(v == 4 ? ETH_P_IP : ETH_P_IPV6);
	version = v;
	ip_at = len;
	if (v == 4) {
		put("\x45\0\0\0\0\1\0\0\x40\0\0\0", 12);
		next_at = ip_at + 9;
	} else {
		put("\x60\0\0\0\0\0\0\xff", 8);
		next_at = ip_at + 6;
	}
	for (int i = 0; i < 2; i++) {
		if (v == 6 && family == AF_INET)
			put(mapped, 12);
		put_ip(family);
	}
}

/* header - an extension header of 8 bytes */
static void
header(int protocol, const char *rest)
{
	frame[next_at] = (uint8_t)protocol;
	next_at = len;
	put_8(0);
	put(rest, 7);
}

/* finish - lengths and checksums; begin: of the layer above IP */
static void
finish(int protocol, size_t begin, size_t check_at)
{
	size_t addresses = version == 4 ? 8 : 32;
	size_t from = begin - addresses;
	uint8_t pseudo[2048];

	frame[next_at] = (uint8_t)protocol;
	if (version == 4) {
		set_16(ip_at + 2, (int)(len - ip_at));
		set_16(ip_at + 10, sum(frame + ip_at, 20, 0));
	} else {
		set_16(ip_at + 4, (int)(len - ip_at - 40));
		from = ip_at + 8;
	}
	memcpy(pseudo, frame + from, addresses);
	memcpy(pseudo + addresses, frame + begin, len - begin);
	set_16(check_at, sum(pseudo, addresses + len - begin,
	    (uint32_t)(len - begin) + (uint32_t)protocol));
}

static void
layer_text(void)
{
	const char *text = take();

	put(text, strlen(text));
}

static void
layer_udp(void)
{
	size_t begin = len;
	int port = take_number();
	const char *text = take();

	put_16(4711);
	put_16(port);
	put_16(8 + (int)strlen(text));
	put_16(0);
	put(text, strlen(text));
	finish(17, begin, begin + 6);
}

/* layer_neighbor - type 135 or 136, with the option that tells the MAC address */
static void
layer_neighbor(int type)
{
	size_t begin = len;

	put_8(type);
	put("\0\0", 3);
	put_8(type == 136 ? 0x20 : 0);	/* override */
	put("\0\0", 3);
	put_ip(AF_INET6);
	put_8(type == 136 ? 2 : 1);
	put_8(1);
	put_mac();
	finish(58, begin, begin + 2);
}

static void
layer_router(void)
{
	size_t begin = len;

	put("\x86\0\0\0\x40\0\x07\x08\0\0\0\0\0\0\0\0", 16);
	put("\3\4\x40\xc0\0\0\x0e\x10\0\0\x0e\x10\0\0\0\0", 16);
	put_ip(AF_INET6);
	put("\1\1", 2);
	put_mac();
	finish(58, begin, begin + 2);
}

static void
layer_arp(void)
{
	put_16(ETH_P_ARP);
	put("\0\1\x08\0\6\4", 6);
	put_16(take_number());
	for (int i = 0; i < 2; i++) {
		put_mac();
		put_ip(AF_INET);
	}
}

static void
layer(const char *name)
{
	if (!strcmp(name, "vlan")) {
		put_16(take_number());
		put_16(take_number());
	} else if (!strcmp(name, "type")) {
		put_16(take_number());
		layer_text();
	} else if (!strcmp(name, "tail")) {
		layer_text();
	} else if (!strcmp(name, "arp")) {
		layer_arp();
	} else if (!strcmp(name, "ip4")) {
		layer_ip(4, AF_INET);
	} else if (!strcmp(name, "ip6")) {
		layer_ip(6, AF_INET6);
	} else if (!strcmp(name, "mapped")) {
		layer_ip(6, AF_INET);
	} else if (!strcmp(name, "options")) {
		header(60, "\0\1\4\0\0\0\0");
	} else if (!strcmp(name, "fragment")) {
		header(44, "\0\0\0\0\0\0\7");
	} else if (!strcmp(name, "udp")) {
		layer_udp();
	} else if (!strcmp(name, "na") || !strcmp(name, "ns")) {
		layer_neighbor(name[1] == 'a' ? 136 : 135);
	} else if (!strcmp(name, "ra")) {
		layer_router();
	} else {
		errx(2, "unknown layer: %s", name);
	}
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int
wait_for(int fd, const char *text, int ms)
{
	int64_t end = now_ms() + ms, left;
	struct pollfd p = { fd, POLLIN, 0 };

	while ((left = end - now_ms()) > 0) {
		uint8_t *found;
		ssize_t n;

		if (poll(&p, 1, (int)left) <= 0)
			break;
		n = recv(fd, frame, sizeof(frame), 0);
		found = memmem(frame, n < 0 ? 0 : (size_t)n, text, strlen(text));
		if (found) {
			printf("%.*s\n", (int)(frame + n - found), found);
			return 0;
		}
	}
	return 1;
}

int
main(int argc, char *argv[])
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
	    .sll_protocol = htons(ETH_P_ALL) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));

	if (argc < 5)
		errx(2, "see the source");
	at.sll_ifindex = (int)if_nametoindex(argv[1]);
	if (fd < 0 || !at.sll_ifindex ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		err(2, "%s", argv[1]);
	if (!strcmp(argv[2], "wait"))
		return wait_for(fd, argv[3], atoi(argv[4]));
	word = argv + 3;
	put_mac();
	put_mac();
	while (*word)
		layer(take());
	if (send(fd, frame, len, 0) != (ssize_t)len)
		err(2, "send");
	return 0;
}
