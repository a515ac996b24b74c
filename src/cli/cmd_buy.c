#include "cli/client.h"
#include <stdio.h>

typedef struct {
    lv_cli cli;
    const char *set;
} options;

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is argp_parser_t */
static error_t parse(int key, char *value, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->cli;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0) {
            argp_usage(state);
        }
        o->set = value;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "the id of a set is needed; `lotveil sets` lists them");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] =
    "Upstream: buys the XOR record of a set from the servicer now. The node does so by itself for "
    "series that it follows; bought twice is bought once. SETID may be cut to 6 digits or more."
    "\v"
    "Example:\n"
    "  lotveil buy 3fa9c1 --dir a" LV_CLI_EXITS;
static const struct argp argp = {
    .parser = parse, .args_doc = "SETID", .doc = doc, .children = lv_cli_children};

static int run(int argc, char **argv)
{
    options o = {0};
    lv_error err = {0};
    char set_id[2 * LV_DIGEST_LEN + 1];
    json_t *answer = NULL;
    lv_cli_parse(&argp, argc, argv, &o.cli, &o);
    lv_status status = lv_client_set_id(o.cli.dir, o.set, set_id, &err);
    if (status == LV_OK) {
        status = lv_client_post(o.cli.dir, NULL, &answer, &err, "/v1/sets/%s/buy", set_id);
    }
    if (status == LV_OK && o.cli.json) {
        status = lv_cli_print_json(answer, &err);
    } else if (status == LV_OK) {
        const char *state = json_string_value(json_object_get(answer, "state"));
        printf("Set %s: %s%s.\n", set_id, state != NULL ? state : "?",
               json_is_true(json_object_get(answer, "repeated")) ? ", bought before" : "");
    }
    json_decref(answer);
    return lv_cli_finish(status, &err);
}

const lv_command lv_cmd_buy = {"buy", "upstream: buy the XOR record of a set now", run};
