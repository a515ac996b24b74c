/* Table 3, combine: docs/protocol.md section 3, step 3. */
#include "base/writer.h"
#include "compare/set.h"
#include "record/digest.h"
#include <inttypes.h>

/* The order in which the vectors are encoded and digested. */
static const lv_formula ORDER[] = {LV_RISE, LV_FALL, LV_EQUAL};

static lv_status digest_z(const lv_digest *set_id, const lv_combined *combined, lv_digest *out)
{
    static const char domain[] = "lotveil/v1/z"; /* its NUL counts */
    lv_buffer numbers = {0};
    lv_status status = lv_write_u32(&numbers, combined->pair);
    if (status == LV_OK) {
        status = lv_write_u32(&numbers, combined->ask.question);
    }
    if (status == LV_OK) {
        status = lv_write_u64(&numbers, combined->ask.limit);
    }
    if (status == LV_OK) {
        const lv_bytes parts[] = {
            {.data = (const uint8_t *)domain, .len = sizeof domain},
            lv_digest_view(set_id),
            lv_buffer_view(&numbers),
            lv_buffer_view(&combined->encoding),
        };
        status = lv_digest_of_parts(parts, sizeof parts / sizeof parts[0], out);
    }
    lv_buffer_free(&numbers);
    return status;
}

lv_status lv_combined_check(const lv_combined *combined, const lv_set *set)
{
    lv_digest digest = {0};
    if (combined->pair >= set->quality.pair_count) {
        return LV_INVALID;
    }
    lv_status status = digest_z(&set->id, combined, &digest);
    if (status == LV_OK && !lv_digest_equal(&digest, &combined->digest)) {
        status = LV_INVALID;
    }
    return status;
}

/* Keeps a vector and appends its encoding. */
static lv_status keep(lv_status status, lv_matrix *made, lv_matrix **place, lv_combined *out)
{
    *place = made;
    return status == LV_OK ? lv_matrix_encode(made, &out->encoding) : status;
}

static lv_status of_values(const lv_set *set, lv_formula formula, const lv_job *job,
                           lv_combined *out, lv_error *err)
{
    lv_matrix *z = NULL;
    lv_status status =
        lv_combine(set->key, set->x, set->y, set->w, formula, out->pair, 1, job, &z, err);
    return keep(status, z, &out->z[formula], out);
}

static lv_status of_limit(const lv_set *set, lv_formula formula, const lv_job *job,
                          lv_combined *out, lv_error *err)
{
    lv_matrix *z = NULL;
    lv_status status =
        lv_combine_limit(set->key, set->y, out->ask.limit, formula, out->pair, 1, job, &z, err);
    return keep(status, z, &out->z[formula], out);
}

/* D > 0, which is a fall from D to 0: its zero is where the first bit of D is. */
static lv_status of_size(const lv_set *set, const lv_job *job, lv_combined *out, lv_error *err)
{
    lv_matrix *z = NULL;
    lv_status status = lv_combine_limit(set->key, set->d, 0, LV_FALL, out->pair, 1, job, &z, err);
    return keep(status, z, &out->size, out);
}

static lv_status of_distance(const lv_set *set, lv_formula direction, const lv_job *job,
                             lv_combined *out, lv_error *err)
{
    lv_matrix *z = NULL;
    if (!lv_suite_weighs(lv_public_suite(set->key))) {
        return of_values(set, direction, job, out, err);
    }
    lv_status status = lv_combine_distance(set->key, set->x, set->y, set->d, direction, out->pair,
                                           1, job, &z, err);
    return keep(status, z, &out->distance[direction], out);
}

typedef lv_status (*vector)(const lv_set *set, lv_formula formula, const lv_job *job,
                            lv_combined *out, lv_error *err);

static lv_status all_three(vector of, const lv_set *set, const lv_job *job, lv_combined *out,
                           lv_error *err)
{
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < LV_FORMULAS; i++) {
        status = of(set, ORDER[i], job, out, err);
    }
    return status;
}

static lv_status band(const lv_set *set, const lv_job *job, lv_combined *out, lv_error *err)
{
    lv_status status = of_values(set, LV_EQUAL, job, out, err);
    if (status == LV_OK) {
        status = of_size(set, job, out, err);
    }
    if (status == LV_OK) {
        status = of_distance(set, LV_RISE, job, out, err);
    }
    return status == LV_OK ? of_distance(set, LV_FALL, job, out, err) : status;
}

static lv_status combine(const lv_set *set, const lv_job *job, lv_combined *out, lv_error *err)
{
    lv_status status = LV_OK;
    switch (out->ask.question) {
    case LV_ASK_DIRECTION:
    case LV_ASK_INDEX:
        status = all_three(of_values, set, job, out, err);
        break;
    case LV_ASK_THRESHOLD:
        status = all_three(of_limit, set, job, out, err);
        break;
    case LV_ASK_EQUALITY:
        status = of_values(set, LV_EQUAL, job, out, err);
        break;
    case LV_ASK_BAND:
        status = band(set, job, out, err);
        break;
    }
    return status == LV_OK ? digest_z(&set->id, out, &out->digest) : status;
}

/* That the set has what the question is about. */
static lv_status check_sources(const lv_set *set, const lv_ask *ask, lv_error *err)
{
    if (ask->question == LV_ASK_THRESHOLD) {
        return LV_OK;
    }
    if (ask->question == LV_ASK_BAND && !set->quality.distance) {
        return lv_fail(err, LV_REFUSED,
                       "series %s, sequence %" PRIu64
                       ": field distance: %s did not publish the distance that a question about "
                       "the band needs; ask for the index",
                       set->quality.series, set->quality.sequence, set->quality.author);
    }
    if (set->w == NULL) {
        return lv_fail(err, LV_E_ARGUMENT, "the set has no XOR record yet; buy it first");
    }
    return LV_OK;
}

lv_status lv_set_combine(const lv_set *set, uint32_t pair, const lv_ask *ask, const lv_job *job,
                         lv_combined *out, lv_error *err)
{
    *out = (lv_combined){0};
    lv_status status = lv_ask_check(ask, set->quality.width, err);
    if (status != LV_OK) {
        return status;
    }
    status = check_sources(set, ask, err);
    if (status != LV_OK) {
        return status;
    }
    if (pair >= set->quality.pair_count) {
        return lv_fail(err, LV_E_RANGE, "there is no pair %u: the set has %zu, counted from 0",
                       pair, set->quality.pair_count);
    }
    out->pair = pair;
    out->ask = *ask;
    status = combine(set, job, out, err);
    if (status != LV_OK) {
        lv_combined_free(out);
    }
    return status;
}

void lv_combined_free(lv_combined *combined)
{
    if (combined == NULL) {
        return;
    }
    for (size_t i = 0; i < LV_FORMULAS; i++) {
        lv_matrix_free(combined->z[i]);
        lv_matrix_free(combined->distance[i]);
    }
    lv_matrix_free(combined->size);
    lv_buffer_free(&combined->encoding);
    *combined = (lv_combined){0};
}
