/* SPDX-License-Identifier: MIT */
/* nss.c - a settings file, as the module for nsswitch.conf reads it */
#define CONF_DIR "in"
#include "../../share/nss/containers.c"

#include "fuzz.h"

static void
put(const uint8_t *data, size_t size)
{
	int fd = open("in/web.conf", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0600);

	fuzz_must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
}

/* within - the whole answer must be in the caller's buffer */
static void
within(const void *p, size_t n, const char *buf, size_t size)
{
	fuzz_must((const char *)p >= buf && (const char *)p + n <= buf + size);
}

static void
by_name(int family, size_t size)
{
	char *buf = malloc(size);
	struct hostent h;
	int e, he;

	fuzz_must(buf);
	if (_nss_containers_gethostbyname2_r("web.containers", family, &h, buf,
	    size, &e, &he) == NSS_STATUS_SUCCESS) {
		within(h.h_name, strlen(h.h_name) + 1, buf, size);
		fuzz_must(!strcmp(h.h_name, "web.containers"));
		for (char **a = h.h_addr_list; *a; a++)
			within(*a, (size_t)h.h_length, buf, size);
		fuzz_must(h.h_addr_list[0]);
	}
	free(buf);
}

static void
tuples(size_t size)
{
	struct gaih_addrtuple *t = NULL;
	char *buf = malloc(size);
	int32_t ttl;
	int e, he;

	fuzz_must(buf);
	if (_nss_containers_gethostbyname4_r("web.containers", &t, buf, size,
	    &e, &he, &ttl) == NSS_STATUS_SUCCESS)
		for (; t; t = t->next)
			within(t, sizeof(*t), buf, size);
	free(buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char addr[4] = { 10, 233, 0, 2 };
	char name[256];
	struct hostent h;
	struct found f;
	int e, he;

	fuzz_dir();
	put(data, size);
	for (size_t room = 16; room <= 1024; room *= 4) {
		by_name(AF_INET, room + 3);
		by_name(AF_INET6, room + 3);
		tuples(room + 5);
	}
	(void)_nss_containers_gethostbyaddr_r(addr, 4, AF_INET, &h, name,
	    sizeof(name), &e, &he);
	/* The input as a name, too. */
	snprintf(name, sizeof(name), "%.*s", (int)(size < 200 ? size : 200),
	    size ? (const char *)data : "");
	if (find(name, &f))
		fuzz_must(name_ok(f.name));
	return 0;
}
