/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * revocation: whether a certificate of a path has been revoked, as the lists
 * that are configured and the answers of OCSP that the peer stapled say.
 */
#ifndef TLSPOOL_VERIFIER_REVOCATION_H
#define TLSPOOL_VERIFIER_REVOCATION_H

#include "daemon/verifier/path.h"
#include "daemon/verifier/verdict.h"

enum {
	/* Of stapled answers, in one verdict, on however many paths. */
	REVOCATION_SIGNATURES = 64,
	/* RFC 6066, section 8; GnuTLS has no name for this alert. */
	ALERT_BAD_STATUS_RESPONSE = 113,
};

/* What has been spent in one verdict; zeroed before the first path. */
struct revocation {
	unsigned signatures;
};

/* YES: nothing on the path is revoked as far as is known, and *until is at
 * most as late as what that rests on.  NO: the verdict is a refusal. */
enum says revocation_check(struct verdict *, const struct path *,
    struct revocation *, uint64_t *until);

#endif
