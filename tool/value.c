/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * value: values of JSON.
 */
#include <stdlib.h>

#include "tool/command.h"
#include "tool/text.h"
#include "tool/value.h"

static json_t *
checked(json_t *v)
{
	if (v == NULL)
		out_of_memory();
	return v;
}

json_t *
value_text(const char *text)
{
	char *escaped;
	json_t *v;

	if (text == NULL)
		return json_null();
	if (text_is_utf8(text))
		return checked(json_string(text));
	escaped = text_escape(text);
	v = checked(json_string(escaped));
	free(escaped);
	return v;
}

json_t *
value_number(uint64_t v)
{
	return checked(json_integer(
	    v > INT64_MAX ? (json_int_t)INT64_MAX : (json_int_t)v));
}

json_t *
value_time(uint64_t when)
{
	char buf[WORDS_MAX];

	return when == 0 ? json_null() : value_text(words_rfc3339(buf, when));
}

json_t *
value_hex(const void *data, size_t len)
{
	const uint8_t *bytes = data;
	char *hex;
	json_t *v;

	if ((hex = malloc(2 * len + 1)) == NULL)
		out_of_memory();
	for (size_t i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	hex[2 * len] = '\0';
	v = value_text(hex);
	free(hex);
	return v;
}

json_t *
value_object(void)
{
	return checked(json_object());
}

json_t *
value_array(void)
{
	return checked(json_array());
}

void
value_set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		out_of_memory();
}

void
value_append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) != 0)
		out_of_memory();
}

void
value_print(FILE *out, json_t *value)
{
	(void)json_dumpf(value, out, JSON_COMPACT | JSON_ENSURE_ASCII);
	fputc('\n', out);
	json_decref(value);
}
