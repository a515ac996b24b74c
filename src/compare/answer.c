/* Table 4, answer: docs/protocol.md sections 3, 5 and 6. */
#include "base/declassify.h"
#include "compare/set.h"
#include <inttypes.h>
#include <string.h>

lv_proof_context lv_answer_proof_context(const lv_set *set, const char *upstream, uint32_t pair)
{
    return (lv_proof_context){
        .channel = set->quality.channel,
        .downstream = set->quality.author,
        .upstream = upstream,
        .series = set->quality.series,
        .sequence = set->quality.sequence,
        .pair = pair,
    };
}

/* The one statement of section 3 that holds, and its column: the place of the first differing bit,
 * and which of the two values has it set. No branch and no address depends on the values; what
 * comes out is the answer, which is what the downstream lets out. */
static void find_statement(uint64_t x, uint64_t y, unsigned width, lv_formula *formula,
                           uint32_t *index)
{
    uint32_t found = 0;
    uint32_t rise = 0;
    uint32_t place = 0;
    for (unsigned i = 0; i < width; i++) {
        uint32_t differs = (uint32_t)((x ^ y) >> (width - 1 - i) & 1U);
        uint32_t later = (uint32_t)(y >> (width - 1 - i) & 1U);
        uint32_t first = differs & (found ^ 1U);
        place |= i & (0U - first);
        rise |= first & later;
        found |= differs;
    }
    *formula = (lv_formula)(found * (2U - rise)); /* LV_EQUAL 0, LV_RISE 1, LV_FALL 2 */
    *index = place;
    lv_declassify(formula, sizeof *formula); /* both stand in the answer */
    lv_declassify(index, sizeof *index);
}

static lv_status check_key(const lv_set *set, const lv_secret_key *key, lv_error *err)
{
    lv_buffer encoded = {0};
    lv_status status = lv_public_encode(lv_key_public(key), &encoded);
    if (status == LV_OK &&
        !lv_bytes_equal(lv_buffer_view(&encoded), lv_buffer_view(&set->quality.public_key))) {
        status = lv_fail(err, LV_E_ARGUMENT, "the key is not that of the set");
    }
    lv_buffer_free(&encoded);
    return status;
}

/* What lv_inquiry_check saw must be what is answered. */
static lv_status check_inquiry(const lv_set *set, const lv_combined *combined,
                               const lv_inquiry *inquiry, lv_error *err)
{
    if (!lv_combined_is_of(combined, set) ||
        !lv_digest_equal(&inquiry->z_digest, &combined->digest)) {
        return lv_fail(err, LV_E_ARGUMENT, "the inquiry was not checked against this set and pair");
    }
    return lv_inquiry_names(inquiry, set, combined, err);
}

static lv_status corrupt(const lv_set *set, uint32_t pair, lv_error *err)
{
    return lv_fail(err, LV_E_CORRUPT,
                   "series %s, sequence %" PRIu64
                   ", pair %u: the published ciphertexts and the stored "
                   "values disagree; nothing is answered",
                   set->quality.series, set->quality.sequence, pair);
}

/* Tests with the secret key what the values say, then proves it. */
static lv_status prove(const lv_set *set, const lv_combined *combined, const lv_secret_key *key,
                       const lv_job *job, const char *upstream, lv_answer *answer, lv_error *err)
{
    const lv_matrix *z = combined->z[answer->formula];
    bool is_zero = false;
    lv_status status = lv_zero_test(key, z, 0, answer->index, &is_zero);
    if (status != LV_OK) {
        return lv_fail(err, status, "the zero test failed: %s", lv_status_name(status));
    }
    if (!is_zero) {
        return corrupt(set, combined->pair, err);
    }
    lv_proof_context context = lv_answer_proof_context(set, upstream, combined->pair);
    status = lv_zero_prove(key, z, 0, answer->index, &context, job, &answer->proof, err);
    return status == LV_REFUSED ? corrupt(set, combined->pair, err) : status;
}

lv_status lv_answer_make(const lv_set *set, const lv_combined *combined, lv_bytes inquiry,
                         const lv_secret_key *key, uint64_t x, uint64_t y,
                         const lv_identity *author, int64_t time, const lv_job *job, lv_buffer *out,
                         lv_error *err)
{
    lv_inquiry asked = {0};
    lv_answer answer = {.set_id = set->id,
                        .pair = combined->pair,
                        .question = combined->ask.question,
                        .limit = combined->ask.limit,
                        .time = time};
    unsigned width = set->quality.width;

    lv_status status = lv_inquiry_read(inquiry, &asked, &answer.inquiry_digest, err);
    if (status == LV_OK) {
        status = check_inquiry(set, combined, &asked, err);
    }
    if (status == LV_OK && strcmp(lv_identity_msp(author), set->quality.author) != 0) {
        status = lv_fail(err, LV_E_ARGUMENT, "only %s, who published the set, may answer",
                         set->quality.author);
    }
    if (status == LV_OK) {
        status = check_key(set, key, err);
    }
    uint64_t over = (x | y) >> width;
    lv_declassify(&over, sizeof over); /* zero where both fit; else they are refused aloud */
    if (status == LV_OK && over != 0) {
        status = corrupt(set, combined->pair, err);
    }
    if (status == LV_OK) {
        lv_name_copy(answer.author, lv_identity_msp(author));
        lv_name_copy(answer.upstream, asked.author);
        find_statement(x, y, width, &answer.formula, &answer.index);
        status = prove(set, combined, key, job, asked.author, &answer, err);
    }
    if (status == LV_OK) {
        status = lv_answer_seal(&answer, author, out, err);
    }
    lv_answer_free(&answer);
    lv_inquiry_free(&asked);
    return status;
}
