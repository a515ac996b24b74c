/* One set as the product makes, combines and answers it, without records and ledger around it. */
#include "base/clock.h"
#include "bench/measure.h"
#include "proof/proof.h"
#include <stdlib.h>

typedef struct {
    const lv_bench_values *values;
    const lv_job *job;
    lv_secret_key *key;
    lv_matrix *cipher[3]; /* x, y, w */
    lv_bench_times *times;
} bench_set;

/* As a record would say; any will do. */
static const lv_proof_context CONTEXT = {.channel = "quality",
                                         .downstream = "downstream",
                                         .upstream = "upstream",
                                         .series = "bench",
                                         .sequence = 0,
                                         .pair = 0};

static lv_status encrypt_one(const bench_set *set, int which, lv_matrix **out, lv_error *err)
{
    const lv_bench_values *values = set->values;
    size_t count = values->pairs * values->width;
    uint8_t *bits = calloc(count, 1);
    if (bits == NULL) {
        return LV_E_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        size_t row = i / values->width;
        const uint64_t value[3] = {values->x[row], values->y[row], values->x[row] ^ values->y[row]};
        bits[i] = (uint8_t)(value[which] >> (values->width - 1 - i % values->width) & 1);
    }
    lv_bits plain = {.pairs = values->pairs, .width = values->width, .bits = bits};
    lv_status status = lv_encrypt(set->key, &plain, set->job, out, err);
    free(bits);
    return status;
}

static lv_status encrypt_set(bench_set *set, lv_error *err)
{
    double start = lv_clock_seconds();
    lv_status status = LV_OK;
    for (int i = 0; i < 3 && status == LV_OK; i++) {
        status = encrypt_one(set, i, &set->cipher[i], err);
    }
    set->times->encrypt = lv_clock_seconds() - start;
    return status;
}

static void free_all(lv_matrix **z)
{
    for (size_t i = 0; i < LV_FORMULAS; i++) {
        lv_matrix_free(z[i]);
        z[i] = NULL;
    }
}

/* All three formulas of one pair, as upstream and downstream each do. */
static lv_status combine_pair(const bench_set *set, size_t row, lv_matrix **z, double *seconds,
                              lv_error *err)
{
    double start = lv_clock_seconds();
    lv_status status = LV_OK;
    for (int i = 0; i < (int)LV_FORMULAS && status == LV_OK; i++) {
        status = lv_combine(lv_key_public(set->key), set->cipher[0], set->cipher[1], set->cipher[2],
                            (lv_formula)i, row, 1, set->job, &z[i], err);
    }
    *seconds += lv_clock_seconds() - start;
    return status;
}

static lv_status answer_pair(const bench_set *set, const lv_matrix *z, unsigned column,
                             lv_error *err)
{
    const lv_public_key *public_key = lv_key_public(set->key);
    lv_buffer proof = {0};
    bool is_zero = false;
    double start = lv_clock_seconds();
    lv_status status = lv_zero_test(set->key, z, 0, column, &is_zero);
    set->times->zero_test += lv_clock_seconds() - start;
    if (status == LV_OK && !is_zero) {
        status = lv_fail(err, LV_E_CRYPTO, "bench: the zero is not where it should be");
    }
    start = lv_clock_seconds();
    if (status == LV_OK) {
        status = lv_zero_prove(set->key, z, 0, column, &CONTEXT, set->job, &proof, err);
    }
    if (status == LV_OK) {
        status = lv_zero_verify(public_key, z, 0, column, &CONTEXT, lv_buffer_view(&proof), err);
    }
    set->times->answer += lv_clock_seconds() - start;
    lv_buffer_free(&proof);
    return status;
}

static lv_status compare_pair(const bench_set *set, size_t row, lv_error *err)
{
    lv_matrix *z[LV_FORMULAS] = {NULL};
    unsigned column = 0;
    lv_formula formula =
        lv_bench_expected(set->values->x[row], set->values->y[row], set->values->width, &column);
    lv_status status = combine_pair(set, row, z, &set->times->combine, err);
    if (status == LV_OK) {
        free_all(z);
        status = combine_pair(set, row, z, &set->times->recompute, err);
    }
    if (status == LV_OK) {
        status = answer_pair(set, z[formula], column, err);
    }
    free_all(z);
    return status;
}

/* What stands on the ledger, but for the records' few other fields. */
static lv_status count_bytes(const bench_set *set, double *bytes, lv_error *err)
{
    lv_buffer encoded = {0};
    lv_status status = lv_public_encode(lv_key_public(set->key), &encoded);
    if (status == LV_OK) {
        status = lv_key_prove(set->key, &CONTEXT, set->job, &encoded, err);
    }
    size_t matrix =
        lv_matrix_encoded_len(lv_key_public(set->key), set->values->pairs, set->values->width);
    *bytes = (double)(3 * matrix + encoded.len) / (double)set->values->pairs;
    lv_buffer_free(&encoded);
    return status;
}

lv_status lv_bench_product(const lv_suite *suite, unsigned key_bits, const lv_bench_values *values,
                           const lv_job *job, lv_bench_times *times, double *bytes_per_pair,
                           lv_error *err)
{
    bench_set set = {.values = values, .job = job, .times = times};
    double start = lv_clock_seconds();
    lv_status status = lv_key_generate(suite, key_bits, job, &set.key, err);
    times->keygen = lv_clock_seconds() - start;
    if (status == LV_OK) {
        status = encrypt_set(&set, err);
    }
    for (size_t row = 0; row < values->pairs && status == LV_OK; row++) {
        status = compare_pair(&set, row, err);
    }
    if (status == LV_OK) {
        status = count_bytes(&set, bytes_per_pair, err);
    }
    for (int i = 0; i < 3; i++) {
        lv_matrix_free(set.cipher[i]);
    }
    lv_key_free(set.key);
    return status;
}
