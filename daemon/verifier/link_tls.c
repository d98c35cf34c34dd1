/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * link_tls: GnuTLS is asked for the handshake, and not for what it thinks of
 * the certificate.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ipc/app.h"
#include "daemon/sys/shown.h"
#include "daemon/verifier/link_tls.h"

struct link_tls {
	gnutls_session_t session;
	gnutls_certificate_credentials_t none; /* we show nothing */
};

struct link_tls *
link_tls_new(int fd, const char *host)
{
	static const char priority[] =
	    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-DHE-RSA";
	const unsigned flags = GNUTLS_CLIENT | GNUTLS_NONBLOCK |
			       GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS;
	struct link_tls *t = calloc(1, sizeof(*t));
	uint8_t address[16];
	bool named = inet_pton(AF_INET, host, address) != 1 &&
		     inet_pton(AF_INET6, host, address) != 1;

	if (t == NULL || gnutls_init(&t->session, flags) != 0 ||
	    gnutls_certificate_allocate_credentials(&t->none) != 0 ||
	    gnutls_priority_set_direct(t->session, priority, NULL) != 0 ||
	    gnutls_credentials_set(
		t->session, GNUTLS_CRD_CERTIFICATE, t->none) != 0 ||
	    (named && gnutls_server_name_set(t->session, GNUTLS_NAME_DNS, host,
			  strlen(host)) != 0)) {
		link_tls_free(t);
		return NULL;
	}
	gnutls_transport_set_int(t->session, fd);
	return t;
}

void
link_tls_free(struct link_tls *t)
{
	if (t == NULL)
		return;
	if (t->session != NULL)
		gnutls_deinit(t->session);
	if (t->none != NULL)
		gnutls_certificate_free_credentials(t->none);
	free(t);
}

int
link_tls_shake(struct link_tls *t, const char **why)
{
	int r = gnutls_handshake(t->session);

	if (r == 0)
		return 1;
	if (!gnutls_error_is_fatal(r))
		return 0;
	*why = gnutls_strerror(r);
	return -1;
}

bool
link_tls_wants_write(const struct link_tls *t)
{
	return gnutls_record_get_direction(t->session) == 1;
}

static ssize_t
as_errno(ssize_t r)
{
	if (r >= 0)
		return r;
	errno =
	    r == GNUTLS_E_AGAIN || r == GNUTLS_E_INTERRUPTED ? EAGAIN : EPROTO;
	return -1;
}

ssize_t
link_tls_recv(struct link_tls *t, void *data, size_t len)
{
	return as_errno(gnutls_record_recv(t->session, data, len));
}

ssize_t
link_tls_send(struct link_tls *t, const void *data, size_t len)
{
	return as_errno(gnutls_record_send(t->session, data, len));
}

/* What the administrator trusts of peers is not what may vouch for a
 * directory, whose word is as good as that of an authority. */
void
link_tls_trust(struct trust *own, const struct trust *trust)
{
	*own = *trust;
	own->anchors = trust->ldap_anchors;
	own->anchors_file = trust->ldap_anchors_file;
}

struct verdict *
link_tls_judge(
    struct link_tls *t, struct trust *own, const char *host, uint16_t port)
{
	static uint8_t shown[SHOWN_MAX];
	struct verify_req req = { .remote_name = host, .port = port };
	struct verdict *v;

	if (!shown_take(t->session, false, shown, &req))
		return NULL;
	if ((v = verdict_new(own, &req, APP_ROLE_CLIENT, 0, 0)) == NULL)
		return NULL;
	v->methods[0] = TRUST_DANE;
	if (own->anchors != NULL)
		v->methods[1] = TRUST_PKIX;
	return v;
}
