/* Kind "xor": docs/protocol.md sections 3 and 9. */
#include "record/body.h"

#define FIELD(field, kind, least, most) LV_FIELD(Lotveil__V1__Xor, lv_xor, field, kind, least, most)

static const lv_field FIELDS[] = {
    FIELD(channel, LV_FIELD_NAME, 0, 0),
    FIELD(author, LV_FIELD_NAME, 0, 0),
    FIELD(series, LV_FIELD_NAME, 0, 0),
    FIELD(sequence, LV_FIELD_U64, 1, UINT64_MAX),
    FIELD(suite, LV_FIELD_NAME, 0, 0),
    FIELD(width, LV_FIELD_U32, 1, LV_WIDTH_MAX),
    FIELD(pairs, LV_FIELD_U32, 1, LV_SET_PAIRS_MAX),
    FIELD(public_key, LV_FIELD_BYTES, 1, LV_PUBLIC_KEY_MAX),
    FIELD(w, LV_FIELD_BYTES, 1, LV_RECORD_MAX),
    FIELD(binding, LV_FIELD_DIGEST, 0, 0),
    FIELD(time, LV_FIELD_TIME, 0, 0),
    FIELD(w_proof, LV_FIELD_BYTES, 0, LV_BIT_PROOF_MAX),
    FIELD(both_proof, LV_FIELD_BYTES, 0, LV_BIT_PROOF_MAX),
    FIELD(d, LV_FIELD_BYTES, 0, LV_RECORD_MAX),
    FIELD(d_proof, LV_FIELD_BYTES, 0, LV_BIT_PROOF_MAX),
};

static const lv_body BODY = {
    .kind = LV_KIND_XOR,
    .what = "xor record",
    .type = &lotveil__v1__xor__descriptor,
    .size = sizeof(lv_xor),
    .author = offsetof(lv_xor, author),
    .time = offsetof(lv_xor, time),
    .fields = FIELDS,
    .field_count = LV_FIELD_COUNT(FIELDS),
};

LV_BODY_FUNCTIONS(xor, BODY)
