#include "node/policy.h"
#include <inttypes.h>
#include <lotveil/compare.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const int64_t DAY_SECONDS = 86400;

static unsigned bit_of(lv_question question) { return 1U << (unsigned)question; }

void lv_policy_allow(lv_policy *policy, lv_question question)
{
    policy->allow |= bit_of(question);
    if (question == LV_ASK_INDEX) {
        policy->allow |= bit_of(LV_ASK_DIRECTION);
    }
}

bool lv_policy_allows(const lv_policy *policy, lv_question question)
{
    return question >= LV_ASK_DIRECTION && question <= LV_ASK_EQUALITY &&
           (policy->allow & bit_of(question)) != 0;
}

const lv_policy *lv_policy_find(const lv_policy *policies, size_t count, const char *to)
{
    static const lv_policy everybody = {.allow = 1U << LV_ASK_DIRECTION | 1U << LV_ASK_INDEX,
                                        .period_days = LV_PERIOD_DAYS};
    static const lv_policy nobody = {.period_days = LV_PERIOD_DAYS};

    for (size_t i = 0; i < count; i++) {
        if (strcmp(policies[i].to, to) == 0) {
            return &policies[i];
        }
    }
    return count == 0 ? &everybody : &nobody;
}

bool lv_policy_any(const lv_policy *policies, size_t count, lv_question question)
{
    bool any = count == 0 && lv_policy_allows(lv_policy_find(NULL, 0, ""), question);
    for (size_t i = 0; i < count; i++) {
        any = any || lv_policy_allows(&policies[i], question);
    }
    return any;
}

/* In how many ways an answer can come out; 1 for what is no question. */
static unsigned answers(lv_question question, unsigned width)
{
    switch (question) {
    case LV_ASK_DIRECTION:
    case LV_ASK_THRESHOLD:
        return 3;
    case LV_ASK_INDEX:
    case LV_ASK_BAND:
        return 2 * width + 1;
    case LV_ASK_EQUALITY:
        return 2;
    default:
        return 1;
    }
}

uint64_t lv_policy_price(lv_question question, unsigned width)
{
    return (uint64_t)ceil(LV_BIT * log2(answers(question, width)));
}

uint64_t lv_policy_left(const lv_policy *policy, uint64_t spent)
{
    if (!policy->limited) {
        return UINT64_MAX;
    }
    return spent < policy->budget ? policy->budget - spent : 0;
}

uint64_t lv_policy_short(const lv_policy *policy, uint64_t spent, uint64_t price)
{
    if (price <= lv_policy_left(policy, spent)) {
        return 0;
    }
    return price > policy->budget ? UINT64_MAX : spent - (policy->budget - price);
}

int64_t lv_policy_period(const lv_policy *policy) { return policy->period_days * DAY_SECONDS; }

void lv_policy_text(const lv_policy *policy, char text[LV_POLICY_TEXT_MAX])
{
    size_t used = 0;

    snprintf(text, LV_POLICY_TEXT_MAX, "nothing");
    for (unsigned i = LV_ASK_DIRECTION; i <= LV_ASK_EQUALITY; i++) {
        if (lv_policy_allows(policy, (lv_question)i)) {
            used += (size_t)snprintf(text + used, LV_POLICY_TEXT_MAX - used, "%s%s",
                                     used > 0 ? ", " : "", lv_question_name((lv_question)i));
        }
    }
}

void lv_bits_text(uint64_t thousandths, char text[LV_BITS_TEXT_MAX])
{
    snprintf(text, LV_BITS_TEXT_MAX, "%" PRIu64 ".%03u", thousandths / LV_BIT,
             (unsigned)(thousandths % LV_BIT));
    size_t len = strlen(text);
    while (text[len - 1] == '0') {
        text[--len] = '\0';
    }
    if (text[len - 1] == '.') {
        text[len - 1] = '\0';
    }
}
