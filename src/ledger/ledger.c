#include "ledger/ledger.h"
#include <stdlib.h>
#include <string.h>

void lv_committed_free(lv_committed *committed)
{
    if (committed == NULL) {
        return;
    }
    for (size_t i = 0; i < committed->argument_count; i++) {
        lv_buffer_free(&committed->arguments[i]);
    }
    free(committed->arguments);
    *committed = (lv_committed){0};
}

/* On Fabric an argument of this size or more travels beside the transaction and stands in what it
 * writes; a smaller one stands there and among the arguments. Keys and counters come on top. */
static const size_t TRANSIENT_MIN = 4096;
static const size_t OVERHEAD = 512;

size_t lv_ledger_weight(size_t argument_len)
{
    return OVERHEAD + (argument_len < TRANSIENT_MIN ? 2 * argument_len : argument_len);
}

lv_status lv_ledger_check_member(const lv_channel *channel, const lv_identity *identity,
                                 lv_error *err)
{
    const char *msp = NULL;
    const char *own = lv_identity_msp(identity);
    lv_status status = lv_channel_role(channel, own) != NULL ? LV_OK : LV_REFUSED;
    if (status == LV_OK) {
        status = lv_trust_check_certificate(channel->trust, lv_identity_certificate(identity),
                                            LV_TIME_ANY, &msp, err);
    }
    if (status == LV_OK && strcmp(msp, own) != 0) {
        status = LV_REFUSED;
    }
    if (status > 0) {
        return lv_fail(
            err, LV_REFUSED,
            "channel %s: organisation %s, with the certificate it has here, is no member",
            channel->channel, own);
    }
    return status;
}

lv_status lv_ledger_submit(lv_ledger *ledger, const lv_call *calls, size_t count,
                           lv_position *positions, lv_error *err)
{
    return ledger->backend->submit(ledger, calls, count, positions, err);
}

lv_status lv_ledger_read(lv_ledger *ledger, const lv_call *call, lv_buffer *response, lv_error *err)
{
    return ledger->backend->read(ledger, call, response, err);
}

lv_status lv_ledger_head(lv_ledger *ledger, lv_head *out, lv_error *err)
{
    return ledger->backend->head(ledger, out, err);
}

lv_status lv_ledger_check_head(lv_ledger *ledger, const lv_head *remembered, lv_error *err)
{
    return ledger->backend->check_head(ledger, remembered, err);
}

lv_status lv_watch_open(lv_ledger *ledger, lv_position from, lv_watch **out, lv_error *err)
{
    return ledger->backend->watch_open(ledger, from, out, err);
}

lv_status lv_watch_next(lv_watch *watch, int timeout_ms, lv_committed *out, lv_error *err)
{
    return watch->ledger->backend->watch_next(watch, timeout_ms, out, err);
}

void lv_watch_wake(lv_watch *watch) { watch->ledger->backend->watch_wake(watch); }

void lv_watch_close(lv_watch *watch)
{
    if (watch != NULL) {
        watch->ledger->backend->watch_close(watch);
    }
}

const lv_channel *lv_ledger_channel(const lv_ledger *ledger)
{
    return ledger->backend->channel(ledger);
}

lv_status lv_ledger_set_identity(lv_ledger *ledger, const lv_identity *identity, lv_error *err)
{
    return ledger->backend->set_identity(ledger, identity, err);
}

void lv_ledger_close(lv_ledger *ledger)
{
    if (ledger != NULL) {
        ledger->backend->close(ledger);
    }
}
