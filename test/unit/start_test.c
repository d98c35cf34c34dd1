/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * start_test: what an application may ask for, and the errno of what not.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/front/start.h"

static const struct {
	const char *what;
	struct start start;
	int error;
} cases[] = {
	{ "a client", { .role = APP_ROLE_CLIENT, .remote_name = "a.test" }, 0 },
	{ "a server", { .role = APP_ROLE_SERVER, .local_name = "a.test" }, 0 },
	{ "all flags of a server",
	    { .role = APP_ROLE_SERVER,
		.flags = APP_ALL_FLAGS & ~(uint32_t)APP_NO_LOCAL_CERT },
	    0 },
	{ "all flags of a client",
	    { .role = APP_ROLE_CLIENT,
		.flags = APP_NO_LOCAL_CERT | APP_REFUSE_USERS |
			 APP_REFUSE_DOMAINS | APP_NO_CACHE_READ |
			 APP_NO_CACHE_WRITE | APP_SKIP_AUTHORIZATION },
	    0 },
	{ "the name question", { .questions = APP_ASK_NAME }, 0 },
	{ "the closed event", { .events = APP_EVENT_CLOSED }, 0 },
	{ "both events", { .events = APP_EVENT_CLOSED | APP_EVENT_TRACE }, 0 },
	{ "DTLS", { .transport = APP_TRANSPORT_DATAGRAM }, EOPNOTSUPP },
	{ "SCTP", { .transport = APP_TRANSPORT_SCTP }, EOPNOTSUPP },
	{ "a flag of the future", { .flags = 1 << 8 }, EOPNOTSUPP },
	{ "a server's flag",
	    { .role = APP_ROLE_CLIENT, .flags = APP_NO_REMOTE_CERT }, EINVAL },
	{ "a client's flag",
	    { .role = APP_ROLE_SERVER, .flags = APP_NO_LOCAL_CERT }, EINVAL },
	{ "a server with a peer's name",
	    { .role = APP_ROLE_SERVER, .remote_name = "a.test" }, EINVAL },
	{ "report only", { .verify = APP_VERIFY_REPORT }, EOPNOTSUPP },
	{ "other questions", { .questions = APP_ASK_VERIFY }, EOPNOTSUPP },
	{ "other events", { .events = 1 << 7 }, EOPNOTSUPP },
	{ "a pre-shared key", { .psk = "k" }, EOPNOTSUPP },
	{ "resumption",
	    { .resume = { .data = (const uint8_t *)"x", .len = 1 } },
	    EOPNOTSUPP },
	{ "anchors", { .anchors = { .data = (const uint8_t *)"x", .len = 1 } },
	    EOPNOTSUPP },
};

static void
test_start(void **state)
{
	const char *reason;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		reason = NULL;
		if (start_check(&cases[i].start, &reason) != cases[i].error)
			fail_msg("%s", cases[i].what);
		if ((cases[i].error != 0) != (reason != NULL))
			fail_msg("%s: reason", cases[i].what);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
