/** A model of src/proof/ristretto_branches.h on libsodium's group, and what the tests of the
 *  one-of-many and the range proof share. */
#ifndef LV_TESTS_PROOF_BRANCHES_H
#define LV_TESTS_PROOF_BRANCHES_H

#include "proof/transcript.h"
#include "unit/proof/ristretto.h"

enum { BRANCH_LEN = 64, NUMBER_LEN = 32, CELL_LEN = 64 };

/** out = k p; the identity, on which libsodium fails, is zeros. */
static inline void model_multiply(uint8_t *out, const uint8_t *k, const uint8_t *p)
{
    if (crypto_scalarmult_ristretto255(out, k, p) != 0) {
        memset(out, 0, NUMBER_LEN);
    }
}

/** out = t base - c image */
static inline void model_commitment(uint8_t *out, const uint8_t *t, const uint8_t *base,
                                    const uint8_t *c, const uint8_t *image)
{
    uint8_t left[NUMBER_LEN];
    uint8_t right[NUMBER_LEN];
    model_multiply(left, t, base);
    model_multiply(right, c, image);
    assert_int_equal(crypto_core_ristretto255_sub(out, left, right), 0);
}

/** c = int_le(the first 48 bytes that are expanded from SHA-256(hashed)) mod L */
static inline void model_challenge(uint8_t *c, lv_bytes hashed)
{
    uint8_t block[32 + 8] = {0};
    uint8_t wide[64];
    assert_int_equal(crypto_hash_sha256(block, hashed.data, hashed.len), 0);
    assert_int_equal(crypto_hash_sha256(wide, block, sizeof block), 0);
    block[sizeof block - 1] = 1;
    assert_int_equal(crypto_hash_sha256(wide + 32, block, sizeof block), 0);
    memset(wide + 48, 0, 16);
    crypto_core_ristretto255_scalar_reduce(c, wide);
}

/** Does the proof hold for these ciphertexts, `count` encodings of C1 and C2? */
static inline bool model_holds(const lv_public_key *key, lv_bytes statement, const uint8_t *cells,
                               size_t count, const uint8_t *proof)
{
    static const uint8_t one[NUMBER_LEN] = {1};
    uint8_t base[NUMBER_LEN];
    uint8_t c[NUMBER_LEN];
    uint8_t sum[NUMBER_LEN] = {0};
    uint8_t *place = NULL;
    lv_buffer p = {0};
    lv_buffer hashed = {0};
    assert_int_equal(crypto_scalarmult_ristretto255_base(base, one), 0);
    assert_int_equal(lv_public_encode(key, &p), LV_OK);
    assert_int_equal(lv_buffer_append(&hashed, statement.data, statement.len), LV_OK);
    assert_int_equal(lv_buffer_extend(&hashed, count * CELL_LEN, &place), LV_OK);
    for (size_t j = 0; j < count; j++) {
        const uint8_t *c_j = proof + j * BRANCH_LEN;
        const uint8_t *t_j = c_j + NUMBER_LEN;
        const uint8_t *cell = cells + j * CELL_LEN;
        model_commitment(place + j * NUMBER_LEN, t_j, base, c_j, p.data);
        model_commitment(place + (count + j) * NUMBER_LEN, t_j, cell, c_j, cell + NUMBER_LEN);
        crypto_core_ristretto255_scalar_add(sum, sum, c_j);
    }
    model_challenge(c, lv_buffer_view(&hashed));
    lv_buffer_free(&p);
    lv_buffer_free(&hashed);
    return memcmp(c, sum, sizeof c) == 0;
}

static inline void append_u32(lv_buffer *out, uint32_t value)
{
    const uint8_t bytes[] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                             (uint8_t)value};
    assert_int_equal(lv_buffer_append(out, bytes, sizeof bytes), LV_OK);
}

/** Adds a small number to one of a proof's, modulo L. */
static inline void add_small(uint8_t *number, uint8_t small)
{
    uint8_t addend[NUMBER_LEN] = {small};
    crypto_core_ristretto255_scalar_add(number, number, addend);
}

static inline void exchange(uint8_t *a, uint8_t *b, size_t len)
{
    uint8_t kept[BRANCH_LEN];
    assert_true(len <= sizeof kept);
    memcpy(kept, a, len);
    memcpy(a, b, len);
    memcpy(b, kept, len);
}

/** Contexts that differ from PROOF_CONTEXT in one part each. */
enum { OTHER_CONTEXTS = 6 };

static inline lv_proof_context other_context(int which)
{
    lv_proof_context other = PROOF_CONTEXT;
    switch (which) {
    case 0:
        other.channel = "xor";
        break;
    case 1:
        other.downstream = PROOF_CONTEXT.upstream;
        break;
    case 2:
        other.upstream = "FactoryC";
        break;
    case 3:
        other.series = "moisturf";
        break;
    case 4:
        other.sequence++;
        break;
    default:
        other.pair++;
    }
    return other;
}

/** That numbers of a proof look alike wherever the branch is that holds: collected over many
 *  proofs of `count` branches. */
typedef struct {
    size_t count;
    size_t proofs;
    size_t ones[2 * LV_WIDTH_MAX]; /* low bits, of c_j and of t_j */
} looks;

static inline void look(looks *seen, const uint8_t *proof)
{
    static const uint8_t zero[NUMBER_LEN] = {0};
    for (size_t i = 0; i < 2 * seen->count; i++) {
        uint8_t copy[NUMBER_LEN];
        const uint8_t *number = proof + i * NUMBER_LEN;
        memcpy(copy, number, sizeof copy);
        crypto_core_ristretto255_scalar_add(copy, copy, zero);
        assert_memory_equal(copy, number, sizeof copy); /* below L */
        assert_memory_not_equal(number, zero, sizeof copy);
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(number, proof + j * NUMBER_LEN, sizeof copy);
        }
        seen->ones[i] += number[0] & 1;
    }
    seen->proofs++;
}

/** Six deviations of a fair coin. */
static inline void expect_alike(const looks *seen)
{
    for (size_t i = 0; i < 2 * seen->count; i++) {
        const long excess = 2 * (long)seen->ones[i] - (long)seen->proofs;
        assert_true(excess * excess <= 36 * (long)seen->proofs);
    }
}

#endif
