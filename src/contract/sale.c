/* Table 2, sell: docs/protocol.md section 3, step 2. */
#include "contract/market.h"
#include <inttypes.h>
#include <string.h>

/* A set is sold to a buyer once. */
static lv_status check_new(const lv_run *run, const lv_sale *sale, const char *set_id)
{
    lv_state_key key = lv_state_key_sale(set_id, sale->buyer);
    bool has = false;
    lv_status status = lv_state_has(run->state, &key, &has);
    return status == LV_OK && has
               ? lv_fail(run->err, LV_EXISTS, "set %s is sold to %s already", set_id, sale->buyer)
               : status;
}

/* The grant of the set's author under which this sale falls. */
static lv_status find_grant(const lv_run *run, const lv_sale *sale, const char *set_id,
                            lv_grant *grant)
{
    char author[LV_NAME_MAX + 1];
    char series[LV_NAME_MAX + 1];
    lv_status status = lv_sets_owner(run, set_id, author, series);
    if (status == LV_NOT_FOUND) {
        return lv_fail(run->err, LV_REFUSED, "there is no set %s to sell", set_id);
    }
    if (status != LV_OK) {
        return status;
    }
    status = lv_market_standing(run, author, series, sale->buyer, grant, NULL);
    if (status == LV_NOT_FOUND || (status == LV_OK && strcmp(grant->servicer, sale->author) != 0)) {
        status = lv_fail(run->err, LV_REFUSED,
                         "no grant of %s lets %s buy series %s from %s; the downstream must grant "
                         "it first",
                         author, sale->buyer, series, sale->author);
    }
    return status;
}

static lv_status count_sale(const lv_run *run, const lv_grant *grant)
{
    lv_state_key key = lv_state_key_count(grant->author, grant->number);
    uint64_t sold = 0;
    lv_status status = lv_state_number(run->state, &key, &sold, run->err);
    if (status == LV_OK && grant->quota != 0 && sold >= grant->quota) {
        status =
            lv_fail(run->err, LV_REFUSED,
                    "the quota of %" PRIu32 " sales to %s under grant %" PRIu64 " of %s is used up",
                    grant->quota, grant->buyer, grant->number, grant->author);
    }
    return status == LV_OK ? lv_state_set_number(run->state, &key, sold + 1) : status;
}

lv_status lv_market_sell(const lv_run *run)
{
    lv_status status = lv_rule_role(run, "servicer");
    if (status != LV_OK) {
        return status;
    }
    lv_sale sale = {0};
    lv_grant grant = {0};
    char set_id[2 * LV_DIGEST_LEN + 1];
    status = lv_rule_unreadable(lv_sale_open(run->call->arguments[0], run->channel->trust,
                                             LV_TIME_RECORD, &sale, NULL, run->err));
    lv_digest_hex(&sale.set_id, set_id);
    if (status == LV_OK) {
        status = lv_rule_record(run, "sale", sale.author, sale.channel);
    }
    if (status == LV_OK) {
        status = check_new(run, &sale, set_id);
    }
    if (status == LV_OK) {
        status = find_grant(run, &sale, set_id, &grant);
    }
    if (status == LV_OK) {
        status = count_sale(run, &grant);
    }
    if (status == LV_OK) {
        lv_state_key key = lv_state_key_sale(set_id, sale.buyer);
        status = run->state->put(run->state->context, key.text, run->call->arguments[0]);
    }
    lv_grant_free(&grant);
    lv_sale_free(&sale);
    return status;
}

lv_status lv_market_sold(const lv_run *run)
{
    char set_id[2 * LV_DIGEST_LEN + 1];
    char buyer[LV_NAME_MAX + 1];
    lv_status status = lv_argument_set_id(run, 0, set_id);
    if (status == LV_OK) {
        status = lv_argument_name(run, 1, buyer);
    }
    if (status != LV_OK) {
        return status;
    }
    lv_state_key key = lv_state_key_sale(set_id, buyer);
    status = run->state->get(run->state->context, key.text, run->response);
    return status == LV_NOT_FOUND
               ? lv_fail(run->err, status, "set %s is not sold to %s", set_id, buyer)
               : status;
}
