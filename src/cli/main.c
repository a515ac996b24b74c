#include "cli/cli.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const lv_command *const commands[] = {
    &lv_cmd_demo,        &lv_cmd_init,   &lv_cmd_issue,     &lv_cmd_member,   &lv_cmd_ledger,
    &lv_cmd_serve,       &lv_cmd_status, &lv_cmd_series,    &lv_cmd_grant,    &lv_cmd_publish,
    &lv_cmd_sets,        &lv_cmd_buy,    &lv_cmd_inquire,   &lv_cmd_verdicts, &lv_cmd_alarms,
    &lv_cmd_disclosures, &lv_cmd_trace,  &lv_cmd_sales,     &lv_cmd_export,   &lv_cmd_import,
    &lv_cmd_audit,       &lv_cmd_bench,  &lv_cmd_chaincode, &lv_cmd_enroll,   &lv_cmd_reload,
};

static void print_help(FILE *out)
{
    fputs("Usage: lotveil COMMAND [OPTION...] [ARGUMENT...]\n"
          "       lotveil COMMAND --help\n"
          "       lotveil --version\n\n"
          "A downstream factory lets its upstream supplier learn that a quality value rose or\n"
          "fell, and nothing else: the values stay encrypted on a ledger they share.\n\n"
          "Commands:\n",
          out);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        fprintf(out, "  %-12s %s\n", commands[i]->name, commands[i]->summary);
    }
    fputs(
        "\nEvery command knows --dir DIR (the organisation's folder; default: the environment's\n"
        "LOTVEIL_DIR, or the current folder), --json and --help.\n\n"
        "Exit codes: 0 done; 1 refused, or the outcome is negative; 2 wrong usage; 3 not\n"
        "reachable or unavailable now; 4 bad input; 5 fault of the machine or of stored state.\n\n"
        "First look: lotveil demo\n",
        out);
}

static const lv_command *find(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(name, commands[i]->name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static bool is_one_of(const char *text, const char *a, const char *b, const char *c)
{
    return strcmp(text, a) == 0 || strcmp(text, b) == 0 || strcmp(text, c) == 0;
}

int main(int argc, char **argv)
{
    argp_err_exit_status = LV_EXIT_USAGE;
    /* A reader of our output or a peer that goes away is an error to be told, not a death. */
    (void)signal(SIGPIPE, SIG_IGN);

    if (argc < 2) {
        print_help(stderr);
        return LV_EXIT_USAGE;
    }
    char *wanted = argv[1];
    bool help = is_one_of(wanted, "help", "--help", "-h");
    if (help && argc == 2) {
        print_help(stdout);
        return LV_EXIT_DONE;
    }
    if (is_one_of(wanted, "version", "--version", "-V")) {
        puts("lotveil " LOTVEIL_VERSION);
        return LV_EXIT_DONE;
    }
    wanted = help ? argv[2] : wanted;
    const lv_command *command = find(wanted);
    if (command == NULL) {
        fprintf(stderr, "lotveil: there is no command \"%s\"; `lotveil --help` lists them\n",
                wanted);
        return LV_EXIT_USAGE;
    }
    /* argp names the program by argv[0] in its messages and help. */
    char name[64];
    snprintf(name, sizeof name, "lotveil %s", command->name);
    if (help) {
        char show[] = "--help";
        char *arguments[] = {name, show, NULL};
        return command->run(2, arguments);
    }
    argv[1] = name;
    return command->run(argc - 1, argv + 1);
}
