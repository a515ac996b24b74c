#include "cli/list.h"

static const lv_column columns[] = {{"NO", "id", LV_CELL_NUMBER},
                                    {"TIME", "time", LV_CELL_TIME},
                                    {"UPSTREAM", "upstream", LV_CELL_TEXT},
                                    {"SERIES", "series", LV_CELL_TEXT},
                                    {"EARLIER", "earlier_lot", LV_CELL_TEXT},
                                    {"LATER", "later_lot", LV_CELL_TEXT},
                                    {"LET OUT", "let_out", LV_CELL_TEXT},
                                    {"VERDICT", "verdict", LV_CELL_TEXT},
                                    {"SCALE", "scale", LV_CELL_NUMBER},
                                    {"SET", "set_id", LV_CELL_ID},
                                    {0}};

static const lv_list list = {
    .doc = "Downstream: the journal of what it let out, that is what the others know about "
           "it.\vExample:\n  lotveil disclosures --dir b" LV_CLI_EXITS,
    .path = "/v1/disclosures",
    .key = "disclosures",
    .none = "Nothing let out yet.",
    .columns = columns,
};

static int run(int argc, char **argv) { return lv_list_run(&list, argc, argv); }

const lv_command lv_cmd_disclosures = {"disclosures", "downstream: what the others know about it",
                                       run};
