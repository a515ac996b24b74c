/* Proofs: u8 suite, u8 which (key or zero), u8 how the context differs, then the proof. Both proofs
 * of suite paillier are unique, so what verifies is the honest one in its own context. */
#include "fuzz.h"
#include "proof/proof.h"
#include <stdio.h>
#include <string.h>

#define SUITES_MAX 8U

typedef struct {
    lv_matrix *zero; /* of the bits 0 and 1 */
    lv_buffer key_proof;
    lv_buffer zero_proof;
} honest;

static const lv_proof_context CONTEXT = {.channel = "quality",
                                         .downstream = "BMSP",
                                         .upstream = "",
                                         .series = "moisture",
                                         .sequence = 7};

static const honest *honest_of(size_t suite, const lv_secret_key *key)
{
    static honest all[SUITES_MAX];
    honest *h = &all[suite];
    if (h->zero == NULL) {
        char path[128];
        lv_error err = {0};
        snprintf(path, sizeof path, "keys/%s.bits", lv_suite_name(lv_suite_at(suite)));
        lv_buffer bytes = fuzz_file(path);
        FUZZ_CHECK(lv_matrix_decode(lv_key_public(key), 1, 2, lv_buffer_view(&bytes), &h->zero,
                                    &err) == LV_OK);
        lv_buffer_free(&bytes);
        FUZZ_CHECK(lv_key_prove(key, &CONTEXT, NULL, &h->key_proof, &err) == LV_OK);
        FUZZ_CHECK(lv_zero_prove(key, h->zero, 0, 0, &CONTEXT, NULL, &h->zero_proof, &err) ==
                   LV_OK);
        FUZZ_CHECK(lv_key_verify(lv_key_public(key), &CONTEXT, lv_buffer_view(&h->key_proof),
                                 &err) == LV_OK);
        FUZZ_CHECK(lv_zero_verify(lv_key_public(key), h->zero, 0, 0, &CONTEXT,
                                  lv_buffer_view(&h->zero_proof), &err) == LV_OK);
    }
    return h;
}

static lv_proof_context context_of(uint8_t how)
{
    lv_proof_context context = CONTEXT;
    context.sequence += how & 3U;
    context.series = (how & 4U) != 0 ? "moisturE" : context.series;
    context.channel = (how & 8U) != 0 ? "xor" : context.channel;
    context.downstream = (how & 16U) != 0 ? "AMSP" : context.downstream;
    context.pair = (how & 32U) != 0 ? 1 : 0;
    return context;
}

static void check_refused(lv_status status, const lv_error *err)
{
    FUZZ_CHECK(status == LV_INVALID && err->text[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lv_bytes input = {.data = data, .len = size};
    size_t suites = 0;
    while (lv_suite_at(suites) != NULL) {
        suites++;
    }
    FUZZ_CHECK(suites > 0);
    size_t suite = fuzz_take(&input) % suites;
    bool about_key = fuzz_take(&input) % 2 == 0;
    uint8_t how = fuzz_take(&input) & 63U;
    const lv_secret_key *key = fuzz_key(suite);
    const lv_public_key *public_key = lv_key_public(key);
    const honest *h = honest_of(suite, key);
    const lv_proof_context context = context_of(how);
    bool unique = strcmp(lv_suite_name(lv_suite_at(suite)), "paillier") == 0;
    lv_error err = {0};
    if (about_key) {
        lv_status status = lv_key_verify(public_key, &context, input, &err);
        if (status != LV_OK) {
            check_refused(status, &err);
        } else if (unique) {
            FUZZ_CHECK(how == 0 && fuzz_same(input, lv_buffer_view(&h->key_proof)));
        }
        return 0;
    }
    lv_status status = lv_zero_verify(public_key, h->zero, 0, 0, &context, input, &err);
    if (status != LV_OK) {
        check_refused(status, &err);
    } else if (unique) {
        FUZZ_CHECK(fuzz_same(input, lv_buffer_view(&h->zero_proof)));
    }
    if (h->zero_proof.len == 0) {
        FUZZ_CHECK((status == LV_OK) == (input.len == 0)); /* answers are only signed */
        return 0;
    }
    /* nothing shows that an encryption of one is zero */
    err.text[0] = '\0';
    check_refused(lv_zero_verify(public_key, h->zero, 0, 1, &context, input, &err), &err);
    return 0;
}
