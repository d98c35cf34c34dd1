/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * exhibit: everything in a certificate is the word of whoever made it, so that
 * only printable ASCII, and a bounded part of it, is passed on.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "daemon/verifier/exhibit.h"
#include "daemon/verifier/names.h"

enum { NAMES_SHOWN = 64 };

struct texts {
	char subject[APP_TRACE_DN_MAX + 1];
	char issuer[APP_TRACE_DN_MAX + 1];
	uint8_t names[APP_TRACE_NAMES_MAX];
	uint8_t key[KEY_ID_SIZE];
};

static void
show(char *text, size_t size, const gnutls_datum_t *bytes)
{
	size_t len = bytes->size < size ? bytes->size : size - 1;

	for (size_t i = 0; i < len; i++)
		text[i] = (char)(bytes->data[i] < 0x20 || bytes->data[i] > 0x7e
				     ? '?'
				     : bytes->data[i]);
	text[len] = '\0';
}

static void
show_dn(char text[APP_TRACE_DN_MAX + 1], gnutls_x509_crt_t cert,
    int (*get)(gnutls_x509_crt_t, gnutls_datum_t *, unsigned))
{
	gnutls_datum_t dn = { NULL, 0 };

	text[0] = '\0';
	if (get(cert, &dn, 0) == 0)
		show(text, APP_TRACE_DN_MAX + 1, &dn);
	gnutls_free(dn.data);
}

static void
add_name(unsigned type, const gnutls_datum_t *value, void *arg)
{
	struct wire_writer *names = arg;
	char text[APP_NAME_MAX + 1] = "";
	int family = value->size == 4 ? AF_INET : AF_INET6;

	if (type == GNUTLS_SAN_DNSNAME || type == GNUTLS_SAN_RFC822NAME)
		show(text, sizeof(text), value);
	else if (type != GNUTLS_SAN_IPADDRESS ||
		 (value->size != 4 && value->size != 16) ||
		 inet_ntop(family, value->data, text, sizeof(text)) == NULL)
		return;
	/* One that there is no room for leaves room for shorter ones. */
	if (wire_list_count((struct blob){ names->data, names->len }) <
		NAMES_SHOWN &&
	    names->len + 4 + strlen(text) <= names->size)
		wire_put_string(names, text, strlen(text));
}

static uint64_t
seconds(time_t t)
{
	return t == (time_t)-1 || t < 0 ? 0 : (uint64_t)t;
}

static void
describe(gnutls_x509_crt_t cert, struct texts *texts, struct trace_cert *out)
{
	struct wire_writer names = { .data = texts->names,
		.size = sizeof(texts->names) };
	size_t len = sizeof(texts->key);

	memset(out, 0, sizeof(*out));
	show_dn(texts->subject, cert, gnutls_x509_crt_get_dn3);
	show_dn(texts->issuer, cert, gnutls_x509_crt_get_issuer_dn3);
	names_each(cert, add_name, &names);
	out->subject = texts->subject;
	out->issuer = texts->issuer;
	out->names = (struct blob){ names.data, names.len };
	out->from = seconds(gnutls_x509_crt_get_activation_time(cert));
	out->until = seconds(gnutls_x509_crt_get_expiration_time(cert));
	if (gnutls_x509_crt_get_key_id(
		cert, GNUTLS_KEYID_USE_SHA256, texts->key, &len) == 0)
		out->key = (struct blob){ texts->key, len };
}

/* -1: there is no room for it. */
static int
put_row(struct wire_writer *w, unsigned number, const struct trace_cert *cert)
{
	uint8_t row[sizeof(struct texts) + 128];
	int len =
	    message_encode(&trace_cert_schema, number, cert, row, sizeof(row));

	if (len < 0 || w->len + 4 + (size_t)len > w->size)
		return -1;
	wire_put_string(w, row, (size_t)len);
	return 0;
}

struct blob
exhibit_chain(const gnutls_x509_crt_t *chain, unsigned n, uint8_t *list)
{
	struct wire_writer w = { .data = list, .size = APP_TRACE_CERTS_MAX };
	struct texts texts;
	struct trace_cert cert;

	for (unsigned i = 0; i < n; i++) {
		describe(chain[i], &texts, &cert);
		if (put_row(&w, i, &cert) != 0)
			break;
	}
	return (struct blob){ w.data, w.len };
}

struct blob
exhibit_key(const uint8_t hash[KEY_ID_SIZE], uint8_t *list)
{
	struct wire_writer w = { .data = list, .size = APP_TRACE_CERTS_MAX };
	const struct trace_cert cert = { .key = { hash, KEY_ID_SIZE } };

	(void)put_row(&w, 0, &cert);
	return (struct blob){ w.data, w.len };
}
