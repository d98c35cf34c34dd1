/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * replay: the main() of a fuzz target that is built without libFuzzer.  It
 * shows the target each file of its corpus (or those that are named), so that
 * what was found once is tested ever after, by any compiler.
 */
#include <config.h>

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "test/fuzz/fuzz.h"

static int
replay_file(const char *path)
{
	FILE *in = NULL;
	uint8_t *data = NULL;
	struct stat st;
	int rv = -1;

	if ((in = fopen(path, "rb")) == NULL || fstat(fileno(in), &st) != 0)
		goto err;
	/* Exactly as long as the input, so that ASan sees the byte behind. */
	if ((data = malloc(st.st_size > 0 ? (size_t)st.st_size : 1)) == NULL ||
	    fread(data, 1, (size_t)st.st_size, in) != (size_t)st.st_size)
		goto err;
	(void)LLVMFuzzerTestOneInput(data, (size_t)st.st_size);
	rv = 0;
err:
	if (rv != 0)
		perror(path);
	free(data);
	if (in != NULL)
		(void)fclose(in);
	return rv;
}

/* Returns the number of files, or -1. */
static int
replay_folder(const char *path)
{
	const struct dirent *e;
	char *file;
	DIR *dir;
	int n = 0;

	if ((dir = opendir(path)) == NULL) {
		perror(path);
		return -1;
	}
	while (n != -1 && (e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		if (asprintf(&file, "%s/%s", path, e->d_name) == -1)
			abort();
		n = replay_file(file) == 0 ? n + 1 : -1;
		free(file);
	}
	(void)closedir(dir);
	return n;
}

int
main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir"); /* automake sets it */
	char *corpus;
	int n;

	if (argc > 1) {
		for (int i = 1; i < argc; i++)
			if (replay_file(argv[i]) != 0)
				return 1;
		return 0;
	}
	if (asprintf(&corpus, "%s/test/fuzz/corpus/%s",
		srcdir != NULL ? srcdir : ".", FUZZ_TARGET) == -1)
		abort();
	n = replay_folder(corpus);
	free(corpus);
	printf("%s: %d inputs\n", FUZZ_TARGET, n);
	return n > 0 ? 0 : 1;
}
