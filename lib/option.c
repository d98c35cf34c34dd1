/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * option: what a request can be told before it is started.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <tlspool/tlspool.h>

#include "lib/error.h"
#include "lib/export.h"
#include "lib/request.h"

/* Is there a request that can still be changed? */
static int
check_new(const struct tlspool_request *req)
{
	if (req == NULL)
		return error_set(EINVAL, "there is no request");
	if (req->state != TLSPOOL_NEW)
		return error_set(EBUSY, "the request was started before");
	return 0;
}

static int
set_text(struct tlspool_request *req, char **member, const char *text,
    size_t max, const char *what)
{
	char *copy = NULL;

	if (check_new(req) != 0)
		return -1;
	if (text != NULL && (text[0] == '\0' || strlen(text) > max))
		return error_set(EINVAL, "%s has 1 to %zu bytes", what, max);
	if (text != NULL && (copy = strdup(text)) == NULL)
		return error_set(ENOMEM, "out of memory for %s", what);
	free(*member);
	*member = copy;
	return 0;
}

EXPORT int
tlspool_set_local_name(struct tlspool_request *req, const char *name)
{
	return set_text(req, req != NULL ? &req->local_name : NULL, name,
	    TLSPOOL_NAME_MAX, "the local name");
}

EXPORT int
tlspool_set_remote_name(struct tlspool_request *req, const char *name)
{
	if (req != NULL && req->role != APP_ROLE_CLIENT)
		return error_set(
		    EINVAL, "a server cannot say whom it talks to");
	return set_text(req, req != NULL ? &req->remote_name : NULL, name,
	    TLSPOOL_NAME_MAX, "the remote name");
}

EXPORT int
tlspool_set_flags(struct tlspool_request *req, int flags)
{
	int foreign;

	if (check_new(req) != 0)
		return -1;
	if ((flags & ~(int)APP_ALL_FLAGS) != 0)
		return error_set(EINVAL, "an unknown flag: %#x",
		    (unsigned int)(flags & ~(int)APP_ALL_FLAGS));
	foreign = req->role == APP_ROLE_SERVER
		      ? STARTTLS_NO_LOCAL_CERT
		      : STARTTLS_OPTIONAL_REMOTE_CERT | STARTTLS_NO_REMOTE_CERT;
	if ((flags & foreign) != 0)
		return error_set(EINVAL, "a flag that is not for a %s: %#x",
		    req->role == APP_ROLE_SERVER ? "server" : "client",
		    (unsigned int)(flags & foreign));
	req->flags = (uint32_t)flags;
	return 0;
}

EXPORT int
tlspool_set_transport(struct tlspool_request *req, int proto)
{
	if (check_new(req) != 0)
		return -1;
	switch (proto) {
	case IPPROTO_TCP:
		req->transport = APP_TRANSPORT_STREAM;
		return 0;
	case IPPROTO_UDP:
		req->transport = APP_TRANSPORT_DATAGRAM;
		return 0;
	case IPPROTO_SCTP:
		req->transport = APP_TRANSPORT_SCTP;
		return 0;
	default:
		return error_set(EPROTONOSUPPORT,
		    "protocol %d is none of TCP, UDP and SCTP", proto);
	}
}

EXPORT int
tlspool_set_deadline(struct tlspool_request *req, unsigned int ms)
{
	if (check_new(req) != 0)
		return -1;
	if (ms > TLSPOOL_DEADLINE_MAX)
		return error_set(EINVAL,
		    "a deadline is at most %d milliseconds away",
		    TLSPOOL_DEADLINE_MAX);
	req->deadline = ms;
	return 0;
}

EXPORT int
tlspool_set_alpn(
    struct tlspool_request *req, const char *const *protocols, size_t n)
{
	struct wire_writer w = { .size = TLSPOOL_ALPN_MAX };
	size_t len;

	if (check_new(req) != 0)
		return -1;
	if (protocols == NULL && n > 0)
		return error_set(EINVAL, "there are no protocols");
	if (n > 0 && (w.data = malloc(w.size)) == NULL)
		return error_set(ENOMEM, "out of memory for the protocols");
	for (size_t i = 0; i < n && !w.full; i++) {
		len = protocols[i] != NULL ? strlen(protocols[i]) : 0;
		if (len == 0 || len > 255)
			w.full = true;
		else
			wire_put_string(&w, protocols[i], len);
	}
	if (w.full) {
		free(w.data);
		return error_set(EINVAL,
		    "a protocol of ALPN has 1 to 255 bytes, and all of them "
		    "together %d, with 4 more for each",
		    TLSPOOL_ALPN_MAX);
	}
	free(req->alpn);
	req->alpn = w.data;
	req->alpn_len = w.len;
	return 0;
}

static bool
is_version(int version)
{
	return version == 0 || version == TLSPOOL_TLS_1_2 ||
	       version == TLSPOOL_TLS_1_3;
}

EXPORT int
tlspool_set_versions(struct tlspool_request *req, int min, int max)
{
	if (check_new(req) != 0)
		return -1;
	if (!is_version(min) || !is_version(max) || (max != 0 && min > max))
		return error_set(EINVAL,
		    "versions %#x to %#x are not a range of TLS 1.2 and 1.3",
		    (unsigned int)min, (unsigned int)max);
	req->min_version = (uint32_t)min;
	req->max_version = (uint32_t)max;
	return 0;
}

EXPORT int
tlspool_set_service(
    struct tlspool_request *req, const char *service, uint16_t port)
{
	if (set_text(req, req != NULL ? &req->service : NULL, service,
		TLSPOOL_SERVICE_MAX, "the name of a service") != 0)
		return -1;
	req->port = port;
	return 0;
}

EXPORT int
tlspool_set_prefix(struct tlspool_request *req, const void *data, size_t len)
{
	uint8_t *copy = NULL;

	if (check_new(req) != 0)
		return -1;
	if (len > TLSPOOL_PREFIX_MAX || (data == NULL && len > 0))
		return error_set(EINVAL,
		    "at most %d bytes can have been read ahead",
		    TLSPOOL_PREFIX_MAX);
	if (len > 0) {
		if ((copy = malloc(len)) == NULL)
			return error_set(
			    ENOMEM, "out of memory for the prefix");
		memcpy(copy, data, len);
	}
	free(req->prefix);
	req->prefix = copy;
	req->prefix_len = len;
	return 0;
}

EXPORT int
tlspool_set_early(struct tlspool_request *req, int on)
{
	if (check_new(req) != 0)
		return -1;
	req->early = on != 0;
	return 0;
}

EXPORT int
tlspool_set_verify(struct tlspool_request *req, int mode)
{
	if (check_new(req) != 0)
		return -1;
	if (mode < TLSPOOL_VERIFY_ENFORCE || mode > TLSPOOL_VERIFY_ASK)
		return error_set(
		    EINVAL, "there is no mode of verification %d", mode);
	req->verify = (uint8_t)mode;
	return 0;
}

EXPORT int
tlspool_set_trace(struct tlspool_request *req, int on)
{
	if (check_new(req) != 0)
		return -1;
	req->want_trace = on != 0;
	return 0;
}

static int
check_asked(const struct tlspool_request *req)
{
	if (check_new(req) != 0)
		return -1;
	if (req->role != APP_ROLE_SERVER)
		return error_set(EINVAL, "a client is not asked for a name");
	return 0;
}

EXPORT int
tlspool_on_name(struct tlspool_request *req,
    int (*callback)(const char *, void *), void *context)
{
	if (check_asked(req) != 0)
		return -1;
	req->name = callback;
	req->name_context = context;
	req->question = NULL;
	return 0;
}

EXPORT int
tlspool_on_question(struct tlspool_request *req, int kinds,
    void (*callback)(struct tlspool_request *, int, const char *, void *),
    void *context)
{
	if ((kinds & ~TLSPOOL_ASK_NAME) != 0)
		return error_set(
		    EOPNOTSUPP, "there are no questions but that for a name");
	if (check_asked(req) != 0)
		return -1;
	if (kinds == 0)
		callback = NULL;
	req->question = callback;
	req->question_context = context;
	req->name = NULL;
	return 0;
}

EXPORT int
tlspool_on_done(struct tlspool_request *req,
    void (*callback)(struct tlspool_request *, void *), void *context)
{
	if (check_new(req) != 0)
		return -1;
	req->done = callback;
	req->done_context = context;
	return 0;
}

EXPORT int
tlspool_on_closed(struct tlspool_request *req,
    void (*callback)(struct tlspool_request *, void *), void *context)
{
	if (check_new(req) != 0)
		return -1;
	req->closed = callback;
	req->closed_context = context;
	return 0;
}
