/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * command: options, operands and complaints, the same for all subcommands.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/command.h"
#include "tool/text.h"

struct tool tool;

enum {
	MAX_OPTIONS = 32,
	OPTION_HELP = 1000,
	OPTION_JSON,
};

static void vcomplain(const char *fmt, va_list ap)
    __attribute__((format(printf, 1, 0)));

static void
vcomplain(const char *fmt, va_list ap)
{
	char line[2048];

	vsnprintf(line, sizeof(line), fmt, ap);
	fprintf(stderr, "tlspool-cli%s%s: ", tool.command != NULL ? " " : "",
	    tool.command != NULL ? tool.command->name : "");
	text_print(stderr, line);
	fputc('\n', stderr);
}

void
complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vcomplain(fmt, ap);
	va_end(ap);
}

void
usage_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vcomplain(fmt, ap);
	va_end(ap);
	exit(TOOL_USAGE);
}

void
out_of_memory(void)
{
	fputs("tlspool-cli: there is no memory\n", stderr);
	exit(TOOL_NO);
}

static void
help(void)
{
	printf("Usage: tlspool-cli [GLOBAL OPTIONS] %s %s", tool.command->name,
	    tool.command->help);
	exit(fflush(stdout) == 0 ? TOOL_OK : TOOL_NO);
}

void
unknown_option(char **argv)
{
	/* A letter may be in the middle of its argument. */
	if (optopt > ' ' && optopt < 0x7f)
		usage_error(
		    "there is no option -%c; --help lists them", optopt);
	usage_error(
	    "there is no option %s; --help lists them", argv[optind - 1]);
}

int
option_next(int argc, char **argv, const struct option *longs)
{
	static const struct option common[] = {
		{ "help", no_argument, NULL, OPTION_HELP },
		{ "json", no_argument, NULL, OPTION_JSON },
		{ NULL, 0, NULL, 0 },
	};
	struct option all[MAX_OPTIONS + sizeof(common) / sizeof(common[0])];
	size_t n = 0;
	int c;

	while (longs != NULL && longs[n].name != NULL && n < MAX_OPTIONS) {
		all[n] = longs[n];
		n++;
	}
	memcpy(all + n, common, sizeof(common));
	opterr = 0;
	for (;;) {
		/* "+": the first operand ends the options, which is right
		 * where it is a subcommand with options of its own. */
		c = getopt_long(
		    argc, argv, tool.command->group ? "+:h" : ":h", all, NULL);
		switch (c) {
		case 'h':
		case OPTION_HELP:
			help();
			break;
		case OPTION_JSON:
			tool.json = true;
			break;
		case ':':
			usage_error("%s needs an argument", argv[optind - 1]);
		case '?':
			unknown_option(argv);
		default:
			return c;
		}
	}
}

char **
operands(int argc, char **argv, int least, int most)
{
	int n = argc - optind;

	if (n < least)
		usage_error("%s argument is missing; --help says what to give",
		    least == 1 ? "the" : "an");
	if (n > most)
		usage_error(
		    "\"%s\" is one argument too many", argv[optind + most]);
	return argv + optind;
}

uint32_t
option_number(const char *option, uint32_t least, uint32_t most)
{
	unsigned long long v;
	char *end;

	errno = 0;
	v = strtoull(optarg, &end, 10);
	if (*optarg < '0' || *optarg > '9' || *end != '\0' || errno != 0 ||
	    v < least || v > most)
		usage_error("%s \"%s\" is not a number from %u to %u", option,
		    optarg, least, most);
	return (uint32_t)v;
}

int
command_run(const struct command *const *commands, int argc, char **argv)
{
	const char *name;

	for (; *commands != NULL; commands++) {
		/* "id add" answers to "add". */
		name = strrchr((*commands)->name, ' ');
		name = name != NULL ? name + 1 : (*commands)->name;
		if (strcmp(name, argv[0]) != 0)
			continue;
		tool.command = *commands;
		optind = 0; /* GNU: scan from the beginning again */
		return (*commands)->run(argc, argv);
	}
	usage_error(
	    "there is no subcommand \"%s\"; --help lists them", argv[0]);
}
