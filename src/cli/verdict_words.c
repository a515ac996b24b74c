#include "cli/verdict_words.h"
#include "cli/table.h"
#include <string.h>

static const char *text_of(const json_t *entry, const char *key)
{
    const char *text = json_string_value(json_object_get(entry, key));
    return text != NULL ? text : "";
}

static bool is(const json_t *entry, const char *key, const char *text)
{
    return strcmp(text_of(entry, key), text) == 0;
}

static lv_status put_unit(const json_t *entry, lv_buffer *out)
{
    const char *unit = text_of(entry, "unit");
    return unit[0] != '\0' ? lv_buffer_printf(out, " %s", unit) : LV_OK;
}

static lv_status put_asked(const json_t *entry, lv_buffer *out)
{
    const char *limit = text_of(entry, "limit");
    lv_status status = lv_buffer_printf(out, "%s", text_of(entry, "question"));
    if (status == LV_OK && limit[0] != '\0') {
        status = lv_buffer_printf(out, " %s", limit);
        status = status == LV_OK ? put_unit(entry, out) : status;
    }
    return status;
}

/* The sizes of a band [2^b, 2^(b+1)), in steps and, where the scale is told, in the unit. */
static lv_status put_band(const json_t *entry, long long scale, lv_buffer *out)
{
    const char *least = text_of(entry, "least");
    const char *most = text_of(entry, "most");
    lv_status status = scale > 1 ? lv_buffer_printf(out, "%lld-%lld", scale, 2 * scale - 1)
                                 : lv_buffer_printf(out, "%lld", scale);
    if (status == LV_OK && least[0] != '\0') {
        status = scale > 1 ? lv_buffer_printf(out, " = %s-%s", least, most)
                           : lv_buffer_printf(out, " = %s", least);
        status = status == LV_OK ? put_unit(entry, out) : status;
    }
    return status;
}

static bool has_size(const json_t *entry)
{
    return json_is_integer(json_object_get(entry, "scale"));
}

static lv_status put_size(const json_t *entry, lv_buffer *out)
{
    long long scale = (long long)json_integer_value(json_object_get(entry, "scale"));
    return is(entry, "question", "band") ? put_band(entry, scale, out)
                                         : lv_buffer_printf(out, "%lld", scale);
}

static const char *backing(const json_t *entry)
{
    return json_is_true(json_object_get(entry, "proved")) ? "proof" : "signature";
}

/* Sets a member to text, or to null. */
static lv_status set_text(json_t *entry, const char *key, const lv_buffer *text)
{
    json_t *value = text->len > 0 ? json_string(lv_buffer_text(text)) : json_null();
    return json_object_set_new(entry, key, value) == 0 ? LV_OK : LV_E_MEMORY;
}

lv_status lv_verdict_dress(json_t *entry)
{
    lv_buffer asked = {0};
    lv_buffer size = {0};
    lv_buffer by = {0};

    lv_status status = put_asked(entry, &asked);
    if (status == LV_OK && has_size(entry)) {
        status = put_size(entry, &size);
    }
    if (status == LV_OK) {
        status = lv_buffer_printf(&by, "%s", backing(entry));
    }
    if (status == LV_OK) {
        status = set_text(entry, "asked", &asked);
    }
    if (status == LV_OK) {
        status = set_text(entry, "size", &size);
    }
    if (status == LV_OK) {
        status = set_text(entry, "by", &by);
    }
    lv_buffer_free(&asked);
    lv_buffer_free(&size);
    lv_buffer_free(&by);
    return status;
}

lv_status lv_verdicts_dress(const json_t *entries)
{
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < json_array_size(entries); i++) {
        status = lv_verdict_dress(json_array_get(entries, i));
    }
    return status;
}

/* What was found, after the lots. */
static lv_status put_finding(const json_t *entry, lv_buffer *out)
{
    lv_status status = lv_buffer_printf(out, "%s", text_of(entry, "verdict"));
    if (status == LV_OK && is(entry, "question", "threshold")) {
        status = lv_buffer_printf(out, " the limit %s", text_of(entry, "limit"));
        return status == LV_OK ? put_unit(entry, out) : status;
    }
    if (status == LV_OK && is(entry, "question", "direction")) {
        return lv_buffer_printf(out, " (no scale was asked for)");
    }
    if (status == LV_OK && has_size(entry) && !is(entry, "verdict", "equal")) {
        status = lv_buffer_printf(out, is(entry, "question", "band") ? " by " : ", scale ");
        return status == LV_OK ? put_size(entry, out) : status;
    }
    return status;
}

lv_status lv_verdict_sentence(const json_t *entry, lv_buffer *out)
{
    lv_buffer plain = {0};

    lv_status status = is(entry, "question", "threshold")
                           ? lv_buffer_printf(&plain, "%s: ", text_of(entry, "later_lot"))
                           : lv_buffer_printf(&plain, "%s > %s: ", text_of(entry, "earlier_lot"),
                                              text_of(entry, "later_lot"));
    if (status == LV_OK) {
        status = put_finding(entry, &plain);
    }
    if (status == LV_OK) {
        status = lv_buffer_printf(
            &plain, ", by %s%s%s", backing(entry),
            json_is_true(json_object_get(entry, "alarm")) ? ", ALARM" : "",
            json_is_true(json_object_get(entry, "repeated")) ? " (known before)" : "");
    }
    if (status == LV_OK) {
        status = lv_table_clean(lv_buffer_text(&plain), out);
    }
    lv_buffer_free(&plain);
    return status;
}
