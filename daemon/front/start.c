/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * start: what an application may ask for.
 */
#include <errno.h>
#include <stdbool.h>

#include "daemon/front/start.h"

static bool
dtls(const struct start *s)
{
	return s->transport != APP_TRANSPORT_STREAM;
}

static bool
unknown_flag(const struct start *s)
{
	return (s->flags & ~(uint32_t)APP_ALL_FLAGS) != 0;
}

static bool
server_flag(const struct start *s)
{
	return s->role == APP_ROLE_CLIENT &&
	       (s->flags & (APP_OPTIONAL_REMOTE_CERT | APP_NO_REMOTE_CERT)) !=
		   0;
}

static bool
client_flag(const struct start *s)
{
	return s->role == APP_ROLE_SERVER &&
	       (s->flags & APP_NO_LOCAL_CERT) != 0;
}

static bool
remote_name_of_server(const struct start *s)
{
	return s->role == APP_ROLE_SERVER && s->remote_name != NULL;
}

static bool
other_verification(const struct start *s)
{
	return s->verify != APP_VERIFY_ENFORCE;
}

static bool
other_questions(const struct start *s)
{
	return (s->questions & ~(uint32_t)APP_ASK_SERVED) != 0;
}

static bool
other_events(const struct start *s)
{
	return (s->events & ~(uint32_t)APP_EVENT_SERVED) != 0;
}

static bool
psk(const struct start *s)
{
	return s->psk != NULL;
}

static bool
resume(const struct start *s)
{
	return s->resume.data != NULL;
}

static bool
anchors(const struct start *s)
{
	return s->anchors.data != NULL;
}

static const struct {
	bool (*asks)(const struct start *);
	int error;
	const char *reason;
} refusals[] = {
	{ dtls, EOPNOTSUPP, "DTLS is not served yet: only TLS over streams" },
	{ unknown_flag, EOPNOTSUPP, "a flag that this daemon does not know" },
	{ server_flag, EINVAL, "a flag for servers in a client's request" },
	{ client_flag, EINVAL, "a flag for clients in a server's request" },
	{ remote_name_of_server, EINVAL, "a server names no peer" },
	{ other_verification, EOPNOTSUPP,
	    "only enforced verification is served yet" },
	{ other_questions, EOPNOTSUPP, "a question that is not asked yet" },
	{ other_events, EOPNOTSUPP, "an event that is not told yet" },
	{ psk, EOPNOTSUPP, "pre-shared keys are not served yet" },
	{ resume, EOPNOTSUPP, "resumption is not served yet" },
	{ anchors, EOPNOTSUPP,
	    "an application's own trust anchors are not served yet" },
};

int
start_check(const struct start *s, const char **reason)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (refusals[i].asks(s)) {
			*reason = refusals[i].reason;
			return refusals[i].error;
		}
	}
	return 0;
}
