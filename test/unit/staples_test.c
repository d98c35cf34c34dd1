/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * staples_test: the process tlspool-verifier, whom a worker, which may lie, asks
 * what there is to staple.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/ipc/credential.h"
#include "daemon/ipc/voucher.h"
#include "test/unit/verifier_play.h"

static uint64_t
boottime(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* A chain whose leaf names http://127.0.0.1:PORT/X. */
static struct blob
chain_that_names(uint16_t port, char x, struct holder *named, uint8_t *buf)
{
	char info[64];
	const struct holder *chain[] = { named, &play.root };

	snprintf(info, sizeof(info),
	    "\x30\x26\x30\x24\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x01"
	    "\x86\x18http://127.0.0.1:%05u/%c",
	    (unsigned)port, x);
	*named = holder_make(&(struct shape){ .raw = { { "1.3.6.1.5.5.7.1.1",
						  info, 40, false } } },
	    &play.root);
	return chain_make(chain, 2, buf, CHAIN_MAX);
}

/* Asks for what there is to staple, with a voucher of that time for a chain. */
static void
want_staple(struct blob chain, struct blob vouched, int64_t left, bool spoilt)
{
	uint8_t id[CHAIN_ID_SIZE], sealed[VOUCHER_MAX];
	struct voucher v = { { id, sizeof(id) },
		(uint64_t)((int64_t)boottime() + left) };
	struct staple_req req = { .chain = chain };
	int len;

	assert_int_equal(chain_id(vouched, id), 0);
	assert_true((len = voucher_seal(&play.keys, &v, sealed)) > 0);
	sealed[len - 1] ^= spoilt;
	req.voucher = (struct blob){ sealed, (size_t)len };
	assert_int_equal(message_send(play.worker, &staple_req_schema, 0, &req,
			     NULL, 0, CHANNEL_WAIT),
	    0);
}

/* Whatever a worker says, only the responder is asked that a chain names for
 * which the keeper vouches. */
static void
asks_for_ours_alone(void **state)
{
	static uint8_t bad[CHAIN_MAX], good[CHAIN_MAX], line[2048];
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), peer;
	struct holder others, ours;
	struct blob theirs, chain;
	ssize_t n;

	(void)state;
	assert_int_equal(bind(listener, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(listener, 8), 0);
	assert_int_equal(
	    getsockname(listener, (struct sockaddr *)&at, &len), 0);
	theirs = chain_that_names(ntohs(at.sin_port), 'b', &others, bad);
	chain = chain_that_names(ntohs(at.sin_port), 'g', &ours, good);
	want_staple(theirs, chain, 5000, false);
	want_staple(theirs, theirs, 5000, true);
	want_staple(theirs, theirs, -5000, false);
	want_staple(chain, chain, 5000, false);
	/* The first that comes is that of the last: others came earlier. */
	peer = accept(listener, NULL, NULL);
	assert_true(peer >= 0);
	n = recv(peer, line, sizeof(line) - 1, 0);
	assert_true(n > 0);
	assert_non_null(strstr((char *)line, "POST /g HTTP/1.1\r\n"));
	close(peer);
	close(listener);
	holder_free(&others);
	holder_free(&ours);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_for_ours_alone),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, play_begin, play_end);
}
