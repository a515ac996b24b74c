/* A signed header of a block, and whether it follows another. */
#include "fuzz.h"
#include "ledger/embedded/block.h"
#include <string.h>

static void check_opened(const lv_block *block, lv_bytes input)
{
    lv_error err = {0};
    const lv_tip before = {.number = block->number - 1, .hash = block->previous};
    const lv_tip other = {.number = block->number, .hash = block->previous};
    FUZZ_CHECK(block->committer != NULL);
    FUZZ_CHECK(strcmp(block->channel, "xor") == 0);
    FUZZ_CHECK(fuzz_is_seed("block", input));
    if (block->number == 0) {
        FUZZ_CHECK(lv_block_check_link(block, NULL, &err) == LV_OK);
    } else {
        FUZZ_CHECK(lv_block_check_link(block, NULL, &err) == LV_INVALID);
        FUZZ_CHECK(lv_block_check_link(block, &before, &err) == LV_OK);
        FUZZ_CHECK(lv_block_check_link(block, &other, &err) == LV_INVALID);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const lv_bytes input = {.data = data, .len = size};
    lv_block peeked;
    lv_block opened;
    lv_error err = {0};
    lv_status status = lv_block_peek(input, &peeked, &err);
    if (status != LV_OK) {
        fuzz_check_refusal(status, &err);
        FUZZ_CHECK(lv_block_open(input, fuzz_channel("xor"), &opened, &err) != LV_OK);
        return 0;
    }
    lv_tip tip = lv_block_tip(&peeked);
    FUZZ_CHECK(peeked.committer == NULL);
    FUZZ_CHECK(peeked.transactions >= 1 && peeked.transactions <= LV_BLOCK_TRANSACTIONS_MAX);
    FUZZ_CHECK(tip.number == peeked.number && tip.time == peeked.time);
    /* whatever the numbers are, no block follows itself */
    FUZZ_CHECK(lv_block_check_link(&peeked, &tip, &err) == LV_INVALID);
    status = lv_block_check_time(FUZZ_TIME, peeked.time, &tip, &err);
    FUZZ_CHECK(status == LV_OK || status == LV_INVALID);
    status = lv_block_open(input, fuzz_channel("xor"), &opened, &err);
    if (status == LV_OK) {
        check_opened(&opened, input);
    } else {
        fuzz_check_refusal(status, &err);
    }
    return 0;
}
