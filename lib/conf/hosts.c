/* SPDX-License-Identifier: MIT */
/* hosts.c - the names of all containers, for RESOLVE_CONTAINERS */
#define _GNU_SOURCE
#include "conf/hosts.h"

#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "conf/names.h"
#include "conf/word.h"

/* print_addresses - print addresses without their prefix lengths */
static void
print_addresses(const struct settings *s, enum key key, const char *name,
    FILE *out)
{
	const char *rest = s->value[key];
	char word[WORD_SIZE];

	while (rest && word_item(&rest, word) == 1)
		fprintf(out, "%.*s %s.containers %s\n",
		    (int)strcspn(word, "/"), word, name, name);
}

static void
print_all(struct settings *s, int dir, const struct names *names, FILE *out)
{
	char file[NAMES_FILE_SIZE];

	for (size_t i = 0; i < names->n; i++) {
		const char *name = names->name[i];

		names_file(name, file);
		/* Use the valid ones of wrong settings. */
		(void)settings_read(s, dir, file, file, NULL);
		print_addresses(s, KEY_LOCAL_ADDRESS, name, out);
		print_addresses(s, KEY_LOCAL_ADDRESS6, name, out);
	}
}

int
hosts_print(struct settings *s, const char *conf_dir, FILE *out)
{
	auto_close int dir = open(conf_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct names names = { NULL, 0 };

	if (dir < 0 && errno != ENOENT)
		return -1;
	if (dir >= 0 && names_read(dir, &names) < 0)
		return -1;
	fputs("127.0.0.1 localhost\n"
	    "::1 localhost ip6-localhost ip6-loopback\n", out);
	print_all(s, dir, &names, out);
	names_free(&names);
	return 0;
}
