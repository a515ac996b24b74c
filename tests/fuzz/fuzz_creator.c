/* Who acts on Hyperledger Fabric. */
#include "fabric/creator.h"
#include "fuzz.h"
#include "identity/x509.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const lv_bytes input = {.data = data, .len = size};
    char claimed[LV_NAME_MAX + 1];
    const char *msp_id = "stale";
    const char *issuer = NULL;
    lv_buffer certificate = {0};
    lv_buffer der = {0};
    lv_error err = {0};
    lv_status status = lv_creator_decode(input, claimed, &certificate, &err);
    lv_status checked = lv_creator_check(fuzz_trust(), input, FUZZ_TIME, "client", &msp_id, &err);
    if (status != LV_OK) {
        fuzz_check_refusal(status, &err);
        FUZZ_CHECK(claimed[0] == '\0' && checked == LV_INVALID && msp_id == NULL);
        lv_buffer_free(&certificate);
        return 0;
    }
    FUZZ_CHECK(lv_name_is_valid(claimed));
    if (checked == LV_OK) {
        FUZZ_CHECK(strcmp(claimed, msp_id) == 0);
        FUZZ_CHECK(lv_x509_pem_to_der(lv_buffer_view(&certificate), &der, &err) == LV_OK);
        FUZZ_CHECK(lv_trust_check_certificate(fuzz_trust(), lv_buffer_view(&der), FUZZ_TIME,
                                              &issuer, &err) == LV_OK);
        FUZZ_CHECK(issuer == msp_id);
    } else {
        fuzz_check_refusal(checked, &err);
        FUZZ_CHECK(msp_id == NULL);
    }
    lv_buffer_free(&der);
    lv_buffer_free(&certificate);
    return 0;
}
