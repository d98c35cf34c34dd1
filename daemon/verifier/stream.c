/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * stream: libldap over two buffers.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include <ldap.h>
#include <openldap.h>

#include "daemon/verifier/frame.h"
#include "daemon/verifier/stream.h"

enum { OUTPUT_MAX = 256 * 1024 };

static const char attribute[] = "userCertificate;binary";

struct buffer {
	uint8_t *data;
	size_t len, size, at; /* [at, len) is there */
};

struct stream {
	LDAP *ldap;
	struct buffer in, out;
	size_t frame;	      /* bytes of in that libldap may take */
	LDAPMessage *message; /* the last one that was taken */
	uint8_t *certs;
	bool broken;
};

static int
buffer_put(struct buffer *b, const void *data, size_t len, size_t max)
{
	uint8_t *more;

	if (b->at == b->len)
		b->at = b->len = 0;
	if (len > max - (b->len - b->at))
		return -1;
	if (b->at > 0) {
		memmove(b->data, b->data + b->at, b->len - b->at);
		b->len -= b->at;
		b->at = 0;
	}
	if (b->len + len > b->size) {
		if ((more = realloc(b->data, b->len + len)) == NULL)
			return -1;
		b->data = more;
		b->size = b->len + len;
	}
	memcpy(b->data + b->len, data, len);
	b->len += len;
	return 0;
}

static int
setup(Sockbuf_IO_Desc *desc, void *stream)
{
	desc->sbiod_pvt = stream;
	return 0;
}

static int
nothing(Sockbuf_IO_Desc *desc)
{
	(void)desc;
	return 0;
}

static int
control(Sockbuf_IO_Desc *desc, int option, void *arg)
{
	const struct stream *s = desc->sbiod_pvt;

	(void)arg;
	return option == LBER_SB_OPT_DATA_READY && s->frame > 0 ? 1 : 0;
}

static ber_slen_t
take(Sockbuf_IO_Desc *desc, void *data, ber_len_t len)
{
	struct stream *s = desc->sbiod_pvt;
	size_t n = s->frame;

	if (n == 0) {
		errno = EWOULDBLOCK;
		return -1;
	}
	if (n > len)
		n = len;
	memcpy(data, s->in.data + s->in.at, n);
	s->in.at += n;
	s->frame -= n;
	return (ber_slen_t)n;
}

static ber_slen_t
give(Sockbuf_IO_Desc *desc, void *data, ber_len_t len)
{
	struct stream *s = desc->sbiod_pvt;

	if (buffer_put(&s->out, data, len, OUTPUT_MAX) == 0)
		return (ber_slen_t)len;
	/* EWOULDBLOCK would have it tried again and again. */
	errno = ENOBUFS;
	return -1;
}

static Sockbuf_IO buffers = { setup, nothing, control, take, give, nothing };

void
stream_init(void)
{
	int version;

	(void)setenv("LDAPNOINIT", "1", 1);
	(void)setenv("SASL_PATH", "/dev/null", 1);
	/* It asks for the name of this machine, where /etc/hosts has none. */
	(void)setenv("RES_OPTIONS", "timeout:1 attempts:1", 1);
	(void)ldap_get_option(NULL, LDAP_OPT_PROTOCOL_VERSION, &version);
}

/* The limit is on what an answer says its length is: no memory is taken for
 * more than that. */
static int
set_options(LDAP *ldap, struct stream *s)
{
	int version = LDAP_VERSION3, deref = LDAP_DEREF_NEVER;
	ber_len_t most = STREAM_MESSAGE_MAX;
	Sockbuf *sockbuf = NULL;

	if (ldap_set_option(ldap, LDAP_OPT_PROTOCOL_VERSION, &version) != 0 ||
	    ldap_set_option(ldap, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) != 0 ||
	    ldap_set_option(ldap, LDAP_OPT_RESTART, LDAP_OPT_OFF) != 0 ||
	    ldap_set_option(ldap, LDAP_OPT_DEREF, &deref) != 0 ||
	    ldap_get_option(ldap, LDAP_OPT_SOCKBUF, &sockbuf) != 0)
		return -1;
	if (ber_sockbuf_ctrl(sockbuf, LBER_SB_OPT_SET_MAX_INCOMING, &most) < 0)
		return -1;
	return ber_sockbuf_add_io(
	    sockbuf, &buffers, LBER_SBIOD_LEVEL_PROVIDER, s);
}

struct stream *
stream_new(void)
{
	struct stream *s = calloc(1, sizeof(*s));

	/* libldap wants the number of a descriptor; the buffers are in its
	 * place. */
	if (s != NULL && ldap_init_fd(0, LDAP_PROTO_EXT, NULL, &s->ldap) == 0 &&
	    set_options(s->ldap, s) == 0)
		return s;
	stream_free(s);
	return NULL;
}

void
stream_free(struct stream *s)
{
	if (s == NULL)
		return;
	ldap_msgfree(s->message);
	if (s->ldap != NULL)
		(void)ldap_unbind_ext(s->ldap, NULL, NULL);
	free(s->in.data);
	free(s->out.data);
	free(s->certs);
	free(s);
}

int
stream_start_tls(struct stream *s)
{
	int id;

	return ldap_start_tls(s->ldap, NULL, NULL, &id) == 0 ? id : -1;
}

int
stream_search(struct stream *s, const char *dn)
{
	char name[sizeof(attribute)];
	char *attributes[] = { name, NULL };
	int id;

	memcpy(name, attribute, sizeof(name));
	return ldap_search_ext(s->ldap, dn, LDAP_SCOPE_BASE, "(objectClass=*)",
		   attributes, 0, NULL, NULL, NULL, 1, &id) == 0
		   ? id
		   : -1;
}

struct blob
stream_output(const struct stream *s)
{
	return (struct blob){ s->out.data + s->out.at, s->out.len - s->out.at };
}

void
stream_sent(struct stream *s, size_t len)
{
	s->out.at += len;
}

int
stream_input(struct stream *s, const uint8_t *data, size_t len)
{
	return buffer_put(&s->in, data, len, STREAM_MESSAGE_MAX);
}

bool
stream_has_rest(const struct stream *s)
{
	return s->in.len > s->in.at;
}

static int
take_certs(struct stream *s, struct stream_message *out)
{
	struct berval **values =
	    ldap_get_values_len(s->ldap, s->message, attribute);
	struct wire_writer w = { 0 };
	size_t size = 0;

	for (size_t i = 0; values != NULL && values[i] != NULL; i++)
		size += 4 + values[i]->bv_len;
	free(s->certs);
	if ((s->certs = malloc(size + 1)) == NULL) {
		ldap_value_free_len(values);
		return -1;
	}
	w.data = s->certs;
	w.size = size;
	for (size_t i = 0; values != NULL && values[i] != NULL; i++)
		wire_put_string(&w, values[i]->bv_val, values[i]->bv_len);
	ldap_value_free_len(values);
	out->certs = (struct blob){ s->certs, w.len };
	return 0;
}

static int
take_result(struct stream *s, struct stream_message *out)
{
	char *text = NULL;
	int r = ldap_parse_result(
	    s->ldap, s->message, &out->code, NULL, &text, NULL, NULL, 0);

	if (r == 0 && out->code != 0)
		snprintf(out->text, sizeof(out->text), "%s%s%s",
		    ldap_err2string(out->code),
		    text != NULL && text[0] != '\0' ? ": " : "",
		    text != NULL ? text : "");
	ldap_memfree(text);
	return r == 0 ? 0 : -1;
}

static int
classify(struct stream *s, struct stream_message *out)
{
	out->id = ldap_msgid(s->message);
	switch (ldap_msgtype(s->message)) {
	case LDAP_RES_SEARCH_ENTRY:
		out->kind = STREAM_ENTRY;
		return take_certs(s, out);
	case LDAP_RES_SEARCH_RESULT:
		out->kind = STREAM_END;
		return take_result(s, out);
	case LDAP_RES_EXTENDED:
		out->kind = STREAM_TLS;
		return take_result(s, out);
	default:
		out->kind = STREAM_OTHER;
		return 0;
	}
}

int
stream_next(struct stream *s, struct stream_message *out)
{
	struct timeval now = { 0, 0 };

	memset(out, 0, sizeof(*out));
	ldap_msgfree(s->message);
	s->message = NULL;
	/* It would look at the descriptor if there was nothing. */
	while (!s->broken) {
		int r = s->frame > 0 ? 1
				     : frame_check(s->in.data + s->in.at,
					   s->in.len - s->in.at,
					   STREAM_MESSAGE_MAX, &s->frame);

		s->broken = r < 0;
		if (r <= 0)
			break;
		switch (ldap_result(
		    s->ldap, LDAP_RES_ANY, LDAP_MSG_ONE, &now, &s->message)) {
		case -1:
			s->broken = true;
			break;
		case 0:
			break;
		default:
			s->broken = classify(s, out) != 0;
			return s->broken ? -1 : 1;
		}
	}
	return s->broken ? -1 : 0;
}
