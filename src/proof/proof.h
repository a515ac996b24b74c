/** Proofs that let each party check the others (docs/protocol.md sections 6 and 7). Which of them
 *  a suite has, and how they are made, is in one file per proof and suite. */
#ifndef LV_PROOF_PROOF_H
#define LV_PROOF_PROOF_H

#include <lotveil/suite.h>

/** What a proof is bound to: hashed into every challenge and, for the zero answer, checked by the
 *  signature around it as well. Borrowed. */
typedef struct {
    const char *channel;
    const char *downstream; /* MSP ids; upstream is "" in the key proof */
    const char *upstream;
    const char *series;
    uint64_t sequence;
    uint32_t pair; /* 0 in the key proof */
} lv_proof_context;

#define LV_PROOF_MAX (1024U * 1024U) /* bytes of one proof */

/** Shows that the public key is a good one. paillier: gcd(n, phi(n)) = 1 and no small factors
 *  (Goldberg, Reyzin, Sagga, Baldimtsi, ASIACRYPT 2019): the n-th roots mod n of challenges
 *  derived from n and the context. Appends nothing where the suite needs none. */
LV_MUST_CHECK lv_status lv_key_prove(const lv_secret_key *key, const lv_proof_context *context,
                                     const lv_job *job, lv_buffer *proof, lv_error *err);

/** @return LV_OK, or LV_INVALID with words. */
LV_MUST_CHECK lv_status lv_key_verify(const lv_public_key *key, const lv_proof_context *context,
                                      lv_bytes proof, lv_error *err);

/** Shows that the ciphertext at (row, column) of `z` decrypts to zero. paillier: rho with
 *  rho^n = z mod n^2, checked before it leaves (fault attacks). ristretto255: challenge and
 *  response (Chaum and Pedersen), bound to the context, row and column.
 * @return LV_OK; LV_REFUSED where it does not decrypt to zero: nothing is appended. */
LV_MUST_CHECK lv_status lv_zero_prove(const lv_secret_key *key, const lv_matrix *z, size_t row,
                                      unsigned column, const lv_proof_context *context,
                                      const lv_job *job, lv_buffer *proof, lv_error *err);

/** @return LV_OK, or LV_INVALID with words. */
LV_MUST_CHECK lv_status lv_zero_verify(const lv_public_key *key, const lv_matrix *z, size_t row,
                                       unsigned column, const lv_proof_context *context,
                                       lv_bytes proof, lv_error *err);

/** What a bit proof speaks of. */
typedef enum {
    LV_BITS_VALUES = 1,   /* the cells of x and of y */
    LV_BITS_XOR = 2,      /* those of w */
    LV_BITS_BOTH = 3,     /* (x + y - w) / 2: with the two above, that w = x xor y */
    LV_BITS_DISTANCE = 4, /* those of d */
} lv_bits_statement;

/** Those that the statement speaks of, of one shape; the others may be NULL. Borrowed. */
typedef struct {
    const lv_matrix *x;
    const lv_matrix *y;
    const lv_matrix *w;
    const lv_matrix *d;
} lv_bits_matrices;

/** The same in clear, and secret. */
typedef struct {
    const lv_bits *x;
    const lv_bits *y;
    const lv_bits *w;
    const lv_bits *d;
} lv_bits_plain;

/** Does the suite prove that what it encrypts are bits? */
bool lv_suite_proves_bits(const lv_suite *suite);

/** Shows, for each row, that every cell that the statement speaks of encrypts 0 or 1, and nothing
 *  else about them. One proof for all rows, a part of fixed length for each. Constant time in key,
 *  bits and randomness. Appends nothing where the suite has no such proof.
 * @param plain    what the matrices encrypt. It is not compared with them: where it is something
 *                 else, what is made does not verify.
 * @param context  its `pair` is not looked at: each row's part is bound to the number of the row.
 */
LV_MUST_CHECK lv_status lv_bits_prove(const lv_secret_key *key, lv_bits_statement statement,
                                      const lv_bits_matrices *of, const lv_bits_plain *plain,
                                      const lv_proof_context *context, const lv_job *job,
                                      lv_buffer *proof, lv_error *err);

/** A bit proof to be made: of what, bound to what, and where it goes. Borrows all. */
typedef struct {
    lv_bits_statement statement;
    const lv_proof_context *context;
    lv_buffer *proof;
} lv_bits_wish;

/** Makes several proofs about the same pairs, as lv_bits_prove makes each. Those made together can
 *  be checked one by one all the same; together they are checked more quickly, as they share what
 *  is random about them.
 * @param wish  1 or more, of as many statements. On failure nothing is appended to any. */
LV_MUST_CHECK lv_status lv_bits_prove_all(const lv_secret_key *key, const lv_bits_matrices *of,
                                          const lv_bits_plain *plain, const lv_bits_wish *wish,
                                          size_t wishes, const lv_job *job, lv_error *err);

/** Checks all rows at once.
 * @param job  its random generator is not used: everybody comes to the same answer.
 * @return LV_OK, or LV_INVALID with words that name the first row that does not hold. */
LV_MUST_CHECK lv_status lv_bits_verify(const lv_public_key *key, lv_bits_statement statement,
                                       const lv_bits_matrices *of, const lv_proof_context *context,
                                       const lv_job *job, lv_bytes proof, lv_error *err);

/** One bit proof of several. Borrows all. */
typedef struct {
    lv_bits_statement statement;
    lv_bits_matrices of;
    const lv_proof_context *context;
    lv_bytes proof;
} lv_bits_claim;

/** Checks bit proofs under one key as lv_bits_verify checks each, all rows of all of them at once:
 *  that is quicker, most of all where they were made together and speak of the same matrices.
 * @param claims    1 or more.
 * @param[out] bad  where a claim does not hold, the first that does not, and 0 otherwise. */
LV_MUST_CHECK lv_status lv_bits_verify_all(const lv_public_key *key, const lv_bits_claim *claim,
                                           size_t claims, const lv_job *job, size_t *bad,
                                           lv_error *err);

/** Shows that some ciphertext of a row of `z` decrypts to zero, and does not tell which.
 *  ristretto255: the one-of-many form of the zero proof (Cramer, Damgard and Schoenmakers), bound
 *  to the context, the row and all its ciphertexts. Appends nothing where the suite has no such
 *  proof. Constant time in which it is.
 * @return LV_OK; LV_REFUSED where none decrypts to zero: nothing is appended. */
LV_MUST_CHECK lv_status lv_one_of_prove(const lv_secret_key *key, const lv_matrix *z, size_t row,
                                        const lv_proof_context *context, const lv_job *job,
                                        lv_buffer *proof, lv_error *err);

/** @return LV_OK, or LV_INVALID with words. */
LV_MUST_CHECK lv_status lv_one_of_verify(const lv_public_key *key, const lv_matrix *z, size_t row,
                                         const lv_proof_context *context, lv_bytes proof,
                                         lv_error *err);

#define LV_RANGE_MAX LV_WIDTH_MAX /* largest bound of a range proof */

/** Shows that the ciphertext at (row, column) of `z` decrypts to one of 1 .. bound, and does not
 *  tell to which: of a sum of bits, that it is not zero. ristretto255: the one-of-many form of the
 *  zero proof, over the ciphertext less 1 .. bound. Appends nothing where the suite has no such
 *  proof, and then refuses a zero alone. Constant time in the number.
 * @param bound  1 .. LV_RANGE_MAX.
 * @return LV_OK; LV_REFUSED where it decrypts to something else: nothing is appended. */
LV_MUST_CHECK lv_status lv_range_prove(const lv_secret_key *key, const lv_matrix *z, size_t row,
                                       unsigned column, unsigned bound,
                                       const lv_proof_context *context, const lv_job *job,
                                       lv_buffer *proof, lv_error *err);

/** @return LV_OK, or LV_INVALID with words. */
LV_MUST_CHECK lv_status lv_range_verify(const lv_public_key *key, const lv_matrix *z, size_t row,
                                        unsigned column, unsigned bound,
                                        const lv_proof_context *context, lv_bytes proof,
                                        lv_error *err);

#endif
