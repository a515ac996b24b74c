#include "proof/proofs.h"
#include "suite/suite.h"
#include <string.h>

static const lv_proofs PROOFS[] = {
    {
        .suite = "paillier",
        .key_prove = lv_paillier_key_prove,
        .key_verify = lv_paillier_key_verify,
        .zero_prove = lv_paillier_zero_prove,
        .zero_verify = lv_paillier_zero_verify,
    },
    {
        .suite = "ristretto255", /* any point but the identity is a good key */
        .zero_prove = lv_ristretto_zero_prove,
        .zero_verify = lv_ristretto_zero_verify,
    },
};

/* A suite that is not in the table has no proofs. */
static const lv_proofs *proofs_of(const lv_suite *suite)
{
    static const lv_proofs none = {0};
    for (size_t i = 0; i < sizeof PROOFS / sizeof PROOFS[0]; i++) {
        if (strcmp(PROOFS[i].suite, lv_suite_name(suite)) == 0) {
            return &PROOFS[i];
        }
    }
    return &none;
}

static lv_status expect_empty(lv_bytes proof, lv_error *err)
{
    return proof.len == 0 ? LV_OK : lv_fail(err, LV_INVALID, "a proof where this suite has none");
}

lv_status lv_key_prove(const lv_secret_key *key, const lv_proof_context *context, const lv_job *job,
                       lv_buffer *proof, lv_error *err)
{
    const lv_proofs *proofs = proofs_of(lv_public_suite(lv_key_public(key)));
    return proofs->key_prove == NULL ? LV_OK : proofs->key_prove(key, context, job, proof, err);
}

lv_status lv_key_verify(const lv_public_key *key, const lv_proof_context *context, lv_bytes proof,
                        lv_error *err)
{
    const lv_proofs *proofs = proofs_of(lv_public_suite(key));
    return proofs->key_verify == NULL ? expect_empty(proof, err)
                                      : proofs->key_verify(key, context, proof, err);
}

static bool cell_exists(const lv_public_key *key, const lv_matrix *z, size_t row, unsigned column)
{
    return z->suite == key->suite && z->key_bits == key->key_bits && row < lv_matrix_pairs(z) &&
           column < lv_matrix_width(z);
}

lv_status lv_zero_prove(const lv_secret_key *key, const lv_matrix *z, size_t row, unsigned column,
                        const lv_proof_context *context, const lv_job *job, lv_buffer *proof,
                        lv_error *err)
{
    const lv_public_key *public_key = lv_key_public(key);
    const lv_proofs *proofs = proofs_of(lv_public_suite(public_key));
    if (!cell_exists(public_key, z, row, column)) {
        return lv_fail(err, LV_E_ARGUMENT, "there is no ciphertext %zu, %u to prove", row, column);
    }
    if (proofs->zero_prove != NULL) {
        return proofs->zero_prove(key, z, row, column, context, job, proof, err);
    }
    bool is_zero = false;
    lv_status status = lv_zero_test(key, z, row, column, &is_zero);
    if (status == LV_OK && !is_zero) {
        status = LV_REFUSED;
    }
    return status == LV_OK
               ? LV_OK
               : lv_fail(err, status, "ciphertext %zu, %u is not shown to be zero", row, column);
}

lv_status lv_zero_verify(const lv_public_key *key, const lv_matrix *z, size_t row, unsigned column,
                         const lv_proof_context *context, lv_bytes proof, lv_error *err)
{
    const lv_proofs *proofs = proofs_of(lv_public_suite(key));
    if (!cell_exists(key, z, row, column)) {
        return lv_fail(err, LV_INVALID, "the proof speaks of ciphertext %zu, %u; there is none",
                       row, column);
    }
    return proofs->zero_verify == NULL
               ? expect_empty(proof, err)
               : proofs->zero_verify(key, z, row, column, context, proof, err);
}
