/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * service: the RDATA of MX and SRV, which may be any bytes at all.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <gnutls/crypto.h>

#include "daemon/verifier/record.h"
#include "daemon/verifier/service.h"

enum {
	SMTP_PORT = 25, /* of relays; submission has an SRV record */
	MX_FIXED = 2,	/* octets before the name */
	SRV_FIXED = 6,
};

bool
service_is_smtp(const char *service, uint32_t port)
{
	return strcasecmp(service, "smtp") == 0 && port == SMTP_PORT;
}

unsigned
service_question(char owner[DOMAIN_SIZE], const char *service, uint32_t port,
    const char *domain)
{
	int len;

	if (service[0] == '\0')
		return 0;
	if (service_is_smtp(service, port)) {
		snprintf(owner, DOMAIN_SIZE, "%s", domain);
		return DNS_TYPE_MX;
	}
	if (domain_label_trouble(service, strlen(service)) != NULL)
		return 0;
	len = snprintf(owner, DOMAIN_SIZE, "_%s._tcp.%s", service, domain);
	return len < DOMAIN_SIZE ? DNS_TYPE_SRV : 0;
}

size_t
service_hosts(struct service_host *hosts, unsigned type, uint32_t port,
    const struct resolver_answer *answer)
{
	const size_t fixed = type == DNS_TYPE_MX ? MX_FIXED : SRV_FIXED;
	size_t n = 0;

	for (size_t i = 0; i < answer->nrecords && n < SERVICE_MAX_HOSTS; i++) {
		struct blob rdata = answer->records[i];

		hosts[n].port = port;
		if (rdata.len <= fixed)
			continue;
		if (type == DNS_TYPE_SRV)
			hosts[n].port =
			    (uint32_t)rdata.data[4] << 8 | rdata.data[5];
		if (hosts[n].port == port &&
		    record_name(rdata, fixed, hosts[n].name) == 0)
			n++;
	}
	return n;
}

struct server {
	uint16_t priority, weight;
	struct service_host host;
};

static uint16_t
take_u16(const uint8_t *data)
{
	return (uint16_t)(data[0] << 8 | data[1]);
}

static size_t
read_servers(struct server *servers, const struct resolver_answer *answer)
{
	size_t n = 0;

	for (size_t i = 0; i < answer->nrecords; i++) {
		struct blob rdata = answer->records[i];

		if (rdata.len <= SRV_FIXED ||
		    record_name(rdata, SRV_FIXED, servers[n].host.name) != 0)
			continue;
		servers[n].priority = take_u16(rdata.data);
		servers[n].weight = take_u16(rdata.data + 2);
		servers[n].host.port = take_u16(rdata.data + 4);
		if (servers[n].host.port != 0)
			n++;
	}
	return n;
}

/* One of those of the least priority. */
static size_t
choose(const struct server *servers, size_t n)
{
	uint16_t least = UINT16_MAX;
	uint32_t sum = 0, chance = 0, upto = 0;
	size_t chosen = 0;

	for (size_t i = 0; i < n; i++)
		if (servers[i].priority < least)
			least = servers[i].priority;
	for (size_t i = 0; i < n; i++)
		if (servers[i].priority == least)
			sum += servers[i].weight;
	if (gnutls_rnd(GNUTLS_RND_NONCE, &chance, sizeof(chance)) != 0)
		chance = 0;
	chance %= sum + 1;
	for (size_t i = 0; i < n; i++) {
		if (servers[i].priority != least)
			continue;
		chosen = i;
		upto += servers[i].weight;
		if (upto >= chance)
			break;
	}
	return chosen;
}

size_t
service_order(struct service_host *hosts, size_t max,
    const struct resolver_answer *answer)
{
	struct server servers[RESOLVER_MAX_RECORDS];
	size_t left = read_servers(servers, answer), n = 0;

	while (left > 0 && n < max) {
		size_t at = choose(servers, left);

		hosts[n++] = servers[at].host;
		servers[at] = servers[--left];
	}
	return n;
}
