/** The tables of a ledger's file (docs/ledger.md section 1). */
#ifndef LV_LEDGER_SCHEMA_H
#define LV_LEDGER_SCHEMA_H

#include <lotveil/status.h>
#include <sqlite3.h>

/** Makes the tables in an empty database and names the channel in `meta`. */
LV_MUST_CHECK lv_status lv_schema_make(sqlite3 *db, const char *path, const char *channel,
                                       lv_error *err);

/** Are these tables there and nothing else: no further table, index, view or trigger that could
 *  answer or act in their place, and the format and channel that are expected?
 * @return LV_OK; LV_E_CORRUPT with words; faults of the file. */
LV_MUST_CHECK lv_status lv_schema_check(sqlite3 *db, const char *path, const char *channel,
                                        lv_error *err);

/** Makes the table `state` alone, for replaying a ledger into it. */
LV_MUST_CHECK lv_status lv_schema_make_state(sqlite3 *db, const char *path, lv_error *err);

#endif
