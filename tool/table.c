/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * table: columns of text or JSON objects out of rows.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ipc/wire.h"
#include "tool/command.h"
#include "tool/table.h"
#include "tool/text.h"
#include "tool/value.h"

struct table {
	const struct column *columns;
	size_t ncolumns;
	bool json;
	bool begun;	/* the title, or the bracket, is out */
	size_t *widths; /* for people */
	char **cells;	/* nrows * ncolumns, row by row */
	size_t nrows, size;
	json_t **objects; /* for programs */
};

static void *
checked(void *p)
{
	if (p == NULL)
		out_of_memory();
	return p;
}

static uint64_t
number_of(const struct column *c, const void *member)
{
	uint32_t u32;
	uint64_t u64;

	if (c->size == sizeof(u64)) {
		memcpy(&u64, member, sizeof(u64));
		return u64;
	}
	if (c->size == sizeof(u32)) {
		memcpy(&u32, member, sizeof(u32));
		return u32;
	}
	return *(const uint8_t *)member;
}

/* A list's item, or any bytes, as a text of its own. */
static char *
text_of(struct blob b)
{
	return checked(strndup((const char *)b.data, b.len));
}

static char *
cell_list(struct blob list, const char *separator)
{
	struct blob item;
	size_t size = 0;
	char *cell = NULL, *raw, *text;
	FILE *out = checked(open_memstream(&cell, &size));

	while (wire_list_next(&list, &item) == 1) {
		fflush(out);
		if (size > 0)
			fputs(separator, out);
		raw = text_of(item);
		text = text_escape(raw);
		fputs(text, out);
		free(text);
		free(raw);
	}
	if (fclose(out) != 0)
		out_of_memory();
	return cell;
}

static char *
cell_hex(struct blob b)
{
	char *cell = checked(malloc(b.len * 2 + 1));

	for (size_t i = 0; i < b.len; i++)
		snprintf(cell + i * 2, 3, "%02x", b.data[i]);
	cell[b.len * 2] = '\0';
	return cell;
}

static char *
cell_number(const struct column *c, uint64_t v)
{
	char buf[WORDS_MAX];

	if (c->word != NULL)
		return text_escape(c->word(v));
	switch (c->type) {
	case COLUMN_BYTES:
		return checked(strdup(words_bytes(buf, v)));
	case COLUMN_ELAPSED:
		return checked(strdup(words_elapsed(buf, v)));
	case COLUMN_TIME:
		return checked(strdup(words_time(buf, v)));
	case COLUMN_BOOLEAN:
		return checked(strdup(v != 0 ? "yes" : "no"));
	default:
		snprintf(buf, sizeof(buf), "%" PRIu64, v);
		return checked(strdup(buf));
	}
}

/* The cell as people see it; never NULL. */
static char *
cell_of(const struct column *c, const void *row)
{
	const uint8_t *member = (const uint8_t *)row + c->offset;
	struct blob b;
	const char *text;
	char *cell;

	switch (c->type) {
	case COLUMN_TEXT:
		memcpy(&text, member, sizeof(text));
		cell = text_escape(text != NULL ? text : "");
		break;
	case COLUMN_HEX:
		memcpy(&b, member, sizeof(b));
		cell = cell_hex(b);
		break;
	case COLUMN_LIST:
	case COLUMN_COUNTERS:
		memcpy(&b, member, sizeof(b));
		cell = cell_list(b, c->type == COLUMN_LIST ? ", " : " ");
		break;
	default:
		return cell_number(c, number_of(c, member));
	}
	if (*cell == '\0') {
		free(cell);
		cell = checked(strdup("-"));
	}
	return cell;
}

static json_t *
json_list(struct blob list)
{
	json_t *array = value_array();
	struct blob item;
	char *text;

	while (wire_list_next(&list, &item) == 1) {
		text = text_of(item);
		value_append(array, value_text(text));
		free(text);
	}
	return array;
}

static json_t *
json_counters(struct blob list)
{
	json_t *object = value_object();
	struct blob item;
	char *text, *value;

	while (wire_list_next(&list, &item) == 1) {
		text = text_of(item);
		if ((value = strchr(text, '=')) != NULL && text_is_utf8(text)) {
			*value++ = '\0';
			value_set(object, text,
			    value_number(strtoull(value, NULL, 10)));
		}
		free(text);
	}
	return object;
}

static json_t *
json_number(const struct column *c, uint64_t v)
{
	if (c->word != NULL)
		return value_text(c->word(v));
	if (c->type == COLUMN_BOOLEAN)
		return json_boolean(v != 0);
	return c->type == COLUMN_TIME ? value_time(v) : value_number(v);
}

static json_t *
json_of(const struct column *c, const void *row)
{
	const uint8_t *member = (const uint8_t *)row + c->offset;
	struct blob b;
	const char *text;

	switch (c->type) {
	case COLUMN_TEXT:
		memcpy(&text, member, sizeof(text));
		return value_text(text);
	case COLUMN_HEX:
		memcpy(&b, member, sizeof(b));
		return value_hex(b.data, b.len);
	case COLUMN_LIST:
	case COLUMN_COUNTERS:
		memcpy(&b, member, sizeof(b));
		return c->type == COLUMN_LIST ? json_list(b) : json_counters(b);
	default:
		return json_number(c, number_of(c, member));
	}
}

static json_t *
json_row(const struct column *columns, size_t n, const void *row)
{
	json_t *object = value_object();

	for (size_t i = 0; i < n; i++)
		if (columns[i].key != NULL)
			value_set(
			    object, columns[i].key, json_of(&columns[i], row));
	return object;
}

struct table *
table_new(const struct column *columns, size_t ncolumns, bool json)
{
	struct table *t = checked(calloc(1, sizeof(*t)));

	t->columns = columns;
	t->ncolumns = ncolumns;
	t->json = json;
	t->widths = checked(calloc(ncolumns, sizeof(*t->widths)));
	for (size_t i = 0; i < ncolumns; i++)
		if (columns[i].title != NULL)
			t->widths[i] = text_width(columns[i].title);
	return t;
}

static void
grow(struct table *t)
{
	if (t->nrows < t->size)
		return;
	t->size = t->size == 0 ? 64 : t->size * 2;
	if (t->json)
		t->objects = checked(
		    reallocarray(t->objects, t->size, sizeof(*t->objects)));
	else
		t->cells = checked(reallocarray(
		    t->cells, t->size, t->ncolumns * sizeof(*t->cells)));
}

void
table_add(struct table *t, const void *row)
{
	char **cells;
	size_t width;

	grow(t);
	if (t->json) {
		t->objects[t->nrows++] = json_row(t->columns, t->ncolumns, row);
		return;
	}
	cells = t->cells + t->nrows++ * t->ncolumns;
	for (size_t i = 0; i < t->ncolumns; i++) {
		cells[i] = NULL;
		if (t->columns[i].title == NULL)
			continue;
		cells[i] = cell_of(&t->columns[i], row);
		width = text_width(cells[i]);
		if (width > t->widths[i])
			t->widths[i] = width;
	}
}

/* Figures stand at the right of their column. */
static bool
is_figure(const struct column *c)
{
	return c->word == NULL &&
	       (c->type == COLUMN_NUMBER || c->type == COLUMN_BYTES);
}

static void
print_cell(const struct table *t, size_t i, const char *text, bool last)
{
	size_t pad = t->widths[i] - text_width(text);

	if (is_figure(&t->columns[i]))
		printf("%*s%s", (int)pad, "", text);
	else
		printf("%s%*s", text, last ? 0 : (int)pad, "");
	fputs(last ? "\n" : "  ", stdout);
}

/* cells: NULL for the titles. */
static void
print_row(const struct table *t, char *const *cells)
{
	size_t last = t->ncolumns - 1;

	while (last > 0 && t->columns[last].title == NULL)
		last--;
	for (size_t i = 0; i <= last; i++)
		if (t->columns[i].title != NULL)
			print_cell(t, i,
			    cells != NULL ? cells[i] : t->columns[i].title,
			    i == last);
}

static void
flush_json(struct table *t)
{
	for (size_t i = 0; i < t->nrows; i++) {
		fputs(t->begun || i > 0 ? ",\n" : "[\n", stdout);
		/* ASCII only: nothing in it can disturb a terminal. */
		(void)json_dumpf(
		    t->objects[i], stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
		json_decref(t->objects[i]);
		t->begun = true;
	}
}

void
table_flush(struct table *t)
{
	if (t->json) {
		flush_json(t);
		t->nrows = 0;
		return;
	}
	if (!t->begun)
		print_row(t, NULL);
	t->begun = true;
	for (size_t i = 0; i < t->nrows; i++)
		print_row(t, t->cells + i * t->ncolumns);
	for (size_t i = 0; i < t->nrows * t->ncolumns; i++)
		free(t->cells[i]);
	t->nrows = 0;
}

void
table_end(struct table *t)
{
	table_flush(t);
	if (t->json)
		fputs(t->begun ? "\n]\n" : "[]\n", stdout);
	free(t->objects);
	free(t->cells);
	free(t->widths);
	free(t);
}

void
record_print(FILE *out, const struct column *columns, size_t n, bool json,
    const void *row)
{
	size_t width = 0, w;
	char *cell;

	if (json) {
		value_print(out, json_row(columns, n, row));
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (columns[i].title != NULL &&
		    (w = text_width(columns[i].title)) > width)
			width = w;
	for (size_t i = 0; i < n; i++) {
		if (columns[i].title == NULL)
			continue;
		cell = cell_of(&columns[i], row);
		w = text_width(columns[i].title);
		fprintf(out, "%s%*s  %s\n", columns[i].title, (int)(width - w),
		    "", cell);
		free(cell);
	}
}
