/* SPDX-License-Identifier: MIT */
/*
 * faults [-o FILE] [-u PROGRAM] count|kill N|fail N ERRNO|hold N COMMAND [ARG...]
 *
 * Run a command, and count the system calls with effects in its whole tree of
 * processes.  At the entry of the Nth, kill kills all processes at once, fail
 * makes the call fail with ERRNO, and hold prints the pid of the calling process,
 * stops it until the end of standard input, and then kills all processes.
 *
 * count prints the number of calls.  -o writes a line for each: its number, name,
 * pid and program, and a path if it has one.  -u ends all processes before PROGRAM
 * runs, as only the steps before it are tested.
 *
 * Exit status: that of the command; 137 if it was killed; 99 if -u ended it;
 * 125 if we failed.  For x86_64 and arm64.
 * Source: ptrace(2), seccomp(2).
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <elf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>


enum { UNTIL = 99, TOOL = 125, KILLED = 137 };

/* When a call counts as a change. */
enum rule {
	ALWAYS,
	OPENS,		/* flags in argument 1 (0 for open) make or empty */
	OPENS2,		/* flags in struct open_how */
	FILES,		/* the descriptor is a regular file */
	SENDS,		/* the descriptor is a socket to the kernel or a daemon */
};

static const struct call {
	int nr;
	const char *name;
	enum rule rule;
	int path;		/* which argument is one, or -1 */
} calls[] = {
#define C(name, rule, path) { SYS_##name, #name, rule, path }
#ifdef SYS_open	/* newer machines have only the calls that end with at */
	C(open, OPENS, 0), C(creat, ALWAYS, 0),
	C(mkdir, ALWAYS, 0), C(mknod, ALWAYS, 0),
	C(link, ALWAYS, 1), C(symlink, ALWAYS, 1), C(rename, ALWAYS, 1),
	C(unlink, ALWAYS, 0), C(rmdir, ALWAYS, 0),
	C(chmod, ALWAYS, 0), C(chown, ALWAYS, 0), C(lchown, ALWAYS, 0),
#endif
	C(openat, OPENS, 1), C(openat2, OPENS2, 1),
	C(mkdirat, ALWAYS, 1), C(mknodat, ALWAYS, 1),
	C(linkat, ALWAYS, 3), C(symlinkat, ALWAYS, 2),
	C(renameat, ALWAYS, 3), C(renameat2, ALWAYS, 3),
	C(unlinkat, ALWAYS, 1),
	C(truncate, ALWAYS, 0), C(ftruncate, ALWAYS, -1),
	C(fchmod, ALWAYS, -1), C(fchmodat, ALWAYS, 1),
	C(fchown, ALWAYS, -1), C(fchownat, ALWAYS, 1),
	C(utimensat, ALWAYS, 1),
	C(setxattr, ALWAYS, 0), C(fsetxattr, ALWAYS, -1),
	C(write, FILES, -1), C(writev, FILES, -1), C(pwrite64, FILES, -1),
	C(fallocate, ALWAYS, -1), C(copy_file_range, ALWAYS, -1),
	C(sendfile, FILES, -1),
	C(fsync, ALWAYS, -1), C(fdatasync, ALWAYS, -1), C(syncfs, ALWAYS, -1),
	C(mount, ALWAYS, 1), C(umount2, ALWAYS, 0), C(move_mount, ALWAYS, -1),
	C(unshare, ALWAYS, -1), C(setns, ALWAYS, -1),
	C(sendto, SENDS, -1), C(sendmsg, SENDS, -1),
#undef C
};
enum { CALLS = sizeof(calls) / sizeof(*calls) };

static struct {
	enum { COUNT, KILL, FAIL, HOLD } mode;
	long at;		/* which one */
	int error;
	FILE *list;
	const char *until;
	long n;			/* so far */
} job;

/* filter - stop at these calls only; all others run at full speed */
static void
filter(void)
{
	struct sock_filter f[CALLS + 3];
	struct sock_fprog prog = { CALLS + 3, f };

	f[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, nr));
	for (int i = 0; i < CALLS; i++)
		f[i + 1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ |
		    BPF_K, (unsigned)calls[i].nr, (unsigned char)(CALLS - i),
		    0);
	f[CALLS + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
	    SECCOMP_RET_ALLOW);
	f[CALLS + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
	    SECCOMP_RET_TRACE);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
		err(TOOL, "seccomp");
}

/* start - fork the command, stopped before its exec */
static pid_t
start(char *argv[])
{
	int go[2];
	pid_t pid;
	char c;

	if (pipe2(go, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		err(TOOL, "start");
	if (pid == 0) {
		close(go[1]);
		if (read(go[0], &c, 1) != 1)
			_exit(TOOL);
		filter();
		execvp(argv[0], argv);
		err(errno == ENOENT ? 127 : 126, "exec %s", argv[0]);
	}
	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)(PTRACE_O_EXITKILL |
	    PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
	    PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP)) < 0)
		err(TOOL, "trace");
	if (write(go[1], "", 1) != 1)
		err(TOOL, "start");
	close(go[0]);
	close(go[1]);
	return pid;
}

/* registers - read them from a process; false: it has just been killed */
static bool
registers(pid_t pid, struct user_regs_struct *r)
{
	struct iovec all = { r, sizeof(*r) };

	return ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &all) == 0;
}

#ifdef __x86_64__
static int
call_number(const struct user_regs_struct *r)
{
	return (int)r->orig_rax;
}

static unsigned long
argument(const struct user_regs_struct *r, int n)
{
	const unsigned long long all[] = { r->rdi, r->rsi, r->rdx, r->r10,
	    r->r8, r->r9 };

	return (unsigned long)all[n];
}

/* refuse - let the process skip its call, which then returns the error */
static void
refuse(pid_t pid, struct user_regs_struct *r, int error)
{
	struct iovec all = { r, sizeof(*r) };

	r->orig_rax = (unsigned long long)-1;
	r->rax = (unsigned long long)-error;
	(void)ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &all);
}
#elif defined(__aarch64__)
static int
call_number(const struct user_regs_struct *r)
{
	return (int)r->regs[8];
}

static unsigned long
argument(const struct user_regs_struct *r, int n)
{
	return (unsigned long)r->regs[n];
}

/* refuse - as above; a call's number is no register here once it has begun */
static void
refuse(pid_t pid, struct user_regs_struct *r, int error)
{
	int none = -1;
	struct iovec nr = { &none, sizeof(none) }, all = { r, sizeof(*r) };

	r->regs[0] = (unsigned long long)-error;
	(void)ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &nr);
	(void)ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &all);
}
#else
#error "the registers of this machine are not known"
#endif

static void
peek(pid_t pid, unsigned long from, void *to, size_t len)
{
	struct iovec local = { to, len }, remote = { (void *)from, len };

	memset(to, 0, len);
	/* A read that ends at a page's end is fine: the rest is zero. */
	while (process_vm_readv(pid, &local, 1, &remote, 1, 0) < 0 &&
	    local.iov_len > 1)
		local.iov_len = remote.iov_len = local.iov_len / 2;
}

static bool
is_regular(pid_t pid, int fd)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool
is_local(pid_t pid, int fd)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), copy, domain = 0;
	socklen_t len = sizeof(domain);

	copy = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	if (copy >= 0)
		(void)getsockopt(copy, SOL_SOCKET, SO_DOMAIN, &domain, &len);
	close(copy);
	close(pidfd);
	return domain == AF_NETLINK || domain == AF_UNIX;
}

static bool
makes(unsigned long flags)
{
	return flags & (O_CREAT | O_TRUNC);
}

static bool
changes(pid_t pid, const struct call *call, const struct user_regs_struct *r)
{
	unsigned long long how;

	switch (call->rule) {
	case OPENS:
		return makes(argument(r, call->path + 1));
	case OPENS2:
		peek(pid, argument(r, 2), &how, sizeof(how));
		return makes((unsigned long)how);
	case FILES:
		return is_regular(pid, (int)argument(r, 0));
	case SENDS:
		return is_local(pid, (int)argument(r, 0));
	default:
		return true;
	}
}

static void
note(pid_t pid, const struct call *call, const struct user_regs_struct *r)
{
	char path[256] = "", comm[32] = "", file[64];
	FILE *f;

	if (!job.list)
		return;
	snprintf(file, sizeof(file), "/proc/%d/comm", pid);
	if ((f = fopen(file, "re"))) {
		if (!fgets(comm, sizeof(comm), f))
			*comm = '\0';
		fclose(f);
	}
	comm[strcspn(comm, "\n")] = '\0';
	if (call->path >= 0)
		peek(pid, argument(r, call->path), path, sizeof(path) - 1);
	fprintf(job.list, "%ld %s %d %s %s\n", job.n, call->name, pid, comm,
	    path);
}

/* at_call - a process is about to make one of the calls */
static void
at_call(pid_t pid)
{
	const struct call *call = calls;
	struct user_regs_struct r;

	if (!registers(pid, &r))
		return;
	while (call < calls + CALLS && call->nr != call_number(&r))
		call++;
	if (call == calls + CALLS || !changes(pid, call, &r))
		return;
	job.n++;
	note(pid, call, &r);
	if (job.mode == COUNT || job.n != job.at)
		return;
	if (job.mode == HOLD) {
		char c;

		printf("%d\n", pid);
		fflush(stdout);
		while (read(STDIN_FILENO, &c, 1) > 0)
			;
	}
	if (job.mode == KILL || job.mode == HOLD) {
		if (job.list)
			fflush(job.list);
		_exit(KILLED);	/* PTRACE_O_EXITKILL: and all of them */
	}
	refuse(pid, &r, job.error);
}

/* at_exec - a process has become another program */
static void
at_exec(pid_t pid)
{
	char path[64], exe[256];
	ssize_t n;

	if (!job.until)
		return;
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	if ((n = readlink(path, exe, sizeof(exe) - 1)) < 0)
		return;
	exe[n] = '\0';
	if (strcmp(strrchr(exe, '/') + 1, job.until) != 0)
		return;
	if (job.mode == COUNT)
		printf("%ld\n", job.n);
	if (fflush(NULL) != 0)
		_exit(TOOL);
	_exit(UNTIL);
}

/* stopped - handle a stop; returns the signal to deliver, or 0 */
static int
stopped(pid_t pid, int status)
{
	switch (status >> 16) {
	case PTRACE_EVENT_SECCOMP: at_call(pid); return 0;
	case PTRACE_EVENT_EXEC: at_exec(pid); return 0;
	case 0: return WSTOPSIG(status);
	default: return 0;
	}
}

static int
run(pid_t first)
{
	int status, end = TOOL;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (pid < 0)
			continue;
		if (WIFSTOPPED(status)) {
			/* A job control stop: keep the process stopped. */
			if (status >> 16 == PTRACE_EVENT_STOP &&
			    WSTOPSIG(status) != SIGTRAP)
				(void)ptrace(PTRACE_LISTEN, pid, NULL, NULL);
			else
				(void)ptrace(PTRACE_CONT, pid, NULL,
				    (void *)(long)stopped(pid, status));
		} else if (pid == first) {
			end = WIFEXITED(status) ? WEXITSTATUS(status) :
			    128 + WTERMSIG(status);
		}
	}
	return end;
}

/*
 * apart - continue in a child; the parent exits when all traced processes ended
 *
 * When a tracer ends, the kernel kills its traced processes a moment later.
 */
static void
apart(void)
{
	int status, end = TOOL;
	pid_t child, pid;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || (child = fork()) < 0)
		err(TOOL, "fork");
	if (child == 0)
		return;
	while ((pid = waitpid(-1, &status, 0)) > 0 || errno == EINTR)
		if (pid == child && WIFEXITED(status))
			end = WEXITSTATUS(status);
	_exit(end);
}

static long
number(const char *text)
{
	char *end;
	long v = strtol(text, &end, 10);

	if (*end || v < 1)
		errx(TOOL, "not a number: %s", text);
	return v;
}

int
main(int argc, char *argv[])
{
	int opt, status;

	while ((opt = getopt(argc, argv, "+o:u:")) != -1)
		switch (opt) {
		case 'o':
			if (!(job.list = fopen(optarg, "we")))
				err(TOOL, "%s", optarg);
			break;
		case 'u': job.until = optarg; break;
		default: return TOOL;
		}
	argv += optind;
	if (*argv && !strcmp(*argv, "count")) {
		argv++;
	} else if (*argv && argv[1] && (!strcmp(*argv, "kill") ||
	    !strcmp(*argv, "hold"))) {
		job.mode = **argv == 'k' ? KILL : HOLD;
		job.at = number(argv[1]);
		argv += 2;
	} else if (*argv && !strcmp(*argv, "fail") && argv[1] && argv[2]) {
		job.mode = FAIL;
		job.at = number(argv[1]);
		job.error = (int)number(argv[2]);
		argv += 3;
	} else {
		errx(TOOL, "count, kill N, fail N ERRNO or hold N");
	}
	if (!*argv)
		errx(TOOL, "no command");
	apart();
	status = run(start(argv));
	if (job.mode == COUNT)
		printf("%ld\n", job.n);
	return fflush(NULL) ? TOOL : status;
}
