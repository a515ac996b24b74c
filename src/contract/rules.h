/** What the two contracts share: one call under way, its functions, and the book of sets that both
 *  channels keep (layout: state_keys.h). */
#ifndef LV_CONTRACT_RULES_H
#define LV_CONTRACT_RULES_H

#include "contract/state_keys.h"

/** A call of a contract, with everything it may look at. */
typedef struct {
    const lv_channel *channel;
    const lv_state *state;
    const lv_call *call;
    lv_buffer *response;
    lv_error *err;
} lv_run;

/** A function of a contract. */
typedef struct {
    const char *name;
    bool writes;
    size_t arguments_min;
    size_t arguments_max;
    lv_status (*run)(const lv_run *run);
} lv_contract_function;

/** The functions of each contract, ended by {0}. */
extern const lv_contract_function lv_quality_functions[];
extern const lv_contract_function lv_xor_functions[];

/* ---- rules ---- */

/** LV_REFUSED unless the submitter's role is `role`. */
LV_MUST_CHECK lv_status lv_rule_role(const lv_run *run, const char *role);

/** LV_REFUSED unless the submitter is the record's author and the record is of this channel. */
LV_MUST_CHECK lv_status lv_rule_record(const lv_run *run, const char *what, const char *author,
                                       const char *channel);

/** What a record that cannot be read is to a contract: bytes that are malformed or too long are
 *  LV_INVALID like a wrong signature; faults stay faults. */
lv_status lv_rule_unreadable(lv_status status);

/* ---- arguments ---- */

/** Reads arguments from outside. LV_INVALID with words that name the argument. */
LV_MUST_CHECK lv_status lv_argument_set_id(const lv_run *run, size_t i,
                                           char set_id[2 * LV_DIGEST_LEN + 1]);
LV_MUST_CHECK lv_status lv_argument_name(const lv_run *run, size_t i, char name[LV_NAME_MAX + 1]);
LV_MUST_CHECK lv_status lv_argument_number(const lv_run *run, size_t i, uint64_t *value);

/* ---- the book of sets ---- */

/** One record that `put` is about to write. */
typedef struct {
    char author[LV_NAME_MAX + 1];
    char series[LV_NAME_MAX + 1];
    uint64_t sequence;
    lv_digest set_id;
    bool has_corrects;
    lv_digest corrects;
} lv_entry;

/** Reads one record whole: checks everything that does not depend on the state. */
typedef lv_status (*lv_entry_reader)(const lv_run *run, lv_bytes record, lv_entry *entry);

/** The function "put" of both contracts: reads each argument with `read`, holds it against the
 *  state and the records before it in the same call, and writes them all. */
LV_MUST_CHECK lv_status lv_sets_put(const lv_run *run, lv_entry_reader read);

/** The functions "get" and "list" of both contracts. */
lv_status lv_sets_get(const lv_run *run);
lv_status lv_sets_list(const lv_run *run);

/** Author and series of a set. LV_NOT_FOUND where there is no such set. */
LV_MUST_CHECK lv_status lv_sets_owner(const lv_run *run, const char *set_id,
                                      char author[LV_NAME_MAX + 1], char series[LV_NAME_MAX + 1]);

#endif
