#include "ledger/fabric/deliver.h"
#include "fabric.pb-c.h"
#include "fabric/envelope.h"
#include "fabric/headers.h"
#include "fabric/limits.h"
#include "ledger/fabric/call.h"
#include "record/wire.h"

static const char METHOD[] = "/protos.Deliver/Deliver";

/* ---- DeliverResponse ---- */

enum { TAG_STATUS = 1 << 3 | 0, TAG_BLOCK = 2 << 3 | 2, STATUS_MAX = 599, VARINT_BYTES = 10 };

static bool take_varint(lv_bytes *from, uint64_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < VARINT_BYTES && i < from->len; i++) {
        uint64_t digit = from->data[i] & 0x7fU;
        if (i == VARINT_BYTES - 1 && digit > 1) {
            return false;
        }
        *value |= digit << (7 * i);
        if ((from->data[i] & 0x80U) == 0) {
            from->data += i + 1;
            from->len -= i + 1;
            return true;
        }
    }
    return false;
}

/* The message has one field, and a block can take most of what memory is for here. */
lv_status lv_delivered_read(lv_bytes message, lv_delivered *out, lv_error *err)
{
    uint64_t tag = 0;
    uint64_t value = 0;
    *out = (lv_delivered){0};
    if (!take_varint(&message, &tag) || !take_varint(&message, &value)) {
        return lv_fail(err, LV_E_SYNTAX, "delivery: cut short");
    }
    if (tag == TAG_BLOCK && value == message.len) {
        *out = (lv_delivered){.is_block = true, .block = message};
        return LV_OK;
    }
    if (tag == TAG_STATUS && value <= STATUS_MAX && message.len == 0) {
        out->status = (int)value;
        return LV_OK;
    }
    return lv_fail(err, LV_E_SYNTAX, "delivery: neither one block nor one status");
}

void lv_fault_of_delivery(int status, lv_fault *fault)
{
    *fault = (lv_fault){0};
    if (status == LV_DELIVER_FORBIDDEN) {
        const lv_rpc_end end = {.code = LV_RPC_PERMISSION_DENIED,
                                .words = "delivery of blocks is forbidden"};
        lv_fault_of_end(&end, "", fault);
    } else if (status == LV_DELIVER_NOT_FOUND) {
        fault->final = true;
        fault->status = lv_fail(&fault->words, LV_NOT_FOUND,
                                "its peer does not have this block, or not this channel");
    } else {
        fault->status =
            lv_fail(&fault->words, LV_UNAVAILABLE, "delivery of blocks ended: status %d", status);
    }
}

/* ---- SeekInfo ---- */

static lv_status encode_seek(const lv_deliver_params *params, lv_buffer *out, lv_error *err)
{
    Lotveil__Fabric__SeekSpecified from = LOTVEIL__FABRIC__SEEK_SPECIFIED__INIT;
    Lotveil__Fabric__SeekSpecified to = LOTVEIL__FABRIC__SEEK_SPECIFIED__INIT;
    Lotveil__Fabric__SeekPosition start = LOTVEIL__FABRIC__SEEK_POSITION__INIT;
    Lotveil__Fabric__SeekPosition stop = LOTVEIL__FABRIC__SEEK_POSITION__INIT;
    Lotveil__Fabric__SeekInfo info = LOTVEIL__FABRIC__SEEK_INFO__INIT;
    from.number = params->from;
    to.number = params->to;
    start.type_case = LOTVEIL__FABRIC__SEEK_POSITION__TYPE_SPECIFIED;
    start.specified = &from;
    stop.type_case = LOTVEIL__FABRIC__SEEK_POSITION__TYPE_SPECIFIED;
    stop.specified = &to;
    info.start = &start;
    info.stop = &stop;
    info.behavior = params->to == LV_DELIVER_TO_END
                        ? LOTVEIL__FABRIC__SEEK_INFO__SEEK_BEHAVIOR__BLOCK_UNTIL_READY
                        : LOTVEIL__FABRIC__SEEK_INFO__SEEK_BEHAVIOR__FAIL_IF_NOT_READY;
    info.content_type = params->header_only
                            ? LOTVEIL__FABRIC__SEEK_INFO__SEEK_CONTENT_TYPE__HEADER_WITH_SIG
                            : LOTVEIL__FABRIC__SEEK_INFO__SEEK_CONTENT_TYPE__BLOCK;
    return lv_wire_pack(&info.base, LV_FABRIC_MESSAGE_MAX, out, err);
}

static lv_status make_request(const lv_fabric *self, const lv_session *session,
                              const lv_deliver_params *params, lv_buffer *out, lv_error *err)
{
    const lv_header_params asked = {.channel = self->channel.channel,
                                    .type = LV_HEADER_SEEK,
                                    .tls_certificate = lv_buffer_view(&session->tls_certificate)};
    lv_headers headers = {0};
    lv_buffer seek = {0};
    lv_status status = lv_headers_make(session->identity, &asked, &headers, err);
    if (status == LV_OK) {
        status = encode_seek(params, &seek, err);
    }
    if (status == LV_OK) {
        status = lv_envelope_make(session->identity, &headers, lv_buffer_view(&seek), out, err);
    }
    lv_headers_free(&headers);
    lv_buffer_free(&seek);
    return status;
}

/* ---- streams ---- */

lv_status lv_deliver_open(const lv_fabric *self, const lv_session *session, size_t gateway,
                          const lv_deliver_params *params, lv_rpc_stream **out, lv_error *err)
{
    lv_buffer request = {0};
    lv_rpc_stream *stream = NULL;
    *out = NULL;
    lv_status status = make_request(self, session, params, &request, err);
    if (status == LV_OK) {
        status = lv_rpc_stream_open(session->clients[gateway], METHOD, params->deadline_ms, &stream,
                                    err);
    }
    if (status == LV_OK) {
        status = lv_rpc_stream_send(stream, lv_buffer_view(&request), err);
    }
    lv_buffer_free(&request);
    if (status != LV_OK) {
        lv_rpc_stream_close(stream);
        return status;
    }
    *out = stream;
    return LV_OK;
}

static lv_status take_one(lv_rpc_stream *stream, lv_buffer *message, lv_bytes *block,
                          lv_fault *fault)
{
    lv_delivered delivered = {0};
    lv_status status = lv_rpc_stream_receive(stream, -1, message, &fault->words);
    if (status == LV_NOT_FOUND) {
        lv_fault_of_end(lv_rpc_stream_end(stream), "", fault);
        return fault->status;
    }
    if (status == LV_OK) {
        status = lv_delivered_read(lv_buffer_view(message), &delivered, &fault->words);
    }
    if (status != LV_OK) {
        fault->status = status == LV_E_MEMORY ? status : LV_UNAVAILABLE;
        return fault->status;
    }
    if (!delivered.is_block) {
        lv_fault_of_delivery(delivered.status, fault);
        return fault->status;
    }
    *block = delivered.block;
    return LV_OK;
}

lv_status lv_deliver_one(lv_fabric *self, const lv_session *session, size_t gateway,
                         const lv_deliver_params *params, lv_buffer *message, lv_bytes *block,
                         lv_fault *fault)
{
    lv_rpc_stream *stream = NULL;
    *fault = (lv_fault){0};
    *block = (lv_bytes){0};
    lv_status status = lv_deliver_open(self, session, gateway, params, &stream, &fault->words);
    if (status == LV_OK) {
        status = take_one(stream, message, block, fault);
    } else {
        fault->status = status;
    }
    lv_rpc_stream_close(stream);
    if (status == LV_OK || fault->final) {
        lv_gateway_answered(self, gateway);
        return status;
    }
    lv_gateway_failed(self, gateway);
    lv_error_prefix(&fault->words, "gateway %s: ", self->gateways[gateway].address);
    return status;
}
