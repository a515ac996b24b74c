/* Table 1, publish: what the two records hold, encrypted and proved (docs/protocol.md sections 3
 * and 7). */
#include "compare/contents.h"
#include "base/secret.h"
#include <stdlib.h>

enum { X, Y, W, D, PARTS };

/* The four as bits, secret, and as ciphertexts; D only where it is planned. */
typedef struct {
    lv_bits plain[PARTS];
    lv_matrix *cipher[PARTS];
} contents;

static void wipe(contents *all)
{
    for (size_t i = 0; i < PARTS; i++) {
        lv_bits_wipe(&all->plain[i]);
        lv_matrix_free(all->cipher[i]);
    }
}

/* Expands and encrypts one column of values and appends its encoding. */
static lv_status encrypt(const lv_set_plan *plan, const char *which, const uint64_t *values,
                         const lv_means *by, const lv_job *job, lv_bits *plain, lv_matrix **cipher,
                         lv_buffer *out, lv_error *err)
{
    lv_status status = lv_bits_expand(values, plan->pair_count, plan->series->scale.bits, plain);
    if (status != LV_OK) {
        return lv_fail(err, status, "series %s: cannot expand the %s values into %u bits",
                       plan->series->name, which, plan->series->scale.bits);
    }
    status = by->ready != NULL ? lv_encrypt_with(by->ready->masks, plain, job, cipher, err)
                               : lv_encrypt(by->key, plain, job, cipher, err);
    return status == LV_OK ? lv_matrix_encode(*cipher, out) : status;
}

/* The values derived from x and y stand only as long as it takes to expand them. */
static lv_status encrypt_derived(const lv_set_plan *plan, const char *which,
                                 uint64_t (*derive)(uint64_t x, uint64_t y), const lv_means *by,
                                 const lv_job *job, lv_bits *plain, lv_matrix **cipher,
                                 lv_buffer *out, lv_error *err)
{
    size_t len = plan->pair_count * sizeof(uint64_t);
    uint64_t *values = malloc(len);
    if (values == NULL) {
        return lv_fail(err, LV_E_MEMORY, "series %s: no memory for the set", plan->series->name);
    }
    for (size_t i = 0; i < plan->pair_count; i++) {
        values[i] = derive(plan->x[i], plan->y[i]);
    }
    lv_status status = encrypt(plan, which, values, by, job, plain, cipher, out, err);
    lv_wipe(values, len);
    free(values);
    return status;
}

static uint64_t xor_of(uint64_t x, uint64_t y) { return x ^ y; }

static lv_status encrypt_all(const lv_set_plan *plan, const lv_means *by, const lv_job *job,
                             contents *all, lv_quality *quality, lv_xor *xor_record, lv_error *err)
{
    lv_status status = encrypt(plan, "earlier", plan->x, by, job, &all->plain[X], &all->cipher[X],
                               &quality->x, err);
    if (status == LV_OK) {
        status = encrypt(plan, "later", plan->y, by, job, &all->plain[Y], &all->cipher[Y],
                         &quality->y, err);
    }
    if (status == LV_OK) {
        status = encrypt_derived(plan, "xor", xor_of, by, job, &all->plain[W], &all->cipher[W],
                                 &xor_record->w, err);
    }
    if (status == LV_OK && plan->with_distance) {
        status = encrypt_derived(plan, "distance", lv_distance_of, by, job, &all->plain[D],
                                 &all->cipher[D], &xor_record->d, err);
    }
    return status;
}

static lv_status prove_all(const lv_set_plan *plan, const lv_means *by, const lv_job *job,
                           const contents *all, lv_quality *quality, lv_xor *xor_record,
                           lv_error *err)
{
    const lv_bits_matrices of = {
        .x = all->cipher[X], .y = all->cipher[Y], .w = all->cipher[W], .d = all->cipher[D]};
    const lv_bits_plain plain = {
        .x = &all->plain[X], .y = &all->plain[Y], .w = &all->plain[W], .d = &all->plain[D]};
    const lv_proof_context own = lv_key_proof_context(quality);
    const lv_proof_context bought = lv_xor_proof_context(xor_record);
    const lv_bits_wish wishes[] = {
        {LV_BITS_VALUES, &own, &quality->bit_proof},
        {LV_BITS_XOR, &bought, &xor_record->w_proof},
        {LV_BITS_BOTH, &bought, &xor_record->both_proof},
        {LV_BITS_DISTANCE, &bought, &xor_record->d_proof},
    };
    size_t count = plan->with_distance ? 4 : 3;
    if (!lv_suite_proves_bits(lv_public_suite(by->shown))) {
        return LV_OK;
    }
    if (by->key == NULL) {
        return lv_fail(err, LV_E_ARGUMENT, "series %s: without its key nothing is proved",
                       plan->series->name);
    }
    return lv_bits_prove_all(by->key, &of, &plain, wishes, count, job, err);
}

lv_status lv_contents_make(const lv_set_plan *plan, const lv_means *by, const lv_job *job,
                           lv_quality *quality, lv_xor *xor_record, lv_error *err)
{
    contents all = {0};
    lv_status status = encrypt_all(plan, by, job, &all, quality, xor_record, err);
    if (status == LV_OK) {
        status = prove_all(plan, by, job, &all, quality, xor_record, err);
    }
    wipe(&all);
    return status;
}

/* ---- how much room it takes ---- */

/* A bit proof of suite ristretto255, for each bit and for each pair (src/proof/proof.h). */
#define PROOF_PER_BIT 32U
#define PROOF_PER_PAIR 352U

static size_t proof_len(const lv_public_key *key, size_t pairs, size_t cells)
{
    return lv_suite_proves_bits(lv_public_suite(key))
               ? pairs * (PROOF_PER_BIT * cells + PROOF_PER_PAIR)
               : 0;
}

void lv_contents_len(const lv_set_plan *plan, const lv_public_key *key, size_t *quality,
                     size_t *xor_record)
{
    size_t width = plan->series->scale.bits;
    size_t pairs = plan->pair_count;
    size_t matrix = lv_matrix_encoded_len(key, pairs, (unsigned)width);
    size_t proof = proof_len(key, pairs, width);
    *quality = 2 * matrix + proof_len(key, pairs, 2 * width);
    *xor_record = matrix + 2 * proof + (plan->with_distance ? matrix + proof : 0);
}
