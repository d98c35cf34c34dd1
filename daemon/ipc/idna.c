/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * idna: libidn2 maps (RFC 5895, by the tables of UTS 46, nontransitional) and
 * encodes; what comes of it is judged once more as a registry would, because
 * a lookup does not look at all rules of RFC 5892.
 */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include <idn2.h>

#include "daemon/ipc/idna.h"

enum { LABEL_SIZE = 64 };

static const char encoding[] = "is not UTF-8";

static bool
is_ascii(const char *in, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)in[i] >= 0x80)
			return false;
	return true;
}

/*
 * Characters that the mapping drops: two names that look the same, of which
 * one has such in it, are rather refused than made equal.
 */
static bool
has_invisible(const char *in, size_t len)
{
	static const char *const invisible[] = {
		"\xc2\xad",	/* soft hyphen */
		"\xcd\x8f",	/* combining grapheme joiner */
		"\xe1\xa0\x8b", /* Mongolian variation selectors */
		"\xe1\xa0\x8c", "\xe1\xa0\x8d", "\xe1\xa0\x8e", "\xe1\xa0\x8f",
		"\xe2\x80\x8b", /* zero width space */
		"\xe2\x81\xa0", /* word joiner */
		"\xe2\x81\xa4", /* invisible plus */
		"\xef\xb8",	/* variation selectors, and half marks */
		"\xef\xbb\xbf", /* byte order mark */
		"\xf3\xa0",	/* tags, and more variation selectors */
	};

	for (size_t i = 0; i < sizeof(invisible) / sizeof(*invisible); i++)
		if (memmem(in, len, invisible[i], strlen(invisible[i])) != NULL)
			return true;
	return false;
}

static const char *
trouble_of(int r)
{
	switch (r) {
	case IDN2_ENCODING_ERROR:
		return encoding;
	case IDN2_TOO_BIG_DOMAIN:
		return "is longer than 253 characters";
	case IDN2_TOO_BIG_LABEL:
		return "has a label of more than 63 characters";
	case IDN2_BIDI:
		return "mixes directions of writing (RFC 5893)";
	case IDN2_CONTEXTJ:
	case IDN2_CONTEXTJ_NO_RULE:
	case IDN2_CONTEXTO:
	case IDN2_CONTEXTO_NO_RULE:
		return "has a character that may not stand where it does "
		       "(RFC 5892)";
	case IDN2_LEADING_COMBINING:
		return "has a label that begins with a combining mark";
	case IDN2_MALLOC:
		return "found no memory";
	case IDN2_PUNYCODE_BAD_INPUT:
	case IDN2_PUNYCODE_BIG_OUTPUT:
	case IDN2_PUNYCODE_OVERFLOW:
	case IDN2_INVALID_ALABEL:
	case IDN2_ALABEL_ROUNDTRIP_FAILED:
		return "has a label that begins with xn-- and is no A-label";
	default:
		return "has a character that no domain has (RFC 5892)";
	}
}

/* Decoded, judged by every rule, and encoded again (RFC 5891 section 5.4). */
static const char *
alabel_trouble(const char *label, size_t len)
{
	char copy[LABEL_SIZE];
	uint8_t *again = NULL;
	const char *why = NULL;
	int r;

	if (len < 4 || memcmp(label, "xn--", 4) != 0)
		return NULL;
	if (len >= sizeof(copy))
		return trouble_of(IDN2_TOO_BIG_LABEL);
	memcpy(copy, label, len);
	copy[len] = '\0';
	r = idn2_register_u8(NULL, (const uint8_t *)copy, &again, 0);
	if (r != IDN2_OK)
		why = trouble_of(r);
	else if (again == NULL || strcmp((const char *)again, copy) != 0)
		why = trouble_of(IDN2_INVALID_ALABEL);
	idn2_free(again);
	return why;
}

const char *
idna_label_trouble(const char *domain)
{
	const char *why;
	size_t len;

	for (;; domain += len + 1) {
		len = strcspn(domain, ".");
		if ((why = alabel_trouble(domain, len)) != NULL)
			return why;
		if (domain[len] == '\0')
			return NULL;
	}
}

/* What is ASCII already: 0, or -1 and *why. */
static int
plain(const char *in, size_t len, char out[DOMAIN_SIZE], const char **why)
{
	if (len > 1 && in[len - 1] == '.')
		len--;
	if ((*why = domain_trouble(in, len)) != NULL)
		return -1;
	domain_lower(in, len, out);
	*why = idna_label_trouble(out);
	return *why == NULL ? 0 : -1;
}

int
idna_domain(const char *in, size_t len, char out[DOMAIN_SIZE], const char **why)
{
	char copy[IDNA_INPUT_MAX + 1];
	uint8_t *mapped = NULL;
	int r, rv = -1;

	*why = NULL;
	if (is_ascii(in, len))
		return plain(in, len, out, why);
	if (len > IDNA_INPUT_MAX)
		*why = trouble_of(IDN2_TOO_BIG_DOMAIN);
	else if (memchr(in, '\0', len) != NULL)
		*why = "has a NUL byte";
	else if (has_invisible(in, len))
		*why = "has a character that cannot be seen";
	if (*why != NULL)
		return -1;
	memcpy(copy, in, len);
	copy[len] = '\0';
	r = idn2_lookup_u8((const uint8_t *)copy, &mapped,
	    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (r != IDN2_OK)
		*why = trouble_of(r);
	else
		rv = plain((const char *)mapped, strlen((const char *)mapped),
		    out, why);
	idn2_free(mapped);
	return rv;
}

int
idna_name(const char *in, size_t len, char *out, const char **why)
{
	const char *at = len == 0 ? NULL : memchr(in, '@', len);
	size_t user = at == NULL ? 0 : (size_t)(at - in);

	if (at == NULL)
		return idna_domain(in, len, out, why);
	if ((*why = domain_user_trouble(in, user)) != NULL)
		return -1;
	memcpy(out, in, user + 1);
	return idna_domain(in + user + 1, len - user - 1, out + user + 1, why);
}
