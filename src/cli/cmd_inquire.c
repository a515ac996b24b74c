#include "cli/client.h"
#include "cli/verdict_words.h"
#include "node/ask.h"
#include <stdio.h>

typedef struct {
    lv_cli cli;
    const char *set;
    uint32_t pair;
    bool full;
    const char *ask;
    const char *limit;
} options;

static const struct argp_option option_list[] = {
    {"pair", 'p', "N", 0, "Which pair of the set, from 0 (default 0)", 1},
    {"full", 'f', NULL, 0,
     "Send the combined ciphertexts themselves, as in the published protocol, not only their "
     "digest",
     1},
    {"ask", 'a', "QUESTION", 0,
     "direction, index, band, threshold or equality (default: what the follow file says)", 1},
    {"limit", 'l', "X", 0, "Of --ask threshold, in the unit of the series: is the later lot below?",
     1},
    {0}};

/* The node asks what was written; that it can be asked at all is known before. */
static void check_ask(const options *o, struct argp_state *state)
{
    lv_ask_text text;
    lv_error err = {0};
    bool said = o->ask != NULL || o->limit != NULL;
    if (said && lv_ask_read(o->ask != NULL ? o->ask : "", o->limit != NULL ? o->limit : "", &text,
                            &err) != LV_OK) {
        argp_error(state, "--%s", err.text);
    }
}

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
    case 'a':
        o->ask = value;
        return 0;
    case 'l':
        o->limit = value;
        return 0;
    case ARGP_KEY_END:
        check_ask(o, state);
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
    "Upstream: combines the records of a pair, asks the downstream, checks its answer and proof, "
    "and shows the verdict. The node does so by itself for series that it follows; a verdict that "
    "it has is shown again. Which questions are answered is the downstream's choice, and each "
    "answer takes its bits from a budget. An answer to `threshold` says where the later lot is and "
    "needs no purchase. What is asked by hand beside the follow file raises no alarm. SETID may be "
    "cut to 6 digits or more."
    "\v"
    "Examples:\n"
    "  lotveil inquire 3fa9c1 --dir a\n"
    "  lotveil inquire 3fa9c1 --dir a --pair 2 --full --json\n"
    "  lotveil inquire 3fa9c1 --dir a --ask threshold --limit 0.5" LV_CLI_EXITS;
static const struct argp argp = {.options = option_list,
                                 .parser = parse,
                                 .args_doc = "SETID",
                                 .doc = doc,
                                 .children = lv_cli_children};

static lv_status print_words(const json_t *verdict)
{
    lv_buffer line = {0};
    lv_status status = lv_verdict_sentence(verdict, &line);
    if (status == LV_OK) {
        puts(lv_buffer_text(&line));
    }
    lv_buffer_free(&line);
    return status;
}

static lv_status ask(const options *o, const char *set_id, json_t **answer, lv_error *err)
{
    json_t *body = json_pack("{s:I, s:b}", "pair", (json_int_t)o->pair, "full", (int)o->full);
    if (body == NULL || (o->ask != NULL && json_object_set_new(body, "ask", json_string(o->ask))) ||
        (o->limit != NULL && json_object_set_new(body, "limit", json_string(o->limit)))) {
        json_decref(body);
        return LV_E_MEMORY;
    }
    return lv_client_post(o->cli.dir, body, answer, err, "/v1/sets/%s/inquire", set_id);
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
        status = ask(&o, set_id, &answer, &err);
    }
    if (status == LV_OK && o.cli.json) {
        status = lv_cli_print_json(answer, &err);
    } else if (status == LV_OK) {
        status = print_words(answer);
    }
    json_decref(answer);
    return lv_cli_finish(status, &err);
}

const lv_command lv_cmd_inquire = {"inquire", "upstream: ask about one pair of a set now", run};
