/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * stream_gnutls: TLS within the application, by GnuTLS, as its manual has it.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <gnutls/gnutls.h>

#include "test/bench/stream.h"

/* The daemon's, so that both offer the same. */
static const char priority[] =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-DHE-RSA:"
    "%SERVER_PRECEDENCE";

static gnutls_certificate_credentials_t credentials;
static gnutls_priority_t priorities;
static gnutls_datum_t ticket_key;

struct side {
	gnutls_session_t session;
	bool shaken;
};

static void
begin(const struct stream_options *o)
{
	if (gnutls_certificate_allocate_credentials(&credentials) != 0 ||
	    gnutls_certificate_set_x509_key_file(
		credentials, o->chain, o->key, GNUTLS_X509_FMT_PEM) < 0 ||
	    gnutls_priority_init(&priorities, priority, NULL) != 0 ||
	    gnutls_session_ticket_key_generate(&ticket_key) != 0)
		errx(1, "GnuTLS: no credentials");
}

static void
accepted(int fd)
{
	struct side *side = calloc(1, sizeof(*side));
	gnutls_session_t session;

	if (side == NULL || fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
	    gnutls_init(&session, GNUTLS_SERVER | GNUTLS_NONBLOCK) != 0)
		errx(1, "GnuTLS: no session");
	side->session = session;
	gnutls_priority_set(session, priorities);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
	gnutls_session_ticket_enable_server(session, &ticket_key);
	gnutls_handshake_set_timeout(session, 0);
	gnutls_transport_set_int(session, fd);
	server_add((struct stream){ .fd = fd, .tls = side });
}

static ssize_t
as_errno(ssize_t n)
{
	if (n >= 0)
		return n;
	errno =
	    n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED ? EAGAIN : EPROTO;
	return -1;
}

static ssize_t
gnutls_stream_read(struct stream *s, void *data, size_t len)
{
	struct side *side = s->tls;
	int r;

	if (!side->shaken) {
		if ((r = gnutls_handshake(side->session)) != 0)
			return as_errno(r);
		side->shaken = true;
	}
	return as_errno(gnutls_record_recv(side->session, data, len));
}

static ssize_t
gnutls_stream_write(struct stream *s, const void *data, size_t len)
{
	struct side *side = s->tls;

	return as_errno(gnutls_record_send(side->session, data, len));
}

static bool
gnutls_stream_pending(const struct stream *s)
{
	const struct side *side = s->tls;

	return gnutls_record_check_pending(side->session) > 0;
}

static void
gnutls_stream_close(struct stream *s)
{
	struct side *side = s->tls;

	(void)gnutls_bye(side->session, GNUTLS_SHUT_WR);
	gnutls_deinit(side->session);
	free(side);
	(void)close(s->fd);
}

const struct stream_kind stream_gnutls = {
	.name = "gnutls",
	.begin = begin,
	.accepted = accepted,
	.read = gnutls_stream_read,
	.write = gnutls_stream_write,
	.pending = gnutls_stream_pending,
	.close = gnutls_stream_close,
};
