#include "cli/client.h"
#include "cli/table.h"
#include "cli/verdict_words.h"
#include <stdio.h>

typedef struct {
    lv_cli cli;
    const char *lot;
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
        o->lot = value;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "a lot is needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] =
    "Shows all that a lot has to do with: the lots that went into it and that were made from it, "
    "and every set, verdict and alarm that it or a lot made from it takes part in."
    "\v"
    "Example:\n"
    "  lotveil trace LOT-03 --dir a" LV_CLI_EXITS;
static const struct argp argp = {
    .parser = parse, .args_doc = "LOT", .doc = doc, .children = lv_cli_children};

static const lv_column set_columns[] = {{"SET", "set_id", LV_CELL_ID},
                                        {"SERIES", "series", LV_CELL_TEXT},
                                        {"PAIRS", "pairs", LV_CELL_PAIRS},
                                        {"STATE", "state", LV_CELL_TEXT},
                                        {0}};
static const lv_column verdict_columns[] = {{"EARLIER", "earlier_lot", LV_CELL_TEXT},
                                            {"LATER", "later_lot", LV_CELL_TEXT},
                                            {"SERIES", "series", LV_CELL_TEXT},
                                            {"ASKED", "asked", LV_CELL_TEXT},
                                            {"VERDICT", "verdict", LV_CELL_TEXT},
                                            {"SCALE", "size", LV_CELL_NUMBER},
                                            {"BY", "by", LV_CELL_TEXT},
                                            {"", "alarm", LV_CELL_MARK},
                                            {0}};
static const lv_column alarm_columns[] = {
    {"LOT", "later_lot", LV_CELL_TEXT},   {"SERIES", "series", LV_CELL_TEXT},
    {"VERDICT", "verdict", LV_CELL_TEXT}, {"SCALE", "scale", LV_CELL_NUMBER},
    {"REASON", "reason", LV_CELL_TEXT},   {0}};

static lv_status print_lots(const char *what, const json_t *lots)
{
    lv_buffer line = {0};
    lv_status status = lv_buffer_printf(&line, "%s:", what);
    for (size_t i = 0; status == LV_OK && i < json_array_size(lots); i++) {
        const char *lot = json_string_value(json_array_get(lots, i));
        status = lv_buffer_append(&line, " ", 1);
        status = status == LV_OK ? lv_table_clean(lot != NULL ? lot : "?", &line) : status;
    }
    if (status == LV_OK) {
        printf("%s%s\n", lv_buffer_text(&line), json_array_size(lots) == 0 ? " none" : "");
    }
    lv_buffer_free(&line);
    return status;
}

static lv_status print_rows(const char *what, const json_t *rows, const lv_column *columns)
{
    lv_table table = {.columns = columns};
    printf("\n%s: %zu\n", what, json_array_size(rows));
    return lv_table_print(&table, rows, stdout);
}

static lv_status print_words(const json_t *trace)
{
    lv_status status = print_lots("Made from", json_object_get(trace, "parents"));
    if (status == LV_OK) {
        status = print_lots("Went into", json_object_get(trace, "children"));
    }
    if (status == LV_OK) {
        status = print_rows("Sets", json_object_get(trace, "sets"), set_columns);
    }
    if (status == LV_OK && json_object_get(trace, "verdicts") != NULL) {
        status = lv_verdicts_dress(json_object_get(trace, "verdicts"));
    }
    if (status == LV_OK && json_object_get(trace, "verdicts") != NULL) {
        status = print_rows("Verdicts", json_object_get(trace, "verdicts"), verdict_columns);
    }
    if (status == LV_OK && json_object_get(trace, "alarms") != NULL) {
        status = print_rows("Alarms", json_object_get(trace, "alarms"), alarm_columns);
    }
    return status;
}

static int run(int argc, char **argv)
{
    options o = {0};
    lv_error err = {0};
    lv_buffer lot = {0};
    json_t *answer = NULL;
    lv_cli_parse(&argp, argc, argv, &o.cli, &o);
    lv_status status = lv_client_escape(o.lot, &lot);
    if (status == LV_OK) {
        status = lv_client_get(o.cli.dir, &answer, &err, "/v1/trace/%s", lv_buffer_text(&lot));
    }
    if (status == LV_OK && o.cli.json) {
        status = lv_cli_print_json(answer, &err);
    } else if (status == LV_OK) {
        status = print_words(answer);
    }
    json_decref(answer);
    lv_buffer_free(&lot);
    return lv_cli_finish(status, &err);
}

const lv_command lv_cmd_trace = {"trace", "all that a lot has to do with", run};
