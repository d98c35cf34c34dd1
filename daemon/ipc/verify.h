/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * verify: the messages between a worker and the verifier.
 */
#ifndef TLSPOOL_IPC_VERIFY_H
#define TLSPOOL_IPC_VERIFY_H

#include "daemon/ipc/message.h"

enum { RAW_KEY_MAX = 8 * 1024 }; /* bytes: RSA of 16384 bits has 2,086 */

enum verify_message {
	VERIFY_REQ = 64,
	VERIFY_ANS = 65,
	VERIFY_PREPARE = 66,
	STAPLE_REQ = 67,
	STAPLE_ANS = 68,
};

enum {
	STAPLED_MAX = 16 * 1024, /* bytes of the list of verify_req.ocsp */
	STAPLE_MAX = 64 * 1024,	 /* bytes of an answer about us */
};

/*
 * Who is the peer?  The roles, the flags and the user come from the grant.
 */
struct verify_req {
	struct blob grant;
	struct blob chain;	 /* list of DER, as the peer sent it … */
	struct blob raw_key;	 /* … or a SubjectPublicKeyInfo (RFC 7250) */
	const char *remote_name; /* the server that we want to talk to; NULL
				    for a peer that is a client */
	const char *local_name;	 /* the identity that we show, or NULL */
	const char *service;
	uint32_t port;
	struct blob ocsp; /* list: stapled answers, leaf first */
	bool trace;	  /* say how the verdict comes about, and rest it on
			     no earlier one */
};

/*
 * error 0: the peer is `name`.  Else EKEYREJECTED, EKEYEXPIRED, EKEYREVOKED,
 * EPERM (not authorised), EACCES (the grant), EIO.
 */
struct verify_ans {
	uint32_t error;
	const char *reason; /* one sentence */
	uint32_t alert;	    /* gnutls_alert_description_t for the peer */
	const char *name;   /* user@domain, or domain */
	const char *method; /* "pin", "pkix" */
	const char *evidence;
	uint64_t until;	   /* seconds since 1970 */
	struct blob steps; /* list of texts, where a trace was asked for */
	struct blob certs; /* list of TRACE_CERT, likewise */
};

/*
 * A handshake with this server begins: what has to be asked elsewhere can be
 * asked meanwhile.  There is no answer.
 */
struct verify_prepare {
	struct blob grant;
	const char *remote_name;
	const char *service;
	uint32_t port;
};

/*
 * From now on I serve with this certificate: tell me what there is to staple
 * to it.  STAPLE_ANS comes when there is something, perhaps at once, and again
 * when there is something newer.
 */
struct staple_req {
	struct blob voucher; /* of the keeper, for the chain */
	struct blob chain;   /* list of DER, the leaf first */
};

struct staple_ans {
	struct blob chain;  /* its id: see voucher.h */
	struct blob answer; /* OCSPResponse */
	uint64_t until;	    /* seconds since 1970: not to be shown later */
};

extern const struct message_schema verify_req_schema, verify_ans_schema,
    verify_prepare_schema, staple_req_schema, staple_ans_schema;

#endif
