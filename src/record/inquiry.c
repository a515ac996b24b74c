/* Kind "inquiry": docs/protocol.md section 5. */
#include "record/body.h"
#include <assert.h>

static_assert(sizeof(lv_question) == sizeof(uint32_t), "a question is copied as a 32-bit field");

#define FIELD(field, kind, least, most)                                                            \
    LV_FIELD(Lotveil__V1__Inquiry, lv_inquiry, field, kind, least, most)

static const lv_field FIELDS[] = {
    FIELD(author, LV_FIELD_NAME, 0, 0),
    FIELD(downstream, LV_FIELD_NAME, 0, 0),
    FIELD(channel, LV_FIELD_NAME, 0, 0),
    FIELD(set_id, LV_FIELD_DIGEST, 0, 0),
    FIELD(pair, LV_FIELD_U32, 0, LV_SET_PAIRS_MAX - 1),
    FIELD(z_digest, LV_FIELD_DIGEST, 0, 0),
    FIELD(z, LV_FIELD_BYTES, 0, LV_RECORD_MAX),
    FIELD(time, LV_FIELD_TIME, 0, 0),
    FIELD(question, LV_FIELD_U32, 1, LV_QUESTIONS),
    FIELD(limit, LV_FIELD_U64, 0, LV_LIMIT_MAX),
};

static lv_status check(const void *record, lv_error *err)
{
    const lv_inquiry *inquiry = record;
    return lv_field_check_limit("inquiry", inquiry->question, inquiry->limit, err);
}

static const lv_body BODY = {
    .kind = LV_KIND_INQUIRY,
    .what = "inquiry",
    .type = &lotveil__v1__inquiry__descriptor,
    .size = sizeof(lv_inquiry),
    .author = offsetof(lv_inquiry, author),
    .time = offsetof(lv_inquiry, time),
    .fields = FIELDS,
    .field_count = LV_FIELD_COUNT(FIELDS),
    .check = check,
};

LV_BODY_FUNCTIONS(inquiry, BODY)
