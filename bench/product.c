/* One set as the product makes, reads, combines and answers it, without records and ledger around
 * it, round after round. Every round has a key without tables and fresh ciphertexts, so nothing
 * that is kept from one use to the next makes it look faster than the first use is. */
#include "base/parallel.h"
#include "bench/measure.h"
#include "proof/proof.h"
#include <lotveil/compare.h>
#include <stdlib.h>

/* A key that takes longer than this is made once; later rounds read it from its encoding. */
static const double KEYGEN_ONCE_SECONDS = 0.05;

typedef struct {
    const lv_bench_values *values;
    lv_job job;
    lv_job inner; /* for one pair, where threads share out the pairs */
    size_t piece; /* pairs that one thread takes at a time */
    lv_secret_key *key;
    lv_matrix *made[3]; /* x, y, w as encrypted */
    lv_buffer encoded[3];
    lv_matrix *read[3];
    lv_bits plain[3];
    lv_buffer bits_proof[3];      /* of the statements about values, xor and both */
    lv_matrix *(*z)[LV_FORMULAS]; /* of each pair */
    lv_bench_times *times;
} bench_set;

/* As a record would say; any will do. */
static const lv_proof_context CONTEXT = {.channel = "quality",
                                         .downstream = "downstream",
                                         .upstream = "upstream",
                                         .series = "bench",
                                         .sequence = 0,
                                         .pair = 0};

/* ---- pair by pair, over the threads there are ---- */

typedef struct {
    const bench_set *set;
    lv_status (*work)(const bench_set *set, const lv_job *job, size_t row);
} row_work;

static lv_status work_piece(void *context, size_t index)
{
    const row_work *all = context;
    const bench_set *set = all->set;
    size_t end = (index + 1) * set->piece;
    lv_status status = LV_OK;
    end = end < set->values->pairs ? end : set->values->pairs;
    for (size_t row = index * set->piece; row < end && status == LV_OK; row++) {
        status = all->work(set, &set->inner, row);
    }
    return status;
}

static lv_status time_rows(bench_set *set, lv_bench_phase phase,
                           lv_status (*work)(const bench_set *set, const lv_job *job, size_t row))
{
    row_work all = {set, work};
    lv_bench_moment start = lv_bench_now();
    lv_status status = lv_parallel_for(
        &set->job, "bench", (set->values->pairs + set->piece - 1) / set->piece, work_piece, &all);
    lv_bench_take(set->times, phase, lv_bench_since(start, set->job.threads));
    return status;
}

static void free_z(bench_set *set)
{
    for (size_t row = 0; row < set->values->pairs; row++) {
        for (size_t i = 0; i < LV_FORMULAS; i++) {
            lv_matrix_free(set->z[row][i]);
            set->z[row][i] = NULL;
        }
    }
}

static void free_ciphertexts(bench_set *set)
{
    for (int i = 0; i < 3; i++) {
        lv_matrix_free(set->made[i]);
        lv_matrix_free(set->read[i]);
        set->made[i] = NULL;
        set->read[i] = NULL;
        set->encoded[i].len = 0; /* its memory is kept */
        set->bits_proof[i].len = 0;
    }
}

/* ---- the phases ---- */

static lv_status expand(bench_set *set)
{
    const lv_bench_values *values = set->values;
    size_t count = values->pairs;
    uint64_t *w = calloc(count, sizeof *w);
    const uint64_t *columns[3] = {values->x, values->y, w};
    lv_status status = w != NULL ? LV_OK : LV_E_MEMORY;
    for (size_t i = 0; i < count && status == LV_OK; i++) {
        w[i] = values->x[i] ^ values->y[i];
    }
    for (int i = 0; i < 3 && status == LV_OK; i++) {
        status = lv_bits_expand(columns[i], count, values->width, &set->plain[i]);
    }
    free(w);
    return status;
}

static lv_status encrypt_set(bench_set *set)
{
    lv_bench_moment start = lv_bench_now();
    lv_status status = LV_OK;
    for (int i = 0; i < 3 && status == LV_OK; i++) {
        status = lv_encrypt(set->key, &set->plain[i], &set->job, &set->made[i], NULL);
        if (status == LV_OK) {
            status = lv_matrix_encode(set->made[i], &set->encoded[i]);
        }
    }
    lv_bench_take(set->times, LV_BENCH_ENCRYPT, lv_bench_since(start, set->job.threads));
    return status;
}

static lv_status read_set(bench_set *set)
{
    lv_bench_moment start = lv_bench_now();
    lv_status status = LV_OK;
    for (int i = 0; i < 3 && status == LV_OK; i++) {
        status = lv_matrix_decode(lv_key_public(set->key), set->values->pairs, set->values->width,
                                  lv_buffer_view(&set->encoded[i]), &set->read[i], NULL);
    }
    lv_bench_take(set->times, LV_BENCH_READ, lv_bench_since(start, set->job.threads));
    return status;
}

static const lv_bits_statement STATEMENTS[3] = {LV_BITS_VALUES, LV_BITS_XOR, LV_BITS_BOTH};

static lv_status prove_bits(bench_set *set)
{
    const lv_bits_matrices made = {.x = set->made[0], .y = set->made[1], .w = set->made[2]};
    const lv_bits_plain plain = {.x = &set->plain[0], .y = &set->plain[1], .w = &set->plain[2]};
    lv_bits_wish wish[3];
    for (int i = 0; i < 3; i++) {
        wish[i] = (lv_bits_wish){STATEMENTS[i], &CONTEXT, &set->bits_proof[i]};
    }
    lv_bench_moment start = lv_bench_now();
    lv_status status = lv_bits_prove_all(set->key, &made, &plain, wish, 3, &set->job, NULL);
    lv_bench_take(set->times, LV_BENCH_PROVE, lv_bench_since(start, set->job.threads));
    set->times->proof_bytes = 0;
    for (int i = 0; i < 3; i++) {
        set->times->proof_bytes += (double)set->bits_proof[i].len / (double)set->values->pairs;
    }
    return status;
}

/* As who opens both records does: all at once. */
static lv_status check_bits(bench_set *set)
{
    enum { ALL = sizeof STATEMENTS / sizeof STATEMENTS[0] };
    const lv_bits_matrices read = {.x = set->read[0], .y = set->read[1], .w = set->read[2]};
    lv_bits_claim claim[ALL];
    size_t bad = 0;
    for (int i = 0; i < ALL; i++) {
        claim[i] =
            (lv_bits_claim){STATEMENTS[i], read, &CONTEXT, lv_buffer_view(&set->bits_proof[i])};
    }
    lv_bench_moment start = lv_bench_now();
    lv_status status =
        lv_bits_verify_all(lv_key_public(set->key), claim, ALL, &set->job, &bad, NULL);
    lv_bench_take(set->times, LV_BENCH_CHECK, lv_bench_since(start, set->job.threads));
    return status;
}

static lv_status prove_and_check(bench_set *set)
{
    if (!lv_suite_proves_bits(lv_public_suite(lv_key_public(set->key)))) {
        return LV_OK;
    }
    lv_status status = prove_bits(set);
    if (status == LV_OK) {
        status = check_bits(set);
    }
    return status == LV_INVALID ? LV_E_CRYPTO : status;
}

static lv_status combine_by(const bench_set *set, const lv_job *job, size_t row, int first)
{
    lv_status status = LV_OK;
    for (int i = first; i < (int)LV_FORMULAS && status == LV_OK; i++) {
        status = lv_combine(lv_key_public(set->key), set->read[0], set->read[1], set->read[2],
                            (lv_formula)i, row, 1, job, &set->z[row][i], NULL);
    }
    return status;
}

/* All three formulas of one pair, as upstream and downstream each do. */
static lv_status combine_row(const bench_set *set, const lv_job *job, size_t row)
{
    return combine_by(set, job, row, LV_EQUAL);
}

static lv_status combine_published(const bench_set *set, const lv_job *job, size_t row)
{
    return combine_by(set, job, row, LV_RISE);
}

/* The z that is zero, and where. */
static const lv_matrix *expected_zero(const bench_set *set, size_t row, unsigned *column)
{
    const lv_bench_values *values = set->values;
    return set->z[row][lv_bench_expected(values->x[row], values->y[row], values->width, column)];
}

static lv_status test_row(const bench_set *set, const lv_job *job, size_t row)
{
    (void)job;
    unsigned column = 0;
    bool is_zero = false;
    const lv_matrix *z = expected_zero(set, row, &column);
    lv_status status = lv_zero_test(set->key, z, 0, column, &is_zero);
    return status == LV_OK && !is_zero ? LV_E_CRYPTO : status;
}

static lv_status answer_row(const bench_set *set, const lv_job *job, size_t row)
{
    unsigned column = 0;
    lv_buffer proof = {0};
    const lv_matrix *z = expected_zero(set, row, &column);
    lv_status status = lv_zero_prove(set->key, z, 0, column, &CONTEXT, job, &proof, NULL);
    if (status == LV_OK) {
        status = lv_zero_verify(lv_key_public(set->key), z, 0, column, &CONTEXT,
                                lv_buffer_view(&proof), NULL);
    }
    lv_buffer_free(&proof);
    return status == LV_INVALID || status == LV_REFUSED ? LV_E_CRYPTO : status;
}

static lv_status scan_row(const bench_set *set, const lv_job *job, size_t row)
{
    (void)job;
    unsigned expected_column = 0;
    const lv_matrix *expected = expected_zero(set, row, &expected_column);
    lv_status status = LV_OK;
    for (int i = LV_RISE; i <= LV_FALL && status == LV_OK; i++) {
        unsigned column = 0;
        bool zero_here = set->z[row][i] == expected;
        status = lv_zero_scan(set->key, set->z[row][i], 0, &column);
        if (status == LV_OK || status == LV_NOT_FOUND) {
            bool found = status == LV_OK;
            bool right = found == zero_here && (!found || column == expected_column);
            status = right ? LV_OK : LV_E_CRYPTO;
        }
    }
    return status;
}

/* ---- rounds ---- */

static lv_status run_product(bench_set *set)
{
    lv_status status = encrypt_set(set);
    if (status == LV_OK) {
        status = read_set(set);
    }
    if (status == LV_OK) {
        status = prove_and_check(set);
    }
    if (status == LV_OK) {
        status = time_rows(set, LV_BENCH_COMBINE, combine_row);
        free_z(set);
    }
    if (status == LV_OK) {
        status = time_rows(set, LV_BENCH_RECOMPUTE, combine_row);
    }
    if (status == LV_OK) {
        status = time_rows(set, LV_BENCH_ZERO_TEST, test_row);
    }
    if (status == LV_OK) {
        status = time_rows(set, LV_BENCH_ANSWER, answer_row);
    }
    free_z(set);
    free_ciphertexts(set);
    return status;
}

/* Ciphertexts of its own: a suite may keep what the zero test of run_product made. */
static lv_status run_scan(bench_set *set)
{
    lv_status status = encrypt_set(set);
    if (status == LV_OK) {
        status = read_set(set);
    }
    if (status == LV_OK) {
        status = time_rows(set, LV_BENCH_SCAN_COMBINE, combine_published);
    }
    if (status == LV_OK) {
        status = time_rows(set, LV_BENCH_SCAN_ZERO_TEST, scan_row);
    }
    free_z(set);
    free_ciphertexts(set);
    return status;
}

/* Exchanges the set's key for one that has not been used: a fresh one, or the same without what
 * it keeps. */
static lv_status renew_key(bench_set *set, const lv_bench_ask *ask, lv_error *err)
{
    lv_buffer secret = {0};
    lv_status status = LV_OK;
    double known = set->times->seconds[LV_BENCH_KEYGEN];
    if (set->key != NULL && known > KEYGEN_ONCE_SECONDS) {
        status = lv_key_encode(set->key, &secret);
        lv_key_free(set->key);
        set->key = NULL;
        if (status == LV_OK) {
            status = lv_key_decode(ask->suite, lv_buffer_view(&secret), &set->key, err);
        }
        lv_buffer_wipe(&secret);
        return status;
    }
    lv_key_free(set->key);
    lv_bench_moment start = lv_bench_now();
    status = lv_key_generate(ask->suite, ask->key_bits, &set->job, &set->key, err);
    if (status == LV_OK && ask->short_exponents) {
        status = lv_key_shorten(set->key, err);
    }
    lv_bench_take(set->times, LV_BENCH_KEYGEN, lv_bench_since(start, set->job.threads));
    return status;
}

static lv_status run_rounds(bench_set *set, const lv_bench_ask *ask, lv_error *err)
{
    lv_bench_moment start = lv_bench_now();
    lv_status status = LV_OK;
    set->z = calloc(set->values->pairs, sizeof *set->z);
    if (set->z == NULL) {
        return LV_E_MEMORY;
    }
    do {
        status = run_product(set);
        if (status == LV_OK) {
            status = renew_key(set, ask, err);
        }
        if (status == LV_OK) {
            status = run_scan(set);
        }
        if (status == LV_OK) {
            status = renew_key(set, ask, err);
        }
        set->times->rounds++;
    } while (status == LV_OK && lv_bench_since(start, set->job.threads) < ask->seconds);
    free(set->z);
    if (status == LV_E_CRYPTO) {
        return lv_fail(err, status,
                       "bench: %s: a zero is not where it should be, or a proof failed",
                       lv_suite_name(ask->suite));
    }
    return status;
}

lv_status lv_bench_product(const lv_bench_ask *ask, lv_bench_times *times, lv_error *err)
{
    size_t packing = lv_bench_packing(ask->suite, ask->width);
    bool share = ask->threads > 1 && ask->pairs > packing;
    lv_bench_values values = {0};
    bench_set set = {.values = &values,
                     .job = {.threads = ask->threads},
                     .inner = {.threads = share ? 1 : ask->threads},
                     .piece = share ? packing : ask->pairs,
                     .times = times};
    lv_status status = renew_key(&set, ask, err);
    if (status == LV_OK) {
        status = lv_bench_values_draw(&values, ask->pairs, ask->width);
    }
    if (status == LV_OK) {
        status = expand(&set);
    }
    if (status == LV_OK) {
        status = run_rounds(&set, ask, err);
    }
    for (int i = 0; i < 3; i++) {
        lv_buffer_free(&set.encoded[i]);
        lv_buffer_free(&set.bits_proof[i]);
        lv_bits_wipe(&set.plain[i]);
    }
    lv_key_free(set.key);
    lv_bench_values_free(&values);
    return status;
}
