/** Sets on their way: what the stages of publishing share (docs/protocol.md section 3, step 1). A
 *  set goes planned -> made -> published, each state stored before the next is begun: whatever was
 *  interrupted is done again with the same bytes. */
#ifndef LV_NODE_DOWNSTREAM_WORK_H
#define LV_NODE_DOWNSTREAM_WORK_H

#include "node/downstream.h"

/** Not held up by a failed set before it in its series, where the table of sets goes by the name
 *  `s`. There are hardly ever failed ones: the sign keeps SQLite from passing over all sets of the
 *  series instead. Only a start of the node takes back that a set failed. */
#define LV_NOT_HELD_UP(s)                                                                          \
    " NOT EXISTS (SELECT 1 FROM sets AS f WHERE f.state = 'failed' AND +f.series = " s ".series"   \
    " AND f.id < " s ".id)"

/** A set of the store. */
typedef struct {
    int64_t row;
    int64_t batch;
    lv_digest set_id;
    lv_series series;   /* its name; while it is made also the rest, with the suite and sizes that
                           were planned */
    bool with_distance; /* somebody may ask for the band */
    bool tell_scale;    /* somebody may ask for thresholds */
    uint64_t sequence;
    lv_buffer quality; /* once it is made, as is the next; a stage that puts has one of them */
    lv_buffer xor_record;
    lv_buffer key; /* sealed */
    size_t pair_count;
    lv_pair *pairs;
    uint64_t *x; /* secret memory, 2 * pair_count values: x, then y */
    uint64_t *y;
    lv_status status; /* of making it */
    lv_error words;
} lv_work;

/** Sets that are made, or put on a ledger, together; in the order of their rows. */
typedef struct {
    lv_node *node;
    lv_work *sets; /* LV_GROUP_SETS_MAX places */
    size_t count;
    unsigned threads; /* for each set, while they are made */
} lv_group;

LV_MUST_CHECK lv_status lv_group_open(lv_node *node, lv_group *out);
void lv_group_close(lv_group *g);

/** Takes id, series, sequence and batch from the first four columns of a row. */
void lv_work_name(sqlite3_stmt *row, lv_work *out);

/** Writes down why a set did not move on, tells the log and wakes whoever waits for it.
 * @param status  of what was done with it, other than LV_OK; what cannot pass by itself fails the
 *                set for good, and those behind it in its series wait.
 * @param err     its words, also on return.
 * @return LV_OK where the set failed for good; `status` where it may be tried again; what may pass
 *         or LV_E_IO where the store is in trouble itself. */
LV_MUST_CHECK lv_status lv_work_settle_trouble(lv_node *node, const lv_work *at, lv_status status,
                                               lv_error *err);

/** A fault met while looking for work: there is no set to blame, and every one may pass. */
lv_status lv_work_store_fault(lv_status status);

#endif
