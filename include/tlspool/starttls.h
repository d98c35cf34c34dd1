/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * starttls: TLS over a descriptor that the application has, by one call.  The
 * TLS Pool daemon holds the keys, does the handshake (RFC 8446, RFC 5246) and
 * the records, and says who the peer is.  For programs that cannot wait for
 * a handshake, or want to know more of it, there is <tlspool/tlspool.h>.
 */
#ifndef TLSPOOL_STARTTLS_H
#define TLSPOOL_STARTTLS_H

#include <stddef.h>
#include <netinet/in.h> /* IPPROTO_TCP … */

#ifdef __cplusplus
extern "C" {
#endif

/*
 * By default both sides prove who they are, the peer may be a user or a
 * domain, and it must be authorised.  These flags loosen or tighten that;
 * they are or-ed.  A bit that is not listed, or one of the other role:
 * EINVAL.
 */
enum {
	/* Server: a client without a certificate is welcome; one that shows
	 * a certificate is still verified. */
	STARTTLS_OPTIONAL_REMOTE_CERT = 1 << 0,
	/* Server: do not even ask for a certificate; stronger than the flag
	 * above. */
	STARTTLS_NO_REMOTE_CERT = 1 << 1,
	/* Client: show no certificate, whatever the server asks for. */
	STARTTLS_NO_LOCAL_CERT = 1 << 2,
	/* A peer that turns out to be user@domain is refused. */
	STARTTLS_REFUSE_USERS = 1 << 3,
	/* A peer that turns out to be a domain is refused. */
	STARTTLS_REFUSE_DOMAINS = 1 << 4,
	/* Verify anew: neither a verdict that was kept nor the resumption of
	 * an earlier session is good enough. */
	STARTTLS_NO_CACHE_READ = 1 << 5,
	/* Keep nothing of this verdict for later. */
	STARTTLS_NO_CACHE_WRITE = 1 << 6,
	/* Ask who the peer is, but not whether it may: for logging in. */
	STARTTLS_SKIP_AUTHORIZATION = 1 << 7,
};

/*
 * starttls_client() starts TLS as a client over fd, and starttls_server() as
 * a server.  Both wait until the handshake is over and the peer has been
 * verified.
 *
 * fd		any descriptor of a stream that can be polled, read and
 *		written.  It is taken in every case: when the call returns,
 *		well or not, fd is closed in this process.
 * proto	IPPROTO_TCP for TLS; IPPROTO_UDP for DTLS and IPPROTO_SCTP for
 *		DTLS on stream 0 fail with EOPNOTSUPP while the daemon does
 *		not serve them.  Anything else: EPROTONOSUPPORT.
 * myname	the identity to be: "user@domain" or "domain", at most 320
 *		bytes; NULL: none in particular.  A client is then what the
 *		disclosure table of the daemon says, or nobody; a server is
 *		what the client asks for (SNI, RFC 6066 section 3), where
 *		that is allowed.
 * flags	STARTTLS_* or 0.
 * sniname	client: the domain that the server must prove to be, which is
 *		also sent as SNI.  NULL: whoever it proves to be.
 * checksni	server: called with the name that the client asks for, in the
 *		calling thread, before anything is signed.  Not zero: yes.
 *		Its argument is a copy that it may write to, without going
 *		beyond its length, and that is gone when it returns.  It must
 *		return: longjmp(3) out of it, pthread_exit(3) in it and a
 *		C++ exception through it are not supported.  It may itself
 *		call starttls_client() and starttls_server().  NULL: the name
 *		must be myname, or one that the certificate of myname covers,
 *		or where myname is NULL too, any identity that the access
 *		control list lets the caller be.
 * peername	NULL, or where the proven identity of the peer is written to,
 *		as text that ends in NUL; "" where it has none and need not
 *		have one, and also where the call fails.  321 bytes are enough
 *		for every name.
 * peername_len	the size of peername in bytes, the NUL included.
 *
 * Returns a new descriptor, a SOCK_STREAM UNIX socket that carries the
 * plaintext; the caller closes it.  Its number differs from fd, and it is
 * close-on-exec and blocking, whatever fd was.  The peer's close_notify is
 * read as end-of-file; shutdown(2) with SHUT_WR sends ours.
 *
 * Returns -1 and sets errno where it failed; no session is left behind.
 *
 * EACCES		the access control list does not let the caller be
 *			that identity, or checksni said no
 * EAGAIN		the daemon is too busy, or a part of it is being
 *			replaced: try again
 * EBADF		fd is not open
 * ECONNREFUSED, ENOENT	no daemon is running, or it is about to stop
 * ECONNRESET		the daemon, or a part of it, died under way
 * EDQUOT		the caller's user has too many handshakes or sessions
 * EINVAL		an argument or a combination of flags is wrong
 * EKEYEXPIRED, EKEYREVOKED, EKEYREJECTED
 *			the peer's certificate has expired, was revoked, or
 *			the peer is not who it should be
 * ENAMETOOLONG		the peer's name does not fit in peername; the session
 *			was closed
 * ENOKEY		there is no such identity as myname
 * EOPNOTSUPP		the daemon does not serve what was asked for
 * EPERM		the peer is known, but not authorised
 * EPROTO		TLS failed, or the daemon was not understood
 * EPROTONOSUPPORT	proto is none of the above
 * ETIMEDOUT		the handshake took longer than the daemon allows (30
 *			seconds unless configured), or the daemon is stopped
 * EMFILE, ENFILE, ENOMEM, ENOBUFS
 *			a resource is used up
 *
 * tlspool_error() then has the whole sentence.
 *
 * The daemon is found by the environment variable TLSPOOL_SOCKET (ignored in
 * set-user-id programs), else in its usual place, else below
 * $XDG_RUNTIME_DIR.  Each thread keeps one connection to it, close-on-exec,
 * from call to call, until the thread ends.  A child of fork(2) does not use
 * that of its parent.  A program may close descriptors that it did not open.
 *
 * Both functions may be called from many threads at once.  They start no
 * threads, raise no signals and write nothing.  They are not safe in signal
 * handlers.  While they run, checksni included, pthread_cancel(3) is put off.
 * A signal that arrives while they wait does not end them.
 */
int starttls_client(int fd, int proto, const char *myname, int flags,
    const char *sniname, char *peername, size_t peername_len);
int starttls_server(int fd, int proto, const char *myname, int flags,
    int (*checksni)(char *sniname), char *peername, size_t peername_len);

/*
 * Why the last call of this library that failed in the calling thread did so:
 * one sentence of UTF-8 without a line end, never NULL.  It belongs to the
 * library and is valid until the thread calls the library again.  After a call
 * that succeeded it may say anything.
 */
const char *tlspool_error(void);

#ifdef __cplusplus
}
#endif

#endif
