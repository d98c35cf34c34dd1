/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * verdict: everything that a method may look at is taken out of the request
 * at once, because the message is gone when an answer has to be waited for.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>

#include "daemon/ipc/app.h"
#include "daemon/verifier/exhibit.h"
#include "daemon/verifier/verdict.h"

static void
import_chain(struct verdict *v, struct blob list)
{
	struct blob item;

	while (v->error == 0 && wire_list_next(&list, &item) == 1) {
		gnutls_datum_t der = { .size = (unsigned)item.len };
		gnutls_x509_crt_t *cert = &v->chain[v->nchain];

		der.data = (unsigned char *)(uintptr_t)item.data;
		if (v->nchain == VERDICT_MAX_CHAIN) {
			verdict_refuse(v, EKEYREJECTED,
			    GNUTLS_A_BAD_CERTIFICATE,
			    "the peer sent more than %d certificates",
			    VERDICT_MAX_CHAIN);
			return;
		}
		if (gnutls_x509_crt_init(cert) != 0) {
			verdict_refuse(v, EIO, GNUTLS_A_INTERNAL_ERROR,
			    "the verifier has no memory left");
			return;
		}
		v->nchain++;
		if (gnutls_x509_crt_import(*cert, &der, GNUTLS_X509_FMT_DER) !=
		    0)
			verdict_refuse(v, EKEYREJECTED,
			    GNUTLS_A_BAD_CERTIFICATE,
			    "certificate %u of the peer is malformed",
			    v->nchain);
	}
	if (v->error == 0 && v->nchain == 0)
		verdict_refuse(v, EKEYREJECTED, GNUTLS_A_CERTIFICATE_REQUIRED,
		    "the peer sent no certificate");
	if (v->error == 0)
		v->claimed =
		    names_identity(v->chain[0], v->flags, &v->identity);
}

/*
 * A raw key says nothing of whose it is.  A server is the one that it is
 * expected to be, or is not; a client is whom the administrator pinned the
 * key for, where that is one.
 */
static void
name_by_pin(struct verdict *v)
{
	uint8_t key[PIN_SIZE];
	const char *name = NULL;
	enum names_result refused;

	v->claimed = NAMES_NONE;
	if (v->peer_is_server || v->expected.kind != PEERNAME_NONE ||
	    !verdict_key(v, key))
		return;
	switch (trust_pinned_client(v->trust, key, &name)) {
	case 0:
		return;
	case 1:
		break;
	default:
		verdict_refuse(v, EKEYREJECTED, GNUTLS_A_ACCESS_DENIED,
		    "the raw public key is pinned for several clients, and "
		    "does not say which of them this is");
		return;
	}
	if (peername_parse(&v->identity, name) != 0)
		return;
	v->claimed = NAMES_FOUND;
	refused = names_refused(v->identity.kind, v->flags);
	if (refused != NAMES_FOUND)
		verdict_refuse(v, EKEYREJECTED, GNUTLS_A_ACCESS_DENIED, "%s",
		    names_reason(refused));
}

static void
import_raw_key(struct verdict *v, struct blob key)
{
	gnutls_datum_t from = { .size = (unsigned)key.len };
	gnutls_pubkey_t parsed = NULL;

	from.data = (unsigned char *)(uintptr_t)key.data;
	if (gnutls_pubkey_init(&parsed) != 0 ||
	    (v->raw_key.data = malloc(key.len)) == NULL) {
		verdict_refuse(v, EIO, GNUTLS_A_INTERNAL_ERROR,
		    "the verifier has no memory left");
	} else if (gnutls_pubkey_import(parsed, &from, GNUTLS_X509_FMT_DER) !=
		   0) {
		verdict_refuse(v, EKEYREJECTED, GNUTLS_A_BAD_CERTIFICATE,
		    "the raw public key of the peer is malformed");
	} else {
		memcpy(v->raw_key.data, key.data, key.len);
		v->raw_key.size = (unsigned)key.len;
		name_by_pin(v);
	}
	if (parsed != NULL)
		gnutls_pubkey_deinit(parsed);
}

static void
take_ocsp(struct verdict *v, struct blob list)
{
	uint8_t *copy = list.len > 0 ? malloc(list.len) : NULL;

	if (copy == NULL) {
		if (list.len > 0)
			verdict_refuse(v, EIO, GNUTLS_A_INTERNAL_ERROR,
			    "the verifier has no memory left");
		return;
	}
	memcpy(copy, list.data, list.len);
	v->ocsp = (struct blob){ copy, list.len };
}

/* Who the peer should be; no more than a name, so it comes first. */
static void
take_expected(struct verdict *v, const char *expected)
{
	enum names_result refused;

	if (expected == NULL)
		return;
	if (peername_parse(&v->expected, expected) != 0) {
		verdict_refuse(v, EKEYREJECTED, GNUTLS_A_BAD_CERTIFICATE,
		    "'%.320s' cannot be the name of a peer", expected);
		return;
	}
	refused = names_refused(v->expected.kind, v->flags);
	if (refused != NAMES_FOUND)
		verdict_refuse(v, EKEYREJECTED, GNUTLS_A_ACCESS_DENIED, "%s",
		    names_reason(refused));
}

struct verdict *
verdict_new(struct trust *trust, const struct verify_req *req, uint8_t role,
    uint32_t flags, uint32_t uid)
{
	struct verdict *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return NULL;
	v->trust = trust;
	v->require_crl = trust->require_crl;
	v->now = time(NULL);
	v->bound = UINT64_MAX;
	v->peer_is_server = role == APP_ROLE_CLIENT;
	v->flags = flags;
	v->uid = uid;
	/* The schema has limited their lengths. */
	snprintf(v->local, sizeof(v->local), "%s",
	    req->local_name == NULL ? "" : req->local_name);
	snprintf(v->service, sizeof(v->service), "%s",
	    req->service == NULL ? "" : req->service);
	v->port = req->port;
	/* Where there is no memory for it, the verdict is what counts. */
	if (req->trace)
		v->steps = steps_new();
	take_expected(v, req->remote_name);
	take_ocsp(v, req->ocsp);
	if (v->error != 0)
		return v;
	if (req->raw_key.len == 0)
		import_chain(v, req->chain);
	else if (req->chain.len == 0)
		import_raw_key(v, req->raw_key);
	else
		verdict_refuse(v, EKEYREJECTED, GNUTLS_A_BAD_CERTIFICATE,
		    "the peer sent a certificate and a raw public key");
	return v;
}

void
verdict_free(struct verdict *v)
{
	if (v == NULL)
		return;
	/* One question may have decided while another is still asked. */
	waiter_leave(&v->waiter);
	for (unsigned i = 0; i < v->nchain; i++)
		gnutls_x509_crt_deinit(v->chain[i]);
	steps_free(v->steps);
	free(v->raw_key.data);
	free((void *)(uintptr_t)v->ocsp.data);
	free(v);
}

const struct peername *
verdict_name(const struct verdict *v)
{
	return v->expected.kind != PEERNAME_NONE ? &v->expected : &v->identity;
}

bool
verdict_key(const struct verdict *v, uint8_t key[PIN_SIZE])
{
	size_t len = PIN_SIZE;

	if (v->raw_key.data != NULL)
		return gnutls_hash_fast(GNUTLS_DIG_SHA256, v->raw_key.data,
			   v->raw_key.size, key) == 0;
	return gnutls_x509_crt_get_key_id(
		   v->chain[0], GNUTLS_KEYID_USE_SHA256, key, &len) == 0 &&
	       len == PIN_SIZE;
}

/*
 * Much of what is said comes from the peer.  It goes to the log, where it
 * stands in quotes, and to terminals.
 */
static void say(char text[VERDICT_TEXT], const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));

static void
say(char text[VERDICT_TEXT], const char *fmt, va_list args)
{
	vsnprintf(text, VERDICT_TEXT, fmt, args);
	for (char *c = text; *c != '\0'; c++) {
		if (*c == '"')
			*c = '\'';
		else if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	}
}

enum says
verdict_refuse(
    struct verdict *v, int error, unsigned alert, const char *fmt, ...)
{
	va_list args;

	v->error = (uint32_t)error;
	v->alert = alert;
	va_start(args, fmt);
	say(v->reason, fmt, args);
	va_end(args);
	return SAYS_NO;
}

enum says
verdict_accept(
    struct verdict *v, const char *method, uint64_t until, const char *fmt, ...)
{
	va_list args;

	v->error = 0;
	v->method = method;
	v->until = until;
	va_start(args, fmt);
	say(v->evidence, fmt, args);
	va_end(args);
	return SAYS_YES;
}

void
verdict_step(struct verdict *v, const char *fmt, ...)
{
	va_list args;

	if (v->steps == NULL)
		return;
	va_start(args, fmt);
	steps_add(v->steps, fmt, args);
	va_end(args);
}

const char *
subject_text(gnutls_x509_crt_t cert, char text[SUBJECT_TEXT])
{
	gnutls_datum_t dn = { NULL, 0 };
	size_t len;

	snprintf(text, SUBJECT_TEXT, "the certificate");
	if (gnutls_x509_crt_get_dn3(cert, &dn, 0) != 0 || dn.size == 0) {
		gnutls_free(dn.data);
		return text;
	}
	len = dn.size < SUBJECT_TEXT ? dn.size : SUBJECT_TEXT - 1;
	for (size_t i = 0; i < len; i++)
		text[i] =
		    (char)(dn.data[i] < 0x20 || dn.data[i] > 0x7e ? '?'
								  : dn.data[i]);
	text[len] = '\0';
	gnutls_free(dn.data);
	return text;
}

static struct blob
exhibit(const struct verdict *v, uint8_t *list)
{
	uint8_t key[PIN_SIZE];

	if (v->raw_key.data != NULL && verdict_key(v, key))
		return exhibit_key(key, list);
	return exhibit_chain(v->chain, v->nchain, list);
}

void
verdict_answer(const struct verdict *v, struct verify_ans *ans, uint8_t *certs)
{
	memset(ans, 0, sizeof(*ans));
	ans->steps = steps_list(v->steps);
	if (v->steps != NULL)
		ans->certs = exhibit(v, certs);
	ans->error = v->error;
	if (v->error != 0) {
		ans->reason = v->reason;
		ans->alert = v->alert;
		return;
	}
	ans->name = verdict_name(v)->text;
	ans->method = v->method;
	ans->evidence = v->evidence;
	ans->until = v->until;
}
