/* SPDX-License-Identifier: MIT */
/*
 * session-work true
 * session-work greet
 * session-work echo
 * session-work bulk MIB CPU-FILE
 * session-work ping COUNT COMMAND [ARG ...]
 * session-work cost CPU-FILE COMMAND [ARG ...]
 *
 * The work in a session, and its measurement from outside.  greet asks and
 * answers, as login does, until the end of its input or a dot.  echo sends each
 * byte back.  bulk writes MIB MiB, and records the CPU time in us of its parent,
 * the server of the terminal.  ping prints the median time in us of a byte to a
 * COMMAND that runs echo, and back.  cost prints the time and CPU time of a
 * COMMAND in us; the CPU time includes that in the file.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 10000 };

static void
raw(void)
{
	struct termios t;

	if (tcgetattr(STDIN_FILENO, &t) < 0)
		return;
	cfmakeraw(&t);
	tcsetattr(STDIN_FILENO, TCSANOW, &t);
}

static int
greet(void)
{
	char name[64];
	ssize_t n;

	do {
		(void)!write(STDOUT_FILENO, "login: ", 7);
		n = read(STDIN_FILENO, name, sizeof(name));
		(void)!write(STDOUT_FILENO, "hello ", 6);
		(void)!write(STDOUT_FILENO, name, n > 0 ? (size_t)n : 0);
	} while (n > 0 && name[0] != '.');
	return 0;
}

static int
echo(void)
{
	char c = 'R';

	raw();
	do
		if (write(STDOUT_FILENO, &c, 1) != 1)
			return 1;
	while (read(STDIN_FILENO, &c, 1) == 1);
	return 0;
}

/* parent_us - the CPU time of our parent so far */
static long
parent_us(void)
{
	unsigned long long ns = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)getppid());
	if (!(f = fopen(path, "r")) || fscanf(f, "%llu", &ns) != 1)
		err(1, "%s", path);
	fclose(f);
	return (long)(ns / 1000);
}

static int
bulk(long mib, const char *file)
{
	static char buf[1 << 16];
	FILE *f;

	raw();
	memset(buf, 'x', sizeof(buf));
	for (long i = 0; i < mib * 16; i++)
		for (size_t off = 0; off < sizeof(buf);) {
			ssize_t n = write(STDOUT_FILENO, buf + off,
			    sizeof(buf) - off);

			if (n < 0)
				err(1, "write");
			off += (size_t)n;
		}
	tcdrain(STDOUT_FILENO);
	if (!(f = fopen(file, "w")))
		err(1, "%s", file);
	fprintf(f, "%ld\n", parent_us());
	return fclose(f);
}

static int
compare(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

static long
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

static int
ping(int count, char **argv)
{
	static long took[MOST];
	int to[2], from[2];
	char c = 'x';

	if (count < 1 || count > MOST || pipe2(to, O_CLOEXEC) < 0 ||
	    pipe2(from, O_CLOEXEC) < 0)
		err(2, "pipes");
	if (vfork() == 0) {
		dup2(to[0], STDIN_FILENO);
		dup2(from[1], STDOUT_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	do
		if (read(from[0], &c, 1) != 1)
			errx(1, "no echo");
	while (c != 'R');
	for (int i = 0; i < count; i++) {
		took[i] = now_ns();
		if (write(to[1], "x", 1) != 1 || read(from[0], &c, 1) != 1)
			err(1, "echo");
		took[i] = now_ns() - took[i];
	}
	close(to[1]);
	qsort(took, (size_t)count, sizeof(*took), compare);
	printf("%.1f\n", (double)took[count / 2] / 1000);
	return 0;
}

static int
cost(const char *file, char **argv)
{
	long begin = now_ns(), wall, us = 0;
	struct rusage u;
	int status;
	FILE *f;

	if (vfork() == 0) {
		dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (wait4(-1, &status, 0, &u) < 0 || status != 0)
		errx(1, "%s failed", argv[0]);
	wall = (now_ns() - begin) / 1000;
	if (!(f = fopen(file, "r")) || fscanf(f, "%ld", &us) != 1)
		err(1, "%s", file);
	us += (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
	    u.ru_utime.tv_usec + u.ru_stime.tv_usec;
	printf("%ld %ld\n", wall, us);
	return 0;
}

int
main(int argc, char *argv[])
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (!strcmp(verb, "true"))
		return 0;
	if (!strcmp(verb, "greet"))
		return greet();
	if (!strcmp(verb, "echo"))
		return echo();
	if (!strcmp(verb, "bulk") && argc == 4)
		return bulk(atol(argv[2]), argv[3]);
	if (!strcmp(verb, "ping") && argc > 3)
		return ping(atoi(argv[2]), argv + 3);
	if (!strcmp(verb, "cost") && argc > 3)
		return cost(argv[2], argv + 3);
	errx(2, "usage: session-work true|greet|echo|bulk|ping|cost [ARG ...]");
}
