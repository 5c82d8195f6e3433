/* SPDX-License-Identifier: MIT */
/* unpack.c - processes that unpack a tar, each with as little as it needs */
#define _GNU_SOURCE
#include "tree/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/exits.h"
#include "base/fd.h"
#include "base/visible.h"
#include "tree/jail.h"
#include "tree/packer.h"
#include "tree/remove.h"
#include "tree/tarhead.h"

/* FEED has what was read already, PACK decompresses; both may be unneeded. */
enum { FEED, PACK, FILTER, TAR, STAGES };

enum { PIPE = 1 << 20 };	/* bytes; fewer switches between processes */

/* The end of what a program says. */
struct said {
	char text[1024];
	size_t n;
};

struct chain {
	int top;
	const struct archive_limit *limit;
	const char *packer;		/* NULL: not compressed */
	char packer_path[PATH_MAX], tar_path[PATH_MAX];
	unsigned char head[ARCHIVE_BLOCK];
	size_t n_head;			/* 0: in begins with it */
	int in;				/* of the stage that is next */
	int pipe[2];			/* its output, and whoever reads that */
	int report[2];			/* of FILTER */
	int words[2];			/* of TAR */
	int packer_words[2];		/* of PACK */
	pid_t pid[STAGES];		/* 0: there is none */
	int status[STAGES];
	struct archive_result result;	/* of FILTER */
	bool reported;			/* it is there */
	struct said said;		/* of TAR */
};

static void
be_standard(int in, int out, int error)
{
	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(error, STDERR_FILENO) < 0)
		_exit(EXIT_TOOL);
}

/* be_strict - from now on read, write and end, nothing else */
static void
be_strict(void)
{
	fd_close_above(STDERR_FILENO);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) < 0)
		_exit(EXIT_TOOL);
}

/* strict_end - _exit(2) would be a call that is not allowed */
static _Noreturn void
strict_end(int status)
{
	for (;;)
		syscall(SYS_exit, status);
}

static _Noreturn void
feed(const struct chain *c)
{
	static char buf[1 << 16];
	ssize_t n = (ssize_t)c->n_head;

	be_standard(c->in, c->pipe[1], c->pipe[1]);
	be_strict();
	memcpy(buf, c->head, c->n_head);
	while (n > 0 && fd_write_all(STDOUT_FILENO, buf, (size_t)n) == 0)
		n = read(STDIN_FILENO, buf, sizeof(buf));
	strict_end(n != 0);
}

static _Noreturn void
filter(const struct chain *c)
{
	struct archive_result result;

	be_standard(c->in, c->pipe[1], c->report[1]);
	be_strict();
	result = archive_filter(STDIN_FILENO, STDOUT_FILENO, c->head, c->n_head,
	    c->limit);
	strict_end(fd_write_all(STDERR_FILENO, &result, sizeof(result)) != 0);
}

/* run - execute a program in a jail; its words tell what fails before */
static _Noreturn void
run(const char *path, char *const argv[], int tree)
{
	struct errmsg why = { "" };

	if (jail_enter(tree, &why) == 0) {
		execve(path, argv, jail_environment);
		errmsg_errno(&why, "execute %s", path);
	}
	(void)dprintf(STDERR_FILENO, "%s\n", why.text);
	_exit(EXIT_TOOL);
}

static _Noreturn void
decompress(const struct chain *c)
{
	char *const argv[] = { (char *)c->packer, (char *)"-dc", NULL };

	be_standard(c->in, c->pipe[1], c->packer_words[1]);
	run(c->packer_path, argv, -1);
}

static _Noreturn void
extract(const struct chain *c)
{
	char *const argv[] = { (char *)"tar", (char *)"-x", (char *)"-p",
	    (char *)"--numeric-owner", (char *)"--same-owner",
	    (char *)"--xattrs", (char *)"--xattrs-include=user.*",
	    (char *)"--xattrs-include=security.capability",
	    (char *)"-b", (char *)"128", (char *)"-C", (char *)"/to", (char *)"-f", (char *)"-", NULL };

	be_standard(c->in, c->words[1], c->words[1]);
	run(c->tar_path, argv, c->top);
}

/* start - a stage that reads what the one before writes */
static int
start(struct chain *c, int stage, void (*child)(const struct chain *))
{
	if (pipe2(c->pipe, O_CLOEXEC) < 0)
		return -1;
	/* Where that is refused, it is just slower. */
	(void)fcntl(c->pipe[1], F_SETPIPE_SZ, PIPE);
	c->pid[stage] = fork();
	if (c->pid[stage] == 0)
		child(c);
	close(c->pipe[1]);
	close(c->in);
	c->in = c->pipe[0];
	return c->pid[stage] < 0 ? -1 : 0;
}

/* start_all - with the head given to the first that reads */
static int
start_all(struct chain *c)
{
	bool back = lseek(c->in, -(off_t)c->n_head, SEEK_CUR) >= 0;

	if (back)
		c->n_head = 0;
	c->in = fcntl(c->in, F_DUPFD_CLOEXEC, 3);
	if (c->in < 0 || pipe2(c->report, O_CLOEXEC) < 0 ||
	    pipe2(c->words, O_CLOEXEC) < 0 ||
	    pipe2(c->packer_words, O_CLOEXEC) < 0 ||
	    fcntl(c->packer_words[1], F_SETFL, O_NONBLOCK) < 0)
		return -1;
	if (c->packer && !back && start(c, FEED, feed) < 0)
		return -1;
	if (c->packer) {
		c->n_head = 0;
		if (start(c, PACK, decompress) < 0)
			return -1;
	}
	if (start(c, FILTER, filter) < 0)
		return -1;
	return start(c, TAR, extract);
}

/* hear - read to the end what is said, and keep the end of it */
static void
hear(int fd, struct said *s)
{
	size_t half = sizeof(s->text) / 2;
	ssize_t n;

	while ((n = read(fd, s->text + s->n, sizeof(s->text) - 1 - s->n)) > 0) {
		s->n += (size_t)n;
		if (s->n > half) {
			memmove(s->text, s->text + s->n - half, half);
			s->n = half;
		}
	}
}

/*
 * cause - the line of an error: of what decompresses the first one, as advice may
 * follow; of tar the one before the last, which only says that there was one
 */
static const char *
cause(struct said *s, bool first)
{
	char *line = s->text, *end;

	while (s->n > 0 && s->text[s->n - 1] == '\n')
		s->n--;
	s->text[s->n] = '\0';
	if (first) {
		line += strspn(line, "\n");
		line[strcspn(line, "\n")] = '\0';
		return line;
	}
	end = strrchr(line, '\n');
	if (end) {
		*end = '\0';
		s->n = (size_t)(end - line);
		end = strrchr(line, '\n');
	}
	return end ? end + 1 : line;
}

static bool
ended_well(const struct chain *c, int stage)
{
	int status = c->status[stage];

	return !c->pid[stage] || (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
	    (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
}

static int
program_failed(const char *program, int fd, struct said *s, struct errmsg *why)
{
	char shown[4 * sizeof(s->text) + 1];
	const char *text;
	size_t n = strlen(program), len;

	hear(fd, s);
	text = cause(s, strcmp(program, "tar") != 0);
	if (!strncmp(text, program, n) && !strncmp(text + n, ": ", 2))
		text += n + 2;
	visible_text(shown, &len, (const unsigned char *)text, strlen(text), true);
	shown[len] = '\0';
	return errmsg_set(why, "%s: %s", program, len ? shown : "it failed");
}

static int
filter_failed(const struct archive_result *r, struct errmsg *why)
{
	static const char *const text[] = {
		[ARCHIVE_EMPTY] = "it is empty: expected a tar",
		[ARCHIVE_FOREIGN] = "not a tar, or with nothing in it",
		[ARCHIVE_DAMAGED] = "damaged: a header is wrong",
		[ARCHIVE_CUT] = "it ends too soon",
		[ARCHIVE_KIND] = "it has an entry that only a backup has",
		[ARCHIVE_LONG] = "a name or an attribute is too long",
		[ARCHIVE_BYTES] = "more than --max-bytes",
		[ARCHIVE_FILES] = "more than --max-files",
	};

	errno = r->error;
	if (r->fault == ARCHIVE_READ)
		return errmsg_errno(why, "read the tar");
	return errmsg_set(why, "%s", text[r->fault]);
}

/* judge - the first stage that failed of its own is the cause */
static int
judge(struct chain *c, struct errmsg *why)
{
	bool passed = c->reported && c->result.fault == ARCHIVE_WHOLE;
	struct said said = { "", 0 };

	if (!ended_well(c, PACK))
		return program_failed(c->packer, c->packer_words[0], &said, why);
	if (c->reported && !passed && c->result.fault != ARCHIVE_WRITE)
		return filter_failed(&c->result, why);
	if (!ended_well(c, TAR) || c->status[TAR] != 0)
		return program_failed("tar", c->words[0], &c->said, why);
	if (!passed || c->status[FILTER] != 0)
		return errmsg_set(why, "reading its headers failed");
	return 0;
}

/* attend - until all have ended */
static int
attend(struct chain *c, struct errmsg *why)
{
	close(c->in);
	close(c->words[1]);
	close(c->packer_words[1]);
	close(c->report[1]);
	hear(c->words[0], &c->said);
	c->reported = fd_read_max(c->report[0], &c->result,
	    sizeof(c->result)) == sizeof(c->result);
	for (int i = 0; i < STAGES; i++)
		while (c->pid[i] > 0 && waitpid(c->pid[i], &c->status[i], 0) < 0)
			if (errno != EINTR)
				return errmsg_errno(why, "wait");
	return judge(c, why);
}

/* prepare - find out what is needed; the first block is read for that */
static int
prepare(struct chain *c, struct errmsg *why)
{
	ssize_t n = fd_read_max(c->in, c->head, sizeof(c->head));

	if (n < 0)
		return errmsg_errno(why, "read the tar");
	c->n_head = (size_t)n;
	if (n < ARCHIVE_BLOCK || !tarhead_valid(c->head))
		c->packer = packer_of(c->head, c->n_head);
	if (jail_program("tar", c->tar_path) < 0)
		return errmsg_set(why, "needs the program tar");
	if (c->packer && jail_program(c->packer, c->packer_path) < 0)
		return errmsg_set(why, "needs the program %s", c->packer);
	return 0;
}

int
unpack(int top, int in, const struct archive_limit *limit,
    uint64_t *devices, struct errmsg *why)
{
	struct chain c = { .top = top, .in = in, .limit = limit };

	if (prepare(&c, why) < 0)
		return -1;
	if (start_all(&c) < 0)
		return errmsg_errno(why, "start what unpacks it");
	if (attend(&c, why) < 0)
		return -1;
	*devices = c.result.devices;
	return 0;
}

int
unpack_into(int above, const char *name, int in, const struct archive_limit *limit,
    uint64_t *devices, struct errmsg *why)
{
	auto_close int top = openat(above, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct errmsg cause = { "" };
	struct stat st;

	if (top < 0 || fstat(top, &st) < 0)
		return errmsg_errno(why, "open %s", name);
	if (fd_is_empty(top) != 1)
		return errmsg_set(why, "%s: expected an empty directory", name);
	if (unpack(top, in, limit, devices, &cause) < 0) {
		if (remove_empty(above, name) < 0)
			return errmsg_errno(why, "unpack: %s; to empty it failed, too",
			    cause.text);
		return errmsg_set(why, "unpack: %s", cause.text);
	}
	if (fchown(top, st.st_uid, st.st_gid) < 0 ||
	    fchmod(top, st.st_mode & 07777) < 0)
		return errmsg_errno(why, "give %s its owner and mode", name);
	return 0;
}
