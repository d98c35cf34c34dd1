/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * copies: the keys and certificates that the keeper keeps in its own folder.
 */
#ifndef TLSPOOL_KEEPER_COPIES_H
#define TLSPOOL_KEEPER_COPIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/keeper/identity.h"
#include "daemon/keeper/trouble.h"

/* The references (of REFERENCE_MAX bytes) of the copies for one credential:
 * file:…/keys/… and …/certs/…. */
int copies_key(const char *dir, const char *name, const uint8_t *id,
    char *reference, struct trouble *);
int copies_cert(const char *dir, const char *name, const uint8_t *id,
    char *path, struct trouble *);

/* Makes the two folders in dir, mode 0700; 0, or -1 and errno. */
int copies_prepare(const char *dir);

/* Writes a copy: 0, or -1 and trouble. */
int copies_save_key(
    const char *reference, const void *data, size_t len, struct trouble *);
int copies_save_cert(
    const char *path, const void *data, size_t len, struct trouble *);

/* Is this the reference of a copy of ours? */
bool copies_own(const char *dir, const char *reference);
/* Removes it, where it is. */
void copies_remove(const char *dir, const char *reference);

/*
 * Looks for the copy of a key that was made for another name (a request for
 * one name can be certified for more), and copies it for this one.  0, or -1
 * and trouble (ENOKEY).
 */
int copies_adopt_key(
    const char *dir, const char *name, const uint8_t *id, struct trouble *);

#endif
