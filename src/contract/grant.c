/* Who may buy what: docs/protocol.md section 3, step 2. */
#include "contract/market.h"
#include <inttypes.h>
#include <string.h>

/* Decodes a grant that the contract itself checked when it came. */
static lv_status decode_stored(const lv_run *run, const lv_state_key *key, lv_bytes record,
                               lv_grant *grant)
{
    lv_kind kind = LV_KIND_GRANT;
    lv_signed envelope = {0};
    lv_status status = lv_signed_peek(record, &kind, &envelope, run->err);
    if (status == LV_OK) {
        status = lv_grant_decode(lv_buffer_view(&envelope.body), grant, run->err);
    }
    lv_signed_free(&envelope);
    return status == LV_OK || status == LV_E_MEMORY
               ? status
               : lv_fail(run->err, LV_E_CORRUPT, "state key %s: holds no grant", key->text);
}

lv_status lv_market_standing(const lv_run *run, const char *author, const char *series,
                             const char *buyer, lv_grant *grant, lv_buffer *record)
{
    *grant = (lv_grant){0};
    uint64_t number = 0;
    lv_state_key key = lv_state_key_standing(author, series, buyer);
    lv_status status = lv_state_number(run->state, &key, &number, run->err);
    if (status != LV_OK) {
        return status;
    }
    if (number == 0) {
        return LV_NOT_FOUND;
    }
    key = lv_state_key_grant(author, number);
    lv_buffer stored = {0};
    status = run->state->get(run->state->context, key.text, &stored);
    if (status == LV_NOT_FOUND) {
        status = lv_fail(run->err, LV_E_CORRUPT, "state key %s: is missing", key.text);
    }
    if (status == LV_OK) {
        status = decode_stored(run, &key, lv_buffer_view(&stored), grant);
    }
    if (status == LV_OK && grant->revoke) {
        lv_grant_free(grant);
        status = LV_NOT_FOUND;
    }
    if (status == LV_OK && record != NULL) {
        status = lv_buffer_append(record, stored.data, stored.len);
    }
    lv_buffer_free(&stored);
    return status;
}

static lv_status check_number(const lv_run *run, const lv_grant *grant)
{
    uint64_t last = 0;
    lv_state_key key = lv_state_key_grants(grant->author);
    lv_status status = lv_state_number(run->state, &key, &last, run->err);
    if (status != LV_OK) {
        return status;
    }
    if (grant->number <= last) {
        return lv_fail(run->err, LV_EXISTS,
                       "grants of %s: number %" PRIu64 " stands already; the next is %" PRIu64,
                       grant->author, grant->number, last + 1);
    }
    if (grant->number != last + 1) {
        return lv_fail(run->err, LV_REFUSED,
                       "grants of %s: number %" PRIu64 " leaves a gap; the next is %" PRIu64,
                       grant->author, grant->number, last + 1);
    }
    return LV_OK;
}

/* The buyer is no member of this channel; only the servicer must be one. */
static lv_status check_servicer(const lv_run *run, const lv_grant *grant)
{
    const char *role = lv_channel_role(run->channel, grant->servicer);
    if (role == NULL || strcmp(role, "servicer") != 0) {
        return lv_fail(run->err, LV_REFUSED,
                       "grants of %s: number %" PRIu64 ": %s is no servicer of channel %s",
                       grant->author, grant->number, grant->servicer, run->channel->channel);
    }
    return LV_OK;
}

/* A revocation ends something: the grant that stands, with the servicer it names. */
static lv_status check_revocation(const lv_run *run, const lv_grant *grant)
{
    if (!grant->revoke) {
        return LV_OK;
    }
    lv_grant standing = {0};
    lv_status status =
        lv_market_standing(run, grant->author, grant->series, grant->buyer, &standing, NULL);
    if (status == LV_NOT_FOUND ||
        (status == LV_OK && strcmp(standing.servicer, grant->servicer) != 0)) {
        status =
            lv_fail(run->err, LV_REFUSED,
                    "grants of %s: number %" PRIu64
                    ": no grant for %s to buy series %s from %s stands that could be revoked",
                    grant->author, grant->number, grant->buyer, grant->series, grant->servicer);
    }
    lv_grant_free(&standing);
    return status;
}

static lv_status write_grant(const lv_run *run, const lv_grant *grant)
{
    lv_state_key key = lv_state_key_grant(grant->author, grant->number);
    lv_status status = run->state->put(run->state->context, key.text, run->call->arguments[0]);
    if (status == LV_OK) {
        key = lv_state_key_grants(grant->author);
        status = lv_state_set_number(run->state, &key, grant->number);
    }
    if (status == LV_OK) {
        key = lv_state_key_standing(grant->author, grant->series, grant->buyer);
        status = lv_state_set_number(run->state, &key, grant->number);
    }
    return status;
}

lv_status lv_market_grant(const lv_run *run)
{
    lv_status status = lv_rule_role(run, "downstream");
    if (status != LV_OK) {
        return status;
    }
    lv_grant grant = {0};
    status = lv_rule_unreadable(lv_grant_open(run->call->arguments[0], run->channel->trust,
                                              LV_TIME_RECORD, &grant, NULL, run->err));
    if (status == LV_OK) {
        status = lv_rule_record(run, "grant", grant.author, grant.channel);
    }
    if (status == LV_OK) {
        status = check_number(run, &grant);
    }
    if (status == LV_OK) {
        status = check_servicer(run, &grant);
    }
    if (status == LV_OK) {
        status = check_revocation(run, &grant);
    }
    if (status == LV_OK) {
        status = write_grant(run, &grant);
    }
    lv_grant_free(&grant);
    return status;
}

lv_status lv_market_granted(const lv_run *run)
{
    char names[3][LV_NAME_MAX + 1]; /* author, buyer, series */
    for (size_t i = 0; i < 3; i++) {
        lv_status status = lv_argument_name(run, i, names[i]);
        if (status != LV_OK) {
            return status;
        }
    }
    lv_grant grant = {0};
    lv_status status = lv_market_standing(run, names[0], names[2], names[1], &grant, run->response);
    lv_grant_free(&grant);
    return status == LV_NOT_FOUND
               ? lv_fail(run->err, status, "no grant of %s for %s to buy series %s stands",
                         names[0], names[1], names[2])
               : status;
}
