/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * database: a folder with a B-tree of Berkeley DB and the log of its
 * transactions.  It belongs to one process and one thread, and is made whole
 * whenever it is opened.  Errors are those of Berkeley DB: an errno, or DB_….
 */
#ifndef TLSPOOL_SYS_DATABASE_H
#define TLSPOOL_SYS_DATABASE_H

#include <config.h>

#include <stdbool.h>
#include <stdint.h>

#include <db.h>

struct database {
	DB_ENV *env;
	DB *db;
	bool given_up;
};

struct database_plan {
	const char *file; /* of the B-tree, in the folder */
	uint32_t cache_bytes;
	/* A commit is on the disk when it returns; else only out of the
	 * process, so that its end, but not the machine's, leaves it whole. */
	bool lasting;
	bool checksums; /* of every page: noise is seen, not believed */
	void (*on_error)(const DB_ENV *, const char *prefix, const char *text);
};

/* 0, or an error; to be closed in both cases. */
int database_open(
    struct database *, const char *dir, const struct database_plan *);

/* Another B-tree of the same folder, with more flags of db->set_flags(); it
 * is to be closed before the database. */
int database_tree(struct database *, const struct database_plan *,
    const char *file, uint32_t flags, DB **tree);

/* Bounds the log, and so the recovery: to be called behind each commit. */
int database_checkpoint(struct database *);

/* Writes everything, so that the next opening has nothing to recover. */
void database_close(struct database *);

/* To be called behind an error, before what else is open is closed: so that
 * what Berkeley DB has given up is freed as well; nothing is written. */
void database_give_up(struct database *);

#endif
