/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * admin_add: answers ADMIN_ID_ADD, or says in one sentence why not.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/keeper/admin.h"
#include "daemon/keeper/copies.h"
#include "daemon/keeper/pending.h"
#include "daemon/keeper/token.h"
#include "daemon/sys/log.h"

struct addition {
	const struct admin_id_add *msg;
	char name[NAME_SIZE];
	int cert_fd, key_fd;
	/* what is written into the database */
	char key[REFERENCE_MAX], cert[REFERENCE_MAX];
	struct credential *credential;
	struct file cert_file, key_file;
};

/* Who reads the keys: for the one who has to give access to them. */
static const char *
keeper_user(char *out, size_t size)
{
	if (role.config->keeper_user != NULL && geteuid() != 0)
		snprintf(out, size, "user %s", role.config->keeper_user);
	else
		snprintf(out, size, "uid %u", (unsigned)geteuid());
	return out;
}

static bool
below(char *const *paths, const char *path)
{
	size_t len;

	for (; paths != NULL && *paths != NULL; paths++) {
		len = strlen(*paths);
		while (len > 1 && (*paths)[len - 1] == '/')
			len--;
		if (strncmp(path, *paths, len) == 0 &&
		    (path[len] == '/' || path[len] == '\0' || len == 1))
			return true;
	}
	return false;
}

/* The kernel's answer to this is only "no"; where it has no Landlock, not
 * even that. */
static bool
below_key_paths(const char *path)
{
	return strstr(path, "/../") == NULL &&
	       (below(keeper.key_paths, path) || copies_own(keeper.dir, path));
}

/*
 * Can the keeper read a file by itself, now and whenever it changes?
 */
static int
check_path(const char *what, const char *path, struct trouble *t)
{
	char user[128];
	struct trouble why;
	struct file f;

	if (path == NULL || path[0] != '/')
		return trouble(
		    t, EINVAL, "%s must be given by its absolute path", what);
	if (strlen(path) >= REFERENCE_MAX - sizeof("file:"))
		return trouble(t, ENAMETOOLONG,
		    "the path of %s is longer than %d bytes", what,
		    REFERENCE_MAX - 8);
	if (!below_key_paths(path))
		return trouble(t, EACCES,
		    "%s in %s is not below one of the key-paths of the "
		    "configuration: %s, or use --copy",
		    what, path,
		    below(role.config->key_paths, path)
			? "they have changed, so restart the pool"
			: "add its folder there and restart the pool");
	if (file_load(path, what, &f, &why) == 0) {
		file_free(&f);
		return 0;
	}
	if (why.error != EACCES && why.error != EPERM)
		return trouble(t, why.error, "%s", why.text);
	return trouble(t, EACCES,
	    "%s in %s cannot be read by the keeper, which runs as %s: give it "
	    "the right to, or use --copy",
	    what, path, keeper_user(user, sizeof(user)));
}

/*
 * A key that stays where it is.  One in a token is not looked for: that could
 * take any time.
 */
static int
check_key(const char *key, struct trouble *t)
{
	const char *path = key_path(key);
	char *pin = NULL;
	int rv;

	if (path != NULL)
		return check_path("the private key", path, t);
	if (!token_named(key))
		return trouble(t, EOPNOTSUPP,
		    "a key is given as file:/absolute/path or pkcs11:URI");
	if (strlen(key) >= REFERENCE_MAX)
		return trouble(t, ENAMETOOLONG,
		    "the URI of the key is longer than %d bytes",
		    REFERENCE_MAX - 1);
	if (token_pin_path(key, &pin, t) != 0)
		return -1;
	rv = pin == NULL ? 0 : check_path("the PIN", pin, t);
	free(pin);
	return rv;
}

/* Both stay where they are; many identities may well share them. */
static int
refer(struct addition *a, struct trouble *t)
{
	const char *path = key_path(a->msg->key);

	if (path == NULL && check_key(a->msg->key, t) != 0)
		return -1;
	if ((a->credential = loaded_renew(keeper.loaded, a->msg->key,
		 a->msg->cert, loop_now(role.loop), t)) == NULL) {
		/* Why not is better said of each file by itself. */
		if (check_path("the certificate", a->msg->cert, t) == 0 &&
		    check_key(a->msg->key, t) == 0 &&
		    (a->credential = credential_load(
			 a->msg->key, a->msg->cert, t)) != NULL)
			return 0;
		return -1;
	}
	snprintf(a->key, sizeof(a->key), "%s", a->msg->key);
	snprintf(a->cert, sizeof(a->cert), "%s", a->msg->cert);
	if (path != NULL && !below_key_paths(path))
		return check_path("the private key", path, t);
	return below_key_paths(a->cert)
		   ? 0
		   : check_path("the certificate", a->cert, t);
}

/* The key that the keeper has already: the identity's own, or a copy. */
static int
find_key(struct addition *a, const uint8_t *id, struct trouble *t)
{
	struct identity known;

	if (store_find(keeper.store, a->name, &known, t) == 0) {
		for (size_t i = 0; i < known.n; i++)
			if (memcmp(known.rows[i].id, id, KEY_ID_SIZE) == 0)
				snprintf(a->key, sizeof(a->key), "%s",
				    known.rows[i].key);
		identity_clear(&known);
	}
	if (a->key[0] != '\0')
		return 0;
	if (copies_adopt_key(keeper.dir, a->name, id, t) != 0)
		return -1;
	return copies_key(keeper.dir, a->name, id, a->key, t);
}

static struct key *
take_key(struct addition *a, const struct chain *chain, struct trouble *t)
{
	const uint8_t *id = chain->id;

	if (a->msg->copy) {
		if (a->key_fd == -1) {
			trouble(t, EINVAL,
			    "the key is to be copied, and none came along");
			return NULL;
		}
		if (file_read(a->key_fd, "the private key", &a->key_file, t) !=
			0 ||
		    copies_key(keeper.dir, a->name, id, a->key, t) != 0)
			return NULL;
		return key_parse(a->key_file.data, a->key_file.len, t);
	}
	if (a->msg->key != NULL) {
		if (check_key(a->msg->key, t) != 0)
			return NULL;
		snprintf(a->key, sizeof(a->key), "%s", a->msg->key);
	} else if (find_key(a, id, t) != 0) {
		return NULL;
	}
	return key_load(a->key, chain, t);
}

/* The certificate, and the key that belongs to it, from wherever they are. */
static int
gather(struct addition *a, struct trouble *t)
{
	struct chain *chain;
	struct key *key;

	if (file_read(a->cert_fd, "the certificate", &a->cert_file, t) != 0 ||
	    (chain = chain_parse(a->cert_file.data, a->cert_file.len, t)) ==
		NULL)
		return -1;
	if ((key = take_key(a, chain, t)) == NULL) {
		chain_free(chain);
		return -1;
	}
	if ((a->credential = credential_join(key, chain, t)) == NULL)
		return -1;
	if (a->msg->cert == NULL)
		return copies_cert(
		    keeper.dir, a->name, a->credential->chain->id, a->cert, t);
	snprintf(a->cert, sizeof(a->cert), "%s", a->msg->cert);
	return check_path("the certificate", a->msg->cert, t);
}

static int
save_copies(struct addition *a, struct trouble *t)
{
	/* What was loaded from them before is not looked at again for a
	 * while; the new state is to serve at once. */
	if (a->msg->copy || a->msg->cert == NULL)
		loaded_forget(keeper.loaded, a->key, a->cert);
	if (a->msg->copy &&
	    copies_save_key(a->key, a->key_file.data, a->key_file.len, t) != 0)
		return -1;
	if (a->msg->cert == NULL && copies_save_cert(a->cert, a->cert_file.data,
					a->cert_file.len, t) != 0)
		return -1;
	return 0;
}

static int
add(struct asked *asked, struct addition *a, struct trouble *t)
{
	struct reference ref = {
		.key = a->key, .cert = a->cert, .added = (uint64_t)time(NULL)
	};
	bool stays =
	    a->msg->key != NULL && a->msg->cert != NULL && !a->msg->copy;

	if (admin_name(a->msg->name, a->name, t) != 0 ||
	    (stays ? refer(a, t) : gather(a, t)) != 0 ||
	    chain_check_time(a->credential->chain, time(NULL), t) != 0 ||
	    save_copies(a, t) != 0)
		return -1;
	memcpy(ref.id, a->credential->chain->id, KEY_ID_SIZE);
	if (admin_store(asked, a->name, &ref, a->credential->chain, NULL, t) !=
	    0) {
		/* Nothing refers to the copies of one credential too many. */
		if (t->error == E2BIG && !stays) {
			copies_remove(keeper.dir, a->cert);
			if (a->msg->copy)
				copies_remove(keeper.dir, a->key);
		}
		return -1;
	}
	log_info("identity-added", "identity=%s cert=%s by=%u", a->name,
	    a->cert, asked->uid);
	return 0;
}

int
admin_add(struct asked *asked, void *msg, struct trouble *t)
{
	struct addition a = { .msg = msg,
		.cert_fd = asked->packet->fds[1],
		.key_fd =
		    asked->packet->nfds > 2 ? asked->packet->fds[2] : -1 };
	int rv = add(asked, &a, t);

	credential_release(a.credential);
	file_free(&a.cert_file);
	file_free(&a.key_file);
	return rv;
}
