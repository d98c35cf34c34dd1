/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * token: a key in a token is opened by the first signature, and again after one
 * that failed: tokens come and go.
 */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/pkcs11.h>

#include "daemon/keeper/file.h"
#include "daemon/keeper/token.h"
#include "daemon/sys/log.h"

static const char scheme[] = "pkcs11:";
static unsigned nmodules;

struct token_key {
	char *url;	   /* without the query */
	char *pin;	   /* path, or NULL */
	struct stamp told; /* of the PIN that the token was given last */
	gnutls_pubkey_t pub;
	pthread_mutex_t lock; /* GnuTLS has one session for a key */
	struct signer open;   /* its key is NULL: it is not */
};

/* PINs that a token did not take, by file: an administrator's few. */
struct refused {
	struct refused *next;
	struct stamp stamp;
	char path[];
};

static struct refused *refusals;
static pthread_mutex_t refusals_lock = PTHREAD_MUTEX_INITIALIZER;

bool
token_named(const char *reference)
{
	return strncmp(reference, scheme, strlen(scheme)) == 0;
}

int
token_begin(char *const *modules)
{
	int r;

	/* Not those of the system, behind our back. */
	if ((r = gnutls_pkcs11_init(GNUTLS_PKCS11_FLAG_MANUAL, NULL)) != 0) {
		log_error("keeper-gnutls", "error=\"%s\"", gnutls_strerror(r));
		return -1;
	}
	for (; modules != NULL && *modules != NULL; modules++) {
		r = gnutls_pkcs11_add_provider(*modules, NULL);
		if (r != 0) {
			log_error("module-unusable", "path=%s error=\"%s\"",
			    *modules, gnutls_strerror(r));
			return -1;
		}
		log_info("module-loaded", "path=%s", *modules);
		nmodules++;
	}
	return 0;
}

void
token_end(void)
{
	nmodules = 0;
	gnutls_pkcs11_deinit();
}

int
token_pin_path(const char *uri, char **path, struct trouble *t)
{
	static const char pin[] = "pin-source=", value[] = "pin-value=";
	const char *query = strchr(uri, '?');

	*path = NULL;
	if (query++ == NULL)
		return 0;
	if (strstr(query, value) != NULL)
		return trouble(t, EINVAL,
		    "a PIN does not belong in the URI of a key: write it into "
		    "a file, and name that by pin-source");
	if (strncmp(query, pin, strlen(pin)) != 0 || strchr(query, '&') != NULL)
		return trouble(t, EINVAL,
		    "the URI of a key has nothing but pin-source behind its "
		    "question mark");
	query += strlen(pin);
	if (strncmp(query, "file:", 5) == 0)
		query += strncmp(query, "file:///", 8) == 0 ? 7 : 5;
	if (query[0] != '/' || query[1] == '/' || strchr(query, '%') != NULL)
		return trouble(t, EINVAL,
		    "pin-source is no plain absolute path: %s", query);
	if ((*path = strdup(query)) == NULL)
		return trouble(t, ENOMEM, "out of memory");
	return 0;
}

static struct refused *
find_refused(const char *path)
{
	struct refused *r = refusals;

	while (r != NULL && strcmp(r->path, path) != 0)
		r = r->next;
	return r;
}

static bool
was_refused(const char *path, const struct stamp *stamp)
{
	const struct refused *r;
	bool yes;

	pthread_mutex_lock(&refusals_lock);
	r = find_refused(path);
	yes = r != NULL && stamp_same(&r->stamp, stamp);
	pthread_mutex_unlock(&refusals_lock);
	return yes;
}

static void
note_refused(const char *path, const struct stamp *stamp)
{
	size_t size = strlen(path) + 1;
	struct refused *r;

	log_warning("pin-refused",
	    "path=%s note=\"it is not tried again before it changes\"", path);
	pthread_mutex_lock(&refusals_lock);
	if ((r = find_refused(path)) == NULL &&
	    (r = malloc(sizeof(*r) + size)) != NULL) {
		memcpy(r->path, path, size);
		r->next = refusals;
		refusals = r;
	}
	if (r != NULL)
		r->stamp = *stamp;
	pthread_mutex_unlock(&refusals_lock);
}

/*
 * GnuTLS asks for the PIN.  What a token has refused it is not given again,
 * for any of its keys, before the file has changed: tokens lock after a few
 * wrong ones, for everybody.
 */
static int
tell_pin(void *arg, int attempt, const char *url, const char *label,
    unsigned flags, char *out, size_t size)
{
	struct token_key *k = arg;
	int rv = GNUTLS_E_PKCS11_PIN_ERROR;
	struct trouble t;
	struct file f;

	if (k->pin == NULL)
		return GNUTLS_E_PKCS11_PIN_ERROR;
	if (attempt > 0) {
		/* It asks again: what it was told is wrong. */
		note_refused(k->pin, &k->told);
		return GNUTLS_E_PKCS11_PIN_ERROR;
	}
	if (file_load(k->pin, "the PIN", &f, &t) != 0) {
		log_warning("pin-unreadable", "error=\"%s\"", t.text);
		return GNUTLS_E_PKCS11_PIN_ERROR;
	}
	while (f.len > 0 &&
	       (f.data[f.len - 1] == '\n' || f.data[f.len - 1] == '\r'))
		f.len--;
	if (f.len > 0 && f.len < size && memchr(f.data, 0, f.len) == NULL &&
	    !was_refused(k->pin, &f.stamp)) {
		memcpy(out, f.data, f.len);
		out[f.len] = '\0';
		k->told = f.stamp;
		rv = 0;
	}
	file_free(&f);
	return rv;
}

static int
open_key(struct token_key *k, struct trouble *t)
{
	gnutls_privkey_t private = NULL;
	int r;

	if (k->open.key != NULL)
		return 0;
	if ((r = gnutls_privkey_init(&private)) == 0) {
		gnutls_privkey_set_pin_function(private, tell_pin, k);
		r = gnutls_privkey_import_url(private, k->url, 0);
	}
	if (r != 0) {
		gnutls_privkey_deinit(private);
		return trouble(t, EIO,
		    "the key in the token cannot be used: %s",
		    gnutls_strerror(r));
	}
	signer_gnutls(&k->open, private);
	return 0;
}

/* A token that has another key, or a fault, gives nothing away. */
static int
verify(const struct token_key *k, const struct algorithm *a, struct blob digest,
    struct signature *s, struct trouble *t)
{
	/* Only read from. */
	gnutls_datum_t d = { (uint8_t *)(uintptr_t)digest.data,
		(unsigned)digest.len };
	gnutls_datum_t made = { s->data, (unsigned)s->len };
	int r = a->scheme == SCHEME_EDDSA
		    ? gnutls_pubkey_verify_data2(k->pub, a->sign, 0, &d, &made)
		    : gnutls_pubkey_verify_hash2(k->pub, a->sign, 0, &d, &made);

	if (r >= 0)
		return 0;
	return trouble(t, EIO,
	    "what the token has signed is not by the key of the certificate: "
	    "%s",
	    gnutls_strerror(r));
}

static int
sign(void *key, const struct algorithm *a, struct blob digest,
    struct signature *out, struct trouble *t)
{
	struct token_key *k = key;
	int rv = -1;

	pthread_mutex_lock(&k->lock);
	if (open_key(k, t) == 0) {
		rv = k->open.sign(k->open.key, a, digest, out, t);
		if (rv != 0)
			signer_release(&k->open);
	}
	pthread_mutex_unlock(&k->lock);
	return rv == 0 ? verify(k, a, digest, out, t) : -1;
}

static void
release(void *key)
{
	struct token_key *k = key;

	signer_release(&k->open);
	gnutls_pubkey_deinit(k->pub);
	pthread_mutex_destroy(&k->lock);
	free(k->url);
	free(k->pin);
	free(k);
}

static int
public_key(const struct chain *chain, gnutls_pubkey_t *pub)
{
	struct blob list = chain->der, leaf;
	gnutls_x509_crt_t crt = NULL;
	gnutls_datum_t d;
	int r;

	if (wire_list_next(&list, &leaf) != 1)
		return GNUTLS_E_NO_CERTIFICATE_FOUND;
	d = (gnutls_datum_t){ (uint8_t *)(uintptr_t)leaf.data,
		(unsigned)leaf.len };
	if ((r = gnutls_x509_crt_init(&crt)) == 0 &&
	    (r = gnutls_x509_crt_import(crt, &d, GNUTLS_X509_FMT_DER)) == 0 &&
	    (r = gnutls_pubkey_init(pub)) == 0)
		r = gnutls_pubkey_import_x509(*pub, crt, 0);
	if (crt != NULL)
		gnutls_x509_crt_deinit(crt);
	return r;
}

int
signer_token(struct signer *signer, const char *uri, const struct chain *chain,
    struct trouble *t)
{
	struct token_key *k;
	int r;

	if (nmodules == 0)
		return trouble(t, EOPNOTSUPP,
		    "there is no module for keys in tokens: pkcs11-modules in "
		    "the configuration names them");
	if ((k = calloc(1, sizeof(*k))) == NULL)
		return trouble(t, ENOMEM, "out of memory");
	pthread_mutex_init(&k->lock, NULL);
	if (token_pin_path(uri, &k->pin, t) != 0)
		goto err;
	if ((k->url = strndup(uri, strcspn(uri, "?"))) == NULL) {
		trouble(t, ENOMEM, "out of memory");
		goto err;
	}
	if ((r = public_key(chain, &k->pub)) != 0) {
		trouble(t, EINVAL, "the certificate cannot be understood: %s",
		    gnutls_strerror(r));
		goto err;
	}
	*signer = (struct signer){ sign, release, k };
	return 0;
err:
	release(k);
	return -1;
}
