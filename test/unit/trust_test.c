/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * trust_test: files of trust that appear, change, turn bad and go away.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/sys/log.h"
#include "daemon/verifier/trust.h"
#include "test/unit/authority.h"

#define PIN                                          \
	"example.com server sha256:0101010101010101" \
	"010101010101010101010101010101010101010101010101\n"

/* A folder with the three, and a configuration that names them. */
static char folder[] = "trust_test.XXXXXX";
static char anchors_path[64], crls_path[64], crl_path[64], pins_path[64];
static struct config config, *defaults;
static struct holder root, other, leaf;
static char events[1024]; /* that were logged as errors */
static uint64_t now_ms = 1000000;

static void
note(int priority, const char *event, const char *text)
{
	size_t len = strlen(events);

	(void)text;
	if (priority <= LOG_ERR)
		snprintf(events + len, sizeof(events) - len, "%s ", event);
}

static void
write_file(const char *path, const void *data, size_t len)
{
	char next[128];
	FILE *f;

	snprintf(next, sizeof(next), "%s/.next", folder);
	f = fopen(next, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(rename(next, path), 0);
}

static void
write_text(const char *path, const char *text)
{
	write_file(path, text, strlen(text));
}

static void
write_anchors(const struct holder *const *holders, size_t n)
{
	gnutls_datum_t pem = pem_make(holders, n);

	write_file(anchors_path, pem.data, pem.size);
	gnutls_free(pem.data);
}

static void
write_crl(const struct holder *const *revoked, size_t n, long from)
{
	gnutls_datum_t crl =
	    crl_make(&root, revoked, n, from, HOUR, GNUTLS_X509_FMT_PEM);

	write_file(crl_path, crl.data, crl.size);
	gnutls_free(crl.data);
}

static void
refresh(struct trust *trust)
{
	events[0] = '\0';
	now_ms += 1000;
	trust_refresh(trust, now_ms);
}

static int
set_up(void **state)
{
	static const struct shape ca = { .subject = { { OID_CN, "Root" } },
		.ca = true };
	static const struct shape plain = { .subject = { { OID_CN, "x" } } };

	char error[256];

	(void)state;
	log_to(note);
	assert_non_null(mkdtemp(folder));
	snprintf(anchors_path, sizeof(anchors_path), "%s/anchors", folder);
	snprintf(pins_path, sizeof(pins_path), "%s/pins", folder);
	snprintf(crls_path, sizeof(crls_path), "%s/crls", folder);
	snprintf(crl_path, sizeof(crl_path), "%s/crls/root", folder);
	assert_int_equal(mkdir(crls_path, 0700), 0);
	defaults = config_parse("", 0, error, sizeof(error));
	assert_non_null(defaults);
	config = *defaults;
	config.state = NULL;
	config.anchors = anchors_path;
	config.pins = pins_path;
	config.crls = crls_path;
	root = holder_make(&ca, NULL);
	other = holder_make(&ca, NULL);
	leaf = holder_make(&plain, &root);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	config_free(defaults);
	holder_free(&root);
	holder_free(&other);
	holder_free(&leaf);
	unlink(anchors_path);
	unlink(pins_path);
	unlink(crl_path);
	rmdir(crls_path);
	return rmdir(folder);
}

static void
anchors_are_read_again(void **state)
{
	const struct holder *both[] = { &root, &other };
	struct trust trust;

	(void)state;
	unlink(anchors_path);
	events[0] = '\0';
	assert_int_equal(trust_init(&trust), 0);
	assert_int_equal(trust_configure(&trust, &config), 0);
	assert_null(trust.anchors);
	assert_non_null(strstr(trust.anchors_file.trouble, "No such file"));
	assert_non_null(strstr(events, "anchors-bad"));

	refresh(&trust);
	assert_string_equal(events, ""); /* said once */
	write_anchors(both, 1);
	trust_refresh(&trust, now_ms + 999);
	assert_null(trust.anchors); /* too early */
	refresh(&trust);
	assert_int_equal(anchors_count(trust.anchors), 1);
	assert_string_equal(trust.anchors_file.trouble, "");
	write_anchors(both, 2);
	refresh(&trust);
	assert_int_equal(anchors_count(trust.anchors), 2);

	write_text(anchors_path, "-----BEGIN CERTIFICATE-----\nAAAA\n");
	refresh(&trust);
	assert_non_null(strstr(events, "anchors-bad"));
	assert_int_equal(anchors_count(trust.anchors), 2);
	write_text(anchors_path, "");
	refresh(&trust);
	assert_non_null(strstr(events, "anchors-bad"));
	assert_int_equal(anchors_count(trust.anchors), 2);
	unlink(anchors_path);
	refresh(&trust);
	assert_non_null(strstr(events, "anchors-bad"));
	assert_int_equal(anchors_count(trust.anchors), 2);
	trust_free(&trust);
}

static void
pins_are_read_again(void **state)
{
	struct trust trust;

	(void)state;
	write_text(pins_path, "nonsense\n");
	assert_int_equal(trust_init(&trust), 0);
	assert_int_equal(trust_configure(&trust, &config), 0);
	assert_null(trust.pins);
	assert_non_null(strstr(trust.pins_file.trouble, "line 1: "));
	write_text(pins_path, PIN);
	refresh(&trust);
	assert_int_equal(pins_count(trust.pins), 1);
	write_text(pins_path, PIN "nonsense\n");
	refresh(&trust);
	assert_non_null(strstr(events, "pins-bad"));
	assert_int_equal(pins_count(trust.pins), 1);
	write_text(pins_path, "# none\n");
	refresh(&trust);
	assert_int_equal(pins_count(trust.pins), 0);
	assert_non_null(trust.pins);
	trust_free(&trust);
}

static enum crls_result
check(struct trust *trust)
{
	time_t until;

	return crls_check(
	    trust->crls, leaf.cert, root.cert, time(NULL), &until);
}

static void
lists_are_read_again(void **state)
{
	const struct holder *revoked[] = { &leaf };
	struct trust trust;

	(void)state;
	assert_int_equal(trust_init(&trust), 0);
	assert_int_equal(trust_configure(&trust, &config), 0);
	assert_int_equal(crls_count(trust.crls), 0);
	assert_int_equal(check(&trust), CRLS_UNKNOWN);
	write_crl(revoked, 0, -60);
	refresh(&trust);
	assert_int_equal(crls_count(trust.crls), 1);
	assert_int_equal(check(&trust), CRLS_GOOD);
	write_crl(revoked, 1, -50);
	refresh(&trust);
	assert_int_equal(check(&trust), CRLS_REVOKED);
	write_text(crl_path, "-----BEGIN X509 CRL-----\nAAAA\n");
	refresh(&trust);
	assert_non_null(strstr(events, "crl-bad"));
	assert_int_equal(check(&trust), CRLS_REVOKED);
	refresh(&trust);
	assert_string_equal(events, "");
	unlink(crl_path);
	refresh(&trust);
	assert_int_equal(crls_count(trust.crls), 0);
	assert_int_equal(check(&trust), CRLS_UNKNOWN);
	trust_free(&trust);
}

static void
configuration_changes(void **state)
{
	const struct holder *both[] = { &root, &other };
	struct config next = config;
	struct trust trust;
	char missing[64], none[] = "none";

	(void)state;
	write_anchors(both, 2);
	write_text(pins_path, PIN);
	write_crl(both, 0, -60);
	assert_int_equal(trust_init(&trust), 0);
	assert_int_equal(trust_configure(&trust, &config), 0);
	assert_int_equal(anchors_count(trust.anchors), 2);
	assert_int_equal(pins_count(trust.pins), 1);
	assert_int_equal(crls_count(trust.crls), 1);

	/* A file that cannot be read leaves what was. */
	snprintf(missing, sizeof(missing), "%s/missing", folder);
	next.anchors = next.pins = next.crls = missing;
	assert_int_equal(trust_configure(&trust, &next), 0);
	assert_int_equal(anchors_count(trust.anchors), 2);
	assert_int_equal(pins_count(trust.pins), 1);
	assert_int_equal(crls_count(trust.crls), 1);

	/* One that is not wanted any more is gone. */
	next.anchors = none;
	next.pins = next.crls = NULL;
	next.require_crl = true;
	assert_int_equal(trust_configure(&trust, &next), 0);
	assert_null(trust.anchors);
	assert_null(trust.anchors_file.path);
	assert_null(trust.pins);
	assert_int_equal(crls_count(trust.crls), 0);
	assert_true(trust.require_crl);
	trust_free(&trust);
}

/* clang-format off */
static const struct list_case {
	const char *title, *pem;
	const char *error; /* NULL: it is taken */
} list_cases[] = {
	{ "complete",
	    "-----BEGIN X509 CRL-----\n"
	    "MIG1MGkCAQEwBQYDK2VwMAwxCjAIBgNVBAMMAUEXDTI2MTEyMTA3NDQwNVoYDzIw\n"
	    "NTEwNzEzMDc0NDA1WqAvMC0wHwYDVR0jBBgwFoAUyBSrsqbV15yd43HghvcnxQ5k\n"
	    "EmswCgYDVR0UBAMCAQEwBQYDK2VwA0EA9fSWI8a1Deknh3dmqHcfPg8xQvhJqGcu\n"
	    "+hiw1K7wMr2YzNGdl/uryXkNBi3k1rhg8/zc23yE95cq+l3cUQ5gAQ==\n"
	    "-----END X509 CRL-----\n",
	    NULL },
	{ "an extension that does not matter",
	    "-----BEGIN X509 CRL-----\n"
	    "MIGgMFQCAQEwBQYDK2VwMAwxCjAIBgNVBAMMAUEXDTI2MTEyMTA3NDQwNVoYDzIw\n"
	    "NTEwNzEzMDc0NDA1WqAaMBgwCgYEKgMEBQQCBQAwCgYDVR0UBAMCAQEwBQYDK2Vw\n"
	    "A0EApygeAmL92OeOQvW93xuROCP7LZiV7i/nUsVqqZ3YCwJrmwGsgg046rCNsbnt\n"
	    "tYPbYzmhdivP6li1D6+50zJcBQ==\n"
	    "-----END X509 CRL-----\n",
	    NULL },
	{ "of one distribution point",
	    "-----BEGIN X509 CRL-----\n"
	    "MIG6MG4CAQEwBQYDK2VwMAwxCjAIBgNVBAMMAUEXDTI2MTEyMTA3NDQwNVoYDzIw\n"
	    "NTEwNzEzMDc0NDA1WqA0MDIwJAYDVR0cAQH/BBowGKAWoBSGEmh0dHA6Ly9hLmV4\n"
	    "YW1wbGUvYzAKBgNVHRQEAwIBATAFBgMrZXADQQAt+bYVZxvlHmzilWIxIvlp8mNQ\n"
	    "PafzFuezmbvieFmNJCBwsaLpidi0fhObsvEDHhbZcLpiN7ayR/ZGuztlx04J\n"
	    "-----END X509 CRL-----\n",
	    "not complete" },
	{ "of changes only",
	    "-----BEGIN X509 CRL-----\n"
	    "MIGjMFcCAQEwBQYDK2VwMAwxCjAIBgNVBAMMAUEXDTI2MTEyMTA3NDQwNVoYDzIw\n"
	    "NTEwNzEzMDc0NDA1WqAdMBswDQYDVR0bAQH/BAMCAQEwCgYDVR0UBAMCAQEwBQYD\n"
	    "K2VwA0EAu2+IwkI69Z4uASfMmECLjhCrinm7YdqN7hTykHWCCjO1cLKL7YwiWG05\n"
	    "/+KQHLCI/2fa5kWiPWVqvjPFJgYVBA==\n"
	    "-----END X509 CRL-----\n",
	    "not complete" },
	{ "a critical extension that is unknown",
	    "-----BEGIN X509 CRL-----\n"
	    "MIGjMFcCAQEwBQYDK2VwMAwxCjAIBgNVBAMMAUEXDTI2MTEyMTA3NDQwNVoYDzIw\n"
	    "NTEwNzEzMDc0NDA1WqAdMBswDQYEKgMEBQEB/wQCBQAwCgYDVR0UBAMCAQEwBQYD\n"
	    "K2VwA0EA/DMIXn9Awe/bJ/bOcfUmNN8rkm91hn3qUzCYU5szsdG1VxsZsxOzA8nT\n"
	    "VakoT0cUoBix8tFR31ARsEgrS/VpDA==\n"
	    "-----END X509 CRL-----\n",
	    "not complete" },
	{ "nothing", "", "not a revocation list" },
	{ "text", "hello\n", "not a revocation list" },
	{ "DER that is none", "\x30\x03\x02\x01\x01",
	    "not a revocation list" },
};
/* clang-format on */

static void
lists_are_complete_or_refused(void **state)
{
	struct crls *crls = crls_new();
	size_t taken = 0;

	(void)state;
	assert_non_null(crls);
	for (size_t i = 0; i < sizeof(list_cases) / sizeof(*list_cases); i++) {
		const struct list_case *c = &list_cases[i];
		gnutls_datum_t data = { NULL, (unsigned)strlen(c->pem) };
		char error[256] = "";

		data.data = (unsigned char *)(uintptr_t)c->pem;
		print_message("%s\n", c->title);
		assert_int_equal(
		    crls_add(crls, c->title, &data, error, sizeof(error)),
		    c->error == NULL ? 0 : -1);
		if (c->error != NULL)
			assert_non_null(strstr(error, c->error));
		else
			taken++;
		assert_int_equal(crls_count(crls), taken);
	}
	crls_free(crls);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(anchors_are_read_again),
		cmocka_unit_test(pins_are_read_again),
		cmocka_unit_test(lists_are_read_again),
		cmocka_unit_test(lists_are_complete_or_refused),
		cmocka_unit_test(configuration_changes),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
