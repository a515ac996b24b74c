/** Asks a ledger for its newest block for somebody who does not want to wait for it: a monitor that
 *  asks for a node's health wants an answer above all when the ledger gives none. */
#ifndef LV_NODE_PROBE_H
#define LV_NODE_PROBE_H

#include "ledger/ledger.h"

#define LV_PROBE_PATIENCE 1.5 /* seconds that an answer is waited for */

typedef struct lv_probe lv_probe;

typedef struct {
    lv_status status; /* LV_OK: `head` is the newest block; LV_TIMEOUT: there is no answer yet;
                         else why there is none (lv_ledger_head) */
    lv_head head;
    lv_error words; /* where status is not LV_OK */
    double since;   /* seconds since the ledger last answered; < 0: it never did */
} lv_probe_result;

/** @param ledger  outlives the probe. */
LV_MUST_CHECK lv_status lv_probe_new(lv_ledger *ledger, lv_probe **out);

/** Waits for the question that is out, if there is one. No other thread may use the probe. */
void lv_probe_free(lv_probe *probe);

/** Asks, unless a question is out already: that one's answer will do. Never waits. */
void lv_probe_ask(lv_probe *probe);

/** What became of the question, LV_PROBE_PATIENCE after it was asked at the latest. */
void lv_probe_take(lv_probe *probe, lv_probe_result *out);

/** What somebody else heard of this ledger.
 * @param words  why it did not answer; NULL: it did. */
void lv_probe_note(lv_probe *probe, const lv_error *words);

#endif
