/* SPDX-License-Identifier: MIT */
/* cmdline.c - the lines of mkveth batch, split into words and parsed */
#include "fuzz.h"

#include "base/name.h"
#include "net/cmdline.h"
#include "net/request.h"
#include "net/words.h"

enum { WORDS = 128 };

static void
ends(const char *text, size_t size)
{
	fuzz_must(memchr(text, '\0', size));
}

static void
asked(const struct cmdline *cmd)
{
	const struct network *net = &cmd->net;

	if (!cmd->name)
		return;
	fuzz_must(name_ok(cmd->name) && net->netns);
	fuzz_must(net->n >= 1 && net->n <= NETWORK_PAIRS);
	fuzz_must(net->nics >= 0 && net->nics <= NIC_MAX);
	for (int i = 0; i < net->n; i++) {
		fuzz_must(ifname_ok(net->pair[i].host));
		fuzz_must(ifname_ok(net->pair[i].peer));
		fuzz_must(net->pair[i].set.host.n <= REQUEST_ADDRESSES);
		ends(net->pair[i].bridge, sizeof(net->pair[i].bridge));
	}
	for (int i = 0; i < net->nics; i++) {
		fuzz_must(ifname_ok(net->nic[i].from));
		ends(net->nic[i].child.name, IFNAMSIZ);
	}
}

static void
line(char *text)
{
	char name[] = "mkveth", *word[WORDS + 2] = { name };
	static struct cmdline cmd;
	struct errmsg why = { "" };
	int n = words_split(text, word + 1, WORDS, &why);

	if (n > 0 && cmdline_read(n + 1, word, &cmd, &why) == 0)
		asked(&cmd);
	else if (n != 0)
		fuzz_must(*why.text);
	ends(why.text, sizeof(why.text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *all = fuzz_text(data, size), *rest = all, *one;

	while ((one = strsep(&rest, "\n"))) {
		char *own = fuzz_text((uint8_t *)one, strlen(one));

		line(own);
		free(own);
	}
	free(all);
	return 0;
}
