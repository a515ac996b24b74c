/** The proofs of one suite: what proof.c hands over to. */
#ifndef LV_PROOF_PROOFS_H
#define LV_PROOF_PROOFS_H

#include "proof/proof.h"

/** Contracts are those of the functions of proof.h named beside the slots. proof.c has checked
 *  that row and column exist and that matrix and key are of this suite and size. */
typedef struct {
    const char *suite;

    /** lv_key_prove and lv_key_verify; both NULL where every well-formed key is a good one. */
    lv_status (*key_prove)(const lv_secret_key *key, const lv_proof_context *context,
                           const lv_job *job, lv_buffer *proof, lv_error *err);
    lv_status (*key_verify)(const lv_public_key *key, const lv_proof_context *context,
                            lv_bytes proof, lv_error *err);

    /** lv_zero_prove and lv_zero_verify; both NULL where an answer is only signed. zero_prove
     *  tests the ciphertext itself. */
    lv_status (*zero_prove)(const lv_secret_key *key, const lv_matrix *z, size_t row,
                            unsigned column, const lv_proof_context *context, const lv_job *job,
                            lv_buffer *proof, lv_error *err);
    lv_status (*zero_verify)(const lv_public_key *key, const lv_matrix *z, size_t row,
                             unsigned column, const lv_proof_context *context, lv_bytes proof,
                             lv_error *err);

    /** lv_bits_prove_all and lv_bits_verify_all; both NULL where the suite does not prove bits. The
     *  matrices of the statements, and the bits, are there and have one shape; no statement comes
     *  twice. */
    lv_status (*bits_prove)(const lv_secret_key *key, const lv_bits_matrices *of,
                            const lv_bits_plain *plain, const lv_bits_wish *wish, size_t wishes,
                            const lv_job *job, lv_error *err);
    lv_status (*bits_verify)(const lv_public_key *key, const lv_bits_claim *claim, size_t claims,
                             const lv_job *job, size_t *bad, lv_error *err);

    /** lv_one_of_prove and lv_one_of_verify; both NULL where an answer that hides its index is only
     *  signed. one_of_prove tests the ciphertexts itself. */
    lv_status (*one_of_prove)(const lv_secret_key *key, const lv_matrix *z, size_t row,
                              const lv_proof_context *context, const lv_job *job, lv_buffer *proof,
                              lv_error *err);
    lv_status (*one_of_verify)(const lv_public_key *key, const lv_matrix *z, size_t row,
                               const lv_proof_context *context, lv_bytes proof, lv_error *err);

    /** lv_range_prove and lv_range_verify; both NULL where "different" is only signed. range_prove
     *  tests the ciphertext itself; the bound has been checked. */
    lv_status (*range_prove)(const lv_secret_key *key, const lv_matrix *z, size_t row,
                             unsigned column, unsigned bound, const lv_proof_context *context,
                             const lv_job *job, lv_buffer *proof, lv_error *err);
    lv_status (*range_verify)(const lv_public_key *key, const lv_matrix *z, size_t row,
                              unsigned column, unsigned bound, const lv_proof_context *context,
                              lv_bytes proof, lv_error *err);
} lv_proofs;

/* paillier_key.c */
lv_status lv_paillier_key_prove(const lv_secret_key *key, const lv_proof_context *context,
                                const lv_job *job, lv_buffer *proof, lv_error *err);
lv_status lv_paillier_key_verify(const lv_public_key *key, const lv_proof_context *context,
                                 lv_bytes proof, lv_error *err);

/* paillier_zero.c */
lv_status lv_paillier_zero_prove(const lv_secret_key *key, const lv_matrix *z, size_t row,
                                 unsigned column, const lv_proof_context *context,
                                 const lv_job *job, lv_buffer *proof, lv_error *err);
lv_status lv_paillier_zero_verify(const lv_public_key *key, const lv_matrix *z, size_t row,
                                  unsigned column, const lv_proof_context *context, lv_bytes proof,
                                  lv_error *err);

/* ristretto_zero.c */
lv_status lv_ristretto_zero_prove(const lv_secret_key *key, const lv_matrix *z, size_t row,
                                  unsigned column, const lv_proof_context *context,
                                  const lv_job *job, lv_buffer *proof, lv_error *err);
lv_status lv_ristretto_zero_verify(const lv_public_key *key, const lv_matrix *z, size_t row,
                                   unsigned column, const lv_proof_context *context, lv_bytes proof,
                                   lv_error *err);

/* ristretto_one_of.c */
lv_status lv_ristretto_one_of_prove(const lv_secret_key *key, const lv_matrix *z, size_t row,
                                    const lv_proof_context *context, const lv_job *job,
                                    lv_buffer *proof, lv_error *err);
lv_status lv_ristretto_one_of_verify(const lv_public_key *key, const lv_matrix *z, size_t row,
                                     const lv_proof_context *context, lv_bytes proof,
                                     lv_error *err);

/* ristretto_range.c */
lv_status lv_ristretto_range_prove(const lv_secret_key *key, const lv_matrix *z, size_t row,
                                   unsigned column, unsigned bound, const lv_proof_context *context,
                                   const lv_job *job, lv_buffer *proof, lv_error *err);
lv_status lv_ristretto_range_verify(const lv_public_key *key, const lv_matrix *z, size_t row,
                                    unsigned column, unsigned bound,
                                    const lv_proof_context *context, lv_bytes proof, lv_error *err);

/* ristretto_bits_prove.c, ristretto_bits_verify.c */
lv_status lv_ristretto_bits_prove(const lv_secret_key *key, const lv_bits_matrices *of,
                                  const lv_bits_plain *plain, const lv_bits_wish *wish,
                                  size_t wishes, const lv_job *job, lv_error *err);
lv_status lv_ristretto_bits_verify(const lv_public_key *key, const lv_bits_claim *claim,
                                   size_t claims, const lv_job *job, size_t *bad, lv_error *err);

#endif
