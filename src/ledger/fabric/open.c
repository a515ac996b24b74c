#include "ledger/fabric/handle.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ENDORSE_MS = 65000, COMMIT_MS = 60000 };

static void fabric_close(lv_ledger *ledger);
static lv_status fabric_set_identity(lv_ledger *ledger, const lv_identity *identity, lv_error *err);

static const lv_channel *fabric_channel(const lv_ledger *ledger)
{
    return &((const lv_fabric *)ledger)->channel;
}

static const lv_ledger_backend BACKEND = {
    .submit = lv_fabric_submit,
    .read = lv_fabric_read,
    .head = lv_fabric_head,
    .check_head = lv_fabric_check_head,
    .watch_open = lv_fabric_watch_open,
    .watch_next = lv_fabric_watch_next,
    .watch_wake = lv_fabric_watch_wake,
    .watch_close = lv_fabric_watch_close,
    .channel = fabric_channel,
    .set_identity = fabric_set_identity,
    .close = fabric_close,
};

/* ---- what is opened ---- */

static lv_status copy_bytes(lv_bytes bytes, lv_buffer *out)
{
    return bytes.len > 0 ? lv_buffer_append(out, bytes.data, bytes.len) : LV_OK;
}

static lv_status copy_channel(const lv_channel *channel, lv_channel *out, lv_error *err)
{
    lv_buffer encoded = {0};
    lv_status status = lv_channel_encode(channel, &encoded, err);
    if (status == LV_OK) {
        status = lv_channel_decode(lv_buffer_view(&encoded), out, err);
    }
    lv_buffer_free(&encoded);
    return status;
}

static lv_status copy_gateways(lv_fabric *self, const lv_fabric_options *options,
                               const char *own_msp, lv_error *err)
{
    if (options->gateway_count == 0 || options->gateway_count > LV_FABRIC_GATEWAYS_MAX) {
        return lv_fail(err, LV_E_CONFIG, "channel %s: %zu gateways, there can be 1 to %u",
                       self->channel.channel, options->gateway_count, LV_FABRIC_GATEWAYS_MAX);
    }
    self->gateway_count = options->gateway_count;
    for (size_t i = 0; i < options->gateway_count; i++) {
        const lv_fabric_gateway *from = &options->gateways[i];
        lv_gateway *to = &self->gateways[i];
        to->address = strdup(from->address);
        to->host_name = from->host_name != NULL ? strdup(from->host_name) : NULL;
        snprintf(to->msp, sizeof to->msp, "%s", from->msp != NULL ? from->msp : own_msp);
        if (to->address == NULL || (from->host_name != NULL && to->host_name == NULL)) {
            return LV_E_MEMORY;
        }
    }
    return LV_OK;
}

static lv_status copy_tls(lv_fabric *self, const lv_rpc_tls *tls, const lv_identity *identity)
{
    lv_status status = copy_bytes(tls->roots, &self->tls_roots);
    bool follows = tls->certificate.len == 0 ||
                   lv_bytes_equal(tls->certificate, lv_identity_certificate_pem(identity));
    if (status == LV_OK && !follows) {
        status = copy_bytes(tls->certificate, &self->tls_certificate);
    }
    if (status == LV_OK && !follows) {
        status = copy_bytes(tls->key, &self->tls_key);
    }
    return status;
}

static lv_status fill(lv_fabric *self, const lv_fabric_options *options,
                      const lv_identity *identity, lv_error *err)
{
    lv_status status = copy_channel(options->members, &self->channel, err);
    if (status == LV_OK) {
        status = lv_ledger_check_member(&self->channel, identity, err);
    }
    if (status == LV_OK && !lv_name_is_valid(options->chaincode)) {
        status = lv_fail(err, LV_E_CONFIG, "channel %s: its chaincode has no valid name",
                         self->channel.channel);
    }
    if (status == LV_OK) {
        self->chaincode = strdup(options->chaincode);
        status = self->chaincode != NULL
                     ? copy_gateways(self, options, lv_identity_msp(identity), err)
                     : LV_E_MEMORY;
    }
    if (status == LV_OK) {
        status = copy_tls(self, &options->tls, identity);
    }
    if (status != LV_OK) {
        return status;
    }
    snprintf(self->msp, sizeof self->msp, "%s", lv_identity_msp(identity));
    self->endorse_ms = options->endorse_ms > 0 ? options->endorse_ms : ENDORSE_MS;
    self->commit_ms = options->commit_ms > 0 ? options->commit_ms : COMMIT_MS;
    return lv_session_new(self, identity, &self->session, err);
}

/* Waiting must not depend on somebody setting the clock. */
static lv_status make_lane(lv_fabric *self)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0) {
        return LV_E_MEMORY;
    }
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int failed = pthread_cond_init(&self->lane_left, &attributes);
    pthread_condattr_destroy(&attributes);
    if (failed != 0) {
        return LV_E_MEMORY;
    }
    pthread_mutex_init(&self->lock, NULL);
    return LV_OK;
}

lv_status lv_fabric_open(const lv_fabric_options *options, const lv_identity *identity,
                         lv_ledger **out, lv_error *err)
{
    *out = NULL;
    lv_fabric *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return LV_E_MEMORY;
    }
    self->base.backend = &BACKEND;
    lv_status status = make_lane(self);
    if (status != LV_OK) {
        free(self);
        return status;
    }
    status = fill(self, options, identity, err);
    if (status != LV_OK) {
        fabric_close(&self->base);
        return status;
    }
    *out = &self->base;
    return LV_OK;
}

static void fabric_close(lv_ledger *ledger)
{
    lv_fabric *self = (lv_fabric *)ledger;
    lv_session_release(self->session);
    for (size_t i = 0; i < LV_FABRIC_GATEWAYS_MAX; i++) {
        free(self->gateways[i].address);
        free(self->gateways[i].host_name);
    }
    lv_buffer_free(&self->tls_roots);
    lv_buffer_free(&self->tls_certificate);
    lv_buffer_wipe(&self->tls_key);
    lv_channel_free(&self->channel);
    free(self->chaincode);
    pthread_cond_destroy(&self->lane_left);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

/* ---- another certificate ---- */

static lv_status fabric_set_identity(lv_ledger *ledger, const lv_identity *identity, lv_error *err)
{
    lv_fabric *self = (lv_fabric *)ledger;
    if (strcmp(lv_identity_msp(identity), self->msp) != 0) {
        return lv_fail(err, LV_REFUSED, "channel %s: opened as %s, and cannot go on as %s",
                       self->channel.channel, self->msp, lv_identity_msp(identity));
    }
    lv_session *session = NULL;
    lv_status status = lv_ledger_check_member(&self->channel, identity, err);
    if (status == LV_OK) {
        status = lv_session_new(self, identity, &session, err);
    }
    if (status != LV_OK) {
        return status;
    }
    pthread_mutex_lock(&self->lock);
    lv_session *before = self->session;
    self->session = session;
    pthread_mutex_unlock(&self->lock);
    lv_session_release(before);
    return LV_OK;
}
