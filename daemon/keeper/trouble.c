/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * trouble: fills in what went wrong.
 */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>

#include "daemon/keeper/trouble.h"

int
trouble(struct trouble *t, int error, const char *fmt, ...)
{
	va_list ap;

	t->error = error;
	va_start(ap, fmt);
	vsnprintf(t->text, sizeof(t->text), fmt, ap);
	va_end(ap);
	return -1;
}
