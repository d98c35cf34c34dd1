/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * client: sockets, and OpenSSL over them.
 */
#include <config.h>

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/sslerr.h>

#include "test/bench/client.h"

enum { SOURCES = 200 }; /* addresses that connections come from */

static struct {
	struct loop *loop;
	SSL_CTX *context;
	struct sockaddr_in server;
	const char *sni;
	unsigned next;
	int index;
} all;

static int
keep_ticket(SSL *ssl, SSL_SESSION *ticket)
{
	struct client *c = SSL_get_ex_data(ssl, all.index);

	SSL_SESSION_free(c->ticket);
	c->ticket = ticket;
	return 1; /* it is ours now */
}

void
client_setup(struct loop *loop, const char *port, const char *sni, bool tickets)
{
	all.loop = loop;
	all.sni = sni;
	all.server = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)atoi(port)) };
	all.index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	if ((all.context = SSL_CTX_new(TLS_client_method())) == NULL ||
	    SSL_CTX_set_min_proto_version(all.context, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_ciphersuites(all.context, "TLS_AES_128_GCM_SHA256") !=
		1 ||
	    SSL_CTX_set1_groups_list(all.context, "X25519") != 1)
		errx(1, "OpenSSL: no context");
	SSL_CTX_set_mode(all.context, SSL_MODE_ENABLE_PARTIAL_WRITE |
					  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					  SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(
	    all.context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	if (tickets)
		SSL_CTX_sess_set_new_cb(all.context, keep_ticket);
}

static void
start_tls(struct client *c)
{
	c->connected = true;
	if ((c->ssl = SSL_new(all.context)) == NULL ||
	    SSL_set_fd(c->ssl, c->watch.fd) != 1 ||
	    SSL_set_tlsext_host_name(c->ssl, all.sni) != 1 ||
	    SSL_set_ex_data(c->ssl, all.index, c) != 1 ||
	    (c->ticket != NULL && SSL_set_session(c->ssl, c->ticket) != 1))
		errx(1, "OpenSSL: no session");
	SSL_set_connect_state(c->ssl);
}

/* What OpenSSL waits for is watched. */
static ssize_t
as_errno(struct client *c, int n)
{
	if (n > 0)
		return n;
	switch (SSL_get_error(c->ssl, n)) {
	case SSL_ERROR_WANT_READ:
		loop_watch_set(&c->watch, EPOLLIN);
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_WANT_WRITE:
		loop_watch_set(&c->watch, EPOLLOUT);
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		errno = ECONNRESET;
		return -1;
	default:
		errno = ERR_GET_REASON(ERR_peek_error()) ==
				SSL_R_UNEXPECTED_EOF_WHILE_READING
			    ? ECONNRESET
			    : EPROTO;
		ERR_clear_error();
		return -1;
	}
}

static void
ready(struct loop_watch *w, uint32_t events)
{
	struct client *c = container_of(w, struct client, watch);
	int error = 0;
	socklen_t len = sizeof(error);

	(void)events;
	if (!c->connected) {
		if (getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &error, &len) !=
			0 ||
		    error != 0)
			errx(1, "no connection: %s", strerror(error));
		start_tls(c);
	}
	if (!c->shaken) {
		if (as_errno(c, SSL_do_handshake(c->ssl)) == -1) {
			if (errno != EAGAIN)
				errx(1, "the handshake failed");
			return;
		}
		c->shaken = true;
		c->resumed = SSL_session_reused(c->ssl) == 1;
		loop_watch_set(w, EPOLLIN);
	}
	c->ready(c);
}

void
client_connect(struct client *c)
{
	struct sockaddr_in source = { .sin_family = AF_INET };
	int one = 1, fd;

	source.sin_addr.s_addr =
	    htonl(INADDR_LOOPBACK + 1 + all.next++ % SOURCES);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		err(1, "socket");
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) != 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
		sizeof(one)) != 0 ||
	    bind(fd, (struct sockaddr *)&source, sizeof(source)) != 0)
		err(1, "bind");
	if (connect(fd, (struct sockaddr *)&all.server, sizeof(all.server)) !=
		0 &&
	    errno != EINPROGRESS)
		err(1, "connect");
	c->watch = (struct loop_watch){ .fd = fd, .ready = ready };
	c->connected = c->shaken = c->resumed = false;
	if (loop_watch(all.loop, &c->watch, EPOLLOUT) != 0)
		err(1, "epoll");
}

void
client_disconnect(struct client *c)
{
	loop_unwatch(&c->watch);
	SSL_free(c->ssl);
	c->ssl = NULL;
	(void)close(c->watch.fd);
}

ssize_t
client_read(struct client *c, void *data, size_t len)
{
	return as_errno(
	    c, SSL_read(c->ssl, data, len < INT_MAX ? (int)len : INT_MAX));
}

ssize_t
client_write(struct client *c, const void *data, size_t len)
{
	return as_errno(
	    c, SSL_write(c->ssl, data, len < INT_MAX ? (int)len : INT_MAX));
}

void
client_finish(struct client *c)
{
	(void)SSL_shutdown(c->ssl);
	ERR_clear_error();
	(void)shutdown(c->watch.fd, SHUT_WR);
}
