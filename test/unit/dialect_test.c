/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dialect_test: each dialect against servers that play by the book, and
 * servers that do not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tool/clock.h"
#include "tool/dialect.h"

/* Bytes with their length, NUL included where there is one. */
#define B(text) text, sizeof(text) - 1

struct script {
	const char *what;
	const char *dialect;
	const char *server;
	size_t server_len;
	const char *client; /* what it must have said; NULL: any */
	size_t client_len;
	const char *error; /* a part of the sentence; NULL: it works */
	const char *host;  /* NULL: example.com */
};

#define SMTP_EHLO "EHLO me.example\r\n"
#define SMTP_ALL  B(SMTP_EHLO "STARTTLS\r\n")
#define IMAP_ALL  B("a1 CAPABILITY\r\na2 STARTTLS\r\n")
#define POP3_ALL  B("CAPA\r\nSTLS\r\n")
#define LDAP_ALL                                 \
	B("\x30\x1d\x02\x01\x01\x77\x18\x80\x16" \
	  "1.3.6.1.4.1.1466.20037")
#define POSTGRES_ALL B("\0\0\0\x08\x04\xd2\x16\x2f")
#define XMPP_OPEN                                               \
	"<?xml version='1.0'?><stream:stream to='example.com' " \
	"xmlns='jabber:client' "                                \
	"xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
#define XMPP_TLS "urn:ietf:params:xml:ns:xmpp-tls"
#define XMPP_ALL B(XMPP_OPEN "<starttls xmlns='" XMPP_TLS "'/>")
#define XMPP_HEAD                                                         \
	"<?xml version='1.0'?><stream:stream from='example.com' id='>1' " \
	"xmlns='jabber:client' version='1.0'>"
#define XMPP_OFFER                                                  \
	XMPP_HEAD "<stream:features><starttls xmlns=\"" XMPP_TLS    \
		  "\"><required/></starttls><mechanisms xmlns='x'>" \
		  "<mechanism>PLAIN</mechanism></mechanisms>"       \
		  "</stream:features>"
#define LDAP_RESPONSE(id, code) \
	"\x30\x0c\x02\x01" id "\x78\x07\x0a\x01" code "\x04\x00\x04\x00"

static const struct script scripts[] = {
	/* SMTP */
	{ "smtp", "smtp",
	    B("220-one\r\n220 two\r\n250-hi\r\n250-SIZE 1\r\n"
	      "250-starttls\r\n250 OK\r\n220 go\r\n"),
	    SMTP_ALL, NULL, NULL },
	{ "smtp, bare", "smtp", B("220\n250 STARTTLS\n220\n"), SMTP_ALL, NULL,
	    NULL },
	{ "smtp without", "smtp", B("220 x\r\n250-STARTTLSX\r\n250 OK\r\n"),
	    B(SMTP_EHLO), "does not offer", NULL },
	{ "smtp says no", "smtp", B("220 x\r\n250 STARTTLS\r\n454 not now\r\n"),
	    SMTP_ALL, "refuses STARTTLS: \"454 not now\"", NULL },
	{ "smtp is closed", "smtp", B("554 no\r\n"), B(""),
	    "refuses the connection", NULL },
	{ "smtp without EHLO", "smtp", B("220 x\r\n502 what\r\n"), B(SMTP_EHLO),
	    "refuses EHLO", NULL },
	{ "smtp with two codes", "smtp", B("220-x\r\n221 x\r\n"), B(""),
	    "changes its mind", NULL },
	{ "smtp is ssh", "smtp", B("SSH-2.0-OpenSSH\r\n"), B(""), "not SMTP",
	    NULL },
	{ "smtp injects", "smtp",
	    B("220 x\r\n250 STARTTLS\r\n220 go\r\n250 OK\r\n"), SMTP_ALL,
	    "injecting", NULL },
	{ "smtp injects half a line", "smtp",
	    B("220 x\r\n250 STARTTLS\r\n220 go\r\n2"), SMTP_ALL, "injecting",
	    NULL },
	{ "smtp is cut", "smtp", B("220 x\r\n250-STARTTLS\r\n"), B(SMTP_EHLO),
	    "closed the connection", NULL },
	{ "smtp with a NUL", "smtp", B("220 x\0y\r\n"), B(""), "NUL", NULL },
	/* IMAP */
	{ "imap", "imap",
	    B("* OK hi\r\n* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\r\n"
	      "a1 OK done\r\n* OK wait\r\na2 OK go\r\n"),
	    IMAP_ALL, NULL, NULL },
	{ "imap in another case", "imap",
	    B("* ok\r\n* capability starttls\r\na1 ok\r\na2 ok\r\n"), IMAP_ALL,
	    NULL, NULL },
	{ "imap without", "imap",
	    B("* OK hi\r\n* CAPABILITY XSTARTTLS STARTTLSX\r\na1 OK\r\n"),
	    B("a1 CAPABILITY\r\n"), "does not offer", NULL },
	{ "imap is logged in", "imap", B("* PREAUTH hi\r\n"), B(""), "PREAUTH",
	    NULL },
	{ "imap is closed", "imap", B("* BYE no\r\n"), B(""),
	    "refuses the connection", NULL },
	{ "imap ends", "imap", B("* OK\r\n* BYE no\r\n"),
	    B("a1 CAPABILITY\r\n"), "ends", NULL },
	{ "imap says no", "imap",
	    B("* OK\r\n* CAPABILITY STARTTLS\r\na1 OK\r\na2 NO x\r\n"),
	    IMAP_ALL, "refuses STARTTLS: \"a2 NO x\"", NULL },
	{ "imap injects", "imap",
	    B("* OK\r\n* CAPABILITY STARTTLS\r\na1 OK\r\na2 OK\r\n* OK\r\n"),
	    IMAP_ALL, "injecting", NULL },
	{ "imap is pop3", "imap", B("+OK hi\r\n"), B(""), "not IMAP", NULL },
	{ "imap continues", "imap", B("* OK\r\n+ go on\r\n"),
	    B("a1 CAPABILITY\r\n"), "not IMAP", NULL },
	/* POP3 */
	{ "pop3", "pop3", B("+OK hi\r\n+OK\r\nUSER\r\nSTLS\r\n.\r\n+OK\r\n"),
	    POP3_ALL, NULL, NULL },
	{ "pop3 without CAPA", "pop3", B("+OK hi\r\n-ERR what\r\n+OK\r\n"),
	    POP3_ALL, NULL, NULL },
	{ "pop3 without", "pop3", B("+OK\r\n+OK\r\nUSER\r\n.\r\n"),
	    B("CAPA\r\n"), "does not offer", NULL },
	{ "pop3 says no", "pop3",
	    B("+OK\r\n+OK\r\nSTLS\r\n.\r\n-ERR later\r\n"), POP3_ALL,
	    "refuses STLS: \"-ERR later\"", NULL },
	{ "pop3 is closed", "pop3", B("-ERR no\r\n"), B(""),
	    "refuses the connection", NULL },
	{ "pop3 is smtp", "pop3", B("220 hi\r\n"), B(""), "not POP3", NULL },
	{ "pop3 almost", "pop3", B("+OKAY\r\n"), B(""), "not POP3", NULL },
	{ "pop3 injects", "pop3",
	    B("+OK\r\n+OK\r\nSTLS\r\n.\r\n+OK\r\n+OK logged in\r\n"), POP3_ALL,
	    "injecting", NULL },
	/* XMPP */
	{ "xmpp", "xmpp", B(XMPP_OFFER "<proceed xmlns='" XMPP_TLS "'/>"),
	    XMPP_ALL, NULL, NULL },
	{ "xmpp, the long form", "xmpp",
	    B(XMPP_HEAD "<features xmlns='s'><starttls xmlns = '" XMPP_TLS
			"'/></features><tls:proceed xmlns:tls='" XMPP_TLS
			"'></tls:proceed>"),
	    XMPP_ALL, NULL, NULL },
	{ "xmpp without", "xmpp", B(XMPP_HEAD "<stream:features/>"),
	    B(XMPP_OPEN), "does not offer", NULL },
	{ "xmpp in another namespace", "xmpp",
	    B(XMPP_HEAD "<stream:features><starttls xmlns='x'/>"
			"</stream:features>"),
	    B(XMPP_OPEN), "does not offer", NULL },
	{ "xmpp further in", "xmpp",
	    B(XMPP_HEAD "<stream:features><a><starttls xmlns='" XMPP_TLS
			"'/></a></stream:features>"),
	    B(XMPP_OPEN), "does not offer", NULL },
	{ "xmpp says no", "xmpp",
	    B(XMPP_OFFER "<failure xmlns='" XMPP_TLS "'/>"), XMPP_ALL,
	    "refuses STARTTLS", NULL },
	{ "xmpp proceeds elsewhere", "xmpp",
	    B(XMPP_OFFER "<proceed xmlns='x'/>"), XMPP_ALL, "refuses STARTTLS",
	    NULL },
	{ "xmpp injects", "xmpp",
	    B(XMPP_OFFER "<proceed xmlns='" XMPP_TLS "'/><stream:stream>"),
	    XMPP_ALL, "injecting", NULL },
	{ "xmpp does not know us", "xmpp",
	    B(XMPP_HEAD "<stream:error><host-unknown/></stream:error>"),
	    B(XMPP_OPEN), "refuses the stream", NULL },
	{ "xmpp is http", "xmpp", B("HTTP/1.0 400 no\r\n\r\n<html>"),
	    B(XMPP_OPEN), "not XMPP", NULL },
	{ "xmpp in tags of tags", "xmpp", B("<?xml <stream>"), B(XMPP_OPEN),
	    "not XMPP", NULL },
	{ "xmpp to nobody", "xmpp", B(""), B(""), "no name of a domain",
	    "a'><evil/>" },
	/* LDAP */
	{ "ldap", "ldap", B(LDAP_RESPONSE("\x01", "\x00")), LDAP_ALL, NULL,
	    NULL },
	{ "ldap with a name", "ldap",
	    B("\x30\x84\x00\x00\x00\x24\x02\x01\x01\x78\x1f\x0a\x01\x00"
	      "\x04\x00\x04\x00\x8a\x16"
	      "1.3.6.1.4.1.1466.20037"),
	    LDAP_ALL, NULL, NULL },
	{ "ldap does not know", "ldap", B(LDAP_RESPONSE("\x01", "\x02")),
	    LDAP_ALL, "refuses StartTLS: result 2 (protocolError", NULL },
	{ "ldap says why", "ldap",
	    B("\x30\x0e\x02\x01\x01\x78\x09\x0a\x01\x34\x04\x00\x04\x02no"),
	    LDAP_ALL, "result 52 (unavailable): no", NULL },
	{ "ldap disconnects", "ldap", B(LDAP_RESPONSE("\x00", "\x00")),
	    LDAP_ALL, "disconnects", NULL },
	{ "ldap answers another", "ldap", B(LDAP_RESPONSE("\x02", "\x00")),
	    LDAP_ALL, "disconnects", NULL },
	{ "ldap binds", "ldap",
	    B("\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00"),
	    LDAP_ALL, "not LDAP's answer", NULL },
	{ "ldap without end", "ldap", B("\x30\x80\x02\x01\x01\x78"), LDAP_ALL,
	    "not LDAP", NULL },
	{ "ldap too long", "ldap", B("\x30\x84\x7f\xff\xff\xff\x02\x01"),
	    LDAP_ALL, "too long", NULL },
	{ "ldap beyond its end", "ldap",
	    B("\x30\x0c\x02\x01\x01\x78\x7f\x0a\x01\x00\x04\x00\x04\x00"),
	    LDAP_ALL, "not LDAP's answer", NULL },
	{ "ldap with a huge code", "ldap",
	    B("\x30\x0c\x02\x01\x01\x78\x07\x0a\x05\x00\x04\x00\x04\x00"),
	    LDAP_ALL, "not LDAP's answer", NULL },
	{ "ldap injects", "ldap", B(LDAP_RESPONSE("\x01", "\x00") "\x30"),
	    LDAP_ALL, "injecting", NULL },
	{ "ldap is smtp", "ldap", B("220 hi\r\n"), LDAP_ALL, "not LDAP", NULL },
	/* PostgreSQL */
	{ "postgres", "postgres", B("S"), POSTGRES_ALL, NULL, NULL },
	{ "postgres without", "postgres", B("N"), POSTGRES_ALL,
	    "does not offer", NULL },
	{ "postgres fails", "postgres", B("E\0\0\0\x08oh\0\0"), POSTGRES_ALL,
	    "with an error", NULL },
	{ "postgres injects", "postgres", B("SR\0\0\0\x08\0\0\0\0"),
	    POSTGRES_ALL, "injecting", NULL },
	{ "postgres is smtp", "postgres", B("220 hi\r\n"), POSTGRES_ALL,
	    "not PostgreSQL", NULL },
	{ "postgres is silent", "postgres", B(""), POSTGRES_ALL,
	    "closed the connection", NULL },
};

/* Writes all the server says; byte by byte where drip. */
static pid_t
serve(int fd, const struct script *s, int drip)
{
	pid_t pid = fork();
	size_t i, step = drip ? 1 : s->server_len;

	assert_int_not_equal(pid, -1);
	if (pid != 0)
		return pid;
	for (i = 0; i < s->server_len; i += step)
		if (send(fd, s->server + i, step, MSG_NOSIGNAL) == -1)
			break;
	(void)shutdown(fd, SHUT_WR);
	_exit(0);
}

static void
check_client(const struct script *s, int fd)
{
	char said[1024];
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(said) &&
	       (n = recv(fd, said + len, sizeof(said) - len, MSG_DONTWAIT)) > 0)
		len += (size_t)n;
	if (len != s->client_len || memcmp(said, s->client, len) != 0)
		fail_msg(
		    "%s: the client said \"%.*s\"", s->what, (int)len, said);
}

/* All that the server says is there before the client begins: so injected
 * bytes are there too when the last answer is read. */
static void
run_script(const struct script *s, int drip)
{
	const struct dialect *d = dialect_find(s->dialect);
	struct plain p = { .deadline = clock_ms() + 20000,
		.me = "me.example",
		.host = s->host != NULL ? s->host : "example.com" };
	int pair[2], r, status;
	pid_t pid;

	assert_non_null(d);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	p.fd = pair[0];
	pid = serve(pair[1], s, drip);
	if (!drip)
		assert_int_equal(waitpid(pid, &status, 0), pid);
	r = dialect_start(d, &p);
	if (drip)
		assert_int_equal(waitpid(pid, &status, 0), pid);
	if (s->error == NULL && r != 0)
		fail_msg("%s: %s", s->what, p.error);
	if (s->error != NULL && r == 0)
		fail_msg("%s: it should have failed", s->what);
	if (s->error != NULL && strstr(p.error, s->error) == NULL)
		fail_msg("%s: the error is \"%s\"", s->what, p.error);
	check_client(s, pair[1]);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static void
test_scripts(void **state)
{
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
		run_script(&scripts[i], 0);
}

/* The same where each byte comes on its own.  What is injected may then come
 * later than we look, and is TLS's to refuse. */
static void
test_drip(void **state)
{
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
		if (scripts[i].error == NULL ||
		    strcmp(scripts[i].error, "injecting") != 0)
			run_script(&scripts[i], 1);
}

/* A server that says `line` over and over: the sentence that ends it. */
static void
flood(
    const char *dialect, const char *first, const char *line, const char *error)
{
	struct plain p = { .deadline = clock_ms() + 20000,
		.me = "me.example",
		.host = "example.com" };
	int pair[2], status;
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	p.fd = pair[0];
	pid = fork();
	if (pid == 0) {
		(void)close(pair[0]);
		(void)send(pair[1], first, strlen(first), MSG_NOSIGNAL);
		while (send(pair[1], line, strlen(line), MSG_NOSIGNAL) != -1)
			;
		_exit(0);
	}
	(void)close(pair[1]);
	assert_int_equal(dialect_start(dialect_find(dialect), &p), -1);
	if (strstr(p.error, error) == NULL)
		fail_msg("%s: the error is \"%s\"", dialect, p.error);
	(void)close(pair[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void
test_floods(void **state)
{
	flood("smtp", "", "220-x\r\n", "without end");
	flood("smtp", "220 ", "x", "too long a line");
	flood("imap", "* OK\r\n", "* OK still here\r\n", "without end");
	flood("pop3", "+OK\r\n+OK\r\n", "USER\r\n", "without end");
	flood("xmpp", "", " ", "without end");
	flood("xmpp", "<", "x", "too long a tag");
	flood("xmpp", XMPP_HEAD "<stream:features>", "<a>", "too deeply");
	flood("xmpp", XMPP_HEAD "<stream:features>", "<a/>", "without end");
}

static void
test_silence(void **state)
{
	struct plain p = { .deadline = clock_ms() + 50 };
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	p.fd = pair[0];
	assert_int_equal(dialect_start(dialect_find("smtp"), &p), -1);
	assert_string_equal(p.error, "the server takes too long");
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static void
test_names(void **state)
{
	assert_null(dialect_find("gopher"));
	assert_null(dialect_find(""));
	assert_string_equal(dialect_find("imap")->port, "143");
	assert_string_equal(dialect_find("xmpp")->service, "xmpp-client");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_drip),
		cmocka_unit_test(test_floods),
		cmocka_unit_test(test_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
