/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * service: the hosts that a domain has for a service, by its MX records (RFC
 * 7672) or its SRV records (RFC 7673).
 */
#ifndef TLSPOOL_VERIFIER_SERVICE_H
#define TLSPOOL_VERIFIER_SERVICE_H

#include "daemon/verifier/resolver.h"

enum { SERVICE_MAX_HOSTS = 16 };

struct service_host {
	char name[DOMAIN_SIZE];
	uint32_t port;
};

/* Is it the relaying of mail, of which RFC 7672 is? */
bool service_is_smtp(const char *service, uint32_t port);

/*
 * What to ask for the hosts of a service ("smtp", "xmpp-client") of a domain:
 * the type, and the owner.  0: nothing.
 */
unsigned service_question(char owner[DOMAIN_SIZE], const char *service,
    uint32_t port, const char *domain);

/*
 * The hosts that an answer to that question names, for this port; the least
 * of their number and SERVICE_MAX_HOSTS.  RDATA that is malformed names none.
 */
size_t service_hosts(struct service_host *, unsigned type, uint32_t port,
    const struct resolver_answer *);

/*
 * The hosts that an answer of SRV records names, in the order of asking (RFC
 * 2782): by priority, and among equals by chance, as their weights have it.
 * The least of their number and max.
 */
size_t service_order(
    struct service_host *, size_t max, const struct resolver_answer *);

#endif
