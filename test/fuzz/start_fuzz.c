/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * start_fuzz: a START as it comes from an application, to the point where
 * front says whether it is served.  What passes asks for nothing that is not.
 */
#include <string.h>

#include "daemon/front/start.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *reason = NULL;
	struct start start;
	uint8_t *copy;

	if (len > MESSAGE_MAX)
		return 0;
	if ((copy = malloc(len + 1)) == NULL)
		abort();
	memcpy(copy, data, len);
	if (message_decode(&start_schema, copy, len, &start) == 0) {
		if (start_check(&start, &reason) != 0) {
			always(reason != NULL && reason[0] != '\0');
		} else {
			always(start.transport == APP_TRANSPORT_STREAM);
			always(start.verify == APP_VERIFY_ENFORCE);
			always((start.flags & ~(uint32_t)APP_ALL_FLAGS) == 0);
			always(start.psk == NULL);
			always(start.resume.data == NULL);
			always(start.anchors.data == NULL);
			always(start.timeout <= APP_TIMEOUT_MAX);
		}
	}
	free(copy);
	return 0;
}
