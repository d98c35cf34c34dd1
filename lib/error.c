/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * error: the sentence of the last failure, in the thread's own storage.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <tlspool/starttls.h>

#include "daemon/ipc/app.h"
#include "lib/error.h"
#include "lib/export.h"

static _Thread_local char sentence[APP_REASON_MAX + 1];

void
error_flatten(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = ' ';
}

int
error_set(int error, const char *format, ...)
{
	char text[sizeof(sentence)];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	error_flatten(text);
	memcpy(sentence, text, strlen(text) + 1);
	errno = error;
	return -1;
}

const char *
error_text(int error)
{
	const char *text = strerrordesc_np(error);

	return text != NULL ? text : "an unknown error";
}

EXPORT const char *
tlspool_error(void)
{
	return sentence[0] != '\0' ? sentence : "nothing has failed";
}
