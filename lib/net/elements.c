/* SPDX-License-Identifier: MIT */
/*
 * elements.c - the elements of nftables, as the kernel has them
 *
 * A thousand containers have some thousand elements.  Each set is read in one dump,
 * and the text of an element is made into the bytes that the kernel compares.
 */
#define _GNU_SOURCE
#include "net/elements.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"

#define TABLE "nixos-container"

/* Larger than what the kernel puts into one datagram of a dump. */
enum { RX = 1 << 16, TX = 256, TRIES = 10 };

/* put - append a field; in a concatenation each has a multiple of four bytes */
static int
put(struct element *to, const void *data, size_t n)
{
	size_t size = (n + 3) & ~(size_t)3;

	if (size > sizeof(to->byte) - to->size)
		return -1;
	memset(to->byte + to->size, 0, size);
	memcpy(to->byte + to->size, data, n);
	to->size = (uint8_t)(to->size + size);
	return 0;
}

/* put_name - an interface, in quotes */
static int
put_name(struct element *to, const char *word)
{
	char name[IFNAMSIZ] = "";
	size_t n = strlen(word);

	if (n < 2 || n - 2 >= sizeof(name))
		return -1;
	memcpy(name, word + 1, n - 2);
	return put(to, name, sizeof(name));
}

/* put_bytes - pairs of hexadecimal digits, with a character between or none */
static int
put_bytes(struct element *to, const char *word, size_t step)
{
	char pair[3] = "";
	uint8_t byte[16];
	size_t n = 0;

	for (; n < sizeof(byte) && word[0] && word[1]; n++) {
		memcpy(pair, word, 2);
		byte[n] = (uint8_t)strtoul(pair, NULL, 16);
		word += strnlen(word, step);
	}
	return put(to, byte, n);
}

/* put_number - a protocol or a port */
static int
put_number(struct element *to, const char *word)
{
	static const struct { const char *name; uint8_t number; } known[] = {
		{ "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP },
	};
	uint16_t port = htons((uint16_t)strtoul(word, NULL, 10));

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(word, known[i].name))
			return put(to, &known[i].number, 1);
	return port ? put(to, &port, sizeof(port)) : -1;
}

/* put_word - a field by its form: those of lib/conf/rules.c */
static int
put_word(struct element *to, const char *word)
{
	uint8_t byte[16];

	if (*word == '"')
		return put_name(to, word);
	if (inet_pton(AF_INET, word, byte) == 1)
		return put(to, byte, 4);
	if (inet_pton(AF_INET6, word, byte) == 1)
		return put(to, byte, 16);
	if (!strncmp(word, "0x", 2))
		return put_bytes(to, word + 2, 2);
	if (strchr(word, ':'))
		return put_bytes(to, word, 3);
	return put_number(to, word);
}

/* encode - the bytes of an element: fields with " . " or " : " between them */
static int
encode(const char *text, struct element *to)
{
	char copy[256], *rest = NULL, *word;

	to->size = 0;
	if (strlen(text) >= sizeof(copy))
		return -1;
	strcpy(copy, text);
	for (word = strtok_r(copy, " ", &rest); word;
	    word = strtok_r(NULL, " ", &rest))
		if (strcmp(word, ".") && strcmp(word, ":") &&
		    put_word(to, word) < 0)
			return -1;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct element *x = a, *y = b;

	if (x->size != y->size)
		return x->size - y->size;
	return memcmp(x->byte, y->byte, x->size);
}

static struct element *
new_element(struct elements_set *set)
{
	if (set->n == set->room) {
		size_t more = 2 * set->room + 64;
		void *p = realloc(set->list, more * sizeof(*set->list));

		if (!p)
			return NULL;
		set->list = p;
		set->room = more;
	}
	set->list[set->n].size = 0;
	return &set->list[set->n++];
}

/* add_value - the bytes in an attribute for a key or for data */
static int
add_value(struct element *to, const struct nlattr *data)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, data)
		if (mnl_attr_get_type(attr) == NFTA_DATA_VALUE)
			return put(to, mnl_attr_get_payload(attr),
			    mnl_attr_get_payload_len(attr));
	return 0;
}

static int
add_element(struct elements_set *set, const struct nlattr *element)
{
	struct element *to = new_element(set);
	const struct nlattr *attr;

	if (!to)
		return -1;
	/* The kernel puts the key first. */
	mnl_attr_for_each_nested(attr, element) {
		int type = mnl_attr_get_type(attr);

		if ((type == NFTA_SET_ELEM_KEY || type == NFTA_SET_ELEM_DATA) &&
		    add_value(to, attr) < 0)
			to->size = 0;
	}
	return 0;
}

static int
on_answer(const struct nlmsghdr *h, void *arg)
{
	const struct nlattr *attr, *element;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(struct nfgenmsg))
		return MNL_CB_OK;
	mnl_attr_for_each(attr, h, sizeof(struct nfgenmsg)) {
		if (mnl_attr_get_type(attr) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		mnl_attr_for_each_nested(element, attr)
			if (add_element(arg, element) < 0)
				return MNL_CB_ERROR;
	}
	return MNL_CB_OK;
}

/* request - a dump of the set; returns the size of the message */
static size_t
request(const struct elements_set *set, char buf[TX])
{
	struct nfgenmsg head = { .version = NFNETLINK_V0 };
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);

	/* As in lib/conf/ruleset.c */
	head.nfgen_family = strncmp(set->name, "port", 4) ? NFPROTO_INET :
	    NFPROTO_BRIDGE;
	h->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSETELEM;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = 1;
	memcpy(mnl_nlmsg_put_extra_header(h, sizeof(head)), &head, sizeof(head));
	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_TABLE, TABLE);
	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_SET, set->name);
	return h->nlmsg_len;
}

/* dump - returns 0, or -1 with errno; EINTR: the set changed meanwhile */
static int
dump(struct elements_set *set)
{
	static _Alignas(struct nlmsghdr) char rx[RX];
	_Alignas(struct nlmsghdr) char tx[TX];
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	auto_close int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
	    NETLINK_NETFILTER);
	int more = MNL_CB_OK;
	ssize_t n;

	set->n = 0;
	if (fd < 0 ||
	    connect(fd, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0 ||
	    send(fd, tx, request(set, tx), 0) < 0)
		return -1;
	while (more > MNL_CB_STOP) {
		n = recv(fd, rx, sizeof(rx), MSG_TRUNC);
		if (n < 0)
			return -1;
		if ((size_t)n > sizeof(rx)) {
			errno = EMSGSIZE;
			return -1;
		}
		more = mnl_cb_run(rx, (size_t)n, 1, 0, on_answer, set);
	}
	return more;
}

static int
read_set(struct elements_set *set)
{
	int r = -1;

	for (int i = 0; i < TRIES && r < 0; i++) {
		r = dump(set);
		/* No such set; or no nftables in the kernel */
		if (r < 0 && (errno == ENOENT || errno == EINVAL ||
		    errno == EPROTONOSUPPORT))
			r = 0;
		if (r < 0 && errno != EINTR)
			return -1;
	}
	if (r == 0 && set->n > 1)
		qsort(set->list, set->n, sizeof(*set->list), compare);
	return r;
}

/* find_set - the set, which is read if it is new; NULL with errno */
static const struct elements_set *
find_set(struct elements *e, const char *name, size_t n)
{
	struct elements_set *set = e->set;

	for (int i = 0; i < e->sets; i++, set++)
		if (strlen(set->name) == n && !strncmp(set->name, name, n))
			return set;
	if (e->sets == ELEMENTS_SETS || n >= ELEMENTS_NAME) {
		errno = EINVAL;
		return NULL;
	}
	memcpy(set->name, name, n);
	set->name[n] = '\0';
	if (read_set(set) < 0)
		return NULL;
	e->sets++;
	return set;
}

int
elements_has(struct elements *e, const char *line)
{
	size_t n = strcspn(line, " ");
	const struct elements_set *set;
	struct element wanted;

	if (!line[n] || encode(line + n + 1, &wanted) < 0) {
		errno = EINVAL;
		return -1;
	}
	set = find_set(e, line, n);
	if (!set)
		return -1;
	return set->n > 0 && bsearch(&wanted, set->list, set->n,
	    sizeof(wanted), compare) != NULL;
}
