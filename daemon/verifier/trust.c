/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * trust: files, each read whole before it replaces what was there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/sys/log.h"
#include "daemon/verifier/basis.h"
#include "daemon/verifier/trust.h"

enum {
	CHECK_EVERY = 1000, /* milliseconds */
};

const char trust_system_anchors[] = "/etc/ssl/certs/ca-certificates.crt";

/* Logs why a file is not used; remembers it where there is nothing else. */
static void
trouble(struct trust_file *file, const char *event, const char *reason,
    bool have_older)
{
	log_error(event, "file=%s reason=\"%s\" effect=\"%s\"", file->path,
	    reason,
	    have_older ? "what was read before stays in force"
		       : "there is nothing from it");
	if (!have_older)
		snprintf(file->trouble, sizeof(file->trouble), "%s: %s",
		    file->path, reason);
}

/* What was read is in force. */
static void
take(struct trust_file *file, const gnutls_datum_t *data)
{
	file->trouble[0] = '\0';
	if (gnutls_hash_fast(
		GNUTLS_DIG_SHA256, data->data, data->size, file->taken) != 0)
		memset(file->taken, 0, sizeof(file->taken));
}

/* Notes how the file looks now; true where it looked different before. */
static bool
changed(struct trust *trust, struct trust_file *file)
{
	struct stamp now;

	if (file->path == NULL)
		return false;
	now = stamp_of(AT_FDCWD, file->path);
	if (stamp_equal(&now, &file->stamp))
		return false;
	file->stamp = now;
	trust->changed = true;
	return true;
}

static void
read_anchors(
    struct trust *trust, struct anchors **place, struct trust_file *file)
{
	struct anchors *anchors = NULL;
	gnutls_datum_t data = { NULL, 0 };
	char error[192];

	if (!changed(trust, file))
		return;
	if (source_read(AT_FDCWD, file->path, ANCHORS_FILE_MAX, &data) != 0)
		snprintf(error, sizeof(error), "%s", strerror(errno));
	else
		anchors = anchors_parse(&data, error, sizeof(error));
	if (anchors != NULL)
		take(file, &data);
	gnutls_free(data.data);
	if (anchors == NULL) {
		trouble(file, "anchors-bad", error, *place != NULL);
		return;
	}
	anchors_free(*place);
	*place = anchors;
	log_info("anchors-read", "file=%s anchors=%zu", file->path,
	    anchors_count(anchors));
}

static void
read_pins(struct trust *trust)
{
	struct trust_file *file = &trust->pins_file;
	struct pins *pins = NULL;
	gnutls_datum_t data = { NULL, 0 };
	char error[512];

	if (!changed(trust, file))
		return;
	if (source_read(AT_FDCWD, file->path, PINS_FILE_MAX, &data) != 0)
		snprintf(error, sizeof(error), "%s", strerror(errno));
	else
		pins = pins_parse(
		    (const char *)data.data, data.size, error, sizeof(error));
	if (pins != NULL)
		take(file, &data);
	gnutls_free(data.data);
	if (pins == NULL) {
		trouble(file, "pins-bad", error, trust->pins != NULL);
		return;
	}
	pins_free(trust->pins);
	trust->pins = pins;
	log_info("pins-read", "file=%s pins=%zu", file->path, pins_count(pins));
}

static void
read_rules(struct trust *trust)
{
	struct trust_file *file = &trust->rules_file;
	struct rules *rules = NULL;
	gnutls_datum_t data = { NULL, 0 };
	char error[512];

	if (!changed(trust, file))
		return;
	if (source_read(AT_FDCWD, file->path, RULES_FILE_MAX, &data) != 0)
		snprintf(error, sizeof(error), "%s", strerror(errno));
	else
		rules = rules_parse(
		    (const char *)data.data, data.size, error, sizeof(error));
	if (rules != NULL)
		take(file, &data);
	gnutls_free(data.data);
	if (rules == NULL) {
		trouble(file, "rules-bad", error, trust->rules != NULL);
		return;
	}
	rules_free(trust->rules);
	trust->rules = rules;
	log_info(
	    "rules-read", "file=%s rules=%zu", file->path, rules_count(rules));
}

static void
read_crls(struct trust *trust)
{
	struct trust_file *file = &trust->crls_file;

	if (file->path == NULL)
		return;
	if (crls_refresh(trust->crls, file->path) == 0) {
		trust->changed |= file->trouble[0] != '\0';
		file->trouble[0] = '\0';
	} else if (file->trouble[0] == '\0') {
		/* Looked at every second; said once. */
		trouble(file, "crls-bad", strerror(errno), false);
		trust->changed = true;
	}
	if (crls_changes(trust->crls) != trust->crls_taken)
		trust->changed = true;
	trust->crls_taken = crls_changes(trust->crls);
}

/* The files that are looked at again and again. */
static void
read_files(struct trust *trust)
{
	read_anchors(trust, &trust->anchors, &trust->anchors_file);
	read_anchors(trust, &trust->ldap_anchors, &trust->ldap_anchors_file);
	read_pins(trust);
	read_rules(trust);
	read_crls(trust);
	(void)changed(trust, &trust->plugin_file);
	if (trust->changed)
		basis_renew(trust);
	trust->changed = false;
}

int
trust_init(struct trust *trust)
{
	memset(trust, 0, sizeof(*trust));
	trust->crls = crls_new();
	return trust->crls == NULL ? -1 : 0;
}

static void
file_free(struct trust_file *file)
{
	free(file->path);
	memset(file, 0, sizeof(*file));
}

void
trust_free(struct trust *trust)
{
	anchors_free(trust->anchors);
	anchors_free(trust->ldap_anchors);
	pins_free(trust->pins);
	rules_free(trust->rules);
	known_free(trust->known);
	crls_free(trust->crls);
	file_free(&trust->anchors_file);
	file_free(&trust->ldap_anchors_file);
	file_free(&trust->crls_file);
	file_free(&trust->pins_file);
	file_free(&trust->rules_file);
	file_free(&trust->plugin_file);
	memset(trust, 0, sizeof(*trust));
}

/*
 * Sets another path.  What was read from the old one is kept until the new
 * one has been read, so that a slip in the configuration is not an outage.
 */
static int
set_path(struct trust_file *file, const char *path)
{
	char *copy = NULL;

	if (path != NULL && file->path != NULL && strcmp(path, file->path) == 0)
		return 0;
	if (path != NULL && (copy = strdup(path)) == NULL)
		return -1;
	file_free(file);
	file->path = copy;
	return 0;
}

/* Nobody else writes it, so it is read once; again where that failed. */
static void
read_known(struct trust *trust, const char *state)
{
	char path[4096], error[192];

	if (trust->known != NULL || state == NULL)
		return;
	snprintf(path, sizeof(path), "%s/verifier/pins", state);
	trust->known_trouble[0] = '\0';
	trust->known = known_open(path, error, sizeof(error));
	if (trust->known != NULL)
		return;
	snprintf(trust->known_trouble, sizeof(trust->known_trouble),
	    "%.60s: %s", path, error);
	log_error("pins-bad", "file=%s reason=\"%s\" effect=\"%s\"", path,
	    error, "peers that are judged by pins are refused");
}

static const char *
anchors_path(const char *configured)
{
	if (configured == NULL || strcmp(configured, "none") == 0)
		return NULL;
	return strcmp(configured, "system") == 0 ? trust_system_anchors
						 : configured;
}

int
trust_configure(struct trust *trust, const struct config *config)
{
	const char *anchors = anchors_path(config->anchors);
	const char *ldap_anchors = anchors_path(config->ldap_anchors);

	trust->require_crl = config->require_crl;
	trust->pkix_strict = config->pkix_strict;
	if (set_path(&trust->anchors_file, anchors) != 0 ||
	    set_path(&trust->ldap_anchors_file, ldap_anchors) != 0 ||
	    set_path(&trust->crls_file, config->crls) != 0 ||
	    set_path(&trust->pins_file, config->pins) != 0 ||
	    set_path(&trust->rules_file, config->rules) != 0 ||
	    set_path(&trust->plugin_file, config->plugin) != 0)
		return -1;
	if (trust->anchors_file.path == NULL) {
		anchors_free(trust->anchors);
		trust->anchors = NULL;
	}
	if (trust->ldap_anchors_file.path == NULL) {
		anchors_free(trust->ldap_anchors);
		trust->ldap_anchors = NULL;
	}
	if (trust->pins_file.path == NULL) {
		pins_free(trust->pins);
		trust->pins = NULL;
	}
	if (trust->rules_file.path == NULL) {
		rules_free(trust->rules);
		trust->rules = NULL;
	}
	if (trust->crls_file.path == NULL) {
		struct crls *none = crls_new();

		if (none == NULL)
			return -1;
		crls_free(trust->crls);
		trust->crls = none;
	}
	read_known(trust, config->state);
	basis_configure(trust, config);
	trust->changed = true;
	read_files(trust);
	return 0;
}

size_t
trust_pinned_client(
    const struct trust *trust, const uint8_t key[PIN_SIZE], const char **name)
{
	size_t found = pins_names(trust->pins, false, key, name);

	for (size_t i = 0; i < known_count(trust->known); i++) {
		const struct known_key *k = known_get(trust->known, i);

		if (k->kind != KNOWN_PINNED || k->server ||
		    memcmp(k->key, key, PIN_SIZE) != 0 ||
		    (found > 0 && strcmp(k->name, *name) == 0))
			continue;
		*name = k->name;
		found++;
	}
	return found;
}

void
trust_refresh(struct trust *trust, uint64_t now_ms)
{
	if (now_ms - trust->checked < CHECK_EVERY)
		return;
	trust->checked = now_ms;
	read_files(trust);
}
