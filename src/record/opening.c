/* Kind "opening": docs/protocol.md section 11. */
#include "record/body.h"

#define FIELD(field, kind, least, most)                                                            \
    LV_FIELD(Lotveil__V1__Opening, lv_opening, field, kind, least, most)

static const lv_field FIELDS[] = {
    FIELD(author, LV_FIELD_NAME, 0, 0),   FIELD(auditor, LV_FIELD_TEXT, 0, LV_AUDITOR_MAX),
    FIELD(set_id, LV_FIELD_DIGEST, 0, 0), FIELD(key_digest, LV_FIELD_DIGEST, 0, 0),
    FIELD(time, LV_FIELD_TIME, 0, 0),
};

static const lv_body BODY = {
    .kind = LV_KIND_OPENING,
    .what = "opening",
    .type = &lotveil__v1__opening__descriptor,
    .size = sizeof(lv_opening),
    .author = offsetof(lv_opening, author),
    .time = offsetof(lv_opening, time),
    .fields = FIELDS,
    .field_count = LV_FIELD_COUNT(FIELDS),
};

LV_BODY_FUNCTIONS(opening, BODY)
