/* What a purchase is answered with. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const lv_bytes input = {.data = data, .len = size};
    lv_delivery delivery;
    lv_error err = {0};
    lv_buffer again = {0};
    lv_status status = lv_delivery_decode(input, &delivery, &err);
    if (status != LV_OK) {
        fuzz_check_refusal(status, &err);
        FUZZ_CHECK(fuzz_is_zero(&delivery, sizeof delivery));
        return 0;
    }
    FUZZ_CHECK(delivery.xor_record.len > 0 && delivery.receipt.len > 0);
    FUZZ_CHECK(lv_delivery_encode(&delivery, &again, &err) == LV_OK);
    FUZZ_CHECK(fuzz_same(lv_buffer_view(&again), input));
    lv_buffer_free(&again);
    lv_delivery_free(&delivery);
    return 0;
}
