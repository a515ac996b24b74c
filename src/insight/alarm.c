#include "insight/alarm.h"
#include <inttypes.h>
#include <stdio.h>

/* An answer to a threshold says on which side of the limit the later value is. */
static bool is_worse(const lv_alarm_rule *rule, lv_formula direction)
{
    bool threshold = rule->question == LV_ASK_THRESHOLD;
    lv_formula up = threshold ? LV_FALL : LV_RISE;
    lv_formula down = threshold ? LV_RISE : LV_FALL;

    if (rule->question == LV_ASK_EQUALITY) {
        return direction == LV_DIFFERENT;
    }
    return (direction == up && rule->worse_rise) || (direction == down && rule->worse_fall);
}

static bool has_scale(const lv_alarm_rule *rule)
{
    return rule->question == LV_ASK_INDEX || rule->question == LV_ASK_BAND;
}

/* What befell the series, between its name and that of the lot. */
static const char *happened(const lv_alarm_rule *rule, lv_formula direction)
{
    switch (rule->question) {
    case LV_ASK_THRESHOLD:
        return direction == LV_FALL ? "is above the limit" : "is below the limit";
    case LV_ASK_EQUALITY:
        return "is different";
    default:
        return direction == LV_RISE ? "rose" : "fell";
    }
}

bool lv_alarm_raise(const lv_alarm_rule *rule, const lv_alarm_change *change,
                    char reason[LV_ALARM_TEXT_MAX])
{
    char scale[48] = "";
    char bound[64] = "";

    reason[0] = '\0';
    if (!is_worse(rule, change->direction) ||
        (has_scale(rule) && change->scale < rule->alarm_scale)) {
        return false;
    }
    if (has_scale(rule)) {
        snprintf(scale, sizeof scale, " by a change on the scale of %" PRIu64, change->scale);
        snprintf(bound, sizeof bound, ", at or above the alarm scale %" PRIu64, rule->alarm_scale);
    } else if (rule->question == LV_ASK_THRESHOLD) {
        snprintf(scale, sizeof scale, " %.40s", rule->limit);
    }
    snprintf(reason, LV_ALARM_TEXT_MAX, "%.*s %s%s in lot %.*s (time %.*s)%s", (int)LV_NAME_MAX,
             change->series, happened(rule, change->direction), scale, (int)LV_LOT_MAX, change->lot,
             (int)LV_NAME_MAX, change->time, bound);
    return true;
}

/* The worse directions, or the worse sides of a limit. */
static void sides_text(const lv_alarm_rule *rule, char text[32])
{
    bool threshold = rule->question == LV_ASK_THRESHOLD;
    const char *up = threshold ? "above" : "rise";
    const char *down = threshold ? "below" : "fall";

    snprintf(text, 32, "%s%s%s", rule->worse_rise ? up : "",
             rule->worse_rise && rule->worse_fall ? " or " : "", rule->worse_fall ? down : "");
}

void lv_alarm_rule_text(const lv_alarm_rule *rule, char text[LV_ALARM_TEXT_MAX])
{
    char sides[32];

    if (rule->question == LV_ASK_EQUALITY) {
        snprintf(text, LV_ALARM_TEXT_MAX, "different");
        return;
    }
    sides_text(rule, sides);
    if (sides[0] == '\0') {
        snprintf(text, LV_ALARM_TEXT_MAX, "never");
    } else if (has_scale(rule)) {
        snprintf(text, LV_ALARM_TEXT_MAX, "%s at or above %" PRIu64, sides, rule->alarm_scale);
    } else if (rule->question == LV_ASK_THRESHOLD) {
        snprintf(text, LV_ALARM_TEXT_MAX, "%s %.40s", sides, rule->limit);
    } else {
        snprintf(text, LV_ALARM_TEXT_MAX, "%s", sides);
    }
}
