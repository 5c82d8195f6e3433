/* SPDX-License-Identifier: MIT */
#ifndef NET_POLICY_H
#define NET_POLICY_H

/* Bytes of "FAMILY TABLE CHAIN" with the longest names of the kernel. */
enum { POLICY_TEXT = 8 + 2 * 256 };

/*
 * policy_drops - find a chain that drops what the host would forward
 *
 * It is a base chain of nftables at the hook forward, also one of iptables-nft.  Its
 * policy is to drop, or its last rule drops or rejects every packet, as firewalld's
 * does.  Whether the rules before accept some packets is not looked at.
 * family: AF_INET or AF_INET6.  Returns 1 and its name as nft(8) takes it, 0 if
 * there is none, or -1 with errno.
 * Source: nf_tables.h, nf_tables_fill_chain_info of the kernel.
 */
int policy_drops(int family, char text[POLICY_TEXT]);

#endif
