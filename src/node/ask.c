#include "node/ask.h"
#include <stdio.h>
#include <string.h>

static bool is_decimal(const char *text)
{
    text += text[0] == '-' ? 1 : 0;
    size_t whole = strspn(text, "0123456789");
    const char *fraction = text + whole + (text[whole] == '.' ? 1 : 0);
    size_t places = strspn(fraction, "0123456789");
    return whole + places > 0 && fraction[places] == '\0';
}

lv_status lv_ask_read(const char *word, const char *limit, lv_ask_text *out, lv_error *err)
{
    *out = (lv_ask_text){.question = LV_ASK_DIRECTION};
    if (!lv_question_find(word, &out->question)) {
        return lv_fail(err, LV_E_SYNTAX,
                       "ask: there is no question '%.64s'; there are " LV_ASK_WORDS, word);
    }
    bool threshold = out->question == LV_ASK_THRESHOLD;
    if (threshold && limit[0] == '\0') {
        return lv_fail(err, LV_E_SYNTAX, "limit: a threshold needs one, such as \"12.5\"");
    }
    if (!threshold && limit[0] != '\0') {
        return lv_fail(err, LV_E_SYNTAX, "limit: only a threshold has one, not ask: %s", word);
    }
    if (threshold && (strlen(limit) > LV_LIMIT_TEXT_MAX || !is_decimal(limit))) {
        return lv_fail(err, LV_E_SYNTAX,
                       "limit: '%.64s' is no plain decimal of at most %u characters, such as "
                       "\"12.5\"",
                       limit, LV_LIMIT_TEXT_MAX);
    }
    snprintf(out->limit, sizeof out->limit, "%s", limit);
    return LV_OK;
}

/* Digits after the point, without zeros at the end. */
static size_t places_of(const char *text)
{
    const char *point = strchr(text, '.');
    size_t len = point != NULL ? strlen(point + 1) : 0;
    while (len > 0 && point[len] == '0') {
        len--;
    }
    return len;
}

static lv_status resolve_limit(const char *text, const lv_fixed_scale *scale, uint64_t *out,
                               lv_error *err)
{
    char least[32];
    char most[32];

    if (scale == NULL) {
        return lv_fail(err, LV_REFUSED,
                       "the record of this set does not tell its scale, so that no limit can be "
                       "stated: it was made when the downstream let nobody ask for thresholds");
    }
    if (places_of(text) > scale->decimals) {
        return lv_fail(err, LV_REFUSED,
                       "the limit %s cannot be told: this series has %u digits after the point",
                       text, scale->decimals);
    }
    if (lv_fixed_parse(scale, text, strlen(text), out) != LV_OK) {
        lv_fixed_format(scale, 0, least);
        lv_fixed_format(scale, ((uint64_t)1 << scale->bits) - 1, most);
        return lv_fail(err, LV_REFUSED,
                       "the limit %s cannot be told: values of this series are from %s to %s", text,
                       least, most);
    }
    return LV_OK;
}

lv_status lv_ask_resolve(const lv_ask_text *text, const lv_fixed_scale *scale, lv_ask *out,
                         lv_error *err)
{
    *out = (lv_ask){.question = text->question};
    return text->question == LV_ASK_THRESHOLD ? resolve_limit(text->limit, scale, &out->limit, err)
                                              : LV_OK;
}

bool lv_ask_tells_scale(lv_question question)
{
    return question == LV_ASK_INDEX || question == LV_ASK_BAND;
}

bool lv_ask_needs_xor(lv_question question) { return question != LV_ASK_THRESHOLD; }
