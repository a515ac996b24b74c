#include "cli/list.h"

static const lv_column columns[] = {{"NO", "id", LV_CELL_NUMBER},
                                    {"TIME", "time", LV_CELL_TIME},
                                    {"BUYER", "buyer", LV_CELL_TEXT},
                                    {"SERIES", "series", LV_CELL_TEXT},
                                    {"SET", "set_id", LV_CELL_ID},
                                    {"BLOCK", "block", LV_CELL_NUMBER},
                                    {0}};

static const lv_list list = {
    .doc = "Servicer: lists the XOR records that it sold, each of which stands on the xor channel "
           "as well.\vExample:\n  lotveil sales --dir s" LV_CLI_EXITS,
    .path = "/v1/sales",
    .key = "sales",
    .none = "Nothing sold yet.",
    .columns = columns,
};

static int run(int argc, char **argv) { return lv_list_run(&list, argc, argv); }

const lv_command lv_cmd_sales = {"sales", "servicer: what it sold to whom", run};
