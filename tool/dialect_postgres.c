/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dialect_postgres: SSLRequest of PostgreSQL's protocol ("Message Flow: SSL
 * Session Encryption").
 */
#include "tool/dialect.h"

int
dialect_postgres(struct plain *p)
{
	/* Length 8, code 80877103. */
	static const uint8_t request[] = { 0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f };
	char answer;

	if (plain_send(p, request, sizeof(request)) != 0 ||
	    plain_bytes(p, &answer, 1) != 0)
		return -1;
	switch (answer) {
	case 'S':
		return 0;
	case 'N':
		return plain_fail(p, "the server does not offer TLS");
	case 'E':
		/* The text behind it is unprotected, and may be anybody's. */
		return plain_fail(p, "the server refuses TLS with an error");
	default:
		return plain_fail(p, "this is not PostgreSQL");
	}
}
