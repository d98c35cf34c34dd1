/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * question: an answer with its state, and the records that are proved.
 */
#include <errno.h>
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

static void
resume(struct waiter *waiter)
{
	struct verdict *v = container_of(waiter, struct verdict, waiter);

	v->resume(v);
}

void
question_begin(struct verdict *v)
{
	v->waiter.answered = resume;
	/* A server's name is our own choice. */
	v->waiter.stranger = !v->peer_is_server;
	v->rounds++;
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

enum says
question_wait(struct verdict *v)
{
	if (v->rounds <= QUESTION_MAX_ROUNDS)
		return SAYS_WAIT;
	return verdict_refuse(v, EKEYREJECTED, GNUTLS_A_INTERNAL_ERROR,
	    "the answers of the DNS do not stay long enough to be used");
}

bool
question_is_bad(enum resolver_state state)
{
	return state == RESOLVER_BOGUS || state == RESOLVER_FAILED ||
	       state == RESOLVER_TIMEOUT;
}

/* Going on without the answer would let whoever can drop or forge packets
 * choose the method (RFC 6698, section 4.1; RFC 7672, section 2.1.1). */
enum says
question_refuse(struct verdict *v, const char *owner, unsigned type,
    enum resolver_state state, const char *why)
{
	return verdict_refuse(v, EKEYREJECTED, GNUTLS_A_INTERNAL_ERROR,
	    "the DNS query for %s %s is %s: %s", owner,
	    resolver_type_name(type), resolver_state_name(state), why);
}

enum says
question_hidden(struct verdict *v, const char *host, const char *owner,
    unsigned type, const struct resolver_answer *answer)
{
	struct resolver_answer bad = *answer; /* until the next question */
	const struct resolver_answer *a = question_ask(v, host, DNS_TYPE_A);

	if (a == NULL)
		return question_wait(v);
	if (a->state == RESOLVER_INSECURE && !a->alias)
		return SAYS_CANNOT;
	return question_refuse(v, owner, type, bad.state, bad.why);
}
