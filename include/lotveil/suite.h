/** A suite: an additively homomorphic scheme that encrypts matrices of bits
 *  (docs/protocol.md sections 3 and 4).
 *
 *  Callers see pairs and bits only: a matrix has `pairs` rows (one measurement each) of `width`
 *  bits, most significant first. How a suite packs them into ciphertexts is its own affair.
 *  A ciphertext that came from outside is checked when it is decoded; every matrix that exists
 *  is therefore well formed under the public key it was decoded with. */
#ifndef LOTVEIL_SUITE_H
#define LOTVEIL_SUITE_H

#include <lotveil/bytes.h>
#include <lotveil/fixed.h>
#include <lotveil/job.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LV_SET_PAIRS_MAX 4096U /* pairs one set may hold */

typedef struct lv_suite lv_suite;
typedef struct lv_secret_key lv_secret_key; /* opaque, in locked memory, wiped when freed */
typedef struct lv_public_key lv_public_key;
typedef struct lv_matrix lv_matrix; /* ciphertexts */
typedef struct lv_masks lv_masks;   /* opaque, in locked memory, wiped when used or freed */

/** The formulas of section 3. The result of LV_EQUAL has one column, of the others `width`. */
typedef enum {
    LV_EQUAL = 0, /* (0)  sum_{j<k} w_j                      zero  <=>  X = Y */
    LV_RISE = 1,  /* (1)  x_i - y_i + 1 + 3 sum_{j<i} w_j    zero at exactly one i  <=>  X < Y */
    LV_FALL = 2,  /* (2)  x_i - y_i - 1 + 3 sum_{j<i} w_j    zero at exactly one i  <=>  X > Y */
    LV_DIFFERENT = 3, /* no formula: what is answered where (0) is not zero and no more is asked */
} lv_formula;

#define LV_FORMULAS 3U

/** Plaintext bits: bits[row * width + i] is 0 or 1, i = 0 the most significant. */
typedef struct {
    size_t pairs;   /* rows */
    unsigned width; /* columns, 1..LV_WIDTH_MAX */
    uint8_t *bits;  /* pairs * width, secret */
} lv_bits;

/** Finds a suite by its name ("paillier", "ristretto255", "rlwe1024"). NULL where there is none. */
const lv_suite *lv_suite_find(const char *name);

/** The i-th suite, NULL past the last: for listings and tests that run over all of them. */
const lv_suite *lv_suite_at(size_t i);

/** What a series is encrypted with where nobody says: ristretto255. */
const lv_suite *lv_suite_default(void);

const char *lv_suite_name(const lv_suite *suite);

/** Checks a size of key. paillier: bits of n, even, 2048..8192. ristretto255: 256, the bits of a
 *  point. rlwe1024: the degree of its ring, 1024.
 * @return LV_OK, or LV_E_RANGE with words that name the legal sizes. */
LV_MUST_CHECK lv_status lv_suite_check_key_bits(const lv_suite *suite, unsigned key_bits,
                                                lv_error *err);

/** paillier: 6000; ristretto255: 256; rlwe1024: 1024. */
unsigned lv_suite_default_key_bits(const lv_suite *suite);

/** How many pairs one set best holds where many are made at once: full ciphertexts, and records of
 *  some hundred kilobytes. paillier: 1, a key for each comparison as published; ristretto255: 32;
 *  rlwe1024: 512. */
size_t lv_suite_set_pairs(const lv_suite *suite);

/** Makes a fresh key. key_bits as in lv_suite_check_key_bits. */
LV_MUST_CHECK lv_status lv_key_generate(const lv_suite *suite, unsigned key_bits, const lv_job *job,
                                        lv_secret_key **out, lv_error *err);

/** Can keys of this suite be shortened? paillier's can. */
bool lv_suite_shortens(const lv_suite *suite);

/** Has a fresh key, from now on and for as long as it exists, also when it was written and read
 *  again, draw the masks of its ciphertexts by exponents of 512 bits, twice the bits of security,
 *  instead of full length: faster, and it rests on one assumption more (docs/soundness.md, claim
 *  3a). The public part does not change, and nobody sees it on a ciphertext. Keys of which a prime
 *  has no more bits than that stay as they are.
 * @param key  has not encrypted yet and made no masks.
 * @return LV_OK; LV_E_ARGUMENT with words where the suite has no such exponents, or the key has
 *         encrypted. */
LV_MUST_CHECK lv_status lv_key_shorten(lv_secret_key *key, lv_error *err);

/** Was it shortened? */
bool lv_key_is_short(const lv_secret_key *key);

/** Writes the secret key (to be sealed before it rests anywhere); wipe with lv_buffer_wipe. */
LV_MUST_CHECK lv_status lv_key_encode(const lv_secret_key *key, lv_buffer *secret);
LV_MUST_CHECK lv_status lv_key_decode(const lv_suite *suite, lv_bytes secret, lv_secret_key **out,
                                      lv_error *err);
void lv_key_free(lv_secret_key *key);

/** The public part, borrowed from the secret key. */
const lv_public_key *lv_key_public(const lv_secret_key *key);

/** Canonical bytes of a public key; their SHA-256 is the set id. */
LV_MUST_CHECK lv_status lv_public_encode(const lv_public_key *key, lv_buffer *out);

/** Reads a public key and refuses what is no key at all (paillier: short, even, square, prime
 *  or non-canonical n; ristretto255: not the encoding of a point of RFC 9496, or the identity;
 *  rlwe1024: not 32 bytes) with LV_INVALID and words. That it is a *good* key is shown by its key
 *  proof (src/proof/proof.h). */
LV_MUST_CHECK lv_status lv_public_decode(const lv_suite *suite, lv_bytes bytes, lv_public_key **out,
                                         lv_error *err);
void lv_public_free(lv_public_key *key);
const lv_suite *lv_public_suite(const lv_public_key *key);
unsigned lv_public_key_bits(const lv_public_key *key);

/** Encrypts a matrix of bits as the holder of the secret key. Constant time in key, randomness
 *  and bits. */
LV_MUST_CHECK lv_status lv_encrypt(const lv_secret_key *key, const lv_bits *bits, const lv_job *job,
                                   lv_matrix **out, lv_error *err);

/* ---- masks made ahead ---- */

#define LV_MASKS_MAX 65536U /* masks made, or read, at once */

/** Does the suite have masks: the part of an encryption that does not depend on the bit, and costs
 *  nearly all of its time? Where it has none, making and reading them give LV_E_ARGUMENT. */
bool lv_suite_has_masks(const lv_suite *suite);

/** Makes masks while there is time: one is good for one ciphertext under this key, and whoever
 *  knows it reads that ciphertext's bit. Constant time in key and randomness.
 * @param count  1..LV_MASKS_MAX. */
LV_MUST_CHECK lv_status lv_masks_make(const lv_secret_key *key, size_t count, const lv_job *job,
                                      lv_masks **out, lv_error *err);
void lv_masks_free(lv_masks *masks);

/** The key they are for, borrowed. */
const lv_public_key *lv_masks_public(const lv_masks *masks);

/** Masks not used up yet. */
size_t lv_masks_left(const lv_masks *masks);

/** Writes those not used up (to be sealed before they rest anywhere); wipe with lv_buffer_wipe.
 *  What was written must be read at most once in all: a mask that serves two ciphertexts tells
 *  whether their bits are the same. */
LV_MUST_CHECK lv_status lv_masks_encode(const lv_masks *masks, lv_buffer *secret);

/** Reads what this program sealed: the public key in it is not tested as lv_public_decode does.
 * @return LV_E_SYNTAX or LV_INVALID where the bytes hold no masks. */
LV_MUST_CHECK lv_status lv_masks_decode(const lv_suite *suite, lv_bytes secret, lv_masks **out,
                                        lv_error *err);

/** lv_encrypt by masks instead of the secret key: takes the first pairs * width of those left,
 * which are wiped and used up whether it succeeds or not. Constant time in masks and bits.
 * @return LV_E_ARGUMENT, and nothing is used up, where too few are left. */
LV_MUST_CHECK lv_status lv_encrypt_with(lv_masks *masks, const lv_bits *bits, const lv_job *job,
                                        lv_matrix **out, lv_error *err);

/* ---- matrices ---- */

void lv_matrix_free(lv_matrix *matrix);
size_t lv_matrix_pairs(const lv_matrix *matrix);
unsigned lv_matrix_width(const lv_matrix *matrix);

/** Canonical bytes of a matrix: the one encoding of its ciphertexts. Of an encrypted matrix it has
 *  lv_matrix_encoded_len bytes. What lv_combine made is encoded to be digested and compared; a
 *  suite may give that another form and length, and need not read it back. */
LV_MUST_CHECK lv_status lv_matrix_encode(const lv_matrix *matrix, lv_buffer *out);
size_t lv_matrix_encoded_len(const lv_public_key *key, size_t pairs, unsigned width);

/** Reads `pairs` x `width` ciphertexts and checks each (paillier: 0 < c < n^2, no factor shared
 *  with n; ristretto255: two canonical encodings of RFC 9496, 32 bytes each, neither of them the
 *  identity's; rlwe1024: coefficients below q).
 * @return LV_INVALID with words that name row and column of the first bad one; LV_E_SYNTAX where
 *         the length is not the encoding's. */
LV_MUST_CHECK lv_status lv_matrix_decode(const lv_public_key *key, size_t pairs, unsigned width,
                                         lv_bytes bytes, lv_matrix **out, lv_error *err);

/** Combines Enc(x), Enc(y), Enc(w) into Enc(z) by one formula, for the rows
 *  first .. first + count - 1. Deterministic: no blinding, so all who combine the same records
 *  get the same bytes. The three matrices have the same shape and come from lv_encrypt or
 *  lv_matrix_decode.
 * @param[out] z  `count` rows; width columns (LV_RISE, LV_FALL) or 1 (LV_EQUAL). */
LV_MUST_CHECK lv_status lv_combine(const lv_public_key *key, const lv_matrix *x, const lv_matrix *y,
                                   const lv_matrix *w, lv_formula formula, size_t first,
                                   size_t count, const lv_job *job, lv_matrix **z, lv_error *err);

/** Compares the rows of x with one public value: z_i by `formula` with y_i = T_i, the bits of
 *  `limit`, and w_j = x_j xor T_j, which is x_j where T_j = 0 and 1 - x_j where T_j = 1: linear, as
 *  T is known (Wu et al.; docs/protocol.md section 8). LV_RISE has a zero where
 *  x < T, LV_FALL where x > T, LV_EQUAL where x = T. Deterministic as lv_combine.
 * @param limit   0 .. 2^width - 1.
 * @param[out] z  shaped as lv_combine's. */
LV_MUST_CHECK lv_status lv_combine_limit(const lv_public_key *key, const lv_matrix *x,
                                         uint64_t limit, lv_formula formula, size_t first,
                                         size_t count, const lv_job *job, lv_matrix **z,
                                         lv_error *err);

/** Can the suite weigh bits by the powers of two: are its plaintexts large enough for a whole
 *  value? Not so rlwe1024's. */
bool lv_suite_weighs(const lv_suite *suite);

/** Sets a claimed distance D, in bits d, against the values, k being their width:
 *      LV_RISE  sum_i 2^(k-1-i) (d_i + x_i - y_i)     zero  <=>  D = Y - X
 *      LV_FALL  sum_i 2^(k-1-i) (d_i - x_i + y_i)     zero  <=>  D = X - Y
 *  Deterministic as lv_combine. The three matrices have the same shape and come from lv_encrypt or
 *  lv_matrix_decode.
 * @param direction  LV_RISE or LV_FALL.
 * @param[out] z     `count` rows of one column.
 * @return LV_OK; LV_E_ARGUMENT where the suite does not weigh. */
LV_MUST_CHECK lv_status lv_combine_distance(const lv_public_key *key, const lv_matrix *x,
                                            const lv_matrix *y, const lv_matrix *d,
                                            lv_formula direction, size_t first, size_t count,
                                            const lv_job *job, lv_matrix **z, lv_error *err);

/** Does the ciphertext at (row, column) decrypt to zero? Constant time but for the answer, which
 *  is what the caller was asked to tell. */
LV_MUST_CHECK lv_status lv_zero_test(const lv_secret_key *key, const lv_matrix *z, size_t row,
                                     unsigned column, bool *is_zero);

/** Scans a whole row for its zero, always all of it, as the published system does. Constant time in
 *  where the zero is.
 * @param[out] column  of the first zero, still a secret where the answer hides it; 0 where there is
 *                     none.
 * @return LV_OK; LV_NOT_FOUND where no column decrypts to zero. */
LV_MUST_CHECK lv_status lv_zero_scan(const lv_secret_key *key, const lv_matrix *z, size_t row,
                                     unsigned *column);

/** What an auditor finds at a cell. */
typedef enum {
    LV_OPENED_ZERO = 0,
    LV_OPENED_ONE = 1,
    LV_OPENED_OTHER = 2, /* it decrypts to no bit */
    LV_OPENED_FORGED =
        3 /* rlwe1024: it decrypts to a bit, but is not what key and nonce make of it */
} lv_opened;

/** Opens a row of an encrypted matrix for an auditor. Takes time that depends on the bits: only for
 *  a key that its owner has opened (lotveil/audit.h). rlwe1024: every coefficient of the row's
 *  block is recomputed from the seed; where those beside the bits differ, column 0 is told to be
 *  forged.
 * @param[out] cells  lv_matrix_width(matrix) of them.
 * @return LV_OK; LV_E_ARGUMENT where the matrix does not stand under this key or has no such row;
 *         rlwe1024 also where it was combined. */
LV_MUST_CHECK lv_status lv_open_row_vartime(const lv_secret_key *key, const lv_matrix *matrix,
                                            size_t row, lv_opened *cells);

#ifdef __cplusplus
}
#endif

#endif
