/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * defaults: those of the system's pool for root, and of a pool of one's own
 * for others.
 */
#include <config.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/sys/defaults.h"

unsigned
defaults_workers(void)
{
	cpu_set_t set;
	int n = 1;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		n = CPU_COUNT(&set);
	return n < 1			? 1
	       : n > CONFIG_MAX_WORKERS ? CONFIG_MAX_WORKERS
					: (unsigned)n;
}

/* The folder of run-time files, or of state, of who runs this. */
static int
own_folder(bool state, char *out, size_t size, char *error, size_t error_size)
{
	const char *base = getenv(state ? "XDG_STATE_HOME" : "XDG_RUNTIME_DIR");
	const char *below = "";
	int n;

	if (geteuid() == 0) {
		n = snprintf(
		    out, size, "%s", state ? TLSPOOL_STATEDIR : TLSPOOL_RUNDIR);
		return n > 0 && (size_t)n < size ? 0 : -1;
	}
	if ((base == NULL || base[0] != '/') && state) {
		base = getenv("HOME");
		below = "/.local/state";
	}
	n = base == NULL || base[0] != '/'
		? -1
		: snprintf(out, size, "%s%s/tlspool", base, below);
	if (n > 0 && (size_t)n < size)
		return 0;
	if (error[0] == '\0')
		(void)snprintf(error, error_size,
		    "[daemon] %s is not set, and neither is the variable %s "
		    "that the default comes from",
		    state ? "state" : "socket or admin-socket",
		    state ? "HOME" : "XDG_RUNTIME_DIR");
	return -1;
}

int
defaults_folders(struct config *c, char *error, size_t error_size)
{
	char folder[3072];

	if (c->socket == NULL || c->admin_socket == NULL) {
		if (own_folder(
			false, folder, sizeof(folder), error, error_size) != 0)
			return -1;
		if (c->socket == NULL &&
		    asprintf(&c->socket, "%s/tlspool.sock", folder) == -1)
			return -1;
		if (c->admin_socket == NULL &&
		    asprintf(&c->admin_socket, "%s/admin.sock", folder) == -1)
			return -1;
	}
	if (c->state == NULL) {
		if (own_folder(
			true, folder, sizeof(folder), error, error_size) != 0)
			return -1;
		if ((c->state = strdup(folder)) == NULL)
			return -1;
	}
	return 0;
}

const char *
defaults_text(const char *section, const char *name)
{
	static const struct {
		const char *section, *name, *text;
	} defaults[] = {
		{ "daemon", "user", "tlspool" },
		{ "daemon", "keeper-user", "tlspool-keeper" },
		{ "daemon", "workers", "0" },
		{ "daemon", "handshake-nice", "12" },
		{ "daemon", "drain", "30s" },
		{ "daemon", "log-level", "info" },
		{ "tls", "priority",
		    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:"
		    "-RSA:-DHE-RSA:-GROUP-ALL:+GROUP-X25519:"
		    "+GROUP-ALL:%SERVER_PRECEDENCE" },
		{ "tls", "handshake-timeout", "30s" },
		{ "tls", "linger", "5s" },
		{ "tls", "tickets", "yes" },
		{ "tls", "ticket-lifetime", "1h" },
		{ "quota", "max-handshakes", "20000" },
		{ "quota", "max-sessions", "0" },
		{ "quota", "max-connections", "1000" },
		{ "identity", "acl", TLSPOOL_SYSCONFDIR "/acl" },
		{ "identity", "disclosure", TLSPOOL_SYSCONFDIR "/disclosure" },
		{ "identity", "key-paths",
		    TLSPOOL_SYSCONFDIR " /etc/ssl /etc/letsencrypt /etc/pki" },
		{ "identity", "pkcs11-modules", "none" },
		{ "identity", "token-paths", "none" },
		{ "trust", "anchors", "system" },
		{ "trust", "require-crl", "no" },
		{ "trust", "pkix-strict", "no" },
		{ "trust", "ldap", "dns" },
		{ "trust", "client-policy", "pin dane pkix" },
		{ "trust", "server-policy", "pin dane ldap pkix" },
		{ "authorization", "plugin-timeout", "2s" },
		{ "cache", "size", "100000" },
		{ "cache", "max-age", "1h" },
		{ "cache", "negative-age", "10s" },
		{ "ocsp", "staple", "yes" },
		{ "ocsp", "timeout", "5s" },
		{ "dns", "trust-anchor", "system" },
		{ "dns", "timeout", "5s" },
		{ "dns", "local-zones", "yes" },
		{ "ldap", "anchors", "none" },
		{ "ldap", "timeout", "5s" },
		{ "ldap", "lifetime", "5m" },
	};
	bool user =
	    strcmp(name, "user") == 0 || strcmp(name, "keeper-user") == 0;

	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (strcmp(defaults[i].section, section) == 0 &&
		    strcmp(defaults[i].name, name) == 0)
			return user && geteuid() != 0 ? NULL : defaults[i].text;
	return NULL;
}
