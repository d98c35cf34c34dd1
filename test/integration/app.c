/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * app: an application of the pool that the integration tests steer from
 * outside.  It gets commands with a ciphertext descriptor over the
 * SOCK_SEQPACKET socket that is its standard input, runs each in a thread of
 * its own, and hands back what the library said with the plaintext descriptor.
 *
 *	ID VERB key=value …     with one descriptor; values are %-encoded
 *	ID ok|error key=value …
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tlspool/starttls.h>

#include "test/integration/app.h"

enum { COMMAND_MAX = 8192 };

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static void
decode(char *text)
{
	char *out = text;

	for (; *text != '\0'; text++) {
		if (text[0] == '%' && hex(text[1]) >= 0 && hex(text[2]) >= 0) {
			*out++ = (char)(hex(text[1]) * 16 + hex(text[2]));
			text += 2;
		} else {
			*out++ = *text;
		}
	}
	*out = '\0';
}

/* Takes "key=value …" apart, in place. */
static void
parse_pairs(struct command *c, char *text)
{
	char *word, *save = NULL, *value;

	for (word = strtok_r(text, " ", &save);
	     word != NULL && c->npairs < COMMAND_PAIRS;
	     word = strtok_r(NULL, " ", &save)) {
		if ((value = strchr(word, '=')) == NULL)
			continue;
		*value++ = '\0';
		decode(value);
		c->keys[c->npairs] = word;
		c->values[c->npairs++] = value;
	}
}

const char *
command_get(const struct command *c, const char *key)
{
	for (unsigned i = 0; i < c->npairs; i++)
		if (strcmp(c->keys[i], key) == 0)
			return c->values[i];
	return NULL;
}

long
command_number(const struct command *c, const char *key, long otherwise)
{
	const char *value = command_get(c, key);

	return value != NULL ? strtol(value, NULL, 0) : otherwise;
}

const char *
encode(const char *text, char *out, size_t size)
{
	size_t n = 0;

	for (; text != NULL && *text != '\0' && n + 4 < size; text++) {
		if ((unsigned char)*text <= ' ' || *text == '%' ||
		    (unsigned char)*text > '~')
			n += (size_t)snprintf(
			    out + n, size - n, "%%%02X", (unsigned char)*text);
		else
			out[n++] = *text;
	}
	out[n] = '\0';
	return out;
}

void
answer(const struct command *c, int fd, const char *text)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	char line[COMMAND_MAX + 32];
	struct iovec iov = { .iov_base = line };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *h;

	iov.iov_len =
	    (size_t)snprintf(line, sizeof(line), "%ld %s", c->id, text);
	if (fd != -1) {
		memset(&control, 0, sizeof(control));
		mh.msg_control = &control;
		mh.msg_controllen = sizeof(control);
		h = CMSG_FIRSTHDR(&mh);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	}
	if (sendmsg(STDIN_FILENO, &mh, MSG_NOSIGNAL) == -1)
		perror("app: sendmsg");
}

/* The names that the library asked about, and what to say to them: checksni
 * has no argument for it, but it is called in the thread that waits. */
static _Thread_local struct {
	const struct command *command;
	char names[2048];
} asked;

static int
checksni(char *name)
{
	const char *rule = command_get(asked.command, "checksni");
	size_t n = strlen(asked.names);

	snprintf(asked.names + n, sizeof(asked.names) - n, "%s%s",
	    n > 0 ? "," : "", name);
	if (strncmp(rule, "only:", 5) == 0)
		return strcmp(rule + 5, name) == 0;
	if (strncmp(rule, "sleep:", 6) == 0) {
		(void)sleep((unsigned)atoi(rule + 6));
		return 1;
	}
	return strcmp(rule, "yes") == 0;
}

/* Runs starttls_client() or starttls_server() and says what came of it. */
static void
run_starttls(struct command *c)
{
	size_t peer_len = (size_t)command_number(c, "peerlen", 512);
	char *peer = command_get(c, "nopeer") ? NULL : calloc(1, peer_len + 1);
	char text[COMMAND_MAX], name[1024], sentence[4096], names[2100];
	int proto = (int)command_number(c, "proto", IPPROTO_TCP);
	int flags = (int)command_number(c, "flags", 0);
	int taken = c->fd, fd, error, closed;

	asked.command = c;
	asked.names[0] = '\0';
	if (strcmp(c->verb, "client") == 0)
		fd = starttls_client(taken, proto, command_get(c, "name"),
		    flags, command_get(c, "sni"), peer, peer_len);
	else
		fd = starttls_server(taken, proto, command_get(c, "name"),
		    flags, command_get(c, "checksni") ? checksni : NULL, peer,
		    peer_len);
	error = errno;
	/* Other threads open descriptors too: only a single-threaded test can
	 * ask whether the number is free again. */
	closed = fcntl(taken, F_GETFD) == -1 && errno == EBADF;
	(void)encode(asked.names, names, sizeof(names));
	if (fd == -1)
		snprintf(text, sizeof(text),
		    "error errno=%d closed=%d asked=%s text=%s", error, closed,
		    names, encode(tlspool_error(), sentence, sizeof(sentence)));
	else
		snprintf(text, sizeof(text),
		    "ok closed=%d old=%d new=%d asked=%s peer=%s", closed,
		    taken, fd, names, encode(peer, name, sizeof(name)));
	answer(c, fd, text);
	if (fd != -1)
		(void)close(fd);
	free(peer);
}

static void *
run_command(void *arg)
{
	struct command *c = arg;

	run_starttls(c);
	free(c);
	return NULL;
}

struct command *
command_receive(void)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct command *c = calloc(1, sizeof(*c));
	struct iovec iov = { .iov_len = sizeof(c->text) - 1 };
	struct msghdr mh = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *h;
	char *rest = NULL, *verb;
	ssize_t n;

	if (c == NULL)
		return NULL;
	iov.iov_base = c->text;
	if ((n = recvmsg(STDIN_FILENO, &mh, MSG_CMSG_CLOEXEC)) <= 0) {
		free(c);
		return NULL;
	}
	c->fd = -1;
	if ((h = CMSG_FIRSTHDR(&mh)) != NULL && h->cmsg_type == SCM_RIGHTS)
		memcpy(&c->fd, CMSG_DATA(h), sizeof(c->fd));
	c->id = strtol(c->text, &rest, 10);
	verb = strtok_r(NULL, " ", &rest);
	c->verb = verb != NULL ? verb : "";
	parse_pairs(c, rest);
	return c;
}

static void
start(struct command *c)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run_command, c) != 0) {
		answer(c, -1, "error errno=11 text=no%20thread");
		(void)close(c->fd);
		free(c);
		return;
	}
	(void)pthread_detach(thread);
}

int
main(int argc, char **argv)
{
	struct command *c;

	if (argc == 2 && strcmp(argv[1], "async") == 0)
		return async_main();
	while ((c = command_receive()) != NULL)
		start(c);
	return 0;
}
