/* Table 4, answer: docs/protocol.md sections 3, 5 and 6. */
#include "base/declassify.h"
#include "base/secret.h"
#include "compare/claims.h"
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

/* Which of two values is greater, and the place of their first differing bit. */
typedef struct {
    uint32_t formula; /* LV_EQUAL, LV_RISE where a < b, LV_FALL */
    uint32_t index;   /* 0 where they are equal */
} order;

/* No branch and no address depends on the values. */
static order order_of(uint64_t a, uint64_t b, unsigned width)
{
    uint32_t found = 0;
    uint32_t rise = 0;
    uint32_t place = 0;
    for (unsigned i = 0; i < width; i++) {
        uint32_t differs = (uint32_t)((a ^ b) >> (width - 1 - i) & 1U);
        uint32_t later = (uint32_t)(b >> (width - 1 - i) & 1U);
        uint32_t first = differs & (found ^ 1U);
        place |= i & (0U - first);
        rise |= first & later;
        found |= differs;
    }
    return (order){.formula = found * (2U - rise), .index = place};
}

/* The answer to a question: what of the values is let out, and nothing else becomes public. */
static void find_answer(const lv_ask *ask, uint64_t x, uint64_t y, unsigned width, lv_answer *out)
{
    uint64_t distance = lv_distance_of(x, y);
    order values = order_of(x, y, width);
    order size = order_of(0, distance, width);
    order limit = order_of(y, ask->limit, width);
    uint32_t different = (values.formula | values.formula >> 1) & 1U;
    uint32_t formula = values.formula;
    uint32_t index = 0;

    switch (ask->question) {
    case LV_ASK_DIRECTION:
        break;
    case LV_ASK_INDEX:
        index = values.index;
        break;
    case LV_ASK_BAND:
        index = size.index;
        break;
    case LV_ASK_THRESHOLD:
        formula = limit.formula;
        break;
    case LV_ASK_EQUALITY:
        formula = different * LV_DIFFERENT;
        break;
    }
    lv_declassify(&formula, sizeof formula); /* both stand in the answer */
    lv_declassify(&index, sizeof index);
    out->formula = (lv_formula)formula;
    out->index = index;
    lv_wipe(&distance, sizeof distance);
    lv_wipe(&values, sizeof values);
    lv_wipe(&size, sizeof size);
    lv_wipe(&limit, sizeof limit);
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
    lv_status status = lv_combined_check(combined, set);
    if (status == LV_OK && !lv_digest_equal(&inquiry->z_digest, &combined->digest)) {
        status = LV_INVALID;
    }
    if (status == LV_INVALID) {
        return lv_fail(err, LV_E_ARGUMENT, "the inquiry was not checked against this set and pair");
    }
    return status == LV_OK ? lv_inquiry_names(inquiry, set, combined, err) : status;
}

static lv_status corrupt(const lv_set *set, uint32_t pair, lv_error *err)
{
    return lv_fail(err, LV_E_CORRUPT,
                   "series %s, sequence %" PRIu64
                   ", pair %u: the published ciphertexts and the stored "
                   "values disagree; nothing is answered",
                   set->quality.series, set->quality.sequence, pair);
}

/* Proves what the values say; each proof tests the ciphertext with the secret key first. */
static lv_status prove(const lv_set *set, const lv_combined *combined, const lv_secret_key *key,
                       const lv_job *job, const char *upstream, lv_answer *answer, lv_error *err)
{
    lv_claims claims;
    lv_status status =
        lv_claims_of(combined, set->quality.width, answer->formula, answer->index, &claims, err);
    if (status == LV_OK) {
        lv_proof_context context = lv_answer_proof_context(set, upstream, combined->pair);
        status = lv_claims_prove(&claims, key, &context, job, &answer->proof, err);
    }
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
        find_answer(&combined->ask, x, y, width, &answer);
        status = prove(set, combined, key, job, asked.author, &answer, err);
    }
    if (status == LV_OK) {
        status = lv_answer_seal(&answer, author, out, err);
    }
    lv_answer_free(&answer);
    lv_inquiry_free(&asked);
    return status;
}
