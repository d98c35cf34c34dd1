/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * trace_test: what an application hears of how a verdict came about.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <tlspool/tlspool.h>

#include "test/unit/fake_daemon.h"

static struct fake fake;
static struct tlspool *pool;

/* What the daemon says, in front of FAILED. */
static struct trace said;
static bool wished; /* START had the bit */
static uint8_t rows[512], chain[64], steps[128], names[64];

static void
put_row(struct wire_writer *w, const struct trace_cert *cert)
{
	uint8_t row[256];
	int len = message_encode(&trace_cert_schema, 0, cert, row, sizeof(row));

	assert_true(len > 0);
	wire_put_string(w, row, (size_t)len);
}

/* A chain of three, of which two are described and two are sent along. */
static void
set_trace(void)
{
	struct wire_writer w = { .data = names, .size = sizeof(names) };
	struct trace_cert leaf = { .subject = "CN=leaf",
		.issuer = "CN=root",
		.from = 1,
		.until = UINT64_C(1) << 40,
		.key = { (const uint8_t *)"0123", 4 } };
	struct trace_cert root = { .subject = "CN=root" };

	wire_put_string(&w, "a.example", 9);
	wire_put_string(&w, "b.example", 9);
	leaf.names = (struct blob){ names, w.len };
	w = (struct wire_writer){ .data = rows, .size = sizeof(rows) };
	put_row(&w, &leaf);
	put_row(&w, &root);
	said.certs = (struct blob){ rows, w.len };
	w = (struct wire_writer){ .data = chain, .size = sizeof(chain) };
	wire_put_string(&w, "LEAF", 4);
	wire_put_string(&w, "MIDDLE", 6);
	wire_put_string(&w, "", 0);
	said.chain = (struct blob){ chain, w.len };
	w = (struct wire_writer){ .data = steps, .size = sizeof(steps) };
	wire_put_string(&w, "pin: one\x1b\nline", 14);
	wire_put_string(&w, "pkix: two", 9);
	said.steps = (struct blob){ steps, w.len };
}

static bool
tell(struct fake *f, int conn, struct packet *p)
{
	struct start start;

	(void)f;
	if (p->header.type != APP_START)
		return true;
	assert_int_equal(packet_decode(&start_schema, p, &start), 0);
	wished = (start.events & APP_EVENT_TRACE) != 0;
	assert_int_equal(message_send(conn, &trace_schema, p->header.request,
			     &said, NULL, 0, CHANNEL_WAIT),
	    0);
	fake_send_failed(conn, p->header.request, EKEYREJECTED, "no");
	return true;
}

/* Starts a request, and waits for its end. */
static struct tlspool_request *
run(int trace)
{
	struct tlspool_request *req;

	fake_start(&fake, tell);
	assert_non_null(pool = tlspool_new(fake.path));
	assert_non_null(req = tlspool_client(pool));
	assert_int_equal(tlspool_set_trace(req, trace), 0);
	assert_null(tlspool_trace(req));
	assert_int_equal(errno, ENOENT);
	assert_int_equal(
	    tlspool_start(req, open("/dev/null", O_RDWR | O_CLOEXEC)), 0);
	assert_int_equal(tlspool_set_trace(req, 0), -1);
	assert_int_equal(errno, EBUSY);
	while (tlspool_request_state(req) == TLSPOOL_PENDING)
		assert_true(tlspool_wait(pool, 10000) >= 0);
	return req;
}

static void
end(struct tlspool_request *req)
{
	tlspool_request_free(req);
	tlspool_free(pool);
	fake_stop(&fake);
}

static void
of_a_no(void **state)
{
	const struct tlspool_trace *t;
	struct tlspool_request *req;

	(void)state;
	said = (struct trace){ .error = EKEYREJECTED, .reason = "who?" };
	set_trace();
	req = run(1);
	assert_true(wished);
	assert_int_equal(tlspool_request_error(req), EKEYREJECTED);
	assert_non_null(t = tlspool_trace(req));
	assert_int_equal(tlspool_trace_error(t), EKEYREJECTED);
	assert_string_equal(tlspool_trace_reason(t), "who?");
	assert_string_equal(tlspool_trace_peer_name(t), "");
	assert_string_equal(tlspool_trace_method(t), "");
	assert_string_equal(tlspool_trace_evidence(t), "");
	assert_int_equal(tlspool_trace_until(t), 0);
	/* One line each. */
	assert_int_equal(strncmp(tlspool_trace_step(t, 0), "pin: one", 8), 0);
	assert_null(strpbrk(tlspool_trace_step(t, 0), "\x1b\n"));
	assert_string_equal(tlspool_trace_step(t, 1), "pkix: two");
	assert_null(tlspool_trace_step(t, 2));
	end(req);
}

static void
of_a_yes(void **state)
{
	const struct tlspool_trace *t;
	struct tlspool_request *req;

	(void)state;
	said = (struct trace){ .name = "a.example",
		.method = "pin",
		.evidence = "a key",
		.until = 77 };
	req = run(1);
	assert_non_null(t = tlspool_trace(req));
	assert_int_equal(tlspool_trace_error(t), 0);
	assert_string_equal(tlspool_trace_reason(t), "");
	assert_string_equal(tlspool_trace_peer_name(t), "a.example");
	assert_string_equal(tlspool_trace_method(t), "pin");
	assert_string_equal(tlspool_trace_evidence(t), "a key");
	assert_int_equal(tlspool_trace_until(t), 77);
	assert_int_equal(tlspool_trace_certs(t), 0);
	assert_null(tlspool_trace_step(t, 0));
	end(req);
}

static void
of_certificates(void **state)
{
	const struct tlspool_trace *t;
	struct tlspool_request *req;
	size_t len;

	(void)state;
	said = (struct trace){ .error = EKEYREJECTED };
	set_trace();
	req = run(1);
	assert_non_null(t = tlspool_trace(req));
	assert_int_equal(tlspool_trace_certs(t), 3);
	assert_null(tlspool_trace_raw_key(t, &len));
	assert_string_equal(tlspool_trace_cert_subject(t, 0), "CN=leaf");
	assert_string_equal(tlspool_trace_cert_issuer(t, 0), "CN=root");
	assert_int_equal(tlspool_trace_cert_from(t, 0), 1);
	assert_true(tlspool_trace_cert_until(t, 0) == UINT64_C(1) << 40);
	assert_memory_equal(tlspool_trace_cert_key(t, 0, &len), "0123", 4);
	assert_int_equal(len, 4);
	assert_memory_equal(tlspool_trace_cert_der(t, 0, &len), "LEAF", 4);
	assert_int_equal(len, 4);
	assert_string_equal(tlspool_trace_cert_name(t, 0, 0), "a.example");
	assert_string_equal(tlspool_trace_cert_name(t, 0, 1), "b.example");
	assert_null(tlspool_trace_cert_name(t, 0, 2));
	assert_string_equal(tlspool_trace_cert_subject(t, 1), "CN=root");
	assert_memory_equal(tlspool_trace_cert_der(t, 1, NULL), "MIDDLE", 6);
	/* Neither described nor sent, and behind the last. */
	for (size_t i = 2; i < 4; i++) {
		assert_string_equal(tlspool_trace_cert_subject(t, i), "");
		assert_null(tlspool_trace_cert_der(t, i, &len));
		assert_int_equal(len, 0);
		assert_null(tlspool_trace_cert_key(t, i, NULL));
		assert_null(tlspool_trace_cert_name(t, i, 0));
	}
	end(req);
}

/* A key alone is described, and comes along. */
static void
of_a_raw_key(void **state)
{
	const struct tlspool_trace *t;
	struct tlspool_request *req;
	struct wire_writer w = { .data = rows, .size = sizeof(rows) };
	size_t len;

	(void)state;
	put_row(
	    &w, &(struct trace_cert){ .key = { (const uint8_t *)"0123", 4 } });
	said = (struct trace){ .certs = { rows, w.len },
		.raw_key = { (const uint8_t *)"SPKI", 4 } };
	req = run(1);
	assert_non_null(t = tlspool_trace(req));
	assert_int_equal(tlspool_trace_certs(t), 1);
	assert_memory_equal(tlspool_trace_cert_key(t, 0, &len), "0123", 4);
	assert_null(tlspool_trace_cert_der(t, 0, &len));
	assert_memory_equal(tlspool_trace_raw_key(t, &len), "SPKI", 4);
	assert_int_equal(len, 4);
	end(req);
	assert_null(tlspool_trace_raw_key(NULL, &len));
	assert_int_equal(len, 0);
}

/* Told without having been asked: it is nothing to us. */
static void
unasked(void **state)
{
	struct tlspool_request *req;

	(void)state;
	said = (struct trace){ .error = EKEYREJECTED };
	req = run(0);
	assert_false(wished);
	assert_int_equal(tlspool_request_error(req), EKEYREJECTED);
	assert_null(tlspool_trace(req));
	end(req);
}

/* Rows that are none: the daemon is not understood. */
static void
malformed(void **state)
{
	struct tlspool_request *req;

	(void)state;
	said = (struct trace){ .error = EKEYREJECTED };
	said.certs = (struct blob){ (const uint8_t *)"\0\0\0\1x", 5 };
	req = run(1);
	assert_int_equal(tlspool_request_error(req), EPROTO);
	assert_null(tlspool_trace(req));
	end(req);
}

static void
of_nothing(void **state)
{
	(void)state;
	assert_int_equal(tlspool_set_trace(NULL, 1), -1);
	assert_null(tlspool_trace(NULL));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(tlspool_trace_error(NULL), EINVAL);
	assert_string_equal(tlspool_trace_reason(NULL), "");
	assert_int_equal(tlspool_trace_certs(NULL), 0);
	assert_null(tlspool_trace_step(NULL, 0));
	assert_string_equal(tlspool_trace_cert_subject(NULL, 0), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_no),
		cmocka_unit_test(of_a_yes),
		cmocka_unit_test(of_certificates),
		cmocka_unit_test(of_a_raw_key),
		cmocka_unit_test(unasked),
		cmocka_unit_test(malformed),
		cmocka_unit_test(of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
