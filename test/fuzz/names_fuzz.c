/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * names_fuzz: a certificate (DER) as a peer sends it, and the identity that is
 * read from it: a name of the kind that is allowed, in its canonical form.
 */
#include <string.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "daemon/verifier/exhibit.h"
#include "daemon/verifier/names.h"
#include "test/fuzz/fuzz.h"

static void
read_names(gnutls_x509_crt_t cert)
{
	static const uint32_t flags[] = { 0, APP_REFUSE_USERS,
		APP_REFUSE_DOMAINS, APP_REFUSE_USERS | APP_REFUSE_DOMAINS };
	struct peername identity, again;
	enum names_result result;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		result = names_identity(cert, flags[i], &identity);
		if (result != NAMES_FOUND) {
			always(names_reason(result) != NULL);
			continue;
		}
		always(names_refused(identity.kind, flags[i]) == NAMES_FOUND);
		if (identity.kind == PEERNAME_CLIENT)
			always(peername_client(&again,
				   (const uint8_t *)identity.text,
				   strlen(identity.text)) == 0);
		else
			always(peername_parse(&again, identity.text) == 0);
		always(again.kind == identity.kind);
		always(strcmp(again.text, identity.text) == 0);
	}
}

/* What is shown of it is printable. */
static void
describe(gnutls_x509_crt_t cert)
{
	static uint8_t list[APP_TRACE_CERTS_MAX], copy[APP_TRACE_CERTS_MAX + 1];
	struct blob rows = exhibit_chain(&cert, 1, list), item;
	struct trace_cert row;

	always(wire_list_next(&rows, &item) == 1);
	memcpy(copy, item.data, item.len);
	always(message_decode(&trace_cert_schema, copy, item.len, &row) == 0);
	for (const char *c = row.subject; *c != '\0'; c++)
		always(*c >= ' ' && *c <= '~');
	for (const char *c = row.issuer; *c != '\0'; c++)
		always(*c >= ' ' && *c <= '~');
	while (wire_list_next(&row.names, &item) == 1)
		for (size_t i = 0; i < item.len; i++)
			always(item.data[i] >= ' ' && item.data[i] <= '~');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const expected[] = { "www.example.com",
		"anna@example.com", "192.0.2.1", "2001:db8::1", "a.b.c" };
	gnutls_datum_t der = { (unsigned char *)(uintptr_t)data,
		(unsigned)len };
	gnutls_x509_crt_t cert;
	struct peername name;

	always(gnutls_x509_crt_init(&cert) == 0);
	if (gnutls_x509_crt_import(cert, &der, GNUTLS_X509_FMT_DER) == 0) {
		read_names(cert);
		describe(cert);
		for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]);
		     i++) {
			always(peername_parse(&name, expected[i]) == 0);
			(void)names_present(cert, &name);
		}
	}
	gnutls_x509_crt_deinit(cert);
	return 0;
}
