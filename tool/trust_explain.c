/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * trust_explain: runs the policy against a live server, and shows the
 * evidence.
 */
#include <stdio.h>

#include <tlspool/tlspool.h>

#include "tool/command.h"
#include "tool/explanation.h"
#include "tool/traced.h"

enum { OPTION_NO_CERT = 1 };

static const struct option options[] = {
	{ "no-cert", no_argument, NULL, OPTION_NO_CERT },
	TARGET_OPTIONS,
	TARGET_AT_OPTIONS,
	REQUEST_OPTIONS,
	{ NULL, 0, NULL, 0 },
};

static int
run(int argc, char **argv)
{
	struct target target = { .quiet = true };
	struct request_options request = { .flags = STARTTLS_NO_CACHE_WRITE };
	struct traced traced;
	int o, status;

	while ((o = option_next(argc, argv, options)) != -1)
		if (!request_option(&request, o) && !target_option(&target, o))
			request.flags |= STARTTLS_NO_LOCAL_CERT;
	target_take(&target, operands(argc, argv, 1, 1)[0]);
	status = traced_open(&traced, &target, &request);
	if (status == TOOL_OK) {
		const struct explanation e = { .request = traced.req,
			.address = traced.address,
			.name = target.name,
			.port = target.named.port,
			.service = target.service };

		explanation_print(stdout, &e, tool.json);
		if (tlspool_trace_error(tlspool_trace(traced.req)) != 0)
			status = TOOL_NOT_TRUSTED;
	}
	traced_close(&traced);
	return status;
}

const struct command trust_explain_command = {
	.name = "trust explain",
	.summary = "show why a server is trusted, or is not",
	.help = "NAME[:PORT] [OPTIONS]\n"
		"Connects to a server, has the pool judge it anew, and shows "
		"what the server showed,\nwhat each method of the policy "
		"looked at and said, and the verdict.  Nothing is kept\nof "
		"it.\n\n" TARGET_AT_HELP TARGET_HELP
		"  --no-cert          show no certificate\n" REQUEST_HELP
		"\nThe exit status is 0 where the server is trusted, 4 where "
		"it is not, and 1 where\nthat could not be found out.\n\n"
		"Examples:\n"
		"  tlspool-cli trust explain www.example.com\n"
		"  tlspool-cli trust explain --starttls smtp "
		"--at mx.example.net example.com:25\n",
	.run = run,
};
