/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * names: from subjectAltName and subject to names.
 */
#include <string.h>

#include <gnutls/x509-ext.h>

#include "daemon/verifier/names.h"

#define OID_SUBJECT_ALT_NAME "2.5.29.17"
#define OID_DOMAIN_COMPONENT "0.9.2342.19200300.100.1.25"
#define OID_USER_ID	     "0.9.2342.19200300.100.1.1"

enum {
	/* Universal tags of the strings that can hold ASCII. */
	TAG_UTF8_STRING = 12,
	TAG_PRINTABLE_STRING = 19,
	TAG_IA5_STRING = 22,
};

/*
 * The subjectAltName, or NULL where there is none, or none that can be read.
 * Read from the extension, for its strings come with their lengths there: a
 * name with a NUL in the middle must not be taken for the part before it.
 */
static gnutls_subject_alt_names_t
alt_names(gnutls_x509_crt_t cert, bool *present)
{
	gnutls_subject_alt_names_t names = NULL;
	gnutls_datum_t der = { NULL, 0 };

	*present = gnutls_x509_crt_get_extension_by_oid2(
		       cert, OID_SUBJECT_ALT_NAME, 0, &der, NULL) == 0;
	if (!*present || gnutls_subject_alt_names_init(&names) != 0)
		goto err;
	if (gnutls_x509_ext_import_subject_alt_names(&der, names, 0) == 0) {
		gnutls_free(der.data);
		return names;
	}
err:
	if (names != NULL)
		gnutls_subject_alt_names_deinit(names);
	gnutls_free(der.data);
	return NULL;
}

static bool
presents(
    unsigned type, const gnutls_datum_t *value, const struct peername *expected)
{
	struct peername user;

	switch (expected->kind) {
	case PEERNAME_DOMAIN:
		return type == GNUTLS_SAN_DNSNAME &&
		       peername_matches(expected, value->data, value->size);
	case PEERNAME_ADDRESS:
		return type == GNUTLS_SAN_IPADDRESS &&
		       value->size == expected->address_len &&
		       memcmp(value->data, expected->address, value->size) == 0;
	case PEERNAME_USER:
		return type == GNUTLS_SAN_RFC822NAME &&
		       peername_user(&user, value->data, value->size) == 0 &&
		       peername_equal(&user, expected);
	case PEERNAME_CLIENT:
	case PEERNAME_NONE:
		break;
	}
	return false;
}

bool
names_present(gnutls_x509_crt_t cert, const struct peername *expected)
{
	bool has_extension, found = false;
	gnutls_subject_alt_names_t names = alt_names(cert, &has_extension);
	gnutls_datum_t value;
	unsigned type;

	if (names == NULL)
		return false;
	for (unsigned i = 0; !found && gnutls_subject_alt_names_get(
					   names, i, &type, &value, NULL) == 0;
	     i++)
		found = presents(type, &value, expected);
	gnutls_subject_alt_names_deinit(names);
	return found;
}

void
names_each(gnutls_x509_crt_t cert,
    void (*call)(unsigned, const gnutls_datum_t *, void *), void *arg)
{
	bool has_extension;
	gnutls_subject_alt_names_t names = alt_names(cert, &has_extension);
	gnutls_datum_t value;
	unsigned type;

	if (names == NULL)
		return;
	for (unsigned i = 0;
	     gnutls_subject_alt_names_get(names, i, &type, &value, NULL) == 0;
	     i++)
		call(type, &value, arg);
	gnutls_subject_alt_names_deinit(names);
}

/* One part of a subject: an RDN of one attribute with an ASCII value. */
struct part {
	bool is_dc, is_uid;
	const uint8_t *value;
	size_t len;
};

/* GnuTLS counts the NUL behind an OID to its size. */
static bool
is_oid(const gnutls_datum_t *oid, const char *wanted)
{
	size_t len = strlen(wanted);

	return (oid->size == len || oid->size == len + 1) &&
	       memcmp(oid->data, wanted, oid->size) == 0;
}

static int
get_part(gnutls_x509_dn_t dn, int rdn, struct part *part)
{
	gnutls_x509_ava_st ava, second;

	if (gnutls_x509_dn_get_rdn_ava(dn, rdn, 0, &ava) != 0 ||
	    gnutls_x509_dn_get_rdn_ava(dn, rdn, 1, &second) == 0 ||
	    (ava.value_tag != TAG_UTF8_STRING &&
		ava.value_tag != TAG_PRINTABLE_STRING &&
		ava.value_tag != TAG_IA5_STRING))
		return -1;
	part->is_dc = is_oid(&ava.oid, OID_DOMAIN_COMPONENT);
	part->is_uid = is_oid(&ava.oid, OID_USER_ID);
	part->value = ava.value.data;
	part->len = ava.value.size;
	return part->is_dc || part->is_uid ? 0 : -1;
}

/*
 * The DER of a subject begins with the most general part, so dc=com comes
 * before dc=example, and the uid is last.  A subject with anything else in it
 * (cn=Printer,ou=Things,dc=example,dc=com) is not that domain, and maps to
 * nothing.
 */
static int
subject_identity(gnutls_x509_crt_t cert, struct peername *name)
{
	uint8_t text[APP_NAME_MAX + 1];
	size_t at = sizeof(text); /* text[at] on is the domain so far */
	gnutls_x509_dn_t dn;
	struct part part = { 0 };
	gnutls_x509_ava_st ava;
	int i;

	if (gnutls_x509_crt_get_subject(cert, &dn) != 0)
		return -1;
	for (i = 0; gnutls_x509_dn_get_rdn_ava(dn, i, 0, &ava) == 0; i++) {
		if (part.is_uid || get_part(dn, i, &part) != 0)
			return -1;
		if (at < sizeof(text))
			text[--at] = part.is_dc ? '.' : '@';
		else if (part.is_uid)
			return -1;
		if (part.is_dc && !peername_is_label(part.value, part.len))
			return -1;
		if (part.len == 0 || part.len >= at)
			return -1;
		at -= part.len;
		memcpy(text + at, part.value, part.len);
	}
	if (i == 0)
		return -1;
	return part.is_uid
		   ? peername_user(name, text + at, sizeof(text) - at)
		   : peername_domain(name, text + at, sizeof(text) - at);
}

enum names_result
names_refused(enum peername_kind kind, uint32_t flags)
{
	if (kind == PEERNAME_USER && (flags & APP_REFUSE_USERS) != 0)
		return NAMES_USER_REFUSED;
	if ((kind == PEERNAME_DOMAIN || kind == PEERNAME_ADDRESS ||
		kind == PEERNAME_CLIENT) &&
	    (flags & APP_REFUSE_DOMAINS) != 0)
		return NAMES_DOMAIN_REFUSED;
	return NAMES_FOUND;
}

/* The first user and the first domain among the alternative names; where
 * there is no domain, the first name of a client. */
static void
first_names(gnutls_subject_alt_names_t names, struct peername *user,
    struct peername *domain, bool *any)
{
	struct peername client = { 0 };
	gnutls_datum_t value;
	unsigned type;

	for (unsigned i = 0;
	     gnutls_subject_alt_names_get(names, i, &type, &value, NULL) == 0;
	     i++) {
		if (type == GNUTLS_SAN_RFC822NAME) {
			*any = true;
			if (user->kind == PEERNAME_NONE)
				peername_user(user, value.data, value.size);
		} else if (type == GNUTLS_SAN_DNSNAME) {
			*any = true;
			if (domain->kind == PEERNAME_NONE)
				peername_domain(domain, value.data, value.size);
			if (client.kind == PEERNAME_NONE)
				peername_client(
				    &client, value.data, value.size);
		}
	}
	if (domain->kind == PEERNAME_NONE)
		*domain = client;
}

enum names_result
names_identity(
    gnutls_x509_crt_t cert, uint32_t flags, struct peername *identity)
{
	struct peername user = { 0 }, domain = { 0 }, subject = { 0 };
	const struct peername *order[] = { &user, &domain };
	enum names_result refused, result = NAMES_NONE;
	bool has_extension, any = false;
	gnutls_subject_alt_names_t names = alt_names(cert, &has_extension);

	memset(identity, 0, sizeof(*identity));
	if (names != NULL) {
		first_names(names, &user, &domain, &any);
		gnutls_subject_alt_names_deinit(names);
	} else if (has_extension) {
		return NAMES_NONE;
	}
	if (!any && subject_identity(cert, &subject) == 0)
		order[0] = &subject;
	for (size_t i = 0; i < 2; i++) {
		if (order[i]->kind == PEERNAME_NONE)
			continue;
		refused = names_refused(order[i]->kind, flags);
		if (refused == NAMES_FOUND) {
			*identity = *order[i];
			return NAMES_FOUND;
		}
		result = result == NAMES_NONE ? refused : NAMES_BOTH_REFUSED;
	}
	return result;
}

const char *
names_reason(enum names_result result)
{
	switch (result) {
	case NAMES_FOUND:
		break;
	case NAMES_NONE:
		return "the certificate names neither a user nor a domain";
	case NAMES_USER_REFUSED:
		return "the peer is a user, and users are refused here";
	case NAMES_DOMAIN_REFUSED:
		return "the peer is a domain, and domains are refused here";
	case NAMES_BOTH_REFUSED:
		return "users and domains are both refused here";
	}
	return "";
}
