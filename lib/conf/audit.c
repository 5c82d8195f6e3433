/* SPDX-License-Identifier: MIT */
/* audit.c - compare settings with what systemd, the kernel and the host have */
#define _GNU_SOURCE
#include "conf/audit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/name.h"
#include "conf/batch.h"
#include "conf/findings.h"
#include "conf/list.h"
#include "conf/ruleset.h"
#include "conf/units.h"
#include "conf/view.h"

#define STORE "/nix/store/"

enum { RECORD_MAX = 1 << 20 };

/* A run, and the container that it is at. */
struct audit {
	const struct cli_job *job;
	const struct audit_host *host;
	struct view_source from;
	struct findings found;
	struct batch batch;
	char *sysctls;		/* what the script has changed; owned, or NULL */
	char *wants;		/* as units_wants; NULL: cannot be read */
	const struct view *v;
	int loaded_errno;	/* the rules cannot be read */
};

__attribute__((format(printf, 3, 4)))
static void
say(struct audit *a, enum findings_mend mend, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	findings_add(&a->found, a->v->name, mend, "%s", text);
}

/* read_text - a file, "" if it is missing; owned by the caller; NULL and errno */
static char *
read_text(const char *path)
{
	auto_close int fd = open(path,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st = { .st_size = 0 };
	ssize_t n = 0;
	char *text;

	if (fd < 0 && errno != ENOENT)
		return NULL;
	if (fd >= 0 && fstat(fd, &st) < 0)
		return NULL;
	/* A file in /proc has no size. */
	if (st.st_size < 256)
		st.st_size = 256;
	if (st.st_size > RECORD_MAX)
		st.st_size = RECORD_MAX;
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return NULL;
	if (fd >= 0)
		n = fd_read_max(fd, text, (size_t)st.st_size);
	if (n < 0)
		n = 0;
	text[n] = '\0';
	return text;
}

__attribute__((format(printf, 2, 3)))
static char *
join(char buf[PATH_MAX], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(buf, PATH_MAX, fmt, ap);
	va_end(ap);
	return buf;
}

static bool
exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* sysctl_is_on - of net; without the file nothing is off */
static bool
sysctl_is_on(const char *key)
{
	char path[PATH_MAX];
	char *text = read_text(join(path, "/proc/sys/net/%s", key));
	bool on = !text || *text != '0';

	free(text);
	return on;
}

/* has_active_unit - or one that starts or stops */
static bool
has_active_unit(const struct audit *a)
{
	const struct systemctl_unit *u = systemctl_find(&a->from.status.units,
	    a->v->name);

	return u && u->active != SYSTEMCTL_INACTIVE &&
	    u->active != SYSTEMCTL_FAILED;
}

/* is_dead - machined has a record of it, but its first process has ended */
static bool
is_dead(const struct audit *a)
{
	return a->v->status.leader > 0 &&
	    kill((pid_t)a->v->status.leader, 0) < 0 && errno == ESRCH;
}

/* is_stale - has only machined's record of it survived? */
static bool
is_stale(const struct audit *a)
{
	return a->v->status.leader > 0 && !has_active_unit(a) &&
	    (a->v->status.in_unit || is_dead(a));
}

/* check_machine - the unit and machined agree */
static void
check_machine(struct audit *a)
{
	if (is_stale(a) && a->v->status.in_unit)
		say(a, MEND_CLEANUP, "systemd-machined has a machine of that "
		    "name, but its unit is not active");
	else if (is_stale(a))
		say(a, MEND_NONE, "systemd-machined has a machine of that "
		    "name, but its process has ended");
	else if (a->v->status.state == STATUS_UP && a->from.status.machines >= 0 &&
	    a->v->status.leader < 0)
		say(a, MEND_RESTART, "its unit is active, but systemd-machined "
		    "has no machine of that name");
}

static void
on_error(void *ctx, const char *text)
{
	struct audit *a = ctx;

	say(a, MEND_NONE, "%s", text);
}

/* check_units - systemd knows its settings */
static void
check_units(struct audit *a)
{
	static struct settings s;
	const struct settings_errors errors = { on_error, a };

	if (a->wants && exists("/run/systemd/system") &&
	    units_changed(&s, a->job->conf_dir, a->v->name, NULL, a->wants,
	    &errors) == 1)
		say(a, MEND_RELOAD, "systemd has not read its settings yet");
}

/* check_root - a root for the system that it runs */
static void
check_root(struct audit *a, const char *root)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t n;

	join(path, "%s/gcroots/per-container/%s/%s", a->job->nix_state,
	    a->v->name, root);
	n = readlink(path, target, sizeof(target) - 1);
	target[n < 0 ? 0 : n] = '\0';
	if (n < 0)
		say(a, MEND_RESTART, "its system is not kept: %s is missing",
		    path);
	else if (strncmp(target, STORE, strlen(STORE)) || !exists(target))
		say(a, MEND_RESTART, "its system is not kept: %s points to %s",
		    path, target);
}

static void
check_roots(struct audit *a)
{
	const char *system = view_system(a->v);

	if (!system || strncmp(system, STORE, strlen(STORE)))
		return;
	check_root(a, "booted");
	check_root(a, "current");
}

/* What a family needs of the host. */
static const struct forwarding {
	const char *forward, *nat;	/* rules that need it */
	const char *name, *sysctl;
	const char *changed;	/* a line of .sysctls: the script turned it on */
	const char *closed;	/* then the rules forward nothing else */
} forwarding[] = {
	{ "forward4", "nat4 ", "IPv4", "ipv4/ip_forward",
	    "4 ipv4/ip_forward ", "closed ipv4" },
	{ "forward6", "nat6 ", "IPv6", "ipv6/conf/all/forwarding",
	    "6 ipv6/conf/all/forwarding ", "closed ipv6" },
};

/* check_forwarding - the host forwards what a rule needs */
static void
check_forwarding(struct audit *a, const char *rules)
{
	for (size_t i = 0; i < sizeof(forwarding) / sizeof(forwarding[0]); i++) {
		const struct forwarding *f = &forwarding[i];

		if (!strstr(rules, f->forward) && !strstr(rules, f->nat))
			continue;
		if (!sysctl_is_on(f->sysctl))
			say(a, MEND_RULES, "the host does not forward %s: "
			    "net/%s is 0", f->name, f->sysctl);
		if (a->sysctls && strstr(a->sysctls, f->changed) &&
		    a->host->loaded(f->closed) == 0)
			say(a, MEND_RULES, "the host forwards %s of others, too: "
			    "rule is not loaded: %s", f->name, f->closed);
	}
}

/* check_loaded - the kernel has each rule */
static void
check_loaded(struct audit *a, char *rules, enum findings_mend mend)
{
	char *rest = NULL, *line = strtok_r(rules, "\n", &rest);
	int r;

	for (; line; line = strtok_r(NULL, "\n", &rest)) {
		if (!ruleset_is_element(line))
			continue;
		r = a->host->loaded(line);
		if (r < 0)
			a->loaded_errno = errno;
		if (r == 0)
			say(a, mend, "rule is not loaded: %s", line);
	}
}

/* wanted_rules - as rules_print; owned by the caller, or NULL */
static char *
wanted_rules(const struct audit *a)
{
	char ifname[IFNAMSIZ], *text = NULL;
	const struct rules_links links = { a->v->name, ifname, a->host->mac };
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	a->host->link(a->v->name, ifname);
	rules_print(&a->v->settings, &links, out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static void
check_rules(struct audit *a)
{
	char path[PATH_MAX];
	char *wanted = wanted_rules(a), *record;
	enum findings_mend mend = MEND_RULES;

	record = read_text(join(path, "%s/%s.forward", a->job->lock_dir,
	    a->v->name));
	if (!wanted) {
		a->found.lost = true;
	} else {
		if (!record || strcmp(wanted, record)) {
			mend = MEND_NETWORK;
			say(a, mend, "%s has other rules than its settings",
			    path);
		}
		check_forwarding(a, wanted);
		check_loaded(a, wanted, mend);
	}
	free(wanted);
	free(record);
}

/* check_network - mkveth looks into a namespace that has a name */
static void
check_network(struct audit *a)
{
	char path[PATH_MAX];

	if (!settings_private(&a->v->settings))
		return;
	if (exists(join(path, "/run/netns/net-%s", a->v->name)))
		batch_add(&a->batch, &a->v->settings, a->v->name);
	else
		say(a, MEND_RESTART, "%s is missing", path);
}

static void
check_running(struct audit *a)
{
	check_roots(a);
	check_rules(a);
	check_network(a);
}

/* check_gone - what cleanup removes; why: it should not be there */
static void
check_gone(struct audit *a, const char *why)
{
	const char *name = a->v->name;
	const struct cli_job *job = a->job;
	char ifname[IFNAMSIZ], path[6][PATH_MAX];

	a->host->link(name, ifname);
	join(path[0], "/sys/class/net/%s", ifname);
	join(path[1], "/run/netns/net-%s", name);
	join(path[2], "%s/%s.forward", job->lock_dir, name);
	join(path[3], "%s/.%s.sessions", job->trees, name);
	join(path[4], "%s/gcroots/per-container/%s/booted", job->nix_state, name);
	join(path[5], "%s/gcroots/per-container/%s/current", job->nix_state,
	    name);
	for (int i = 0; i < 6; i++)
		if (faccessat(AT_FDCWD, path[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			say(a, MEND_CLEANUP, "%s, but %s is still there", why,
			    path[i]);
}

static void
check_one(struct audit *a)
{
	const char *error = view_error(a->v, NULL);
	enum status_state state = a->v->status.state;

	if (state == STATUS_STARTING || state == STATUS_STOPPING)
		return;
	for (; error; error = view_error(a->v, error))
		say(a, MEND_NONE, "%s", error);
	check_machine(a);
	if (a->v->errors.used > 0)
		return;
	check_units(a);
	if (state == STATUS_UP && !is_stale(a))
		check_running(a);
	else
		check_gone(a, "is stopped");
}

/* check_stray - what is left of a container that has no settings any more */
static void
check_stray(struct audit *a, const char *name, struct view *v)
{
	char path[PATH_MAX];

	/* Being destroyed, or reserved */
	if (exists(join(path, "%s/.%s.pending", a->job->conf_dir, name)))
		return;
	v->name = name;
	status_read(&a->from.status, name, &v->status);
	if (v->status.state == STATUS_DOWN || v->status.state == STATUS_FAILED)
		check_gone(a, "has no settings");
}

/* stray_name - of a file PREFIXnameSUFFIX; returns 0, or -1: another file */
static int
stray_name(const char *file, const char *prefix, const char *suffix,
    char name[NAMES_SIZE])
{
	size_t before = strlen(prefix), after = strlen(suffix), n = strlen(file);

	if (n <= before + after || n - before - after >= NAMES_SIZE ||
	    strncmp(file, prefix, before) ||
	    strcmp(file + n - after, suffix))
		return -1;
	n -= before + after;
	memcpy(name, file + before, n);
	name[n] = '\0';
	return name_ok(name) ? 0 : -1;
}

/* check_strays - by the names of files; once: all have a record, or a namespace */
static void
check_strays(struct audit *a, const char *dir, const char *prefix,
    const char *suffix, const char *once, struct view *v)
{
	char name[NAMES_SIZE], path[PATH_MAX];
	DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d))) {
		if (stray_name(e->d_name, prefix, suffix, name) < 0 ||
		    exists(join(path, "%s/%s.conf", a->job->conf_dir, name)))
			continue;
		if (!once || !exists(join(path, "%s/%s.forward", once, name)))
			check_stray(a, name, v);
	}
	closedir(d);
}

/* on_line - of mkveth */
static void
on_line(char *line, void *arg)
{
	struct audit *a = arg;
	char *text = strstr(line, ": ");

	if (!text)
		return;
	*text = '\0';
	findings_add(&a->found, line, MEND_NETWORK, "%s", text + 2);
}

static int
check_all(struct audit *a, const struct names *names, struct errmsg *why)
{
	static struct view v;

	a->v = &v;
	for (size_t i = 0; i < names->n; i++) {
		if (view_read(&v, &a->from, names->name[i]) == 0)
			check_one(a);
		else if (errno != ENOENT)
			return errmsg_errno(why, "%s", names->name[i]);
	}
	if (a->job->args == 0) {
		check_strays(a, a->job->lock_dir, "", ".forward", NULL, &v);
		check_strays(a, "/run/netns", "net-", "", a->job->lock_dir, &v);
	}
	if (a->loaded_errno) {
		errno = a->loaded_errno;
		return errmsg_errno(why, "read the rules of nftables");
	}
	return batch_run(&a->batch, on_line, a, why);
}

static int
run(struct audit *a, const struct names *names, struct errmsg *why)
{
	const char *only = a->job->args == 1 ? names->name[0] : NULL;
	char path[PATH_MAX];
	int r;

	if (status_open(&a->from.status, only, a->job->machines,
	    a->job->nix_state) < 0)
		return errmsg_errno(why, "ask systemd");
	a->wants = units_wants(NULL);
	a->sysctls = read_text(join(path, "%s/.sysctls", a->job->lock_dir));
	r = batch_open(&a->batch, why);
	if (r == 0) {
		r = check_all(a, names, why);
		batch_close(&a->batch);
	}
	free(a->wants);
	free(a->sysctls);
	status_close(&a->from.status);
	return r;
}

int
audit_print(const struct cli_job *job, const struct audit_host *host,
    FILE *out, FILE *mend, struct errmsg *why)
{
	auto_close int dir = open(job->conf_dir,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct audit a = { .job = job, .host = host, .from = { .dir = dir,
	    .conf_dir = job->conf_dir, .trees = job->trees } };
	struct names names = { NULL, 0 };
	int r;

	if (dir < 0 && errno != ENOENT)
		return errmsg_errno(why, "open %s", job->conf_dir);
	r = list_names(job, dir, &names, why);
	if (r == 0)
		r = run(&a, &names, why);
	findings_print(&a.found, job->json, out);
	findings_mend(&a.found, mend);
	if (r == 0 && a.found.lost)
		r = errmsg_set(why, "out of memory");
	if (r == 0)
		r = a.found.n > INT_MAX ? INT_MAX : (int)a.found.n;
	findings_free(&a.found);
	names_free(&names);
	return r;
}
