/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * http: one question to a server of HTTP, which is not trusted with anything:
 * its answer is bounded in size and time, it is not followed anywhere else,
 * and what it sends is for others to judge.
 */
#ifndef TLSPOOL_VERIFIER_HTTP_H
#define TLSPOOL_VERIFIER_HTTP_H

#include "daemon/ipc/domain.h"
#include "daemon/ipc/wire.h"
#include "daemon/sys/loop.h"

enum {
	HTTP_ANSWER_MAX = 64 * 1024,  /* bytes of a body */
	HTTP_HEADERS_MAX = 16 * 1024, /* bytes of all headers */
	HTTP_SERVER = DOMAIN_SIZE + 8,
};

struct http;

/* Before the first question, and again for another timeout: milliseconds for
 * all of a question. */
void http_init(struct loop *, uint32_t timeout);

/*
 * "host:port" of an http URL in its one spelling; -1 where the URL is none
 * that is asked: another scheme, a user, a host that is neither a domain nor
 * an address, or an address with a zone.
 */
int http_server(const char *url, char server[HTTP_SERVER]);

/*
 * Sends a POST.  done() is called later, once: with the body of an answer 200,
 * which is valid during the call, or with a part of a sentence in why
 * ("answered 500").  Host names are found by the resolver; no proxy, cookie or
 * password is used.  NULL where there is no memory, or the URL is none.
 */
struct http *http_post(const char *url, const char *type, struct blob body,
    void (*done)(void *arg, const char *why, struct blob answer), void *arg);

/* Gives it up: done() is not called.  NULL is fine. */
void http_cancel(struct http *);

#endif
