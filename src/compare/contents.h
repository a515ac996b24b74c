/** What the two records of a set hold. */
#ifndef LV_COMPARE_CONTENTS_H
#define LV_COMPARE_CONTENTS_H

#include "compare/set.h"

/** What to encrypt and prove with. */
typedef struct {
    const lv_public_key *shown;
    const lv_secret_key *key; /* NULL where `ready` stands in its place */
    lv_set_ready *ready;
} lv_means;

/** Encrypts x, y, w and, where planned, D into the records, whose other fields are
 *  filled, and proves what the suite can prove. The plan and the key belong together. */
LV_MUST_CHECK lv_status lv_contents_make(const lv_set_plan *plan, const lv_means *by,
                                         const lv_job *job, lv_quality *quality, lv_xor *xor_record,
                                         lv_error *err);

/** Bytes that matrices and bit proofs take in each record, exactly. */
void lv_contents_len(const lv_set_plan *plan, const lv_public_key *key, size_t *quality,
                     size_t *xor_record);

#endif
