/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * tlsa_check: what is published in the DNS against what is served.  The
 * verifier compares; nothing of a stranger's is parsed here.
 */
#include <stdlib.h>
#include <string.h>

#include <tlspool/tlspool.h>

#include "daemon/ipc/credential.h"
#include "daemon/ipc/idna.h"
#include "daemon/verifier/resolver.h"
#include "daemon/verifier/tlsa.h"
#include "tool/command.h"
#include "tool/id_row.h"
#include "tool/tlsa.h"
#include "tool/traced.h"
#include "tool/value.h"

enum {
	SERVED_MAX = 16,
	TLSA_HEAD = 3, /* octets in front of the data */
};

/* What a record is good for. */
enum use {
	USE_MATCHES,
	USE_NEXT,
	USE_WEAKER,
	USE_STALE,
	USE_UNUSABLE,
	USE_INSECURE
};

static const char *const uses[] = {
	[USE_MATCHES] = "matches",
	[USE_NEXT] = "next",
	[USE_WEAKER] = "weaker",
	[USE_STALE] = "stale",
	[USE_UNUSABLE] = "unusable",
	[USE_INSECURE] = "insecure",
};

static const struct {
	const char *word; /* for programs */
	const char *text;
} states[] = {
	[RESOLVER_SECURE] = { "secure", "secure" },
	[RESOLVER_ABSENT] = { "absent", "proved to be absent" },
	[RESOLVER_INSECURE] = { "insecure", "not signed" },
	[RESOLVER_BOGUS] = { "bogus", "bogus" },
	[RESOLVER_FAILED] = { "failed", "not answered" },
	[RESOLVER_TIMEOUT] = { "timeout", "not answered in time" },
};

enum { NSTATES = sizeof(states) / sizeof(states[0]) };

/* A key that is served, of which the chain is in the list of chains. */
struct served {
	uint8_t key[KEY_ID_SIZE];
	bool known;   /* the key is */
	bool covered; /* a record is of it */
};

struct check {
	struct tlsa_wish *wish;
	struct admin admin;
	struct wire_writer chains;
	struct blob raw_key; /* of a server that has no chain */
	struct served served[SERVED_MAX];
	size_t nserved;
	char host[DOMAIN_SIZE]; /* of a server */
	bool live;		/* a server was asked */
	bool trusted;
	char *reason;	/* why it is not, or NULL */
	uint8_t state;	/* enum resolver_state */
	bool published; /* the record of --next */
	bool untidy;
	json_t *records; /* for programs */
};

/* Takes what is served; a chain without a byte is that of a raw key. */
static int
add_served(struct check *c, struct blob chain, const void *key, size_t len)
{
	struct served *s = &c->served[c->nserved];

	if (c->nserved == SERVED_MAX ||
	    c->chains.len + 4 + chain.len > c->chains.size) {
		complain("more certificates are served than can be compared");
		return TOOL_NO;
	}
	if (key != NULL && len == sizeof(s->key)) {
		memcpy(s->key, key, len);
		s->known = true;
	}
	if (chain.len > 0)
		wire_put_string(&c->chains, chain.data, chain.len);
	c->nserved++;
	return TOOL_OK;
}

/* What the server at the port shows. */
static int
take_trace(struct check *c, const struct tlspool_trace *t)
{
	static uint8_t list[APP_TRACE_CHAIN_MAX];
	struct wire_writer w = { .data = list, .size = sizeof(list) };
	const void *der, *key;
	size_t len;

	for (size_t i = 0; (der = tlspool_trace_cert_der(t, i, &len)) != NULL;
	     i++)
		wire_put_string(&w, der, len);
	c->live = true;
	c->trusted = tlspool_trace_error(t) == 0;
	if (!c->trusted &&
	    (c->reason = strdup(tlspool_trace_reason(t))) == NULL)
		out_of_memory();
	if ((der = tlspool_trace_raw_key(t, &len)) != NULL) {
		memcpy(list, der, len);
		c->raw_key = (struct blob){ list, len };
	}
	key = tlspool_trace_cert_key(t, 0, &len);
	return add_served(c, (struct blob){ w.data, w.len }, key, len);
}

/* The credentials of an identity, if there are any; no word where not. */
static bool
has_identity(struct check *c, const char *name, struct admin_rows *page)
{
	const struct admin_id_show ask = { .name = name };
	const char *why;
	int status;

	return admin_send(&c->admin, &admin_id_show_schema, &ask, NULL, 0) ==
		   TOOL_OK &&
	       admin_receive(&c->admin, ADMIN_TIMEOUT, &status) == 1 &&
	       c->admin.packet->header.request == c->admin.last &&
	       admin_decode(&c->admin, &admin_rows_schema, page, &why) ==
		   TOOL_OK;
}

/*
 * One handshake shows one key.  Where that is one that the daemon has for this
 * name, it is the daemon's server, and its other keys are shown to others.
 */
static int
add_siblings(struct check *c, const char *name)
{
	const uint8_t *shown = c->served[0].key;
	struct row_buffer buf = { NULL, 0 };
	struct admin_rows page, again;
	struct admin_id_row row;
	bool ours = false;
	int status = TOOL_OK;

	if (c->raw_key.len > 0 || !has_identity(c, name, &page))
		return TOOL_OK;
	again = page;
	while (admin_row(&page, &admin_id_row_schema, &buf, &row) == 1)
		ours =
		    ours || (row.key.len == KEY_ID_SIZE &&
				memcmp(row.key.data, shown, KEY_ID_SIZE) == 0);
	while (ours && status == TOOL_OK &&
	       admin_row(&again, &admin_id_row_schema, &buf, &row) == 1)
		if (row.key.len == KEY_ID_SIZE && row.chain.len > 0 &&
		    memcmp(row.key.data, shown, KEY_ID_SIZE) != 0)
			status =
			    add_served(c, row.chain, row.key.data, row.key.len);
	free(buf.data);
	return status;
}

static int
ask_server(struct check *c, const char *text)
{
	struct request_options request = { .flags = STARTTLS_NO_CACHE_WRITE };
	struct tlsa_wish *w = c->wish;
	struct traced traced;
	const char *why;
	int status;

	if (idna_domain(w->name, strlen(w->name), c->host, &why) != 0)
		usage_error("\"%s\" %s", w->name, why);
	if ((status = tlsa_find_owner(w, c->host)) != TOOL_OK)
		return status;
	w->target.quiet = true;
	target_take(&w->target, text);
	status = traced_open(&traced, &w->target, &request);
	if (status == TOOL_OK)
		status = take_trace(c, tlspool_trace(traced.req));
	if (status == TOOL_OK)
		status = add_siblings(c, c->host);
	traced_close(&traced);
	return status;
}

/* What the keeper has for a client or a user. */
static int
ask_keeper(struct check *c)
{
	struct row_buffer buf = { NULL, 0 };
	struct admin_rows page;
	struct admin_id_row row;
	int status, r = 0;

	if ((status = id_ask_show(&c->admin, c->wish->name, &page)) != TOOL_OK)
		return status;
	while (status == TOOL_OK &&
	       (r = admin_row(&page, &admin_id_row_schema, &buf, &row)) == 1) {
		if (c->nserved == 0)
			status = tlsa_find_owner(c->wish, row.name);
		if (status == TOOL_OK && row.chain.len == 0) {
			complain(
			    "the certificate of %s is not known", row.name);
			status = TOOL_NO;
		}
		if (status == TOOL_OK)
			status =
			    add_served(c, row.chain, row.key.data, row.key.len);
	}
	if (status == TOOL_OK && (r == -1 || c->nserved == 0)) {
		complain(r == -1 ? "the daemon sent a malformed row"
				 : "there is no such identity");
		status = TOOL_NO;
	}
	free(buf.data);
	return status;
}

/* Is it the record of the key that is to come? */
static bool
is_next(const struct check *c, struct blob rdata)
{
	struct tlsa_kind kind;
	gnutls_datum_t data;
	bool same;

	if (c->wish->next == NULL || rdata.len <= TLSA_HEAD)
		return false;
	kind =
	    (struct tlsa_kind){ rdata.data[0], rdata.data[1], rdata.data[2] };
	if (tlsa_data_of_file(&kind, c->wish->next, &data) != NULL)
		return false;
	same = data.size == rdata.len - TLSA_HEAD &&
	       memcmp(data.data, rdata.data + TLSA_HEAD, data.size) == 0;
	gnutls_free(data.data);
	return same;
}

/* Takes note of what it covers; *cert: by which certificate, 0: by none. */
static enum use
use_of(struct check *c, const struct admin_tlsa_row *row, uint8_t *cert)
{
	bool next;

	*cert = 0;
	if (c->state != RESOLVER_SECURE)
		return USE_INSECURE;
	if (row->weaker)
		return USE_WEAKER;
	if (row->unusable != NULL)
		return USE_UNUSABLE;
	next = is_next(c, row->rdata);
	c->published = c->published || next;
	for (size_t i = 0; i < c->nserved && i < row->matches.len; i++) {
		if (row->matches.data[i] == 0)
			continue;
		c->served[i].covered = true;
		*cert = row->matches.data[i];
	}
	if (*cert != 0)
		return USE_MATCHES;
	return next ? USE_NEXT : USE_STALE;
}

static const char *
remark(const struct check *c, const struct admin_tlsa_row *row, enum use use,
    uint8_t cert, char buf[64])
{
	switch (use) {
	case USE_MATCHES:
		if (cert == ADMIN_TLSA_ELSEWHERE)
			return "an authority that is not sent along";
		snprintf(buf, 64, "certificate %u", cert);
		return buf;
	case USE_NEXT:
		return c->wish->next;
	case USE_WEAKER:
	case USE_UNUSABLE:
		return row->unusable;
	case USE_STALE:
		return row->why != NULL ? row->why
					: "nothing that is served matches it";
	case USE_INSECURE:
		break;
	}
	return "who uses DANE passes it over";
}

static json_t *
record_value(const struct admin_tlsa_row *row, enum use use, uint8_t cert,
    const char *why)
{
	static const char *const keys[] = { "usage", "selector", "matching" };
	json_t *value = value_object();

	for (size_t i = 0; i < TLSA_HEAD; i++)
		value_set(value, keys[i],
		    i < row->rdata.len ? value_number(row->rdata.data[i])
				       : json_null());
	value_set(value, "data",
	    row->rdata.len > TLSA_HEAD ? value_hex(row->rdata.data + TLSA_HEAD,
					     row->rdata.len - TLSA_HEAD)
				       : json_null());
	value_set(value, "state", value_text(uses[use]));
	value_set(value, "certificate",
	    cert == 0 || cert == ADMIN_TLSA_ELSEWHERE ? json_null()
						      : value_number(cert));
	value_set(value, "why", value_text(why));
	return value;
}

static void
show_record(struct check *c, const struct admin_tlsa_row *row)
{
	char buf[64];
	uint8_t cert;
	enum use use = use_of(c, row, &cert);
	const char *why = remark(c, row, use, cert, buf);

	c->untidy = c->untidy || use == USE_STALE || use == USE_UNUSABLE;
	if (tool.json) {
		value_append(c->records, record_value(row, use, cert, why));
		return;
	}
	printf("  %-8s  ", uses[use]);
	text_print(stdout, row->text != NULL ? row->text : "?");
	fputs("\n            ", stdout);
	text_print(stdout, why);
	fputc('\n', stdout);
}

static int
look_up(struct check *c, struct admin_tlsa_ans *ans)
{
	struct tlsa_wish *w = c->wish;
	const struct admin_tlsa_lookup ask = { .owner = w->owner,
		.host = w->port != 0 ? c->host : NULL,
		.smimea = strcmp(w->type, "SMIMEA") == 0,
		.name = w->port != 0 ? w->name : NULL,
		.chains = { c->chains.data, c->chains.len },
		.raw_key = c->raw_key };
	int status;

	status = admin_ask(&c->admin, &admin_tlsa_lookup_schema, &ask, NULL, 0,
	    &admin_tlsa_ans_schema, ans, ADMIN_SLOW_TIMEOUT);
	if (status == TOOL_OK && ans->owner != NULL)
		snprintf(w->owner, sizeof(w->owner), "%s", ans->owner);
	if (status == TOOL_OK && ans->state >= NSTATES) {
		complain("the daemon was not understood");
		status = TOOL_NO;
	}
	return status;
}

static void
print_head(const struct check *c, const struct admin_tlsa_ans *ans)
{
	printf("%s. %s: %s", c->wish->owner, c->wish->type,
	    states[ans->state].text);
	if (ans->why != NULL) {
		fputs(": ", stdout);
		text_print(stdout, ans->why);
	}
	fputc('\n', stdout);
}

static int
show_records(struct check *c, const struct admin_tlsa_ans *ans)
{
	struct admin_rows page = { .rows = ans->records };
	struct row_buffer buf = { NULL, 0 };
	struct admin_tlsa_row row;
	int r;

	c->state = ans->state;
	c->records = value_array();
	if (!tool.json)
		print_head(c, ans);
	while ((r = admin_row(&page, &admin_tlsa_row_schema, &buf, &row)) == 1)
		show_record(c, &row);
	free(buf.data);
	if (r == -1)
		complain("the daemon sent a malformed row");
	return r == -1 ? TOOL_NO : TOOL_OK;
}

static int
verdict(const struct check *c)
{
	bool broken = c->state != RESOLVER_SECURE ||
		      (c->wish->next != NULL && !c->published);

	if (c->state == RESOLVER_FAILED || c->state == RESOLVER_TIMEOUT)
		return TOOL_NO;
	for (size_t i = 0; i < c->nserved; i++)
		broken = broken || !c->served[i].covered;
	return broken ? TOOL_NOT_TRUSTED : c->untidy ? TOOL_UNTIDY : TOOL_OK;
}

static const char *
result_word(int status)
{
	switch (status) {
	case TOOL_OK:
		return "ok";
	case TOOL_NOT_TRUSTED:
		return "broken";
	case TOOL_UNTIDY:
		return "untidy";
	default:
		return "unknown";
	}
}

static json_t *
next_value(const struct check *c)
{
	json_t *value;

	if (c->wish->next == NULL)
		return json_null();
	value = value_object();
	value_set(value, "file", value_text(c->wish->next));
	value_set(value, "published", json_boolean(c->published));
	return value;
}

static void
print_json(struct check *c, const struct admin_tlsa_ans *ans, int status)
{
	json_t *value = value_object(), *served = value_array(), *one;

	for (size_t i = 0; i < c->nserved; i++) {
		const struct served *s = &c->served[i];

		one = value_object();
		value_set(one, "sha256",
		    s->known ? value_hex(s->key, sizeof(s->key)) : json_null());
		value_set(one, "covered", json_boolean(s->covered));
		value_append(served, one);
	}
	value_set(value, "owner", value_text(c->wish->owner));
	value_set(value, "type", value_text(c->wish->type));
	value_set(value, "dns", value_text(states[ans->state].word));
	value_set(value, "why", value_text(ans->why));
	value_set(value, "ttl", value_number(ans->ttl));
	value_set(value, "records", json_incref(c->records));
	value_set(value, "served", served);
	value_set(value, "next", next_value(c));
	value_set(
	    value, "trusted", c->live ? json_boolean(c->trusted) : json_null());
	value_set(value, "reason", value_text(c->reason));
	value_set(value, "result", value_text(result_word(status)));
	value_print(stdout, value);
}

static void
print_text(const struct check *c, int status)
{
	for (size_t i = 0; i < c->nserved; i++) {
		const struct served *s = &c->served[i];

		fputs("served key sha256:", stdout);
		for (size_t j = 0; j < sizeof(s->key); j++)
			printf("%02x", s->key[j]);
		printf(": %s\n",
		    s->covered ? "a record is of it" : "no record is of it");
	}
	if (c->wish->next != NULL) {
		text_print(stdout, c->wish->next);
		printf(": its record is %spublished\n",
		    c->published ? "" : "not ");
	}
	if (c->reason != NULL) {
		fputs("the pool does not trust the server: ", stdout);
		text_print(stdout, c->reason);
		fputc('\n', stdout);
	}
	printf("result: %s\n", result_word(status));
}

static int
compare(struct check *c, const char *text)
{
	struct admin_tlsa_ans ans;
	int status = c->wish->port != 0 ? ask_server(c, text) : ask_keeper(c);

	if (status != TOOL_OK || (status = look_up(c, &ans)) != TOOL_OK ||
	    (status = show_records(c, &ans)) != TOOL_OK)
		return status;
	status = verdict(c);
	if (tool.json)
		print_json(c, &ans, status);
	else
		print_text(c, status);
	return status;
}

/* A file that cannot be read is no key that is not published. */
static int
check_next(const struct tlsa_wish *w)
{
	const struct tlsa_kind key = { TLSA_DANE_EE, TLSA_SPKI, TLSA_SHA256 };
	gnutls_datum_t data;
	const char *why;

	if (w->next == NULL)
		return TOOL_OK;
	if ((why = tlsa_data_of_file(&key, w->next, &data)) != NULL) {
		complain("%s: %s", w->next, why);
		return TOOL_NO;
	}
	gnutls_free(data.data);
	return TOOL_OK;
}

int
tlsa_check(struct tlsa_wish *w, const char *text)
{
	static uint8_t chains[CHAIN_MAX];
	struct check c = { .wish = w,
		.chains = { .data = chains, .size = sizeof(chains) } };
	int status;

	if ((status = check_next(w)) != TOOL_OK ||
	    (status = admin_open(&c.admin)) != TOOL_OK)
		return status;
	status = compare(&c, text);
	admin_close(&c.admin);
	json_decref(c.records);
	free(c.reason);
	return status;
}
