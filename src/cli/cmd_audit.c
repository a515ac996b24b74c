#include "cli/audit.h"
#include "cli/client.h"
#include "cli/export_json.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { KEY_QUALITY = 0x100, KEY_XOR, KEY_INQUIRY, KEY_ANSWER, KEY_BUNDLE, KEY_CARD, KEY_VALUES };

typedef enum { VERB_NONE, VERB_OPEN, VERB_CHECK } verb;

typedef struct {
    lv_cli cli;
    verb verb;
    const char *set;
    const char *auditor;
    const char *output;
    bool yes;
    lv_audit_plan plan;
} options;

static const struct argp_option option_list[] = {
    {"to", 't', "NAME", 0, "open: who the auditor is, for the journal and the opening", 1},
    {"output", 'o', "FILE", 0, "open: where the opening goes", 1},
    {"yes", 'y', NULL, 0, "open: yes, reveal the values of this set; needed on a terminal", 1},
    {"bundle", KEY_BUNDLE, "FILE", 0,
     "check: records and answers as `lotveil export` wrote them; may be repeated", 2},
    {"quality", KEY_QUALITY, "FILE", 0, "check: the signed quality record", 2},
    {"xor", KEY_XOR, "FILE", 0, "check: the signed XOR record", 2},
    {"inquiry", KEY_INQUIRY, "FILE", 0, "check: a signed inquiry; may be repeated", 2},
    {"answer", KEY_ANSWER, "FILE", 0, "check: the signed answer to it, in the same order", 2},
    {"card", KEY_CARD, "FILE", 0,
     "check: the card of an organisation to trust; may be repeated (default: the members that "
     "--dir knows)",
     2},
    {"values", KEY_VALUES, NULL, 0, "check: print the values too", 2},
    {0}};

static void add_file(lv_audit_files *files, const char *path, struct argp_state *state)
{
    if (files->count == LV_AUDIT_FILES_MAX) {
        argp_error(state, "over %u files of one kind", LV_AUDIT_FILES_MAX);
    }
    files->path[files->count++] = path;
}

static error_t parse_check(int key, const char *value, lv_audit_plan *plan,
                           struct argp_state *state)
{
    switch (key) {
    case KEY_QUALITY:
        plan->quality = value;
        return 0;
    case KEY_XOR:
        plan->xor_record = value;
        return 0;
    case KEY_INQUIRY:
        add_file(&plan->inquiries, value, state);
        return 0;
    case KEY_ANSWER:
        add_file(&plan->answers, value, state);
        return 0;
    case KEY_BUNDLE:
        add_file(&plan->bundles, value, state);
        return 0;
    case KEY_CARD:
        add_file(&plan->cards, value, state);
        return 0;
    case KEY_VALUES:
        plan->values = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void parse_argument(options *o, const char *value, struct argp_state *state)
{
    if (state->arg_num == 0) {
        o->verb = strcmp(value, "open") == 0 ? VERB_OPEN : VERB_CHECK;
        if (o->verb == VERB_CHECK && strcmp(value, "check") != 0) {
            argp_usage(state);
        }
        return;
    }
    if (state->arg_num > 1) {
        argp_usage(state);
    }
    if (o->verb == VERB_OPEN) {
        o->set = value;
    } else {
        o->plan.opening = value;
    }
}

static void check_options(const options *o, struct argp_state *state)
{
    if (o->verb == VERB_OPEN && (o->set == NULL || o->output == NULL)) {
        argp_error(state, "open: the id of a set and --output are needed");
    }
    if (o->verb == VERB_CHECK && o->plan.opening == NULL) {
        argp_error(state, "check: the file that `lotveil audit open` wrote is needed");
    }
    if (o->plan.inquiries.count != o->plan.answers.count) {
        argp_error(state, "to every --inquiry belongs an --answer");
    }
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->cli;
        return 0;
    case 't':
        o->auditor = value;
        return 0;
    case 'o':
        o->output = value;
        return 0;
    case 'y':
        o->yes = true;
        return 0;
    case ARGP_KEY_ARG:
        parse_argument(o, value, state);
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "one of open, check is needed");
        return 0;
    case ARGP_KEY_END:
        check_options(o, state);
        return 0;
    default:
        return parse_check(key, value, &o->plan, state);
    }
}

static const char doc[] =
    "Lets an auditor see for himself. `open` (downstream) hands the secret key of one set over in "
    "a file: WHOEVER HAS THAT FILE READS ALL VALUES OF THE SET. It is signed for and stands in "
    "the journal (`lotveil disclosures`). `check` needs no node and no network: with that file it "
    "opens every ciphertext of the set (rlwe1024: makes every one of them again), checks that x, y "
    "and w are bits and w = x xor y, and that every answer given about the set is true."
    "\v"
    "Examples:\n"
    "  lotveil audit open 3fa9c1 --dir b --to \"Auditor GmbH\" -o opening.json\n"
    "  lotveil export 3fa9c1 --dir a -o bundle.json\n"
    "  lotveil audit check opening.json --bundle bundle.json --dir a\n"
    "  lotveil audit check opening.json --bundle bundle.json --card b/card.json --card "
    "a/card.json\n\n"
    "Exit code 1 where anything does not hold." LV_CLI_EXITS;
static const struct argp argp = {.options = option_list,
                                 .parser = parse,
                                 .args_doc = "open SETID\ncheck FILE",
                                 .doc = doc,
                                 .children = lv_cli_children};

/* ---- open ---- */

static lv_status confirm(const options *o, lv_error *err)
{
    if (o->yes || isatty(STDIN_FILENO) != 1) {
        return LV_OK;
    }
    return lv_fail(err, LV_REFUSED,
                   "this reveals every value of set %s to whoever gets %s, for good; say --yes "
                   "where that is what you want",
                   o->set, o->output);
}

static lv_status report(const options *o, const char *set_id, const json_t *answer, lv_error *err)
{
    bool repeated = json_is_true(json_object_get(answer, "repeated"));
    if (o->cli.json) {
        json_t *document = json_pack("{s:s, s:s, s:b}", "set_id", set_id, "file", o->output,
                                     "repeated", (int)repeated);
        lv_status status = lv_cli_print_json(document, err);
        json_decref(document);
        return status;
    }
    printf("%s opens set %s%s.\n"
           "WHOEVER HAS THIS FILE READS ALL VALUES OF THE SET. Give it to the auditor alone, and "
           "delete it after the audit.\n",
           o->output, set_id, repeated ? ", as before" : "");
    return LV_OK;
}

static lv_status open_set(const options *o, lv_error *err)
{
    char set_id[2 * LV_DIGEST_LEN + 1];
    json_t *answer = NULL;
    lv_status status = confirm(o, err);
    if (status == LV_OK) {
        status = lv_client_set_id(o->cli.dir, o->set, set_id, err);
    }
    if (status == LV_OK) {
        json_t *body = json_pack("{s:s}", "auditor", o->auditor != NULL ? o->auditor : "");
        status = lv_client_post(o->cli.dir, body, &answer, err, "/v1/sets/%s/open", set_id);
    }
    if (status == LV_OK) {
        status = lv_audit_write(o->output, set_id, answer, err);
    }
    if (status == LV_OK) {
        status = report(o, set_id, answer, err);
    }
    lv_json_wipe(answer, "key");
    json_decref(answer);
    return status;
}

static int run(int argc, char **argv)
{
    options o = {0};
    lv_error err = {0};
    lv_cli_parse(&argp, argc, argv, &o.cli, &o);
    o.plan.dir = o.cli.dir;
    lv_status status =
        o.verb == VERB_OPEN ? open_set(&o, &err) : lv_audit_run(&o.plan, o.cli.json, &err);
    return lv_cli_finish(status, &err);
}

const lv_command lv_cmd_audit = {"audit", "open a set to an auditor; check an opened set", run};
