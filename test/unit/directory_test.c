/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * directory_test: the URLs of directories, the names of the entries in them,
 * and the messages that they send.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/sys/directory.h"
#include "daemon/verifier/dn.h"
#include "daemon/verifier/frame.h"

static const struct url_case {
	const char *url;
	const char *text; /* NULL: it is none … */
	const char *why;  /* … a part of the reason */
} urls[] = {
	{ "ldap://ldap.example.com", "ldap://ldap.example.com:389", NULL },
	{ "ldap://ldap.example.com/", "ldap://ldap.example.com:389", NULL },
	{ "ldaps://LDAP.example.com.", "ldaps://ldap.example.com:636", NULL },
	{ "ldap://a.example:1389", "ldap://a.example:1389", NULL },
	{ "ldap://192.0.2.1", "ldap://192.0.2.1:389", NULL },
	{ "ldap://[2001:DB8:0::1]", "ldap://[2001:db8::1]:389", NULL },
	{ "ldaps://[::1]:65535", "ldaps://[::1]:65535", NULL },
	{ "ldapi://%2frun%2Fslapd%2fldapi", "ldapi:///run/slapd/ldapi", NULL },
	{ "ldapi://%2frun%2fldapi/", "ldapi:///run/ldapi", NULL },
	{ "", NULL, "is not the URL" },
	{ "ldap:", NULL, "is not the URL" },
	{ "http://a.example", NULL, "is not the URL" },
	{ "LDAP://a.example", NULL, "is not the URL" },
	{ "ldap://", NULL, "has no host" },
	{ "ldap:///", NULL, "has no host" },
	{ "ldap://:389", NULL, "has no host" },
	{ "ldap://a..example", NULL, "has no host" },
	{ "ldap://a.example/dc=example", NULL, "has no host" },
	{ "ldap://user@a.example", NULL, "has no host" },
	{ "ldap://[192.0.2.1]", NULL, "has no host" },
	{ "ldap://[::1", NULL, "has no host" },
	{ "ldap://[a.example]", NULL, "has no host" },
	{ "ldap://::1", NULL, "has no host" },
	{ "ldap://a.example:", NULL, "has no port" },
	{ "ldap://a.example:0", NULL, "has no port" },
	{ "ldap://a.example:65536", NULL, "has no port" },
	{ "ldap://a.example:4294967685", NULL, "has no port" },
	{ "ldap://a.example:-1", NULL, "has no port" },
	{ "ldap://[::1]389", NULL, "has no port" },
	{ "ldapi://", NULL, "absolute path" },
	{ "ldapi://run%2fldapi", NULL, "absolute path" },
	{ "ldapi://%2", NULL, "without two digits" },
	{ "ldapi://%2frun%2", NULL, "without two digits" },
	{ "ldapi://%2g", NULL, "without two digits" },
	{ "ldapi://%2frun%00", NULL, "has no path" },
};

static void
parses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		const struct url_case *c = &urls[i];
		char text[DIRECTORY_TEXT];
		struct directory d;
		const char *why = "";

		print_message("%s\n", c->url);
		if (c->text == NULL) {
			assert_int_equal(directory_parse(&d, c->url, &why), -1);
			assert_non_null(strstr(why, c->why));
			continue;
		}
		assert_int_equal(directory_parse(&d, c->url, &why), 0);
		assert_string_equal(directory_text(&d, text), c->text);
	}
}

/* A path of as many bytes as an address has, and one more. */
static void
bounds_paths(void **state)
{
	char url[256] = "ldapi://";
	struct directory d;
	const char *why;

	(void)state;
	memset(url + 8, '/', DIRECTORY_PATH);
	url[8 + DIRECTORY_PATH] = '\0'; /* one slash at the end is dropped */
	assert_int_equal(directory_parse(&d, url, &why), 0);
	assert_int_equal(strlen(d.path), DIRECTORY_PATH - 1);
	url[8 + DIRECTORY_PATH] = 'a';
	url[9 + DIRECTORY_PATH] = '\0';
	assert_int_equal(directory_parse(&d, url, &why), -1);
}

static const struct dn_case {
	const char *name;
	const char *dn; /* NULL: none */
} names[] = {
	{ "example.com", "dc=example,dc=com" },
	{ "com", "dc=com" },
	{ "xn--bcher-kva.example", "dc=xn\\2d\\2dbcher\\2dkva,dc=example" },
	{ "anna@example.com", "uid=anna,dc=example,dc=com" },
	{ "Anna@Example.COM", "uid=Anna,dc=example,dc=com" },
	{ "a.b+c@example.com", "uid=a\\2eb\\2bc,dc=example,dc=com" },
	{ "a=b@example.com", "uid=a\\3db,dc=example,dc=com" },
	{ "#a@example.com", "uid=\\23a,dc=example,dc=com" },
	{ "192.0.2.1", NULL },
};

static void
names_entries(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct peername name;
		char dn[DN_SIZE];

		print_message("%s\n", names[i].name);
		assert_int_equal(peername_parse(&name, names[i].name), 0);
		assert_int_equal(
		    dn_write(&name, dn), names[i].dn == NULL ? -1 : 0);
		if (names[i].dn != NULL)
			assert_string_equal(dn, names[i].dn);
	}
}

/* Whatever stands before the @, were it to come this far; and the longest. */
static void
escapes(void **state)
{
	struct peername name = { .kind = PEERNAME_USER };
	char dn[DN_SIZE];

	(void)state;
	strcpy(name.text, "a,dc=x\\ \"<;>\xc3\xbc@b.example");
	assert_int_equal(dn_write(&name, dn), 0);
	assert_string_equal(dn, "uid=a\\2cdc\\3dx\\5c\\20\\22\\3c\\3b\\3e"
				"\\c3\\bc,dc=b,dc=example");
	memset(name.text, ',', sizeof(name.text) - 1);
	strcpy(name.text + sizeof(name.text) - 3, "@a");
	assert_int_equal(dn_write(&name, dn), 0);
	assert_string_equal(dn + strlen(dn) - 5, ",dc=a");
	assert_int_equal(dn_write(&(struct peername){ 0 }, dn), -1);
}

#define B(text) text, sizeof(text) - 1

static const struct frame_case {
	const char *what;
	const char *data;
	size_t len;
	int says;
} frames[] = {
	{ "an end", B("\x30\x0c\2\1\2\x65\7\x0a\1\0\4\0\4\0"), 1 },
	{ "an end, and more", B("\x30\x0c\2\1\2\x65\7\x0a\1\0\4\0\4\0\x30"),
	    1 },
	{ "StartTLS", B("\x30\x0c\2\1\1\x78\7\x0a\1\0\4\0\4\0"), 1 },
	{ "a long length", B("\x30\x84\0\0\0\x0c\2\1\2\x65\7\x0a\1\0\4\0\4\0"),
	    1 },
	{ "an entry", B("\x30\x0e\2\1\2\x64\x09\4\0\x30\5\x30\3\4\1a"), -1 },
	{ "an entry with a value",
	    B("\x30\x13\2\1\2\x64\x0e\4\0\x30\x0a\x30\x08\4\1a\x31\3\4\1v"),
	    1 },
	{ "an entry without attributes", B("\x30\x09\2\1\2\x64\4\4\0\x30\0"),
	    1 },
	{ "nothing yet", B(""), 0 },
	{ "not whole", B("\x30\x0c\2\1\2\x65\7\x0a\1\0\4\0\4"), 0 },
	{ "a length that is not whole", B("\x30\x82\1"), 0 },
	{ "too long, before it is there", B("\x30\x84\0\1\0\0"), -1 },
	{ "an indefinite length", B("\x30\x80\2\1\2"), -1 },
	{ "a length of five octets", B("\x30\x85\0\0\0\0\1"), -1 },
	{ "another tag", B("H"), -1 },
	{ "number 0", B("\x30\x0c\2\1\0\x78\7\x0a\1\0\4\0\4\0"), -1 },
	{ "a reference", B("\x30\x06\2\1\2\x73\1a"), -1 },
	{ "no text", B("\x30\x0a\2\1\2\x65\5\x0a\1\0\4\0"), -1 },
	{ "a text that is cut", B("\x30\x0c\2\1\2\x65\7\x0a\1\0\4\0\4\1"), -1 },
	{ "controls", B("\x30\x0e\2\1\2\x65\7\x0a\1\0\4\0\4\0\xa0\0"), -1 },
};

static void
frames_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		const struct frame_case *c = &frames[i];
		size_t length = 0;

		print_message("%s\n", c->what);
		assert_int_equal(frame_check((const uint8_t *)c->data, c->len,
				     1000, &length),
		    c->says);
		if (c->says == 1)
			assert_in_range(length, c->len - 1, c->len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(bounds_paths),
		cmocka_unit_test(names_entries),
		cmocka_unit_test(escapes),
		cmocka_unit_test(frames_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
