/** The first alarm rule: a change for the worse, on a scale at or above a threshold. Pure. */
#ifndef LV_INSIGHT_ALARM_H
#define LV_INSIGHT_ALARM_H

#include <lotveil/series.h>
#include <lotveil/suite.h>

/** Room for the sentence: a series, a lot and a time at their longest, and the words. */
#define LV_ALARM_TEXT_MAX 512U

typedef struct {
    bool worse_rise; /* a rise is worse */
    bool worse_fall; /* a fall is worse */
    uint64_t alarm_scale;
} lv_alarm_rule;

/** A verdict and what it is about. Texts are borrowed. */
typedef struct {
    lv_formula direction; /* LV_EQUAL never raises an alarm */
    uint64_t scale;
    const char *series;
    const char *lot;  /* the later lot */
    const char *time; /* of the later lot */
} lv_alarm_change;

/** Does the change raise an alarm?
 * @param[out] reason  the sentence for people, such as "moisture rose by a change on the scale of
 *                     64 in lot LOT-03 (time 3), at or above the alarm scale 32"; "" where there
 *                     is no alarm. It tells scales, never values. Texts longer than
 *                     lotveil/series.h allows are cut. */
bool lv_alarm_raise(const lv_alarm_rule *rule, const lv_alarm_change *change,
                    char reason[LV_ALARM_TEXT_MAX]);

/** The rule in words: "rise at or above 32", "rise or fall at or above 1", "never". */
void lv_alarm_rule_text(const lv_alarm_rule *rule, char text[LV_ALARM_TEXT_MAX]);

#endif
