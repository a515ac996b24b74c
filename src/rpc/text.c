#include "rpc/text.h"
#include <stdio.h>
#include <string.h>

static const char HEX[] = "0123456789ABCDEF";

static int hex_digit(uint8_t c)
{
    if (c >= 'a' && c <= 'f') {
        c = (uint8_t)(c - 'a' + 'A');
    }
    const char *at = c != 0 ? strchr(HEX, c) : NULL;
    return at != NULL ? (int)(at - HEX) : -1;
}

void lv_rpc_message_decode(lv_bytes text, char *out, size_t size)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len && len + 1 < size; i++) {
        uint8_t c = text.data[i];
        if (c == '%' && i + 2 < text.len) {
            int high = hex_digit(text.data[i + 1]);
            int low = hex_digit(text.data[i + 2]);
            if (high >= 0 && low >= 0) {
                c = (uint8_t)(high * 16 + low);
                i += 2;
            }
        }
        const bool control = c < ' ' || c == 0x7f;
        out[len++] = (char)(control ? ' ' : c);
    }
    out[len] = '\0';
}

lv_status lv_rpc_message_encode(const char *words, lv_buffer *out)
{
    lv_status status = LV_OK;
    for (const char *at = words; *at != '\0' && status == LV_OK; at++) {
        uint8_t c = (uint8_t)*at;
        if (c >= ' ' && c <= '~' && c != '%') {
            status = lv_buffer_append(out, at, 1);
        } else {
            const char escape[] = {'%', HEX[c >> 4], HEX[c & 15]};
            status = lv_buffer_append(out, escape, sizeof escape);
        }
    }
    return status;
}

static int base64_digit(uint8_t c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c != 0 ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

lv_status lv_rpc_base64_decode(lv_bytes text, lv_buffer *out)
{
    uint32_t bits = 0;
    unsigned held = 0;
    lv_status status = LV_OK;
    while (text.len > 0 && text.data[text.len - 1] == '=') {
        text.len--;
    }
    for (size_t i = 0; i < text.len && status == LV_OK; i++) {
        int digit = base64_digit(text.data[i]);
        if (digit < 0) {
            return LV_INVALID;
        }
        bits = (bits << 6 | (uint32_t)digit) & 0xffffff;
        held += 6;
        if (held >= 8) {
            held -= 8;
            uint8_t byte = (uint8_t)(bits >> held);
            status = lv_buffer_append(out, &byte, 1);
        }
    }
    return status == LV_OK && text.len % 4 == 1 ? LV_INVALID : status;
}

/* The units of grpc-timeout, the finest first, in nanoseconds. */
static const struct {
    char letter;
    int64_t ns;
} UNITS[] = {
    {'n', 1},          {'u', 1000},        {'m', 1000000},
    {'S', 1000000000}, {'M', 60000000000}, {'H', 3600000000000},
};

void lv_rpc_timeout_encode(int64_t ms, char out[LV_RPC_TIMEOUT_LEN])
{
    static const int64_t most = 99999999;
    if (ms <= most) {
        snprintf(out, LV_RPC_TIMEOUT_LEN, "%dm", (int)ms);
        return;
    }
    int64_t seconds = ms / 1000 < most ? ms / 1000 : most;
    snprintf(out, LV_RPC_TIMEOUT_LEN, "%dS", (int)seconds);
}

lv_status lv_rpc_number_decode(lv_bytes text, int *number)
{
    *number = 0;
    if (text.len == 0 || text.len > 9) {
        return LV_INVALID;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            *number = 0;
            return LV_INVALID;
        }
        *number = *number * 10 + (text.data[i] - '0');
    }
    return LV_OK;
}

lv_status lv_rpc_timeout_decode(lv_bytes text, int64_t *ms)
{
    int number = 0;
    *ms = 0;
    if (text.len < 2 || text.len > 9 ||
        lv_rpc_number_decode((lv_bytes){text.data, text.len - 1}, &number) != LV_OK) {
        return LV_INVALID;
    }
    for (size_t i = 0; i < sizeof UNITS / sizeof UNITS[0]; i++) {
        if (UNITS[i].letter == (char)text.data[text.len - 1]) {
            const int64_t per_ms = 1000000;
            *ms = UNITS[i].ns >= per_ms ? number * (UNITS[i].ns / per_ms)
                                        : (number * UNITS[i].ns + per_ms - 1) / per_ms;
            return LV_OK;
        }
    }
    return LV_INVALID;
}
