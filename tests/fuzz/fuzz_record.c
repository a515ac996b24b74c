/* One kind of record (FUZZ_RECORD): its body, and the body signed. */
#include "fuzz.h"
#include "quality/text.h"
#include <string.h>

#define JOIN_(a, b, c) a##b##c
#define JOIN(a, b, c) JOIN_(a, b, c)
#define CALL(what) JOIN(JOIN(lv_, FUZZ_RECORD, _), what, )

typedef JOIN(lv_, FUZZ_RECORD, ) record;

/* Signed by BMSP it opens to the same body where it names BMSP, and not at all otherwise. */
static void check_signed(const record *r, lv_bytes body)
{
    lv_error err = {0};
    lv_buffer bytes = {0};
    lv_buffer again = {0};
    lv_digest digest;
    record opened;
    bool own = strcmp(r->author, "BMSP") == 0;
    lv_status status = CALL(seal)(r, fuzz_identity(1), &bytes, &err);
    FUZZ_CHECK(status == LV_OK || !own);
    if (status != LV_OK) {
        return;
    }
    status = CALL(open)(lv_buffer_view(&bytes), fuzz_trust(), LV_TIME_ANY, &opened, &digest, &err);
    FUZZ_CHECK((status == LV_OK) == own);
    if (own) {
        FUZZ_CHECK(CALL(encode)(&opened, &again, &err) == LV_OK);
        FUZZ_CHECK(fuzz_same(lv_buffer_view(&again), body));
        CALL(free)(&opened);
    } else {
        fuzz_check_refusal(status, &err);
    }
    lv_buffer_free(&again);
    lv_buffer_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const lv_bytes input = {.data = data, .len = size};
    record r;
    lv_error err = {0};
    lv_buffer again = {0};
    lv_status status = CALL(decode)(input, &r, &err);
    if (status != LV_OK) {
        fuzz_check_refusal(status, &err);
        FUZZ_CHECK(fuzz_is_zero(&r, sizeof r));
        return 0;
    }
    FUZZ_CHECK(lv_name_is_valid(r.author));
    FUZZ_CHECK(r.time > 0);
    FUZZ_CHECK(CALL(encode)(&r, &again, &err) == LV_OK);
    FUZZ_CHECK(fuzz_same(lv_buffer_view(&again), input));
    check_signed(&r, input);
    lv_buffer_free(&again);
    CALL(free)(&r);
    return 0;
}
