/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * question: an answer with its state, and the records that are proved.
 */
#include <string.h>

#include "daemon/verifier/question.h"
#include "daemon/verifier/record.h"

static void
note(struct verdict *v, const char *name, unsigned type,
    const struct resolver_answer *a)
{
	bool alias = a->canonical[0] != '\0' && strcmp(a->canonical, name) != 0;
	char text[RECORD_TEXT];

	verdict_step(v, "dns: %s %s is %s%s%s%s%s", name,
	    resolver_type_name(type), resolver_state_name(a->state),
	    a->why[0] != '\0' ? ": " : "", a->why,
	    alias ? ", an alias of " : "", alias ? a->canonical : "");
	for (size_t i = 0; i < a->nrecords; i++)
		verdict_step(v, "dns: %s. %u IN %s %s",
		    alias ? a->canonical : name, a->ttl,
		    resolver_type_name(type),
		    record_text(type, a->records[i], text));
}

const struct resolver_answer *
question_ask(struct verdict *v, const char *name, unsigned type)
{
	const struct resolver_answer *a =
	    resolver_ask(name, type, v->since, &v->waiter);

	if (a == NULL)
		return NULL;
	if (v->bound > (uint64_t)a->until)
		v->bound = (uint64_t)a->until;
	if (v->steps != NULL)
		note(v, name, type, a);
	return a;
}
