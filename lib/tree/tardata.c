/* SPDX-License-Identifier: MIT */
/* tardata.c - the data of a file in a tar, whose maker is untrusted */
#include "tree/tardata.h"

#include <unistd.h>

#include "tree/interrupt.h"
#include "tree/place.h"
#include "tree/sparse.h"

enum { BLOCK = 512 };

static int
wrong(struct errmsg *why)
{
	return errmsg_set(why, "the tar is damaged: the map of a sparse file is wrong");
}

/* write_range - size bytes of the data at that place of the file */
static int
write_range(struct tarread *t, int fd, bool seek, int64_t at, int64_t size,
    struct errmsg *why)
{
	const unsigned char *data;
	ssize_t n;

	if (seek && size > 0 && lseek(fd, at, SEEK_SET) < 0)
		return errmsg_errno(why, "%s", place_tail(t->entry.path));
	while (size > 0) {
		n = tarread_part(t, &data, size, why);
		if (n == 0)
			return wrong(why);
		if (n < 0)
			return -1;
		if (interrupt_write(fd, data, (size_t)n) < 0)
			return errmsg_errno(why, "write %s", place_tail(t->entry.path));
		size -= n;
	}
	return 0;
}

/* write_zeros - instead of a hole */
static int
write_zeros(int fd, int64_t n, struct errmsg *why)
{
	static char zeros[65536];	/* not in the file of the program */

	while (n > 0) {
		size_t now = n < (int64_t)sizeof(zeros) ? (size_t)n : sizeof(zeros);

		if (interrupt_write(fd, zeros, now) < 0)
			return errmsg_errno(why, "write");
		n -= (int64_t)now;
	}
	return 0;
}

/* read_map - the map of a sparse file, which its data begin with */
static int
read_map(struct tarread *t, struct sparse *map, struct errmsg *why)
{
	const unsigned char *data;
	int state = 1;
	ssize_t n;

	sparse_begin(map, t->entry.size);
	while (state > 0) {
		size_t got = 0;

		/* It fills its last block. */
		while (got < BLOCK) {
			n = tarread_part(t, &data, BLOCK - (int64_t)got, why);
			if (n < 0)
				return -1;
			if (n == 0)
				return wrong(why);
			if (state > 0)
				state = sparse_take(map, (const char *)data, (size_t)n);
			got += (size_t)n;
		}
	}
	return state < 0 ? wrong(why) : 0;
}

static int
write_sparse(struct tarread *t, int fd, bool seek, struct errmsg *why)
{
	static struct sparse map;
	int64_t at = 0;

	if (read_map(t, &map, why) < 0)
		return -1;
	for (size_t i = 0; i < map.n; i++) {
		const struct sparse_part *p = &map.part[i];

		if (!seek && write_zeros(fd, p->at - at, why) < 0)
			return -1;
		if (write_range(t, fd, seek, p->at, p->size, why) < 0)
			return -1;
		at = p->at + p->size;
	}
	return seek ? 0 : write_zeros(fd, t->entry.size - at, why);
}

int
tardata_write(struct tarread *t, int fd, bool sparse, struct errmsg *why)
{
	int done;

	if (t->entry.sparse)
		done = write_sparse(t, fd, sparse, why);
	else
		done = write_range(t, fd, false, 0, t->entry.size, why);
	if (done < 0)
		return -1;
	if (sparse && ftruncate(fd, t->entry.size) < 0)
		return errmsg_errno(why, "%s", place_tail(t->entry.path));
	return 0;
}
