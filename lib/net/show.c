/* SPDX-License-Identifier: MIT */
/* show.c - how a pair is shown */
#include "net/show.h"

#include <stdint.h>
#include <stdio.h>

/* json_text - a string; names of links in a container are the container's */
static void
json_text(FILE *f, const char *s)
{
	putc('"', f);
	for (; *s; s++)
		if (*s < ' ' || *s > '~' || *s == '"' || *s == '\\')
			fprintf(f, "\\u%04x", (unsigned char)*s);
		else
			putc(*s, f);
	putc('"', f);
}

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
json_end(FILE *f, const struct link *link, const struct plan_side *side)
{
	char text[ADDRESS_TEXT];

	fputs("\"ifname\":", f);
	json_text(f, link->name);
	mac_text(link->mac, text);
	fprintf(f, ",\"ifindex\":%d,\"up\":%s,\"mtu\":%u,\"mac\":\"%s\","
	    "\"addresses\":[", link->index, link->flags & IFF_UP ? "true" :
	    "false", link->mtu, text);
	for (int i = 0; i < side->n; i++)
		fprintf(f, "%s\"%s\"", i ? "," : "",
		    address_text(&side->addr[i], true, text));
	putc(']', f);
}

/* json_begin - an object of the list, and whose network it is about */
static void
json_begin(FILE *f, int n, const char *name, const char *netns)
{
	fputs(n ? ",\n{\"name\":" : "{\"name\":", f);
	json_text(f, name);
	json_or_null(f, "netns", netns);
}

void
show_json(FILE *f, int n, const char *name, const char *netns,
    const struct pair_state *st)
{
	json_begin(f, n, name, netns);
	fputs(",\"host\":{", f);
	json_end(f, &st->host, &st->host_side);
	json_or_null(f, "altname", st->host.alt);
	json_or_null(f, "bridge", st->bridge);
	fputs("},\"local\":", f);
	if (st->inner.index) {
		putc('{', f);
		json_end(f, &st->inner, &st->inner_side);
		putc('}', f);
	} else {
		fputs("null", f);
	}
	putc('}', f);
}

static const char *
nic_kind(const struct nic_mark *guest)
{
	return guest->moved ? "moved" : guest->kind;
}

void
show_guest_json(FILE *f, int n, const char *name, const char *netns,
    const struct nic_mark *guest)
{
	json_begin(f, n, name, netns);
	fputs(",\"host\":null,\"local\":{\"ifname\":", f);
	json_text(f, guest->name);
	fprintf(f, ",\"ifindex\":%d,\"kind\":\"%s\"}}", guest->index,
	    nic_kind(guest));
}

void
show_guest(FILE *f, const char *name, const char *netns,
    const struct nic_mark *guest)
{
	fprintf(f, "%s local %s ifindex %d %s netns %s\n", name, guest->name,
	    guest->index, nic_kind(guest), netns);
}

static void
text_end(FILE *f, const struct link *link, const struct plan_side *side)
{
	char text[ADDRESS_TEXT];

	for (const char *s = link->name; *s; s++)
		putc(*s < ' ' || *s > '~' ? '?' : *s, f);
	mac_text(link->mac, text);
	fprintf(f, " ifindex %d %s mtu %u mac %s", link->index,
	    link->flags & IFF_UP ? "up" : "down", link->mtu, text);
	for (int i = 0; i < side->n; i++)
		fprintf(f, " addr %s", address_text(&side->addr[i], true, text));
}

void
show_lines(FILE *f, const char *name, const char *netns,
    const struct pair_state *st)
{
	fprintf(f, "%s host ", name);
	text_end(f, &st->host, &st->host_side);
	if (*st->host.alt)
		fprintf(f, " altname %s", st->host.alt);
	if (*st->bridge)
		fprintf(f, " bridge %s", st->bridge);
	putc('\n', f);
	if (!st->inner.index)
		return;
	fprintf(f, "%s local ", name);
	text_end(f, &st->inner, &st->inner_side);
	fprintf(f, " netns %s\n", netns);
}
