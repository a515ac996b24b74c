#include "cli/list.h"

static const lv_column columns[] = {
    {"SET", "set_id", LV_CELL_ID},      {"SERIES", "series", LV_CELL_TEXT},
    {"NO", "sequence", LV_CELL_NUMBER}, {"PAIRS", "pairs", LV_CELL_PAIRS},
    {"SUITE", "suite", LV_CELL_TEXT},   {"BITS", "key_bits", LV_CELL_NUMBER},
    {"BYTES", "bytes", LV_CELL_NUMBER}, {"STATE", "state", LV_CELL_TEXT},
    {"ERROR", "error", LV_CELL_TEXT},   {0}};

static const lv_list list = {
    .doc = "Lists the sets of encrypted pairs that this node knows, oldest first. States at a "
           "downstream: planned, made, published, failed; at an upstream: seen, bought, answered, "
           "refused, invalid; at a servicer: catalogued.\vExamples:\n  lotveil sets --dir b\n  "
           "lotveil sets --dir a --json" LV_CLI_EXITS,
    .path = "/v1/sets",
    .key = "sets",
    .none = "No sets yet.",
    .columns = columns,
};

static int run(int argc, char **argv) { return lv_list_run(&list, argc, argv); }

const lv_command lv_cmd_sets = {"sets", "sets of encrypted pairs and how far they have come", run};
