/* SPDX-License-Identifier: MIT */
#ifndef NIX_VALIDITY_H
#define NIX_VALIDITY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * validity_ask - does Nix know these store paths, as things that are whole?
 *
 * path are n store paths, written as Nix does.  bad[i] becomes true where Nix
 * says that it is not valid.  nix-store is looked for in PATH and run, without
 * a shell, and only reads.  Returns 0, or -1 with errno ENOENT (there is no
 * nix-store), EIO (it failed, and said why on standard error), or that of
 * fork(2) or pipe2(2).
 */
int validity_ask(char *const path[], size_t n, bool *bad);

#endif
