#include "cli/list.h"

static const lv_column columns[] = {{"NO", "id", LV_CELL_NUMBER},
                                    {"TIME", "time", LV_CELL_TIME},
                                    {"DOWNSTREAM", "downstream", LV_CELL_TEXT},
                                    {"SERIES", "series", LV_CELL_TEXT},
                                    {"EARLIER", "earlier_lot", LV_CELL_TEXT},
                                    {"LATER", "later_lot", LV_CELL_TEXT},
                                    {"PERIOD", "later_time", LV_CELL_TEXT},
                                    {"BASIS", "basis", LV_CELL_TEXT},
                                    {"VERDICT", "verdict", LV_CELL_TEXT},
                                    {"SCALE", "scale", LV_CELL_NUMBER},
                                    {"", "alarm", LV_CELL_MARK},
                                    {0}};

static const lv_list list = {
    .doc = "Upstream: lists the verdicts that it got and checked: for each pair of lots the "
           "direction and the scale, that is the place value of the first differing "
           "bit.\vExamples:\n  lotveil verdicts --dir a\n  lotveil verdicts --dir a --series "
           "moisture --follow --json" LV_CLI_EXITS,
    .path = "/v1/verdicts",
    .key = "verdicts",
    .none = "No verdicts yet.",
    .columns = columns,
    .follow = true,
    .series = true};

static int run(int argc, char **argv) { return lv_list_run(&list, argc, argv); }

const lv_command lv_cmd_verdicts = {"verdicts",
                                    "upstream: what it learnt, with --follow as it comes", run};
