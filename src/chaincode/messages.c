#include "chaincode/messages.h"
#include "fabric.pb-c.h"
#include "fabric/limits.h"
#include "record/wire.h"
#include <stdlib.h>
#include <string.h>

const char *lv_shim_type_name(int type)
{
    static const char *const names[] = {
        [LV_SHIM_REGISTER] = "REGISTER",
        [LV_SHIM_REGISTERED] = "REGISTERED",
        [LV_SHIM_INIT] = "INIT",
        [LV_SHIM_READY] = "READY",
        [LV_SHIM_TRANSACTION] = "TRANSACTION",
        [LV_SHIM_COMPLETED] = "COMPLETED",
        [LV_SHIM_ERROR] = "ERROR",
        [LV_SHIM_GET_STATE] = "GET_STATE",
        [LV_SHIM_PUT_STATE] = "PUT_STATE",
        [LV_SHIM_RESPONSE] = "RESPONSE",
        [LV_SHIM_GET_STATE_BY_RANGE] = "GET_STATE_BY_RANGE",
        [LV_SHIM_QUERY_STATE_NEXT] = "QUERY_STATE_NEXT",
        [LV_SHIM_QUERY_STATE_CLOSE] = "QUERY_STATE_CLOSE",
        [LV_SHIM_KEEPALIVE] = "KEEPALIVE",
    };
    bool known = type >= 0 && (size_t)type < sizeof names / sizeof names[0];
    return known && names[type] != NULL ? names[type] : "unknown";
}

/* ---- ChaincodeMessage ---- */

static lv_status copy_text(const char *field, const char *text, char *out, size_t max,
                           lv_error *err)
{
    size_t len = strlen(text);
    if (len > max) {
        return lv_fail(err, LV_E_LIMIT, "ChaincodeMessage: field %s: over %zu bytes long", field,
                       max);
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] > '~') {
            return lv_fail(err, LV_E_SYNTAX, "ChaincodeMessage: field %s: must be printable ASCII",
                           field);
        }
    }
    memcpy(out, text, len + 1);
    return LV_OK;
}

static lv_status copy_message(const Lotveil__Fabric__ChaincodeMessage *wire, lv_shim_message *out,
                              lv_error *err)
{
    out->type = (int)wire->type;
    lv_status status = copy_text("channel_id", wire->channel_id, out->channel, LV_NAME_MAX, err);
    if (status == LV_OK) {
        status = copy_text("txid", wire->txid, out->txid, LV_SHIM_TXID_MAX, err);
    }
    if (status == LV_OK) {
        status = lv_buffer_append(&out->payload, wire->payload.data, wire->payload.len);
    }
    if (status == LV_OK && wire->proposal != NULL) {
        status = lv_wire_pack(&wire->proposal->base, LV_FABRIC_MESSAGE_MAX, &out->proposal, err);
    }
    return status;
}

lv_status lv_shim_read(lv_bytes bytes, lv_shim_message *out, lv_error *err)
{
    ProtobufCMessage *message = NULL;
    *out = (lv_shim_message){0};
    lv_status status = lv_wire_read(&lotveil__fabric__chaincode_message__descriptor, bytes,
                                    LV_FABRIC_MESSAGE_MAX, &message, err);
    if (status != LV_OK) {
        return status;
    }
    status = copy_message((const Lotveil__Fabric__ChaincodeMessage *)message, out, err);
    lv_wire_free(message);
    if (status != LV_OK) {
        lv_shim_message_free(out);
    }
    return status;
}

void lv_shim_message_free(lv_shim_message *message)
{
    lv_buffer_free(&message->payload);
    lv_buffer_free(&message->proposal);
    *message = (lv_shim_message){0};
}

lv_status lv_shim_write(lv_shim_type type, const char *channel, const char *txid, lv_bytes payload,
                        lv_buffer *out, lv_error *err)
{
    Lotveil__Fabric__ChaincodeMessage message = LOTVEIL__FABRIC__CHAINCODE_MESSAGE__INIT;
    message.type = (Lotveil__Fabric__ChaincodeMessage__Type)type;
    message.channel_id = lv_wire_text(channel);
    message.txid = lv_wire_text(txid);
    message.payload = lv_wire_bytes(payload);
    return lv_wire_pack(&message.base, LV_FABRIC_MESSAGE_MAX, out, err);
}

/* ---- payloads ---- */

lv_status lv_shim_write_name(const char *name, lv_buffer *out, lv_error *err)
{
    Lotveil__Fabric__ChaincodeID message = LOTVEIL__FABRIC__CHAINCODE_ID__INIT;
    message.name = lv_wire_text(name);
    return lv_wire_pack(&message.base, LV_FABRIC_MESSAGE_MAX, out, err);
}

lv_status lv_shim_write_get(const char *key, lv_buffer *out, lv_error *err)
{
    Lotveil__Fabric__GetState message = LOTVEIL__FABRIC__GET_STATE__INIT;
    message.key = lv_wire_text(key);
    return lv_wire_pack(&message.base, LV_FABRIC_MESSAGE_MAX, out, err);
}

lv_status lv_shim_write_put(const char *key, lv_bytes value, lv_buffer *out, lv_error *err)
{
    Lotveil__Fabric__PutState message = LOTVEIL__FABRIC__PUT_STATE__INIT;
    message.key = lv_wire_text(key);
    message.value = lv_wire_bytes(value);
    return lv_wire_pack(&message.base, LV_FABRIC_MESSAGE_MAX, out, err);
}

lv_status lv_shim_write_range(const char *first, const char *past, lv_buffer *out, lv_error *err)
{
    Lotveil__Fabric__GetStateByRange message = LOTVEIL__FABRIC__GET_STATE_BY_RANGE__INIT;
    message.startkey = lv_wire_text(first);
    message.endkey = lv_wire_text(past);
    return lv_wire_pack(&message.base, LV_FABRIC_MESSAGE_MAX, out, err);
}

lv_status lv_shim_write_query(const char *id, lv_buffer *out, lv_error *err)
{
    Lotveil__Fabric__QueryStateNext message = LOTVEIL__FABRIC__QUERY_STATE_NEXT__INIT;
    message.id = lv_wire_text(id);
    return lv_wire_pack(&message.base, LV_FABRIC_MESSAGE_MAX, out, err);
}

lv_status lv_shim_write_response(int status, const char *message, lv_bytes payload, lv_buffer *out,
                                 lv_error *err)
{
    Lotveil__Fabric__Response response = LOTVEIL__FABRIC__RESPONSE__INIT;
    response.status = status;
    response.message = lv_wire_text(message);
    response.payload = lv_wire_bytes(payload);
    return lv_wire_pack(&response.base, LV_FABRIC_MESSAGE_MAX, out, err);
}

/* ---- pages of range queries ---- */

static lv_status read_result(const Lotveil__Fabric__QueryResultBytes *result,
                             ProtobufCMessage **out, lv_error *err)
{
    return lv_wire_read(&lotveil__fabric__kv__descriptor, lv_wire_view(&result->resultbytes),
                        LV_FABRIC_MESSAGE_MAX, out, err);
}

static lv_status walk(const Lotveil__Fabric__QueryResponse *response, lv_shim_each each,
                      void *context, lv_error *err)
{
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < response->n_results; i++) {
        ProtobufCMessage *message = NULL;
        status = read_result(response->results[i], &message, err);
        if (status == LV_OK) {
            const Lotveil__Fabric__KV *kv = (const Lotveil__Fabric__KV *)message;
            status = each(context, kv->key, lv_wire_view(&kv->value));
            lv_wire_free(message);
        }
    }
    return status;
}

static lv_status check_page(const Lotveil__Fabric__QueryResponse *response, lv_shim_page *page,
                            lv_error *err)
{
    size_t len = strlen(response->id);
    if (len > LV_SHIM_QUERY_MAX) {
        return lv_fail(err, LV_E_LIMIT, "QueryResponse: field id: over %u bytes long",
                       LV_SHIM_QUERY_MAX);
    }
    memcpy(page->id, response->id, len + 1);
    page->more = response->has_more != 0;
    /* Before any result is acted upon, all of them can be read. */
    for (size_t i = 0; i < response->n_results; i++) {
        ProtobufCMessage *message = NULL;
        lv_status status = read_result(response->results[i], &message, err);
        if (status != LV_OK) {
            return status;
        }
        lv_wire_free(message);
    }
    return LV_OK;
}

lv_status lv_shim_read_page(lv_bytes bytes, lv_shim_page *page, lv_shim_each each, void *context,
                            lv_error *err)
{
    ProtobufCMessage *message = NULL;
    *page = (lv_shim_page){0};
    lv_status status = lv_wire_read(&lotveil__fabric__query_response__descriptor, bytes,
                                    LV_FABRIC_MESSAGE_MAX, &message, err);
    if (status != LV_OK) {
        return status;
    }
    const Lotveil__Fabric__QueryResponse *response =
        (const Lotveil__Fabric__QueryResponse *)message;
    status = check_page(response, page, err);
    if (status == LV_OK) {
        status = walk(response, each, context, err);
    }
    lv_wire_free(message);
    return status;
}

/* ---- ChaincodeInput ---- */

lv_status lv_shim_check_input(lv_bytes input, const lv_buffer *arguments, size_t argument_count,
                              lv_error *err)
{
    ProtobufCMessage *message = NULL;
    lv_status status = lv_wire_read(&lotveil__fabric__chaincode_input__descriptor, input,
                                    LV_FABRIC_MESSAGE_MAX, &message, err);
    if (status != LV_OK) {
        return status;
    }
    const Lotveil__Fabric__ChaincodeInput *wire = (const Lotveil__Fabric__ChaincodeInput *)message;
    bool same = wire->n_args == argument_count;
    for (size_t i = 0; same && i < argument_count; i++) {
        same = lv_bytes_equal(lv_wire_view(&wire->args[i]), lv_buffer_view(&arguments[i]));
    }
    lv_wire_free(message);
    return same
               ? LV_OK
               : lv_fail(err, LV_INVALID,
                         "the arguments are not those that the submitter signed; another chaincode "
                         "may not call this one");
}
