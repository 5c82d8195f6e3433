/* SPDX-License-Identifier: MIT */
/*
 * conf.c - the settings of a container: read, checked, changed, read again
 *
 * Written settings read back the same, a change changes its key only, and each
 * message is one line.
 */
#include "fuzz.h"

#include "conf/check.h"
#include "conf/quote.h"
#include "conf/settings.h"
#include "conf/word.h"
#include "conf/write.h"

static struct settings s, again;
static char text[ENVFILE_MAX + 1], new[ENVFILE_MAX + 1];

static void
report(void *ctx, const char *line)
{
	(void)ctx;
	fuzz_must(!strncmp(line, "file:", 5) && strlen(line) < 8192);
}

static const struct settings_errors errors = { report, NULL };

static int
parse(struct settings *to, const char *from, size_t size)
{
	memcpy(to->text, from, size);
	return settings_parse(to, size, "file", &errors);
}

/* values - each ends within the text, and has no control characters except tabs */
static void
values(const struct settings *of)
{
	for (enum key k = 0; k < KEYS; k++) {
		const char *v = of->value[k];
		unsigned line = 0;

		if (!v)
			continue;
		fuzz_must(v > of->text && of->line[k] > 0 && *v);
		fuzz_must(v + strlen(v) < of->text + sizeof(of->text));
		fuzz_must(!envfile_bad_line(v, strlen(v), &line));
		fuzz_must(!strchr(v, '\n'));
	}
}

static void
same(enum key but)
{
	for (enum key k = 0; k < KEYS; k++) {
		if (k == but)
			continue;
		fuzz_must(!s.value[k] == !again.value[k]);
		fuzz_must(!s.value[k] || !strcmp(s.value[k], again.value[k]));
	}
}

/* print_again - print the settings in canonical form */
static void
print_again(void)
{
	static char line[2 * ENVFILE_MAX + 3];
	size_t size = 0;

	for (enum key k = 0; k < KEYS; k++) {
		const char *name = key_info[k].name;
		size_t n = s.value[k] ? quote_value(s.value[k], line) : 0;

		if (!n || size + n + strlen(name) + 2 > ENVFILE_MAX)
			continue;
		size += (size_t)sprintf(new + size, "%s=", name);
		memcpy(new + size, line, n);
		size += n;
		new[size++] = '\n';
	}
	if (size + 4096 > ENVFILE_MAX)
		return;
	fuzz_must(parse(&again, new, size) == 0);
	same(KEYS);
}

/* change_each - set every key to its example, and remove every key */
static void
change_each(const uint8_t *data, size_t size, int ok)
{
	for (enum key k = 0; k < KEYS; k++) {
		const struct change set = { k, key_info[k].example };
		const struct change unset = { k, NULL };
		ssize_t n;

		memcpy(text, data, size);
		n = write_change(text, size, &set, 1, new);
		if (n < 0)
			continue;
		fuzz_must(parse(&again, new, (size_t)n) == 0 || ok < 0);
		if (ok == 0) {
			fuzz_must(!strcmp(again.value[k], set.value));
			same(k);
		}
		n = write_change(new, (size_t)n, &unset, 1, text);
		fuzz_must(n >= 0);
		fuzz_must(parse(&again, text, (size_t)n) == 0 || ok < 0);
		if (ok == 0) {
			fuzz_must(!again.line[k]);
			same(k);
		}
	}
}

static void
words(const char *value)
{
	char word[WORD_SIZE];
	const char *rest = value;

	while (word_next(&rest, word) > 0)
		fuzz_must(rest > value && !strchr(word, '\''));
	rest = value;
	while (word_item(&rest, word) > 0)
		fuzz_must(*word && !strpbrk(word, " \t,"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int ok;

	if (size > ENVFILE_MAX)
		return 0;
	ok = parse(&s, (const char *)data, size);
	values(&s);
	if (ok == 0)
		(void)check_settings(&s, "web", "file", &errors);
	for (enum key k = 0; k < KEYS; k++)
		if (s.value[k])
			words(s.value[k]);
	print_again();
	change_each(data, size, ok);
	return 0;
}
