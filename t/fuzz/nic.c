/* SPDX-License-Identifier: MIT */
/* nic.c - the file that records the interfaces of a container */
#include <limits.h>

#include "net/nic.h"
#undef NIC_DIR
#define NIC_DIR "in"
#include "net/nic.c"

#include "fuzz.h"

static void
put(const uint8_t *data, size_t size)
{
	int fd = open("in/x", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	fuzz_must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nic_list list, again;
	struct errmsg why = { "" };

	fuzz_dir();
	put(data, size);
	memset(&list, 0, sizeof(list));
	memset(&again, 0, sizeof(again));
	if (nic_load("x", &list, &why) < 0) {
		fuzz_must(errno == EBADMSG && *why.text);
		return 0;
	}
	fuzz_must(list.n >= 0 && list.n <= NIC_MAX);
	/* An accepted record, written again, must be accepted again. */
	fuzz_must(save("x", &list, &why) == 0);
	fuzz_must(nic_load("x", &again, &why) == 0 && again.n == list.n);
	for (int i = 0; i < list.n; i++) {
		fuzz_must(ifname_ok(list.record[i].name));
		fuzz_must(!strcmp(list.record[i].name, again.record[i].name));
		fuzz_must(!strcmp(list.record[i].kind, again.record[i].kind));
		fuzz_must(list.record[i].index == again.record[i].index);
		fuzz_must(list.record[i].moved == again.record[i].moved);
	}
	return 0;
}
