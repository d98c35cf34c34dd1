/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * session: one descriptor's way from START to the end of its session.  The
 * states, and which of them leads where, are on the one page of session.c;
 * what is done in a state is in the file that has the state's name.
 *
 * All of a session belongs to the main thread until the relay has it, and
 * then to the relay thread until that gives it back; see relay.h for the few
 * members that are shared.
 */
#ifndef TLSPOOL_WORKER_SESSION_H
#define TLSPOOL_WORKER_SESSION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <gnutls/gnutls.h>

#include "daemon/ipc/app.h"
#include "daemon/ipc/control.h"
#include "daemon/sys/loop.h"
#include "daemon/sys/numbers.h"
#include "daemon/worker/transport.h"

struct credentials;
struct fiber;
struct packet;
struct relay;

enum session_state {
	SESSION_HANDSHAKE,  /* waiting for the peer */
	SESSION_QUESTION,   /* for the application's answer */
	SESSION_CREDENTIAL, /* for the keeper: who may we be? */
	SESSION_SIGN,	    /* for the keeper's signature */
	SESSION_VERIFY,	    /* for the verifier's verdict */
	SESSION_RELAY,	    /* established; the relay thread has it */
	SESSION_OVER,
};

enum {
	TICKET_NAME_SIZE = 16,
	RESUMPTION_KEY_SIZE = 32,
};

/* What is needed until the handshake is done, and not afterwards. */
struct attempt {
	struct session *session; /* whose it is */
	struct numbered by_serial;
	uint32_t serial; /* ours, for answers of keeper and verifier */
	struct session *next, **prev; /* handshakes of its connection */
	uint8_t *message; /* the application's START, which start points into */
	struct start start;
	struct blob grant;   /* sealed; ours */
	struct fiber *fiber; /* the handshake, where it is paused */
	int result;	     /* of gnutls_handshake() */
	struct loop_timer deadline;
	bool hello;	    /* the ClientHello has been looked at */
	bool done;	    /* GnuTLS's handshake is */
	bool credential;    /* the keeper has answered … */
	bool kept;	    /* … another session that asked the same */
	bool ask;	    /* … and must be asked (again): no edge then */
	unsigned forgotten; /* answers_forgotten() when it was asked */
	uint32_t questions; /* of the application, so far */

	/* a signature under way, for the fiber */
	struct blob sign_key, sign_digest;
	uint32_t sign_algorithm;
	uint8_t *signature;
	size_t signature_len;
	bool signature_failed;
	bool abandoned; /* whatever it is paused for will not come */

	/* of a server: the ticket that the client showed, and whether it is
	 * given one */
	bool ticket, tickets;
	uint8_t ticket_name[TICKET_NAME_SIZE]; /* of its key */

	/* the verdict */
	bool certificate; /* the peer has shown one in this handshake */
	bool verdict;
	uint32_t verify_error, verify_alert;
	char *reason; /* why the handshake fails, if a callback knows */
	int error;    /* errno for the application, likewise */
};

/* For the mailboxes of post.c, under their lock. */
struct post {
	struct session *next;
	enum app_close reason;
};

struct session {
	struct numbered by_id;
	uint64_t id;	  /* front's number */
	uint32_t request; /* the application's number */
	uint32_t uid;
	uint32_t flags;	 /* enum app_flag */
	uint32_t events; /* enum app_event */
	enum session_state state;
	uint8_t role; /* enum app_role */
	bool resumed;
	bool raw_key;	  /* the peer showed one, and no chain */
	bool made_by_us;  /* the plaintext: there is no copy of our end */
	int plaintext;	  /* our end; -1: none yet, or none any more */
	uint32_t version; /* 0x0303, 0x0304; 0: not yet */
	time_t since;

	uint64_t connection; /* its number; it may be gone */

	struct transport transport; /* the ciphertext */
	struct loop_watch watch;    /* on it, in the owning thread's loop */
	gnutls_session_t tls;
	struct credentials *credentials; /* shown, or NULL */
	struct attempt *attempt;	 /* NULL once established */

	char *local_name;  /* the identity that was shown, or NULL */
	char *server_name; /* SNI, or NULL */
	char *peer_name;   /* or NULL */
	char *method, *evidence;
	char *service;
	uint64_t until;
	const char *cipher;  /* GnuTLS's own */
	uint8_t *resumption; /* client: the key to keep it by, or NULL */

	struct relay *relay;
	struct post post;
	_Atomic uint64_t received, sent; /* bytes of plaintext */
};

/* Begins a session: what front dispatched, decoded; fds are taken over. */
int session_dispatch(struct packet *, void *dispatch_start);

/* The application's ANSWER, as it came; -1: it is malformed. */
int session_answered(struct session *, struct blob answer);

/* Its handshake can begin: it is known whom a client shows itself as. */
void session_hello(struct session *);

/* Goes on after something that a state was waiting for has come. */
void session_continue(struct session *);

/*
 * Ends a handshake: tells the application errno `error` and the sentence, the
 * peer the alert (-1: the one that fits what GnuTLS said last, or none), and
 * forgets the session.
 */
void session_fail(struct session *, int error, int alert, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* The relay is done with it: forgets the session. */
void session_over(struct session *);

/* The application's connection is gone: its handshakes end. */
void session_disconnected(struct session **handshakes);

/* The edge to keeper or verifier is there again, or gone. */
void session_edge_up(enum role);
void session_edge_down(enum role);

/* No more handshakes from now on; established sessions go on. */
void session_drain(void);
/* Ends everything now. */
void session_stop(void);

#endif
