#include "base/clock.h"
#include "cli/publish.h"
#include <stdio.h>

typedef struct {
    lv_cli cli;
    const char *file;
    const char *series;
    bool no_wait;
} options;

static const struct argp_option option_list[] = {
    {"series", 's', "NAME", 0, "The series that the rows belong to", 1},
    {"wait", 'w', NULL, 0, "Wait until all sets stand on the ledger (the default)", 1},
    {"no-wait", 'n', NULL, 0, "Return once the rows are accepted and stored", 1},
    {0}};

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is argp_parser_t */
static error_t parse(int key, char *value, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->cli;
        return 0;
    case 's':
        o->series = value;
        return 0;
    case 'w':
        o->no_wait = false;
        return 0;
    case 'n':
        o->no_wait = true;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0) {
            argp_usage(state);
        }
        o->file = value;
        return 0;
    case ARGP_KEY_END:
        if (o->file == NULL || o->series == NULL) {
            argp_error(state, "a CSV file and --series are needed");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] =
    "Downstream: hands a CSV of measurements to the node, which encrypts every pair of lots under "
    "a fresh key and publishes both records. The file is taken whole or not at all: a doubled lot, "
    "unsorted times, an empty cell or a value out of range is refused with file, line and column. "
    "The very same file again publishes nothing and gives the first result: after an interruption "
    "it "
    "goes on where it stopped."
    "\v"
    "Examples:\n"
    "  lotveil publish moisture.csv --dir b --series moisture\n"
    "  lotveil publish moisture.csv --dir b --series moisture --no-wait --json" LV_CLI_EXITS;
static const struct argp argp = {.options = option_list,
                                 .parser = parse,
                                 .args_doc = "FILE",
                                 .doc = doc,
                                 .children = lv_cli_children};

static json_int_t count(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void print_accepted(const options *o, const json_t *accepted)
{
    printf("%s: %lld rows, %lld pairs in %lld sets%s (batch %lld).\n", o->file,
           (long long)count(accepted, "rows"), (long long)count(accepted, "pairs"),
           (long long)count(accepted, "sets"),
           json_is_true(json_object_get(accepted, "repeated")) ? ", accepted before" : "",
           (long long)count(accepted, "batch"));
}

static void print_end(const json_t *accepted)
{
    long long sets = count(accepted, "sets");
    double rate = json_real_value(json_object_get(accepted, "pairs_per_second"));
    if (sets == 0) {
        puts("Nothing to compare with yet.");
        return;
    }
    printf("All %lld sets stand on the ledger.", sets);
    if (count(accepted, "pairs") > sets && rate > 0) {
        printf(" %.1f s, %.0f pairs/s.", json_real_value(json_object_get(accepted, "seconds")),
               rate);
    }
    puts("");
}

/* How long it took from handing in to the last set, and what that makes a second. */
static lv_status add_speed(json_t *accepted, double seconds)
{
    double pairs = (double)count(accepted, "pairs");
    bool repeated = json_is_true(json_object_get(accepted, "repeated"));
    json_t *rate = repeated || seconds <= 0 ? json_null() : json_real(pairs / seconds);
    int failed = json_object_set_new(accepted, "seconds", json_real(seconds));
    failed += json_object_set_new(accepted, "pairs_per_second", rate);
    return failed == 0 ? LV_OK : LV_E_MEMORY;
}

/* Waits, and lets the batch's end fall into the answer of its beginning. */
static lv_status wait_for(const options *o, lv_progress *progress, double begun, json_t *accepted,
                          lv_error *err)
{
    json_t *batch = NULL;
    lv_status status =
        lv_publish_wait(o->cli.dir, count(accepted, "batch"), progress, o->series, &batch, err);
    lv_progress_end(progress);
    if (status == LV_UNAVAILABLE) {
        lv_error_prefix(err,
                        "batch %lld is stored and goes on when the node runs again, as does this "
                        "command when it is repeated: ",
                        (long long)count(accepted, "batch"));
    }
    if (status != LV_OK) {
        return status;
    }
    if (count(batch, "failed") > 0) {
        const char *why = json_string_value(json_object_get(batch, "error"));
        status = lv_fail(err, LV_REFUSED, "%lld of %lld sets failed: %s",
                         (long long)count(batch, "failed"), (long long)count(batch, "sets"),
                         why != NULL ? why : "see `lotveil sets` and the node's log");
    }
    json_object_del(batch, "progress"); /* of what goes on, and nothing does any more */
    if (json_object_update_missing(accepted, batch) != 0) {
        status = LV_E_MEMORY;
    }
    json_decref(batch);
    return status == LV_OK ? add_speed(accepted, lv_clock_seconds() - begun) : status;
}

static lv_status publish(const options *o, lv_error *err)
{
    json_t *accepted = NULL;
    lv_progress progress;
    double begun = lv_clock_seconds();
    lv_progress_begin(&progress, stderr);
    lv_status status =
        lv_publish_file(o->cli.dir, o->series, o->file, &progress, o->series, &accepted, err);
    lv_progress_end(&progress);
    if (status != LV_OK) {
        /* A lot that stands already is a fault of the file, not an outcome. */
        return status == LV_EXISTS ? LV_E_SYNTAX : status;
    }
    if (!o->cli.json) {
        print_accepted(o, accepted);
    }
    status = o->no_wait ? LV_OK : wait_for(o, &progress, begun, accepted, err);
    if (o->cli.json && lv_cli_print_json(accepted, NULL) != LV_OK) {
        status = lv_fail(err, LV_E_IO, "cannot write to standard output");
    }
    if (status == LV_OK && !o->cli.json && !o->no_wait) {
        print_end(accepted);
    }
    json_decref(accepted);
    return status;
}

static int run(int argc, char **argv)
{
    options o = {0};
    lv_error err = {0};
    lv_cli_parse(&argp, argc, argv, &o.cli, &o);
    lv_status status = publish(&o, &err);
    return lv_cli_finish(status, &err);
}

const lv_command lv_cmd_publish = {"publish", "downstream: encrypt and publish a CSV", run};
