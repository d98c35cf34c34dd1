/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * credential: the messages between a worker and the keeper.
 */
#ifndef TLSPOOL_IPC_CREDENTIAL_H
#define TLSPOOL_IPC_CREDENTIAL_H

#include "daemon/ipc/message.h"

enum credential_message {
	CREDENTIAL_REQ = 48,
	CREDENTIAL_ANS = 49,
	SIGN_REQ = 50,
	SIGN_ANS = 51,
	CREDENTIAL_ROW = 52, /* inside of CREDENTIAL_ANS */
	CREDENTIAL_FORGET = 53,
};

enum {
	KEY_ID_SIZE = 32,	/* SHA-256 of the SubjectPublicKeyInfo */
	CHAIN_MAX = 100 * 1024, /* bytes of DER in a message */
	TICKET_KEY_SIZE = 64,	/* that GnuTLS seals session tickets with */
};

/*
 * May the one who asks be `name`?  Where there is no such identity (ENOKEY)
 * or the ACL says no (EACCES) and fallback is given, the fallback decides.
 * covered: the identity is `fallback`, and `name` (the SNI) is acceptable
 * where it is that name or one that its certificate covers.
 */
struct credential_req {
	struct blob grant;
	const char *name; /* NULL: only the fallback, or the disclosure
			     table for `remote` */
	const char *fallback;
	bool covered;
	const char *remote; /* client: the server's name */
};

/*
 * error 0: the identity and its credentials.  name "" and no credentials: a
 * client for which the disclosure table lists nothing.
 * Other errors: ENOKEY no such identity, EACCES the ACL or the grant says no,
 * EKEYEXPIRED, EIO the key or the database cannot be read.
 * The ticket keys are those of servers for the same caller, identity, flags
 * and SNI, and of nobody else; there are none where nothing is to be resumed.
 * keep: to the same question of the same caller (all of its grant but session
 * and time) this would be the answer for so many milliseconds more, unless
 * CREDENTIAL_FORGET comes.
 */
struct credential_ans {
	uint32_t error;
	const char *reason; /* one sentence */
	const char *name;
	struct blob credentials; /* list of credential_row messages */
	struct blob voucher;	 /* where something can be stapled to them */
	struct blob ticket_key;	 /* TICKET_KEY_SIZE bytes, or none */
	struct blob ticket_previous; /* of the time before: still accepted */
	uint32_t keep;
};

/* No answer of before is to be used any more. */
struct credential_forget {
	bool unused;
};

struct credential_row {
	struct blob key; /* id */
	uint32_t pk;	 /* gnutls_pk_algorithm_t */
	uint32_t bits;
	struct blob chain; /* list of DER, the leaf first */
};

/*
 * One signature.  digest is the hash (for Ed25519 and Ed448: the very bytes)
 * to be signed with the named algorithm.  A grant signs as often as it says,
 * and only with a key of the identity that its credential_req was given.  asks:
 * the worker has kept the answer to that question from another handshake, so
 * it is here instead, and is decided as it would have been.
 */
struct sign_req {
	struct blob grant;
	struct blob key;
	uint32_t algorithm; /* gnutls_sign_algorithm_t */
	struct blob digest;
	bool asks;
	const char *name; /* this and the rest: see credential_req */
	const char *fallback;
	bool covered;
};

struct sign_ans {
	uint32_t error; /* EACCES, EINVAL, EIO */
	const char *reason;
	struct blob signature;
};

extern const struct message_schema credential_req_schema, credential_ans_schema,
    credential_row_schema, credential_forget_schema, sign_req_schema,
    sign_ans_schema;

#endif
