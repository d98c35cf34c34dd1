/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * id_request: a new key, and the request to have it certified.
 */
#include "tool/command.h"
#include "tool/id_make.h"

static int
run(int argc, char **argv)
{
	struct admin_id_request ask;
	struct id_make make;

	id_make_options(argc, argv, false, &make);
	ask = (struct admin_id_request){
		.name = make.name, .type = make.type, .bits = make.bits
	};
	return id_make(&make, &admin_id_request_schema, &ask, "request");
}

const struct command id_request_command = {
	.name = "id request",
	.summary = "make a key and a request for a certificate",
	.help = "[--type TYPE] [--bits N] [--out FILE] NAME\n"
		"Has the keeper make a key and prints a request (PKCS #10) to "
		"have it certified.\nThe certificate is then added without "
		"--key.\n\n"
		"  --type TYPE  ecdsa (P-256), ed25519, or rsa [ecdsa]\n"
		"  --bits N     of an RSA key [3072]\n"
		"  --out FILE   write the request there\n\n"
		"Example:\n"
		"  tlspool-cli id request --out www.csr www.example.com\n"
		"  tlspool-cli id add --cert www.pem www.example.com\n",
	.run = run,
};
