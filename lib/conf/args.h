/* SPDX-License-Identifier: MIT */
#ifndef CONF_ARGS_H
#define CONF_ARGS_H

#include <stdio.h>

#include "conf/job.h"
#include "conf/settings.h"

/*
 * args_nspawn - write the arguments for systemd-nspawn
 *
 * s has passed check_settings.  Users, binds (writable ones map users of its
 * own if the file system can), tmpfs, capabilities, devices with
 * a node on the host, the hosts file of run_dir, --ephemeral, and last the words
 * of EXTRA_NSPAWN_FLAGS.  Each argument ends with the character end.
 * Source: systemd-nspawn(1).
 */
void args_nspawn(const struct settings *s, const char *run_dir, char end,
    FILE *out);

/*
 * args_sealed - write the options of "ctr-tree seal"
 *
 * In the same form: all files and directories of the host that the container
 * sees read-only, but for those bound with norbind, which seal does not have.
 * Source: ctr-tree(8).
 */
void args_sealed(const struct settings *s, const char *run_dir, char end,
    FILE *out);

/*
 * args_network - write the options of "mkveth add"
 *
 * In the same form; nothing for a container without a network of its own.  On a
 * bridge, the host's address becomes the container's gateway if the container
 * has an address of that family.
 * Source: mkveth(8).
 */
void args_network(const struct settings *s, char end, FILE *out);

/* args_print - write the arguments that a command line asks for */
void args_print(const struct settings *s, const struct cli_job *job, char end,
    FILE *out);

#endif
