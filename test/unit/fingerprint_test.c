/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * fingerprint_test: whatever a verdict rests on changes its fingerprint, and
 * nothing else does.
 */
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/ipc/app.h"
#include "daemon/verifier/basis.h"
#include "daemon/verifier/fingerprint.h"
#include "test/unit/authority.h"

static char top[64];
static struct holder root, other;
static unsigned long clock_ms = 1000000;

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* What is asked, and by whom. */
struct subject {
	struct verify_req req;
	struct fingerprint_asker asker;
};

static const struct subject base = {
	.req = {
		.chain = { (const uint8_t *)"\0\0\0\2ab", 6 },
		.remote_name = "www.example.com",
		.local_name = "anna@example.com",
		.service = "http",
		.port = 443,
		.ocsp = { (const uint8_t *)"\0\0\0\1x", 5 },
	},
	.asker = { .role = APP_ROLE_CLIENT, .uid = 1000 },
};

static void
print(const struct trust *trust, const struct subject *s,
    uint8_t out[DIGEST_SIZE])
{
	assert_true(fingerprint_make(out, trust, &s->req, &s->asker));
}

/* Each a change of the base. */
static void
chain_byte(struct subject *s)
{
	s->req.chain.data = (const uint8_t *)"\0\0\0\2ac";
}

static void
raw_key(struct subject *s)
{
	s->req.raw_key = (struct blob){ (const uint8_t *)"key", 3 };
}

/* The same bytes, as the other. */
static void
raw_chain(struct subject *s)
{
	s->req.raw_key = s->req.chain;
	s->req.chain = (struct blob){ NULL, 0 };
}

static void
other_raw_key(struct subject *s)
{
	raw_chain(s);
	s->req.raw_key.data = (const uint8_t *)"\0\0\0\2ac";
}

static void
chain_length(struct subject *s)
{
	s->req.chain = (struct blob){ (const uint8_t *)"\0\0\0\2ab\0\0\0", 9 };
}

static void
no_ocsp(struct subject *s)
{
	s->req.ocsp = (struct blob){ NULL, 0 };
}

static void
other_ocsp(struct subject *s)
{
	s->req.ocsp.data = (const uint8_t *)"\0\0\0\1y";
}

static void
other_name(struct subject *s)
{
	s->req.remote_name = "ww2.example.com";
}

static void
no_name(struct subject *s)
{
	s->req.remote_name = NULL;
}

static void
empty_name(struct subject *s)
{
	s->req.remote_name = "";
}

static void
other_local(struct subject *s)
{
	s->req.local_name = "bert@example.com";
}

static void
no_local(struct subject *s)
{
	s->req.local_name = NULL;
}

/* The same letters, one field on. */
static void
shifted(struct subject *s)
{
	s->req.local_name = "anna@example.comh";
	s->req.service = "ttp";
}

static void
other_service(struct subject *s)
{
	s->req.service = "smtp";
}

static void
no_service(struct subject *s)
{
	s->req.service = NULL;
}

static void
other_port(struct subject *s)
{
	s->req.port = 444;
}

static void
other_role(struct subject *s)
{
	s->asker.role = APP_ROLE_SERVER;
}

static void
refuse_users(struct subject *s)
{
	s->asker.flags = APP_REFUSE_USERS;
}

static void
refuse_domains(struct subject *s)
{
	s->asker.flags = APP_REFUSE_DOMAINS;
}

static void
skip_authorization(struct subject *s)
{
	s->asker.flags = APP_SKIP_AUTHORIZATION;
}

static void
uid_that_counts(struct subject *s)
{
	s->asker.uid_counts = true;
}

static void
other_uid_that_counts(struct subject *s)
{
	s->asker.uid_counts = true;
	s->asker.uid = 1001;
}

/* These are no change. */
static void
nothing(struct subject *s)
{
	(void)s;
}

static void
other_uid(struct subject *s)
{
	s->asker.uid = 1001;
}

static void
flags_of_others(struct subject *s)
{
	s->asker.flags = APP_NO_CACHE_READ | APP_NO_CACHE_WRITE |
			 APP_OPTIONAL_REMOTE_CERT | APP_NO_LOCAL_CERT;
}

static void
trace(struct subject *s)
{
	s->req.trace = true;
}

static void
other_grant(struct subject *s)
{
	s->req.grant = (struct blob){ (const uint8_t *)"g", 1 };
}

static void (*const different[])(struct subject *) = { nothing, chain_byte,
	raw_key, raw_chain, other_raw_key, chain_length, no_ocsp, other_ocsp,
	other_name, no_name, empty_name, other_local, no_local, shifted,
	other_service, no_service, other_port, other_role, refuse_users,
	refuse_domains, skip_authorization, uid_that_counts,
	other_uid_that_counts };
static void (*const same[])(struct subject *) = { nothing, other_uid,
	flags_of_others, trace, other_grant };

enum {
	DIFFERENT = sizeof(different) / sizeof(different[0]),
	SAME = sizeof(same) / sizeof(same[0]),
};

/*
 * The files of trust.
 */

static void
path_of(const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", top, name);
}

static void
write_text(const char *name, const char *text)
{
	char next[128], path[128];
	FILE *f;

	path_of("next", next);
	path_of(name, path);
	f = fopen(next, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(rename(next, path), 0);
}

static void
write_data(const char *name, gnutls_datum_t data)
{
	write_text(name, (const char *)data.data);
	gnutls_free(data.data);
}

static void
anchors_of(const struct holder *h)
{
	write_data("anchors", pem_make(&h, 1));
}

static const char pins[] =
    "www.example.com server sha256:"
    "0101010101010101010101010101010101010101010101010101"
    "010101010101\n";
static const char dnskey[] =
    ". 86400 IN DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+Gq"
    "JxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==";

static void
write_all(void)
{
	char path[128];

	anchors_of(&root);
	write_text("pins", pins);
	write_text("rules", "* client * allow\n");
	write_text("plugin", "not looked into");
	write_text("dnskey", dnskey);
	path_of("crls", path);
	assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
	write_data(
	    "crls/a", crl_make(&root, NULL, 0, -60, HOUR, GNUTLS_X509_FMT_PEM));
}

static struct config *
configuration(const char *more)
{
	char text[2048], error[256];
	struct config *config;

	snprintf(text, sizeof(text),
	    "[daemon]\nstate = %s\n[trust]\nanchors = %s/anchors\n"
	    "pins = %s/pins\ncrls = %s/crls\n[authorization]\n"
	    "rules = %s/rules\nplugin = %s/plugin\n[dns]\n"
	    "trust-anchor = %s/dnskey\n%s",
	    top, top, top, top, top, top, top, more);
	config = config_parse(text, strlen(text), error, sizeof(error));
	if (config == NULL)
		fail_msg("%s", error);
	return config;
}

static void
begin(struct trust *trust, const char *more)
{
	struct config *config = configuration(more);

	assert_int_equal(trust_init(trust), 0);
	assert_int_equal(trust_configure(trust, config), 0);
	config_free(config);
}

static int
set_up(void **state)
{
	static const struct shape ca = { .subject = { { OID_CN, "Root" } },
		.ca = true };
	char path[128];

	(void)state;
	root = holder_make(&ca, NULL);
	other = holder_make(&ca, NULL);
	snprintf(top, sizeof(top), "/tmp/tlspool-fingerprint-XXXXXX");
	if (mkdtemp(top) == NULL)
		return -1;
	path_of("verifier", path);
	assert_int_equal(mkdir(path, 0700), 0);
	write_all();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	holder_free(&root);
	holder_free(&other);
	return nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
questions_differ(void **state)
{
	static uint8_t prints[DIFFERENT][DIGEST_SIZE];
	struct trust trust;

	(void)state;
	begin(&trust, "");
	for (size_t i = 0; i < DIFFERENT; i++) {
		struct subject s = base;

		different[i](&s);
		print(&trust, &s, prints[i]);
		for (size_t j = 0; j < i; j++)
			if (memcmp(prints[i], prints[j], DIGEST_SIZE) == 0)
				fail_msg("%zu is like %zu", i, j);
	}
	for (size_t i = 0; i < SAME; i++) {
		struct subject s = base;
		uint8_t now[DIGEST_SIZE];

		same[i](&s);
		print(&trust, &s, now);
		assert_memory_equal(now, prints[0], DIGEST_SIZE);
	}
	trust_free(&trust);
}

/*
 * Changes of what is trusted.
 */

static void
other_anchors(void)
{
	anchors_of(&other);
}

static void
broken_anchors(void)
{
	write_text("anchors", "nonsense");
}

static void
other_pins(void)
{
	write_text("pins", "# none\n");
}

static void
other_rules(void)
{
	write_text("rules", "* client * deny\n");
}

static void
other_plugin(void)
{
	write_text("plugin", "not looked into");
}

static void
other_list(void)
{
	write_data(
	    "crls/a", crl_make(&root, NULL, 0, -30, HOUR, GNUTLS_X509_FMT_PEM));
}

static void
one_more_list(void)
{
	write_data("crls/b",
	    crl_make(&other, NULL, 0, -30, HOUR, GNUTLS_X509_FMT_PEM));
}

static void
no_list(void)
{
	char path[128];

	path_of("crls/a", path);
	assert_int_equal(unlink(path), 0);
}

static void
wait_a_second(struct trust *trust)
{
	clock_ms += 1001;
	trust_refresh(trust, clock_ms);
}

/* A file that changes is seen, and that it changes back; but a file that
 * cannot be used leaves in force what was there before. */
static void
files_count(void **state)
{
	static const struct {
		const char *what;
		void (*change)(void);
		bool counts;
	} changes[] = {
		{ "anchors", other_anchors, true },
		{ "broken anchors", broken_anchors, false },
		{ "pins", other_pins, true },
		{ "rules", other_rules, true },
		{ "plugin", other_plugin, true },
		{ "list", other_list, true },
		{ "one more list", one_more_list, true },
		{ "no list", no_list, true },
	};
	uint8_t before[DIGEST_SIZE], after[DIGEST_SIZE];
	char extra[128];

	(void)state;
	path_of("crls/b", extra);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct trust trust, again;
		uint64_t generation;

		write_all();
		(void)unlink(extra);
		begin(&trust, "");
		begin(&again, "");
		print(&trust, &base, before);
		print(&again, &base, after); /* as after a restart */
		assert_memory_equal(before, after, DIGEST_SIZE);
		generation = basis_generation(&trust);
		wait_a_second(&trust);
		print(&trust, &base, after);
		assert_memory_equal(before, after, DIGEST_SIZE);
		assert_int_equal(basis_generation(&trust), generation);
		changes[i].change();
		wait_a_second(&trust);
		print(&trust, &base, after);
		if ((memcmp(before, after, DIGEST_SIZE) != 0) !=
		    changes[i].counts)
			fail_msg("%s", changes[i].what);
		if ((basis_generation(&trust) != generation) !=
		    changes[i].counts)
			fail_msg("generation: %s", changes[i].what);
		trust_free(&trust);
		trust_free(&again);
	}
	write_all();
	(void)unlink(extra);
}

static void
configuration_counts(void **state)
{
	static const struct {
		const char *text;
		bool counts;
	} changes[] = {
		{ "[trust]\nclient-policy = pkix\n", true },
		{ "[trust]\nclient-policy = dane pin pkix\n", true },
		{ "[trust]\nserver-policy = pin\n", true },
		{ "[trust]\nrequire-crl = yes\n", true },
		{ "[trust]\npkix-strict = yes\n", true },
		{ "[trust \"*.example.com\"]\nclient-policy = pkix\n", true },
		{ "[trust \"*.example.com\"]\nrequire-crl = yes\n", true },
		{ "[dns]\nforward = 127.0.0.1@5353\n", true },
		{ "[dns]\nlocal-zones = no\n", true },
		{ "[daemon]\nworkers = 7\n", false },
		{ "[tls]\nhandshake-timeout = 1s\n", false },
		{ "[quota]\nmax-sessions = 1\n", false },
		{ "[cache]\nsize = 1\n", false },
		{ "", false },
	};
	uint8_t before[DIGEST_SIZE], after[DIGEST_SIZE];
	struct trust trust;

	(void)state;
	begin(&trust, "");
	print(&trust, &base, before);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct config *config = configuration(changes[i].text);

		assert_int_equal(trust_configure(&trust, config), 0);
		config_free(config);
		print(&trust, &base, after);
		if ((memcmp(before, after, DIGEST_SIZE) != 0) !=
		    changes[i].counts)
			fail_msg("%s", changes[i].text);
	}
	trust_free(&trust);
}

/* What libunbound notes beside a key is not the key. */
static void
dns_anchor_counts(void **state)
{
	static const struct {
		const char *more;
		bool counts;
	} changes[] = {
		{ "\n", false },
		{ " ;;state=2 [  VALID  ] ;;count=0 ;;lastchange=17\n", false },
		{ "\n; autotrust trust anchor file\n;;last_success: 1\n",
		    false },
		{ "\n. IN DS 1 8 2 00\n", true },
	};
	uint8_t before[DIGEST_SIZE], after[DIGEST_SIZE];
	struct trust trust;
	char text[1024];

	(void)state;
	begin(&trust, "");
	print(&trust, &base, before);
	trust_free(&trust);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		snprintf(text, sizeof(text), "%s%s", dnskey, changes[i].more);
		write_text("dnskey", text);
		begin(&trust, "");
		print(&trust, &base, after);
		trust_free(&trust);
		if ((memcmp(before, after, DIGEST_SIZE) != 0) !=
		    changes[i].counts)
			fail_msg("%s", changes[i].more);
	}
	write_all();
}

static void
add_known(
    struct trust *trust, const char *text, bool server, enum known_kind kind)
{
	static uint8_t key[PIN_SIZE];
	struct peername name;

	key[0]++;
	assert_int_equal(peername_parse(&name, text), 0);
	assert_int_equal(
	    known_add(trust->known, &name, server, key, kind, 1), 0);
}

/* Keys that the verifier keeps count for the server that they are of; those
 * of clients for all clients, which may claim any name. */
static void
known_keys_count(void **state)
{
	static const struct {
		const char *name;
		bool server, for_server, for_client;
		enum known_kind kind;
	} cases[] = {
		{ "www.example.com", true, true, false, KNOWN_PINNED },
		{ "www.example.com", true, true, false, KNOWN_FIRST_USE },
		{ "www.example.com.", true, true, false, KNOWN_FIRST_USE },
		{ "ftp.example.com", true, false, false, KNOWN_FIRST_USE },
		{ "www.example.com", false, false, true, KNOWN_PINNED },
		{ "anna@example.com", false, false, true, KNOWN_PINNED },
	};
	uint8_t server[2][DIGEST_SIZE], client[2][DIGEST_SIZE];
	struct subject of_client = base;
	struct trust trust;

	(void)state;
	of_client.asker.role = APP_ROLE_SERVER;
	of_client.req.remote_name = NULL;
	begin(&trust, "");
	assert_non_null(trust.known);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t generation = basis_generation(&trust);

		print(&trust, &base, server[0]);
		print(&trust, &of_client, client[0]);
		add_known(
		    &trust, cases[i].name, cases[i].server, cases[i].kind);
		print(&trust, &base, server[1]);
		print(&trust, &of_client, client[1]);
		assert_int_equal(memcmp(server[0], server[1], DIGEST_SIZE) != 0,
		    cases[i].for_server);
		assert_int_equal(memcmp(client[0], client[1], DIGEST_SIZE) != 0,
		    cases[i].for_client);
		assert_int_not_equal(basis_generation(&trust), generation);
	}
	trust_free(&trust);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions_differ),
		cmocka_unit_test(files_count),
		cmocka_unit_test(configuration_counts),
		cmocka_unit_test(dns_anchor_counts),
		cmocka_unit_test(known_keys_count),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
