#include "cli/cli.h"
#include "node/node.h"
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>

typedef struct {
    lv_cli cli;
    int ready_fd;
} options;

static const struct argp_option option_list[] = {
    {"ready-fd", 'r', "FD", 0, "Write one byte to this open file descriptor once the node serves",
     1},
    {0}};

static error_t parse(int key, char *value, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->cli;
        return 0;
    case 'r':
        o->ready_fd = (int)lv_cli_number(state, "--ready-fd", value, 0, INT_MAX);
        if (fcntl(o->ready_fd, F_GETFD) < 0) {
            argp_error(state, "--ready-fd: %d is no open file descriptor", o->ready_fd);
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] =
    "Runs the organisation's node in the foreground until SIGTERM or SIGINT: a downstream "
    "publishes "
    "what it is given and answers inquiries, an upstream follows the ledger and inquires, a "
    "servicer keeps and sells XOR records. One line per event goes to standard error (the "
    "environment's LOTVEIL_LOG: error, warn, info or debug). What was accepted survives a kill and "
    "is finished after the next start."
    "\v"
    "Example:\n"
    "  lotveil serve --dir b 2>>b/state/node.log &\n\n"
    "Where the vault (state/vault.key) is under a passphrase, that is read from the environment's "
    "LOTVEIL_PASSPHRASE." LV_CLI_EXITS;
static const struct argp argp = {
    .options = option_list, .parser = parse, .doc = doc, .children = lv_cli_children};

static int run(int argc, char **argv)
{
    options o = {.ready_fd = -1};
    lv_error err = {0};
    lv_cli_parse(&argp, argc, argv, &o.cli, &o);
    lv_status status = lv_node_run(o.cli.dir, o.ready_fd, &err);
    return lv_cli_finish(status == LV_NOT_FOUND ? LV_E_CONFIG : status, &err);
}

const lv_command lv_cmd_serve = {"serve", "run the organisation's node", run};
