/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * subtree: whether one name lies below the base of one name constraint, by
 * the rules of its form (RFC 5280, section 4.2.1.10).
 */
#ifndef TLSPOOL_VERIFIER_SUBTREE_H
#define TLSPOOL_VERIFIER_SUBTREE_H

#include "daemon/verifier/tlv.h"

/* The forms that are known, by the number of their tag in a GeneralName. */
enum name_form {
	FORM_MAIL = 1,
	FORM_DNS = 2,
	FORM_DIRECTORY = 4, /* value: the Name, with its tag */
	FORM_URI = 6,
	FORM_ADDRESS = 7,
};

struct general_name {
	unsigned form; /* any number that a tag can have */
	struct tlv value;
};

enum subtree {
	SUBTREE_INSIDE,
	SUBTREE_OUTSIDE,
	/* The name is malformed, or of a form that is not known, or covers
	 * what is inside and what is not, as a wildcard does. */
	SUBTREE_UNSURE,
};

/* Can this be the base of a constraint?  That of an unknown form can. */
bool subtree_is_base(const struct general_name *base);

/* Both are of the same form, and the base is one. */
enum subtree subtree_has(
    const struct general_name *base, const struct general_name *name);

#endif
