/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * tlspool: many handshakes at once, without waiting.  A `struct tlspool` is a
 * connection to the daemon, a `struct tlspool_request` one handshake, and a
 * `struct tlspool_session` what is known of what came out of it.  Programs
 * that can wait for one handshake have it easier with <tlspool/starttls.h>.
 *
 *	pool = tlspool_new(NULL);
 *	req = tlspool_client(pool);
 *	tlspool_set_remote_name(req, "imap.example.com");
 *	tlspool_on_done(req, done, context);
 *	tlspool_start(req, fd);
 *	… poll(2) for POLLIN on tlspool_fd(pool), and when it is readable …
 *	tlspool_dispatch(pool);		calls done(req, context)
 *	… in done(): tlspool_take_fd(req) is the plaintext …
 *
 * Unless stated otherwise
 *
 * - functions that return int return 0, or -1 with errno set and a sentence
 *   in tlspool_error(); those that return a pointer return NULL instead of
 *   -1.  EINVAL stands for a NULL object, or an argument out of its range.
 * - arguments are copied; texts are UTF-8 that ends in NUL; times are in
 *   milliseconds; texts that are returned belong to the object that was asked
 *   and live as long as that.
 * - nothing blocks but tlspool_wait(), starts threads, raises signals, exits
 *   or writes to standard error.  All descriptors are close-on-exec.
 * - a pool and what was made from it is for one thread at a time; different
 *   pools may be used in different threads at once.  No function is safe in a
 *   signal handler.
 * - callbacks are called only by tlspool_dispatch() and tlspool_wait(), in
 *   the thread that calls them.  They may call every function but these two
 *   and tlspool_free(), and may free the request they are called for.  They
 *   must return: longjmp(3), exceptions and the end of the thread are not
 *   supported in them.
 * - after fork(2) a child does not use the connection of its parent: its
 *   copies of the descriptors are closed, the requests under way count as
 *   failed there, and the next tlspool_start() connects anew.
 */
#ifndef TLSPOOL_TLSPOOL_H
#define TLSPOOL_TLSPOOL_H

#include <stddef.h>
#include <stdint.h>

#include <tlspool/starttls.h> /* the flags, tlspool_error() */

#ifdef __cplusplus
extern "C" {
#endif

struct tlspool;
struct tlspool_request;
struct tlspool_session;
struct tlspool_trace;

enum {
	TLSPOOL_NAME_MAX = 320,		/* bytes of an identity */
	TLSPOOL_SERVICE_MAX = 64,	/* bytes of the name of a service */
	TLSPOOL_PREFIX_MAX = 65536,	/* bytes that were read ahead */
	TLSPOOL_ALPN_MAX = 1024,	/* bytes of all, 4 more for each */
	TLSPOOL_DEADLINE_MAX = 3600000, /* milliseconds */
	TLSPOOL_TLS_1_2 = 0x0303,	/* RFC 5246 */
	TLSPOOL_TLS_1_3 = 0x0304,	/* RFC 8446 */
};

/* How far a request is. */
enum {
	TLSPOOL_NEW = 0,	 /* not started */
	TLSPOOL_PENDING = 1,	 /* under way */
	TLSPOOL_ESTABLISHED = 2, /* done: there is a session */
	TLSPOOL_FAILED = 3,	 /* done: see tlspool_request_error() */
};

/* What is done with the verdict on the peer. */
enum {
	TLSPOOL_VERIFY_ENFORCE = 0, /* a "no" ends the handshake */
	TLSPOOL_VERIFY_REPORT = 1,  /* it is only reported */
	TLSPOOL_VERIFY_ASK = 2,	    /* the application is asked */
};

/* What the daemon can ask: a set of bits. */
enum {
	TLSPOOL_ASK_NAME = 1 << 1, /* server: may I be the name of the SNI? */
};

/* Why a session ended. */
enum {
	TLSPOOL_OPEN = 0,	      /* it has not, as far as is known */
	TLSPOOL_CLOSED_CLEAN = 1,     /* close_notify from the peer */
	TLSPOOL_CLOSED_TRUNCATED = 2, /* the transport ended without one:
					 an attacker may have cut it */
	TLSPOOL_CLOSED_ERROR = 3,     /* TLS or the transport failed */
	TLSPOOL_CLOSED_LOCAL = 4,     /* the application closed first */
	TLSPOOL_CLOSED_DAEMON = 5,    /* the daemon went away, as a whole or in
				      part; no more is known */
};

/*
 * The connection to the daemon
 */

/*
 * Makes a pool.  Nothing is connected before the first tlspool_start().
 * path: of the daemon's socket; less than 108 bytes.  NULL: the value of the
 * environment variable TLSPOOL_SOCKET (except in set-user-id programs), else
 * the place that the library was built for (/run/tlspool/tlspool.sock), else,
 * if there is none, $XDG_RUNTIME_DIR/tlspool/tlspool.sock.
 * Free it with tlspool_free().  ENOMEM; ENAMETOOLONG for the path.
 */
struct tlspool *tlspool_new(const char *path);

/*
 * Frees a pool and its connection; NULL is fine.  Requests that are under way
 * are cancelled, without a call to their callbacks.  Requests and sessions
 * remain the caller's, can still be asked, and must still be freed.
 * Established sessions go on.
 */
void tlspool_free(struct tlspool *);

/*
 * A descriptor that is readable (POLLIN; fit for poll(2), select(2) and
 * epoll(7)) when tlspool_dispatch() has something to do: answers, questions,
 * room for requests that wait to be sent, deadlines; now and then in vain.
 * It stays the same for the life of the pool, also when the connection is made
 * anew.  It is the pool's: do not read or close it.  Or -1: EMFILE, ENFILE,
 * ENOMEM.
 */
int tlspool_fd(struct tlspool *);

/*
 * Does what can be done without waiting, and calls the callbacks.  To be
 * called when tlspool_fd() is readable; calling it without need does no harm.
 * Returns the number of callbacks due that it has dealt with (a request
 * without one for what happened counts too), maybe 0, or -1: EINVAL; EDEADLK
 * it was called in a callback.  A connection that is lost is no error here:
 * its requests fail.
 */
int tlspool_dispatch(struct tlspool *);

/*
 * Waits until tlspool_dispatch() returns more than 0, and returns that; or 0
 * when timeout milliseconds are over (-1: no limit), or when there is nothing
 * to wait for: no connection, and no request under way.  -1 as above.
 * Signals do not end it.
 */
int tlspool_wait(struct tlspool *, int timeout);

/*
 * One handshake
 */

/*
 * Makes a request, to be filled in by the functions below, which fail with
 * EBUSY once it has been started.  It is the caller's, who frees it with
 * tlspool_request_free(); a pool can have as many as there is memory.
 * ENOMEM.
 */
struct tlspool_request *tlspool_client(struct tlspool *);
struct tlspool_request *tlspool_server(struct tlspool *);

/*
 * Frees a request; NULL is fine.  If it is under way it is cancelled, without
 * a call to its callbacks.  An established session goes on, but is heard of
 * no more.  A plaintext descriptor that was not taken is closed.
 */
void tlspool_request_free(struct tlspool_request *);

/*
 * The identity to be: "user@domain" or "domain", 1 to TLSPOOL_NAME_MAX bytes;
 * NULL (so it is at first): none in particular, see starttls_client().
 * Internationalised domains are A-labels (RFC 5890).
 */
int tlspool_set_local_name(struct tlspool_request *, const char *);

/*
 * Client: the name that the server has to prove (RFC 9525), which is sent as
 * SNI (RFC 6066 section 3) too; at most TLSPOOL_NAME_MAX bytes.  NULL (so it
 * is at first): whatever it proves.  EINVAL for a server.
 */
int tlspool_set_remote_name(struct tlspool_request *, const char *);

/* STARTTLS_* of <tlspool/starttls.h>, or-ed; at first 0. */
int tlspool_set_flags(struct tlspool_request *, int flags);

/*
 * IPPROTO_TCP (so it is at first): TLS; IPPROTO_UDP: DTLS; IPPROTO_SCTP: DTLS
 * on stream 0.  EPROTONOSUPPORT for others.  What the daemon does not serve
 * fails later, with EOPNOTSUPP.
 */
int tlspool_set_transport(struct tlspool_request *, int proto);

/*
 * How long the handshake may take, questions included, in milliseconds from
 * tlspool_start() on: 1 to TLSPOOL_DEADLINE_MAX, or 0 (so it is at first)
 * for what the daemon is configured for.  After it the request fails with
 * ETIMEDOUT.  A daemon that is stopped is noticed 5 seconds later; where no
 * deadline was set, it is asked after 35 seconds whether it is alive, and has
 * 5 seconds to say so.
 */
int tlspool_set_deadline(struct tlspool_request *, unsigned int ms);

/*
 * The protocols of RFC 7301, the most wanted first: n texts of 1 to 255
 * bytes, TLSPOOL_ALPN_MAX in all.  n = 0: ALPN is not used.
 */
int tlspool_set_alpn(
    struct tlspool_request *, const char *const *protocols, size_t n);

/*
 * The least and the greatest version, TLSPOOL_TLS_*; 0 (so it is at first):
 * what the daemon is configured for.
 */
int tlspool_set_versions(struct tlspool_request *, int min, int max);

/*
 * What is spoken over the connection, as in an SRV record (RFC 6335): "imap",
 * 1 to TLSPOOL_SERVICE_MAX bytes or NULL, and the port of the server, 0:
 * unknown.  Trust can depend on them (RFC 6698 section 3).
 */
int tlspool_set_service(
    struct tlspool_request *, const char *service, uint16_t port);

/*
 * Ciphertext that was read from the descriptor before TLS was started (read
 * ahead by a buffered reader, say), at most TLSPOOL_PREFIX_MAX bytes: it
 * comes in front of what is read from now on.
 */
int tlspool_set_prefix(struct tlspool_request *, const void *, size_t len);

/*
 * on: tlspool_take_fd() has the plaintext descriptor as soon as
 * tlspool_start() has returned.  What is written to it waits until the peer
 * has been verified; nothing of the peer arrives before that; if the
 * handshake fails it is closed from the other side.  Off at first.
 */
int tlspool_set_early(struct tlspool_request *, int on);

/*
 * TLSPOOL_VERIFY_*; at first TLSPOOL_VERIFY_ENFORCE.  What the daemon does
 * not serve fails later, with EOPNOTSUPP.
 */
int tlspool_set_verify(struct tlspool_request *, int mode);

/*
 * on: tlspool_trace() has what the peer showed and how the verdict on it came
 * about, which is then made anew, whatever is known of the peer already.  Off
 * at first.
 */
int tlspool_set_trace(struct tlspool_request *, int on);

/*
 * Server: the callback decides on the name that the client asks for: not
 * zero for yes.  The name is gone when it returns.  NULL: see checksni in
 * starttls_server().  EINVAL for a client.
 */
int tlspool_on_name(struct tlspool_request *,
    int (*callback)(const char *name, void *context), void *context);

/*
 * The same for an application that cannot say at once.  kinds: TLSPOOL_ASK_*
 * that it wants to be asked (EOPNOTSUPP for others); the callback gets one of
 * them, and tlspool_answer() is called in it or later; until then the
 * handshake waits.  The name is gone when it returns.  This and
 * tlspool_on_name() replace each other.
 */
int tlspool_on_question(struct tlspool_request *, int kinds,
    void (*callback)(
	struct tlspool_request *, int kind, const char *name, void *context),
    void *context);

/*
 * Answers the question that is open: not zero for yes.  ENOENT: there is
 * none (the request may have ended meanwhile).
 */
int tlspool_answer(struct tlspool_request *, int accept);

/* Called once, when a request that was started is established or failed. */
int tlspool_on_done(struct tlspool_request *,
    void (*callback)(struct tlspool_request *, void *context), void *context);

/*
 * Called once, after that, when its session has ended, unless the request is
 * freed before.
 */
int tlspool_on_closed(struct tlspool_request *,
    void (*callback)(struct tlspool_request *, void *context), void *context);

/*
 * Starts TLS over fd, any stream that can be polled, read and written, and
 * returns without waiting.  fd is taken in every case: it is closed when this
 * returns, or when it has been sent to the daemon, soon after.  Connects to
 * the daemon where there is no connection.  Requests for which the socket has
 * no room wait inside of the pool, with their descriptors.
 * Where it returns -1 the callbacks are not called, and the request has
 * failed: ENOENT, ECONNREFUSED no daemon; EBADF fd is not open; EBUSY started
 * before; EINVAL; EMFILE, ENFILE, ENOMEM.
 */
int tlspool_start(struct tlspool_request *, int fd);

/*
 * Gives a handshake up: from now on the request has failed with ECANCELED,
 * which the callback of tlspool_on_done() is told by the next
 * tlspool_dispatch().  The connection is closed.  EALREADY: it is not under
 * way.
 */
int tlspool_cancel(struct tlspool_request *);

/* TLSPOOL_NEW, _PENDING, _ESTABLISHED or _FAILED; or -1. */
int tlspool_request_state(const struct tlspool_request *);

/*
 * Why it failed: the number of errno that starttls_client() lists, or
 * ECANCELED; 0 while it has not.
 */
int tlspool_request_error(const struct tlspool_request *);

/* The same as one sentence; "" while it has not failed. */
const char *tlspool_request_reason(const struct tlspool_request *);

/* The alert (RFC 8446 section 6) that ended it, 0 to 255; -1: none did. */
int tlspool_request_alert(const struct tlspool_request *);

/*
 * The plaintext descriptor, a SOCK_STREAM UNIX socket (SOCK_SEQPACKET for
 * DTLS), once: it is the caller's from now on, who closes it.  ENOENT: there
 * is none, or no more, or not yet.
 */
int tlspool_take_fd(struct tlspool_request *);

/*
 * The session of an established request, which lives as long as the request
 * does; or NULL, ENOENT.  What is asked of it by the functions below is as it
 * was when the handshake ended, but for the last four.
 */
const struct tlspool_session *tlspool_session(const struct tlspool_request *);

/* The proven identity of the peer, or "" where it has none. */
const char *tlspool_session_peer_name(const struct tlspool_session *);
/* Which method said yes: "pin", "pkix"; "none" where nobody was asked. */
const char *tlspool_session_method(const struct tlspool_session *);
/* On what the verdict rests, for people to read; maybe "". */
const char *tlspool_session_evidence(const struct tlspool_session *);
/* When the verdict ends, in seconds since 1970 (UTC); 0: not known. */
uint64_t tlspool_session_until(const struct tlspool_session *);
/* The identity that was shown to the peer, or "". */
const char *tlspool_session_local_name(const struct tlspool_session *);
/* The SNI, or "". */
const char *tlspool_session_server_name(const struct tlspool_session *);
/* TLSPOOL_TLS_*; 0: not known. */
int tlspool_session_version(const struct tlspool_session *);
/* "TLS_AES_256_GCM_SHA384" and the like, for people; maybe "". */
const char *tlspool_session_cipher(const struct tlspool_session *);
/* The protocol of ALPN; *len (where len is not NULL) is its length, 0: none.
 * A NUL follows, which is not counted. */
const char *tlspool_session_alpn(const struct tlspool_session *, size_t *len);
/* 1: an earlier session was resumed, else 0. */
int tlspool_session_resumed(const struct tlspool_session *);
/* Its number in "tlspool-cli sessions". */
uint64_t tlspool_session_number(const struct tlspool_session *);

/* TLSPOOL_OPEN, or why it ended. */
int tlspool_session_closed(const struct tlspool_session *);
/* The same as a sentence; "" while it is open. */
const char *tlspool_session_closed_text(const struct tlspool_session *);
/* Bytes of plaintext from the peer and to it; 0 while it is open. */
uint64_t tlspool_session_received(const struct tlspool_session *);
uint64_t tlspool_session_sent(const struct tlspool_session *);

/*
 * The trace
 */

/*
 * The trace of a request that wished for one, as soon as it has one: it has
 * when it is established or has failed, if the peer showed a certificate and
 * the pool came to a verdict, be it a "no".  It lives as long as the request.
 * NULL, ENOENT: there is none.
 */
const struct tlspool_trace *tlspool_trace(const struct tlspool_request *);

/* 0: the peer is who it should be; else the number of errno that says why
 * not, see tlspool_request_error(). */
int tlspool_trace_error(const struct tlspool_trace *);
/* The same as a sentence; "" for a yes. */
const char *tlspool_trace_reason(const struct tlspool_trace *);
/* Of a yes: the identity, the method, and see tlspool_session_evidence() and
 * tlspool_session_until(); for a no "" and 0. */
const char *tlspool_trace_peer_name(const struct tlspool_trace *);
const char *tlspool_trace_method(const struct tlspool_trace *);
const char *tlspool_trace_evidence(const struct tlspool_trace *);
uint64_t tlspool_trace_until(const struct tlspool_trace *);

/*
 * Step number i, from 0 on, for people to read: one line of ASCII that begins
 * with who says it and a colon ("dns: …", "pkix: …"); NULL behind the last.
 */
const char *tlspool_trace_step(const struct tlspool_trace *, size_t i);

/*
 * How many certificates the peer sent, its own first, as far as there is room
 * for them; and of number i what the daemon found in it, which nobody vouches
 * for: subject and issuer (RFC 4514) as ASCII or ""; from when and until when
 * it is valid, in seconds since 1970 (0: not known); the SHA-256 of its
 * SubjectPublicKeyInfo (32 bytes; NULL: not known); its bytes in DER (NULL:
 * there was no room); and name number j that it presents, NULL behind the
 * last.  *len, where len is not NULL, is the number of bytes.
 */
size_t tlspool_trace_certs(const struct tlspool_trace *);
const char *tlspool_trace_cert_subject(const struct tlspool_trace *, size_t i);
const char *tlspool_trace_cert_issuer(const struct tlspool_trace *, size_t i);
uint64_t tlspool_trace_cert_from(const struct tlspool_trace *, size_t i);
uint64_t tlspool_trace_cert_until(const struct tlspool_trace *, size_t i);
const void *tlspool_trace_cert_key(
    const struct tlspool_trace *, size_t i, size_t *len);
const void *tlspool_trace_cert_der(
    const struct tlspool_trace *, size_t i, size_t *len);
const char *tlspool_trace_cert_name(
    const struct tlspool_trace *, size_t i, size_t j);

/*
 * The SubjectPublicKeyInfo of a peer that showed a raw public key (RFC 7250):
 * then there is one certificate, so to speak, which has nothing but a key.
 * NULL: it showed certificates.
 */
const void *tlspool_trace_raw_key(const struct tlspool_trace *, size_t *len);

#ifdef __cplusplus
}
#endif

#endif
