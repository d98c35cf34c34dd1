/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * journal: structured fields to journald, or lines with a time to stderr.
 */
#include <config.h>

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>
#include <time.h>
#include <unistd.h>

#include "daemon/parent/journal.h"
#include "daemon/sys/log.h"

enum {
	LINE = 4000 /* bytes: a pipe takes it whole or not at all */
};

static bool is_journal;
static unsigned dropped;

/* systemd names the device and inode of the stream that it made stderr. */
static bool
stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return stream != NULL && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev &&
	       st.st_ino == ino;
}

static void
own_line(int priority, const char *event, const char *text)
{
	journal_line(ROLE_PARENT, 0, priority, event, text);
}

void
journal_open(void)
{
	is_journal = stderr_is_journal();
	log_to(own_line);
}

static const char *
priority_name(int priority)
{
	static const char *const names[] = { "emergency", "alert", "critical",
		"error", "warning", "notice", "info", "debug" };

	return priority >= 0 && priority <= LOG_DEBUG ? names[priority] : "?";
}

/* Writes what is ready to be taken: a reader of stderr that has stopped must
 * not stop the pool. */
static bool
write_line(const char *line, size_t len)
{
	struct pollfd pfd = { .fd = STDERR_FILENO, .events = POLLOUT };

	if (poll(&pfd, 1, 0) == 1 && (pfd.revents & POLLOUT))
		return write(STDERR_FILENO, line, len) != -1;
	return false;
}

static void
to_stderr(const char *who, int priority, const char *event, const char *text)
{
	char line[LINE], stamp[32];
	struct timespec ts;
	struct tm tm;
	int n;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	if (gmtime_r(&ts.tv_sec, &tm) == NULL ||
	    strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		stamp[0] = '\0';
	if (dropped > 0) {
		n = snprintf(line, sizeof(line),
		    "%s.%03ldZ parent warning log-dropped lines=%u\n", stamp,
		    ts.tv_nsec / 1000000, dropped);
		if (n > 0 && write_line(line, (size_t)n))
			dropped = 0;
	}
	n = snprintf(line, sizeof(line), "%s.%03ldZ %s %s %s%s%s\n", stamp,
	    ts.tv_nsec / 1000000, who, priority_name(priority), event,
	    text[0] == '\0' ? "" : " ", text);
	if (n >= (int)sizeof(line)) {
		n = (int)sizeof(line) - 1;
		line[n - 1] = '\n';
	}
	if (n > 0 && !write_line(line, (size_t)n))
		dropped++;
}

void
journal_line(enum role role, uint32_t index, int priority, const char *event,
    const char *text)
{
	char who[32], e[65], t[2049];

	log_clean(event, e, sizeof(e));
	log_clean(text, t, sizeof(t));
	if (role == ROLE_WORKER)
		(void)snprintf(
		    who, sizeof(who), "%s-%u", role_name(role), index);
	else
		(void)snprintf(who, sizeof(who), "%s", role_name(role));
	if (!is_journal) {
		to_stderr(who, priority, e, t);
		return;
	}
	(void)sd_journal_send("MESSAGE=%s: %s%s%s", who, e,
	    t[0] == '\0' ? "" : " ", t, "PRIORITY=%d", priority,
	    "TLSPOOL_EVENT=%s", e, "TLSPOOL_ROLE=%s", who, NULL);
}
