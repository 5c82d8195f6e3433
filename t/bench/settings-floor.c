/* SPDX-License-Identifier: MIT */
/*
 * settings-floor list DIR | address DIR - the least that it takes to print the
 * sorted names of all settings files, or a pair of 10.233.0.0/16 and fdb3:7e57::/112
 * that neither they nor the host's addresses and routes have
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static unsigned char used[256 * 127];

static void
mark_pair(unsigned third, unsigned low)
{
	if (third < 256 && low > 0 && low < 255)
		used[third * 127 + (low - 1) / 2] = 1;
}

static void
mark(int dir, const char *name)
{
	char text[4096], *at = text;
	int fd = openat(dir, name, O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	unsigned third, low;

	if (n < 0)
		err(1, "%s", name);
	text[n] = '\0';
	close(fd);
	while ((at = strstr(at, "_ADDRESS=10.233."))) {
		at += strlen("_ADDRESS=10.233.");
		if (sscanf(at, "%u.%u", &third, &low) == 2)
			mark_pair(third, low);
	}
	for (at = text; (at = strstr(at, "_ADDRESS6=fdb3:7e57::")); ) {
		at += strlen("_ADDRESS6=fdb3:7e57::");
		if (sscanf(at, "%x", &low) == 1)
			mark_pair(low >> 8, low & 0xff);
	}
}

static char *name[1 << 20];

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* dump - receive all addresses, or routes; what they are is not looked at */
static void
dump(int fd, int type)
{
	struct {
		struct nlmsghdr head;
		struct rtmsg body;
	} ask = { { sizeof(ask), (__u16)type, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 },
	    { .rtm_family = AF_UNSPEC } };
	static char buf[1 << 15];
	ssize_t n;

	if (send(fd, &ask, sizeof(ask), 0) < 0)
		err(1, "netlink");
	do
		n = recv(fd, buf, sizeof(buf), 0);
	while (n > 0 && ((struct nlmsghdr *)buf)->nlmsg_type != NLMSG_DONE);
}

static void
look_at_host(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	dump(fd, RTM_GETADDR);
	dump(fd, RTM_GETROUTE);
	close(fd);
}

int
main(int argc, char *argv[])
{
	DIR *d = argc == 3 ? opendir(argv[2]) : NULL;
	int listing = argc == 3 && strcmp(argv[1], "list") == 0;
	size_t names = 0;
	int n = 0;
	struct dirent *e;

	if (!d)
		errx(2, "usage: settings-floor list|address DIR");
	while ((e = readdir(d))) {
		char *dot = strrchr(e->d_name, '.');

		if (!dot || strcmp(dot, ".conf") != 0)
			continue;
		if (listing)
			name[names++] = strndup(e->d_name, (size_t)(dot - e->d_name));
		else
			mark(dirfd(d), e->d_name);
	}
	if (listing) {
		qsort(name, names, sizeof(*name), by_name);
		for (size_t i = 0; i < names; i++)
			puts(name[i]);
		return 0;
	}
	look_at_host();
	while (used[n])
		n++;
	printf("10.233.%d.%d fdb3:7e57::%x\n", n / 127, n % 127 * 2 + 1,
	    n / 127 * 256 + n % 127 * 2 + 1);
	return 0;
}
