#include <lotveil/status.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *lv_status_name(lv_status status)
{
    switch (status) {
    case LV_OK:
        return "LV_OK";
    case LV_REFUSED:
        return "LV_REFUSED";
    case LV_NOT_FOUND:
        return "LV_NOT_FOUND";
    case LV_EXISTS:
        return "LV_EXISTS";
    case LV_INVALID:
        return "LV_INVALID";
    case LV_TIMEOUT:
        return "LV_TIMEOUT";
    case LV_UNAVAILABLE:
        return "LV_UNAVAILABLE";
    case LV_E_SYNTAX:
        return "LV_E_SYNTAX";
    case LV_E_RANGE:
        return "LV_E_RANGE";
    case LV_E_ARGUMENT:
        return "LV_E_ARGUMENT";
    case LV_E_MEMORY:
        return "LV_E_MEMORY";
    case LV_E_RANDOM:
        return "LV_E_RANDOM";
    case LV_E_IO:
        return "LV_E_IO";
    case LV_E_CRYPTO:
        return "LV_E_CRYPTO";
    case LV_E_CORRUPT:
        return "LV_E_CORRUPT";
    case LV_E_LIMIT:
        return "LV_E_LIMIT";
    case LV_E_CONFIG:
        return "LV_E_CONFIG";
    }
    return "unknown status";
}

lv_status lv_fail(lv_error *err, lv_status status, const char *format, ...)
{
    if (err != NULL) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(err->text, sizeof err->text, format, arguments);
        va_end(arguments);
    }
    return status;
}

void lv_error_prefix(lv_error *err, const char *format, ...)
{
    if (err == NULL) {
        return;
    }
    lv_error earlier = *err;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(err->text, sizeof err->text, format, arguments);
    va_end(arguments);

    size_t used = strlen(err->text);
    snprintf(err->text + used, sizeof err->text - used, "%s", earlier.text);
}
