/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * command: what every subcommand is made of: its entry in the table, its
 * options, its exit status and the way it complains.
 */
#ifndef TLSPOOL_TOOL_COMMAND_H
#define TLSPOOL_TOOL_COMMAND_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What scripts can rely on. */
enum tool_status {
	TOOL_OK = 0,
	TOOL_NO = 1,	      /* the answer is no, or the operation failed */
	TOOL_USAGE = 2,	      /* the command line is wrong */
	TOOL_NO_DAEMON = 3,   /* there is no daemon to ask */
	TOOL_NOT_TRUSTED = 4, /* it was found out, and is not as it should be */
	TOOL_UNTIDY = 5,      /* it works, but something is left to be done */
};

struct command {
	const char *name;    /* "id add" */
	const char *summary; /* one line of the list of subcommands */
	const char *help;    /* arguments, options, and an example */
	bool group;	     /* its first operand is a subcommand */
	int (*run)(int argc, char **argv); /* argv[0] is the last word of
					      name; returns the status */
};

/* The options in front of the subcommand. */
extern struct tool {
	const char *socket; /* of applications */
	const char *admin;  /* of administration */
	bool json;
	const struct command *command; /* that runs; NULL: none yet */
} tool;

/*
 * The next option: its `val` in longs (optarg has its argument), or -1 where
 * there are no more; operands may stand before, between and behind them.  --help and --json are known to every command.  What is
 * not known ends the program with TOOL_USAGE.
 */
int option_next(int argc, char **argv, const struct option *longs);

/* What getopt_long(3) has just refused: ends the program with TOOL_USAGE. */
_Noreturn void unknown_option(char **argv);

/* The operands after the options: their number must be least to most. */
char **operands(int argc, char **argv, int least, int most);

/* An option's argument as a number of least to most. */
uint32_t option_number(const char *option, uint32_t least, uint32_t most);

/* Runs the command of that name ("add" of the commands of "id"). */
int command_run(const struct command *const *commands, int argc, char **argv);

/* Complaints go to standard error, escaped, behind the command's name. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* And the program ends with TOOL_USAGE. */
_Noreturn void usage_error(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));
/* There is no memory: ends the program with TOOL_NO. */
_Noreturn void out_of_memory(void);

/* One per file. */
extern const struct command ping_command, status_command, sessions_command,
    reload_command, id_command, id_add_command, id_list_command,
    id_show_command, id_remove_command, id_generate_command, id_request_command,
    trust_command, trust_pin_command, trust_unpin_command, trust_list_command,
    trust_explain_command, acl_command, acl_check_command, acl_explain_command,
    client_command, server_command, tlsa_command, cache_command,
    cache_list_command, cache_show_command, cache_flush_command;

#endif
