/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * error: the sentence behind errno, per thread.
 */
#ifndef TLSPOOL_LIB_ERROR_H
#define TLSPOOL_LIB_ERROR_H

/* What is said of a closed connection, wherever it is noticed. */
#define ERROR_GONE "the TLS Pool daemon went away"

/*
 * Makes the sentence for tlspool_error() and sets errno.  Always returns -1.
 * The arguments may be part of the sentence before.
 */
int error_set(int error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Makes one line of a text that somebody else wrote. */
void error_flatten(char *text);

/* strerror(3) that is safe in threads; never NULL. */
const char *error_text(int error);

#endif
