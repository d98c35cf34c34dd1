/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * id_staple: a question that may fail: what the keeper has said of the
 * identity is shown all the same.
 */
#include "daemon/ipc/voucher.h"
#include "tool/command.h"
#include "tool/id_staple.h"

enum { PATIENCE = 3000 }; /* milliseconds */

void
id_staple_ask(struct id_staple *s, struct admin *a, struct blob chain)
{
	uint8_t id[CHAIN_ID_SIZE];
	struct admin_staple ask = { .chain = { id, sizeof(id) } };
	const char *why;
	int status;

	*s = (struct id_staple){ NULL };
	if (chain.len == 0 || chain_id(chain, id) != 0 ||
	    admin_send(a, &admin_staple_schema, &ask, NULL, 0) != TOOL_OK)
		return;
	do {
		if (admin_receive(a, PATIENCE, &status) != 1)
			return;
	} while (a->packet->header.request != a->last);
	if (admin_decode(a, &admin_staple_ans_schema, &s->ans, &why) !=
	    TOOL_OK) {
		s->ans = (struct admin_staple_ans){ 0 };
		return;
	}
	s->state = s->ans.until == 0   ? "none"
		   : s->ans.is_revoked ? "revoked"
				       : "good";
}
