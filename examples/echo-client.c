/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * echo-client: says one line to a server over TLS, and shows what it answers
 * and who it is.
 *
 *	echo-client HOST PORT TEXT [SERVER-NAME [MY-NAME]]
 */
#include <err.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <tlspool/starttls.h>

static int
dial(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list, *a;
	int error, sock = -1;

	if ((error = getaddrinfo(host, port, &hints, &list)) != 0)
		errx(1, "%s: %s", host, gai_strerror(error));
	for (a = list; a != NULL; a = a->ai_next) {
		sock = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
		if (sock != -1 && connect(sock, a->ai_addr, a->ai_addrlen) == 0)
			break;
		if (sock != -1)
			(void)close(sock);
		sock = -1;
	}
	freeaddrinfo(list);
	if (sock == -1)
		err(1, "%s port %s", host, port);
	return sock;
}

int
main(int argc, char **argv)
{
	const char *server, *me;
	char peer[321], buf[4096];
	ssize_t n;
	int fd;

	if (argc < 4 || argc > 6)
		errx(2, "usage: echo-client HOST PORT TEXT "
			"[SERVER-NAME [MY-NAME]]");
	server = argc > 4 ? argv[4] : argv[1];
	me = argc > 5 ? argv[5] : NULL;
	fd = starttls_client(dial(argv[1], argv[2]), IPPROTO_TCP, me, 0, server,
	    peer, sizeof(peer));
	if (fd == -1)
		errx(1, "%s", tlspool_error());
	printf("server: %s\n", peer);
	(void)fflush(stdout);
	n = snprintf(buf, sizeof(buf), "%s\n", argv[3]);
	if (n >= (ssize_t)sizeof(buf) ||
	    send(fd, buf, (size_t)n, MSG_NOSIGNAL) != n ||
	    shutdown(fd, SHUT_WR) != 0)
		err(1, "write");
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		(void)fwrite(buf, 1, (size_t)n, stdout);
	(void)close(fd);
	return n == 0 ? 0 : 1;
}
