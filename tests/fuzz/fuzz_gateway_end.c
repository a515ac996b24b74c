/* How a gateway ends a call: its code (first byte), its words (up to a newline) and the
 * google.rpc.Status that comes beside. */
#include "fuzz.h"
#include "ledger/fabric/call.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lv_rpc_end end = {0};
    lv_fault fault;
    if (size == 0) {
        return 0;
    }
    const uint8_t *newline = memchr(data + 1, '\n', size - 1);
    size_t words = newline != NULL ? (size_t)(newline - data) - 1 : size - 1;
    words = words < sizeof end.words ? words : sizeof end.words - 1;
    end.code = data[0];
    memcpy(end.words, data + 1, words);
    if (newline != NULL) {
        size_t len = size - (size_t)(newline + 1 - data);
        FUZZ_CHECK(lv_buffer_append(&end.details, newline + 1, len) == LV_OK);
    }
    lv_fault_of_end(&end, "BMSP", &fault);
    FUZZ_CHECK(fault.status != LV_OK && fault.words.text[sizeof fault.words.text - 1] == '\0');
    FUZZ_CHECK(!fault.foreign || fault.contract);
    /* nothing but the contract, or a denial or a limit, ends the search for another gateway */
    FUZZ_CHECK(!fault.final || fault.contract || fault.status == LV_REFUSED ||
               fault.status == LV_E_LIMIT);
    FUZZ_CHECK(fault.final || fault.status == LV_UNAVAILABLE);
    lv_fault_of_response(end.code, end.words, &fault);
    FUZZ_CHECK(fault.status != LV_OK && fault.final == fault.contract);
    lv_rpc_end_free(&end);
    return 0;
}
