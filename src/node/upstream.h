/** The upstream's node: follows the quality channel, buys, checks, combines, inquires, verifies,
 *  raises alarms (docs/protocol.md sections 3, 5 and 6; docs/api.md). Its tables are specified
 *  beside lv_upstream_schema in upstream.c. */
#ifndef LV_NODE_UPSTREAM_H
#define LV_NODE_UPSTREAM_H

#include "node/role.h"
#include <lotveil/compare.h>

/* What a set has come to; the words of docs/api.md. */
#define LV_SEEN "seen"
#define LV_BOUGHT "bought"
#define LV_ANSWERED "answered"
#define LV_SET_REFUSED "refused"
#define LV_SET_INVALID "invalid"

/** node->state. */
typedef struct {
    pthread_mutex_t step_lock; /* held while a set takes its steps: by the worker, or by hand */
} lv_upstream;

lv_upstream *lv_upstream_of(lv_node *node);

/** The configuration of a followed series; NULL where it is not followed. */
const lv_config_follow *lv_upstream_follow(const lv_node *node, const char *downstream,
                                           const char *series);

/* ---- following ---- */

/** The worker that reads the quality channel. */
void lv_upstream_watch(lv_node *node);
/** Takes a committed write of that channel into the store, within a transaction. */
LV_MUST_CHECK lv_status lv_upstream_take(lv_node *node, const lv_committed *committed,
                                         lv_error *err);

/** The worker that brings sets from 'seen' to 'answered'. */
void lv_upstream_work(lv_node *node);

/** Brings the next set that is due as far as it comes.
 * @param[out] seconds  until the next set is due where none is now.
 * @return LV_OK where one was due, whatever came of it; LV_NOT_FOUND; faults of the store. */
LV_MUST_CHECK lv_status lv_upstream_work_step(lv_node *node, double *seconds, lv_error *err);

/* ---- the steps of one set; each is stored before the next. LV_REFUSED: a party says no;
 *      LV_INVALID: what it sent does not hold; what may pass otherwise ---- */

typedef struct {
    int64_t row;
    lv_digest set_id;
    lv_buffer quality;    /* Signed */
    lv_buffer xor_record; /* Signed; empty where it is not bought */
    size_t pair_count;
    bool has_scale; /* the record tells it */
    lv_fixed_scale scale;
    bool has_distance;              /* the XOR record has what a question about the band needs */
    const lv_config_follow *follow; /* NULL where its series is not followed any more */
    lv_set *set;                    /* opened where a step needed it */
} lv_step;

/** Loads a set. LV_NOT_FOUND with words. */
LV_MUST_CHECK lv_status lv_step_load(lv_node *node, const lv_digest *set_id, lv_step *out,
                                     lv_error *err);
void lv_step_free(lv_step *step);

/** Buys the XOR record unless it stands already, and checks it with its receipt. */
LV_MUST_CHECK lv_status lv_step_buy(lv_node *node, lv_step *step, lv_error *err);

/** Brings a question of people into the steps of the set's series: lv_ask_resolve. */
LV_MUST_CHECK lv_status lv_step_resolve(const lv_step *step, const lv_ask_text *text, lv_ask *out,
                                        lv_error *err);

/** Is it the question that the follow file asks? The state of a set and its alarms come from the
 *  answers to that one. */
bool lv_step_is_followed(const lv_step *step, const lv_ask *ask);

/** Asks one question about one pair unless its verdict stands already, checks the answer and stores
 *  the verdict, and the alarm where the question is the followed one. `full` sends the vectors,
 *  unless an inquiry was stored before. LV_REFUSED with words where the XOR record that the
 *  question needs is not bought. */
LV_MUST_CHECK lv_status lv_step_inquire(lv_node *node, lv_step *step, uint32_t pair,
                                        const lv_ask *ask, bool full, bool *repeated,
                                        lv_error *err);

/** Buys where the followed question needs it, then asks it about every pair, for some seconds at
 *  most: what is left comes with the next call. */
LV_MUST_CHECK lv_status lv_step_all(lv_node *node, lv_step *step, lv_error *err);

/** Writes down what came of the steps: state, words, when to try again.
 * @return LV_OK; faults of the store. */
LV_MUST_CHECK lv_status lv_step_settle(lv_node *node, const lv_step *step, lv_status outcome,
                                       const lv_error *words, lv_error *err);

/** Milliseconds of the monotonic clock, in which retries are due. */
int64_t lv_step_clock(void);

/* ---- handlers, by the routes of docs/api.md ---- */

lv_status lv_upstream_series_get(void *context, const lv_http_request *request,
                                 lv_http_response *response, lv_error *err);
lv_status lv_upstream_sets_get(void *context, const lv_http_request *request,
                               lv_http_response *response, lv_error *err);
lv_status lv_upstream_records_get(void *context, const lv_http_request *request,
                                  lv_http_response *response, lv_error *err);
lv_status lv_upstream_buy_post(void *context, const lv_http_request *request,
                               lv_http_response *response, lv_error *err);
lv_status lv_upstream_inquire_post(void *context, const lv_http_request *request,
                                   lv_http_response *response, lv_error *err);
lv_status lv_upstream_verdicts_get(void *context, const lv_http_request *request,
                                   lv_http_response *response, lv_error *err);
lv_status lv_upstream_alarms_get(void *context, const lv_http_request *request,
                                 lv_http_response *response, lv_error *err);
lv_status lv_upstream_trace_get(void *context, const lv_http_request *request,
                                lv_http_response *response, lv_error *err);

#endif
