/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * control: the messages between the parent and every other process, over the
 * descriptor that a process is started with (CONTROL_FD).
 */
#ifndef TLSPOOL_IPC_CONTROL_H
#define TLSPOOL_IPC_CONTROL_H

#include "daemon/ipc/message.h"

enum { CONTROL_FD = 3 };

enum control_message {
	/* from the parent */
	CONTROL_CONFIGURE = 80,
	CONTROL_GRANT_KEY = 81,
	CONTROL_EDGE = 82,
	CONTROL_LISTENER = 83,
	CONTROL_BEGIN = 84,
	CONTROL_DRAIN = 85,
	CONTROL_STOP = 86,
	CONTROL_ALIVE = 87,
	/* to the parent */
	CONTROL_READY = 90,
	CONTROL_LOG = 91,
	CONTROL_FAULT = 92,
	CONTROL_DRAINED = 93,
};

/* The roles, in the order of the path of a descriptor. */
enum role {
	ROLE_PARENT = 0,
	ROLE_FRONT = 1,
	ROLE_WORKER = 2,
	ROLE_KEEPER = 3,
	ROLE_VERIFIER = 4,
	ROLE_AUTHORIZER = 5, /* only where a plugin is configured */
	ROLES
};

/*
 * The whole configuration, at the start and at each reload, already checked
 * by the parent.  Descriptors: the text of the configuration, that of the
 * ACL, and that of the disclosure table (memory files; an empty one is none).
 */
struct control_configure {
	uint32_t index;	  /* which worker you are */
	uint32_t workers; /* how many there are */
	bool has_acl;
	bool has_disclosure;
};

struct control_grant_key {
	uint32_t number;
	struct blob key;
};

/* A socket to another process; it replaces an earlier one to the same. */
struct control_edge {
	uint8_t role;
	uint32_t index;
};

/* A listening socket, to front. */
struct control_listener {
	bool admin;
};

/* Everything has been sent: drop what you do not need, and say READY. */
struct control_begin {
	bool unused;
};

/* No new handshakes; end when the last session does (DRAINED), or after
 * `limit` milliseconds with close_notify. */
struct control_drain {
	uint32_t limit;
};

/* End now, in order. */
struct control_stop {
	bool unused;
};

/* Both ways: the parent asks, the other answers; who does not is replaced. */
struct control_alive {
	bool unused;
};

struct control_ready {
	bool unused;
};

struct control_log {
	uint8_t priority;  /* of syslog(3) */
	const char *event; /* one word that can be searched for */
	const char *text;
};

/* A process sent me what it never should: replace it. */
struct control_fault {
	uint8_t role;
	uint32_t index;
	const char *reason;
};

struct control_drained {
	bool unused;
};

extern const struct message_schema control_configure_schema,
    control_grant_key_schema, control_edge_schema, control_listener_schema,
    control_begin_schema, control_drain_schema, control_stop_schema,
    control_alive_schema, control_ready_schema, control_log_schema,
    control_fault_schema, control_drained_schema;

/* "front", "worker" …; NULL for a number that is no role. */
const char *role_name(unsigned role);

#endif
