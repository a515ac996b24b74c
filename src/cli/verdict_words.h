/** How an entry of the node's verdicts or disclosures (docs/api.md) is told to people. */
#ifndef LV_CLI_VERDICT_WORDS_H
#define LV_CLI_VERDICT_WORDS_H

#include <jansson.h>
#include <lotveil/bytes.h>

/** Adds texts for the columns of a table: "asked" ("index", "threshold 0.5 g/cm2"), "size" ("64";
 *  for a band the sizes that the change may have, "64-127 = 0.64-1.27 g/cm2"; null where no scale
 *  was told) and "by" ("proof", or "signature" where that alone stands behind it). */
LV_MUST_CHECK lv_status lv_verdict_dress(json_t *entry);

/** lv_verdict_dress of all entries of an array. */
LV_MUST_CHECK lv_status lv_verdicts_dress(const json_t *entries);

/** Appends a verdict as one sentence: "LOT-01 > LOT-02: rise, scale 64, by proof".
 *  Control characters are shown as '?'. */
LV_MUST_CHECK lv_status lv_verdict_sentence(const json_t *entry, lv_buffer *out);

#endif
