/* What peers deliver to the client of a ledger: a DeliverResponse, the block in it, and the calls
 * that the block's transactions made. Beside it the answer about a channel's height. */
#include "fuzz.h"
#include "ledger/fabric/deliver.h"
#include "ledger/fabric/place.h"
#include "ledger/fabric/query.h"
#include <string.h>

static size_t check_calls(const lv_fabric_block_transaction *transaction, bool *whole)
{
    lv_calls calls;
    lv_error err = {0};
    lv_status status = lv_place_calls(transaction, &calls, &err);
    size_t count = calls.count;
    if (status != LV_OK) {
        FUZZ_CHECK(status == LV_E_CORRUPT && err.text[0] != '\0');
        FUZZ_CHECK(calls.calls == NULL && count == 0);
        *whole = false;
    } else {
        FUZZ_CHECK(count >= 1);
    }
    lv_calls_free(&calls);
    return count;
}

/* Each transaction that counts begins where those before it end. @return how many calls. */
static size_t check_places(const lv_fabric_block *block)
{
    size_t before = 0;
    bool whole = true;
    for (size_t i = 0; whole && i < block->transaction_count; i++) {
        const lv_fabric_block_transaction *at = &block->transactions[i];
        uint32_t first = 99;
        lv_error err = {0};
        if (!lv_place_counts(at)) {
            continue;
        }
        size_t count = check_calls(at, &whole);
        lv_status status = lv_place_of(block, at->txid, count, &first, &err);
        if (whole) { /* unless another one of the block bears its id */
            FUZZ_CHECK(status == LV_OK && first <= before);
        } else {
            FUZZ_CHECK(status == LV_E_CORRUPT && err.text[0] != '\0');
        }
        before += count;
    }
    return before;
}

static void check_block(lv_bytes bytes, bool is_seed)
{
    lv_fabric_block block;
    lv_error err = {0};
    if (lv_fabric_block_parse(bytes, "quality", &block, &err) == LV_OK) {
        uint32_t first = 99;
        FUZZ_CHECK(check_places(&block) == 4 || !is_seed);
        FUZZ_CHECK(lv_place_of(&block, "no such id", 1, &first, &err) == LV_E_CORRUPT);
        FUZZ_CHECK(first == 0);
    }
    lv_fabric_block_free(&block);
}

static void check_chain_info(lv_bytes input)
{
    lv_chain_info info;
    lv_error err = {0};
    lv_status status = lv_chain_info_read(input, &info, &err);
    if (status == LV_OK) {
        FUZZ_CHECK(info.height >= 1);
        return;
    }
    fuzz_check_refusal(status, &err);
    FUZZ_CHECK(fuzz_is_zero(&info, sizeof info));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const lv_bytes input = {.data = data, .len = size};
    lv_delivered delivered;
    lv_error err = {0};
    check_chain_info(input);
    lv_status status = lv_delivered_read(input, &delivered, &err);
    if (status != LV_OK) {
        fuzz_check_refusal(status, &err);
        FUZZ_CHECK(fuzz_is_zero(&delivered, sizeof delivered));
        return 0;
    }
    if (!delivered.is_block) {
        lv_fault fault;
        FUZZ_CHECK(delivered.status >= 0 && delivered.block.data == NULL);
        lv_fault_of_delivery(delivered.status, &fault);
        FUZZ_CHECK(fault.status != LV_OK && fault.words.text[0] != '\0');
        return 0;
    }
    FUZZ_CHECK(delivered.block.len < size);
    FUZZ_CHECK(delivered.block.data + delivered.block.len == data + size);
    check_block(delivered.block, fuzz_is_seed("delivered", input));
    return 0;
}
