/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * ping: does the daemon serve applications, and how fast does it answer?
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/ipc/app.h"
#include "daemon/ipc/channel.h"
#include "tool/clock.h"
#include "tool/command.h"
#include "tool/table.h"
#include "tool/text.h"

enum {
	OPTION_TIMEOUT = 1,
	DEFAULT_TIMEOUT = 5, /* seconds */
};

static const struct option options[] = {
	{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ NULL, 0, NULL, 0 },
};

struct ping_row {
	const char *socket;
	const char *version;
	uint32_t microseconds;
};

static const struct column columns[] = {
	COLUMN(struct ping_row, TEXT, socket, NULL, "socket"),
	COLUMN(struct ping_row, TEXT, version, NULL, "version"),
	COLUMN(struct ping_row, NUMBER, microseconds, NULL, "microseconds"),
};

static uint64_t
now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static int
connect_app(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t len = strlen(tool.socket);
	int sock, e;

	if (len >= sizeof(sun.sun_path))
		usage_error(
		    "the path of the socket is too long: %s", tool.socket);
	memcpy(sun.sun_path, tool.socket, len);
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (sock == -1)
		return -1;
	if (connect(sock, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return sock;
	e = errno;
	(void)close(sock);
	errno = e;
	return -1;
}

/* Waits for the PONG: TOOL_OK, or TOOL_NO after a complaint. */
static int
receive_pong(int sock, struct packet *packet, int64_t end, struct pong *pong)
{
	struct pollfd p = { .fd = sock, .events = POLLIN };
	int64_t left;
	int r;

	for (;;) {
		r = channel_recv(sock, packet, 0);
		if (r == 0) {
			complain("the daemon closed the connection");
			return TOOL_NO;
		}
		if (r == 1 && packet_decode(&pong_schema, packet, pong) == 0)
			return TOOL_OK;
		if (r == 1 || errno != EAGAIN) {
			complain(
			    "the answer cannot be read: %s", message_error());
			return TOOL_NO;
		}
		if ((left = end - clock_ms()) <= 0) {
			complain("the daemon does not answer");
			return TOOL_NO;
		}
		(void)poll(&p, 1, (int)left);
	}
}

static void
print_words(const struct ping_row *row)
{
	fputs("tlspoold ", stdout);
	text_print(stdout, row->version);
	printf(" answers at ");
	text_print(stdout, row->socket);
	printf(" in %u.%03u ms\n", row->microseconds / 1000,
	    row->microseconds % 1000);
}

static int
ping(int sock, struct packet *packet, uint32_t timeout)
{
	struct ping ask = { false };
	struct pong pong;
	struct ping_row row = { .socket = tool.socket };
	uint64_t begin = now_us();
	int status;

	packet->nfds = 0;
	if (message_send(sock, &ping_schema, 1, &ask, NULL, 0, 0) != 0) {
		complain("the request cannot be sent: %s", strerror(errno));
		return TOOL_NO;
	}
	status = receive_pong(
	    sock, packet, clock_ms() + (int64_t)timeout * 1000, &pong);
	if (status == TOOL_OK) {
		row.microseconds = (uint32_t)(now_us() - begin);
		row.version = pong.version != NULL ? pong.version : "";
		if (tool.json)
			record_print(stdout, columns,
			    sizeof(columns) / sizeof(columns[0]), true, &row);
		else
			print_words(&row);
	}
	packet_close_fds(packet);
	return status;
}

static int
run(int argc, char **argv)
{
	uint32_t timeout = DEFAULT_TIMEOUT;
	struct packet *packet;
	int sock, status, c;

	while ((c = option_next(argc, argv, options)) != -1)
		timeout = option_number("--timeout", 1, 3600);
	(void)operands(argc, argv, 0, 0);
	if ((sock = connect_app()) == -1) {
		if (errno == ENOENT || errno == ECONNREFUSED) {
			complain("no daemon listens at %s: %s", tool.socket,
			    strerror(errno));
			return TOOL_NO_DAEMON;
		}
		complain(
		    "cannot connect to %s: %s", tool.socket, strerror(errno));
		return TOOL_NO;
	}
	if ((packet = malloc(sizeof(*packet))) == NULL)
		out_of_memory();
	status = ping(sock, packet, timeout);
	free(packet);
	(void)close(sock);
	return status;
}

const struct command ping_command = {
	.name = "ping",
	.summary = "ask whether the daemon serves applications",
	.help = "[--timeout SECONDS]\n"
		"Asks the daemon for an answer, as an application would.\n\n"
		"  --timeout SECONDS  how long to wait for it [5]\n\n"
		"Example:\n"
		"  tlspool-cli --socket /run/tlspool/tlspool.sock ping\n",
	.run = run,
};
