/** The one-of-many proof of suite `ristretto255` (docs/protocol.md section 6): that some ciphertext
 *  of a row decrypts to zero, by ristretto_branches.h over all of them. The statement is
 *
 *      seed || u32be row || u32be k || C1_0 || C2_0 || .. || C1_(k-1) || C2_(k-1)
 *
 *  with the seed of transcript.h under the domain "lotveil/v1/proof/ristretto255-one-of". 64 k
 *  bytes. */
#include "base/secret.h"
#include "base/writer.h"
#include "proof/proofs.h"
#include "proof/ristretto_branches.h"
#include "proof/transcript.h"

static const char DOMAIN[] = "lotveil/v1/proof/ristretto255-one-of";
static const char NAME[] = "one-of-many proof";

/* Appends the statement to `bytes`. */
static lv_status state(lv_branches *out, lv_buffer *bytes, const lv_public_key *key,
                       const lv_matrix *z, size_t row, const lv_proof_context *context)
{
    const unsigned width = lv_matrix_width(z);
    uint8_t seed[LV_SEED_LEN];
    uint8_t *place = NULL;
    *out = (lv_branches){.key = key, .cells = lv_ristretto_ciphertext(z, row, 0), .count = width};
    lv_status status = lv_transcript_seed(DOMAIN, context, key, seed);
    if (status == LV_OK) {
        status = lv_buffer_append(bytes, seed, sizeof seed);
    }
    if (status == LV_OK) {
        status = lv_write_u32(bytes, (uint32_t)row);
    }
    if (status == LV_OK) {
        status = lv_write_u32(bytes, width);
    }
    if (status == LV_OK) {
        status = lv_buffer_extend(bytes, width * LV_CIPHERTEXT_LEN, &place);
    }
    if (status == LV_OK) {
        lv_curve_best()->encode(place, out->cells, (size_t)2 * width);
        out->statement = lv_buffer_view(bytes);
    }
    return status;
}

lv_status lv_ristretto_one_of_prove(const lv_secret_key *key, const lv_matrix *z, size_t row,
                                    const lv_proof_context *context, const lv_job *job,
                                    lv_buffer *proof, lv_error *err)
{
    const lv_scalar *s = lv_ristretto_scalar(key);
    uint8_t zero[LV_WIDTH_MAX];
    lv_branches of;
    lv_buffer bytes = {0};
    lv_status status = state(&of, &bytes, lv_key_public(key), z, row, context);
    if (status == LV_OK) {
        lv_ristretto_zeros(s, of.cells, of.count, zero);
        status = lv_branches_prove(&of, zero, s, job != NULL ? job->rng : NULL, proof);
    }
    lv_wipe(zero, sizeof zero);
    lv_buffer_free(&bytes);
    if (status == LV_REFUSED) {
        return lv_fail(err, LV_REFUSED, "no ciphertext of row %zu decrypts to zero", row);
    }
    return status == LV_OK ? LV_OK
                           : lv_fail(err, status, "the %s could not be made%s", NAME,
                                     status == LV_E_RANDOM ? ": the random generator failed" : "");
}

lv_status lv_ristretto_one_of_verify(const lv_public_key *key, const lv_matrix *z, size_t row,
                                     const lv_proof_context *context, lv_bytes proof, lv_error *err)
{
    lv_branches of;
    lv_buffer bytes = {0};
    lv_status status = state(&of, &bytes, key, z, row, context);
    status = status == LV_OK ? lv_branches_verify(&of, NAME, proof, err)
                             : lv_fail(err, status, "the %s could not be checked", NAME);
    lv_buffer_free(&bytes);
    return status;
}
