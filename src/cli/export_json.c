#include "cli/export_json.h"
#include "base/base64.h"
#include "base/hex.h"
#include "base/parallel.h"
#include "base/secret.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

json_t *lv_base64_json(lv_bytes bytes)
{
    size_t len = sodium_base64_encoded_len(bytes.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(len);
    if (text == NULL) {
        return NULL;
    }
    sodium_bin2base64(text, len, bytes.data, bytes.len, sodium_base64_VARIANT_ORIGINAL);
    json_t *json = json_string(text);
    free(text);
    return json;
}

void lv_json_wipe(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);
    if (text != NULL) {
        lv_wipe((void *)(uintptr_t)text, json_string_length(value));
    }
}

static json_t *hex_json(lv_bytes bytes)
{
    char *text = malloc(2 * bytes.len + 1);
    if (text == NULL) {
        return NULL;
    }
    lv_hex_encode(bytes, text);
    json_t *json = json_string(text);
    free(text);
    return json;
}

static json_t *buffer_json(const lv_buffer *buffer) { return hex_json(lv_buffer_view(buffer)); }

static json_t *digest_json(const lv_digest *digest)
{
    return hex_json((lv_bytes){digest->bytes, LV_DIGEST_LEN});
}

static lv_status take(const json_t *answer, const char *key, lv_buffer *out, lv_error *err)
{
    const char *text = json_string_value(json_object_get(answer, key));
    if (text == NULL) {
        return LV_OK;
    }
    lv_status status = lv_base64_decode(text, out);
    return status == LV_E_SYNTAX ? lv_fail(err, status, "the node's \"%s\" is no base64", key)
                                 : status;
}

lv_status lv_export_read(const json_t *answer, lv_export_records *out, lv_error *err)
{
    *out = (lv_export_records){.pairs = json_object_get(answer, "pairs")};
    lv_status status = take(answer, "quality", &out->quality, err);
    if (status == LV_OK) {
        status = take(answer, "xor", &out->xor_record, err);
    }
    if (status == LV_OK) {
        status = take(answer, "receipt", &out->receipt, err);
    }
    if (status != LV_OK) {
        lv_export_free(out);
    }
    return status;
}

void lv_export_free(lv_export_records *records)
{
    lv_buffer_free(&records->quality);
    lv_buffer_free(&records->xor_record);
    lv_buffer_free(&records->receipt);
    *records = (lv_export_records){0};
}

/* ---- the bodies ---- */

static json_t *pair_json(const lv_pair *pair)
{
    json_t *parents = json_array();
    for (size_t i = 0; i < pair->parent_count; i++) {
        json_array_append_new(parents, json_string(pair->parents[i]));
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "earlier_lot", pair->earlier_lot,
                     "later_lot", pair->later_lot, "earlier_time", pair->earlier_time, "later_time",
                     pair->later_time, "basis", pair->baseline ? "baseline" : "consecutive",
                     "parents", parents);
}

static json_t *scale_json(const lv_quality *record)
{
    return record->has_scale
               ? json_pack("{s:I, s:I}", "decimals", (json_int_t)record->scale.decimals, "offset",
                           (json_int_t)record->scale.offset)
               : json_null();
}

static lv_status quality_json(lv_bytes body, json_t **out, lv_error *err)
{
    lv_quality record;
    lv_status status = lv_quality_decode(body, &record, err);
    if (status != LV_OK) {
        return status;
    }
    json_t *pairs = json_array();
    for (size_t i = 0; i < record.pair_count; i++) {
        json_array_append_new(pairs, pair_json(&record.pairs[i]));
    }
    *out = json_pack("{s:s, s:s, s:s, s:I, s:s, s:I, s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o,"
                     " s:o, s:o, s:b}",
                     "channel", record.channel, "author", record.author, "series", record.series,
                     "sequence", (json_int_t)record.sequence, "suite", record.suite, "width",
                     (json_int_t)record.width, "unit", record.unit, "time", (json_int_t)record.time,
                     "public_key", buffer_json(&record.public_key), "key_proof",
                     buffer_json(&record.key_proof), "pairs", pairs, "x", buffer_json(&record.x),
                     "y", buffer_json(&record.y), "xor_digest", digest_json(&record.xor_digest),
                     "corrects", record.has_corrects ? digest_json(&record.corrects) : json_null(),
                     "bit_proof", buffer_json(&record.bit_proof), "scale", scale_json(&record),
                     "distance", (int)record.distance);
    lv_quality_free(&record);
    return LV_OK;
}

static lv_status xor_json(lv_bytes body, json_t **out, lv_error *err)
{
    lv_xor record;
    lv_status status = lv_xor_decode(body, &record, err);
    if (status != LV_OK) {
        return status;
    }
    *out = json_pack("{s:s, s:s, s:s, s:I, s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                     "channel", record.channel, "author", record.author, "series", record.series,
                     "sequence", (json_int_t)record.sequence, "suite", record.suite, "width",
                     (json_int_t)record.width, "pairs", (json_int_t)record.pairs, "time",
                     (json_int_t)record.time, "public_key", buffer_json(&record.public_key), "w",
                     buffer_json(&record.w), "binding", digest_json(&record.binding), "w_proof",
                     buffer_json(&record.w_proof), "both_proof", buffer_json(&record.both_proof),
                     "d", buffer_json(&record.d), "d_proof", buffer_json(&record.d_proof));
    lv_xor_free(&record);
    return LV_OK;
}

static lv_status receipt_json(lv_bytes body, json_t **out, lv_error *err)
{
    lv_receipt record;
    lv_status status = lv_receipt_decode(body, &record, err);
    if (status != LV_OK) {
        return status;
    }
    *out = json_pack("{s:s, s:s, s:o, s:o, s:o, s:I}", "author", record.author, "buyer",
                     record.buyer, "set_id", digest_json(&record.set_id), "xor_digest",
                     digest_json(&record.xor_digest), "purchase_digest",
                     digest_json(&record.purchase_digest), "time", (json_int_t)record.time);
    lv_receipt_free(&record);
    return LV_OK;
}

static lv_status inquiry_json(lv_bytes body, json_t **out, lv_error *err)
{
    lv_inquiry record;
    lv_status status = lv_inquiry_decode(body, &record, err);
    if (status != LV_OK) {
        return status;
    }
    *out = json_pack("{s:s, s:s, s:s, s:o, s:I, s:o, s:o, s:I, s:I, s:I}", "author", record.author,
                     "downstream", record.downstream, "channel", record.channel, "set_id",
                     digest_json(&record.set_id), "pair", (json_int_t)record.pair, "z_digest",
                     digest_json(&record.z_digest), "z", buffer_json(&record.z), "time",
                     (json_int_t)record.time, "question", (json_int_t)record.question, "limit",
                     (json_int_t)record.limit);
    lv_inquiry_free(&record);
    return LV_OK;
}

static lv_status answer_json(lv_bytes body, json_t **out, lv_error *err)
{
    lv_answer record;
    lv_status status = lv_answer_decode(body, &record, err);
    if (status != LV_OK) {
        return status;
    }
    *out = json_pack("{s:s, s:s, s:o, s:o, s:I, s:I, s:I, s:o, s:I, s:I, s:I}", "author",
                     record.author, "upstream", record.upstream, "inquiry_digest",
                     digest_json(&record.inquiry_digest), "set_id", digest_json(&record.set_id),
                     "pair", (json_int_t)record.pair, "formula", (json_int_t)record.formula,
                     "index", (json_int_t)record.index, "proof", buffer_json(&record.proof), "time",
                     (json_int_t)record.time, "question", (json_int_t)record.question, "limit",
                     (json_int_t)record.limit);
    lv_answer_free(&record);
    return LV_OK;
}

/* A Signed with its decoded body. */
static lv_status signed_json(lv_bytes bytes, json_t **out, lv_error *err)
{
    static lv_status (*const bodies[])(lv_bytes, json_t **, lv_error *) = {
        [LV_KIND_QUALITY] = quality_json, [LV_KIND_XOR] = xor_json,
        [LV_KIND_RECEIPT] = receipt_json, [LV_KIND_INQUIRY] = inquiry_json,
        [LV_KIND_ANSWER] = answer_json,
    };
    lv_kind kind = LV_KIND_QUALITY;
    lv_signed record = {0};
    json_t *body = NULL;
    lv_status status = lv_signed_peek(bytes, &kind, &record, err);
    if (status != LV_OK) {
        return status;
    }
    if ((size_t)kind < sizeof bodies / sizeof bodies[0] && bodies[kind] != NULL) {
        status = bodies[kind](lv_buffer_view(&record.body), &body, err);
    } else {
        status = lv_fail(err, LV_E_SYNTAX, "a %s has no place in an export", lv_kind_name(kind));
    }
    if (status == LV_OK) {
        *out =
            json_pack("{s:s, s:o, s:o, s:o, s:o}", "kind", lv_kind_name(kind), "signed",
                      lv_base64_json(bytes), "digest", digest_json(&record.digest), "certificate",
                      lv_base64_json(lv_buffer_view(&record.certificate)), "record", body);
        status = *out == NULL ? LV_E_MEMORY : LV_OK;
    }
    lv_signed_free(&record);
    return status;
}

static lv_status put_signed(json_t *object, const char *key, const lv_buffer *bytes, lv_error *err)
{
    json_t *value = json_null();
    lv_status status = bytes->len > 0 ? signed_json(lv_buffer_view(bytes), &value, err) : LV_OK;
    if (status != LV_OK) {
        lv_error_prefix(err, "%s: ", key);
        return status;
    }
    return json_object_set_new(object, key, value) == 0 ? LV_OK : LV_E_MEMORY;
}

/* ---- inquiries and answers ---- */

static lv_status put_exchange(json_t *list, const json_t *pair, lv_error *err)
{
    static const char *const keys[] = {"inquiry", "answer"};
    json_t *entry = json_object();
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < sizeof keys / sizeof keys[0]; i++) {
        lv_buffer bytes = {0};
        status = take(pair, keys[i], &bytes, err);
        if (status == LV_OK) {
            status = put_signed(entry, keys[i], &bytes, err);
        }
        lv_buffer_free(&bytes);
    }
    json_array_append_new(list, entry);
    return status;
}

static lv_status put_exchanges(json_t *object, const json_t *pairs, lv_error *err)
{
    json_t *list = json_array();
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < json_array_size(pairs); i++) {
        status = put_exchange(list, json_array_get(pairs, i), err);
    }
    if (json_object_set_new(object, "exchanges", list) != 0 && status == LV_OK) {
        status = LV_E_MEMORY;
    }
    return status;
}

/* ---- Enc(z) ---- */

static lv_status put_matrix(json_t *object, const char *name, const lv_matrix *z)
{
    lv_buffer bytes = {0};
    if (z == NULL) {
        return LV_OK;
    }
    lv_status status = lv_matrix_encode(z, &bytes);
    if (status == LV_OK && json_object_set_new(object, name, buffer_json(&bytes)) != 0) {
        status = LV_E_MEMORY;
    }
    lv_buffer_free(&bytes);
    return status;
}

static lv_status put_vectors(json_t *object, const lv_combined *combined)
{
    const struct {
        const char *name;
        const lv_matrix *z;
    } vectors[] = {
        {"equal", combined->z[LV_EQUAL]},
        {"rise", combined->z[LV_RISE]},
        {"fall", combined->z[LV_FALL]},
        {"size", combined->size},
        {"distance_rise", combined->distance[LV_RISE]},
        {"distance_fall", combined->distance[LV_FALL]},
    };
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < sizeof vectors / sizeof vectors[0]; i++) {
        status = put_matrix(object, vectors[i].name, vectors[i].z);
    }
    return status;
}

static lv_status put_combined(json_t *list, const lv_set *set, uint32_t pair, const lv_ask *ask,
                              lv_error *err)
{
    lv_job job = {.threads = lv_processors()};
    lv_combined combined;
    lv_status status = lv_set_combine(set, pair, ask, &job, &combined, err);
    if (status != LV_OK) {
        return status;
    }
    json_t *entry =
        json_pack("{s:I, s:s, s:I, s:o, s:o}", "pair", (json_int_t)pair, "question",
                  lv_question_name(ask->question), "limit", (json_int_t)ask->limit, "digest",
                  digest_json(&combined.digest), "encoding", buffer_json(&combined.encoding));
    status = put_vectors(entry, &combined);
    json_array_append_new(list, entry);
    lv_combined_free(&combined);
    return status;
}

/* What else than the index an inquiry asked for. */
static lv_status put_asked(json_t *list, const lv_set *set, const json_t *pair, lv_error *err)
{
    lv_buffer bytes = {0};
    lv_kind kind = LV_KIND_INQUIRY;
    lv_signed envelope = {0};
    lv_inquiry inquiry = {0};
    lv_status status = take(pair, "inquiry", &bytes, err);
    if (status == LV_OK && bytes.len > 0) {
        status = lv_signed_peek(lv_buffer_view(&bytes), &kind, &envelope, err);
        if (status == LV_OK) {
            status = lv_inquiry_decode(lv_buffer_view(&envelope.body), &inquiry, err);
        }
        if (status == LV_OK && inquiry.question != LV_ASK_INDEX) {
            const lv_ask ask = {.question = inquiry.question, .limit = inquiry.limit};
            status = put_combined(list, set, inquiry.pair, &ask, err);
        }
    }
    lv_inquiry_free(&inquiry);
    lv_signed_free(&envelope);
    lv_buffer_free(&bytes);
    return status;
}

static lv_status put_all_combined(json_t *object, const lv_export_records *records,
                                  const lv_trust *trust, lv_error *err)
{
    const lv_ask index = {.question = LV_ASK_INDEX};
    lv_set *set = NULL;
    lv_job job = {.threads = lv_processors()};
    json_t *list = json_array();
    lv_status status =
        lv_set_open_both(lv_buffer_view(&records->quality), lv_buffer_view(&records->xor_record),
                         trust, &job, &set, err);
    size_t pairs = status == LV_OK ? lv_set_quality(set)->pair_count : 0;
    for (size_t i = 0; status == LV_OK && i < pairs; i++) {
        status = put_combined(list, set, (uint32_t)i, &index, err);
    }
    for (size_t i = 0; status == LV_OK && i < json_array_size(records->pairs); i++) {
        status = put_asked(list, set, json_array_get(records->pairs, i), err);
    }
    if (json_object_set_new(object, "combined", list) != 0 && status == LV_OK) {
        status = LV_E_MEMORY;
    }
    lv_set_free(set);
    return status;
}

lv_status lv_export_json(const char *set_id, const lv_export_records *records,
                         const lv_trust *trust, json_t **out, lv_error *err)
{
    json_t *object = json_pack("{s:s, s:s}", "format", "lotveil-export-1", "set_id", set_id);
    lv_status status = object == NULL ? LV_E_MEMORY : LV_OK;
    *out = NULL;
    if (status == LV_OK) {
        status = put_signed(object, "quality", &records->quality, err);
    }
    if (status == LV_OK) {
        status = put_signed(object, "xor", &records->xor_record, err);
    }
    if (status == LV_OK) {
        status = put_signed(object, "receipt", &records->receipt, err);
    }
    if (status == LV_OK) {
        status = put_exchanges(object, records->pairs, err);
    }
    if (status == LV_OK && records->quality.len > 0 && records->xor_record.len > 0) {
        status = put_all_combined(object, records, trust, err);
    }
    if (status != LV_OK) {
        json_decref(object);
        return status;
    }
    *out = object;
    return LV_OK;
}
