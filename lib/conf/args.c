/* SPDX-License-Identifier: MIT */
/* args.c - print settings as arguments for systemd-nspawn and mkveth */
#include "conf/args.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "conf/bind.h"
#include "conf/device.h"
#include "conf/word.h"
#include "tree/idmap.h"

/* Words are written to a stream, each with a character that ends it. */
struct words {
	FILE *out;
	char end;
};

/* put - a word of two parts */
static void
put(const struct words *w, const char *option, const char *value)
{
	fprintf(w->out, "%s%s%c", option, value, w->end);
}

/* put_each - for each word of a list, a word that begins with option */
static void
put_each(const struct words *w, const struct settings *s, enum key key,
    const char *option)
{
	const char *rest = s->value[key];
	char word[WORD_SIZE];

	while (rest && word_next(&rest, word) == 1)
		if (*word)
			put(w, option, word);
}

/*
 * put_bind - a writable one; if maps, its owners have the same IDs inside
 *
 * systemd-nspawn 252 cannot do that for a read-only one.
 */
static void
put_bind(const struct words *w, const char *word, bool maps)
{
	struct bind b;

	fprintf(w->out, "--bind=%s", word);
	if (maps && bind_parse(word, &b) == 0 && !b.in_tree && *b.source &&
	    !bind_maps(&b) && idmap_works(b.source) == 1) {
		if (b.inside == b.source)
			fprintf(w->out, ":%s", word);
		fputs(b.options ? ",idmap" : ":idmap", w->out);
	}
	putc(w->end, w->out);
}

static void
put_binds(const struct words *w, const struct settings *s)
{
	bool maps = settings_own_users(s);
	const char *rest = s->value[KEY_BIND];
	char word[WORD_SIZE];

	while (rest && word_next(&rest, word) == 1)
		if (*word)
			put_bind(w, word, maps);
}

static void
put_capabilities(const struct words *w, const struct settings *s)
{
	const char *rest = s->value[KEY_CAPABILITIES];
	char word[WORD_SIZE];

	while (rest && word_item(&rest, word) == 1)
		put(w, "--capability=", word);
}

/* put_escaped - a path of --bind=, in which a colon would end it */
static void
put_escaped(const struct words *w, const char *path)
{
	fputs("--bind=", w->out);
	for (; *path; path++) {
		if (*path == ':')
			putc('\\', w->out);
		putc(*path, w->out);
	}
	putc(w->end, w->out);
}

/* put_devices - put devices with a node on the host; others may appear later */
static void
put_devices(const struct words *w, const struct settings *s)
{
	const char *rest = s->value[KEY_DEVICES], *mode;
	char word[WORD_SIZE];
	struct stat st;

	while (rest && word_next(&rest, word) == 1) {
		word[device_node(word, &mode)] = '\0';
		if (*word == '/' && stat(word, &st) == 0 &&
		    (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)))
			put_escaped(w, word);
	}
}

void
args_nspawn(const struct settings *s, const char *run_dir, char end,
    FILE *out)
{
	const struct words w = { out, end };

	if (settings_users(s)) {
		put(&w, "--private-users=", settings_get(s, KEY_PRIVATE_USERS));
		put(&w, "--private-users-ownership=", "auto");
	}
	put_binds(&w, s);
	put_each(&w, s, KEY_BIND_RO, "--bind-ro=");
	put_each(&w, s, KEY_TMPFS, "--tmpfs=");
	put_capabilities(&w, s);
	put_devices(&w, s);
	put_each(&w, s, KEY_CREDENTIALS, "--load-credential=");
	if (settings_on(s, KEY_RESOLVE_CONTAINERS))
		fprintf(out, "--bind-ro=%s.hosts:/etc/hosts%c", run_dir, end);
	if (settings_on(s, KEY_EPHEMERAL))
		put(&w, "--ephemeral", "");
	put_each(&w, s, KEY_EXTRA_NSPAWN_FLAGS, "");
}

/* put_pair - an option and its argument, as two words */
static void
put_pair(const struct words *w, const char *option, const char *value)
{
	if (!value)
		return;
	put(w, option, "");
	put(w, value, "");
}

/* The option of systemd-nspawn that EXTRA_NSPAWN_FLAGS may have. */
static const char bind_ro[] = "--bind-ro";

/* put_sealed - the source of a read-only bind */
static void
put_sealed(const struct words *w, const char *word)
{
	struct bind b;

	if (bind_parse(word, &b) == 0 && !b.in_tree && *b.source &&
	    !(b.options && strstr(b.options, "norbind")))
		put_pair(w, "--path", b.source);
}

/* put_sealed_flags - the argument may be a word of its own */
static void
put_sealed_flags(const struct words *w, const struct settings *s)
{
	const char *rest = s->value[KEY_EXTRA_NSPAWN_FLAGS];
	const size_t n = sizeof(bind_ro) - 1;
	char word[WORD_SIZE];
	bool next = false;

	while (rest && word_next(&rest, word) == 1) {
		if (next)
			put_sealed(w, word);
		next = !strcmp(word, bind_ro);
		if (!strncmp(word, bind_ro, n) && word[n] == '=')
			put_sealed(w, word + n + 1);
	}
}

void
args_sealed(const struct settings *s, const char *run_dir, char end, FILE *out)
{
	const struct words w = { out, end };
	const char *rest = s->value[KEY_BIND_RO];
	char word[WORD_SIZE];

	while (rest && word_next(&rest, word) == 1)
		put_sealed(&w, word);
	put_sealed_flags(&w, s);
	if (settings_on(s, KEY_RESOLVE_CONTAINERS))
		fprintf(out, "--path%c%s.hosts%c", end, run_dir, end);
}

static void
put_pairs(const struct words *w, const struct settings *s, enum key key,
    const char *option)
{
	const char *rest = s->value[key];
	char word[WORD_SIZE];

	while (rest && word_next(&rest, word) == 1)
		put_pair(w, option, word);
}

/* The keys of a family, and their options. */
struct family {
	enum key host, local, gateway;
	const char *host_option, *local_option, *gateway_option;
};

static const struct family families[] = {
	{ KEY_HOST_ADDRESS, KEY_LOCAL_ADDRESS, KEY_GATEWAY,
	    "--host-address", "--local-address", "--gateway" },
	{ KEY_HOST_ADDRESS6, KEY_LOCAL_ADDRESS6, KEY_GATEWAY6,
	    "--host-address6", "--local-address6", "--gateway6" },
};

static void
put_addresses(const struct words *w, const struct settings *s,
    const struct family *f)
{
	/* A bridge has the address of the host already. */
	if (!s->value[KEY_HOST_BRIDGE])
		put_pair(w, f->host_option, s->value[f->host]);
	put_pair(w, f->local_option, s->value[f->local]);
}

/* put_gateway - on a bridge the first address of the host is the default */
static void
put_gateway(const struct words *w, const struct settings *s,
    const struct family *f)
{
	const char *host = s->value[f->host];
	char word[WORD_SIZE];

	if (s->value[f->gateway]) {
		put_pair(w, f->gateway_option, s->value[f->gateway]);
	} else if (s->value[KEY_HOST_BRIDGE] && s->value[f->local] && host &&
	    word_item(&host, word) == 1) {
		word[strcspn(word, "/")] = '\0';
		put_pair(w, f->gateway_option, word);
	}
}

void
args_network(const struct settings *s, char end, FILE *out)
{
	const struct words w = { out, end };

	if (!settings_private(s))
		return;
	if (!settings_on(s, KEY_PRIVATE_NETWORK))
		put(&w, "--no-pair", "");
	put_addresses(&w, s, &families[0]);
	put_addresses(&w, s, &families[1]);
	put_pair(&w, "--bridge", s->value[KEY_HOST_BRIDGE]);
	put_pair(&w, "--mac", s->value[KEY_LOCAL_MAC_ADDRESS]);
	put_gateway(&w, s, &families[0]);
	put_gateway(&w, s, &families[1]);
	put_pair(&w, "--mtu", s->value[KEY_MTU]);
	put_pairs(&w, s, KEY_INTERFACES, "--move");
	put_pairs(&w, s, KEY_MACVLANS, "--macvlan");
	put_pairs(&w, s, KEY_EXTRA_VETHS, "--pair");
	if (settings_users(s))
		put(&w, "--release", "");
}

void
args_print(const struct settings *s, const struct cli_job *job, char end,
    FILE *out)
{
	if (job->network)
		args_network(s, end, out);
	else if (job->sealed)
		args_sealed(s, job->run_dir, end, out);
	else
		args_nspawn(s, job->run_dir, end, out);
}
