/* What the counterparts were told within their periods, and what they may still be told
 * (docs/protocol.md section 8). */
#include "node/downstream.h"
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

/* Answers of the period; a clock that was set back makes none of them older. */
#define OF_PERIOD " FROM disclosure WHERE series = ?1 AND upstream = ?2 AND time > ?3"

lv_status lv_downstream_spent_get(lv_node *node, const char *series, const char *upstream,
                                  const lv_policy *policy, int64_t now, lv_downstream_spent *out,
                                  lv_error *err)
{
    sqlite3_stmt *row = NULL;

    *out = (lv_downstream_spent){0};
    lv_status status = lv_role_first(
        node->store,
        lv_store_query(node->store, err, &row, "SELECT count(*), coalesce(sum(price), 0)" OF_PERIOD,
                       "ssi", series, upstream, now - lv_policy_period(policy)),
        &row, err);
    if (status == LV_OK) {
        out->answers = sqlite3_column_int64(row, 0);
        out->spent = (uint64_t)sqlite3_column_int64(row, 1);
        lv_store_done(row);
    }
    return status;
}

/* When the oldest answers that make up `short_of` have fallen out of the period. */
static lv_status find_room(lv_node *node, const char *series, const char *upstream,
                           const lv_policy *policy, uint64_t short_of, int64_t now, int64_t *out,
                           lv_error *err)
{
    sqlite3_stmt *rows = NULL;
    uint64_t freed = 0;
    int64_t last = now;

    lv_status status =
        lv_store_query(node->store, err, &rows, "SELECT time, price" OF_PERIOD " ORDER BY time, id",
                       "ssi", series, upstream, now - lv_policy_period(policy));
    while (freed < short_of && lv_role_row(node->store, rows, &status, err)) {
        last = sqlite3_column_int64(rows, 0);
        freed += (uint64_t)sqlite3_column_int64(rows, 1);
    }
    lv_store_done(rows);
    *out = last + lv_policy_period(policy);
    return status;
}

static void time_text(int64_t time, char text[32])
{
    time_t when = (time_t)time;
    struct tm parts = {0};

    gmtime_r(&when, &parts);
    strftime(text, 32, "%Y-%m-%d %H:%M:%SZ", &parts);
}

/* The same words whatever the values are: all in them follows from questions and times. */
static lv_status no_room(lv_node *node, const char *series, const lv_policy *policy, uint64_t spent,
                         uint64_t price, const char *until, lv_error *err)
{
    char spent_bits[LV_BITS_TEXT_MAX];
    char price_bits[LV_BITS_TEXT_MAX];
    char budget_bits[LV_BITS_TEXT_MAX];

    lv_bits_text(spent, spent_bits);
    lv_bits_text(price, price_bits);
    lv_bits_text(policy->budget, budget_bits);
    return lv_fail(err, LV_REFUSED,
                   "the budget of %s for series %s is used up: %s of %s bits were told in the last "
                   "%" PRIu32 " days, and this answer takes %s; %s",
                   node->config->organisation, series, spent_bits, budget_bits, policy->period_days,
                   price_bits, until);
}

lv_status lv_downstream_afford(lv_node *node, const char *series, const char *upstream,
                               const lv_policy *policy, uint64_t price, int64_t now, lv_error *err)
{
    lv_downstream_spent spent;
    int64_t room = 0;
    char when[32];
    char until[64];

    lv_status status = lv_downstream_spent_get(node, series, upstream, policy, now, &spent, err);
    if (status != LV_OK) {
        return status;
    }
    uint64_t short_of = lv_policy_short(policy, spent.spent, price);
    if (short_of == 0) {
        return LV_OK;
    }
    if (short_of == UINT64_MAX) {
        return no_room(node, series, policy, spent.spent, price, "it is never enough for that",
                       err);
    }
    status = find_room(node, series, upstream, policy, short_of, now, &room, err);
    if (status != LV_OK) {
        return status;
    }
    time_text(room, when);
    snprintf(until, sizeof until, "there is room from %s on", when);
    return no_room(node, series, policy, spent.spent, price, until, err);
}
