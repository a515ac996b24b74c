/** Commands that show one list of the node: sets, sales, disclosures, verdicts, alarms. */
#ifndef LV_CLI_LIST_H
#define LV_CLI_LIST_H

#include "cli/cli.h"
#include "cli/table.h"

typedef struct {
    const char *doc;                        /* of argp */
    const char *path;                       /* "/v1/verdicts" */
    const char *key;                        /* of the array in the answer: "verdicts" */
    const char *none;                       /* what to say where it is empty */
    const lv_column *columns;               /* of the table */
    lv_status (*dress)(const json_t *rows); /* adds members for the table; NULL: none are needed */
    bool follow;                            /* long polls: --follow */
    bool series;                            /* --series NAME chooses */
} lv_list;

/** The whole command; gives its exit code. */
int lv_list_run(const lv_list *list, int argc, char **argv);

#endif
