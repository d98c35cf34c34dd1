/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * secret: pages of their own for what must not leave this process.
 */
#include <config.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/sys/secret.h"

/* Whole pages for len bytes; 0 where there is no such number. */
static size_t
pages(size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (len == 0)
		len = 1;
	return len > SIZE_MAX - page ? 0 : (len + page - 1) / page * page;
}

void *
secret_alloc(size_t len)
{
	size_t size = pages(len);
	void *p;

	if (size == 0) {
		errno = ENOMEM;
		return NULL;
	}
	p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	/* Each of these is one more wall, and none of them is the only one. */
	(void)mlock(p, size);
	(void)madvise(p, size, MADV_DONTDUMP);
	(void)madvise(p, size, MADV_WIPEONFORK);
	return p;
}

void
secret_free(void *p, size_t len)
{
	if (p == NULL)
		return;
	explicit_bzero(p, pages(len));
	(void)munmap(p, pages(len));
}
