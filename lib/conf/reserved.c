/* SPDX-License-Identifier: MIT */
/* reserved.c - the addresses in the settings of all containers */
#define _GNU_SOURCE
#include "conf/reserved.h"

#include <arpa/inet.h>
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

/* The characters of an address with a prefix length, and one that it must have. */
static const struct {
	const char *part;
	char sign;
} forms[POOLS] = {
	[POOL_IPV4] = { "0123456789./", '.' },
	[POOL_IPV6] = { "0123456789abcdefABCDEF:./", ':' },
};

static void
take_text(struct pool *pool, const char *text)
{
	struct ip ip;

	if (ip_parse(text, pool->net.family, &ip) == 0)
		pool_take(pool, ip.family, ip.byte, ip.prefix);
}

/* take_word - an address, maybe with a prefix length, which may be wrong */
static void
take_word(struct pool *pool, char *word)
{
	char *slash = strchr(word, '/');

	take_text(pool, word);
	if (!slash)
		return;
	*slash = '\0';
	take_text(pool, word);
}

/* take_family - each address of a family in a line, whatever is around it */
static void
take_family(struct pool *pool, const char *part, const char *line, size_t size)
{
	char word[INET6_ADDRSTRLEN + sizeof("/128")];
	bool is_part[256] = { false };
	size_t n;

	for (; *part; part++)
		is_part[(unsigned char)*part] = true;
	for (size_t i = 0; i < size; i += n ? n : 1) {
		for (n = 0; i + n < size && is_part[(unsigned char)line[i + n]];
		    n++)
			;
		if (n == 0 || n >= sizeof(word))
			continue;
		memcpy(word, line + i, n);
		word[n] = '\0';
		take_word(pool, word);
	}
}

static void
take_words(struct pool pool[POOLS], const char *line, size_t size)
{
	for (int i = 0; i < POOLS; i++)
		if (pool[i].net.family != 0 &&
		    memchr(line, forms[i].sign, size))
			take_family(&pool[i], forms[i].part, line, size);
}

/* take_any - take each address of a file with errors, except in comments */
static void
take_any(struct pool pool[POOLS], const char *text, size_t size)
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
take_file(struct pool pool[POOLS], const char *text, size_t size)
{
	static char copy[ENVFILE_MAX + 1];
	struct envfile e;
	bool failed = memchr(text, '\0', size) != NULL;
	int next;

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
take_all(struct pool pool[POOLS], DIR *d, const char *shown,
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
reserved_read(struct pool pool[POOLS], const char *conf_dir,
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
