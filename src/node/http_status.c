#include "node/http.h"
#include <string.h>

lv_status lv_http_status_of_name(const char *name)
{
    static const lv_status known[] = {
        LV_REFUSED,  LV_NOT_FOUND, LV_EXISTS,     LV_INVALID,  LV_TIMEOUT,  LV_UNAVAILABLE,
        LV_E_SYNTAX, LV_E_RANGE,   LV_E_ARGUMENT, LV_E_MEMORY, LV_E_RANDOM, LV_E_IO,
        LV_E_CRYPTO, LV_E_CORRUPT, LV_E_LIMIT,    LV_E_CONFIG,
    };
    for (size_t i = 0; name != NULL && i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(name, lv_status_name(known[i])) == 0) {
            return known[i];
        }
    }
    return LV_E_SYNTAX;
}
