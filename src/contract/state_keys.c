#include "contract/state_keys.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DECIMAL_MAX 24U

/* The longest key has three names of 64 bytes: it always fits. */
#define KEY(...)                                                                                   \
    lv_state_key key;                                                                              \
    snprintf(key.text, sizeof key.text, __VA_ARGS__);                                              \
    return key

lv_state_key lv_state_key_set(const char *set_id) { KEY("set/%s", set_id); }

lv_state_key lv_state_key_owner(const char *set_id) { KEY("owner/%s", set_id); }

lv_state_key lv_state_key_sequence(const char *author, const char *series, uint64_t sequence)
{
    KEY("sequence/%s/%s/%020" PRIu64, author, series, sequence);
}

lv_state_key lv_state_key_sequence_end(const char *author, const char *series)
{
    KEY("sequence/%s/%s/:", author, series); /* ':' is the byte after '9' */
}

lv_state_key lv_state_key_last(const char *author, const char *series)
{
    KEY("last/%s/%s", author, series);
}

lv_state_key lv_state_key_grant(const char *author, uint64_t number)
{
    KEY("grant/%s/%020" PRIu64, author, number);
}

lv_state_key lv_state_key_grants(const char *author) { KEY("grants/%s", author); }

lv_state_key lv_state_key_standing(const char *author, const char *series, const char *buyer)
{
    KEY("standing/%s/%s/%s", author, series, buyer);
}

lv_state_key lv_state_key_count(const char *author, uint64_t number)
{
    KEY("count/%s/%020" PRIu64, author, number);
}

lv_state_key lv_state_key_sale(const char *set_id, const char *buyer)
{
    KEY("sale/%s/%s", set_id, buyer);
}

lv_status lv_state_has(const lv_state *state, const lv_state_key *key, bool *has)
{
    lv_buffer value = {0};
    lv_status status = state->get(state->context, key->text, &value);
    *has = status == LV_OK;
    lv_buffer_free(&value);
    return status == LV_NOT_FOUND ? LV_OK : status;
}

lv_status lv_decimal_read(lv_bytes text, uint64_t *value)
{
    *value = 0;
    if (text.len == 0 || text.len > 20) {
        return LV_E_SYNTAX;
    }
    uint64_t read = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint64_t digit = (uint64_t)text.data[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(read, 10, &read) ||
            __builtin_add_overflow(read, digit, &read)) {
            return LV_E_SYNTAX;
        }
    }
    *value = read;
    return LV_OK;
}

lv_status lv_state_number(const lv_state *state, const lv_state_key *key, uint64_t *value,
                          lv_error *err)
{
    *value = 0;
    lv_buffer text = {0};
    lv_status status = state->get(state->context, key->text, &text);
    if (status == LV_OK && lv_decimal_read(lv_buffer_view(&text), value) != LV_OK) {
        status = lv_fail(err, LV_E_CORRUPT, "state key %s: holds no number", key->text);
    }
    lv_buffer_free(&text);
    return status == LV_NOT_FOUND ? LV_OK : status;
}

lv_status lv_state_set_number(const lv_state *state, const lv_state_key *key, uint64_t value)
{
    char text[DECIMAL_MAX];
    snprintf(text, sizeof text, "%" PRIu64, value);
    return lv_state_set_text(state, key, text);
}

lv_status lv_state_set_text(const lv_state *state, const lv_state_key *key, const char *text)
{
    return state->put(state->context, key->text, lv_bytes_of_text(text));
}
