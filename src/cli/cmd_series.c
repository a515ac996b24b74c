#include "base/file.h"
#include "cli/client.h"
#include "cli/series_file.h"
#include "cli/table.h"
#include <stdio.h>
#include <string.h>

static const size_t SERIES_FILE_MAX = 65536;

typedef struct {
    lv_cli cli;
    bool add;
    const char *file;
} options;

static error_t parse(int key, char *value, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->cli;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num == 0 && strcmp(value, "add") == 0) {
            o->add = true;
        } else if (state->arg_num == 1 && o->add) {
            o->file = value;
        } else if (state->arg_num != 0 || strcmp(value, "list") != 0) {
            argp_usage(state);
        }
        return 0;
    case ARGP_KEY_END:
        if (o->add && o->file == NULL) {
            argp_error(state, "series add: the file of the series is needed");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] =
    "Lists the series, or adds one from a YAML file: at a downstream a measured series (columns, "
    "unit, decimals, width, suite), at an upstream a followed one (downstream, servicer, which "
    "direction is worse, alarm scale). A downstream's running node uses it at once; otherwise, and "
    "at an upstream, from the next start on."
    "\v"
    "Examples:\n"
    "  lotveil series --dir b\n"
    "  lotveil series add moisture.yaml --dir b\n\n"
    "A downstream's file:\n"
    "  name: moisture\n"
    "  unit: g/cm2\n"
    "  columns: {lot: lot, time: month, value: moisture_g_per_cm2, parents: \"\"}\n"
    "  decimals: 2\n"
    "  offset: \"0\"\n"
    "  width: 32\n"
    "  suite: ristretto255\n"
    "  compare: consecutive\n"
    "  baseline_lot: \"\"\n"
    "  grants: [{buyer: AMSP, servicer: SMSP, quota: 0}]\n"
    "  disclose: [{to: AMSP, allow: [index], budget: 200, period_days: 30}]\n\n"
    "An upstream's file:\n"
    "  downstream: BMSP\n"
    "  series: moisture\n"
    "  servicer: SMSP\n"
    "  ask: index\n"
    "  worse: rise\n"
    "  alarm_scale: 32\n"
    "  full: false" LV_CLI_EXITS;
static const struct argp argp = {
    .parser = parse, .args_doc = "[list]\nadd FILE", .doc = doc, .children = lv_cli_children};

static const lv_column downstream_columns[] = {
    {"SERIES", "name", LV_CELL_TEXT},         {"UNIT", "unit", LV_CELL_TEXT},
    {"DECIMALS", "decimals", LV_CELL_NUMBER}, {"WIDTH", "width", LV_CELL_NUMBER},
    {"SUITE", "suite", LV_CELL_TEXT},         {"BITS", "key_bits", LV_CELL_NUMBER},
    {"COMPARE", "compare", LV_CELL_TEXT},     {"MEASUREMENTS", "measurements", LV_CELL_NUMBER},
    {"SETS", "sets", LV_CELL_NUMBER},         {0}};

static const lv_column upstream_columns[] = {{"SERIES", "name", LV_CELL_TEXT},
                                             {"DOWNSTREAM", "downstream", LV_CELL_TEXT},
                                             {"SERVICER", "servicer", LV_CELL_TEXT},
                                             {"ASKS", "ask", LV_CELL_TEXT},
                                             {"LIMIT", "limit", LV_CELL_NUMBER},
                                             {"WORSE", "worse", LV_CELL_TEXT},
                                             {"ALARM FROM", "alarm_scale", LV_CELL_NUMBER},
                                             {"SETS", "sets", LV_CELL_NUMBER},
                                             {"VERDICTS", "verdicts", LV_CELL_NUMBER},
                                             {0}};

static lv_status list(const options *o, lv_error *err)
{
    json_t *answer = NULL;
    lv_status status = lv_client_get(o->cli.dir, &answer, err, "/v1/series");
    const json_t *rows = json_object_get(answer, "series");
    if (status == LV_OK && o->cli.json) {
        status = lv_cli_print_json(answer, err);
    } else if (status == LV_OK && json_array_size(rows) == 0) {
        puts("No series yet; `lotveil series add FILE` adds one.");
    } else if (status == LV_OK) {
        bool followed = json_object_get(json_array_get(rows, 0), "downstream") != NULL;
        lv_table table = {.columns = followed ? upstream_columns : downstream_columns};
        status = lv_table_print(&table, rows, stdout);
    }
    json_decref(answer);
    return status;
}

static lv_status tell(const options *o, const char *name, bool at_once, lv_error *err)
{
    if (!o->cli.json) {
        printf("Series %s added; %s.\n", name,
               at_once ? "the node uses it from now on"
                       : "the node uses it from its next start on");
        return LV_OK;
    }
    json_t *result = json_pack("{s:s, s:b}", "name", name, "in_use", (int)at_once);
    lv_status status = result == NULL ? LV_E_MEMORY : lv_cli_print_json(result, err);
    json_decref(result);
    return status;
}

/* Asks the running node to take the series. */
static lv_status add_to_node(const options *o, lv_bytes yaml, lv_error *err)
{
    lv_client_call call = {
        .method = "POST", .path = "/v1/series", .content_type = "application/yaml", .body = yaml};
    json_t *answer = NULL;
    lv_status status = lv_client_send(o->cli.dir, &call, &answer, err);
    json_decref(answer);
    return status;
}

static lv_status add_checked(const options *o, const lv_config *config, lv_bytes yaml,
                             lv_error *err)
{
    char name[LV_NAME_MAX + 1];
    lv_status status = lv_series_file_name(config, o->file, yaml, name, err);
    if (status != LV_OK) {
        return status;
    }
    if (config->role == LV_ROLE_DOWNSTREAM) {
        status = add_to_node(o, yaml, err);
        if (status != LV_UNAVAILABLE) {
            return status == LV_OK ? tell(o, name, true, err) : status;
        }
    }
    status = lv_series_file_put(o->cli.dir, config, name, yaml, err);
    return status == LV_OK ? tell(o, name, false, err) : status;
}

static lv_status add(const options *o, lv_error *err)
{
    lv_config *config = NULL;
    lv_buffer yaml = {0};
    lv_status status = lv_config_load(o->cli.dir, &config, err);
    status = status == LV_NOT_FOUND ? LV_E_CONFIG : status;
    if (status == LV_OK) {
        status = lv_cli_read(o->file, SERIES_FILE_MAX, &yaml, err);
    }
    if (status == LV_OK) {
        status = add_checked(o, config, lv_buffer_view(&yaml), err);
    }
    lv_buffer_free(&yaml);
    lv_config_free(config);
    return status;
}

static int run(int argc, char **argv)
{
    options o = {0};
    lv_error err = {0};
    lv_cli_parse(&argp, argc, argv, &o.cli, &o);
    lv_status status = o.add ? add(&o, &err) : list(&o, &err);
    return lv_cli_finish(status, &err);
}

const lv_command lv_cmd_series = {"series", "measured or followed series: list them, add one", run};
