#include "ledger/fabric/gateways.h"
#include "base/clock.h"
#include "base/log.h"
#include "ledger/fabric/query.h"
#include <inttypes.h>
#include <lotveil/job.h>
#include <time.h>

enum { ROUNDS = 2, ROUND_PAUSE_MS = 200, PROBE_MS = 2000, CATCH_UP_MS = 3000, LOOK_AGAIN_MS = 50 };

static const double PAUSE_MIN = 0.5; /* seconds that a gateway is passed over */
static const double PAUSE_MAX = 30;
static const double FRESH = 5; /* heard of within so many seconds: it is there */

void lv_fabric_pause(int ms)
{
    uint8_t dice = 0;
    if (lv_rng_fill(NULL, &dice, 1) != LV_OK) {
        dice = UINT8_MAX;
    }
    int64_t micro = (int64_t)ms * 500 + (int64_t)ms * 500 * dice / UINT8_MAX;
    struct timespec left = {.tv_sec = (time_t)(micro / 1000000),
                            .tv_nsec = (long)(micro % 1000000) * 1000L};
    nanosleep(&left, NULL);
}

lv_status lv_fault_local(lv_fault *fault, lv_status status, const lv_error *words)
{
    *fault = (lv_fault){.status = status, .final = true};
    if (words != NULL) {
        fault->words = *words;
    }
    return status;
}

lv_status lv_fault_tell(const lv_fabric *self, const lv_fault *fault, lv_error *err)
{
    if (err != NULL) {
        *err = fault->words;
        if (!fault->contract) {
            lv_error_prefix(err, "channel %s: ", self->channel.channel);
        }
    }
    return fault->status;
}

/* ---- what is known of them ---- */

bool lv_gateways_choose(lv_fabric *self, uint32_t tried, size_t *index)
{
    bool found = false;
    double now = lv_clock_seconds();
    double best = 0;
    pthread_mutex_lock(&self->lock);
    for (size_t i = 0; i < self->gateway_count; i++) {
        if ((tried >> i & 1U) != 0) {
            continue;
        }
        double until = self->gateways[i].pause_until;
        until = until <= now ? 0 : until;
        if (!found || until < best) {
            found = true;
            best = until;
            *index = i;
        }
    }
    pthread_mutex_unlock(&self->lock);
    return found;
}

void lv_gateway_answered(lv_fabric *self, size_t gateway)
{
    pthread_mutex_lock(&self->lock);
    lv_gateway *at = &self->gateways[gateway];
    at->heard = lv_clock_seconds();
    bool was_away = at->pause > 0;
    at->pause = 0;
    at->pause_until = 0;
    pthread_mutex_unlock(&self->lock);
    if (was_away) {
        lv_log(LV_LOG_INFO, "ledger", "channel %s: gateway %s answers again", self->channel.channel,
               at->address);
    }
}

void lv_gateway_failed(lv_fabric *self, size_t gateway)
{
    pthread_mutex_lock(&self->lock);
    lv_gateway *at = &self->gateways[gateway];
    at->pause = at->pause > 0 ? at->pause * 2 : PAUSE_MIN;
    at->pause = at->pause < PAUSE_MAX ? at->pause : PAUSE_MAX;
    at->pause_until = lv_clock_seconds() + at->pause;
    at->heard = 0;
    pthread_mutex_unlock(&self->lock);
}

void lv_gateway_has(lv_fabric *self, size_t gateway, uint64_t height)
{
    pthread_mutex_lock(&self->lock);
    lv_gateway *at = &self->gateways[gateway];
    at->height = height > at->height ? height : at->height;
    self->height = height > self->height ? height : self->height;
    pthread_mutex_unlock(&self->lock);
}

uint64_t lv_fabric_height(lv_fabric *self)
{
    pthread_mutex_lock(&self->lock);
    uint64_t height = self->height;
    pthread_mutex_unlock(&self->lock);
    return height;
}

/* A peer that lags would answer from a past that this handle has left behind. Whether it is there
 * at all matters where another could be asked instead. */
static bool is_known_ready(lv_fabric *self, size_t gateway)
{
    pthread_mutex_lock(&self->lock);
    const lv_gateway *at = &self->gateways[gateway];
    bool up_to_date = at->height >= self->height;
    bool there = self->gateway_count == 1 || lv_clock_seconds() - at->heard < FRESH;
    pthread_mutex_unlock(&self->lock);
    return up_to_date && there;
}

lv_status lv_gateway_ready(lv_fabric *self, const lv_session *session, size_t gateway, int wait_ms,
                           lv_fault *fault)
{
    double until = lv_clock_seconds() + wait_ms / 1000.0;
    uint64_t wanted = lv_fabric_height(self);
    if (is_known_ready(self, gateway)) {
        return LV_OK;
    }
    for (;;) {
        lv_chain_info info = {0};
        lv_status status = lv_query_chain(self, session, gateway, PROBE_MS, &info, fault);
        if (status != LV_OK || info.height >= wanted) {
            return status;
        }
        if (lv_clock_seconds() >= until) {
            *fault = (lv_fault){0};
            fault->status = lv_fail(&fault->words, LV_UNAVAILABLE,
                                    "gateway %s: its peer lags behind: it has %" PRIu64
                                    " of %" PRIu64 " blocks",
                                    self->gateways[gateway].address, info.height, wanted);
            return fault->status;
        }
        lv_fabric_pause(LOOK_AGAIN_MS);
    }
}

/* ---- one after another ---- */

static lv_status try_one(lv_fabric *self, const lv_session *session, size_t gateway, int wait_ms,
                         lv_attempt attempt, void *context, lv_fault *fault)
{
    *fault = (lv_fault){0};
    lv_status status = lv_gateway_ready(self, session, gateway, wait_ms, fault);
    return status == LV_OK ? attempt(self, session, gateway, context, fault) : status;
}

lv_status lv_gateways_try(lv_fabric *self, const lv_session *session, lv_attempt attempt,
                          void *context, lv_fault *fault)
{
    lv_status status = LV_UNAVAILABLE;
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t tried = 0;
        size_t gateway = 0;
        if (round > 0) {
            lv_fabric_pause(ROUND_PAUSE_MS);
        }
        while (lv_gateways_choose(self, tried, &gateway)) {
            tried |= 1U << gateway;
            status = try_one(self, session, gateway, round > 0 ? CATCH_UP_MS : 0, attempt, context,
                             fault);
            if (status == LV_OK || fault->final) {
                return status;
            }
        }
    }
    return status;
}
