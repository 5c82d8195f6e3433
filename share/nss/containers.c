/* SPDX-License-Identifier: MIT */
/*
 * containers.c - libnss_containers.so.2: NAME.containers on the host
 *
 * With "hosts: files containers dns" in nsswitch.conf(5) each container that
 * has an address is found by its name, and its name by its address.  Nothing
 * is kept: the settings files are read anew at each look-up.  A container in
 * the network of the host is where the host is.
 *
 * Runs in processes of all kinds, setuid ones too: it reads files of CONF_DIR
 * alone, and looks at no variable.  The calls are those of the chapter "Name
 * Service Switch" of the GNU C library's manual.
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
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
	LINE_SIZE = 1024,
	MOST = 1 << 16,		/* bytes of a settings file */
};

struct found {
	char name[NAME_SIZE];
	bool own_network;	/* PRIVATE_NETWORK and its like */
	int n;
	struct { int family; unsigned char a[16]; } addr[ADDRS];
};

static bool
is_name(const char *s, size_t len)
{
	static const char *const reserved[] = { "cache", "containers", "mounts",
	    "policy", "registries", "sigstore", "storage" };
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

	if (len == 0 || len >= NAME_SIZE || strspn(s, ok) < len ||
	    s[0] == '-' || s[len - 1] == '-')
		return false;
	for (size_t i = 0; i < sizeof(reserved) / sizeof(*reserved); i++)
		if (strlen(reserved[i]) == len && !memcmp(s, reserved[i], len))
			return false;
	return true;
}

static void
add(struct found *f, int family, const void *a)
{
	if (f->n == ADDRS)
		return;
	f->addr[f->n].family = family;
	memcpy(f->addr[f->n++].a, a, family == AF_INET ? 4 : 16);
}

/* add_text - an address, or several, each with a prefix length or none */
static void
add_text(struct found *f, char *value)
{
	unsigned char a[16];
	char *save = NULL, *word;

	for (word = strtok_r(value, " \t,", &save); word;
	    word = strtok_r(NULL, " \t,", &save)) {
		word[strcspn(word, "/")] = '\0';
		if (inet_pton(AF_INET, word, a) == 1)
			add(f, AF_INET, a);
		else if (inet_pton(AF_INET6, word, a) == 1)
			add(f, AF_INET6, a);
	}
}

/* take_line - one KEY=VALUE of the settings, the value in quotes or not */
static void
take_line(struct found *f, char *line)
{
	char *value = strchr(line, '=');
	size_t len;

	if (!value)
		return;
	*value++ = '\0';
	len = strlen(value);
	if (len >= 2 && *value == '"' && value[len - 1] == '"') {
		value[len - 1] = '\0';
		value++;
	}
	if (!strcmp(line, "LOCAL_ADDRESS") || !strcmp(line, "LOCAL_ADDRESS6"))
		add_text(f, value);
	else if (!strcmp(line, "PRIVATE_NETWORK"))
		f->own_network |= !strcmp(value, "1");
	else if (!strcmp(line, "NETWORK_NAMESPACE_PATH") ||
	    !strcmp(line, "INTERFACES") || !strcmp(line, "MACVLANS"))
		f->own_network |= *value != '\0';
}

/* feed - put bytes of the settings together to lines; one too long is none */
struct feed {
	char line[LINE_SIZE];
	size_t have;
	bool too_long;
};

static void
feed(struct found *f, struct feed *in, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] != '\n') {
			if (in->have < LINE_SIZE - 1)
				in->line[in->have++] = bytes[i];
			else
				in->too_long = true;
			continue;
		}
		in->line[in->have] = '\0';
		if (!in->too_long)
			take_line(f, in->line);
		in->have = 0;
		in->too_long = false;
	}
}

static int
open_settings(int dir, const char *name)
{
	char file[NAME_SIZE + 8];
	struct stat st;
	int fd;

	snprintf(file, sizeof(file), "%s.conf", name);
	/* A declared container's is a link; what is no file must not block. */
	fd = openat(dir, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= MOST)
		return fd;
	close(fd);
	return -1;
}

/* read_settings - false: there are none that could be read */
static bool
read_settings(int dir, struct found *f)
{
	struct feed in = { .have = 0 };
	char bytes[1024];
	ssize_t n;
	int fd = open_settings(dir, f->name);

	if (fd < 0)
		return false;
	for (size_t all = 0; all <= MOST &&
	    (n = read(fd, bytes, sizeof(bytes))) > 0; all += (size_t)n)
		feed(f, &in, bytes, (size_t)n);
	feed(f, &in, "\n", 1);
	close(fd);
	if (!f->own_network) {
		f->n = 0;
		add(f, AF_INET, &(struct in_addr){ htonl(INADDR_LOOPBACK) });
		add(f, AF_INET6, &in6addr_loopback);
	}
	return true;
}

static int
open_dir(void)
{
	return open(CONF_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* find - the container of a name like web.containers */
static bool
find(const char *host, struct found *f)
{
	size_t len = strlen(host), suffix = sizeof(SUFFIX) - 1;
	bool there;
	int dir;

	memset(f, 0, sizeof(*f));
	if (len > 0 && host[len - 1] == '.')
		len--;
	if (len <= suffix || strncasecmp(host + len - suffix, SUFFIX, suffix) ||
	    !is_name(host, len - suffix))
		return false;
	memcpy(f->name, host, len - suffix);
	if ((dir = open_dir()) < 0)
		return false;
	there = read_settings(dir, f);
	for (char *c = f->name; !there && *c; c++)	/* as in the DNS */
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	there = there || read_settings(dir, f);
	close(dir);
	return there && f->n > 0;
}

/* find_addr - the container that has an address of its own */
static bool
find_addr(const void *addr, size_t len, int family, struct found *f)
{
	bool there = false;
	struct dirent *e;
	DIR *d = opendir(CONF_DIR);

	while (d && !there && (e = readdir(d))) {
		const char *dot = strrchr(e->d_name, '.');

		if (!dot || strcmp(dot, ".conf") != 0 ||
		    !is_name(e->d_name, (size_t)(dot - e->d_name)))
			continue;
		memset(f, 0, sizeof(*f));
		memcpy(f->name, e->d_name, (size_t)(dot - e->d_name));
		if (!read_settings(dirfd(d), f) || !f->own_network)
			continue;
		for (int i = 0; i < f->n; i++)
			there |= f->addr[i].family == family &&
			    !memcmp(f->addr[i].a, addr, len);
	}
	if (d)
		closedir(d);
	return there;
}

/* The caller's buffer, from which all of an answer is cut. */
struct room {
	char *at;
	size_t left;
};

/* cut - n bytes that can hold a pointer; NULL: there are not so many left */
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

/* fill - the answer to those calls that know one family */
static enum nss_status
fill(const struct found *f, int family, struct hostent *h, struct room room,
    int *errnop, int *h_errnop)
{
	int len = family == AF_INET ? 4 : 16, n = 0;
	char **lists;

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
	h->h_length = len;
	h->h_addr_list = lists;
	for (int i = 0; i < f->n; i++) {
		if (f->addr[i].family != family)
			continue;
		if (!(*lists = cut(&room, (size_t)len)))
			return too_small(errnop, h_errnop);
		memcpy(*lists++, f->addr[i].a, (size_t)len);
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
	if (!(canon = cut_name(&room, &f)))
		return too_small(errnop, h_errnop);
	/* The last first, each leading to the one that was cut before. */
	for (int i = f.n - 1; i >= 0; i--) {
		struct gaih_addrtuple *next = t;

		if (!(t = cut(&room, sizeof(*t))))
			return too_small(errnop, h_errnop);
		*t = (struct gaih_addrtuple){ .next = next, .name = canon,
		    .family = f.addr[i].family };
		memcpy(t->addr, f.addr[i].a, sizeof(f.addr[i].a));
	}
	/* The caller may have made the first one itself. */
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

	if (len != (family == AF_INET ? 4 : 16) ||
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
