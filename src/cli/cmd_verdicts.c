#include "cli/list.h"
#include "cli/verdict_words.h"

static const lv_column columns[] = {{"NO", "id", LV_CELL_NUMBER},
                                    {"TIME", "time", LV_CELL_TIME},
                                    {"DOWNSTREAM", "downstream", LV_CELL_TEXT},
                                    {"SERIES", "series", LV_CELL_TEXT},
                                    {"EARLIER", "earlier_lot", LV_CELL_TEXT},
                                    {"LATER", "later_lot", LV_CELL_TEXT},
                                    {"PERIOD", "later_time", LV_CELL_TEXT},
                                    {"BASIS", "basis", LV_CELL_TEXT},
                                    {"ASKED", "asked", LV_CELL_TEXT},
                                    {"VERDICT", "verdict", LV_CELL_TEXT},
                                    {"SCALE", "size", LV_CELL_NUMBER},
                                    {"BY", "by", LV_CELL_TEXT},
                                    {"", "alarm", LV_CELL_MARK},
                                    {0}};

static const lv_list list = {
    .doc = "Upstream: lists the verdicts that it got and checked: for each pair of lots and each "
           "question that it asked (`lotveil inquire`) what was answered. The scale of an index is "
           "the place value of the first differing bit; that of a band is the size of the change, "
           "in steps and, where the record tells its scale, in the unit; other answers tell none. "
           "BY says whether a proof stands behind it or the downstream's signature "
           "alone.\vExamples:\n  lotveil verdicts --dir a\n  lotveil verdicts --dir a --series "
           "moisture --follow --json" LV_CLI_EXITS,
    .path = "/v1/verdicts",
    .key = "verdicts",
    .none = "No verdicts yet.",
    .columns = columns,
    .dress = lv_verdicts_dress,
    .follow = true,
    .series = true};

static int run(int argc, char **argv) { return lv_list_run(&list, argc, argv); }

const lv_command lv_cmd_verdicts = {"verdicts",
                                    "upstream: what it learnt, with --follow as it comes", run};
