#include "record/body.h"
#include "record/wire.h"
#include <stdlib.h>
#include <string.h>

static const char *author_of(const lv_body *body, const void *record)
{
    return (const char *)record + body->author;
}

static int64_t time_of(const lv_body *body, const void *record)
{
    int64_t time = 0;
    memcpy(&time, (const char *)record + body->time, sizeof time);
    return time;
}

static lv_status check(const lv_body *body, const void *record, lv_error *err)
{
    lv_status status = lv_fields_check(body->what, body->fields, body->field_count, record, err);
    if (status != LV_OK || body->check == NULL) {
        return status;
    }
    return body->check(record, err);
}

lv_status lv_body_encode(const lv_body *body, const void *record, lv_buffer *out, lv_error *err)
{
    lv_status status = check(body, record, err);
    if (status != LV_OK) {
        return status;
    }
    ProtobufCMessage *message = calloc(1, body->type->sizeof_message);
    if (message == NULL) {
        return lv_fail(err, LV_E_MEMORY, "%s: no memory for it", body->what);
    }
    protobuf_c_message_init(body->type, message);
    lv_fields_lend(body->fields, body->field_count, record, message);
    if (body->lend != NULL) {
        status = body->lend(record, message, err);
    }
    if (status == LV_OK) {
        status = lv_wire_pack(message, LV_RECORD_MAX, out, err);
    }
    if (body->give_back != NULL) {
        body->give_back(message);
    }
    free(message);
    return status;
}

lv_status lv_body_decode(const lv_body *body, lv_bytes bytes, void *record, lv_error *err)
{
    memset(record, 0, body->size);
    ProtobufCMessage *message = NULL;
    lv_status status = lv_wire_unpack(body->type, bytes, LV_RECORD_MAX, &message, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_fields_copy(body->what, body->fields, body->field_count, message, record, err);
    if (status == LV_OK && body->copy != NULL) {
        status = body->copy(message, record, err);
    }
    lv_wire_free(message);
    if (status == LV_OK) {
        status = check(body, record, err);
    }
    if (status != LV_OK) {
        lv_body_free(body, record);
    }
    return status;
}

lv_status lv_body_seal(const lv_body *body, const void *record, const lv_identity *author,
                       lv_buffer *out, lv_error *err)
{
    if (strcmp(author_of(body, record), lv_identity_msp(author)) != 0) {
        return lv_fail(err, LV_E_ARGUMENT, "%s: field author: it is signed by %s", body->what,
                       lv_identity_msp(author));
    }
    lv_buffer bytes = {0};
    lv_status status = lv_body_encode(body, record, &bytes, err);
    if (status == LV_OK) {
        status = lv_signed_seal(body->kind, lv_buffer_view(&bytes), author, out, err);
    }
    lv_buffer_free(&bytes);
    return status;
}

/* The author's certificate has passed at any time; holds it against the record's own. */
static lv_status check_own_time(const lv_body *body, const lv_signed *envelope,
                                const lv_trust *trust, const void *record, lv_error *err)
{
    const char *author = NULL;
    lv_status status = lv_trust_check_certificate(trust, lv_buffer_view(&envelope->certificate),
                                                  time_of(body, record), &author, err);
    if (status == LV_INVALID) {
        lv_error_prefix(err, "%s: at its own time: ", body->what);
    }
    return status;
}

lv_status lv_body_open(const lv_body *body, lv_bytes bytes, const lv_trust *trust, int64_t time,
                       void *record, lv_digest *digest, lv_error *err)
{
    memset(record, 0, body->size);
    if (digest != NULL) {
        *digest = (lv_digest){0};
    }
    lv_signed envelope = {0};
    bool own_time = time == LV_TIME_RECORD;
    lv_status status =
        lv_signed_open(body->kind, bytes, trust, own_time ? LV_TIME_ANY : time, &envelope, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_body_decode(body, lv_buffer_view(&envelope.body), record, err);
    if (status == LV_OK && strcmp(author_of(body, record), envelope.author) != 0) {
        status = lv_fail(err, LV_INVALID, "%s: field author: it is signed by %s", body->what,
                         envelope.author);
    }
    if (status == LV_OK && own_time) {
        status = check_own_time(body, &envelope, trust, record, err);
    }
    if (status != LV_OK) {
        lv_body_free(body, record);
    } else if (digest != NULL) {
        *digest = envelope.digest;
    }
    lv_signed_free(&envelope);
    return status;
}

void lv_body_free(const lv_body *body, void *record)
{
    if (record == NULL) {
        return;
    }
    for (size_t i = 0; i < body->field_count; i++) {
        if (body->fields[i].kind == LV_FIELD_BYTES) {
            lv_buffer_free((lv_buffer *)((char *)record + body->fields[i].own));
        }
    }
    if (body->clear != NULL) {
        body->clear(record);
    }
    memset(record, 0, body->size);
}
