/* The published layout, text and JSON. What is read is written in both ways and reads the same. */
#include "fuzz.h"
#include "record/appendix_a.h"
#include <string.h>

static void check_same(const lv_appendix *a, const lv_appendix *b)
{
    FUZZ_CHECK(strcmp(a->lot, b->lot) == 0 && a->order == b->order);
    FUZZ_CHECK(strcmp(a->n, b->n) == 0 && strcmp(a->n_squared, b->n_squared) == 0);
    FUZZ_CHECK(strcmp(a->n_plusone, b->n_plusone) == 0);
    for (size_t i = 0; i < LV_APPENDIX_ARRAYS; i++) {
        FUZZ_CHECK(a->arrays[i].count == b->arrays[i].count);
        for (size_t j = 0; j < a->arrays[i].count; j++) {
            FUZZ_CHECK(strcmp(a->arrays[i].items[j], b->arrays[i].items[j]) == 0);
        }
    }
}

static void check_read_back(const lv_appendix *appendix, const lv_buffer *bytes)
{
    const lv_appendix_options options = {.order = appendix->order};
    lv_appendix again;
    lv_error err = {0};
    FUZZ_CHECK(lv_appendix_parse("again", lv_buffer_view(bytes), &options, &again, &err) == LV_OK);
    check_same(appendix, &again);
    lv_appendix_free(&again);
}

static void check_written(const lv_appendix *appendix)
{
    lv_buffer text = {0};
    lv_buffer json = {0};
    lv_error err = {0};
    lv_status status = lv_appendix_write_text(appendix, &text, &err);
    if (status == LV_OK) {
        check_read_back(appendix, &text);
    } else {
        FUZZ_CHECK(status == LV_E_SYNTAX && err.text[0] != '\0');
    }
    FUZZ_CHECK(lv_appendix_write_json(appendix, &json, &err) == LV_OK);
    check_read_back(appendix, &json);
    lv_buffer_free(&text);
    lv_buffer_free(&json);
}

/* What passes the check decrypts, and gives encodings of the right size. */
static void check_use(const lv_appendix *appendix)
{
    static lv_secret_key *key; /* of the published example */
    lv_appendix_plain plain;
    lv_appendix_matrices matrices;
    lv_error err = {0};
    if (key == NULL) {
        fuzz_keep_begin();
        FUZZ_CHECK(lv_appendix_key("47917", "59063", &key, &err) == LV_OK);
        fuzz_keep_end();
    }
    lv_status status = lv_appendix_check(appendix, &err);
    lv_status decrypted = lv_appendix_decrypt(appendix, key, &plain, &err);
    FUZZ_CHECK(decrypted == LV_OK || decrypted == LV_INVALID);
    if (status != LV_OK) {
        fuzz_check_refusal(status, &err);
        FUZZ_CHECK(decrypted == LV_INVALID);
        return;
    }
    FUZZ_CHECK((decrypted == LV_OK) == (strcmp(appendix->n, "2830121771") == 0));
    status = lv_appendix_to_matrices(appendix, &matrices, &err);
    if (status != LV_OK) {
        fuzz_check_refusal(status, &err);
        return;
    }
    for (size_t i = 0; i < LV_APPENDIX_ARRAYS; i++) {
        FUZZ_CHECK((matrices.rows[i].len > 0) == (appendix->arrays[i].count > 0));
    }
    lv_appendix_matrices_free(&matrices);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const lv_bytes input = {.data = data, .len = size};
    const lv_appendix_options options[] = {
        {.order = LV_BITS_LSB_FIRST},
        {.part = "printed", .order = LV_BITS_MSB_FIRST},
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        lv_appendix appendix;
        lv_error err = {0};
        lv_status status = lv_appendix_parse("figure", input, &options[i], &appendix, &err);
        if (status != LV_OK) {
            FUZZ_CHECK(status == LV_E_SYNTAX || status == LV_E_LIMIT || status == LV_NOT_FOUND);
            FUZZ_CHECK(strncmp(err.text, "figure", 6) == 0);
            continue;
        }
        check_written(&appendix);
        check_use(&appendix);
        lv_appendix_free(&appendix);
    }
    return 0;
}
