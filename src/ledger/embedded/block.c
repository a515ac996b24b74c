/* docs/ledger.md section 3. */
#include "ledger/embedded/block.h"
#include "lotveil.pb-c.h"
#include "record/body.h"
#include "record/digest.h"
#include "record/wire.h"
#include <inttypes.h>
#include <string.h>

static const size_t HEADER_MAX = 1024; /* bytes of the body; names and digests are far below */

lv_status lv_block_seal(lv_block *block, const lv_identity *committer, lv_buffer *out,
                        lv_error *err)
{
    Lotveil__V1__BlockHeader message = LOTVEIL__V1__BLOCK_HEADER__INIT;
    message.channel = lv_wire_text(block->channel);
    message.number = block->number;
    if (block->has_previous) {
        message.previous = lv_wire_bytes(lv_digest_view(&block->previous));
    }
    message.merkle_root = lv_wire_bytes(lv_digest_view(&block->merkle_root));
    message.transactions = block->transactions;
    message.time = block->time;

    lv_buffer body = {0};
    size_t start = out->len;
    lv_status status = lv_wire_pack(&message.base, HEADER_MAX, &body, err);
    if (status == LV_OK) {
        status = lv_signed_seal(LV_KIND_BLOCK, lv_buffer_view(&body), committer, out, err);
    }
    if (status == LV_OK) {
        status = lv_digest_of((lv_bytes){.data = out->data + start, .len = out->len - start},
                              &block->hash);
    }
    lv_buffer_free(&body);
    return status;
}

static lv_status copy_digest(const char *field, const ProtobufCBinaryData *data, lv_digest *out,
                             lv_error *err)
{
    if (data->len != LV_DIGEST_LEN) {
        return lv_fail(err, LV_E_SYNTAX, "block header: field %s: %zu bytes instead of %u", field,
                       data->len, LV_DIGEST_LEN);
    }
    memcpy(out->bytes, data->data, LV_DIGEST_LEN);
    return LV_OK;
}

static lv_status copy(const Lotveil__V1__BlockHeader *message, lv_block *out, lv_error *err)
{
    if (!lv_name_is_valid(message->channel)) {
        return lv_fail(err, LV_E_SYNTAX, "block header: field channel: not a name");
    }
    memcpy(out->channel, message->channel, strlen(message->channel) + 1);
    if (message->transactions == 0 || message->transactions > LV_BLOCK_TRANSACTIONS_MAX) {
        return lv_fail(err, LV_E_LIMIT, "block header: field transactions: not in 1..%u",
                       LV_BLOCK_TRANSACTIONS_MAX);
    }
    if (message->time < 0 || message->time > LV_RECORD_TIME_MAX) {
        return lv_fail(err, LV_E_SYNTAX, "block header: field time: no time");
    }
    out->number = message->number;
    out->transactions = message->transactions;
    out->time = message->time;
    out->has_previous = message->previous.len > 0;
    lv_status status = LV_OK;
    if (out->has_previous) {
        status = copy_digest("previous", &message->previous, &out->previous, err);
    }
    if (status == LV_OK) {
        status = copy_digest("merkle_root", &message->merkle_root, &out->merkle_root, err);
    }
    return status;
}

static lv_status decode(const lv_signed *envelope, lv_block *out, lv_error *err)
{
    ProtobufCMessage *base = NULL;
    lv_status status = lv_wire_unpack(&lotveil__v1__block_header__descriptor,
                                      lv_buffer_view(&envelope->body), HEADER_MAX, &base, err);
    if (status != LV_OK) {
        return status;
    }
    status = copy((const Lotveil__V1__BlockHeader *)base, out, err);
    out->hash = envelope->digest;
    lv_wire_free(base);
    return status;
}

lv_status lv_block_peek(lv_bytes bytes, lv_block *out, lv_error *err)
{
    *out = (lv_block){0};
    lv_kind kind = LV_KIND_BLOCK;
    lv_signed envelope = {0};
    lv_status status = lv_signed_peek(bytes, &kind, &envelope, err);
    if (status != LV_OK) {
        return status;
    }
    status = kind == LV_KIND_BLOCK
                 ? decode(&envelope, out, err)
                 : lv_fail(err, LV_INVALID, "signed %s where a block header should be",
                           lv_kind_name(kind));
    lv_signed_free(&envelope);
    if (status != LV_OK) {
        *out = (lv_block){0};
    }
    return status;
}

lv_status lv_block_open(lv_bytes bytes, const lv_channel *channel, lv_block *out, lv_error *err)
{
    lv_status status = lv_block_peek(bytes, out, err);
    if (status != LV_OK) {
        return status;
    }
    lv_signed envelope = {0};
    status = lv_signed_open(LV_KIND_BLOCK, bytes, channel->trust, out->time, &envelope, err);
    if (status == LV_OK && strcmp(out->channel, channel->channel) != 0) {
        status = lv_fail(err, LV_INVALID, "block header: field channel: made for another channel");
    }
    if (status == LV_OK) {
        out->committer = envelope.author;
    } else {
        *out = (lv_block){0};
    }
    lv_signed_free(&envelope);
    return status;
}

lv_status lv_block_check_link(const lv_block *block, const lv_tip *previous, lv_error *err)
{
    uint64_t expected = previous != NULL ? previous->number + 1 : 0;
    if (block->number != expected) {
        return lv_fail(err, LV_INVALID,
                       "its header says number %" PRIu64 " where %" PRIu64 " should be",
                       block->number, expected);
    }
    if (previous == NULL) {
        return block->has_previous ? lv_fail(err, LV_INVALID, "the genesis names a block before it")
                                   : LV_OK;
    }
    if (!block->has_previous || !lv_digest_equal(&block->previous, &previous->hash)) {
        return lv_fail(err, LV_INVALID, "does not link to block %" PRIu64 " as it stands",
                       previous->number);
    }
    if (block->time < previous->time) {
        return lv_fail(err, LV_INVALID, "its time is before that of block %" PRIu64,
                       previous->number);
    }
    return LV_OK;
}

lv_status lv_block_check_time(int64_t transaction_time, int64_t block_time, const lv_tip *previous,
                              lv_error *err)
{
    if (previous != NULL && transaction_time < previous->time - LV_TIME_TOLERANCE) {
        return lv_fail(err, LV_INVALID,
                       "its time is %" PRId64 " s before block %" PRIu64
                       ", more than the %d s allowed",
                       previous->time - transaction_time, previous->number, LV_TIME_TOLERANCE);
    }
    if (transaction_time > block_time + LV_TIME_TOLERANCE) {
        return lv_fail(err, LV_INVALID,
                       "its time is %" PRId64 " s after its block, more than the %d s allowed",
                       transaction_time - block_time, LV_TIME_TOLERANCE);
    }
    return LV_OK;
}

lv_tip lv_block_tip(const lv_block *block)
{
    return (lv_tip){.number = block->number, .hash = block->hash, .time = block->time};
}
