/* SPDX-License-Identifier: MIT */
/* show.c - print the network of a container, as text or JSON */
#include "net/show.h"

#include <errno.h>
#include <stdint.h>

#include "base/fd.h"
#include "base/json.h"
#include "net/netns.h"

static void
json_or_null(FILE *f, const char *key, const char *s)
{
	fprintf(f, ",\"%s\":", key);
	if (*s)
		json_text(f, s);
	else
		fputs("null", f);
}

static void
mac_text(const uint8_t m[6], char buf[18])
{
	snprintf(buf, 18, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2],
	    m[3], m[4], m[5]);
}

static void
json_end(FILE *f, const struct link *link, const struct address_list *list)
{
	const char *up = link->flags & IFF_UP ? "true" : "false";
	char text[ADDRESS_TEXT];

	fputs("\"ifname\":", f);
	json_text(f, link->name);
	mac_text(link->mac, text);
	fprintf(f, ",\"ifindex\":%d,\"up\":%s,\"mtu\":%u,\"mac\":\"%s\","
	    "\"addresses\":[", link->index, up, link->mtu, text);
	for (int i = 0; i < list->n; i++)
		fprintf(f, "%s\"%s\"", i ? "," : "",
		    address_text(&list->addr[i], true, text));
	putc(']', f);
}

/* json_begin - begin an object of the array */
static void
json_begin(struct show *show)
{
	if (show->n++ > 0)
		fputs(",\n", show->out);
	fputs("{\"name\":", show->out);
	json_text(show->out, show->at.name);
	json_or_null(show->out, "netns", show->at.netns);
}

static void
json_pair(struct show *show, const struct veth_found *pair)
{
	FILE *f = show->out;

	json_begin(show);
	fputs(",\"host\":{", f);
	json_end(f, &pair->host, &pair->set.host);
	json_or_null(f, "altname", pair->host.alt);
	json_or_null(f, "bridge", pair->bridge.name);
	fputs("},\"local\":", f);
	if (pair->inner.index) {
		putc('{', f);
		json_end(f, &pair->inner, &pair->set.inner);
		putc('}', f);
	} else {
		fputs("null", f);
	}
	putc('}', f);
}

static void
text_end(FILE *f, const struct link *link, const struct address_list *list)
{
	char text[ADDRESS_TEXT];

	for (const char *s = link->name; *s; s++)
		putc(*s < ' ' || *s > '~' ? '?' : *s, f);
	mac_text(link->mac, text);
	fprintf(f, " ifindex %d %s mtu %u mac %s", link->index,
	    link->flags & IFF_UP ? "up" : "down", link->mtu, text);
	for (int i = 0; i < list->n; i++)
		fprintf(f, " addr %s", address_text(&list->addr[i], true, text));
}

static void
text_pair(struct show *show, const struct veth_found *pair)
{
	FILE *f = show->out;

	fprintf(f, "%s host ", show->at.name);
	text_end(f, &pair->host, &pair->set.host);
	if (*pair->host.alt)
		fprintf(f, " altname %s", pair->host.alt);
	if (*pair->bridge.name)
		fprintf(f, " bridge %s", pair->bridge.name);
	putc('\n', f);
	if (!pair->inner.index)
		return;
	fprintf(f, "%s local ", show->at.name);
	text_end(f, &pair->inner, &pair->set.inner);
	fprintf(f, " netns %s\n", show->at.netns);
}

static void
show_nic(struct show *show, const struct nic_record *nic)
{
	const char *kind = nic->moved ? "moved" : nic->kind;

	if (show->json) {
		json_begin(show);
		fputs(",\"host\":null,\"local\":{\"ifname\":", show->out);
		json_text(show->out, nic->name);
		fprintf(show->out, ",\"ifindex\":%d,\"kind\":\"%s\"}}",
		    nic->index, kind);
		return;
	}
	fprintf(show->out, "%s local %s ifindex %d %s netns %s\n",
	    show->at.name, nic->name, nic->index, kind, show->at.netns);
}

/* show_pair - returns as show_network; *extra: there may be extra pairs */
static int
show_pair(struct show *show, const struct veth_wanted *want, bool *extra,
    struct errmsg *why)
{
	struct veth_found found;

	int r = veth_read(&show->at, want, &found, why);

	if (r < 0 && errno == ENODEV)
		return 0;
	if (r < 0)
		return -1;
	*extra = found.host.has_extra;
	if (show->json)
		json_pair(show, &found);
	else
		text_pair(show, &found);
	return 1;
}

static int
show_pairs(struct show *show, const struct network *net, struct errmsg *why)
{
	bool extra = true, ignored;
	int shown = show_pair(show, &net->pair[0], &extra, why);

	for (int k = 0; shown >= 0 && extra && k < NETWORK_EXTRA; k++) {
		struct veth_wanted want = { .peer = NULL };
		int r;

		network_extra_name(net->name, k, want.name);
		r = show_pair(show, &want, &ignored, why);
		if (r < 0)
			return -1;
		shown |= r;
	}
	return shown;
}

static int
show_nics(struct show *show, struct errmsg *why)
{
	struct nic_list list;

	if (nic_load(show->at.name, &list, why) < 0)
		return -1;
	for (int i = 0; i < list.n; i++)
		show_nic(show, &list.record[i]);
	return list.n > 0;
}

int
show_network(struct show *show, const struct network *net, struct errmsg *why)
{
	auto_close int opened = -1;
	struct errmsg ignored;
	int pairs, nics, ns = net->ns;

	if (ns < 0)
		ns = opened = netns_open(net->netns);
	show->at = (struct place){
		.host = &show->host,
		.inner = &show->inner,
		.host_ns = -1,
		.inner_ns = ns,
		.name = net->name,
		.netns = net->netns,
	};
	pairs = show_pairs(show, net, why);
	/* The interfaces are shown all the same; the first failure counts. */
	if (pairs < 0)
		why = &ignored;
	nics = show_nics(show, why);
	if (pairs < 0 || nics < 0)
		return -1;
	return pairs | nics;
}
