/* SPDX-License-Identifier: MIT */
#ifndef CONF_TYPE_H
#define CONF_TYPE_H

#include "base/errmsg.h"

/* The types of values. */
enum type {
	TYPE_SWITCH,
	TYPE_STORE,
	TYPE_PATH,
	TYPE_FLAKE,
	TYPE_ADDRESS4,
	TYPE_ADDRESS6,
	TYPE_GATEWAY4,
	TYPE_GATEWAY6,
	TYPE_INTERFACE,
	TYPE_MAC,
	TYPE_MTU,
	TYPE_PORTS,
	TYPE_SOURCES,
	TYPE_PAIRS,
	TYPE_INTERFACES,
	TYPE_MACVLANS,
	TYPE_BINDS,
	TYPE_TMPFS,
	TYPE_DEVICES,
	TYPE_CREDENTIALS,
	TYPE_CAPABILITIES,
	TYPE_USERS,
	TYPE_SIZE,
	TYPE_SWAP,
	TYPE_PERCENT,
	TYPE_CPUS,
	TYPE_WEIGHT,
	TYPE_RATES,
	TYPE_COUNT,
	TYPE_FLAGS,
	TYPE_UNITS,
	TYPE_SPAN,
	TYPES
};

/* type_name - a word or two, such as "list of ports" */
const char *type_name(enum type type);

/* type_expected - the valid values, for a message */
const char *type_expected(enum type type);

/* type_values - the valid words with blanks between, if there are few; or NULL */
const char *type_values(enum type type);

/*
 * type_check - is this value of that type?
 *
 * Returns 0, or -1 with why: invalid value "x" (expected ...).  Of a list, x is
 * the first word that is wrong.
 */
int type_check(enum type type, const char *value, struct errmsg *why);

#endif
