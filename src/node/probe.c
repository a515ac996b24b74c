#include "node/probe.h"
#include "base/clock.h"
#include "node/node_parts.h"
#include <errno.h>
#include <stdlib.h>

struct lv_probe {
    lv_ledger *ledger;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    pthread_t thread; /* of the last question, to be joined where has_thread */
    bool has_thread;
    bool asking;
    double asked;
    double answered;  /* 0: never */
    lv_status status; /* of the last question that ended */
    lv_head head;
    lv_error words;
    lv_error trouble; /* why it did not answer when last heard of; "": it did */
};

lv_status lv_probe_new(lv_ledger *ledger, lv_probe **out)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL) {
        return LV_E_MEMORY;
    }
    (*out)->ledger = ledger;
    if (pthread_mutex_init(&(*out)->lock, NULL) == 0) {
        if (lv_node_condition_init(&(*out)->ended) == 0) {
            return LV_OK;
        }
        pthread_mutex_destroy(&(*out)->lock);
    }
    free(*out);
    *out = NULL;
    return LV_E_MEMORY;
}

void lv_probe_free(lv_probe *probe)
{
    if (probe == NULL) {
        return;
    }
    if (probe->has_thread) {
        pthread_join(probe->thread, NULL);
    }
    pthread_cond_destroy(&probe->ended);
    pthread_mutex_destroy(&probe->lock);
    free(probe);
}

/* With the lock held. */
static void note(lv_probe *probe, const lv_error *words)
{
    probe->trouble = words != NULL ? *words : (lv_error){0};
    if (words == NULL) {
        probe->answered = lv_clock_seconds();
    }
}

void lv_probe_note(lv_probe *probe, const lv_error *words)
{
    pthread_mutex_lock(&probe->lock);
    note(probe, words);
    pthread_mutex_unlock(&probe->lock);
}

static void *ask(void *context)
{
    lv_probe *probe = context;
    lv_head head = {0};
    lv_error err = {0};
    lv_status status = lv_ledger_head(probe->ledger, &head, &err);
    pthread_mutex_lock(&probe->lock);
    probe->status = status;
    probe->head = head;
    probe->words = err;
    note(probe, status == LV_OK ? NULL : &err);
    probe->asking = false;
    pthread_cond_broadcast(&probe->ended);
    pthread_mutex_unlock(&probe->lock);
    return NULL;
}

void lv_probe_ask(lv_probe *probe)
{
    pthread_mutex_lock(&probe->lock);
    if (!probe->asking) {
        if (probe->has_thread) { /* it has nothing left to do but to end */
            pthread_join(probe->thread, NULL);
        }
        probe->asked = lv_clock_seconds();
        probe->has_thread = pthread_create(&probe->thread, NULL, ask, probe) == 0;
        probe->asking = probe->has_thread;
        if (!probe->has_thread) {
            probe->status = lv_fail(&probe->words, LV_UNAVAILABLE, "no thread to ask the ledger");
        }
    }
    pthread_mutex_unlock(&probe->lock);
}

/* With the lock held. */
static void tell_silence(const lv_probe *probe, double now, lv_probe_result *out)
{
    const char *before = probe->trouble.text;
    out->status =
        lv_fail(&out->words, LV_TIMEOUT, "channel %s: asked %.0f s ago, and no answer yet%s%s",
                lv_ledger_channel(probe->ledger)->channel, now - probe->asked,
                before[0] != '\0' ? "; before that: " : "", before);
}

void lv_probe_take(lv_probe *probe, lv_probe_result *out)
{
    *out = (lv_probe_result){0};
    pthread_mutex_lock(&probe->lock);
    const struct timespec until = lv_node_moment(probe->asked + LV_PROBE_PATIENCE);
    int waited = 0;
    while (probe->asking && waited != ETIMEDOUT) {
        waited = pthread_cond_timedwait(&probe->ended, &probe->lock, &until);
    }
    double now = lv_clock_seconds();
    if (probe->asking) {
        tell_silence(probe, now, out);
    } else {
        out->status = probe->status;
        out->head = probe->head;
        out->words = probe->words;
    }
    out->since = probe->answered > 0 ? now - probe->answered : -1;
    pthread_mutex_unlock(&probe->lock);
}
