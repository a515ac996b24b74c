/** What the subcommands of `lotveil` share: common options, exit codes, the organisation. */
#ifndef LV_CLI_CLI_H
#define LV_CLI_CLI_H

#include "node/config.h"
#include <argp.h>
#include <jansson.h>
#include <lotveil/record.h>

/** Exit codes, as the manual page lists them. */
enum {
    LV_EXIT_DONE = 0,
    LV_EXIT_NEGATIVE = 1,    /* refused, not found, does not verify */
    LV_EXIT_USAGE = 2,       /* the command line cannot be understood */
    LV_EXIT_UNAVAILABLE = 3, /* node, peer or ledger cannot be reached now */
    LV_EXIT_INPUT = 4,       /* a file or the configuration cannot be used */
    LV_EXIT_FAULT = 5,       /* the machine failed, or stored state is damaged */
};

/** One subcommand. */
typedef struct {
    const char *name;
    const char *summary;
    int (*run)(int argc, char **argv);
} lv_command;

extern const lv_command lv_cmd_init;
extern const lv_command lv_cmd_issue;
extern const lv_command lv_cmd_member;
extern const lv_command lv_cmd_ledger;
extern const lv_command lv_cmd_serve;
extern const lv_command lv_cmd_enroll;
extern const lv_command lv_cmd_reload;
extern const lv_command lv_cmd_status;
extern const lv_command lv_cmd_series;
extern const lv_command lv_cmd_grant;
extern const lv_command lv_cmd_publish;
extern const lv_command lv_cmd_sets;
extern const lv_command lv_cmd_buy;
extern const lv_command lv_cmd_inquire;
extern const lv_command lv_cmd_verdicts;
extern const lv_command lv_cmd_alarms;
extern const lv_command lv_cmd_disclosures;
extern const lv_command lv_cmd_trace;
extern const lv_command lv_cmd_sales;
extern const lv_command lv_cmd_export;
extern const lv_command lv_cmd_import;
extern const lv_command lv_cmd_audit;
extern const lv_command lv_cmd_chaincode;
extern const lv_command lv_cmd_bench;
extern const lv_command lv_cmd_demo;

/** The options every subcommand has. The first member of each command's own options. */
typedef struct {
    const char *dir; /* the organisation's folder */
    bool json;
} lv_cli;

/** Parser of --dir and --json; its input is an lv_cli. */
extern const struct argp lv_cli_argp;

/** Children of a command's argp that has the common options and nothing else. */
extern const struct argp_child lv_cli_children[2];

/** Parser of a command that has no options but those; its input is an lv_cli. */
error_t lv_cli_parse_common(int key, char *value, struct argp_state *state);

/** At the end of every command's help. */
#define LV_CLI_EXITS                                                                               \
    "\n\nExit codes: 0 done; 1 refused, or the outcome is negative; 2 wrong usage; 3 not "         \
    "reachable or unavailable now; 4 bad input; 5 fault of the machine or of stored state."

/** Runs argp over a subcommand's arguments after filling the default of `cli->dir` where the
 *  command has set none. Usage errors do not return. Options may stand between arguments.
 * @param input  the command's options, whose first member is `cli`. */
void lv_cli_parse(const struct argp *argp, int argc, char **argv, lv_cli *cli, void *input);

/** The exit code for a status. */
int lv_cli_exit_code(lv_status status);

/** Prints "lotveil: words" on standard error where `status` is none of success, and gives the
 *  exit code. */
int lv_cli_finish(lv_status status, const lv_error *err);

/** Prints one JSON document and a newline on standard output; LV_E_IO where that fails. */
LV_MUST_CHECK lv_status lv_cli_print_json(const json_t *value, lv_error *err);

/** Reads a file that the user named: a missing one is LV_E_SYNTAX, that is bad input. */
LV_MUST_CHECK lv_status lv_cli_read(const char *path, size_t max, lv_buffer *out, lv_error *err);

/** Reads a decimal option value in min..max; usage error through `state` where it is none. */
uint64_t lv_cli_number(struct argp_state *state, const char *option, const char *text, uint64_t min,
                       uint64_t max);

/** Seconds since 1970 UTC as "2026-11-22 21:04:30Z". */
void lv_cli_time(int64_t seconds, char text[32]);

/** The configuration with identity and trust, for the commands that work without the node. */
typedef struct {
    lv_config *config;
    lv_identity *identity;
    lv_trust *trust; /* all members and this organisation itself */
} lv_cli_org;

LV_MUST_CHECK lv_status lv_cli_org_load(const char *dir, lv_cli_org *out, lv_error *err);
void lv_cli_org_free(lv_cli_org *org);

/** The path `dir`/`name` in new memory, NULL with words where memory fails. */
char *lv_cli_path(const char *dir, const char *name, lv_error *err);

/** One of "downstream", "upstream", "servicer"? */
LV_MUST_CHECK lv_status lv_cli_role(const char *text, lv_role *role);

#endif
