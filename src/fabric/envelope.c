#include "fabric/envelope.h"
#include "fabric.pb-c.h"
#include "fabric/limits.h"
#include "record/wire.h"

static lv_status sign(const lv_identity *identity, lv_bytes payload, lv_buffer *out, lv_error *err)
{
    Lotveil__Fabric__Envelope envelope = LOTVEIL__FABRIC__ENVELOPE__INIT;
    lv_buffer signature = {0};
    lv_status status = lv_identity_sign_plain(identity, payload, &signature, err);
    if (status == LV_OK) {
        envelope.payload = lv_wire_bytes(payload);
        envelope.signature = lv_wire_bytes(lv_buffer_view(&signature));
        status = lv_wire_pack(&envelope.base, LV_FABRIC_MESSAGE_MAX, out, err);
    }
    lv_buffer_free(&signature);
    return status;
}

lv_status lv_envelope_sign(lv_bytes envelope, const lv_identity *identity,
                           lv_buffer *signed_envelope, lv_error *err)
{
    ProtobufCMessage *message = NULL;
    lv_status status = lv_wire_read(&lotveil__fabric__envelope__descriptor, envelope,
                                    LV_FABRIC_MESSAGE_MAX, &message, err);
    if (status == LV_OK) {
        status =
            sign(identity, lv_wire_view(&((const Lotveil__Fabric__Envelope *)message)->payload),
                 signed_envelope, err);
    }
    lv_wire_free(message);
    return status;
}

lv_status lv_envelope_make(const lv_identity *identity, const lv_headers *headers, lv_bytes data,
                           lv_buffer *out, lv_error *err)
{
    Lotveil__Fabric__Header header = LOTVEIL__FABRIC__HEADER__INIT;
    Lotveil__Fabric__Payload payload = LOTVEIL__FABRIC__PAYLOAD__INIT;
    lv_buffer bytes = {0};
    header.channel_header = lv_wire_bytes(lv_buffer_view(&headers->channel_header));
    header.signature_header = lv_wire_bytes(lv_buffer_view(&headers->signature_header));
    payload.header = &header;
    payload.data = lv_wire_bytes(data);
    lv_status status = lv_wire_pack(&payload.base, LV_FABRIC_MESSAGE_MAX, &bytes, err);
    if (status == LV_OK) {
        status = sign(identity, lv_buffer_view(&bytes), out, err);
    }
    lv_buffer_free(&bytes);
    return status;
}
