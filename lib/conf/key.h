/* SPDX-License-Identifier: MIT */
#ifndef CONF_KEY_H
#define CONF_KEY_H

#include <stdbool.h>

#include "conf/type.h"

/* All keys that a settings file can have, in the order of their page. */
enum key {
	KEY_SYSTEM_PATH,
	KEY_FLAKE,
	KEY_CONFIG_FILE,
	KEY_DECLARED_IN,
	KEY_AUTO_START,
	KEY_EPHEMERAL,
	KEY_PRIVATE_NETWORK,
	KEY_HOST_ADDRESS,
	KEY_LOCAL_ADDRESS,
	KEY_HOST_ADDRESS6,
	KEY_LOCAL_ADDRESS6,
	KEY_GATEWAY,
	KEY_GATEWAY6,
	KEY_HOST_BRIDGE,
	KEY_LOCAL_MAC_ADDRESS,
	KEY_MTU,
	KEY_HOST_PORT,
	KEY_NAT,
	KEY_ALLOW_FROM,
	KEY_EXTRA_VETHS,
	KEY_INTERFACES,
	KEY_MACVLANS,
	KEY_NETWORK_NAMESPACE_PATH,
	KEY_COPY_RESOLV_CONF,
	KEY_RESOLVE_CONTAINERS,
	KEY_BIND,
	KEY_BIND_RO,
	KEY_TMPFS,
	KEY_DEVICES,
	KEY_CREDENTIALS,
	KEY_PRIVATE_USERS,
	KEY_STORE,
	KEY_NIX_DAEMON,
	KEY_CAPABILITIES,
	KEY_MEMORY_MAX,
	KEY_MEMORY_SWAP_MAX,
	KEY_CPU_QUOTA,
	KEY_ALLOWED_CPUS,
	KEY_IO_WEIGHT,
	KEY_IO_READ_BANDWIDTH_MAX,
	KEY_IO_WRITE_BANDWIDTH_MAX,
	KEY_TASKS_MAX,
	KEY_EXTRA_NSPAWN_FLAGS,
	KEY_AFTER,
	KEY_REQUIRES,
	KEY_START_TIMEOUT,
	KEYS
};

/* When a change is in effect in a container that runs. */
enum effect {
	AT_START,		/* at its next start */
	AT_ONCE,		/* at once: its unit has it, or nothing that runs */
	AT_ONCE_IF_SET,		/* the same, but to lift it, at the next start */
	BY_REPAIR,		/* as soon as its network is repaired */
	BY_REPAIR_IF_SET,	/* the same, but the default at the next start */
};

/* A key's data for the page and for completion. */
struct key_info {
	const char *name;
	enum type type;
	const char *fallback;	/* the default, or NULL */
	const char *text;	/* one line */
	const char *example;	/* a value, without quotes */
	const char *group;	/* heading of its page */
	enum effect effect;
};

extern const struct key_info key_info[KEYS];

/* key_find - the key of that name, or KEYS */
enum key key_find(const char *name);

#endif
