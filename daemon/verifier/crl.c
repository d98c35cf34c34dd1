/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * crl: the serial numbers are taken out once and sorted, for the lists of
 * large authorities have millions, and a handshake waits for the answer.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/verifier/crl.h"

enum {
	/* RFC 5280 allows 20; that many have been seen to be exceeded. */
	SERIAL_MAX = 64,
	KEY_SIZE = 32,
};

struct serial {
	uint8_t len;
	uint8_t bytes[];
};

struct crl {
	gnutls_x509_crl_t crl;
	gnutls_datum_t issuer; /* its name, DER */
	time_t this_update, next_update;
	struct serial **serials; /* sorted */
	size_t n, room;
	bool verified;
	uint8_t key[KEY_SIZE]; /* by which it was found to be signed */
};

static int
compare(const void *a, const void *b)
{
	const struct serial *x = *(struct serial *const *)a;
	const struct serial *y = *(struct serial *const *)b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return memcmp(x->bytes, y->bytes, x->len);
}

/* The number without leading zeros, which are not part of it. */
static struct serial *
serial_new(const uint8_t *bytes, size_t len)
{
	struct serial *s;

	while (len > 0 && bytes[0] == 0) {
		bytes++;
		len--;
	}
	s = malloc(sizeof(*s) + len);
	if (s == NULL)
		return NULL;
	s->len = (uint8_t)len;
	memcpy(s->bytes, bytes, len);
	return s;
}

static int
add_serial(struct crl *crl, const uint8_t *bytes, size_t len)
{
	if (crl->n == crl->room) {
		size_t room = crl->room == 0 ? 64 : crl->room * 2;
		struct serial **more =
		    reallocarray(crl->serials, room, sizeof(*more));

		if (more == NULL)
			return -1;
		crl->serials = more;
		crl->room = room;
	}
	crl->serials[crl->n] = serial_new(bytes, len);
	if (crl->serials[crl->n] == NULL)
		return -1;
	crl->n++;
	return 0;
}

static int
read_serials(struct crl *crl)
{
	gnutls_x509_crl_iter_t iter = NULL;
	uint8_t serial[SERIAL_MAX];
	size_t len;
	int r;

	for (;;) {
		len = sizeof(serial);
		r = gnutls_x509_crl_iter_crt_serial(
		    crl->crl, &iter, serial, &len, NULL);
		if (r != 0)
			break;
		if (add_serial(crl, serial, len) != 0) {
			r = GNUTLS_E_MEMORY_ERROR;
			break;
		}
	}
	gnutls_x509_crl_iter_deinit(iter);
	if (r != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
		return -1;
	if (crl->n > 1)
		qsort(crl->serials, crl->n, sizeof(*crl->serials), compare);
	return 0;
}

/*
 * The extensions that leave the list complete: authorityKeyIdentifier,
 * issuerAltName, cRLNumber, freshestCRL.  An issuingDistributionPoint makes
 * it one of a part, or of other authorities' certificates; a
 * deltaCRLIndicator, of changes only.
 */
static bool
is_complete(gnutls_x509_crl_t crl)
{
	static const char *const partial[] = { "2.5.29.27", "2.5.29.28" };
	static const char *const known[] = { "2.5.29.18", "2.5.29.20",
		"2.5.29.35", "2.5.29.46" };
	char oid[128];
	unsigned critical;
	size_t len;
	bool is_known;

	for (unsigned i = 0;; i++) {
		int r;

		len = sizeof(oid);
		r = gnutls_x509_crl_get_extension_info(
		    crl, i, oid, &len, &critical);
		if (r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return true;
		if (r != 0)
			return false;
		is_known = false;
		for (size_t k = 0; k < sizeof(known) / sizeof(*known); k++)
			if (strcmp(oid, known[k]) == 0)
				is_known = true;
		for (size_t k = 0; k < sizeof(partial) / sizeof(*partial); k++)
			if (strcmp(oid, partial[k]) == 0)
				return false;
		if (critical != 0 && !is_known)
			return false;
	}
}

struct crl *
crl_new(gnutls_x509_crl_t list, const char **reason)
{
	struct crl *crl = calloc(1, sizeof(*crl));

	if (crl == NULL) {
		*reason = "has no room in memory";
		gnutls_x509_crl_deinit(list);
		return NULL;
	}
	crl->crl = list;
	crl->this_update = gnutls_x509_crl_get_this_update(list);
	crl->next_update = gnutls_x509_crl_get_next_update(list);
	*reason = "has no issuer";
	if (gnutls_x509_crl_get_raw_issuer_dn(list, &crl->issuer) != 0)
		goto err;
	*reason = "has no date";
	if (crl->this_update == (time_t)-1)
		goto err;
	*reason = "has an extension that says it is not complete, or that is "
		  "critical and unknown";
	if (!is_complete(list))
		goto err;
	*reason = "has an entry that cannot be read";
	if (read_serials(crl) != 0)
		goto err;
	return crl;
err:
	crl_free(crl);
	return NULL;
}

void
crl_free(struct crl *crl)
{
	if (crl == NULL)
		return;
	for (size_t i = 0; i < crl->n; i++)
		free(crl->serials[i]);
	free(crl->serials);
	gnutls_free(crl->issuer.data);
	gnutls_x509_crl_deinit(crl->crl);
	free(crl);
}

time_t
crl_this_update(const struct crl *crl)
{
	return crl->this_update;
}

time_t
crl_next_update(const struct crl *crl)
{
	return crl->next_update;
}

static bool
has_name_of(const struct crl *crl, gnutls_x509_crt_t issuer)
{
	gnutls_datum_t dn = { NULL, 0 };
	bool same;

	if (gnutls_x509_crt_get_raw_dn(issuer, &dn) != 0)
		return false;
	same = dn.size == crl->issuer.size &&
	       memcmp(dn.data, crl->issuer.data, dn.size) == 0;
	gnutls_free(dn.data);
	return same;
}

bool
crl_is_by(struct crl *crl, gnutls_x509_crt_t issuer)
{
	const unsigned dates = GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED |
			       GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE;
	uint8_t key[KEY_SIZE];
	size_t len = sizeof(key);
	unsigned status;

	if (!has_name_of(crl, issuer) ||
	    gnutls_x509_crt_get_key_id(
		issuer, GNUTLS_KEYID_USE_SHA256, key, &len) != 0)
		return false;
	if (crl->verified && memcmp(key, crl->key, KEY_SIZE) == 0)
		return true;
	if (gnutls_x509_crl_verify(crl->crl, &issuer, 1,
		GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &status) != 0)
		return false;
	/* Its dates are the caller's to judge.  INVALID is set with them, so
	 * it says nothing where nothing else is wrong. */
	if ((status & ~(dates | GNUTLS_CERT_INVALID)) != 0 ||
	    ((status & GNUTLS_CERT_INVALID) != 0 && (status & dates) == 0))
		return false;
	memcpy(crl->key, key, KEY_SIZE);
	crl->verified = true;
	return true;
}

bool
crl_lists(const struct crl *crl, gnutls_x509_crt_t cert)
{
	uint8_t bytes[SERIAL_MAX];
	size_t len = sizeof(bytes);
	struct serial *serial;
	bool found = false;

	/* A number that cannot be looked for must not count as absent. */
	if (gnutls_x509_crt_get_serial(cert, bytes, &len) != 0)
		return true;
	serial = serial_new(bytes, len);
	if (serial == NULL)
		return true;
	if (crl->n > 0)
		found = bsearch(&serial, crl->serials, crl->n,
			    sizeof(*crl->serials), compare) != NULL;
	free(serial);
	return found;
}
