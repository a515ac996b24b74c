#include "cli/client.h"
#include "cli/table.h"
#include <stdio.h>

typedef struct {
    lv_cli cli;
    const char *buyer;
    const char *servicer;
    const char *series;
    uint32_t quota;
    bool revoke;
} options;

static const struct argp_option option_list[] = {
    {"to", 't', "MSPID", 0, "The upstream that may buy", 1},
    {"series", 's', "NAME", 0, "The series", 1},
    {"servicer", 'v', "MSPID", 0, "Who sells (default: the only servicer among the members)", 1},
    {"quota", 'q', "N", 0, "How many sets may be sold under this grant (default 0: no limit)", 1},
    {"revoke", 'r', NULL, 0, "End the grant that stands instead", 1},
    {0}};

static error_t parse(int key, char *value, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->cli;
        return 0;
    case 't':
        o->buyer = value;
        return 0;
    case 's':
        o->series = value;
        return 0;
    case 'v':
        o->servicer = value;
        return 0;
    case 'q':
        o->quota = (uint32_t)lv_cli_number(state, "--quota", value, 0, UINT32_MAX);
        return 0;
    case 'r':
        o->revoke = true;
        return 0;
    case ARGP_KEY_END:
        if ((o->buyer == NULL) != (o->series == NULL)) {
            argp_error(state, "--to and --series belong together; without both the grants are "
                              "listed");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] =
    "Downstream: lets the servicer sell the XOR records of a series to an upstream, ends that "
    "(--revoke), or lists what was granted. A grant stands on the xor channel, for all to see who "
    "take part in it."
    "\v"
    "Examples:\n"
    "  lotveil grant --dir b --to AMSP --series moisture\n"
    "  lotveil grant --dir b --to AMSP --series moisture --revoke\n"
    "  lotveil grant --dir b" LV_CLI_EXITS;
static const struct argp argp = {
    .options = option_list, .parser = parse, .doc = doc, .children = lv_cli_children};

static lv_status only_servicer(const lv_config *config, char out[LV_NAME_MAX + 1], lv_error *err)
{
    size_t found = 0;
    for (size_t i = 0; i < config->member_count; i++) {
        if (config->members[i].role == LV_ROLE_SERVICER) {
            snprintf(out, LV_NAME_MAX + 1, "%s", config->members[i].msp);
            found++;
        }
    }
    return found == 1 ? LV_OK
                      : lv_fail(err, LV_E_ARGUMENT,
                                "there are %zu servicers among the members; name one with "
                                "--servicer",
                                found);
}

static lv_status grant(options *o, lv_error *err)
{
    char servicer[LV_NAME_MAX + 1] = "";
    lv_status status = LV_OK;
    json_t *answer = NULL;
    if (o->servicer == NULL) {
        lv_config *config = NULL;
        status = lv_config_load(o->cli.dir, &config, err);
        status = status == LV_NOT_FOUND ? LV_E_CONFIG : status;
        if (status == LV_OK) {
            status = only_servicer(config, servicer, err);
        }
        lv_config_free(config);
        o->servicer = servicer;
    }
    if (status == LV_OK) {
        json_t *body =
            json_pack("{s:s, s:s, s:s, s:I, s:b}", "buyer", o->buyer, "servicer", o->servicer,
                      "series", o->series, "quota", (json_int_t)o->quota, "revoke", (int)o->revoke);
        status = lv_client_post(o->cli.dir, body, &answer, err, "/v1/grants");
    }
    if (status == LV_OK && o->cli.json) {
        status = lv_cli_print_json(answer, err);
    } else if (status == LV_OK) {
        printf("%s may %s buy series %s from %s (number %lld, block %lld of the xor channel).\n",
               o->buyer, o->revoke ? "no longer" : "now", o->series, o->servicer,
               (long long)json_integer_value(json_object_get(answer, "number")),
               (long long)json_integer_value(json_object_get(answer, "block")));
    }
    json_decref(answer);
    o->servicer = NULL;
    return status;
}

static lv_status list(const options *o, lv_error *err)
{
    static const lv_column columns[] = {{"NO", "number", LV_CELL_NUMBER},
                                        {"BUYER", "buyer", LV_CELL_TEXT},
                                        {"SERVICER", "servicer", LV_CELL_TEXT},
                                        {"SERIES", "series", LV_CELL_TEXT},
                                        {"QUOTA", "quota", LV_CELL_NUMBER},
                                        {"REVOKED", "revoke", LV_CELL_TEXT},
                                        {0}};
    lv_table table = {.columns = columns};
    json_t *answer = NULL;
    lv_status status = lv_client_get(o->cli.dir, &answer, err, "/v1/grants");
    const json_t *rows = json_object_get(answer, "grants");
    if (status == LV_OK && o->cli.json) {
        status = lv_cli_print_json(answer, err);
    } else if (status == LV_OK && json_array_size(rows) == 0) {
        puts("Nothing granted yet.");
    } else if (status == LV_OK) {
        status = lv_table_print(&table, rows, stdout);
    }
    json_decref(answer);
    return status;
}

static int run(int argc, char **argv)
{
    options o = {0};
    lv_error err = {0};
    lv_cli_parse(&argp, argc, argv, &o.cli, &o);
    lv_status status = o.buyer != NULL ? grant(&o, &err) : list(&o, &err);
    return lv_cli_finish(status, &err);
}

const lv_command lv_cmd_grant = {"grant", "downstream: who may buy which series", run};
