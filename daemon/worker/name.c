/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * name: a domain name, brought to its one spelling.
 */
#include <string.h>

#include "daemon/worker/name.h"

enum {
	MAX_NAME = 253,
	MAX_LABEL = 63
};

static int
is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

int
name_normal_domain(char *name)
{
	size_t len = strlen(name), label = 0;

	if (len > 0 && name[len - 1] == '.')
		name[--len] = '\0';
	if (len == 0 || len > MAX_NAME)
		return -1;
	for (size_t i = 0; i <= len; i++) {
		if (name[i] >= 'A' && name[i] <= 'Z')
			name[i] += 'a' - 'A';
		if (name[i] == '.' || name[i] == '\0') {
			if (label == 0 || name[i - 1] == '-')
				return -1;
			label = 0;
			continue;
		}
		if (!is_letter_or_digit(name[i]) &&
		    (name[i] != '-' || label == 0))
			return -1;
		if (++label > MAX_LABEL)
			return -1;
	}
	return 0;
}
