/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * keeper_test: what an administrator can have the keeper take, and what it
 * refuses, in which words.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "test/unit/keeper_ask.h"

static int
set_up(void **state)
{
	play_prepare(&play);
	play_start(&play, NULL, NULL);
	return 0;
}

static int
tear_down(void **state)
{
	play_stop(&play);
	play_clean(&play);
	return 0;
}

static int
open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd != -1);
	return fd;
}

static void
assert_refused(struct admin_result ans, const char *text)
{
	if (ans.error == 0)
		fail_msg("it was accepted; it should have said: %s", text);
	if (strstr(ans.text, text) == NULL)
		fail_msg("it says \"%s\", not \"%s\"", ans.text, text);
}

static void
good_credentials_are_taken(void **state)
{
	static const gnutls_pk_algorithm_t kinds[] = { GNUTLS_PK_ECDSA,
		GNUTLS_PK_RSA, GNUTLS_PK_EDDSA_ED25519, GNUTLS_PK_EDDSA_ED448 };
	static const char *const types[] = { "ECDSA P-256", "RSA 2048",
		"Ed25519", "Ed448" };
	struct admin_result ans;
	struct admin_id_row row;
	char name[64];

	for (size_t i = 0; i < 8; i++) {
		struct paper_wish wish = { .name = name, .pk = kinds[i / 2] };
		const char *cert = play_path(&play, "c.pem");
		const char *key = play_path(&play, "k.pem");
		const struct paper *chain[1];
		struct paper p;

		snprintf(name, sizeof(name), "good%zu.example.com", i);
		p = paper_make(&wish);
		chain[0] = &p;
		paper_write_chain(chain, 1, cert);
		paper_write_key(&p, key);
		ans = add_files(name, cert, key, i % 2 == 1);
		if (ans.error != 0 || ans.text != NULL)
			fail_msg("%s: %s", name, ans.text);
		assert_int_equal(ans.key.len, KEY_ID_SIZE);
		assert_int_equal(show_identity(name, &row), 1);
		assert_string_equal(row.type, types[i / 2]);
		assert_null(row.trouble);
		assert_int_equal(wire_list_count(row.names), 1);
		assert_int_equal(wire_list_count(row.chain), 1);
		paper_free(&p);
	}
}

/* A chain of three, in files for the tests of order and time. */
struct family {
	struct paper root, middle, leaf, other;
};

static struct family
make_family(void)
{
	struct family f;

	f.root = paper_make(&(struct paper_wish){ .name = "root", .ca = true });
	f.middle = paper_make(&(struct paper_wish){
	    .name = "middle", .ca = true, .issuer = &f.root });
	f.leaf = paper_make(&(struct paper_wish){
	    .name = "www.example.com", .issuer = &f.middle });
	f.other = paper_make(&(struct paper_wish){ .name = "other.example" });
	return f;
}

static void
free_family(struct family *f)
{
	paper_free(&f->root);
	paper_free(&f->middle);
	paper_free(&f->leaf);
	paper_free(&f->other);
}

static void
write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void
chains_are_checked(void **state)
{
	struct family f = make_family();
	const struct paper *whole[] = { &f.leaf, &f.middle, &f.root };
	const struct paper *mixed[] = { &f.leaf, &f.root, &f.middle };
	const struct paper *incomplete[] = { &f.leaf };
	const struct paper *stranger[] = { &f.leaf, &f.other };
	const char *cert = play_path(&play, "c.pem");
	const char *key = play_path(&play, "k.pem");

	paper_write_key(&f.leaf, key);
	paper_write_chain(whole, 3, cert);
	assert_int_equal(
	    add_files("www.example.com", cert, key, false).error, 0);
	paper_write_chain(incomplete, 1, cert);
	assert_int_equal(
	    add_files("www.example.com", cert, key, true).error, 0);
	paper_write_chain(mixed, 3, cert);
	assert_refused(add_files("www.example.com", cert, key, true),
	    "out of order: certificate 2 (CN=root) did not issue certificate 1 "
	    "(CN=www.example.com)");
	paper_write_chain(stranger, 2, cert);
	assert_refused(add_files("www.example.com", cert, key, true),
	    "certificate 2 (CN=other.example) did not issue certificate 1");
	write_text(cert, "");
	assert_refused(
	    add_files("www.example.com", cert, key, true), "is empty");
	write_text(cert, "-----BEGIN CERTIFICATE-----\nrubbish\n"
			 "-----END CERTIFICATE-----\n");
	assert_refused(add_files("www.example.com", cert, key, true),
	    "the certificate is garbled");
	write_text(cert, "rubbish");
	assert_refused(add_files("www.example.com", cert, key, true),
	    "the certificate is garbled");
	paper_write_key(&f.leaf, cert);
	assert_refused(add_files("www.example.com", cert, key, true),
	    "no certificate in the file");
	free_family(&f);
}

static void
times_are_checked(void **state)
{
	static const struct {
		long from, until, ca_until;
		const char *text;
	} rows[] = {
		{ -2L * DAY, -DAY, 0,
		    "certificate 1 (CN=www.example.com) expired on 20" },
		{ DAY, 2L * DAY, 0,
		    "certificate 1 (CN=www.example.com) is not valid before" },
		{ 0, 0, -60, "certificate 2 (CN=root) expired on" },
	};
	const char *cert = play_path(&play, "c.pem");
	const char *key = play_path(&play, "k.pem");

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct paper root = paper_make(&(struct paper_wish){
		    .name = "root", .ca = true, .until = rows[i].ca_until });
		struct paper leaf =
		    paper_make(&(struct paper_wish){ .name = "www.example.com",
			.issuer = &root,
			.from = rows[i].from,
			.until = rows[i].until });
		const struct paper *chain[] = { &leaf, &root };
		struct admin_result ans;

		paper_write_chain(chain, 2, cert);
		paper_write_key(&leaf, key);
		ans = add_files("www.example.com", cert, key, true);
		assert_refused(ans, rows[i].text);
		assert_int_equal(ans.error, EKEYEXPIRED);
		paper_free(&root);
		paper_free(&leaf);
	}
	assert_int_equal(show_identity("www.example.com", NULL), 0);
}

static void
keys_are_checked(void **state)
{
	struct paper p =
	    paper_make(&(struct paper_wish){ .name = "a.example" });
	struct paper weak = paper_make(&(struct paper_wish){
	    .name = "a.example", .pk = GNUTLS_PK_RSA, .bits = 1024 });
	const struct paper *chain[] = { &p }, *weak_chain[] = { &weak };
	const char *cert = play_path(&play, "c.pem");
	const char *key = play_path(&play, "k.pem");
	gnutls_datum_t pem;
	char *text;

	paper_write_chain(chain, 1, cert);
	paper_write_key(&weak, key);
	assert_refused(add_files("a.example", cert, key, true),
	    "the key is too weak: RSA");
	paper_write_chain(weak_chain, 1, cert);
	assert_refused(add_files("a.example", cert, key, true),
	    "the key is too weak: RSA");
	paper_write_chain(chain, 1, cert);
	weak.key = (paper_free(&weak), NULL);
	weak = paper_make(&(struct paper_wish){ .name = "a.example" });
	paper_write_key(&weak, key);
	assert_refused(add_files("a.example", cert, key, true),
	    "does not belong to the certificate");
	assert_refused(add_files("a.example", cert, key, false),
	    "does not belong to the certificate");
	write_text(key, "rubbish");
	assert_refused(add_files("a.example", cert, key, true),
	    "the private key is garbled");
	assert_refused(add_files("a.example", cert, cert, true),
	    "no private key in the file");
	assert_int_equal(
	    gnutls_x509_privkey_export2_pkcs8(p.key, GNUTLS_X509_FMT_PEM,
		"secret", GNUTLS_PKCS_PBES2_AES_256, &pem),
	    0);
	text = strndup((const char *)pem.data, pem.size);
	write_text(key, text);
	free(text);
	gnutls_free(pem.data);
	assert_refused(add_files("a.example", cert, key, true),
	    "the private key is encrypted");
	assert_refused(add_files("a.example", cert, "/nonexistent/key", false),
	    "not below one of the key-paths");
	assert_refused(
	    add_files("a.example", cert, play_path(&play, "none"), false),
	    "No such file");
	paper_free(&p);
	paper_free(&weak);
}

static void
names_are_checked(void **state)
{
	struct paper p =
	    paper_make(&(struct paper_wish){ .name = "*.example.com" });
	struct paper dn = paper_make(&(struct paper_wish){ .name = "x",
	    .dn = "UID=anna,DC=example,DC=com",
	    .no_names = true });
	const struct paper *chain[] = { &p }, *dn_chain[] = { &dn };
	const char *cert = play_path(&play, "c.pem");
	const char *key = play_path(&play, "k.pem");
	struct admin_result ans;

	paper_write_chain(chain, 1, cert);
	paper_write_key(&p, key);
	ans = add_files("WWW.example.com", cert, key, true);
	assert_int_equal(ans.error, 0);
	assert_null(ans.text);
	ans = add_files("*.example.com", cert, key, true);
	assert_int_equal(ans.error, 0);
	assert_null(ans.text);
	ans = add_files("example.org", cert, key, true);
	assert_int_equal(ans.error, 0);
	assert_non_null(strstr(ans.text, "does not name example.org"));
	ans = add_files("b\xc3\xbc"
			"cher.example",
	    cert, key, true);
	assert_int_equal(ans.error, 0);
	assert_non_null(
	    strstr(ans.text, "does not name xn--bcher-kva.example"));
	assert_refused(add_files("b\xfc"
				 "cher.example",
			   cert, key, true),
	    "not UTF-8");
	assert_refused(add_files("*", cert, key, true), "the name \"*\" has");
	paper_write_chain(dn_chain, 1, cert);
	paper_write_key(&dn, key);
	ans = add_files("anna@example.com", cert, key, true);
	assert_int_equal(ans.error, 0);
	assert_null(ans.text);
	paper_free(&p);
	paper_free(&dn);
}

static void
generated_identities_work(void **state)
{
	static const char *const types[][2] = { { NULL, "ECDSA P-256" },
		{ "ed25519", "Ed25519" }, { "rsa", "RSA 2048" } };
	static const struct {
		struct admin_id_generate msg;
		const char *text;
	} bad[] = {
		{ { .name = "x.example", .type = "dsa" }, "is none of ecdsa" },
		{ { .name = "x.example", .type = "rsa", .bits = 1024 },
		    "2048 to" },
		{ { .name = "x.example", .bits = 384 }, "P-256 only" },
		{ { .name = "x..example" }, "has an empty label" },
	};
	struct admin_result ans;
	struct admin_id_row row;

	for (size_t i = 0; i < 3; i++) {
		struct admin_id_generate msg = { .name = "gen.example",
			.type = types[i][0],
			.bits = i == 2 ? 2048 : 0,
			.days = 30 };

		play_admin(&play, &admin_id_generate_schema, &msg, NULL, 0,
		    &admin_result_schema, &ans);
		assert_int_equal(ans.error, 0);
		assert_int_equal(ans.key.len, KEY_ID_SIZE);
	}
	assert_int_equal(show_identity("gen.example", &row), 3);
	assert_null(row.trouble);
	assert_in_range(row.until - row.from, 30 * DAY, 31 * DAY);
	assert_string_equal(row.subject, "CN=gen.example");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		play_admin(&play, &admin_id_generate_schema, &bad[i].msg, NULL,
		    0, &admin_result_schema, &ans);
		assert_refused(ans, bad[i].text);
	}
}

/* Certifies a request as a CA would. */
static void
certify(const char *csr, const struct paper *ca, const char *path)
{
	gnutls_datum_t pem = { (unsigned char *)(uintptr_t)csr,
		(unsigned)strlen(csr) };
	struct paper p = { NULL, NULL };
	const struct paper *chain[] = { &p };
	gnutls_x509_crq_t crq;
	unsigned char serial = 9;

	assert_int_equal(gnutls_x509_crq_init(&crq), 0);
	assert_int_equal(
	    gnutls_x509_crq_import(crq, &pem, GNUTLS_X509_FMT_PEM), 0);
	assert_int_equal(gnutls_x509_crq_verify(crq, 0), 0);
	assert_int_equal(gnutls_x509_crt_init(&p.crt), 0);
	assert_int_equal(gnutls_x509_crt_set_crq(p.crt, crq), 0);
	assert_int_equal(gnutls_x509_crt_set_crq_extensions(p.crt, crq), 0);
	gnutls_x509_crt_set_version(p.crt, 3);
	gnutls_x509_crt_set_serial(p.crt, &serial, 1);
	gnutls_x509_crt_set_activation_time(p.crt, time(NULL) - 60);
	gnutls_x509_crt_set_expiration_time(p.crt, time(NULL) + DAY);
	assert_int_equal(gnutls_x509_crt_sign2(
			     p.crt, ca->crt, ca->key, GNUTLS_DIG_SHA256, 0),
	    0);
	paper_write_chain(chain, 1, path);
	gnutls_x509_crt_deinit(p.crt);
	gnutls_x509_crq_deinit(crq);
}

static void
requests_become_identities(void **state)
{
	struct paper ca =
	    paper_make(&(struct paper_wish){ .name = "ca", .ca = true });
	struct admin_id_request msg = { .name = "csr.example" };
	struct admin_id_add add_msg = { .name = "csr.example" };
	const char *cert = play_path(&play, "c.pem");
	struct admin_result ans;
	int fd;

	play_admin(&play, &admin_id_request_schema, &msg, NULL, 0,
	    &admin_result_schema, &ans);
	assert_int_equal(ans.error, 0);
	certify(ans.text, &ca, cert);
	assert_int_equal(show_identity("csr.example", NULL), 0);
	fd = open_file(cert);
	play_admin(&play, &admin_id_add_schema, &add_msg, &fd, 1,
	    &admin_result_schema, &ans);
	assert_int_equal(ans.error, 0);
	assert_null(ans.text);
	assert_int_equal(show_identity("csr.example", NULL), 1);
	/* The same certificate for a second name. */
	add_msg.name = "second.example";
	play_admin(&play, &admin_id_add_schema, &add_msg, &fd, 1,
	    &admin_result_schema, &ans);
	assert_int_equal(ans.error, 0);
	close(fd);
	/* A certificate for a key that the keeper never had. */
	paper_write_chain((const struct paper *const[]){ &ca }, 1, cert);
	fd = open_file(cert);
	play_admin(&play, &admin_id_add_schema, &add_msg, &fd, 1,
	    &admin_result_schema, &ans);
	assert_refused(ans, "the keeper has no key that belongs to this");
	close(fd);
	paper_free(&ca);
}

static size_t
count_files(const char *folder)
{
	char command[256];
	size_t n = 0;
	FILE *p;

	snprintf(command, sizeof(command), "ls %s/keeper/%s | wc -l", play.dir,
	    folder);
	p = popen(command, "r");
	assert_non_null(p);
	assert_int_equal(fscanf(p, "%zu", &n), 1);
	pclose(p);
	return n;
}

static void
removal_leaves_nothing(void **state)
{
	struct admin_id_generate make = { .name = "gone.example" };
	struct admin_id_remove msg = { .name = "gone.example" };
	struct admin_result ans;

	for (int i = 0; i < 3; i++) {
		play_admin(&play, &admin_id_generate_schema, &make, NULL, 0,
		    &admin_result_schema, &ans);
		assert_int_equal(ans.error, 0);
	}
	assert_int_equal(count_files("keys"), 3);
	assert_int_equal(count_files("certs"), 3);
	{
		uint8_t id[KEY_ID_SIZE];

		memcpy(id, ans.key.data, sizeof(id));
		msg.key = (struct blob){ id, sizeof(id) };
		play_admin(&play, &admin_id_remove_schema, &msg, NULL, 0,
		    &admin_result_schema, &ans);
		assert_int_equal(ans.error, 0);
		play_admin(&play, &admin_id_remove_schema, &msg, NULL, 0,
		    &admin_result_schema, &ans);
		assert_int_equal(ans.error, ENOKEY);
	}
	assert_int_equal(show_identity("gone.example", NULL), 2);
	msg.key = (struct blob){ NULL, 0 };
	play_admin(&play, &admin_id_remove_schema, &msg, NULL, 0,
	    &admin_result_schema, &ans);
	assert_int_equal(ans.error, 0);
	assert_int_equal(show_identity("gone.example", NULL), 0);
	/* The files go behind the answer. */
	for (int i = 0; i < 50 && count_files("keys") > 0; i++)
		usleep(20000);
	assert_int_equal(count_files("keys"), 0);
	assert_int_equal(count_files("certs"), 0);
	play_admin(&play, &admin_id_remove_schema, &msg, NULL, 0,
	    &admin_result_schema, &ans);
	assert_int_equal(ans.error, ENOKEY);
}

static size_t
list_all(const char *pattern)
{
	char after[512] = "";
	struct admin_id_list msg = { .pattern = pattern };
	struct admin_rows rows;
	size_t n = 0;

	do {
		play_admin(&play, &admin_id_list_schema, &msg, NULL, 0,
		    &admin_rows_schema, &rows);
		assert_int_equal(rows.error, 0);
		n += wire_list_count(rows.rows);
		if (rows.more) {
			snprintf(after, sizeof(after), "%s", rows.next);
			msg.after = after;
		}
	} while (rows.more);
	return n;
}

static void
lists_come_in_pages(void **state)
{
	struct paper p =
	    paper_make(&(struct paper_wish){ .name = "*.many.example" });
	const struct paper *chain[] = { &p };
	const char *cert = play_path(&play, "c.pem");
	const char *key = play_path(&play, "k.pem");
	char name[64];

	paper_write_chain(chain, 1, cert);
	paper_write_key(&p, key);
	assert_int_equal(list_all(NULL), 0);
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "h%03d.many.example", i);
		assert_int_equal(add_files(name, cert, key, false).error, 0);
	}
	assert_int_equal(list_all(NULL), 200);
	assert_int_equal(list_all("H00*"), 10);
	assert_int_equal(list_all("nothing*"), 0);
	paper_free(&p);
}

static void
what_was_said_to_be_done_outlives_a_kill(void **state)
{
	struct admin_id_generate make = { .name = "kept.example" };
	struct admin_result ans;
	struct admin_id_row row;

	play_admin(&play, &admin_id_generate_schema, &make, NULL, 0,
	    &admin_result_schema, &ans);
	assert_int_equal(ans.error, 0);
	play_kill(&play);
	play_start(&play, NULL, NULL);
	assert_int_equal(show_identity("kept.example", &row), 1);
	assert_null(row.trouble);
}

static void
explanations_are_those_of_the_acl(void **state)
{
	struct admin_acl_explain msg = {
		.uid = 7, .role = 1, .identity = "A.example"
	};
	struct admin_acl_ans ans;

	play_admin(&play, &admin_acl_explain_schema, &msg, NULL, 0,
	    &admin_acl_ans_schema, &ans);
	assert_false(ans.allowed);
	assert_non_null(strstr(ans.rule, "there is no ACL"));
	play_stop(&play);
	play_start(&play, "\nallow server a.example user=7\n", NULL);
	play_admin(&play, &admin_acl_explain_schema, &msg, NULL, 0,
	    &admin_acl_ans_schema, &ans);
	assert_true(ans.allowed);
	assert_int_equal(ans.line, 2);
	assert_string_equal(ans.rule, "allow server a.example user=7");
}

static void
bad_requests_are_answered(void **state)
{
	struct admin_id_add msg = { .name = "a.example", .copy = true };
	struct admin_result ans;
	struct admin_status status = { .role = 3 };
	struct admin_status_ans status_ans;
	int p[2];

	/* A pipe would keep the keeper waiting. */
	assert_int_equal(pipe(p), 0);
	play_admin(&play, &admin_id_add_schema, &msg, p, 1,
	    &admin_result_schema, &ans);
	assert_refused(ans, "not in a regular file");
	close(p[0]);
	close(p[1]);
	play_admin(&play, &admin_id_add_schema, &msg, NULL, 0,
	    &admin_result_schema, &ans);
	assert_refused(ans, "wrong number of files");
	play_admin(&play, &admin_reload_schema, &(struct admin_reload){ 0 },
	    NULL, 0, &admin_result_schema, &ans);
	assert_refused(ans, "does not know that request");
	play_admin(&play, &admin_status_schema, &status, NULL, 0,
	    &admin_status_ans_schema, &status_ans);
	assert_int_equal(status_ans.pid, play.pid);
	assert_true(wire_list_count(status_ans.counters) >= 4);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(good_credentials_are_taken),
		TEST(chains_are_checked),
		TEST(times_are_checked),
		TEST(keys_are_checked),
		TEST(names_are_checked),
		TEST(generated_identities_work),
		TEST(requests_become_identities),
		TEST(removal_leaves_nothing),
		TEST(lists_come_in_pages),
		TEST(what_was_said_to_be_done_outlives_a_kill),
		TEST(explanations_are_those_of_the_acl),
		TEST(bad_requests_are_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
