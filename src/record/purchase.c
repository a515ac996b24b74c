/* Kind "purchase": docs/protocol.md sections 3 and 9. */
#include "record/body.h"

#define FIELD(field, kind, least, most)                                                            \
    LV_FIELD(Lotveil__V1__Purchase, lv_purchase, field, kind, least, most)

static const lv_field FIELDS[] = {
    FIELD(author, LV_FIELD_NAME, 0, 0),
    FIELD(servicer, LV_FIELD_NAME, 0, 0),
    FIELD(set_id, LV_FIELD_DIGEST, 0, 0),
    FIELD(time, LV_FIELD_TIME, 0, 0),
};

static const lv_body BODY = {
    .kind = LV_KIND_PURCHASE,
    .what = "purchase",
    .type = &lotveil__v1__purchase__descriptor,
    .size = sizeof(lv_purchase),
    .author = offsetof(lv_purchase, author),
    .time = offsetof(lv_purchase, time),
    .fields = FIELDS,
    .field_count = LV_FIELD_COUNT(FIELDS),
};

LV_BODY_FUNCTIONS(purchase, BODY)
