/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * chain_fuzz: chains of certificates as a peer sends them, each behind its
 * length (two octets).  What is read of each, whether each may stand below the
 * others, and what pkix says of the whole: with the last one as the only
 * anchor, and the name that the first one presents.
 */
#include <string.h>

#include "daemon/ipc/credential.h"
#include "daemon/verifier/constraints.h"
#include "daemon/verifier/extensions.h"
#include "daemon/verifier/pkix.h"
#include "test/fuzz/fuzz.h"

enum { COMPARISONS = 1000 };

static void
check_certs(const struct cert *certs, unsigned n, const struct peername *name)
{
	for (unsigned i = 0; i < n; i++) {
		const struct cert *c = &certs[i];
		unsigned budget = COMPARISONS;

		for (int place = 0; place <= PLACE_ANCHOR; place++) {
			const char *loose = extensions_fault(
				       c, (enum cert_place)place, false),
				   *strict = extensions_fault(
				       c, (enum cert_place)place, true);

			/* What is refused is refused under pkix-strict, too. */
			always(loose == NULL || strict != NULL);
		}
		(void)extensions_allow(c, GNUTLS_KP_TLS_WWW_SERVER);
		always(!cert_is_self_issued(c) || c->issuer.len > 0);
		always(cert_equal(c, c));
		for (unsigned j = 0; j < n; j++)
			(void)constraints_check(
			    &certs[j], c, i == 0 ? name : NULL, &budget);
		always(budget <= COMPARISONS);
	}
}

static void
read_certs(const struct verdict *v)
{
	struct cert certs[VERDICT_MAX_CHAIN];
	unsigned good = 0, n = 0;

	while (n < v->nchain && cert_read(&certs[n], v->chain[n]) == 0) {
		always(certs[n].signed_part.data >= certs[n].der.data);
		always(certs[n].signed_part.len <= certs[n].der.size);
		n++;
		good++;
	}
	check_certs(certs, good, &v->identity);
	if (n < v->nchain)
		n++; /* the one that could not be read */
	while (n > 0)
		cert_free(&certs[--n]);
}

static struct anchors *
only(gnutls_x509_crt_t cert)
{
	gnutls_datum_t pem = { NULL, 0 };
	struct anchors *anchors = NULL;
	char error[128];

	if (gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_PEM, &pem) == 0)
		anchors = anchors_parse(&pem, error, sizeof(error));
	gnutls_free(pem.data);
	return anchors;
}

static void
judge(struct verdict *v)
{
	struct trust trust = *v->trust;
	enum says says;

	if ((trust.anchors = only(v->chain[v->nchain - 1])) == NULL)
		return;
	v->trust = &trust;
	says = pkix_ask(v);
	always(says == SAYS_YES || says == SAYS_NO);
	always((says == SAYS_NO) == (v->error != 0));
	if (says == SAYS_YES) {
		always(v->until >= (uint64_t)v->now);
		always(v->claimed == NAMES_FOUND);
		always(v->identity.kind != PEERNAME_CLIENT);
	}
	anchors_free(trust.anchors);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct trust trust;
	static uint8_t buf[CHAIN_MAX];
	struct wire_writer w = { .data = buf, .size = sizeof(buf) };
	struct verify_req req = { .remote_name = NULL };
	struct verdict *v;

	if (trust.crls == NULL)
		always(trust_init(&trust) == 0);
	while (len >= 2) {
		size_t size = (size_t)(data[0] << 8 | data[1]);

		data += 2;
		len -= 2;
		if (size > len)
			size = len;
		wire_put_string(&w, data, size);
		data += size;
		len -= size;
	}
	req.chain = (struct blob){ buf, w.full ? 0 : w.len };
	v = verdict_new(&trust, &req, APP_ROLE_SERVER, 0, 0);
	always(v != NULL);
	/* The corpus was made in November 2026, and is good for a while. */
	v->now = 1795737600;
	if (v->error == 0) {
		read_certs(v);
		judge(v);
	}
	verdict_free(v);
	return 0;
}
