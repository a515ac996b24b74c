/* Connections as one identity. */
#include "base/secret.h"
#include "fabric/creator.h"
#include "identity/x509.h"
#include "ledger/fabric/handle.h"
#include <openssl/x509.h>
#include <stdlib.h>

/* Fabric's peers cut whoever asks more often than once a minute. */
enum { KEEPALIVE_MS = 75000, CONNECT_MS = 4000, BACKOFF_MIN_MS = 100, BACKOFF_MAX_MS = 2000 };

static bool has_own_tls(const lv_fabric *self) { return self->tls_certificate.len > 0; }

static lv_status take_certificate(const lv_fabric *self, lv_session *session, lv_error *err)
{
    if (!has_own_tls(self)) {
        lv_bytes der = lv_identity_certificate(session->identity);
        return lv_buffer_append(&session->tls_certificate, der.data, der.len);
    }
    X509 *certificate = NULL;
    uint8_t *der = NULL;
    lv_status status = lv_x509_from_pem(lv_buffer_view(&self->tls_certificate), &certificate, err);
    if (status != LV_OK) {
        return LV_E_CONFIG;
    }
    int len = i2d_X509(certificate, &der);
    status = len > 0 ? lv_buffer_append(&session->tls_certificate, der, (size_t)len) : LV_E_CRYPTO;
    OPENSSL_free(der);
    X509_free(certificate);
    return status;
}

static lv_status connect_all(const lv_fabric *self, lv_session *session, lv_error *err)
{
    lv_rpc_target target = {
        .tls = {.roots = lv_buffer_view(&self->tls_roots),
                .certificate = has_own_tls(self) ? lv_buffer_view(&self->tls_certificate)
                                                 : lv_identity_certificate_pem(session->identity),
                .key = has_own_tls(self) ? lv_buffer_view(&self->tls_key)
                                         : lv_identity_key_pem(session->identity)},
        .connect_ms = CONNECT_MS,
        .keepalive_ms = KEEPALIVE_MS,
        .backoff_min_ms = BACKOFF_MIN_MS,
        .backoff_max_ms = BACKOFF_MAX_MS,
    };
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < self->gateway_count; i++) {
        target.address = self->gateways[i].address;
        target.host_name = self->gateways[i].host_name;
        status = lv_rpc_client_new(&target, &session->clients[i], err);
        session->client_count += status == LV_OK ? 1 : 0;
    }
    return status;
}

lv_status lv_session_new(const lv_fabric *self, const lv_identity *identity, lv_session **out,
                         lv_error *err)
{
    *out = NULL;
    lv_session *session = calloc(1, sizeof *session);
    if (session == NULL) {
        return LV_E_MEMORY;
    }
    atomic_init(&session->users, 1);
    session->identity = lv_identity_retain(identity);
    lv_status status = lv_creator_encode(identity, &session->creator, err);
    if (status == LV_OK) {
        status = take_certificate(self, session, err);
    }
    if (status == LV_OK) {
        status = connect_all(self, session, err);
    }
    if (status != LV_OK) {
        lv_session_release(session);
        return status;
    }
    *out = session;
    return LV_OK;
}

lv_session *lv_session_take(lv_fabric *self)
{
    pthread_mutex_lock(&self->lock);
    lv_session *session = self->session;
    atomic_fetch_add(&session->users, 1);
    pthread_mutex_unlock(&self->lock);
    return session;
}

void lv_session_release(lv_session *session)
{
    if (session == NULL || atomic_fetch_sub(&session->users, 1) != 1) {
        return;
    }
    for (size_t i = 0; i < session->client_count; i++) {
        lv_rpc_client_close(session->clients[i]);
    }
    lv_buffer_free(&session->tls_certificate);
    lv_buffer_free(&session->creator);
    lv_identity_free(session->identity);
    free(session);
}
