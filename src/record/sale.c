/* Kind "sale": docs/protocol.md sections 3 and 9. */
#include "record/body.h"

#define FIELD(field, kind, least, most)                                                            \
    LV_FIELD(Lotveil__V1__Sale, lv_sale, field, kind, least, most)

static const lv_field FIELDS[] = {
    FIELD(channel, LV_FIELD_NAME, 0, 0),
    FIELD(author, LV_FIELD_NAME, 0, 0),
    FIELD(buyer, LV_FIELD_NAME, 0, 0),
    FIELD(set_id, LV_FIELD_DIGEST, 0, 0),
    FIELD(purchase_digest, LV_FIELD_DIGEST, 0, 0),
    FIELD(time, LV_FIELD_TIME, 0, 0),
};

static const lv_body BODY = {
    .kind = LV_KIND_SALE,
    .what = "sale",
    .type = &lotveil__v1__sale__descriptor,
    .size = sizeof(lv_sale),
    .author = offsetof(lv_sale, author),
    .time = offsetof(lv_sale, time),
    .fields = FIELDS,
    .field_count = LV_FIELD_COUNT(FIELDS),
};

LV_BODY_FUNCTIONS(sale, BODY)
