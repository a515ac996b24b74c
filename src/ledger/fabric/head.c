/* The newest block, and whether an older one still stands.
 *
 * A node asks the second after every group of records it publishes, and a block may be of 16 MB. So
 * the block is not fetched: its hash stands in what every peer answers for the channel's height
 * where it is one of the two newest, and otherwise its header alone is asked for, which peers of
 * Fabric 3 send without the transactions. Peers of Fabric 2.5 send the block whole; what one peer
 * has shown is remembered, so that it is asked once for each block. */
#include "base/clock.h"
#include "fabric.pb-c.h"
#include "fabric/block.h"
#include "fabric/limits.h"
#include "ledger/fabric/deliver.h"
#include "ledger/fabric/query.h"
#include "record/wire.h"
#include <inttypes.h>
#include <string.h>

enum { ASK_MS = 10000, BLOCK_MS = 60000, SHORT_LOOK_MS = 100 };
static const double SHORT_SECONDS = 1; /* that peers stand still short of a block, and it is gone */

static lv_status ask_chain(lv_fabric *self, const lv_session *session, size_t gateway,
                           void *context, lv_fault *fault)
{
    return lv_query_chain(self, session, gateway, ASK_MS, context, fault);
}

lv_status lv_fabric_head(lv_ledger *ledger, lv_head *out, lv_error *err)
{
    lv_fabric *self = (lv_fabric *)ledger;
    lv_chain_info info = {0};
    lv_fault fault = {0};
    *out = (lv_head){0};
    lv_session *session = lv_session_take(self);
    lv_status status = lv_gateways_try(self, session, ask_chain, &info, &fault);
    lv_session_release(session);
    if (status == LV_OK) {
        *out = (lv_head){.block = info.height - 1, .hash = info.newest};
    }
    return status == LV_OK ? LV_OK : lv_fault_tell(self, &fault, err);
}

/* ---- is it still there? ---- */

typedef struct {
    const lv_head *remembered;
    uint64_t highest; /* block that a peer showed */
} check;

static bool was_shown(lv_fabric *self, size_t gateway, const lv_head *block)
{
    pthread_mutex_lock(&self->lock);
    const lv_gateway *at = &self->gateways[gateway];
    bool shown = at->has_checked && at->checked.block == block->block &&
                 lv_digest_equal(&at->checked.hash, &block->hash);
    pthread_mutex_unlock(&self->lock);
    return shown;
}

static void note_shown(lv_fabric *self, size_t gateway, const lv_head *block)
{
    pthread_mutex_lock(&self->lock);
    self->gateways[gateway].has_checked = true;
    self->gateways[gateway].checked = *block;
    pthread_mutex_unlock(&self->lock);
}

static lv_status compare(const lv_head *remembered, const lv_digest *stands, lv_fault *fault)
{
    if (lv_digest_equal(&remembered->hash, stands)) {
        return LV_OK;
    }
    *fault = (lv_fault){.final = true};
    fault->status = lv_fail(&fault->words, LV_E_CORRUPT,
                            "block %" PRIu64 " is not the one remembered", remembered->block);
    return fault->status;
}

static lv_status read_header(lv_bytes block, uint64_t number, lv_digest *hash, lv_error *err)
{
    ProtobufCMessage *base = NULL;
    lv_status status =
        lv_wire_read(&lotveil__fabric__block__descriptor, block, LV_FABRIC_MESSAGE_MAX, &base, err);
    if (status != LV_OK) {
        return status;
    }
    const Lotveil__Fabric__BlockHeader *header = ((const Lotveil__Fabric__Block *)base)->header;
    if (header == NULL || header->number != number) {
        status = lv_fail(err, LV_E_SYNTAX, "another block than the one asked for");
    } else {
        status = lv_fabric_block_header_hash(number, lv_wire_view(&header->previous_hash),
                                             lv_wire_view(&header->data_hash), hash);
    }
    lv_wire_free(base);
    return status;
}

static lv_status check_header(lv_fabric *self, const lv_session *session, size_t gateway,
                              const lv_head *remembered, lv_fault *fault)
{
    const lv_deliver_params params = {.from = remembered->block,
                                      .to = remembered->block,
                                      .header_only = true,
                                      .deadline_ms = BLOCK_MS};
    lv_buffer message = {0};
    lv_bytes block = {0};
    lv_digest hash = {0};
    lv_status status = lv_deliver_one(self, session, gateway, &params, &message, &block, fault);
    if (status == LV_OK) {
        status = read_header(block, remembered->block, &hash, &fault->words);
        fault->status = status != LV_OK ? LV_UNAVAILABLE : LV_OK;
        status = status == LV_OK ? compare(remembered, &hash, fault) : LV_UNAVAILABLE;
    } else if (status == LV_NOT_FOUND) {
        /* It has later ones: it was set up from a snapshot. */
        fault->final = false;
        fault->status = LV_UNAVAILABLE;
        lv_error_prefix(&fault->words, "gateway %s: ", self->gateways[gateway].address);
        status = LV_UNAVAILABLE;
    }
    lv_buffer_free(&message);
    return status;
}

static lv_status ask_remembered(lv_fabric *self, const lv_session *session, size_t gateway,
                                void *context, lv_fault *fault)
{
    check *c = context;
    const lv_head *remembered = c->remembered;
    lv_chain_info info = {0};
    lv_status status = lv_query_chain(self, session, gateway, ASK_MS, &info, fault);
    if (status != LV_OK) {
        return status;
    }
    c->highest = info.height - 1 > c->highest ? info.height - 1 : c->highest;
    if (remembered->block >= info.height) {
        fault->status = lv_fail(&fault->words, LV_NOT_FOUND,
                                "block %" PRIu64 " is remembered, and it ends with %" PRIu64,
                                remembered->block, info.height - 1);
        return fault->status;
    }
    if (was_shown(self, gateway, remembered)) {
        return LV_OK;
    }
    if (remembered->block == info.height - 1) {
        status = compare(remembered, &info.newest, fault);
    } else if (remembered->block == info.height - 2) {
        status = compare(remembered, &info.before, fault);
    } else {
        status = check_header(self, session, gateway, remembered, fault);
    }
    if (status == LV_OK) {
        note_shown(self, gateway, remembered);
    }
    return status;
}

/* A peer may lag behind the one that was asked before; a channel was shortened where every one of
 * them says so, and goes on saying so. */
static lv_status ask_all(lv_fabric *self, const lv_session *session, check *c, lv_fault *fault)
{
    lv_status worst = LV_NOT_FOUND;
    for (size_t i = 0; i < self->gateway_count; i++) {
        *fault = (lv_fault){0};
        lv_status status = ask_remembered(self, session, i, c, fault);
        if (status == LV_OK || fault->final) {
            return status;
        }
        worst = status == LV_NOT_FOUND ? worst : status;
    }
    fault->status = worst;
    return worst;
}

lv_status lv_fabric_check_head(lv_ledger *ledger, const lv_head *remembered, lv_error *err)
{
    lv_fabric *self = (lv_fabric *)ledger;
    check c = {.remembered = remembered};
    lv_fault fault = {0};
    double until = lv_clock_seconds() + SHORT_SECONDS;
    lv_session *session = lv_session_take(self);
    lv_status status = lv_gateways_try(self, session, ask_remembered, &c, &fault);
    while (status == LV_NOT_FOUND) {
        uint64_t before = c.highest;
        lv_fabric_pause(SHORT_LOOK_MS);
        status = ask_all(self, session, &c, &fault);
        if (c.highest > before) { /* it catches up */
            until = lv_clock_seconds() + SHORT_SECONDS;
        } else if (lv_clock_seconds() > until) {
            break;
        }
    }
    lv_session_release(session);
    if (status == LV_NOT_FOUND) {
        return lv_fail(err, LV_E_CORRUPT,
                       "channel %s: was shortened: block %" PRIu64
                       " is remembered, it ends with %" PRIu64,
                       self->channel.channel, remembered->block, c.highest);
    }
    return status == LV_OK ? LV_OK : lv_fault_tell(self, &fault, err);
}
