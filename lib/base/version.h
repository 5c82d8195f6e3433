/* SPDX-License-Identifier: MIT */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

/*
 * version_line - what --version prints, without a newline
 *
 * The version, then in parentheses the commit, compiler, libc, kind of linking and
 * machine of this build.  Source: share/build/version.
 */
extern const char version_line[];

#endif
