/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * config: what /etc/tlspool/tlspool.conf says, with every default filled in.
 */
#ifndef TLSPOOL_SYS_CONFIG_H
#define TLSPOOL_SYS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum trust_method {
	TRUST_END = 0,
	TRUST_PIN,
	TRUST_DANE,
	TRUST_PKIX,
	TRUST_TOFU, /* trust on first use */
	TRUST_LDAP,
};

enum {
	CONFIG_MAX_METHODS = 8,
	CONFIG_MAX_WORKERS = 64, /* front has a bit for each */
};

/* [trust "PATTERN"]: what is asked of some peers; what such a section does
 * not say is as [trust] says. */
struct trust_peers {
	char *pattern; /* in its one spelling */
	uint64_t seen; /* bit for each key that stands there */
	enum trust_method client_policy[CONFIG_MAX_METHODS];
	enum trust_method server_policy[CONFIG_MAX_METHODS];
	bool require_crl;
	char *ldap; /* as of [trust] */
};

struct config {
	/* [daemon] */
	char *socket;	    /* of applications */
	char *admin_socket; /* of tlspool-cli */
	char *state;	    /* directory: the keeper's and the verifier's data
			       are in folders of that name below it */
	char *user;	    /* front, workers, verifier; NULL: no change */
	char *keeper_user;  /* the keeper's own */
	uint32_t workers;   /* never 0 */
	uint32_t handshake_nice; /* by how much handshakes are below records */
	uint32_t drain;		 /* milliseconds at the end */
	int log_level;		 /* of syslog(3) */

	/* [tls] */
	char *priority;		    /* of GnuTLS */
	uint32_t handshake_timeout; /* milliseconds */
	uint32_t linger;	    /* milliseconds, for the peer's last word */
	bool tickets;		    /* sessions can be resumed */
	uint32_t ticket_lifetime;   /* milliseconds */

	/* [quota], each per uid; 0: none */
	uint32_t max_handshakes;
	uint32_t max_sessions;
	uint32_t max_connections;

	/* [identity] */
	char *acl;	  /* path */
	char *disclosure; /* path */
	char **key_paths; /* NULL-terminated: where the keeper may read keys
			     and certificates beside its own */
	char **pkcs11_modules; /* NULL-terminated: that the keeper loads */
	char **token_paths;    /* NULL-terminated: that these may write */

	/* [trust] */
	char *anchors;	  /* PEM file, "system", or "none" */
	char *crls;	  /* directory of CRLs (PEM or DER), or NULL */
	bool require_crl; /* a CA without a fresh CRL is not trusted */
	bool pkix_strict; /* all that RFC 5280 asks of who issues */
	char *pins;	  /* file, or NULL */
	char *ldap;	  /* URL of the directory, "dns", or NULL: none */
	/* ordered, ended by TRUST_END */
	enum trust_method client_policy[CONFIG_MAX_METHODS]; /* of servers */
	enum trust_method server_policy[CONFIG_MAX_METHODS]; /* of clients */
	struct trust_peers *peers; /* sorted: see peers.h */
	size_t npeers;

	/* [authorization] */
	char *rules;		 /* file, or NULL: who is known may */
	char *plugin;		 /* shared object, or NULL */
	uint32_t plugin_timeout; /* milliseconds, for one answer */

	/* [cache], of verdicts */
	uint32_t cache_size; /* verdicts; 0: none are remembered */
	uint32_t cache_max_age, cache_negative_age; /* milliseconds */

	/* [ocsp] */
	bool ocsp_staple;      /* for our own identities */
	uint32_t ocsp_timeout; /* milliseconds, for one answer */

	/* [dns] */
	char *dns_anchor;     /* file of DNSKEY or DS, "system", or "none" */
	char *dns_forward;    /* IP[@PORT], "system", or NULL: none */
	uint32_t dns_timeout; /* milliseconds */
	bool dns_local_zones; /* test. and its like are not asked for */

	/* [ldap] */
	char *ldap_anchors;	/* PEM file, "system", or "none" */
	uint32_t ldap_timeout;	/* milliseconds, for one entry */
	uint32_t ldap_lifetime; /* milliseconds that a verdict lasts */
};

/*
 * Parses the text of a configuration; "" gives the defaults.  Returns it, or
 * NULL and one sentence with the line in error ("line 7: …").  Unknown
 * sections and keys are errors.  Free with config_free().
 */
struct config *config_parse(
    const char *text, size_t len, char *error, size_t error_size);
void config_free(struct config *);

/*
 * The text of a configuration with every value spelled out: it means the same
 * to a process of another user and another environment.  Free with free();
 * NULL and ENOMEM.
 */
char *config_text(const struct config *);

/*
 * Puts what only a restart can change (sockets, state, users, workers) back
 * to what it is in `old`.  Returns how many values differed, and their names,
 * separated by ", ", in names; -1 and ENOMEM.
 */
int config_keep(
    struct config *fresh, const struct config *old, char *names, size_t size);

#endif
