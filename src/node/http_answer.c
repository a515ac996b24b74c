#include "node/http_answer.h"
#include "base/log.h"

unsigned lv_http_code_of(lv_status status)
{
    switch (status) {
    case LV_OK:
        return 200;
    case LV_REFUSED:
        return 403;
    case LV_NOT_FOUND:
        return 404;
    case LV_EXISTS:
        return 409;
    case LV_INVALID:
    case LV_E_SYNTAX:
    case LV_E_RANGE:
    case LV_E_ARGUMENT:
        return 400;
    case LV_E_LIMIT:
        return 413;
    case LV_UNAVAILABLE:
        return 503;
    case LV_TIMEOUT:
        return 504;
    default:
        return 500;
    }
}

static int append(const char *data, size_t len, void *context)
{
    return lv_buffer_append(context, data, len) == LV_OK ? 0 : -1;
}

lv_status lv_http_json(lv_http_response *response, json_t *value)
{
    if (value == NULL) {
        return LV_E_MEMORY;
    }
    /* The body may be a secret on its way to its owner. */
    lv_buffer_wipe(&response->body);
    int failed = json_dump_callback(value, append, &response->body, JSON_COMPACT);
    json_decref(value);
    if (failed != 0) {
        lv_buffer_wipe(&response->body);
        return LV_E_MEMORY;
    }
    response->content_type = "application/json";
    return LV_OK;
}

lv_status lv_http_error(lv_http_response *response, unsigned code, lv_status status,
                        const char *words)
{
    /* Words may quote what a client sent, which need not be UTF-8. */
    json_t *text = json_string(words);
    if (text == NULL) {
        text = json_string("the request is not UTF-8");
    }
    response->code = code;
    return lv_http_json(response,
                        json_pack("{s:o*, s:s}", "error", text, "code", lv_status_name(status)));
}

lv_status lv_http_fault(lv_http_response *response, const char *where, lv_status status,
                        const lv_error *err)
{
    unsigned code = lv_http_code_of(status);
    const char *words = err->text[0] != '\0' ? err->text : lv_status_name(status);
    if (code == 500) {
        lv_log(LV_LOG_ERROR, "http", "%s: %s: %s", where, lv_status_name(status), words);
        words = "a fault inside the node; its log says more";
    }
    return lv_http_error(response, code, status, words);
}
