/* Table 1, publish: docs/protocol.md section 3, step 1. */
#include "compare/contents.h"
#include <string.h>

/* What the other fields of a record and its envelope take at most, beside what lv_contents_len
 * counts; the pairs stand in the quality record. */
#define FIELDS_BASE 131072U
#define FIELDS_PER_PAIR 4096U

static lv_status check_size(const lv_set_plan *plan, const lv_public_key *key, lv_error *err)
{
    size_t quality = 0;
    size_t xor_record = 0;
    lv_contents_len(plan, key, &quality, &xor_record);
    quality += FIELDS_BASE + FIELDS_PER_PAIR * plan->pair_count;
    xor_record += FIELDS_BASE;
    if (quality > LV_RECORD_MAX || xor_record > LV_RECORD_MAX) {
        return lv_fail(err, LV_E_LIMIT,
                       "series %s: %zu pairs make a record over the limit of %u bytes; put fewer "
                       "pairs into one set",
                       plan->series->name, plan->pair_count, LV_RECORD_MAX);
    }
    return LV_OK;
}

static lv_status check_plan(const lv_set_plan *plan, lv_error *err)
{
    if (plan->pair_count == 0 || plan->pair_count > LV_SET_PAIRS_MAX) {
        return lv_fail(err, LV_E_ARGUMENT, "series %s: a set holds 1 to %u pairs, not %zu",
                       plan->series->name, LV_SET_PAIRS_MAX, plan->pair_count);
    }
    return lv_series_check(plan->series, err);
}

lv_status lv_series_key(const lv_series *series, const lv_suite *suite, const lv_job *job,
                        lv_secret_key **out, lv_error *err)
{
    lv_status status = lv_key_generate(suite, series->key_bits, job, out, err);
    if (status == LV_OK && series->short_exponents) {
        status = lv_key_shorten(*out, err);
        if (status != LV_OK) {
            lv_key_free(*out);
            *out = NULL;
        }
    }
    return status;
}

static lv_status check_key(const lv_series *series, const lv_public_key *key, lv_error *err)
{
    if (lv_public_suite(key) != lv_suite_find(series->suite) ||
        lv_public_key_bits(key) != series->key_bits) {
        return lv_fail(err, LV_E_ARGUMENT, "series %s: the key is not one of suite %s and %u bits",
                       series->name, series->suite, series->key_bits);
    }
    return LV_OK;
}

/* The key to encrypt under: the one given, or a fresh one. */
static lv_status take_key(const lv_set_plan *plan, const lv_job *job, lv_secret_key **key,
                          lv_error *err)
{
    const lv_series *series = plan->series;
    const lv_suite *suite = lv_suite_find(series->suite);
    if (suite == NULL) {
        return lv_fail(err, LV_E_CONFIG, "series %s: there is no suite %s", series->name,
                       series->suite);
    }
    if (*key == NULL) {
        return lv_series_key(series, suite, job, key, err);
    }
    if (lv_key_is_short(*key) != series->short_exponents) {
        return lv_fail(err, LV_E_ARGUMENT, "series %s: the key's exponents are %s, not as wanted",
                       series->name, lv_key_is_short(*key) ? "short" : "of full length");
    }
    return check_key(series, lv_key_public(*key), err);
}

/* The fields of the quality record that stand in the plan. `pairs` are lent. */
static void describe_quality(const lv_set_plan *plan, const lv_identity *author, lv_quality *out)
{
    lv_name_copy(out->channel, plan->quality_channel);
    lv_name_copy(out->author, lv_identity_msp(author));
    lv_name_copy(out->series, plan->series->name);
    lv_name_copy(out->suite, plan->series->suite);
    lv_name_copy(out->unit, plan->series->unit);
    out->sequence = plan->sequence;
    out->width = plan->series->scale.bits;
    out->time = plan->time;
    out->pair_count = plan->pair_count;
    out->has_corrects = plan->corrects != NULL;
    if (plan->corrects != NULL) {
        out->corrects = *plan->corrects;
    }
    out->distance = plan->with_distance;
    out->has_scale = plan->tell_scale;
    if (plan->tell_scale) {
        out->scale = plan->series->scale;
    }
}

static void describe_xor(const lv_set_plan *plan, const lv_identity *author, lv_xor *out)
{
    lv_name_copy(out->channel, plan->xor_channel);
    lv_name_copy(out->author, lv_identity_msp(author));
    lv_name_copy(out->series, plan->series->name);
    lv_name_copy(out->suite, plan->series->suite);
    out->sequence = plan->sequence;
    out->width = plan->series->scale.bits;
    out->pairs = (uint32_t)plan->pair_count;
    out->time = plan->time;
}

static lv_status prove_key(const lv_means *by, const lv_job *job, lv_quality *quality,
                           lv_error *err)
{
    if (by->ready != NULL) {
        const lv_buffer *proof = &by->ready->key_proof;
        return lv_buffer_append(&quality->key_proof, proof->data, proof->len);
    }
    lv_proof_context context = lv_key_proof_context(quality);
    return lv_key_prove(by->key, &context, job, &quality->key_proof, err);
}

/* Encrypts and proves what both records hold. */
static lv_status fill(const lv_set_plan *plan, const lv_means *by, const lv_job *job,
                      lv_quality *quality, lv_xor *xor_record, lv_error *err)
{
    lv_status status = lv_public_encode(by->shown, &quality->public_key);
    if (status == LV_OK) {
        status = lv_public_encode(by->shown, &xor_record->public_key);
    }
    if (status == LV_OK) {
        status = prove_key(by, job, quality, err);
    }
    if (status == LV_OK) {
        status = lv_contents_make(plan, by, job, quality, xor_record, err);
    }
    return status;
}

/* Signs the XOR record first: the quality record carries its digest. */
static lv_status seal(const lv_set_plan *plan, const lv_identity *author, lv_quality *quality,
                      lv_xor *xor_record, lv_set_made *out, lv_error *err)
{
    lv_bytes public_key = lv_buffer_view(&quality->public_key);
    lv_status status = lv_binding_of(public_key, lv_buffer_view(&quality->x),
                                     lv_buffer_view(&quality->y), &xor_record->binding);
    if (status == LV_OK) {
        status = lv_set_id_of(public_key, &out->set_id);
    }
    if (status == LV_OK) {
        status = lv_xor_seal(xor_record, author, &out->xor_record, err);
    }
    if (status == LV_OK) {
        status = lv_digest_of(lv_buffer_view(&out->xor_record), &quality->xor_digest);
    }
    if (status != LV_OK) {
        return status;
    }
    lv_quality lent = *quality; /* whose pairs are the plan's, and only read */
    lent.pairs = (lv_pair *)(uintptr_t)plan->pairs;
    return lv_quality_seal(&lent, author, &out->quality_record, err);
}

/* Makes both records. */
static lv_status make_records(const lv_set_plan *plan, const lv_identity *author,
                              const lv_means *by, const lv_job *job, lv_set_made *out,
                              lv_error *err)
{
    lv_quality quality = {0};
    lv_xor xor_record = {0};

    lv_status status = check_size(plan, by->shown, err);
    if (status == LV_OK) {
        describe_quality(plan, author, &quality);
        describe_xor(plan, author, &xor_record);
        status = fill(plan, by, job, &quality, &xor_record, err);
    }
    if (status == LV_OK) {
        status = seal(plan, author, &quality, &xor_record, out, err);
    }
    quality.pair_count = 0; /* they were never its own */
    lv_quality_free(&quality);
    lv_xor_free(&xor_record);
    if (status != LV_OK) {
        lv_set_made_free(out);
    }
    return status;
}

lv_status lv_set_make(const lv_set_plan *plan, const lv_identity *author, lv_secret_key *key,
                      const lv_job *job, lv_set_made *out, lv_error *err)
{
    *out = (lv_set_made){0};
    lv_status status = check_plan(plan, err);
    if (status == LV_OK) {
        status = take_key(plan, job, &key, err);
    }
    if (status == LV_OK) {
        const lv_means by = {.shown = lv_key_public(key), .key = key};
        status = make_records(plan, author, &by, job, out, err);
    }
    if (status != LV_OK) {
        lv_key_free(key);
        return status;
    }
    out->key = key;
    return LV_OK;
}

lv_status lv_set_make_ready(const lv_set_plan *plan, const lv_identity *author, lv_set_ready *ready,
                            const lv_job *job, lv_set_made *out, lv_error *err)
{
    *out = (lv_set_made){0};
    lv_status status = check_plan(plan, err);
    if (status == LV_OK) {
        status = check_key(plan->series, lv_masks_public(ready->masks), err);
    }
    if (status == LV_OK) {
        const lv_means by = {.shown = lv_masks_public(ready->masks), .ready = ready};
        status = make_records(plan, author, &by, job, out, err);
    }
    return status;
}

void lv_set_made_free(lv_set_made *made)
{
    if (made == NULL) {
        return;
    }
    lv_key_free(made->key);
    lv_buffer_free(&made->quality_record);
    lv_buffer_free(&made->xor_record);
    *made = (lv_set_made){0};
}
