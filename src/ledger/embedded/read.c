#include "ledger/embedded/handle.h"
#include "ledger/embedded/state.h"
#include <inttypes.h>

/* Begins a reading transaction and checks the headers that are new to this handle. */
static lv_status begin(lv_embedded *self, lv_tip *tip, lv_error *err)
{
    const lv_tip from = lv_embedded_tip(self);
    lv_status status = lv_lane_begin(self, &self->reader, false, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_embedded_catch_up(self, &self->reader.conn, &from, tip, err);
    return status == LV_OK ? LV_OK : lv_lane_end(&self->reader, status, err);
}

lv_status lv_embedded_read(lv_ledger *ledger, const lv_call *call, lv_buffer *response,
                           lv_error *err)
{
    lv_embedded *self = (lv_embedded *)ledger;
    lv_tip tip = {0};
    lv_status status = begin(self, &tip, err);
    if (status != LV_OK) {
        return status;
    }
    lv_call own = *call;
    own.submitter = self->msp;
    size_t before = response->len;
    status = lv_state_read(&self->reader.conn, &self->channel, &own, response, err);
    if (status != LV_OK) {
        response->len = before;
    }
    return lv_lane_end(&self->reader, status, err);
}

lv_status lv_embedded_head(lv_ledger *ledger, lv_head *out, lv_error *err)
{
    lv_embedded *self = (lv_embedded *)ledger;
    *out = (lv_head){0};
    lv_tip tip = {0};
    lv_status status = begin(self, &tip, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_lane_end(&self->reader, LV_OK, err);
    if (status == LV_OK) {
        *out = (lv_head){.block = tip.number, .hash = tip.hash};
    }
    return status;
}

/* The remembered header has to stand there, and every later one has to descend from it. */
static lv_status check_descent(lv_embedded *self, const lv_head *remembered, const lv_tip *tip,
                               lv_error *err)
{
    lv_conn *conn = &self->reader.conn;
    if (remembered->block > tip->number) {
        return lv_fail(err, LV_E_CORRUPT,
                       "%s: was shortened: block %" PRIu64 " is remembered, it ends with %" PRIu64,
                       self->path, remembered->block, tip->number);
    }
    lv_block block = {0};
    lv_status status = lv_walk_peek(conn, remembered->block, &block, err);
    if (status == LV_OK && !lv_digest_equal(&block.hash, &remembered->hash)) {
        return lv_fail(err, LV_E_CORRUPT, "%s: block %" PRIu64 " is not the one remembered",
                       self->path, remembered->block);
    }
    for (uint64_t at = remembered->block; status == LV_OK && at < tip->number; at++) {
        const lv_tip previous = lv_block_tip(&block);
        status = lv_walk_peek(conn, at + 1, &block, err);
        if (status == LV_OK) {
            status = lv_block_check_link(&block, &previous, err);
        }
        if (status == LV_INVALID) {
            lv_error_prefix(err, "%s: block %" PRIu64 ": ", self->path, at + 1);
            status = LV_E_CORRUPT;
        }
    }
    return status == LV_NOT_FOUND ? LV_E_CORRUPT : status;
}

lv_status lv_embedded_check_head(lv_ledger *ledger, const lv_head *remembered, lv_error *err)
{
    lv_embedded *self = (lv_embedded *)ledger;
    lv_tip tip = {0};
    lv_status status = begin(self, &tip, err);
    if (status != LV_OK) {
        return status;
    }
    return lv_lane_end(&self->reader, check_descent(self, remembered, &tip, err), err);
}
