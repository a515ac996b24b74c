/** The first alarm rule: what of the answers to one question is worth an alarm. Pure. */
#ifndef LV_INSIGHT_ALARM_H
#define LV_INSIGHT_ALARM_H

#include <lotveil/record.h>

/** Room for the sentence: a series, a lot and a time at their longest, and the words. */
#define LV_ALARM_TEXT_MAX 512U

/** Index and band: a change for the worse on a scale at or above `alarm_scale`. Direction: every
 *  change for the worse. Threshold: a later value on the worse side of the limit, above it where a
 *  rise is worse, below it where a fall is. Equality: every difference. */
typedef struct {
    lv_question question;
    bool worse_rise;      /* a rise is worse; not looked at for equality */
    bool worse_fall;      /* a fall is worse; likewise */
    uint64_t alarm_scale; /* index and band */
    const char *limit;    /* threshold: as people wrote it, for the words; borrowed */
} lv_alarm_rule;

/** A verdict in answer to the question of the rule, and what it is about. Texts are borrowed. */
typedef struct {
    lv_formula direction; /* as an answer tells it: for a threshold LV_RISE is below the limit */
    uint64_t scale;       /* index and band */
    const char *series;
    const char *lot;  /* the later lot */
    const char *time; /* of the later lot */
} lv_alarm_change;

/** Does the verdict raise an alarm?
 * @param[out] reason  the sentence for people, such as "moisture rose by a change on the scale of
 *                     64 in lot LOT-03 (time 3), at or above the alarm scale 32"; "" where there
 *                     is no alarm. It tells scales and limits, never values. Texts longer than
 *                     lotveil/series.h allows are cut. */
bool lv_alarm_raise(const lv_alarm_rule *rule, const lv_alarm_change *change,
                    char reason[LV_ALARM_TEXT_MAX]);

/** The rule in words: "rise at or above 32", "rise or fall", "above 12.5", "different", "never". */
void lv_alarm_rule_text(const lv_alarm_rule *rule, char text[LV_ALARM_TEXT_MAX]);

#endif
