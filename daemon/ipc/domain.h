/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * domain: the grammar of names, in one place: what a domain is, and what may
 * stand before the @ of a user.  Byte by byte and without the locale, because
 * what is compared here decides who somebody is.
 */
#ifndef TLSPOOL_IPC_DOMAIN_H
#define TLSPOOL_IPC_DOMAIN_H

#include <stddef.h>

enum {
	DOMAIN_MAX = 253, /* characters, without the dot of the root */
	DOMAIN_SIZE = DOMAIN_MAX + 1,
};

/*
 * Each returns NULL where the len bytes are one, or else half a sentence that
 * follows the name: "has an empty label".  Letters may be of either case;
 * internationalised names are A-labels.
 */
const char *domain_label_trouble(const char *, size_t len);
const char *domain_trouble(const char *, size_t len);
const char *domain_user_trouble(const char *, size_t len); /* before the @ */

/* len bytes in lower case (of ASCII) and a NUL, to out. */
void domain_lower(const char *in, size_t len, char *out);

/*
 * Brings a domain to the one spelling that is compared: lower case, and no
 * dot at the end.  0, or -1: it is none.
 */
int domain_normal(const char *in, char out[DOMAIN_SIZE]);

#endif
