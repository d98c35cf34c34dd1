/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * cachedir: the folder of the cache: whether what is in it was left whole, and
 * what becomes of it where it was not.  Every function returns 0, or -1 and
 * errno.
 */
#ifndef TLSPOOL_VERIFIER_CACHEDIR_H
#define TLSPOOL_VERIFIER_CACHEDIR_H

#include <stdbool.h>

/*
 * Makes the folder where there is none, and notes that it is in use in this
 * boot of the machine (a text that names it; "": it is not known).  *whole:
 * nothing has happened to it that Berkeley DB might not see.
 */
int cachedir_enter(const char *dir, const char *boot, bool *whole);

/* It is closed: brings everything to the disk, and notes that. */
int cachedir_leave(const char *dir);

/* Renames it to DIR.bad, in the place of what was set aside before. */
int cachedir_set_aside(const char *dir);

/* Removes what was set aside. */
int cachedir_forget_aside(const char *dir);

/* Removes what is in it. */
int cachedir_empty(const char *dir);

#endif
