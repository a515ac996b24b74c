/** What costs time, once in portable C and once for each kind of vector. All give the same
 *  results, bit for bit, in constant time but for what is public. */
#ifndef LV_RLWE_OPS_H
#define LV_RLWE_OPS_H

#include "suite/rlwe/rlwe.h"

/** An element to multiply by, in the order of the transform. What the two arrays hold is known to
 *  the kind alone that made it ready. */
typedef struct {
    _Alignas(64) uint32_t value[LV_RLWE_N];
    uint32_t quotient[LV_RLWE_N];
} lv_rlwe_factor;

typedef struct {
    const char *name;

    /** Makes a transformed element, below q, ready for `product`. */
    void (*prepare)(lv_rlwe_factor *s, const uint32_t values[LV_RLWE_N]);

    /** a -= b, for elements below q; the result is below 2 q. */
    void (*subtract)(uint32_t a[LV_RLWE_N], const uint32_t b[LV_RLWE_N]);

    /** r = inverse transform of a s: coefficients below q. a below 2 q; r and a may be the same. */
    void (*product)(uint32_t r[LV_RLWE_N], const uint32_t a[LV_RLWE_N], const lv_rlwe_factor *s);

    /** Blocks of 64 bytes of the ChaCha20 stream with this key and nonce, from block `counter`
     *  on. */
    void (*stream)(uint8_t *out, size_t blocks, const uint8_t key[LV_RLWE_SEED_BYTES],
                   uint64_t number, uint64_t counter);

    /** Takes the numbers of 20 bits, `len` bytes, a multiple of 320, and keeps those below q until
     *  there are `room`. They are public.
     * @return how many were kept. */
    size_t (*accept)(uint32_t *out, size_t room, const uint8_t *stream, size_t len);

    /** Adds to coefficients below q the noise that a stream gives (rlwe.h), and DELTA where
     *  `bits` has a one. */
    void (*add)(uint32_t c[LV_RLWE_N], const uint8_t stream[LV_RLWE_N],
                const uint8_t bits[LV_RLWE_N]);

    /** The cells of a row of formulas (1) and (2), z_i = x_i - y_i + constant + 3 (w_0 + ... +
     *  w_(i-1)) modulo q, `width` of them. All that is given is below q, and apart from z.
     * @return the cell of formula (0): w_0 + ... + w_(width-1) modulo q. */
    uint32_t (*row)(uint32_t *z, const uint32_t *x, const uint32_t *y, const uint32_t *w,
                    uint32_t constant, unsigned width);

    /** The zero decision: is_zero[i] where b_i - mask_i, between -q/2 and q/2, is at most DELTA / 2
     *  in absolute value. b and mask below q. */
    void (*decide)(bool *is_zero, const uint32_t *b, const uint32_t *mask, unsigned count);

    /** Packs `count` coefficients, a multiple of 32, 20 bits each. */
    void (*pack)(uint8_t *out, const uint32_t *c, size_t count);

    /** Unpacks; false where one is not below q. */
    bool (*unpack)(uint32_t *c, const uint8_t *in, size_t count);
} lv_rlwe_ops;

extern const lv_rlwe_ops lv_rlwe_portable;

/** The factor as it is, with its quotients (ring.h). */
void lv_rlwe_portable_prepare(lv_rlwe_factor *s, const uint32_t values[LV_RLWE_N]);

/** The stream by libsodium, which has vectors of its own. */
void lv_rlwe_sodium_stream(uint8_t *out, size_t blocks, const uint8_t key[LV_RLWE_SEED_BYTES],
                           uint64_t number, uint64_t counter);

/** The i-th kind that runs on this processor, portable first; NULL past the last. */
const lv_rlwe_ops *lv_rlwe_ops_at(size_t i);

/** The fastest that runs on this processor and that the environment's LOTVEIL_CPU lets run
 *  (base/cpu.h). */
const lv_rlwe_ops *lv_rlwe_ops_best(void);

#endif
