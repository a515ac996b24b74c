/* docs/ledger.md section 2. */
#include "ledger/embedded/transaction.h"
#include "lotveil.pb-c.h"
#include "record/body.h"
#include "record/wire.h"
#include <stdlib.h>
#include <string.h>

static const char *const WHAT = "transaction";

static lv_status check_call(const lv_call *call, lv_error *err)
{
    if (call->function == NULL || !lv_name_is_valid(call->function)) {
        return lv_fail(err, LV_E_ARGUMENT, "%s: field function: not the name of a function", WHAT);
    }
    if (call->argument_count > LV_CALL_ARGUMENTS_MAX) {
        return lv_fail(err, LV_E_LIMIT, "%s: %zu arguments, over the limit of %u", WHAT,
                       call->argument_count, LV_CALL_ARGUMENTS_MAX);
    }
    return LV_OK;
}

static lv_status encode(const char *channel, const lv_call *call, int64_t time, lv_buffer *body,
                        lv_error *err)
{
    uint8_t nonce[LV_NONCE_LEN];
    lv_status status = lv_rng_fill(lv_rng_system(), nonce, sizeof nonce);
    if (status != LV_OK) {
        return lv_fail(err, status, "%s: no random bytes for its nonce", WHAT);
    }
    size_t count = call->argument_count;
    ProtobufCBinaryData *arguments = calloc(count > 0 ? count : 1, sizeof *arguments);
    if (arguments == NULL) {
        return LV_E_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        arguments[i] = lv_wire_bytes(call->arguments[i]);
    }
    Lotveil__V1__Transaction message = LOTVEIL__V1__TRANSACTION__INIT;
    message.channel = lv_wire_text(channel);
    message.function = lv_wire_text(call->function);
    message.n_arguments = count;
    message.arguments = arguments;
    message.nonce = (ProtobufCBinaryData){.len = sizeof nonce, .data = nonce};
    message.time = time;
    status = lv_wire_pack(&message.base, LV_RECORD_MAX, body, err);
    free(arguments);
    return status;
}

lv_status lv_transaction_seal(const char *channel, const lv_call *call, int64_t time,
                              const lv_identity *submitter, lv_buffer *out, lv_error *err)
{
    lv_status status = check_call(call, err);
    if (status != LV_OK) {
        return status;
    }
    lv_buffer body = {0};
    status = encode(channel, call, time, &body, err);
    if (status == LV_OK) {
        status = lv_signed_seal(LV_KIND_TRANSACTION, lv_buffer_view(&body), submitter, out, err);
    }
    lv_buffer_free(&body);
    return status;
}

static lv_status copy_name(const char *field, const char *text, char out[LV_NAME_MAX + 1],
                           lv_error *err)
{
    if (!lv_name_is_valid(text)) {
        return lv_fail(err, LV_E_SYNTAX, "%s: field %s: not a name", WHAT, field);
    }
    memcpy(out, text, strlen(text) + 1);
    return LV_OK;
}

static lv_status copy_arguments(const Lotveil__V1__Transaction *message, lv_transaction *out,
                                lv_error *err)
{
    if (message->n_arguments > LV_CALL_ARGUMENTS_MAX) {
        return lv_fail(err, LV_E_LIMIT, "%s: %zu arguments, over the limit of %u", WHAT,
                       message->n_arguments, LV_CALL_ARGUMENTS_MAX);
    }
    out->arguments = calloc(message->n_arguments + 1, sizeof *out->arguments);
    if (out->arguments == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < message->n_arguments; i++) {
        status = lv_buffer_append(&out->arguments[i], message->arguments[i].data,
                                  message->arguments[i].len);
        out->argument_count = i + 1;
    }
    return status;
}

static lv_status copy(const Lotveil__V1__Transaction *message, lv_transaction *out, lv_error *err)
{
    lv_status status = copy_name("channel", message->channel, out->channel, err);
    if (status == LV_OK) {
        status = copy_name("function", message->function, out->function, err);
    }
    if (status == LV_OK && message->nonce.len != LV_NONCE_LEN) {
        status = lv_fail(err, LV_E_SYNTAX, "%s: field nonce: %zu bytes instead of %u", WHAT,
                         message->nonce.len, LV_NONCE_LEN);
    }
    if (status == LV_OK && (message->time < 0 || message->time > LV_RECORD_TIME_MAX)) {
        status = lv_fail(err, LV_E_SYNTAX, "%s: field time: no time", WHAT);
    }
    if (status == LV_OK) {
        out->time = message->time;
        status = copy_arguments(message, out, err);
    }
    return status;
}

static lv_status decode(lv_bytes body, lv_transaction *out, lv_error *err)
{
    ProtobufCMessage *base = NULL;
    lv_status status =
        lv_wire_unpack(&lotveil__v1__transaction__descriptor, body, LV_RECORD_MAX, &base, err);
    if (status != LV_OK) {
        return status;
    }
    status = copy((const Lotveil__V1__Transaction *)base, out, err);
    lv_wire_free(base);
    return status;
}

lv_status lv_transaction_peek(lv_bytes bytes, lv_transaction *out, lv_error *err)
{
    *out = (lv_transaction){0};
    lv_kind kind = LV_KIND_TRANSACTION;
    lv_signed envelope = {0};
    lv_status status = lv_signed_peek(bytes, &kind, &envelope, err);
    if (status != LV_OK) {
        return status;
    }
    status = kind == LV_KIND_TRANSACTION
                 ? decode(lv_buffer_view(&envelope.body), out, err)
                 : lv_fail(err, LV_INVALID, "signed %s where a transaction should be",
                           lv_kind_name(kind));
    lv_signed_free(&envelope);
    if (status != LV_OK) {
        lv_transaction_free(out);
    }
    return status;
}

lv_status lv_transaction_open(lv_bytes bytes, const lv_channel *channel, lv_transaction *out,
                              lv_error *err)
{
    /* Its time is within it, and says when the certificate has to be valid. */
    lv_status status = lv_transaction_peek(bytes, out, err);
    if (status != LV_OK) {
        return status;
    }
    lv_signed envelope = {0};
    status = lv_signed_open(LV_KIND_TRANSACTION, bytes, channel->trust, out->time, &envelope, err);
    if (status == LV_OK && strcmp(out->channel, channel->channel) != 0) {
        status = lv_fail(err, LV_INVALID, "%s: field channel: made for another channel", WHAT);
    }
    if (status == LV_OK) {
        out->submitter = envelope.author;
    } else {
        lv_transaction_free(out);
    }
    lv_signed_free(&envelope);
    return status;
}

void lv_transaction_free(lv_transaction *transaction)
{
    if (transaction == NULL) {
        return;
    }
    for (size_t i = 0; i < transaction->argument_count; i++) {
        lv_buffer_free(&transaction->arguments[i]);
    }
    free(transaction->arguments);
    *transaction = (lv_transaction){0};
}

lv_bytes *lv_transaction_arguments(const lv_transaction *transaction)
{
    lv_bytes *views = calloc(transaction->argument_count + 1, sizeof *views);
    for (size_t i = 0; views != NULL && i < transaction->argument_count; i++) {
        views[i] = lv_buffer_view(&transaction->arguments[i]);
    }
    return views;
}
