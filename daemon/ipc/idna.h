/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * idna: internationalised domains (IDNA 2008, RFC 5890 to 5895).  People may
 * write U-labels in UTF-8; everything behind these functions is A-labels.
 * The daemon and tlspool-cli link libidn2 for this; libtlspool does not.
 */
#ifndef TLSPOOL_IPC_IDNA_H
#define TLSPOOL_IPC_IDNA_H

#include <stddef.h>

#include "daemon/ipc/app.h"
#include "daemon/ipc/domain.h"

enum {
	IDNA_INPUT_MAX = 1024, /* bytes of UTF-8 that are looked at */
};

/*
 * Brings a domain, len bytes from anybody, to the one spelling that is
 * compared and sent: A-labels, lower case, no dot at the end (one is
 * dropped).  0; or -1, and in *why half a sentence that follows the name:
 * "has an empty label".
 */
int idna_domain(
    const char *in, size_t len, char out[DOMAIN_SIZE], const char **why);

/*
 * The same for domain or user@domain, of which what is before the @ stays as
 * it is (ASCII).  out has APP_NAME_MAX + 1 bytes.
 */
int idna_name(const char *in, size_t len, char *out, const char **why);

/*
 * NULL where every label of the domain that begins with xn-- is an A-label,
 * or else half a sentence.  The domain is one already, by domain_trouble(),
 * and in lower case.
 */
const char *idna_label_trouble(const char *domain);

#endif
