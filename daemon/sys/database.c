/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * database: recovery runs at every start: what a killed process left is made
 * whole, and it takes no longer than the log since the last checkpoint is.
 */
#include "daemon/sys/database.h"

enum {
	LOG_FILE_BYTES = 8 << 20,
	LOG_BUFFER_BYTES = 512 << 10,
	CHECKPOINT_KBYTES = 4096, /* of log */
};

static int
open_env(struct database *d, const char *dir, const struct database_plan *plan)
{
	const uint32_t flags = DB_CREATE | DB_PRIVATE | DB_RECOVER |
			       DB_INIT_TXN | DB_INIT_LOG | DB_INIT_MPOOL;
	int r;

	if ((r = db_env_create(&d->env, 0)) != 0)
		return r;
	d->env->set_errcall(d->env, plan->on_error);
	if ((r = d->env->set_cachesize(d->env, 0, plan->cache_bytes, 1)) != 0 ||
	    (r = d->env->set_lg_max(d->env, LOG_FILE_BYTES)) != 0 ||
	    (r = d->env->set_lg_bsize(d->env, LOG_BUFFER_BYTES)) != 0 ||
	    (r = d->env->log_set_config(d->env, DB_LOG_AUTO_REMOVE, 1)) != 0)
		return r;
	if (!plan->lasting &&
	    (r = d->env->set_flags(d->env, DB_TXN_WRITE_NOSYNC, 1)) != 0)
		return r;
	return d->env->open(d->env, dir, flags, 0600);
}

int
database_tree(struct database *d, const struct database_plan *plan,
    const char *file, uint32_t flags, DB **tree)
{
	int r;

	*tree = NULL;
	if ((r = db_create(tree, d->env, 0)) != 0)
		return r;
	if (plan->checksums)
		flags |= DB_CHKSUM;
	if (flags != 0 && (r = (*tree)->set_flags(*tree, flags)) != 0)
		return r;
	return (*tree)->open(*tree, NULL, file, NULL, DB_BTREE,
	    DB_CREATE | DB_AUTO_COMMIT, 0600);
}

int
database_open(
    struct database *d, const char *dir, const struct database_plan *plan)
{
	int r;

	d->env = NULL;
	d->db = NULL;
	d->given_up = false;
	if ((r = open_env(d, dir, plan)) != 0)
		return r;
	return database_tree(d, plan, plan->file, 0, &d->db);
}

int
database_checkpoint(struct database *d)
{
	return d->env->txn_checkpoint(d->env, CHECKPOINT_KBYTES, 0, 0);
}

void
database_give_up(struct database *d)
{
	d->given_up = true;
	if (d->env != NULL)
		(void)d->env->set_flags(d->env, DB_NOPANIC, 1);
}

void
database_close(struct database *d)
{
	if (d->db != NULL) {
		if (!d->given_up)
			(void)d->env->txn_checkpoint(d->env, 0, 0, 0);
		(void)d->db->close(d->db, d->given_up ? DB_NOSYNC : 0);
	}
	if (d->env != NULL)
		(void)d->env->close(d->env, 0);
	d->env = NULL;
	d->db = NULL;
}
