#include "insight/alarm.h"
#include <inttypes.h>
#include <stdio.h>

static bool is_worse(const lv_alarm_rule *rule, lv_formula direction)
{
    return (direction == LV_RISE && rule->worse_rise) || (direction == LV_FALL && rule->worse_fall);
}

bool lv_alarm_raise(const lv_alarm_rule *rule, const lv_alarm_change *change,
                    char reason[LV_ALARM_TEXT_MAX])
{
    reason[0] = '\0';
    if (!is_worse(rule, change->direction) || change->scale < rule->alarm_scale) {
        return false;
    }
    snprintf(reason, LV_ALARM_TEXT_MAX,
             "%.*s %s by a change on the scale of %" PRIu64
             " in lot %.*s (time %.*s), at or above the alarm scale %" PRIu64,
             (int)LV_NAME_MAX, change->series, change->direction == LV_RISE ? "rose" : "fell",
             change->scale, (int)LV_LOT_MAX, change->lot, (int)LV_NAME_MAX, change->time,
             rule->alarm_scale);
    return true;
}

void lv_alarm_rule_text(const lv_alarm_rule *rule, char text[LV_ALARM_TEXT_MAX])
{
    if (!rule->worse_rise && !rule->worse_fall) {
        snprintf(text, LV_ALARM_TEXT_MAX, "never");
        return;
    }
    snprintf(text, LV_ALARM_TEXT_MAX, "%s%s%s at or above %" PRIu64, rule->worse_rise ? "rise" : "",
             rule->worse_rise && rule->worse_fall ? " or " : "", rule->worse_fall ? "fall" : "",
             rule->alarm_scale);
}
