/** The range proof of suite `ristretto255` (docs/protocol.md section 6): that a ciphertext decrypts
 *  to one of 1 .. bound, by ristretto_branches.h over (C1, C2 - m G), m = 1 .. bound. The statement
 *  is
 *
 *      seed || u32be row || u32be column || u32be bound || C1 || C2
 *
 *  with the seed of transcript.h under the domain "lotveil/v1/proof/ristretto255-range". 64 bound
 *  bytes. */
#include "base/secret.h"
#include "base/writer.h"
#include "proof/proofs.h"
#include "proof/ristretto_branches.h"
#include "proof/transcript.h"

static const char DOMAIN[] = "lotveil/v1/proof/ristretto255-range";
static const char NAME[] = "range proof";

/* Of which ciphertext it is, and what it says. */
typedef struct {
    const lv_public_key *key;
    const lv_matrix *z;
    size_t row;
    unsigned column;
    unsigned bound;
    const lv_proof_context *context;
} claim;

/* What is shown: cells are (C1, C2 - m G), m = 1 .. bound. */
typedef struct {
    lv_branches branches;
    lv_point cells[2 * LV_RANGE_MAX];
    lv_buffer bytes; /* the statement */
} statement;

static lv_status write_statement(const claim *of, lv_buffer *bytes)
{
    const uint32_t numbers[] = {(uint32_t)of->row, of->column, of->bound};
    uint8_t seed[LV_SEED_LEN];
    uint8_t *place = NULL;
    lv_status status = lv_transcript_seed(DOMAIN, of->context, of->key, seed);
    if (status == LV_OK) {
        status = lv_buffer_append(bytes, seed, sizeof seed);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && status == LV_OK; i++) {
        status = lv_write_u32(bytes, numbers[i]);
    }
    if (status == LV_OK) {
        status = lv_buffer_extend(bytes, LV_CIPHERTEXT_LEN, &place);
    }
    if (status == LV_OK) {
        lv_curve_portable.encode(place, lv_ristretto_ciphertext(of->z, of->row, of->column), 2);
    }
    return status;
}

static lv_status state(statement *out, const claim *of)
{
    const lv_point *cell = lv_ristretto_ciphertext(of->z, of->row, of->column);
    lv_point less = cell[1];
    for (size_t i = 0; i < of->bound; i++) {
        lv_point_subtract(&less, &less, &lv_point_base);
        out->cells[2 * i] = cell[0];
        out->cells[2 * i + 1] = less;
    }
    out->bytes = (lv_buffer){0};
    lv_status status = write_statement(of, &out->bytes);
    out->branches = (lv_branches){.key = of->key,
                                  .cells = out->cells,
                                  .count = of->bound,
                                  .statement = lv_buffer_view(&out->bytes)};
    return status;
}

lv_status lv_ristretto_range_prove(const lv_secret_key *key, const lv_matrix *z, size_t row,
                                   unsigned column, unsigned bound, const lv_proof_context *context,
                                   const lv_job *job, lv_buffer *proof, lv_error *err)
{
    const claim claimed = {lv_key_public(key), z, row, column, bound, context};
    const lv_scalar *s = lv_ristretto_scalar(key);
    uint8_t zero[LV_WIDTH_MAX];
    statement of;
    lv_status status = state(&of, &claimed);
    if (status == LV_OK) {
        lv_ristretto_zeros(s, of.cells, bound, zero);
        status = lv_branches_prove(&of.branches, zero, s, job != NULL ? job->rng : NULL, proof);
    }
    lv_wipe(zero, sizeof zero);
    lv_buffer_free(&of.bytes);
    if (status == LV_REFUSED) {
        return lv_fail(err, LV_REFUSED, "ciphertext %zu, %u does not decrypt to one of 1..%u", row,
                       column, bound);
    }
    return status == LV_OK ? LV_OK
                           : lv_fail(err, status, "the %s could not be made%s", NAME,
                                     status == LV_E_RANDOM ? ": the random generator failed" : "");
}

lv_status lv_ristretto_range_verify(const lv_public_key *key, const lv_matrix *z, size_t row,
                                    unsigned column, unsigned bound,
                                    const lv_proof_context *context, lv_bytes proof, lv_error *err)
{
    const claim claimed = {key, z, row, column, bound, context};
    statement of;
    lv_status status = state(&of, &claimed);
    status = status == LV_OK ? lv_branches_verify(&of.branches, NAME, proof, err)
                             : lv_fail(err, status, "the %s could not be checked", NAME);
    lv_buffer_free(&of.bytes);
    return status;
}
