/** Suite `paillier` for those who must look inside: the proofs, the published layout
 *  (src/record/appendix_a.c), the bench and tests. Everybody else uses lotveil/suite.h.
 *
 *  n = p q; g = n + 1; a ciphertext is c = (1 + m n) r^n mod n^2 with 0 < c < n^2.
 *
 *  Encodings (big endian):
 *    public key   u32 bits of n, then n in ceil(bits / 8) bytes
 *    ciphertext   2 * ceil(bits / 8) bytes
 *    matrix       its ciphertexts, row by row
 *    secret key   blocks (u32 length, bytes without leading zeros): p, q, then for p and for q
 *                 rho1, rho2 and g: primes with p = 2 u rho1 rho2 + 1 for a small u, and the
 *                 smallest generator of the group modulo p. The three are empty where they are
 *                 not known; such a key decrypts but does not encrypt. One that was shortened
 *                 (lv_key_shorten) ends with a block of one byte, 1. */
#ifndef LV_PAILLIER_PAILLIER_H
#define LV_PAILLIER_PAILLIER_H

#include <gmp.h>
#include <lotveil/suite.h>

#define LV_PAILLIER_BITS_MIN 2048U
#define LV_PAILLIER_BITS_MAX 8192U
#define LV_PAILLIER_BITS_DEFAULT 6000U
#define LV_PAILLIER_BITS_TINY 128U /* the smallest key that lv_paillier_generate_sized makes */

/** The functions below that take a key, public key or matrix want one of this suite. */

/** lv_key_generate without its floor: key_bits even, LV_PAILLIER_BITS_TINY..8192. Keys below
 *  LV_PAILLIER_BITS_MIN hide nothing: they are for tests and never pass lv_public_decode. */
LV_MUST_CHECK lv_status lv_paillier_generate_sized(unsigned key_bits, const lv_job *job,
                                                   lv_secret_key **out, lv_error *err);

/** lv_public_decode with another floor. */
LV_MUST_CHECK lv_status lv_paillier_public_decode_sized(lv_bytes bytes, unsigned bits_min,
                                                        lv_public_key **out, lv_error *err);

/** lv_key_decode with another floor. */
LV_MUST_CHECK lv_status lv_paillier_key_decode_sized(lv_bytes secret, unsigned bits_min,
                                                     lv_secret_key **out, lv_error *err);

/** A key from given primes (big endian, leading zeros allowed), such as those of the published
 *  example. It decrypts; it encrypts only where p - 1 and q - 1 have at most 40 bits, so that
 *  they can be factored here.
 * @return LV_OK; LV_INVALID where p or q is no odd prime, they are equal, or one divides the other
 *         less one. */
LV_MUST_CHECK lv_status lv_paillier_key_from_primes(lv_bytes p, lv_bytes q, lv_secret_key **out,
                                                    lv_error *err);

#define LV_PAILLIER_SMALL_MAX                                                                      \
    255 /* largest absolute value lv_paillier_decrypt_small_vartime tells */

/** Decrypts a ciphertext whose plaintext is -255..255 modulo n. Time depends on the plaintext.
 * @return LV_OK, or LV_NOT_FOUND where the plaintext is another. */
LV_MUST_CHECK lv_status lv_paillier_decrypt_small_vartime(const lv_secret_key *key,
                                                          const lv_matrix *matrix, size_t row,
                                                          unsigned column, int *value);

/** n and n^2, borrowed. */
mpz_srcptr lv_paillier_n(const lv_public_key *key);
mpz_srcptr lv_paillier_n2(const lv_public_key *key);

/** Bytes of n in an encoding: ceil(bits / 8). */
size_t lv_paillier_bytes(const lv_public_key *key);

/** A ciphertext as an integer: sets up a read-only `view` (no mpz_clear) and returns it. */
mpz_srcptr lv_paillier_ciphertext(const lv_matrix *matrix, size_t row, unsigned column, mpz_t view);

/** The n-th root modulo n of a public x, 0 <= x < n, by way of p and q, in constant time: the one
 *  r in 0..n-1 with r^n = x mod n. Not checked here. */
LV_MUST_CHECK lv_status lv_paillier_root(const lv_secret_key *key, mpz_t root, const mpz_t x);

/** Is root^n = z modulo n^2 (squared) or modulo n? All public; 0 <= root < n. */
bool lv_paillier_is_power(const lv_public_key *key, const mpz_t root, mpz_srcptr z, bool squared);

/** Is the ciphertext an n-th residue modulo n^2, that is an encryption of zero, seen modulo p^2 and
 *  modulo q^2? (lv_zero_test looks at p alone.) Constant time but for the answer. */
bool lv_paillier_is_residue(const lv_secret_key *key, const lv_matrix *z, size_t row,
                            unsigned column);

/** Writes x, 0 <= x < 2^(8 len), as `len` bytes, big endian. */
LV_MUST_CHECK lv_status lv_paillier_write(lv_buffer *out, const mpz_t x, size_t len);

/** Reads big-endian bytes. */
void lv_paillier_read(mpz_t x, lv_bytes bytes);

/** mpz_clear that wipes the number first. */
void lv_mpz_wipe(mpz_t x);

#endif
