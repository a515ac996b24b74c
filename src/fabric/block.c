#include "fabric/block.h"
#include "fabric.pb-c.h"
#include "fabric/block_transaction.h"
#include "fabric/limits.h"
#include "record/digest.h"
#include "record/wire.h"
#include <stdlib.h>
#include <string.h>

typedef Lotveil__Fabric__Block block_message;

/* ---- the link between blocks ---- */

#define DER_INTEGER 0x02
#define DER_OCTETS 0x04
#define DER_SEQUENCE 0x30
#define HEADER_DER_MAX 96 /* 2 + (2 + 9) + 2 * (2 + 32), all lengths in one byte */

static size_t put_der(uint8_t *out, uint8_t tag, const uint8_t *bytes, size_t len)
{
    out[0] = tag;
    out[1] = (uint8_t)len;
    if (len > 0) {
        memcpy(out + 2, bytes, len);
    }
    return len + 2;
}

/* Without leading zero bytes but for one that keeps the sign. */
static size_t put_number(uint8_t *out, uint64_t number)
{
    uint8_t bytes[9] = {0};
    size_t skipped = 0;
    for (size_t i = 0; i < 8; i++) {
        bytes[8 - i] = (uint8_t)(number >> (8 * i));
    }
    while (skipped < 8 && bytes[skipped] == 0 && bytes[skipped + 1] < 0x80) {
        skipped++;
    }
    return put_der(out, DER_INTEGER, bytes + skipped, sizeof bytes - skipped);
}

lv_status lv_fabric_block_header_hash(uint64_t number, lv_bytes previous, lv_bytes data_hash,
                                      lv_digest *out)
{
    uint8_t content[HEADER_DER_MAX];
    uint8_t whole[HEADER_DER_MAX];
    *out = (lv_digest){0};
    if (previous.len > LV_DIGEST_LEN || data_hash.len > LV_DIGEST_LEN) {
        return LV_E_ARGUMENT;
    }
    size_t len = put_number(content, number);
    len += put_der(content + len, DER_OCTETS, previous.data, previous.len);
    len += put_der(content + len, DER_OCTETS, data_hash.data, data_hash.len);
    len = put_der(whole, DER_SEQUENCE, content, len);
    return lv_digest_of((lv_bytes){.data = whole, .len = len}, out);
}

/* ---- reading ---- */

static lv_status check_data_hash(const block_message *block, lv_error *err)
{
    lv_digest digest;
    lv_bytes *parts = calloc(block->data->n_data + 1, sizeof *parts);
    if (parts == NULL) {
        return LV_E_MEMORY;
    }
    for (size_t i = 0; i < block->data->n_data; i++) {
        parts[i] = lv_wire_view(&block->data->data[i]);
    }
    lv_status status = lv_digest_of_parts(parts, block->data->n_data, &digest);
    free(parts);
    if (status == LV_OK &&
        !lv_bytes_equal(lv_digest_view(&digest), lv_wire_view(&block->header->data_hash))) {
        return lv_fail(err, LV_E_CORRUPT,
                       "block %llu: its data hash is not that of its transactions",
                       (unsigned long long)block->header->number);
    }
    return status;
}

static lv_status take_header(const block_message *block, lv_fabric_block *out, lv_error *err)
{
    const Lotveil__Fabric__BlockHeader *header = block->header;
    const lv_bytes previous = lv_wire_view(&header->previous_hash);
    out->number = header->number;
    if (previous.len != (header->number == 0 ? 0 : LV_DIGEST_LEN)) {
        return lv_fail(err, LV_E_SYNTAX, "block %llu: field previous_hash: %zu bytes",
                       (unsigned long long)header->number, previous.len);
    }
    lv_status status = check_data_hash(block, err);
    if (status != LV_OK) {
        return status;
    }
    if (previous.len > 0) {
        memcpy(out->previous.bytes, previous.data, LV_DIGEST_LEN);
    }
    memcpy(out->data_hash.bytes, header->data_hash.data, LV_DIGEST_LEN);
    return lv_fabric_block_header_hash(header->number, previous, lv_wire_view(&header->data_hash),
                                       &out->hash);
}

/* One byte for each transaction, which the peer sets as it commits the block. */
static lv_bytes find_codes(const block_message *block)
{
    static const size_t at = LOTVEIL__FABRIC__BLOCK_METADATA_INDEX__TRANSACTIONS_FILTER;
    const Lotveil__Fabric__BlockMetadata *metadata = block->metadata;
    return metadata == NULL || metadata->n_metadata <= at ? (lv_bytes){0}
                                                          : lv_wire_view(&metadata->metadata[at]);
}

static lv_status take_transactions(const block_message *block, const char *chaincode,
                                   lv_fabric_block *out, lv_error *err)
{
    const lv_bytes codes = find_codes(block);
    lv_status status = LV_OK;
    if (codes.data == NULL || codes.len < block->data->n_data) {
        return lv_fail(err, LV_E_SYNTAX,
                       "block %llu: validation codes are missing: no peer has committed it",
                       (unsigned long long)block->header->number);
    }
    out->transactions = calloc(block->data->n_data + 1, sizeof *out->transactions);
    if (out->transactions == NULL) {
        return LV_E_MEMORY;
    }
    out->transaction_count = block->data->n_data;
    for (size_t i = 0; status == LV_OK && i < block->data->n_data; i++) {
        out->transactions[i].code = codes.data[i];
        status = lv_fabric_block_transaction_read(lv_wire_view(&block->data->data[i]), chaincode,
                                                  &out->transactions[i], err);
        if (status != LV_OK) {
            lv_error_prefix(err, "block %llu: transaction %zu: ", (unsigned long long)out->number,
                            i);
        }
    }
    return status;
}

static lv_status take_block(const block_message *block, const char *chaincode, lv_fabric_block *out,
                            lv_error *err)
{
    if (block->header == NULL || block->data == NULL) {
        return lv_fail(err, LV_E_SYNTAX, "block: without header or data");
    }
    lv_status status = take_header(block, out, err);
    return status == LV_OK ? take_transactions(block, chaincode, out, err) : status;
}

lv_status lv_fabric_block_parse(lv_bytes block, const char *chaincode, lv_fabric_block *out,
                                lv_error *err)
{
    ProtobufCMessage *message = NULL;
    *out = (lv_fabric_block){0};
    lv_status status = lv_wire_read(&lotveil__fabric__block__descriptor, block,
                                    LV_FABRIC_MESSAGE_MAX, &message, err);
    if (status == LV_OK) {
        status = take_block((const block_message *)message, chaincode, out, err);
    }
    lv_wire_free(message);
    if (status != LV_OK) {
        lv_fabric_block_free(out);
    }
    return status;
}

void lv_fabric_block_free(lv_fabric_block *block)
{
    if (block == NULL) {
        return;
    }
    for (size_t i = 0; i < block->transaction_count; i++) {
        lv_fabric_block_transaction_clear(&block->transactions[i]);
    }
    free(block->transactions);
    *block = (lv_fabric_block){0};
}

const char *lv_validation_name(int code)
{
    const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(
        &lotveil__fabric__tx_validation_code__descriptor, code);
    return found == NULL ? "unknown validation code" : found->name;
}
