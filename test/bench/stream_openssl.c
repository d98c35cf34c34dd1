/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * stream_openssl: TLS within the application, by OpenSSL, as its manual has
 * it.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "test/bench/stream.h"

static SSL_CTX *context;

static void
begin(const struct stream_options *o)
{
	if ((context = SSL_CTX_new(TLS_server_method())) == NULL ||
	    SSL_CTX_use_certificate_chain_file(context, o->chain) != 1 ||
	    SSL_CTX_use_PrivateKey_file(context, o->key, SSL_FILETYPE_PEM) != 1)
		errx(1, "OpenSSL: no credentials");
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				      SSL_MODE_RELEASE_BUFFERS);
}

static void
accepted(int fd)
{
	SSL *ssl = SSL_new(context);

	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	if (ssl == NULL || SSL_set_fd(ssl, fd) != 1)
		errx(1, "OpenSSL: no session");
	SSL_set_accept_state(ssl);
	server_add((struct stream){ .fd = fd, .tls = ssl });
}

static ssize_t
as_errno(SSL *ssl, int n)
{
	if (n > 0)
		return n;
	switch (SSL_get_error(ssl, n)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		ERR_clear_error();
		errno = EPROTO;
		return -1;
	}
}

static ssize_t
openssl_read(struct stream *s, void *data, size_t len)
{
	return as_errno(
	    s->tls, SSL_read(s->tls, data, len < INT_MAX ? (int)len : INT_MAX));
}

static ssize_t
openssl_write(struct stream *s, const void *data, size_t len)
{
	return as_errno(s->tls,
	    SSL_write(s->tls, data, len < INT_MAX ? (int)len : INT_MAX));
}

static bool
openssl_pending(const struct stream *s)
{
	return SSL_pending(s->tls) > 0;
}

static void
openssl_close(struct stream *s)
{
	(void)SSL_shutdown(s->tls);
	ERR_clear_error();
	SSL_free(s->tls);
	(void)close(s->fd);
}

const struct stream_kind stream_openssl = {
	.name = "openssl",
	.begin = begin,
	.accepted = accepted,
	.read = openssl_read,
	.write = openssl_write,
	.pending = openssl_pending,
	.close = openssl_close,
};
