/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * value: values of JSON, for programs.  None is ever NULL: the program ends
 * where there is no memory.
 */
#ifndef TLSPOOL_TOOL_VALUE_H
#define TLSPOOL_TOOL_VALUE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

/* Strings are Unicode: what is not UTF-8 is escaped first; NULL is null. */
json_t *value_text(const char *);

/* Integers are signed here; a figure above that is cut to it. */
json_t *value_number(uint64_t);

/* Seconds since 1970 as "2026-11-21T06:57:51Z"; 0 is null. */
json_t *value_time(uint64_t);

/* Hexadecimal digits. */
json_t *value_hex(const void *, size_t len);

json_t *value_object(void);
json_t *value_array(void);

/* Takes the value over. */
void value_set(json_t *object, const char *key, json_t *value);
void value_append(json_t *array, json_t *value);

/* One line of ASCII, so that nothing in it can disturb a terminal; the value
 * is freed. */
void value_print(FILE *, json_t *);

#endif
