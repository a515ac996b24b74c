/* Table 3, combine: docs/protocol.md section 3, step 3. */
#include "base/writer.h"
#include "compare/set.h"
#include "record/digest.h"

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

bool lv_combined_is_of(const lv_combined *combined, const lv_set *set)
{
    lv_digest digest;
    return combined->pair < set->quality.pair_count &&
           digest_z(&set->id, combined, &digest) == LV_OK &&
           lv_digest_equal(&digest, &combined->digest);
}

static lv_status combine(const lv_set *set, const lv_job *job, lv_combined *out, lv_error *err)
{
    for (size_t i = 0; i < LV_FORMULAS; i++) {
        lv_matrix **z = &out->z[ORDER[i]];
        lv_status status =
            lv_combine(set->key, set->x, set->y, set->w, ORDER[i], out->pair, 1, job, z, err);
        if (status == LV_OK) {
            status = lv_matrix_encode(*z, &out->encoding);
        }
        if (status != LV_OK) {
            return status;
        }
    }
    return digest_z(&set->id, out, &out->digest);
}

lv_status lv_set_combine(const lv_set *set, uint32_t pair, const lv_ask *ask, const lv_job *job,
                         lv_combined *out, lv_error *err)
{
    *out = (lv_combined){0};
    lv_status status = lv_ask_check(ask, set->quality.width, err);
    if (status != LV_OK) {
        return status;
    }
    if (ask->question != LV_ASK_INDEX) {
        return lv_fail(err, LV_E_ARGUMENT, "a question about the %s cannot be asked yet",
                       lv_question_name(ask->question));
    }
    if (set->w == NULL) {
        return lv_fail(err, LV_E_ARGUMENT, "the set has no XOR record yet; buy it first");
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
