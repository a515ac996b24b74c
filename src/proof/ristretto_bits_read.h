/** What has to be known of a row to check its part of a bit proof (ristretto_bits.h): numbers and
 *  points of the part, its challenges, and the sums U and V over its ciphertexts. Everything here
 * is public. */
#ifndef LV_PROOF_RISTRETTO_BITS_READ_H
#define LV_PROOF_RISTRETTO_BITS_READ_H

#include "proof/ristretto_bits.h"

enum {
    LV_BITS_GROUP = 4 /* rows that are read together: what both records of a set say of a pair */
};

/** Task, index and part are the caller's, borrowed; the rest is read. */
typedef struct {
    const lv_bits_task *task;
    size_t index;        /* of the row in its proof */
    const uint8_t *part; /* of the proof */
    bool readable;       /* all its points and numbers are canonical */
    uint8_t digest[LV_SEED_LEN];
    lv_point point[LV_BITS_POINTS];
    uint8_t root[LV_SEED_LEN];
    lv_point sum[LV_BITS_MATRICES][2]; /* U and V are made of task->sums of them */
    lv_scalar rho;
    lv_scalar e;
    lv_scalar products;        /* sum y^i f_i (e - f_i) */
    lv_scalar linear;          /* u sum sigma_i f_i */
    lv_scalar commitment_mask; /* zB */
    lv_scalar inner_mask;      /* tau */
    lv_scalar key_response;    /* z */
} lv_bits_checked;

/** f_1 .. f_N, zB, tau, z: of a part, as they are encoded. */
lv_bytes lv_bits_responses(const lv_bits_checked *row);

/** Reads `count` rows, 1 .. LV_BITS_GROUP, that are best about one pair, since such rows share
 *  sums. Where a point or a number is not in its one encoding that row is not readable, and no
 *  failure. */
LV_MUST_CHECK lv_status lv_bits_read(lv_bits_checked *const *row, size_t count);

#endif
