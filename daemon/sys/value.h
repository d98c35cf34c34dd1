/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * value: the types of what can be configured, from text and back to it.
 */
#ifndef TLSPOOL_SYS_VALUE_H
#define TLSPOOL_SYS_VALUE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum value_type {
	VALUE_TEXT,
	VALUE_PATH,	 /* char *: absolute */
	VALUE_PATHS,	 /* char **: absolute, NULL-terminated; or "none" */
	VALUE_ANCHORS,	 /* char *: absolute, "system" or "none" */
	VALUE_OPTION,	 /* char *: a name; NULL for "none" */
	VALUE_FILE,	 /* char *: absolute; NULL for "none" */
	VALUE_RESOLVER,	 /* char *: IP or IP@PORT, "system"; NULL for "none" */
	VALUE_DIRECTORY, /* char *: a URL, "dns"; NULL for "none" */
	VALUE_NUMBER,	 /* uint32_t */
	VALUE_DURATION,	 /* uint32_t, milliseconds */
	VALUE_BOOLEAN,	 /* bool */
	VALUE_LEVEL,	 /* int, of syslog(3) */
	VALUE_POLICY,	 /* enum trust_method[CONFIG_MAX_METHODS] */
};

/*
 * Parses text, without space around it, into *out, which is zeroed.  min and
 * max are those of numbers and durations.  0, or -1 and half a sentence in
 * why; *out is to be freed in both cases.
 */
int value_parse(enum value_type, uint32_t min, uint32_t max, const char *text,
    void *out, char *why, size_t why_size);

/* Writes what value_parse() reads as the same value, behind a space. */
void value_write(FILE *, enum value_type, const void *value);

/* Frees what a value points to. */
void value_free(enum value_type, void *value);

/* Makes a string or a number the same as another: 1 where it was not, 0, or -1
 * and ENOMEM. */
int value_copy(enum value_type, void *value, const void *other);

#endif
