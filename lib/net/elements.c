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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "net/query.h"

#define TABLE "nixos-container"

/* How often to read a set that changes meanwhile. */
enum { TRIES = 10 };

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

/* put_number - a protocol, a family or a port */
static int
put_number(struct element *to, const char *word)
{
	static const struct { const char *name; uint8_t number; } known[] = {
		{ "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP },
		{ "ipv4", NFPROTO_IPV4 }, { "ipv6", NFPROTO_IPV6 },
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

/* encode_key - the fields up to a ":"; of a range of ports the first or last */
static int
encode_key(char **rest, bool last, struct element *to)
{
	char *word, *dash;

	for (word = strtok_r(NULL, " ", rest); word && strcmp(word, ":");
	    word = strtok_r(NULL, " ", rest)) {
		dash = *word == '"' ? NULL : strchr(word, '-');
		if (dash && last)
			word = dash + 1;
		else if (dash)
			*dash = '\0';
		if (strcmp(word, ".") && put_word(to, word) < 0)
			return -1;
	}
	return 0;
}

/*
 * encode - the bytes of an element of n characters: key, the end of a range, data
 *
 * The fields are words with "." between them, and ":" is before the data.
 */
static int
encode(const char *text, size_t n, bool range, struct element *to)
{
	char copy[2][256], *rest = copy[0], *end = copy[1];

	to->size = 0;
	if (n >= sizeof(copy[0]))
		return -1;
	snprintf(copy[0], sizeof(copy[0]), "%.*s", (int)n, text);
	strcpy(copy[1], copy[0]);
	if (encode_key(&rest, false, to) < 0 ||
	    (range && encode_key(&end, true, to) < 0))
		return -1;
	return encode_key(&rest, false, to);
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
	/* The kernel puts the key first, then its end. */
	mnl_attr_for_each_nested(attr, element) {
		int type = mnl_attr_get_type(attr);

		if ((type == NFTA_SET_ELEM_KEY || type == NFTA_SET_ELEM_KEY_END ||
		    type == NFTA_SET_ELEM_DATA) && add_value(to, attr) < 0)
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

/* dump - returns 0, or -1 with errno; EINTR: the set changed meanwhile */
static int
dump(struct elements_set *set)
{
	_Alignas(8) char tx[QUERY_TX];
	struct nlmsghdr *h = mnl_nlmsg_put_header(tx);
	auto_close int fd = query_open(NETLINK_NETFILTER);
	struct nfgenmsg *head;

	set->n = 0;
	if (fd < 0)
		return -1;
	h->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSETELEM;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	head = mnl_nlmsg_put_extra_header(h, sizeof(*head));
	head->version = NFNETLINK_V0;
	/* As in lib/conf/ruleset.c */
	head->nfgen_family = strncmp(set->name, "port", 4) ? NFPROTO_INET :
	    NFPROTO_BRIDGE;
	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_TABLE, TABLE);
	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_SET, set->name);
	return query_run(fd, h, on_answer, set);
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

/* has - one element of n characters */
static int
has(const struct elements_set *set, const char *text, size_t n)
{
	struct element wanted;

	if (encode(text, n, strstr(set->name, "_range"), &wanted) < 0) {
		errno = EINVAL;
		return -1;
	}
	return set->n > 0 && bsearch(&wanted, set->list, set->n,
	    sizeof(wanted), compare) != NULL;
}

int
elements_has(struct elements *e, const char *line)
{
	size_t n = strcspn(line, " ");
	const struct elements_set *set = find_set(e, line, n);
	int r = 1;

	if (!set)
		return -1;
	while (r > 0 && line[n]) {
		line += n + strspn(line + n, ", ");
		n = strcspn(line, ",");
		r = has(set, line, n);
	}
	return r;
}
