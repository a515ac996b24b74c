/* What Endorse returned, against the one proposal in keys/proposal. */
#include "fabric/envelope.h"
#include "fabric_peer.h"

static const lv_proposal *proposal(void)
{
    static lv_proposal made;
    if (made.payload.len == 0) {
        lv_buffer bytes = fuzz_file("keys/proposal");
        fuzz_keep_begin();
        made = fuzz_proposal(lv_buffer_view(&bytes));
        fuzz_keep_end();
        lv_buffer_free(&bytes);
    }
    return &made;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const lv_bytes input = {.data = data, .len = size};
    const lv_bytes record = lv_bytes_of_text(FUZZ_ENVELOPE_RECORD);
    lv_buffer answer = {0};
    lv_buffer signed_envelope = {0};
    lv_error err = {0};
    lv_status status = lv_envelope_check(input, proposal(), fuzz_peer_channel(), "quality", &record,
                                         1, &answer, &err);
    if (status == LV_OK) {
        /* nothing but what the peer signed, and that in one encoding */
        FUZZ_CHECK(fuzz_same(lv_buffer_view(&answer), lv_bytes_of_text(FUZZ_ENVELOPE_ANSWER)));
        FUZZ_CHECK(fuzz_is_seed("envelope", input));
    } else {
        FUZZ_CHECK(status == LV_E_CORRUPT && err.text[0] != '\0');
    }
    status = lv_envelope_sign(input, fuzz_identity(1), &signed_envelope, &err);
    if (status != LV_OK) {
        fuzz_check_refusal(status, &err);
        FUZZ_CHECK(signed_envelope.len == 0);
    }
    lv_buffer_free(&signed_envelope);
    lv_buffer_free(&answer);
    return 0;
}
