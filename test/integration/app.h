/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * app: one command of a test to the test application.
 */
#ifndef TLSPOOL_TEST_APP_H
#define TLSPOOL_TEST_APP_H

#include <stddef.h>

enum { COMMAND_PAIRS = 16 };

struct command {
	long id;
	const char *verb;
	int fd; /* that came with it, or -1 */
	unsigned npairs;
	const char *keys[COMMAND_PAIRS];
	const char *values[COMMAND_PAIRS];
	char text[8192];
};

/* The value of a key, or NULL; as a number, or what it is otherwise. */
const char *command_get(const struct command *, const char *key);
long command_number(const struct command *, const char *key, long otherwise);

/* Writes text to out so that it has no space in it; returns out. */
const char *encode(const char *text, char *out, size_t size);

/* Waits for a command; NULL at the end.  It is freed with free(). */
struct command *command_receive(void);

/* The application with the interface that never blocks; its exit status. */
int async_main(void);

/* Sends the answer to a command, with a descriptor that stays the caller's. */
void answer(const struct command *, int fd, const char *text);

#endif
