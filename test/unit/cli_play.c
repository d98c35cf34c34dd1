/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * cli_play: a daemon that answers one command as a test wants it to, and the
 * command itself in a process of its own.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "test/unit/cli_play.h"

enum { WORDS = 16 };

char folder[] = "/tmp/tlspool-cli-test.XXXXXX";
char output[OUTPUT_MAX];
char admin_path[64], cert_path[64];
const uint8_t key_id[KEY_ID_SIZE] = { 0xab, 0xcd };

void
answer(int sock, const struct packet *p, const struct message_schema *schema,
    const void *msg)
{
	if (message_send(sock, schema, p->header.request, msg, NULL, 0,
		CHANNEL_WAIT) != 0)
		_exit(90);
}

void
result(int sock, const struct packet *p, uint32_t error, const char *text)
{
	struct admin_result msg = { .error = error, .text = text };

	answer(sock, p, &admin_result_schema, &msg);
}

static pid_t
daemon_start(daemon_call call)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	static struct packet p;
	int listener, sock;
	pid_t pid;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", admin_path);
	(void)unlink(admin_path);
	listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_int_equal(
	    bind(listener, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(listener, 4), 0);
	if ((pid = fork()) == 0) {
		sock = accept(listener, NULL, NULL);
		while (channel_recv(sock, &p, CHANNEL_WAIT) == 1)
			if (!call(sock, &p))
				break;
		_exit(0);
	}
	(void)close(listener);
	assert_int_not_equal(pid, -1);
	return pid;
}

/* Runs a command against a daemon, in a process of its own as it may exit;
 * what it prints on both outputs is in output[]. */
int
run(daemon_call call, const struct command *command, const char *const *words)
{
	pid_t daemon = call != NULL ? daemon_start(call) : 0, pid;
	char *argv[WORDS + 1] = { NULL };
	FILE *out = tmpfile();
	int argc = 0, status;
	size_t n;

	assert_non_null(out);
	for (; words[argc] != NULL && argc < WORDS; argc++)
		argv[argc] = strdup(words[argc]);
	if ((pid = fork()) == 0) {
		(void)dup2(fileno(out), STDOUT_FILENO);
		(void)dup2(fileno(out), STDERR_FILENO);
		tool.admin = admin_path;
		tool.command = command;
		optind = 0;
		status = command->run(argc, argv);
		(void)fflush(stdout);
		_exit(status);
	}
	while (argc > 0)
		free(argv[--argc]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	rewind(out);
	n = fread(output, 1, sizeof(output) - 1, out);
	output[n] = '\0';
	(void)fclose(out);
	if (daemon != 0)
		assert_int_equal(waitpid(daemon, &argc, 0), daemon);
	if (daemon != 0 && argc != 0)
		fail_msg("the daemon was asked something wrong: %d", argc >> 8);
	return WEXITSTATUS(status);
}

void
printed(const char *text)
{
	if (strstr(output, text) == NULL)
		fail_msg("\"%s\" is missing in\n%s", text, output);
}

bool
closes(int sock, struct packet *p)
{
	return false;
}

bool
refuses(int sock, struct packet *p)
{
	result(sock, p, EACCES, "you may \x1b[31mnot");
	return true;
}

bool
talks_nonsense(int sock, struct packet *p)
{
	static const uint8_t nonsense[] = { 1, ADMIN_RESULT, 0, 0, 0, 1, 9 };

	(void)channel_send(sock, nonsense, sizeof(nonsense), NULL, 0, 0);
	return true;
}

bool
agrees(int sock, struct packet *p)
{
	result(sock, p, 0, NULL);
	return true;
}

void
put_row(struct wire_writer *list, const struct message_schema *schema,
    const void *row)
{
	uint8_t buf[2048];
	int len = message_encode(schema, 0, row, buf, sizeof(buf));

	if (len == -1)
		_exit(92);
	wire_put_string(list, buf, (size_t)len);
}

bool
has_malformed_rows(int sock, struct packet *p)
{
	struct admin_rows page = { .rows = {
				       (const uint8_t *)"\0\0\0\1x", 5 } };

	answer(sock, p, &admin_rows_schema, &page);
	return true;
}

/* The daemon is not believed to send certificates. */
bool
has_odd_certificate(int sock, struct packet *p)
{
	uint8_t space[4096];
	struct wire_writer list = { .data = space, .size = sizeof(space) };
	struct admin_id_row row = { .name = "www.example.com",
		.key = { key_id, sizeof(key_id) },
		.chain = { (const uint8_t *)"\0\0\0\1x", 5 } };
	struct admin_rows page = { 0 };

	put_row(&list, &admin_id_row_schema, &row);
	page.rows = (struct blob){ space, list.len };
	answer(sock, p, &admin_rows_schema, &page);
	return true;
}

bool
has_identity(int sock, struct packet *p)
{
	uint8_t space[4096];
	struct wire_writer list = { .data = space, .size = sizeof(space) };
	struct admin_id_row row = { .name = "www.example.com",
		.key = { key_id, sizeof(key_id) },
		.type = "Ed25519",
		.until = 1 };
	struct admin_id_remove remove;
	struct admin_rows page = { 0 };

	if (p->header.type == ADMIN_ID_REMOVE) {
		if (packet_decode(&admin_id_remove_schema, p, &remove) != 0 ||
		    remove.key.len != sizeof(key_id) ||
		    memcmp(remove.key.data, key_id, sizeof(key_id)) != 0)
			_exit(94);
		return agrees(sock, p);
	}
	put_row(&list, &admin_id_row_schema, &row);
	page.rows = (struct blob){ space, list.len };
	answer(sock, p, &admin_rows_schema, &page);
	return true;
}

int
play_begin(void **state)
{
	FILE *out;

	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(admin_path, sizeof(admin_path), "%s/admin.sock", folder);
	snprintf(cert_path, sizeof(cert_path), "%s/cert.pem", folder);
	if ((out = fopen(cert_path, "w")) == NULL)
		return -1;
	fputs("cert", out);
	return fclose(out);
}

int
play_end(void **state)
{
	(void)unlink(admin_path);
	(void)unlink(cert_path);
	return rmdir(folder);
}
