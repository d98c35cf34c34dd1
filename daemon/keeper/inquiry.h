/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * inquiry: may this caller be this name, and with what?
 */
#ifndef TLSPOOL_KEEPER_INQUIRY_H
#define TLSPOOL_KEEPER_INQUIRY_H

#include "daemon/keeper/grants.h"

/* What is asked, and the answer as far as it has been found. */
struct inquiry {
	const struct credential_req *req;
	struct presented *p; /* its grant */
	bool late; /* the worker has chosen already, by an answer it had kept */
	char name[NAME_SIZE]; /* who the caller may be; "": nobody */
	size_t n;
	struct credential *credentials[IDENTITY_CREDENTIALS];
	uint64_t until; /* the files are not looked at again before */
	struct trouble trouble;
};

/*
 * Fills it in, and notes what the grant may be used for from now on: 0, or -1
 * and trouble.  In either case it is to be cleared.
 */
int inquiry_decide(struct inquiry *);
void inquiry_clear(struct inquiry *);

#endif
