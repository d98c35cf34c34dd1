/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * directory_fuzz: what a directory sends, once it is asked for an entry; the
 * first byte says in how many pieces it comes.
 */
#include <string.h>

#include "daemon/verifier/stream.h"
#include "test/fuzz/fuzz.h"

/* Every certificate of an entry is a part of what came. */
static void
check(const struct stream_message *m, size_t len)
{
	struct blob list = m->certs, cert;
	size_t size = 0;
	int r;

	while ((r = wire_list_next(&list, &cert)) == 1)
		size += cert.len;
	always(r == 0 && size <= len);
	always(strlen(m->text) < STREAM_TEXT);
	always(m->kind == STREAM_ENTRY || m->certs.len == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool begun;
	struct stream *s;
	struct stream_message m;
	size_t piece, at = 0, messages = 0;
	int r = 0;

	if (!begun)
		stream_init();
	begun = true;
	if (len == 0)
		return 0;
	piece = data[0] == 0 ? len : data[0];
	data++;
	len--;
	always((s = stream_new()) != NULL);
	always(stream_start_tls(s) == 1);
	always(stream_search(s, "uid=anna,dc=example,dc=com") == 2);
	while (r >= 0 && at < len) {
		size_t n = len - at < piece ? len - at : piece;

		if (stream_input(s, data + at, n) != 0)
			break;
		at += n;
		while ((r = stream_next(s, &m)) > 0) {
			check(&m, len);
			messages++;
		}
	}
	always(messages <= len);
	if (r < 0)
		always(stream_next(s, &m) == -1);
	stream_free(s);
	return 0;
}
