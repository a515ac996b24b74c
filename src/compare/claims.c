/* What an answer claims, proved and verified: docs/protocol.md section 6. */
#include "compare/claims.h"
#include "base/reader.h"
#include "base/writer.h"

/* ---- which claims ---- */

static bool tells_index(lv_question question)
{
    return question == LV_ASK_INDEX || question == LV_ASK_BAND;
}

static lv_status check_form(const lv_combined *combined, unsigned width, lv_formula formula,
                            uint32_t index, lv_error *err)
{
    lv_question question = combined->ask.question;
    bool fits = question == LV_ASK_EQUALITY ? formula == LV_EQUAL || formula == LV_DIFFERENT
                                            : (unsigned)formula < LV_FORMULAS;
    if (!fits) {
        return lv_fail(err, LV_INVALID,
                       "field formula: there is no such answer to a question "
                       "about the %s",
                       lv_question_name(question));
    }
    uint32_t columns = tells_index(question) && formula != LV_EQUAL ? width : 1;
    if (index >= columns) {
        return lv_fail(err, LV_INVALID, "field index: must be below %u for \"%s\"", columns,
                       lv_verdict_word(question, formula));
    }
    return LV_OK;
}

static void claim(lv_claims *out, lv_claim_kind kind, const lv_matrix *z, unsigned column)
{
    out->claim[out->count] = (lv_claim){.kind = kind, .z = z, .column = column};
    out->count++;
}

lv_status lv_claims_of(const lv_combined *combined, unsigned width, lv_formula formula,
                       uint32_t index, lv_claims *out, lv_error *err)
{
    *out = (lv_claims){0};
    lv_status status = check_form(combined, width, formula, index, err);
    if (status != LV_OK) {
        return status;
    }
    if (formula == LV_EQUAL) {
        claim(out, LV_CLAIM_ZERO, combined->z[LV_EQUAL], 0);
        return LV_OK;
    }
    switch (combined->ask.question) {
    case LV_ASK_DIRECTION:
    case LV_ASK_THRESHOLD:
        claim(out, LV_CLAIM_ONE_OF, combined->z[formula], 0);
        break;
    case LV_ASK_INDEX:
        claim(out, LV_CLAIM_ZERO, combined->z[formula], index);
        break;
    case LV_ASK_EQUALITY:
        claim(out, LV_CLAIM_NOT_ZERO, combined->z[LV_EQUAL], 0);
        out->claim[0].bound = width;
        break;
    case LV_ASK_BAND:
        claim(out, LV_CLAIM_ZERO, combined->size, index);
        if (combined->distance[formula] != NULL) {
            claim(out, LV_CLAIM_ZERO, combined->distance[formula], 0);
        } else { /* the suite does not weigh */
            claim(out, LV_CLAIM_ONE_OF, combined->z[formula], 0);
        }
        break;
    }
    return LV_OK;
}

/* ---- prove ---- */

static lv_status prove_one(const lv_claim *of, const lv_secret_key *key,
                           const lv_proof_context *context, const lv_job *job, lv_buffer *proof,
                           lv_error *err)
{
    switch (of->kind) {
    case LV_CLAIM_ZERO:
        return lv_zero_prove(key, of->z, 0, of->column, context, job, proof, err);
    case LV_CLAIM_ONE_OF:
        return lv_one_of_prove(key, of->z, 0, context, job, proof, err);
    case LV_CLAIM_NOT_ZERO:
        return lv_range_prove(key, of->z, 0, 0, of->bound, context, job, proof, err);
    }
    return LV_E_ARGUMENT;
}

lv_status lv_claims_prove(const lv_claims *claims, const lv_secret_key *key,
                          const lv_proof_context *context, const lv_job *job, lv_buffer *proof,
                          lv_error *err)
{
    if (claims->count == 1) {
        return prove_one(&claims->claim[0], key, context, job, proof, err);
    }
    lv_buffer made[LV_CLAIMS_MAX] = {{0}};
    lv_status status = LV_OK;
    size_t len = 0;
    for (size_t i = 0; status == LV_OK && i < claims->count; i++) {
        status = prove_one(&claims->claim[i], key, context, job, &made[i], err);
        len += made[i].len;
    }
    for (size_t i = 0; status == LV_OK && len > 0 && i < claims->count; i++) {
        status = lv_write_block(proof, lv_buffer_view(&made[i]));
    }
    for (size_t i = 0; i < LV_CLAIMS_MAX; i++) {
        lv_buffer_free(&made[i]);
    }
    return status;
}

/* ---- verify ---- */

static lv_status verify_one(const lv_claim *of, const lv_public_key *key,
                            const lv_proof_context *context, lv_bytes proof, lv_error *err)
{
    switch (of->kind) {
    case LV_CLAIM_ZERO:
        return lv_zero_verify(key, of->z, 0, of->column, context, proof, err);
    case LV_CLAIM_ONE_OF:
        return lv_one_of_verify(key, of->z, 0, context, proof, err);
    case LV_CLAIM_NOT_ZERO:
        return lv_range_verify(key, of->z, 0, 0, of->bound, context, proof, err);
    }
    return LV_E_ARGUMENT;
}

/* The proof of each claim. No proof at all is one way of writing that all are empty, and the only
 * one. */
static lv_status split(lv_bytes proof, size_t count, lv_bytes parts[LV_CLAIMS_MAX], lv_error *err)
{
    lv_reader reader = lv_reader_of(proof);
    size_t len = 0;
    if (count == 1 || proof.len == 0) {
        parts[0] = proof;
        return LV_OK;
    }
    for (size_t i = 0; i < count; i++) {
        parts[i] = lv_read_block(&reader, proof.len);
        len += parts[i].len;
    }
    return lv_reader_end(&reader) == LV_OK && len > 0
               ? LV_OK
               : lv_fail(err, LV_INVALID, "it is not made of %zu parts", count);
}

lv_status lv_claims_verify(const lv_claims *claims, const lv_public_key *key,
                           const lv_proof_context *context, lv_bytes proof, lv_error *err)
{
    lv_bytes parts[LV_CLAIMS_MAX] = {{0}};
    lv_status status = split(proof, claims->count, parts, err);
    for (size_t i = 0; status == LV_OK && i < claims->count; i++) {
        status = verify_one(&claims->claim[i], key, context, parts[i], err);
    }
    return status;
}
