/** A downstream that lies about what it published: its own records, taken apart, changed and signed
 *  again so that everything but the lie is in order. */
#ifndef LV_TESTS_FORGE_H
#define LV_TESTS_FORGE_H

#include "compare/set.h"
#include "unit/compare/questions.h"

typedef struct {
    lv_quality quality;
    lv_xor xor_record;
    lv_buffer quality_bytes; /* Signed, by forged_seal */
    lv_buffer xor_bytes;
} forged;

static inline void forged_open(forged *f, const asked_set *s)
{
    lv_error err = {0};
    *f = (forged){0};
    assert_int_equal(lv_quality_open(lv_buffer_view(&s->made.quality_record), s->w->trust,
                                     LV_TIME_RECORD, &f->quality, NULL, &err),
                     LV_OK);
    assert_int_equal(lv_xor_open(lv_buffer_view(&s->made.xor_record), s->w->trust, LV_TIME_RECORD,
                                 &f->xor_record, NULL, &err),
                     LV_OK);
}

static inline void forged_close(forged *f)
{
    lv_quality_free(&f->quality);
    lv_xor_free(&f->xor_record);
    lv_buffer_free(&f->quality_bytes);
    lv_buffer_free(&f->xor_bytes);
}

/** Binds both records to each other as they are now, and signs them. */
static inline void forged_seal(forged *f, const asked_set *s)
{
    lv_error err = {0};
    lv_buffer_free(&f->quality_bytes);
    lv_buffer_free(&f->xor_bytes);
    assert_int_equal(lv_binding_of(lv_buffer_view(&f->quality.public_key),
                                   lv_buffer_view(&f->quality.x), lv_buffer_view(&f->quality.y),
                                   &f->xor_record.binding),
                     LV_OK);
    assert_int_equal(lv_xor_seal(&f->xor_record, s->w->downstream.identity, &f->xor_bytes, &err),
                     LV_OK);
    assert_int_equal(lv_digest_of(lv_buffer_view(&f->xor_bytes), &f->quality.xor_digest), LV_OK);
    assert_int_equal(
        lv_quality_seal(&f->quality, s->w->downstream.identity, &f->quality_bytes, &err), LV_OK);
}

static inline void forged_replace(lv_buffer *field, lv_buffer *with)
{
    lv_buffer_free(field);
    *field = *with;
    *with = (lv_buffer){0};
}

/** Puts the encryption of other values in the place of a matrix.
 * @param[out] plain,cipher  the caller frees them. */
static inline void forged_encrypt(const asked_set *s, const uint64_t *values, lv_buffer *field,
                                  lv_bits *plain, lv_matrix **cipher)
{
    lv_error err = {0};
    lv_buffer bytes = {0};
    assert_int_equal(lv_bits_expand(values, s->count, s->width, plain), LV_OK);
    assert_int_equal(lv_encrypt(s->made.key, plain, NULL, cipher, &err), LV_OK);
    assert_int_equal(lv_matrix_encode(*cipher, &bytes), LV_OK);
    forged_replace(field, &bytes);
}

/** Puts a freshly made bit proof in the place of another. */
static inline void forged_prove(const asked_set *s, lv_bits_statement statement,
                                const lv_bits_matrices *of, const lv_bits_plain *plain,
                                const lv_proof_context *context, lv_buffer *field)
{
    lv_error err = {0};
    lv_buffer proof = {0};
    assert_int_equal(lv_bits_prove(s->made.key, statement, of, plain, context, NULL, &proof, &err),
                     LV_OK);
    forged_replace(field, &proof);
}

/** D that is not |y - x|: bits, and proved to be bits. */
static inline void forged_distance(forged *f, const asked_set *s, const uint64_t *values)
{
    lv_bits plain = {0};
    lv_matrix *d = NULL;
    const lv_proof_context context = lv_xor_proof_context(&f->xor_record);
    forged_encrypt(s, values, &f->xor_record.d, &plain, &d);
    forged_prove(s, LV_BITS_DISTANCE, &(lv_bits_matrices){.d = d}, &(lv_bits_plain){.d = &plain},
                 &context, &f->xor_record.d_proof);
    lv_bits_wipe(&plain);
    lv_matrix_free(d);
}

/** w that is not x xor y: bits, and proved to be bits; what speaks of all three is made as well as
 *  it can be. */
static inline void forged_xor(forged *f, const asked_set *s, const uint64_t *values)
{
    lv_bits w = {0};
    lv_bits x = {0};
    lv_bits y = {0};
    lv_matrix *cipher = NULL;
    const lv_proof_context context = lv_xor_proof_context(&f->xor_record);
    forged_encrypt(s, values, &f->xor_record.w, &w, &cipher);
    assert_int_equal(lv_bits_expand(s->x, s->count, s->width, &x), LV_OK);
    assert_int_equal(lv_bits_expand(s->y, s->count, s->width, &y), LV_OK);
    const lv_bits_matrices of = {.x = s->set->x, .y = s->set->y, .w = cipher};
    const lv_bits_plain plain = {.x = &x, .y = &y, .w = &w};
    forged_prove(s, LV_BITS_XOR, &of, &plain, &context, &f->xor_record.w_proof);
    forged_prove(s, LV_BITS_BOTH, &of, &plain, &context, &f->xor_record.both_proof);
    lv_bits_wipe(&w);
    lv_bits_wipe(&x);
    lv_bits_wipe(&y);
    lv_matrix_free(cipher);
}

/** A cell of pair 0 of x that encrypts a sum of bits of w, 2 or more, and the proof made again over
 *  what stands there. ristretto255 alone writes a sum as it writes a bit. */
static inline void forged_non_bit(forged *f, const asked_set *s)
{
    lv_error err = {0};
    lv_matrix *sum = NULL;
    lv_matrix *x = NULL;
    lv_bits plain_x = {0};
    lv_bits plain_y = {0};
    lv_buffer cell = {0};
    const lv_proof_context context = lv_key_proof_context(&f->quality);
    assert_int_equal(
        lv_combine(s->set->key, s->set->x, s->set->y, s->set->w, LV_EQUAL, 0, 1, NULL, &sum, &err),
        LV_OK);
    assert_int_equal(lv_matrix_encode(sum, &cell), LV_OK);
    memcpy(f->quality.x.data, cell.data, cell.len);
    assert_int_equal(
        lv_matrix_decode(s->set->key, s->count, s->width, lv_buffer_view(&f->quality.x), &x, &err),
        LV_OK);
    assert_int_equal(lv_bits_expand(s->x, s->count, s->width, &plain_x), LV_OK);
    assert_int_equal(lv_bits_expand(s->y, s->count, s->width, &plain_y), LV_OK);
    forged_prove(s, LV_BITS_VALUES, &(lv_bits_matrices){.x = x, .y = s->set->y},
                 &(lv_bits_plain){.x = &plain_x, .y = &plain_y}, &context, &f->quality.bit_proof);
    lv_matrix_free(sum);
    lv_matrix_free(x);
    lv_bits_wipe(&plain_x);
    lv_bits_wipe(&plain_y);
    lv_buffer_free(&cell);
}

#endif
