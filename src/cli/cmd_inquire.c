#include "cli/client.h"
#include <stdio.h>
#include <string.h>

typedef struct {
    lv_cli cli;
    const char *set;
    uint32_t pair;
    bool full;
} options;

static const struct argp_option option_list[] = {
    {"pair", 'p', "N", 0, "Which pair of the set, from 0 (default 0)", 1},
    {"full", 'f', NULL, 0,
     "Send the combined ciphertexts themselves, as in the published protocol, not only their "
     "digest",
     1},
    {0}};

static error_t parse(int key, char *value, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->cli;
        return 0;
    case 'p':
        o->pair = (uint32_t)lv_cli_number(state, "--pair", value, 0, LV_SET_PAIRS_MAX - 1);
        return 0;
    case 'f':
        o->full = true;
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
    "Upstream: combines both records of a pair, asks the downstream, checks its answer and proof, "
    "and shows the verdict. The node does so by itself for series that it follows; a verdict that "
    "it has is shown again. SETID may be cut to 6 digits or more."
    "\v"
    "Examples:\n"
    "  lotveil inquire 3fa9c1 --dir a\n"
    "  lotveil inquire 3fa9c1 --dir a --pair 2 --full --json" LV_CLI_EXITS;
static const struct argp argp = {.options = option_list,
                                 .parser = parse,
                                 .args_doc = "SETID",
                                 .doc = doc,
                                 .children = lv_cli_children};

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "?";
}

static void print_words(const json_t *verdict)
{
    const char *direction = text_of(verdict, "verdict");
    printf("%s > %s: %s", text_of(verdict, "earlier_lot"), text_of(verdict, "later_lot"),
           direction);
    if (strcmp(direction, "equal") != 0) {
        printf(", scale %lld", (long long)json_integer_value(json_object_get(verdict, "scale")));
    }
    printf("%s%s\n", json_is_true(json_object_get(verdict, "alarm")) ? ", ALARM" : "",
           json_is_true(json_object_get(verdict, "repeated")) ? " (known before)" : "");
}

static int run(int argc, char **argv)
{
    options o = {0};
    lv_error err = {0};
    char set_id[2 * LV_DIGEST_LEN + 1];
    json_t *answer = NULL;
    lv_cli_parse(&argp, argc, argv, &o.cli, &o);
    lv_status status = lv_client_set_id(o.cli.dir, o.set, set_id, &err);
    if (status == LV_OK) {
        json_t *body = json_pack("{s:I, s:b}", "pair", (json_int_t)o.pair, "full", (int)o.full);
        status = lv_client_post(o.cli.dir, body, &answer, &err, "/v1/sets/%s/inquire", set_id);
    }
    if (status == LV_OK && o.cli.json) {
        status = lv_cli_print_json(answer, &err);
    } else if (status == LV_OK) {
        print_words(answer);
    }
    json_decref(answer);
    return lv_cli_finish(status, &err);
}

const lv_command lv_cmd_inquire = {"inquire", "upstream: ask about one pair of a set now", run};
