#include "base/secret.h"
#include <lotveil/bytes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t FIRST_CAP = 64;

/* Makes room for `more` bytes and a NUL. A copy is made by hand, so that the old one is wiped. */
static lv_status reserve(lv_buffer *buffer, size_t more)
{
    if (more > SIZE_MAX - buffer->len - 1) {
        return LV_E_MEMORY;
    }
    size_t need = buffer->len + more + 1;
    if (need <= buffer->cap) {
        return LV_OK;
    }
    size_t cap = buffer->cap > FIRST_CAP ? buffer->cap : FIRST_CAP;
    while (cap < need) {
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    }
    uint8_t *grown = malloc(cap);
    if (grown == NULL) {
        return LV_E_MEMORY;
    }
    if (buffer->len > 0) {
        memcpy(grown, buffer->data, buffer->len);
        lv_wipe(buffer->data, buffer->len);
    }
    free(buffer->data);
    buffer->data = grown;
    buffer->cap = cap;
    return LV_OK;
}

lv_status lv_buffer_append(lv_buffer *buffer, const void *data, size_t len)
{
    lv_status status = reserve(buffer, len);
    if (status != LV_OK) {
        return status;
    }
    if (len > 0) {
        memcpy(buffer->data + buffer->len, data, len);
    }
    buffer->len += len;
    buffer->data[buffer->len] = 0;
    return LV_OK;
}

lv_status lv_buffer_extend(lv_buffer *buffer, size_t len, uint8_t **place)
{
    *place = NULL;
    lv_status status = reserve(buffer, len);
    if (status != LV_OK) {
        return status;
    }
    *place = buffer->data + buffer->len;
    memset(*place, 0, len + 1);
    buffer->len += len;
    return LV_OK;
}

lv_status lv_buffer_printf(lv_buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (len < 0) {
        return LV_E_ARGUMENT;
    }
    lv_status status = reserve(buffer, (size_t)len);
    if (status != LV_OK) {
        return status;
    }
    va_start(arguments, format);
    vsnprintf((char *)buffer->data + buffer->len, (size_t)len + 1, format, arguments);
    va_end(arguments);
    buffer->len += (size_t)len;
    return LV_OK;
}

void lv_buffer_cut(lv_buffer *buffer, size_t len)
{
    if (len < buffer->len) {
        lv_wipe(buffer->data + len, buffer->len - len);
        buffer->len = len;
    }
}

lv_bytes lv_buffer_view(const lv_buffer *buffer)
{
    return (lv_bytes){.data = buffer->data, .len = buffer->len};
}

const char *lv_buffer_text(const lv_buffer *buffer)
{
    return buffer->data == NULL ? "" : (const char *)buffer->data;
}

void lv_buffer_free(lv_buffer *buffer)
{
    if (buffer == NULL) {
        return;
    }
    free(buffer->data);
    *buffer = (lv_buffer){0};
}

void lv_buffer_wipe(lv_buffer *buffer)
{
    if (buffer == NULL) {
        return;
    }
    if (buffer->data != NULL) {
        lv_wipe(buffer->data, buffer->cap);
    }
    lv_buffer_free(buffer);
}

bool lv_bytes_equal(lv_bytes a, lv_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

lv_bytes lv_bytes_of_text(const char *text)
{
    return (lv_bytes){.data = (const uint8_t *)text, .len = strlen(text)};
}
