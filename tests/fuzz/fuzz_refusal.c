/* The words of a chaincode that answered other than LV_OK. */
#include "fabric/calls.h"
#include "fuzz.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lv_buffer text = {0};
    lv_buffer encoded = {0};
    lv_status told;
    lv_status again;
    lv_error err = {0};
    lv_error words = {0};
    FUZZ_CHECK(lv_buffer_append(&text, data, size) == LV_OK);
    lv_status status = lv_refusal_decode(lv_buffer_text(&text), &told, &err);
    if (status == LV_OK) {
        FUZZ_CHECK(told != LV_OK && strncmp(lv_status_name(told), "LV_", 3) == 0);
        FUZZ_CHECK(lv_refusal_encode(told, err.text, &encoded) == LV_OK);
        if (strstr(err.text, "chaincode response 500, ") == NULL) {
            FUZZ_CHECK(lv_refusal_decode(lv_buffer_text(&encoded), &again, &words) == LV_OK);
            FUZZ_CHECK(again == told && strcmp(words.text, err.text) == 0);
        }
    } else {
        FUZZ_CHECK(status == LV_E_SYNTAX && told == LV_OK);
    }
    lv_buffer_free(&encoded);
    lv_buffer_free(&text);
    return 0;
}
