/* SPDX-License-Identifier: MIT */
/*
 * settings-floor list DIR | address DIR - the least that it takes to print the
 * names of all settings files, or a free pair of 10.233.0.0/16
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static unsigned char used[256 * 127];

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
		if (sscanf(at, "%u.%u", &third, &low) == 2 && third < 256 &&
		    low > 0 && low < 255)
			used[third * 127 + (low - 1) / 2] = 1;
	}
}

int
main(int argc, char *argv[])
{
	DIR *d = argc == 3 ? opendir(argv[2]) : NULL;
	int listing = argc == 3 && strcmp(argv[1], "list") == 0, n = 0;
	struct dirent *e;

	if (!d)
		errx(2, "usage: settings-floor list|address DIR");
	while ((e = readdir(d))) {
		char *dot = strrchr(e->d_name, '.');

		if (!dot || strcmp(dot, ".conf") != 0)
			continue;
		if (listing)
			printf("%.*s\n", (int)(dot - e->d_name), e->d_name);
		else
			mark(dirfd(d), e->d_name);
	}
	if (listing)
		return 0;
	while (used[n])
		n++;
	printf("10.233.%d.%d\n", n / 127, n % 127 * 2 + 1);
	return 0;
}
