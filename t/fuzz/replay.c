/* SPDX-License-Identifier: MIT */
/* replay.c - run files through a fuzz target, as libFuzzer does, without clang */
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

enum { MOST = 1 << 20 };

/* Memory of exactly the input's size, to detect reads behind it. */
static void
replay(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	static unsigned char all[MOST];
	unsigned char *data;
	ssize_t n;

	if (fd < 0 || (n = read(fd, all, sizeof(all))) < 0)
		err(1, "%s", name);
	close(fd);
	if (!(data = malloc((size_t)n)) && n > 0)
		err(1, "%s", name);
	for (ssize_t i = 0; i < n; i++)
		data[i] = all[i];
	/* The last line before a report names the input. */
	printf("%s\n", name);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, (size_t)n);
	free(data);
}

int
main(int argc, char *argv[])
{
	for (int i = 1; i < argc; i++) {
		DIR *d = opendir(argv[i]);
		struct dirent *e;

		if (!d)
			err(1, "%s", argv[i]);
		while ((e = readdir(d)))
			if (e->d_name[0] != '.')
				replay(dirfd(d), e->d_name);
		closedir(d);
	}
	return 0;
}
