/* The texts in gRPC's headers: messages, base64, timeouts, numbers. What was decoded and is written
 * again reads the same. */
#include "fuzz.h"
#include "rpc/text.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            return false;
        }
    }
    return true;
}

static void check_message(lv_bytes text, size_t size)
{
    char words[64];
    char again[64];
    lv_buffer encoded = {0};
    size = size < sizeof words ? size + 1 : sizeof words;
    memset(words, 'x', sizeof words);
    lv_rpc_message_decode(text, words, size);
    FUZZ_CHECK(memchr(words, '\0', size) != NULL && is_plain(words));
    FUZZ_CHECK(strlen(words) <= text.len);
    FUZZ_CHECK(lv_rpc_message_encode(words, &encoded) == LV_OK);
    lv_rpc_message_decode(lv_buffer_view(&encoded), again, sizeof again);
    FUZZ_CHECK(strcmp(words, again) == 0);
    for (size_t i = 0; i < encoded.len; i++) {
        FUZZ_CHECK(encoded.data[i] >= ' ' && encoded.data[i] <= '~');
    }
    lv_buffer_free(&encoded);
}

/* Against OpenSSL's, which writes it. */
static void check_base64(lv_bytes text)
{
    lv_buffer bytes = {0};
    lv_status status = lv_rpc_base64_decode(text, &bytes);
    FUZZ_CHECK(status == LV_OK || status == LV_INVALID);
    FUZZ_CHECK(bytes.len <= text.len);
    lv_buffer_free(&bytes);
    uint8_t *written = malloc(text.len / 3 * 4 + 5);
    FUZZ_CHECK(written != NULL);
    int len = EVP_EncodeBlock(written, text.len > 0 ? text.data : written, (int)text.len);
    FUZZ_CHECK(lv_rpc_base64_decode((lv_bytes){written, (size_t)len}, &bytes) == LV_OK);
    FUZZ_CHECK(fuzz_same(lv_buffer_view(&bytes), text));
    lv_buffer_free(&bytes);
    while (len > 0 && written[len - 1] == '=') {
        len--;
    }
    FUZZ_CHECK(lv_rpc_base64_decode((lv_bytes){written, (size_t)len}, &bytes) == LV_OK);
    FUZZ_CHECK(fuzz_same(lv_buffer_view(&bytes), text));
    lv_buffer_free(&bytes);
    free(written);
}

static void check_numbers(lv_bytes text)
{
    int64_t ms = 0;
    int64_t ms_again = 0;
    int number = 0;
    char again[LV_RPC_TIMEOUT_LEN];
    if (lv_rpc_timeout_decode(text, &ms) == LV_OK) {
        FUZZ_CHECK(ms >= 0);
        lv_rpc_timeout_encode(ms, again);
        FUZZ_CHECK(lv_rpc_timeout_decode(lv_bytes_of_text(again), &ms_again) == LV_OK);
        /* rounded to seconds where milliseconds do not fit, and cut at three years */
        FUZZ_CHECK(ms_again <= ms && (ms - ms_again < 1000 || ms_again == 99999999000));
    } else {
        FUZZ_CHECK(ms == 0);
    }
    if (lv_rpc_number_decode(text, &number) == LV_OK) {
        char digits[16];
        memcpy(digits, text.data, text.len);
        digits[text.len] = '\0';
        FUZZ_CHECK(strtol(digits, NULL, 10) == number);
    } else {
        FUZZ_CHECK(number == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lv_bytes text = {.data = data, .len = size};
    check_base64(text);
    check_numbers(text);
    size_t room = fuzz_take(&text);
    check_message(text, room);
    return 0;
}
