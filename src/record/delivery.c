/* What a purchase is answered with: docs/protocol.md section 3. */
#include "lotveil.pb-c.h"
#include "record/wire.h"
#include <lotveil/record.h>

#define RECEIPT_MAX 65536U /* bytes of a signed receipt */
#define DELIVERY_MAX (LV_RECORD_MAX + RECEIPT_MAX + 64U)

static lv_status check(lv_bytes xor_record, lv_bytes receipt, lv_error *err)
{
    if (xor_record.len == 0 || receipt.len == 0) {
        return lv_fail(err, LV_E_SYNTAX, "delivery: field %s: missing",
                       xor_record.len == 0 ? "xor_record" : "receipt");
    }
    if (xor_record.len > LV_RECORD_MAX || receipt.len > RECEIPT_MAX) {
        return lv_fail(err, LV_E_LIMIT, "delivery: field %s: too long",
                       xor_record.len > LV_RECORD_MAX ? "xor_record" : "receipt");
    }
    return LV_OK;
}

lv_status lv_delivery_encode(const lv_delivery *delivery, lv_buffer *out, lv_error *err)
{
    lv_bytes xor_record = lv_buffer_view(&delivery->xor_record);
    lv_bytes receipt = lv_buffer_view(&delivery->receipt);
    lv_status status = check(xor_record, receipt, err);
    if (status != LV_OK) {
        return status;
    }
    Lotveil__V1__Delivery message = LOTVEIL__V1__DELIVERY__INIT;
    message.xor_record = lv_wire_bytes(xor_record);
    message.receipt = lv_wire_bytes(receipt);
    return lv_wire_pack(&message.base, DELIVERY_MAX, out, err);
}

static lv_status take(const Lotveil__V1__Delivery *message, lv_delivery *out, lv_error *err)
{
    lv_bytes xor_record = lv_wire_view(&message->xor_record);
    lv_bytes receipt = lv_wire_view(&message->receipt);
    lv_status status = check(xor_record, receipt, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_buffer_append(&out->xor_record, xor_record.data, xor_record.len);
    if (status == LV_OK) {
        status = lv_buffer_append(&out->receipt, receipt.data, receipt.len);
    }
    return status == LV_OK ? LV_OK : lv_fail(err, status, "delivery: no memory for it");
}

lv_status lv_delivery_decode(lv_bytes bytes, lv_delivery *out, lv_error *err)
{
    *out = (lv_delivery){0};
    ProtobufCMessage *message = NULL;
    lv_status status =
        lv_wire_unpack(&lotveil__v1__delivery__descriptor, bytes, DELIVERY_MAX, &message, err);
    if (status != LV_OK) {
        return status;
    }
    status = take((const Lotveil__V1__Delivery *)message, out, err);
    lv_wire_free(message);
    if (status != LV_OK) {
        lv_delivery_free(out);
    }
    return status;
}

void lv_delivery_free(lv_delivery *delivery)
{
    if (delivery == NULL) {
        return;
    }
    lv_buffer_free(&delivery->xor_record);
    lv_buffer_free(&delivery->receipt);
}
