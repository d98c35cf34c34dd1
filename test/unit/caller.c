/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * caller: calls of starttls_client(), and what is true of each of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <tlspool/starttls.h>

#include "test/unit/caller.h"

int
some_fd(void)
{
	int fd = open("/dev/null", O_RDWR);

	assert_int_not_equal(fd, -1);
	return fd;
}

bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

int
call_client(char *peer, size_t len)
{
	int fd = some_fd(), plain, saved;

	plain = starttls_client(
	    fd, IPPROTO_TCP, NULL, 0, "www.example.com", peer, len);
	saved = errno;
	assert_false(is_open(fd));
	assert_int_not_equal(plain, fd);
	errno = saved;
	return plain;
}

void
assert_works(void)
{
	char buf[8], peer[321];
	int fd = call_client(peer, sizeof(peer));

	if (fd == -1)
		fail_msg("%s", tlspool_error());
	assert_string_equal(peer, "peer.example.com");
	assert_int_equal(read(fd, buf, sizeof(buf)), 5);
	assert_memory_equal(buf, "hello", 5);
	(void)close(fd);
}

void
assert_fails(int error, const char *sentence)
{
	char peer[321] = "before";
	int fd = call_client(peer, sizeof(peer)), saved = errno;

	assert_int_equal(fd, -1);
	if (saved != error)
		fail_msg(
		    "errno %d (%s), not %d", saved, tlspool_error(), error);
	assert_string_equal(peer, "");
	if (sentence != NULL && strstr(tlspool_error(), sentence) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", sentence, tlspool_error());
}
