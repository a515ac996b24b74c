#include "base/base64.h"
#include <sodium.h>
#include <string.h>

lv_status lv_base64_encode(lv_bytes bytes, lv_buffer *text)
{
    size_t size = sodium_base64_encoded_len(bytes.len, sodium_base64_VARIANT_ORIGINAL);
    uint8_t *place = NULL;
    lv_status status = lv_buffer_extend(text, size, &place);
    if (status != LV_OK) {
        return status;
    }
    sodium_bin2base64((char *)place, size, bytes.data, bytes.len, sodium_base64_VARIANT_ORIGINAL);
    text->len--; /* the NUL, which a buffer does not count */
    return LV_OK;
}

lv_status lv_base64_decode(const char *text, lv_buffer *out)
{
    size_t len = strlen(text);
    uint8_t *place = NULL;
    size_t start = out->len;
    size_t used = 0;
    lv_status status = lv_buffer_extend(out, len / 4 * 3 + 3, &place);
    if (status != LV_OK) {
        return status;
    }
    if (sodium_base642bin(place, len / 4 * 3 + 3, text, len, NULL, &used, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0) {
        used = 0;
        status = LV_E_SYNTAX;
    }
    out->len = start + used;
    out->data[out->len] = '\0';
    return status;
}
