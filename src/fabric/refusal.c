/* What a contract answered other than LV_OK, in a response's message (src/fabric/calls.h). */
#include "fabric/calls.h"
#include <stdlib.h>
#include <string.h>

static const char GATEWAY_PREFIX[] = "chaincode response 500, ";

lv_status lv_refusal_encode(lv_status status, const char *words, lv_buffer *message)
{
    return lv_buffer_printf(message, "%d %s", (int)status, words);
}

/* Every status but LV_OK, so that no number from outside becomes one that means nothing. */
static bool is_status(long number)
{
    return number != LV_OK && number >= LV_E_CONFIG && number <= LV_UNAVAILABLE;
}

lv_status lv_refusal_decode(const char *message, lv_status *status, lv_error *err)
{
    char *end = NULL;
    const char *prefixed = strstr(message, GATEWAY_PREFIX);
    const char *text = prefixed == NULL ? message : prefixed + strlen(GATEWAY_PREFIX);

    *status = LV_OK;
    bool begins = (text[0] >= '0' && text[0] <= '9') || text[0] == '-';
    long number = begins ? strtol(text, &end, 10) : LV_OK;
    if (!begins || end == text || end[0] != ' ' || !is_status(number)) {
        return lv_fail(err, LV_E_SYNTAX, "%s", message);
    }
    *status = (lv_status)number;
    lv_fail(err, *status, "%s", end + 1);
    return LV_OK;
}
