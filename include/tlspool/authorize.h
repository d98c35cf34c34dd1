/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * authorize: what a plugin of the TLS Pool is, that says whether a peer which
 * is known by now may speak with us.  See tlspool_authorize(3).
 *
 * A plugin is a shared object that defines tlspool_authorizer.  It runs in a
 * process of its own, without network, and with no files but those of its own
 * folder, to read.
 */
#ifndef TLSPOOL_AUTHORIZE_H
#define TLSPOOL_AUTHORIZE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TLSPOOL_AUTHORIZE_VERSION 1

/* What we are. */
enum tlspool_authorize_role {
	TLSPOOL_AUTHORIZE_CLIENT = 0,
	TLSPOOL_AUTHORIZE_SERVER = 1
};

enum tlspool_authorize_verdict {
	TLSPOOL_AUTHORIZE_DENY = 0,
	TLSPOOL_AUTHORIZE_ALLOW = 1,
	TLSPOOL_AUTHORIZE_DEFER = 2 /* let the rules decide */
};

/* Texts belong to the pool, and are valid during the call. */
struct tlspool_authorize_question {
	uint32_t version;     /* of the pool; members are only ever appended */
	uint32_t role;	      /* enum tlspool_authorize_role */
	const char *local;    /* the identity that we show; NULL: none */
	const char *remote;   /* the peer's: user@domain, domain or address */
	const char *method;   /* that vouched for it: "pin", "pkix" … */
	const char *evidence; /* one sentence for people */
	const char *service; /* as the application calls it; NULL: it did not */
	uint32_t port;	     /* 0: the application did not say */
	uint32_t uid;	     /* of the application */
};

/* Zeroed when the plugin is asked. */
struct tlspool_authorize_answer {
	uint32_t lifetime; /* seconds that an "allow" holds; 0: no bound */
	char reason[256];  /* one sentence for people */
};

struct tlspool_authorizer {
	uint32_t version; /* TLSPOOL_AUTHORIZE_VERSION */
	/* Once, before the first question and before the sandbox closes; may
	 * be NULL.  folder is the one that the plugin is in.  Returns 0, or
	 * -1: the plugin cannot be used. */
	int (*begin)(const char *folder);
	/* Returns an enum tlspool_authorize_verdict.  One question at a time;
	 * who takes too long (plugin-timeout) has denied, and is ended. */
	int (*ask)(const struct tlspool_authorize_question *,
	    struct tlspool_authorize_answer *);
	/* At an end in order; may be NULL. */
	void (*end)(void);
};

/* The one symbol that is looked for. */
extern const struct tlspool_authorizer tlspool_authorizer;

#ifdef __cplusplus
}
#endif

#endif
