/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * cli_play: the other side of tlspool-cli, as a test wants it to be.
 */
#ifndef TLSPOOL_TEST_CLI_PLAY_H
#define TLSPOOL_TEST_CLI_PLAY_H

#include "daemon/ipc/admin.h"
#include "daemon/ipc/channel.h"
#include "daemon/ipc/credential.h"
#include "tool/command.h"

enum { OUTPUT_MAX = 16384 };

/* A folder, and in it a socket that is not there yet, and a file cert.pem that
 * says "cert". */
extern char folder[], admin_path[64], cert_path[64];
/* What the last command has printed. */
extern char output[OUTPUT_MAX];
/* Of the key of the identity that has_identity() has. */
extern const uint8_t key_id[KEY_ID_SIZE];

/* Set up and tear down a group of tests. */
int play_begin(void **state);
int play_end(void **state);

/* What a daemon does with a request; false: it closes the connection. */
typedef bool (*daemon_call)(int sock, struct packet *);

/* Runs a command against a daemon (NULL: there is none); its exit status. */
int run(daemon_call, const struct command *, const char *const *words);
#define RUN(call, command, ...) \
	run(call, &command, (const char *[]){ __VA_ARGS__, NULL })

/* The last one has printed this on one of its outputs. */
void printed(const char *text);

/* For daemons. */
void answer(int sock, const struct packet *, const struct message_schema *,
    const void *msg);
void result(int sock, const struct packet *, uint32_t error, const char *text);
void put_row(
    struct wire_writer *, const struct message_schema *, const void *row);

/* Daemons. */
bool closes(int sock, struct packet *);
bool refuses(int sock, struct packet *);
bool talks_nonsense(int sock, struct packet *);
bool agrees(int sock, struct packet *);
bool has_malformed_rows(int sock, struct packet *);
/* An identity with a certificate that is none. */
bool has_odd_certificate(int sock, struct packet *);
bool has_identity(int sock, struct packet *);

#endif
