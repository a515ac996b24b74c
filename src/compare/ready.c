/* What of a set is made before its values are there. */
#include "base/reader.h"
#include "base/writer.h"
#include "compare/set.h"

/* Encoding: blocks (u32 length, bytes): key proof, masks. */

size_t lv_set_masks(const lv_set_plan *plan)
{
    size_t matrices = plan->with_distance ? 4 : 3; /* x, y, w, and the distance */
    return matrices * plan->pair_count * plan->series->scale.bits;
}

static lv_status prove(const lv_set_plan *plan, const lv_identity *author, const lv_secret_key *key,
                       const lv_job *job, lv_buffer *proof, lv_error *err)
{
    lv_quality named = {.sequence = plan->sequence};
    lv_name_copy(named.channel, plan->quality_channel);
    lv_name_copy(named.author, lv_identity_msp(author));
    lv_name_copy(named.series, plan->series->name);
    lv_proof_context context = lv_key_proof_context(&named);
    return lv_key_prove(key, &context, job, proof, err);
}

lv_status lv_set_prepare(const lv_set_plan *plan, const lv_identity *author, const lv_job *job,
                         lv_secret_key **key, lv_set_ready *out, lv_error *err)
{
    *key = NULL;
    *out = (lv_set_ready){0};
    const lv_suite *suite = lv_suite_find(plan->series->suite);
    if (suite == NULL || !lv_suite_has_masks(suite)) {
        return lv_fail(err, LV_E_ARGUMENT, "series %s: nothing of a set of suite %s is made ahead",
                       plan->series->name, plan->series->suite);
    }
    lv_status status = lv_series_key(plan->series, suite, job, key, err);
    if (status == LV_OK) {
        status = prove(plan, author, *key, job, &out->key_proof, err);
    }
    if (status == LV_OK) {
        status = lv_masks_make(*key, lv_set_masks(plan), job, &out->masks, err);
    }
    if (status != LV_OK) {
        lv_key_free(*key);
        *key = NULL;
        lv_set_ready_wipe(out);
    }
    return status;
}

void lv_set_ready_wipe(lv_set_ready *ready)
{
    lv_masks_free(ready->masks);
    lv_buffer_free(&ready->key_proof);
    *ready = (lv_set_ready){0};
}

static lv_status write_masks(const lv_masks *masks, lv_buffer *secret)
{
    lv_buffer encoded = {0};
    lv_status status = lv_masks_encode(masks, &encoded);
    if (status == LV_OK) {
        status = lv_write_block(secret, lv_buffer_view(&encoded));
    }
    lv_buffer_wipe(&encoded);
    return status;
}

lv_status lv_set_ready_encode(const lv_set_ready *ready, lv_buffer *secret)
{
    lv_status status = lv_write_block(secret, lv_buffer_view(&ready->key_proof));
    return status != LV_OK ? status : write_masks(ready->masks, secret);
}

lv_status lv_set_ready_decode(const lv_suite *suite, lv_bytes secret, lv_set_ready *out,
                              lv_error *err)
{
    lv_reader reader = lv_reader_of(secret);
    lv_bytes proof = lv_read_block(&reader, secret.len);
    lv_bytes masks = lv_read_block(&reader, secret.len);
    *out = (lv_set_ready){0};
    lv_status status = lv_reader_end(&reader);
    if (status != LV_OK) {
        return lv_fail(err, status, "%zu bytes do not hold what a set is made of", secret.len);
    }
    status = lv_buffer_append(&out->key_proof, proof.data, proof.len);
    if (status == LV_OK) {
        status = lv_masks_decode(suite, masks, &out->masks, err);
    }
    if (status != LV_OK) {
        lv_set_ready_wipe(out);
    }
    return status;
}
