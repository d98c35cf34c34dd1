/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * policy: a table of the methods, and the order in which they are asked.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/sys/peers.h"
#include "daemon/verifier/dane.h"
#include "daemon/verifier/pin.h"
#include "daemon/verifier/pkix.h"
#include "daemon/verifier/policy.h"
#include "daemon/verifier/tofu.h"

static const struct method {
	const char *name;
	enum says (*ask)(struct verdict *);
} methods[] = {
	[TRUST_PIN] = { "pin", pin_ask },
	[TRUST_DANE] = { "dane", dane_ask },
	[TRUST_PKIX] = { "pkix", pkix_ask },
	[TRUST_TOFU] = { "tofu", tofu_ask },
};

const char *
policy_method_name(enum trust_method method)
{
	return method > TRUST_END &&
		       (size_t)method < sizeof(methods) / sizeof(*methods)
		   ? methods[method].name
		   : NULL;
}

void
policy_choose(struct verdict *v, const struct config *config)
{
	const struct trust_peers *peers =
	    peers_find(config, verdict_name(v)->text);
	const enum trust_method *order =
	    v->peer_is_server ? config->client_policy : config->server_policy;

	/* A client chooses by the name that it claims what it is asked; but
	 * that is then what it takes to be believed that name. */
	if (peers != NULL) {
		order = v->peer_is_server ? peers->client_policy
					  : peers->server_policy;
		v->require_crl = peers->require_crl;
	}
	memcpy(v->methods, order, sizeof(v->methods));
	v->next = 0;
}

/* Nobody could speak; silence is not consent. */
static void
refuse_unknown(struct verdict *v)
{
	char asked[64] = "", subject[SUBJECT_TEXT];
	const char *name = verdict_name(v)->text;
	size_t len = 0;

	for (size_t i = 0; i < v->next && len < sizeof(asked); i++)
		len += (size_t)snprintf(asked + len, sizeof(asked) - len,
		    "%s%s", i == 0 ? "" : " ", methods[v->methods[i]].name);
	verdict_refuse(v, EKEYREJECTED, GNUTLS_A_UNKNOWN_CA,
	    "no method of the policy (%s) could vouch for %s", asked,
	    name[0] != '\0' ? name : subject_text(v->chain[0], subject));
}

bool
policy_run(struct verdict *v)
{
	if (v->error != 0)
		return true;
	while (v->next < CONFIG_MAX_METHODS &&
	       policy_method_name(v->methods[v->next]) != NULL) {
		switch (methods[v->methods[v->next]].ask(v)) {
		case SAYS_YES:
		case SAYS_NO:
			return true;
		case SAYS_WAIT:
			return false;
		case SAYS_CANNOT:
			v->next++;
			break;
		}
	}
	refuse_unknown(v);
	return true;
}
