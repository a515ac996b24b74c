/* The inquiry, made by the upstream and checked by the downstream: docs/protocol.md section 5. */
#include "compare/set.h"
#include <openssl/crypto.h>
#include <string.h>

lv_status lv_inquiry_make(const lv_set *set, const lv_combined *combined, bool full,
                          const lv_identity *author, int64_t time, lv_buffer *out, lv_error *err)
{
    lv_inquiry inquiry = {
        .set_id = set->id,
        .pair = combined->pair,
        .z_digest = combined->digest,
        .time = time,
        .question = combined->ask.question,
        .limit = combined->ask.limit,
    };
    lv_name_copy(inquiry.author, lv_identity_msp(author));
    lv_name_copy(inquiry.downstream, set->quality.author);
    lv_name_copy(inquiry.channel, set->quality.channel);
    if (full) {
        inquiry.z = combined->encoding; /* lent: it is only read */
    }
    return lv_inquiry_seal(&inquiry, author, out, err);
}

lv_status lv_inquiry_read(lv_bytes signed_inquiry, lv_inquiry *out, lv_digest *digest,
                          lv_error *err)
{
    *out = (lv_inquiry){0};
    *digest = (lv_digest){0};
    lv_kind kind = LV_KIND_INQUIRY;
    lv_signed envelope = {0};
    lv_status status = lv_signed_peek(signed_inquiry, &kind, &envelope, err);
    if (status == LV_OK && kind != LV_KIND_INQUIRY) {
        status = lv_fail(err, LV_E_SYNTAX, "a signed %s is no inquiry", lv_kind_name(kind));
    }
    if (status == LV_OK) {
        status = lv_inquiry_decode(lv_buffer_view(&envelope.body), out, err);
    }
    if (status == LV_OK) {
        *digest = envelope.digest;
    }
    lv_signed_free(&envelope);
    return status;
}

lv_status lv_inquiry_names(const lv_inquiry *inquiry, const lv_set *set,
                           const lv_combined *combined, lv_error *err)
{
    const char *field = NULL;
    if (strcmp(inquiry->downstream, set->quality.author) != 0) {
        field = "downstream";
    } else if (strcmp(inquiry->channel, set->quality.channel) != 0) {
        field = "channel";
    } else if (!lv_digest_equal(&inquiry->set_id, &set->id)) {
        field = "set_id";
    } else if (inquiry->pair != combined->pair) {
        field = "pair";
    } else if (inquiry->question != combined->ask.question) {
        field = "question";
    } else if (inquiry->limit != combined->ask.limit) {
        field = "limit";
    }
    return field == NULL
               ? LV_OK
               : lv_fail(err, LV_INVALID, "inquiry: field %s: it asks about another", field);
}

/* Digest and, in the full form, vectors; both are looked at whatever the other says, in time that
 * depends on public lengths alone. */
static bool vectors_match(const lv_inquiry *inquiry, const lv_combined *combined)
{
    bool digest = lv_digest_equal(&inquiry->z_digest, &combined->digest);
    if (inquiry->z.len == 0) {
        return digest;
    }
    bool vectors =
        inquiry->z.len == combined->encoding.len &&
        CRYPTO_memcmp(inquiry->z.data, combined->encoding.data, combined->encoding.len) == 0;
    return (int)digest & (int)vectors;
}

lv_status lv_inquiry_check(const lv_set *set, const lv_combined *combined, lv_bytes inquiry,
                           const lv_trust *trust, const char *downstream, int64_t time,
                           lv_error *err)
{
    lv_inquiry opened = {0};
    lv_status status = lv_inquiry_open(inquiry, trust, time, &opened, NULL, err);
    if (status == LV_E_SYNTAX || status == LV_E_LIMIT) {
        status = LV_INVALID;
    }
    if (status == LV_OK && strcmp(opened.downstream, downstream) != 0) {
        status = lv_fail(err, LV_INVALID, "inquiry: field downstream: it is not addressed to %s",
                         downstream);
    }
    if (status == LV_OK) {
        status = lv_inquiry_names(&opened, set, combined, err);
    }
    if (status == LV_OK && !vectors_match(&opened, combined)) {
        status = lv_fail(err, LV_REFUSED, "the inquiry does not match the records on the ledger");
    }
    lv_inquiry_free(&opened);
    return status;
}
