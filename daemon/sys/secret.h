/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * secret: memory that is never swapped, never dumped, and wiped when freed.
 */
#ifndef TLSPOOL_SYS_SECRET_H
#define TLSPOOL_SYS_SECRET_H

#include <stddef.h>

/* Zeroed, in pages of its own; NULL and errno.  Where the limit on locked
 * memory is reached it is still kept out of dumps and of children. */
void *secret_alloc(size_t len);
void secret_free(void *, size_t len);

#endif
