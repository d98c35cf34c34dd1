/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * pace: how large the records to a peer are.
 */
#include "daemon/worker/pace.h"

enum {
	/*
	 * A record is of use to the peer only as a whole: so after a pause the
	 * first ones fit into a segment of TCP each, for as many bytes as TCP
	 * then sends without hearing of the peer (RFC 6928).
	 */
	SMALL_RECORD = 1380,
	SMALL_BYTES = 10 * SMALL_RECORD,
	PAUSE = 1000, /* ms */
};

void
pace_begin(struct pace *p, uint64_t now)
{
	if (now - p->sent_at >= PAUSE)
		p->small = SMALL_BYTES;
	p->sent_at = now;
}

size_t
pace_record(struct pace *p, size_t len)
{
	if (p->small == 0)
		return len; /* GnuTLS knows how much that can be */
	len = len < SMALL_RECORD ? len : SMALL_RECORD;
	p->small -= len < p->small ? len : p->small;
	return len;
}
