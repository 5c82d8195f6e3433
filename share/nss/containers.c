/* SPDX-License-Identifier: MIT */
/*
 * containers.c - libnss_containers.so.2: NAME.containers on the host
 *
 * With "hosts: files containers dns" in nsswitch.conf(5) each container with an
 * address resolves by name, and its address resolves to the name.  It has no
 * cache: each look-up reads the settings files.  A container in the host's
 * network resolves to the loopback addresses.
 *
 * It runs in any process, even a setuid one: it reads files of CONF_DIR only,
 * and ignores the environment.  The parser is ctr-conf's; it skips wrong lines.
 * The calls are those of the chapter "Name Service Switch" of the GNU C library's
 * manual.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <nss.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/name.h"
#include "conf/envfile.h"
#include "conf/ip.h"

#pragma GCC visibility push(default)
nss_gethostbyname_r _nss_containers_gethostbyname_r;
nss_gethostbyname2_r _nss_containers_gethostbyname2_r;
nss_gethostbyname3_r _nss_containers_gethostbyname3_r;
nss_gethostbyname4_r _nss_containers_gethostbyname4_r;
nss_gethostbyaddr_r _nss_containers_gethostbyaddr_r;
nss_gethostbyaddr2_r _nss_containers_gethostbyaddr2_r;
#pragma GCC visibility pop

#define SUFFIX ".containers"

enum {
	NAME_SIZE = 64,
	ADDRS = 8,
};

struct found {
	char name[NAME_SIZE];
	bool own_network;	/* PRIVATE_NETWORK and similar settings */
	int n;
	struct { int family; unsigned char a[16]; } addr[ADDRS];
};

/* copy_name - copy n bytes, if they are a container's name */
static bool
copy_name(struct found *f, const char *s, size_t n)
{
	if (n >= NAME_SIZE)
		return false;
	memcpy(f->name, s, n);
	f->name[n] = '\0';
	return name_ok(f->name) && !name_reserved(f->name);
}

/* size_of - bytes of an address */
static size_t
size_of(int family)
{
	return family == AF_INET ? 4 : 16;
}

static void
add(struct found *f, int family, const void *a)
{
	if (f->n == ADDRS)
		return;
	f->addr[f->n].family = family;
	memcpy(f->addr[f->n++].a, a, size_of(family));
}

/* add_text - add one or several addresses, with or without prefix lengths */
static void
add_text(struct found *f, int family, char *value)
{
	char *save = NULL, *word;
	struct ip ip;

	for (word = strtok_r(value, " \t,", &save); word;
	    word = strtok_r(NULL, " \t,", &save))
		if (ip_parse(word, family, &ip) == 0)
			add(f, family, ip.byte);
}

static void
take(struct found *f, const char *key, char *value)
{
	if (!strcmp(key, "LOCAL_ADDRESS"))
		add_text(f, AF_INET, value);
	else if (!strcmp(key, "LOCAL_ADDRESS6"))
		add_text(f, AF_INET6, value);
	else if (!strcmp(key, "PRIVATE_NETWORK"))
		f->own_network |= !strcmp(value, "1");
	else if (!strcmp(key, "NETWORK_NAMESPACE_PATH") ||
	    !strcmp(key, "INTERFACES") || !strcmp(key, "MACVLANS"))
		f->own_network |= *value != '\0';
}

/* read_text - read the settings file into text; returns its length, or -1 */
static ssize_t
read_text(int dir, const char *name, char *text)
{
	char file[NAME_SIZE + 8];
	unsigned line = 0;
	ssize_t n;

	snprintf(file, sizeof(file), "%s.conf", name);
	n = envfile_read(dir, file, text);
	if (n < 0 || envfile_bad_line(text, (size_t)n, &line))
		return -1;
	return n;
}

/* read_settings - fill f with the addresses; false if they cannot be read */
static bool
read_settings(int dir, struct found *f)
{
	/* Not on the stack: a thread may have a small one. */
	char *text = malloc(ENVFILE_MAX + 1);
	ssize_t n = -1;
	struct envfile e;
	int next;

	if (text)
		n = read_text(dir, f->name, text);
	if (n >= 0) {
		envfile_begin(&e, text, (size_t)n);
		while ((next = envfile_next(&e)) != 0)
			if (next > 0)
				take(f, e.key, e.value);
	}
	free(text);
	if (n >= 0 && !f->own_network) {
		f->n = 0;
		add(f, AF_INET, &(struct in_addr){ htonl(INADDR_LOOPBACK) });
		add(f, AF_INET6, &in6addr_loopback);
	}
	return n >= 0;
}

static int
open_dir(void)
{
	return open(CONF_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* find - find a container by a host name like web.containers */
static bool
find(const char *host, struct found *f)
{
	size_t len = strlen(host), suffix = sizeof(SUFFIX) - 1;
	bool found;
	int dir;

	memset(f, 0, sizeof(*f));
	if (len > 0 && host[len - 1] == '.')
		len--;
	if (len <= suffix || strncasecmp(host + len - suffix, SUFFIX, suffix) ||
	    !copy_name(f, host, len - suffix))
		return false;
	dir = open_dir();
	if (dir < 0)
		return false;
	found = read_settings(dir, f);
	for (char *c = f->name; !found && *c; c++)	/* DNS ignores case */
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	found = found || read_settings(dir, f);
	close(dir);
	return found && f->n > 0;
}

/* find_addr - find the container with this address, if it has its own network */
static bool
find_addr(const void *addr, size_t len, int family, struct found *f)
{
	bool found = false;
	struct dirent *e;
	DIR *d = opendir(CONF_DIR);

	while (d && !found && (e = readdir(d))) {
		const char *dot = strrchr(e->d_name, '.');

		memset(f, 0, sizeof(*f));
		if (!dot || strcmp(dot, ".conf") != 0 ||
		    !copy_name(f, e->d_name, (size_t)(dot - e->d_name)))
			continue;
		if (!read_settings(dirfd(d), f) || !f->own_network)
			continue;
		for (int i = 0; i < f->n; i++)
			found |= f->addr[i].family == family &&
			    !memcmp(f->addr[i].a, addr, len);
	}
	if (d)
		closedir(d);
	return found;
}

/* The caller's buffer; the answer is allocated from it. */
struct room {
	char *at;
	size_t left;
};

/* cut - allocate n bytes, aligned for a pointer; NULL if too few are left */
static void *
cut(struct room *room, size_t n)
{
	size_t pad = -(uintptr_t)room->at % sizeof(void *);
	char *p = room->at + pad;

	if (room->left < pad || room->left - pad < n)
		return NULL;
	room->at = p + n;
	room->left -= pad + n;
	return p;
}

static char *
cut_name(struct room *room, const struct found *f)
{
	size_t n = strlen(f->name);
	char *name = cut(room, n + sizeof(SUFFIX));

	if (name) {
		memcpy(name, f->name, n);
		memcpy(name + n, SUFFIX, sizeof(SUFFIX));
	}
	return name;
}

static enum nss_status
nothing(int *errnop, int *h_errnop)
{
	*errnop = ENOENT;
	*h_errnop = HOST_NOT_FOUND;
	return NSS_STATUS_NOTFOUND;
}

static enum nss_status
too_small(int *errnop, int *h_errnop)
{
	*errnop = ERANGE;
	*h_errnop = NETDB_INTERNAL;
	return NSS_STATUS_TRYAGAIN;
}

/* fill - fill in the answer of calls for one family */
static enum nss_status
fill(const struct found *f, int family, struct hostent *h, struct room room,
    int *errnop, int *h_errnop)
{
	size_t len = size_of(family);
	char **lists;
	int n = 0;

	for (int i = 0; i < f->n; i++)
		n += f->addr[i].family == family;
	if (n == 0) {
		*errnop = ENOENT;
		*h_errnop = NO_DATA;
		return NSS_STATUS_NOTFOUND;
	}
	h->h_name = cut_name(&room, f);
	lists = cut(&room, (size_t)(n + 2) * sizeof(char *));
	if (!h->h_name || !lists)
		return too_small(errnop, h_errnop);
	h->h_addrtype = family;
	h->h_length = (int)len;
	h->h_addr_list = lists;
	for (int i = 0; i < f->n; i++) {
		if (f->addr[i].family != family)
			continue;
		*lists = cut(&room, len);
		if (!*lists)
			return too_small(errnop, h_errnop);
		memcpy(*lists++, f->addr[i].a, len);
	}
	*lists++ = NULL;
	*lists = NULL;
	h->h_aliases = lists;
	*h_errnop = NETDB_SUCCESS;
	return NSS_STATUS_SUCCESS;
}

enum nss_status
_nss_containers_gethostbyname3_r(const char *name, int family,
    struct hostent *h, char *buf, size_t size, int *errnop, int *h_errnop,
    int32_t *ttl, char **canon)
{
	struct found f;
	enum nss_status s;

	if (family == AF_UNSPEC)
		family = AF_INET;
	if ((family != AF_INET && family != AF_INET6) || !find(name, &f))
		return nothing(errnop, h_errnop);
	s = fill(&f, family, h, (struct room){ buf, size }, errnop, h_errnop);
	if (s == NSS_STATUS_SUCCESS && ttl)
		*ttl = 0;
	if (s == NSS_STATUS_SUCCESS && canon)
		*canon = h->h_name;
	return s;
}

enum nss_status
_nss_containers_gethostbyname2_r(const char *name, int family,
    struct hostent *h, char *buf, size_t size, int *errnop, int *h_errnop)
{
	return _nss_containers_gethostbyname3_r(name, family, h, buf, size,
	    errnop, h_errnop, NULL, NULL);
}

enum nss_status
_nss_containers_gethostbyname_r(const char *name, struct hostent *h,
    char *buf, size_t size, int *errnop, int *h_errnop)
{
	return _nss_containers_gethostbyname3_r(name, AF_INET, h, buf, size,
	    errnop, h_errnop, NULL, NULL);
}

enum nss_status
_nss_containers_gethostbyname4_r(const char *name, struct gaih_addrtuple **pat,
    char *buf, size_t size, int *errnop, int *h_errnop, int32_t *ttl)
{
	struct room room = { buf, size };
	struct gaih_addrtuple *t = NULL;
	struct found f;
	char *canon;

	if (!find(name, &f))
		return nothing(errnop, h_errnop);
	canon = cut_name(&room, &f);
	if (!canon)
		return too_small(errnop, h_errnop);
	/* From the last to the first, so that each can point to the next. */
	for (int i = f.n - 1; i >= 0; i--) {
		struct gaih_addrtuple *next = t;

		t = cut(&room, sizeof(*t));
		if (!t)
			return too_small(errnop, h_errnop);
		*t = (struct gaih_addrtuple){ .next = next, .name = canon,
		    .family = f.addr[i].family };
		memcpy(t->addr, f.addr[i].a, sizeof(f.addr[i].a));
	}
	/* The caller may have allocated the first element itself. */
	if (*pat)
		**pat = *t;
	else
		*pat = t;
	if (ttl)
		*ttl = 0;
	*h_errnop = NETDB_SUCCESS;
	return NSS_STATUS_SUCCESS;
}

enum nss_status
_nss_containers_gethostbyaddr2_r(const void *addr, socklen_t len, int family,
    struct hostent *h, char *buf, size_t size, int *errnop, int *h_errnop,
    int32_t *ttl)
{
	struct found f;

	if (len != size_of(family) ||
	    (family != AF_INET && family != AF_INET6) ||
	    !find_addr(addr, len, family, &f))
		return nothing(errnop, h_errnop);
	f.n = 1;
	f.addr[0].family = family;
	memcpy(f.addr[0].a, addr, len);
	if (ttl)
		*ttl = 0;
	return fill(&f, family, h, (struct room){ buf, size }, errnop, h_errnop);
}

enum nss_status
_nss_containers_gethostbyaddr_r(const void *addr, socklen_t len, int family,
    struct hostent *h, char *buf, size_t size, int *errnop, int *h_errnop)
{
	return _nss_containers_gethostbyaddr2_r(addr, len, family, h, buf, size,
	    errnop, h_errnop, NULL);
}
