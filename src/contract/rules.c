#include "contract/rules.h"
#include <string.h>

lv_status lv_rule_role(const lv_run *run, const char *role)
{
    const char *own = lv_channel_role(run->channel, run->call->submitter);
    if (own == NULL || strcmp(own, role) != 0) {
        return lv_fail(run->err, LV_REFUSED,
                       "channel %s: function %s: only a %s may call it; %s is %s",
                       run->channel->channel, run->call->function, role, run->call->submitter,
                       own == NULL ? "no member" : own);
    }
    return LV_OK;
}

lv_status lv_rule_record(const lv_run *run, const char *what, const char *author,
                         const char *channel)
{
    if (strcmp(author, run->call->submitter) != 0) {
        return lv_fail(run->err, LV_REFUSED,
                       "%s by %s: it was submitted by %s; only its author may", what, author,
                       run->call->submitter);
    }
    if (strcmp(channel, run->channel->channel) != 0) {
        return lv_fail(run->err, LV_INVALID,
                       "%s by %s: field channel: it is bound to %s, not to %s", what, author,
                       channel, run->channel->channel);
    }
    return LV_OK;
}

lv_status lv_rule_unreadable(lv_status status)
{
    return status == LV_E_SYNTAX || status == LV_E_LIMIT || status == LV_E_RANGE ? LV_INVALID
                                                                                 : status;
}

static lv_status bad_argument(const lv_run *run, size_t i, const char *should)
{
    return lv_fail(run->err, LV_INVALID, "channel %s: function %s: argument %zu must be %s",
                   run->channel->channel, run->call->function, i + 1, should);
}

/* Copies an argument as text of at most `max` bytes without NUL. */
static bool copy_text(lv_bytes argument, size_t max, char *text)
{
    text[0] = '\0';
    if (argument.len == 0 || argument.len > max ||
        memchr(argument.data, '\0', argument.len) != NULL) {
        return false;
    }
    memcpy(text, argument.data, argument.len);
    text[argument.len] = '\0';
    return true;
}

lv_status lv_argument_set_id(const lv_run *run, size_t i, char set_id[2 * LV_DIGEST_LEN + 1])
{
    lv_digest digest;
    if (!copy_text(run->call->arguments[i], (size_t)2 * LV_DIGEST_LEN, set_id) ||
        lv_digest_from_hex(set_id, &digest) != LV_OK) {
        set_id[0] = '\0';
        return bad_argument(run, i, "a set id of 64 hexadecimal digits");
    }
    lv_digest_hex(&digest, set_id); /* in the case that keys have */
    return LV_OK;
}

lv_status lv_argument_name(const lv_run *run, size_t i, char name[LV_NAME_MAX + 1])
{
    if (!copy_text(run->call->arguments[i], LV_NAME_MAX, name) || !lv_name_is_valid(name)) {
        name[0] = '\0';
        return bad_argument(run, i, "a name of 1 to 64 of A-Z a-z 0-9 . _ -");
    }
    return LV_OK;
}

lv_status lv_argument_number(const lv_run *run, size_t i, uint64_t *value)
{
    if (lv_decimal_read(run->call->arguments[i], value) != LV_OK) {
        return bad_argument(run, i, "a decimal number");
    }
    return LV_OK;
}
