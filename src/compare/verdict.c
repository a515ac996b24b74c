/* Table 5, verdict: docs/protocol.md section 3, step 5, and section 6. */
#include "compare/claims.h"
#include <string.h>

/* That the inquiry is one that was made from these vectors. */
static lv_status check_inquiry(const lv_set *set, const lv_combined *combined,
                               const lv_inquiry *inquiry, lv_error *err)
{
    lv_status status = lv_combined_check(combined, set);
    if (status == LV_OK && !lv_digest_equal(&inquiry->z_digest, &combined->digest)) {
        status = LV_INVALID;
    }
    if (status == LV_INVALID) {
        return lv_fail(err, LV_INVALID, "the inquiry was not made from these records");
    }
    return status == LV_OK ? lv_inquiry_names(inquiry, set, combined, err) : status;
}

/* That the answer is to exactly this inquiry. */
static lv_status check_addressed(const lv_set *set, const lv_inquiry *inquiry,
                                 const lv_digest *inquiry_digest, const lv_answer *answer,
                                 lv_error *err)
{
    const char *field = NULL;
    if (strcmp(answer->author, set->quality.author) != 0) {
        return lv_fail(err, LV_INVALID, "answer: it is by %s, but the set is by %s", answer->author,
                       set->quality.author);
    }
    if (strcmp(answer->upstream, inquiry->author) != 0) {
        field = "upstream";
    } else if (!lv_digest_equal(&answer->inquiry_digest, inquiry_digest)) {
        field = "inquiry_digest";
    } else if (!lv_digest_equal(&answer->set_id, &set->id)) {
        field = "set_id";
    } else if (answer->pair != inquiry->pair) {
        field = "pair";
    } else if (answer->question != inquiry->question) {
        field = "question";
    } else if (answer->limit != inquiry->limit) {
        field = "limit";
    }
    return field == NULL
               ? LV_OK
               : lv_fail(err, LV_INVALID, "answer: field %s: it answers another inquiry", field);
}

/* That the statement it makes is one of this set, and proved. */
static lv_status check_statement(const lv_set *set, const lv_combined *combined,
                                 const char *upstream, const lv_answer *answer, lv_error *err)
{
    lv_claims claims;
    lv_status status =
        lv_claims_of(combined, set->quality.width, answer->formula, answer->index, &claims, err);
    if (status != LV_OK) {
        lv_error_prefix(err, "answer: ");
        return status;
    }
    lv_proof_context context = lv_answer_proof_context(set, upstream, combined->pair);
    status = lv_claims_verify(&claims, set->key, &context, lv_buffer_view(&answer->proof), err);
    if (status != LV_OK) {
        lv_error_prefix(err, "answer: field proof: ");
    }
    return status;
}

static void tell(const lv_set *set, const lv_answer *answer, lv_verdict *out)
{
    bool sized = answer->question == LV_ASK_INDEX || answer->question == LV_ASK_BAND;
    *out = (lv_verdict){.ask = {.question = answer->question, .limit = answer->limit},
                        .direction = answer->formula,
                        .index = answer->index,
                        .proved = answer->proof.len > 0};
    if (sized && answer->formula != LV_EQUAL) {
        out->scale = lv_change_scale(set->quality.width, answer->index);
    }
}

lv_status lv_verdict_check(const lv_set *set, const lv_combined *combined, lv_bytes inquiry,
                           lv_bytes answer, const lv_trust *trust, int64_t time, lv_verdict *out,
                           lv_error *err)
{
    memset(out, 0, sizeof *out); /* no question is 0 */
    lv_inquiry asked = {0};
    lv_digest asked_digest;
    lv_answer answered = {0};

    lv_status status = lv_inquiry_read(inquiry, &asked, &asked_digest, err);
    if (status == LV_OK) {
        status = check_inquiry(set, combined, &asked, err);
    }
    if (status == LV_OK) {
        status = lv_answer_open(answer, trust, time, &answered, NULL, err);
    }
    if (status == LV_OK) {
        status = check_addressed(set, &asked, &asked_digest, &answered, err);
    }
    if (status == LV_OK) {
        status = check_statement(set, combined, asked.author, &answered, err);
    }
    if (status == LV_E_SYNTAX || status == LV_E_LIMIT) {
        status = LV_INVALID;
    }
    if (status == LV_OK) {
        tell(set, &answered, out);
    }
    lv_answer_free(&answered);
    lv_inquiry_free(&asked);
    return status;
}
