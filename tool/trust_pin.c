/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * trust_pin: pins the key of a peer, given by its hash or by a certificate;
 * and takes it back.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <gnutls/x509.h>

#include "daemon/ipc/app.h"
#include "tool/admin.h"
#include "tool/command.h"

enum {
	HASH_SIZE = 32,
	HASH_TEXT = sizeof("sha256:") + 2 * HASH_SIZE,
};

static const struct option options[] = {
	{ "from-cert", required_argument, NULL, 'c' },
	{ NULL, 0, NULL, 0 },
};

/* The key of a certificate in PEM (the first of it) or DER, as sha256:HEX. */
static int
hash_cert(const char *path, char text[HASH_TEXT])
{
	gnutls_x509_crt_t cert = NULL;
	gnutls_datum_t data = { NULL, 0 };
	uint8_t id[HASH_SIZE];
	size_t len = sizeof(id);
	int r, status = TOOL_NO;

	if ((r = gnutls_load_file(path, &data)) != 0) {
		complain("%s: %s", path,
		    errno != 0 ? strerror(errno) : gnutls_strerror(r));
		goto err;
	}
	if (gnutls_x509_crt_init(&cert) != 0)
		out_of_memory();
	if (gnutls_x509_crt_import(cert, &data, GNUTLS_X509_FMT_PEM) != 0 &&
	    gnutls_x509_crt_import(cert, &data, GNUTLS_X509_FMT_DER) != 0) {
		complain("%s: there is no certificate in it", path);
		goto err;
	}
	if (gnutls_x509_crt_get_key_id(
		cert, GNUTLS_KEYID_USE_SHA256, id, &len) != 0 ||
	    len != sizeof(id)) {
		complain("%s: its key cannot be read", path);
		goto err;
	}
	text += snprintf(text, HASH_TEXT, "sha256:");
	for (size_t i = 0; i < sizeof(id); i++)
		snprintf(text + 2 * i, 3, "%02x", id[i]);
	status = TOOL_OK;
err:
	if (cert != NULL)
		gnutls_x509_crt_deinit(cert);
	gnutls_free(data.data);
	return status;
}

static int
ask(const struct message_schema *schema, const void *msg)
{
	struct admin_result result;
	struct admin a;
	int status;

	if ((status = admin_open(&a)) != TOOL_OK)
		return status;
	status = admin_ask(&a, schema, msg, NULL, 0, &admin_result_schema,
	    &result, ADMIN_TIMEOUT);
	if (status == TOOL_OK && result.error != 0) {
		complain("%s", result.text != NULL
				   ? result.text
				   : strerror((int)result.error));
		status = TOOL_NO;
	}
	admin_close(&a);
	return status;
}

static int
pin(int argc, char **argv)
{
	struct admin_trust_pin msg = { .role = APP_ROLE_SERVER };
	char text[HASH_TEXT], **words;
	const char *cert = NULL;
	int status;

	while (option_next(argc, argv, options) != -1)
		cert = optarg;
	words =
	    operands(argc, argv, cert == NULL ? 3 : 2, cert == NULL ? 3 : 2);
	msg.name = words[0];
	if (strcmp(words[1], "client") == 0)
		msg.role = APP_ROLE_CLIENT;
	else if (strcmp(words[1], "server") != 0)
		usage_error("%s is neither client nor server", words[1]);
	msg.key = words[2];
	if (cert != NULL) {
		if ((status = hash_cert(cert, text)) != TOOL_OK)
			return status;
		msg.key = text;
	}
	return ask(&admin_trust_pin_schema, &msg);
}

static int
unpin(int argc, char **argv)
{
	struct admin_trust_unpin msg;
	char **words;

	while (option_next(argc, argv, NULL) != -1)
		;
	words = operands(argc, argv, 1, 2);
	msg.name = words[0];
	msg.key = words[1];
	return ask(&admin_trust_unpin_schema, &msg);
}

const struct command trust_pin_command = {
	.name = "trust pin",
	.summary = "pin a key for the name of a peer",
	.help = "NAME client|server sha256:HASH\n"
		"       tlspool-cli trust pin NAME client|server --from-cert "
		"FILE\n"
		"Pins a key for a peer, which is a client or a server.  HASH "
		"is the SHA-256 of its\nSubjectPublicKeyInfo, in hexadecimal "
		"or base64.  It holds at once.\n\n"
		"  --from-cert FILE  the key of this certificate (PEM or "
		"DER)\n\n"
		"Example:\n"
		"  tlspool-cli trust pin www.example.com server --from-cert "
		"cert.pem\n",
	.run = pin,
};

const struct command trust_unpin_command = {
	.name = "trust unpin",
	.summary = "forget the keys of a name, or one of them",
	.help = "NAME [sha256:HASH]\n"
		"Forgets the keys that were pinned for a peer by trust pin, or "
		"remembered at first\nuse.  The file of pins of the "
		"configuration is left alone.\n\n"
		"Example:\n"
		"  tlspool-cli trust unpin www.example.com\n",
	.run = unpin,
};
