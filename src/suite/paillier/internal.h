/** What the files of suite `paillier` share. */
#ifndef LV_PAILLIER_INTERNAL_H
#define LV_PAILLIER_INTERNAL_H

#include "suite/paillier/crt.h"
#include "suite/paillier/mont.h"
#include "suite/paillier/paillier.h"
#include "suite/suite.h"
#include <pthread.h>

enum { LV_SHORT_EXPONENT_BITS = 512 }; /* a multiple of those of a limb */

#define LV_CIPHER_LIMBS_MAX (4 * LV_PRIME_LIMBS_MAX)

typedef struct {
    lv_public_key base;
    mpz_t n;
    mpz_t n2;
    size_t bytes;    /* of n */
    mp_size_t limbs; /* of n^2; a ciphertext takes as many */
} lv_paillier_public;

/** Ciphertexts, row by row, each in `limbs` limbs, least significant first. */
typedef struct {
    lv_matrix base;
    mp_size_t limbs;
    size_t bytes;     /* of n */
    mp_limb_t *cells; /* pairs * width * limbs */
} lv_paillier_matrix;

typedef struct lv_comb lv_comb;

/** All that is known about p (or q). */
typedef struct {
    lv_mont mont;
    mp_limb_t order[LV_PRIME_LIMBS_MAX];  /* p - 1, mont.n limbs */
    mp_bitcnt_t bits;                     /* of p */
    mp_limb_t root[LV_PRIME_LIMBS_MAX];   /* 1/n mod p - 1 */
    mp_limb_t rho[2][LV_PRIME_LIMBS_MAX]; /* zero where not known */
    uint64_t generator;                   /* of F_p^*; 0 where not known */
    mp_bitcnt_t exponent_bits;            /* of the exponents of masks: those of p, or fewer */
} lv_side;

typedef struct {
    lv_secret_key base;
    bool is_short; /* lv_key_shorten */
    lv_paillier_public *public_key;
    lv_side side[2]; /* p, q */
    lv_crt primes;   /* p and q to n */
    lv_crt squares;  /* p^2 and q^2 to n^2 */
    pthread_mutex_t lock;
    lv_comb *comb[2]; /* made by the first encryption, under `lock`; NULL before */
} lv_paillier_secret;

const lv_paillier_public *lv_paillier_public_of(const lv_public_key *key);
const lv_paillier_secret *lv_paillier_secret_of(const lv_secret_key *key);
const lv_paillier_matrix *lv_paillier_matrix_of(const lv_matrix *matrix);

/* public.c */
LV_MUST_CHECK lv_status lv_paillier_public_new(const mpz_t n, lv_paillier_public **out);
lv_status lv_paillier_public_encode(const lv_public_key *key, lv_buffer *out);
lv_status lv_paillier_public_decode(lv_bytes bytes, lv_public_key **out, lv_error *err);
void lv_paillier_public_free(lv_public_key *key);

/* key.c */

/** The parts of a secret key; rho and generator are zero where not known. */
typedef struct {
    mpz_t p[2];
    mpz_t rho[2][2];
    uint64_t generator[2];
    bool is_short; /* lv_key_shorten */
} lv_paillier_parts;

void lv_paillier_parts_init(lv_paillier_parts *parts);
void lv_paillier_parts_wipe(lv_paillier_parts *parts);

/** Makes the key and all that is computed in advance. @return LV_INVALID where p, q are no primes
 *  of a good key. */
LV_MUST_CHECK lv_status lv_paillier_key_new(const lv_paillier_parts *parts, lv_secret_key **out,
                                            lv_error *err);
lv_status lv_paillier_key_shorten(lv_secret_key *key, lv_error *err);
bool lv_paillier_key_is_short(const lv_secret_key *key);
lv_status lv_paillier_key_encode(const lv_secret_key *key, lv_buffer *secret);
lv_status lv_paillier_key_decode(lv_bytes secret, lv_secret_key **out, lv_error *err);
void lv_paillier_key_free(lv_secret_key *key);

/* keygen.c */
lv_status lv_paillier_check_key_bits(unsigned key_bits, lv_error *err);
lv_status lv_paillier_key_generate(unsigned key_bits, const lv_job *job, lv_secret_key **out,
                                   lv_error *err);

/* matrix.c */
LV_MUST_CHECK lv_status lv_paillier_matrix_new(const lv_paillier_public *key, size_t pairs,
                                               unsigned width, lv_paillier_matrix **out);
mp_limb_t *lv_paillier_cell(const lv_paillier_matrix *matrix, size_t row, unsigned column);
/** Writes an integer below n^2 into a cell. */
void lv_paillier_cell_set(const lv_paillier_matrix *matrix, size_t row, unsigned column,
                          const mpz_t value);
void lv_paillier_matrix_free(lv_matrix *matrix);
lv_status lv_paillier_matrix_encode(const lv_matrix *matrix, lv_buffer *out);
size_t lv_paillier_matrix_encoded_len(const lv_public_key *key, size_t pairs, unsigned width);
lv_status lv_paillier_matrix_decode(const lv_public_key *key, size_t pairs, unsigned width,
                                    lv_bytes bytes, lv_matrix **out, lv_error *err);

/* mask.c */

/** Makes the tables that lv_paillier_mask needs on the first call under a key, for about `masks`
 *  masks. @return LV_E_ARGUMENT with words where the key only decrypts. */
LV_MUST_CHECK lv_status lv_paillier_masks_ready(const lv_secret_key *key, size_t masks,
                                                const lv_job *job, lv_error *err);

/** An n-th residue modulo n^2, in as many limbs: uniform, or of a short exponent modulo p^2 and one
 *  modulo q^2 where the key was shortened. */
LV_MUST_CHECK lv_status lv_paillier_mask(const lv_paillier_secret *key, mp_limb_t *mask,
                                         const lv_rng *rng);

/** Uses up the next `count` masks, which are there, and borrows their cells. */
mp_limb_t *lv_paillier_masks_take(lv_masks *masks, size_t count);
lv_status lv_paillier_masks_make(const lv_secret_key *key, size_t count, const lv_job *job,
                                 lv_masks **out, lv_error *err);
void lv_paillier_masks_free(lv_masks *masks);
lv_status lv_paillier_masks_encode(const lv_masks *masks, lv_buffer *secret);
lv_status lv_paillier_masks_decode(lv_bytes secret, lv_masks **out, lv_error *err);

/* encrypt.c */
lv_status lv_paillier_encrypt(const lv_secret_key *key, const lv_bits *bits, const lv_job *job,
                              lv_matrix **out, lv_error *err);
lv_status lv_paillier_encrypt_with(lv_masks *masks, const lv_bits *bits, const lv_job *job,
                                   lv_matrix **out, lv_error *err);

/* combine.c */

/** r = a b mod n^2: Enc(a) Enc(b) = Enc(a + b). r may be a or b. */
void lv_paillier_multiply(const lv_paillier_public *key, mpz_t r, mpz_srcptr a, mpz_srcptr b);

/** Adds a number to the plaintext of z < n^2: z (1 + n)^c mod n^2. */
void lv_paillier_add_plain(const lv_paillier_public *key, mpz_t z, long c, mpz_t scratch);

/** The inverses of all ciphertexts of a row; `inverse` has as many entries, initialised.
 * @return LV_OK, or LV_E_CRYPTO where there is none. */
LV_MUST_CHECK lv_status lv_paillier_invert_row(const lv_paillier_public *key,
                                               const lv_matrix *matrix, size_t row, mpz_t *inverse);

lv_status lv_paillier_combine(const lv_public_key *key, const lv_matrix *x, const lv_matrix *y,
                              const lv_matrix *w, lv_formula formula, size_t first, size_t count,
                              const lv_job *job, lv_matrix **z, lv_error *err);

/* limit.c */
lv_status lv_paillier_combine_limit(const lv_public_key *key, const lv_matrix *x, uint64_t limit,
                                    lv_formula formula, size_t first, size_t count,
                                    const lv_job *job, lv_matrix **z, lv_error *err);

/* distance.c */
lv_status lv_paillier_combine_distance(const lv_public_key *key, const lv_matrix *x,
                                       const lv_matrix *y, const lv_matrix *d, lv_formula direction,
                                       size_t first, size_t count, const lv_job *job, lv_matrix **z,
                                       lv_error *err);

/* zero.c */
lv_status lv_paillier_zero_test(const lv_secret_key *key, const lv_matrix *z, size_t row,
                                unsigned first, unsigned count, bool *is_zero);

/* open.c */
lv_status lv_paillier_open_row_vartime(const lv_secret_key *key, const lv_matrix *matrix,
                                       size_t row, lv_opened *cells);

#endif
