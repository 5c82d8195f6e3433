/* SPDX-License-Identifier: MIT */
#ifndef BASE_CLI_H
#define BASE_CLI_H

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * The options that every tool has, as rows of its struct option table and
 * cases of its switch.  HELP is the whole text of --help.  getopt_long(3)
 * has named a wrong option on stderr by the time the default case is reached.
 */
#define CLI_COMMON \
	{ "help", no_argument, NULL, 'h' }, \
	{ "version", no_argument, NULL, 'V' }, \
	{ NULL, 0, NULL, 0 }

#define CLI_CASES(help, status) \
	case 'h': \
		exit(fputs(help, stdout) < 0 || fflush(stdout) != 0); \
	case 'V': \
		exit(puts(VERSION) < 0 || fflush(stdout) != 0); \
	default: \
		exit(status)

#endif
