/* The questions: docs/protocol.md section 8. */
#include "compare/set.h"
#include <inttypes.h>
#include <string.h>

static const char *const NAMES[] = {
    [LV_ASK_DIRECTION] = "direction", [LV_ASK_INDEX] = "index",       [LV_ASK_BAND] = "band",
    [LV_ASK_THRESHOLD] = "threshold", [LV_ASK_EQUALITY] = "equality",
};

static bool is_question(lv_question question) { return (unsigned)question - 1U < LV_QUESTIONS; }

const char *lv_question_name(lv_question question)
{
    return is_question(question) ? NAMES[question] : "unknown";
}

bool lv_question_find(const char *text, lv_question *out)
{
    *out = LV_ASK_DIRECTION;
    for (unsigned i = 1; i <= LV_QUESTIONS; i++) {
        if (strcmp(text, NAMES[i]) == 0) {
            *out = (lv_question)i;
            return true;
        }
    }
    return false;
}

const char *lv_verdict_name(lv_formula direction)
{
    switch (direction) {
    case LV_EQUAL:
        return "equal";
    case LV_RISE:
        return "rise";
    case LV_FALL:
        return "fall";
    case LV_DIFFERENT:
        return "different";
    }
    return "unknown";
}

const char *lv_verdict_word(lv_question question, lv_formula direction)
{
    static const char *const places[] = {
        [LV_EQUAL] = "at", [LV_RISE] = "below", [LV_FALL] = "above"};
    return question == LV_ASK_THRESHOLD && (unsigned)direction < LV_FORMULAS
               ? places[direction]
               : lv_verdict_name(direction);
}

lv_status lv_ask_check(const lv_ask *ask, unsigned width, lv_error *err)
{
    if (!is_question(ask->question)) {
        return lv_fail(err, LV_E_ARGUMENT, "there is no question %d", (int)ask->question);
    }
    if (ask->question != LV_ASK_THRESHOLD && ask->limit != 0) {
        return lv_fail(err, LV_E_ARGUMENT, "a question about the %s has no limit",
                       lv_question_name(ask->question));
    }
    if (ask->limit >> width != 0) {
        return lv_fail(err, LV_E_RANGE, "the limit %" PRIu64 " is beyond the series' %u bits",
                       ask->limit, width);
    }
    return LV_OK;
}
