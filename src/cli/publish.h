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

/** POSTs a file as it is read, in memory that does not grow with it, and shows how far a long one
 *  has come. @param who  as for lv_publish_show.
 * @return as lv_publish_rows; LV_E_SYNTAX where the file cannot be opened; LV_E_IO where it ends
 *         early. */
LV_MUST_CHECK lv_status lv_publish_file(const char *dir, const char *series, const char *file,
                                        lv_progress *progress, const char *who, json_t **out,
                                        lv_error *err);

/** Waits until every set of the batch is published or has failed.
 * @param progress  shown meanwhile; NULL: quiet. @param who  as for lv_publish_show.
 * @param[out] out  the batch as the node tells it. */
LV_MUST_CHECK lv_status lv_publish_wait(const char *dir, json_int_t batch, lv_progress *progress,
                                        const char *who, json_t **out, lv_error *err);

/** Shows how far a batch has come that is not at its end: "WHO: encrypting 40/96", or with several
 *  sets "WHO, set 2 of 3: key 1/2"; where they hold many pairs, "WHO: pairs 512/99999"; and, once
 *  they are known, pairs a second and the time that is left.
 * @param who    what is published: a lot, a series.
 * @param batch  as the node tells it. */
void lv_publish_show(lv_progress *progress, const char *who, const json_t *batch);

#endif
