/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * export: the mark of what applications may call; everything else is hidden.
 * lib/libtlspool.sym lists the same names for the linker.
 */
#ifndef TLSPOOL_LIB_EXPORT_H
#define TLSPOOL_LIB_EXPORT_H

#define EXPORT __attribute__((visibility("default")))

#endif
