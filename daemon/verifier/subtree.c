/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * subtree: text is compared as ASCII.  What cannot be compared is UNSURE, and
 * whoever asks takes that as a match of what is excluded, and as none of what
 * is permitted.
 */
#include <string.h>
#include <strings.h>

#include "daemon/verifier/subtree.h"

enum {
	LABEL_MAX = 63,
	HOST_MAX = 253,
	TAG_UTF8 = 12,
	TAG_PRINTABLE = 19,
	TAG_IA5 = 22,
};

/*
 * A host name, where underscores do no harm: it is only compared here, and
 * matches no peer's name with them.
 */
static bool
is_host(struct tlv text)
{
	size_t label = 0;

	if (text.len == 0 || text.len > HOST_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];

		if (c == '.') {
			if (label == 0)
				return false;
			label = 0;
			continue;
		}
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || c == '-' || c == '_') ||
		    ++label > LABEL_MAX)
			return false;
	}
	return label > 0;
}

static struct tlv
behind(struct tlv text, size_t n)
{
	return (struct tlv){ text.data + n, text.len - n };
}

static bool
same_host(struct tlv a, struct tlv b)
{
	return a.len == b.len && strncasecmp((const char *)a.data,
				     (const char *)b.data, a.len) == 0;
}

/* Does the host have more labels before the parent? */
static bool
is_below(struct tlv host, struct tlv parent)
{
	return host.len > parent.len + 1 &&
	       host.data[host.len - parent.len - 1] == '.' &&
	       same_host(behind(host, host.len - parent.len), parent);
}

/* The base is a host, or a dot and the parent of hosts. */
static enum subtree
host_has(struct tlv base, struct tlv host)
{
	bool inside = base.data[0] == '.' ? is_below(host, behind(base, 1))
					  : same_host(host, base);

	return inside ? SUBTREE_INSIDE : SUBTREE_OUTSIDE;
}

static bool
is_host_base(struct tlv base)
{
	if (base.len > 0 && base.data[0] == '.')
		base = behind(base, 1);
	return is_host(base);
}

/* The least of the names that a wildcard stands for may be the base itself,
 * and others not below it. */
static enum subtree
wildcard_has(struct tlv base, struct tlv parent)
{
	if (!is_host(parent))
		return SUBTREE_UNSURE;
	if (same_host(parent, base) || is_below(parent, base))
		return SUBTREE_INSIDE;
	if (is_below(base, parent) &&
	    memchr(base.data, '.', base.len - parent.len - 1) == NULL)
		return SUBTREE_UNSURE;
	return SUBTREE_OUTSIDE;
}

static enum subtree
dns_has(struct tlv base, struct tlv name)
{
	if (base.len == 0)
		return SUBTREE_INSIDE;
	if (name.len > 2 && memcmp(name.data, "*.", 2) == 0)
		return wildcard_has(base, behind(name, 2));
	if (!is_host(name))
		return SUBTREE_UNSURE;
	return same_host(name, base) || is_below(name, base) ? SUBTREE_INSIDE
							     : SUBTREE_OUTSIDE;
}

/* The part behind the only @; empty: there is none. */
static struct tlv
mail_host(struct tlv mail)
{
	const uint8_t *at = NULL;
	struct tlv host = { NULL, 0 };

	if (mail.len > 0)
		at = memchr(mail.data, '@', mail.len);
	if (at == NULL || at == mail.data)
		return host;
	host = behind(mail, (size_t)(at - mail.data) + 1);
	for (const uint8_t *c = mail.data; c < at; c++)
		if (*c <= ' ' || *c > '~')
			return (struct tlv){ NULL, 0 };
	return is_host(host) ? host : (struct tlv){ NULL, 0 };
}

static enum subtree
mail_has(struct tlv base, struct tlv mail)
{
	struct tlv host = mail_host(mail), base_host = mail_host(base);
	size_t local = mail.len - host.len;

	if (base.len == 0)
		return SUBTREE_INSIDE;
	if (host.len == 0)
		return SUBTREE_UNSURE;
	if (base_host.len == 0)
		return host_has(base, host);
	if (!same_host(base_host, host) || base.len != mail.len)
		return SUBTREE_OUTSIDE;
	if (memcmp(base.data, mail.data, local) == 0)
		return SUBTREE_INSIDE;
	/* Whether case counts is known to that host alone. */
	return same_host((struct tlv){ base.data, local },
		   (struct tlv){ mail.data, local })
		   ? SUBTREE_UNSURE
		   : SUBTREE_OUTSIDE;
}

/* The host of a URI with an authority (RFC 3986, section 3.2), or empty. */
static struct tlv
uri_host(struct tlv uri)
{
	static const struct tlv none = { NULL, 0 };
	size_t at = 0, end, last;

	while (at < uri.len && uri.data[at] != ':')
		at++;
	if (at == 0 || uri.len - at < 4 || memcmp(uri.data + at, "://", 3) != 0)
		return none;
	uri = behind(uri, at + 3);
	for (end = 0;
	     end < uri.len && memchr("/?#\\", uri.data[end], 4) == NULL;)
		end++;
	uri.len = end;
	/* A second @ would leave it open which part is the host. */
	for (at = 0; at < uri.len && uri.data[at] != '@';)
		at++;
	if (at < uri.len)
		uri = behind(uri, at + 1);
	for (end = 0; end < uri.len && uri.data[end] != ':';)
		end++;
	uri.len = end;
	if (!is_host(uri))
		return none;
	/* An address, which a URI constraint does not limit. */
	for (last = uri.len; last > 0 && uri.data[last - 1] != '.';)
		last--;
	return uri.data[last] >= '0' && uri.data[last] <= '9' ? none : uri;
}

static enum subtree
uri_has(struct tlv base, struct tlv uri)
{
	struct tlv host = uri_host(uri);

	if (base.len == 0)
		return SUBTREE_INSIDE;
	return host.len == 0 ? SUBTREE_UNSURE : host_has(base, host);
}

static enum subtree
address_has(struct tlv base, struct tlv address)
{
	size_t n = base.len / 2;

	if (address.len != 4 && address.len != 16)
		return SUBTREE_UNSURE;
	if (address.len != n)
		return SUBTREE_OUTSIDE;
	for (size_t i = 0; i < n; i++)
		if (((address.data[i] ^ base.data[i]) & base.data[n + i]) != 0)
			return SUBTREE_OUTSIDE;
	return SUBTREE_INSIDE;
}

static bool
is_address_base(struct tlv base)
{
	bool end = false;

	if (base.len != 8 && base.len != 32)
		return false;
	for (size_t i = base.len / 2; i < base.len; i++)
		for (unsigned bit = 0x80; bit != 0; bit >>= 1) {
			bool set = (base.data[i] & bit) != 0;

			if (set && end)
				return false;
			end = end || !set;
		}
	return true;
}

static bool
is_text(uint8_t tag, struct tlv value)
{
	if (tag != TAG_UTF8 && tag != TAG_PRINTABLE && tag != TAG_IA5)
		return false;
	for (size_t i = 0; i < value.len; i++)
		if (value.data[i] < ' ' || value.data[i] > '~')
			return false;
	return true;
}

/* The next character, with case and repeated or outer spaces away. */
static int
next_folded(struct tlv *text, bool first)
{
	bool space = false;

	while (text->len > 0 && text->data[0] == ' ') {
		*text = behind(*text, 1);
		space = true;
	}
	if (text->len == 0)
		return -1;
	if (space && !first) {
		/* Keep one, by going back to it. */
		text->data--;
		text->len++;
	}
	*text = behind(*text, 1);
	if (text->data[-1] >= 'A' && text->data[-1] <= 'Z')
		return text->data[-1] + ('a' - 'A');
	return text->data[-1];
}

static bool
same_text(struct tlv a, struct tlv b)
{
	int x, y;

	for (bool first = true;; first = false) {
		x = next_folded(&a, first);
		y = next_folded(&b, first);
		if (x != y)
			return false;
		if (x == -1)
			return true;
	}
}

/* Two parts of a name: sets of attributes, of which there is mostly one. */
static enum subtree
compare_part(struct tlv a, struct tlv b)
{
	struct tlv x, y, x_oid, y_oid, x_value, y_value;
	uint8_t x_tag, y_tag;

	if (tlv_equal(a, b))
		return SUBTREE_INSIDE;
	if (tlv_get(&a, TLV_SEQUENCE, &x) != 0 ||
	    tlv_get(&b, TLV_SEQUENCE, &y) != 0 || a.len != 0 || b.len != 0 ||
	    tlv_get(&x, TLV_OID, &x_oid) != 0 ||
	    tlv_get(&y, TLV_OID, &y_oid) != 0 ||
	    tlv_next(&x, &x_tag, &x_value) != 0 ||
	    tlv_next(&y, &y_tag, &y_value) != 0)
		return SUBTREE_UNSURE;
	if (!tlv_equal(x_oid, y_oid))
		return SUBTREE_OUTSIDE;
	if (!is_text(x_tag, x_value) || !is_text(y_tag, y_value))
		return SUBTREE_UNSURE;
	return same_text(x_value, y_value) ? SUBTREE_INSIDE : SUBTREE_OUTSIDE;
}

static enum subtree
directory_has(struct tlv base, struct tlv name)
{
	struct tlv base_parts, name_parts, a, b;
	enum subtree result;

	if (tlv_get(&base, TLV_SEQUENCE, &base_parts) != 0 ||
	    tlv_get(&name, TLV_SEQUENCE, &name_parts) != 0)
		return SUBTREE_UNSURE;
	while (base_parts.len > 0) {
		if (name_parts.len == 0)
			return SUBTREE_OUTSIDE;
		if (tlv_get(&base_parts, TLV_SET, &a) != 0 ||
		    tlv_get(&name_parts, TLV_SET, &b) != 0)
			return SUBTREE_UNSURE;
		result = compare_part(a, b);
		if (result != SUBTREE_INSIDE)
			return result;
	}
	return SUBTREE_INSIDE;
}

static bool
is_directory(struct tlv name)
{
	struct tlv parts, part;

	if (tlv_get(&name, TLV_SEQUENCE, &parts) != 0 || name.len != 0)
		return false;
	while (parts.len > 0)
		if (tlv_get(&parts, TLV_SET, &part) != 0 || part.len == 0)
			return false;
	return true;
}

bool
subtree_is_base(const struct general_name *base)
{
	switch (base->form) {
	case FORM_MAIL:
		return base->value.len == 0 || is_host_base(base->value) ||
		       mail_host(base->value).len > 0;
	case FORM_DNS:
		/* A leading dot belongs to the other forms. */
		return base->value.len == 0 || is_host(base->value);
	case FORM_DIRECTORY:
		return is_directory(base->value);
	case FORM_URI:
		return base->value.len == 0 || is_host_base(base->value);
	case FORM_ADDRESS:
		return is_address_base(base->value);
	default:
		return true;
	}
}

enum subtree
subtree_has(const struct general_name *base, const struct general_name *name)
{
	switch (name->form) {
	case FORM_MAIL:
		return mail_has(base->value, name->value);
	case FORM_DNS:
		return dns_has(base->value, name->value);
	case FORM_DIRECTORY:
		return directory_has(base->value, name->value);
	case FORM_URI:
		return uri_has(base->value, name->value);
	case FORM_ADDRESS:
		return address_has(base->value, name->value);
	default:
		return SUBTREE_UNSURE;
	}
}
