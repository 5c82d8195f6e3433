/* SPDX-License-Identifier: MIT */
/* key.c - the table of all settings */
#include "conf/key.h"

#include <string.h>

#define SYSTEM "The system"
#define NETWORK "Network"
#define FILES "Files and devices"
#define LIMITS "Rights and limits"
#define ORDER "Order"

const struct key_info key_info[KEYS] = {
	[KEY_SYSTEM_PATH] = { "SYSTEM_PATH", TYPE_PATH, NULL,
	    "system to run, instead of the one in the container's profile",
	    "/nix/var/nix/profiles/system", SYSTEM },
	[KEY_FLAKE] = { "FLAKE", TYPE_FLAKE, NULL,
	    "flake that update builds", "/srv/systems#database", SYSTEM },
	[KEY_AUTO_START] = { "AUTO_START", TYPE_SWITCH, "0",
	    "start when the host boots", "1", SYSTEM },
	[KEY_EPHEMERAL] = { "EPHEMERAL", TYPE_SWITCH, "0",
	    "start from a copy of the tree, deleted at stop", "1", SYSTEM },
	[KEY_PRIVATE_NETWORK] = { "PRIVATE_NETWORK", TYPE_SWITCH, "0",
	    "network namespace and pair of interfaces of its own",
	    "1", NETWORK },
	[KEY_HOST_ADDRESS] = { "HOST_ADDRESS", TYPE_ADDRESS4, NULL,
	    "IPv4 address of the host's end, on a bridge the gateway",
	    "10.231.136.1", NETWORK },
	[KEY_LOCAL_ADDRESS] = { "LOCAL_ADDRESS", TYPE_ADDRESS4, NULL,
	    "IPv4 address of the container's end", "10.231.136.2", NETWORK },
	[KEY_HOST_ADDRESS6] = { "HOST_ADDRESS6", TYPE_ADDRESS6, NULL,
	    "IPv6 address of the host's end, on a bridge the gateway",
	    "fc00:136::1", NETWORK },
	[KEY_LOCAL_ADDRESS6] = { "LOCAL_ADDRESS6", TYPE_ADDRESS6, NULL,
	    "IPv6 address of the container's end", "fc00:136::2", NETWORK },
	[KEY_GATEWAY] = { "GATEWAY", TYPE_GATEWAY4, NULL,
	    "IPv4 default gateway, instead of the host",
	    "10.231.136.1", NETWORK },
	[KEY_GATEWAY6] = { "GATEWAY6", TYPE_GATEWAY6, NULL,
	    "IPv6 default gateway, instead of the host",
	    "fc00:136::1", NETWORK },
	[KEY_HOST_BRIDGE] = { "HOST_BRIDGE", TYPE_INTERFACE, NULL,
	    "bridge of the host that the host's end joins", "br0", NETWORK },
	[KEY_LOCAL_MAC_ADDRESS] = { "LOCAL_MAC_ADDRESS", TYPE_MAC, NULL,
	    "MAC address of the container's end",
	    "02:00:00:00:00:07", NETWORK },
	[KEY_MTU] = { "MTU", TYPE_MTU, "1500",
	    "MTU of both ends", "1400", NETWORK },
	[KEY_HOST_PORT] = { "HOST_PORT", TYPE_PORTS, NULL,
	    "ports of the host that are forwarded to the container",
	    "tcp:8080:80,udp:5353,127.0.0.1:8443:443", NETWORK },
	[KEY_NAT] = { "NAT", TYPE_SWITCH, "0",
	    "send its packets from the address of the host", "1", NETWORK },
	[KEY_ALLOW_FROM] = { "ALLOW_FROM", TYPE_SOURCES,
	    "containers host ports",
	    "who may open connections to it", "web lan", NETWORK },
	[KEY_EXTRA_VETHS] = { "EXTRA_VETHS", TYPE_PAIRS, NULL,
	    "further pairs of interfaces",
	    "veth1:host=10.5.5.1,local=10.5.5.2 veth2:bridge=br1", NETWORK },
	[KEY_INTERFACES] = { "INTERFACES", TYPE_INTERFACES, NULL,
	    "interfaces of the host that move into the container",
	    "eth1 eth2", NETWORK },
	[KEY_MACVLANS] = { "MACVLANS", TYPE_MACVLANS, NULL,
	    "interfaces of the host that get a macvlan for the container",
	    "eth1", NETWORK },
	[KEY_NETWORK_NAMESPACE_PATH] = { "NETWORK_NAMESPACE_PATH", TYPE_PATH,
	    NULL, "existing network namespace to run in",
	    "/run/netns/vpn", NETWORK },
	[KEY_COPY_RESOLV_CONF] = { "COPY_RESOLV_CONF", TYPE_SWITCH, "1",
	    "copy the host's name servers into the container", "0", NETWORK },
	[KEY_RESOLVE_CONTAINERS] = { "RESOLVE_CONTAINERS", TYPE_SWITCH, "0",
	    "resolve the names of other containers", "1", NETWORK },
	[KEY_BIND] = { "BIND", TYPE_BINDS, NULL,
	    "files and directories of the host, writable",
	    "/srv/data:/data '/srv/my data'", FILES },
	[KEY_BIND_RO] = { "BIND_RO", TYPE_BINDS, NULL,
	    "files and directories of the host, read-only",
	    "/usr/share/zoneinfo", FILES },
	[KEY_TMPFS] = { "TMPFS", TYPE_TMPFS, NULL,
	    "directories in memory, empty at each start",
	    "/tmp /var/cache:size=64M,mode=755", FILES },
	[KEY_DEVICES] = { "DEVICES", TYPE_DEVICES, NULL,
	    "device nodes of the host that the container may use",
	    "/dev/fuse /dev/rtc0:r char-usb_device", FILES },
	[KEY_PRIVATE_USERS] = { "PRIVATE_USERS", TYPE_USERS, "no",
	    "users of its own, in a user namespace", "pick", LIMITS },
	[KEY_NIX_DAEMON] = { "NIX_DAEMON", TYPE_SWITCH, "1",
	    "let it use the host's Nix daemon; create writes 0",
	    "0", LIMITS },
	[KEY_CAPABILITIES] = { "CAPABILITIES", TYPE_CAPABILITIES, NULL,
	    "capabilities that its root keeps, beside the usual ones",
	    "CAP_SYS_TIME CAP_IPC_LOCK", LIMITS },
	[KEY_MEMORY_MAX] = { "MEMORY_MAX", TYPE_SIZE, NULL,
	    "most memory that it may use", "512M", LIMITS },
	[KEY_CPU_QUOTA] = { "CPU_QUOTA", TYPE_PERCENT, NULL,
	    "most time of one processor; above 100% of several",
	    "150%", LIMITS },
	[KEY_TASKS_MAX] = { "TASKS_MAX", TYPE_COUNT, "16384",
	    "most processes and threads that it may have", "2000", LIMITS },
	[KEY_EXTRA_NSPAWN_FLAGS] = { "EXTRA_NSPAWN_FLAGS", TYPE_FLAGS, NULL,
	    "further options for systemd-nspawn",
	    "'--setenv=MOTTO=less is more'", LIMITS },
	[KEY_AFTER] = { "AFTER", TYPE_UNITS, NULL,
	    "containers and units that start before it, if they start",
	    "database network-online.target", ORDER },
	[KEY_REQUIRES] = { "REQUIRES", TYPE_UNITS, NULL,
	    "containers and units that are started with it, and before",
	    "database", ORDER },
	[KEY_START_TIMEOUT] = { "START_TIMEOUT", TYPE_SPAN, "1min",
	    "how long its init may take to become ready",
	    "2min 30s", ORDER },
};

enum key
key_find(const char *name)
{
	enum key k = 0;

	while (k < KEYS && strcmp(key_info[k].name, name) != 0)
		k++;
	return k;
}
