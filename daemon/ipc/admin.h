/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * admin: the messages between tlspool-cli and the daemon, over the second
 * socket.  Each request has one answer.  Front decides from the connection's
 * uid whether it may be asked at all, and passes the request with the
 * connection to the process that the table admin_routes[] names, which
 * answers on it and closes it.  Long lists come in pages: the client asks
 * again with the last row that it got.
 */
#ifndef TLSPOOL_IPC_ADMIN_H
#define TLSPOOL_IPC_ADMIN_H

#include "daemon/ipc/control.h"
#include "daemon/ipc/message.h"

enum {
	ADMIN_CHAIN_MAX = 20 * 1024, /* bytes of DER in a row */
};

enum admin_message {
	ADMIN_STATUS = 128,
	ADMIN_SESSIONS = 129,
	ADMIN_RELOAD = 130,
	ADMIN_ID_ADD = 131,
	ADMIN_ID_LIST = 132,
	ADMIN_ID_SHOW = 133,
	ADMIN_ID_REMOVE = 134,
	ADMIN_ID_GENERATE = 135,
	ADMIN_ID_REQUEST = 136,
	ADMIN_ACL_EXPLAIN = 137,
	ADMIN_TRUST_PIN = 144,
	ADMIN_TRUST_UNPIN = 145,
	ADMIN_TRUST_LIST = 146,
	ADMIN_CACHE_LIST = 147,
	ADMIN_CACHE_FLUSH = 149,
	ADMIN_TLSA_LOOKUP = 151,
	ADMIN_STAPLE = 152,

	ADMIN_RESULT = 160,
	ADMIN_STATUS_ANS = 161,
	ADMIN_ROWS = 162,
	ADMIN_ID_ROW = 163,
	ADMIN_SESSION_ROW = 164,
	ADMIN_ACL_ANS = 165,
	ADMIN_PIN_ROW = 168,

	ADMIN_ROUTED = 170, /* front to the process that answers */
	ADMIN_TLSA_ROW = 171,
	ADMIN_CACHE_ROW = 172,
	ADMIN_TLSA_ANS = 173,
	ADMIN_STAPLE_ANS = 174,
};

/*
 * A request on its way from front: message is what came from the client, and
 * the descriptors are the client's connection, then those of the message.
 */
struct admin_routed {
	uint32_t uid; /* of the administrator */
	struct blob message;
};

/* How one process does.  index: which worker. */
struct admin_status {
	uint8_t role;
	uint32_t index;
};

struct admin_status_ans {
	uint8_t role;
	uint32_t index;
	uint32_t pid;
	uint64_t started;     /* seconds since 1970 */
	uint64_t memory;      /* bytes, resident */
	uint32_t restarts;    /* parent only: of all processes */
	uint32_t workers;     /* parent only: how many */
	bool authorizer;      /* parent only: whether there is one */
	struct blob counters; /* list of "name=number" */
	const char *version;  /* parent only */
};

/* The sessions of one worker, by number, behind `after`. */
struct admin_sessions {
	uint32_t index;
	uint64_t after;
};

struct admin_session_row {
	uint64_t session;
	uint32_t uid;
	uint8_t role;	   /* enum app_role */
	const char *state; /* "handshake", "established", "closing" */
	const char *local_name;
	const char *peer_name;
	const char *method;
	uint64_t since;	   /* seconds since 1970 */
	uint64_t received; /* bytes of plaintext */
	uint64_t sent;
	uint32_t version;
	const char *cipher;
	const char *service;
	const char *evidence; /* that the method's yes rests on */
	uint64_t until;	      /* seconds since 1970: the end of the verdict */
	bool resumed;
};

struct admin_reload {
	bool unused;
};

/* error 0: done.  text: one sentence, or what was asked for (PEM). */
struct admin_result {
	uint32_t error;
	const char *text;
	struct blob key; /* id of the key that it was about */
};

/*
 * Descriptors: the certificate chain (PEM, or DER of one certificate); then
 * the key (PEM), where `copy` is set.
 * Without key and without copy: the keeper has the key already (from
 * id request), and finds it by the certificate.
 */
struct admin_id_add {
	const char *name;
	const char *cert; /* absolute path that is read again when it changes;
			     NULL: the keeper keeps a copy */
	const char *key;  /* file:/absolute/path or pkcs11: URI */
	bool copy;	  /* the keeper keeps a copy of the key */
};

/* after: the last name of the page before. pattern: fnmatch(3), or NULL. */
struct admin_id_list {
	const char *after;
	const char *pattern;
};

struct admin_id_show {
	const char *name;
};

/* key: only this credential of the identity. */
struct admin_id_remove {
	const char *name;
	struct blob key;
};

/* type: "ecdsa" (P-256), "ed25519", "rsa".  bits: of RSA; 0: the default.
 * The answer is an admin_result whose text is the certificate (PEM). */
struct admin_id_generate {
	const char *name;
	const char *type;
	uint32_t bits;
	uint32_t days;
};

/* The answer is an admin_result whose text is the CSR (PKCS #10, PEM). */
struct admin_id_request {
	const char *name;
	const char *type;
	uint32_t bits;
};

struct admin_id_row {
	const char *name;
	struct blob key;    /* id */
	const char *type;   /* "ECDSA P-256", "RSA 2048", "Ed25519" */
	const char *keyref; /* URI */
	const char *certref;
	const char *subject;
	const char *issuer;
	struct blob names; /* list: the names that the certificate covers */
	uint64_t from;	   /* seconds since 1970 */
	uint64_t until;
	const char *trouble; /* NULL, or why it cannot be used now */
	struct blob chain;   /* list of DER, leaf first; only where one
				identity was asked for, and there is room */
};

struct admin_rows {
	uint32_t error; /* 0, or why there are no rows */
	const char *text;
	struct blob rows; /* list of messages */
	bool more;
	/* With more, where the next page begins: the next `after`.  A page
	 * can be empty and have more behind it: what was looked at did not
	 * match the pattern. */
	const char *next;
};

/* May this user be that identity? */
struct admin_acl_explain {
	uint32_t uid;
	struct blob gids; /* uint32s in network order */
	const char *unit;
	uint8_t role;
	const char *identity;
};

struct admin_acl_ans {
	bool allowed;
	uint32_t line;	  /* of the rule in the file; 0: no rule */
	const char *rule; /* its text, or why there is none */
};

/* Pins a key for a peer.  key: "sha256:…". */
struct admin_trust_pin {
	const char *name;
	uint8_t role; /* enum app_role, of the peer */
	const char *key;
};

/* Forgets the keys of a peer that tlspool-cli pinned or that were remembered
 * at first use; or one of them.  The answer is an admin_result. */
struct admin_trust_unpin {
	const char *name;
	const char *key;
};

/* The answer is an admin_rows of admin_pin_row; its next is a number. */
struct admin_trust_list {
	uint32_t from;
};

struct admin_pin_row {
	const char *name;
	uint8_t role;
	struct blob key;
	const char *origin; /* "pinned", "first-use", "file" */
	const char *since;  /* 2026-11-21, or NULL */
};

/*
 * What is published at owner, asked of the DNS anew, held against the chains
 * of those who are to be known by it: a server of that name, or clients.
 */
struct admin_tlsa_lookup {
	const char *owner;   /* "_443._tcp.www.example.com" */
	const char *host;    /* the end of that, where it is a server\'s */
	bool smimea;	     /* SMIMEA instead of TLSA */
	const char *name;    /* the server's; NULL: they are clients */
	struct blob chains;  /* list of chains, which are lists of DER */
	struct blob raw_key; /* SubjectPublicKeyInfo: a chain, so to speak */
};

/*
 * Where the host is an alias, its records stand at the name that it leads to,
 * if there are any there (RFC 7671, section 7): that is the owner then.
 */
struct admin_tlsa_ans {
	uint8_t state; /* enum resolver_state */
	const char *why;
	uint32_t ttl; /* seconds */
	const char *owner;
	struct blob records; /* list of TLSA_ROW */
};

enum {
	/* In `matches`: by an authority that is not sent along. */
	ADMIN_TLSA_ELSEWHERE = 255,
};

/* A record that cannot be used, whatever the reason, matches nothing. */
struct admin_tlsa_row {
	struct blob rdata;
	const char *text;     /* in the form of a zone file */
	const char *unusable; /* why, or NULL */
	struct blob matches;  /* a byte for each chain: 0, or by which of its
				 certificates it is the one, from 1 on */
	const char *why;      /* where there is more to say of that */
	bool weaker; /* a usable one that another with a stronger digest drives
			out (RFC 7671, section 9) */
};

extern const struct message_schema admin_tlsa_lookup_schema,
    admin_tlsa_ans_schema, admin_tlsa_row_schema;

/*
 * The verdicts in the cache on peers of this name, or pattern (fnmatch(3)), or
 * all; behind `after`, which is the `next` of the page before.  The answer is
 * an admin_rows of admin_cache_row.
 */
struct admin_cache_list {
	const char *after;
	const char *pattern;
};

/* Forgets them, and answers with the rows that there were; without a pattern
 * everything at once, and there are no rows. */
struct admin_cache_flush {
	const char *after;
	const char *pattern;
};

/* A verdict that is remembered. */
struct admin_cache_row {
	struct blob key;  /* SHA-256 of everything that it rests on */
	const char *name; /* of the peer; "": it has none */
	uint8_t role;	  /* enum app_role, of the peer */
	uint64_t made;	  /* seconds since 1970 */
	uint64_t until;	  /* likewise; UINT64_MAX: nothing ends it */
	uint64_t basis;	  /* of trust_basis(), the first eight bytes */
	uint32_t error;	  /* as in VERIFY_ANS, and so what follows */
	const char *reason;
	uint32_t alert;
	const char *method;
	const char *evidence;
	const char *local; /* the identity that is shown, or NULL */
	const char *service;
	uint32_t port;
};

extern const struct message_schema admin_cache_list_schema,
    admin_cache_flush_schema, admin_cache_row_schema;

/* What is stapled to a chain of ours? */
struct admin_staple {
	struct blob chain; /* its id: see voucher.h */
};

/* Times are seconds since 1970; 0: never. */
struct admin_staple_ans {
	uint64_t until; /* of the answer that is there; 0: none is good now */
	bool is_revoked;
	uint64_t fetched;
	uint64_t next;	     /* when it is asked for, or tried again */
	const char *url;     /* of the responder; NULL: there is none */
	const char *trouble; /* of the last question, or NULL */
};

extern const struct message_schema admin_staple_schema, admin_staple_ans_schema;

extern const struct message_schema admin_trust_pin_schema,
    admin_trust_unpin_schema, admin_trust_list_schema, admin_pin_row_schema;

extern const struct message_schema admin_routed_schema, admin_status_schema,
    admin_status_ans_schema, admin_sessions_schema, admin_session_row_schema,
    admin_reload_schema, admin_result_schema, admin_id_add_schema,
    admin_id_list_schema, admin_id_show_schema, admin_id_remove_schema,
    admin_id_generate_schema, admin_id_request_schema, admin_id_row_schema,
    admin_rows_schema, admin_acl_explain_schema, admin_acl_ans_schema;

/* Which process answers a request; ROLES for a type that is no request. */
enum role admin_route(uint8_t type);

#endif
