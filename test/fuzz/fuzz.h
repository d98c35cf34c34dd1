/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * fuzz: what all targets have in common.
 */
#ifndef TLSPOOL_TEST_FUZZ_H
#define TLSPOOL_TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Of libFuzzer, and of replay.c. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What holds for every input, in every build. */
#define always(condition)         \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

#endif
