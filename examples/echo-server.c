/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * echo-server: says to each client over TLS what it says.  It never sees a
 * key, and it is told who the client is.
 *
 *	echo-server PORT [NAME]
 */
#include <arpa/inet.h>
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <tlspool/starttls.h>

static void
serve(int client, const char *name)
{
	char peer[321], buf[4096];
	ssize_t n;
	int fd;

	fd = starttls_server(client, IPPROTO_TCP, name,
	    STARTTLS_OPTIONAL_REMOTE_CERT, NULL, peer, sizeof(peer));
	if (fd == -1) {
		warnx("%s", tlspool_error());
		return;
	}
	printf("client: %s\n", peer[0] != '\0' ? peer : "(nobody)");
	(void)fflush(stdout);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (send(fd, buf, (size_t)n, MSG_NOSIGNAL) != n)
			break;
	(void)close(fd);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int sock, client, on = 1;

	if (argc < 2 || argc > 3)
		errx(2, "usage: echo-server PORT [NAME]");
	(void)signal(SIGCHLD, SIG_IGN);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons((uint16_t)atoi(argv[1]));
	if ((sock = socket(AF_INET, SOCK_STREAM, 0)) == -1)
		err(1, "socket");
	(void)setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(sock, (const struct sockaddr *)&sin, sizeof(sin)) != 0 ||
	    listen(sock, SOMAXCONN) != 0)
		err(1, "port %s", argv[1]);
	while ((client = accept(sock, NULL, NULL)) != -1) {
		if (fork() == 0) {
			(void)close(sock);
			serve(client, argv[2]);
			_exit(0);
		}
		(void)close(client);
	}
	err(1, "accept");
}
