/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * trust: what the administrator trusts, as the configuration's files say it:
 * anchors, revocation lists, pins; and the rules of who may speak with whom.  They are taken up again when they change;
 * what cannot be read is logged, and what was there before stays in force.
 */
#ifndef TLSPOOL_VERIFIER_TRUST_H
#define TLSPOOL_VERIFIER_TRUST_H

#include "daemon/sys/config.h"
#include "daemon/verifier/anchors.h"
#include "daemon/verifier/crls.h"
#include "daemon/verifier/digest.h"
#include "daemon/verifier/known.h"
#include "daemon/verifier/pins.h"
#include "daemon/verifier/rules.h"
#include "daemon/verifier/source.h"

/* A file, and why there is nothing from it. */
struct trust_file {
	char *path; /* NULL: none is configured */
	struct stamp stamp;
	char trouble[256];	    /* "" : none */
	uint8_t taken[DIGEST_SIZE]; /* of what was read and is in force */
};

struct trust {
	struct anchors *anchors;      /* NULL: see anchors_file */
	struct anchors *ldap_anchors; /* of directories, likewise */
	struct pins *pins;	      /* NULL: see pins_file */
	struct rules *rules;	      /* NULL: see rules_file */
	struct known *known;	      /* NULL: see known_trouble */
	char known_trouble[256];
	struct crls *crls; /* never NULL behind trust_init() */
	bool require_crl;
	bool pkix_strict; /* see extensions_fault() */
	struct trust_file anchors_file, crls_file, pins_file, rules_file;
	struct trust_file ldap_anchors_file;
	struct trust_file plugin_file; /* that another process reads */
	uint64_t crls_taken;	       /* crls_changes() of then */
	uint64_t checked; /* milliseconds: when the files were looked at */

	/* See basis.h. */
	bool based;   /* it is known */
	bool changed; /* it is to be renewed */
	uint8_t configured[DIGEST_SIZE], basis[DIGEST_SIZE];
	uint64_t generation;
};

/* 0, or -1 and ENOMEM. */
int trust_init(struct trust *);
void trust_free(struct trust *);

/* Takes the paths of a configuration, at the start or anew, and reads what is
 * there.  0, or -1 and ENOMEM. */
int trust_configure(struct trust *, const struct config *);

/*
 * The name of the client that this key is pinned for: how many there are, of
 * which *name is one; it is valid until the pins change.
 */
size_t trust_pinned_client(
    const struct trust *, const uint8_t key[PIN_SIZE], const char **name);

/* Looks whether files have changed, at most once a second. */
void trust_refresh(struct trust *, uint64_t now_ms);

/* The file that "anchors = system" means. */
extern const char trust_system_anchors[];

#endif
