/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * authorize: the last word on a peer that the policy has said yes to.
 */
#include <errno.h>

#include "daemon/verifier/authorize.h"

static void
ask_rules(struct verdict *v)
{
	const struct trust *trust = v->trust;
	const struct rules_question question = {
		.local = v->local,
		.server = !v->peer_is_server,
		.remote = verdict_name(v)->text,
	};
	struct rules_verdict says;

	if (trust->rules_file.path == NULL)
		return; /* who is known may */
	if (trust->rules == NULL) {
		verdict_refuse(v, EPERM, GNUTLS_A_ACCESS_DENIED,
		    "the rules of authorization cannot be read: %s",
		    trust->rules_file.trouble);
		return;
	}
	rules_decide(trust->rules, &question, &says);
	if (says.allow)
		return;
	if (says.line == 0)
		verdict_refuse(v, EPERM, GNUTLS_A_ACCESS_DENIED,
		    "no rule of authorization allows %s as %s of %s",
		    question.remote, v->peer_is_server ? "server" : "client",
		    v->local[0] != '\0' ? v->local : "nobody");
	else
		verdict_refuse(v, EPERM, GNUTLS_A_ACCESS_DENIED,
		    "line %u of the rules of authorization denies %s: %s",
		    says.line, question.remote, says.text);
}

bool
authorize_run(struct verdict *v)
{
	if (v->error == 0 && (v->flags & APP_SKIP_AUTHORIZATION) == 0)
		ask_rules(v);
	return true;
}
