/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * session: the facts of an established session, as the daemon told them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <tlspool/tlspool.h>

#include "lib/error.h"
#include "lib/export.h"
#include "lib/session.h"

struct tlspool_session *
session_new(struct packet *p)
{
	struct tlspool_session *s = calloc(1, sizeof(*s));
	size_t len = p->len;

	if (s == NULL || (s->message = malloc(len + 1)) == NULL)
		goto err;
	memcpy(s->message, p->data, len);
	if (message_decode(&started_schema, s->message, len, &s->facts) != 0)
		goto err;
	if (p->nfds > started_schema.max_fds) {
		errno = EBADMSG;
		goto err;
	}
	/* The schema allows 255 bytes. */
	if (s->facts.alpn.len > 0)
		memcpy(s->alpn, s->facts.alpn.data, s->facts.alpn.len);
	return s;
err:
	session_free(s);
	return NULL;
}

void
session_free(struct tlspool_session *s)
{
	if (s == NULL)
		return;
	free(s->message);
	free(s->text);
	free(s);
}

/* A reason that this library is too old to know is an error all the same. */
static int
closed_of(uint8_t reason)
{
	switch (reason) {
	case APP_CLOSE_CLEAN:
		return TLSPOOL_CLOSED_CLEAN;
	case APP_CLOSE_TRUNCATED:
		return TLSPOOL_CLOSED_TRUNCATED;
	case APP_CLOSE_LOCAL:
		return TLSPOOL_CLOSED_LOCAL;
	case APP_CLOSE_DAEMON:
		return TLSPOOL_CLOSED_DAEMON;
	default:
		return TLSPOOL_CLOSED_ERROR;
	}
}

static const char *
closed_sentence(int closed)
{
	switch (closed) {
	case TLSPOOL_CLOSED_CLEAN:
		return "the peer closed the session";
	case TLSPOOL_CLOSED_TRUNCATED:
		return "the connection ended without a close_notify";
	case TLSPOOL_CLOSED_ERROR:
		return "TLS or the connection failed";
	case TLSPOOL_CLOSED_LOCAL:
		return "the application closed the session";
	case TLSPOOL_CLOSED_DAEMON:
		return "the TLS Pool daemon went away";
	default:
		return "";
	}
}

void
session_close(struct tlspool_session *s, const struct closed *why)
{
	s->closed = closed_of(why->reason);
	free(s->text);
	s->text = why->text != NULL ? strdup(why->text) : NULL;
	if (s->text != NULL)
		error_flatten(s->text);
	s->received = why->received;
	s->sent = why->sent;
}

static const char *
text_or_empty(const char *text)
{
	return text != NULL ? text : "";
}

EXPORT const char *
tlspool_session_peer_name(const struct tlspool_session *s)
{
	return s != NULL ? text_or_empty(s->facts.peer_name) : "";
}

EXPORT const char *
tlspool_session_method(const struct tlspool_session *s)
{
	return s != NULL ? text_or_empty(s->facts.method) : "";
}

EXPORT const char *
tlspool_session_evidence(const struct tlspool_session *s)
{
	return s != NULL ? text_or_empty(s->facts.evidence) : "";
}

EXPORT uint64_t
tlspool_session_until(const struct tlspool_session *s)
{
	return s != NULL ? s->facts.until : 0;
}

EXPORT const char *
tlspool_session_local_name(const struct tlspool_session *s)
{
	return s != NULL ? text_or_empty(s->facts.local_name) : "";
}

EXPORT const char *
tlspool_session_server_name(const struct tlspool_session *s)
{
	return s != NULL ? text_or_empty(s->facts.server_name) : "";
}

EXPORT int
tlspool_session_version(const struct tlspool_session *s)
{
	return s != NULL ? (int)s->facts.version : 0;
}

EXPORT const char *
tlspool_session_cipher(const struct tlspool_session *s)
{
	return s != NULL ? text_or_empty(s->facts.cipher) : "";
}

EXPORT const char *
tlspool_session_alpn(const struct tlspool_session *s, size_t *len)
{
	if (len != NULL)
		*len = s != NULL ? s->facts.alpn.len : 0;
	return s != NULL ? s->alpn : "";
}

EXPORT int
tlspool_session_resumed(const struct tlspool_session *s)
{
	return s != NULL && s->facts.resumed ? 1 : 0;
}

EXPORT uint64_t
tlspool_session_number(const struct tlspool_session *s)
{
	return s != NULL ? s->facts.session : 0;
}

EXPORT int
tlspool_session_closed(const struct tlspool_session *s)
{
	return s != NULL ? s->closed : TLSPOOL_OPEN;
}

EXPORT const char *
tlspool_session_closed_text(const struct tlspool_session *s)
{
	if (s == NULL)
		return "";
	return s->text != NULL ? s->text : closed_sentence(s->closed);
}

EXPORT uint64_t
tlspool_session_received(const struct tlspool_session *s)
{
	return s != NULL ? s->received : 0;
}

EXPORT uint64_t
tlspool_session_sent(const struct tlspool_session *s)
{
	return s != NULL ? s->sent : 0;
}
