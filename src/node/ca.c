#include "node/ca.h"
#include "base/base64.h"
#include "base/clock.h"
#include "identity/hosts.h"
#include "identity/msp_folder.h"
#include "node/http.h"
#include <string.h>

static const char REENROLL[] = "/api/v1/reenroll";
static const char REGISTER[] = "/api/v1/register";

/* One request and its answer. */
typedef struct {
    const lv_ca *ca;
    const char *path;
    lv_buffer header; /* the Authorization; may be secret */
    lv_buffer body;   /* may be secret */
    lv_buffer answer; /* may be secret */
    unsigned code;
} exchange;

static void exchange_wipe(exchange *e)
{
    lv_buffer_wipe(&e->header);
    lv_buffer_wipe(&e->body);
    lv_buffer_wipe(&e->answer);
}

bool lv_ca_url_is_valid(const char *url)
{
    static const char scheme[] = "https://";
    if (strncmp(url, scheme, sizeof scheme - 1) != 0) {
        return false;
    }
    const char *host = url + sizeof scheme - 1;
    size_t legal = strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                ".-_:[]");
    return legal > 0 && host[legal] == '\0' && host[0] != ':';
}

static lv_status check_ca(const lv_ca *ca, lv_error *err)
{
    if (!lv_ca_url_is_valid(ca->url)) {
        return lv_fail(err, LV_E_ARGUMENT, "CA: '%s' is no address such as https://ca.example:7054",
                       ca->url);
    }
    if (ca->name != NULL && ca->name[0] != '\0' && !lv_ca_text_is_valid(ca->name)) {
        return lv_fail(err, LV_E_ARGUMENT, "CA: its name must be printable, of 1 to %u bytes",
                       LV_CA_TEXT_MAX);
    }
    if (ca->roots.len == 0) {
        return lv_fail(err, LV_E_ARGUMENT,
                       "CA: the root that its TLS certificate chains to is needed");
    }
    return LV_OK;
}

static lv_status perform(exchange *e, lv_error *err)
{
    lv_buffer url = {0};
    lv_status status = check_ca(e->ca, err);
    if (status == LV_OK) {
        status = lv_buffer_printf(&url, "%s%s", e->ca->url, e->path);
    }
    if (status == LV_OK) {
        const lv_http_call call = {
            .url = lv_buffer_text(&url),
            .root = e->ca->roots,
            .method = "POST",
            .content_type = "application/json",
            .header = e->header.len > 0 ? lv_buffer_text(&e->header) : NULL,
            .body = lv_buffer_view(&e->body),
            .seconds = e->ca->seconds,
            .max_bytes = LV_CA_ANSWER_MAX,
            .cancelled = e->ca->cancelled,
            .cancel_context = e->ca->context,
        };
        status = lv_http_request_send(&call, &e->code, &e->answer, err);
    }
    lv_buffer_free(&url);
    return status;
}

/* "Authorization: Basic ...", RFC 7617. */
static lv_status set_secret(exchange *e, const char *user, lv_bytes secret)
{
    lv_buffer pair = {0};
    lv_status status = lv_buffer_printf(&pair, "%s:", user);
    if (status == LV_OK) {
        status = lv_buffer_append(&pair, secret.data, secret.len);
    }
    if (status == LV_OK) {
        status = lv_buffer_printf(&e->header, "Authorization: Basic ");
    }
    if (status == LV_OK) {
        status = lv_base64_encode(lv_buffer_view(&pair), &e->header);
    }
    lv_buffer_wipe(&pair);
    return status;
}

static lv_status set_token(exchange *e, const lv_identity *identity, lv_error *err)
{
    lv_status status = lv_buffer_printf(&e->header, "Authorization: ");
    return status == LV_OK ? lv_enroll_token(identity, "POST", e->path, lv_buffer_view(&e->body),
                                             &e->header, err)
                           : status;
}

lv_status lv_ca_root(const lv_ca *ca, lv_buffer *root_pem, lv_error *err)
{
    exchange e = {.ca = ca, .path = "/api/v1/cainfo"};
    lv_status status = lv_ca_info_body(ca->name, &e.body);
    if (status == LV_OK) {
        status = perform(&e, err);
    }
    if (status == LV_OK) {
        status = lv_ca_read_root(e.code, lv_buffer_view(&e.answer), root_pem, err);
    }
    exchange_wipe(&e);
    return status;
}

/* The key is made anew, so that the CA's answer can be of use to this request only. */
static lv_status begin_request(exchange *e, const lv_enroll_subject *subject, lv_buffer *key,
                               lv_error *err)
{
    lv_buffer csr = {0};
    lv_status status = lv_enroll_request(subject, &csr, key, err);
    if (status == LV_OK) {
        status = lv_ca_enroll_body(lv_buffer_view(&csr), e->ca->name, &e->body);
    }
    lv_buffer_free(&csr);
    return status;
}

static lv_status take_certificate(const exchange *e, const lv_enroll_subject *subject,
                                  lv_organisation *out, lv_error *err)
{
    lv_identity *identity = NULL;
    lv_status status =
        lv_ca_read_certificate(e->code, lv_buffer_view(&e->answer), &out->certificate, err);
    if (status == LV_OK) {
        status =
            lv_enroll_check(subject, lv_buffer_view(&out->certificate), lv_buffer_view(&out->key),
                            lv_buffer_view(&out->ca_certificate), lv_clock_now(), &identity, err);
        if (status == LV_INVALID) {
            lv_error_prefix(err, "what the CA sent is not what was asked for: ");
        }
    }
    lv_identity_free(identity);
    return status;
}

static void forget(lv_organisation *out)
{
    lv_buffer_free(&out->certificate);
    lv_buffer_wipe(&out->key);
}

lv_status lv_ca_enroll(const lv_ca *ca, const lv_enroll_subject *subject, lv_bytes secret,
                       lv_organisation *out, lv_error *err)
{
    exchange e = {.ca = ca, .path = "/api/v1/enroll"};
    lv_status status = begin_request(&e, subject, &out->key, err);
    if (status == LV_OK) {
        status = set_secret(&e, subject->user, secret);
    }
    if (status == LV_OK) {
        status = perform(&e, err);
    }
    if (status == LV_OK) {
        status = take_certificate(&e, subject, out, err);
    }
    if (status != LV_OK) {
        forget(out);
    }
    exchange_wipe(&e);
    return status;
}

lv_status lv_ca_reenroll(const lv_ca *ca, const lv_identity *own, lv_organisation *out,
                         lv_error *err)
{
    exchange e = {.ca = ca, .path = REENROLL};
    char user[LV_ENROLL_USER_MAX + 1];
    lv_hosts hosts = {0};
    lv_status status = lv_enroll_user(lv_identity_certificate(own), user, err);
    if (status == LV_OK) {
        status = lv_hosts_read(lv_identity_certificate(own), &hosts, err);
    }
    const lv_enroll_subject subject = {.user = user,
                                       .msp_id = lv_identity_msp(own),
                                       .hosts = (const char *const *)hosts.names,
                                       .host_count = hosts.count};
    if (status == LV_OK) {
        status = begin_request(&e, &subject, &out->key, err);
    }
    if (status == LV_OK) {
        status = set_token(&e, own, err);
    }
    if (status == LV_OK) {
        status = perform(&e, err);
    }
    if (status == LV_OK) {
        status = take_certificate(&e, &subject, out, err);
    }
    if (status != LV_OK) {
        forget(out);
    }
    lv_hosts_free(&hosts);
    exchange_wipe(&e);
    return status;
}

lv_status lv_ca_renew(const lv_ca *ca, const char *folder, const lv_identity *own,
                      lv_bytes root_pem, lv_error *err)
{
    lv_organisation made = {0};
    lv_status status = lv_buffer_append(&made.ca_certificate, root_pem.data, root_pem.len);
    if (status == LV_OK) {
        status = lv_ca_reenroll(ca, own, &made, err);
    }
    if (status == LV_OK) {
        status =
            lv_msp_folder_replace(folder, lv_identity_msp(own), lv_buffer_view(&made.certificate),
                                  lv_buffer_view(&made.key), err);
    }
    lv_organisation_wipe(&made);
    return status;
}

static lv_status check_registration(const lv_ca_registration *asked, lv_error *err)
{
    if (!lv_enroll_user_is_valid(asked->user) || !lv_ca_text_is_valid(asked->type) ||
        (asked->affiliation != NULL && asked->affiliation[0] != '\0' &&
         !lv_ca_text_is_valid(asked->affiliation)) ||
        asked->secret.len > LV_CA_SECRET_MAX) {
        return lv_fail(err, LV_E_ARGUMENT,
                       "register: user, type and affiliation are printable texts of up to %u "
                       "bytes, the secret one of up to %u",
                       LV_CA_TEXT_MAX, LV_CA_SECRET_MAX);
    }
    return LV_OK;
}

lv_status lv_ca_register(const lv_ca *ca, const lv_identity *registrar,
                         const lv_ca_registration *registration, lv_buffer *secret, lv_error *err)
{
    exchange e = {.ca = ca, .path = REGISTER};
    lv_status status = check_registration(registration, err);
    if (status == LV_OK) {
        status = lv_ca_register_body(registration, ca->name, &e.body);
    }
    if (status == LV_OK) {
        status = set_token(&e, registrar, err);
    }
    if (status == LV_OK) {
        status = perform(&e, err);
    }
    if (status == LV_OK) {
        status = lv_ca_read_secret(e.code, lv_buffer_view(&e.answer), secret, err);
    }
    exchange_wipe(&e);
    return status;
}
