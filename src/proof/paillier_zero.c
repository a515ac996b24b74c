/** The zero proof of suite `paillier` (docs/protocol.md section 6): the n-th root rho of z, with
 *  0 < rho < n and rho^n = z mod n^2, as many bytes as n. With a good key (paillier_key.c) only
 *  an encryption of zero has one, and it has just one.
 *
 *  rho says nothing beyond "z decrypts to zero": whoever knows that z is such a power learns a
 *  number that is uniform and independent of all bits. It is bound to its inquiry by the
 *  signature around the answer; there is nothing to hash. */
#include "proof/proofs.h"
#include "suite/paillier/paillier.h"

lv_status lv_paillier_zero_prove(const lv_secret_key *key, const lv_matrix *z, size_t row,
                                 unsigned column, const lv_proof_context *context,
                                 const lv_job *job, lv_buffer *proof, lv_error *err)
{
    (void)context;
    (void)job;
    const lv_public_key *public_key = lv_key_public(key);
    if (!lv_paillier_is_residue(key, z, row, column)) {
        return lv_fail(err, LV_REFUSED, "ciphertext %zu, %u does not decrypt to zero", row, column);
    }
    mpz_t view;
    mpz_t rest;
    mpz_t rho;
    mpz_init(rest);
    mpz_init(rho);
    lv_paillier_ciphertext(z, row, column, view);

    /* z = rho^n mod n^2 makes rho the root of z mod n, which is easier to take. */
    mpz_fdiv_r(rest, view, lv_paillier_n(public_key));
    lv_status status = lv_paillier_root(key, rho, rest);
    /* A fault in one half of the root would give p away: look before it leaves. Modulo n is
     * enough: rho^n and z are both n-th residues modulo n^2, and two of those that agree modulo n
     * are the same. */
    if (status == LV_OK && !lv_paillier_is_power(public_key, rho, view, false)) {
        status = lv_fail(err, LV_E_CRYPTO, "the zero proof does not check and was not released");
    }
    if (status == LV_OK) {
        status = lv_paillier_write(proof, rho, lv_paillier_bytes(public_key));
    }
    mpz_clear(rest);
    lv_mpz_wipe(rho);
    return status;
}

lv_status lv_paillier_zero_verify(const lv_public_key *key, const lv_matrix *z, size_t row,
                                  unsigned column, const lv_proof_context *context, lv_bytes proof,
                                  lv_error *err)
{
    (void)context;
    if (proof.len != lv_paillier_bytes(key)) {
        return lv_fail(err, LV_INVALID, "zero proof: %zu bytes instead of %zu", proof.len,
                       lv_paillier_bytes(key));
    }
    mpz_t view;
    mpz_t rho;
    lv_status status = LV_OK;
    mpz_init(rho);
    lv_paillier_read(rho, proof);
    lv_paillier_ciphertext(z, row, column, view);
    /* z shares no factor with n, so neither does a root of it. */
    if (mpz_sgn(rho) == 0 || mpz_cmp(rho, lv_paillier_n(key)) >= 0) {
        status = lv_fail(err, LV_INVALID, "zero proof: the root is outside 1 .. n - 1");
    } else if (!lv_paillier_is_power(key, rho, view, true)) {
        status = lv_fail(err, LV_INVALID,
                         "zero proof: its n-th power is not ciphertext %zu, %u: this does not "
                         "decrypt to zero, or the proof is of another",
                         row, column);
    }
    mpz_clear(rho);
    return status;
}
