/* Calls of one transaction. Digests are resolved to values of LV_CALLS_INLINE_MAX times one byte.
 */
#include "fabric/calls.h"
#include "fuzz.h"
#include <string.h>

static uint8_t values[256][LV_CALLS_INLINE_MAX];
static lv_digest digests[256];

static void make_values(void)
{
    static bool made;
    for (size_t i = 0; !made && i < 256; i++) {
        memset(values[i], (int)i, LV_CALLS_INLINE_MAX);
        FUZZ_CHECK(lv_digest_of((lv_bytes){values[i], LV_CALLS_INLINE_MAX}, &digests[i]) == LV_OK);
    }
    made = true;
}

static lv_status resolve(void *context, const lv_digest *digest, lv_bytes *value)
{
    (void)context;
    for (size_t i = 0; i < 256; i++) {
        if (lv_digest_equal(&digests[i], digest)) {
            *value = (lv_bytes){values[i], LV_CALLS_INLINE_MAX};
            return LV_OK;
        }
    }
    return LV_NOT_FOUND;
}

static void check_same(const lv_calls *a, const lv_calls *b)
{
    FUZZ_CHECK(a->count == b->count);
    for (size_t i = 0; i < a->count; i++) {
        FUZZ_CHECK(strcmp(a->calls[i].function, b->calls[i].function) == 0);
        FUZZ_CHECK(a->calls[i].argument_count == b->calls[i].argument_count);
        for (size_t j = 0; j < a->calls[i].argument_count; j++) {
            FUZZ_CHECK(fuzz_same(a->calls[i].arguments[j], b->calls[i].arguments[j]));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lv_calls read;
    lv_calls again;
    lv_calls_encoded encoded;
    lv_error err = {0};
    make_values();
    lv_status status =
        lv_calls_decode((lv_bytes){.data = data, .len = size}, resolve, NULL, &read, &err);
    if (status != LV_OK) {
        fuzz_check_refusal(status, &err);
        FUZZ_CHECK(fuzz_is_zero(&read, sizeof read));
        return 0;
    }
    FUZZ_CHECK(read.count >= 1 && read.count <= LV_CALLS_MAX);
    /* whichever way the arguments travel, the calls are the same */
    FUZZ_CHECK(lv_calls_encode(read.calls, read.count, true, &encoded, &err) == LV_OK);
    FUZZ_CHECK(encoded.transient_count == 0);
    FUZZ_CHECK(lv_calls_decode(lv_buffer_view(&encoded.encoded), NULL, NULL, &again, &err) ==
               LV_OK);
    check_same(&read, &again);
    lv_calls_free(&again);
    lv_calls_encoded_free(&encoded);
    lv_calls_free(&read);
    return 0;
}
