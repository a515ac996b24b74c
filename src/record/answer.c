/* Kind "answer": docs/protocol.md sections 5 and 6. */
#include "record/body.h"
#include <assert.h>

static_assert(sizeof(lv_question) == sizeof(uint32_t), "a question is copied as a 32-bit field");
static_assert(sizeof(lv_formula) == sizeof(uint32_t), "a formula is copied as a 32-bit field");

#define FIELD(field, kind, least, most)                                                            \
    LV_FIELD(Lotveil__V1__Answer, lv_answer, field, kind, least, most)

static const lv_field FIELDS[] = {
    FIELD(author, LV_FIELD_NAME, 0, 0),
    FIELD(upstream, LV_FIELD_NAME, 0, 0),
    FIELD(inquiry_digest, LV_FIELD_DIGEST, 0, 0),
    FIELD(set_id, LV_FIELD_DIGEST, 0, 0),
    FIELD(pair, LV_FIELD_U32, 0, LV_SET_PAIRS_MAX - 1),
    FIELD(formula, LV_FIELD_U32, 0, LV_DIFFERENT),
    FIELD(index, LV_FIELD_U32, 0, LV_WIDTH_MAX - 1),
    FIELD(proof, LV_FIELD_BYTES, 0, LV_RECORD_PROOF_MAX),
    FIELD(time, LV_FIELD_TIME, 0, 0),
    FIELD(question, LV_FIELD_U32, 1, LV_QUESTIONS),
    FIELD(limit, LV_FIELD_U64, 0, LV_LIMIT_MAX),
};

static lv_status check(const void *record, lv_error *err)
{
    const lv_answer *answer = record;
    return lv_field_check_limit("answer", answer->question, answer->limit, err);
}

static const lv_body BODY = {
    .kind = LV_KIND_ANSWER,
    .what = "answer",
    .type = &lotveil__v1__answer__descriptor,
    .size = sizeof(lv_answer),
    .author = offsetof(lv_answer, author),
    .time = offsetof(lv_answer, time),
    .fields = FIELDS,
    .field_count = LV_FIELD_COUNT(FIELDS),
    .check = check,
};

LV_BODY_FUNCTIONS(answer, BODY)
