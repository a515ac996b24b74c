/* Kind "quality": docs/protocol.md sections 3 and 9. */
#include "record/body.h"
#include "record/wire.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHAT_MAX 48U

static const char WHAT[] = "quality record";
static const char CONSECUTIVE[] = "consecutive";
static const char BASELINE[] = "baseline";

#define FIELD(field, kind, least, most)                                                            \
    LV_FIELD(Lotveil__V1__Quality, lv_quality, field, kind, least, most)
#define PAIR_FIELD(field, most) LV_FIELD(Lotveil__V1__Pair, lv_pair, field, LV_FIELD_TEXT, 1, most)

static const lv_field FIELDS[] = {
    FIELD(channel, LV_FIELD_NAME, 0, 0),
    FIELD(author, LV_FIELD_NAME, 0, 0),
    FIELD(series, LV_FIELD_NAME, 0, 0),
    FIELD(sequence, LV_FIELD_U64, 1, UINT64_MAX),
    FIELD(suite, LV_FIELD_NAME, 0, 0),
    FIELD(width, LV_FIELD_U32, 1, LV_WIDTH_MAX),
    FIELD(public_key, LV_FIELD_BYTES, 1, LV_PUBLIC_KEY_MAX),
    FIELD(key_proof, LV_FIELD_BYTES, 0, LV_RECORD_PROOF_MAX),
    FIELD(x, LV_FIELD_BYTES, 1, LV_RECORD_MAX),
    FIELD(y, LV_FIELD_BYTES, 1, LV_RECORD_MAX),
    FIELD(xor_digest, LV_FIELD_DIGEST, 0, 0),
    FIELD(time, LV_FIELD_TIME, 0, 0),
    FIELD(unit, LV_FIELD_TEXT, 0, LV_NAME_MAX),
    FIELD(bit_proof, LV_FIELD_BYTES, 0, LV_BIT_PROOF_MAX),
    FIELD(distance, LV_FIELD_BOOL, 0, 0),
};

static const lv_field PAIR_FIELDS[] = {
    PAIR_FIELD(earlier_lot, LV_LOT_MAX),
    PAIR_FIELD(later_lot, LV_LOT_MAX),
    PAIR_FIELD(earlier_time, LV_NAME_MAX),
    PAIR_FIELD(later_time, LV_NAME_MAX),
};

static void name_pair(size_t i, char what[WHAT_MAX])
{
    snprintf(what, WHAT_MAX, "%s: pair %zu", WHAT, i);
}

/* ---- limits ---- */

static lv_status check_pair(const lv_pair *pair, size_t i, lv_error *err)
{
    char what[WHAT_MAX];
    name_pair(i, what);
    if (pair->parent_count > LV_PARENTS_MAX) {
        return lv_fail(err, LV_E_LIMIT, "%s: field parents: %zu lots, over the limit of %u", what,
                       pair->parent_count, LV_PARENTS_MAX);
    }
    lv_status status = lv_fields_check(what, PAIR_FIELDS, LV_FIELD_COUNT(PAIR_FIELDS), pair, err);
    for (size_t p = 0; status == LV_OK && p < pair->parent_count; p++) {
        status = lv_field_check_text(what, "parents", pair->parents[p], 1, LV_LOT_MAX, err);
    }
    return status;
}

static lv_status check_pair_count(size_t count, lv_error *err)
{
    if (count == 0) {
        return lv_fail(err, LV_E_SYNTAX, "%s: field pairs: missing", WHAT);
    }
    if (count > LV_SET_PAIRS_MAX) {
        return lv_fail(err, LV_E_LIMIT, "%s: field pairs: %zu pairs, over the limit of %u", WHAT,
                       count, LV_SET_PAIRS_MAX);
    }
    return LV_OK;
}

static lv_status check_scale(const lv_quality *quality, lv_error *err)
{
    int64_t greatest = 0;
    if (!quality->has_scale) {
        return LV_OK;
    }
    if (quality->scale.decimals > LV_DECIMALS_MAX) {
        return lv_fail(err, LV_E_SYNTAX, "%s: field scale: decimals must be 0 to %d", WHAT,
                       LV_DECIMALS_MAX);
    }
    if (quality->scale.offset == INT64_MIN ||
        __builtin_add_overflow(quality->scale.offset, ((int64_t)1 << quality->width) - 1,
                               &greatest)) {
        return lv_fail(err, LV_E_SYNTAX, "%s: field scale: offset is out of range", WHAT);
    }
    return LV_OK;
}

static lv_status check(const void *record, lv_error *err)
{
    const lv_quality *quality = record;
    lv_status status = check_pair_count(quality->pair_count, err);
    if (status == LV_OK) {
        status = check_scale(quality, err);
    }
    for (size_t i = 0; status == LV_OK && i < quality->pair_count; i++) {
        status = check_pair(&quality->pairs[i], i, err);
    }
    return status;
}

/* ---- record to message ---- */

static lv_status lend_pair(const lv_pair *pair, Lotveil__V1__Pair *wire)
{
    lotveil__v1__pair__init(wire);
    lv_fields_lend(PAIR_FIELDS, LV_FIELD_COUNT(PAIR_FIELDS), pair, &wire->base);
    wire->basis = lv_wire_text(pair->baseline ? BASELINE : CONSECUTIVE);
    if (pair->parent_count == 0) {
        return LV_OK;
    }
    wire->parents = (char **)calloc(pair->parent_count, sizeof *wire->parents);
    if (wire->parents == NULL) {
        return LV_E_MEMORY;
    }
    wire->n_parents = pair->parent_count;
    for (size_t i = 0; i < pair->parent_count; i++) {
        wire->parents[i] = lv_wire_text(pair->parents[i]);
    }
    return LV_OK;
}

static lv_status lend_pairs(const lv_quality *quality, Lotveil__V1__Quality *wire)
{
    wire->pairs = (Lotveil__V1__Pair **)calloc(quality->pair_count, sizeof *wire->pairs);
    if (wire->pairs == NULL) {
        return LV_E_MEMORY;
    }
    for (size_t i = 0; i < quality->pair_count; i++) {
        wire->pairs[i] = malloc(sizeof *wire->pairs[i]);
        if (wire->pairs[i] == NULL) {
            return LV_E_MEMORY;
        }
        wire->n_pairs = i + 1;
        lv_status status = lend_pair(&quality->pairs[i], wire->pairs[i]);
        if (status != LV_OK) {
            return status;
        }
    }
    return LV_OK;
}

static lv_status lend_scale(const lv_quality *quality, Lotveil__V1__Quality *wire)
{
    if (!quality->has_scale) {
        return LV_OK;
    }
    wire->scale = malloc(sizeof *wire->scale);
    if (wire->scale == NULL) {
        return LV_E_MEMORY;
    }
    lotveil__v1__scale__init(wire->scale);
    wire->scale->decimals = quality->scale.decimals;
    wire->scale->offset = quality->scale.offset;
    return LV_OK;
}

static lv_status lend(const void *record, ProtobufCMessage *message, lv_error *err)
{
    const lv_quality *quality = record;
    Lotveil__V1__Quality *wire = (Lotveil__V1__Quality *)message;
    if (quality->has_corrects) {
        wire->corrects = lv_wire_bytes(
            (lv_bytes){.data = quality->corrects.bytes, .len = sizeof quality->corrects.bytes});
    }
    lv_status status = lend_scale(quality, wire);
    if (status == LV_OK) {
        status = lend_pairs(quality, wire);
    }
    return status == LV_OK ? LV_OK : lv_fail(err, status, "%s: no memory for it", WHAT);
}

static void give_back(ProtobufCMessage *message)
{
    Lotveil__V1__Quality *wire = (Lotveil__V1__Quality *)message;
    for (size_t i = 0; i < wire->n_pairs; i++) {
        free((void *)wire->pairs[i]->parents);
        free(wire->pairs[i]);
    }
    free((void *)wire->pairs);
    free(wire->scale);
}

/* ---- message to record ---- */

static lv_status copy_parents(const char *what, const Lotveil__V1__Pair *wire, lv_pair *pair,
                              lv_error *err)
{
    if (wire->n_parents == 0) {
        return LV_OK;
    }
    if (wire->n_parents > LV_PARENTS_MAX) {
        return lv_fail(err, LV_E_LIMIT, "%s: field parents: %zu lots, over the limit of %u", what,
                       wire->n_parents, LV_PARENTS_MAX);
    }
    pair->parents = calloc(wire->n_parents, sizeof *pair->parents);
    if (pair->parents == NULL) {
        return lv_fail(err, LV_E_MEMORY, "%s: no memory for its parents", what);
    }
    pair->parent_count = wire->n_parents;
    for (size_t i = 0; i < wire->n_parents; i++) {
        lv_status status = lv_field_copy_text(what, "parents", wire->parents[i], LV_LOT_MAX,
                                              pair->parents[i], err);
        if (status != LV_OK) {
            return status;
        }
    }
    return LV_OK;
}

static lv_status copy_pair(size_t i, const Lotveil__V1__Pair *wire, lv_pair *pair, lv_error *err)
{
    char what[WHAT_MAX];
    name_pair(i, what);
    pair->baseline = strcmp(wire->basis, BASELINE) == 0;
    if (!pair->baseline && strcmp(wire->basis, CONSECUTIVE) != 0) {
        return lv_fail(err, LV_E_SYNTAX, "%s: field basis: must be \"%s\" or \"%s\"", what,
                       CONSECUTIVE, BASELINE);
    }
    lv_status status =
        lv_fields_copy(what, PAIR_FIELDS, LV_FIELD_COUNT(PAIR_FIELDS), &wire->base, pair, err);
    return status == LV_OK ? copy_parents(what, wire, pair, err) : status;
}

static lv_status copy_corrects(const Lotveil__V1__Quality *wire, lv_quality *quality, lv_error *err)
{
    if (wire->corrects.len == 0) {
        return LV_OK;
    }
    if (wire->corrects.len != LV_DIGEST_LEN) {
        return lv_fail(err, LV_E_SYNTAX, "%s: field corrects: must be empty or %u bytes", WHAT,
                       LV_DIGEST_LEN);
    }
    quality->has_corrects = true;
    memcpy(quality->corrects.bytes, wire->corrects.data, LV_DIGEST_LEN);
    return LV_OK;
}

static void copy_scale(const Lotveil__V1__Quality *wire, lv_quality *quality)
{
    quality->has_scale = wire->scale != NULL;
    if (wire->scale != NULL) {
        quality->scale = (lv_fixed_scale){
            .decimals = wire->scale->decimals, .offset = wire->scale->offset, .bits = wire->width};
    }
}

static lv_status copy(const ProtobufCMessage *message, void *record, lv_error *err)
{
    const Lotveil__V1__Quality *wire = (const Lotveil__V1__Quality *)message;
    lv_quality *quality = record;
    lv_status status = copy_corrects(wire, quality, err);
    copy_scale(wire, quality);
    if (status == LV_OK) {
        status = check_pair_count(wire->n_pairs, err);
    }
    if (status != LV_OK) {
        return status;
    }
    quality->pairs = calloc(wire->n_pairs, sizeof *quality->pairs);
    if (quality->pairs == NULL) {
        return lv_fail(err, LV_E_MEMORY, "%s: no memory for its pairs", WHAT);
    }
    quality->pair_count = wire->n_pairs;
    for (size_t i = 0; status == LV_OK && i < wire->n_pairs; i++) {
        status = copy_pair(i, wire->pairs[i], &quality->pairs[i], err);
    }
    return status;
}

static void clear(void *record)
{
    lv_quality *quality = record;
    for (size_t i = 0; i < quality->pair_count; i++) {
        free(quality->pairs[i].parents);
    }
    free(quality->pairs);
}

static const lv_body BODY = {
    .kind = LV_KIND_QUALITY,
    .what = WHAT,
    .type = &lotveil__v1__quality__descriptor,
    .size = sizeof(lv_quality),
    .author = offsetof(lv_quality, author),
    .time = offsetof(lv_quality, time),
    .fields = FIELDS,
    .field_count = LV_FIELD_COUNT(FIELDS),
    .check = check,
    .lend = lend,
    .give_back = give_back,
    .copy = copy,
    .clear = clear,
};

LV_BODY_FUNCTIONS(quality, BODY)
