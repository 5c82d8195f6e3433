/* SPDX-License-Identifier: MIT */
/* hostfile.c - the settings of the host */
#define _GNU_SOURCE
#include "conf/hostfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "conf/word.h"

#define POOL_KEY "ADDRESS_POOL"

/* The state of reading the file. */
struct reading {
	struct hostfile *host;
	const char *shown;
	const struct settings_errors *errors;
	unsigned line;		/* of ADDRESS_POOL; 0: not given */
	bool failed;
};

#define report(r, ...) do { \
	settings_report((r)->errors, (r)->shown, __VA_ARGS__); \
	(r)->failed = true; } while (0)

/* add_network - one word of ADDRESS_POOL; returns 0, or -1 and why */
static int
add_network(struct hostfile *host, const char *word, struct errmsg *why)
{
	struct ip net, *pool;

	if (pool_network(word, &net, why) < 0)
		return -1;
	pool = &host->pool[net.family == AF_INET ? POOL_IPV4 : POOL_IPV6];
	if (pool->family != 0)
		return errmsg_set(why, "two %s networks (expected one at most)",
		    net.family == AF_INET ? "IPv4" : "IPv6");
	*pool = net;
	return 0;
}

static void
set_pool(struct reading *r, const struct envfile *e)
{
	const char *rest = e->value;
	char word[WORD_SIZE];
	struct errmsg why = { "" };
	int next;

	if (r->line) {
		report(r, e->line, POOL_KEY ": given twice, first in line %u",
		    r->line);
		return;
	}
	r->line = e->line;
	while ((next = word_next(&rest, word)) > 0)
		if (add_network(r->host, word, &why) < 0) {
			report(r, e->line, POOL_KEY ": %s", why.text);
			return;
		}
	if (next < 0)
		report(r, e->line, POOL_KEY ": invalid value \"%.64s\" "
		    "(expected networks, with blanks between them)", e->value);
}

/* on_line - an assignment; else report the line */
static void
on_line(const struct envfile *e, void *arg)
{
	struct reading *r = arg;

	if (e->wrong)
		report(r, e->line, "%s", e->wrong);
	else if (strcmp(e->key, POOL_KEY) != 0)
		report(r, e->line, "%.64s: unknown setting (expected " POOL_KEY
		    ")", e->key);
	else
		set_pool(r, e);
}

int
hostfile_read(struct hostfile *host, const char *path,
    const struct settings_errors *errors)
{
	static char text[ENVFILE_MAX + 1];
	struct reading r = { .host = host, .shown = path, .errors = errors };
	ssize_t n = envfile_read(AT_FDCWD, path, text);
	int e = errno;

	memset(host, 0, sizeof(*host));
	if (n < 0 && e == ENOENT)
		return 0;
	if (n < 0) {
		settings_report_errno(errors, path, e);
		errno = e;
		return -1;
	}
	if (settings_lines(text, (size_t)n, path, errors, on_line, &r) == 0 &&
	    !r.failed)
		return 0;
	errno = EINVAL;
	return -1;
}
