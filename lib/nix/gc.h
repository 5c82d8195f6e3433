/* SPDX-License-Identifier: MIT */
#ifndef NIX_GC_H
#define NIX_GC_H

/*
 * gc_hold - protect a store path from the garbage collector until it has a root
 *
 * state is Nix's state directory, path a path in the store.  Roots made
 * during a collection are unknown to it.  So gc_hold either keeps collections
 * from starting while *hold is open, or announces the path to the one that is
 * running.  That one may have deleted it already: check that path exists
 * afterwards.
 *
 * Returns 0, with *hold for the caller to close, or -1 if there was never a
 * collection; or -1 with errno ETIMEDOUT (a collection ran for wait_ms and took
 * no announcements: Nix before 2.5), or that of the call that failed.
 * Source: src/libstore/gc.cc of Nix 2.8, addTempRoot.
 */
int gc_hold(const char *state, const char *path, int wait_ms, int *hold);

#endif
