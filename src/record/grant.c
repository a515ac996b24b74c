/* Kind "grant": docs/protocol.md sections 3 and 9. */
#include "record/body.h"

#define FIELD(field, kind, least, most)                                                            \
    LV_FIELD(Lotveil__V1__Grant, lv_grant, field, kind, least, most)

static const lv_field FIELDS[] = {
    FIELD(channel, LV_FIELD_NAME, 0, 0),       FIELD(author, LV_FIELD_NAME, 0, 0),
    FIELD(buyer, LV_FIELD_NAME, 0, 0),         FIELD(servicer, LV_FIELD_NAME, 0, 0),
    FIELD(series, LV_FIELD_NAME, 0, 0),        FIELD(number, LV_FIELD_U64, 1, UINT64_MAX),
    FIELD(quota, LV_FIELD_U32, 0, UINT32_MAX), FIELD(revoke, LV_FIELD_BOOL, 0, 0),
    FIELD(time, LV_FIELD_TIME, 0, 0),
};

static const lv_body BODY = {
    .kind = LV_KIND_GRANT,
    .what = "grant",
    .type = &lotveil__v1__grant__descriptor,
    .size = sizeof(lv_grant),
    .author = offsetof(lv_grant, author),
    .time = offsetof(lv_grant, time),
    .fields = FIELDS,
    .field_count = LV_FIELD_COUNT(FIELDS),
};

LV_BODY_FUNCTIONS(grant, BODY)
