/* SPDX-License-Identifier: MIT */
#ifndef NET_NL_H
#define NET_NL_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	NL_TX = 8192,	/* bytes in a batch */
	NL_MAX = 128,	/* messages in a batch */
};

struct nl;

/* A callback for a message that would change something. */
typedef void nl_change(struct nl *nl, const struct nlmsghdr *change, void *arg);

/*
 * An rtnetlink socket and the batch of messages to send through it.
 *
 * nl_msg and the nl_put functions fill the batch; nl_run sends it in one call
 * and leaves it empty.  A socket stays in the network namespace in which it
 * was opened, even if the process enters another one.  Only the last message
 * asks for an acknowledgement (a request for data is its own).  The kernel
 * processes a batch in order and always reports errors, so once the last
 * message is answered, every message without an error has succeeded.
 * Source: rtnetlink(7), netlink_rcv_skb in the kernel.
 */
struct nl {
	int fd;
	nl_change *change;	/* see nl_withhold; NULL: all are sent */
	void *change_arg;
	uint32_t seq;		/* of the last message, over all batches */
	int n;			/* messages in the batch */
	size_t len;		/* bytes in the batch */
	bool full;		/* a message did not fit */
	size_t at[NL_MAX];	/* offset of each message in tx */
	int allow[NL_MAX];	/* errno that is no failure of the message */
	int err[NL_MAX];	/* errno of the message, or 0 */
	bool dump_interrupted;	/* the data changed during a dump */
	int last_err;		/* after nl_run: errno of the last message, or 0 */
	int failed;		/* after nl_run: first message that failed, or -1 */
	char text[128];		/* the kernel's explanation of that, or "" */
	_Alignas(8) char tx[NL_TX];
};

/* nl_number - the 32-bit number in an attribute; 0 if it is too short */
uint32_t nl_number(const struct nlattr *attr);

/*
 * nl_find - an attribute of a message, whose head has size bytes, or NULL
 *
 * nl_find_nested - the same in a nest, which may be NULL
 */
const struct nlattr *nl_find(const struct nlmsghdr *h, size_t size, int type);
const struct nlattr *nl_find_nested(const struct nlattr *nest, int type);

/* nl_text - the text in an attribute, or NULL without one; nl_is - is it that? */
const char *nl_text(const struct nlattr *attr);
bool nl_is(const struct nlattr *attr, const char *text);

/* A callback for an answer that carries data; n is the message it answers. */
typedef void nl_each(const struct nlmsghdr *answer, int n, void *arg);

/*
 * nl_open - open a socket in the current network namespace
 *
 * It only receives from the kernel.  Returns 0, or -1 with errno.  Call
 * nl_close in either case; it ignores a socket whose fd is -1.
 */
int nl_open(struct nl *nl);
void nl_close(struct nl *nl);

/*
 * nl_msg - add a message to the batch
 *
 * head (ifinfomsg, rtmsg, ...) is copied.  NLM_F_REQUEST is added.  A message
 * with NLM_F_DUMP must be the last.  If a message does not fit, nl_run fails.
 */
void nl_msg(struct nl *nl, uint16_t type, uint16_t flags, const void *head,
    size_t len);

/* nl_put - add an attribute to the last message; nl_raw - add plain bytes */
void nl_put(struct nl *nl, uint16_t attr, const void *data, size_t len);
void nl_put_u8(struct nl *nl, uint16_t attr, uint8_t value);
void nl_put_u32(struct nl *nl, uint16_t attr, uint32_t value);
void nl_put_str(struct nl *nl, uint16_t attr, const char *text);
void nl_raw(struct nl *nl, const void *data, size_t len);

/* nl_nest - begin a nested attribute; pass the result to nl_nest_end */
struct nlattr *nl_nest(struct nl *nl, uint16_t attr);
void nl_nest_end(struct nl *nl, struct nlattr *nest);

/* nl_allow - ignore this errno, or with NL_ANY all, of the last message */
enum { NL_ANY = -1 };
void nl_allow(struct nl *nl, int err);

/*
 * nl_run - send the batch, receive the answers, and empty the batch
 *
 * An empty batch succeeds at once.  each may be NULL.  Returns 0 if every
 * message succeeded or failed as allowed.  Returns -1 with the errno of the
 * first message that failed; failed and text describe it.  Returns -1 with
 * failed -1 and the errno of the socket, EMSGSIZE (the batch or an answer is
 * too large), or EAGAIN (a dump was interrupted; repeat it): it is then unknown
 * which messages the kernel has processed.
 */
int nl_run(struct nl *nl, nl_each *each, void *arg);

/*
 * nl_withhold - send no message that changes something; NULL: send all again
 *
 * From now on nl_run sends only the requests for data.  After their answers it
 * passes the other messages to change, which may call nl_run for requests.  In
 * a batch with both, the last one must be a request.
 */
void nl_withhold(struct nl *nl, nl_change *change, void *arg);

/* nl_failed - the message that failed, or NULL; valid until the next nl_msg */
const struct nlmsghdr *nl_failed(const struct nl *nl);

#endif
