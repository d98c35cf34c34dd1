/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * caller: an application that calls starttls_client() of a fake daemon.
 */
#ifndef TLSPOOL_TEST_CALLER_H
#define TLSPOOL_TEST_CALLER_H

#include <stdbool.h>
#include <stddef.h>

/* A descriptor that can be handed over. */
int some_fd(void);
bool is_open(int fd);
/* Checks that the descriptor is taken, and that the new one is another. */
int call_client(char *peer, size_t len);
/* A call that succeeds, and one that fails with that sentence, or part. */
void assert_works(void);
void assert_fails(int error, const char *sentence);

#endif
