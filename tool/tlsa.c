/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * tlsa: the records of DANE that an identity's owner is to publish.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/ipc/app.h"
#include "daemon/verifier/tlsa.h"
#include "daemon/verifier/tlsa_owner.h"
#include "tool/command.h"
#include "tool/id_row.h"
#include "tool/tlsa.h"

enum {
	OPTION_USAGE = 1,
	OPTION_SELECTOR,
	OPTION_MATCHING,
	OPTION_PROTO,
	OPTION_NEXT,
	OPTION_CHECK,
};

static const struct option options[] = {
	{ "usage", required_argument, NULL, OPTION_USAGE },
	{ "selector", required_argument, NULL, OPTION_SELECTOR },
	{ "matching", required_argument, NULL, OPTION_MATCHING },
	{ "proto", required_argument, NULL, OPTION_PROTO },
	{ "next", required_argument, NULL, OPTION_NEXT },
	{ "check", no_argument, NULL, OPTION_CHECK },
	TARGET_OPTIONS,
	TARGET_AT_OPTIONS,
	{ NULL, 0, NULL, 0 },
};

struct record {
	const char *owner;
	const char *type; /* "TLSA", "SMIMEA" */
	struct tlsa_kind kind;
	struct blob data;
};

#define R struct record
static const struct column columns[] = {
	COLUMN(R, TEXT, owner, NULL, "owner"),
	COLUMN(R, TEXT, type, NULL, "type"),
	COLUMN(R, NUMBER, kind.usage, NULL, "usage"),
	COLUMN(R, NUMBER, kind.selector, NULL, "selector"),
	COLUMN(R, NUMBER, kind.matching, NULL, "matching"),
	COLUMN(R, HEX, data, NULL, "data"),
};
#undef R

/* "name", "name:port"; what else it may be is for the daemon to say. */
static void
take_name(struct tlsa_wish *w, const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon != NULL ? (size_t)(colon - text) : strlen(text);

	if (len == 0 || len >= sizeof(w->name))
		usage_error("\"%s\" is not the name of an identity", text);
	memcpy(w->name, text, len);
	w->name[len] = '\0';
	if (colon == NULL)
		return;
	optarg = (char *)(uintptr_t)(colon + 1);
	w->port = (uint16_t)option_number("the port", 1, UINT16_MAX);
}

static void
take_options(struct tlsa_wish *w, int argc, char **argv)
{
	bool aimed = false, shaped = false;
	int c;

	while ((c = option_next(argc, argv, options)) != -1) {
		if (target_option(&w->target, c)) {
			aimed = true;
			continue;
		}
		shaped = shaped || c <= OPTION_MATCHING;
		switch (c) {
		case OPTION_USAGE:
			w->kind.usage =
			    (uint8_t)option_number("--usage", 0, TLSA_DANE_EE);
			break;
		case OPTION_SELECTOR:
			w->kind.selector =
			    (uint8_t)option_number("--selector", 0, TLSA_SPKI);
			break;
		case OPTION_MATCHING:
			w->kind.matching = (uint8_t)option_number(
			    "--matching", 0, TLSA_SHA512);
			break;
		case OPTION_PROTO:
			w->protocol = optarg;
			break;
		case OPTION_NEXT:
			w->next = optarg;
			break;
		case OPTION_CHECK:
			w->check = true;
			break;
		default:
			break;
		}
	}
	take_name(w, operands(argc, argv, 1, 1)[0]);
	if (aimed && (!w->check || w->port == 0))
		usage_error("where to connect to is of --check NAME:PORT");
	if (shaped && w->check)
		usage_error("--check looks at records of every kind");
	if (w->protocol != NULL && strcmp(w->protocol, "tcp") != 0 &&
	    strcmp(w->protocol, "udp") != 0 && strcmp(w->protocol, "sctp") != 0)
		usage_error("--proto is tcp, udp or sctp");
	if (w->protocol != NULL && w->port == 0)
		usage_error("--proto is of services: NAME:PORT");
	if (w->port != 0 && strchr(w->name, '@') != NULL)
		usage_error("the records of users have no port");
	if (w->check && w->protocol != NULL && strcmp(w->protocol, "tcp") != 0)
		usage_error("--check speaks TLS over TCP only");
}

/*
 * Of a user the local part as it was written, for every octet of it counts.
 */
int
tlsa_find_owner(struct tlsa_wish *w, const char *identity)
{
	char user[2 * sizeof(w->name)];
	const char *at = strchr(w->name, '@'), *domain = strchr(identity, '@');
	int len, r;

	w->type = at != NULL ? "SMIMEA" : "TLSA";
	if (at != NULL && domain != NULL) {
		snprintf(user, sizeof(user), "%.*s%s", (int)(at - w->name),
		    w->name, domain);
		r = tlsa_owner_user(w->owner, user);
	} else if (w->port != 0) {
		r = tlsa_owner_service(w->owner, w->port,
		    w->protocol != NULL ? w->protocol : "tcp", identity);
	} else { /* of a client, at its own name */
		len = snprintf(w->owner, sizeof(w->owner), "%s", identity);
		r = len > 0 && (size_t)len < sizeof(w->owner) ? 0 : -1;
	}
	if (r != 0)
		complain("%s is too long for DNS", w->name);
	return r == 0 ? TOOL_OK : TOOL_NO;
}

static void
print_record(const struct tlsa_wish *w, const gnutls_datum_t *data)
{
	struct record record = { .owner = w->owner,
		.type = w->type,
		.kind = w->kind,
		.data = { data->data, data->size } };

	if (w->table != NULL) {
		table_add(w->table, &record);
		return;
	}
	printf("%s. IN %s %u %u %u ", w->owner, w->type, w->kind.usage,
	    w->kind.selector, w->kind.matching);
	for (unsigned i = 0; i < data->size; i++)
		printf("%02x", data->data[i]);
	putchar('\n');
}

/* The certificate that the usage is about: the leaf, or the highest
 * authority that is sent along with it. */
static bool
pick(const struct tlsa_wish *w, struct blob chain, gnutls_datum_t *der)
{
	bool leaf =
	    w->kind.usage == TLSA_PKIX_EE || w->kind.usage == TLSA_DANE_EE;
	struct blob item;
	unsigned n = 0;

	while ((n == 0 || !leaf) && wire_list_next(&chain, &item) == 1) {
		*der = (gnutls_datum_t){ (unsigned char *)(uintptr_t)item.data,
			(unsigned)item.len };
		n++;
	}
	return leaf ? n == 1 : n > 1;
}

static int
print_row(struct tlsa_wish *w, const struct admin_id_row *row)
{
	gnutls_datum_t der, data;

	if (row->chain.len == 0) {
		complain("the certificate of %s is not known: %s", row->name,
		    row->trouble != NULL ? row->trouble
					 : "the daemon does not send it along");
		return TOOL_NO;
	}
	if (!pick(w, row->chain, &der)) {
		complain("no authority is sent along with the certificate of "
			 "%s, and --usage %u is of authorities",
		    row->name, w->kind.usage);
		return TOOL_NO;
	}
	if (tlsa_data_of_cert(&w->kind, &der, &data) != 0) {
		complain("the certificate of %s cannot be read", row->name);
		return TOOL_NO;
	}
	print_record(w, &data);
	gnutls_free(data.data);
	return TOOL_OK;
}

/* One record for each of its keys: all of them may be served. */
static int
print_rows(struct tlsa_wish *w, struct admin_rows *page)
{
	struct row_buffer buf = { NULL, 0 };
	struct admin_id_row row;
	int status = TOOL_OK;
	size_t n = 0;
	int r;

	while (status == TOOL_OK &&
	       (r = admin_row(page, &admin_id_row_schema, &buf, &row)) != 0) {
		if (r == -1) {
			complain("the daemon sent a malformed row");
			status = TOOL_NO;
		} else if (n++ == 0) {
			status = tlsa_find_owner(w, row.name);
		}
		if (status == TOOL_OK)
			status = print_row(w, &row);
	}
	free(buf.data);
	if (status == TOOL_OK && n == 0) {
		complain("there is no such identity");
		return TOOL_NO;
	}
	return status;
}

/* RFC 7671, section 8.1: the record of the next key is published before it
 * is used, beside that of the one that is. */
static int
print_next(const struct tlsa_wish *w)
{
	gnutls_datum_t data;
	const char *why = tlsa_data_of_file(&w->kind, w->next, &data);

	if (why != NULL) {
		complain("%s: %s", w->next, why);
		return TOOL_NO;
	}
	print_record(w, &data);
	gnutls_free(data.data);
	return TOOL_OK;
}

static int
run(int argc, char **argv)
{
	struct tlsa_wish w = { .kind = {
				   TLSA_DANE_EE, TLSA_SPKI, TLSA_SHA256 } };
	struct admin_rows page;
	struct admin a;
	int status;

	take_options(&w, argc, argv);
	if (w.check)
		return tlsa_check(&w, operands(argc, argv, 1, 1)[0]);
	if ((status = admin_open(&a)) != TOOL_OK)
		return status;
	if (tool.json)
		w.table = table_new(
		    columns, sizeof(columns) / sizeof(columns[0]), true);
	if ((status = id_ask_show(&a, w.name, &page)) == TOOL_OK)
		status = print_rows(&w, &page);
	if (status == TOOL_OK && w.next != NULL)
		status = print_next(&w);
	if (w.table != NULL)
		table_end(w.table);
	admin_close(&a);
	return status;
}

const struct command tlsa_command = {
	.name = "tlsa",
	.summary = "print or check the DNS records of an identity",
	.help =
	    "[--usage N] [--selector N] [--matching N] [--proto PROTO] "
	    "[--next FILE] NAME[:PORT]\n"
	    "       tlspool-cli tlsa --check [--next FILE] [OPTIONS] "
	    "NAME[:PORT]\n"
	    "Prints the TLSA records of an identity as a server at that "
	    "port, or without a\nport as a client; of a user the SMIMEA "
	    "records.\n\n"
	    "  --usage N     0 and 1: also PKIX; 0 and 2: the authority; "
	    "1 and 3: the peer [3]\n"
	    "  --selector N  0: the certificate; 1: its public key [1]\n"
	    "  --matching N  0: all of it; 1: SHA-256; 2: SHA-512 [1]\n"
	    "  --proto PROTO tcp, udp or sctp [tcp]\n"
	    "  --next FILE   the record of the key or certificate in "
	    "FILE, too\n\n"
	    "With --check it asks the DNS, anew, for what is published, "
	    "and holds that against\nwhat the server at NAME:PORT shows, "
	    "whoever runs it; of a client or a user,\nagainst the "
	    "certificates that the daemon has.\n\n" TARGET_AT_HELP TARGET_HELP
	    "\nThe exit status of --check is 0 where all is well; 4 where "
	    "who uses DANE would not\nget through: the records are not "
	    "secure, a key has none, or that of --next is\nmissing; 5 where "
	    "it works, but records are stale or unusable; 1 where that "
	    "could\nnot be found out.\n\n"
	    "Examples:\n"
	    "  tlspool-cli tlsa www.example.com:443\n"
	    "  tlspool-cli tlsa --next next.pem mail.example.com:25\n"
	    "  tlspool-cli tlsa --check --starttls smtp "
	    "mail.example.com:25\n",
	.run = run,
};
