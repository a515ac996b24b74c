/** The downstream's node: takes rows in, publishes sets, grants, answers inquiries
 *  (docs/protocol.md sections 3, 5 and 8; docs/api.md). Its tables are specified beside
 *  lv_downstream_schema in downstream.c. */
#ifndef LV_NODE_DOWNSTREAM_H
#define LV_NODE_DOWNSTREAM_H

#include "node/downstream_cache.h"
#include "node/role.h"
#include <lotveil/compare.h>
#include <stdatomic.h>

/* What a set has come to; the words of docs/api.md. */
#define LV_SET_PLANNED "planned"
#define LV_SET_MADE "made"
#define LV_SET_PUBLISHED "published"
#define LV_SET_FAILED "failed"

/** A series that was added while the node runs. */
typedef struct lv_series_added {
    lv_config_series config;
    struct lv_series_added *next;
} lv_series_added;

/** The stages of publishing, each the work of a thread of its own: a set is made, its XOR record is
 *  put on channel xor, and then its quality record on the other. */
typedef enum { LV_STAGE_MAKE, LV_STAGE_XOR, LV_STAGE_QUALITY, LV_STAGES } lv_stage;

/** The set that a stage is about just now. */
typedef struct {
    int64_t batch; /* 0: none */
    double begun;  /* lv_clock_seconds */
    uint64_t sequence;
    char phase[24];
    size_t done;
    size_t total;     /* 0: not known yet */
    size_t encrypted; /* ciphertexts of the matrices that are encrypted whole */
} lv_making;

#define LV_GROUP_SETS_MAX 64U /* sets that are made, or published, together */

/** node->state. */
typedef struct {
    pthread_mutex_t series_lock; /* guards `added` */
    lv_series_added *added;      /* in the order of adding; freed with the node only */
    pthread_mutex_t grant_lock;  /* one grant at a time: they are numbered */
    bool grants_due;             /* grants of the configuration may be missing on the ledger */
    lv_set_cache *cache;
    int64_t intakes;   /* files that were begun; guarded by series_lock */
    size_t group_sets; /* how many are made together now; of that stage alone */
    size_t group_max;  /* and at most, or put; 1..LV_GROUP_SETS_MAX */
    /** Row of the last set whose XOR record is known to stand, and with it that of every one
     *  before it which can be published. 0: of none, since this node was started. */
    _Atomic int64_t xor_standing;
    pthread_mutex_t making_lock; /* guards the next two */
    lv_making making[LV_STAGES];
    double spent[LV_STAGES]; /* seconds that each stage was about something */
} lv_downstream;

lv_downstream *lv_downstream_of(lv_node *node);

/** The i-th series, of the configuration first; NULL past the last. It lives as long as the
 *  node. */
const lv_config_series *lv_downstream_series_at(lv_node *node, size_t i);
/** LV_NOT_FOUND with words where there is none. */
LV_MUST_CHECK lv_status lv_downstream_series_find(lv_node *node, const char *name,
                                                  const lv_config_series **out, lv_error *err);

/* ---- rows ---- */

#define LV_ROWS_PATH "/v1/series/*/rows"

/** Takes the body of POST LV_ROWS_PATH as it comes. A file is accepted with its last byte, whole,
 *  or was never there; what a kill left of one is forgotten by the next start. */
extern const lv_http_stream lv_downstream_streams[2];

/** A number for a file that no other file has while this node runs. */
int64_t lv_downstream_intake_id(lv_node *node);

/* ---- measurements at rest ---- */

/** Seals a value, bound to its series and lot. */
LV_MUST_CHECK lv_status lv_downstream_value_seal(lv_node *node, const char *series, const char *lot,
                                                 uint64_t value, lv_buffer *sealed, lv_error *err);
/** @param[out] value  secret. */
LV_MUST_CHECK lv_status lv_downstream_value_unseal(lv_node *node, const char *series,
                                                   const char *lot, lv_bytes sealed,
                                                   uint64_t *value, lv_error *err);

/** Loads the secret key of a set from its sealed bytes; `*out` gets the encoding (wipe it). */
LV_MUST_CHECK lv_status lv_downstream_key_unseal(lv_node *node, const lv_digest *set_id,
                                                 lv_bytes sealed, lv_buffer *out, lv_error *err);
LV_MUST_CHECK lv_status lv_downstream_key_seal(lv_node *node, const lv_digest *set_id,
                                               const lv_secret_key *key, lv_buffer *sealed,
                                               lv_error *err);

/* ---- publishing ---- */

/** The workers, one of each stage. */
void lv_downstream_work_make(lv_node *node);
void lv_downstream_work_xor(lv_node *node);
void lv_downstream_work_quality(lv_node *node);

/** One step of a stage: one set or a group of them. Each is for one thread at a time.
 * @return LV_OK where sets moved on, or one failed for good; LV_NOT_FOUND where there is nothing to
 *         do; what may pass by itself otherwise: try again later. */
LV_MUST_CHECK lv_status lv_downstream_make_step(lv_node *node, lv_error *err);
LV_MUST_CHECK lv_status lv_downstream_xor_step(lv_node *node, lv_error *err);
LV_MUST_CHECK lv_status lv_downstream_quality_step(lv_node *node, lv_error *err);

/** All stages in one thread, where no worker runs: puts made sets on both ledgers; where there are
 *  none, makes planned ones. Returns as a step does. */
LV_MUST_CHECK lv_status lv_downstream_publish_step(lv_node *node, lv_error *err);

/** What making is about, for GET /v1/batches/ID: from begin to end that batch's set, told as
 *  an lv_job tells it to _report, whose `node` is the lv_node. "encrypt" counts the ciphertexts of
 *  all matrices of the set; "sets" those that are made together, of which the one named is the
 *  first. None of them wakes anybody. */
void lv_downstream_making_begin(lv_node *node, int64_t batch, uint64_t sequence, const char *phase);
void lv_downstream_making_report(void *node, const char *phase, size_t done, size_t total);
void lv_downstream_making_end(lv_node *node);

/** The same of a stage that puts records: phase "publish", of which there is no more to tell. */
void lv_downstream_putting_begin(lv_node *node, lv_stage stage, int64_t batch, uint64_t sequence);
void lv_downstream_putting_end(lv_node *node, lv_stage stage);

/** {"set", "phase", "done", "total"} of the first stage that is about a set of that batch, owned by
 *  the caller; JSON's null while none is; NULL where memory fails. */
json_t *lv_downstream_making_json(lv_node *node, int64_t batch);

/** Adds "publishing": {"making", "xor", "quality"} to what the control door's /healthz tells:
 *  for how many seconds since the node was started each stage was about something. They work side
 * by side. */
LV_MUST_CHECK lv_status lv_downstream_stages_describe(lv_node *node, json_t *health);

/* ---- grants ---- */

/** Puts the grants of all series' configurations on the ledger that were not put there before. A
 *  grant that was revoked or replaced by hand since stays so, until its configuration changes. */
LV_MUST_CHECK lv_status lv_downstream_grants_settle(lv_node *node, lv_error *err);

/** Does a grant for this buyer and series stand? @return LV_OK; LV_NOT_FOUND; faults. */
LV_MUST_CHECK lv_status lv_downstream_granted(lv_node *node, const char *buyer, const char *series,
                                              lv_grant *out, lv_error *err);

/* ---- what was let out, and what may be yet; within a transaction ---- */

/** The answers of one series to one counterpart that are younger than the period of its policy. */
typedef struct {
    int64_t answers;
    uint64_t spent; /* thousandths of a bit */
} lv_downstream_spent;

LV_MUST_CHECK lv_status lv_downstream_spent_get(lv_node *node, const char *series,
                                                const char *upstream, const lv_policy *policy,
                                                int64_t now, lv_downstream_spent *out,
                                                lv_error *err);

/** May one more answer of that price be given now?
 * @return LV_OK; LV_REFUSED with words that name budget, price, what was spent, and when there is
 *         room again; faults. */
LV_MUST_CHECK lv_status lv_downstream_afford(lv_node *node, const char *series,
                                             const char *upstream, const lv_policy *policy,
                                             uint64_t price, int64_t now, lv_error *err);

/* ---- handlers, by the routes of docs/api.md ---- */

lv_status lv_downstream_rows_post(void *context, const lv_http_request *request,
                                  lv_http_response *response, lv_error *err);
lv_status lv_downstream_inquiry_post(void *context, const lv_http_request *request,
                                     lv_http_response *response, lv_error *err);
lv_status lv_downstream_grant_post(void *context, const lv_http_request *request,
                                   lv_http_response *response, lv_error *err);
lv_status lv_downstream_grants_get(void *context, const lv_http_request *request,
                                   lv_http_response *response, lv_error *err);
lv_status lv_downstream_series_get(void *context, const lv_http_request *request,
                                   lv_http_response *response, lv_error *err);
lv_status lv_downstream_series_post(void *context, const lv_http_request *request,
                                    lv_http_response *response, lv_error *err);
lv_status lv_downstream_batch_get(void *context, const lv_http_request *request,
                                  lv_http_response *response, lv_error *err);
lv_status lv_downstream_sets_get(void *context, const lv_http_request *request,
                                 lv_http_response *response, lv_error *err);
lv_status lv_downstream_records_get(void *context, const lv_http_request *request,
                                    lv_http_response *response, lv_error *err);
lv_status lv_downstream_key_get(void *context, const lv_http_request *request,
                                lv_http_response *response, lv_error *err);
lv_status lv_downstream_open_post(void *context, const lv_http_request *request,
                                  lv_http_response *response, lv_error *err);
lv_status lv_downstream_disclosures_get(void *context, const lv_http_request *request,
                                        lv_http_response *response, lv_error *err);
lv_status lv_downstream_budgets_get(void *context, const lv_http_request *request,
                                    lv_http_response *response, lv_error *err);
lv_status lv_downstream_trace_get(void *context, const lv_http_request *request,
                                  lv_http_response *response, lv_error *err);

#endif
