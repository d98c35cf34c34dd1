/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * admin_make: answers ADMIN_ID_GENERATE and ADMIN_ID_REQUEST: a new key, made in
 * a thread.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/keeper/admin.h"
#include "daemon/keeper/copies.h"
#include "daemon/keeper/generate.h"
#include "daemon/keeper/pending.h"
#include "daemon/sys/log.h"

enum {
	DAYS_DEFAULT = 365,
	MAKING_MAX = 64, /* at a time */
};

struct making {
	struct job job;
	struct asked asked;
	char name[NAME_SIZE];
	char type[32];
	uint32_t bits;
	uint32_t days; /* 0: a request, not a certificate */
	gnutls_datum_t key, paper;
	struct trouble trouble; /* error 0: both are there */
};

static unsigned nmaking;

static void
making_free(struct making *m)
{
	if (m->key.data != NULL)
		explicit_bzero(m->key.data, m->key.size);
	gnutls_free(m->key.data);
	gnutls_free(m->paper.data);
	free(m);
}

static void
making_run(struct job *job)
{
	struct making *m = container_of(job, struct making, job);
	gnutls_x509_privkey_t key;
	int r;

	if ((key = generate_key(m->type, m->bits, &m->trouble)) == NULL)
		return;
	r = generate_pem(key, &m->key, &m->trouble);
	if (r == 0 && m->days != 0)
		r = generate_certificate(
		    key, m->name, m->days, &m->paper, &m->trouble);
	else if (r == 0)
		r = generate_request(key, m->name, &m->paper, &m->trouble);
	gnutls_x509_privkey_deinit(key);
	if (r == 0)
		m->trouble.error = 0;
}

/* Keeps the key; ref is what it is called from now on. */
static int
keep_key(struct making *m, struct reference *ref)
{
	struct key *key;

	if ((key = key_parse(m->key.data, m->key.size, &m->trouble)) == NULL)
		return -1;
	memcpy(ref->id, key->id, KEY_ID_SIZE);
	key_free(key);
	if (copies_key(keeper.dir, m->name, ref->id, ref->key, &m->trouble) !=
	    0)
		return -1;
	return copies_save_key(ref->key, m->key.data, m->key.size, &m->trouble);
}

static int
keep_certificate(struct making *m, struct reference *ref)
{
	struct chain *chain;
	int rv = -1;

	chain = chain_parse(m->paper.data, m->paper.size, &m->trouble);
	if (chain != NULL &&
	    copies_cert(keeper.dir, m->name, ref->id, ref->cert, &m->trouble) ==
		0 &&
	    copies_save_cert(
		ref->cert, m->paper.data, m->paper.size, &m->trouble) == 0)
		rv = admin_store(&m->asked, m->name, ref, chain,
		    (const char *)m->paper.data, &m->trouble);
	chain_free(chain);
	if (rv != 0) {
		copies_remove(keeper.dir, ref->key);
		copies_remove(keeper.dir, ref->cert);
	}
	return rv;
}

static void
making_done(struct job *job)
{
	struct making *m = container_of(job, struct making, job);
	char key[REFERENCE_MAX] = "", cert[REFERENCE_MAX] = "";
	struct reference ref = {
		.key = key, .cert = cert, .added = (uint64_t)time(NULL)
	};

	nmaking--;
	if (m->trouble.error == 0 && keep_key(m, &ref) == 0) {
		m->trouble.error = 0;
		if (m->days == 0)
			admin_result(m->asked.connection, m->asked.request, 0,
			    (const char *)m->paper.data, ref.id);
		else if (keep_certificate(m, &ref) != 0)
			admin_result(m->asked.connection, m->asked.request,
			    m->trouble.error, m->trouble.text, NULL);
		log_info("identity-generated", "identity=%s by=%u", m->name,
		    m->asked.uid);
	} else {
		admin_result(m->asked.connection, m->asked.request,
		    m->trouble.error, m->trouble.text, NULL);
	}
	making_free(m);
}

static int
make(struct asked *asked, const char *name, const char *type, uint32_t bits,
    uint32_t days, struct trouble *t)
{
	struct making *m;

	if (generate_check(type, bits, t) != 0)
		return -1;
	if (nmaking == MAKING_MAX)
		return trouble(t, EAGAIN,
		    "%d keys are being made already: ask again later",
		    MAKING_MAX);
	if ((m = calloc(1, sizeof(*m))) == NULL)
		return trouble(t, ENOMEM, "out of memory");
	if (admin_name(name, m->name, t) != 0) {
		making_free(m);
		return -1;
	}
	snprintf(m->type, sizeof(m->type), "%s", type != NULL ? type : "ecdsa");
	m->bits = bits;
	m->days = days;
	m->asked = *asked;
	m->asked.packet = NULL;
	trouble(&m->trouble, EIO, "the keeper is ending");
	m->job.uid = asked->uid;
	m->job.run = making_run;
	m->job.done = making_done;
	if (jobs_submit(keeper.slow_jobs, &m->job) != 0) {
		making_free(m);
		return trouble(t, EIO, "there can be no thread to make it");
	}
	nmaking++;
	asked->connection = -1;
	return 0;
}

int
admin_generate(struct asked *asked, void *msg, struct trouble *t)
{
	const struct admin_id_generate *req = msg;

	return make(asked, req->name, req->type, req->bits,
	    req->days != 0 ? req->days : DAYS_DEFAULT, t);
}

int
admin_request(struct asked *asked, void *msg, struct trouble *t)
{
	const struct admin_id_request *req = msg;

	return make(asked, req->name, req->type, req->bits, 0, t);
}
