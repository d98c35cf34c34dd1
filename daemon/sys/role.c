/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * role: the life of a process of the pool, from its first descriptor to its
 * end, as the parent says over the control socket.
 */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/sys/edge.h"
#include "daemon/sys/log.h"
#include "daemon/sys/role.h"
#include "daemon/sys/sandbox.h"
#include "daemon/sys/secret.h"

enum {
	MESSAGES_PER_TURN = 64,
	TEXT_LIMIT = 16 * 1024 * 1024,
	MAX_LISTENERS = 4,
};

struct role_state role;

static struct packet *control_packet; /* in secret memory: it brings keys */
static bool begun;		      /* BEGIN has come: the loop runs */
static bool ended;		      /* so has STOP, or the parent's end */
static struct {
	int fd;
	bool admin;
} listeners[MAX_LISTENERS];
static unsigned nlisteners;

/*
 * What the parent says.  Each function handles one message: 0, or -1 where
 * the process cannot go on.
 */

/* Reads a memory file whole, with a NUL behind it. */
static int
read_text(int fd, struct role_text *text)
{
	struct stat st;
	size_t done = 0;
	ssize_t n;

	if (fstat(fd, &st) != 0 || st.st_size < 0 || st.st_size > TEXT_LIMIT)
		return -1;
	if ((text->text = malloc((size_t)st.st_size + 1)) == NULL)
		return -1;
	text->len = (size_t)st.st_size;
	while (done < text->len) {
		n = pread(fd, text->text + done, text->len - done, (off_t)done);
		if (n <= 0) {
			free(text->text);
			text->text = NULL;
			return -1;
		}
		done += (size_t)n;
	}
	text->text[done] = '\0';
	return 0;
}

static void
replace_text(struct role_text *old, struct role_text *fresh)
{
	free(old->text);
	*old = *fresh;
	*fresh = (struct role_text){ 0 };
}

static int
on_configure(struct packet *p, void *m)
{
	const struct control_configure *msg = m;
	struct role_text text = { 0 }, acl = { 0 }, disclosure = { 0 };
	struct config *config = NULL;
	char error[512] = "it cannot be read";
	int rv = -1;

	if (read_text(p->fds[0], &text) != 0 ||
	    (msg->has_acl && read_text(p->fds[1], &acl) != 0) ||
	    (msg->has_disclosure && read_text(p->fds[2], &disclosure) != 0))
		goto err;
	config = config_parse(text.text, text.len, error, sizeof(error));
	if (config == NULL)
		goto err;
	config_free(role.config);
	role.config = config;
	role.index = msg->index;
	role.workers = msg->workers;
	replace_text(&role.acl, &acl);
	replace_text(&role.disclosure, &disclosure);
	log_level(config->log_level);
	if (begun && role.calls->reload != NULL)
		role.calls->reload();
	rv = 0;

err:
	if (rv != 0)
		log_error("configuration-unusable", "reason=\"%s\"", error);
	free(text.text);
	free(acl.text);
	free(disclosure.text);
	return rv;
}

static int
on_grant_key(struct packet *p, void *m)
{
	const struct control_grant_key *msg = m;

	if (msg->key.len != GRANT_KEY_SIZE || msg->number == 0)
		return -1;
	if (role.grant_keys == NULL)
		role.grant_keys = secret_alloc(sizeof(*role.grant_keys));
	if (role.grant_keys == NULL)
		return -1;
	grant_keys_add(role.grant_keys, msg->number, msg->key.data);
	return 0;
}

static int
on_edge(struct packet *p, void *m)
{
	const struct control_edge *msg = m;
	int fd = packet_take_fd(p, 0);

	if (edges_open((enum role)msg->role, msg->index, fd) == 0)
		return 0;
	log_error("edge-failed", "role=%s index=%u reason=\"%s\"",
	    role_name(msg->role), msg->index, strerror(errno));
	(void)close(fd);
	return -1;
}

static void
give_listener(int fd, bool admin)
{
	if (role.calls->listener != NULL)
		role.calls->listener(fd, admin);
	else
		(void)close(fd);
}

static int
on_listener(struct packet *p, void *m)
{
	const struct control_listener *msg = m;

	if (begun) {
		give_listener(packet_take_fd(p, 0), msg->admin);
		return 0;
	}
	if (nlisteners == MAX_LISTENERS)
		return -1;
	listeners[nlisteners].fd = packet_take_fd(p, 0);
	listeners[nlisteners++].admin = msg->admin;
	return 0;
}

/* Everything is here: from now on this process trusts nobody. */
static int
on_begin(struct packet *p, void *m)
{
	struct control_ready ready = { 0 };
	const char *user;

	if (begun || role.config == NULL)
		return -1;
	if (role.calls->init != NULL && role.calls->init() != 0)
		return -1;
	user = role.calls->role == ROLE_KEEPER ? role.config->keeper_user
					       : role.config->user;
	if (privilege_drop(user) != 0) {
		log_error("privilege-failed", "user=%s reason=\"%s\"",
		    user == NULL ? "none" : user, strerror(errno));
		return -1;
	}
	/* The change of user has cleared it. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (role.calls->sandbox != NULL && role.calls->sandbox() != 0) {
		log_error("sandbox-failed", "reason=\"%s\"", strerror(errno));
		return -1;
	}
	begun = true;
	edges_announce(true);
	for (unsigned i = 0; i < nlisteners; i++)
		give_listener(listeners[i].fd, listeners[i].admin);
	nlisteners = 0;
	return edge_send(role_edge(ROLE_PARENT, 0), &control_ready_schema, 0,
	    &ready, NULL, 0);
}

void
role_drained(void)
{
	struct control_drained msg = { 0 };

	if (edge_send(role_edge(ROLE_PARENT, 0), &control_drained_schema, 0,
		&msg, NULL, 0) != 0)
		log_error(
		    "drained-unreported", "reason=\"%s\"", strerror(errno));
}

static int
on_drain(struct packet *p, void *m)
{
	const struct control_drain *msg = m;

	if (role.calls->drain != NULL)
		role.calls->drain(msg->limit);
	else
		role_drained();
	return 0;
}

static void
end(void)
{
	ended = true;
	if (role.calls->stop != NULL)
		role.calls->stop();
	loop_stop(role.loop);
}

static int
on_stop(struct packet *p, void *m)
{
	end();
	return 0;
}

static int
on_alive(struct packet *p, void *m)
{
	struct control_alive msg = { 0 };

	log_flush();
	(void)edge_send(
	    role_edge(ROLE_PARENT, 0), &control_alive_schema, 0, &msg, NULL, 0);
	return 0;
}

static const struct control_handler {
	const struct message_schema *schema;
	bool early; /* may come before BEGIN */
	int (*handle)(struct packet *, void *msg);
} control_handlers[] = {
	{ &control_configure_schema, true, on_configure },
	{ &control_grant_key_schema, true, on_grant_key },
	{ &control_edge_schema, true, on_edge },
	{ &control_listener_schema, true, on_listener },
	{ &control_begin_schema, true, on_begin },
	{ &control_drain_schema, false, on_drain },
	{ &control_stop_schema, false, on_stop },
	{ &control_alive_schema, true, on_alive },
};

static int
control_message(struct packet *p)
{
	const size_t n = sizeof(control_handlers) / sizeof(control_handlers[0]);
	const struct control_handler *h = control_handlers;
	union {
		max_align_t align;
		unsigned char bytes[128];
	} msg;

	for (size_t i = 0; i < n; i++, h++) {
		if (h->schema->type != p->header.type || !(h->early || begun))
			continue;
		if (packet_decode(h->schema, p, &msg) != 0)
			return -1;
		return h->handle(p, &msg);
	}
	return -1;
}

/*
 * Receives one message of the parent and handles it: 1; 0 where there is none
 * now; -1 where the process is to end.
 */
static int
control_step(int flags)
{
	int n, rv = 1;

	n = channel_recv(CONTROL_FD, control_packet, flags);
	if (n == -1 && errno == EAGAIN)
		return 0;
	if (n != 1)
		return -1; /* the parent is gone, and nobody restarts us */
	if (control_message(control_packet) != 0) {
		log_error(
		    "control-failed", "type=%u", control_packet->header.type);
		rv = -1;
	}
	packet_close_fds(control_packet);
	explicit_bzero(control_packet->data, control_packet->len);
	return rv;
}

/*
 * The parent sends a new grant key to us before front gets it, so it is in
 * the control socket when the first grant under it arrives: look there first.
 * The same holds for rules: a request that was made after a reload is
 * answered by the new ones.  One look does for all messages that have been
 * received before it.
 */
int
role_hear_parent(const struct edge *unused)
{
	int n;

	while ((n = control_step(0)) > 0)
		;
	if (n == -1)
		end();
	return ended ? -1 : 0;
}

static void
control_ready(struct loop_watch *watch, uint32_t events)
{
	int n = 0;

	if (events & EPOLLOUT)
		edge_flush(role_edge(ROLE_PARENT, 0));
	for (int i = 0; i < MESSAGES_PER_TURN && (n = control_step(0)) > 0; i++)
		;
	if (n == -1)
		end();
	edges_bury();
}

/*
 * The process.
 */

static int
prepare(void)
{
	struct edge *parent = role_edge(ROLE_PARENT, 0);
	socklen_t len = sizeof(int);
	int type;

	if (getsockopt(CONTROL_FD, SOL_SOCKET, SO_TYPE, &type, &len) != 0 ||
	    type != SOCK_SEQPACKET) {
		(void)fprintf(stderr,
		    "This program is a part of the TLS Pool, which tlspoold "
		    "starts.\n");
		return -1;
	}
	/* The parent says when to stop: a terminal's signals go to it. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	log_to_parent(CONTROL_FD);
	admin_status_prepare();
	role.started = (uint64_t)time(NULL);
	control_packet = secret_alloc(sizeof(*control_packet));
	if (control_packet == NULL || (role.loop = loop_new()) == NULL)
		return -1;
	parent->watch.fd = CONTROL_FD;
	parent->watch.ready = control_ready;
	return loop_watch(role.loop, &parent->watch, EPOLLIN);
}

static void
clean_up(void)
{
	edges_close();
	while (nlisteners > 0)
		(void)close(listeners[--nlisteners].fd);
	secret_free(role.grant_keys, sizeof(*role.grant_keys));
	secret_free(control_packet, sizeof(*control_packet));
	config_free(role.config);
	free(role.acl.text);
	free(role.disclosure.text);
	loop_unwatch(&role_edge(ROLE_PARENT, 0)->watch);
	loop_free(role.loop);
}

int
role_main(const struct role_calls *calls, int argc, char **argv)
{
	int rv = 1;

	role.calls = calls;
	if (prepare() != 0)
		goto err;
	while (!begun)
		if (control_step(CHANNEL_WAIT) != 1)
			goto err;
	if (loop_run(role.loop) != 0) {
		log_error("loop-failed", "reason=\"%s\"", strerror(errno));
		goto err;
	}
	rv = 0;

err:
	edges_announce(false);
	clean_up();
	return rv;
}
