/* SPDX-License-Identifier: MIT */
/* swap A B - exchange two names, atomically, over and over until killed */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdio.h>

int
main(int argc, char *argv[])
{
	if (argc != 3)
		errx(2, "usage: swap A B");
	while (renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2],
	    RENAME_EXCHANGE) == 0)
		;
	/* It ends when one of them is removed. */
	err(1, "%s and %s", argv[1], argv[2]);
}
