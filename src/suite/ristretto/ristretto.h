/** Suite `ristretto255` for those who must look inside: the proofs and tests. Everybody else uses
 *  lotveil/suite.h.
 *
 *  Lifted ElGamal over ristretto255 (RFC 9496) with generator G: secret key s, public key P = s G,
 *  Enc(b) = (C1, C2) = (r G, b G + r P). Only zero can be told: C2 = s C1.
 *
 *  Encodings:
 *    public key   P in 32 bytes, not the identity
 *    ciphertext   C1, C2: 64 bytes; neither is the identity
 *    matrix       its ciphertexts, row by row
 *    secret key   s in 32 bytes, little endian, 0 < s < L */
#ifndef LV_RISTRETTO_RISTRETTO_H
#define LV_RISTRETTO_RISTRETTO_H

#include "suite/ristretto/point.h"
#include <lotveil/suite.h>

#define LV_RISTRETTO_BITS 256U /* the one size of key */
#define LV_CIPHERTEXT_LEN ((size_t)2 * LV_POINT_LEN)

/** The functions below want a key, public key or matrix of this suite. */

/** Borrowed. */
const lv_scalar *lv_ristretto_scalar(const lv_secret_key *key);
const lv_point *lv_ristretto_point(const lv_public_key *key);

/** Tells for `count` ciphertexts, two points each, whether s C1 = C2: zero[i] is 1 or 0. At most
 *  LV_WIDTH_MAX at once. Constant time, and the answers are secret until the caller says that they
 *  may be known. */
void lv_ristretto_zeros(const lv_scalar *s, const lv_point *cells, unsigned count, uint8_t *zero);

/** C1 and C2 at (row, column), borrowed: two points. */
const lv_point *lv_ristretto_ciphertext(const lv_matrix *matrix, size_t row, unsigned column);

/** Writes the encodings of one row: LV_CIPHERTEXT_LEN bytes for each column. */
void lv_ristretto_row_encode(const lv_matrix *matrix, size_t row, uint8_t *out);

#endif
