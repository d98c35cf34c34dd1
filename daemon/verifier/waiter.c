/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * waiter: the list of those who wait for one answer.
 */
#include <stddef.h>

#include "daemon/verifier/waiter.h"

void
waiter_join(struct waiter **list, struct waiter *waiter)
{
	waiter->next = *list;
	waiter->prev = list;
	if (waiter->next != NULL)
		waiter->next->prev = &waiter->next;
	*list = waiter;
}

void
waiter_leave(struct waiter *waiter)
{
	if (waiter->prev == NULL)
		return;
	*waiter->prev = waiter->next;
	if (waiter->next != NULL)
		waiter->next->prev = waiter->prev;
	waiter->next = NULL;
	waiter->prev = NULL;
}
