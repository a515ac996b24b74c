/** The zero proof of suite `ristretto255` (docs/protocol.md section 6): that C2 = s C1 for the s
 *  with P = s G, which is that (C1, C2) decrypts to zero (Chaum and Pedersen, Wallet Databases with
 *  Observers, CRYPTO 1992; challenges by hashing, Fiat and Shamir).
 *
 *      A = k G, B = k C1                                          for a secret k
 *      c = int_le(lv_transcript_expand(h, 0), 48 bytes) mod L     with
 *      h = SHA-256(seed || u32be row || u32be column || C1 || C2 || A || B)
 *      t = k + c s mod L
 *
 *  seed is that of transcript.h under the domain "lotveil/v1/proof/ristretto255-zero", and thereby
 *  binds suite, channel, organisations, series, set, pair and public key. Proof: c, t, 32 bytes
 *  each, little endian, below L. The verifier computes A = t G - c P and B = t C1 - c C2. */
#include "base/declassify.h"
#include "base/secret.h"
#include "base/writer.h"
#include "proof/proofs.h"
#include "proof/ristretto_sigma.h"
#include "proof/transcript.h"
#include "suite/ristretto/ristretto.h"

static const char DOMAIN[] = "lotveil/v1/proof/ristretto255-zero";

enum { PROOF_LEN = 2 * LV_SCALAR_LEN };

/* What is to be shown, and the bytes that stand for it. */
typedef struct {
    const lv_point *cell; /* C1, C2 */
    lv_buffer bytes;      /* seed || row || column || C1 || C2 */
} statement;

static lv_status state(statement *out, const lv_public_key *key, const lv_matrix *z, size_t row,
                       unsigned column, const lv_proof_context *context)
{
    uint8_t *place = NULL;
    uint8_t seed[LV_SEED_LEN];
    *out = (statement){.cell = lv_ristretto_ciphertext(z, row, column)};
    lv_status status = lv_transcript_seed(DOMAIN, context, key, seed);
    if (status == LV_OK) {
        status = lv_buffer_append(&out->bytes, seed, sizeof seed);
    }
    if (status == LV_OK) {
        status = lv_write_u32(&out->bytes, (uint32_t)row);
    }
    if (status == LV_OK) {
        status = lv_write_u32(&out->bytes, column);
    }
    if (status == LV_OK) {
        status = lv_buffer_extend(&out->bytes, LV_CIPHERTEXT_LEN, &place);
    }
    if (status == LV_OK) {
        lv_curve_portable.encode(place, out->cell, 2);
    }
    return status;
}

/* The challenge for commitments A, B. */
static lv_status challenge(const statement *of, const lv_point commitment[2], lv_scalar *c)
{
    uint8_t encoded[2 * LV_POINT_LEN];
    lv_curve_portable.encode(encoded, commitment, 2);
    return lv_sigma_challenge(lv_buffer_view(&of->bytes),
                              (lv_bytes){.data = encoded, .len = sizeof encoded}, c);
}

static lv_status prove(const statement *of, const lv_scalar *s, const lv_rng *rng,
                       uint8_t proof[PROOF_LEN])
{
    lv_scalar k = {{0}};
    lv_scalar c;
    lv_scalar t;
    lv_point commitment[2];
    lv_status status = lv_sigma_draw(s, rng, lv_buffer_view(&of->bytes), &k, 1);
    if (status == LV_OK) {
        lv_curve_portable.base_multiply(&commitment[0], &k, 1);
        lv_curve_portable.multiply(&commitment[1], &k, of->cell, 1);
        /* The verifier computes both from the proof; k is hidden as a discrete logarithm is. */
        lv_declassify(commitment, sizeof commitment);
        status = challenge(of, commitment, &c);
    }
    if (status == LV_OK) {
        lv_scalar_multiply(&t, &c, s);
        lv_scalar_add(&t, &t, &k);
        lv_declassify(&t, sizeof t); /* k hides c s */
        lv_scalar_encode(proof, &c);
        lv_scalar_encode(proof + LV_SCALAR_LEN, &t);
    }
    lv_wipe(&k, sizeof k);
    return status;
}

lv_status lv_ristretto_zero_prove(const lv_secret_key *key, const lv_matrix *z, size_t row,
                                  unsigned column, const lv_proof_context *context,
                                  const lv_job *job, lv_buffer *proof, lv_error *err)
{
    bool is_zero = false;
    lv_status status = lv_zero_test(key, z, row, column, &is_zero);
    if (status == LV_OK && !is_zero) {
        return lv_fail(err, LV_REFUSED, "ciphertext %zu, %u does not decrypt to zero", row, column);
    }
    statement of = {0};
    uint8_t made[PROOF_LEN];
    if (status == LV_OK) {
        status = state(&of, lv_key_public(key), z, row, column, context);
    }
    if (status == LV_OK) {
        status = prove(&of, lv_ristretto_scalar(key), job != NULL ? job->rng : NULL, made);
    }
    if (status == LV_OK) {
        status = lv_buffer_append(proof, made, sizeof made);
    }
    lv_buffer_free(&of.bytes);
    return status == LV_OK ? LV_OK
                           : lv_fail(err, status, "the zero proof could not be made%s",
                                     status == LV_E_RANDOM ? ": the random generator failed" : "");
}

/* t base - c image: the commitment that c and t belong to. */
static lv_status commitment_of(lv_point *out, const lv_scalar *t, const lv_point *base,
                               const lv_scalar *c, const lv_point *image)
{
    lv_scalar factor[2] = {*t};
    const lv_point points[2] = {*base, *image};
    lv_scalar_negate(&factor[1], c);
    return lv_point_multiply_sum_vartime(out, factor, points, 2);
}

lv_status lv_ristretto_zero_verify(const lv_public_key *key, const lv_matrix *z, size_t row,
                                   unsigned column, const lv_proof_context *context, lv_bytes proof,
                                   lv_error *err)
{
    lv_scalar c;
    lv_scalar t;
    if (proof.len != PROOF_LEN) {
        return lv_fail(err, LV_INVALID, "zero proof: %zu bytes instead of %d", proof.len,
                       PROOF_LEN);
    }
    if (!lv_scalar_decode(&c, proof.data) || !lv_scalar_decode(&t, proof.data + LV_SCALAR_LEN)) {
        return lv_fail(err, LV_INVALID, "zero proof: a number is not below the group's order");
    }
    statement of;
    lv_point commitment[2];
    lv_scalar expected = {{0}};
    lv_status status = state(&of, key, z, row, column, context);
    if (status == LV_OK) {
        status = commitment_of(&commitment[0], &t, &lv_point_base, &c, lv_ristretto_point(key));
    }
    if (status == LV_OK) {
        status = commitment_of(&commitment[1], &t, &of.cell[0], &c, &of.cell[1]);
    }
    if (status == LV_OK) {
        status = challenge(&of, commitment, &expected);
    }
    lv_buffer_free(&of.bytes);
    if (status != LV_OK) {
        return lv_fail(err, status, "the zero proof could not be checked");
    }
    lv_scalar_negate(&expected, &expected);
    lv_scalar_add(&expected, &expected, &c);
    if (!lv_scalar_is_zero(&expected)) {
        return lv_fail(err, LV_INVALID,
                       "zero proof: it does not hold for ciphertext %zu, %u: this does not decrypt "
                       "to zero, or the proof is of another",
                       row, column);
    }
    return LV_OK;
}
