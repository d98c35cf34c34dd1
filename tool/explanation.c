/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * explanation: every text here is the peer's, or about it, and is escaped.
 */
#include <string.h>
#include <time.h>

#include <tlspool/tlspool.h>

#include "tool/explanation.h"
#include "tool/session_words.h"
#include "tool/text.h"
#include "tool/value.h"

enum { LABEL = 10 /* columns */ };

static const char *
or_null(const char *text)
{
	return *text != '\0' ? text : NULL;
}

/* "dns: what": the length of who, and what; a text without it is all what. */
static const char *
split(const char *step, size_t *who)
{
	const char *colon = strstr(step, ": ");

	*who = colon != NULL ? (size_t)(colon - step) : 0;
	return colon != NULL ? colon + 2 : step;
}

/*
 * For people.
 */

static void
label(FILE *out, const char *text, int indent)
{
	fprintf(out, "%*s%-*s", indent, "", LABEL, text);
}

static void
line(FILE *out, const char *title, int indent, const char *text)
{
	label(out, title, indent);
	text_print(out, text);
	fputc('\n', out);
}

static void
print_names(FILE *out, const struct tlspool_trace *t, size_t i)
{
	const char *name;

	label(out, "names", 5);
	for (size_t j = 0; (name = tlspool_trace_cert_name(t, i, j)) != NULL;
	     j++) {
		if (j > 0)
			fputs(", ", out);
		text_print(out, name);
	}
	fputs(tlspool_trace_cert_name(t, i, 0) == NULL ? "-\n" : "\n", out);
}

static void
print_dates(FILE *out, const struct tlspool_trace *t, size_t i)
{
	uint64_t from = tlspool_trace_cert_from(t, i);
	uint64_t until = tlspool_trace_cert_until(t, i);
	char a[WORDS_MAX], b[WORDS_MAX], c[WORDS_MAX];

	label(out, "valid", 5);
	fprintf(out, "%s to %s: %s\n", words_time(a, from),
	    words_time(b, until),
	    words_validity(c, from, until, (uint64_t)time(NULL)));
}

static void
print_key(FILE *out, const struct tlspool_trace *t, size_t i)
{
	size_t len;
	const uint8_t *key = tlspool_trace_cert_key(t, i, &len);

	label(out, "key", 5);
	fputs(len > 0 ? "sha256:" : "-", out);
	for (size_t j = 0; j < len; j++)
		fprintf(out, "%02x", key[j]);
	fputc('\n', out);
}

static void
print_chain(FILE *out, const struct tlspool_trace *t)
{
	const char *subject;

	fputs("\nWhat it showed\n", out);
	if (tlspool_trace_raw_key(t, NULL) != NULL) {
		fputs("  1  a raw public key (RFC 7250), without a "
		      "certificate\n",
		    out);
		print_key(out, t, 0);
		return;
	}
	for (size_t i = 0; i < tlspool_trace_certs(t); i++) {
		subject = tlspool_trace_cert_subject(t, i);
		fprintf(out, "  %zu  ", i + 1);
		text_print(
		    out, *subject != '\0' ? subject : "(without a subject)");
		fputc('\n', out);
		line(out, "issuer", 5, tlspool_trace_cert_issuer(t, i));
		print_names(out, t, i);
		print_dates(out, t, i);
		print_key(out, t, i);
	}
}

/* Who says it is not said again on each line. */
static void
print_steps(FILE *out, const struct tlspool_trace *t)
{
	const char *step, *what, *last = "";
	size_t widest = 0, who, last_len = 0;

	for (size_t i = 0; (step = tlspool_trace_step(t, i)) != NULL; i++) {
		(void)split(step, &who);
		widest = who > widest ? who : widest;
	}
	fputs("\nHow it was judged\n", out);
	for (size_t i = 0; (step = tlspool_trace_step(t, i)) != NULL; i++) {
		bool same;

		what = split(step, &who);
		same = who == last_len && strncmp(step, last, who) == 0;
		fprintf(
		    out, "  %-*.*s  ", (int)widest, same ? 0 : (int)who, step);
		text_print(out, what);
		fputc('\n', out);
		last = step;
		last_len = who;
	}
}

static void
print_handshake(FILE *out, const struct tlspool_request *req)
{
	const struct tlspool_session *s = tlspool_session(req);

	label(out, "handshake", 0);
	if (s != NULL)
		fprintf(out, "TLS %s, %s\n",
		    tls_word((uint64_t)tlspool_session_version(s)),
		    tlspool_session_cipher(s));
	else {
		fputs("failed: ", out);
		text_print(out, tlspool_request_reason(req));
		fputc('\n', out);
	}
}

static void
print_verdict(FILE *out, const struct explanation *e)
{
	const struct tlspool_trace *t = tlspool_trace(e->request);
	char until[WORDS_MAX];

	fputc('\n', out);
	if (tlspool_trace_error(t) != 0) {
		line(out, "verdict", 0, "not trusted");
		line(out, "reason", 0, tlspool_trace_reason(t));
		return;
	}
	label(out, "verdict", 0);
	fprintf(out, "trusted, by %s\n", tlspool_trace_method(t));
	line(out, "peer", 0, tlspool_trace_peer_name(t));
	line(out, "evidence", 0, tlspool_trace_evidence(t));
	line(out, "until", 0, words_time(until, tlspool_trace_until(t)));
	print_handshake(out, e->request);
}

static void
print_text(FILE *out, const struct explanation *e)
{
	const struct tlspool_trace *t = tlspool_trace(e->request);

	text_print(out, e->name != NULL ? e->name : "a client");
	if (e->port != NULL)
		fprintf(out, ", port %s", e->port);
	if (e->service != NULL)
		fprintf(out, ", service %s", e->service);
	fprintf(out, ", at %s\n", e->address);
	print_chain(out, t);
	print_steps(out, t);
	print_verdict(out, e);
}

/*
 * For programs.
 */

static json_t *
cert_value(const struct tlspool_trace *t, size_t i)
{
	json_t *cert = value_object(), *names = value_array();
	size_t len;
	const void *key = tlspool_trace_cert_key(t, i, &len);
	const char *name;

	for (size_t j = 0; (name = tlspool_trace_cert_name(t, i, j)) != NULL;
	     j++)
		value_append(names, value_text(name));
	value_set(
	    cert, "subject", value_text(tlspool_trace_cert_subject(t, i)));
	value_set(cert, "issuer", value_text(tlspool_trace_cert_issuer(t, i)));
	value_set(cert, "names", names);
	value_set(cert, "from", value_time(tlspool_trace_cert_from(t, i)));
	value_set(cert, "until", value_time(tlspool_trace_cert_until(t, i)));
	value_set(
	    cert, "sha256", key != NULL ? value_hex(key, len) : json_null());
	return cert;
}

static json_t *
step_value(const char *step)
{
	json_t *value = value_object();
	char who[32];
	size_t len;
	const char *what = split(step, &len);

	snprintf(who, sizeof(who), "%.*s", (int)len, step);
	value_set(value, "who", value_text(who));
	value_set(value, "what", value_text(what));
	return value;
}

static json_t *
handshake_value(const struct tlspool_request *req)
{
	const struct tlspool_session *s = tlspool_session(req);
	json_t *value = value_object();

	value_set(value, "established", json_boolean(s != NULL));
	value_set(
	    value, "reason", value_text(or_null(tlspool_request_reason(req))));
	value_set(value, "tls",
	    value_text(s == NULL
			   ? NULL
			   : tls_word((uint64_t)tlspool_session_version(s))));
	value_set(
	    value, "cipher", value_text(or_null(tlspool_session_cipher(s))));
	return value;
}

static void
set_verdict(json_t *value, const struct tlspool_trace *t)
{
	int error = tlspool_trace_error(t);

	value_set(value, "trusted", json_boolean(error == 0));
	value_set(value, "error",
	    value_text(error == 0 ? NULL : strerrorname_np(error)));
	value_set(
	    value, "reason", value_text(or_null(tlspool_trace_reason(t))));
	value_set(
	    value, "peer", value_text(or_null(tlspool_trace_peer_name(t))));
	value_set(
	    value, "method", value_text(or_null(tlspool_trace_method(t))));
	value_set(
	    value, "evidence", value_text(or_null(tlspool_trace_evidence(t))));
	value_set(value, "until", value_time(tlspool_trace_until(t)));
}

static void
print_json(FILE *out, const struct explanation *e)
{
	const struct tlspool_trace *t = tlspool_trace(e->request);
	json_t *value = value_object(), *chain = value_array(),
	       *steps = value_array();
	const char *step;

	for (size_t i = 0; i < tlspool_trace_certs(t); i++)
		value_append(chain, cert_value(t, i));
	for (size_t i = 0; (step = tlspool_trace_step(t, i)) != NULL; i++)
		value_append(steps, step_value(step));
	value_set(value, "name", value_text(e->name));
	value_set(value, "port", value_text(e->port));
	value_set(value, "service", value_text(e->service));
	value_set(value, "address", value_text(e->address));
	set_verdict(value, t);
	value_set(value, "raw_key",
	    json_boolean(tlspool_trace_raw_key(t, NULL) != NULL));
	value_set(value, "chain", chain);
	value_set(value, "steps", steps);
	value_set(value, "handshake", handshake_value(e->request));
	value_print(out, value);
}

void
explanation_print(FILE *out, const struct explanation *e, bool json)
{
	if (json)
		print_json(out, e);
	else
		print_text(out, e);
}
