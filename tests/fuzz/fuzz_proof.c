/* Proofs: u8 suite, u8 which (key, zero, one of many, range, bits of four statements), u8 how the
 * context differs, then the proof. Both proofs of suite paillier are unique, so what verifies is
 * the honest one in its own context. */
#include "fuzz.h"
#include "proof/proof.h"
#include <stdio.h>
#include <string.h>

#define SUITES_MAX 8U
#define BOUND 2U /* of range proofs */

enum { WHICH_KEY, WHICH_ZERO, WHICH_ONE_OF, WHICH_RANGE, WHICH_BITS };
enum { STATEMENTS = 4, KINDS = WHICH_BITS + STATEMENTS };

typedef struct {
    lv_matrix *zero; /* of the bits 0 and 1 */
    lv_matrix *none; /* a row of the numbers 1 and 1 */
    lv_buffer key_proof;
    lv_buffer zero_proof;
    lv_buffer one_of_proof;
    lv_buffer range_proof;
    fuzz_bits bits;
    lv_bits_matrices not_bits; /* all of them a row of the numbers -1 and -1 */
    bool proves_bits;
} honest;

static const lv_proof_context CONTEXT = {.channel = "quality",
                                         .downstream = "BMSP",
                                         .upstream = "",
                                         .series = "moisture",
                                         .sequence = 7};

/* What hides its index or its number holds as it was made. */
static void make_hidden(honest *h, const lv_secret_key *key)
{
    const lv_public_key *public_key = lv_key_public(key);
    lv_error err = {0};
    FUZZ_CHECK(lv_combine(public_key, h->zero, h->zero, h->zero, LV_RISE, 0, 1, NULL, &h->none,
                          &err) == LV_OK);
    FUZZ_CHECK(lv_one_of_prove(key, h->zero, 0, &CONTEXT, NULL, &h->one_of_proof, &err) == LV_OK);
    FUZZ_CHECK(lv_range_prove(key, h->zero, 0, 1, BOUND, &CONTEXT, NULL, &h->range_proof, &err) ==
               LV_OK);
    FUZZ_CHECK(lv_one_of_verify(public_key, h->zero, 0, &CONTEXT, lv_buffer_view(&h->one_of_proof),
                                &err) == LV_OK);
    FUZZ_CHECK(lv_range_verify(public_key, h->zero, 0, 1, BOUND, &CONTEXT,
                               lv_buffer_view(&h->range_proof), &err) == LV_OK);
}

/* Bit proofs hold as they were made. */
static void make_bits(honest *h, const lv_secret_key *key, lv_bytes encoded)
{
    const lv_public_key *public_key = lv_key_public(key);
    lv_matrix *less = NULL;
    lv_error err = {0};
    h->bits = fuzz_bits_open(public_key, encoded);
    h->proves_bits = lv_suite_proves_bits(lv_public_suite(public_key));
    FUZZ_CHECK(lv_combine(public_key, h->zero, h->zero, h->zero, LV_FALL, 0, 1, NULL, &less,
                          &err) == LV_OK);
    h->not_bits = (lv_bits_matrices){.x = less, .y = less, .w = less, .d = less};
    for (unsigned i = 0; i < STATEMENTS; i++) {
        lv_buffer proof = {0};
        lv_bits_statement statement = (lv_bits_statement)(LV_BITS_VALUES + i);
        FUZZ_CHECK(fuzz_bits_prove(key, &h->bits, statement, &CONTEXT, &proof, &err) == LV_OK);
        FUZZ_CHECK((proof.len > 0) == h->proves_bits);
        FUZZ_CHECK(lv_bits_verify(public_key, statement, &h->bits.of, &CONTEXT, NULL,
                                  lv_buffer_view(&proof), &err) == LV_OK);
        lv_buffer_free(&proof);
    }
}

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
        make_bits(h, key, lv_buffer_view(&bytes));
        lv_buffer_free(&bytes);
        FUZZ_CHECK(lv_key_prove(key, &CONTEXT, NULL, &h->key_proof, &err) == LV_OK);
        FUZZ_CHECK(lv_zero_prove(key, h->zero, 0, 0, &CONTEXT, NULL, &h->zero_proof, &err) ==
                   LV_OK);
        FUZZ_CHECK(lv_key_verify(lv_key_public(key), &CONTEXT, lv_buffer_view(&h->key_proof),
                                 &err) == LV_OK);
        FUZZ_CHECK(lv_zero_verify(lv_key_public(key), h->zero, 0, 0, &CONTEXT,
                                  lv_buffer_view(&h->zero_proof), &err) == LV_OK);
        make_hidden(h, key);
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

/* What is tried: a proof of some kind, in some context. */
typedef struct {
    const lv_public_key *key;
    const honest *honest;
    uint8_t how; /* the context differs; 0 where it does not */
    lv_proof_context context;
    bool unique;
    lv_bits_statement statement; /* of a bit proof */
    lv_bytes proof;
} trial;

/* Refused with words, or held; nothing else. */
static bool held(lv_status status, const lv_error *err)
{
    if (status != LV_OK) {
        check_refused(status, err);
    }
    return status == LV_OK;
}

static void try_key(const trial *t)
{
    lv_error err = {0};
    if (held(lv_key_verify(t->key, &t->context, t->proof, &err), &err) && t->unique) {
        FUZZ_CHECK(t->how == 0 && fuzz_same(t->proof, lv_buffer_view(&t->honest->key_proof)));
    }
}

static void try_zero(const trial *t)
{
    const honest *h = t->honest;
    lv_error err = {0};
    bool holds = held(lv_zero_verify(t->key, h->zero, 0, 0, &t->context, t->proof, &err), &err);
    if (holds && t->unique) {
        FUZZ_CHECK(fuzz_same(t->proof, lv_buffer_view(&h->zero_proof)));
    }
    if (h->zero_proof.len == 0) {
        FUZZ_CHECK(holds == (t->proof.len == 0)); /* answers are only signed */
        return;
    }
    /* nothing shows that an encryption of one is zero */
    err.text[0] = '\0';
    check_refused(lv_zero_verify(t->key, h->zero, 0, 1, &t->context, t->proof, &err), &err);
}

static void try_one_of(const trial *t)
{
    const honest *h = t->honest;
    lv_error err = {0};
    bool holds = held(lv_one_of_verify(t->key, h->zero, 0, &t->context, t->proof, &err), &err);
    if (h->one_of_proof.len == 0) {
        FUZZ_CHECK(holds == (t->proof.len == 0));
        return;
    }
    /* nothing shows that a row of ones has a zero */
    err.text[0] = '\0';
    check_refused(lv_one_of_verify(t->key, h->none, 0, &t->context, t->proof, &err), &err);
}

static void try_range(const trial *t)
{
    const honest *h = t->honest;
    lv_error err = {0};
    bool holds =
        held(lv_range_verify(t->key, h->zero, 0, 1, BOUND, &t->context, t->proof, &err), &err);
    if (h->range_proof.len == 0) {
        FUZZ_CHECK(holds == (t->proof.len == 0));
        return;
    }
    /* nothing shows that zero is one of 1 and 2 */
    err.text[0] = '\0';
    check_refused(lv_range_verify(t->key, h->zero, 0, 0, BOUND, &t->context, t->proof, &err), &err);
}

static void try_bits(const trial *t)
{
    const honest *h = t->honest;
    lv_error err = {0};
    bool holds = held(
        lv_bits_verify(t->key, t->statement, &h->bits.of, &t->context, NULL, t->proof, &err), &err);
    if (!h->proves_bits) {
        FUZZ_CHECK(holds == (t->proof.len == 0));
        return;
    }
    /* nothing shows that -1 is a bit */
    err.text[0] = '\0';
    check_refused(
        lv_bits_verify(t->key, t->statement, &h->not_bits, &t->context, NULL, t->proof, &err),
        &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(const trial *t) = {[WHICH_KEY] = try_key,
                                                    [WHICH_ZERO] = try_zero,
                                                    [WHICH_ONE_OF] = try_one_of,
                                                    [WHICH_RANGE] = try_range,
                                                    [WHICH_BITS] = try_bits};
    lv_bytes input = {.data = data, .len = size};
    size_t suites = 0;
    while (lv_suite_at(suites) != NULL) {
        suites++;
    }
    FUZZ_CHECK(suites > 0);
    size_t suite = fuzz_take(&input) % suites;
    size_t which = fuzz_take(&input) % KINDS;
    uint8_t how = fuzz_take(&input) & 63U;
    const lv_secret_key *key = fuzz_key(suite);
    const trial t = {.key = lv_key_public(key),
                     .honest = honest_of(suite, key),
                     .how = how,
                     .context = context_of(how),
                     .unique = strcmp(lv_suite_name(lv_suite_at(suite)), "paillier") == 0,
                     .statement = (lv_bits_statement)(which < WHICH_BITS
                                                          ? LV_BITS_VALUES
                                                          : LV_BITS_VALUES + (which - WHICH_BITS)),
                     .proof = input};
    tries[which < WHICH_BITS ? which : WHICH_BITS](&t);
    return 0;
}
