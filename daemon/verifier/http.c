/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * http: libcurl in the loop of the process.  It never looks up a name: that
 * would be done by the C library, in a thread, from files that the sandbox
 * closes; it is given addresses instead.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "daemon/sys/log.h"
#include "daemon/verifier/http.h"
#include "daemon/verifier/resolver.h"

enum {
	ADDRESSES = 4, /* of each family */
	ADDRESSES_TEXT = 2 * ADDRESSES * (INET6_ADDRSTRLEN + 3),
	STATUS_OK = 200,
};

/* One question under way. */
struct http {
	CURLU *url;
	char *host; /* NULL where the URL has an address */
	char *port;
	struct blob body; /* ours */
	const char *type;
	void (*done)(void *, const char *, struct blob);
	void *arg;

	struct lookup {
		struct waiter waiter;
		struct http *http;
	} lookups[2]; /* of A and AAAA */
	CURL *easy;   /* NULL: the addresses are not known yet */
	struct curl_slist *headers, *resolve;
	uint8_t *answer;
	size_t len, header_len;
	bool too_long;
	struct loop_timer timer; /* over all of it */
	char why[200];		 /* set: it has failed */
};

static struct {
	struct loop *loop;
	uint32_t timeout;
	CURLM *multi;
	struct loop_timer timer; /* of libcurl */
} http;

static const unsigned families[2] = { DNS_TYPE_A, DNS_TYPE_AAAA };

void
http_init(struct loop *loop, uint32_t timeout)
{
	http.loop = loop;
	http.timeout = timeout;
}

/*
 * URLs.
 */

/* As the URL has it, without the brackets of an address. */
static bool
is_address(const char *host)
{
	char plain[INET6_ADDRSTRLEN + 1];
	uint8_t address[16];
	size_t len = strlen(host);

	if (host[0] != '[')
		return inet_pton(AF_INET, host, address) == 1;
	if (len < 3 || len - 2 >= sizeof(plain) || host[len - 1] != ']')
		return false;
	memcpy(plain, host + 1, len - 2);
	plain[len - 2] = '\0';
	return inet_pton(AF_INET6, plain, address) == 1;
}

static bool
has_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return has;
}

/* The host is put back as it is then looked up.  0, or -1. */
static int
take_host(CURLU *url, char *host, char name[DOMAIN_SIZE])
{
	if (is_address(host)) {
		if (strlen(host) >= DOMAIN_SIZE)
			return -1;
		strcpy(name, host);
		return 0;
	}
	return domain_normal(host, name) == 0 &&
		       curl_url_set(url, CURLUPART_HOST, name, 0) == CURLUE_OK
		   ? 0
		   : -1;
}

/* NULL: it is none that is asked.  The zone of an address would have libcurl
 * look for interfaces, which the sandbox does not let anybody do. */
static CURLU *
parse(const char *text, char name[DOMAIN_SIZE], char **port)
{
	CURLU *url = curl_url();
	char *scheme = NULL, *host = NULL;
	bool good = false;

	*port = NULL;
	if (url != NULL &&
	    curl_url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER) ==
		CURLUE_OK &&
	    curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    strcmp(scheme, "http") == 0 && !has_part(url, CURLUPART_USER) &&
	    !has_part(url, CURLUPART_ZONEID) &&
	    curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_PORT, port, CURLU_DEFAULT_PORT) ==
		CURLUE_OK)
		good = take_host(url, host, name) == 0;
	curl_free(scheme);
	curl_free(host);
	if (good)
		return url;
	curl_free(*port);
	*port = NULL;
	curl_url_cleanup(url);
	return NULL;
}

int
http_server(const char *text, char server[HTTP_SERVER])
{
	char name[DOMAIN_SIZE], *port;
	CURLU *url = parse(text, name, &port);

	if (url == NULL)
		return -1;
	snprintf(server, HTTP_SERVER, "%s:%.5s", name, port);
	curl_free(port);
	curl_url_cleanup(url);
	return 0;
}

/*
 * The end of a question.
 */

static void
forget(struct http *h)
{
	for (size_t i = 0; i < 2; i++)
		waiter_leave(&h->lookups[i].waiter);
	loop_timer_cancel(http.loop, &h->timer);
	if (h->easy != NULL) {
		(void)curl_multi_remove_handle(http.multi, h->easy);
		curl_easy_cleanup(h->easy);
	}
	curl_slist_free_all(h->headers);
	curl_slist_free_all(h->resolve);
	curl_url_cleanup(h->url);
	curl_free(h->port);
	free(h->host);
	free((void *)(uintptr_t)h->body.data);
	free(h->answer);
	free(h);
}

void
http_cancel(struct http *h)
{
	if (h != NULL)
		forget(h);
}

static void
finish(struct http *h)
{
	bool failed = h->why[0] != '\0';

	h->done(h->arg, failed ? h->why : NULL,
	    failed ? (struct blob){ NULL, 0 }
		   : (struct blob){ h->answer, h->len });
	forget(h);
}

static void
expired(struct loop_timer *timer)
{
	struct http *h = container_of(timer, struct http, timer);

	if (h->why[0] == '\0')
		snprintf(h->why, sizeof(h->why), "did not answer within %u ms",
		    http.timeout);
	finish(h);
}

/* Not here: whoever asks is not told before he knows that he has asked. */
static void
fail(struct http *h, const char *what, const char *why)
{
	snprintf(h->why, sizeof(h->why), "%s: %s", what, why);
	(void)loop_timer_set(http.loop, &h->timer, loop_now(http.loop));
}

/*
 * libcurl in the loop.
 */

static void
judge(struct http *h, CURLcode code)
{
	long status = 0;

	(void)curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
	if (h->too_long)
		snprintf(h->why, sizeof(h->why), "sent more than is taken");
	else if (code != CURLE_OK)
		snprintf(h->why, sizeof(h->why), "did not answer: %s",
		    curl_easy_strerror(code));
	else if (status != STATUS_OK)
		snprintf(h->why, sizeof(h->why), "answered %ld", status);
}

/* Those that have ended; each call may begin another. */
static void
collect(void)
{
	struct CURLMsg *msg;
	struct http *h;
	int left;

	while ((msg = curl_multi_info_read(http.multi, &left)) != NULL) {
		if (msg->msg != CURLMSG_DONE ||
		    curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &h) !=
			CURLE_OK)
			continue;
		judge(h, msg->data.result);
		finish(h);
	}
}

static void
act(curl_socket_t fd, int events)
{
	int running;

	(void)curl_multi_socket_action(http.multi, fd, events, &running);
	collect();
}

static void
timer_expired(struct loop_timer *timer)
{
	(void)timer;
	act(CURL_SOCKET_TIMEOUT, 0);
}

static int
timer_changed(CURLM *multi, long ms, void *arg)
{
	(void)multi;
	(void)arg;
	if (ms < 0)
		loop_timer_cancel(http.loop, &http.timer);
	else
		(void)loop_timer_set(
		    http.loop, &http.timer, loop_now(http.loop) + (uint64_t)ms);
	return 0;
}

static void
socket_ready(struct loop_watch *watch, uint32_t events)
{
	int flags = 0;

	if (events & EPOLLIN)
		flags |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		flags |= CURL_CSELECT_OUT;
	if (events & (EPOLLERR | EPOLLHUP))
		flags = 0; /* it looks for itself */
	/* The watch may be gone when this returns. */
	act(watch->fd, flags);
}

static int
socket_changed(
    CURL *easy, curl_socket_t fd, int what, void *arg, void *of_socket)
{
	struct loop_watch *watch = of_socket;
	uint32_t events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) |
			  (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);

	(void)easy;
	(void)arg;
	if (what == CURL_POLL_REMOVE) {
		if (watch != NULL)
			loop_unwatch(watch);
		free(watch);
		(void)curl_multi_assign(http.multi, fd, NULL);
		return 0;
	}
	if (watch != NULL) {
		loop_watch_set(watch, events);
		return 0;
	}
	if ((watch = calloc(1, sizeof(*watch))) == NULL)
		return -1;
	watch->fd = fd;
	watch->ready = socket_ready;
	if (loop_watch(http.loop, watch, events) != 0) {
		free(watch);
		return -1;
	}
	(void)curl_multi_assign(http.multi, fd, watch);
	return 0;
}

/* At the first question, which is behind the sandbox. */
static int
open_multi(void)
{
	if (http.multi != NULL)
		return 0;
	/* No TLS is done here. */
	if (curl_global_init(CURL_GLOBAL_NOTHING) != CURLE_OK ||
	    (http.multi = curl_multi_init()) == NULL)
		return -1;
	http.timer.expired = timer_expired;
	(void)curl_multi_setopt(
	    http.multi, CURLMOPT_SOCKETFUNCTION, socket_changed);
	(void)curl_multi_setopt(
	    http.multi, CURLMOPT_TIMERFUNCTION, timer_changed);
	return 0;
}

/*
 * A question.
 */

static size_t
take_body(char *data, size_t one, size_t len, void *arg)
{
	struct http *h = arg;

	(void)one;
	if (len > HTTP_ANSWER_MAX - h->len) {
		h->too_long = true;
		return 0;
	}
	memcpy(h->answer + h->len, data, len);
	h->len += len;
	return len;
}

static size_t
take_header(char *data, size_t one, size_t len, void *arg)
{
	struct http *h = arg;

	(void)data;
	(void)one;
	if (len > HTTP_HEADERS_MAX - h->header_len) {
		h->too_long = true;
		return 0;
	}
	h->header_len += len;
	return len;
}

static int
set_headers(struct http *h)
{
	char type[80];
	/* No leave is asked to send a body of a hundred bytes. */
	const char *const lines[] = { type, "Expect:" };

	snprintf(type, sizeof(type), "Content-Type: %s", h->type);
	for (size_t i = 0; i < 2; i++) {
		struct curl_slist *more =
		    curl_slist_append(h->headers, lines[i]);

		if (more == NULL)
			return -1;
		h->headers = more;
	}
	return 0;
}

static bool
set_options(struct http *h)
{
	CURL *e = h->easy;

	return curl_easy_setopt(e, CURLOPT_CURLU, h->url) == 0 &&
	       curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http") == 0 &&
	       curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) == 0 &&
	       curl_easy_setopt(e, CURLOPT_PROXY, "") == 0 &&
	       curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == 0 &&
	       curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)http.timeout) ==
		   0 &&
	       curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L) == 0 &&
	       curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L) == 0 &&
	       curl_easy_setopt(e, CURLOPT_HTTPHEADER, h->headers) == 0 &&
	       curl_easy_setopt(e, CURLOPT_RESOLVE, h->resolve) == 0 &&
	       curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE, (long)h->body.len) ==
		   0 &&
	       curl_easy_setopt(e, CURLOPT_POSTFIELDS, h->body.data) == 0 &&
	       curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_body) == 0 &&
	       curl_easy_setopt(e, CURLOPT_WRITEDATA, h) == 0 &&
	       curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, take_header) == 0 &&
	       curl_easy_setopt(e, CURLOPT_HEADERDATA, h) == 0 &&
	       curl_easy_setopt(e, CURLOPT_PRIVATE, h) == 0;
}

static void
send_question(struct http *h)
{
	for (size_t i = 0; i < 2; i++)
		waiter_leave(&h->lookups[i].waiter);
	h->answer = malloc(HTTP_ANSWER_MAX);
	if (h->answer == NULL || open_multi() != 0 || set_headers(h) != 0 ||
	    (h->easy = curl_easy_init()) == NULL || !set_options(h) ||
	    curl_multi_add_handle(http.multi, h->easy) != CURLM_OK)
		fail(h, "cannot be asked", "there is no memory");
}

/* Adds them as libcurl wants them; how many. */
static size_t
add_addresses(
    char text[ADDRESSES_TEXT], const struct resolver_answer *a, unsigned type)
{
	int family = type == DNS_TYPE_A ? AF_INET : AF_INET6;
	size_t size = type == DNS_TYPE_A ? 4 : 16, n = 0, len = strlen(text);
	char one[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < a->nrecords && n < ADDRESSES; i++) {
		if (a->records[i].len != size ||
		    inet_ntop(family, a->records[i].data, one, sizeof(one)) ==
			NULL)
			continue;
		len += (size_t)snprintf(text + len, ADDRESSES_TEXT - len,
		    type == DNS_TYPE_A ? "%s%s" : "%s[%s]", len == 0 ? "" : ",",
		    one);
		n++;
	}
	return n;
}

static int
set_addresses(struct http *h, const char *addresses)
{
	char line[DOMAIN_SIZE + 16 + ADDRESSES_TEXT];

	snprintf(line, sizeof(line), "%s:%s:%s", h->host, h->port, addresses);
	h->resolve = curl_slist_append(NULL, line);
	return h->resolve == NULL ? -1 : 0;
}

/* Goes on with the first family of which there is an address. */
static void
look_up(struct http *h)
{
	char addresses[ADDRESSES_TEXT] = "", why[160] = "it has none";
	bool waits = false, found = false;

	for (size_t i = 0; i < 2; i++) {
		const struct resolver_answer *a = resolver_ask(
		    h->host, families[i], 0, &h->lookups[i].waiter);

		if (a == NULL)
			waits = true;
		else if (add_addresses(addresses, a, families[i]) > 0)
			found = true;
		else if (a->why[0] != '\0')
			snprintf(why, sizeof(why), "%s: %.120s",
			    resolver_state_name(a->state), a->why);
	}
	if (found && set_addresses(h, addresses) == 0) {
		send_question(h);
	} else if (!waits || found) {
		fail(h, "has no address that is known", why);
	}
}

static void
answered(struct waiter *waiter)
{
	struct http *h = container_of(waiter, struct lookup, waiter)->http;

	if (h->why[0] == '\0')
		look_up(h);
}

struct http *
http_post(const char *url, const char *type, struct blob body,
    void (*done)(void *, const char *, struct blob), void *arg)
{
	char name[DOMAIN_SIZE];
	struct http *h = calloc(1, sizeof(*h));
	uint8_t *copy = malloc(body.len + 1);

	if (h == NULL || copy == NULL ||
	    (h->url = parse(url, name, &h->port)) == NULL)
		goto err;
	memcpy(copy, body.data, body.len);
	h->body = (struct blob){ copy, body.len };
	h->type = type;
	h->done = done;
	h->arg = arg;
	h->timer.expired = expired;
	for (size_t i = 0; i < 2; i++)
		h->lookups[i] = (struct lookup){ { answered }, h };
	if (!is_address(name) && (h->host = strdup(name)) == NULL)
		goto err;
	if (loop_timer_set(
		http.loop, &h->timer, loop_now(http.loop) + http.timeout) != 0)
		goto err;
	if (h->host != NULL)
		look_up(h);
	else
		send_question(h);
	return h;
err:
	if (h == NULL || h->body.data == NULL)
		free(copy);
	if (h != NULL)
		forget(h);
	return NULL;
}
