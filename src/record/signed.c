/* The envelope of all records: docs/protocol.md section 9. */
#include "lotveil.pb-c.h"
#include "record/wire.h"
#include <lotveil/record.h>
#include <stdio.h>
#include <string.h>

#define DOMAIN_MAX 64U

static const char *const KIND_NAMES[] = {
    [LV_KIND_QUALITY] = "quality",
    [LV_KIND_XOR] = "xor",
    [LV_KIND_GRANT] = "grant",
    [LV_KIND_SALE] = "sale",
    [LV_KIND_PURCHASE] = "purchase",
    [LV_KIND_RECEIPT] = "receipt",
    [LV_KIND_INQUIRY] = "inquiry",
    [LV_KIND_ANSWER] = "answer",
    [LV_KIND_TRANSACTION] = "transaction",
    [LV_KIND_BLOCK] = "block",
    [LV_KIND_OPENING] = "opening",
};

static const size_t KINDS = sizeof KIND_NAMES / sizeof KIND_NAMES[0];

const char *lv_kind_name(lv_kind kind)
{
    return (size_t)kind < KINDS ? KIND_NAMES[kind] : "unknown";
}

static bool find_kind(const char *name, lv_kind *kind)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (strcmp(name, KIND_NAMES[i]) == 0) {
            *kind = (lv_kind)i;
            return true;
        }
    }
    return false;
}

static void name_domain(lv_kind kind, char domain[DOMAIN_MAX])
{
    snprintf(domain, DOMAIN_MAX, "lotveil/v1/%s", lv_kind_name(kind));
}

lv_status lv_signed_seal(lv_kind kind, lv_bytes body, const lv_identity *author, lv_buffer *out,
                         lv_error *err)
{
    if ((size_t)kind >= KINDS) {
        return lv_fail(err, LV_E_ARGUMENT, "there is no kind %d of record", (int)kind);
    }
    char domain[DOMAIN_MAX];
    name_domain(kind, domain);
    lv_buffer signature = {0};
    lv_status status = lv_identity_sign(author, domain, body, &signature, err);
    if (status == LV_OK) {
        Lotveil__V1__Signed message = LOTVEIL__V1__SIGNED__INIT;
        message.kind = lv_wire_text(lv_kind_name(kind));
        message.body = lv_wire_bytes(body);
        message.certificate = lv_wire_bytes(lv_identity_certificate(author));
        message.signature = lv_wire_bytes(lv_buffer_view(&signature));
        status = lv_wire_pack(&message.base, LV_RECORD_MAX, out, err);
    }
    lv_buffer_free(&signature);
    return status;
}

/* Reads an envelope and holds its parts against their limits. */
static lv_status read_envelope(lv_bytes bytes, Lotveil__V1__Signed **out, lv_kind *kind,
                               lv_error *err)
{
    *out = NULL;
    ProtobufCMessage *base = NULL;
    lv_status status =
        lv_wire_unpack(&lotveil__v1__signed__descriptor, bytes, LV_RECORD_MAX, &base, err);
    if (status != LV_OK) {
        return status;
    }
    Lotveil__V1__Signed *message = (Lotveil__V1__Signed *)base;
    if (!find_kind(message->kind, kind)) {
        status = lv_fail(err, LV_E_SYNTAX, "signed record: field kind: no kind that is known");
    } else if (message->certificate.len == 0 || message->signature.len == 0) {
        status = lv_fail(err, LV_E_SYNTAX, "signed %s: certificate or signature is missing",
                         message->kind);
    } else if (message->certificate.len > LV_CERTIFICATE_MAX ||
               message->signature.len > LV_SIGNATURE_MAX) {
        status = lv_fail(err, LV_E_LIMIT, "signed %s: certificate or signature is too long",
                         message->kind);
    }
    if (status != LV_OK) {
        lv_wire_free(base);
        return status;
    }
    *out = message;
    return LV_OK;
}

/* Fills `out` from an envelope, but for the author. */
static lv_status take(const Lotveil__V1__Signed *message, lv_bytes bytes, lv_signed *out,
                      lv_error *err)
{
    lv_status status = lv_buffer_append(&out->body, message->body.data, message->body.len);
    if (status == LV_OK) {
        status = lv_buffer_append(&out->certificate, message->certificate.data,
                                  message->certificate.len);
    }
    if (status == LV_OK) {
        status = lv_digest_of(bytes, &out->digest);
    }
    if (status != LV_OK) {
        lv_signed_free(out);
        return lv_fail(err, status, "signed %s: cannot take it: %s", message->kind,
                       lv_status_name(status));
    }
    return LV_OK;
}

static lv_status check_signature(const Lotveil__V1__Signed *message, lv_kind kind,
                                 const lv_trust *trust, int64_t time, const char **author,
                                 lv_error *err)
{
    char domain[DOMAIN_MAX];
    name_domain(kind, domain);
    lv_status status = lv_trust_check_signature(trust, lv_wire_view(&message->certificate), time,
                                                domain, lv_wire_view(&message->body),
                                                lv_wire_view(&message->signature), author, err);
    if (status == LV_INVALID) {
        lv_error_prefix(err, "signed %s: ", lv_kind_name(kind));
    }
    return status;
}

lv_status lv_signed_open(lv_kind kind, lv_bytes bytes, const lv_trust *trust, int64_t time,
                         lv_signed *out, lv_error *err)
{
    *out = (lv_signed){0};
    Lotveil__V1__Signed *message = NULL;
    lv_kind found = LV_KIND_QUALITY;
    lv_status status = read_envelope(bytes, &message, &found, err);
    if (status != LV_OK) {
        return status;
    }
    const char *author = NULL;
    if (found != kind) {
        status = lv_fail(err, LV_INVALID, "signed %s where a signed %s should be",
                         lv_kind_name(found), lv_kind_name(kind));
    } else {
        status = check_signature(message, kind, trust, time, &author, err);
    }
    if (status == LV_OK) {
        status = take(message, bytes, out, err);
    }
    if (status == LV_OK) {
        out->author = author;
    }
    lv_wire_free(&message->base);
    return status;
}

lv_status lv_signed_peek(lv_bytes bytes, lv_kind *kind, lv_signed *out, lv_error *err)
{
    *kind = LV_KIND_QUALITY;
    *out = (lv_signed){0};
    Lotveil__V1__Signed *message = NULL;
    lv_status status = read_envelope(bytes, &message, kind, err);
    if (status != LV_OK) {
        return status;
    }
    status = take(message, bytes, out, err);
    lv_wire_free(&message->base);
    return status;
}

void lv_signed_free(lv_signed *record)
{
    if (record == NULL) {
        return;
    }
    lv_buffer_free(&record->body);
    lv_buffer_free(&record->certificate);
    *record = (lv_signed){0};
}
