/* SPDX-License-Identifier: MIT */
/*
 * init - process 1 of the minimal system
 * init --exec FILE NAME [ARG...] - execute FILE, a static program, as NAME
 * init --lock FILE COMMAND [ARG...] - execute COMMAND, with FILE locked
 *
 * Runs SYSTEM/activate, then keeps each of SYSTEM/services running; SYSTEM is
 * the directory of this program.  Once ctr-console, one of the services, is
 * ready, sends READY=1 to the container manager.  The manager accepts it from
 * process 1 only, so busybox's init will not do.
 *
 * SIGRTMIN+3, SIGRTMIN+4, SIGUSR1, SIGUSR2, SIGPWR  stop all, power off
 * SIGTERM, SIGINT, SIGRTMIN+5                       stop all, reboot
 * SIGHUP  switch to the services of /run/current-system; when they run,
 *         /run/init/current points to that system, and /run/init/failed has
 *         a file for each service that failed since
 *
 * systemd (systemd(1), "Signals") and busybox's poweroff, halt and reboot send
 * these signals.  --exec lets a build run a busybox in the store: the file's
 * name starts with a hash, but busybox picks the applet by the name that it is
 * run under.  --lock is for switch-to-configuration, as not every busybox has
 * flock.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <elf.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/exits.h"
#include "base/fd.h"

#define CURRENT "/run/current-system"
#define APPLIED "/run/init/current"
#define NOTIFY "/run/init/notify"
#define FAILED "/run/init/failed"
#define CONSOLE "ctr-console"

enum {
	RTMIN = 34,		/* systemd's SIGRTMIN is glibc's; musl's is 35 */
	SERVICES = 256,		/* a switch may stop 100 and start 100 others */
	SCRIPT_SIZE = 512,
	GRACE_MS = 5000,	/* from SIGTERM to SIGKILL */
	READY_MS = 10000,	/* how long the console may take to be ready */
	SHORT_MS = 1000,	/* a service that ends sooner restarts after it */
};

struct service {
	char name[NAME_MAX + 1];	/* empty: a free slot */
	char script[SCRIPT_SIZE];	/* what to run, in the store */
	pid_t pid;			/* 0: not running */
	int64_t since_ms;		/* time of its start, past or planned */
	int64_t kill_ms;		/* stopping: time of SIGKILL; else 0 */
	bool wanted;
};

static struct service services[SERVICES];
static char system_dir[PATH_MAX];
static int64_t ready_ms;		/* deadline of READY=1; 0: it was sent */
static const char *manager;		/* the manager's socket for READY=1 */

#define FOR_EACH(s) \
	for (struct service *s = services; s < services + SERVICES; s++) \
		if (s->name[0])

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* become - in a child: execute a program of the system, signals unblocked */
static _Noreturn void
become(const char *path)
{
	sigset_t none;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (fd > 0)
		dup2(fd, STDIN_FILENO);
	execl(path, path, (char *)NULL);
	warn("exec %s", path);
	_exit(EXIT_NOCMD);
}

/* relink - make the symbolic link at path point to target, atomically */
static void
relink(const char *target, const char *path)
{
	char tmp[64];

	snprintf(tmp, sizeof(tmp), "%s.new", path);
	unlink(tmp);
	if (symlink(target, tmp) < 0 || rename(tmp, path) < 0)
		warn("link %s", path);
}

/*
 * Processes outside services' sessions also get SIGHUP: an interactive shell
 * ignores SIGTERM.  A service might take SIGHUP as a request to reload.
 */
static bool
of_a_service(pid_t pid)
{
	pid_t sid = getsid(pid);

	FOR_EACH(s)
		if (s->pid > 0 && s->pid == sid)
			return true;
	return false;
}

static void
terminate_each(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;

	while (proc && (e = readdir(proc))) {
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);

		if (pid <= 1)
			continue;
		kill(pid, SIGTERM);
		if (!of_a_service(pid))
			kill(pid, SIGHUP);
		kill(pid, SIGCONT);
	}
	if (proc)
		closedir(proc);
	else
		kill(-1, SIGTERM);
}

/* all_gone - reap until no process is left (true), or until the deadline */
static bool
all_gone(int sigfd, int64_t until_ms)
{
	struct signalfd_siginfo si;
	struct pollfd p = { .fd = sigfd, .events = POLLIN };

	for (int64_t now; (now = now_ms()) < until_ms;) {
		pid_t pid;

		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid < 0 && errno == ECHILD)
			return true;
		if (poll(&p, 1, (int)(until_ms - now)) > 0)
			(void)!read(sigfd, &si, sizeof(si)); /* just a wake-up */
	}
	return false;
}

static _Noreturn void
power(int sigfd, int how)
{
	warnx(how == RB_AUTOBOOT ? "reboot" : "power off");
	terminate_each();
	if (!all_gone(sigfd, now_ms() + GRACE_MS)) {
		warnx("killing the remaining processes");
		kill(-1, SIGKILL);
		all_gone(sigfd, now_ms() + SHORT_MS);
	}
	sync();
	reboot(how);
	/* If reboot is not allowed: nspawn takes 133 as a request to reboot. */
	_exit(how == RB_AUTOBOOT ? 133 : 0);
}

static void
service_stop(struct service *s)
{
	if (s->pid == 0 || s->kill_ms)
		return;
	kill(-s->pid, SIGTERM);
	s->kill_ms = now_ms() + GRACE_MS;
}

static void
service_start(struct service *s)
{
	pid_t pid = fork();

	s->since_ms = now_ms();
	if (pid == 0) {
		if (!strcmp(s->name, CONSOLE))
			setenv("NOTIFY_SOCKET", NOTIFY, 1);
		become(s->script);
	}
	if (pid < 0) {
		warn("fork for %s", s->name);
		s->since_ms += SHORT_MS;
		return;
	}
	s->pid = pid;
}

/* note_failure - tell switch-to-configuration that a service failed */
static void
note_failure(const char *name)
{
	char path[sizeof(FAILED) + 1 + NAME_MAX];
	int fd;

	snprintf(path, sizeof(path), FAILED "/%s", name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
}

/* forget_failures - delete all notes of failures, before services change */
static void
forget_failures(void)
{
	DIR *dir = opendir(FAILED);
	struct dirent *e;

	while (dir && (e = readdir(dir)))
		if (e->d_name[0] != '.')
			(void)unlinkat(dirfd(dir), e->d_name, 0);
	if (dir)
		closedir(dir);
}

/* service_ended - after its process ended: free its slot, or plan a restart */
static void
service_ended(struct service *s, const siginfo_t *si)
{
	int64_t now = now_ms();
	bool asked = s->kill_ms != 0, brief = now - s->since_ms < SHORT_MS;
	const char *how = "signal", *again = "";

	if (si->si_code == CLD_EXITED)
		how = "exit";
	if (brief)
		again = ", again in 1 s";
	if (!asked)
		warnx("service %s: %s %d%s", s->name, how, si->si_status, again);
	if (!asked && brief && si->si_status != 0)
		note_failure(s->name);
	s->pid = 0;
	s->kill_ms = 0;
	s->since_ms = now;
	if (brief && !asked)
		s->since_ms += SHORT_MS;
	if (!s->wanted)
		s->name[0] = '\0';
}

static void
reap(void)
{
	siginfo_t si;

	for (;;) {
		si.si_pid = 0;
		if (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) < 0 ||
		    si.si_pid == 0)
			return;
		FOR_EACH(s)
			if (s->pid == si.si_pid) {
				/* Before the pid can be reused for another group. */
				kill(-s->pid, SIGKILL);
				service_ended(s, &si);
			}
		waitpid(si.si_pid, NULL, 0);
	}
}

static struct service *
service_named(const char *name)
{
	FOR_EACH(s)
		if (!strcmp(s->name, name))
			return s;
	for (struct service *s = services; s < services + SERVICES; s++)
		if (!s->name[0]) {
			memset(s, 0, sizeof(*s));
			snprintf(s->name, sizeof(s->name), "%s", name);
			return s;
		}
	return NULL;
}

static void
service_want(int dirfd, const char *name)
{
	char script[SCRIPT_SIZE];
	ssize_t n = readlinkat(dirfd, name, script, sizeof(script));
	struct service *s;

	if (n < 0 || n == sizeof(script))
		return;		/* not a link that the build made */
	script[n] = '\0';
	s = service_named(name);
	if (!s) {
		warnx("too many services: %s does not run", name);
		return;
	}
	if (strcmp(s->script, script) != 0) {
		service_stop(s);
		s->since_ms = 0;
		memcpy(s->script, script, (size_t)n + 1);
	}
	s->wanted = true;
}

/* reload - want the services of system_dir, stop those changed or removed */
static void
reload(void)
{
	char path[PATH_MAX + 16];
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/services", system_dir);
	dir = opendir(path);
	if (!dir) {
		warn("open %s", path);
		return;
	}
	forget_failures();
	FOR_EACH(s)
		s->wanted = false;
	while ((e = readdir(dir)))
		if (e->d_name[0] != '.')
			service_want(dirfd(dir), e->d_name);
	closedir(dir);
	FOR_EACH(s) {
		if (s->wanted)
			continue;
		service_stop(s);
		if (s->pid == 0)
			s->name[0] = '\0';
	}
}

/* A failure only warns: the container must stay reachable for repair. */
static void
activate(void)
{
	char path[PATH_MAX + 16];
	int status;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/activate", system_dir);
	pid = fork();
	if (pid == 0)
		become(path);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		warn("run %s", path);
	else if (status != 0)
		warnx("%s failed", path);
}

static void
send_ready(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const char text[] = "READY=1";
	auto_close int fd = -1;
	socklen_t len;

	ready_ms = 0;
	if (!manager || strlen(manager) >= sizeof(a.sun_path))
		return;
	strcpy(a.sun_path, manager);
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    strlen(manager));
	if (*manager == '@')
		a.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || sendto(fd, text, sizeof(text) - 1, MSG_NOSIGNAL,
	    (struct sockaddr *)&a, len) < 0)
		warn("notify %s", manager);
}

/* notify_open - open the socket for the console's READY=1; only root has access */
static int
notify_open(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = NOTIFY };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	unlink(NOTIFY);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		warn("bind %s", NOTIFY);
	return fd;
}

static void
notified(int fd)
{
	char buf[512];
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	if (n < 0)
		return;
	buf[n] = '\0';
	if (ready_ms && (!strncmp(buf, "READY=1", 7) || strstr(buf, "\nREADY=1")))
		send_ready();
}

static void
signalled(int sigfd)
{
	struct signalfd_siginfo si;
	char path[PATH_MAX];
	ssize_t n;

	if (read(sigfd, &si, sizeof(si)) != sizeof(si))
		return;
	switch (si.ssi_signo) {
	case SIGCHLD:
		reap();
		break;
	case SIGHUP:
		n = readlink(CURRENT, path, sizeof(path) - 1);
		if (n < 0)
			return;
		path[n] = '\0';
		memcpy(system_dir, path, (size_t)n + 1);
		reload();
		break;
	case SIGTERM: case SIGINT: case RTMIN + 5:
		power(sigfd, RB_AUTOBOOT);
	default:
		power(sigfd, RB_POWER_OFF);
	}
}

/* earlier - the earlier of two times; 0 means no time */
static int64_t
earlier(int64_t a, int64_t b)
{
	if (a == 0 || (b != 0 && b < a))
		return b;
	return a;
}

/* tend - do all that is due; returns the timeout of the next poll */
static int
tend(void)
{
	int64_t now = now_ms(), next = 0;
	bool stopping = false;

	if (ready_ms && now >= ready_ms) {
		warnx(CONSOLE " is not ready, continuing without it");
		send_ready();
	}
	FOR_EACH(s) {
		if (s->pid == 0 && now >= s->since_ms)
			service_start(s);
		if (s->kill_ms && now >= s->kill_ms) {
			kill(-s->pid, SIGKILL);
			s->kill_ms = now + GRACE_MS;
		}
		next = earlier(next, s->pid ? s->kill_ms : s->since_ms);
		stopping |= s->kill_ms != 0;
	}
	if (!stopping) {
		static char applied[PATH_MAX];

		if (strcmp(applied, system_dir) != 0)
			relink(strcpy(applied, system_dir), APPLIED);
	}
	next = earlier(next, ready_ms);
	if (next == 0)
		return -1;
	if (next <= now)
		return 0;
	return (int)(next - now);
}

static int
signals_open(void)
{
	const int mine[] = { SIGCHLD, SIGHUP, SIGTERM, SIGINT, SIGUSR1, SIGUSR2,
	    SIGPWR };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(mine) / sizeof(mine[0]); i++)
		sigaddset(&set, mine[i]);
	for (int i = 3; i <= 5; i++)
		sigaddset(&set, RTMIN + i);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* is_static - is it a static program?  If not, *what says why */
static bool
is_static(int fd, const char **what)
{
	ElfW(Ehdr) e;
	ElfW(Phdr) p;

	*what = "not a program of this machine";
	if (pread(fd, &e, sizeof(e), 0) != sizeof(e) ||
	    memcmp(e.e_ident, ELFMAG, SELFMAG) != 0 ||
	    e.e_phentsize != sizeof(p))
		return false;
	for (int i = 0; i < e.e_phnum; i++) {
		if (pread(fd, &p, sizeof(p), (off_t)(e.e_phoff +
		    (size_t)i * sizeof(p))) != sizeof(p))
			return false;
		*what = "dynamically linked, but it must be static";
		if (p.p_type == PT_INTERP)
			return false;
	}
	return true;
}

static _Noreturn void
exec_static(char *argv[])
{
	const char *what;
	int fd = open(argv[0], O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		err(EXIT_TOOL, "open %s", argv[0]);
	if (!is_static(fd, &what))
		errx(EXIT_TOOL, "%s: %s", argv[0], what);
	execv(argv[0], argv + 1);
	err(EXIT_NOEXEC, "exec %s", argv[0]);
}

/* The command and its children inherit the lock. */
static _Noreturn void
exec_locked(char *argv[])
{
	int fd = open(argv[0], O_RDWR | O_CREAT, 0600), r = -1;

	while (fd >= 0 && (r = flock(fd, LOCK_EX)) < 0 && errno == EINTR)
		;
	if (fd < 0 || r < 0)
		err(EXIT_TOOL, "lock %s", argv[0]);
	execv(argv[1], argv + 1);
	err(EXIT_NOEXEC, "exec %s", argv[1]);
}

/* set_up - find the system that this is the init of, and make it current */
static void
set_up(void)
{
	ssize_t n = readlink("/proc/self/exe", system_dir,
	    sizeof(system_dir) - 1);

	if (n < 0)
		err(EXIT_TOOL, "readlink /proc/self/exe");
	*strrchr(system_dir, '/') = '\0';
	umask(022);
	(void)!chdir("/");	/* the kernel starts process 1 in it anyway */
	setenv("PATH", CURRENT "/bin", 1);
	setenv("HOME", "/root", 1);
	manager = getenv("NOTIFY_SOCKET");
	if (manager)
		manager = strdup(manager);
	unsetenv("NOTIFY_SOCKET");
	mkdir("/run/init", 0700);
	mkdir(FAILED, 0700);
	relink(system_dir, "/run/booted-system");
	relink(system_dir, CURRENT);
}

int
main(int argc, char *argv[])
{
	struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };

	if (argc >= 4 && !strcmp(argv[1], "--exec"))
		exec_static(argv + 2);
	if (argc >= 4 && !strcmp(argv[1], "--lock"))
		exec_locked(argv + 2);
	if (getpid() != 1)
		errx(EXIT_USAGE, "must run as process 1 of a container");

	fds[0].fd = signals_open();
	set_up();
	activate();
	fds[1].fd = notify_open();
	ready_ms = now_ms() + READY_MS;
	reload();
	for (;;) {
		if (poll(fds, 2, tend()) < 0)
			continue;
		if (fds[1].revents)
			notified(fds[1].fd);
		if (fds[0].revents)
			signalled(fds[0].fd);
	}
}
