/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * signatures: how many of them the real keeper makes in a second, over the
 * socket that workers have, and what each costs in CPU time of the keeper:
 * for each kind of key, with one core and with all.
 */
#include <config.h>

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>

#include "daemon/ipc/app.h"
#include "test/unit/keeper_ask.h"

enum { WINDOW = 64 }; /* requests on their way */

static const struct kind {
	const char *name;
	gnutls_pk_algorithm_t pk;
	unsigned bits;
	gnutls_sign_algorithm_t sign;
	const char *label;
} kinds[] = {
	{ "p256.example.com", GNUTLS_PK_ECDSA,
	    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
	    GNUTLS_SIGN_ECDSA_SECP256R1_SHA256, "P-256" },
	{ "p384.example.com", GNUTLS_PK_ECDSA,
	    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1),
	    GNUTLS_SIGN_ECDSA_SECP384R1_SHA384, "P-384" },
	{ "ed25519.example.com", GNUTLS_PK_EDDSA_ED25519, 0,
	    GNUTLS_SIGN_EDDSA_ED25519, "Ed25519" },
	{ "rsa2048.example.com", GNUTLS_PK_RSA, 2048,
	    GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, "RSA-2048" },
	{ "rsa4096.example.com", GNUTLS_PK_RSA, 4096,
	    GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, "RSA-4096" },
};

enum { NKINDS = sizeof(kinds) / sizeof(kinds[0]) };

static double
clock_seconds(clockid_t clock)
{
	struct timespec ts;

	assert_int_equal(clock_gettime(clock, &ts), 0);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double
keeper_cpu(void)
{
	clockid_t clock;

	assert_int_equal(clock_getcpuclockid(play.pid, &clock), 0);
	return clock_seconds(clock);
}

/* A grant for as many signatures as can be made in the time, and its key. */
static struct sign_req
request_for(const struct kind *kind, uint8_t *key, uint8_t *sealed)
{
	/* of TLS 1.3, for the keys that sign the message itself */
	static uint8_t content[130];
	struct credential_req ask_for = { .name = kind->name };
	struct grant g = usual_grant();
	struct sign_req req = { .algorithm = kind->sign };

	memset(content, ' ', 64);
	memcpy(content + 64, "TLS 1.3, server CertificateVerify", 34);
	g.signatures = UINT32_MAX;
	g.until += 600 * 1000;
	ask_for.grant = play_seal(&play, &g);
	memcpy(sealed, ask_for.grant.data, ask_for.grant.len);
	req.grant = (struct blob){ sealed, ask_for.grant.len };
	memcpy(key, first_row(ask_credential(ask_for)).key.data, KEY_ID_SIZE);
	req.key = (struct blob){ key, KEY_ID_SIZE };
	req.digest = (struct blob){ content,
		gnutls_hash_get_len(
		    gnutls_sign_get_hash_algorithm(kind->sign)) };
	if (kind->pk == GNUTLS_PK_EDDSA_ED25519)
		req.digest.len = sizeof(content);
	return req;
}

static void
send_request(const struct sign_req *req)
{
	assert_int_equal(message_send(play.workers[0], &sign_req_schema, 1, req,
			     NULL, 0, CHANNEL_WAIT),
	    0);
}

static void
take_signature(void)
{
	struct sign_ans ans;

	assert_int_equal(
	    channel_recv(play.workers[0], &play.packet, CHANNEL_WAIT), 1);
	assert_int_equal(
	    packet_decode(&sign_ans_schema, &play.packet, &ans), 0);
	if (ans.error != 0)
		fail_msg("%s", ans.reason);
}

/* With so many on their way, for so long: signatures a second, and the CPU
 * time of each in microseconds. */
static void
measure(const struct sign_req *req, unsigned window, double time, double *rate,
    double *cost)
{
	double begin = clock_seconds(CLOCK_MONOTONIC), end = begin;
	double cpu = keeper_cpu();
	unsigned long n = 0;

	for (unsigned i = 0; i < window; i++)
		send_request(req);
	while (end - begin < time) {
		take_signature();
		send_request(req);
		n++;
		end = clock_seconds(CLOCK_MONOTONIC);
	}
	*rate = (double)n / (end - begin);
	*cost = (keeper_cpu() - cpu) / (double)n * 1e6;
	for (unsigned i = 0; i < window; i++)
		take_signature();
}

static void
measure_kind(const struct kind *kind, int cores, double time)
{
	uint8_t key[KEY_ID_SIZE], sealed[GRANT_MAX];
	struct sign_req req = request_for(kind, key, sealed);
	double alone, rate, cost_alone, cost;

	measure(&req, 1, time / 4, &alone, &cost_alone);
	measure(&req, WINDOW, time, &rate, &cost);
	printf("%-10s %5d %10.0f %8.1f %10.0f %8.1f\n", kind->label, cores,
	    1e6 / alone, cost_alone, rate, cost);
	fflush(stdout);
}

static void
run(int cores, double time)
{
	cpu_set_t all, some;
	int left = cores;

	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	CPU_ZERO(&some);
	for (unsigned i = 0; i < CPU_SETSIZE && left > 0; i++)
		if (CPU_ISSET(i, &all)) {
			CPU_SET(i, &some);
			left--;
		}
	/* The keeper begins as many threads as it may use cores. */
	assert_int_equal(sched_setaffinity(0, sizeof(some), &some), 0);
	play_prepare(&play);
	play_start(&play, "allow any *.example.com anyone\n", NULL);
	assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
	for (size_t k = 0; k < NKINDS; k++) {
		struct paper p = add_identity(
		    kinds[k].name, &(struct paper_wish){ .name = kinds[k].name,
				       .pk = kinds[k].pk,
				       .bits = kinds[k].bits });

		paper_free(&p);
		measure_kind(&kinds[k], cores, time);
	}
	play_stop(&play);
	play_clean(&play);
}

static double time_for_each = 2;

static void
measure_all(void **state)
{
	cpu_set_t all;
	int cores;

	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	cores = CPU_COUNT(&all);
	printf(
	    "%-10s %5s %19s %19s\n", "", "", "one at a time", "many at a time");
	printf("%-10s %5s %10s %8s %10s %8s\n", "key", "cores", "us", "CPU us",
	    "rate/s", "CPU us");
	run(1, time_for_each);
	if (cores > 1)
		run(cores, time_for_each);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(measure_all) };

	if (argc > 1)
		time_for_each = atof(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
