/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * log: one line per event.  The parent writes it (journal, or stderr); every
 * other process hands its lines to the parent over the control socket and so
 * needs no descriptor of its own for it.
 */
#ifndef TLSPOOL_SYS_LOG_H
#define TLSPOOL_SYS_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <syslog.h>

/* Lines below this priority are dropped: LOG_ERR … LOG_DEBUG. */
void log_level(int priority);

/* From now on, lines go to the parent over this socket. */
void log_to_parent(int sock);

/* From now on, lines go to this function (the parent's own). */
void log_to(void (*sink)(int priority, const char *event, const char *text));

/*
 * event: one word that can be searched for ("handshake-failed"); then
 * key=value pairs.  Control characters, and bytes that are not UTF-8, are
 * shown escaped.  Thread-safe, and never blocks: lines that find no room are
 * counted, and the number is logged as soon as there is room.
 */
void log_event(int priority, const char *event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Copies text, with "?" for each byte that a terminal should not see. */
void log_clean(const char *text, char *out, size_t size);

/* Says how many lines found no room, where some did not and there is now. */
void log_flush(void);

#define log_error(...)	 log_event(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_event(LOG_WARNING, __VA_ARGS__)
#define log_notice(...)	 log_event(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)	 log_event(LOG_INFO, __VA_ARGS__)
#define log_debug(...)	 log_event(LOG_DEBUG, __VA_ARGS__)

#endif
