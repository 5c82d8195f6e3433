/* SPDX-License-Identifier: MIT */
#ifndef NET_NL_H
#define NET_NL_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	NL_TX = 8192,	/* bytes of a batch */
	NL_MAX = 128,	/* messages of a batch */
};

/*
 * A batch of rtnetlink messages and the socket it goes through.
 *
 * nl_msg and the nl_put functions fill the batch, nl_run sends it in one
 * call.  A socket stays in the network namespace where it was opened, wherever
 * the process goes later.  Only the last message asks for an answer, by itself
 * if it is an RTM_GET one: the kernel works through a batch in order and tells
 * of every error unasked, so when the last is answered, all that was not heard
 * of has been done.
 * Source: rtnetlink(7), netlink_rcv_skb in the kernel.
 */
struct nl {
	int fd;
	uint32_t seq;		/* of the last message, over all batches */
	int n;			/* messages in this batch */
	bool ran;		/* the next nl_msg begins a new batch */
	bool full;		/* something did not fit */
	bool torn;		/* the kernel said so of a dump */
	size_t len;
	size_t at[NL_MAX];	/* where in tx each message begins */
	int allow[NL_MAX];	/* the errno that is no failure of it */
	int err[NL_MAX];	/* after nl_run: its errno, or 0 */
	int failed;		/* after nl_run: the first that failed, or -1 */
	char text[128];		/* what the kernel says of that one, or "" */
	_Alignas(8) char tx[NL_TX];
};

/* nl_number - the number in an attribute of an answer; 0 where it is cut */
uint32_t nl_number(const struct nlattr *attr);

/* One answer that is no acknowledgement; n is the message it answers. */
typedef void nl_each(const struct nlmsghdr *answer, int n, void *arg);

/*
 * nl_open - open a socket in the present network namespace
 *
 * Only the kernel is heard there.  Returns 0, or -1 with errno; nl_close
 * closes it in either case, and ignores one that was never opened if its fd is
 * -1.
 */
int nl_open(struct nl *nl);
void nl_close(struct nl *nl);

/*
 * nl_msg - begin the next message of the batch
 *
 * head (ifinfomsg, rtmsg, ...) is copied.  NLM_F_REQUEST is added.  A message
 * with NLM_F_DUMP must be the last.  What does not fit makes nl_run fail.
 */
void nl_msg(struct nl *nl, uint16_t type, uint16_t flags, const void *head,
    size_t len);

/* nl_put - add an attribute to the last message; nl_raw - bare bytes */
void nl_put(struct nl *nl, uint16_t attr, const void *data, size_t len);
void nl_put_u8(struct nl *nl, uint16_t attr, uint8_t value);
void nl_put_u32(struct nl *nl, uint16_t attr, uint32_t value);
void nl_put_str(struct nl *nl, uint16_t attr, const char *text);
void nl_raw(struct nl *nl, const void *data, size_t len);

/* nl_nest - begin a nested attribute, to be ended with what it returned */
struct nlattr *nl_nest(struct nl *nl, uint16_t attr);
void nl_nest_end(struct nl *nl, struct nlattr *nest);

/* nl_allow - this errno, or NL_ANY of them, is no failure of the last message */
enum { NL_ANY = -1 };
void nl_allow(struct nl *nl, int err);

/*
 * nl_run - send the batch and take in the answers
 *
 * An empty batch is done at once.  each may be NULL.  Returns 0 when every
 * message was done or failed as allowed; -1 with the errno of the first that
 * failed, of which failed and text tell more; or -1 with failed -1 and the
 * errno of the socket, EMSGSIZE (the batch or an answer is too large), or
 * EAGAIN (a dump was disturbed; ask again): then what was done is unknown.
 */
int nl_run(struct nl *nl, nl_each *each, void *arg);

/* nl_failed - the message that failed, or NULL; good until the next nl_msg */
const struct nlmsghdr *nl_failed(const struct nl *nl);

#endif
