/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * id_row: a credential of an identity, as list and show print it, and keys as
 * people write them.
 */
#ifndef TLSPOOL_TOOL_ID_ROW_H
#define TLSPOOL_TOOL_ID_ROW_H

#include "daemon/ipc/credential.h"
#include "tool/admin.h"
#include "tool/table.h"
#include "tool/text.h"

struct id_row {
	struct admin_id_row id;
	struct blob key_start;	/* as much of it as a list has room for */
	const char *validity;	/* "expires in 12 days" */
	const char *state;	/* "ok", or the trouble */
	char buffer[WORDS_MAX]; /* of validity */
};

/* Fills what is made from the answer. */
void id_row_fill(struct id_row *);

/*
 * The key's id from its hexadecimal form, or from the first digits of it where
 * only one key of the identity has them.  Complains; TOOL_OK or a status.
 */
int id_find_key(struct admin *, const char *name, const char *hex,
    uint8_t key[KEY_ID_SIZE]);

/* Hexadecimal digits to bytes: their number, or -1 where it is not that. */
int hex_decode(const char *hex, uint8_t *bytes, size_t size);

/* Asks for the credentials of a name; the page is in admin->packet. */
int id_ask_show(struct admin *, const char *name, struct admin_rows *);

#endif
