/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * trace: the texts of a TRACE message, each with an end of its own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <tlspool/tlspool.h>

#include "daemon/ipc/app.h"
#include "lib/error.h"
#include "lib/export.h"
#include "lib/request.h"
#include "lib/trace.h"

struct texts {
	char **text;
	size_t n;
};

/* One certificate: described, or as it came, or both. */
struct cert {
	uint8_t *message; /* that the texts of facts are in; NULL: none */
	struct trace_cert facts;
	struct texts names;
	struct blob der; /* in the message of the trace */
};

struct tlspool_trace {
	uint8_t *message;
	struct trace facts;
	struct texts steps;
	struct cert *certs;
	size_t ncerts;
};

static void
texts_free(struct texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->text[i]);
	free(t->text);
}

/* 0, or -1 and ENOMEM. */
static int
texts_take(struct texts *t, struct blob list)
{
	struct blob item;

	t->text = calloc(wire_list_count(list) + 1, sizeof(*t->text));
	if (t->text == NULL)
		return -1;
	while (wire_list_next(&list, &item) == 1) {
		char *text = strndup((const char *)item.data, item.len);

		if (text == NULL)
			return -1;
		error_flatten(text);
		t->text[t->n++] = text;
	}
	return 0;
}

static int
take_description(struct cert *cert, struct blob row)
{
	if ((cert->message = malloc(row.len + 1)) == NULL)
		return -1;
	memcpy(cert->message, row.data, row.len);
	if (message_decode(
		&trace_cert_schema, cert->message, row.len, &cert->facts) != 0)
		return -1;
	return texts_take(&cert->names, cert->facts.names);
}

static int
take_certs(struct tlspool_trace *t)
{
	struct blob rows = t->facts.certs, chain = t->facts.chain, item;
	size_t described = wire_list_count(rows), sent = wire_list_count(chain);

	t->certs = calloc(described + sent + 1, sizeof(*t->certs));
	if (t->certs == NULL)
		return -1;
	t->ncerts = described > sent ? described : sent;
	for (size_t i = 0; wire_list_next(&rows, &item) == 1; i++)
		if (take_description(&t->certs[i], item) != 0)
			return -1;
	for (size_t i = 0; wire_list_next(&chain, &item) == 1; i++)
		t->certs[i].der = item;
	return 0;
}

struct tlspool_trace *
trace_new(struct packet *p)
{
	struct tlspool_trace *t = calloc(1, sizeof(*t));

	if (t == NULL || (t->message = malloc(p->len + 1)) == NULL)
		goto err;
	memcpy(t->message, p->data, p->len);
	if (message_decode(&trace_schema, t->message, p->len, &t->facts) != 0)
		goto err;
	if (p->nfds > trace_schema.max_fds) {
		errno = EBADMSG;
		goto err;
	}
	if (texts_take(&t->steps, t->facts.steps) == 0 && take_certs(t) == 0)
		return t;
err:
	trace_free(t);
	return NULL;
}

void
trace_free(struct tlspool_trace *t)
{
	int saved = errno;

	if (t == NULL)
		return;
	for (size_t i = 0; i < t->ncerts; i++) {
		texts_free(&t->certs[i].names);
		free(t->certs[i].message);
	}
	free(t->certs);
	texts_free(&t->steps);
	free(t->message);
	free(t);
	errno = saved;
}

EXPORT const struct tlspool_trace *
tlspool_trace(const struct tlspool_request *req)
{
	if (req == NULL || req->trace == NULL) {
		(void)error_set(
		    req == NULL ? EINVAL : ENOENT, "there is no trace");
		return NULL;
	}
	return req->trace;
}

static const char *
text_or_empty(const char *text)
{
	return text != NULL ? text : "";
}

EXPORT int
tlspool_trace_error(const struct tlspool_trace *t)
{
	return t != NULL ? (int)t->facts.error : EINVAL;
}

EXPORT const char *
tlspool_trace_reason(const struct tlspool_trace *t)
{
	return t != NULL ? text_or_empty(t->facts.reason) : "";
}

EXPORT const char *
tlspool_trace_peer_name(const struct tlspool_trace *t)
{
	return t != NULL ? text_or_empty(t->facts.name) : "";
}

EXPORT const char *
tlspool_trace_method(const struct tlspool_trace *t)
{
	return t != NULL ? text_or_empty(t->facts.method) : "";
}

EXPORT const char *
tlspool_trace_evidence(const struct tlspool_trace *t)
{
	return t != NULL ? text_or_empty(t->facts.evidence) : "";
}

EXPORT uint64_t
tlspool_trace_until(const struct tlspool_trace *t)
{
	return t != NULL ? t->facts.until : 0;
}

EXPORT const char *
tlspool_trace_step(const struct tlspool_trace *t, size_t i)
{
	return t != NULL && i < t->steps.n ? t->steps.text[i] : NULL;
}

EXPORT size_t
tlspool_trace_certs(const struct tlspool_trace *t)
{
	return t != NULL ? t->ncerts : 0;
}

/* Never NULL. */
static const struct cert *
cert_at(const struct tlspool_trace *t, size_t i)
{
	static const struct cert none = { .message = NULL };

	return t != NULL && i < t->ncerts ? &t->certs[i] : &none;
}

EXPORT const char *
tlspool_trace_cert_subject(const struct tlspool_trace *t, size_t i)
{
	return text_or_empty(cert_at(t, i)->facts.subject);
}

EXPORT const char *
tlspool_trace_cert_issuer(const struct tlspool_trace *t, size_t i)
{
	return text_or_empty(cert_at(t, i)->facts.issuer);
}

EXPORT uint64_t
tlspool_trace_cert_from(const struct tlspool_trace *t, size_t i)
{
	return cert_at(t, i)->facts.from;
}

EXPORT uint64_t
tlspool_trace_cert_until(const struct tlspool_trace *t, size_t i)
{
	return cert_at(t, i)->facts.until;
}

static const void *
bytes_of(struct blob b, size_t *len)
{
	if (len != NULL)
		*len = b.len;
	return b.len > 0 ? b.data : NULL;
}

EXPORT const void *
tlspool_trace_cert_key(const struct tlspool_trace *t, size_t i, size_t *len)
{
	return bytes_of(cert_at(t, i)->facts.key, len);
}

EXPORT const void *
tlspool_trace_cert_der(const struct tlspool_trace *t, size_t i, size_t *len)
{
	return bytes_of(cert_at(t, i)->der, len);
}

EXPORT const void *
tlspool_trace_raw_key(const struct tlspool_trace *t, size_t *len)
{
	static const struct blob none = { NULL, 0 };

	return bytes_of(t != NULL ? t->facts.raw_key : none, len);
}

EXPORT const char *
tlspool_trace_cert_name(const struct tlspool_trace *t, size_t i, size_t j)
{
	const struct texts *names = &cert_at(t, i)->names;

	return j < names->n ? names->text[j] : NULL;
}
