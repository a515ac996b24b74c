/** Suite `rlwe1024` for those who must look inside: tests, the bench, an auditor. Everybody else
 *  uses lotveil/suite.h.
 *
 *  R = Z_q[T] / (T^1024 + 1) with the prime q = 1038337 = 1 mod 2048, plaintexts modulo 256 and
 *  DELTA = (q - 1) / 256 = 4056. A ciphertext is (a, b) with b = a s + e + DELTA m: a uniform, s
 *  ternary, e the sum of two numbers drawn uniformly from 0 .. 7, less 7: variance 10.5. Whoever
 *  holds s sees v = b - a s = DELTA m + e and says "zero" where v, taken between -q/2 and q/2, is
 *  at most DELTA / 2 in absolute value. The plaintexts of the formulas lie in -2 .. 188, so none
 *  wraps round to another.
 *
 *  Layout. A pair takes a block of 32 coefficients (width <= 32, 32 pairs in a ciphertext) or of
 *  64 (16 pairs). Bit i of the pair stands at the i-th place of its block, the rest is zeros. Of
 *  the last ciphertext of a matrix only the blocks in use are kept.
 *
 *  A sum of coefficients of b, each with a sign or factor, less the same sum of those of a s, is
 *  that sum of plaintexts times DELTA, and noise. So cell i of formulas (1) and (2) takes from the
 *  b of x, y and w, and its mask from the coefficients of their a s, x_i - y_i + 3 (w_0 + ... +
 *  w_(i-1)), and the one cell of formula (0) w_0 + ... + w_(k-1). Compared with a limit T, a cell
 *  takes x_i + 3 (sum of x_j where T_j = 0, of -x_j where T_j = 1, j < i), or the whole such sum.
 *  What is known is added as DELTA times a number.
 *
 *  Everything random comes from 32-byte strings by BLAKE2b-256 and ChaCha20 (the original one,
 *  64-bit nonce and counter). KDF(key, domain, data) = BLAKE2b-256 keyed with `key` (or not) over
 *  domain, zero byte, data; domains begin with "lotveil/v2/rlwe1024/".
 *    public part   KDF(none, "public", seed)
 *    s             ChaCha20(KDF(seed, "secret", ""), nonce 0): for each coefficient 16 bytes, as a
 *                  128-bit number u; the coefficient is floor(3 u / 2^128) - 1
 *    a             ChaCha20(n, nonce c) for ciphertext c of the matrix with nonce n, in public:
 *                  numbers of 20 bits, two in 5 bytes, the first in the low bits; those below q
 *                  in turn. a[j] is the value of the polynomial at psi^(2 brv(j) + 1),
 *                  psi = 632295, brv reversing 10 bits: it is never needed in any other form
 *    e             ChaCha20(KDF(seed, "noise", n), nonce c): a byte u for each coefficient, which
 *                  is (u mod 8) + (floor(u / 8) mod 8) - 7
 *  Numbers in streams are little endian. The nonce n is drawn afresh for every matrix, so nothing
 *  repeats when a matrix is encrypted again.
 *
 *  Encodings:
 *    secret key    the seed, 32 bytes
 *    public key    the public part, 32 bytes: a commitment to the seed
 *    matrix        n (32 bytes), then the coefficients of b, block after block, 20 bits each: two
 *                  of them, the first in the low bits, make 5 bytes, little endian; all below q
 *    combined rows n of x, y and w (96 bytes), then u8 formula, u8 width of x, u32be first row,
 *                  u32be rows, then one b for every cell, 20 bits each as above, a last half byte
 *                  zero. The a of a cell is given by the nonces, row and column. This encoding is
 *                  digested, never decoded
 *    against a limit  the same with zeros for n of y and w, 16 more in the formula's byte, and the
 *                  limit as u64be after the rows */
#ifndef LV_RLWE_RLWE_H
#define LV_RLWE_RLWE_H

#include <lotveil/suite.h>

#define LV_RLWE_N 1024U
#define LV_RLWE_Q 1038337U
#define LV_RLWE_PSI 632295U
#define LV_RLWE_DELTA 4056U
#define LV_RLWE_BITS 20U     /* of a coefficient */
#define LV_RLWE_NOISE_MAX 7U /* of one e in absolute value */
#define LV_RLWE_KEY_BITS 1024U
#define LV_RLWE_SEED_BYTES 32U

/** Coefficients that a pair of this width takes: 32 or 64. */
unsigned lv_rlwe_block(unsigned width);

#endif
