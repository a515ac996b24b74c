/* A signed call of a contract. */
#include "fuzz.h"
#include "ledger/embedded/transaction.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const lv_bytes input = {.data = data, .len = size};
    const lv_channel *channel = fuzz_channel("xor");
    lv_transaction peeked;
    lv_transaction opened;
    lv_error err = {0};
    lv_status status = lv_transaction_peek(input, &peeked, &err);
    if (status != LV_OK) {
        fuzz_check_refusal(status, &err);
        FUZZ_CHECK(fuzz_is_zero(&peeked, sizeof peeked));
        FUZZ_CHECK(lv_transaction_open(input, channel, &opened, &err) != LV_OK);
        return 0;
    }
    FUZZ_CHECK(peeked.argument_count <= LV_CALL_ARGUMENTS_MAX);
    FUZZ_CHECK(strlen(peeked.function) <= LV_NAME_MAX && peeked.time >= 0);
    lv_bytes *arguments = lv_transaction_arguments(&peeked);
    FUZZ_CHECK(arguments != NULL);
    status = lv_transaction_open(input, channel, &opened, &err);
    if (status == LV_OK) {
        FUZZ_CHECK(lv_channel_role(channel, opened.submitter) != NULL);
        FUZZ_CHECK(strcmp(opened.channel, "xor") == 0);
        FUZZ_CHECK(strcmp(opened.function, peeked.function) == 0);
        FUZZ_CHECK(opened.argument_count == peeked.argument_count && opened.time == peeked.time);
        FUZZ_CHECK(fuzz_is_seed("transaction", input));
        lv_transaction_free(&opened);
    } else {
        fuzz_check_refusal(status, &err);
    }
    free(arguments);
    lv_transaction_free(&peeked);
    return 0;
}
