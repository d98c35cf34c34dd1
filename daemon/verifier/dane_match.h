/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dane_match: is a peer the one that a DNSSEC-secure set of TLSA or SMIMEA
 * records describes?  (RFC 6698, RFC 7671.)  Nothing here knows of DNS.
 */
#ifndef TLSPOOL_VERIFIER_DANE_MATCH_H
#define TLSPOOL_VERIFIER_DANE_MATCH_H

#include "daemon/verifier/tlsa.h"
#include "daemon/verifier/verdict.h"

struct dane_set {
	struct tlsa *records; /* behind tlsa_parse(); all of the RRset */
	size_t n;	      /* not 0: absence is not for here to judge */
	const char *owner;    /* "_443._tcp.example.org", for people */
	/*
	 * The names that the leaf may present where names count, the first
	 * being what people are told of; one of them is enough.  For a server
	 * the name that was asked for and the one that CNAMEs made of it, and
	 * behind MX or SRV the next-hop or service name as well (RFC 7671,
	 * section 7; RFC 7672, 3.2.3; RFC 7673, 4.2).  For a client the one
	 * that its certificate claims.
	 */
	const struct peername *names;
	size_t nnames; /* not 0 */
};

/*
 * YES: v is accepted, with v->evidence, and v->until, which knows nothing of
 * TTLs and is UINT64_MAX where no date counts.  NO: v is refused, with the
 * reason, error and alert.  CANNOT: no record of the set is usable, and v is
 * as it was; all the same there are records, which some protocols care about.
 *
 * Of a raw public key only usage 3 with selector 1 knows anything; where there
 * are usable records, but none of these, the answer is NO.
 *
 * Marks the records that are not used because a better one is there.  Calls
 * pkix_ask() with copies of v; v->trust is needed for usages 0 and 1.
 */
enum says dane_match(struct verdict *v, const struct dane_set *);

#endif
