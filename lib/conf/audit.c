/* SPDX-License-Identifier: MIT */
/* audit.c - compare settings with what systemd, the kernel and the host have */
#define _GNU_SOURCE
#include "conf/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "conf/batch.h"
#include "conf/findings.h"
#include "conf/leftovers.h"
#include "conf/list.h"
#include "conf/ruleset.h"
#include "conf/units.h"
#include "conf/view.h"

#define STORE "/nix/store/"

enum { RECORD_MAX = 16 << 20 };

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
	char *text = fd_read_text(join(path, "/proc/sys/net/%s", key),
	    RECORD_MAX);
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
	const struct rules_links links = { a->v->name, ifname, a->host->mac,
	    a->host->link };
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

	record = fd_read_text(join(path, "%s/%s.forward", a->job->run_dir,
	    a->v->name), RECORD_MAX);
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

/* check_gone - nothing of it is left; why: it should not be there */
static void
check_gone(struct audit *a, const char *why)
{
	char ifname[IFNAMSIZ];

	a->host->link(a->v->name, ifname);
	leftovers_add(&a->found, a->job, a->v->name, ifname, why);
}

/* check_restored - its tree and its system are of one time */
static void
check_restored(struct audit *a)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/.%s.restoring", a->job->trees,
	    a->v->name);
	if (access(path, F_OK) == 0)
		say(a, MEND_NONE, "a restore was killed: what there is is neither "
		    "the old state nor the new");
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
	check_restored(a);
	if (a->v->errors.used > 0)
		return;
	check_units(a);
	if (state == STATUS_UP && !is_stale(a))
		check_running(a);
	else
		check_gone(a, "is stopped");
}

/* on_stray - a container that has no settings any more */
static void
on_stray(const char *name, void *arg)
{
	static struct view v;
	struct audit *a = arg;

	v.name = name;
	a->v = &v;
	status_read(&a->from.status, name, &v.status);
	if (v.status.state == STATUS_DOWN || v.status.state == STATUS_FAILED)
		check_gone(a, "has no settings");
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
	if (a->job->args == 0)
		leftovers_strays(a->job, on_stray, a);
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
	a->sysctls = fd_read_text(join(path, "%s/.sysctls", a->job->run_dir),
	    RECORD_MAX);
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
