/* What an XOR record holds: docs/protocol.md sections 3 and 7. */
#include "compare/set.h"

lv_proof_context lv_xor_proof_context(const lv_xor *record)
{
    return (lv_proof_context){
        .channel = record->channel,
        .downstream = record->author,
        .upstream = "",
        .series = record->series,
        .sequence = record->sequence,
        .pair = 0,
    };
}

lv_status lv_check_bits(const lv_public_key *key, const lv_bits_field *field, size_t fields,
                        const lv_job *job, size_t *bad, lv_error *err)
{
    lv_bits_claim claim[LV_SET_BIT_FIELDS];
    for (size_t i = 0; i < fields; i++) {
        claim[i] = field[i].claim;
    }
    lv_status status = lv_bits_verify_all(key, claim, fields, job, bad, err);
    if (status != LV_OK) {
        lv_error_prefix(err, "field %s: ", field[*bad].field);
    }
    return status;
}

static lv_status decode(const lv_public_key *key, const lv_xor *record, const char *field,
                        const lv_buffer *bytes, lv_matrix **out, lv_error *err)
{
    lv_status status =
        lv_matrix_decode(key, record->pairs, record->width, lv_buffer_view(bytes), out, err);
    if (status != LV_OK) {
        lv_error_prefix(err, "field %s: ", field);
    }
    return status;
}

size_t lv_xor_bit_fields(const lv_xor *record, const lv_set *set, const lv_matrix *w,
                         const lv_matrix *d, const lv_proof_context *context,
                         lv_bits_field field[LV_XOR_BIT_FIELDS])
{
    size_t fields = 0;
    field[fields++] = (lv_bits_field){
        "w_proof", {LV_BITS_XOR, {.w = w}, context, lv_buffer_view(&record->w_proof)}};
    if (d != NULL) {
        field[fields++] = (lv_bits_field){
            "d_proof", {LV_BITS_DISTANCE, {.d = d}, context, lv_buffer_view(&record->d_proof)}};
    }
    if (set != NULL) {
        field[fields++] = (lv_bits_field){"both_proof",
                                          {LV_BITS_BOTH,
                                           {.x = set->x, .y = set->y, .w = w},
                                           context,
                                           lv_buffer_view(&record->both_proof)}};
    }
    return fields;
}

static lv_status check_proofs(const lv_public_key *key, const lv_xor *record, const lv_set *set,
                              const lv_matrix *w, const lv_matrix *d, const lv_job *job,
                              lv_error *err)
{
    const lv_proof_context context = lv_xor_proof_context(record);
    lv_bits_field field[LV_XOR_BIT_FIELDS];
    size_t bad = 0;
    const size_t fields = lv_xor_bit_fields(record, set, w, d, &context, field);
    return lv_check_bits(key, field, fields, job, &bad, err);
}

lv_status lv_xor_contents(const lv_public_key *key, const lv_xor *record, bool proofs,
                          const lv_set *set, const lv_job *job, lv_matrix **w, lv_matrix **d,
                          lv_error *err)
{
    *w = NULL;
    *d = NULL;
    lv_status status = decode(key, record, "w", &record->w, w, err);
    if (status == LV_OK && record->d.len > 0) {
        status = decode(key, record, "d", &record->d, d, err);
    }
    if (status == LV_OK && *d == NULL && record->d_proof.len > 0) {
        status = lv_fail(err, LV_INVALID, "field d_proof: a proof where there is no d");
    }
    if (status == LV_OK && proofs) {
        status = check_proofs(key, record, set, *w, *d, job, err);
    }
    if (status != LV_OK) {
        lv_matrix_free(*w);
        lv_matrix_free(*d);
        *w = NULL;
        *d = NULL;
    }
    return status;
}

lv_status lv_xor_check(const lv_xor *record, const lv_job *job, lv_error *err)
{
    const lv_suite *suite = lv_suite_find(record->suite);
    if (suite == NULL) {
        return lv_fail(err, LV_INVALID, "field suite: there is no suite %s", record->suite);
    }
    lv_public_key *key = NULL;
    lv_matrix *w = NULL;
    lv_matrix *d = NULL;
    lv_status status = lv_public_decode(suite, lv_buffer_view(&record->public_key), &key, err);
    if (status == LV_OK) {
        status = lv_xor_contents(key, record, true, NULL, job, &w, &d, err);
    }
    lv_matrix_free(w);
    lv_matrix_free(d);
    lv_public_free(key);
    return status;
}
