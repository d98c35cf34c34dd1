/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * names: from subjectAltName, or else from the subject, to identities.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/sys/name.h"
#include "daemon/keeper/names.h"

static const char oid_dc[] = "0.9.2342.19200300.100.1.25";
static const char oid_uid[] = "0.9.2342.19200300.100.1.1";

static int
add(const char *name, char **names, size_t space, size_t *n)
{
	char lower[NAME_SIZE];
	const char *why;

	/* In a certificate only A-labels count: nothing is mapped. */
	for (const char *c = name; *c != '\0'; c++)
		if ((unsigned char)*c >= 0x80)
			return 0;
	if (*n == space || name_identity(name, lower, &why) != 0)
		return 0;
	if ((names[*n] = strdup(lower)) == NULL)
		return -1;
	(*n)++;
	return 0;
}

/* Has a subjectAltName of these kinds, whether it was added or not. */
static int
from_alt_names(
    gnutls_x509_crt_t crt, char **names, size_t space, size_t *n, int *found)
{
	char name[NAME_SIZE];
	size_t size;
	int kind;

	*found = 0;
	for (unsigned i = 0;; i++) {
		size = sizeof(name) - 1;
		kind = gnutls_x509_crt_get_subject_alt_name(
		    crt, i, name, &size, NULL);
		if (kind == GNUTLS_E_SHORT_MEMORY_BUFFER)
			continue;
		if (kind < 0)
			return 0;
		if (kind != GNUTLS_SAN_DNSNAME && kind != GNUTLS_SAN_RFC822NAME)
			continue;
		*found = 1;
		name[size] = '\0';
		/* A NUL inside is an old trick: such a name is no name. */
		if (strlen(name) + 1 < size)
			continue;
		if (add(name, names, space, n) != 0)
			return -1;
	}
}

/* dc=example,dc=com stands as com, example in the certificate. */
static int
from_subject(gnutls_x509_crt_t crt, char **names, size_t space, size_t *n)
{
	char domain[NAME_SIZE] = "", part[NAME_SIZE], joined[NAME_SIZE * 2 + 2];
	size_t size;

	for (unsigned i = 0; i < NAME_LABELS; i++) {
		size = sizeof(part);
		if (gnutls_x509_crt_get_dn_by_oid(
			crt, oid_dc, i, 0, part, &size) != 0)
			break;
		snprintf(joined, sizeof(joined), "%s%s%s", part,
		    i > 0 ? "." : "", domain);
		if (strlen(joined) >= sizeof(domain))
			return 0;
		memcpy(domain, joined, strlen(joined) + 1);
	}
	if (domain[0] == '\0')
		return 0;
	size = sizeof(part);
	if (gnutls_x509_crt_get_dn_by_oid(crt, oid_uid, 0, 0, part, &size) != 0)
		return add(domain, names, space, n);
	snprintf(joined, sizeof(joined), "%s@%s", part, domain);
	return add(joined, names, space, n);
}

int
names_of_certificate(
    gnutls_x509_crt_t crt, char **names, size_t space, size_t *n)
{
	int found;

	*n = 0;
	if (from_alt_names(crt, names, space, n, &found) != 0)
		return -1;
	return found ? 0 : from_subject(crt, names, space, n);
}
