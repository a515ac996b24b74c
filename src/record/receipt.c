/* Kind "receipt": docs/protocol.md sections 3 and 9. */
#include "record/body.h"

#define FIELD(field, kind, least, most)                                                            \
    LV_FIELD(Lotveil__V1__Receipt, lv_receipt, field, kind, least, most)

static const lv_field FIELDS[] = {
    FIELD(author, LV_FIELD_NAME, 0, 0),
    FIELD(buyer, LV_FIELD_NAME, 0, 0),
    FIELD(set_id, LV_FIELD_DIGEST, 0, 0),
    FIELD(xor_digest, LV_FIELD_DIGEST, 0, 0),
    FIELD(purchase_digest, LV_FIELD_DIGEST, 0, 0),
    FIELD(time, LV_FIELD_TIME, 0, 0),
};

static const lv_body BODY = {
    .kind = LV_KIND_RECEIPT,
    .what = "receipt",
    .type = &lotveil__v1__receipt__descriptor,
    .size = sizeof(lv_receipt),
    .author = offsetof(lv_receipt, author),
    .time = offsetof(lv_receipt, time),
    .fields = FIELDS,
    .field_count = LV_FIELD_COUNT(FIELDS),
};

LV_BODY_FUNCTIONS(receipt, BODY)
