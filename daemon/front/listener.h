/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * listener: the two sockets that front accepts connections on.
 */
#ifndef TLSPOOL_FRONT_LISTENER_H
#define TLSPOOL_FRONT_LISTENER_H

#include <stdbool.h>

/* Takes a listening socket over. */
void listener_add(int fd, bool admin);

void listeners_forget(void);

#endif
