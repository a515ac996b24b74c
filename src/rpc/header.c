#include "rpc/header.h"
#include <string.h>

nghttp2_nv lv_rpc_header(const char *name, const char *value)
{
    return (nghttp2_nv){.name = (uint8_t *)(uintptr_t)name,
                        .value = (uint8_t *)(uintptr_t)value,
                        .namelen = strlen(name),
                        .valuelen = strlen(value)};
}

bool lv_rpc_is(lv_bytes given, const char *text)
{
    return lv_bytes_equal(given, lv_bytes_of_text(text));
}

bool lv_rpc_is_content_type(lv_bytes value)
{
    static const size_t len = sizeof LV_RPC_CONTENT_TYPE - 1;
    return value.len >= len && memcmp(value.data, LV_RPC_CONTENT_TYPE, len) == 0;
}
