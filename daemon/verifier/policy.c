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
#include "daemon/verifier/ldap.h"
#include "daemon/verifier/pin.h"
#include "daemon/verifier/pkix.h"
#include "daemon/verifier/policy.h"
#include "daemon/verifier/tofu.h"

enum { METHODS_TEXT = 64 };

static const struct method {
	const char *name;
	enum says (*ask)(struct verdict *);
} methods[] = {
	[TRUST_PIN] = { "pin", pin_ask },
	[TRUST_DANE] = { "dane", dane_ask },
	[TRUST_PKIX] = { "pkix", pkix_ask },
	[TRUST_TOFU] = { "tofu", tofu_ask },
	[TRUST_LDAP] = { "ldap", ldap_ask },
};

const char *
policy_method_name(enum trust_method method)
{
	return method > TRUST_END &&
		       (size_t)method < sizeof(methods) / sizeof(*methods)
		   ? methods[method].name
		   : NULL;
}

/* The first n of the methods that a verdict asks. */
static void
list_methods(const struct verdict *v, size_t n, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < n && len < size; i++) {
		const char *name = policy_method_name(v->methods[i]);

		if (name == NULL)
			break;
		len += (size_t)snprintf(
		    text + len, size - len, "%s%s", i == 0 ? "" : " ", name);
	}
}

static void
note_order(struct verdict *v, const char *pattern)
{
	const char *name = verdict_name(v)->text;
	char order[METHODS_TEXT];

	list_methods(v, CONFIG_MAX_METHODS, order, sizeof(order));
	verdict_step(v, "policy: of the %s %s these are asked: %s%s%s%s",
	    v->peer_is_server ? "server" : "client",
	    name[0] != '\0' ? name : "without a name", order,
	    pattern != NULL ? ", as [trust \"" : "",
	    pattern != NULL ? pattern : "",
	    pattern != NULL ? "\"] has it" : "");
}

void
policy_choose(struct verdict *v, const struct config *config)
{
	const char *name = verdict_name(v)->text;
	const struct trust_peers *peers = peers_find(config, name);

	/* A client chooses by the name that it claims what it is asked; but
	 * that is then what it takes to be believed that name. */
	if (peers != NULL)
		v->require_crl = peers->require_crl;
	memcpy(v->methods, peers_policy(config, name, v->peer_is_server),
	    sizeof(v->methods));
	v->next = 0;
	if (v->steps != NULL)
		note_order(v, peers != NULL ? peers->pattern : NULL);
}

/* Nobody could speak; silence is not consent. */
static void
refuse_unknown(struct verdict *v)
{
	char asked[METHODS_TEXT], subject[SUBJECT_TEXT];
	const char *name = verdict_name(v)->text;

	list_methods(v, v->next, asked, sizeof(asked));
	if (name[0] == '\0')
		name = v->raw_key.data != NULL
			   ? "a raw public key that is nobody's"
			   : subject_text(v->chain[0], subject);
	verdict_refuse(v, EKEYREJECTED, GNUTLS_A_UNKNOWN_CA,
	    "no method of the policy (%s) could vouch for %s", asked, name);
}

/* What a method that waits has noted it will note again. */
static enum says
ask_next(struct verdict *v)
{
	const struct method *method = &methods[v->methods[v->next]];
	struct steps_mark mark = steps_mark(v->steps);
	enum says says = method->ask(v);

	switch (says) {
	case SAYS_YES:
		verdict_step(v, "%s: says yes: %s", method->name, v->evidence);
		break;
	case SAYS_NO:
		verdict_step(v, "%s: says no: %s", method->name, v->reason);
		break;
	case SAYS_CANNOT:
		verdict_step(v, "%s: cannot speak", method->name);
		break;
	case SAYS_WAIT:
		steps_rewind(v->steps, mark);
		break;
	}
	return says;
}

bool
policy_run(struct verdict *v)
{
	if (v->error != 0)
		return true;
	while (v->next < CONFIG_MAX_METHODS &&
	       policy_method_name(v->methods[v->next]) != NULL) {
		switch (ask_next(v)) {
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
