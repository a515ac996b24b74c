#include "ledger/fabric/submit.h"
#include "base/clock.h"
#include "fabric/block.h"
#include "fabric/calls.h"
#include "ledger/fabric/deliver.h"
#include "ledger/fabric/place.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    CONFLICTS_MAX = 64, /* endorsed anew for what other writers committed in between */
    CONFLICT_MIN_MS = 20,
    CONFLICT_MAX_MS = 500,
    BLOCK_MS = 60000,
    CODE_EXPIRED_CHAINCODE = 17,
    CODE_CHAINCODE_VERSION = 18,
    CODE_INVALID_CHAINCODE = 25,
};

typedef struct {
    lv_fabric *self;
    lv_session *session;
    const lv_call *calls;
    size_t count;
    lv_calls_encoded encoded;
    lv_bytes *records; /* arguments that travel beside the proposal */
    size_t record_count;
    lv_fate fate;
    char txid[LV_TXID_TEXT];
} batch;

/* ---- what can be said before anybody is asked ---- */

static lv_status check_call(const batch *b, const lv_call *call, lv_error *err)
{
    if (call->function == NULL || !lv_name_is_valid(call->function)) {
        return lv_fail(err, LV_E_ARGUMENT, "not the name of a function");
    }
    if (call->argument_count > LV_CALL_ARGUMENTS_MAX) {
        return lv_fail(err, LV_E_LIMIT, "%zu arguments, over the limit of %u", call->argument_count,
                       LV_CALL_ARGUMENTS_MAX);
    }
    return lv_contract_expect(&b->self->channel, call->function, true, err);
}

static lv_status check_size(const batch *b, lv_error *err)
{
    size_t bytes = 0;
    for (size_t i = 0; i < b->count; i++) {
        for (size_t k = 0; k < b->calls[i].argument_count; k++) {
            bytes += lv_ledger_weight(b->calls[i].arguments[k].len);
        }
    }
    if (bytes > LV_SUBMIT_BYTES_MAX) {
        return lv_fail(err, LV_E_LIMIT,
                       "channel %s: %zu bytes in one transaction, over the limit of %u: submit "
                       "fewer records at once, or make them smaller",
                       b->self->channel.channel, bytes, LV_SUBMIT_BYTES_MAX);
    }
    return LV_OK;
}

static lv_status check(const batch *b, lv_error *err)
{
    const lv_fabric *self = b->self;
    if (b->count == 0) {
        return lv_fail(err, LV_E_ARGUMENT, "channel %s: nothing to submit", self->channel.channel);
    }
    if (b->count > LV_SUBMIT_CALLS_MAX) {
        return lv_fail(err, LV_E_LIMIT, "channel %s: %zu calls, a transaction holds %u",
                       self->channel.channel, b->count, LV_SUBMIT_CALLS_MAX);
    }
    for (size_t i = 0; i < b->count; i++) {
        lv_status status = check_call(b, &b->calls[i], err);
        if (status != LV_OK) {
            return lv_contract_fault(&self->channel, b->calls, b->count, i, status, err);
        }
    }
    return check_size(b, err);
}

static lv_status check_certificate(const batch *b, lv_error *err)
{
    const char *msp = NULL;
    lv_status status = lv_trust_check_certificate(b->self->channel.trust,
                                                  lv_identity_certificate(b->session->identity),
                                                  lv_clock_now(), &msp, err);
    if (status == LV_INVALID) {
        lv_error_prefix(err, "channel %s: own certificate: ", b->self->channel.channel);
    }
    return status;
}

/* ---- one after another, those that got into each other's way ---- */

/* Writers of one handle that were in conflict go on singly, so that one commit is one writer's
 * progress and not every other's next conflict. @return false where the time was up before. */
static bool enter_lane(lv_fabric *self, double until)
{
    struct timespec at = {.tv_sec = (time_t)until,
                          .tv_nsec = (long)((until - (double)(time_t)until) * 1e9)};
    int result = 0;
    pthread_mutex_lock(&self->lock);
    while (self->lane_taken && result == 0) {
        result = pthread_cond_timedwait(&self->lane_left, &self->lock, &at);
    }
    bool entered = !self->lane_taken;
    self->lane_taken = true;
    pthread_mutex_unlock(&self->lock);
    return entered;
}

static void leave_lane(lv_fabric *self)
{
    pthread_mutex_lock(&self->lock);
    self->lane_taken = false;
    pthread_cond_signal(&self->lane_left);
    pthread_mutex_unlock(&self->lock);
}

/* ---- transactions ---- */

static lv_status encode(batch *b, lv_error *err)
{
    lv_status status = lv_calls_encode(b->calls, b->count, false, &b->encoded, err);
    if (status != LV_OK) {
        return status;
    }
    b->records = calloc(b->encoded.transient_count + 1, sizeof *b->records);
    if (b->records == NULL) {
        return LV_E_MEMORY;
    }
    for (size_t i = 0; i < b->encoded.transient_count; i++) {
        b->records[b->record_count++] = b->encoded.transients[i].value;
    }
    return LV_OK;
}

/* Endorses and submits once. @return LV_OK: see the fate. */
static lv_status go(batch *b, lv_error *err)
{
    const lv_bytes arguments[] = {lv_bytes_of_text(LV_CALLS_SUBMIT),
                                  lv_buffer_view(&b->encoded.encoded)};
    const lv_unsigned_transaction proposed = {.arguments = arguments,
                                              .argument_count = 2,
                                              .transients = b->encoded.transients,
                                              .transient_count = b->encoded.transient_count,
                                              .records = b->records,
                                              .record_count = b->record_count};
    lv_signed_transaction transaction = {0};
    lv_status status = lv_fabric_endorse(b->self, b->session, &proposed, &transaction, err);
    if (status == LV_OK) {
        memcpy(b->txid, transaction.txid, sizeof b->txid);
        status = lv_fabric_commit(b->self, b->session, &transaction, &b->fate, err);
    }
    lv_buffer_free(&transaction.envelope);
    return status;
}

static bool is_conflict(int code)
{
    return code == LV_VALIDATION_MVCC_CONFLICT || code == LV_VALIDATION_PHANTOM_CONFLICT;
}

/* The channel's rules for this chaincode changed between endorsement and commit. */
static bool is_outdated(int code)
{
    return code == LV_VALIDATION_ENDORSEMENT_POLICY || code == CODE_EXPIRED_CHAINCODE ||
           code == CODE_CHAINCODE_VERSION || code == CODE_INVALID_CHAINCODE;
}

static lv_status is_invalid(const batch *b, lv_error *err)
{
    return lv_fail(err, is_conflict(b->fate.code) ? LV_UNAVAILABLE : LV_REFUSED,
                   "channel %s: transaction %s stands in block %" PRIu64
                   " as invalid (%s), and wrote nothing: %s",
                   b->self->channel.channel, b->txid, b->fate.block,
                   lv_validation_name(b->fate.code),
                   is_conflict(b->fate.code)
                       ? "other writers went on coming first"
                       : "check the chaincode's endorsement policy and who endorses here");
}

/* @return LV_OK: committed. */
static lv_status go_until_valid(batch *b, bool *in_lane, lv_error *err)
{
    double until = lv_clock_seconds() + b->self->commit_ms / 1000.0;
    int pause = CONFLICT_MIN_MS;
    unsigned outdated = 0;
    for (unsigned i = 0; i < CONFLICTS_MAX; i++) {
        lv_status status = go(b, err);
        if (status != LV_OK || b->fate.code == 0) {
            return status;
        }
        bool again = is_conflict(b->fate.code) || (is_outdated(b->fate.code) && outdated++ == 0);
        if (!again || lv_clock_seconds() >= until) {
            break;
        }
        if (!*in_lane && !enter_lane(b->self, until)) {
            break;
        }
        *in_lane = true;
        lv_fabric_pause(pause);
        pause = pause * 2 < CONFLICT_MAX_MS ? pause * 2 : CONFLICT_MAX_MS;
    }
    return is_invalid(b, err);
}

/* ---- where it stands ---- */

typedef struct {
    const batch *b;
    uint32_t first;
} place;

static lv_status find_place(lv_fabric *self, const lv_session *session, size_t gateway,
                            void *context, lv_fault *fault)
{
    place *p = context;
    const lv_deliver_params params = {
        .from = p->b->fate.block, .to = p->b->fate.block, .deadline_ms = BLOCK_MS};
    lv_buffer message = {0};
    lv_bytes bytes = {0};
    lv_fabric_block block = {0};
    lv_status status = lv_deliver_one(self, session, gateway, &params, &message, &bytes, fault);
    if (status != LV_OK) {
        fault->final = false;
        lv_buffer_free(&message);
        return status;
    }
    status = lv_fabric_block_parse(bytes, self->chaincode, &block, &fault->words);
    if (status == LV_OK) {
        status = lv_place_of(&block, p->b->txid, p->b->count, &p->first, &fault->words);
    }
    fault->status = status;
    lv_fabric_block_free(&block);
    lv_buffer_free(&message);
    return status;
}

static lv_status tell_positions(const batch *b, lv_position *positions, lv_error *err)
{
    place p = {.b = b};
    lv_fault fault = {0};
    lv_status status = lv_gateways_try(b->self, b->session, find_place, &p, &fault);
    if (status != LV_OK) {
        (void)lv_fail(err, LV_UNAVAILABLE,
                      "channel %s: transaction %s is committed in block %" PRIu64
                      ", and that block could not be read: %s",
                      b->self->channel.channel, b->txid, b->fate.block, fault.words.text);
        return LV_UNAVAILABLE;
    }
    for (size_t i = 0; i < b->count; i++) {
        positions[i] = (lv_position){b->fate.block, p.first + (uint32_t)i};
    }
    return LV_OK;
}

static lv_status run(batch *b, lv_error *err)
{
    bool in_lane = false;
    lv_status status = check(b, err);
    if (status == LV_OK) {
        status = check_certificate(b, err);
    }
    if (status == LV_OK) {
        status = encode(b, err);
    }
    if (status == LV_OK) {
        status = go_until_valid(b, &in_lane, err);
    }
    if (in_lane) {
        leave_lane(b->self);
    }
    return status;
}

lv_status lv_fabric_submit(lv_ledger *ledger, const lv_call *calls, size_t count,
                           lv_position *positions, lv_error *err)
{
    lv_fabric *self = (lv_fabric *)ledger;
    batch b = {.self = self, .session = lv_session_take(self), .calls = calls, .count = count};
    lv_status status = run(&b, err);
    for (size_t i = 0; positions != NULL && i < count; i++) {
        positions[i] = (lv_position){0};
    }
    if (status == LV_OK && positions != NULL) {
        status = tell_positions(&b, positions, err);
    }
    lv_calls_encoded_free(&b.encoded);
    free(b.records);
    lv_session_release(b.session);
    return status;
}
