/* SPDX-License-Identifier: MIT */
/* limit.c - what systemd limits, and the controllers of the kernel for that */
#include "conf/limit.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "conf/word.h"

const struct limit limits[LIMIT_KEYS] = {
	{ KEY_MEMORY_MAX, "MemoryMax", "memory", "memory" },
	{ KEY_MEMORY_SWAP_MAX, "MemorySwapMax", "memory", NULL },
	{ KEY_CPU_QUOTA, "CPUQuota", "cpu", "cpu" },
	{ KEY_ALLOWED_CPUS, "AllowedCPUs", "cpuset", NULL },
	{ KEY_IO_WEIGHT, "IOWeight", "io", "blkio" },
	{ KEY_IO_READ_BANDWIDTH_MAX, "IOReadBandwidthMax", "io", "blkio" },
	{ KEY_IO_WRITE_BANDWIDTH_MAX, "IOWriteBandwidthMax", "io", "blkio" },
	{ KEY_TASKS_MAX, "TasksMax", "pids", "pids" },
};

/* has_hierarchy - has the host this below /sys/fs/cgroup? */
static bool
has_hierarchy(const char *root, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/sys/fs/cgroup/%s", root, name);
	return access(path, F_OK) == 0;
}

/* read_controllers - of cgroup v2, NULL: systemd uses v1; owned by the caller */
static char *
read_controllers(const char *root)
{
	char path[PATH_MAX], *text;

	if (!has_hierarchy(root, "cgroup.controllers", path))
		return NULL;
	text = fd_read_text(path, PATH_MAX);
	if (text)
		text[strcspn(text, "\n")] = '\0';
	return text;
}

void
limit_warn(const struct settings *s, const struct settings *before,
    const char *root, const char *shown, const struct settings_errors *errors)
{
	char path[PATH_MAX], *known = read_controllers(root);

	for (int i = 0; i < LIMIT_KEYS; i++) {
		const struct limit *l = &limits[i];
		bool v2 = known || !l->v1, held;

		if (known)
			held = word_in(l->v2, strlen(l->v2), known);
		else
			held = l->v1 && has_hierarchy(root, l->v1, path);
		if (held || !s->value[l->key] ||
		    (before && before->value[l->key]))
			continue;
		settings_report(errors, shown, s->line[l->key], "%s: not held: "
		    "the host has no controller %s of cgroup v%d",
		    key_info[l->key].name, v2 ? l->v2 : l->v1, v2 ? 2 : 1);
	}
	free(known);
}
