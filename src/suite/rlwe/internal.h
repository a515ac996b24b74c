/** What the files of suite `rlwe1024` share. */
#ifndef LV_RLWE_INTERNAL_H
#define LV_RLWE_INTERNAL_H

#include "suite/rlwe/ops.h"
#include "suite/rlwe/ring.h"
#include "suite/rlwe/rlwe.h"
#include "suite/suite.h"
#include <pthread.h>
#include <string.h>

#define LV_RLWE_NONCE_BYTES 32U
#define LV_RLWE_PUBLIC_BYTES 32U

typedef struct {
    lv_public_key base;
    const lv_rlwe_ops *ops;
    uint8_t commitment[LV_RLWE_PUBLIC_BYTES];
} lv_rlwe_public;

typedef enum {
    LV_RLWE_ENCRYPTED,
    LV_RLWE_PAIRS, /* rows of x, y and w were combined */
    LV_RLWE_LIMIT, /* rows of x were compared with a limit */
} lv_rlwe_kind;

/** Encrypted rows, or rows that were combined. */
typedef struct {
    lv_matrix base;
    const lv_rlwe_ops *ops;
    uint8_t owner[LV_RLWE_PUBLIC_BYTES]; /* public part of the key it stands under */
    lv_rlwe_kind kind;
    uint8_t nonce[3]
                 [LV_RLWE_NONCE_BYTES]; /* its own, or of x, y and w; zeros where there is none */
    lv_formula formula;                 /* where combined, with the three below */
    uint64_t limit;                     /* T; 0 where there is none */
    size_t first;                       /* row of x, y and w that is row 0 here */
    unsigned source_width;              /* of x, y and w */
    uint32_t b[]; /* blocks of coefficients; where combined one for each cell, row by row */
} lv_rlwe_matrix;

/** What is taken from b before the decision, for one ciphertext or for what was combined of those
 *  of a set: kept from one zero test to the next, since the pairs of a set are answered one after
 *  the other. */
typedef struct {
    bool filled;
    bool of_pairs;
    unsigned width;
    size_t ciphertext;
    uint8_t nonce[3][LV_RLWE_NONCE_BYTES];
    uint32_t as[LV_RLWE_N]; /* a s; of pairs (a_x - a_y) s */
    /* only of pairs: */
    uint32_t cell[LV_RLWE_N]; /* of formulas (1) and (2) */
    uint32_t all[LV_RLWE_N];  /* of formula (0), at the first place of each block */
} lv_rlwe_masks;

typedef struct {
    lv_secret_key base;
    lv_rlwe_public public_key;
    const lv_rlwe_ops *ops; /* those that made `s` ready */
    uint8_t seed[LV_RLWE_SEED_BYTES];
    lv_rlwe_factor s; /* transformed */
    pthread_mutex_t lock;
    lv_rlwe_masks masks; /* guarded by lock */
} lv_rlwe_secret;

/** Whether `len` public bytes, a multiple of 8, are the same; without a call for so few. */
static inline bool lv_rlwe_same(const void *a, const void *b, size_t len)
{
    uint64_t differing = 0;
    for (size_t i = 0; i < len; i += 8) {
        uint64_t words[2];
        memcpy(&words[0], (const uint8_t *)a + i, 8);
        memcpy(&words[1], (const uint8_t *)b + i, 8);
        differing |= words[0] ^ words[1];
    }
    return differing == 0;
}

const lv_rlwe_public *lv_rlwe_public_of(const lv_public_key *key);
const lv_rlwe_matrix *lv_rlwe_matrix_of(const lv_matrix *matrix);

/* stream.c */

/** The public part of a seed. */
void lv_rlwe_commit(uint8_t out[LV_RLWE_PUBLIC_BYTES], const uint8_t seed[LV_RLWE_SEED_BYTES]);

/** s, coefficients -1, 0, 1 modulo q. */
void lv_rlwe_draw_secret(uint32_t s[LV_RLWE_N], const uint8_t seed[LV_RLWE_SEED_BYTES]);

/** a of ciphertext `index` of the matrix with that nonce, transformed. */
void lv_rlwe_uniform(const lv_rlwe_ops *ops, uint32_t a[LV_RLWE_N],
                     const uint8_t nonce[LV_RLWE_NONCE_BYTES], size_t index);

/** Derives what the e of a matrix are drawn from; wipe it. */
void lv_rlwe_noise_key(uint8_t key[LV_RLWE_SEED_BYTES], const uint8_t seed[LV_RLWE_SEED_BYTES],
                       const uint8_t nonce[LV_RLWE_NONCE_BYTES]);

/** Adds e and DELTA times the bits of ciphertext `index` to coefficients below q. */
void lv_rlwe_add(const lv_rlwe_ops *ops, uint32_t c[LV_RLWE_N],
                 const uint8_t key[LV_RLWE_SEED_BYTES], size_t index,
                 const uint8_t bits[LV_RLWE_N]);

/* key.c */
lv_status lv_rlwe_check_key_bits(unsigned key_bits, lv_error *err);
lv_status lv_rlwe_key_generate(unsigned key_bits, const lv_job *job, lv_secret_key **out,
                               lv_error *err);
lv_status lv_rlwe_key_encode(const lv_secret_key *key, lv_buffer *secret);
lv_status lv_rlwe_key_decode(lv_bytes secret, lv_secret_key **out, lv_error *err);
void lv_rlwe_key_free(lv_secret_key *key);
lv_status lv_rlwe_public_encode(const lv_public_key *key, lv_buffer *out);
lv_status lv_rlwe_public_decode(lv_bytes bytes, lv_public_key **out, lv_error *err);
void lv_rlwe_public_free(lv_public_key *key);

/* matrix.c */

/** A matrix with room for `count` values of b, which are to be written; all else is zero. */
LV_MUST_CHECK lv_status lv_rlwe_matrix_new(const lv_rlwe_public *key, size_t pairs, unsigned width,
                                           size_t count, lv_rlwe_matrix **out);

/** Where the bits of a pair begin among all coefficients of an encrypted matrix. */
size_t lv_rlwe_place(size_t pair, unsigned width);

void lv_rlwe_matrix_free(lv_matrix *matrix);
lv_status lv_rlwe_matrix_encode(const lv_matrix *matrix, lv_buffer *out);
size_t lv_rlwe_matrix_encoded_len(const lv_public_key *key, size_t pairs, unsigned width);
lv_status lv_rlwe_matrix_decode(const lv_public_key *key, size_t pairs, unsigned width,
                                lv_bytes bytes, lv_matrix **out, lv_error *err);

/* encrypt.c */
lv_status lv_rlwe_encrypt(const lv_secret_key *key, const lv_bits *bits, const lv_job *job,
                          lv_matrix **out, lv_error *err);

/* combine.c */

/** Can the matrix be combined under this key: is it encrypted, and by it? */
bool lv_rlwe_is_source(const lv_rlwe_matrix *matrix, const lv_rlwe_public *key);

lv_status lv_rlwe_combine(const lv_public_key *key, const lv_matrix *x, const lv_matrix *y,
                          const lv_matrix *w, lv_formula formula, size_t first, size_t count,
                          const lv_job *job, lv_matrix **z, lv_error *err);

/* limit.c */

/** What a row of z against a limit takes from coefficients of x: x_i + 3 (sum of +-x_j, j < i), or
 *  for LV_EQUAL the sum of all +-x_j; minus where T_j = 1.
 * @param x  from column 0 on, below q
 * @param z  `width` results below q, or one */
void lv_rlwe_apply_limit(lv_formula formula, unsigned width, uint64_t limit, const uint32_t *x,
                         uint32_t *z);

lv_status lv_rlwe_combine_limit(const lv_public_key *key, const lv_matrix *x, uint64_t limit,
                                lv_formula formula, size_t first, size_t count, const lv_job *job,
                                lv_matrix **z, lv_error *err);

/* zero.c */
lv_status lv_rlwe_zero_test(const lv_secret_key *key, const lv_matrix *z, size_t row,
                            unsigned first, unsigned count, bool *is_zero);

/* open.c */
lv_status lv_rlwe_open_row_vartime(const lv_secret_key *key, const lv_matrix *matrix, size_t row,
                                   lv_opened *cells);

#endif
