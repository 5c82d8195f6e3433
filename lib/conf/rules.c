/* SPDX-License-Identifier: MIT */
/* rules.c - forwarded ports and outbound NAT as elements of nftables sets */
#include "conf/rules.h"

#include <string.h>

#include "conf/port.h"
#include "conf/word.h"

static void
print_ports(const struct settings *s, int version, const char *address,
    FILE *out)
{
	const char *rest = s->value[KEY_HOST_PORT];
	char word[WORD_SIZE];
	struct port port;

	while (rest && word_item(&rest, word) == 1)
		if (port_parse(word, &port) == 0)
			fprintf(out, "forward%d %s . %d : %s . %d\n", version,
			    port_protocol(&port), port.host, address,
			    port.inner);
}

/* print_family - NAT for each address, forwarded ports to the first one */
static void
print_family(const struct settings *s, int version, const char *addresses,
    FILE *out)
{
	const char *rest = addresses;
	char word[WORD_SIZE];

	while (settings_on(s, KEY_NAT) && rest && word_item(&rest, word) == 1)
		fprintf(out, "nat%d %.*s\n", version, (int)strcspn(word, "/"),
		    word);
	rest = addresses;
	if (!rest || word_item(&rest, word) != 1)
		return;
	word[strcspn(word, "/")] = '\0';
	print_ports(s, version, word, out);
}

void
rules_print(const struct settings *s, const char *ifname, FILE *out)
{
	if (!s->value[KEY_HOST_PORT] && !settings_on(s, KEY_NAT))
		return;
	/* A bridge has other ports, too: their packets look the same. */
	if (!s->value[KEY_HOST_BRIDGE])
		fprintf(out, "links \"%s\"\n", ifname);
	print_family(s, 4, s->value[KEY_LOCAL_ADDRESS], out);
	print_family(s, 6, s->value[KEY_LOCAL_ADDRESS6], out);
}
