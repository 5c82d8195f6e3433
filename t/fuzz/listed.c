/* SPDX-License-Identifier: MIT */
/*
 * listed.c - a container as JSON, as text and as a graph
 *
 * For all settings and errors, the output has no terminal escapes, strings and
 * brackets are closed, and each line has a valid form.
 */
#include "fuzz.h"

#include "base/visible.h"
#include "conf/check.h"
#include "conf/dot.h"
#include "conf/plain.h"
#include "conf/schema.h"

static struct view v;
static char *text;
static size_t printed;

static FILE *
begin(void)
{
	FILE *out = open_memstream(&text, &printed);

	fuzz_must(out != NULL);
	return out;
}

/* end - check that the text has no terminal escapes */
static void
end(FILE *out)
{
	fuzz_must(fclose(out) == 0);
	fuzz_must(strlen(text) == printed);
	for (size_t i = 0; i < printed; ) {
		int n = visible_char((unsigned char *)text + i, printed - i);

		fuzz_must(n > 0 || text[i] == '\n' || text[i] == '\t');
		i += n > 0 ? (size_t)n : 1;
	}
}

/* string - skip a string, from behind its opening quote to its closing one */
static const char *
string(const char *s)
{
	for (; *s != '"'; s++) {
		fuzz_must(*s && *s != '\n');
		if (*s == '\\')
			fuzz_must(*++s);
	}
	return s;
}

static void
json(void)
{
	FILE *out = begin();
	int depth = 0;

	schema_write(out, &v);
	end(out);
	fuzz_must(!strchr(text, '\n') && !strchr(text, '\t'));
	for (const char *s = text; *s; s++) {
		if (*s == '"')
			s = string(s + 1);
		depth += (*s == '{' || *s == '[') - (*s == '}' || *s == ']');
		fuzz_must(depth > 0 || !s[1]);
	}
	fuzz_must(depth == 0);
	free(text);
}

static void
graph(void)
{
	FILE *out = begin();
	struct dot dot;

	dot_begin(&dot, out);
	dot_container(&dot, &v);
	fuzz_must(dot_end(&dot) == 0);
	end(out);
	for (const char *s = text; *s; s++) {
		if (*s == '"')
			s = string(s + 1);
		if (*s == '\n')
			fuzz_must(strchr("{;}", s[-1]) &&
			    (!s[1] || strchr("\t}", s[1])));
	}
	free(text);
}

static void
plain(void)
{
	FILE *out = begin();

	plain_row(out, 10, &v);
	end(out);
	fuzz_must(strchr(text, '\n') == text + printed - 1);
	free(text);
	out = begin();
	plain_all(out, &v);
	end(out);
	for (const char *s = text; *s; s = strchr(s, '\n') + 1) {
		fuzz_must(strcspn(s, ":\n") < 12 && s[strcspn(s, ":\n")] == ':');
		fuzz_must(strchr(s, '\n') && !memchr(s, '\t',
		    (size_t)(strchr(s, '\n') - s)));
	}
	free(text);
}

/* add_error - record errors as view_read does, as far as they fit */
static void
add_error(void *ctx, const char *error)
{
	size_t n = strlen(error) + 1;

	(void)ctx;
	if (n > sizeof(v.errors.text) - v.errors.used)
		return;
	memcpy(v.errors.text + v.errors.used, error, n);
	v.errors.used += n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct settings_errors errors = { add_error, NULL };

	if (size > ENVFILE_MAX)
		return 0;
	v = (struct view){ .name = "web", .file = "/etc/web.conf",
	    .tree = "/trees/web", .status = { .state = STATUS_UP, .leader = 1,
	    .memory = -1, .tasks = 2, .generation = 7 } };
	memcpy(v.settings.text, data, size);
	if (settings_parse(&v.settings, size, "file", &errors) == 0)
		(void)check_settings(&v.settings, "web", "file", &errors);
	json();
	graph();
	plain();
	return 0;
}
