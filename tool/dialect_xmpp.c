/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * dialect_xmpp: STARTTLS of XMPP, RFC 6120 section 5.  Of XML only tags are
 * read: comments, processing instructions and entities have no place in a
 * stream (section 11.1).
 */
#include <stdbool.h>
#include <string.h>

#include "tool/dialect.h"

enum {
	TAG_MAX = 2048, /* bytes between < and > */
	DEPTH_MAX = 32, /* of elements in each other */
};

static const char xmpp_tls[] = "urn:ietf:params:xml:ns:xmpp-tls";

struct tag {
	char text[TAG_MAX];  /* between < and > */
	char name[64];	     /* without prefix and slash */
	bool closing, empty; /* </a>, <a/> */
};

/* Reads what is between < and >; a > within quotes is none. */
static int
read_text(struct plain *p, char text[TAG_MAX])
{
	size_t len = 0;
	char c, quote = '\0';

	do {
		if (plain_bytes(p, &c, 1) != 0)
			return -1;
	} while (c != '<');
	for (;;) {
		if (plain_bytes(p, &c, 1) != 0)
			return -1;
		if (c == '>' && quote == '\0')
			break;
		if (c == '\0' || (c == '<' && quote == '\0'))
			return plain_fail(p, "this is not XMPP");
		if (quote != '\0')
			quote = c == quote ? '\0' : quote;
		else if (c == '\'' || c == '"')
			quote = c;
		if (len == TAG_MAX - 1)
			return plain_fail(p, "the server sends too long a tag");
		text[len++] = c;
	}
	text[len] = '\0';
	return 0;
}

static int
read_tag(struct plain *p, struct tag *t)
{
	const char *name, *colon;
	size_t len;

	if (read_text(p, t->text) != 0)
		return -1;
	len = strlen(t->text);
	t->closing = t->text[0] == '/';
	t->empty = len > 1 && t->text[len - 1] == '/';
	name = t->text + (t->closing ? 1 : 0);
	len = strcspn(name, " \t\r\n/");
	if ((colon = memchr(name, ':', len)) != NULL) {
		len -= (size_t)(colon + 1 - name);
		name = colon + 1;
	}
	if (len == 0 || len >= sizeof(t->name))
		return plain_fail(p, "this is not XMPP: <%.100s>", t->text);
	memcpy(t->name, name, len);
	t->name[len] = '\0';
	return 0;
}

/* Is it an element of that name in the namespace of TLS? */
static bool
is_tls(const struct tag *t, const char *name)
{
	const char *at = t->text;
	char quote;

	if (strcmp(t->name, name) != 0)
		return false;
	while ((at = strstr(at, "xmlns")) != NULL) {
		at += strlen("xmlns");
		at += strcspn(at, "='\""); /* the prefix, if there is one */
		at += *at == '=' ? 1 : 0;
		at += strspn(at, " \t\r\n");
		quote = *at;
		if ((quote == '\'' || quote == '"') &&
		    strncmp(at + 1, xmpp_tls, strlen(xmpp_tls)) == 0 &&
		    at[1 + strlen(xmpp_tls)] == quote)
			return true;
	}
	return false;
}

/* The server's stream header and the beginning of its features. */
static int
read_header(struct plain *p, struct tag *t)
{
	if (read_tag(p, t) != 0)
		return -1;
	if (strncmp(t->text, "?xml", 4) == 0 && read_tag(p, t) != 0)
		return -1;
	if (t->closing || strcmp(t->name, "stream") != 0)
		return plain_fail(p, "this is not XMPP: <%.100s>", t->text);
	if (read_tag(p, t) != 0)
		return -1;
	if (strcmp(t->name, "error") == 0)
		return plain_fail(p,
		    "the server refuses the stream; is \"%s\" "
		    "its name?",
		    p->host);
	if (t->closing || strcmp(t->name, "features") != 0)
		return plain_fail(p,
		    "the server does not say what it offers: <%.100s>",
		    t->text);
	return 0;
}

/* To the end of the features: is TLS one of them? */
static int
read_features(struct plain *p, bool *offered)
{
	struct tag t;
	int depth = 1;

	if (read_header(p, &t) != 0)
		return -1;
	*offered = false;
	if (t.empty)
		return 0;
	while (depth > 0) {
		if (read_tag(p, &t) != 0)
			return -1;
		if (t.closing) {
			depth--;
			continue;
		}
		if (depth == 1 && is_tls(&t, "starttls"))
			*offered = true;
		if (!t.empty && ++depth > DEPTH_MAX)
			return plain_fail(p, "the server's features nest too "
					     "deeply");
	}
	return 0;
}

int
dialect_xmpp(struct plain *p)
{
	struct tag t;
	bool offered;

	if (strpbrk(p->host, "<>&'\"") != NULL)
		return plain_fail(p, "\"%s\" is no name of a domain", p->host);
	if (plain_printf(p,
		"<?xml version='1.0'?><stream:stream to='%s' "
		"xmlns='jabber:client' "
		"xmlns:stream='http://etherx.jabber.org/streams' "
		"version='1.0'>",
		p->host) != 0 ||
	    read_features(p, &offered) != 0)
		return -1;
	if (!offered)
		return plain_fail(p, "the server does not offer STARTTLS");
	if (plain_printf(p, "<starttls xmlns='%s'/>", xmpp_tls) != 0 ||
	    read_tag(p, &t) != 0)
		return -1;
	if (t.closing || !is_tls(&t, "proceed"))
		return plain_fail(
		    p, "the server refuses STARTTLS: <%.100s>", t.text);
	if (!t.empty && (read_tag(p, &t) != 0 || !t.closing))
		return plain_fail(p, "this is not XMPP: <%.100s>", t.text);
	return 0;
}
