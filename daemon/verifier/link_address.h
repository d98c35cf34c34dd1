/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * link_address: the addresses of the host of a directory, one of which may be
 * connected to.
 */
#ifndef TLSPOOL_VERIFIER_LINK_ADDRESS_H
#define TLSPOOL_VERIFIER_LINK_ADDRESS_H

#include <sys/socket.h>

#include "daemon/sys/directory.h"
#include "daemon/verifier/resolver.h"

enum { LINK_ADDRESSES_MAX = 8 };

/* Zeroed, but for found. */
struct link_address {
	void (*found)(struct link_address *); /* call link_address_find() */
	struct waiter waiter;
	struct sockaddr_storage list[LINK_ADDRESSES_MAX];
	size_t n, at;
	int error; /* of the last that failed */
	char why[320];
};

/* 1: there are some; 0: found() will be called; -1: there is none, and why. */
int link_address_find(struct link_address *, const struct directory *);

/* A socket that is being connected to the next address; -1 and *error: there
 * is no more. */
int link_address_socket(struct link_address *, int *error);

/* The connection to the last one failed. */
void link_address_failed(struct link_address *, int error);

/* It waits no more. */
void link_address_end(struct link_address *);

#endif
