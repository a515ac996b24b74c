/* The envelope: peeked at, and opened against a fixed trust. What opens was signed by one of three
 * fixed keys, so it is one of the seeds, byte for byte. */
#include "fuzz.h"
#include <string.h>

static void check_opened(const lv_signed *opened, const lv_signed *peeked, lv_bytes input)
{
    size_t who = 0;
    while (who < FUZZ_ORGANISATIONS && strcmp(opened->author, FUZZ_MSP[who]) != 0) {
        who++;
    }
    FUZZ_CHECK(who < FUZZ_ORGANISATIONS);
    FUZZ_CHECK(fuzz_same(lv_buffer_view(&opened->body), lv_buffer_view(&peeked->body)));
    FUZZ_CHECK(
        fuzz_same(lv_buffer_view(&opened->certificate), lv_buffer_view(&peeked->certificate)));
    FUZZ_CHECK(lv_digest_equal(&opened->digest, &peeked->digest));
    FUZZ_CHECK(fuzz_is_seed("signed", input));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const lv_bytes input = {.data = data, .len = size};
    lv_kind kind = LV_KIND_BLOCK;
    lv_signed peeked;
    lv_signed opened;
    lv_digest digest;
    lv_error err = {0};
    lv_status status = lv_signed_peek(input, &kind, &peeked, &err);
    if (status != LV_OK) {
        fuzz_check_refusal(status, &err);
        FUZZ_CHECK(lv_signed_open(LV_KIND_GRANT, input, fuzz_trust(), LV_TIME_ANY, &opened, &err) !=
                   LV_OK);
        return 0;
    }
    FUZZ_CHECK(kind <= LV_KIND_OPENING && peeked.author == NULL);
    FUZZ_CHECK(lv_digest_of(input, &digest) == LV_OK);
    FUZZ_CHECK(lv_digest_equal(&digest, &peeked.digest));
    for (int other = LV_KIND_QUALITY; other <= LV_KIND_OPENING; other++) {
        status = lv_signed_open((lv_kind)other, input, fuzz_trust(), FUZZ_TIME, &opened, &err);
        if (status == LV_OK) {
            FUZZ_CHECK((lv_kind)other == kind);
            check_opened(&opened, &peeked, input);
        } else {
            fuzz_check_refusal(status, &err);
            FUZZ_CHECK(fuzz_is_zero(&opened, sizeof opened));
        }
        lv_signed_free(&opened);
    }
    lv_signed_free(&peeked);
    return 0;
}
