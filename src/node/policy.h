/** What a downstream lets each of its counterparts ask about a series, and what an answer costs
 *  (docs/protocol.md section 8). Pure.
 *
 *  Prices and budgets are counted in thousandths of a bit: an answer that can come out in n ways
 *  costs log2 n bits, rounded up. */
#ifndef LV_NODE_POLICY_H
#define LV_NODE_POLICY_H

#include <lotveil/record.h>

#define LV_BIT 1000U /* thousandths */
#define LV_BUDGET_BITS_MAX 1000000U
#define LV_PERIOD_DAYS_MAX 3650U
#define LV_PERIOD_DAYS 30U /* where a policy does not say */

typedef struct {
    char to[LV_NAME_MAX + 1]; /* the counterpart; "" in the policies of lv_policy_find below */
    unsigned allow;           /* bit lv_question of each question that may be asked */
    bool limited;             /* else answers are counted and never refused for their number */
    uint64_t budget;          /* of a period, where limited */
    uint32_t period_days;     /* answers younger than that count */
} lv_policy;

/** Lets one more question be asked; who may ask for the index may ask for the direction as well. */
void lv_policy_allow(lv_policy *policy, lv_question question);
bool lv_policy_allows(const lv_policy *policy, lv_question question);

/** The policy towards `to`. Without any policy (count 0) everybody may ask for direction and index
 *  without limit, as in the published system; with some, whom none of them names may ask nothing.
 *  Never NULL. */
const lv_policy *lv_policy_find(const lv_policy *policies, size_t count, const char *to);

/** Does any of the policies (or the one that holds without any) let this question be asked? */
bool lv_policy_any(const lv_policy *policies, size_t count, lv_question question);

/** What one answer costs, in thousandths of a bit; 0 for what is no question.
 * @param width  k of the series, 1..LV_WIDTH_MAX: index and band come out in 2k + 1 ways. */
uint64_t lv_policy_price(lv_question question, unsigned width);

/** What is left of the budget; UINT64_MAX where it is not limited. */
uint64_t lv_policy_left(const lv_policy *policy, uint64_t spent);

/** How much must fall out of the period until an answer of that price fits; 0: it fits now.
 *  UINT64_MAX: it is dearer than the whole budget. */
uint64_t lv_policy_short(const lv_policy *policy, uint64_t spent, uint64_t price);

/** Seconds of the period. */
int64_t lv_policy_period(const lv_policy *policy);

#define LV_POLICY_TEXT_MAX 64U

/** The questions in words: "direction, index, threshold"; "nothing". */
void lv_policy_text(const lv_policy *policy, char text[LV_POLICY_TEXT_MAX]);

#define LV_BITS_TEXT_MAX 32U

/** Thousandths of a bit as a decimal of bits: "1.585", "200". */
void lv_bits_text(uint64_t thousandths, char text[LV_BITS_TEXT_MAX]);

#endif
