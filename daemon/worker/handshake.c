/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * handshake: GnuTLS, up to the moment that the session is established.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include "daemon/ipc/credential.h"
#include "daemon/ipc/idna.h"
#include "daemon/sys/log.h"
#include "daemon/sys/peers.h"
#include "daemon/sys/role.h"
#include "daemon/worker/credential.h"
#include "daemon/worker/fiber.h"
#include "daemon/worker/handshake.h"
#include "daemon/worker/resumption.h"
#include "daemon/worker/ticket.h"

enum { TLS_1_2 = 0x0303, TLS_1_3 = 0x0304 };

enum { EXTENSION_SIGNATURE_ALGORITHMS = 13 }; /* RFC 8446 section 4.2 */

/* Raw public keys (RFC 7250) that are spoken beside X.509, which comes first. */
enum raw_keys {
	RAW_KEYS_NONE,
	RAW_KEYS_SERVER, /* the server's, which is we: it costs nothing */
	RAW_KEYS_BOTH,
	NRAW_KEYS,
};

static const char *const raw_keys[NRAW_KEYS] = {
	[RAW_KEYS_NONE] = "",
	[RAW_KEYS_SERVER] = ":+CTYPE-SRV-RAWPK",
	[RAW_KEYS_BOTH] = ":+CTYPE-SRV-RAWPK:+CTYPE-CLI-RAWPK",
};

/* For each span of versions, the configuration's priorities cut down to it. */
static struct span {
	uint32_t min, max;
	const char *only; /* appended to the priority string */
	gnutls_priority_t priority[NRAW_KEYS];
} spans[] = {
	{ TLS_1_2, TLS_1_3, "", { NULL } },
	{ TLS_1_2, TLS_1_2, ":-VERS-TLS1.3", { NULL } },
	{ TLS_1_3, TLS_1_3, ":-VERS-TLS1.2", { NULL } },
};

enum { NSPANS = sizeof(spans) / sizeof(spans[0]) };

/* Is there a policy that knows clients by pins?  Nothing else names a client
 * that has only a key. */
static bool pins_clients;

/* For peers that are not to show a certificate, nor to see ours. */
static gnutls_certificate_credentials_t no_credentials;

void
handshake_unconfigure(void)
{
	for (size_t i = 0; i < NSPANS * NRAW_KEYS; i++) {
		gnutls_priority_t *p =
		    &spans[i / NRAW_KEYS].priority[i % NRAW_KEYS];

		if (*p != NULL)
			gnutls_priority_deinit(*p);
		*p = NULL;
	}
	if (no_credentials != NULL)
		gnutls_certificate_free_credentials(no_credentials);
	no_credentials = NULL;
}

static int
set_priority(gnutls_priority_t *old, const char *only, const char *raw)
{
	gnutls_priority_t fresh;
	char *text;
	const char *at = NULL;
	int r;

	if (asprintf(&text, "%s%s%s", role.config->priority, only, raw) == -1)
		return -1;
	r = gnutls_priority_init(&fresh, text, &at);
	if (r == 0) {
		/* Sessions hold a reference of their own. */
		if (*old != NULL)
			gnutls_priority_deinit(*old);
		*old = fresh;
	} else {
		log_error("bad-priority", "priority=\"%s\" reason=\"%s\"", text,
		    gnutls_strerror(r));
	}
	free(text);
	return r == 0 ? 0 : -1;
}

int
handshake_configure(void)
{
	int r = 0;

	for (size_t i = 0; i < NSPANS * NRAW_KEYS && r == 0; i++) {
		struct span *span = &spans[i / NRAW_KEYS];

		r = set_priority(&span->priority[i % NRAW_KEYS], span->only,
		    raw_keys[i % NRAW_KEYS]);
	}
	if (r == 0 && no_credentials == NULL)
		r = gnutls_certificate_allocate_credentials(&no_credentials);
	pins_clients = peers_ask(role.config, NULL, false, TRUST_PIN);
	return r == 0 ? 0 : -1;
}

/* A peer's raw key is asked for where its policy could say yes to it. */
static enum raw_keys
raw_keys_for(const struct session *s)
{
	const char *name = s->server_name;

	if (s->role == APP_ROLE_SERVER)
		return pins_clients ? RAW_KEYS_BOTH : RAW_KEYS_SERVER;
	if (name == NULL)
		name = s->attempt->start.remote_name;
	if (name != NULL && (peers_ask(role.config, name, true, TRUST_PIN) ||
				peers_ask(role.config, name, true, TRUST_DANE)))
		return RAW_KEYS_BOTH;
	return RAW_KEYS_NONE;
}

static gnutls_priority_t
priority_for(const struct session *s)
{
	uint32_t min = s->attempt->start.min_version,
		 max = s->attempt->start.max_version;

	min = min < TLS_1_2 ? TLS_1_2 : min;
	max = max == 0 || max > TLS_1_3 ? TLS_1_3 : max;
	for (size_t i = 0; i < NSPANS; i++)
		if (spans[i].min == min && spans[i].max == max)
			return spans[i].priority[raw_keys_for(s)];
	return NULL;
}

static int
give_reason(struct session *s, int error, const char *reason)
{
	struct attempt *a = s->attempt;

	if (a->reason == NULL)
		a->reason = strdup(reason);
	a->error = error;
	errno = error;
	return -1;
}

int
handshake_pause(struct session *s)
{
	if (s->attempt->abandoned)
		return -1;
	fiber_pause();
	return s->attempt->abandoned ? -1 : 0;
}

static int
take_server_name(struct session *s)
{
	char name[DOMAIN_SIZE + 1], plain[DOMAIN_SIZE];
	size_t len = sizeof(name);
	unsigned type;
	int r;

	r = gnutls_server_name_get(s->tls, name, &len, &type, 0);
	if (r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
		return 0;
	if (r != 0 || type != GNUTLS_NAME_DNS ||
	    domain_normal(name, plain) != 0) {
		(void)give_reason(
		    s, EPROTO, "the client sent a server name that is none");
		return GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER;
	}
	s->server_name = strdup(plain);
	return s->server_name != NULL ? 0 : GNUTLS_E_MEMORY_ERROR;
}

/*
 * The ClientHello: its name is all that is wanted of it (RFC 6066 section 3).
 * GnuTLS chooses suite and certificate when this returns, so it is here that
 * the application and the keeper are waited for.  Called once more for a
 * second ClientHello (RFC 8446 section 4.1.4), whose name is the same.
 */
static int
on_client_hello(gnutls_session_t tls)
{
	struct session *s = gnutls_session_get_ptr(tls);
	struct attempt *a = s->attempt;
	int r;

	if (a->hello)
		return 0;
	if ((r = take_server_name(s)) != 0)
		return r;
	a->hello = true;
	while (!a->credential)
		if (handshake_pause(s) != 0)
			return GNUTLS_E_USER_ERROR;
	return 0;
}

/* Called until the verdict is there; see session.c for who asks for it. */
static int
on_certificate(gnutls_session_t tls)
{
	struct session *s = gnutls_session_get_ptr(tls);
	unsigned n = 0;

	if (gnutls_certificate_get_peers(tls, &n) == NULL || n == 0)
		return 0; /* GNUTLS_CERT_REQUIRE refuses where it must */
	if (!s->attempt->verdict) {
		s->attempt->certificate = true;
		return GNUTLS_E_AGAIN;
	}
	return s->attempt->verify_error == 0 ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

static bool
is_address(const char *name)
{
	uint8_t address[16];

	return inet_pton(AF_INET, name, address) == 1 ||
	       inet_pton(AF_INET6, name, address) == 1;
}

static int
find_remote_name(struct session *s)
{
	const char *name = s->attempt->start.remote_name;
	char plain[DOMAIN_SIZE], text[APP_REASON_MAX];
	const char *why;

	if (name == NULL || is_address(name) || strchr(name, '@') != NULL)
		return 0;
	if (idna_domain(name, strlen(name), plain, &why) != 0) {
		snprintf(text, sizeof(text), "the server name %s", why);
		return give_reason(s, EINVAL, text);
	}
	if ((s->server_name = strdup(plain)) == NULL)
		return give_reason(s, ENOMEM, "out of memory");
	return 0;
}

static int
set_alpn(struct session *s)
{
	gnutls_datum_t protocols[16];
	struct blob list = s->attempt->start.alpn, item;
	unsigned n = 0;

	while (wire_list_next(&list, &item) == 1) {
		if (n == 16 || item.len == 0 || item.len > 255)
			return give_reason(s, EINVAL,
			    "at most 16 ALPN names of 1 to 255 bytes");
		protocols[n].data = (unsigned char *)(uintptr_t)item.data;
		protocols[n++].size = (unsigned)item.len;
	}
	if (n > 0 && gnutls_alpn_set_protocols(
			 s->tls, protocols, n, GNUTLS_ALPN_MANDATORY) != 0)
		return give_reason(s, ENOMEM, "out of memory");
	return 0;
}

static gnutls_certificate_request_t
request_for(const struct session *s)
{
	if (s->flags & APP_NO_REMOTE_CERT)
		return GNUTLS_CERT_IGNORE;
	if (s->flags & APP_OPTIONAL_REMOTE_CERT)
		return GNUTLS_CERT_REQUEST;
	return GNUTLS_CERT_REQUIRE;
}

int
handshake_begin(struct session *s)
{
	/* A server has no tickets until the keeper gives it a key for them. */
	unsigned flags = GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL |
			 GNUTLS_NO_AUTO_SEND_TICKET | GNUTLS_ENABLE_RAWPK;
	gnutls_priority_t priority;

	if (s->role == APP_ROLE_CLIENT && find_remote_name(s) != 0)
		return -1;
	if ((priority = priority_for(s)) == NULL)
		return give_reason(s, EOPNOTSUPP,
		    "only TLS 1.2 (0x0303) and TLS 1.3 (0x0304) are spoken");
	flags |= s->role == APP_ROLE_SERVER
		     ? GNUTLS_SERVER
		     : GNUTLS_CLIENT | GNUTLS_KEY_SHARE_TOP;
	if (!resumption_wanted(s))
		flags |= GNUTLS_NO_TICKETS;
	if (gnutls_init(&s->tls, flags) != 0) {
		s->tls = NULL;
		return give_reason(s, ENOMEM, "out of memory");
	}
	gnutls_session_set_ptr(s->tls, s);
	gnutls_transport_set_ptr(s->tls, &s->transport);
	gnutls_transport_set_pull_function(s->tls, transport_pull);
	gnutls_transport_set_push_function(s->tls, transport_push);
	gnutls_handshake_set_timeout(s->tls, GNUTLS_INDEFINITE_TIMEOUT);
	gnutls_handshake_set_max_packet_length(s->tls, CHAIN_MAX);
	gnutls_session_set_verify_function(s->tls, on_certificate);
	if (gnutls_priority_set(s->tls, priority) != 0 ||
	    gnutls_credentials_set(
		s->tls, GNUTLS_CRD_CERTIFICATE, no_credentials) != 0)
		return give_reason(s, ENOMEM, "out of memory");
	if (s->role == APP_ROLE_SERVER) {
		gnutls_handshake_set_post_client_hello_function(
		    s->tls, on_client_hello);
		gnutls_certificate_server_set_request(s->tls, request_for(s));
		ticket_expect(s);
	} else if (s->server_name != NULL &&
		   gnutls_server_name_set(s->tls, GNUTLS_NAME_DNS,
		       s->server_name, strlen(s->server_name)) != 0) {
		return give_reason(s, ENOMEM, "out of memory");
	}
	return set_alpn(s);
}

/*
 * GnuTLS asks to be called again behind each record of a message that is
 * longer than one.  The rest may have been read ahead: then no event of the
 * descriptor tells of it.
 */
static bool
goes_on(const struct session *s, int r, size_t ahead_before)
{
	size_t ahead = transport_ahead(&s->transport);

	return r == GNUTLS_E_INTERRUPTED ||
	       r == GNUTLS_E_WARNING_ALERT_RECEIVED ||
	       (r == GNUTLS_E_AGAIN && ahead > 0 && ahead != ahead_before);
}

/*
 * What signatures the client can verify: half a KiB, by which GnuTLS chose our
 * certificate, and which it seals into a ticket.  Both are behind us, and no
 * second handshake comes (RFC 5746 lets a server decline): nobody will ask for
 * it.  As a client we still have to pack the server's with each later ticket.
 */
static void
forget_algorithms(struct session *s)
{
	if (s->role == APP_ROLE_SERVER)
		gnutls_ext_set_data(
		    s->tls, EXTENSION_SIGNATURE_ALGORITHMS, NULL);
}

static void
in_fiber(void *arg)
{
	struct session *s = arg;
	size_t before;
	int r;

	do {
		before = transport_ahead(&s->transport);
		r = gnutls_handshake(s->tls);
	} while (goes_on(s, r, before));
	s->attempt->result = r;
	s->attempt->done = r == 0;
	if (r != 0)
		return;
	ticket_send(s);
	forget_algorithms(s);
}

/*
 * A session that is resumed brings along what the peer once showed: whether
 * that is still good is asked now, because GnuTLS asked nobody.
 */
static enum handshake_step
step_when_done(struct session *s)
{
	struct attempt *a = s->attempt;
	unsigned n = 0;

	s->resumed = gnutls_session_is_resumed(s->tls) != 0;
	if (s->resumed && !a->verdict &&
	    gnutls_certificate_get_peers(s->tls, &n) != NULL && n > 0)
		return HANDSHAKE_VERIFY;
	if (a->verify_error == 0)
		return HANDSHAKE_DONE;
	a->result = GNUTLS_E_CERTIFICATE_ERROR;
	return HANDSHAKE_FAILED;
}

static enum handshake_step
step_of(struct session *s)
{
	const struct attempt *a = s->attempt;

	if (a->fiber != NULL)
		return a->hello && !a->credential ? HANDSHAKE_HELLO
						  : HANDSHAKE_SIGN;
	if (a->done)
		return step_when_done(s);
	if (a->result != GNUTLS_E_AGAIN)
		return HANDSHAKE_FAILED;
	/* Not where there is a chain, but where it has just come: while a
	 * session is offered, GnuTLS has that of the last time, which says
	 * nothing of who will answer. */
	if (a->certificate && !a->verdict)
		return HANDSHAKE_VERIFY;
	return HANDSHAKE_WAIT;
}

/*
 * Starts or resumes, within a turn of the transport: where it pauses, the
 * turn ends, as others use the thread's buffers meanwhile.  The ServerHello,
 * which stands before a signature, waits for it: a client that had it could
 * only derive keys, for a fraction of a millisecond, and would be woken twice.
 * With a slow signature, as a token's, it loses no more than that.
 */
static void
run_fiber(struct session *s, bool readable)
{
	struct attempt *a = s->attempt;
	bool failed = false;

	if (readable)
		transport_begin(&s->transport);
	else
		transport_begin_ahead(&s->transport);
	credential_signs_for(s);
	a->fiber = a->fiber != NULL ? fiber_resume(a->fiber)
				    : fiber_start(in_fiber, s, &failed);
	if (failed)
		a->result = GNUTLS_E_MEMORY_ERROR;
	if (a->fiber != NULL)
		transport_hold(&s->transport);
	else
		(void)transport_end(&s->transport);
}

enum handshake_step
handshake_run(struct session *s, bool readable)
{
	if (!s->attempt->done)
		run_fiber(s, readable);
	return step_of(s);
}

void
handshake_abandon(struct session *s)
{
	struct attempt *a = s->attempt;

	while (a->fiber != NULL) {
		a->abandoned = true;
		run_fiber(s, false);
	}
}

int
handshake_error(const struct session *s, char *sentence, size_t size)
{
	const struct attempt *a = s->attempt;
	const char *alert;

	if (a->reason != NULL) {
		snprintf(sentence, size, "%s", a->reason);
		return a->error;
	}
	switch (a->result) {
	case GNUTLS_E_FATAL_ALERT_RECEIVED:
		alert = gnutls_alert_get_name(gnutls_alert_get(s->tls));
		snprintf(sentence, size, "the peer ended the handshake: %s",
		    alert != NULL ? alert : "with an unknown alert");
		return EPROTO;
	case GNUTLS_E_PREMATURE_TERMINATION:
		snprintf(sentence, size,
		    "the peer closed the connection during the handshake");
		return EPROTO;
	case GNUTLS_E_PUSH_ERROR:
	case GNUTLS_E_PULL_ERROR:
		snprintf(sentence, size, "the connection broke: %s",
		    strerror(s->transport.error));
		return EPROTO;
	case GNUTLS_E_CERTIFICATE_REQUIRED:
	case GNUTLS_E_NO_CERTIFICATE_FOUND:
		snprintf(sentence, size, "the peer showed no certificate");
		return EKEYREJECTED;
	case GNUTLS_E_MEMORY_ERROR:
		snprintf(sentence, size, "out of memory");
		return ENOMEM;
	default:
		snprintf(sentence, size, "the handshake failed: %s",
		    gnutls_strerror(a->result));
		return EPROTO;
	}
}

int
handshake_alert(const struct session *s)
{
	const struct attempt *a = s->attempt;
	int level;

	switch (a->result) {
	case 0:
	case GNUTLS_E_AGAIN:
	case GNUTLS_E_FATAL_ALERT_RECEIVED:
	case GNUTLS_E_PREMATURE_TERMINATION:
	case GNUTLS_E_PUSH_ERROR:
	case GNUTLS_E_PULL_ERROR:
		return -1;
	case GNUTLS_E_CERTIFICATE_REQUIRED:
	case GNUTLS_E_NO_CERTIFICATE_FOUND:
		/* RFC 8446 section 6.2; RFC 5246 section 7.4.6 */
		return gnutls_protocol_get_version(s->tls) == GNUTLS_TLS1_3
			   ? GNUTLS_A_CERTIFICATE_REQUIRED
			   : GNUTLS_A_HANDSHAKE_FAILURE;
	default:
		if (a->verify_error != 0)
			return (int)a->verify_alert;
		return gnutls_error_to_alert(a->result, &level);
	}
}

void
handshake_send_alert(struct session *s, int alert)
{
	transport_begin_ahead(&s->transport);
	(void)gnutls_alert_send(
	    s->tls, GNUTLS_AL_FATAL, (gnutls_alert_description_t)alert);
	(void)transport_end(&s->transport);
}
