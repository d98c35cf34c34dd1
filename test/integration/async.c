/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * async: the commands of the test application by the interface that never
 * blocks, all of them in one thread.
 *
 *	ID client|server key=value …   early=1 prefix=HEX deadline=MS alpn=…
 *	ID cancel target=ID            also: free target=ID
 *	ID answer target=ID accept=1
 *
 * Beside its answer a command can have events: "ID early" with the plaintext
 * descriptor, "ID question name=…" and "ID closed reason=…".
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tlspool/tlspool.h>

#include "test/integration/app.h"

enum {
	LINE_MAX_BYTES = 8192,
	PREFIX_MAX_BYTES = 4096,
};

struct job {
	struct command *command;
	struct tlspool_request *request;
	struct job *next;
};

static struct tlspool *pool;
static struct job *jobs;

static void
job_free(struct job *job)
{
	struct job **at;

	for (at = &jobs; *at != NULL && *at != job; at = &(*at)->next)
		;
	if (*at != NULL)
		*at = job->next;
	tlspool_request_free(job->request);
	free(job->command);
	free(job);
}

static struct job *
job_find(long id)
{
	struct job *job;

	for (job = jobs; job != NULL && job->command->id != id; job = job->next)
		;
	return job;
}

static void
answer_failed(const struct job *job, int error, int alert, const char *why)
{
	char text[LINE_MAX_BYTES], sentence[4096];

	snprintf(text, sizeof(text), "error errno=%d alert=%d text=%s", error,
	    alert, encode(why, sentence, sizeof(sentence)));
	answer(job->command, -1, text);
}

static void
done(struct tlspool_request *request, void *context)
{
	const struct tlspool_session *s = tlspool_session(request);
	struct job *job = context;
	char text[LINE_MAX_BYTES], peer[1024], local[1024], sni[1024];
	char evidence[2048];
	int fd;

	if (s == NULL) {
		answer_failed(job, tlspool_request_error(request),
		    tlspool_request_alert(request),
		    tlspool_request_reason(request));
		return;
	}
	fd = tlspool_take_fd(request);
	snprintf(text, sizeof(text),
	    "ok peer=%s local=%s sni=%s method=%s evidence=%s version=%x "
	    "cipher=%s alpn=%s resumed=%d until=%llu number=%llu",
	    encode(tlspool_session_peer_name(s), peer, sizeof(peer)),
	    encode(tlspool_session_local_name(s), local, sizeof(local)),
	    encode(tlspool_session_server_name(s), sni, sizeof(sni)),
	    tlspool_session_method(s),
	    encode(tlspool_session_evidence(s), evidence, sizeof(evidence)),
	    (unsigned)tlspool_session_version(s), tlspool_session_cipher(s),
	    tlspool_session_alpn(s, NULL), tlspool_session_resumed(s),
	    (unsigned long long)tlspool_session_until(s),
	    (unsigned long long)tlspool_session_number(s));
	answer(job->command, fd, text);
	if (fd != -1)
		(void)close(fd);
}

static void
closed(struct tlspool_request *request, void *context)
{
	const struct tlspool_session *s = tlspool_session(request);
	struct job *job = context;
	char text[LINE_MAX_BYTES], sentence[4096];

	snprintf(text, sizeof(text),
	    "closed reason=%d received=%llu sent=%llu text=%s",
	    tlspool_session_closed(s),
	    (unsigned long long)tlspool_session_received(s),
	    (unsigned long long)tlspool_session_sent(s),
	    encode(tlspool_session_closed_text(s), sentence, sizeof(sentence)));
	answer(job->command, -1, text);
	job_free(job);
}

static void
question(
    struct tlspool_request *request, int kind, const char *name, void *context)
{
	struct job *job = context;
	char text[LINE_MAX_BYTES], encoded[1024];

	snprintf(text, sizeof(text), "question kind=%d name=%s", kind,
	    encode(name, encoded, sizeof(encoded)));
	answer(job->command, -1, text);
}

static int
set_prefix(struct tlspool_request *request, const char *hex)
{
	unsigned char data[PREFIX_MAX_BYTES];
	unsigned byte;
	size_t n;

	if (hex == NULL)
		return 0;
	for (n = 0; n < sizeof(data) && sscanf(hex + 2 * n, "%2x", &byte) == 1;
	     n++)
		data[n] = (unsigned char)byte;
	return tlspool_set_prefix(request, data, n);
}

static int
set_alpn(struct tlspool_request *request, const char *protocols)
{
	const char *list[8];
	char copy[256], *save = NULL, *word;
	size_t n = 0;

	if (protocols == NULL)
		return 0;
	snprintf(copy, sizeof(copy), "%s", protocols);
	for (word = strtok_r(copy, ",", &save); word != NULL && n < 8;
	     word = strtok_r(NULL, ",", &save))
		list[n++] = word;
	return tlspool_set_alpn(request, list, n);
}

static int
fill_in(struct job *job)
{
	const struct command *c = job->command;
	struct tlspool_request *r = job->request;

	if (strcmp(c->verb, "client") == 0 &&
	    tlspool_set_remote_name(r, command_get(c, "sni")) != 0)
		return -1;
	if (command_get(c, "ask") != NULL &&
	    tlspool_on_question(r, TLSPOOL_ASK_NAME, question, job) != 0)
		return -1;
	if (tlspool_set_local_name(r, command_get(c, "name")) != 0 ||
	    tlspool_set_flags(r, (int)command_number(c, "flags", 0)) != 0 ||
	    tlspool_set_deadline(
		r, (unsigned)command_number(c, "deadline", 0)) != 0 ||
	    tlspool_set_versions(r, (int)command_number(c, "min", 0),
		(int)command_number(c, "max", 0)) != 0 ||
	    tlspool_set_service(r, command_get(c, "service"),
		(uint16_t)command_number(c, "port", 0)) != 0 ||
	    tlspool_set_early(r, (int)command_number(c, "early", 0)) != 0 ||
	    set_alpn(r, command_get(c, "alpn")) != 0 ||
	    set_prefix(r, command_get(c, "prefix")) != 0)
		return -1;
	return tlspool_on_done(r, done, job) != 0 ||
		       tlspool_on_closed(r, closed, job) != 0
		   ? -1
		   : 0;
}

static void
start(struct command *c)
{
	struct job *job = calloc(1, sizeof(*job));
	int fd;

	if (job == NULL)
		exit(1);
	job->command = c;
	job->next = jobs;
	jobs = job;
	job->request = strcmp(c->verb, "client") == 0 ? tlspool_client(pool)
						      : tlspool_server(pool);
	if (job->request == NULL || fill_in(job) != 0) {
		answer_failed(job, errno, -1, tlspool_error());
		(void)close(c->fd);
		job_free(job);
		return;
	}
	if (tlspool_start(job->request, c->fd) != 0) {
		answer_failed(job, errno, -1, tlspool_error());
		job_free(job);
		return;
	}
	if (command_number(c, "early", 0) != 0) {
		fd = tlspool_take_fd(job->request);
		answer(c, fd, "early");
		(void)close(fd);
	}
}

/* Something is to be done to a job that is there. */
static void
change(struct command *c)
{
	struct job *job = job_find(command_number(c, "target", -1));
	char text[64];
	int r = -1;

	errno = ESRCH;
	if (job != NULL && strcmp(c->verb, "cancel") == 0) {
		r = tlspool_cancel(job->request);
	} else if (job != NULL && strcmp(c->verb, "answer") == 0) {
		r = tlspool_answer(
		    job->request, (int)command_number(c, "accept", 0));
	} else if (job != NULL && strcmp(c->verb, "free") == 0) {
		job_free(job);
		r = 0;
	}
	snprintf(text, sizeof(text), "%s errno=%d", r == 0 ? "ok" : "error",
	    r == 0 ? 0 : errno);
	answer(c, -1, text);
	free(c);
}

int
async_main(void)
{
	struct pollfd fds[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
		{ .events = POLLIN } };
	struct command *c;

	if ((pool = tlspool_new(NULL)) == NULL ||
	    (fds[1].fd = tlspool_fd(pool)) == -1) {
		fprintf(stderr, "app: %s\n", tlspool_error());
		return 1;
	}
	for (;;) {
		if (poll(fds, 2, -1) == -1 && errno != EINTR)
			break;
		if (fds[1].revents != 0 && tlspool_dispatch(pool) == -1)
			break;
		if (fds[0].revents == 0)
			continue;
		if ((c = command_receive()) == NULL)
			break;
		if (strcmp(c->verb, "client") == 0 ||
		    strcmp(c->verb, "server") == 0)
			start(c);
		else
			change(c);
	}
	while (jobs != NULL)
		job_free(jobs);
	tlspool_free(pool);
	return 0;
}
