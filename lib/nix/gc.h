/* SPDX-License-Identifier: MIT */
#ifndef NIX_GC_H
#define NIX_GC_H

/*
 * gc_hold - keep a store path from Nix's collector while it becomes a root
 *
 * state is Nix's state directory, path a path in the store.  Nix takes it that
 * no root is made while a collection runs, unless it was told of it: so either
 * none runs as long as *hold is open, or the one that does knows of the path and
 * leaves it.  What it had deleted before it knew is gone: look for it then.
 *
 * Returns 0, with *hold for the caller to close, or -1 where nothing ever was
 * collected; or -1 with errno ETIMEDOUT (one runs that cannot be told, and
 * went on for wait_ms), or that of the call that failed.
 * Source: src/libstore/gc.cc of Nix 2.8, addTempRoot.
 */
int gc_hold(const char *state, const char *path, int wait_ms, int *hold);

#endif
