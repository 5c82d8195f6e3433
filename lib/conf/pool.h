/* SPDX-License-Identifier: MIT */
#ifndef CONF_POOL_H
#define CONF_POOL_H

#include "conf/settings.h"

/*
 * The pairs of addresses that are given to containers: 10.233.N.1 and .2, .3
 * and .4, ... .253 and .254, for N from 0 to 255.
 */
#define POOL_NETWORK "10.233.0.0/16"

enum {
	POOL_PAIRS = 256 * 127,
	POOL_TEXT = sizeof("10.233.255.253 10.233.255.254"),
};

struct pool {
	unsigned char taken[POOL_PAIRS / 8];	/* a bit for each pair */
};

/*
 * pool_take - take all pairs that have an address in a network
 *
 * byte is an address in it.  A network wider than the pool takes only the pair
 * of that address: a route to a VPN in 10.0.0.0/8 must not use up the pool.
 */
void pool_take(struct pool *pool, const unsigned char byte[4], int prefix);

/*
 * pool_take_settings - take the addresses of all containers' settings
 *
 * conf_dir has the files NAME.conf and, of containers that are being created,
 * .NAME.pending.  In a file with errors each address counts, outside comments.
 * A file that cannot be read is reported.  Returns 0, also if conf_dir is
 * missing, or -1 with errno.
 */
int pool_take_settings(struct pool *pool, const char *conf_dir,
    const struct settings_errors *errors);

/* pool_find - the first pair that is free: "HOST LOCAL"; 0, or -1: none */
int pool_find(const struct pool *pool, char text[POOL_TEXT]);

#endif
