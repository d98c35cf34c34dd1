/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * app: the messages between an application and the daemon, over
 * /run/tlspool/tlspool.sock.  doc/PROTOCOL.md is their description for
 * writers of clients in other languages.
 */
#ifndef TLSPOOL_IPC_APP_H
#define TLSPOOL_IPC_APP_H

#include "daemon/ipc/message.h"

enum app_message {
	/* from the application */
	APP_START = 1,
	APP_ANSWER = 2,
	APP_CANCEL = 3,
	APP_PING = 4,
	/* from the daemon */
	APP_STARTED = 16,
	APP_FAILED = 17,
	APP_QUESTION = 18,
	APP_CLOSED = 19,
	APP_PONG = 20,
	APP_TRACE = 24,
	APP_TRACE_CERT = 25, /* a row in TRACE, and never a message */
};

enum app_role {
	APP_ROLE_CLIENT = 0,
	APP_ROLE_SERVER = 1,
};

enum app_transport {
	APP_TRANSPORT_STREAM = 0,   /* TLS */
	APP_TRANSPORT_DATAGRAM = 1, /* DTLS; not served yet */
	APP_TRANSPORT_SCTP = 2,	    /* DTLS on stream 0; not served yet */
};

/* Bits of start.flags: the numbers of STARTTLS_* in <tlspool/starttls.h>. */
enum app_flag {
	APP_OPTIONAL_REMOTE_CERT = 1 << 0,
	APP_NO_REMOTE_CERT = 1 << 1,
	APP_NO_LOCAL_CERT = 1 << 2,
	APP_REFUSE_USERS = 1 << 3,
	APP_REFUSE_DOMAINS = 1 << 4,
	APP_NO_CACHE_READ = 1 << 5,
	APP_NO_CACHE_WRITE = 1 << 6,
	APP_SKIP_AUTHORIZATION = 1 << 7,
	APP_ALL_FLAGS = (1 << 8) - 1,
};

/* Bits of start.questions: what the application wants to be asked. */
enum app_question {
	APP_ASK_HELLO = 1 << 0,
	APP_ASK_NAME = 1 << 1, /* server: may I be this name? */
	APP_ASK_ALPN = 1 << 2,
	APP_ASK_VERIFY = 1 << 3,
	APP_ASK_PASSWORD = 1 << 4,
	APP_ASK_PSK = 1 << 5,
	APP_ASK_IDENTITY = 1 << 6,
	APP_ASK_SERVED = APP_ASK_NAME,
};

/* Bits of start.events: which events it wants to hear of. */
enum app_event {
	APP_EVENT_CLOSED = 1 << 0,
	APP_EVENT_TRACE = 1 << 4, /* how the verdict came about */
	APP_EVENT_SERVED = APP_EVENT_CLOSED | APP_EVENT_TRACE,
};

enum app_verdict {
	APP_ACCEPT = 0,
	APP_REJECT = 1,
};

enum app_verify {
	APP_VERIFY_ENFORCE = 0,
	APP_VERIFY_REPORT = 1, /* not served yet */
	APP_VERIFY_ASK = 2,    /* not served yet */
};

/* Why a session ended. */
enum app_close {
	APP_CLOSE_CLEAN = 0,	 /* close_notify from the peer */
	APP_CLOSE_TRUNCATED = 1, /* the transport ended without it */
	APP_CLOSE_ERROR = 2,	 /* a TLS failure or a broken transport */
	APP_CLOSE_LOCAL = 3,	 /* the application closed first */
	APP_CLOSE_DAEMON = 4,	 /* the daemon stopped, or a part of it died */
};

enum {
	APP_NAME_MAX = 320, /* user (64) @ domain (253), and some */
	APP_PREFIX_MAX = 64 * 1024,
	APP_ALPN_MAX = 1024,
	APP_REASON_MAX = 1024,
	APP_TIMEOUT_MAX = 3600 * 1000, /* milliseconds */

	/* Of TRACE: together with the texts they fit into a message. */
	APP_TRACE_CHAIN_MAX = 64 * 1024,
	APP_TRACE_CERTS_MAX = 24 * 1024,
	APP_TRACE_STEPS_MAX = 24 * 1024,
	APP_TRACE_KEY_MAX = 8 * 1024,
	APP_TRACE_DN_MAX = 512,
	APP_TRACE_NAMES_MAX = 4096,
};

/*
 * Starts TLS.  The header's request id is chosen by the application; every
 * message about this handshake and its session carries it.
 * Descriptors: the ciphertext; then the plaintext, where early is set.
 */
struct start {
	uint8_t role;
	uint8_t transport;
	uint32_t flags;
	const char *local_name;	 /* NULL: none, or whatever the SNI says */
	const char *remote_name; /* client: expected name and SNI */
	const char *service;	 /* "imap"; for names found by SRV */
	uint32_t port;
	struct blob alpn;     /* list, most wanted first */
	uint32_t min_version; /* 0x0303, 0x0304; 0: the configuration's */
	uint32_t max_version;
	uint8_t verify;
	uint32_t timeout; /* ms; 0: the configuration's */
	uint32_t questions;
	uint32_t events;
	struct blob prefix;  /* ciphertext read ahead already */
	bool early;	     /* the plaintext descriptor is the caller's */
	const char *psk;     /* not served yet */
	struct blob resume;  /* not served yet */
	struct blob anchors; /* not served yet */
};

/* An answer to a question; the header's request is that of the START. */
struct answer {
	uint32_t question; /* its number */
	uint8_t verdict;
	struct blob data;
};

/* Gives a handshake up: FAILED with ECANCELED follows, or what came first. */
struct cancel {
	bool unused; /* a struct has at least one member */
};

struct ping {
	bool unused;
};

/* Descriptor: the plaintext, unless the application brought its own. */
struct started {
	const char *peer_name;	 /* user@domain, domain, or "" */
	const char *method;	 /* which said yes: "pin", "pkix"; "none" */
	const char *evidence;	 /* on what it rests, for people */
	uint64_t until;		 /* the verdict's end, seconds since 1970 */
	const char *local_name;	 /* the identity that was shown, or "" */
	const char *server_name; /* the SNI, or "" */
	uint32_t version;	 /* 0x0303, 0x0304 */
	const char *cipher;
	struct blob alpn;
	bool resumed;
	uint64_t session; /* its number in "tlspool-cli sessions" */
};

struct failed {
	uint32_t error; /* errno of Linux */
	const char *reason;
	uint32_t alert; /* that was sent or received + 1; 0: none */
};

struct question {
	uint32_t question; /* its number, for the answer */
	uint32_t kind;	   /* one bit of enum app_question */
	const char *name;
	struct blob alpn; /* list */
};

struct closed {
	uint8_t reason;
	const char *text;
	uint64_t received; /* bytes of plaintext from the peer */
	uint64_t sent;
};

struct pong {
	const char *version;
};

/*
 * What the peer showed, what was made of it, and why: comes in front of the
 * STARTED or FAILED that follows from it.
 */
struct trace {
	uint32_t error; /* 0: the peer is `name`; else as in FAILED */
	const char *reason;
	const char *name;
	const char *method;
	const char *evidence;
	uint64_t until;	   /* seconds since 1970 */
	struct blob chain; /* list of DER, as the peer sent it: the first ones,
			      where there is not room for all */
	struct blob certs; /* list of TRACE_CERT, in the same order */
	struct blob steps; /* list of texts: "who: what" */
	struct blob raw_key; /* SubjectPublicKeyInfo, in the place of a chain */
};

/* A certificate as whoever is not to parse it wants to see it. */
struct trace_cert {
	const char *subject;
	const char *issuer;
	struct blob names; /* list: what it presents */
	uint64_t from;	   /* seconds since 1970 */
	uint64_t until;
	struct blob key; /* SHA-256 of its SubjectPublicKeyInfo */
};

extern const struct message_schema start_schema, answer_schema, cancel_schema,
    ping_schema, started_schema, failed_schema, question_schema, closed_schema,
    pong_schema, trace_schema, trace_cert_schema;

#endif
