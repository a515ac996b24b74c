/** A question as a person writes it, in a follow file or on the command line: a word, and for a
 *  threshold a limit in the unit of the series. Pure. */
#ifndef LV_NODE_ASK_H
#define LV_NODE_ASK_H

#include <lotveil/compare.h>

#define LV_LIMIT_TEXT_MAX 40U
#define LV_ASK_WORDS "direction, index, band, threshold, equality" /* for words */

typedef struct {
    lv_question question;
    char limit[LV_LIMIT_TEXT_MAX + 1]; /* a plain decimal; "" unless LV_ASK_THRESHOLD */
} lv_ask_text;

/** Reads both words. @param limit  "" where none was given.
 * @return LV_OK; LV_E_SYNTAX with words where there is no such question, a threshold has no limit,
 *         another question has one, or the limit is no plain decimal. */
LV_MUST_CHECK lv_status lv_ask_read(const char *word, const char *limit, lv_ask_text *out,
                                    lv_error *err);

/** Brings it into the steps of a series.
 * @param scale  as the quality record tells it; NULL where it does not.
 * @return LV_OK; LV_REFUSED with words where the limit cannot be told exactly in those steps, or
 *         the record tells no scale. */
LV_MUST_CHECK lv_status lv_ask_resolve(const lv_ask_text *text, const lv_fixed_scale *scale,
                                       lv_ask *out, lv_error *err);

/** Does an answer tell on what scale a value changed? */
bool lv_ask_tells_scale(lv_question question);

/** Is it answered from both records, so that the XOR record must be bought first? */
bool lv_ask_needs_xor(lv_question question);

#endif
