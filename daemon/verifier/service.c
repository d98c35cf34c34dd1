/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * service: the RDATA of MX and SRV, which may be any bytes at all.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

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
