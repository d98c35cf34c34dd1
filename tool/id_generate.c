/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * id_generate: a new key with a self-signed certificate.
 */
#include "tool/command.h"
#include "tool/id_make.h"

static int
run(int argc, char **argv)
{
	struct admin_id_generate ask;
	struct id_make make;

	id_make_options(argc, argv, true, &make);
	ask = (struct admin_id_generate){ .name = make.name,
		.type = make.type,
		.bits = make.bits,
		.days = make.days };
	return id_make(&make, &admin_id_generate_schema, &ask, "certificate");
}

const struct command id_generate_command = {
	.name = "id generate",
	.summary = "make a key and a self-signed certificate",
	.help = "[--type TYPE] [--bits N] [--days N] [--out FILE] NAME\n"
		"Has the keeper make a key and a self-signed certificate for "
		"it, which is printed.\n\n"
		"  --type TYPE  ecdsa (P-256), ed25519, or rsa [ecdsa]\n"
		"  --bits N     of an RSA key [3072]\n"
		"  --days N     how long the certificate is valid [365]\n"
		"  --out FILE   write the certificate there\n\n"
		"Example:\n"
		"  tlspool-cli id generate --days 90 --out test.pem "
		"test.example.com\n",
	.run = run,
};
