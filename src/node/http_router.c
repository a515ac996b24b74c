#include "node/http_router.h"
#include "base/hex.h"
#include <stdlib.h>
#include <string.h>

/* The character that "%XX" stands for, or -1. */
static int decoded(const char *escape)
{
    uint8_t value = 0;
    if (escape[1] == '\0' || escape[2] == '\0') {
        return -1;
    }
    const char digits[3] = {escape[1], escape[2], '\0'};
    return lv_hex_decode(digits, &value, 1) == LV_OK ? value : -1;
}

static bool is_control(int c) { return c < 0x20 || c == 0x7f; }

static bool can_unescape(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (is_control((unsigned char)*at) || (*at == '%' && is_control(decoded(at)))) {
            return false;
        }
    }
    return true;
}

bool lv_http_unescape(char *text)
{
    if (!can_unescape(text)) {
        return false;
    }
    unsigned char *put = (unsigned char *)text;
    const char *at = text;
    while (*at != '\0') {
        bool escaped = *at == '%';
        *put++ = (unsigned char)(escaped ? decoded(at) : *at);
        at += escaped ? 3 : 1;
    }
    *put = '\0';
    return true;
}

/* Matches the path against a pattern with at most one '*'. The star takes one whole segment, not
 * empty. */
static bool matches(const char *pattern, const char *path, lv_bytes *tail)
{
    *tail = (lv_bytes){0};
    const char *star = strchr(pattern, '*');
    if (star == NULL) {
        return strcmp(pattern, path) == 0;
    }
    size_t before = (size_t)(star - pattern);
    if (strncmp(pattern, path, before) != 0) {
        return false;
    }
    const char *segment = path + before;
    size_t len = strcspn(segment, "/");
    *tail = (lv_bytes){.data = (const uint8_t *)segment, .len = len};
    return len > 0 && strcmp(star + 1, segment + len) == 0;
}

static lv_status take_tail(lv_bytes raw, lv_buffer *tail)
{
    lv_status status = lv_buffer_append(tail, raw.data, raw.len);
    if (status == LV_OK && raw.len > 0) {
        if (!lv_http_unescape((char *)tail->data)) {
            return LV_E_SYNTAX;
        }
        tail->len = strlen((char *)tail->data);
    }
    return status;
}

lv_status lv_http_route_find(const lv_route *const *tables, unsigned door, const char *method,
                             const char *path, const lv_route **route, lv_buffer *tail,
                             lv_buffer *allow)
{
    lv_bytes raw;
    *route = NULL;
    for (; *tables != NULL; tables++) {
        for (const lv_route *at = *tables; at->handler != NULL; at++) {
            if ((at->doors & door) == 0 || !matches(at->path, path, &raw)) {
                continue;
            }
            if (strcmp(at->method, method) == 0) {
                *route = at;
                return take_tail(raw, tail);
            }
            lv_status status =
                lv_buffer_printf(allow, "%s%s", allow->len > 0 ? ", " : "", at->method);
            if (status != LV_OK) {
                return status;
            }
        }
    }
    return allow->len > 0 ? LV_REFUSED : LV_NOT_FOUND;
}
