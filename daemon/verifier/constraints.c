/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * constraints: every name is held against every subtree, as often as a budget
 * allows: a peer can send thousands of both.
 */
#include <string.h>

#include "daemon/verifier/constraints.h"
#include "daemon/verifier/subtree.h"

/* pkcs-9 emailAddress, 1.2.840.113549.1.9.1 */
static const struct tlv oid_mail = {
	(const uint8_t *)"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", 9
};

struct check {
	struct tlv permitted, excluded; /* GeneralSubtrees */
	unsigned *budget;
};

static int
get_name(struct tlv *in, struct general_name *name)
{
	uint8_t tag;

	if (tlv_next(in, &tag, &name->value) != 0 ||
	    (tag & 0xc0) != TLV_CONTEXT)
		return -1;
	name->form = tag & 0x1f;
	return 0;
}

/*
 * GeneralSubtree: a base, and no minimum or maximum, of which RFC 5280 has
 * only the default.
 */
static int
get_base(struct tlv *subtrees, struct general_name *base)
{
	struct tlv subtree;

	if (tlv_get(subtrees, TLV_SEQUENCE, &subtree) != 0 ||
	    get_name(&subtree, base) != 0 || subtree.len != 0)
		return -1;
	return subtree_is_base(base) ? 0 : -1;
}

static bool
spend(struct check *check)
{
	if (*check->budget == 0)
		return false;
	(*check->budget)--;
	return true;
}

/* Are there subtrees, and is every one of them as it should be? */
static enum constraints
check_bases(struct check *check, struct tlv subtrees)
{
	struct general_name base;

	while (subtrees.len > 0) {
		if (!spend(check))
			return CONSTRAINTS_TOO_MANY;
		if (get_base(&subtrees, &base) != 0)
			return CONSTRAINTS_MALFORMED;
	}
	return CONSTRAINTS_KEPT;
}

static enum constraints
begin(struct check *check, const struct cert *authority)
{
	struct tlv in = authority->ext[EXT_CONSTRAINTS].value, both;
	bool some;
	enum constraints result;

	if (tlv_get(&in, TLV_SEQUENCE, &both) != 0 || in.len != 0)
		return CONSTRAINTS_MALFORMED;
	some = tlv_take(&both, TLV_EXPLICIT | 0, &check->permitted);
	if (some && check->permitted.len == 0)
		return CONSTRAINTS_MALFORMED;
	if (tlv_take(&both, TLV_EXPLICIT | 1, &check->excluded)) {
		if (check->excluded.len == 0)
			return CONSTRAINTS_MALFORMED;
		some = true;
	}
	if (!some || both.len != 0)
		return CONSTRAINTS_MALFORMED;
	result = check_bases(check, check->permitted);
	return result != CONSTRAINTS_KEPT ? result
					  : check_bases(check, check->excluded);
}

static enum constraints
check_name(struct check *check, const struct general_name *name)
{
	struct tlv excluded = check->excluded, permitted = check->permitted;
	struct general_name base;
	bool limited = false;

	while (excluded.len > 0 && get_base(&excluded, &base) == 0) {
		if (!spend(check))
			return CONSTRAINTS_TOO_MANY;
		if (base.form == name->form &&
		    subtree_has(&base, name) != SUBTREE_OUTSIDE)
			return CONSTRAINTS_BROKEN;
	}
	while (permitted.len > 0 && get_base(&permitted, &base) == 0) {
		if (!spend(check))
			return CONSTRAINTS_TOO_MANY;
		if (base.form != name->form)
			continue;
		if (subtree_has(&base, name) == SUBTREE_INSIDE)
			return CONSTRAINTS_KEPT;
		limited = true;
	}
	return limited ? CONSTRAINTS_BROKEN : CONSTRAINTS_KEPT;
}

/*
 * Where there is no subjectAltName, addresses in the subject are limited by
 * constraints on mail.
 */
static enum constraints
check_subject_mail(struct check *check, const struct cert *cert)
{
	struct tlv in = cert->subject, parts, part, attribute, oid;
	struct general_name name = { .form = FORM_MAIL };
	enum constraints result = CONSTRAINTS_KEPT;
	uint8_t tag;

	if (tlv_get(&in, TLV_SEQUENCE, &parts) != 0)
		return CONSTRAINTS_BROKEN;
	while (parts.len > 0 && result == CONSTRAINTS_KEPT) {
		if (tlv_get(&parts, TLV_SET, &part) != 0)
			return CONSTRAINTS_BROKEN;
		while (part.len > 0 && result == CONSTRAINTS_KEPT) {
			if (tlv_get(&part, TLV_SEQUENCE, &attribute) != 0 ||
			    tlv_get(&attribute, TLV_OID, &oid) != 0 ||
			    tlv_next(&attribute, &tag, &name.value) != 0)
				return CONSTRAINTS_BROKEN;
			if (tlv_equal(oid, oid_mail))
				result = check_name(check, &name);
		}
	}
	return result;
}

static enum constraints
check_alt_names(struct check *check, const struct cert *cert)
{
	struct tlv in = cert->ext[EXT_ALT_NAMES].value, list;
	enum constraints result = CONSTRAINTS_KEPT;
	struct general_name name;

	if (tlv_get(&in, TLV_SEQUENCE, &list) != 0)
		return CONSTRAINTS_BROKEN;
	while (list.len > 0 && result == CONSTRAINTS_KEPT) {
		if (get_name(&list, &name) != 0)
			return CONSTRAINTS_BROKEN;
		result = check_name(check, &name);
	}
	return result;
}

static enum constraints
check_identity(struct check *check, const struct peername *identity)
{
	struct general_name name;

	if (identity == NULL || (identity->kind != PEERNAME_DOMAIN &&
				    identity->kind != PEERNAME_USER))
		return CONSTRAINTS_KEPT;
	name.form = identity->kind == PEERNAME_DOMAIN ? FORM_DNS : FORM_MAIL;
	name.value = (struct tlv){ (const uint8_t *)identity->text,
		strlen(identity->text) };
	return check_name(check, &name);
}

enum constraints
constraints_check(const struct cert *authority, const struct cert *cert,
    const struct peername *identity, unsigned *budget)
{
	struct check check = { .budget = budget };
	enum constraints result;
	struct general_name subject = { FORM_DIRECTORY, cert->subject };

	if (!authority->ext[EXT_CONSTRAINTS].present)
		return CONSTRAINTS_KEPT;
	result = begin(&check, authority);
	if (result == CONSTRAINTS_KEPT && cert_has_subject(cert))
		result = check_name(&check, &subject);
	if (result == CONSTRAINTS_KEPT && cert->ext[EXT_ALT_NAMES].present)
		result = check_alt_names(&check, cert);
	else if (result == CONSTRAINTS_KEPT)
		result = check_subject_mail(&check, cert);
	if (result == CONSTRAINTS_KEPT)
		result = check_identity(&check, identity);
	return result;
}
