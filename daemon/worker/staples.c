/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * staples: one for each chain, whichever credentials it is in, or is still to
 * be in: what the verifier has kept comes before the first handshake.  They are
 * asked for by the handshakes that would have used them, because these have
 * the keeper's word at hand; so a verifier that is new is told by the next one.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/ipc/credential.h"
#include "daemon/ipc/hash.h"
#include "daemon/ipc/verify.h"
#include "daemon/ipc/voucher.h"
#include "daemon/sys/role.h"
#include "daemon/worker/staples.h"

enum {
	/* Milliseconds after which the verifier is asked again: where there
	 * is nothing to staple, and where there is, so that it knows that the
	 * certificate is still used. */
	AGAIN = 60 * 1000,
	AGAIN_FRESH = 60 * 60 * 1000,
	MAX_UNUSED = 1024, /* are kept at the most where others have none */
};

struct staple {
	UT_hash_handle hh;
	uint8_t chain[CHAIN_ID_SIZE];
	unsigned refs;	/* credentials */
	uint64_t asked; /* milliseconds, as loop_now(); 0: not yet */
	gnutls_datum_t answer;
	uint64_t until; /* seconds since 1970 */
};

static struct staple *staples;

static struct staple *
find(const uint8_t *chain)
{
	struct staple *s;

	HASH_FIND(hh, staples, chain, CHAIN_ID_SIZE, s);
	return s;
}

/* As the keeper sent it; to be freed.  len 0: no memory. */
static struct blob
list_chain(const gnutls_pcert_st *chain, unsigned n)
{
	struct wire_writer w = { .size = CHAIN_MAX };

	if ((w.data = malloc(w.size)) == NULL)
		return (struct blob){ NULL, 0 };
	for (unsigned i = 0; i < n; i++)
		wire_put_string(&w, chain[i].cert.data, chain[i].cert.size);
	return (struct blob){ w.data, w.full ? 0 : w.len };
}

static void
free_list(struct blob list)
{
	free((void *)(uintptr_t)list.data);
}

static struct staple *
add(const uint8_t id[CHAIN_ID_SIZE])
{
	struct staple *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	memcpy(s->chain, id, CHAIN_ID_SIZE);
	HASH_ADD(hh, staples, chain, CHAIN_ID_SIZE, s);
	return s;
}

static bool
is_crowded(void)
{
	return HASH_COUNT(staples) > MAX_UNUSED;
}

struct staple *
staple_get(const gnutls_pcert_st *chain, unsigned nchain)
{
	struct blob list = list_chain(chain, nchain);
	uint8_t id[CHAIN_ID_SIZE];
	struct staple *s = NULL;

	if (list.len > 0 && chain_id(list, id) == 0 && (s = find(id)) == NULL)
		s = add(id);
	if (s != NULL)
		s->refs++;
	free_list(list);
	return s;
}

void
staple_unref(struct staple *s)
{
	if (s == NULL || --s->refs > 0 || !is_crowded())
		return;
	HASH_DEL(staples, s);
	free(s->answer.data);
	free(s);
}

static bool
is_fresh(const struct staple *s)
{
	return s->answer.size > 0 && s->until > (uint64_t)time(NULL);
}

static bool
is_due(const struct staple *s)
{
	return s->asked == 0 ||
	       loop_now(role.loop) - s->asked >=
		   (uint64_t)(is_fresh(s) ? AGAIN_FRESH : AGAIN);
}

void
staple_ask(struct staple *s, struct blob voucher, const gnutls_pcert_st *chain,
    unsigned nchain)
{
	struct edge *verifier = role_edge(ROLE_VERIFIER, 0);
	struct staple_req q = { .voucher = voucher };

	if (!is_due(s) || verifier == NULL)
		return;
	q.chain = list_chain(chain, nchain);
	/* Where it cannot be sent, the next handshake tries. */
	if (q.chain.len > 0 &&
	    edge_send(verifier, &staple_req_schema, 0, &q, NULL, 0) == 0)
		s->asked = loop_now(role.loop);
	free_list(q.chain);
}

int
staple_copy(const struct staple *s, gnutls_datum_t *out)
{
	if (s == NULL || !is_fresh(s))
		return GNUTLS_E_NO_CERTIFICATE_STATUS;
	if ((out->data = gnutls_malloc(s->answer.size)) == NULL)
		return GNUTLS_E_MEMORY_ERROR;
	memcpy(out->data, s->answer.data, s->answer.size);
	out->size = s->answer.size;
	return 0;
}

int
staple_answered(struct edge *e, struct packet *p, void *msg)
{
	const struct staple_ans *answer = msg;
	struct staple *s;
	uint8_t *copy;

	(void)e;
	(void)p;
	if (answer->chain.len != CHAIN_ID_SIZE || answer->answer.len == 0)
		return -1;
	s = find(answer->chain.data);
	if (s == NULL && !is_crowded())
		s = add(answer->chain.data);
	/* The old one is used as long as it is good. */
	if (s == NULL || (copy = malloc(answer->answer.len)) == NULL)
		return 0;
	memcpy(copy, answer->answer.data, answer->answer.len);
	free(s->answer.data);
	s->answer.data = copy;
	s->answer.size = (unsigned)answer->answer.len;
	s->until = answer->until;
	return 0;
}

void
staples_forget(void)
{
	struct staple *s, *next;

	HASH_ITER(hh, staples, s, next)
	{
		HASH_DEL(staples, s);
		free(s->answer.data);
		free(s);
	}
}

void
staples_edge_down(void)
{
	struct staple *s, *next;

	HASH_ITER(hh, staples, s, next)
	{
		s->asked = 0;
	}
}
