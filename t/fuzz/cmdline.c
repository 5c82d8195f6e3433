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
asked(const struct cli_job *job)
{
	const struct network *net = &job->net;

	if (!job->name)
		return;
	fuzz_must(name_ok(job->name) && net->netns);
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

static int
run(const struct cli_job *job)
{
	(void)job;
	return 0;
}

static void
line(char *text)
{
	static const struct cli_verb verbs[] = {
		{ "add", "", CMDLINE_ADD, "", run, 1, 1, 0 },
		{ "del", "", CMDLINE_DEL, "", run, 1, 1, 0 },
		{ "show", "", CMDLINE_SHOW, "", run, 0, 1, 0 },
		{ "batch", "", CMDLINE_BATCH, "", run, 0, 0, 0 },
		{ "wait", "", NULL, "", run, 1, WORDS, 1 },
		{ 0 },
	};
	static const struct cli cli = { .tool = "mkveth", .verbs = verbs,
	    .options = cmdline_options };
	char name[] = "mkveth", *word[WORDS + 2] = { name };
	static struct cli_job job;
	struct cli_reader reader;
	struct errmsg why = { "" };
	int n = words_split(text, word + 1, WORDS, &why), answer = -1;

	if (n > 0)
		answer = cmdline_read(&cli, word, &reader, &job, &why);
	if (answer == 0)
		asked(&job);
	else if (n != 0 && answer < 0)
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
