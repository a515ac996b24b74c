#include "cli/list.h"

static const lv_column columns[] = {{"NO", "id", LV_CELL_NUMBER},
                                    {"TIME", "time", LV_CELL_TIME},
                                    {"DOWNSTREAM", "downstream", LV_CELL_TEXT},
                                    {"SERIES", "series", LV_CELL_TEXT},
                                    {"LOT", "later_lot", LV_CELL_TEXT},
                                    {"PERIOD", "later_time", LV_CELL_TEXT},
                                    {"VERDICT", "verdict", LV_CELL_TEXT},
                                    {"SCALE", "scale", LV_CELL_NUMBER},
                                    {"REASON", "reason", LV_CELL_TEXT},
                                    {0}};

static const lv_list list = {.doc = "Upstream: lists the alarms that verdicts raised under the "
                                    "rule of their followed series.\vExamples:\n  lotveil alarms "
                                    "--dir a\n  lotveil alarms --dir a --follow" LV_CLI_EXITS,
                             .path = "/v1/alarms",
                             .key = "alarms",
                             .none = "No alarms.",
                             .columns = columns,
                             .follow = true};

static int run(int argc, char **argv) { return lv_list_run(&list, argc, argv); }

const lv_command lv_cmd_alarms = {"alarms", "upstream: verdicts that call for a look", run};
