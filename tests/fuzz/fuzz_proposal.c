/* A proposal as the chaincode reads it. */
#include "fabric/proposal.h"
#include "fuzz.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lv_proposal_read read;
    lv_error err = {0};
    lv_bytes value;
    lv_status status = lv_proposal_parse((lv_bytes){.data = data, .len = size}, &read, &err);
    if (status != LV_OK) {
        fuzz_check_refusal(status, &err);
        FUZZ_CHECK(fuzz_is_zero(&read, sizeof read));
        return 0;
    }
    FUZZ_CHECK(lv_name_is_valid(read.channel) && lv_name_is_valid(read.chaincode));
    FUZZ_CHECK(strlen(read.txid) == LV_TXID_TEXT - 1);
    FUZZ_CHECK(strspn(read.txid, "0123456789abcdef") == LV_TXID_TEXT - 1);
    for (size_t i = 0; i < read.transient_count; i++) {
        const lv_transient_value *at = &read.transients[i];
        FUZZ_CHECK(i == 0 || strcmp(read.transients[i - 1].key, at->key) < 0);
        FUZZ_CHECK(lv_proposal_transient(&read, at->key, &value));
        FUZZ_CHECK(fuzz_same(value, lv_buffer_view(&at->value)));
    }
    lv_proposal_read_free(&read);
    return 0;
}
