/* SPDX-License-Identifier: MIT */
/* pool.c - which pairs of addresses are free */
#define _GNU_SOURCE
#include "conf/pool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "conf/ip.h"

#define START "10.233."

enum { PREFIX = 16, PER_24 = 127 };

/* first_pair - the first pair that ends at or after this host of the pool */
static int
first_pair(unsigned host)
{
	unsigned low = host & 0xff;
	int base = (int)(host >> 8) * PER_24;

	if (low == 0)
		return base;
	return base + (int)(low - 1) / 2;
}

/* last_pair - the last pair that begins at or before this host; -1: none */
static int
last_pair(unsigned host)
{
	unsigned low = host & 0xff;
	int base = (int)(host >> 8) * PER_24;

	if (low == 0)
		return base - 1;
	if (low == 255)
		return base + PER_24 - 1;
	return base + (int)(low - 1) / 2;
}

void
pool_take(struct pool *pool, const unsigned char byte[4], int prefix)
{
	unsigned host = (unsigned)byte[2] << 8 | byte[3], others = 0;

	if (byte[0] != 10 || byte[1] != 233)
		return;
	if (prefix >= PREFIX && prefix < 32)
		others = (1U << (32 - prefix)) - 1;
	for (int i = first_pair(host & ~others); i <= last_pair(host | others);
	    i++)
		pool->taken[i / 8] |= (unsigned char)(1 << i % 8);
}

static void
take_text(struct pool *pool, const char *text)
{
	struct ip ip;

	if (ip_parse(text, AF_INET, &ip) == 0)
		pool_take(pool, ip.byte, ip.prefix);
}

/* take_words - each address in a line, whatever is around it */
static void
take_words(struct pool *pool, const char *line, size_t size)
{
	static const char part[] = "0123456789./";
	char word[sizeof("255.255.255.255/32")];
	size_t n;

	for (size_t i = 0; i < size; i += n ? n : 1) {
		for (n = 0; i + n < size && line[i + n] &&
		    strchr(part, line[i + n]); n++)
			;
		if (n == 0 || n >= sizeof(word))
			continue;
		memcpy(word, line + i, n);
		word[n] = '\0';
		take_text(pool, word);
		/* The address may be valid with a wrong prefix length. */
		word[strcspn(word, "/")] = '\0';
		take_text(pool, word);
	}
}

/* take_any - take each address of a file with errors, except in comments */
static void
take_any(struct pool *pool, const char *text, size_t size)
{
	const char *end = text + size;

	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t n, blank = 0;

		if (!stop)
			stop = end;
		n = (size_t)(stop - text);
		while (blank < n && (text[blank] == ' ' || text[blank] == '\t'))
			blank++;
		if (blank < n && text[blank] != '#' && text[blank] != ';')
			take_words(pool, text, n);
		text += n + 1;
	}
}

/*
 * take_file - what a text of settings has, which may have errors
 *
 * An address counts in any value: its key may be misspelt.
 */
static void
take_file(struct pool *pool, const char *text, size_t size)
{
	static char copy[ENVFILE_MAX + 1];
	struct envfile e;
	bool failed = memchr(text, '\0', size) != NULL;
	int next;

	/* A backslash can hide the begin of an address. */
	if (!memmem(text, size, START, strlen(START)) &&
	    !memchr(text, '\\', size))
		return;
	memcpy(copy, text, size);
	envfile_begin(&e, copy, size);
	while ((next = envfile_next(&e)) != 0) {
		if (next > 0)
			take_words(pool, e.value, strlen(e.value));
		else
			failed = true;
	}
	if (failed)
		take_any(pool, text, size);
}

/* is_settings - is it NAME.conf, even with a name that is not allowed now? */
static bool
is_settings(const char *file)
{
	const char *dot = strrchr(file, '.');

	return dot && (!strcmp(dot, ".conf") ||
	    (file[0] == '.' && !strcmp(dot, ".pending")));
}

/*
 * read_file - read as much of a file as fits; returns the size, or -1 with errno
 *
 * Unlike with envfile_read, the begin of a file that is too large counts.  A
 * regular file is read at once.
 */
static ssize_t
read_file(int dir, const struct dirent *e, char text[ENVFILE_MAX])
{
	auto_close int fd = openat(dir, e->d_name,
	    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return -1;
	if (e->d_type != DT_REG) {
		if (fstat(fd, &st) < 0)
			return -1;
		if (!S_ISREG(st.st_mode))
			return 0;
	}
	do
		n = read(fd, text, ENVFILE_MAX);
	while (n < 0 && errno == EINTR);
	return n;
}

static int
take_all(struct pool *pool, DIR *d, const char *shown,
    const struct settings_errors *errors)
{
	static char text[ENVFILE_MAX], path[PATH_MAX];
	struct dirent *e;

	for (errno = 0; (e = readdir(d)); errno = 0) {
		ssize_t n;

		if (!is_settings(e->d_name))
			continue;
		n = read_file(dirfd(d), e, text);
		if (n >= 0) {
			take_file(pool, text, (size_t)n);
			continue;
		}
		if (errno == ENOENT)	/* removed meanwhile */
			continue;
		snprintf(path, sizeof(path), "%s/%s", shown, e->d_name);
		settings_report(errors, path, 0, "%s", strerror(errno));
	}
	return errno ? -1 : 0;
}

int
pool_take_settings(struct pool *pool, const char *conf_dir,
    const struct settings_errors *errors)
{
	DIR *d = opendir(conf_dir);
	int r, e;

	if (!d)
		return errno == ENOENT ? 0 : -1;
	r = take_all(pool, d, conf_dir, errors);
	e = errno;
	closedir(d);
	errno = e;
	return r;
}

int
pool_find(const struct pool *pool, char text[POOL_TEXT])
{
	for (int i = 0; i < POOL_PAIRS; i++) {
		unsigned char third = (unsigned char)(i / PER_24);
		unsigned char low = (unsigned char)(i % PER_24 * 2 + 1);

		if (pool->taken[i / 8] & 1 << i % 8)
			continue;
		snprintf(text, POOL_TEXT, "10.233.%d.%d 10.233.%d.%d", third,
		    low, third, low + 1);
		return 0;
	}
	return -1;
}
