/** Handing rows to the downstream's node and waiting until their sets stand on the ledger; used
 *  by publish and demo. */
#ifndef LV_CLI_PUBLISH_H
#define LV_CLI_PUBLISH_H

#include "cli/client.h"
#include "cli/progress.h"

/** POSTs a CSV. @param file  its name for the node's words and records.
 * @param[out] out  {"batch", "rows", "pairs", "sets", "repeated"} */
LV_MUST_CHECK lv_status lv_publish_rows(const char *dir, const char *series, const char *file,
                                        lv_bytes csv, json_t **out, lv_error *err);

/** Waits until every set of the batch is published or has failed.
 * @param progress  shown meanwhile; NULL: quiet. @param label  what the line says.
 * @param[out] out  the batch as the node tells it. */
LV_MUST_CHECK lv_status lv_publish_wait(const char *dir, json_int_t batch, lv_progress *progress,
                                        const char *label, json_t **out, lv_error *err);

#endif
