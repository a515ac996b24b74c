/* Following a channel, one block at a time, from whichever gateway delivers. */
#include "base/clock.h"
#include "base/log.h"
#include "ledger/fabric/deliver.h"
#include "ledger/fabric/place.h"
#include "ledger/fabric/query.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OPEN_LOOK_MS = 100, ASK_MS = 5000, PAUSE_MIN_MS = 100, PAUSE_MAX_MS = 2000 };

static const double OPEN_SECONDS = 1;    /* for peers to come up to where a watch begins */
static const double SILENCE_SECONDS = 5; /* after which other gateways are asked for their height */
static const double OVERDUE_SECONDS = 2; /* and then the block has this long to come */
static const double OWED_SECONDS =
    5; /* a block that stands is waited for, however short the wait */

/* One thread waits on a watch at a time; others may wake it. */
typedef struct {
    lv_watch base; /* first: a lv_watch * is one of these */
    lv_position next;
    bool linked; /* is `previous` the hash of block next.block - 1? */
    lv_digest previous;

    bool loaded; /* is next.block in `block`? */
    lv_fabric_block block;
    size_t transaction; /* of the block, whose calls are in `calls` or come next */
    lv_calls calls;
    size_t call;    /* of them, that comes next */
    uint32_t index; /* of that call in the block */

    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t rung;
    bool woken;
    lv_rpc_stream *stream; /* NULL: none is open */

    lv_session *session; /* that the stream belongs to */
    size_t gateway;      /* that it comes from */
    uint32_t tried;      /* gateways that failed since the last block */
    int pause_ms;
    double heard; /* when the stream said something, or was opened */
} watch;

static lv_fabric *ledger_of(const watch *self) { return (lv_fabric *)self->base.ledger; }

/* ---- the stream ---- */

static void set_stream(watch *self, lv_rpc_stream *stream)
{
    pthread_mutex_lock(&self->lock);
    self->stream = stream;
    pthread_mutex_unlock(&self->lock);
}

static void hang_up(watch *self)
{
    lv_rpc_stream *stream = self->stream;
    set_stream(self, NULL);
    lv_rpc_stream_close(stream);
    lv_session_release(self->session);
    self->session = NULL;
}

/* Another gateway goes on where this one failed. @return LV_OK, or LV_UNAVAILABLE where every one
 * failed since the last block; the next call then begins anew. */
static lv_status give_up(watch *self, const lv_error *words, lv_error *err)
{
    lv_fabric *ledger = ledger_of(self);
    size_t other = 0;
    hang_up(self);
    lv_gateway_failed(ledger, self->gateway);
    self->tried |= 1U << self->gateway;
    if (lv_gateways_choose(ledger, self->tried, &other)) {
        lv_log(LV_LOG_INFO, "ledger", "channel %s: blocks from another gateway than %s: %s",
               ledger->channel.channel, ledger->gateways[self->gateway].address, words->text);
        return LV_OK;
    }
    self->tried = 0;
    self->pause_ms = self->pause_ms == 0 ? PAUSE_MIN_MS : self->pause_ms * 2;
    self->pause_ms = self->pause_ms < PAUSE_MAX_MS ? self->pause_ms : PAUSE_MAX_MS;
    return lv_fail(err, LV_UNAVAILABLE, "channel %s: no gateway delivers blocks; the last, %s: %s",
                   ledger->channel.channel, ledger->gateways[self->gateway].address, words->text);
}

static lv_status dial(watch *self, lv_error *err)
{
    lv_fabric *ledger = ledger_of(self);
    const lv_deliver_params params = {.from = self->next.block, .to = LV_DELIVER_TO_END};
    lv_rpc_stream *stream = NULL;
    lv_error words = {0};
    if (!lv_gateways_choose(ledger, self->tried, &self->gateway)) {
        self->tried = 0;
        (void)lv_gateways_choose(ledger, 0, &self->gateway);
    }
    self->session = lv_session_take(ledger);
    lv_status status =
        lv_deliver_open(ledger, self->session, self->gateway, &params, &stream, &words);
    if (status != LV_OK) {
        return status == LV_E_MEMORY ? status : give_up(self, &words, err);
    }
    self->heard = lv_clock_seconds();
    set_stream(self, stream);
    return LV_OK;
}

/* ---- blocks ---- */

static lv_status check_link(const watch *self, lv_error *err)
{
    const lv_fabric *ledger = (const lv_fabric *)self->base.ledger;
    if (self->linked && !lv_digest_equal(&self->block.previous, &self->previous)) {
        return lv_fail(err, LV_E_CORRUPT,
                       "channel %s: gateway %s: block %" PRIu64
                       " does not follow from the block before it that was seen",
                       ledger->channel.channel, ledger->gateways[self->gateway].address,
                       self->block.number);
    }
    return LV_OK;
}

static lv_status take_block(watch *self, lv_bytes bytes, lv_error *err)
{
    lv_fabric *ledger = ledger_of(self);
    lv_error words = {0};
    lv_status status = lv_fabric_block_parse(bytes, ledger->chaincode, &self->block, &words);
    if (status == LV_OK && self->block.number != self->next.block) {
        status = lv_fail(&words, LV_UNAVAILABLE,
                         "it sent block %" PRIu64 " where block %" PRIu64 " comes next",
                         self->block.number, self->next.block);
    }
    if (status != LV_OK) {
        lv_fabric_block_free(&self->block);
        if (status == LV_E_CORRUPT || status == LV_INVALID) {
            return lv_fail(err, LV_E_CORRUPT, "channel %s: gateway %s: %s", ledger->channel.channel,
                           ledger->gateways[self->gateway].address, words.text);
        }
        return status == LV_E_MEMORY ? status : give_up(self, &words, err);
    }
    status = check_link(self, err);
    if (status != LV_OK) {
        lv_fabric_block_free(&self->block);
        return status;
    }
    lv_gateway_answered(ledger, self->gateway);
    lv_gateway_has(ledger, self->gateway, self->block.number + 1);
    self->tried = 0;
    self->pause_ms = 0;
    self->loaded = true;
    return LV_OK;
}

/* A certificate that was renewed meanwhile is used with the next try. */
static lv_status take_end(watch *self, int code, lv_error *err)
{
    lv_fault fault = {0};
    lv_fabric *ledger = ledger_of(self);
    lv_fault_of_delivery(code, &fault);
    lv_session *now = lv_session_take(ledger);
    bool renewed = now != self->session;
    lv_session_release(now);
    if (fault.status == LV_REFUSED && !renewed) {
        hang_up(self);
        *err = fault.words;
        lv_error_prefix(err, "channel %s: gateway %s: ", ledger->channel.channel,
                        ledger->gateways[self->gateway].address);
        return LV_REFUSED;
    }
    return give_up(self, &fault.words, err);
}

static lv_status take_message(watch *self, lv_bytes message, lv_error *err)
{
    lv_delivered delivered = {0};
    lv_error words = {0};
    self->heard = lv_clock_seconds();
    if (lv_delivered_read(message, &delivered, &words) != LV_OK) {
        return give_up(self, &words, err);
    }
    return delivered.is_block ? take_block(self, delivered.block, err)
                              : take_end(self, delivered.status, err);
}

/* Does another gateway's peer have the block that this one owes? Then it has some time, and is left
 * if that passes. */
static lv_status suspect(watch *self, bool *overdue, lv_error *err)
{
    lv_fabric *ledger = ledger_of(self);
    lv_error words = {0};
    for (size_t i = 0; i < ledger->gateway_count; i++) {
        lv_chain_info info = {0};
        lv_fault fault = {0};
        if (i != self->gateway && lv_fabric_height(ledger) <= self->next.block) {
            lv_status ignored = lv_query_chain(ledger, self->session, i, ASK_MS, &info, &fault);
            (void)ignored; /* the height is what is asked for */
        }
    }
    bool owes = lv_fabric_height(ledger) > self->next.block;
    if (owes && *overdue) {
        *overdue = false;
        (void)lv_fail(&words, LV_UNAVAILABLE, "it lags behind: block %" PRIu64 " does not come",
                      self->next.block);
        return give_up(self, &words, err);
    }
    *overdue = owes;
    return LV_OK;
}

/* How long may be waited before other gateways are asked. */
static int patience(const watch *self, bool overdue, double until)
{
    const lv_fabric *ledger = (const lv_fabric *)self->base.ledger;
    double now = lv_clock_seconds();
    double end = until;
    if (ledger->gateway_count > 1) {
        double ask = self->heard + SILENCE_SECONDS + (overdue ? OVERDUE_SECONDS : 0);
        end = end < 0 || ask < end ? ask : end;
    }
    if (end < 0) {
        return -1;
    }
    return end <= now ? 0 : (int)((end - now) * 1000) + 1;
}

static bool take_wake(watch *self)
{
    pthread_mutex_lock(&self->lock);
    bool woken = self->woken;
    self->woken = false;
    pthread_mutex_unlock(&self->lock);
    return woken;
}

static bool is_over(double until) { return until >= 0 && lv_clock_seconds() >= until; }

/* One wait on the stream. @return LV_OK: look again; LV_TIMEOUT: time is up, or somebody woke it.
 */
static lv_status listen(watch *self, double until, bool *overdue, lv_error *err)
{
    lv_buffer message = {0};
    lv_error words = {0};
    lv_status status =
        lv_rpc_stream_receive(self->stream, patience(self, *overdue, until), &message, &words);
    if (status == LV_OK) {
        *overdue = false;
        status = take_message(self, lv_buffer_view(&message), err);
    } else if (status == LV_TIMEOUT && !take_wake(self) && !is_over(until)) {
        if (lv_clock_seconds() - self->heard < SILENCE_SECONDS ||
            ledger_of(self)->gateway_count == 1) {
            status = LV_OK; /* a wake that was taken already */
        } else {
            status = suspect(self, overdue, err);
            self->heard = *overdue ? self->heard : lv_clock_seconds();
        }
    } else if (status != LV_TIMEOUT && status != LV_E_MEMORY) {
        if (status == LV_NOT_FOUND) {
            const lv_rpc_end *end = lv_rpc_stream_end(self->stream);
            (void)lv_fail(&words, LV_UNAVAILABLE, "%s: %s", lv_rpc_code_name(end->code),
                          end->words);
        }
        status = give_up(self, &words, err);
    }
    lv_buffer_free(&message);
    return status;
}

/* Waits out the pause after a round of failures. */
static lv_status rest(watch *self, double until)
{
    double end = lv_clock_seconds() + self->pause_ms / 1000.0;
    bool cut = until >= 0 && until < end;
    end = cut ? until : end;
    struct timespec at = {.tv_sec = (time_t)end,
                          .tv_nsec = (long)((end - (double)(time_t)end) * 1e9)};
    int result = 0;
    pthread_mutex_lock(&self->lock);
    while (!self->woken && result == 0) {
        result = pthread_cond_timedwait(&self->rung, &self->lock, &at);
    }
    bool woken = self->woken;
    self->woken = false;
    pthread_mutex_unlock(&self->lock);
    return woken || cut ? LV_TIMEOUT : LV_OK;
}

/* What was committed before the question is an answer to it, though it is still on its way here. */
static double extend(const watch *self, double start, double until)
{
    double owed = start + OWED_SECONDS;
    bool stands = lv_fabric_height(ledger_of(self)) > self->next.block;
    return until >= 0 && until < owed && stands ? owed : until;
}

/* Waits for the block that comes next. */
static lv_status load_block(watch *self, double start, double wanted, lv_error *err)
{
    lv_status status = LV_OK;
    bool overdue = false;
    while (status == LV_OK && !self->loaded) {
        double until = extend(self, start, wanted);
        if (take_wake(self)) {
            return LV_TIMEOUT;
        }
        if (self->stream == NULL && self->tried == 0 && self->pause_ms > 0) {
            status = rest(self, until);
        }
        if (status == LV_OK && self->stream == NULL) {
            status = dial(self, err);
        }
        if (status == LV_OK && self->stream != NULL) {
            status = listen(self, until, &overdue, err);
        }
    }
    return status;
}

/* ---- calls ---- */

static const char *member_name(const lv_channel *channel, const char *msp_id)
{
    for (size_t i = 0; i < channel->member_count; i++) {
        if (strcmp(channel->members[i].msp_id, msp_id) == 0) {
            return channel->members[i].msp_id;
        }
    }
    return NULL;
}

static void unload(watch *self)
{
    lv_calls_free(&self->calls);
    lv_fabric_block_free(&self->block);
    self->calls = (lv_calls){0};
    self->block = (lv_fabric_block){0};
    self->loaded = false;
    self->transaction = 0;
    self->call = 0;
    self->index = 0;
}

/* The block is done with: the next one has to follow from it. */
static void advance(watch *self)
{
    self->previous = self->block.hash;
    self->linked = true;
    self->next = (lv_position){.block = self->next.block + 1};
    unload(self);
}

/* Goes to the next call of the block that is wanted. LV_NOT_FOUND: there is none. */
static lv_status find_call(watch *self, lv_error *err)
{
    while (self->transaction < self->block.transaction_count) {
        const lv_fabric_block_transaction *at = &self->block.transactions[self->transaction];
        if (lv_place_counts(at) && self->calls.count == 0) {
            lv_status status = lv_place_calls(at, &self->calls, err);
            if (status != LV_OK) {
                lv_error_prefix(err, "channel %s: block %" PRIu64 ": ",
                                lv_ledger_channel(self->base.ledger)->channel, self->block.number);
                return status;
            }
        }
        for (; self->call < self->calls.count; self->call++, self->index++) {
            if (self->index >= self->next.transaction) {
                return LV_OK;
            }
        }
        lv_calls_free(&self->calls);
        self->calls = (lv_calls){0};
        self->call = 0;
        self->transaction++;
    }
    return LV_NOT_FOUND;
}

static lv_status copy_arguments(const lv_call *call, lv_committed *out)
{
    out->arguments = calloc(call->argument_count + 1, sizeof *out->arguments);
    if (out->arguments == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < call->argument_count; i++) {
        out->argument_count = i + 1;
        lv_bytes from = call->arguments[i];
        status = from.len > 0 ? lv_buffer_append(&out->arguments[i], from.data, from.len) : LV_OK;
    }
    return status;
}

static lv_status hand_out(watch *self, lv_committed *out, lv_error *err)
{
    const lv_channel *channel = lv_ledger_channel(self->base.ledger);
    const lv_fabric_block_transaction *at = &self->block.transactions[self->transaction];
    const lv_call *call = &self->calls.calls[self->call];
    out->submitter = member_name(channel, at->submitter);
    if (out->submitter == NULL) {
        return lv_fail(err, LV_E_CONFIG,
                       "channel %s: block %" PRIu64 ": organisation %s has written, which this "
                       "configuration does not name as a member: add it",
                       channel->channel, self->block.number, at->submitter);
    }
    if (!lv_name_is_valid(call->function)) {
        return lv_fail(err, LV_E_CORRUPT, "channel %s: block %" PRIu64 ": a call without a name",
                       channel->channel, self->block.number);
    }
    snprintf(out->function, sizeof out->function, "%s", call->function);
    out->position = (lv_position){self->block.number, self->index};
    lv_status status = copy_arguments(call, out);
    if (status == LV_OK) {
        self->call++;
        self->index++;
        self->next.transaction = self->index;
    }
    return status;
}

lv_status lv_fabric_watch_next(lv_watch *base, int timeout_ms, lv_committed *out, lv_error *err)
{
    watch *self = (watch *)base;
    lv_error ignored = {0};
    err = err != NULL ? err : &ignored;
    double start = lv_clock_seconds();
    double until = timeout_ms < 0 ? -1.0 : start + (double)timeout_ms / 1000.0;
    lv_status status = LV_OK;
    *out = (lv_committed){0};
    while (status == LV_OK) {
        status = self->loaded ? LV_OK : load_block(self, start, until, err);
        if (status != LV_OK) {
            break;
        }
        status = find_call(self, err);
        if (status == LV_OK) {
            status = hand_out(self, out, err);
            break;
        }
        if (status == LV_NOT_FOUND) {
            advance(self);
            status = LV_OK;
        }
    }
    if (status != LV_OK) {
        lv_committed_free(out);
    }
    return status;
}

void lv_fabric_watch_wake(lv_watch *base)
{
    watch *self = (watch *)base;
    pthread_mutex_lock(&self->lock);
    self->woken = true;
    if (self->stream != NULL) {
        lv_rpc_stream_wake(self->stream);
    }
    pthread_cond_broadcast(&self->rung);
    pthread_mutex_unlock(&self->lock);
}

/* ---- opening ---- */

typedef struct {
    uint64_t wanted; /* height */
    uint64_t highest;
} reach;

static lv_status ask_height(lv_fabric *ledger, const lv_session *session, size_t gateway,
                            void *context, lv_fault *fault)
{
    reach *r = context;
    lv_chain_info info = {0};
    lv_status status = lv_query_chain(ledger, session, gateway, ASK_MS, &info, fault);
    if (status != LV_OK) {
        return status;
    }
    r->highest = info.height > r->highest ? info.height : r->highest;
    if (info.height < r->wanted) {
        fault->status =
            lv_fail(&fault->words, LV_NOT_FOUND, "its peer has %" PRIu64 " blocks", info.height);
        return fault->status;
    }
    return LV_OK;
}

/* The block before the first one wanted was seen once and has to be there. A peer that lags behind
 * the one that showed it catches up; where all of them stay behind, the channel was shortened. */
static lv_status check_reach(lv_fabric *ledger, uint64_t wanted, lv_error *err)
{
    reach r = {.wanted = wanted};
    lv_fault fault = {0};
    double until = lv_clock_seconds() + OPEN_SECONDS;
    lv_session *session = lv_session_take(ledger);
    lv_status status = lv_gateways_try(ledger, session, ask_height, &r, &fault);
    while (status == LV_NOT_FOUND && lv_clock_seconds() < until) {
        uint64_t before = r.highest;
        lv_fabric_pause(OPEN_LOOK_MS);
        lv_status other = LV_NOT_FOUND;
        for (size_t i = 0; status == LV_NOT_FOUND && i < ledger->gateway_count; i++) {
            lv_status one = ask_height(ledger, session, i, &r, &fault);
            status = one == LV_OK ? LV_OK : status;
            other = one == LV_OK || one == LV_NOT_FOUND ? other : one;
        }
        status = status == LV_NOT_FOUND ? other : status;
        until = r.highest > before ? lv_clock_seconds() + OPEN_SECONDS : until;
    }
    lv_session_release(session);
    if (status == LV_NOT_FOUND) {
        return lv_fail(err, LV_E_CORRUPT,
                       "channel %s: block %" PRIu64 " was read once and is not there any more: it "
                       "ends with block %" PRIu64,
                       ledger->channel.channel, wanted - 1, r.highest - 1);
    }
    return status == LV_OK ? LV_OK : lv_fault_tell(ledger, &fault, err);
}

static lv_status make(lv_ledger *ledger, lv_position from, watch **out)
{
    pthread_condattr_t attributes;
    watch *self = calloc(1, sizeof *self);
    *out = NULL;
    if (self == NULL || pthread_condattr_init(&attributes) != 0) {
        free(self);
        return LV_E_MEMORY;
    }
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&self->rung, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&self->lock, NULL);
    self->base.ledger = ledger;
    self->next = from.block > 0 ? from : (lv_position){.block = 0}; /* the genesis is no write */
    *out = self;
    return LV_OK;
}

lv_status lv_fabric_watch_open(lv_ledger *ledger, lv_position from, lv_watch **out, lv_error *err)
{
    watch *self = NULL;
    *out = NULL;
    if (from.block > INT64_MAX) {
        return lv_fail(err, LV_E_ARGUMENT, "there is no block %" PRIu64, from.block);
    }
    lv_status status = check_reach((lv_fabric *)ledger, from.block, err);
    if (status == LV_OK) {
        status = make(ledger, from, &self);
    }
    if (status == LV_OK) {
        *out = &self->base;
    }
    return status;
}

void lv_fabric_watch_close(lv_watch *base)
{
    watch *self = (watch *)base;
    hang_up(self);
    unload(self);
    pthread_cond_destroy(&self->rung);
    pthread_mutex_destroy(&self->lock);
    free(self);
}
