/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * name: a domain name as it stands on the wire, brought to its one spelling.
 */
#ifndef TLSPOOL_WORKER_NAME_H
#define TLSPOOL_WORKER_NAME_H

/*
 * Lower-cases a domain name of A-labels in place and takes a trailing dot
 * off.  0, or -1: not a domain name (RFC 1123 section 2.1, but with the
 * underscore that names in use have; at most 253 characters).
 */
int name_normal_domain(char *name);

#endif
