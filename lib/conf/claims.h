/* SPDX-License-Identifier: MIT */
#ifndef CONF_CLAIMS_H
#define CONF_CLAIMS_H

#include "base/port.h"
#include "conf/settings.h"

/* What to call for what another container has, too. */
struct claims_found {
	/* number: the first port that both have */
	void (*port)(int number, const struct port *port, const char *other,
	    void *arg);
	void (*link)(const char *ifname, const char *other, void *arg);
	void *arg;
};

/*
 * claims_find - find the ports and further links that other containers have
 *
 * s has the settings of the container name.  The records of the others are
 * DIR/NAME.forward, in lines of rules_print; those of older versions have ports as
 * elements only.  Each port is found once in a record.
 */
void claims_find(const struct settings *s, const char *run_dir,
    const char *name, const struct claims_found *found);

#endif
